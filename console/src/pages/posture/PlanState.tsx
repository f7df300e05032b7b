import { visible } from "../../format/text";
import layout from "../../parts/layout.module.css";
import styles from "./posture.module.css";

const WORDS: Record<string, { word: string; className?: string | undefined }> = {
  on: { word: "On", className: styles.on },
  partial: { word: "Partial", className: layout.badgeWarn },
  off: { word: "Off" },
  empty: { word: "Nothing to cover", className: layout.badgeLine },
  later: { word: "Not in this release", className: layout.badgeLine },
};

/** Whether a plan covers what it could. */
export function PlanState({ state }: { state: string }) {
  const { word, className } = WORDS[state] ?? { word: visible(state, 32) };
  return <span className={`${layout.badge} ${className ?? ""}`}>{word}</span>;
}
