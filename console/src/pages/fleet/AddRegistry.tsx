import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { scopesQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import { addRegistry, changeRegistry, checkRegistry } from "../../api/fleet";
import { teamsQuery } from "../../api/posture";
import type { NewRegistry, Registry, RegistryCheck } from "../../api/types";
import { visible } from "../../format/text";
import { Field } from "../../parts/Field";
import { StateMark } from "../../parts/glyphs";
import layout from "../../parts/layout.module.css";
import { SelectField } from "../../parts/SelectField";
import { Failed } from "../../parts/states";
import { TextField } from "../../parts/TextField";
import styles from "./fleet.module.css";
import { Secret } from "./RegistrySecret";
import { linesOf } from "./registry-words";

interface Filled {
  name: string;
  address: string;
  scope: string;
  owner: string;
  include: string;
  exclude: string;
  user: string;
  password: string;
  ca: string;
  insecure: boolean;
  concurrency: string;
  pollMinutes: string;
  windowDays: string;
  allowHosts: string;
}

const EMPTY: Filled = {
  name: "",
  address: "",
  scope: "",
  owner: "",
  include: "",
  exclude: "",
  user: "",
  password: "",
  ca: "",
  insecure: false,
  concurrency: "",
  pollMinutes: "",
  windowDays: "",
  allowHosts: "",
};

function filledOf(registry: Registry): Filled {
  return {
    name: registry.name,
    address: registry.address,
    scope: registry.scope,
    owner: registry.owner ?? "",
    include: registry.include.join("\n"),
    exclude: registry.exclude.join("\n"),
    user: registry.user ?? "",
    password: "",
    ca: "",
    insecure: registry.insecure,
    concurrency: String(registry.concurrency),
    pollMinutes: String(registry.pollMinutes),
    windowDays: String(registry.windowDays),
    allowHosts: registry.allowHosts.join("\n"),
  };
}

/** What the form asks the hub for: fields that were left empty are left to the hub. */
export function bodyOf(filled: Filled): NewRegistry {
  const number = (text: string) => (text.trim() === "" ? undefined : Number(text));
  const optional = {
    owner: filled.owner || undefined,
    user: filled.user || undefined,
    password: filled.password || undefined,
    ca: filled.ca.trim() || undefined,
    concurrency: number(filled.concurrency),
    pollMinutes: number(filled.pollMinutes),
    windowDays: number(filled.windowDays),
  };
  return {
    name: filled.name.trim(),
    address: filled.address.trim(),
    scope: filled.scope,
    include: linesOf(filled.include),
    exclude: linesOf(filled.exclude),
    insecure: filled.insecure,
    allowHosts: linesOf(filled.allowHosts),
    ...(Object.fromEntries(Object.entries(optional).filter(([, v]) => v !== undefined)) as Partial<NewRegistry>),
  };
}

/** What a change asks for: only what differs from the registry as it is, and secrets only where new ones were written. */
export function changesOf(filled: Filled, registry: Registry): Partial<NewRegistry> {
  const { name: _name, ...is } = bodyOf({ ...filled, owner: filled.owner });
  const was: Record<string, unknown> = { ...registry, owner: registry.owner ?? "", user: registry.user ?? "" };
  const next: Record<string, unknown> = { ...is, owner: filled.owner, user: filled.user };
  return Object.fromEntries(
    Object.entries(next).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(was[key])),
  ) as Partial<NewRegistry>;
}

