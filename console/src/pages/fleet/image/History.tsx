import { useQuery } from "@tanstack/react-query";
import { historyQuery } from "../../../api/fleet";
import type { ImageDetail, ImageHistory } from "../../../api/types";
import { counted } from "../../../format/number";
import { visible } from "../../../format/text";
import { Code } from "../../../parts/Evidence";
import { StateMark } from "../../../parts/glyphs";
import { stateOf } from "../../../parts/health";
import layout from "../../../parts/layout.module.css";
import { Name } from "../../../parts/Name";
import { Panel } from "../../../parts/shapes";
import { Failed, LoadingRows } from "../../../parts/states";
import { Time } from "../../../parts/Time";
import { type Happening, Timeline } from "../../../parts/Timeline";
import { triggerWord, webAddress } from "../words";

const EVENTS: Record<string, string> = {
  built: "Built",
  "first-seen": "First seen",
  imported: "Found in the registry",
  pushed: "Pushed",
  pulled: "Pulled",
  published: "Published by a pipeline",
  scanned: "Scanned",
  gone: "Gone from its registry",
};

/** Events and states of an image as one line of time, the newest first. */
export function happenings(history: ImageHistory, titles: Map<string, string>): Happening[] {
  const events = history.events.map(
    (event, index): Happening => ({
      key: `event ${index}`,
      at: event.at,
      tone: event.what === "gone" ? "bad" : "plain",
      what: (
        <>
          {EVENTS[event.what] ?? visible(event.what, 64)}
          {event.detail && <span className={layout.sub}>{visible(event.detail, 200)}</span>}
        </>
      ),
    }),
  );
  const states = history.states.map((entry, index): Happening => {
    const state = stateOf(entry.state);
    return {
      key: `state ${index}`,
      at: entry.since,
      tone: state === "unhealthy" ? "bad" : state === "healthy" ? "good" : state === "not_assessed" ? "blind" : "plain",
      what: (
        <>
          <StateMark state={state} />
          <span className={layout.sub}>{visible(titles.get(entry.control) ?? entry.control, 120)}</span>
        </>
      ),
    };
  });
  return [...events, ...states].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** What happened to an image, which tags were its, and what made it known. */
export function History({ image }: { image: ImageDetail }) {
  const { data, error, refetch } = useQuery(historyQuery(image.id));
  const titles = new Map(image.assessments.map((a) => [a.control, a.title]));
  if (error) return <Failed error={error} what="The history" onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows what="the history" />;
  const items = happenings(data, titles);
  return (
    <div className={layout.cols}>
      <Panel id="happened" title="What happened" end={counted(items.length, "entry", "entries")} padded>
        <Timeline label="What happened, the newest first" items={items} />
      </Panel>
      <div className={layout.stack}>
        <Panel id="tags" title="Tags" end={counted(data.tags.length, "span", "spans")}>
          {data.tags.length === 0 ? (
            <p className={layout.panelBody}>No tag ever pointed here, as far as Seawall saw.</p>
          ) : (
            <ul className={layout.rows}>
              {data.tags.map((span) => (
                <li key={`${span.tag} ${span.since}`}>
                  <span className={layout.grow}>
                    <Name text={span.tag} mono />
                  </span>
                  <span className={layout.end}>
                    <Time at={span.since} /> to {span.until ? <Time at={span.until} /> : "now"}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Panel>
        <Panel id="known" title="Why Seawall knows it" end={triggerWord(image.trigger)} padded>
          <Publish image={image} />
          {image.evidence === undefined || image.evidence === null ? (
            !image.publish && <p className={layout.muted}>Nothing more was recorded.</p>
          ) : (
            <Code text={JSON.stringify(image.evidence, null, 2)} copy />
          )}
        </Panel>
      </div>
    </div>
  );
}

function Publish({ image }: { image: ImageDetail }) {
  const { publish } = image;
  if (!publish) return undefined;
  const run = webAddress(publish.runUrl);
  return (
    <dl className={layout.facts}>
      {publish.workflow && [
        <dt key="w">Workflow</dt>,
        <dd key="wd">
          <Name text={publish.workflow} />
        </dd>,
      ]}
      {publish.branch && [
        <dt key="b">Branch</dt>,
        <dd key="bd">
          <Name text={publish.branch} mono />
        </dd>,
      ]}
      {publish.commit && [
        <dt key="c">Commit</dt>,
        <dd key="cd">
          <Name text={publish.commit} mono />
        </dd>,
      ]}
      {publish.runUrl && [
        <dt key="r">Run</dt>,
        <dd key="rd">
          {run ? (
            <a href={run} target="_blank" rel="noreferrer">
              <Name text={run} />
            </a>
          ) : (
            <Name text={publish.runUrl} mono />
          )}
        </dd>,
      ]}
    </dl>
  );
}
