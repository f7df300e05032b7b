import { Button, ClipboardCopy, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useId, useState } from "react";
import { scopesQuery } from "../../api/access";
import { Failure } from "../../api/failure";
import {
  changeWebhook,
  createWebhook,
  deliveriesQuery,
  removeWebhook,
  retryDelivery,
  testWebhook,
  webhooksQuery,
} from "../../api/posture";
import type { Delivery, Webhook } from "../../api/types";
import { counted } from "../../format/number";
import { middle, visible } from "../../format/text";
import { Confirm } from "../../parts/Confirm";
import { type Column, DataTable } from "../../parts/DataTable";
import { Drawer } from "../../parts/Drawer";
import { Field } from "../../parts/Field";
import { StateMark } from "../../parts/glyphs";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name } from "../../parts/Name";
import { scopeWord } from "../../parts/roles";
import { SelectField } from "../../parts/SelectField";
import { SEVERITIES, SEVERITY_WORDS, severityOf } from "../../parts/severity";
import { ListPage } from "../../parts/shapes";
import { Banner, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { causeWord } from "../../parts/words";

const route = getRouteApi("/app/settings/webhooks");

/** Where notices are carried to, and how that went. */
export function Webhooks() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } =
    useInfiniteQuery(webhooksQuery);
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  const opened = rows.find((row) => row.id === search.open);
  const [making, setMaking] = useState(false);
  const open = (row: Webhook | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: row?.id }), resetScroll: false });
  const columns: Column<Webhook>[] = [
    {
      key: "name",
      head: "Webhook",
      main: true,
      cell: (row) => (
        <>
          <route.Link to="." search={(old) => ({ ...old, open: row.id })} resetScroll={false}>
            <Name text={row.name} />
          </route.Link>
          <span className={layout.sub} title={visible(row.url)}>
            <bdi>{middle(row.url, 72)}</bdi>
          </span>
        </>
      ),
    },
    { key: "scope", head: "Of scope", cell: (row) => <Name text={scopeWord(row.scope)} /> },
    {
      key: "severity",
      head: "From severity",
      nowrap: true,
      cell: (row) => (row.severity ? SEVERITY_WORDS[row.severity] : "any"),
    },
    {
      key: "kinds",
      head: "Kinds",
      cell: (row) => (row.kinds?.length ? row.kinds.map((kind) => visible(causeWord(kind), 32)).join(", ") : "all"),
    },
    {
      key: "on",
      head: "Used",
      nowrap: true,
      cell: (row) => <StateMark state={row.on ? "healthy" : "not_applicable"}>{row.on ? "On" : "Off"}</StateMark>,
    },
    { key: "format", head: "Format", nowrap: true, cell: (row) => (row.format === "slack" ? "Slack" : "JSON") },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of webhooks"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the webhooks" />
  ) : rows.length === 0 ? (
    <EmptyNew
      title="No webhook yet"
      actions={
        <Button variant="secondary" size="sm" onClick={() => setMaking(true)}>
          New webhook…
        </Button>
      }
    >
      <p>A webhook carries each notice to an address of yours, signed, with retries that can be seen.</p>
    </EmptyNew>
  ) : undefined;
  return (
    <ListPage
      title="Webhooks"
      meta={
        <span>
          Each notice, signed: <code>X-Seawall-Signature: t=…,v1=HMAC-SHA256(secret, "t.body")</code>
        </span>
      }
      actions={
        <Button variant="primary" onClick={() => setMaking(true)}>
          New webhook…
        </Button>
      }
    >
      <DataTable
        label="Webhooks"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.id}
        onOpen={open}
        openKey={search.open}
        state={state}
        foot={
          rows.length > 0 && (
            <More
              shown={rows.length}
              total={data?.pages[0]?.total}
              noun="webhooks"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
      {opened && <Record key={opened.id} webhook={opened} onClose={() => open(undefined)} />}
      {making && <NewWebhook onClose={() => setMaking(false)} />}
    </ListPage>
  );
}

