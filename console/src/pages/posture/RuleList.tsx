import { Button } from "@patternfly/react-core";
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { createRule, removeRule, ruleFindingsQuery } from "../../api/posture";
import type { Page, Rule } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { Drawer } from "../../parts/Drawer";
import { SeverityMark } from "../../parts/glyphs";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { scopeWord } from "../../parts/roles";
import { severityOf } from "../../parts/severity";
import { EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Time, useNow } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { assetWord } from "../../parts/words";
import { useAfterChange } from "./change";
import { inWords } from "./criteria";

const route = getRouteApi("/app/rules");

export function RuleList({ list }: { list: UseInfiniteQueryResult<InfiniteData<Page<Rule>>> }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useNow();
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const opened = rows.find((row) => row.id === search.open);
  const open = (row: Rule | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: row?.id }), resetScroll: false });
  const ended = (row: Rule) => row.removed !== undefined || (row.expires !== undefined && new Date(row.expires) < now);
  const columns: Column<Rule>[] = [
    {
      key: "name",
      head: "Rule",
      main: true,
      cell: (row) => (
        <>
          <route.Link to="." search={(old) => ({ ...old, open: row.id })} resetScroll={false}>
            <Name text={row.name} />
          </route.Link>
          <span className={layout.sub}>{inWords(row.criteria)}</span>
        </>
      ),
    },
    { key: "scope", head: "Scope", cell: (row) => <Name text={scopeWord(row.scope)} /> },
    {
      key: "hides",
      head: "Hides",
      numeric: true,
      cell: (row) => (
        <route.Link to="." search={(old) => ({ ...old, open: row.id })} resetScroll={false}>
          {counted(row.hides, "finding")}
        </route.Link>
      ),
    },
    {
      key: "ends",
      head: "Ends",
      nowrap: true,
      cell: (row) =>
        row.removed ? (
          <span className={layout.faint}>
            taken back <Time at={row.removed} />
          </span>
        ) : row.expires ? (
          <span className={ended(row) ? layout.faint : ""}>
            {ended(row) && "ended "}
            <Time at={row.expires} />
          </span>
        ) : (
          "never"
        ),
    },
    { key: "by", head: "By", cell: (row) => <Name text={row.createdBy} /> },
    { key: "made", head: "Made", nowrap: true, cell: (row) => <Time at={row.created} /> },
  ];
  const state = list.error ? (
    <Failed
      error={list.error}
      what="The list of rules"
      onRetry={() => void list.refetch()}
      rowsFrom={list.data ? new Date(list.dataUpdatedAt) : undefined}
    />
  ) : !list.data ? (
    <LoadingRows what="the rules" />
  ) : rows.length === 0 ? (
    <EmptyGood title={search.active === "ended" ? "No rule has ended" : "No rule hides anything"}>
      <p>Every finding counts. A rule hides findings by severity, package, id or image, and says how many.</p>
    </EmptyGood>
  ) : undefined;
  return (
    <>
      <DataTable
        label="Disable rules"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.id}
        onOpen={open}
        openKey={search.open}
        state={state}
        foot={
          rows.length > 0 && (
            <More
              shown={rows.length}
              total={list.data?.pages[0]?.total}
              noun="rules"
              more={list.hasNextPage}
              loading={list.isFetchingNextPage}
              onMore={() => void list.fetchNextPage()}
            />
          )
        }
      />
      {opened && (
        <Drawer
          key={opened.id}
          over={`Disable rule in ${visible(scopeWord(opened.scope), 64)}`}
          title={visible(opened.name, 128)}
          onClose={() => open(undefined)}
          foot={!ended(opened) && <TakeBack rule={opened} onDone={() => open(undefined)} />}
        >
          <dl className={layout.facts}>
            <dt>Hides</dt>
            <dd>{inWords(opened.criteria)}</dd>
            <dt>Because</dt>
            <dd>{visible(opened.justification, 2_000)}</dd>
            <dt>Made</dt>
            <dd>
              <Time at={opened.created} /> by <Name text={opened.createdBy} />
            </dd>
            <dt>Ends</dt>
            <dd>{opened.expires ? <Time at={opened.expires} /> : "never"}</dd>
          </dl>
          <Hidden rule={opened} />
        </Drawer>
      )}
    </>
  );
}

/** The findings that a rule hides. */
function Hidden({ rule }: { rule: Rule }) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    ruleFindingsQuery(rule.id),
  );
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={layout.panel} aria-label="What it hides">
      <div className={layout.panelHead}>
        <h3>What it hides</h3>
        <span className={layout.panelEnd}>{counted(rule.hides, "finding")}</span>
      </div>
      {error ? (
        <Failed error={error} what="What it hides" onRetry={() => void refetch()} />
      ) : !data ? (
        <LoadingRows what="what it hides" rows={3} />
      ) : rows.length === 0 ? (
        <div className={layout.panelBody}>
          <p className={layout.muted}>Nothing at present. What comes and matches is hidden by it.</p>
        </div>
      ) : (
        <ul className={layout.rows}>
          {rows.map((row) => (
            <li key={`${row.image} ${row.vulnerability} ${row.package}`}>
              <span className={layout.grow}>
                <PathLink path={`/cve/${encodeURIComponent(row.vulnerability)}`}>
                  <Name text={row.vulnerability} />
                </PathLink>{" "}
                <Name text={row.package} mono />
                <span className={layout.sub}>
                  <PathLink
                    className={layout.quiet}
                    path={address(`/images/${encodeURIComponent(row.image)}`, { tab: "findings" })}
                  >
                    <bdi title={visible(row.assetId)}>{visible(assetWord(row.assetId), 200)}</bdi>
                  </PathLink>
                </span>
              </span>
              <SeverityMark severity={severityOf(row.severity)} />
            </li>
          ))}
        </ul>
      )}
      {rows.length > 0 && (
        <p className={layout.panelFoot}>
          <More
            shown={rows.length}
            total={data?.pages[0]?.total}
            noun="findings"
            more={hasNextPage}
            loading={isFetchingNextPage}
            onMore={() => void fetchNextPage()}
          />
        </p>
      )}
    </section>
  );
}

function TakeBack({ rule, onDone }: { rule: Rule; onDone: () => void }) {
  const tell = useToast();
  const after = useAfterChange();
  const remove = useMutation({
    mutationFn: () => removeRule(rule.id),
    onSuccess: async () => {
      await after();
      tell({
        text: `${counted(rule.hides, "finding counts", "findings count")} again.`,
        undo: () =>
          createRule({
            name: rule.name,
            scope: rule.scope,
            ...(rule.control ? { control: rule.control } : {}),
            criteria: rule.criteria,
            justification: rule.justification,
            ...(rule.expires ? { expires: rule.expires } : {}),
          }).then(after),
        undone: "The rule holds again.",
      });
      onDone();
    },
  });
  return (
    <>
      {remove.error && <Failed error={remove.error} what="The rule" />}
      <Button
        variant="secondary"
        isLoading={remove.isPending}
        isDisabled={remove.isPending}
        onClick={() => remove.mutate()}
      >
        Take back, so that {count(rule.hides)} {rule.hides === 1 ? "finding counts" : "findings count"} again
      </Button>
    </>
  );
}
