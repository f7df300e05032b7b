import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { assessedQuery, recommendationQuery, scoreQuery } from "../../api/posture";
import type { Assessed, RecommendationDetail } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible, withShortDigests } from "../../format/text";
import { forPage } from "../../frame/keys";
import { HealthBar } from "../../parts/Bars";
import { type Column, DataTable } from "../../parts/DataTable";
import { Code } from "../../parts/Evidence";
import { Chip, Filters, TextFilter } from "../../parts/Filters";
import { SeverityMark } from "../../parts/glyphs";
import { countsOf, STATE_WORDS, type State } from "../../parts/health";
import { Icon, type IconName } from "../../parts/Icon";
import { LiveBar } from "../../parts/LiveBar";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Name, Owner } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { scopeWord } from "../../parts/roles";
import { severityOf } from "../../parts/severity";
import { Panel, RecordPage } from "../../parts/shapes";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { useSteady } from "../../parts/steady";
import { Tabs } from "../../parts/Tabs";
import { Time } from "../../parts/Time";
import { Trend } from "../../parts/Trend";
import { assetPlace, assetWord, causeWord, gained } from "../../parts/words";
import { ExemptDialog, type ExemptTarget } from "./ExemptDialog";
import styles from "./posture.module.css";
import { RuleDialog } from "./RuleDialog";

const route = getRouteApi("/app/recommendations/$control");

const TABS: { state: State; word: string }[] = [
  { state: "unhealthy", word: "Unhealthy" },
  { state: "healthy", word: "Healthy" },
  { state: "not_applicable", word: "Not applicable" },
  { state: "not_assessed", word: "Not assessed" },
];

const KINDS: Record<string, IconName> = { image: "image", repository: "repo", registry: "registry", host: "host" };

/** One recommendation: whom it hits, how to repair it, how it went, and what is exempt. */
export function Recommendation() {
  const { control } = route.useParams();
  const { scope } = route.useSearch();
  const { data, error, refetch } = useQuery(recommendationQuery(control, scope));
  if (error) return <Failed error={error} what="This recommendation" onRetry={() => void refetch()} page />;
  if (!data) return <LoadingRows what="the recommendation" />;
  return <Record detail={data} />;
}

function Record({ detail }: { detail: RecommendationDetail }) {
  const search = route.useSearch();
  const { data: score } = useQuery(scoreQuery(search.scope));
  const [exempting, setExempting] = useState<ExemptTarget>();
  const [disabling, setDisabling] = useState(false);
  const control = { id: detail.control, title: detail.title };
  const all: ExemptTarget = { control, ...(search.scope ? { scope: search.scope } : {}) };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "e" || !forPage(event)) return;
      event.preventDefault();
      setExempting({
        control: { id: detail.control, title: detail.title },
        ...(search.scope ? { scope: search.scope } : {}),
      });
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [detail.control, detail.title, search.scope]);

  const group = detail.detail.group;
  const vulnerabilities = detail.control.includes("vulnerabilities");
  return (
    <RecordPage
      title={visible(detail.title, 160)}
      crumbs={[
        {
          key: "all",
          node: <PathLink path={address("/recommendations", { tab: "control" })}>Recommendations</PathLink>,
        },
        {
          key: "group",
          node: (
            <PathLink path={address("/recommendations", { tab: "control", open: group.id })}>
              {visible(group.title, 96)}
            </PathLink>
          ),
        },
      ]}
      marks={
        <>
          <SeverityMark severity={severityOf(detail.severity)} badge />
          {detail.preview && <span className={`${layout.badge} ${layout.badgeLine}`}>Preview, not in the score</span>}
        </>
      }
      meta={
        <>
          <code>{visible(detail.control, 96)}</code>
          {detail.since && (
            <span>
              open since <Time at={detail.since} />
            </span>
          )}
          <PathLink path={address("/rules", { tab: "exemptions", control: detail.control })}>
            {count(detail.exempt)} exempt
          </PathLink>
          {detail.hidden > 0 && (
            <PathLink path={address("/rules", { tab: "rules" })}>
              {counted(detail.hidden, "finding")} hidden by rules
            </PathLink>
          )}
        </>
      }
      actions={
        <>
          {vulnerabilities && (
            <Button variant="secondary" onClick={() => setDisabling(true)}>
              Disable findings…
            </Button>
          )}
          <Button variant="secondary" icon={<Icon name="exempt" />} onClick={() => setExempting(all)}>
            Exempt… <kbd>e</kbd>
          </Button>
        </>
      }
      aside={<Aside detail={detail} max={score?.max ?? 0} />}
    >
      <section className={layout.panel} aria-label="What it is about">
        <div className={layout.panelBody}>
          <p className={layout.lede}>{visible(detail.detail.description, 2_000)}</p>
          <div className={styles.health}>
            <HealthBar counts={countsOf(detail.states)} size="large" legend />
          </div>
        </div>
      </section>
      <Assets detail={detail} onExempt={setExempting} />
      {exempting && <ExemptDialog target={exempting} onClose={() => setExempting(undefined)} />}
      {disabling && <RuleDialog scope={search.scope} onClose={() => setDisabling(false)} />}
    </RecordPage>
  );
}

