import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { jobCountsQuery, jobsQuery, registriesQuery, retryJob } from "../../api/fleet";
import { useMe } from "../../api/session";
import type { Job } from "../../api/types";
import { count } from "../../format/number";
import { visible, withShortDigests } from "../../format/text";
import { duration } from "../../format/time";
import { CopyAs } from "../../parts/CopyAs";
import { type Column, DataTable } from "../../parts/DataTable";
import { Drawer } from "../../parts/Drawer";
import { Code } from "../../parts/Evidence";
import { FilterBar, type FilterField } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import { StateMark } from "../../parts/glyphs";
import type { State } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, Picked, useRows } from "../../parts/list";
import { Name } from "../../parts/Name";
import { PathLink } from "../../parts/PathLink";
import { Stat, Stats } from "../../parts/Stat";
import { ListPage } from "../../parts/shapes";
import { EmptyGood, Failed } from "../../parts/states";
import { Time, useNow } from "../../parts/Time";
import styles from "./fleet.module.css";
import { useEscape } from "./Images";
import { useStep } from "./useStep";
import { mayChangeSomewhere } from "./words";

const route = getRouteApi("/app/queue");

const STATES: Record<Job["state"], { state: State; word: string }> = {
  queued: { state: "not_applicable", word: "Queued" },
  leased: { state: "not_applicable", word: "Running" },
  done: { state: "healthy", word: "Done" },
  dead: { state: "unhealthy", word: "Given up" },
};
const KINDS: Record<string, string> = {
  scan: "Scan",
  resolve: "Resolve a tag",
  poll: "Read a registry",
  other: "Other",
};
const PRIORITIES: Record<string, string> = {
  running: "runs somewhere",
  pushed: "was pushed",
  normal: "normal",
  weekly: "weekly look",
};

function JobState({ job, badge = false }: { job: Job; badge?: boolean }) {
  const known = STATES[job.state] ?? STATES.queued;
  return (
    <StateMark state={known.state} badge={badge}>
      {known.word}
    </StateMark>
  );
}

