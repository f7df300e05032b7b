import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { type ReactNode, useId, useState } from "react";
import { Field } from "./Field";
import { Failed } from "./states";

/** Asks before what cannot be undone; with `name`, it wants the name of the thing typed. */
export function Confirm({
  title,
  verb,
  name,
  danger = true,
  busy,
  error,
  onDo,
  onClose,
  children,
}: {
  title: string;
  /** What the button does, with its number: "Delete scope". */
  verb: string;
  name?: string;
  danger?: boolean;
  busy: boolean;
  error: Error | null;
  onDo: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const id = useId();
  const [typed, setTyped] = useState("");
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={id}>
      <ModalHeader title={title} labelId={id} />
      <ModalBody>
        {children}
        {name !== undefined && <Field label={`Type ${name} to go on`} value={typed} onChange={setTyped} />}
        {error && <Failed error={error} what={title} />}
      </ModalBody>
      <ModalFooter>
        <Button
          variant={danger ? "danger" : "primary"}
          onClick={onDo}
          isLoading={busy}
          isDisabled={busy || (name !== undefined && typed !== name)}
        >
          {verb}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
