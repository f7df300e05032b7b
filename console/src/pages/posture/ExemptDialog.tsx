import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { scopesQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import { controlsQuery, createExemption, previewExemption, removeExemption } from "../../api/posture";
import type { NewExemption } from "../../api/types";
import { count } from "../../format/number";
import { visible } from "../../format/text";
import { day } from "../../format/time";
import { Field } from "../../parts/Field";
import { Preview, usePreview } from "../../parts/Preview";
import { SelectField } from "../../parts/SelectField";
import { Failed } from "../../parts/states";
import { TextField } from "../../parts/TextField";
import { useNow } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { dayIn, endOf, useAfterChange } from "./change";
import styles from "./posture.module.css";

export interface ExemptTarget {
  /** The recommendation; absent where it is chosen in the dialog. */
  control?: { id: string; title: string };
  /** The one asset; absent for a scope. */
  asset?: { id: string; name: string };
  scope?: string;
}

/** Days that an exemption holds if nobody says otherwise. */
const DAYS = 90;

/** Exempts an asset or all of a scope from a recommendation: reason, end, and the effect before it is saved. */
export function ExemptDialog({ target, onClose }: { target: ExemptTarget; onClose: () => void }) {
  const id = useId();
  const now = useNow();
  const tell = useToast();
  const after = useAfterChange();
  const { data: scopes } = useQuery(scopesQuery);
  const { data: controls } = useQuery({ ...controlsQuery, enabled: !target.control });
  const [control, setControl] = useState(target.control?.id ?? "");
  const [scope, setScope] = useState(target.scope ?? "");
  const [category, setCategory] = useState<NewExemption["category"]>("waiver");
  const [until, setUntil] = useState(() => dayIn(DAYS, now));
  const [reason, setReason] = useState("");
  const [told, setTold] = useState(false);
  const expires = endOf(until);

  const body: NewExemption = {
    control,
    ...(target.asset ? { assetId: target.asset.id } : { scope }),
    category,
    reason: reason.trim(),
    ...(expires ? { expires } : {}),
  };
  // The effect does not hang on the reason, which is written last.
  const asked = control === "" ? undefined : { ...body, reason: "not yet written" };
  const preview = usePreview("exemption", asked, previewExemption);
  const save = useMutation({
    // How many the button said: once it is made, a new preview would say that it changes nothing more.
    mutationFn: (_changed: number) => createExemption(body),
    onSuccess: async (made, n) => {
      await after();
      tell({
        text: `${n === 1 ? "1 asset is" : `${count(n)} assets are`} exempt${expires ? ` until ${day(new Date(expires), now)}` : ""}.`,
        undo: () => removeExemption(made.id).then(after),
        undone: "The exemption is taken back.",
      });
      onClose();
    },
  });
  const failure = save.error ? Failure.of(save.error) : undefined;
  const fields = new Map([...preview.fields, ...(failure?.fields ?? [])]);
  const n = preview.effect?.changed;
  const title = target.asset ? `Exempt ${visible(target.asset.name, 96)}` : "Exempt a scope";
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby={`${id}-h`}>
      <ModalHeader
        title={title}
        labelId={`${id}-h`}
        description={target.control ? visible(target.control.title, 160) : "From one recommendation."}
      />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault();
            setTold(true);
            if (reason.trim() !== "" && control !== "") save.mutate(n ?? 0);
          }}
        >
          {!target.control && (
            <SelectField label="Recommendation" value={control} onChange={setControl}>
              <option value="">Choose one</option>
              {(controls?.items ?? []).map((c) => (
                <option key={c.id} value={c.id}>
                  {visible(c.title, 128)}
                </option>
              ))}
            </SelectField>
          )}
          <div className={styles.formRow}>
            {!target.asset && (
              <SelectField label="Scope" value={scope} onChange={setScope} hint="The scope and all below it.">
                <option value="">All scopes</option>
                {(scopes?.items ?? [])
                  .filter((s) => s.id !== "")
                  .map((s) => (
                    <option key={s.id} value={s.id}>
                      {visible(s.id, 96)}
                    </option>
                  ))}
              </SelectField>
            )}
            <SelectField
              label="Category"
              value={category}
              onChange={(value) => setCategory(value === "mitigated" ? "mitigated" : "waiver")}
            >
              <option value="waiver">Waiver: the risk is accepted</option>
              <option value="mitigated">Mitigated: something else holds it off</option>
            </SelectField>
            <Field
              label="Ends"
              type="date"
              min={dayIn(1, now)}
              value={until}
              onChange={setUntil}
              hint={until === "" ? "It never ends." : "At the end of that day, UTC. Empty: never."}
              error={fields.get("expires")}
            />
          </div>
          <TextField
            label="Reason"
            value={reason}
            onChange={setReason}
            hint="Everybody who sees the exemption reads it."
            error={fields.get("reason") ?? (told && reason.trim() === "" ? "Say why, for who comes after." : undefined)}
          />
          <Preview preview={preview} whole={control !== ""} missing="Choose a recommendation to see the effect." />
          {failure && failure.fields.size === 0 && <Failed error={failure} what="The exemption" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={id}
          variant="primary"
          isLoading={save.isPending}
          isDisabled={save.isPending || preview.effect === undefined}
        >
          {n === undefined ? "Exempt" : `Exempt ${count(n)}`}
          {expires ? ` until ${day(new Date(expires), now)}` : ""}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
        <span className={styles.footNote}>Can be undone for a day, here and from the audit trail.</span>
      </ModalFooter>
    </Modal>
  );
}
