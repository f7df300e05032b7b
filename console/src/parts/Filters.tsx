import { Button, TextInputGroup, TextInputGroupMain, TextInputGroupUtilities } from "@patternfly/react-core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { forPage } from "../frame/keys";
import styles from "./Filters.module.css";
import { Icon } from "./Icon";

/** Types faster than a list can follow: the address changes when the hand rests. */
const REST_MS = 300;

/** The text filter of a list; `/` goes there. */
export function TextFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const tell = useRef(onChange);
  tell.current = onChange;

  // Back, forward and "remove the filter" change the address under the field.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => tell.current(typed), REST_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || !forPage(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className={styles.text}>
      <TextInputGroup>
        <TextInputGroupMain
          type="search"
          innerRef={input}
          icon={<Icon name="search" />}
          aria-label={label}
          placeholder={label}
          value={typed}
          onChange={(_event, text) => setTyped(text)}
        />
        {typed === "" ? (
          <span className={styles.slash} aria-hidden="true">
            /
          </span>
        ) : (
          <TextInputGroupUtilities>
            <Button
              variant="plain"
              size="sm"
              aria-label="Clear the text"
              icon={<Icon name="x" small />}
              onClick={() => {
                setTyped("");
                onChange("");
              }}
            />
          </TextInputGroupUtilities>
        )}
      </TextInputGroup>
    </div>
  );
}

export function Filters({ children }: { children: ReactNode }) {
  return <div className={styles.filters}>{children}</div>;
}

/** A filter that is on: what it says, and the way to take it off. */
export function Chip({ name, value, onRemove }: { name: string; value: string; onRemove: () => void }) {
  return (
    <span className={styles.chip}>
      <span>
        <span className={styles.name}>{name}</span>
        <b>{value}</b>
      </span>
      <button type="button" aria-label={`Remove filter ${name}`} onClick={onRemove}>
        <Icon name="x" small />
      </button>
    </span>
  );
}

/** One of a few views of a list, as a row of switches; which is on stands in the address. */
export function Choice<V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: V;
  options: { value: V; word: string }[];
  onChange: (value: V) => void;
}) {
  return (
    <fieldset className={styles.choice}>
      <legend className="pf-v6-screen-reader">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.word}
        </button>
      ))}
    </fieldset>
  );
}

/** How many rows there are and what is hidden. */
export function ResultLine({ children }: { children: ReactNode }) {
  return (
    <p className={styles.result} role="status">
      {children}
    </p>
  );
}
