import { FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { visible } from "../format/text";
import styles from "./FilterBar.module.css";
import { Chip, Filters, TextFilter } from "./Filters";
import { Icon } from "./Icon";

interface Option {
  value: string;
  word: string;
}

/** One thing by which a list can be narrowed. Its value stands in the address under its key. */
export interface FilterField {
  key: string;
  label: string;
  /** "one" and "many" choose from options, "many" as words with commas between; "text" is written. */
  kind: "one" | "many" | "text";
  options?: Option[];
  value: string | undefined;
  hint?: string;
}

/** What the value of a filter means, for its chip. */
export function filterWord(field: FilterField): string {
  const of = (value: string) => field.options?.find((option) => option.value === value)?.word ?? visible(value, 64);
  return field.kind === "many" ? (field.value ?? "").split(",").map(of).join(", ") : of(field.value ?? "");
}

/** The filters that are on. */
export function filtersOn(fields: FilterField[]): FilterField[] {
  return fields.filter((field) => field.value !== undefined && field.value !== "");
}

/**
 * The filters of a list: its text, a chip for each that is on, and behind "Filter" all that there are. A change takes effect
 * at once and stands in the address.
 */
export function FilterBar({
  text,
  fields,
  onSet,
  children,
}: {
  /** The list's own text field, where it has one. */
  text?: { key: string; label: string; value: string | undefined };
  fields: FilterField[];
  onSet: (key: string, value: string | undefined) => void;
  /** Views of the list beside the filters. */
  children?: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Filters>
      {text && (
        <TextFilter
          label={text.label}
          value={text.value ?? ""}
          onChange={(value) => onSet(text.key, value === "" ? undefined : value)}
        />
      )}
      {children}
      {filtersOn(fields).map((field) => (
        <Chip
          key={field.key}
          name={field.label}
          value={filterWord(field)}
          onRemove={() => onSet(field.key, undefined)}
        />
      ))}
      {fields.length > 0 && (
        <button
          className={styles.add}
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? "up" : "plus"} small />
          Filter
        </button>
      )}
      {open && (
        <div className={styles.panel} id={id}>
          {fields.map((field) => (
            <FieldOf key={field.key} field={field} onSet={(value) => onSet(field.key, value)} />
          ))}
        </div>
      )}
    </Filters>
  );
}

function FieldOf({ field, onSet }: { field: FilterField; onSet: (value: string | undefined) => void }) {
  const id = useId();
  if (field.kind === "many") {
    const on = (field.value ?? "").split(",").filter((value) => value !== "");
    return (
      <fieldset className={styles.many}>
        <legend className={styles.label}>{field.label}</legend>
        <div>
          {field.options?.map((option) => (
            <label key={option.value}>
              <input
                type="checkbox"
                checked={on.includes(option.value)}
                onChange={(event) => {
                  const next = event.target.checked
                    ? [...on, option.value]
                    : on.filter((value) => value !== option.value);
                  onSet(next.length > 0 ? next.join(",") : undefined);
                }}
              />
              {option.word}
            </label>
          ))}
        </div>
      </fieldset>
    );
  }
  return (
    <div>
      <label className={styles.label} htmlFor={id}>
        {field.label}
      </label>
      {field.kind === "one" ? (
        <FormSelect id={id} value={field.value ?? ""} onChange={(_event, value) => onSet(value || undefined)}>
          <FormSelectOption value="" label="Any" />
          {field.options?.map((option) => (
            <FormSelectOption key={option.value} value={option.value} label={option.word} />
          ))}
        </FormSelect>
      ) : (
        <Written id={id} value={field.value ?? ""} hint={field.hint} onSet={onSet} />
      )}
    </div>
  );
}

/** A written filter takes effect by Enter or when the field is left. */
function Written({
  id,
  value,
  hint,
  onSet,
}: {
  id: string;
  value: string;
  hint: string | undefined;
  onSet: (value: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(value);
  const last = useRef(value);
  useEffect(() => {
    last.current = value;
    setTyped(value);
  }, [value]);
  const take = () => {
    const next = typed.trim();
    if (next !== last.current) onSet(next === "" ? undefined : next);
  };
  return (
    <TextInput
      id={id}
      value={typed}
      placeholder={hint ?? ""}
      onChange={(_event, next) => setTyped(next)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
