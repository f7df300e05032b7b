import { Button } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { visible } from "../format/text";
import styles from "./Evidence.module.css";
import { Icon } from "./Icon";

/** Longest text of a block: what is longer is cut and counted. */
const LONGEST = 8_000;

/** Text as it stands in a file or a command, with what matters marked and a button that copies the whole. */
export function Code({
  head,
  text,
  marked,
  copy,
}: {
  head?: ReactNode;
  text: string;
  marked?: string;
  copy?: boolean;
}) {
  const [copied, setCopied] = useState(false);
  const lines =
    text.length > LONGEST ? [visible(text, LONGEST)] : text.split("\n").map((line) => visible(line, LONGEST));
  return (
    <div className={styles.code}>
      {head && <div className={styles.head}>{head}</div>}
      <pre>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity and never move
          <span key={index} className={marked !== undefined && line.includes(marked) ? styles.marked : styles.line}>
            {line}
          </span>
        ))}
      </pre>
      {copy && (
        <span className={styles.copy}>
          <Button
            variant="plain"
            size="sm"
            aria-label={copied ? "Copied" : "Copy"}
            icon={<Icon name={copied ? "check" : "copy"} small />}
            onClick={() => {
              void navigator.clipboard?.writeText(text).then(() => setCopied(true));
            }}
          />
        </span>
      )}
    </div>
  );
}

/** One link of the chain: what it says, and what shows it. */
export interface Step {
  key: string;
  title: string;
  children?: ReactNode;
}

/** Why a finding is there, or why not: instruction, file, advisory, use, in the order in which one follows from the other. */
export function Evidence({ steps }: { steps: Step[] }) {
  return (
    <ol className={styles.chain}>
      {steps.map((step) => (
        <li key={step.key}>
          <b>{step.title}</b>
          {step.children && <div className={styles.shows}>{step.children}</div>}
        </li>
      ))}
    </ol>
  );
}
