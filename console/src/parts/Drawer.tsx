import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Drawer.module.css";
import { Icon } from "./Icon";

/**
 * What lies behind a row. The list beside it stays usable; Esc closes it and the focus goes back to where it came from.
 * On a phone it is the page.
 */
export function Drawer({
  title,
  over,
  foot,
  onClose,
  children,
}: {
  title: string;
  /** The line above the title: what it is about. */
  over?: ReactNode;
  foot?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  const panel = useRef<HTMLElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    const opener = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    const onKey = (event: KeyboardEvent) => {
      // A dialog above the drawer takes its own Esc.
      if (event.key === "Escape" && !document.querySelector('[aria-modal="true"]')) close.current();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);

  return (
    <aside className={styles.drawer} role="dialog" aria-labelledby="drawer-h" tabIndex={-1} ref={panel}>
      <div className={styles.head}>
        <div>
          {over && <p className={styles.over}>{over}</p>}
          <h2 id="drawer-h">{title}</h2>
        </div>
        <button className={styles.close} type="button" aria-label="Close" onClick={onClose}>
          <Icon name="x" />
        </button>
      </div>
      <div className={styles.body}>{children}</div>
      {foot && <div className={styles.foot}>{foot}</div>}
    </aside>
  );
}
