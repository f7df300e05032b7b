import type { Notice } from "../api/types";
import { SEVERITIES, severityOf } from "../parts/severity";

/** Notices that are asked for at once: more than a person reads in a day. */
export const THINGS = 200;

/** A notice that cannot wait: what is critical or high. The rest can. */
export function urgent(notice: Notice): boolean {
  const severity = severityOf(notice.severity);
  return severity === "critical" || severity === "high";
}

/** The notices that need a person now. */
export function needing(notices: readonly Notice[]): Notice[] {
  return notices.filter(urgent);
}

/** Worst first, then the newest: the order in which a person should look. */
export function ranked(notices: readonly Notice[]): Notice[] {
  const rank = (notice: Notice) => SEVERITIES.indexOf(severityOf(notice.severity));
  return [...notices].sort((a, b) => rank(a) - rank(b) || (a.last < b.last ? 1 : a.last > b.last ? -1 : 0));
}
