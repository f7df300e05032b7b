import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { scopesQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import { createRule, previewRule, removeRule } from "../../api/posture";
import type { Criteria, NewRule } from "../../api/types";
import { count } from "../../format/number";
import { visible } from "../../format/text";
import { Field } from "../../parts/Field";
import { Preview, usePreview } from "../../parts/Preview";
import { SelectField } from "../../parts/SelectField";
import { SEVERITIES, SEVERITY_WORDS } from "../../parts/severity";
import { Failed } from "../../parts/states";
import { TextField } from "../../parts/TextField";
import { useNow } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { dayIn, endOf, useAfterChange } from "./change";
import { anything, criteriaOf, EMPTY, FIX_STATES, type Written } from "./criteria";
import styles from "./posture.module.css";

/** Hides findings by what they have in common: they count for nothing and stay counted as hidden. */
export function RuleDialog({ scope: from, onClose }: { scope?: string | undefined; onClose: () => void }) {
  const id = useId();
  const now = useNow();
  const tell = useToast();
  const after = useAfterChange();
  const { data: scopes } = useQuery(scopesQuery);
  const [name, setName] = useState("");
  const [scope, setScope] = useState(from ?? "");
  const [written, setWritten] = useState<Written>(EMPTY);
  const [until, setUntil] = useState("");
  const [justification, setJustification] = useState("");
  const [told, setTold] = useState(false);
  const set = <K extends keyof Written>(key: K, value: Written[K]) => setWritten((old) => ({ ...old, [key]: value }));
  const criteria: Criteria = criteriaOf(written);
  const whole = anything(criteria);
  const expires = endOf(until);
  const body: NewRule = {
    name: name.trim(),
    scope,
    criteria,
    justification: justification.trim(),
    ...(expires ? { expires } : {}),
  };
  const asked = whole ? { ...body, name: "not yet named", justification: "not yet written" } : undefined;
  const preview = usePreview("rule", asked, previewRule);
  const save = useMutation({
    mutationFn: () => createRule(body),
    onSuccess: async (made) => {
      await after();
      tell({
        text: `The rule “${visible(made.name, 64)}” hides ${count(preview.effect?.hides ?? made.hides)} findings.`,
        undo: () => removeRule(made.id).then(after),
        undone: "The rule is taken back.",
      });
      onClose();
    },
  });
  const failure = save.error ? Failure.of(save.error) : undefined;
  const fields = new Map([...preview.fields, ...(failure?.fields ?? [])]);
  const of = (field: string) => fields.get(`criteria.${field}`) ?? fields.get(field);
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby={`${id}-h`}>
      <ModalHeader
        title="New disable rule"
        labelId={`${id}-h`}
        description="Findings that match no longer make an asset unhealthy. They stay listed as hidden, with the rule’s name."
      />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault();
            setTold(true);
            if (whole && name.trim() !== "" && justification.trim() !== "") save.mutate();
          }}
        >
          <div className={styles.formRow}>
            <Field
              label="Name"
              value={name}
              onChange={setName}
              error={of("name") ?? (told && name.trim() === "" ? "A rule needs a name." : undefined)}
            />
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
            <SelectField
              label="Hide a finding when"
              value={written.match}
              onChange={(value) => set("match", value === "any" ? "any" : "all")}
            >
              <option value="all">all criteria hold</option>
              <option value="any">one of them holds</option>
            </SelectField>
          </div>
          <Checks
            legend="Of these severities"
            options={SEVERITIES.map((value) => ({ value, word: SEVERITY_WORDS[value] }))}
            on={written.severities}
            onChange={(next) => set("severities", next)}
          />
          <Checks
            legend="Of these fix states"
            options={FIX_STATES}
            on={written.fix}
            onChange={(next) => set("fix", next)}
          />
          <div className={styles.formRow}>
            <SelectField
              label="Rated below"
              value={written.minimumSeverity}
              onChange={(v) => set("minimumSeverity", v)}
            >
              <option value="">Any rating</option>
              {SEVERITIES.filter((s) => s !== "unknown" && s !== "negligible").map((s) => (
                <option key={s} value={s}>
                  {SEVERITY_WORDS[s]}
                </option>
              ))}
            </SelectField>
            <Field
              label="CVSS below"
              type="number"
              min={0}
              max={10}
              step={0.1}
              value={written.cvssBelow}
              onChange={(v) => set("cvssBelow", v)}
              error={of("cvssBelow")}
              hint="A finding without a score is not hidden by it."
            />
            <SelectField label="Category" value={written.category} onChange={(v) => set("category", v)}>
              <option value="">Any package</option>
              <option value="os">Of the distribution</option>
              <option value="language">Of a language</option>
            </SelectField>
            <SelectField label="A fix" value={written.patchable} onChange={(v) => set("patchable", v)}>
              <option value="">Whether or not there is one</option>
              <option value="false">is not to be had</option>
              <option value="true">is to be had</option>
            </SelectField>
          </div>
          <div className={styles.formRow}>
            <Field
              label="CVE ids"
              value={written.cves}
              onChange={(v) => set("cves", v)}
              error={of("cves")}
              hint="Several with commas between."
            />
            <Field
              label="Text in title, package or id"
              value={written.check}
              onChange={(v) => set("check", v)}
              error={of("check")}
            />
            <Field
              label="Digests of images"
              value={written.images}
              onChange={(v) => set("images", v)}
              error={of("images")}
            />
            <Field
              label="Distributions"
              value={written.osVersions}
              onChange={(v) => set("osVersions", v)}
              error={of("osVersions")}
              hint="debian, or debian:12"
            />
          </div>
          <TextField
            label="Justification"
            value={justification}
            onChange={setJustification}
            rows={2}
            error={
              of("justification") ?? (told && justification.trim() === "" ? "Say why, for who comes after." : undefined)
            }
          />
          <Field
            label="Ends"
            type="date"
            min={dayIn(1, now)}
            value={until}
            onChange={setUntil}
            hint={until === "" ? "It never ends." : "At the end of that day, UTC."}
            error={of("expires")}
          />
          <Preview preview={preview} whole={whole} missing="Give at least one criterion to see what it hides." />
          {failure && failure.fields.size === 0 && <Failed error={failure} what="The rule" />}
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
          {preview.effect ? `Hide ${count(preview.effect.hides)} findings` : "Make rule"}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
        <span className={styles.footNote}>Can be undone for a day, here and from the audit trail.</span>
      </ModalFooter>
    </Modal>
  );
}

function Checks({
  legend,
  options,
  on,
  onChange,
}: {
  legend: string;
  options: readonly { value: string; word: string }[];
  on: string[];
  onChange: (next: string[]) => void;
}) {
  return (
    <fieldset className={styles.checkSet}>
      <legend>{legend}</legend>
      <div className={styles.checks}>
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="checkbox"
              checked={on.includes(option.value)}
              onChange={(event) =>
                onChange(event.target.checked ? [...on, option.value] : on.filter((value) => value !== option.value))
              }
            />
            {option.word}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
