import { Button } from "@patternfly/react-core";
import { useState } from "react";
import { Icon } from "./Icon";

/** Copies a text that is shown shortened, as a whole. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <Button
      variant="plain"
      size="sm"
      hasNoPadding
      aria-label={copied ? `Copied the ${what}` : `Copy the ${what}`}
      icon={<Icon name={copied ? "check" : "copy"} small />}
      onClick={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}
    />
  );
}
