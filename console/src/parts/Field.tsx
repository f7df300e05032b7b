import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
  type TextInputProps,
} from "@patternfly/react-core";
import { useId } from "react";
import { Icon } from "./Icon";

/** A labelled text field: label above, hint below, the error in the hint's place. */
export function Field({
  label,
  hint,
  error,
  onChange,
  ...input
}: {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  onChange: (value: string) => void;
} & Omit<TextInputProps, "id" | "onChange" | "ref" | "validated" | "label">) {
  const id = useId();
  const below = error ?? hint;
  return (
    <FormGroup label={label} fieldId={id}>
      <TextInput
        id={id}
        validated={error ? "error" : "default"}
        onChange={(_event, value) => onChange(value)}
        {...(below ? { "aria-describedby": `${id}-below` } : {})}
        {...input}
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
