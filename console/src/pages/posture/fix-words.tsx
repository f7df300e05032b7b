import type { Fix } from "../../api/types";
import { counted } from "../../format/number";
import { visible } from "../../format/text";
import layout from "../../parts/layout.module.css";

/** Marks of a fix that lift it: hostile code, known exploited. */
export function FixMarks({ fix }: { fix: Pick<Fix, "kev" | "malware"> }) {
  return (
    <>
      {Number(fix.malware) > 0 && <span className={`${layout.badge} ${layout.badgeKev}`}>Malware</span>}
      {Number(fix.malware) > 0 && " "}
      {Number(fix.kev) > 0 && <span className={`${layout.badge} ${layout.badgeKev}`}>Known exploited</span>}
      {Number(fix.kev) > 0 && " "}
    </>
  );
}

/** Parts that are named before the rest is counted. */
const NAMED = 4;

/** The second line of a fix: its parts by name, and how many vulnerabilities go. */
export function fixSub(fix: Pick<Fix, "parts" | "vulnerabilities">): string {
  const names = fix.parts.slice(0, NAMED).map((part) => visible(part.name, 48));
  const rest = fix.parts.length - names.length;
  const parts = rest > 0 ? [...names, `${counted(rest, "more package")}`] : names;
  const list = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : (parts[0] ?? "");
  return [list, counted(fix.vulnerabilities, "vulnerability", "vulnerabilities")].filter((s) => s !== "").join("; ");
}

/** What is left when the fix has arrived everywhere. */
export function remainsSentence(fix: Pick<Fix, "remains" | "images" | "measured">): string {
  const { healed, images, findings, unfixed } = fix.remains;
  const how = fix.measured ? "Measured on the newest build" : "Predicted from the packages’ versions";
  const rest =
    images === 0
      ? "none keeps findings"
      : `${counted(images, "image keeps", "images keep")} ${counted(findings, "finding")}${unfixed > 0 ? `, ${unfixed === findings ? "all" : counted(unfixed, "of them", "of them")} without a fix` : ""}`;
  return `${how}: ${counted(healed, "image becomes healthy", "images become healthy")}, ${rest}.`;
}
