import { Button, ClipboardCopy, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useId, useState } from "react";
import { createToken, revokeToken, scopesQuery, tokensQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import type { components } from "../../api/schema";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { Field } from "../../parts/Field";
import { Choice, Filters } from "../../parts/Filters";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { ROLE_HINTS, ROLE_WORDS, scopeWord, TOKEN_ROLES, type TokenRole } from "../../parts/roles";
import { SelectField } from "../../parts/SelectField";
import { ListPage } from "../../parts/shapes";
import { Banner, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time, useNow } from "../../parts/Time";

type Token = components["schemas"]["Token"];
const route = getRouteApi("/app/settings/tokens");

export function Tokens() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useNow();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    tokensQuery({ revoked: search.revoked }),
  );
  const tokens = data?.pages.flatMap((page) => page.items) ?? [];

  const columns: Column<Token>[] = [
    {
      key: "name",
      head: "Token",
      main: true,
      cell: (token) => (
        <>
          <b>
            <Name text={token.name} />
          </b>
          <span className={layout.sub}>
            <Name text={`swt_${token.id}_…`} mono />
          </span>
        </>
      ),
    },
    {
      key: "grants",
      head: "May",
      cell: (token) =>
        token.grants.map((given) => (
          <span key={`${given.scope}/${given.role}`} className={layout.sub}>
            {ROLE_WORDS[given.role]} in {visible(scopeWord(given.scope), 64)}
          </span>
        )),
    },
    { key: "created", head: "Made", nowrap: true, cell: (token) => <Time at={token.created} /> },
    {
      key: "ends",
      head: "Ends",
      nowrap: true,
      cell: (token) =>
        token.revoked ? (
          <span className={layout.faint}>revoked</span>
        ) : !token.expires ? (
          "never"
        ) : new Date(token.expires) < now ? (
          <span className={layout.faint}>
            ended <Time at={token.expires} />
          </span>
        ) : (
          <Time at={token.expires} />
        ),
    },
    {
      key: "do",
      head: "Action",
      nowrap: true,
      cell: (token) =>
        token.revoked ? (
          ""
        ) : (
          <Button
            variant="secondary"
            size="sm"
            onClick={() => setRevoking(token)}
            aria-label={`Revoke ${visible(token.name, 64)}`}
          >
            Revoke…
          </Button>
        ),
    },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of tokens"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the tokens" />
  ) : tokens.length === 0 ? (
    <EmptyNew
      title={search.revoked ? "No token was revoked" : "No tokens yet"}
      actions={
        <Button variant="secondary" size="sm" onClick={() => setMaking(true)}>
          New token…
        </Button>
      }
    >
      <p>
        A token lets a pipeline, a registry or a script ask the hub: <code>Authorization: Bearer swt_…</code>
      </p>
    </EmptyNew>
  ) : undefined;

  return (
    <ListPage
      title="Tokens"
      meta={
        <span>For pipelines, registries and scripts. A token may never do more than its maker may at the time.</span>
      }
      actions={
        <Button variant="primary" onClick={() => setMaking(true)}>
          New token…
        </Button>
      }
      filters={
        <Filters>
          <Choice
            label="Which tokens"
            value={search.revoked === undefined ? "all" : search.revoked ? "revoked" : "valid"}
            options={[
              { value: "all", word: "All" },
              { value: "valid", word: "Not revoked" },
              { value: "revoked", word: "Revoked" },
            ]}
            onChange={(which) =>
              void navigate({
                search: (old) => ({ ...old, revoked: which === "all" ? undefined : which === "revoked" }),
              })
            }
          />
        </Filters>
      }
    >
      <DataTable
        label="Tokens"
        columns={columns}
        groups={[{ key: "all", rows: tokens }]}
        rowKey={(token) => token.id}
        state={state}
        foot={
          tokens.length > 0 && (
            <More
              shown={tokens.length}
              noun="tokens"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
      {making && <NewToken onClose={() => setMaking(false)} />}
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(undefined)} />}
    </ListPage>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const id = useId();
  const { data: scopes } = useQuery(scopesQuery);
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [role, setRole] = useState<TokenRole>("publish");
  const [scope, setScope] = useState("");
  const make = useMutation({
    mutationFn: createToken,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const failure = make.error ? Failure.of(make.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-h`}>
      <ModalHeader title={make.data ? "Copy the token now" : "New token"} labelId={`${id}-h`} />
      <ModalBody>
        {make.data ? (
          <>
            <Banner tone="info">It is shown this once: the hub keeps only its hash.</Banner>
            <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The token">
              {make.data.secret}
            </ClipboardCopy>
          </>
        ) : (
          <Form
            id={id}
            onSubmit={(event) => {
              event.preventDefault();
              make.mutate({ name, grants: [{ scope, role }], expiresInDays: Number(days) });
            }}
          >
            <Field
              label="What it is for"
              value={name}
              onChange={setName}
              error={failure?.fields.get("name")}
              isRequired
            />
            <SelectField
              label="May"
              value={role}
              onChange={(value) => setRole(TOKEN_ROLES.find((r) => r === value) ?? "publish")}
              hint={ROLE_HINTS[role]}
            >
              {TOKEN_ROLES.map((r) => (
                <option key={r} value={r}>
                  {ROLE_WORDS[r]}
                </option>
              ))}
            </SelectField>
            <SelectField label="In scope" value={scope} onChange={setScope}>
              <option value="">All scopes</option>
              {(scopes?.items ?? [])
                .filter((s) => s.id !== "")
                .map((s) => (
                  <option key={s.id} value={s.id}>
                    {visible(s.id, 96)}
                  </option>
                ))}
            </SelectField>
            <Field
              label="Days until it ends"
              type="number"
              min={1}
              max={3650}
              value={days}
              onChange={setDays}
              hint="1 to 3,650."
              error={failure?.fields.get("expiresInDays")}
              isRequired
            />
            {failure && failure.fields.size === 0 && <Failed error={failure} what="The token" />}
          </Form>
        )}
      </ModalBody>
      <ModalFooter>
        {make.data ? (
          <Button variant="primary" onClick={onClose}>
            I have copied it
          </Button>
        ) : (
          <>
            <Button type="submit" form={id} variant="primary" isLoading={make.isPending} isDisabled={make.isPending}>
              Make token
            </Button>
            <Button variant="secondary" onClick={onClose}>
              Cancel
            </Button>
          </>
        )}
      </ModalFooter>
    </Modal>
  );
}

function Revoke({ token, onClose }: { token: Token; onClose: () => void }) {
  const queries = useQueryClient();
  const id = useId();
  const revoke = useMutation({
    mutationFn: () => revokeToken(token.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["tokens"] });
      onClose();
    },
  });
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={id}>
      <ModalHeader title={`Revoke ${visible(token.name, 64)}`} labelId={id} />
      <ModalBody>
        <p>Whoever uses this token is refused from then on. This cannot be undone; a new token takes its place.</p>
        {revoke.error && <Failed error={revoke.error} what="The token" />}
      </ModalBody>
      <ModalFooter>
        <Button
          variant="danger"
          onClick={() => revoke.mutate()}
          isLoading={revoke.isPending}
          isDisabled={revoke.isPending}
        >
          Revoke token
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
