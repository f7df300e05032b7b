import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useId, useState } from "react";
import { Failure } from "../../api/failure";
import {
  newEventsSecret,
  registryQuery,
  removalQuery,
  removeRegistry,
  repositoriesQuery,
  tellRegistry,
} from "../../api/fleet";
import { teamsQuery } from "../../api/posture";
import { useMe } from "../../api/session";
import type { Registry as RegistryRow, Repository } from "../../api/types";
import { count } from "../../format/number";
import { visible } from "../../format/text";
import { HealthBar } from "../../parts/Bars";
import { CountLink } from "../../parts/CountLink";
import { type Column, DataTable } from "../../parts/DataTable";
import { Field } from "../../parts/Field";
import { FilterBar } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import { countsOf } from "../../parts/health";
import { Icon } from "../../parts/Icon";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { Name, Owner } from "../../parts/Name";
import { Stat, Stats } from "../../parts/Stat";
import { Panel, RecordPage } from "../../parts/shapes";
import { Banner, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { FindingsCell, ScopeName } from "./cells";
import styles from "./fleet.module.css";
import { Secret } from "./RegistrySecret";
import { ListOf, RegistryState } from "./registry-words";
import { mayChange } from "./words";

const EditRegistry = lazy(() => import("./AddRegistry").then((module) => ({ default: module.EditRegistry })));
const route = getRouteApi("/app/registries/$registry");

export function Registry() {
  const { registry: id } = route.useParams();
  const { data, error, refetch } = useQuery(registryQuery(id));
  if (error && !data) return <Failed error={error} what="This registry" onRetry={() => void refetch()} page />;
  if (!data)
    return (
      <RecordPage title="Registry">
        <LoadingRows what="the registry" rows={8} />
      </RecordPage>
    );
  return <Record registry={data} />;
}

type Dialog = "edit" | "secret" | "remove";

function Record({ registry }: { registry: RegistryRow }) {
  const { data: me } = useMe();
  const [dialog, setDialog] = useState<Dialog>();
  const may = mayChange(me?.grants, registry.scope);
  return (
    <RecordPage
      title={visible(registry.name, 96)}
      crumbs={[{ key: "registries", node: <Link to="/registries">Registries</Link> }]}
      marks={<RegistryState registry={registry} badge />}
      meta={
        <>
          <span>
            <Name text={registry.address} mono longest={128} />
          </span>
          <ScopeName scope={registry.scope} />
          <span>
            since <Time at={registry.stateSince} />
          </span>
        </>
      }
      actions={may && <Actions registry={registry} onDialog={setDialog} />}
      stats={
        <>
          {registry.state === "failing" && (
            <Banner tone="bad">
              It fails since <Time at={registry.stateSince} />:{" "}
              {visible(registry.stateDetail ?? "no reason is known", 300)}. What was scanned before is still judged;
              what is pushed now is not seen.
            </Banner>
          )}
          {registry.state === "paused" && (
            <Banner tone="info">
              Paused since <Time at={registry.stateSince} />: nothing of it is read or scanned until it goes on.
            </Banner>
          )}
          <Stats label="What is in this registry">
            <Stat
              label="Repositories"
              value={count(registry.repositories)}
              rows={registry.repositories}
              sub="that are watched"
              link={{ to: "/registries/$registry", params: { registry: registry.id }, search: {} }}
            />
            <Stat
              label="Images"
              value={count(registry.images)}
              rows={registry.images}
              sub="in the registry now"
              link={{ to: "/images", search: { registry: registry.id } }}
            />
            <Stat
              label="Unhealthy"
              value={count(registry.states.unhealthy)}
              rows={registry.states.unhealthy}
              sub={`of ${count(registry.images)} images`}
              tone={registry.states.unhealthy > 0 ? "bad" : "plain"}
              link={{ to: "/images", search: { registry: registry.id, state: "unhealthy" } }}
            />
            <Stat
              label="Not assessed"
              value={count(registry.states.notAssessed)}
              rows={registry.states.notAssessed}
              sub={registry.states.notAssessed > 0 ? "their causes stand in the rows" : "all were looked at"}
              tone={registry.states.notAssessed > 0 ? "blind" : "plain"}
              link={{ to: "/images", search: { registry: registry.id, state: "not_assessed" } }}
            />
            <Stat
              label="Not applicable"
              value={count(registry.states.notApplicable)}
              rows={registry.states.notApplicable}
              sub={`not pulled in ${registry.windowDays} days`}
              link={{ to: "/images", search: { registry: registry.id, state: "not_applicable" } }}
            />
            <Stat
              label="Queued"
              value={count(registry.queue)}
              rows={registry.queue}
              sub={registry.queue === 0 ? "nothing waits" : "to be read or scanned"}
              link={{ to: "/queue", search: { registry: registry.id, state: "queued" } }}
            />
          </Stats>
        </>
      }
      aside={<Facts registry={registry} />}
    >
      <Repositories registry={registry} />
      {dialog === "edit" && (
        <Suspense>
          <EditRegistry registry={registry} onClose={() => setDialog(undefined)} />
        </Suspense>
      )}
      {dialog === "secret" && <NewSecret registry={registry} onClose={() => setDialog(undefined)} />}
      {dialog === "remove" && <Remove registry={registry} onClose={() => setDialog(undefined)} />}
    </RecordPage>
  );
}

function Actions({ registry, onDialog }: { registry: RegistryRow; onDialog: (dialog: Dialog) => void }) {
  const queries = useQueryClient();
  const tell = useMutation({
    mutationFn: (what: "poll" | "pause" | "resume") => tellRegistry(registry.id, what),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["registries"] }),
        queries.invalidateQueries({ queryKey: ["jobs"] }),
      ]),
  });
  const paused = registry.state === "paused";
  return (
    <>
      {!paused && (
        <Button
          variant="secondary"
          icon={<Icon name="refresh" />}
          onClick={() => tell.mutate("poll")}
          isLoading={tell.isPending && tell.variables === "poll"}
        >
          {tell.isSuccess && tell.variables === "poll" ? "Reading is queued" : "Read now"}
        </Button>
      )}
      <Button
        variant="secondary"
        {...(paused ? {} : { icon: <Icon name="pause" /> })}
        onClick={() => tell.mutate(paused ? "resume" : "pause")}
      >
        {paused ? "Go on watching" : "Pause"}
      </Button>
      <Button variant="secondary" onClick={() => onDialog("edit")}>
        Change…
      </Button>
      <Button variant="secondary" onClick={() => onDialog("secret")}>
        New events secret…
      </Button>
      <Button variant="link" isDanger onClick={() => onDialog("remove")}>
        Remove…
      </Button>
      {tell.error && (
        <span className={layout.bad} role="alert">
          {tell.error.message}
        </span>
      )}
    </>
  );
}