function Assets({ detail, onExempt }: { detail: RecommendationDetail; onExempt: (target: ExemptTarget) => void }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const state = search.state ?? "unhealthy";
  const asked = { state, scope: search.scope, owner: search.owner, text: search.text, code: search.code };
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    assessedQuery(detail.control, asked),
  );
  const now = data?.pages.flatMap((page) => page.items) ?? [];
  const list = useSteady(now, (row) => row.assetId, JSON.stringify([asked, data?.pages.length]));
  const counts = countsOf(detail.states);
  const judged = state === "unhealthy" || state === "healthy";

  const columns: Column<Assessed>[] = [
    {
      key: "asset",
      head: "Asset",
      main: true,
      cell: (row) => (
        <>
          <PathLink path={row.link}>
            <Icon name={KINDS[row.kind] ?? "box"} small /> <Name text={withShortDigests(row.name)} />
          </PathLink>
          <span className={layout.sub} title={visible(row.assetId)}>
            <bdi>{visible(assetPlace(row.assetId), 200)}</bdi>
          </span>
        </>
      ),
    },
    {
      key: "cause",
      head: judged ? "What was found" : "Because",
      cell: (row) => (
        <span className={row.state === "not_assessed" ? layout.blind : ""}>
          {visible(causeWord(row.cause), 200) || "–"}
          {(row.findings > 0 || row.hidden > 0) && (
            <span className={layout.sub}>
              {counted(row.findings, "finding")}
              {row.hidden > 0 && `, ${count(row.hidden)} hidden`}
            </span>
          )}
          {row.notes?.map((note) => (
            <span key={note} className={layout.sub}>
              {visible(note, 200)}
            </span>
          ))}
        </span>
      ),
    },
    { key: "scope", head: "Scope", cell: (row) => <Name text={scopeWord(row.scope)} /> },
    {
      key: "owner",
      head: "Team",
      nowrap: true,
      cell: (row) => (
        <PathLink
          className={layout.quiet}
          path={address(`/recommendations/${encodeURIComponent(detail.control)}`, {
            state,
            text: search.text,
            owner: row.owner?.id ?? "none",
          })}
        >
          <Owner name={row.owner?.name} />
        </PathLink>
      ),
    },
    { key: "since", head: "Since", nowrap: true, cell: (row) => (row.since ? <Time at={row.since} /> : "–") },
    {
      key: "do",
      head: "Action",
      nowrap: true,
      cell: (row) =>
        row.exemption ? (
          <PathLink path={address("/rules", { tab: "exemptions", open: row.exemption })}>exempt</PathLink>
        ) : row.state === "unhealthy" ? (
          <Button
            variant="secondary"
            size="sm"
            aria-label={`Exempt… ${visible(withShortDigests(row.name), 64)}`}
            onClick={() =>
              onExempt({
                control: { id: detail.control, title: detail.title },
                asset: { id: row.assetId, name: row.name },
              })
            }
          >
            Exempt…
          </Button>
        ) : (
          ""
        ),
    },
  ];
  const filters = [
    ...(search.text ? [`text: ${visible(search.text, 64)}`] : []),
    ...(search.owner ? ["team"] : []),
    ...(search.code ? [`cause: ${visible(search.code, 64)}`] : []),
  ];
  const ownerName =
    search.owner === "none"
      ? "no owner"
      : (now.find((row) => row.owner?.id === search.owner)?.owner?.name ?? search.owner ?? "");
  const word = STATE_WORDS[state].toLowerCase();
  const shown = error ? (
    <Failed
      error={error}
      what="The list of assets"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the assets" />
  ) : list.rows.length === 0 ? (
    filters.length > 0 ? (
      <EmptyFiltered
        filters={filters}
        onClear={() =>
          void navigate({ search: (old) => ({ ...old, text: undefined, owner: undefined, code: undefined }) })
        }
      />
    ) : (
      <EmptyGood title={`No asset is ${word}`}>
        <p>
          {count(detail.states.healthy)} healthy, {count(detail.states.unhealthy)} unhealthy,{" "}
          {count(detail.states.notApplicable)} not applicable; {count(detail.states.notAssessed)} could not be assessed.
        </p>
      </EmptyGood>
    )
  ) : undefined;
  return (
    <div>
      <Tabs
        label="Assets by state"
        current={state}
        tabs={TABS.map((tab) => ({
          key: tab.state,
          word: tab.word,
          n: counts[tab.state],
          link: {
            to: "/recommendations/$control",
            params: { control: detail.control },
            search: { state: tab.state },
          },
        }))}
      />
      <Filters>
        <TextFilter
          label="Filter assets"
          value={search.text ?? ""}
          onChange={(text) => void navigate({ search: (old) => ({ ...old, text: text || undefined }) })}
        />
        {search.owner && (
          <Chip
            name="Team"
            value={visible(ownerName, 64)}
            onRemove={() => void navigate({ search: (old) => ({ ...old, owner: undefined }) })}
          />
        )}
        {search.code && (
          <Chip
            name="Cause"
            value={visible(search.code, 64)}
            onRemove={() => void navigate({ search: (old) => ({ ...old, code: undefined }) })}
          />
        )}
      </Filters>
      <LiveBar list={list} />
      <DataTable
        label={`Assets that are ${word}`}
        columns={columns}
        groups={[{ key: "all", rows: list.rows }]}
        rowKey={(row) => row.assetId}
        state={shown}
        foot={
          list.rows.length > 0 && (
            <More
              shown={list.rows.length}
              total={data?.pages[0]?.total}
              noun="assets"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
    </div>
  );
}

/** A link to outside is a link only where it is a web address. */
function Reference({ title, url }: { title: string; url: string }) {
  return /^https?:\/\//.test(url) ? (
    <a href={url} rel="noreferrer noopener" target="_blank">
      {visible(title || url, 96)} <Icon name="out" small />
      <span className="pf-v6-screen-reader"> (opens another site)</span>
    </a>
  ) : (
    <span>{visible(title || url, 96)}</span>
  );
}

