import { whole } from "../format/number";
import styles from "./Bars.module.css";
import { STATE_WORDS, STATES, type State, type StateCounts } from "./health";
import { SEVERITIES, type Severity, type SeverityCounts, sentence } from "./severity";

export interface Segment {
  key: string;
  n: number;
  className: string | undefined;
}

/** Shares of a bar, as SVG attributes: a strict policy allows no style in markup. */
export function shares(
  segments: Segment[],
): { key: string; x: string; width: string; className: string | undefined }[] {
  const all = segments.reduce((sum, s) => sum + s.n, 0);
  let at = 0;
  return segments
    .filter((s) => s.n > 0)
    .map((s) => {
      const x = at;
      const width = (s.n / all) * 100;
      at += width;
      return { key: s.key, x: `${x.toFixed(3)}%`, width: `${width.toFixed(3)}%`, className: s.className };
    });
}

export type BarSize = "tiny" | "small" | "normal" | "large";

function Bar({ segments, label, size }: { segments: Segment[]; label: string; size: BarSize }) {
  return (
    <svg className={`${styles.bar} ${styles[size]}`} role="img" aria-label={label} focusable="false">
      {shares(segments).map((s) => (
        <rect key={s.key} className={s.className} x={s.x} width={s.width} height="100%" />
      ))}
    </svg>
  );
}

const SEVERITY_FILL: Record<Severity, string | undefined> = {
  critical: styles.critical,
  high: styles.high,
  medium: styles.medium,
  low: styles.low,
  negligible: styles.negligible,
  unknown: styles.unknown,
};

/** Findings by severity as one bar, worst first; the numbers stand in its label. */
export function SeverityBar({ counts, size = "normal" }: { counts: SeverityCounts; size?: BarSize }) {
  const segments = SEVERITIES.map((key) => ({ key, n: counts[key] ?? 0, className: SEVERITY_FILL[key] }));
  return <Bar segments={segments} label={sentence(counts)} size={size} />;
}

const STATE_FILL: Record<State, string | undefined> = {
  healthy: styles.healthy,
  unhealthy: styles.unhealthy,
  not_applicable: styles.na,
  not_assessed: styles.blind,
};

/** Assets by state as one bar; the numbers stand in its label and, with `legend`, beneath it. */
export function HealthBar({
  counts,
  size = "normal",
  legend,
  words = {},
}: {
  counts: StateCounts;
  size?: BarSize;
  legend?: boolean;
  /** What a state is called here, where that is not its name: looked at, whether healthy or not. */
  words?: Partial<Record<State, string>>;
}) {
  const word = (s: State) => words[s] ?? STATE_WORDS[s].toLowerCase();
  const label = STATES.filter((s) => counts[s] !== undefined)
    .map((s) => `${whole(counts[s] ?? 0)} ${word(s)}`)
    .join(", ");
  const segments = STATES.map((key) => ({ key, n: counts[key] ?? 0, className: STATE_FILL[key] }));
  return (
    <>
      <Bar segments={segments} label={label} size={size} />
      {legend && (
        <ul className={styles.legend}>
          {STATES.filter((s) => counts[s] !== undefined).map((s) => (
            <li key={s}>
              <svg className={styles.swatch} aria-hidden="true" focusable="false">
                <rect className={STATE_FILL[s]} width="100%" height="100%" />
              </svg>
              <b>{whole(counts[s] ?? 0)}</b> {word(s)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
