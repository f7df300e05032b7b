import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { Failure } from "../../api/failure";
import { evidenceQuery, hitsQuery, inventoryCountsQuery, vulnerabilityQuery } from "../../api/fleet";
import type { Hit, Record, Vulnerability } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import { CopyAs } from "../../parts/CopyAs";
import { CountLink } from "../../parts/CountLink";
import { type Column, DataTable } from "../../parts/DataTable";
import { Drawer } from "../../parts/Drawer";
import { Chip, Choice, Filters, ResultLine } from "../../parts/Filters";
import { StateMark } from "../../parts/glyphs";
import { Icon } from "../../parts/Icon";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { Name, Owner } from "../../parts/Name";
import { Panel } from "../../parts/shapes";
import { EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Time } from "../../parts/Time";
import { AskBox } from "./AskBox";
import { ImageCell, Kev, OwnerCell } from "./cells";
import styles from "./fleet.module.css";
import { Chain, epssWord, Rated } from "./image/EvidenceDrawer";
import { VERDICTS } from "./image/Why";
import { useStep } from "./useStep";
import { kindWord, titleOf, webAddress } from "./words";

const route = getRouteApi("/app/cve/$id");

export function Cve() {
  const { id } = route.useParams();
  const { scope } = route.useSearch();
  const { data, error, refetch } = useQuery(vulnerabilityQuery(id, { scope }));
  useEffect(() => {
    document.title = `${visible(id, 64)} · Seawall`;
  }, [id]);
  return (
    <>
      <AskBox value={id} />
      {error && !data ? (
        Failure.of(error).kind === "not-found" ? (
          <Nothing id={id} />
        ) : (
          <Failed error={error} what={`The answer about ${visible(id, 64)}`} onRetry={() => void refetch()} page />
        )
      ) : !data ? (
        <>
          <h1 className="pf-v6-screen-reader">Am I affected by {visible(id, 64)}?</h1>
          <LoadingRows what="the answer" rows={8} />
        </>
      ) : (
        <Answer data={data} />
      )}
    </>
  );
}

/** An id that neither the feeds nor the fleet know: that is no "no". */
function Nothing({ id }: { id: string }) {
  return (
    <div className={styles.verdict}>
      <h1>
        Nobody knows <bdi>{visible(id, 64)}</bdi>.
      </h1>
      <p>
        No feed that is loaded and no image has it. That is not a “no”: a record may be too new for the feeds, or the id
        may have a typing mistake.
      </p>
      <p className={layout.inline}>
        <Link to="/cve" search={{ text: id }}>
          Search for it as text
        </Link>
      </p>
    </div>
  );
}

/** The verdict in a sentence, with its numbers as links. */
function Verdict({ data }: { data: Vulnerability }) {
  const { counts } = data;
  const names = [...new Set(data.packages.map((one) => one.name))];
  const what =
    names.length === 0
      ? "What it speaks of"
      : names.length === 1
        ? visible(names[0] ?? "", 64)
        : `${counted(names.length, "package")}`;
  const are = names.length > 1 ? "are" : "is";
  const images = (
    <CountLink
      n={counts.images}
      noun={counts.images === 1 ? "image" : "images"}
      link={{ to: "/images", search: { cve: data.id } }}
    />
  );
  return counts.images > 0 ? (
    <h1>
      Yes. {what} {are} in {images}
      {counts.owners > 0 ? ` of ${counted(counts.owners, "owner")}` : ""}.
    </h1>
  ) : counts.notAssessed > 0 ? (
    <h1>
      Not known. In {counted(counts.notAssessed, "place")} nobody can tell whether{" "}
      {what === "What it speaks of" ? "it" : what} {are} affected.
    </h1>
  ) : counts.notAffected + counts.apart > 0 ? (
    <h1>
      No. {what} {are} there, and{" "}
      {counts.notAffected + counts.apart === 1
        ? "the one place says"
        : `all ${count(counts.notAffected + counts.apart)} places say`}{" "}
      why not.
    </h1>
  ) : (
    <h1>No. Nothing that it speaks of is in an image.</h1>
  );
}

