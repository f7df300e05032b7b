// The theme: the system's, until a person says otherwise. PatternFly reads a class, the tokens an attribute.

export type Theme = "light" | "dark";
const KEY = "seawall.theme";

function chosen(): Theme | undefined {
  try {
    const saved = localStorage.getItem(KEY);
    return saved === "light" || saved === "dark" ? saved : undefined;
  } catch {
    return undefined; // Storage is switched off: the system's theme it is.
  }
}

const system = () => window.matchMedia("(prefers-color-scheme: dark)");

/** The theme that is shown now. */
export function current(): Theme {
  return chosen() ?? (system().matches ? "dark" : "light");
}

function show(): void {
  const root = document.documentElement;
  const saved = chosen();
  if (saved) root.dataset.theme = saved;
  else delete root.dataset.theme;
  root.classList.toggle("pf-v6-theme-dark", current() === "dark");
}

/** Shows the theme and follows the system's as long as none was chosen. */
export function start(): void {
  show();
  system().addEventListener("change", show);
}

/** Shows the other theme and remembers it. Gives the theme that is shown then. */
export function toggle(): Theme {
  const next: Theme = current() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Not remembered, but shown.
  }
  document.documentElement.dataset.theme = next;
  document.documentElement.classList.toggle("pf-v6-theme-dark", next === "dark");
  return next;
}
