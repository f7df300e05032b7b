import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { inventoryCountsQuery, inventoryQuery } from "../../api/fleet";
import { teamsQuery } from "../../api/posture";
import type { Asset, AssetKind, Counted } from "../../api/types";
import { count } from "../../format/number";
import { visible, withShortDigests } from "../../format/text";
import { HealthBar } from "../../parts/Bars";
import { CopyAs } from "../../parts/CopyAs";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, type FilterField, filtersOn } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import { countsOf, STATE_WORDS, STATES } from "../../parts/health";
import { Icon, type IconName } from "../../parts/Icon";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { Name, Owner } from "../../parts/Name";
import { PathLink } from "../../parts/PathLink";
import { Stat, Stats } from "../../parts/Stat";
import { ListPage } from "../../parts/shapes";
import { EmptyNew } from "../../parts/states";
import { Tabs } from "../../parts/Tabs";
import { Time } from "../../parts/Time";
import { FindingsCell, ScopeName } from "./cells";
import styles from "./fleet.module.css";

const route = getRouteApi("/app/inventory");
const HERE = { to: "/inventory" } as const;

const KINDS: { kind: AssetKind; one: string; word: string; icon: IconName; part: string; parts: string }[] = [
  {
    kind: "registry",
    one: "Registry",
    word: "Registries",
    icon: "registry",
    part: "repository",
    parts: "repositories",
  },
  { kind: "repository", one: "Repository", word: "Repositories", icon: "repo", part: "image", parts: "images" },
  { kind: "image", one: "Image", word: "Images", icon: "image", part: "control", parts: "controls" },
];

/** States of several kinds together. */
export function sumOf(all: Counted[]): Counted {
  return all.reduce(
    (sum, one) => ({
      healthy: sum.healthy + one.healthy,
      unhealthy: sum.unhealthy + one.unhealthy,
      notApplicable: sum.notApplicable + one.notApplicable,
      notAssessed: sum.notAssessed + one.notAssessed,
    }),
    { healthy: 0, unhealthy: 0, notApplicable: 0, notAssessed: 0 },
  );
}

