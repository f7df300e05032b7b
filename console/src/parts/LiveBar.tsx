import { counted } from "../format/number";
import styles from "./LiveBar.module.css";
import type { Steadied } from "./steady";

/** "2 new rows, 1 row gone: show them". What came while the list was read waits here. */
export function LiveBar({ list }: { list: Omit<Steadied<unknown>, "rows"> & { show: () => void } }) {
  const { added, gone, moved, show } = list;
  const said = [
    ...(added > 0 ? [counted(added, "new row")] : []),
    ...(gone > 0 ? [`${counted(gone, "row")} gone`] : []),
    ...(added === 0 && gone === 0 && moved ? ["the order changed"] : []),
  ];
  return (
    <div role="status">
      {said.length > 0 && (
        <button className={styles.bar} type="button" onClick={show}>
          {said.join(", ")}, <b>{added + gone === 1 ? "show it" : "show them"}</b>
        </button>
      )}
    </div>
  );
}