/** Scans and other jobs: what waits, what runs, what was given up. */
export function Queue() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useNow();
  const { data: me } = useMe();
  const may = mayChangeSomewhere(me?.grants);
  const counts = useQuery(jobCountsQuery);
  const registries = useInfiniteQuery(registriesQuery({}));
  const asked = { state: search.state, kind: search.kind, registry: search.registry };
  const query = useInfiniteQuery(jobsQuery(asked));
  const { rows, total, waiting } = useRows(query, (row) => row.id, JSON.stringify(asked));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value, open: undefined, sel: undefined }), resetScroll: false });
  const open = (id: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: id }), resetScroll: false, replace: search.open !== undefined });
  const choose = (chosen: Set<string>) =>
    void navigate({
      search: (old) => ({ ...old, sel: chosen.size > 0 ? [...chosen].join(",") : undefined }),
      replace: true,
      resetScroll: false,
    });
  const chosen = new Set((search.sel ?? "").split(",").filter((id) => id !== ""));
  useEscape(chosen.size > 0 && search.open === undefined, () => choose(new Set()));
  const opened = rows.find((job) => job.id === search.open);
  useStep(
    rows.map((job) => job.id),
    opened?.id,
    open,
  );
  const dead = rows.filter((job) => chosen.has(job.id) && job.state === "dead");
  const fields: FilterField[] = [
    {
      key: "state",
      label: "State",
      kind: "one",
      options: (["queued", "leased", "done", "dead"] as const).map((value) => ({ value, word: STATES[value].word })),
      value: search.state,
    },
    {
      key: "kind",
      label: "Kind",
      kind: "one",
      options: Object.entries(KINDS).map(([value, word]) => ({ value, word })),
      value: search.kind,
    },
    {
      key: "registry",
      label: "Registry",
      kind: "one",
      options: (registries.data?.pages ?? [])
        .flatMap((page) => page.items)
        .map((registry) => ({ value: registry.id, word: visible(registry.name, 64) })),
      value: search.registry,
    },
  ];
  const registryName = (id: string | undefined) =>
    registries.data?.pages.flatMap((page) => page.items).find((registry) => registry.id === id)?.name;
  const clear = () => void navigate({ search: (old) => (old.scope ? { scope: old.scope } : {}), resetScroll: false });
  const columns: Column<Job>[] = [
    {
      key: "job",
      head: "Job",
      main: true,
      cell: (job) => (
        <>
          <route.Link to="." search={(old) => ({ ...old, open: job.id })} resetScroll={false}>
            {KINDS[job.kind] ?? visible(job.kind, 32)}
          </route.Link>
          <span className={layout.sub}>
            <Name text={withShortDigests(job.subject)} mono longest={160} />
          </span>
        </>
      ),
    },
    {
      key: "state",
      head: "State",
      cell: (job) => (
        <>
          <JobState job={job} badge={job.state === "dead"} />
          {job.error && <span className={styles.cause}>{visible(job.error, 160)}</span>}
        </>
      ),
    },
    {
      key: "registry",
      head: "Registry",
      cell: (job) =>
        job.registry ? (
          <Link to="/registries/$registry" params={{ registry: job.registry }} search={{}} className={layout.quiet}>
            <Name text={registryName(job.registry) ?? job.registry} />
          </Link>
        ) : (
          <span className={layout.faint}>–</span>
        ),
    },
    {
      key: "priority",
      head: "Why now",
      nowrap: true,
      cell: (job) => PRIORITIES[job.priority] ?? visible(job.priority, 32),
    },
    {
      key: "attempts",
      head: "Attempts",
      numeric: true,
      cell: (job) => `${job.attempts} of ${job.maxAttempts}`,
    },
    {
      key: "when",
      head: "Since",
      nowrap: true,
      cell: (job) => (
        <>
          <Time at={job.finished ?? job.created} />
          {!job.finished && job.notBefore && new Date(job.notBefore) > now && (
            <span className={layout.sub}>
              again <Time at={job.notBefore} />
            </span>
          )}
        </>
      ),
    },
  ];
  const here = { to: "/queue" } as const;
  const oldest = counts.data?.oldestQueued;
  return (
    <ListPage
      title="Scans and queue"
      meta={
        <>
          <span>
            {counts.data === undefined
              ? "What waits to be read or scanned."
              : counts.data.queued === 0
                ? "Nothing waits."
                : oldest
                  ? `The oldest waits for ${duration(Math.max(0, now.getTime() - new Date(oldest).getTime()))}.`
                  : `${count(counts.data.queued)} wait.`}
          </span>
          <PathLink path="/settings/feeds" className={layout.quiet}>
            Feeds that the results are judged by
          </PathLink>
        </>
      }
      actions={<CopyAs path="/api/v1/jobs" asked={asked} />}
      filters={
        <>
          <Stats label="Jobs by state">
            <Stat
              label="Queued"
              value={counts.data && count(counts.data.queued)}
              rows={counts.data?.queued}
              sub={
                oldest ? (
                  <>
                    oldest from <Time at={oldest} />
                  </>
                ) : (
                  "nothing waits"
                )
              }
              link={{ ...here, search: { state: "queued" } }}
            />
            <Stat
              label="Running"
              value={counts.data && count(counts.data.leased)}
              rows={counts.data?.leased}
              sub="at this moment"
              link={{ ...here, search: { state: "leased" } }}
            />
            <Stat
              label="Given up"
              value={counts.data && count(counts.data.dead)}
              rows={counts.data?.dead}
              sub={counts.data && counts.data.dead > 0 ? "after their last attempt" : "none failed for good"}
              tone={counts.data && counts.data.dead > 0 ? "bad" : "plain"}
              link={{ ...here, search: { state: "dead" } }}
            />
            <Stat
              label="Done"
              value={counts.data && count(counts.data.done)}
              rows={counts.data?.done}
              sub="that are still kept"
              link={{ ...here, search: { state: "done" } }}
            />
          </Stats>
          {counts.error && <Failed error={counts.error} what="The counts" onRetry={() => void counts.refetch()} />}
          <div className={layout.section}>
            <FilterBar fields={fields} onSet={set} />
          </div>
          <ResultLine>
            {total !== undefined && (
              <span>
                <b>{count(total)}</b> {total === 1 ? "job" : "jobs"}
              </span>
            )}
          </ResultLine>
          <OldRows query={query} rows={rows} what="The jobs" />
        </>
      }
    >
      <DataTable
        label="Jobs"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(job) => job.id}
        onOpen={(job) => open(job.id)}
        openKey={search.open}
        selection={may ? { chosen, onChoose: choose, name: (job) => visible(job.subject, 96) } : undefined}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of jobs",
          filters: fields,
          onClear: clear,
          empty: (
            <EmptyGood title="No job">
              <p>Nothing waits, runs or failed. Jobs that are done are kept for a while, then forgotten.</p>
            </EmptyGood>
          ),
        })}
        foot={<Foot query={query} shown={rows.length} total={total} one="job" keys="j k move, o open, x select" />}
      />
      <Picked n={chosen.size} onClear={() => choose(new Set())}>
        <Retry jobs={dead} all={chosen.size} onDone={() => choose(new Set())} />
      </Picked>
      {opened && <JobDrawer job={opened} may={may} onClose={() => open(undefined)} />}
    </ListPage>
  );
}