function Repositories({ registry }: { registry: RegistryRow }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const sort = search.sort ?? "worst";
  const asked = { text: search.text, sort };
  const query = useInfiniteQuery(repositoriesQuery(registry.id, asked));
  const { rows, total, waiting } = useRows(query, (row) => row.id, JSON.stringify([registry.id, asked]));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
  const columns: Column<Repository>[] = [
    {
      key: "name",
      head: "Repository",
      main: true,
      sort: "name",
      cell: (repository) => (
        <Link
          to="/registries/$registry/$repository"
          params={{ registry: registry.id, repository: repository.id }}
          search={{}}
        >
          <Name text={repository.name} />
        </Link>
      ),
    },
    {
      key: "images",
      head: "Images",
      cell: (repository) => (
        <span className={styles.bar}>
          <CountLink
            n={repository.images}
            link={{ to: "/images", search: { registry: registry.id, repository: repository.name } }}
          />
          <HealthBar counts={countsOf(repository.states)} size="small" />
        </span>
      ),
    },
    {
      key: "tags",
      head: "Tags",
      numeric: true,
      cell: (repository) => (
        <CountLink
          n={repository.tags}
          link={{
            to: "/registries/$registry/$repository",
            params: { registry: registry.id, repository: repository.id },
            search: { tab: "tags" },
          }}
          quiet
        />
      ),
    },
    {
      key: "findings",
      head: "Findings",
      sort: "worst",
      cell: (repository) => <FindingsCell state={repository.state} findings={repository.findings} />,
    },
    {
      key: "seen",
      head: "Last seen",
      nowrap: true,
      sort: "newest",
      cell: (repository) => <Time at={repository.lastSeen} />,
    },
  ];
  return (
    <section aria-label="Repositories">
      <FilterBar text={{ key: "text", label: "Find a repository", value: search.text }} fields={[]} onSet={set} />
      <ResultLine>
        {total !== undefined && (
          <span>
            <b>{count(total)}</b>
            {search.text ? ` of ${count(registry.repositories)}` : ""} {total === 1 ? "repository" : "repositories"}
          </span>
        )}
      </ResultLine>
      <OldRows query={query} rows={rows} what="The repositories" />
      <DataTable
        label="Repositories"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(repository) => repository.id}
        sort={{ by: sort, order: sort === "name" ? "asc" : "desc" }}
        oneOrder
        onSort={({ by }) => set("sort", by === "worst" ? undefined : by)}
        onOpen={(repository) =>
          void navigate({
            to: "/registries/$registry/$repository",
            params: { registry: registry.id, repository: repository.id },
            search: {},
          })
        }
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of repositories",
          text: search.text,
          onClear: () => set("text", undefined),
          empty: (
            <EmptyNew title="No repository yet">
              <p>
                {registry.state === "new"
                  ? "It is being read for the first time; its repositories appear here in a moment."
                  : "It holds none that the filters “only these” and “not these” let through."}
              </p>
            </EmptyNew>
          ),
        })}
        foot={
          <Foot
            query={query}
            shown={rows.length}
            total={total}
            one="repository"
            many="repositories"
            keys="j k move, o open, / filter"
          />
        }
      />
    </section>
  );
}

