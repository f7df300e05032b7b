import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextArea } from "@patternfly/react-core";
import { useId } from "react";
import { Icon } from "./Icon";

/** A labelled field of several lines. */
export function TextField({
  label,
  hint,
  error,
  placeholder,
  value,
  onChange,
  rows = 3,
}: {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  placeholder?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  rows?: number;
}) {
  const id = useId();
  const below = error ?? hint;
  return (
    <FormGroup label={label} fieldId={id}>
      <TextArea
        id={id}
        rows={rows}
        resizeOrientation="vertical"
        validated={error ? "error" : "default"}
        value={value}
        {...(placeholder ? { placeholder } : {})}
        onChange={(_event, next) => onChange(next)}
        {...(below ? { "aria-describedby": `${id}-below` } : {})}
      />
      {below && (
        <FormHelperText>
          <HelperText id={`${id}-below`} isLiveRegion={error !== undefined}>
            <HelperTextItem variant={error ? "error" : "default"} icon={error ? <Icon name="warn" small /> : undefined}>
              {below}
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
