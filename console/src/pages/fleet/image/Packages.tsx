import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { packagesQuery } from "../../../api/fleet";
import type { ImageDetail, PackageRow } from "../../../api/types";
import { count } from "../../../format/number";
import { middle, visible } from "../../../format/text";
import { Counts } from "../../../parts/Counts";
import { type Column, DataTable } from "../../../parts/DataTable";
import { FilterBar, type FilterField, filtersOn } from "../../../parts/FilterBar";
import { ResultLine } from "../../../parts/Filters";
import { StateMark } from "../../../parts/glyphs";
import layout from "../../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../../parts/list";
import { Name } from "../../../parts/Name";
import { total } from "../../../parts/severity";
import { EmptyNew } from "../../../parts/states";
import styles from "../fleet.module.css";
import { kindWord } from "../words";

const route = getRouteApi("/app/images/$image");

/** What the database could say of a package. Only "covered" is an answer. */
const COVERAGE: Record<string, string> = {
  covered: "covered by a feed",
  "no-feed": "no feed for it",
  "no-data": "no data for it",
  "end-of-life": "its distribution is out of support",
  unsupported: "not supported",
};

/** What is installed in an image. */
export function Packages({ image }: { image: ImageDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const asked = { text: search.text, kind: search.kind, vulnerable: search.vulnerable };
  const query = useInfiniteQuery(packagesQuery(image.id, asked));
  const { rows, total: sum, waiting } = useRows(query, (row) => row.subject, JSON.stringify([image.id, asked]));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
  const fields: FilterField[] = [
    { key: "kind", label: "Kind", kind: "text", hint: "deb, npm, pypi", value: search.kind },
    {
      key: "vulnerable",
      label: "With findings",
      kind: "one",
      options: [
        { value: "true", word: "yes" },
        { value: "false", word: "no" },
      ],
      value: search.vulnerable?.toString(),
    },
  ];
  const on = filtersOn(fields).length + (search.text ? 1 : 0);
  const clear = () =>
    void navigate({
      search: (old) => ({ ...(old.scope ? { scope: old.scope } : {}), tab: old.tab }),
      resetScroll: false,
    });
  const columns: Column<PackageRow>[] = [
    {
      key: "name",
      head: "Package",
      main: true,
      cell: (row) => (
        <>
          <b>
            <Name text={row.name} longest={96} />
          </b>{" "}
          <bdi className={styles.version}>{visible(row.version, 96)}</bdi>
          {row.paths[0] !== undefined && (
            <span className={layout.sub}>
              <code title={visible(row.paths[0])}>{middle(row.paths[0], 56)}</code>
              {row.paths.length > 1 && ` and ${row.paths.length - 1} more`}
            </span>
          )}
        </>
      ),
    },
    {
      key: "kind",
      head: "Kind",
      nowrap: true,
      cell: (row) => (
        <route.Link to="." search={(old) => ({ ...old, kind: row.kind })} resetScroll={false} className={layout.quiet}>
          {kindWord(row.kind)}
        </route.Link>
      ),
    },
    {
      key: "findings",
      head: "Findings",
      cell: (row) =>
        total(row.findings) > 0 ? (
          <Counts
            counts={row.findings}
            link={(severity) => ({
              to: "/images/$image",
              params: { image: image.id },
              search: { tab: "findings", package: row.name, severity },
            })}
          />
        ) : row.coverage === "covered" ? (
          <span className={layout.faint}>0</span>
        ) : (
          <StateMark state="not_assessed" />
        ),
    },
    {
      key: "coverage",
      head: "Looked at",
      cell: (row) => (
        <span className={row.coverage === "covered" ? layout.muted : layout.blind}>
          {COVERAGE[row.coverage] ?? visible(row.coverage, 64)}
        </span>
      ),
    },
    {
      key: "layer",
      head: "Layer",
      numeric: true,
      cell: (row) => (row.layer ? row.layer.position + 1 : <span className={layout.faint}>?</span>),
    },
  ];
  return (
    <section aria-label="Packages">
      <FilterBar text={{ key: "text", label: "Package or path", value: search.text }} fields={fields} onSet={set} />
      <ResultLine>
        {sum !== undefined && (
          <span>
            <b>{count(sum)}</b>
            {on > 0 ? ` of ${count(image.packages)}` : ""} {sum === 1 ? "package" : "packages"}
          </span>
        )}
      </ResultLine>
      <OldRows query={query} rows={rows} what="The packages" />
      <DataTable
        label="Packages"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.subject}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of packages",
          filters: fields,
          text: search.text,
          onClear: clear,
          empty: (
            <EmptyNew title={image.scanned ? "No package in it" : "Not scanned yet"}>
              <p>
                {image.scanned
                  ? "No cataloguer found a package: an image made from scratch, or one whose files tell nothing of themselves."
                  : "Its packages appear here after its first scan."}
              </p>
            </EmptyNew>
          ),
        })}
        foot={<Foot query={query} shown={rows.length} total={sum} one="package" />}
      />
    </section>
  );
}
