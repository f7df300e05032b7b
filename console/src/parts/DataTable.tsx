import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { singleKeys } from "../frame/keys";
import styles from "./DataTable.module.css";
import { DensitySwitch } from "./Density";
import { Icon } from "./Icon";

export interface Column<Row> {
  key: string;
  /** The head; also the label of the cell where rows are cards. */
  head: string;
  cell: (row: Row) => ReactNode;
  /** Right-aligned and tabular. */
  numeric?: boolean;
  /** The first column names the thing and takes the slack. */
  main?: boolean;
  nowrap?: boolean;
  /** How the hub sorts by it, where it can. */
  sort?: string;
}

export interface Sort {
  by: string;
  order: "asc" | "desc";
}

export interface RowGroup<Row> {
  key: string;
  /** What the rows share; absent for a table without groups. */
  title?: ReactNode;
  rows: Row[];
}

interface Props<Row> {
  /** What the table lists, for a screen reader. */
  label: string;
  columns: Column<Row>[];
  groups: RowGroup<Row>[];
  rowKey: (row: Row) => string;
  sort?: Sort | undefined;
  onSort?: (sort: Sort) => void;
  /** The hub sorts by each column in one order only: the head of the one that is on has nothing to do. */
  oneOrder?: boolean;
  /** Opens a row by Enter or `o`; the row's own link does the same for the pointer. */
  onOpen?: (row: Row) => void;
  /** The row whose drawer is open. */
  openKey?: string | undefined;
  /** What a row shows beneath itself while it is the open one; the row's expander, Enter and `o` open and close it. */
  detail?: (row: Row) => ReactNode;
  /** How the expander of a row is called. */
  expandLabel?: (row: Row) => string;
  /** Without a frame of its own: in a panel, which has one. */
  plain?: boolean;
  /** In place of rows: a state of the list. */
  state?: ReactNode;
  foot?: ReactNode;
  /** Above the rows: newer ones that wait. */
  waiting?: ReactNode;
  /** Rows can be chosen, with a box each, by `x`, and as ranges with Shift. */
  selection?: Selection<Row> | undefined;
  /** What lies beneath a row that is spread out; nothing beneath one that is not. */
  below?: (row: Row) => ReactNode;
}

export interface Selection<Row> {
  chosen: ReadonlySet<string>;
  onChoose: (chosen: Set<string>) => void;
  /** What a row is called, for the label of its box. */
  name: (row: Row) => string;
}

/**
 * A table over the full width, with PatternFly's semantics: cards below 768 px. One row is in the order of the Tab key;
 * `j` and `k` move, `o` and Enter open, `x` selects.
 */
