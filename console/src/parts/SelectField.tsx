import { FormGroup, FormHelperText, FormSelect, HelperText, HelperTextItem } from "@patternfly/react-core";
import { type ReactNode, useId } from "react";

/** A labelled choice of the platform: it opens like every other on the machine, also on a phone. */
export function SelectField({
  label,
  hint,
  value,
  onChange,
  children,
}: {
  label: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <FormGroup label={label} fieldId={id}>
      <FormSelect
        id={id}
        value={value}
        onChange={(_event, next) => onChange(next)}
        {...(hint ? { "aria-describedby": `${id}-below` } : {})}
      >
        {children}
      </FormSelect>
      {hint && (
        <FormHelperText>
          <HelperText id={`${id}-below`}>
            <HelperTextItem>{hint}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
