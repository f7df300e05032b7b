import type { ReactNode } from "react";
import type { Effect as Said } from "../api/types";
import { count, counted, whole } from "../format/number";
import { visible } from "../format/text";
import styles from "./Effect.module.css";
import { STATE_WORDS, stateOf } from "./health";
import { Icon } from "./Icon";
import { total } from "./severity";

/** A number before and after; what does not move is said once. */
function Move({ before, after, children }: { before: string; after: string; children?: ReactNode }) {
  return (
    <span className={styles.move}>
      {before === after ? (
        <span>
          <b>{after}</b>, unchanged
        </span>
      ) : (
        <>
          <span className={styles.before}>{before}</span>
          <Icon name="right" small />
          <span className="pf-v6-screen-reader">becomes</span>
          <b>{after}</b>
        </>
      )}
      {children}
    </span>
  );
}

/** A share as the score is written: one digit, for the whole percent hides what an exemption moves. */
export function percent(value: number | undefined): string {
  return value === undefined ? "no score" : `${value.toFixed(1)}\u00a0%`;
}

/** Changes of single assets that are shown before the rest is counted. */
const SHOWN = 5;

/**
 * What a change will do, before anything is saved: computed by the hub with the code that will run. Numbers before and
 * after, the assets that turn, and what it does not do.
 */
export function Effect({ effect }: { effect: Said }) {
  const { assets, findings, score } = effect;
  const rows: { key: string; head: string; node: ReactNode }[] = [
    {
      key: "unhealthy",
      head: "Unhealthy assets",
      node: <Move before={count(assets.before.unhealthy)} after={count(assets.after.unhealthy)} />,
    },
    {
      key: "na",
      head: "Not applicable",
      node: <Move before={count(assets.before.notApplicable)} after={count(assets.after.notApplicable)} />,
    },
    ...(assets.before.notAssessed === assets.after.notAssessed
      ? []
      : [
          {
            key: "blind",
            head: "Not assessed",
            node: <Move before={count(assets.before.notAssessed)} after={count(assets.after.notAssessed)} />,
          },
        ]),
    {
      key: "findings",
      head: "Findings that count",
      node: (
        <Move before={count(total(findings.before))} after={count(total(findings.after))}>
          {effect.hides > 0 && (
            <span className={styles.note}>{counted(effect.hides, "finding")} hidden, and counted</span>
          )}
        </Move>
      ),
    },
    {
      key: "score",
      head: "Secure score",
      node: (
        <Move before={percent(score.before)} after={percent(score.after)}>
          <span className={styles.note}>
            {score.currentBefore.toFixed(2)} and {score.currentAfter.toFixed(2)} of {score.max.toFixed(0)} points
          </span>
        </Move>
      ),
    },
  ];
  const changes = effect.changes.slice(0, SHOWN);
  return (
    <section className={styles.effect} aria-label="Effect">
      <p className={styles.head}>
        <b>Effect</b> <span className={styles.note}>before anything is saved</span>
      </p>
      {effect.sentence !== "" && <p className={styles.sentence}>{visible(effect.sentence, 400)}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.key}>
            <span>{row.head}</span>
            {row.node}
          </li>
        ))}
        {changes.length > 0 && (
          <li>
            <span>Turn</span>
            <ul className={styles.turns}>
              {changes.map((change) => (
                <li key={change.assetId}>
                  <bdi>{visible(change.name, 96)}</bdi>: {STATE_WORDS[stateOf(change.before)].toLowerCase()}{" "}
                  <Icon name="right" small />
                  <span className="pf-v6-screen-reader">becomes</span>{" "}
                  {STATE_WORDS[stateOf(change.after)].toLowerCase()}
                </li>
              ))}
              {effect.changed > changes.length && <li>{whole(effect.changed - changes.length)} more</li>}
            </ul>
          </li>
        )}
        {effect.not.length > 0 && (
          <li>
            <span>Not done</span>
            <span>{effect.not.map((text) => visible(text, 200)).join(" ")}</span>
          </li>
        )}
      </ul>
    </section>
  );
}
