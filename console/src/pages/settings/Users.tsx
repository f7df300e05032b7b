import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { changeUser, createUser, grant, grantsQuery, scopesQuery, takeBack, usersQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import type { components } from "../../api/schema";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { Drawer } from "../../parts/Drawer";
import { Field } from "../../parts/Field";
import { Choice, Filters, TextFilter } from "../../parts/Filters";
import { Icon } from "../../parts/Icon";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { ROLE_HINTS, ROLE_WORDS, ROLES, type Role, scopeWord } from "../../parts/roles";
import { SelectField } from "../../parts/SelectField";
import { ListPage } from "../../parts/shapes";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";

type User = components["schemas"]["User"];
const route = getRouteApi("/app/settings/users");

export function Users() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [making, setMaking] = useState(false);
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    usersQuery({ name: search.name, disabled: search.disabled }),
  );
  const users = data?.pages.flatMap((page) => page.items) ?? [];
  const opened = users.find((user) => user.id === search.open);
  const open = (user: User | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: user?.id }), resetScroll: false });

  const columns: Column<User>[] = [
    {
      key: "name",
      head: "Account",
      main: true,
      cell: (user) => (
        <route.Link to="." search={(old) => ({ ...old, open: user.id })} resetScroll={false}>
          <Name text={user.name} />
        </route.Link>
      ),
    },
    {
      key: "state",
      head: "Can sign in",
      nowrap: true,
      cell: (user) => (user.disabled ? <span className={layout.bad}>no, disabled</span> : "yes"),
    },
    { key: "created", head: "Made", nowrap: true, cell: (user) => <Time at={user.created} /> },
  ];
  const filters = [
    ...(search.name ? [`name: ${visible(search.name, 64)}`] : []),
    ...(search.disabled === undefined ? [] : [search.disabled ? "disabled" : "can sign in"]),
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of users"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the users" />
  ) : users.length === 0 ? (
    filters.length > 0 ? (
      <EmptyFiltered
        filters={filters}
        onClear={() => void navigate({ search: (old) => ({ ...old, name: undefined, disabled: undefined }) })}
      />
    ) : (
      <EmptyGood title="No accounts">
        <p>Nobody can sign in with a password.</p>
      </EmptyGood>
    )
  ) : undefined;

  return (
    <ListPage
      title="Users"
      meta={<span>Accounts with a password, and what each may do in which scope.</span>}
      actions={
        <Button variant="primary" onClick={() => setMaking(true)}>
          New user…
        </Button>
      }
      filters={
        <Filters>
          <TextFilter
            label="Name contains"
            value={search.name ?? ""}
            onChange={(name) =>
              void navigate({ search: (old) => ({ ...old, name: name || undefined }), replace: true })
            }
          />
          <Choice
            label="Which users"
            value={search.disabled === undefined ? "all" : search.disabled ? "disabled" : "active"}
            options={[
              { value: "all", word: "All" },
              { value: "active", word: "Can sign in" },
              { value: "disabled", word: "Disabled" },
            ]}
            onChange={(which) =>
              void navigate({
                search: (old) => ({ ...old, disabled: which === "all" ? undefined : which === "disabled" }),
              })
            }
          />
        </Filters>
      }
    >
      <DataTable
        label="Users"
        columns={columns}
        groups={[{ key: "all", rows: users }]}
        rowKey={(user) => user.id}
        onOpen={open}
        openKey={search.open}
        state={state}
        foot={
          users.length > 0 && (
            <More
              shown={users.length}
              noun="users"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
      {opened && <UserDrawer key={opened.id} user={opened} onClose={() => open(undefined)} />}
      {making && <NewUser onClose={() => setMaking(false)} />}
    </ListPage>
  );
}

function UserDrawer({ user, onClose }: { user: User; onClose: () => void }) {
  const queries = useQueryClient();
  const grants = useQuery(grantsQuery(user.id));
  const change = useMutation({
    mutationFn: () => changeUser(user.id, { disabled: !user.disabled }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
  const take = useMutation({
    mutationFn: (scope: string) => takeBack(user.id, scope),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["grants", user.id] }),
  });
  return (
    <Drawer
      over="User"
      title={visible(user.name, 64)}
      onClose={onClose}
      foot={
        <Button
          variant={user.disabled ? "secondary" : "danger"}
          onClick={() => change.mutate()}
          isLoading={change.isPending}
        >
          {user.disabled ? "Let sign in again" : "Disable, ends sessions and tokens"}
        </Button>
      }
    >
      {change.error && <Failed error={change.error} what="The change" />}
      <dl className={layout.facts}>
        <dt>Made</dt>
        <dd>
          <Time at={user.created} />
        </dd>
        <dt>Can sign in</dt>
        <dd>{user.disabled ? "no, disabled" : "yes"}</dd>
      </dl>
      <div>
        <h3>Roles</h3>
        {grants.error ? (
          <Failed error={grants.error} what="The roles" onRetry={() => void grants.refetch()} />
        ) : !grants.data ? (
          <LoadingRows what="the roles" rows={2} />
        ) : grants.data.items.length === 0 ? (
          <p className={layout.muted}>None: this account sees nothing.</p>
        ) : (
          <ul className={layout.rows}>
            {grants.data.items.map((given) => (
              <li key={`${given.scope}/${given.role}`}>
                <span className={layout.grow}>
                  <b>{ROLE_WORDS[given.role]}</b> in {visible(scopeWord(given.scope), 96)}
                  <span className={layout.sub}>{ROLE_HINTS[given.role]}</span>
                </span>
                <Button
                  variant="secondary"
                  size="sm"
                  onClick={() => take.mutate(given.scope)}
                  isDisabled={take.isPending}
                  aria-label={`Take back ${ROLE_WORDS[given.role].toLowerCase()} in ${visible(scopeWord(given.scope), 64)}`}
                >
                  Take back
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
      {take.error && <Failed error={take.error} what="The role" />}
      <GrantForm user={user} />
      <PasswordForm user={user} />
    </Drawer>
  );
}

function GrantForm({ user }: { user: User }) {
  const queries = useQueryClient();
  const { data: scopes } = useQuery(scopesQuery);
  const [scope, setScope] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const give = useMutation({
    mutationFn: grant,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["grants", user.id] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    give.mutate({ user: user.id, scope, role });
  };
  return (
    <Form onSubmit={submit}>
      <SelectField
        label="Role"
        value={role}
        onChange={(value) => setRole(ROLES.find((r) => r === value) ?? "viewer")}
        hint={ROLE_HINTS[role]}
      >
        {ROLES.map((r) => (
          <option key={r} value={r}>
            {ROLE_WORDS[r]}
          </option>
        ))}
      </SelectField>
      <SelectField label="In scope" value={scope} onChange={setScope} hint="What lies below it inherits the role.">
        <option value="">All scopes</option>
        {(scopes?.items ?? [])
          .filter((s) => s.id !== "")
          .map((s) => (
            <option key={s.id} value={s.id}>
              {visible(s.id, 96)}
            </option>
          ))}
      </SelectField>
      {give.error && <Failed error={give.error} what="The role" />}
      <Button type="submit" variant="secondary" isLoading={give.isPending} icon={<Icon name="plus" small />}>
        Give {ROLE_WORDS[role].toLowerCase()} in {visible(scopeWord(scope), 32)}
      </Button>
    </Form>
  );
}

/** A new password by an owner, for who has lost the old one. It ends the user's sessions. */
function PasswordForm({ user }: { user: User }) {
  const [password, setPassword] = useState("");
  const set = useMutation({
    mutationFn: () => changeUser(user.id, { password }),
    onSuccess: () => setPassword(""),
  });
  const failure = set.error ? Failure.of(set.error) : undefined;
  return (
    <Form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        set.mutate();
      }}
    >
      <Field
        label="New password"
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
        hint={
          set.isSuccess && password === ""
            ? "Set. All sessions of the account have ended."
            : "12 characters or more. Ends all sessions of the account."
        }
        error={failure?.fields.get("password")}
        isRequired
      />
      {failure && failure.fields.size === 0 && <Failed error={failure} what="The password" />}
      <Button type="submit" variant="secondary" isLoading={set.isPending} isDisabled={set.isPending || password === ""}>
        Set password
      </Button>
    </Form>
  );
}

function NewUser({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useId();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const make = useMutation({
    mutationFn: createUser,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["users"] });
      onClose();
    },
  });
  const failure = make.error ? Failure.of(make.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${form}-h`}>
      <ModalHeader title="New user" labelId={`${form}-h`} description="The account sees nothing until it has a role." />
      <ModalBody>
        <Form
          id={form}
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate({ name, password });
          }}
        >
          <Field
            label="Account"
            value={name}
            onChange={setName}
            autoComplete="off"
            hint="Letters, digits, . _ - @"
            error={failure?.fields.get("name")}
            isRequired
          />
          <Field
            label="First password"
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            hint="12 characters or more."
            error={failure?.fields.get("password")}
            isRequired
          />
          {failure && failure.fields.size === 0 && <Failed error={failure} what="The user" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={form} variant="primary" isLoading={make.isPending} isDisabled={make.isPending}>
          Make user
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
