import { scaleLinear, scaleTime } from "d3-scale";
import { area, line } from "d3-shape";
import { useId, useState } from "react";
import { day, exactly } from "../format/time";
import { useNow } from "./Time";
import styles from "./Trend.module.css";

export interface Point {
  /** RFC 3339; the points of a trend are days. */
  at: string;
  value: number;
}

interface Size {
  width: number;
  height: number;
}

const SIZE: Size = { width: 420, height: 128 };
const NARROW: Size = { width: 304, height: 116 };
const EDGE = { left: 36, right: 6, top: 10, bottom: 22 };

/** Where the line runs, in the units of the picture: pure, so that it is tested without one. */
export function shape(points: Point[], { width, height }: Size = SIZE) {
  const at = points.map((p) => new Date(p.at).getTime());
  const values = points.map((p) => p.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // A line that does not move runs through the middle, not along an edge.
  const pad = low === high ? Math.max(1, Math.abs(low) * 0.1) : 0;
  const x = scaleTime()
    .domain([Math.min(...at), Math.max(...at)])
    .range([EDGE.left, width - EDGE.right]);
  const y = scaleLinear()
    .domain([low - pad, high + pad])
    .nice(2)
    .range([height - EDGE.bottom, EDGE.top]);
  const placed = points.map((p, index) => ({ ...p, x: x(at[index] ?? 0), y: y(p.value) }));
  const bottom = height - EDGE.bottom;
  // Three labels: the ends, which `nice` made round, and the middle.
  const [from = 0, to = 0] = y.domain();
  const labels = [from, (from + to) / 2, to];
  return {
    placed,
    ticks: labels.map((value) => ({ value, y: y(value) })),
    bottom,
    line:
      line<(typeof placed)[number]>(
        (p) => p.x,
        (p) => p.y,
      )(placed) ?? "",
    area:
      area<(typeof placed)[number]>(
        (p) => p.x,
        bottom,
        (p) => p.y,
      )(placed) ?? "",
  };
}

/**
 * One line over time: a hairline grid, at most three labels an axis, the numbers in its label, and a table of the same
 * numbers one click away. With fewer than two points there is nothing to draw, and the number is written.
 */
export function Trend({
  label,
  points,
  unit,
  narrow = false,
}: {
  label: string;
  points: Point[];
  unit: string;
  /** In an aside: the picture is as wide as that, so that its letters keep their size. */
  narrow?: boolean;
}) {
  const size = narrow ? NARROW : SIZE;
  const [table, setTable] = useState(false);
  const now = useNow();
  const id = useId();
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return <p className={styles.none}>{label}: not recorded yet.</p>;
  if (points.length < 2) {
    return (
      <p className={styles.none}>
        {label}: {last.value} {unit} since {day(new Date(last.at), now)}. A line follows with the second day.
      </p>
    );
  }
  const drawn = shape(points, size);
  const end = drawn.placed.at(-1);
  return (
    <figure className={styles.trend}>
      {table ? (
        <div className={styles.scroll}>
          <table className={styles.table} id={id}>
            <caption className="pf-v6-screen-reader">{label}</caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">{unit}</th>
              </tr>
            </thead>
            <tbody>
              {points.map((p) => (
                <tr key={p.at}>
                  <td>
                    <time dateTime={p.at} title={exactly(new Date(p.at))}>
                      {day(new Date(p.at), now)}
                    </time>
                  </td>
                  <td>{p.value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <svg
          className={`${styles.chart} ${narrow ? styles.narrow : ""}`}
          id={id}
          viewBox={`0 0 ${size.width} ${size.height}`}
          role="img"
          aria-label={`${label}, from ${first.value} to ${last.value} ${unit} in ${points.length} points`}
        >
          {drawn.ticks.map((tick) => (
            <g key={tick.value}>
              <line className={styles.grid} x1={EDGE.left} x2={size.width} y1={tick.y} y2={tick.y} />
              <text x={EDGE.left - 8} y={tick.y + 4} textAnchor="end">
                {tick.value.toLocaleString("en-US")}
              </text>
            </g>
          ))}
          <path className={styles.area} d={drawn.area} />
          <path className={styles.line} d={drawn.line} />
          {end && <circle className={styles.end} cx={end.x} cy={end.y} r={3.5} />}
          <text x={EDGE.left} y={size.height - 4}>
            {day(new Date(first.at), now)}
          </text>
          <text x={size.width} y={size.height - 4} textAnchor="end">
            {day(new Date(last.at), now)}
          </text>
        </svg>
      )}
      <button
        className={styles.switch}
        type="button"
        aria-pressed={table}
        aria-controls={id}
        onClick={() => setTable(!table)}
      >
        {table ? "As a line" : "As a table"}
      </button>
    </figure>
  );
}