export function DataTable<Row>({
  label,
  columns,
  groups,
  rowKey,
  sort,
  onSort,
  oneOrder = false,
  onOpen,
  openKey,
  detail,
  expandLabel,
  plain = false,
  state,
  foot,
  waiting,
  selection,
  below,
}: Props<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const last = useRef<string>(undefined);
  const keys = groups.flatMap((group) => group.rows.map(rowKey));
  const width = columns.length + (selection ? 1 : 0) + (detail ? 1 : 0);

  const choose = (key: string, range: boolean) => {
    if (!selection) return;
    const next = new Set(selection.chosen);
    const [from, to] = [keys.indexOf(last.current ?? key), keys.indexOf(key)];
    if (range && from >= 0) {
      for (const k of keys.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(k);
    } else if (!next.delete(key)) {
      next.add(key);
    }
    last.current = key;
    selection.onChoose(next);
  };

  const onKey = (event: KeyboardEvent<HTMLTableRowElement>, row: Row) => {
    // A key in a cell's own control belongs to that control.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1 && !singleKeys()) return;
    const step =
      event.key === "j" || event.key === "ArrowDown" ? 1 : event.key === "k" || event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const rows = [...(body.current?.querySelectorAll<HTMLTableRowElement>("tr[data-row]") ?? [])];
      rows[rows.indexOf(event.currentTarget) + step]?.focus();
    } else if (selection && event.key.toLowerCase() === "x") {
      event.preventDefault();
      choose(rowKey(row), event.shiftKey);
    } else if (onOpen && (event.key === "Enter" || event.key === "o")) {
      event.preventDefault();
      onOpen(row);
    }
  };

  let first = true;
  return (
    <div className={`${styles.wrap} ${plain ? styles.plain : ""}`} ref={body}>
      {!state && waiting}
      {!state && (
        <Table aria-label={label} variant="compact" gridBreakPoint="grid-md" className={styles.table ?? ""}>
          <Thead>
            <Tr>
              {selection && (
                <Th className={styles.box ?? ""}>
                  <input
                    type="checkbox"
                    aria-label="Select all that are loaded"
                    checked={keys.length > 0 && keys.every((key) => selection.chosen.has(key))}
                    onChange={(event) => selection.onChoose(new Set(event.target.checked ? keys : []))}
                  />
                </Th>
              )}
              {detail && (
                <Th className={styles.expandHead ?? ""}>
                  <span className="pf-v6-screen-reader">Open or close</span>
                </Th>
              )}
              {columns.map((column) => {
                const active = sort !== undefined && sort.by === column.sort;
                return (
                  <Th
                    key={column.key}
                    modifier="nowrap"
                    className={column.numeric ? styles.numeric : ""}
                    {...(active
                      ? { "aria-sort": sort.order === "asc" ? ("ascending" as const) : ("descending" as const) }
                      : {})}
                  >
                    {column.sort && onSort ? (
                      <button
                        className={styles.sort}
                        type="button"
                        aria-disabled={active && oneOrder ? true : undefined}
                        onClick={() => {
                          if (active && oneOrder) return;
                          onSort({ by: column.sort ?? "", order: active && sort.order === "desc" ? "asc" : "desc" });
                        }}
                      >
                        {column.head}
                        {active && <Icon name={sort.order === "asc" ? "up" : "sort"} small />}
                      </button>
                    ) : (
                      column.head
                    )}
                  </Th>
                );
              })}
            </Tr>
          </Thead>
          {groups.map((group) => (
            <Tbody key={group.key}>
              {group.title && (
                <Tr className={styles.group ?? ""}>
                  <Td colSpan={width}>{group.title}</Td>
                </Tr>
              )}
              {group.rows.map((row) => {
                const key = rowKey(row);
                const tab = first || key === openKey ? 0 : -1;
                first = false;
                const opened = key === openKey;
                const beneath = below?.(row);
                const chosen = selection?.chosen.has(key) ?? false;
                const look = [
                  styles.row,
                  key === openKey && styles.open,
                  chosen && styles.chosen,
                  beneath && styles.spread,
                ];
                return [
                  <Tr
                    key={key}
                    data-row={key}
                    className={look.filter(Boolean).join(" ")}
                    tabIndex={onOpen || selection ? tab : undefined}
                    onKeyDown={(event: KeyboardEvent<HTMLTableRowElement>) => onKey(event, row)}
                  >
                    {selection && (
                      <Td className={styles.box ?? ""}>
                        <input
                          type="checkbox"
                          aria-label={`Select ${selection.name(row)}`}
                          checked={chosen}
                          onChange={() => choose(key, false)}
                          onClick={(event) => {
                            if (!event.shiftKey) return;
                            event.preventDefault();
                            choose(key, true);
                          }}
                        />
                      </Td>
                    )}
                    {detail && (
                      <Td className={styles.expandCell ?? ""}>
                        <button
                          className={styles.expander}
                          type="button"
                          aria-expanded={opened}
                          aria-label={expandLabel?.(row) ?? "Open or close"}
                          onClick={() => onOpen?.(row)}
                        >
                          <Icon name={opened ? "down" : "right"} small />
                        </button>
                      </Td>
                    )}
                    {columns.map((column) => (
                      <Td
                        key={column.key}
                        dataLabel={column.head}
                        className={`${column.numeric ? styles.numeric : ""} ${column.main ? styles.main : ""} ${column.nowrap ? styles.nowrap : ""}`}
                      >
                        {column.cell(row)}
                      </Td>
                    ))}
                  </Tr>,
                  detail && opened && (
                    <Tr key={`${key} detail`} className={styles.detail ?? ""}>
                      <Td colSpan={width}>{detail(row)}</Td>
                    </Tr>
                  ),
                  beneath && (
                    <Tr key={`${key} below`} className={styles.beneath ?? ""}>
                      <Td colSpan={width}>{beneath}</Td>
                    </Tr>
                  ),
                ];
              })}
            </Tbody>
          ))}
        </Table>
      )}
      {state}
      {foot && (
        <div className={styles.foot}>
          {foot}
          {!plain && !state && <DensitySwitch />}
        </div>
      )}
    </div>
  );
}
