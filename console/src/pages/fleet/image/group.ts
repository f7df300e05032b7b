import type { Finding } from "../../../api/types";
import { SEVERITIES, type Severity, severityOf } from "../../../parts/severity";

/** A package of an image with what was found in it, as a row of the work to do. */
export interface PackageFindings {
  /** The package and the deed: a package may have findings with a fix and without one. */
  key: string;
  package: Finding["package"];
  findings: Finding[];
  worst: Severity;
  kev: boolean;
  /** The versions that clear them, each once, in the order of the findings. */
  fixed: string[];
  first: Finding;
  /** When the first of them was seen. */
  since: string;
}

/** What one deed clears. */
export interface FixGroup {
  key: string;
  kind: "fix" | "fixable" | "unfixed" | "apart";
  title: string;
  /** The id of the fix, where the hub has one. */
  fix?: string;
  rows: PackageFindings[];
  findings: number;
}

/** A finding in an address. */
export function keyOf(finding: Pick<Finding, "vulnerability" | "package">): string {
  return `${finding.vulnerability} ${finding.package.subject}`;
}

function groupOf(finding: Finding): Pick<FixGroup, "key" | "kind" | "title" | "fix"> {
  if (finding.judgement !== "counts") return { key: "apart", kind: "apart", title: "Shown apart, not counted" };
  if (finding.fix) return { key: `fix ${finding.fix.id}`, kind: "fix", title: finding.fix.title, fix: finding.fix.id };
  if (finding.fixedVersion) return { key: "fixable", kind: "fixable", title: "A fixed version is to be had" };
  return { key: "unfixed", kind: "unfixed", title: "No fix yet" };
}

const ORDER = { fix: 0, fixable: 1, unfixed: 2, apart: 3 };

/**
 * Findings by what clears them, and within that by package: what clears the worst comes first, in the order of the hub;
 * what has no fix and what does not count come last.
 */
export function byFix(findings: Finding[]): FixGroup[] {
  const groups = new Map<string, FixGroup & { packages: Map<string, PackageFindings> }>();
  for (const finding of findings) {
    const of = groupOf(finding);
    let group = groups.get(of.key);
    if (!group) {
      group = { ...of, rows: [], findings: 0, packages: new Map() };
      groups.set(of.key, group);
    }
    group.findings += 1;
    const subject = finding.package.subject;
    const row = group.packages.get(subject);
    const severity = severityOf(finding.severity);
    if (!row) {
      const made: PackageFindings = {
        key: `${of.key} ${subject}`,
        package: finding.package,
        findings: [finding],
        worst: severity,
        kev: finding.kev,
        fixed: finding.fixedVersion ? [finding.fixedVersion] : [],
        first: finding,
        since: finding.firstSeen,
      };
      group.packages.set(subject, made);
      group.rows.push(made);
      continue;
    }
    row.findings.push(finding);
    row.kev ||= finding.kev;
    if (finding.firstSeen < row.since) row.since = finding.firstSeen;
    if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(row.worst)) row.worst = severity;
    if (finding.fixedVersion && !row.fixed.includes(finding.fixedVersion)) row.fixed.push(finding.fixedVersion);
  }
  return [...groups.values()]
    .map(({ packages: _packages, ...group }) => group)
    .sort((a, b) => ORDER[a.kind] - ORDER[b.kind]);
}
