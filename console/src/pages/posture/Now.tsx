import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import {
  coverageQuery,
  fixesQuery,
  fixSummaryQuery,
  noticesQuery,
  scoreHistoryQuery,
  scoreQuery,
  seeNotice,
} from "../../api/posture";
import type { Coverage, Fix, Notice } from "../../api/types";
import { count, counted, delta } from "../../format/number";
import { titled, visible } from "../../format/text";
import { needing, ranked, THINGS } from "../../frame/things";
import { visit } from "../../frame/visit";
import { type Column, DataTable } from "../../parts/DataTable";
import { percent } from "../../parts/Effect";
import { SeverityMark } from "../../parts/glyphs";
import { Icon } from "../../parts/Icon";
import { LinkButton } from "../../parts/LinkButton";
import layout from "../../parts/layout.module.css";
import { address, PathLink, place } from "../../parts/PathLink";
import { Progress } from "../../parts/Progress";
import { scopeWord } from "../../parts/roles";
import { severityOf, total } from "../../parts/severity";
import { Panel } from "../../parts/shapes";
import { EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { useToast } from "../../parts/Toasts";
import { Trend } from "../../parts/Trend";
import { mark, points } from "../../parts/words";
import { FixMarks, fixSub } from "./fix-words";
import styles from "./posture.module.css";

const route = getRouteApi("/app/");

/** Things that are shown before the rest is counted. */
const SHOWN = 5;
/** Days of the score's line. */
const DAYS = 90;

/** What needs a person, what changed since the last visit, what to do next, and what nobody can see. */
export function Now() {
  const { scope } = route.useSearch();
  const [before, setBefore] = useState<string>();
  useEffect(() => {
    document.title = "Now · Seawall";
    setBefore(visit(new Date()));
  }, []);
  const notices = useInfiniteQuery(noticesQuery({ scope, unread: true }, THINGS));
  const coverage = useQuery(coverageQuery(scope));
  const unread = notices.data?.pages.flatMap((page) => page.items) ?? [];
  const need = needing(unread).length;
  const rest = unread.length - need;
  return (
    <>
      <div className={styles.sentence}>
        <h1>
          {!notices.data
            ? "What needs you"
            : need === 0
              ? "Nothing needs you now."
              : `${count(need)} ${need === 1 ? "thing needs" : "things need"} you.`}
          {notices.data && rest > 0 && <span> {count(rest)} more can wait.</span>}
        </h1>
        <Watching coverage={coverage.data} />
      </div>
      <div className={layout.split}>
        <div className={layout.stack}>
          <Things
            notices={ranked(unread)}
            total={notices.data?.pages[0]?.total ?? unread.length}
            error={notices.error}
            loaded={notices.data !== undefined}
            coverage={coverage.data}
            onRetry={() => void notices.refetch()}
          />
          <Since before={before} notices={unread} scope={scope} />
          <BestFixes scope={scope} />
        </div>
        <div className={layout.stack}>
          <BlindSpots coverage={coverage.data} error={coverage.error} onRetry={() => void coverage.refetch()} />
          <ScorePanel scope={scope} />
        </div>
      </div>
    </>
  );
}

/** Coverage counts as not assessed what could not be judged by its vulnerabilities. */
const NOT_ASSESSED = address("/recommendations/image.vulnerabilities", { state: "not_assessed" });

function Watching({ coverage }: { coverage: Coverage | undefined }) {
  if (!coverage) return null;
  const { assets } = coverage;
  return (
    <p>
      Watching{" "}
      <PathLink rows={assets.total} path={address("/inventory", { kind: "image" })}>
        {counted(assets.total, "image")}
      </PathLink>
      {assets.notAssessed > 0 ? (
        <>
          ;{" "}
          <PathLink rows={assets.notAssessed} path={NOT_ASSESSED}>
            {count(assets.notAssessed)} of them not assessed
          </PathLink>
        </>
      ) : assets.total > 0 ? (
        ", all of them assessed or not applicable"
      ) : null}
      .
    </p>
  );
}

/** What the button of a thing says: where it leads. */
function openWord(link: string): string {
  if (link.startsWith("/fixes/")) return "Open fix";
  if (link.startsWith("/cve/")) return "Who is hit";
  if (link.startsWith("/recommendations/")) return "See what turned";
  if (link.startsWith("/registries/")) return "Open registry";
  if (link.startsWith("/settings/feeds")) return "See feeds";
  return "Open";
}

function Things({
  notices,
  total,
  error,
  loaded,
  coverage,
  onRetry,
}: {
  notices: Notice[];
  /** How many are not yet seen, loaded or not. */
  total: number;
  error: Error | null;
  loaded: boolean;
  coverage: Coverage | undefined;
  onRetry: () => void;
}) {
  const queries = useQueryClient();
  const tell = useToast();
  const see = useMutation({
    mutationFn: (notice: Notice) => seeNotice(notice.id),
    onSuccess: async (_answer, notice) => {
      await queries.invalidateQueries({ queryKey: ["notices"] });
      tell({ text: `Seen: ${visible(notice.title, 96)}. It stays under Notices.` });
    },
    onError: (failure) => tell({ text: failure.message, bad: true }),
  });
  const shown = notices.slice(0, SHOWN);
  const more = notices.length - shown.length;
  return (
    <section className={layout.panel} aria-label="What needs you">
      {error ? (
        <Failed error={error} what="What needs you" onRetry={onRetry} />
      ) : !loaded ? (
        <LoadingRows what="what needs you" />
      ) : shown.length === 0 ? (
        <EmptyGood title="All that was found was seen">
          <p>{coverage ? visible(coverage.sentence, 400) : "New findings and changes appear here as they come."}</p>
        </EmptyGood>
      ) : (
        <>
          <ol className={styles.things}>
            {shown.map((notice, index) => (
              <li key={notice.id}>
                <span className={styles.rank}>{index + 1}</span>
                <div>
                  <h3>
                    <PathLink path={notice.link}>{visible(notice.title, 240)}</PathLink>
                  </h3>
                  <p className={styles.where}>
                    {notice.detail && <>{visible(notice.detail, 320)} · </>}
                    {visible(scopeWord(notice.scope), 96)} · since <Time at={notice.first} />
                  </p>
                  <p className={styles.why}>
                    <SeverityMark severity={severityOf(notice.severity)} badge />
                    <span className={layout.badge}>{visible(mark(notice.kind), 48)}</span>
                    {notice.count > 1 && (
                      <span className={layout.badge}>
                        {count(notice.count)} times, last <Time at={notice.last} />
                      </span>
                    )}
                  </p>
                </div>
                <div className={styles.do}>
                  {place(notice.link) && (
                    <LinkButton path={notice.link} primary={index === 0}>
                      {openWord(notice.link)}
                    </LinkButton>
                  )}
                  <Button
                    variant="link"
                    size="sm"
                    isDisabled={see.isPending}
                    aria-label={`Seen: ${visible(notice.title, 96)}`}
                    onClick={() => see.mutate(notice)}
                  >
                    Seen
                  </Button>
                </div>
              </li>
            ))}
          </ol>
          <p className={layout.panelFoot}>
            {more > 0 && (
              <>
                <PathLink rows={total} path={address("/notices", { unread: true })}>
                  All {count(total)} not yet seen
                </PathLink>{" "}
                ·{" "}
              </>
            )}
            Ranked by severity, then by the newest. <PathLink path="/notices">All notices</PathLink>
          </p>
        </>
      )}
    </section>
  );
}

function Since({
  before,
  notices,
  scope,
}: {
  before: string | undefined;
  notices: Notice[];
  scope: string | undefined;
}) {
  const { data } = useQuery(scoreHistoryQuery(scope, DAYS));
  const fixes = useInfiniteQuery(fixesQuery({ scope }, 100));
  if (!before) return null;
  const fresh = notices.filter((notice) => notice.last > before).sort((a, b) => (a.last < b.last ? 1 : -1));
  const added = (fixes.data?.pages[0]?.items ?? []).filter((fix) => fix.since > before);
  const then = data?.items.filter((point) => point.day <= before.slice(0, 10)).at(-1)?.percent;
  const now = data?.items.at(-1)?.percent;
  const moved = then === undefined || now === undefined ? 0 : Math.round((now - then) * 10) / 10;
  const quiet = fresh.length === 0 && added.length === 0 && moved === 0;
  return (
    <Panel
      id="since"
      title="Since you were here"
      end={
        <>
          <Time at={before} /> · <PathLink path="/notices">All notices</PathLink>
        </>
      }
    >
      {quiet ? (
        <div className={layout.panelBody}>
          <p className={layout.muted}>Nothing changed that needs a person.</p>
        </div>
      ) : (
        <ul className={layout.rows}>
          {moved !== 0 && (
            <li>
              <PathLink
                className={`${styles.lead} ${moved > 0 ? layout.good : layout.bad}`}
                path={address("/recommendations", { tab: "control" })}
              >
                {moved > 0 ? "+" : "−"}
                {Math.abs(moved).toFixed(1)}
              </PathLink>
              <span className={layout.grow}>percentage points of the secure score, now {percent(now)}</span>
            </li>
          )}
          {fresh.slice(0, 4).map((notice) => (
            <li key={notice.id}>
              <PathLink className={`${styles.lead} ${layout.bad}`} path={notice.link}>
                {delta(notice.count)}
              </PathLink>
              <span className={layout.grow}>{visible(notice.title, 240)}</span>
              <span className={layout.end}>
                <Time at={notice.last} />
              </span>
            </li>
          ))}
          {added.slice(0, 3).map((fix) => (
            <li key={fix.id}>
              <PathLink className={styles.lead} path={address("/images", { fix: fix.id })}>
                {delta(fix.images)}
              </PathLink>
              <span className={layout.grow}>
                {fix.images === 1 ? "image needs" : "images need"} a new fix:{" "}
                <PathLink path={`/fixes/${encodeURIComponent(fix.id)}`}>{titled(visible(fix.title, 160))}</PathLink>
              </span>
              <span className={layout.end}>
                <Time at={fix.since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function BestFixes({ scope }: { scope: string | undefined }) {
  const { data, error, refetch } = useInfiniteQuery(fixesQuery({ scope }, 3));
  const { data: summary } = useQuery(fixSummaryQuery(scope));
  const fixes = data?.pages[0]?.items.slice(0, 3) ?? [];
  const columns: Column<Fix>[] = [
    {
      key: "fix",
      head: "Fix",
      main: true,
      cell: (fix) => (
        <>
          <PathLink path={`/fixes/${encodeURIComponent(fix.id)}`}>{titled(visible(fix.title, 160))}</PathLink>
          <span className={layout.sub}>
            <FixMarks fix={fix} />
            {fixSub(fix)}
          </span>
        </>
      ),
    },
    {
      key: "findings",
      head: "Findings",
      numeric: true,
      cell: (fix) => (
        <PathLink path={address(`/fixes/${encodeURIComponent(fix.id)}`, { tab: "vulnerabilities" })}>
          {count(total(fix.clears))}
        </PathLink>
      ),
    },
    {
      key: "images",
      head: "Images",
      numeric: true,
      cell: (fix) => (
        <PathLink rows={fix.images} path={address("/images", { fix: fix.id })}>
          {count(fix.images)}
        </PathLink>
      ),
    },
    { key: "teams", head: "Teams", numeric: true, cell: (fix) => count(fix.owners.length) },
    {
      key: "done",
      head: "Arrived",
      cell: (fix) =>
        fix.progress ? (
          <Progress done={fix.progress.arrived} all={fix.progress.earlier} what="images have it" />
        ) : (
          <span className={layout.faint}>none yet</span>
        ),
    },
  ];
  const state = error ? (
    <Failed error={error} what="The fixes" onRetry={() => void refetch()} />
  ) : !data ? (
    <LoadingRows what="the fixes" rows={3} />
  ) : fixes.length === 0 ? (
    <EmptyGood title="No fix is outstanding">
      <p>Nothing that was assessed has a finding that a fix repairs.</p>
    </EmptyGood>
  ) : undefined;
  return (
    <Panel
      id="fixes"
      title={fixes.length > 1 ? `Best next ${fixes.length === 2 ? "two" : "three"} fixes` : "Best next fix"}
      end={
        <PathLink path="/recommendations" rows={summary?.actions}>
          All {summary ? counted(summary.actions, "fix", "fixes") : "fixes"}
        </PathLink>
      }
    >
      <DataTable
        label="Best next fixes"
        columns={columns}
        groups={[{ key: "all", rows: fixes }]}
        rowKey={(fix) => fix.id}
        state={state}
        plain
      />
    </Panel>
  );
}

/** Causes that are named before the rest is counted. */
const CAUSES = 4;

function BlindSpots({
  coverage,
  error,
  onRetry,
}: {
  coverage: Coverage | undefined;
  error: Error | null;
  onRetry: () => void;
}) {
  const failing = coverage?.registries.filter((r) => r.state === "failing").length ?? 0;
  const silent = coverage?.registries.filter((r) => !r.notified && r.state !== "paused").length ?? 0;
  const causes = coverage?.causes ?? [];
  return (
    <Panel id="blind" title="Blind spots" end={<PathLink path="/coverage">Coverage and trust</PathLink>}>
      {error ? (
        <Failed error={error} what="What nobody can see" onRetry={onRetry} />
      ) : !coverage ? (
        <LoadingRows what="the blind spots" rows={4} />
      ) : (
        <ul className={styles.blindspots}>
          <Spot
            n={coverage.assets.notAssessed}
            path={NOT_ASSESSED}
            what={coverage.assets.notAssessed === 1 ? "image not assessed" : "images not assessed"}
            sub={
              causes
                .slice(0, CAUSES)
                .map((cause) => `${count(cause.count)} ${visible(cause.cause, 64)}`)
                .join(", ") || `all ${count(coverage.assets.total)} are assessed or not applicable`
            }
          />
          <Spot
            n={failing}
            path={address("/registries", { state: "failing" })}
            what={failing === 1 ? "registry fails" : "registries fail"}
            sub={`of ${count(coverage.registries.length)}`}
            bad
          />
          <Spot
            n={silent}
            path="/coverage#registries"
            what={silent === 1 ? "registry sends no notifications" : "registries send no notifications"}
            sub="polled, so a push is seen later"
          />
          <Spot
            n={coverage.queue.dead}
            path={address("/queue", { state: "dead" })}
            what={coverage.queue.dead === 1 ? "scan gave up" : "scans gave up"}
            sub={`${count(coverage.queue.queued)} wait${coverage.queue.queued === 1 ? "s" : ""}`}
            bad
          />
          <li>
            <p>
              vulnerability data
              <span className={layout.sub}>{visible(coverage.feeds.sentence, 160)}</span>
            </p>
            <PathLink path="/settings/feeds" className={coverage.feeds.state === "fresh" ? styles.zero : ""}>
              {visible(coverage.feeds.state, 16)}
            </PathLink>
          </li>
        </ul>
      )}
    </Panel>
  );
}

function Spot({ n, path, what, sub, bad }: { n: number; path: string; what: string; sub: string; bad?: boolean }) {
  return (
    <li>
      <p>
        {what}
        <span className={layout.sub}>{sub}</span>
      </p>
      <PathLink
        rows={path.includes("#") ? undefined : n}
        path={path}
        className={n === 0 ? styles.zero : bad ? styles.bad : ""}
      >
        {count(n)}
      </PathLink>
    </li>
  );
}

function ScorePanel({ scope }: { scope: string | undefined }) {
  const { data: score, error, refetch } = useQuery(scoreQuery(scope));
  const { data: history } = useQuery(scoreHistoryQuery(scope, DAYS));
  const line = (history?.items ?? []).flatMap((point) =>
    point.percent === undefined ? [] : [{ at: point.day, value: Math.round(point.percent * 10) / 10 }],
  );
  const first = line[0]?.value;
  const last = line.at(-1)?.value;
  const moved =
    first === undefined || last === undefined || line.length < 2 ? undefined : Math.round((last - first) * 10) / 10;
  const days = Math.round((Date.parse(line.at(-1)?.at ?? "") - Date.parse(line[0]?.at ?? "")) / 86_400_000);
  return (
    <Panel
      id="score"
      title="Secure score"
      end={<PathLink path={address("/recommendations", { tab: "control" })}>By control</PathLink>}
      foot={score && visible(score.formula, 400)}
      padded
    >
      {error ? (
        <Failed error={error} what="The score" onRetry={() => void refetch()} />
      ) : !score ? (
        <LoadingRows what="the score" rows={3} />
      ) : (
        <>
          <p className={styles.scoreLine}>
            <b>
              <PathLink path={address("/recommendations", { tab: "control" })}>{percent(score.percent)}</PathLink>
            </b>
            <span className={layout.muted}>
              {points(score.current)} of {score.max} points
            </span>
            {moved !== undefined && moved !== 0 && (
              <span className={moved > 0 ? layout.good : layout.bad}>
                <Icon name={moved > 0 ? "up" : "sort"} small /> {Math.abs(moved).toFixed(1)} in {days} days
              </span>
            )}
          </p>
          <Trend label="Secure score" points={line} unit="%" narrow />
        </>
      )}
    </Panel>
  );
}
