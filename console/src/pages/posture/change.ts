import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

/** What a rule, an exemption or a plan makes old. */
const TOUCHED = [
  "assessments",
  "score",
  "exemptions",
  "rules",
  "coverage",
  "fixes",
  "images",
  "inventory",
  "plans",
  "audit",
];

/** Asks again for all that a change of what is judged makes old. */
export function useAfterChange(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(
    () => Promise.all(TOUCHED.map((key) => queries.invalidateQueries({ queryKey: [key] }))).then(() => {}),
    [queries],
  );
}

const DAY = 86_400_000;

/** The day so many days from now, as a date field has it: "2027-02-24". */
export function dayIn(days: number, now: Date): string {
  return new Date(now.getTime() + days * DAY).toISOString().slice(0, 10);
}

/** The end of a day, in UTC, as the interface takes a moment; nothing for an empty field. */
export function endOf(day: string): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? `${day}T23:59:59Z` : undefined;
}

/** The words of a field that takes several: "CVE-1, CVE-2;CVE-3" has three. */
export function several(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ""))];
}
