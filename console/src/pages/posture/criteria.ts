import type { Criteria } from "../../api/types";
import { visible } from "../../format/text";
import { SEVERITIES } from "../../parts/severity";
import { several } from "./change";

/** What a person wrote into the form of a rule. */
export interface Written {
  match: "all" | "any";
  severities: string[];
  fix: string[];
  minimumSeverity: string;
  cvssBelow: string;
  category: string;
  patchable: string;
  cves: string;
  check: string;
  images: string;
  osVersions: string;
}

export const EMPTY: Written = {
  match: "all",
  severities: [],
  fix: [],
  minimumSeverity: "",
  cvssBelow: "",
  category: "",
  patchable: "",
  cves: "",
  check: "",
  images: "",
  osVersions: "",
};

export const FIX_STATES = [
  { value: "fix-available", word: "Fix available" },
  { value: "no-fix-available", word: "No fix" },
  { value: "scheduled", word: "Fixed later" },
  { value: "wont-fix", word: "Will not be fixed" },
  { value: "unknown", word: "Not known" },
] as const;

/** The criteria as the interface takes them: what was left empty is not there. */
export function criteriaOf(written: Written): Criteria {
  const [cves, images, osVersions] = [several(written.cves), several(written.images), several(written.osVersions)];
  const check = written.check.trim();
  const below = Number(written.cvssBelow);
  const severity = SEVERITIES.find((one) => one === written.minimumSeverity);
  const severities = SEVERITIES.filter((one) => written.severities.includes(one));
  const fix = FIX_STATES.map((state) => state.value).filter((value) => written.fix.includes(value));
  return {
    match: written.match,
    ...(severities.length > 0 ? { severities } : {}),
    ...(fix.length > 0 ? { fix } : {}),
    ...(severity ? { minimumSeverity: severity } : {}),
    ...(written.cvssBelow !== "" && Number.isFinite(below) ? { cvssBelow: below } : {}),
    ...(written.category === "os" || written.category === "language" ? { category: written.category } : {}),
    ...(written.patchable ? { patchable: written.patchable === "true" } : {}),
    ...(cves.length > 0 ? { cves } : {}),
    ...(check ? { check } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(osVersions.length > 0 ? { osVersions } : {}),
  };
}

/** Whether anything is asked for: a rule without a criterion would hide nothing, or everything. */
export function anything(criteria: Criteria): boolean {
  return Object.keys(criteria).some((key) => key !== "match");
}

/** The criteria in words: "severity low or medium and no fix". */
export function inWords(criteria: Criteria): string {
  const or = (values: string[]) =>
    values
      .slice(0, 4)
      .map((v) => visible(v, 64))
      .join(" or ") + (values.length > 4 ? ` or ${values.length - 4} more` : "");
  const parts: string[] = [];
  if (criteria.severities?.length) parts.push(`severity ${or(criteria.severities)}`);
  if (criteria.minimumSeverity) parts.push(`rated below ${criteria.minimumSeverity}`);
  if (criteria.cvssBelow !== undefined) parts.push(`CVSS below ${criteria.cvssBelow}`);
  if (criteria.category)
    parts.push(criteria.category === "os" ? "packages of the distribution" : "packages of a language");
  if (criteria.patchable !== undefined) parts.push(criteria.patchable ? "a fix is to be had" : "no fix is to be had");
  if (criteria.fix?.length)
    parts.push(
      `fix state ${or(criteria.fix.map((f) => FIX_STATES.find((s) => s.value === f)?.word.toLowerCase() ?? f))}`,
    );
  if (criteria.cves?.length) parts.push(or(criteria.cves));
  if (criteria.findings?.length) parts.push(`finding ${or(criteria.findings)}`);
  if (criteria.check) parts.push(`“${visible(criteria.check, 64)}” in title, package or id`);
  if (criteria.images?.length) parts.push(`image ${or(criteria.images)}`);
  if (criteria.osVersions?.length) parts.push(`on ${or(criteria.osVersions)}`);
  return parts.length === 0 ? "no criterion" : parts.join(criteria.match === "any" ? ", or " : ", and ");
}
