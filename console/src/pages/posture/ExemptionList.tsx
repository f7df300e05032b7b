import { Button } from "@patternfly/react-core";
import { type InfiniteData, type UseInfiniteQueryResult, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { createExemption, removeExemption } from "../../api/posture";
import type { Exemption, Page } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { Drawer } from "../../parts/Drawer";
import { Chip, Filters } from "../../parts/Filters";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { scopeWord } from "../../parts/roles";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Time, useNow } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { useAfterChange } from "./change";

const route = getRouteApi("/app/rules");

const CATEGORY: Record<string, string> = { waiver: "Waiver: risk accepted", mitigated: "Mitigated elsewhere" };

/** What an exemption is about, as people read it. */
function target(exemption: Exemption): string {
  return exemption.assetId ?? scopeWord(exemption.scope ?? "");
}

export function ExemptionList({ list }: { list: UseInfiniteQueryResult<InfiniteData<Page<Exemption>>> }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useNow();
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const opened = rows.find((row) => row.id === search.open);
  const open = (row: Exemption | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: row?.id }), resetScroll: false });
  const ended = (row: Exemption) =>
    row.removed !== undefined || (row.expires !== undefined && new Date(row.expires) < now);

  const columns: Column<Exemption>[] = [
    {
      key: "what",
      head: "Exempt",
      main: true,
      cell: (row) => (
        <>
          <route.Link to="." search={(old) => ({ ...old, open: row.id })} resetScroll={false}>
            <Name text={target(row)} mono={row.assetId !== undefined} />
          </route.Link>
          <span className={layout.sub}>{visible(row.reason, 160)}</span>
        </>
      ),
    },
    {
      key: "control",
      head: "From",
      cell: (row) => (
        <PathLink path={`/recommendations/${encodeURIComponent(row.control)}`}>
          {visible(row.controlTitle, 128)}
        </PathLink>
      ),
    },
    { key: "category", head: "Category", nowrap: true, cell: (row) => CATEGORY[row.category]?.split(":")[0] ?? "" },
    {
      key: "effect",
      head: "Takes out",
      numeric: true,
      cell: (row) =>
        row.effect ? (
          <PathLink
            path={address(`/recommendations/${encodeURIComponent(row.control)}`, {
              state: "not_applicable",
              text: row.assetId,
            })}
          >
            {counted(row.effect.assets, "asset")}
          </PathLink>
        ) : (
          "–"
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
  ];
  const state = list.error ? (
    <Failed
      error={list.error}
      what="The list of exemptions"
      onRetry={() => void list.refetch()}
      rowsFrom={list.data ? new Date(list.dataUpdatedAt) : undefined}
    />
  ) : !list.data ? (
    <LoadingRows what="the exemptions" />
  ) : rows.length === 0 ? (
    search.control ? (
      <EmptyFiltered
        filters={[`recommendation: ${visible(search.control, 64)}`]}
        onClear={() => void navigate({ search: (old) => ({ ...old, control: undefined }) })}
      />
    ) : (
      <EmptyGood title={search.active === "ended" ? "No exemption has ended" : "Nothing is exempt"}>
        <p>Every asset counts for every recommendation that applies to it.</p>
      </EmptyGood>
    )
  ) : undefined;
  return (
    <>
      {search.control && (
        <Filters>
          <Chip
            name="Recommendation"
            value={visible(rows[0]?.controlTitle ?? search.control, 96)}
            onRemove={() => void navigate({ search: (old) => ({ ...old, control: undefined }) })}
          />
        </Filters>
      )}
      <DataTable
        label="Exemptions"
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
              noun="exemptions"
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
          over={CATEGORY[opened.category] ?? opened.category}
          title={visible(target(opened), 128)}
          onClose={() => open(undefined)}
          foot={!ended(opened) && <TakeBack exemption={opened} onDone={() => open(undefined)} />}
        >
          <dl className={layout.facts}>
            <dt>From</dt>
            <dd>
              <PathLink path={`/recommendations/${encodeURIComponent(opened.control)}`}>
                {visible(opened.controlTitle, 160)}
              </PathLink>
            </dd>
            <dt>Reason</dt>
            <dd>{visible(opened.reason, 2_000)}</dd>
            {opened.effect && (
              <>
                <dt>Takes out</dt>
                <dd>
                  {counted(opened.effect.assets, "asset")}, {count(opened.effect.unhealthy)} of them unhealthy without
                  it, with {counted(opened.effect.findings, "finding")}
                </dd>
              </>
            )}
            <dt>Made</dt>
            <dd>
              <Time at={opened.created} /> by <Name text={opened.createdBy} />
            </dd>
            <dt>Ends</dt>
            <dd>{opened.expires ? <Time at={opened.expires} /> : "never"}</dd>
            {opened.removed && (
              <>
                <dt>Taken back</dt>
                <dd>
                  <Time at={opened.removed} />
                  {opened.removedBy && (
                    <>
                      {" "}
                      by <Name text={opened.removedBy} />
                    </>
                  )}
                </dd>
              </>
            )}
          </dl>
        </Drawer>
      )}
    </>
  );
}

function TakeBack({ exemption, onDone }: { exemption: Exemption; onDone: () => void }) {
  const tell = useToast();
  const after = useAfterChange();
  const remove = useMutation({
    mutationFn: () => removeExemption(exemption.id),
    onSuccess: async () => {
      await after();
      tell({
        text: `${exemption.effect ? counted(exemption.effect.assets, "asset counts", "assets count") : "It counts"} again.`,
        undo: () =>
          createExemption({
            control: exemption.control,
            ...(exemption.assetId ? { assetId: exemption.assetId } : { scope: exemption.scope ?? "" }),
            category: exemption.category,
            reason: exemption.reason,
            ...(exemption.expires ? { expires: exemption.expires } : {}),
          }).then(after),
        undone: "The exemption holds again.",
      });
      onDone();
    },
  });
  return (
    <>
      {remove.error && <Failed error={remove.error} what="The exemption" />}
      <Button
        variant="secondary"
        isLoading={remove.isPending}
        isDisabled={remove.isPending}
        onClick={() => remove.mutate()}
      >
        {exemption.effect
          ? `Take back, so that ${counted(exemption.effect.assets, "asset counts", "assets count")} again`
          : "Take back"}
      </Button>
    </>
  );
}
