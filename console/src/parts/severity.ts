/** Severities in the order people read them: worst first, unknown last. */
export const SEVERITIES = ["critical", "high", "medium", "low", "negligible", "unknown"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** How many findings there are of each severity. */
export type SeverityCounts = Partial<Record<Severity, number>>;

export const SEVERITY_WORDS: Record<Severity, string> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
  negligible: "Negligible",
  unknown: "Unknown",
};

/** The severity that a word of the interface means; a word of a newer hub is unknown. */
export function severityOf(word: string | undefined): Severity {
  return SEVERITIES.find((severity) => severity === word) ?? "unknown";
}

export function total(counts: SeverityCounts): number {
  return SEVERITIES.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
}

/** "2 critical, 9 high", or "no findings". */
export function sentence(counts: SeverityCounts): string {
  const parts = SEVERITIES.filter((severity) => (counts[severity] ?? 0) > 0).map(
    (severity) => `${(counts[severity] ?? 0).toLocaleString("en-US")} ${severity}`,
  );
  return parts.length > 0 ? parts.join(", ") : "no findings";
}
