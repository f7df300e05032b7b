import styles from "./DataTable.module.css";
import { type Density, setDensity, useDensity } from "./density";

const HEIGHTS: { value: Density; word: string }[] = [
  { value: "compact", word: "Compact" },
  { value: "normal", word: "Normal" },
  { value: "comfortable", word: "Roomy" },
];

/** How high the rows of all tables are; on a phone, where rows are cards, it means nothing and is not there. */
export function DensitySwitch() {
  const shown = useDensity();
  return (
    <fieldset className={styles.density}>
      <legend>Rows</legend>
      {HEIGHTS.map(({ value, word }) => (
        <button key={value} type="button" aria-pressed={value === shown} onClick={() => setDensity(value)}>
          {word}
        </button>
      ))}
    </fieldset>
  );
}
