import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { softwareQuery } from "../../api/fleet";
import type { Software as Row } from "../../api/types";
import { count } from "../../format/number";
import { CopyAs } from "../../parts/CopyAs";
import { CountLink } from "../../parts/CountLink";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, type FilterField } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { Name } from "../../parts/Name";
import { ListPage } from "../../parts/shapes";
import { EmptyNew } from "../../parts/states";
import { kindWord } from "./words";

const route = getRouteApi("/app/software");

export function Software() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const asked = { text: search.text, kind: search.kind, scope: search.scope };
  const query = useInfiniteQuery(softwareQuery(asked));
  const { rows, total, waiting } = useRows(query, (row) => `${row.kind} ${row.name}`, JSON.stringify(asked));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
  const fields: FilterField[] = [
    { key: "kind", label: "Kind", kind: "text", hint: "deb, npm, pypi", value: search.kind },
  ];
  const clear = () => void navigate({ search: (old) => (old.scope ? { scope: old.scope } : {}) });
  const columns: Column<Row>[] = [
    {
      key: "name",
      head: "Package",
      main: true,
      cell: (row) => (
        <Link to="/software/$kind" params={{ kind: row.kind }} search={{ name: row.name }}>
          <Name text={row.name} longest={128} />
        </Link>
      ),
    },
    {
      key: "kind",
      head: "Kind",
      nowrap: true,
      cell: (row) => (
        <route.Link to="." search={(old) => ({ ...old, kind: row.kind })} className={layout.quiet} resetScroll={false}>
          {kindWord(row.kind)}
        </route.Link>
      ),
    },
    {
      key: "versions",
      head: "Versions",
      numeric: true,
      cell: (row) => (
        <CountLink
          n={row.versions}
          link={{ to: "/software/$kind", params: { kind: row.kind }, search: { name: row.name } }}
          quiet
        />
      ),
    },
    {
      key: "images",
      head: "Images",
      numeric: true,
      cell: (row) => (
        <CountLink n={row.images} link={{ to: "/images", search: { package: row.name, packageKind: row.kind } }} />
      ),
    },
    {
      key: "vulnerabilities",
      head: "Vulnerabilities",
      numeric: true,
      cell: (row) =>
        row.vulnerabilities === 0 ? (
          <span className={layout.faint}>0</span>
        ) : (
          <Link to="/software/$kind" params={{ kind: row.kind }} search={{ name: row.name }}>
            {count(row.vulnerabilities)}
          </Link>
        ),
    },
  ];
  return (
    <ListPage
      title="Software"
      meta={<span>Every package that is installed in an image, with its versions and where they are.</span>}
      actions={<CopyAs path="/api/v1/software" asked={asked} />}
      filters={
        <>
          <FilterBar text={{ key: "text", label: "Package name", value: search.text }} fields={fields} onSet={set} />
          <ResultLine>
            {total !== undefined && (
              <span>
                <b>{count(total)}</b> {total === 1 ? "package" : "packages"}
              </span>
            )}
          </ResultLine>
          <OldRows query={query} rows={rows} what="The software" />
        </>
      }
    >
      <DataTable
        label="Packages"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => `${row.kind} ${row.name}`}
        onOpen={(row) =>
          void navigate({ to: "/software/$kind", params: { kind: row.kind }, search: { name: row.name } })
        }
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of software",
          filters: fields,
          text: search.text,
          onClear: clear,
          empty: (
            <EmptyNew title="No package is known yet">
              <p>Packages appear here as images are scanned.</p>
            </EmptyNew>
          ),
        })}
        foot={<Foot query={query} shown={rows.length} total={total} one="package" keys="j k move, o open, / filter" />}
      />
    </ListPage>
  );
}
