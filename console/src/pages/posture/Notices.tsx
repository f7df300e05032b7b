import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { noticesQuery, seeNotice, seeNotices } from "../../api/posture";
import type { Notice } from "../../api/types";
import { count } from "../../format/number";
import { visible } from "../../format/text";
import { CopyAs } from "../../parts/CopyAs";
import { type Column, DataTable } from "../../parts/DataTable";
import { Choice, Filters } from "../../parts/Filters";
import { SeverityMark } from "../../parts/glyphs";
import { LiveBar } from "../../parts/LiveBar";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { PathLink } from "../../parts/PathLink";
import { scopeWord } from "../../parts/roles";
import { severityOf } from "../../parts/severity";
import { ListPage } from "../../parts/shapes";
import { EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { useSteady } from "../../parts/steady";
import { Time } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { mark } from "../../parts/words";

const route = getRouteApi("/app/notices");

/** What turned: one notice for a fix, a vulnerability or a registry, however many rows it has. */
export function Notices() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const tell = useToast();
  const asked = { scope: search.scope, unread: search.unread };
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    noticesQuery(asked),
  );
  const now = data?.pages.flatMap((page) => page.items) ?? [];
  const list = useSteady(now, (notice) => notice.id, JSON.stringify([asked, data?.pages.length]));
  const told = () => queries.invalidateQueries({ queryKey: ["notices"] });
  const see = useMutation({
    mutationFn: (notice: Notice) => seeNotice(notice.id),
    onSuccess: told,
    onError: (failure) => tell({ text: failure.message, bad: true }),
  });
  const all = useMutation({
    mutationFn: () => seeNotices(search.scope),
    onSuccess: async () => {
      await told();
      tell({ text: "All notices are seen." });
    },
    onError: (failure) => tell({ text: failure.message, bad: true }),
  });
  const unread = list.rows.filter((notice) => !notice.seen).length;

  const columns: Column<Notice>[] = [
    {
      key: "title",
      head: "What turned",
      main: true,
      cell: (row) => (
        <>
          <PathLink path={row.link}>{visible(row.title, 240)}</PathLink>
          <span className={layout.sub}>{visible(row.detail, 240)}</span>
        </>
      ),
    },
    {
      key: "severity",
      head: "Severity",
      nowrap: true,
      cell: (row) => <SeverityMark severity={severityOf(row.severity)} />,
    },
    { key: "kind", head: "Kind", cell: (row) => visible(mark(row.kind), 48) },
    { key: "scope", head: "Scope", cell: (row) => <Name text={scopeWord(row.scope)} longest={64} /> },
    { key: "count", head: "Times", numeric: true, cell: (row) => count(row.count) },
    { key: "last", head: "Last", nowrap: true, cell: (row) => <Time at={row.last} /> },
    {
      key: "do",
      head: "Action",
      nowrap: true,
      cell: (row) =>
        row.seen ? (
          <span className={layout.faint}>seen</span>
        ) : (
          <Button
            variant="secondary"
            size="sm"
            isDisabled={see.isPending}
            aria-label={`Seen: ${visible(row.title, 96)}`}
            onClick={() => see.mutate(row)}
          >
            Seen
          </Button>
        ),
    },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of notices"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the notices" />
  ) : list.rows.length === 0 ? (
    <EmptyGood title={search.unread ? "All that was found was seen" : "Nothing has turned yet"}>
      <p>
        A recommendation that turns unhealthy, a new finding that is known to be exploited, a registry that fails or
        data that grows old appears here. A webhook can carry it further:{" "}
        <PathLink path="/settings/webhooks">Webhooks</PathLink>.
      </p>
    </EmptyGood>
  ) : undefined;
  return (
    <ListPage
      title="Notices"
      meta={<span>What turned and wants to be known. Grouped by fix or vulnerability, never one a row.</span>}
      actions={
        <>
          <CopyAs path="/api/v1/notices" asked={asked} />
          {unread > 0 && (
            <Button variant="secondary" isDisabled={all.isPending} onClick={() => all.mutate()}>
              Mark all as seen
            </Button>
          )}
        </>
      }
      filters={
        <Filters>
          <Choice
            label="Which"
            value={search.unread ? "unread" : "all"}
            options={[
              { value: "all", word: "All" },
              { value: "unread", word: "Not yet seen" },
            ]}
            onChange={(which) =>
              void navigate({ search: (old) => ({ ...old, unread: which === "unread" ? true : undefined }) })
            }
          />
        </Filters>
      }
    >
      <LiveBar list={list} />
      <DataTable
        label="Notices"
        columns={columns}
        groups={[{ key: "all", rows: list.rows }]}
        rowKey={(notice) => notice.id}
        state={state}
        foot={
          list.rows.length > 0 && (
            <More
              shown={list.rows.length}
              total={data?.pages[0]?.total}
              noun="notices"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
    </ListPage>
  );
}