function Record({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const queries = useQueryClient();
  const tell = useToast();
  const again = () => queries.invalidateQueries({ queryKey: ["webhooks"] });
  const [removing, setRemoving] = useState(false);
  const test = useMutation({
    mutationFn: () => testWebhook(webhook.id),
    onSuccess: async (delivery) => {
      await again();
      tell({
        text:
          delivery.state === "delivered"
            ? `Delivered: the receiver answered ${delivery.status ?? ""}.`
            : delivery.state === "waiting"
              ? "A test waits to be delivered."
              : `Not delivered: ${visible(delivery.error ?? `the receiver answered ${delivery.status ?? "nothing"}`, 160)}`,
        bad: delivery.state === "failed",
      });
    },
    onError: (failure) => tell({ text: failure.message, bad: true }),
  });
  const turn = useMutation({
    mutationFn: (on: boolean) => changeWebhook(webhook.id, { on }),
    onSuccess: async (changed) => {
      await again();
      tell({
        text: changed.on
          ? `${visible(webhook.name, 64)} is on: notices are carried from now on, and what waited.`
          : `${visible(webhook.name, 64)} is off: no notice is carried until it is on again.`,
      });
    },
    onError: (failure) => tell({ text: failure.message, bad: true }),
  });
  const remove = useMutation({
    mutationFn: () => removeWebhook(webhook.id),
    onSuccess: async () => {
      await again();
      onClose();
    },
  });
  return (
    <Drawer
      over={webhook.format === "slack" ? "Webhook for Slack" : "Webhook"}
      title={visible(webhook.name, 96)}
      onClose={onClose}
      foot={
        <>
          <Button
            variant="secondary"
            isLoading={test.isPending}
            isDisabled={test.isPending}
            onClick={() => test.mutate()}
          >
            Send a test
          </Button>
          <Button
            variant="secondary"
            isLoading={turn.isPending}
            isDisabled={turn.isPending}
            onClick={() => turn.mutate(!webhook.on)}
          >
            {webhook.on ? "Turn off" : "Turn on"}
          </Button>
          <Button variant="secondary" onClick={() => setRemoving(true)}>
            Delete…
          </Button>
        </>
      }
    >
      <dl className={layout.facts}>
        <dt>Address</dt>
        <dd>
          <Name text={webhook.url} mono />
        </dd>
        <dt>Of scope</dt>
        <dd>
          <Name text={scopeWord(webhook.scope)} />
        </dd>
        <dt>Used</dt>
        <dd>{webhook.on ? "On" : "Off: no notice is carried"}</dd>
        {webhook.created && (
          <>
            <dt>Made</dt>
            <dd>
              <Time at={webhook.created} />
            </dd>
          </>
        )}
      </dl>
      <Deliveries webhook={webhook.id} />
      {removing && (
        <Confirm
          title={`Delete ${visible(webhook.name, 64)}`}
          verb="Delete webhook"
          busy={remove.isPending}
          error={remove.error}
          onDo={() => remove.mutate()}
          onClose={() => setRemoving(false)}
        >
          <p>Notices are not carried there any more, and what waits is dropped. Its secret is gone for good.</p>
        </Confirm>
      )}
    </Drawer>
  );
}

const DELIVERY = {
  delivered: { state: "healthy", word: "Delivered" },
  waiting: { state: "not_applicable", word: "Waiting" },
  failed: { state: "unhealthy", word: "Failed" },
} as const;

function Deliveries({ webhook }: { webhook: string }) {
  const queries = useQueryClient();
  const tell = useToast();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    deliveriesQuery(webhook),
  );
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  const retry = useMutation({
    mutationFn: (delivery: Delivery) => retryDelivery(webhook, delivery.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
    onError: (failure) => tell({ text: failure.message, bad: true }),
  });
  return (
    <section className={layout.panel} aria-label="Deliveries">
      <div className={layout.panelHead}>
        <h3>Deliveries</h3>
        <span className={layout.panelEnd}>newest first</span>
      </div>
      {error ? (
        <Failed error={error} what="The deliveries" onRetry={() => void refetch()} />
      ) : !data ? (
        <LoadingRows what="the deliveries" rows={3} />
      ) : rows.length === 0 ? (
        <div className={layout.panelBody}>
          <p className={layout.muted}>None yet. A test shows whether the receiver answers.</p>
        </div>
      ) : (
        <ul className={layout.rows}>
          {rows.map((row) => {
            const { state, word } = DELIVERY[row.state] ?? DELIVERY.failed;
            return (
              <li key={row.id}>
                <span className={layout.grow}>
                  <StateMark state={state}>
                    {word}
                    {row.status !== undefined && `, ${row.status}`}
                  </StateMark>
                  <span className={layout.sub}>
                    {counted(row.attempts, "try", "tries")}
                    {row.error && `; ${visible(row.error, 200)}`}
                    {row.next && row.state === "waiting" && (
                      <>
                        ; next <Time at={row.next} />
                      </>
                    )}
                  </span>
                </span>
                {row.state === "failed" && (
                  <Button variant="secondary" size="sm" isDisabled={retry.isPending} onClick={() => retry.mutate(row)}>
                    Try again
                  </Button>
                )}
                <span className={layout.end}>
                  <Time at={row.at} />
                </span>
              </li>
            );
          })}
        </ul>
      )}
      {rows.length > 0 && (
        <p className={layout.panelFoot}>
          <More
            shown={rows.length}
            total={data?.pages[0]?.total}
            noun="deliveries"
            more={hasNextPage}
            loading={isFetchingNextPage}
            onMore={() => void fetchNextPage()}
          />
        </p>
      )}
    </section>
  );
}

function NewWebhook({ onClose }: { onClose: () => void }) {
  const id = useId();
  const queries = useQueryClient();
  const { data: scopes } = useQuery(scopesQuery);
  const [name, setName] = useState("");
  const [url, setUrl] = useState("https://");
  const [scope, setScope] = useState("");
  const [severity, setSeverity] = useState("");
  const [format, setFormat] = useState<"json" | "slack">("json");
  const make = useMutation({
    mutationFn: createWebhook,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  const failure = make.error ? Failure.of(make.error) : undefined;
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-h`}>
      <ModalHeader title={make.data ? "Copy the secret now" : "New webhook"} labelId={`${id}-h`} />
      <ModalBody>
        {make.data ? (
          <>
            <Banner tone="info">It signs every body and is shown this once.</Banner>
            <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="The secret">
              {make.data.secret}
            </ClipboardCopy>
          </>
        ) : (
          <Form
            id={id}
            onSubmit={(event) => {
              event.preventDefault();
              make.mutate({ name, url, scope, format, ...(severity ? { severity: severityOf(severity) } : {}) });
            }}
          >
            <Field
              label="What it is for"
              value={name}
              onChange={setName}
              error={failure?.fields.get("name")}
              isRequired
            />
            <Field
              label="Address"
              type="url"
              value={url}
              onChange={setUrl}
              hint="Private addresses are refused unless an owner allows them."
              error={failure?.fields.get("url")}
              isRequired
            />
            <SelectField label="Notices of scope" value={scope} onChange={setScope}>
              <option value="">All scopes</option>
              {(scopes?.items ?? [])
                .filter((s) => s.id !== "")
                .map((s) => (
                  <option key={s.id} value={s.id}>
                    {visible(s.id, 96)}
                  </option>
                ))}
            </SelectField>
            <SelectField label="From severity" value={severity} onChange={setSeverity}>
              <option value="">Any</option>
              {SEVERITIES.filter((s) => s !== "unknown" && s !== "negligible").map((s) => (
                <option key={s} value={s}>
                  {SEVERITY_WORDS[s]}
                </option>
              ))}
            </SelectField>
            <SelectField label="Format" value={format} onChange={(v) => setFormat(v === "slack" ? "slack" : "json")}>
              <option value="json">JSON</option>
              <option value="slack">Slack</option>
            </SelectField>
            {failure && failure.fields.size === 0 && <Failed error={failure} what="The webhook" />}
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
              Make webhook
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
