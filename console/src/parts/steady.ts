import { useState } from "react";

/** What a list shows while newer answers wait. */
export interface Steadied<Row> {
  rows: Row[];
  /** Rows of the newest answer that are not shown. */
  added: number;
  /** Shown rows that the newest answer has no more. */
  gone: number;
  /** The rows that stay come in another order now. */
  moved: boolean;
}

/**
 * The rows that are shown, with the values of the newest answer in place: nothing appears, leaves or changes its place under
 * the hand. What would is counted.
 */
export function merge<Row>(shown: Row[], fresh: Row[], key: (row: Row) => string): Steadied<Row> {
  const now = new Map(fresh.map((row) => [key(row), row]));
  const there = new Set(shown.map(key));
  const stay = shown.map(key).filter((k) => now.has(k));
  const order = fresh.map(key).filter((k) => there.has(k));
  return {
    rows: shown.map((row) => now.get(key(row)) ?? row),
    added: fresh.filter((row) => !there.has(key(row))).length,
    gone: shown.length - stay.length,
    moved: stay.some((k, index) => order[index] !== k),
  };
}

/**
 * Holds the rows of a list still while the same question is answered again. Another question, another page of it, or `show`
 * takes the newest.
 */
export function useSteady<Row>(
  fresh: Row[],
  key: (row: Row) => string,
  question: string,
): Steadied<Row> & { show: () => void } {
  const [held, setHeld] = useState({ question, rows: fresh });
  const show = () => setHeld({ question, rows: fresh });
  if (held.question !== question || (held.rows.length === 0 && fresh.length > 0)) {
    setHeld({ question, rows: fresh });
    return { rows: fresh, added: 0, gone: 0, moved: false, show };
  }
  return { ...merge(held.rows, fresh, key), show };
}
