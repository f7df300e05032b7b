import type { Registry } from "../../api/types";
import { visible } from "../../format/text";
import { StateMark } from "../../parts/glyphs";
import type { State } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Time } from "../../parts/Time";
import styles from "./fleet.module.css";

export const REGISTRY_STATES: Record<Registry["state"], { state: State; word: string }> = {
  ok: { state: "healthy", word: "Watched" },
  failing: { state: "unhealthy", word: "Failing" },
  paused: { state: "not_applicable", word: "Paused" },
  new: { state: "not_assessed", word: "Not read yet" },
};

/** How watching a registry goes, with its reason where there is one. */
export function RegistryState({ registry, badge = false }: { registry: Registry; badge?: boolean }) {
  const known = REGISTRY_STATES[registry.state] ?? REGISTRY_STATES.new;
  return (
    <StateMark state={known.state} badge={badge}>
      {known.word}
    </StateMark>
  );
}

/** How Seawall hears of what happens there. Where nothing comes by itself, that is said. */
export function Hears({ registry }: { registry: Registry }) {
  return (
    <span className={styles.hears}>
      {registry.notified ? (
        <>
          told <Time at={registry.notified} />
        </>
      ) : (
        <span className={layout.faint}>never told</span>
      )}
      <span className={layout.sub}>
        {registry.pollMinutes > 0 ? `asked every ${registry.pollMinutes} min` : "never asked"}
        {registry.polled && (
          <>
            , last <Time at={registry.polled} />
          </>
        )}
        {registry.tellsPulls === false && <span className={layout.blind}>; pulls unknown</span>}
      </span>
    </span>
  );
}

/** A list of patterns or hosts as it is written in a form: one a line. */
export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** A list as it stands in a fact: its words, or what an empty one means. */
export function ListOf({ items, none }: { items: string[]; none: string }) {
  return items.length === 0 ? (
    <span className={layout.muted}>{none}</span>
  ) : (
    items.map((item) => (
      <code key={item} className={layout.block}>
        {visible(item, 128)}
      </code>
    ))
  );
}
