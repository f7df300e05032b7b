import { of } from "../format/number";
import styles from "./Progress.module.css";

/** How much of something is done: a bar and, in words, "148 of 612". A part without a whole has nothing to show. */
export function Progress({ done, all, what }: { done: number; all: number; what: string }) {
  const share = all > 0 ? Math.min(100, (done / all) * 100) : 0;
  return (
    <span className={styles.progress}>
      <svg className={styles.bar} role="img" aria-label={`${of(done, all)} ${what}`} focusable="false">
        <rect className={styles.done} width={`${share.toFixed(2)}%`} height="100%" />
      </svg>
      <span className={styles.words} aria-hidden="true">
        {of(done, all)}
      </span>
    </span>
  );
}
