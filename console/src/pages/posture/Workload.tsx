import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { prevalentQuery } from "../../api/fleet";
import { coverageQuery, feedsQuery, recommendationsQuery } from "../../api/posture";
import type { Coverage, Recommendation } from "../../api/types";
import { count, counted, of } from "../../format/number";
import { visible } from "../../format/text";
import { HealthBar } from "../../parts/Bars";
import { type Column, DataTable } from "../../parts/DataTable";
import { SeverityMark, StateMark } from "../../parts/glyphs";
import { Icon, type IconName } from "../../parts/Icon";
import { LinkButton } from "../../parts/LinkButton";
import layout from "../../parts/layout.module.css";
import { Name } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { severityOf } from "../../parts/severity";
import { Panel, RecordPage } from "../../parts/shapes";
import { Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { PlanState } from "./PlanState";
import { PLAN_HINTS, PLAN_WORDS } from "./plan-words";
import styles from "./posture.module.css";

const route = getRouteApi("/app/workload");

/** What is protected, what each protection finds, what is most common, and what comes in. */
export function Workload() {
  const { scope } = route.useSearch();
  const coverage = useQuery(coverageQuery(scope));
  const controls = useQuery(recommendationsQuery({ scope, state: "all" }));
  return (
    <RecordPage
      title="Workload protections"
      meta={<span>What is covered, what each protection finds, and what comes in.</span>}
      aside={
        <>
          <Insights scope={scope} />
          <Inputs coverage={coverage.data} />
        </>
      }
    >
      <Panel id="coverage" title="Coverage" end={<PathLink path="/settings/plans">Plans by scope</PathLink>}>
        {coverage.error ? (
          <Failed error={coverage.error} what="Coverage" onRetry={() => void coverage.refetch()} />
        ) : !coverage.data ? (
          <LoadingRows what="the coverage" rows={4} />
        ) : (
          <Covered coverage={coverage.data} />
        )}
      </Panel>
      <section aria-labelledby="protections-h">
        <div className={styles.sectionHead}>
          <h2 id="protections-h">Protections</h2>
          <span className={layout.hint}>each number opens its rows</span>
        </div>
        {controls.error ? (
          <Failed error={controls.error} what="The protections" onRetry={() => void controls.refetch()} />
        ) : !controls.data ? (
          <LoadingRows what="the protections" rows={4} />
        ) : (
          <div className={styles.tiles}>
            {[...controls.data.items]
              .sort((a, b) => b.states.unhealthy - a.states.unhealthy)
              .map((item) => (
                <Tile key={item.control} item={item} />
              ))}
          </div>
        )}
      </section>
    </RecordPage>
  );
}

function Covered({ coverage }: { coverage: Coverage }) {
  type Plan = Coverage["plans"][number];
  const columns: Column<Plan>[] = [
    {
      key: "plan",
      head: "Resource type",
      main: true,
      cell: (row) => (
        <>
          <b>{PLAN_WORDS[row.plan] ?? visible(row.plan, 48)}</b>
          {PLAN_HINTS[row.plan] && <span className={layout.sub}>{PLAN_HINTS[row.plan]}</span>}
        </>
      ),
    },
    {
      key: "on",
      head: "Plan",
      nowrap: true,
      cell: (row) => <PlanState state={row.state} />,
    },
    {
      key: "sentence",
      head: "Covered",
      cell: (row) => (
        <>
          {row.plan === "registries" && coverage.assets.total > 0 && (
            <HealthBar
              counts={{
                healthy: coverage.assets.assessed,
                not_assessed: coverage.assets.notAssessed,
                not_applicable: coverage.assets.notApplicable,
              }}
              words={{ healthy: "assessed" }}
            />
          )}
          <span className={`${layout.block} ${row.state === "partial" ? layout.blind : ""}`}>
            {visible(row.sentence, 240)}
          </span>
        </>
      ),
    },
    {
      key: "do",
      head: "Action",
      nowrap: true,
      cell: (row) =>
        row.state !== "off" && row.state !== "partial" ? (
          ""
        ) : (
          <LinkButton path="/settings/plans" small>
            Turn on…
          </LinkButton>
        ),
    },
  ];
  return (
    <DataTable
      label="Coverage by resource type"
      columns={columns}
      groups={[{ key: "all", rows: coverage.plans }]}
      rowKey={(row) => row.plan}
      plain
    />
  );
}

const ICONS: Record<string, IconName> = {
  "image.vulnerabilities": "image",
  "image.malware": "alert",
  "image.root-user": "user",
  "image.secrets-in-config": "key",
  "image.end-of-life": "clock",
  "image.stale-base": "refresh",
  "image.unsupported": "blind",
  "image.no-owner": "scope",
  "registry.tls": "lock",
  "registry.anonymous-write": "registry",
};

function Tile({ item }: { item: Recommendation }) {
  const judged = item.states.healthy + item.states.unhealthy;
  return (
    <PathLink
      className={styles.tile}
      rows={item.states.unhealthy}
      path={address(`/recommendations/${encodeURIComponent(item.control)}`, { state: "unhealthy" })}
    >
      <span className={styles.tileName}>
        <Icon name={ICONS[item.control] ?? "shield"} />
        {visible(item.title, 96)}
      </span>
      <span className={styles.tileValue}>{count(item.states.unhealthy)}</span>
      <span className={styles.tileSub}>
        {judged === 0 ? "none judged" : `unhealthy of ${count(judged)}`}
        {item.states.notAssessed > 0 && (
          <span className={layout.blind}>, {count(item.states.notAssessed)} not assessed</span>
        )}
        {item.preview && ", preview"}
      </span>
    </PathLink>
  );
}

function Insights({ scope }: { scope: string | undefined }) {
  const common = useInfiniteQuery(prevalentQuery({ scope }, 4));
  const exploited = useInfiniteQuery(prevalentQuery({ scope, kev: true }, 3));
  const list = common.data?.pages[0]?.items ?? [];
  const kev = exploited.data?.pages[0]?.items ?? [];
  const row = (item: (typeof list)[number]) => (
    <li key={item.id}>
      <span className={layout.grow}>
        <PathLink path={`/cve/${encodeURIComponent(item.id)}`}>
          <Name text={item.id} />
        </PathLink>{" "}
        <SeverityMark severity={severityOf(item.severity)} />
        <span className={layout.sub}>{visible(item.title, 120)}</span>
      </span>
      <PathLink rows={item.images} className={layout.nowrap} path={address("/images", { cve: item.id })}>
        {counted(item.images, "image")}
      </PathLink>
    </li>
  );
  const lists = [
    {
      id: "exploited",
      title: "Known exploited",
      query: exploited,
      rows: kev,
      none: "None that is known to be exploited.",
    },
    { id: "common", title: "Most prevalent", query: common, rows: list, none: "No vulnerability was found." },
  ];
  return (
    <>
      {lists.map((part) => (
        <Panel
          key={part.id}
          id={part.id}
          title={part.title}
          end={
            <PathLink path={address("/cve", { sort: "images", ...(part.id === "exploited" ? { kev: true } : {}) })}>
              All
            </PathLink>
          }
        >
          {part.query.error ? (
            <Failed error={part.query.error} what="The vulnerabilities" onRetry={() => void part.query.refetch()} />
          ) : !part.query.data ? (
            <LoadingRows what="the vulnerabilities" rows={3} />
          ) : part.rows.length === 0 ? (
            <div className={layout.panelBody}>
              <p className={layout.muted}>{part.none}</p>
            </div>
          ) : (
            <ul className={layout.rows}>{part.rows.map(row)}</ul>
          )}
        </Panel>
      ))}
    </>
  );
}

function Inputs({ coverage }: { coverage: Coverage | undefined }) {
  const { data: feeds } = useQuery(feedsQuery);
  const stale = feeds?.sources.filter((source) => source.stale).length ?? 0;
  return (
    <Panel id="inputs" title="Inputs" end={<PathLink path="/coverage">Coverage and trust</PathLink>}>
      <ul className={layout.rows}>
        {(coverage?.registries ?? []).map((registry) => (
          <li key={registry.id}>
            {registry.state === "ok" ? (
              <StateMark state="healthy">Live</StateMark>
            ) : (
              <StateMark state="not_assessed">Blind</StateMark>
            )}
            <span className={layout.grow}>
              <PathLink className={layout.quiet} path={`/registries/${encodeURIComponent(registry.id)}`}>
                <Name text={registry.name} />
              </PathLink>
              {registry.detail && <span className={layout.sub}>{visible(registry.detail, 120)}</span>}
            </span>
            <span className={layout.end}>{registry.notified ? <Time at={registry.notified} /> : "polled"}</span>
          </li>
        ))}
        {feeds && (
          <li>
            {feeds.state === "fresh" ? (
              <StateMark state="healthy">Live</StateMark>
            ) : (
              <StateMark state="not_assessed">Blind</StateMark>
            )}
            <span className={layout.grow}>
              <PathLink className={layout.quiet} path="/settings/feeds">
                Vulnerability feeds
              </PathLink>
              <span className={layout.sub}>{visible(feeds.sentence, 160)}</span>
            </span>
            <span className={layout.end}>
              {stale > 0 ? `${of(stale, feeds.sources.length)} stale` : counted(feeds.sources.length, "feed")}
            </span>
          </li>
        )}
      </ul>
    </Panel>
  );
}
