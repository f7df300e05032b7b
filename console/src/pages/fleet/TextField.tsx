import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextArea } from "@patternfly/react-core";
import { useId } from "react";
import { Icon } from "../../parts/Icon";

/** A labelled field for several lines. */
export function TextField({
  label,
  hint,
  error,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: string;
  placeholder?: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const below = error ?? hint;
  return (
    <FormGroup label={label} fieldId={id}>
      <TextArea
        id={id}
        rows={2}
        resizeOrientation="vertical"
        value={value}
        {...(placeholder ? { placeholder } : {})}
        validated={error ? "error" : "default"}
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
