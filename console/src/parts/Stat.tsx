import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import styles from "./Stat.module.css";

/** The row of stats under a record's head. */
export function Stats({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className={styles.stats} aria-label={label}>
      {children}
    </section>
  );
}

export interface StatProps {
  label: string;
  /** Absent while it loads. */
  value: ReactNode;
  sub?: ReactNode;
  /** Where the rows are that the number counts: a number without its rows is not shown as a stat. */
  link: LinkProps;
  /** The number of rows that the link leads to, where `value` is one: the crawler compares it with the list. */
  rows?: number | undefined;
  tone?: "plain" | "bad" | "blind";
}

/** A number that is a link to exactly the rows it counts. */
export function Stat({ label, value, sub, link, rows, tone = "plain" }: StatProps) {
  return (
    <Link {...link} className={`${styles.stat} ${styles[tone]}`} data-rows={rows}>
      <span className={styles.label}>{label}</span>
      <span className={styles.value}>{value ?? <span className={styles.wait} aria-hidden="true" />}</span>
      {sub && <span className={styles.sub}>{sub}</span>}
    </Link>
  );
}