function Answer({ data }: { data: Vulnerability }) {
  const search = route.useSearch();
  const inventory = useQuery(inventoryCountsQuery({ scope: search.scope }));
  const blind = inventory.data?.kinds.find((kind) => kind.kind === "image")?.states.notAssessed ?? 0;
  return (
    <>
      <div className={styles.verdict}>
        <p className={styles.marks}>
          {data.kev && <Kev />}
          <Rated severity={data.severity} score={data.ratings[0]?.score} badge />
          <span className={`${layout.badge} ${layout.badgeLine}`}>{epssWord(data.epss)}</span>
          {data.aliases.slice(0, 4).map((alias) => (
            <span key={alias} className={`${layout.badge} ${layout.badgeLine}`}>
              {visible(alias, 48)}
            </span>
          ))}
        </p>
        <Verdict data={data} />
        <p>
          {visible(data.sentence, 600)}
          {data.title ? ` ${visible(data.title, 300)}${/[.!?]$/.test(data.title) ? "" : "."}` : ""}
          {blind > 0 && (
            <>
              {" "}
              <span className={layout.blind}>
                <CountLink
                  n={blind}
                  noun={blind === 1 ? "image" : "images"}
                  link={{ to: "/images", search: { state: "not_assessed" } }}
                  quiet
                />{" "}
                could not be assessed as a whole.
              </span>
            </>
          )}
        </p>
      </div>
      <div className={layout.split}>
        <div className={layout.stack}>
          <Hits data={data} />
          <Sources data={data} />
        </div>
        <div className={layout.stack}>
          <FixPanel data={data} />
          <OwnersPanel data={data} />
          <AskWhy id={data.id} />
          <References data={data} />
        </div>
      </div>
    </>
  );
}

/** What is shown first: what needs somebody, else what is not known, else why not. */
export function firstOf(counts: Vulnerability["counts"]): Hit["verdict"] {
  if (counts.affected > 0) return "affected";
  if (counts.notAssessed > 0) return "not_assessed";
  if (counts.apart > 0) return "apart";
  return counts.notAffected > 0 ? "not_affected" : "affected";
}

const hitKey = (hit: Hit) => `${hit.image.id} ${hit.package.subject}`;

/** Where it is, and where a package is there and not affected, each with its reason. */
function Hits({ data }: { data: Vulnerability }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const verdict =
    search.verdict ?? (data.counts.images === 0 && data.counts.notAffected > 0 ? "not_affected" : "affected");
  const asked = { verdict, owner: search.owner, scope: search.scope };
  const query = useInfiniteQuery(hitsQuery(data.id, asked));
  const { rows, total, waiting } = useRows(query, hitKey, JSON.stringify([data.id, asked]));
  const open = (key: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: key }), resetScroll: false, replace: search.open !== undefined });
  const keys = rows.map(hitKey);
  const opened = rows.find((hit) => hitKey(hit) === search.open);
  useStep(keys, opened && search.open, open);
  const owner = data.owners.find((one) => one.owner?.id === search.owner)?.owner?.name;
  const columns: Column<Hit>[] = [
    { key: "image", head: "Where", main: true, cell: (hit) => <ImageCell image={hit.image} /> },
    { key: "owner", head: "Owner", cell: (hit) => <OwnerCell owner={hit.image.owner} /> },
    {
      key: "package",
      head: "Package",
      cell: (hit) => (
        <>
          <button className={styles.linkButton} type="button" onClick={() => open(hitKey(hit))}>
            <Name text={hit.package.name} longest={96} />
          </button>{" "}
          <bdi className={styles.version}>{visible(hit.package.version, 64)}</bdi>
          <span className={layout.sub}>
            {kindWord(hit.package.kind)}
            {hit.layer ? `, layer ${hit.layer.position + 1}` : ""}
          </span>
        </>
      ),
    },
    verdict === "affected"
      ? {
          key: "fix",
          head: "Fixed in",
          cell: (hit) =>
            hit.fixedVersion ? (
              <bdi className={styles.fixed}>{visible(hit.fixedVersion, 64)}</bdi>
            ) : (
              <span className={layout.muted}>no fix yet</span>
            ),
        }
      : {
          key: "reason",
          head: verdict === "not_assessed" ? "Why nobody knows" : "Why not",
          cell: (hit) => (
            <>
              <StateMark state={VERDICTS[hit.verdict].state}>{VERDICTS[hit.verdict].word}</StateMark>
              {hit.reason && <span className={styles.cause}>{visible(hit.reason, 200)}</span>}
            </>
          ),
        },
    {
      key: "seen",
      head: "Since",
      nowrap: true,
      cell: (hit) => (hit.firstSeen ? <Time at={hit.firstSeen} /> : <span className={layout.faint}>–</span>),
    },
  ];
  return (
    <section aria-label="Where it is">
      <Filters>
        <Choice
          label="Which places"
          value={verdict}
          options={[
            { value: "affected" as const, word: `Affected ${count(data.counts.affected)}` },
            ...(data.counts.apart > 0 ? [{ value: "apart" as const, word: `Apart ${count(data.counts.apart)}` }] : []),
            { value: "not_affected" as const, word: `Not affected ${count(data.counts.notAffected)}` },
            ...(data.counts.notAssessed > 0
              ? [{ value: "not_assessed" as const, word: `Not assessed ${count(data.counts.notAssessed)}` }]
              : []),
          ]}
          onChange={(which) =>
            void navigate({ search: (old) => ({ ...old, verdict: which, open: undefined }), resetScroll: false })
          }
        />
        {search.owner && (
          <Chip
            name="Owner"
            value={search.owner === "none" ? "no owner" : visible(owner ?? search.owner, 64)}
            onRemove={() => void navigate({ search: (old) => ({ ...old, owner: undefined }), resetScroll: false })}
          />
        )}
        <span className={layout.end}>
          <CopyAs path={`/api/v1/vulnerabilities/${encodeURIComponent(data.id)}/hits`} asked={asked} />
        </span>
      </Filters>
      <ResultLine>
        {total !== undefined && (
          <span>
            <b>{count(total)}</b> {total === 1 ? "place" : "places"}
          </span>
        )}
        <span className={layout.faint}>one row for each package in each image</span>
      </ResultLine>
      <OldRows query={query} rows={rows} what="The places" />
      <DataTable
        label={`Places: ${VERDICTS[verdict].word.toLowerCase()}`}
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={hitKey}
        onOpen={(hit) => open(hitKey(hit))}
        openKey={search.open}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of places",
          filters: search.owner ? [{ key: "owner", label: "Owner", kind: "text", value: owner ?? search.owner }] : [],
          onClear: () => void navigate({ search: (old) => ({ ...old, owner: undefined }), resetScroll: false }),
          empty: (
            <EmptyGood title={verdict === "affected" ? "No place is affected" : "No place says no"}>
              <p>
                {verdict === "affected"
                  ? "Of the images that could be assessed, none has a version that an advisory covers."
                  : "No image has one of its packages in a version that is not affected."}
              </p>
            </EmptyGood>
          ),
        })}
        foot={<Foot query={query} shown={rows.length} total={total} one="place" keys="j k move, o why, Esc close" />}
      />
      {opened && (
        <HitDrawer
          id={data.id}
          hit={opened}
          place={`${count(keys.indexOf(search.open ?? "") + 1)} of ${count(keys.length)}`}
          onClose={() => open(undefined)}
        />
      )}
    </section>
  );
}

