import { Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Icon } from "../parts/Icon";
import { Toasts } from "../parts/Toasts";
import { Account } from "./Account";
import styles from "./Frame.module.css";
import { useKeys } from "./keys";
import { Live } from "./Live";
import { Navigation, SettingsTabs, TabBar } from "./Navigation";
import { ScopeControl } from "./ScopeControl";
import { ThemeSwitch } from "./ThemeSwitch";

const Palette = lazy(async () => ({ default: (await import("./Palette")).Palette }));
const KeyHelp = lazy(async () => ({ default: (await import("./KeyHelp")).KeyHelp }));

/** What is around every page of a person who is logged in. */
export function Frame() {
  const [open, setOpen] = useState(false);
  const [over, setOver] = useState<"palette" | "help">();
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const last = useRef(path);
  useKeys(setOver);

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
    <Toasts>
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
          <button
            className={styles.search}
            type="button"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K"
            onClick={() => setOver("palette")}
          >
            <Icon name="search" />
            <span className="pf-v6-screen-reader">Search: </span>
            <span className={styles.searchWords}>CVE, digest, image, package or page</span>
            <kbd>Ctrl K</kbd>
          </button>
          <div className={styles.topEnd}>
            <Live />
            <span className={styles.onDesk}>
              <ThemeSwitch />
            </span>
            <Account />
          </div>
        </header>
        <Navigation open={open} />
        {open && (
          <button className={styles.scrim} type="button" aria-label="Close navigation" onClick={() => setOpen(false)} />
        )}
        <main className={styles.main} id="main" tabIndex={-1} ref={main}>
          <div className={styles.inner}>
            {path.startsWith("/settings/") && <SettingsTabs />}
            <Outlet />
          </div>
        </main>
        <TabBar onMore={() => setOpen(true)} />
        <Suspense fallback={null}>
          {over === "palette" && <Palette onClose={() => setOver(undefined)} />}
          {over === "help" && <KeyHelp onClose={() => setOver(undefined)} />}
        </Suspense>
      </div>
    </Toasts>
  );
}