/** Only what was given up can be tried again; the button says how many of the chosen that are. */
function Retry({ jobs, all, onDone }: { jobs: Job[]; all: number; onDone: () => void }) {
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () => Promise.all(jobs.map((job) => retryJob(job.id))),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["jobs"] });
      onDone();
    },
  });
  return (
    <>
      <Button
        variant="secondary"
        size="sm"
        onClick={() => retry.mutate()}
        isDisabled={jobs.length === 0 || retry.isPending}
        isLoading={retry.isPending}
      >
        Try {count(jobs.length)} again
      </Button>
      {jobs.length < all && <span className={layout.hint}>Only what was given up can be tried again.</span>}
      {retry.error && (
        <span className={layout.bad} role="alert">
          {retry.error.message}
        </span>
      )}
    </>
  );
}

function JobDrawer({ job, may, onClose }: { job: Job; may: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () => retryJob(job.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  return (
    <Drawer
      over={KINDS[job.kind] ?? visible(job.kind, 32)}
      title={visible(job.subject, 160)}
      onClose={onClose}
      foot={
        <>
          {job.state === "dead" && may && (
            <Button variant="primary" onClick={() => retry.mutate()} isLoading={retry.isPending}>
              Try again
            </Button>
          )}
          {job.image && (
            <Link to="/images/$image" params={{ image: job.image }} search={{}} className={layout.button}>
              Open the image
            </Link>
          )}
          {job.registry && (
            <Link to="/registries/$registry" params={{ registry: job.registry }} search={{}} className={layout.button}>
              Open the registry
            </Link>
          )}
        </>
      }
    >
      {retry.error && <Failed error={retry.error} what="The next attempt" />}
      <p>
        <JobState job={job} badge />
      </p>
      {job.error && (
        <div>
          <h3>What went wrong</h3>
          <Code text={job.error} copy />
        </div>
      )}
      <dl className={layout.facts}>
        <dt>Attempts</dt>
        <dd>
          {job.attempts} of {job.maxAttempts}
        </dd>
        <dt>Queued</dt>
        <dd>
          <Time at={job.created} />
        </dd>
        {job.notBefore &&
          !job.finished && [
            <dt key="n">Not before</dt>,
            <dd key="nd">
              <Time at={job.notBefore} />
            </dd>,
          ]}
        {job.finished && [
          <dt key="f">Ended</dt>,
          <dd key="fd">
            <Time at={job.finished} />
          </dd>,
        ]}
        <dt>Why now</dt>
        <dd>{PRIORITIES[job.priority] ?? visible(job.priority, 32)}</dd>
        <dt>Number</dt>
        <dd>
          <Name text={job.id} mono />
        </dd>
      </dl>
    </Drawer>
  );
}
