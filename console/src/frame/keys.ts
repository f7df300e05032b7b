import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { place } from "../parts/PathLink";
import { useToast } from "../parts/Toasts";
import { MAP } from "./map";

const KEY = "seawall.keys";

/** Whether single keys do something. Who speaks to the machine, or slips, can switch them off (WCAG 2.1.4). */
export function singleKeys(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  try {
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    // Not remembered: the next start has them again.
  }
}

/** How long `g` waits for its second key. */
const CHORD_MS = 1_500;

/** A key that is for the page and not for what the hand is in. */
export function forPage(event: KeyboardEvent): boolean {
  const at = event.target;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (at instanceof HTMLElement && at.closest("input, textarea, select, [contenteditable]")) return false;
  return singleKeys() && !document.querySelector('[aria-modal="true"]');
}

/** The keys of every page: search, help, going places, the link. */
export function useKeys(open: (what: "palette" | "help") => void): void {
  const navigate = useNavigate();
  const tell = useToast();
  const went = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open("palette");
        return;
      }
      if (!forPage(event)) return;
      const chord = Date.now() - went.current < CHORD_MS;
      went.current = 0;
      if (chord) {
        const to = MAP.flatMap((group) => group.places).find((p) => p.key === event.key);
        const link = to && place(to.to);
        if (link) {
          event.preventDefault();
          void navigate(link as never);
        }
      } else if (event.key === "g") {
        went.current = Date.now();
      } else if (event.key === "?") {
        event.preventDefault();
        open("help");
      } else if (event.key === "j" || event.key === "k") {
        // From anywhere on the page into its list; within rows and beside an open drawer the keys are theirs.
        const row = document.querySelector<HTMLElement>('main tr[data-row][tabindex="0"]');
        const taken = event.target instanceof HTMLElement && event.target.closest("tr[data-row]");
        if (row && !taken && !document.querySelector('[role="dialog"]')) {
          event.preventDefault();
          row.focus();
        }
      } else if (event.key === "c") {
        const copied = navigator.clipboard?.writeText(window.location.href);
        void copied?.then(
          () => tell({ text: "The link of this view is copied." }),
          () => tell({ text: "The browser does not let the page copy.", bad: true }),
        );
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, open, tell]);
}
