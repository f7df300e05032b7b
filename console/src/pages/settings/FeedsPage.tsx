import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { feedsQuery } from "../../api/posture";
import type { Feeds } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import { Choice, Filters } from "../../parts/Filters";
import { StateMark } from "../../parts/glyphs";
import layout from "../../parts/layout.module.css";
import { Digest, Name } from "../../parts/Name";
import { Panel, RecordPage } from "../../parts/shapes";
import { Banner, EmptyGood, EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";

const route = getRouteApi("/app/settings/feeds");
type Source = Feeds["sources"][number];

/** The data that everything is judged by: what is in it, and how old. */
export function FeedsPage() {
  const { data, error, refetch } = useQuery(feedsQuery);
  if (error) return <Failed error={error} what="The feeds" onRetry={() => void refetch()} page />;
  if (!data) return <LoadingRows what="the feeds" />;
  return <Record feeds={data} />;
}

function Record({ feeds }: { feeds: Feeds }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const rows = feeds.sources.filter((source) => !search.stale || source.stale);
  const columns: Column<Source>[] = [
    {
      key: "name",
      head: "Source",
      main: true,
      cell: (row) => (
        <>
          <Name text={row.name} />
          {row.ecosystem && <span className={layout.sub}>{visible(row.ecosystem, 64)}</span>}
        </>
      ),
    },
    { key: "records", head: "Records", numeric: true, cell: (row) => count(row.records) },
    {
      key: "newest",
      head: "Newest record",
      nowrap: true,
      cell: (row) => (row.newest ? <Time at={row.newest} /> : "?"),
    },
    {
      key: "age",
      head: "Age",
      numeric: true,
      cell: (row) => (row.ageDays === undefined ? "?" : counted(row.ageDays, "day")),
    },
    {
      key: "state",
      head: "State",
      nowrap: true,
      cell: (row) =>
        row.stale ? <StateMark state="not_assessed">Stale</StateMark> : <StateMark state="healthy">Fresh</StateMark>,
    },
  ];
  return (
    <RecordPage
      title="Feeds"
      meta={<span>{visible(feeds.sentence, 400)}</span>}
      aside={
        <>
          <Panel id="database" title="Database" padded>
            {feeds.database ? (
              <dl className={layout.facts}>
                <dt>Hash</dt>
                <dd>
                  <Digest digest={feeds.database.hash} />
                </dd>
                <dt>Records</dt>
                <dd>{count(feeds.database.records)}</dd>
                <dt>Opened</dt>
                <dd>
                  <Time at={feeds.database.opened} />
                </dd>
                {feeds.database.newest && (
                  <>
                    <dt>Newest</dt>
                    <dd>
                      <Time at={feeds.database.newest} />
                    </dd>
                  </>
                )}
              </dl>
            ) : (
              <p className={layout.blind}>None is open.</p>
            )}
          </Panel>
          <Panel id="history" title="Before it" end={counted(feeds.history.length, "database")}>
            {feeds.history.length === 0 ? (
              <div className={layout.panelBody}>
                <p className={layout.muted}>None: it is the first.</p>
              </div>
            ) : (
              <ul className={layout.rows}>
                {feeds.history.map((past) => (
                  <li key={`${past.hash} ${past.opened}`}>
                    <span className={layout.grow}>
                      <Digest digest={past.hash} />
                      <span className={layout.sub}>{counted(past.records, "record")}</span>
                    </span>
                    <span className={layout.end}>
                      <Time at={past.opened} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Panel>
        </>
      }
    >
      {feeds.state === "none" ? (
        <EmptyNew title="There is no vulnerability data">
          <p>
            Without it nothing can be called healthy. Build a database with <code>seawall db update</code> and give it
            to the hub; it takes a newer one without a restart.
          </p>
        </EmptyNew>
      ) : (
        <div>
          {feeds.state === "stale" && (
            <Banner tone="blind">
              Some of the data is old: what was published since is not known. A newer database is taken without a
              restart.
            </Banner>
          )}
          <Filters>
            <Choice
              label="Which"
              value={search.stale ? "stale" : "all"}
              options={[
                { value: "all", word: "All" },
                { value: "stale", word: "Stale" },
              ]}
              onChange={(which) =>
                void navigate({ search: (old) => ({ ...old, stale: which === "stale" ? true : undefined }) })
              }
            />
          </Filters>
          <DataTable
            label="Sources"
            columns={columns}
            groups={[{ key: "all", rows }]}
            rowKey={(row) => `${row.name} ${row.ecosystem ?? ""}`}
            state={
              rows.length === 0 ? (
                <EmptyGood title="No source is stale">
                  <p>{counted(feeds.sources.length, "source")} were looked at.</p>
                </EmptyGood>
              ) : undefined
            }
            foot={rows.length > 0 && <span>{counted(rows.length, "source")}, all there are</span>}
          />
        </div>
      )}
    </RecordPage>
  );
}
