import { middle, shortDigest, visible } from "../format/text";
import styles from "./Name.module.css";

/** A name from outside: literal, isolated from the direction of its neighbours, cut where it is endless. */
export function Name({ text, mono = false, longest }: { text: string; mono?: boolean; longest?: number }) {
  return <bdi className={mono ? styles.mono : styles.name}>{visible(text, longest)}</bdi>;
}

/** A digest in mono, shortened; the whole of it is in the title. */
export function Digest({ digest }: { digest: string }) {
  return (
    <bdi className={styles.mono} title={visible(digest)}>
      {shortDigest(digest)}
    </bdi>
  );
}

/** A path in mono, shortened in the middle; the whole of it is in the title. */
export function PathName({ path, longest = 56 }: { path: string; longest?: number }) {
  return (
    <bdi className={styles.mono} title={visible(path)}>
      {middle(path, longest)}
    </bdi>
  );
}

/** The team that fixes it. Nobody is a fault, and looks like one. */
export function Owner({ name }: { name: string | undefined }) {
  return <span className={`${styles.owner} ${name ? "" : styles.none}`}>{name ? visible(name, 32) : "no owner"}</span>;
}
