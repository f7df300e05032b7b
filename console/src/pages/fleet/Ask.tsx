import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { vulnerabilitiesQuery } from "../../api/fleet";
import type { VulnerabilityRow } from "../../api/types";
import { count } from "../../format/number";
import { visible } from "../../format/text";
import { CopyAs } from "../../parts/CopyAs";
import { CountLink } from "../../parts/CountLink";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, type FilterField } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import { SeverityMark } from "../../parts/glyphs";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { SEVERITIES, SEVERITY_WORDS, severityOf } from "../../parts/severity";
import { ListPage } from "../../parts/shapes";
import { EmptyGood } from "../../parts/states";
import { Time } from "../../parts/Time";
import { AskBox } from "./AskBox";
import { Kev } from "./cells";
import { epssWord } from "./image/EvidenceDrawer";

const route = getRouteApi("/app/cve");

const YES = [
  { value: "true", word: "yes" },
  { value: "false", word: "no" },
];

/** One box that answers whether anything is affected, and beneath it what the fleet is affected by. */
export function Ask() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const sort = search.sort ?? "severity";
  const asked = { ...search, sort };
  const query = useInfiniteQuery(vulnerabilitiesQuery(asked));
  const { rows, total, waiting } = useRows(query, (row) => row.id, JSON.stringify(asked));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
  const clear = () => void navigate({ search: (old) => (old.scope ? { scope: old.scope } : {}) });
  const fields: FilterField[] = [
    { key: "text", label: "Id, title or package", kind: "text", value: search.text },
    {
      key: "severity",
      label: "Severity",
      kind: "many",
      options: SEVERITIES.map((value) => ({ value, word: SEVERITY_WORDS[value] })),
      value: search.severity,
    },
    { key: "kev", label: "Known exploited", kind: "one", options: YES, value: search.kev?.toString() },
    { key: "fixable", label: "Fix to be had", kind: "one", options: YES, value: search.fixable?.toString() },
  ];
  const columns: Column<VulnerabilityRow>[] = [
    {
      key: "id",
      head: "Vulnerability",
      main: true,
      cell: (row) => (
        <>
          <Link to="/cve/$id" params={{ id: row.id }} search={{}}>
            {visible(row.id, 64)}
          </Link>{" "}
          {row.kev && <Kev />}
          {row.title && <span className={layout.sub}>{visible(row.title, 160)}</span>}
        </>
      ),
    },
    {
      key: "severity",
      head: "Severity",
      nowrap: true,
      sort: "severity",
      cell: (row) => (
        <>
          <SeverityMark severity={severityOf(row.severity)} />
          <span className={layout.sub}>{epssWord(row.epss)}</span>
        </>
      ),
    },
    {
      key: "images",
      head: "Images",
      numeric: true,
      sort: "images",
      cell: (row) => <CountLink n={row.images} link={{ to: "/images", search: { cve: row.id } }} />,
    },
    { key: "packages", head: "Packages", numeric: true, cell: (row) => count(row.packages) },
    {
      key: "fix",
      head: "Fix",
      nowrap: true,
      cell: (row) => (row.fixable ? "to be had" : <span className={layout.faint}>none yet</span>),
    },
    {
      key: "seen",
      head: "First seen here",
      nowrap: true,
      sort: "newest",
      cell: (row) => (
        <>
          <Time at={row.firstSeen} />
          {row.published && (
            <span className={layout.sub}>
              published <Time at={row.published} />
            </span>
          )}
        </>
      ),
    },
  ];
  return (
    <ListPage
      title="Am I affected?"
      meta={<span>Ask about one, or look through everything that the fleet is affected by.</span>}
      actions={<CopyAs path="/api/v1/vulnerabilities" asked={asked} />}
      filters={
        <>
          <AskBox value={search.text ?? ""} focused={search.text === undefined} />
          <FilterBar fields={fields} onSet={set} />
          <ResultLine>
            {total !== undefined && (
              <span>
                <b>{count(total)}</b> {total === 1 ? "vulnerability affects" : "vulnerabilities affect"} an image
              </span>
            )}
          </ResultLine>
          <OldRows query={query} rows={rows} what="The vulnerabilities" />
        </>
      }
    >
      <DataTable
        label="Vulnerabilities that affect an image"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.id}
        sort={{ by: sort, order: "desc" }}
        oneOrder
        onSort={({ by }) => set("sort", by === "severity" ? undefined : by)}
        onOpen={(row) => void navigate({ to: "/cve/$id", params: { id: row.id }, search: {} })}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of vulnerabilities",
          filters: fields,
          onClear: clear,
          empty: (
            <EmptyGood
              title="No vulnerability affects an image"
              actions={
                <Link to="/images" search={{ state: "not_assessed" }} className={layout.button}>
                  Images that could not be assessed
                </Link>
              }
            >
              <p>None that is known to the feeds, in the images that could be assessed.</p>
            </EmptyGood>
          ),
        })}
        foot={
          <Foot
            query={query}
            shown={rows.length}
            total={total}
            one="vulnerability"
            many="vulnerabilities"
            keys="j k move, o open, / ask"
          />
        }
      />
    </ListPage>
  );
}
