import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { auditQuery } from "../../api/access";
import { undo } from "../../api/posture";
import type { components } from "../../api/schema";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { changes, Diff } from "../../parts/Diff";
import { Drawer } from "../../parts/Drawer";
import { Chip, Filters } from "../../parts/Filters";
import { Icon } from "../../parts/Icon";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { ListPage } from "../../parts/shapes";
import { EmptyFiltered, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time, useNow } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { useAfterChange } from "../posture/change";

type Entry = components["schemas"]["AuditEntry"];
const route = getRouteApi("/app/settings/audit");
const FILTERS = ["actor", "action", "subject"] as const;

/** What can be taken back, by how its action begins, and for how long. */
const UNDONE = ["exemption.", "rule.", "disable-rule.", "plan.", "scope-rules."];
const UNDO_MS = 24 * 60 * 60_000;

/** Whether an entry can still be taken back: what took something back cannot, for that is done by doing it again. */
export function canUndo(entry: Pick<Entry, "action" | "at" | "undoOf">, now: Date): boolean {
  return (
    !entry.undoOf &&
    UNDONE.some((start) => entry.action.startsWith(start)) &&
    now.getTime() - new Date(entry.at).getTime() < UNDO_MS
  );
}

export function Audit() {
  const search = route.useSearch();
  const now = useNow();
  const navigate = route.useNavigate();
  const order = search.order ?? "desc";
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    auditQuery({ order, actor: search.actor, action: search.action, subject: search.subject }),
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
          foot={canUndo(opened, now) && <Undo entry={opened} onDone={() => open(undefined)} />}
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

function Undo({ entry, onDone }: { entry: Entry; onDone: () => void }) {
  const tell = useToast();
  const after = useAfterChange();
  const back = useMutation({
    mutationFn: () => undo(entry.id),
    onSuccess: async () => {
      await after();
      tell({ text: `Taken back: ${visible(entry.action, 64)} of ${visible(entry.subject, 96)}.` });
      onDone();
    },
  });
  return (
    <>
      {back.error && <Failed error={back.error} what="The change" />}
      <Button
        variant="secondary"
        icon={<Icon name="undo" small />}
        isLoading={back.isPending}
        isDisabled={back.isPending}
        onClick={() => back.mutate()}
      >
        Undo this change
      </Button>
    </>
  );
}