function Aside({ detail, max }: { detail: RecommendationDetail; max: number }) {
  const { detail: text } = detail;
  return (
    <>
      <Panel id="fix" title="Fix" padded>
        {text.remediation.text && !text.remediation.steps[0]?.startsWith(text.remediation.text) && (
          <p>{visible(text.remediation.text, 1_000)}</p>
        )}
        <ol className={styles.steps}>
          {text.remediation.steps.map((step) => (
            <li key={step}>
              <Step text={step} />
            </li>
          ))}
        </ol>
        {detail.control.includes("vulnerabilities") && (
          <p className={styles.after}>
            <PathLink path="/recommendations">What to do first, by fix</PathLink>
          </p>
        )}
      </Panel>
      <Panel id="why" title="Why" padded>
        <dl className={layout.facts}>
          <dt>Worth</dt>
          <dd>
            {detail.preview ? (
              "nothing while it is a preview"
            ) : (
              <>
                <span className={detail.gain > 0 ? styles.gain : ""}>{gained(detail.gain, max)}</span> of the score
                {detail.score !== undefined && `, which would be ${detail.score.toFixed(1)} %`}
              </>
            )}
          </dd>
          <dt>Group</dt>
          <dd>
            {visible(text.group.title, 96)}, {text.group.max} {text.group.max === 1 ? "point" : "points"}
          </dd>
          {text.parameters.map((parameter) => (
            <Parameter key={parameter.name} parameter={parameter} />
          ))}
          {text.standards !== undefined && text.standards.length > 0 && (
            <>
              <dt>Mapped to</dt>
              <dd>{text.standards.map((standard) => visible(standard, 96)).join(", ")}</dd>
            </>
          )}
          {text.references.length > 0 && (
            <>
              <dt>Read</dt>
              <dd>
                <ul>
                  {text.references.map((reference) => (
                    <li key={reference.url}>
                      <Reference {...reference} />
                    </li>
                  ))}
                </ul>
              </dd>
            </>
          )}
        </dl>
      </Panel>
      <Panel id="history" title="History" end="unhealthy assets" padded>
        <Trend
          narrow
          label="Unhealthy assets"
          unit="unhealthy"
          points={detail.trend.map((point) => ({ at: point.day, value: point.unhealthy }))}
        />
      </Panel>
      {detail.exemptions.length > 0 && (
        <Panel
          id="exempt"
          title="Exemptions"
          end={<PathLink path={address("/rules", { tab: "exemptions", control: detail.control })}>All</PathLink>}
        >
          <ul className={layout.rows}>
            {detail.exemptions.slice(0, 5).map((exemption) => (
              <li key={exemption.id}>
                <span className={layout.grow}>
                  <PathLink path={address("/rules", { tab: "exemptions", open: exemption.id })}>
                    <Name text={exemption.assetId ? assetWord(exemption.assetId) : scopeWord(exemption.scope ?? "")} />
                  </PathLink>
                  <span className={layout.sub}>{visible(exemption.reason, 160)}</span>
                </span>
                <span className={layout.end}>
                  {exemption.expires ? (
                    <>
                      until <Time at={exemption.expires} />
                    </>
                  ) : (
                    "no end"
                  )}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

function Parameter({ parameter }: { parameter: RecommendationDetail["detail"]["parameters"][number] }) {
  const same = String(parameter.value) === String(parameter.default);
  const word = (value: unknown) => (value === true ? "yes" : value === false ? "no" : visible(String(value), 64));
  return (
    <>
      <dt>{visible(parameter.title || parameter.name, 64)}</dt>
      <dd>
        {word(parameter.value)}
        {!same && <span className={layout.sub}>default {word(parameter.default)}</span>}
      </dd>
    </>
  );
}

/** A step of a remediation; its command, after a line break, can be copied. */
function Step({ text }: { text: string }) {
  const [task = "", ...command] = text.split("\n");
  return (
    <>
      {visible(task, 600)}
      {command.length > 0 && <Code text={command.join("\n")} copy />}
    </>
  );
}
