import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { coverageQuery } from "../../api/posture";
import type { Coverage } from "../../api/types";
import { count, counted, of } from "../../format/number";
import { visible } from "../../format/text";
import { HealthBar } from "../../parts/Bars";
import { type Column, DataTable } from "../../parts/DataTable";
import { StateMark } from "../../parts/glyphs";
import layout from "../../parts/layout.module.css";
import { Name } from "../../parts/Name";
import { address, PathLink, place } from "../../parts/PathLink";
import { Stat, Stats } from "../../parts/Stat";
import { Panel, RecordPage } from "../../parts/shapes";
import { Banner, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { PlanState } from "./PlanState";
import { PLAN_WORDS } from "./plan-words";

const route = getRouteApi("/app/coverage");
const to = (path: string) => place(path) ?? { to: "/" };

/** What is looked at, what is not and why, and how far what is shown can be trusted. */
export function CoveragePage() {
  const { scope } = route.useSearch();
  const { data, error, refetch } = useQuery(coverageQuery(scope));
  if (error) return <Failed error={error} what="Coverage" onRetry={() => void refetch()} page />;
  if (!data) return <LoadingRows what="the coverage" />;
  return <Record coverage={data} />;
}

function Record({ coverage }: { coverage: Coverage }) {
  const { assets, feeds, queue } = coverage;
  return (
    <RecordPage
      title="Coverage and trust"
      meta={<span>{visible(coverage.sentence, 400)}</span>}
      stats={
        <Stats label="Images">
          <Stat
            label="Images"
            value={count(assets.total)}
            rows={assets.total}
            sub="in this scope"
            link={to("/images")}
          />
          <Stat
            label="Assessed"
            value={count(assets.assessed)}
            sub="healthy or unhealthy"
            link={to("/recommendations/image.vulnerabilities")}
          />
          <Stat
            label="Not assessed"
            value={count(assets.notAssessed)}
            rows={assets.notAssessed}
            sub={assets.notAssessed === 0 ? "nothing is left out" : "never counted as healthy"}
            link={to(address("/recommendations/image.vulnerabilities", { state: "not_assessed" }))}
            {...(assets.notAssessed > 0 ? { tone: "blind" as const } : {})}
          />
          <Stat
            label="Not applicable"
            value={count(assets.notApplicable)}
            rows={assets.notApplicable}
            sub="need not be looked at"
            link={to(address("/recommendations/image.vulnerabilities", { state: "not_applicable" }))}
          />
        </Stats>
      }
      aside={
        <>
          <Panel id="feeds" title="Vulnerability data" end={<PathLink path="/settings/feeds">Feeds</PathLink>} padded>
            <p className={feeds.state === "fresh" ? "" : layout.blind}>{visible(feeds.sentence, 400)}</p>
            {feeds.newest && (
              <p className={layout.hint}>
                newest record <Time at={feeds.newest} />
              </p>
            )}
          </Panel>
          <Panel id="queue" title="Scans" end={<PathLink path="/queue">Queue</PathLink>}>
            <ul className={layout.rows}>
              <li>
                <span className={layout.grow}>
                  waiting
                  {queue.oldest && (
                    <span className={layout.sub}>
                      the oldest since <Time at={queue.oldest} />
                    </span>
                  )}
                </span>
                <PathLink rows={queue.queued} path={address("/queue", { state: "queued" })}>
                  {count(queue.queued)}
                </PathLink>
              </li>
              <li>
                <span className={layout.grow}>gave up after their last try</span>
                <PathLink className={queue.dead > 0 ? layout.bad : ""} path={address("/queue", { state: "dead" })}>
                  {count(queue.dead)}
                </PathLink>
              </li>
            </ul>
          </Panel>
          {coverage.problems.length > 0 && (
            <Panel id="problems" title="Problems of scans" end="by code">
              <ul className={layout.rows}>
                {coverage.problems.map((problem) => (
                  <li key={problem.code}>
                    <span className={layout.grow}>
                      <Name text={problem.code} mono />
                      <span className={layout.sub}>{counted(problem.count, "time")}</span>
                    </span>
                    <span className={layout.nowrap}>{counted(problem.images, "image")}</span>
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </>
      }
    >
      {assets.total === 0 && (
        <EmptyNew title="Nothing is watched yet">
          <p>
            Connect a registry under <PathLink path="/registries">Registries</PathLink>, or send a catalogue from a
            pipeline: <code>seawall scan IMAGE --publish</code>.
          </p>
        </EmptyNew>
      )}
      {feeds.state !== "fresh" && (
        <Banner tone="blind" actions={<PathLink path="/settings/feeds">See feeds</PathLink>}>
          {feeds.state === "none"
            ? "There is no vulnerability data, so nothing can be called healthy."
            : "The vulnerability data is stale: what was published since is not known."}
        </Banner>
      )}
      {assets.total > 0 && (
        <Panel id="assets" title="Looked at" end={of(assets.assessed, assets.total)} padded>
          <HealthBar
            counts={{
              healthy: assets.assessed,
              not_applicable: assets.notApplicable,
              not_assessed: assets.notAssessed,
            }}
            size="large"
            legend
            words={{ healthy: "assessed" }}
          />
        </Panel>
      )}
      <Causes coverage={coverage} />
      <Plans coverage={coverage} />
      <Registries coverage={coverage} />
    </RecordPage>
  );
}

function Causes({ coverage }: { coverage: Coverage }) {
  type Cause = Coverage["causes"][number];
  const columns: Column<Cause>[] = [
    {
      key: "cause",
      head: "Not assessed, because",
      main: true,
      cell: (row) => (
        <span className={layout.blind}>
          {visible(row.cause, 200)}
          {row.code && row.code !== row.cause && <span className={layout.sub}>{visible(row.code, 96)}</span>}
        </span>
      ),
    },
    {
      key: "count",
      head: "Images",
      numeric: true,
      cell: (row) => (
        <PathLink rows={row.count} path={row.link}>
          {count(row.count)}
        </PathLink>
      ),
    },
  ];
  return (
    <Panel id="causes" title="Why not" end={counted(coverage.causes.length, "cause")}>
      {coverage.causes.length === 0 ? (
        <div className={layout.panelBody}>
          <p className={layout.muted}>Every image is assessed, or need not be.</p>
        </div>
      ) : (
        <DataTable
          label="Causes"
          columns={columns}
          groups={[{ key: "all", rows: coverage.causes }]}
          rowKey={(row) => `${row.code} ${row.cause}`}
          plain
        />
      )}
    </Panel>
  );
}

function Plans({ coverage }: { coverage: Coverage }) {
  type Plan = Coverage["plans"][number];
  const columns: Column<Plan>[] = [
    {
      key: "plan",
      head: "Plan",
      main: true,
      cell: (row) => (
        <>
          <b>{PLAN_WORDS[row.plan] ?? visible(row.plan, 48)}</b>
          <span className={layout.sub}>{visible(row.sentence, 240)}</span>
        </>
      ),
    },
    {
      key: "on",
      head: "Is",
      nowrap: true,
      cell: (row) => <PlanState state={row.state} />,
    },
    { key: "could", head: "Covers", numeric: true, cell: (row) => (row.could > 0 ? of(row.on, row.could) : "–") },
  ];
  return (
    <Panel id="plans" title="Plans" end={<PathLink path="/settings/plans">Plans by scope</PathLink>}>
      <DataTable
        label="Plans"
        columns={columns}
        groups={[{ key: "all", rows: coverage.plans }]}
        rowKey={(row) => row.plan}
        plain
      />
    </Panel>
  );
}

function Registries({ coverage }: { coverage: Coverage }) {
  type Registry = Coverage["registries"][number];
  const columns: Column<Registry>[] = [
    {
      key: "name",
      head: "Registry",
      main: true,
      cell: (row) => (
        <PathLink path={`/registries/${encodeURIComponent(row.id)}`}>
          <Name text={row.name} />
        </PathLink>
      ),
    },
    {
      key: "state",
      head: "State",
      cell: (row) => (
        <>
          {row.state === "ok" ? (
            <StateMark state="healthy">Answers</StateMark>
          ) : row.state === "failing" ? (
            <StateMark state="unhealthy">Fails</StateMark>
          ) : (
            <StateMark state="not_assessed">{row.state === "paused" ? "Paused" : "Not yet read"}</StateMark>
          )}
          {row.detail && <span className={layout.sub}>{visible(row.detail, 240)}</span>}
        </>
      ),
    },
    { key: "since", head: "Since", nowrap: true, cell: (row) => (row.since ? <Time at={row.since} /> : "–") },
    {
      key: "notified",
      head: "Last notification",
      nowrap: true,
      cell: (row) =>
        row.notified ? <Time at={row.notified} /> : <span className={layout.blind}>none yet, polled only</span>,
    },
  ];
  return (
    <Panel id="registries" title="Registries" end={<PathLink path="/registries">All registries</PathLink>}>
      {coverage.registries.length === 0 ? (
        <div className={layout.panelBody}>
          <p className={layout.muted}>No registry is watched.</p>
        </div>
      ) : (
        <DataTable
          label="Registries"
          columns={columns}
          groups={[{ key: "all", rows: coverage.registries }]}
          rowKey={(row) => row.id}
          plain
        />
      )}
    </Panel>
  );
}
