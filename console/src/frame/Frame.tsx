import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Icon } from "../parts/Icon";
import { Account } from "./Account";
import styles from "./Frame.module.css";
import { Live } from "./Live";
import { Navigation, TabBar } from "./Navigation";
import { ScopeControl } from "./ScopeControl";
import { ThemeSwitch } from "./ThemeSwitch";

/** What is around every page of a person who is logged in. */
export function Frame() {
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const last = useRef(path);

  // A new page begins at its top, for the eyes by the router's scroll restoration, for the keyboard here. Filters are not
  // a new page: they change the search, never the path.
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    setOpen(false);
    main.current?.focus({ preventScroll: true });
  }, [path]);

  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [open]);

  return (
    <div className={styles.app}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.topbar}>
        <button
          className={`${styles.iconButton} ${styles.onPhone}`}
          type="button"
          aria-label="Open navigation"
          aria-expanded={open}
          aria-controls="nav"
          onClick={() => setOpen(!open)}
        >
          <Icon name="menu" />
        </button>
        <ScopeControl />
        <div className={styles.topEnd}>
          <Live />
          <ThemeSwitch />
          <Account />
        </div>
      </header>
      <Navigation open={open} />
      {open && (
        <button className={styles.scrim} type="button" aria-label="Close navigation" onClick={() => setOpen(false)} />
      )}
      <main className={styles.main} id="main" tabIndex={-1} ref={main}>
        <div className={styles.inner}>
          <Outlet />
        </div>
      </main>
      <TabBar onMore={() => setOpen(true)} />
    </div>
  );
}