function Facts({ registry }: { registry: RegistryRow }) {
  const { data: owners } = useQuery(teamsQuery);
  const owner = owners?.items.find((one) => one.id === registry.owner)?.name ?? registry.owner;
  return (
    <>
      <Panel id="heard" title="How it is heard" padded>
        <dl className={layout.facts}>
          <dt>Notifications</dt>
          <dd>
            {registry.notified ? <Time at={registry.notified} /> : <span className={layout.blind}>none came yet</span>}
          </dd>
          <dt>Pulls</dt>
          <dd>
            {registry.tellsPulls === true ? (
              "told"
            ) : registry.tellsPulls === false ? (
              <span className={layout.blind}>unknown, so every image is assessed</span>
            ) : (
              <span className={layout.blind}>not known yet</span>
            )}
          </dd>
          <dt>Read</dt>
          <dd>
            {registry.pollMinutes > 0 ? `every ${registry.pollMinutes} min` : "never by itself"}
            {registry.polled && (
              <>
                , last <Time at={registry.polled} />
              </>
            )}
          </dd>
          <dt>Assessed</dt>
          <dd>what was pulled within {registry.windowDays} days</dd>
        </dl>
      </Panel>
      <Panel id="settings" title="Settings" padded>
        <dl className={layout.facts}>
          <dt>Owner</dt>
          <dd>
            <Owner name={owner} />
          </dd>
          <dt>Account</dt>
          <dd>
            {registry.hasCredentials ? (
              <Name text={registry.user ?? "a token"} mono />
            ) : (
              <span className={layout.muted}>reads without a login</span>
            )}
          </dd>
          <dt>TLS</dt>
          <dd>
            {registry.insecure ? (
              <span className={layout.bad}>off, or not checked</span>
            ) : registry.hasCa ? (
              "checked by its own CA"
            ) : (
              "checked"
            )}
          </dd>
          <dt>Writing</dt>
          <dd>
            {registry.anonymousWrite === true ? (
              <span className={layout.bad}>open to anybody</span>
            ) : registry.anonymousWrite === false ? (
              "needs a login"
            ) : (
              <span className={layout.blind}>not known</span>
            )}
          </dd>
          <dt>Only</dt>
          <dd>
            <ListOf items={registry.include} none="all repositories" />
          </dd>
          <dt>Not</dt>
          <dd>
            <ListOf items={registry.exclude} none="nothing is left out" />
          </dd>
          <dt>Other hosts</dt>
          <dd>
            <ListOf items={registry.allowHosts} none="none" />
          </dd>
          <dt>At a time</dt>
          <dd>{registry.concurrency} requests</dd>
        </dl>
      </Panel>
    </>
  );
}