function HitDrawer({ id, hit, place, onClose }: { id: string; hit: Hit; place: string; onClose: () => void }) {
  const query = useQuery(evidenceQuery(hit.image.id, id, hit.package.subject));
  const affected = hit.verdict === "affected";
  return (
    <Drawer
      over={titleOf(hit.image)}
      title={
        hit.verdict === "not_assessed"
          ? `Why nobody knows about ${visible(hit.package.name, 64)}`
          : `Why ${visible(hit.package.name, 64)} is ${affected ? "" : "not "}affected`
      }
      onClose={onClose}
      foot={
        <>
          <Link
            to="/images/$image"
            params={{ image: hit.image.id }}
            search={affected ? { tab: "findings", text: id } : { tab: "why", vulnerability: id }}
            className={layout.button}
          >
            Open the image
          </Link>
          <span className={`${layout.end} ${layout.onDesk}`}>
            {place}, <kbd>j</kbd> <kbd>k</kbd> next and previous
          </span>
        </>
      }
    >
      <p className={layout.inline}>
        <StateMark state={VERDICTS[hit.verdict].state} badge>
          {VERDICTS[hit.verdict].word}
        </StateMark>
        {hit.fixedVersion && <span className={layout.badge}>Fix {visible(hit.fixedVersion, 64)}</span>}
        {hit.reason && <span className={layout.muted}>{visible(hit.reason, 200)}</span>}
      </p>
      {query.error ? (
        <Failed error={query.error} what="The evidence" onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <LoadingRows what="the evidence" rows={4} />
      ) : (
        <Chain evidence={query.data} />
      )}
    </Drawer>
  );
}

