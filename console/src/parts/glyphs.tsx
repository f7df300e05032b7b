import type { ReactNode } from "react";
import styles from "./glyphs.module.css";
import { STATE_WORDS, type State } from "./health";
import { SEVERITY_WORDS, type Severity } from "./severity";

const SEVERITY_SYMBOL: Record<Severity, string> = {
  critical: "sev-critical",
  high: "sev-high",
  medium: "sev-medium",
  low: "sev-low",
  negligible: "sev-low",
  unknown: "sev-unknown",
};

const SEVERITY_CLASS: Record<Severity, string | undefined> = {
  critical: styles.critical,
  high: styles.high,
  medium: styles.medium,
  low: styles.low,
  negligible: styles.negligible,
  unknown: styles.unknown,
};

/** A severity: its glyph and its word, or other text in the word's place ("Critical 9.8"). */
export function SeverityMark({
  severity,
  badge,
  children,
}: {
  severity: Severity;
  badge?: boolean;
  children?: ReactNode;
}) {
  return (
    <span className={`${styles.mark} ${SEVERITY_CLASS[severity]} ${badge ? styles.badge : ""}`}>
      <svg aria-hidden="true" focusable="false">
        <use href={`#${SEVERITY_SYMBOL[severity]}`} />
      </svg>
      {children ?? SEVERITY_WORDS[severity]}
    </span>
  );
}

const STATE_SYMBOL: Record<State, string> = {
  healthy: "st-healthy",
  unhealthy: "st-unhealthy",
  not_applicable: "st-na",
  not_assessed: "st-blind",
};

const STATE_CLASS: Record<State, string | undefined> = {
  healthy: styles.healthy,
  unhealthy: styles.unhealthy,
  not_applicable: styles.na,
  not_assessed: styles.blind,
};

/** A state: its glyph and its word, or other text in the word's place ("7 of 24 unhealthy"). */
export function StateMark({ state, badge, children }: { state: State; badge?: boolean; children?: ReactNode }) {
  return (
    <span className={`${styles.mark} ${STATE_CLASS[state]} ${badge ? styles.badge : ""}`}>
      <svg aria-hidden="true" focusable="false">
        <use href={`#${STATE_SYMBOL[state]}`} />
      </svg>
      {children ?? STATE_WORDS[state]}
    </span>
  );
}