export function Inventory() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: owners } = useQuery(teamsQuery);
  const sort = search.sort ?? "worst";
  const asked = { ...search, sort };
  const query = useInfiniteQuery(inventoryQuery(asked));
  const { rows, total, waiting } = useRows(query, (row) => `${row.kind} ${row.id}`, JSON.stringify(asked));
  const counts = useQuery(inventoryCountsQuery({ scope: search.scope, owner: search.owner, text: search.text }));
  const kinds = counts.data?.kinds ?? [];
  const every = counts.data && sumOf(kinds.map((kind) => kind.states));
  const of =
    counts.data && (search.kind ? sumOf(kinds.filter((k) => k.kind === search.kind).map((k) => k.states)) : every);
  const sum = (states: Counted) => states.healthy + states.unhealthy + states.notApplicable + states.notAssessed;

  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
  const fields: FilterField[] = [
    {
      key: "state",
      label: "State",
      kind: "many",
      options: STATES.map((value) => ({ value, word: STATE_WORDS[value] })),
      value: search.state,
    },
    {
      key: "owner",
      label: "Owner",
      kind: "one",
      options: [
        { value: "none", word: "no owner" },
        ...(owners?.items ?? []).map((owner) => ({ value: owner.id, word: visible(owner.name, 64) })),
      ],
      value: search.owner,
    },
    { key: "registry", label: "Registry", kind: "text", value: search.registry },
  ];
  const on = filtersOn(fields).length + (search.text ? 1 : 0);
  const clear = () =>
    void navigate({
      search: (old) => ({ ...(old.scope ? { scope: old.scope } : {}), ...(old.kind ? { kind: old.kind } : {}) }),
      resetScroll: false,
    });
  const kept = { ...(search.owner ? { owner: search.owner } : {}), ...(search.text ? { text: search.text } : {}) };
  const kindPart = search.kind ? { kind: search.kind } : {};
  const columns: Column<Asset>[] = [
    {
      key: "name",
      head: "Asset",
      main: true,
      sort: "name",
      cell: (asset) => {
        const kind = KINDS.find((k) => k.kind === asset.kind);
        return (
          <span className={styles.kinds}>
            <Icon name={kind?.icon ?? "box"} />
            <span>
              <b>
                <PathLink path={asset.link} className={layout.quiet}>
                  <Name text={withShortDigests(asset.name)} longest={160} />
                </PathLink>
              </b>
              <span className={layout.sub}>
                {kind?.one ?? visible(asset.kind, 32)}, <ScopeName scope={asset.scope} />
              </span>
            </span>
          </span>
        );
      },
    },
    {
      key: "owner",
      head: "Owner",
      cell: (asset) => (
        <route.Link
          to="."
          search={(old) => ({ ...old, owner: asset.owner?.id ?? "none" })}
          className={layout.quiet}
          resetScroll={false}
        >
          <Owner name={asset.owner?.name} />
        </route.Link>
      ),
    },
    {
      key: "parts",
      head: "What it contains",
      cell: (asset) => {
        const states = countsOf(asset.parts);
        const n = sum(asset.parts);
        const kind = KINDS.find((k) => k.kind === asset.kind);
        const parts = (n === 1 ? kind?.part : kind?.parts) ?? "parts";
        return n === 0 ? (
          <span className={layout.faint}>nothing yet</span>
        ) : (
          <span className={styles.bar}>
            <HealthBar counts={states} size="small" />
            <span className={layout.sub}>
              {states.unhealthy > 0
                ? `${count(states.unhealthy)} of ${count(n)} ${parts} unhealthy`
                : states.not_assessed > 0
                  ? `${count(states.not_assessed)} of ${count(n)} ${parts} not assessed`
                  : `${count(n)} ${parts}`}
            </span>
          </span>
        );
      },
    },
    {
      key: "findings",
      head: "Findings",
      sort: "worst",
      cell: (asset) => (
        <FindingsCell
          state={asset.state}
          cause={asset.cause}
          findings={asset.findings}
          {...(asset.kind === "image" ? { image: asset.id } : {})}
        />
      ),
    },
    {
      key: "seen",
      head: "First seen",
      nowrap: true,
      sort: "newest",
      cell: (asset) => (
        <>
          <Time at={asset.firstSeen} />
          <span className={layout.sub}>
            last seen <Time at={asset.lastSeen} />
          </span>
        </>
      ),
    },
  ];

  return (
    <ListPage
      title="Inventory"
      meta={<span>One row for everything that can be protected: registries, their repositories, images.</span>}
      actions={<CopyAs path="/api/v1/inventory" asked={asked} />}
      filters={
        <>
          <Stats label="Assets by state">
            <Stat
              label="Total"
              value={of && count(sum(of))}
              rows={of && sum(of)}
              sub={search.kind ? KINDS.find((k) => k.kind === search.kind)?.word.toLowerCase() : "assets of all kinds"}
              link={{ ...HERE, search: { ...kindPart, ...kept } }}
            />
            <Stat
              label="Unhealthy"
              value={of && count(of.unhealthy)}
              rows={of?.unhealthy}
              sub={of && share(of.unhealthy, sum(of))}
              tone={of && of.unhealthy > 0 ? "bad" : "plain"}
              link={{ ...HERE, search: { ...kindPart, ...kept, state: "unhealthy" } }}
            />
            <Stat
              label="Not assessed"
              value={of && count(of.notAssessed)}
              rows={of?.notAssessed}
              sub={of && (of.notAssessed > 0 ? "their causes stand in the rows" : "everything was looked at")}
              tone={of && of.notAssessed > 0 ? "blind" : "plain"}
              link={{ ...HERE, search: { ...kindPart, ...kept, state: "not_assessed" } }}
            />
            <Stat
              label="Not applicable"
              value={of && count(of.notApplicable)}
              rows={of?.notApplicable}
              sub="need not be looked at"
              link={{ ...HERE, search: { ...kindPart, ...kept, state: "not_applicable" } }}
            />
            <Stat
              label="Healthy"
              value={of && count(of.healthy)}
              rows={of?.healthy}
              sub={of && share(of.healthy, sum(of))}
              link={{ ...HERE, search: { ...kindPart, ...kept, state: "healthy" } }}
            />
          </Stats>
          <div className={layout.section}>
            <Tabs
              label="Kinds of assets"
              current={search.kind ?? "all"}
              tabs={[
                {
                  key: "all",
                  word: "All",
                  n: every && sum(every),
                  link: { ...HERE, search: ({ kind: _kind, ...old }: { kind?: string }) => old },
                },
                ...KINDS.map(({ kind, word }) => ({
                  key: kind,
                  word,
                  n: kinds.find((k) => k.kind === kind)?.total,
                  link: { ...HERE, search: (old: object) => ({ ...old, kind }) },
                })),
              ]}
            />
          </div>
          <FilterBar text={{ key: "text", label: "Name", value: search.text }} fields={fields} onSet={set} />
          <ResultLine>
            {total !== undefined && (
              <span>
                <b>{count(total)}</b>
                {of && on > 0 && sum(of) > total ? ` of ${count(sum(of))}` : ""} {total === 1 ? "asset" : "assets"}
              </span>
            )}
            {of && total !== undefined && on > 0 && sum(of) > total && (
              <button className={layout.textButton} type="button" onClick={clear}>
                {count(sum(of) - total)} hidden by {on === 1 ? "the filter" : "filters"}
              </button>
            )}
          </ResultLine>
          <OldRows query={query} rows={rows} what="The inventory" />
        </>
      }
    >
      <DataTable
        label="Assets"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(asset) => `${asset.kind} ${asset.id}`}
        sort={{ by: sort, order: sort === "name" ? "asc" : "desc" }}
        oneOrder
        onSort={({ by }) => set("sort", by === "worst" ? undefined : by)}
        onOpen={(asset) => void navigate({ href: asset.link })}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The inventory",
          filters: fields,
          text: search.text,
          onClear: clear,
          empty: (
            <EmptyNew title="Nothing is known yet">
              <p>
                Connect a registry, or send a first catalogue: <code>seawall scan IMAGE --publish</code>. Its images
                stand here within seconds.
              </p>
            </EmptyNew>
          ),
        })}
        foot={<Foot query={query} shown={rows.length} total={total} one="asset" keys="j k move, o open, / filter" />}
      />
    </ListPage>
  );
}

/** "12.5 % of all": a share with what it is of. */
function share(part: number, all: number): string {
  if (all === 0) return "of nothing";
  const percent = (part / all) * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} % of ${count(all)}`;
}
