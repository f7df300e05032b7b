// When a person was last here. It is the browser's own knowledge: the hub does not follow who looks at what.

const KEY = "seawall.visit";

interface Kept {
  /** The start of the visit before this one. */
  before?: string;
  /** The start of this one. */
  now: string;
}

/** A pause after which coming back is another visit. */
const PAUSE_MS = 60 * 60_000;

/** What is kept after coming at `at`: within the pause it is the same visit. */
export function came(kept: Kept | undefined, seen: number | undefined, at: Date): Kept {
  if (!kept) return { now: at.toISOString() };
  const last = seen ?? Date.parse(kept.now);
  return at.getTime() - last < PAUSE_MS ? kept : { before: kept.now, now: at.toISOString() };
}

function read(): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (typeof kept !== "object" || kept === null || !("now" in kept)) return undefined;
    const { now, before } = kept as { now: unknown; before?: unknown };
    if (typeof now !== "string" || Number.isNaN(Date.parse(now))) return undefined;
    return { now, ...(typeof before === "string" && !Number.isNaN(Date.parse(before)) ? { before } : {}) };
  } catch {
    return undefined;
  }
}

/** Notes that somebody is here, and says when they were here before; nothing at the first visit. */
export function visit(at: Date): string | undefined {
  const kept = came(read(), undefined, at);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Not remembered: every visit is the first.
  }
  return kept.before;
}
