import { Button } from "@patternfly/react-core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { count, counted } from "../format/number";
import table from "./DataTable.module.css";
import { type FilterField, filtersOn, filterWord } from "./FilterBar";
import { Icon } from "./Icon";
import { More } from "./More";
import { Banner, EmptyFiltered, Failed, LoadingRows } from "./states";
import { useSteady } from "./steady";
import { Time } from "./Time";

interface PageOf<Row> {
  items: Row[];
  next?: string | null;
  total?: number | null;
}
type Asked<Row> = UseInfiniteQueryResult<InfiniteData<PageOf<Row>>, Error>;

export interface Rows<Row> {
  rows: Row[];
  /** How many there are in all, where the hub counted. */
  total: number | undefined;
  /** The bar of newer rows that wait, if any do. */
  waiting: ReactNode;
  /** Takes the newest rows now: after a change of one's own. */
  show: () => void;
}

/** The rows of a list that comes in pages, held still while the same question is answered again. */
export function useRows<Row>(query: Asked<Row>, key: (row: Row) => string, question: string): Rows<Row> {
  const pages = query.data?.pages ?? [];
  const fresh = pages.flatMap((page) => page.items);
  const steady = useSteady(fresh, key, `${question} ${pages.length}`);
  const parts = [
    ...(steady.added > 0 ? [counted(steady.added, "new row")] : []),
    ...(steady.gone > 0 ? [`${count(steady.gone)} gone`] : []),
    ...(steady.moved && steady.added + steady.gone === 0 ? ["Another order"] : []),
  ];
  return {
    rows: steady.rows,
    total: pages[0]?.total ?? undefined,
    show: steady.show,
    waiting:
      parts.length > 0 ? (
        <div className={table.waiting} role="status">
          <button type="button" onClick={steady.show}>
            {parts.join(", ")}, show {steady.added === 1 && steady.gone === 0 ? "it" : "them"}
          </button>
        </div>
      ) : undefined,
  };
}

/** What stands in the place of a list's rows while there are none: loading, failed, emptied by filters, or empty. */
export function listState<Row>({
  query,
  rows,
  what,
  filters = [],
  text,
  onClear,
  empty,
}: {
  query: Asked<Row>;
  rows: Row[];
  /** "The list of images" */
  what: string;
  filters?: FilterField[];
  /** The text of the list's own field. */
  text?: string | undefined;
  onClear?: () => void;
  empty: ReactNode;
}): ReactNode {
  if (query.error && rows.length === 0)
    return <Failed error={query.error} what={what} onRetry={() => void query.refetch()} />;
  if (!query.data) return <LoadingRows what={what.toLowerCase()} />;
  if (rows.length > 0) return undefined;
  const on = [
    ...(text ? [`text: ${text}`] : []),
    ...filtersOn(filters).map((field) => `${field.label.toLowerCase()}: ${filterWord(field)}`),
  ];
  return on.length > 0 && onClear ? <EmptyFiltered filters={on} onClear={onClear} /> : empty;
}

/** What is said above rows that could not be asked for again. */
export function OldRows<Row>({ query, rows, what }: { query: Asked<Row>; rows: Row[]; what: string }) {
  if (!query.error || rows.length === 0) return undefined;
  return (
    <Banner
      tone="bad"
      actions={
        <Button variant="secondary" size="sm" onClick={() => void query.refetch()} icon={<Icon name="refresh" small />}>
          Try again
        </Button>
      }
    >
      {what} could not be loaded again: {query.error.message}. The rows below are from{" "}
      <Time at={new Date(query.dataUpdatedAt).toISOString()} />.
    </Banner>
  );
}

/** The foot of a list that comes in pages: how many of how many are here, and the way to the rest. */
export function Foot<Row>({
  query,
  shown,
  total,
  one,
  many = `${one}s`,
  keys,
}: {
  query: Asked<Row>;
  shown: number;
  total: number | undefined;
  /** What a row is. */
  one: string;
  many?: string;
  /** The keys that work on these rows. */
  keys?: string;
}) {
  if (shown === 0) return undefined;
  return (
    <>
      <More
        shown={shown}
        total={total}
        one={one}
        noun={many}
        more={query.hasNextPage}
        loading={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      {keys && <Keys of={keys} />}
    </>
  );
}

/** "j k move, o open" with its keys as keys: the last word of a part says what the others do. */
function Keys({ of }: { of: string }) {
  return (
    <span className={table.keys}>
      {of.split(", ").map((part) => {
        const words = part.split(" ");
        return (
          <span key={part}>
            {words.slice(0, -1).map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}{" "}
            {words.at(-1)}
          </span>
        );
      })}
    </span>
  );
}

/** The floating bar of what is selected: how many, and what can be done with them. */
export function Picked({ n, onClear, children }: { n: number; onClear: () => void; children: ReactNode }) {
  if (n === 0) return undefined;
  return (
    <section className={table.picked} aria-label="Selection">
      <b>{count(n)} selected</b>
      {children}
      <Button
        variant="plain"
        size="sm"
        aria-label="Clear the selection"
        icon={<Icon name="x" small />}
        onClick={onClear}
      />
    </section>
  );
}
