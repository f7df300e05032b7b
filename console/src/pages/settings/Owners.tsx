import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Failure } from "../../api/failure";
import { changeOwner, createOwner, ownersQuery, removeOwner } from "../../api/posture";
import type { Owner } from "../../api/types";
import { visible } from "../../format/text";
import { Confirm } from "../../parts/Confirm";
import { type Column, DataTable } from "../../parts/DataTable";
import { Field } from "../../parts/Field";
import { LinkButton } from "../../parts/LinkButton";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name, Owner as OwnerName } from "../../parts/Name";
import { address } from "../../parts/PathLink";
import { ListPage } from "../../parts/shapes";
import { EmptyNew, Failed, LoadingRows } from "../../parts/states";

/** Teams that fix what is wrong. A rule of assignment gives an image its team. */
export function Owners() {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } =
    useInfiniteQuery(ownersQuery);
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  const [editing, setEditing] = useState<Owner | "new">();
  const [removing, setRemoving] = useState<Owner>();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: (owner: Owner) => removeOwner(owner.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["owners"] });
      setRemoving(undefined);
    },
  });
  const columns: Column<Owner>[] = [
    { key: "name", head: "Team", main: true, cell: (row) => <OwnerName name={row.name} /> },
    {
      key: "contact",
      head: "Reached at",
      cell: (row) => (row.contact ? <Name text={row.contact} /> : <span className={layout.faint}>not said</span>),
    },
    {
      key: "do",
      head: "Action",
      nowrap: true,
      cell: (row) => (
        <span className={layout.inline}>
          <LinkButton path={address("/images", { owner: row.id })} small>
            Its images
          </LinkButton>
          <Button
            variant="secondary"
            size="sm"
            aria-label={`Change… ${visible(row.name, 64)}`}
            onClick={() => setEditing(row)}
          >
            Change…
          </Button>
          <Button
            variant="secondary"
            size="sm"
            aria-label={`Delete… ${visible(row.name, 64)}`}
            onClick={() => setRemoving(row)}
          >
            Delete…
          </Button>
        </span>
      ),
    },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of owners"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the owners" />
  ) : rows.length === 0 ? (
    <EmptyNew
      title="No team yet"
      actions={
        <Button variant="secondary" size="sm" onClick={() => setEditing("new")}>
          New team…
        </Button>
      }
    >
      <p>A fix has an owner once a team exists and a rule under Scopes gives it images.</p>
    </EmptyNew>
  ) : undefined;
  return (
    <ListPage
      title="Owners"
      meta={<span>Teams that fix what is wrong. A rule of assignment under Scopes gives an image its team.</span>}
      actions={
        <Button variant="primary" onClick={() => setEditing("new")}>
          New team…
        </Button>
      }
    >
      <DataTable
        label="Owners"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.id}
        state={state}
        foot={
          rows.length > 0 && (
            <More
              shown={rows.length}
              total={data?.pages[0]?.total}
              noun="teams"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
      {editing && <Edit owner={editing === "new" ? undefined : editing} onClose={() => setEditing(undefined)} />}
      {removing && (
        <Confirm
          title={`Delete ${visible(removing.name, 64)}`}
          verb="Delete team"
          busy={remove.isPending}
          error={remove.error}
          onDo={() => remove.mutate(removing)}
          onClose={() => {
            remove.reset();
            setRemoving(undefined);
          }}
        >
          <p>Its images have no owner until a rule of assignment names another team. Findings and history stay.</p>
        </Confirm>
      )}
    </ListPage>
  );
}

function Edit({ owner, onClose }: { owner: Owner | undefined; onClose: () => void }) {
  const id = useId();
  const queries = useQueryClient();
  const [name, setName] = useState(owner?.name ?? "");
  const [contact, setContact] = useState(owner?.contact ?? "");
  const save = useMutation({
    mutationFn: () => (owner ? changeOwner(owner.id, { name, contact }) : createOwner({ name, contact })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["owners"] });
      onClose();
    },
  });
  const failure = save.error ? Failure.of(save.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-h`}>
      <ModalHeader title={owner ? `Change ${visible(owner.name, 64)}` : "New team"} labelId={`${id}-h`} />
      <ModalBody>
        <Form
          id={id}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <Field label="Name" value={name} onChange={setName} error={failure?.fields.get("name")} isRequired />
          <Field
            label="Reached at"
            value={contact}
            onChange={setContact}
            hint="An address, a channel, a link. May be empty."
            error={failure?.fields.get("contact")}
          />
          {failure && failure.fields.size === 0 && <Failed error={failure} what="The team" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} variant="primary" isLoading={save.isPending} isDisabled={save.isPending}>
          {owner ? "Save team" : "Make team"}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