/** Adds a registry: filled in, tried out, then its events secret is told this once. */
export function AddRegistry({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const id = useId();
  const [filled, setFilled] = useState(EMPTY);
  const check = useMutation({ mutationFn: checkRegistry });
  const make = useMutation({
    mutationFn: addRegistry,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["registries"] }),
  });
  const failure = make.error ? Failure.of(make.error) : check.error ? Failure.of(check.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby={`${id}-h`}>
      <ModalHeader
        title={make.data ? `Let ${visible(make.data.registry.name, 64)} tell Seawall` : "Add a registry"}
        labelId={`${id}-h`}
        description={
          make.data
            ? "Its repositories are being read. Two settings in the registry make pushes known at once."
            : "Any registry that speaks the OCI distribution interface. Nothing is changed in it."
        }
      />
      <ModalBody tabIndex={0} aria-label="Registry">
        {make.data ? (
          <Secret made={make.data} />
        ) : (
          <RegistryForm
            id={id}
            filled={filled}
            onFill={(more) => {
              check.reset();
              setFilled({ ...filled, ...more });
            }}
            failure={failure}
            checked={check.data}
            onSubmit={() => make.mutate(bodyOf(filled))}
          />
        )}
      </ModalBody>
      <ModalFooter>
        {make.data ? (
          <>
            <Button variant="primary" onClick={onClose}>
              I have copied the secret
            </Button>
            <Link
              to="/registries/$registry"
              params={{ registry: make.data.registry.id }}
              search={{}}
              className={layout.button}
            >
              Open the registry
            </Link>
          </>
        ) : (
          <>
            <Button type="submit" form={id} variant="primary" isLoading={make.isPending} isDisabled={make.isPending}>
              Add registry
            </Button>
            <Button
              variant="secondary"
              onClick={() => check.mutate(bodyOf(filled))}
              isLoading={check.isPending}
              isDisabled={check.isPending || filled.address.trim() === ""}
            >
              Check connection
            </Button>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
          </>
        )}
      </ModalFooter>
    </Modal>
  );
}

