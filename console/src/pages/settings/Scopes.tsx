import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { scopesQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import { createScope, removeScope, renameScope } from "../../api/posture";
import type { components } from "../../api/schema";
import { counted } from "../../format/number";
import { visible } from "../../format/text";
import { Confirm } from "../../parts/Confirm";
import { type Column, DataTable } from "../../parts/DataTable";
import { Field } from "../../parts/Field";
import { LinkButton } from "../../parts/LinkButton";
import layout from "../../parts/layout.module.css";
import { Name } from "../../parts/Name";
import { address } from "../../parts/PathLink";
import { scopeWord } from "../../parts/roles";
import { SelectField } from "../../parts/SelectField";
import { ListPage } from "../../parts/shapes";
import { EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { AssignmentRules } from "./AssignmentRules";
import styles from "./Scopes.module.css";

type Scope = components["schemas"]["Scope"];

const INDENTS = [styles.d0, styles.d1, styles.d2, styles.d3, styles.d4];

/** How deep a scope lies below the root. */
function depth(id: string): number {
  return id === "" ? 0 : id.split("/").length;
}

/** The tree on which assets, roles, plans, rules and scores hang, and the rules that put images into it. */
export function Scopes() {
  const { data, error, refetch, dataUpdatedAt } = useQuery(scopesQuery);
  const rows = data?.items ?? [];
  const queries = useQueryClient();
  const [under, setUnder] = useState<string>();
  const [renaming, setRenaming] = useState<Scope>();
  const [removing, setRemoving] = useState<Scope>();
  const remove = useMutation({
    mutationFn: (scope: Scope) => removeScope(scope.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["scopes"] });
      setRemoving(undefined);
    },
  });
  const below = (scope: Scope) => rows.filter((row) => row.id.startsWith(`${scope.id}/`)).length;
  const columns: Column<Scope>[] = [
    {
      key: "name",
      head: "Scope",
      main: true,
      cell: (row) => (
        <div className={INDENTS[Math.min(depth(row.id), INDENTS.length - 1)]}>
          <b>
            <Name text={row.name} />
          </b>
          <span className={layout.sub}>
            <Name text={scopeWord(row.id)} mono={row.id !== ""} />
          </span>
        </div>
      ),
    },
    { key: "created", head: "Made", nowrap: true, cell: (row) => <Time at={row.created} /> },
    {
      key: "do",
      head: "Action",
      cell: (row) => (
        <span className={layout.inline}>
          <LinkButton path={address("/inventory", { scope: row.id })} small>
            Its assets
          </LinkButton>
          <Button
            variant="secondary"
            size="sm"
            aria-label={`New below… ${visible(row.name, 64)}`}
            onClick={() => setUnder(row.id)}
          >
            New below…
          </Button>
          <Button
            variant="secondary"
            size="sm"
            aria-label={`Rename… ${visible(row.name, 64)}`}
            onClick={() => setRenaming(row)}
          >
            Rename…
          </Button>
          {row.id !== "" && (
            <Button
              variant="secondary"
              size="sm"
              aria-label={`Delete… ${visible(row.name, 64)}`}
              onClick={() => setRemoving(row)}
            >
              Delete…
            </Button>
          )}
        </span>
      ),
    },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The tree of scopes"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the scopes" />
  ) : rows.length === 0 ? (
    <EmptyNew title="You see no scope">
      <p>An owner can grant you a role in one under Users.</p>
    </EmptyNew>
  ) : undefined;
  return (
    <ListPage
      title="Scopes"
      meta={<span>The tree on which assets, roles, plans, rules and scores hang.</span>}
      actions={
        <Button variant="primary" onClick={() => setUnder("")}>
          New scope…
        </Button>
      }
    >
      <DataTable
        label="Scopes"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.id || "root"}
        state={state}
        foot={rows.length > 0 && <span>{counted(rows.length, "scope")} that you may see</span>}
      />
      <AssignmentRules scopes={rows} />
      {under !== undefined && <NewScope under={under} scopes={rows} onClose={() => setUnder(undefined)} />}
      {renaming && <Rename scope={renaming} onClose={() => setRenaming(undefined)} />}
      {removing && (
        <Confirm
          title={`Delete ${visible(removing.name, 64)}`}
          verb={below(removing) > 0 ? `Delete ${counted(below(removing) + 1, "scope")}` : "Delete scope"}
          name={removing.id}
          busy={remove.isPending}
          error={remove.error}
          onDo={() => remove.mutate(removing)}
          onClose={() => {
            remove.reset();
            setRemoving(undefined);
          }}
        >
          <p>
            {below(removing) > 0 && `${counted(below(removing), "scope")} below it go with it. `}
            Roles, plans, rules and exemptions on it end. Its assets go to the scope that the rules of assignment then
            say, or to the root. This cannot be undone.
          </p>
        </Confirm>
      )}
    </ListPage>
  );
}

function NewScope({ under, scopes, onClose }: { under: string; scopes: Scope[]; onClose: () => void }) {
  const id = useId();
  const queries = useQueryClient();
  const [parent, setParent] = useState(under);
  const [slug, setSlug] = useState("");
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => createScope({ parent, slug, name }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["scopes"] });
      onClose();
    },
  });
  const failure = save.error ? Failure.of(save.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-h`}>
      <ModalHeader title="New scope" labelId={`${id}-h`} />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <SelectField label="Below" value={parent} onChange={setParent}>
            {scopes.map((scope) => (
              <option key={scope.id} value={scope.id}>
                {visible(scopeWord(scope.id), 96)}
              </option>
            ))}
          </SelectField>
          <Field label="Name" value={name} onChange={setName} error={failure?.fields.get("name")} isRequired />
          <Field
            label="Part of its path"
            value={slug}
            onChange={setSlug}
            hint={`Its path is ${parent === "" ? "" : `${visible(parent, 64)}/`}${slug || "…"} and stays. Lower-case letters, digits, . _ -`}
            error={failure?.fields.get("slug")}
            isRequired
          />
          {failure && failure.fields.size === 0 && <Failed error={failure} what="The scope" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} variant="primary" isLoading={save.isPending} isDisabled={save.isPending}>
          Make scope
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function Rename({ scope, onClose }: { scope: Scope; onClose: () => void }) {
  const id = useId();
  const queries = useQueryClient();
  const [name, setName] = useState(scope.name);
  const save = useMutation({
    mutationFn: () => renameScope(scope.id, name),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["scopes"] });
      onClose();
    },
  });
  const failure = save.error ? Failure.of(save.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-h`}>
      <ModalHeader title={`Rename ${visible(scope.name, 64)}`} labelId={`${id}-h`} />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <Field
            label="Name"
            value={name}
            onChange={setName}
            hint={`The path stays: ${visible(scopeWord(scope.id), 96)}`}
            error={failure?.fields.get("name")}
            isRequired
          />
          {failure && failure.fields.size === 0 && <Failed error={failure} what="The scope" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} variant="primary" isLoading={save.isPending} isDisabled={save.isPending}>
          Rename scope
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
