import { type ReactNode, useEffect, useState } from "react";
import { current, toggle } from "../frame/theme";
import { Icon } from "../parts/Icon";
import styles from "./Solo.module.css";

/** A page without the frame: before anybody is logged in. */
export function Solo({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  const [theme, setTheme] = useState(current);
  useEffect(() => {
    document.title = `${title} · Seawall`;
  }, [title]);
  return (
    <div className={styles.solo}>
      <header className={styles.brand}>
        <Icon name="brand" />
        Seawall
      </header>
      <main className={wide ? styles.wide : styles.main}>{children}</main>
      <footer className={styles.foot}>
        <span>{window.location.host}</span>
        <button className={styles.link} type="button" onClick={() => setTheme(toggle())}>
          {theme === "dark" ? "Switch to light" : "Switch to dark"}
        </button>
      </footer>
    </div>
  );
}
