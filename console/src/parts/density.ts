// How high the rows of every table are: 28, 36 or 44 px. The tokens read an attribute; Table's own variables read the tokens.
import { useSyncExternalStore } from "react";

export type Density = "compact" | "normal" | "comfortable";
const KEY = "seawall.density";
const told = new Set<() => void>();

function chosen(): Density {
  try {
    const saved = localStorage.getItem(KEY);
    return saved === "compact" || saved === "comfortable" ? saved : "normal";
  } catch {
    return "normal"; // Storage is switched off: the height that was drawn.
  }
}

function show(density: Density): void {
  document.documentElement.dataset.density = density;
}

/** Shows the rows as high as they were chosen last. */
export function start(): void {
  show(chosen());
}

/** Shows and remembers another height. */
export function setDensity(next: Density): void {
  show(next);
  try {
    if (next === "normal") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Not remembered, but shown.
  }
  for (const tell of told) tell();
}

function subscribe(tell: () => void): () => void {
  told.add(tell);
  return () => told.delete(tell);
}

/** How high rows are now. */
export function useDensity(): Density {
  return useSyncExternalStore(subscribe, () => {
    const shown = document.documentElement.dataset.density;
    return shown === "compact" || shown === "comfortable" ? shown : "normal";
  });
}
