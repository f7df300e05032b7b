import { Link, type LinkProps } from "@tanstack/react-router";
import { count, whole } from "../format/number";
import styles from "./Counts.module.css";
import { SEVERITIES, SEVERITY_WORDS, type Severity, type SeverityCounts } from "./severity";

const CLASS: Record<Severity, string | undefined> = {
  critical: styles.critical,
  high: styles.high,
  medium: styles.medium,
  low: styles.low,
  negligible: styles.low,
  unknown: styles.unknown,
};

/**
 * Findings by severity, one box each in a fixed order: the place tells the severity as well as the color does. A 0 is
 * written; negligible has a box only where there is one, for most sources never rate so. With `link` each number leads to
 * the rows that it counts.
 */
export function Counts({ counts, link }: { counts: SeverityCounts; link?: (severity: Severity) => LinkProps }) {
  const shown = SEVERITIES.filter((s) => s !== "negligible" || (counts[s] ?? 0) > 0);
  return (
    <span className={styles.counts}>
      {shown.map((s) => {
        const n = counts[s] ?? 0;
        if (link && n > 0)
          return (
            <Link
              key={s}
              {...link(s)}
              className={CLASS[s]}
              title={`${whole(n)} ${SEVERITY_WORDS[s].toLowerCase()}`}
              data-rows={n}
              aria-label={`${whole(n)} ${SEVERITY_WORDS[s].toLowerCase()}`}
            >
              {count(n)}
            </Link>
          );
        return (
          <span
            key={s}
            className={n === 0 ? styles.zero : CLASS[s]}
            title={`${whole(n)} ${SEVERITY_WORDS[s].toLowerCase()}`}
          >
            {count(n)}
            <span className="pf-v6-screen-reader"> {SEVERITY_WORDS[s].toLowerCase()} </span>
          </span>
        );
      })}
    </span>
  );
}