function NewSecret({ registry, onClose }: { registry: RegistryRow; onClose: () => void }) {
  const id = useId();
  const make = useMutation({ mutationFn: () => newEventsSecret(registry.id) });
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby={`${id}-h`}>
      <ModalHeader
        title={make.data ? "Copy the secret now" : "New events secret"}
        labelId={`${id}-h`}
        description={make.data ? "The old one is refused from now on." : ""}
      />
      <ModalBody tabIndex={0} aria-label="Secret">
        {make.data ? (
          <Secret made={make.data} />
        ) : (
          <>
            <p>
              The secret with which {visible(registry.name, 64)} tells Seawall of pushes is replaced. Its notifications
              are refused until its configuration has the new one; what is missed is found at the next reading.
            </p>
            {make.error && <Failed error={make.error} what="The secret" />}
          </>
        )}
      </ModalBody>
      <ModalFooter>
        {make.data ? (
          <Button variant="primary" onClick={onClose}>
            I have copied it
          </Button>
        ) : (
          <>
            <Button variant="primary" onClick={() => make.mutate()} isLoading={make.isPending}>
              Replace the secret
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

/** Removing cannot be undone: it says what goes, and asks for the name. */
function Remove({ registry, onClose }: { registry: RegistryRow; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const id = useId();
  const [name, setName] = useState("");
  const removal = useQuery(removalQuery(registry.id));
  const remove = useMutation({
    mutationFn: () => removeRegistry(registry.id, name),
    onSuccess: async () => {
      await navigate({ to: "/registries", search: {} });
      await queries.invalidateQueries();
    },
  });
  const failure = remove.error ? Failure.of(remove.error) : undefined;
  const rows =
    removal.data &&
    ([
      ["Repositories", removal.data.repositories],
      ["Images", removal.data.images],
      ["Assessments", removal.data.assessments],
      ["Jobs", removal.data.jobs],
    ] as const);
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby={`${id}-h`}>
      <ModalHeader title={`Remove ${visible(registry.name, 64)}`} labelId={`${id}-h`} />
      <ModalBody tabIndex={0} aria-label="What is removed">
        {removal.error ? (
          <Failed error={removal.error} what="What is removed" onRetry={() => void removal.refetch()} />
        ) : !removal.data ? (
          <LoadingRows what="what is removed" rows={3} />
        ) : (
          <div className={styles.told}>
            <p>{visible(removal.data.sentence, 600)}</p>
            <dl className={layout.facts}>
              {rows?.map(([word, n]) => [
                <dt key={word}>{word}</dt>,
                <dd key={`${word} n`} data-numeric>
                  {count(n)}
                </dd>,
              ])}
            </dl>
            <Form
              id={id}
              onSubmit={(event) => {
                event.preventDefault();
                remove.mutate();
              }}
            >
              <Field
                label={`Type “${visible(registry.name, 64)}” to remove it`}
                value={name}
                onChange={setName}
                hint="This cannot be undone. The registry itself is not touched."
                error={failure?.fields.get("name")}
                autoComplete="off"
                isRequired
              />
              {failure && failure.fields.size === 0 && <Failed error={failure} what="The removal" />}
            </Form>
          </div>
        )}
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={id}
          variant="danger"
          isDisabled={name !== registry.name || remove.isPending}
          isLoading={remove.isPending}
        >
          Remove {removal.data ? `${count(removal.data.images)} images` : ""}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
