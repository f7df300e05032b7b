import { visible } from "../format/text";
import styles from "./Diff.module.css";

/** A line of a diff: there before, there after, or both. */
export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

/**
 * What differs between two JSON objects, member by member in the order of their names: what stayed is shown for its
 * context. Values are shown as JSON.
 */
export function changes(before: object | null | undefined, after: object | null | undefined): DiffLine[] {
  const [old, now] = [new Map(Object.entries(before ?? {})), new Map(Object.entries(after ?? {}))];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  const line = (name: string, value: unknown) => `${name}: ${JSON.stringify(value)}`;
  return names.flatMap((name): DiffLine[] => {
    const was = old.has(name) ? line(name, old.get(name)) : undefined;
    const is = now.has(name) ? line(name, now.get(name)) : undefined;
    if (was === is) return [{ kind: "same", text: was ?? "" }];
    return [
      ...(was === undefined ? [] : [{ kind: "removed", text: was } as const]),
      ...(is === undefined ? [] : [{ kind: "added", text: is } as const]),
    ];
  });
}

const SIGN = { same: " ", added: "+", removed: "−" } as const;
const WORD = { same: "", added: "added: ", removed: "removed: " } as const;

/** A change as a diff: sign, tint and, for those who hear it, a word. */
export function Diff({ head, lines }: { head: string; lines: DiffLine[] }) {
  return (
    <figure className={styles.diff}>
      <figcaption className={styles.head}>{head}</figcaption>
      {lines.length === 0 ? (
        <p className={styles.none}>The entry keeps no values.</p>
      ) : (
        <ol className={styles.body}>
          {lines.map((line) => (
            <li key={`${line.kind} ${line.text}`} className={styles[line.kind]}>
              <span aria-hidden="true">{SIGN[line.kind]}</span>
              <span>
                <span className="pf-v6-screen-reader">{WORD[line.kind]}</span>
                {visible(line.text)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </figure>
  );
}