/** What each source says: statements and ratings, all of them, also where they disagree. */
function Sources({ data }: { data: Vulnerability }) {
  const ratings = new Set(data.ratings.map((rating) => rating.severity));
  const columns: Column<Record>[] = [
    {
      key: "source",
      head: "Source",
      main: true,
      cell: (record) => {
        const url = webAddress(record.url);
        return (
          <>
            {url ? (
              <a href={url} target="_blank" rel="noreferrer">
                {visible(record.source, 64)}
              </a>
            ) : (
              <b>{visible(record.source, 64)}</b>
            )}
            <span className={layout.sub}>
              <Name text={record.id} mono longest={96} />
            </span>
          </>
        );
      },
    },
    {
      key: "statement",
      head: "Statement",
      cell: (record) => (
        <>
          {visible(record.statement, 300)}
          {record.withdrawn && <span className={layout.sub}>withdrawn by its source</span>}
        </>
      ),
    },
  ];
  return (
    <Panel
      id="sources"
      title="What each source says"
      end={`${counted(data.advisories.length, "statement")}${ratings.size > 1 ? ", ratings differ" : ""}`}
    >
      {data.ratings.length > 0 && (
        <ul className={layout.rows}>
          {data.ratings.map((rating) => (
            <li key={`${rating.source} ${rating.vector ?? ""} ${rating.severity}`}>
              <span className={layout.grow}>
                {visible(rating.source, 64)}
                {rating.vector && (
                  <span className={layout.sub}>
                    <Name text={rating.vector} mono />
                  </span>
                )}
              </span>
              <Rated severity={rating.severity} score={rating.score} />
            </li>
          ))}
        </ul>
      )}
      {data.advisories.length === 0 ? (
        <p className={layout.panelBody}>No advisory of the loaded feeds is about it.</p>
      ) : (
        <DataTable
          label="Statements of sources"
          columns={columns}
          groups={[{ key: "all", rows: data.advisories }]}
          rowKey={(record) => `${record.source} ${record.id}`}
          plain
        />
      )}
    </Panel>
  );
}

function FixPanel({ data }: { data: Vulnerability }) {
  return (
    <Panel id="fix" title="Fix" end={counted(data.packages.length, "package")}>
      {data.packages.length === 0 ? (
        <p className={layout.panelBody}>Nothing to fix: none of its packages is in an image.</p>
      ) : (
        <ul className={layout.rows}>
          {data.packages.map((one) => (
            <li key={`${one.kind} ${one.name} ${one.fixed ?? ""}`}>
              <span className={layout.grow}>
                <Link to="/software/$kind" params={{ kind: one.kind }} search={{ name: one.name }}>
                  <Name text={one.name} longest={96} />
                </Link>
                <span className={layout.sub}>
                  {one.versions
                    .slice(0, 3)
                    .map((version) => visible(version, 64))
                    .join(", ")}
                  {one.versions.length > 3 ? ` and ${one.versions.length - 3} more` : ""}
                </span>
                {one.fixed ? (
                  <span className={layout.sub}>
                    fixed in <bdi className={styles.fixed}>{visible(one.fixed, 96)}</bdi>
                  </span>
                ) : (
                  <span className={layout.sub}>no fix yet</span>
                )}
              </span>
              <span className={layout.end}>{kindWord(one.kind)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function OwnersPanel({ data }: { data: Vulnerability }) {
  return (
    <Panel id="owners" title="Owners" end={data.owners.length === 0 ? undefined : counted(data.owners.length, "owner")}>
      {data.owners.length === 0 ? (
        <p className={layout.panelBody}>Nobody has to do anything.</p>
      ) : (
        <ul className={layout.rows}>
          {data.owners.map((one) => (
            <li key={one.owner?.id ?? "none"}>
              <span className={layout.grow}>
                <Owner name={one.owner?.name} />
              </span>
              <span className={layout.end}>
                <CountLink
                  n={one.images}
                  noun={one.images === 1 ? "image" : "images"}
                  link={{ to: "/images", search: { cve: data.id, owner: one.owner?.id ?? "none" } }}
                />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The way to the "why not" of an image that is not in the list. */
function AskWhy({ id }: { id: string }) {
  return (
    <Panel id="why-not" title="Ask why not" padded foot={<code>seawall why {visible(id, 64)} IMAGE</code>}>
      <p>
        Any image answers for itself, also with “no”: <Link to="/images">choose one</Link>, then “Why, or why not”.
      </p>
    </Panel>
  );
}

function References({ data }: { data: Vulnerability }) {
  const links = data.references.filter((reference) => webAddress(reference.url) !== undefined);
  return (
    <Panel id="references" title="Elsewhere" end={data.published && <Published at={data.published} />}>
      {links.length === 0 ? (
        <p className={layout.panelBody}>Its records name no page.</p>
      ) : (
        <ul className={`${layout.rows} ${styles.more}`}>
          {links.map((reference) => (
            <li key={`${reference.kind} ${reference.url}`}>
              <a className={layout.grow} href={reference.url} target="_blank" rel="noreferrer">
                {visible(reference.url.replace(/^https?:\/\//, ""), 120)}
                <span className="pf-v6-screen-reader">, opens in another window</span>
              </a>
              <Icon name="out" small />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Published({ at }: { at: string }) {
  return (
    <>
      published <Time at={at} />
    </>
  );
}
