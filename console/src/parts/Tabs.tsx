import { Link, type LinkProps } from "@tanstack/react-router";
import { count } from "../format/number";
import styles from "./Tabs.module.css";

export interface Tab {
  key: string;
  word: string;
  /** How many rows are behind it; absent where nobody counted. */
  n?: number | undefined;
  /** Always names the tab in the address, so that no other address counts as it. */
  link: LinkProps;
}

/** The views of a record. Each is an address, so it opens in another window and Back leaves it. */
export function Tabs({ label, tabs, current }: { label: string; tabs: Tab[]; current: string }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.key}
          {...tab.link}
          resetScroll={false}
          className={`${styles.tab} ${tab.key === current ? styles.on : ""}`}
          aria-current={tab.key === current ? "page" : undefined}
        >
          {tab.word}
          {tab.n !== undefined && <span className={styles.n}>{count(tab.n)}</span>}
        </Link>
      ))}
    </nav>
  );
}