/** Changes a registry that is watched. Secrets stay as they are unless new ones are written. */
export function EditRegistry({ registry, onClose }: { registry: Registry; onClose: () => void }) {
  const queries = useQueryClient();
  const id = useId();
  const [filled, setFilled] = useState(() => filledOf(registry));
  const changes = changesOf(filled, registry);
  const n = Object.keys(changes).length;
  const change = useMutation({
    mutationFn: () => changeRegistry(registry.id, changes),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["registries"] });
      onClose();
    },
  });
  const failure = change.error ? Failure.of(change.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby={`${id}-h`}>
      <ModalHeader
        title={`Change ${visible(registry.name, 64)}`}
        labelId={`${id}-h`}
        description="What is changed takes effect with the next reading of the registry."
      />
      <ModalBody tabIndex={0} aria-label="Registry">
        <RegistryForm
          id={id}
          filled={filled}
          onFill={(more) => setFilled({ ...filled, ...more })}
          failure={failure}
          known={registry}
          onSubmit={() => n > 0 && change.mutate()}
        />
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={id}
          variant="primary"
          isLoading={change.isPending}
          isDisabled={change.isPending || n === 0}
        >
          {n === 0 ? "Nothing changed" : n === 1 ? "Save 1 change" : `Save ${n} changes`}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function RegistryForm({
  id,
  filled,
  onFill,
  failure,
  checked,
  known,
  onSubmit,
}: {
  id: string;
  filled: Filled;
  onFill: (more: Partial<Filled>) => void;
  failure: Failure | undefined;
  checked?: RegistryCheck | undefined;
  /** The registry as it is, when it is changed. */
  known?: Registry;
  onSubmit: () => void;
}) {
  const { data: scopes } = useQuery(scopesQuery);
  const { data: owners } = useQuery(teamsQuery);
  const error = (field: string) => failure?.fields.get(field);
  return (
    <Form
      id={id}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className={styles.pair}>
        <Field
          label="Name"
          value={filled.name}
          onChange={(name) => onFill({ name })}
          hint={
            known
              ? "A name stays: the ids of its images carry it."
              : "Stands in the ids of its images. Letters, digits, . _ -"
          }
          error={error("name")}
          isDisabled={known !== undefined}
          autoComplete="off"
          isRequired
        />
        <Field
          label="Address"
          value={filled.address}
          onChange={(address) => onFill({ address })}
          placeholder="registry.example:5000"
          hint="Host and port, without https://"
          error={error("address")}
          autoComplete="off"
          isRequired
        />
      </div>
      <div className={styles.pair}>
        <SelectField
          label="Scope"
          value={filled.scope}
          onChange={(scope) => onFill({ scope })}
          hint="Of its images, where no rule says otherwise."
        >
          <option value="">All scopes</option>
          {(scopes?.items ?? [])
            .filter((scope) => scope.id !== "")
            .map((scope) => (
              <option key={scope.id} value={scope.id}>
                {visible(scope.id, 96)}
              </option>
            ))}
        </SelectField>
        <SelectField label="Owner" value={filled.owner} onChange={(owner) => onFill({ owner })} hint="Who fixes them.">
          <option value="">Nobody yet</option>
          {(owners?.items ?? []).map((owner) => (
            <option key={owner.id} value={owner.id}>
              {visible(owner.name, 96)}
            </option>
          ))}
        </SelectField>
      </div>
      <div className={styles.pair}>
        <Field
          label="Account"
          value={filled.user}
          onChange={(user) => onFill({ user })}
          hint={known?.hasCredentials ? "Empty takes it away." : "Empty where reading needs none."}
          error={error("user")}
          autoComplete="off"
        />
        <Field
          label="Password or token"
          type="password"
          value={filled.password}
          onChange={(password) => onFill({ password })}
          hint={
            known?.hasCredentials ? "Kept as it is unless a new one is written." : "Kept encrypted, never shown again."
          }
          error={error("password")}
          autoComplete="new-password"
        />
      </div>
      <div className={styles.pair}>
        <TextField
          label="Only these repositories"
          value={filled.include}
          onChange={(include) => onFill({ include })}
          placeholder={"shop/*\nplatform/ci-runner"}
          hint="One pattern a line; empty means all."
          error={error("include")}
        />
        <TextField
          label="Not these"
          value={filled.exclude}
          onChange={(exclude) => onFill({ exclude })}
          placeholder="*/cache"
          hint="One pattern a line."
          error={error("exclude")}
        />
      </div>
      <details className={styles.details}>
        <summary>Connection, reading and limits</summary>
        <div className={styles.detailsBody}>
          <TextField
            label="CA certificate"
            value={filled.ca}
            onChange={(ca) => onFill({ ca })}
            placeholder="-----BEGIN CERTIFICATE-----"
            hint={
              known?.hasCa ? "One is kept; a new one replaces it." : "In PEM, where the registry has one of its own."
            }
            error={error("ca")}
          />
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={filled.insecure}
              onChange={(event) => onFill({ insecure: event.target.checked })}
            />
            <span>
              Plain HTTP, or a certificate that nobody checks
              <span className={layout.sub}>
                Password and images can be read and changed on the way; a control reports it.
              </span>
            </span>
          </label>
          <div className={styles.pair}>
            <Field
              label="Requests at a time"
              type="number"
              min={1}
              max={64}
              value={filled.concurrency}
              onChange={(concurrency) => onFill({ concurrency })}
              hint="1 to 64; empty: as the hub does."
              error={error("concurrency")}
            />
            <Field
              label="Ask every … minutes"
              type="number"
              min={0}
              max={10_080}
              value={filled.pollMinutes}
              onChange={(pollMinutes) => onFill({ pollMinutes })}
              hint="For what no notification tells; 0 never."
              error={error("pollMinutes")}
            />
            <Field
              label="Assess what was pulled within … days"
              type="number"
              min={1}
              max={3650}
              value={filled.windowDays}
              onChange={(windowDays) => onFill({ windowDays })}
              hint="Older images are “not applicable”."
              error={error("windowDays")}
            />
          </div>
          <TextField
            label="Other hosts it may lead to"
            value={filled.allowHosts}
            onChange={(allowHosts) => onFill({ allowHosts })}
            placeholder="blobs.registry.example"
            hint="Redirects and token servers elsewhere are refused unless they stand here, one a line."
            error={error("allowHosts")}
          />
        </div>
      </details>
      {checked && <Checked check={checked} />}
      {failure && failure.fields.size === 0 && <Failed error={failure} what="The registry" />}
      {failure && failure.fields.size > 0 && (
        <p className={layout.bad} role="alert">
          {[...failure.fields].map(([field, message]) => `${field}: ${message}`).join("; ")}
        </p>
      )}
    </Form>
  );
}

/** What trying out found. What was not tried is not said to be good. */
function Checked({ check }: { check: RegistryCheck }) {
  return (
    <div className={styles.checked} role="status">
      <StateMark state={check.reached ? "healthy" : "unhealthy"}>
        {check.reached ? "It answers" : "It could not be reached"}
      </StateMark>
      <p>{visible(check.detail, 400)}</p>
      <p className={layout.inline}>
        {check.api && <span className={layout.badge}>{visible(check.api, 64)}</span>}
        {check.tls === true && <span className={layout.badge}>TLS checked</span>}
        {check.tls === false && <span className={`${layout.badge} ${layout.badgeWarn}`}>without TLS</span>}
        {check.anonymousWrite === true && (
          <span className={`${layout.badge} ${layout.badgeWarn}`}>anybody can write</span>
        )}
        {check.anonymousWrite === false && <span className={layout.badge}>writing needs a login</span>}
      </p>
    </div>
  );
}
