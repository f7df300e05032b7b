import type { ReactNode } from "react";
import { Time } from "./Time";
import styles from "./Timeline.module.css";

export interface Happening {
  key: string;
  at: string;
  tone?: "plain" | "bad" | "good" | "blind";
  what: ReactNode;
}

/** What happened, the newest first. */
export function Timeline({ label, items }: { label: string; items: Happening[] }) {
  return (
    <ol className={styles.line} aria-label={label}>
      {items.map((item) => (
        <li key={item.key} className={item.tone && item.tone !== "plain" ? styles[item.tone] : ""}>
          <span className={styles.at}>
            <Time at={item.at} />
          </span>
          <div className={styles.body}>{item.what}</div>
        </li>
      ))}
    </ol>
  );
}
