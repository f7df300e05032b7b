import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { auditQuery } from "../../api/access";
import type { components } from "../../api/schema";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { changes, Diff } from "../../parts/Diff";
import { Drawer } from "../../parts/Drawer";
import { Chip, Filters } from "../../parts/Filters";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { ListPage } from "../../parts/shapes";
import { EmptyFiltered, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";

type Entry = components["schemas"]["AuditEntry"];
const route = getRouteApi("/app/settings/audit");
const FILTERS = ["actor", "action", "subject"] as const;

export function Audit() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const order = search.order ?? "desc";
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    auditQuery({ order, actor: search.actor ?? null, action: search.action ?? null, subject: search.subject ?? null }),
  );
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  const opened = entries.find((entry) => entry.id === search.open);
  const open = (entry: Entry | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: entry?.id }), resetScroll: false });
  const on = FILTERS.filter((key) => search[key]);

  const only = (key: (typeof FILTERS)[number], value: string, mono: boolean) => (
    <route.Link
      className={layout.quiet ?? ""}
      to="."
      search={(old) => ({ ...old, [key]: value, open: undefined })}
      title={`Only ${key} ${visible(value, 64)}`}
    >
      <Name text={value} mono={mono} />
    </route.Link>
  );
  const columns: Column<Entry>[] = [
    {
      key: "action",
      head: "What",
      main: true,
      cell: (entry) => (
        <route.Link to="." search={(old) => ({ ...old, open: entry.id })} resetScroll={false}>
          <Name text={entry.action} />
        </route.Link>
      ),
    },
    { key: "subject", head: "To what", cell: (entry) => only("subject", entry.subject, true) },
    { key: "actor", head: "Who", cell: (entry) => only("actor", entry.actor, true) },
    { key: "at", head: "When", nowrap: true, sort: "at", cell: (entry) => <Time at={entry.at} /> },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The audit trail"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the audit trail" />
  ) : entries.length === 0 ? (
    on.length > 0 ? (
      <EmptyFiltered
        filters={on.map((key) => `${key}: ${visible(search[key] ?? "", 64)}`)}
        onClear={() =>
          void navigate({ search: (old) => ({ ...old, actor: undefined, action: undefined, subject: undefined }) })
        }
      />
    ) : (
      <EmptyNew title="No change yet">
        <p>The first change to a user, role, scope or rule appears here, written in the same transaction.</p>
      </EmptyNew>
    )
  ) : undefined;

  return (
    <ListPage
      title="Audit trail"
      meta={<span>Who changed what, and when. Every change has its entry, written in the same transaction.</span>}
      filters={
        on.length > 0 && (
          <Filters>
            {on.map((key) => (
              <Chip
                key={key}
                name={key}
                value={visible(search[key] ?? "", 64)}
                onRemove={() => void navigate({ search: (old) => ({ ...old, [key]: undefined }) })}
              />
            ))}
          </Filters>
        )
      }
    >
      <DataTable
        label="Changes"
        columns={columns}
        groups={[{ key: "all", rows: entries }]}
        rowKey={(entry) => entry.id}
        sort={{ by: "at", order }}
        onSort={(sort) =>
          void navigate({ search: (old) => ({ ...old, order: sort.order === "desc" ? undefined : sort.order }) })
        }
        onOpen={open}
        openKey={search.open}
        state={state}
        foot={
          entries.length > 0 && (
            <More
              shown={entries.length}
              noun="changes"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
      {opened && (
        <Drawer
          key={opened.id}
          over={<Time at={opened.at} />}
          title={visible(opened.action, 64)}
          onClose={() => open(undefined)}
        >
          <dl className={layout.facts}>
            <dt>To what</dt>
            <dd>
              <Name text={opened.subject} mono />
            </dd>
            <dt>Who</dt>
            <dd>
              <Name text={opened.actor} mono />
            </dd>
            {opened.undoOf && (
              <>
                <dt>Takes back</dt>
                <dd>
                  <Name text={opened.undoOf} mono />
                </dd>
              </>
            )}
            {opened.requestId && (
              <>
                <dt>Request</dt>
                <dd>
                  <Name text={opened.requestId} mono />
                </dd>
              </>
            )}
          </dl>
          <Diff head="Before and after" lines={changes(opened.before, opened.after)} />
        </Drawer>
      )}
    </ListPage>
  );
}
