import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { versionsQuery } from "../../api/fleet";
import type { SoftwareVersion } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import { CountLink } from "../../parts/CountLink";
import { Counts } from "../../parts/Counts";
import { type Column, DataTable } from "../../parts/DataTable";
import layout from "../../parts/layout.module.css";
import { total } from "../../parts/severity";
import { ListPage } from "../../parts/shapes";
import { EmptyNew, Failed, LoadingRows } from "../../parts/states";
import styles from "./fleet.module.css";
import { kindWord } from "./words";

const route = getRouteApi("/app/software/$kind");

export function SoftwareVersions() {
  const { kind } = route.useParams();
  const { name = "", scope } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(versionsQuery({ kind, name, scope }));
  const rows = data?.items ?? [];
  const found = rows.filter((row) => total(row.findings) > 0).length;
  const columns: Column<SoftwareVersion>[] = [
    {
      key: "version",
      head: "Version",
      main: true,
      cell: (row) => (
        <Link to="/images" search={{ package: name, packageKind: kind, packageVersion: row.version }}>
          <bdi className={styles.version}>{visible(row.version, 128)}</bdi>
        </Link>
      ),
    },
    {
      key: "findings",
      head: "Findings",
      cell: (row) =>
        total(row.findings) > 0 ? <Counts counts={row.findings} /> : <span className={layout.faint}>none known</span>,
    },
    {
      key: "images",
      head: "Images",
      numeric: true,
      cell: (row) => (
        <CountLink
          n={row.images}
          link={{ to: "/images", search: { package: name, packageKind: kind, packageVersion: row.version } }}
        />
      ),
    },
  ];
  return (
    <ListPage
      title={name === "" ? "Software" : visible(name, 96)}
      mono
      crumbs={[
        { key: "software", node: <Link to="/software">Software</Link> },
        {
          key: "kind",
          node: (
            <Link to="/software" search={{ kind }}>
              {kindWord(kind)}
            </Link>
          ),
        },
      ]}
      meta={
        data && (
          <>
            <span>
              {counted(rows.length, "version")}, {found === 0 ? "none" : count(found)} with findings
            </span>
            <Link to="/images" search={{ package: name, packageKind: kind }} className={layout.quiet}>
              every image that has it
            </Link>
            <Link to="/cve" search={{ text: name }} className={layout.quiet}>
              its vulnerabilities
            </Link>
          </>
        )
      }
    >
      <DataTable
        label={`Versions of ${visible(name, 64)}`}
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.version}
        onOpen={(row) =>
          void navigate({ to: "/images", search: { package: name, packageKind: kind, packageVersion: row.version } })
        }
        state={
          error ? (
            <Failed error={error} what="The versions" onRetry={() => void refetch()} />
          ) : !data ? (
            <LoadingRows what="the versions" />
          ) : rows.length === 0 ? (
            <EmptyNew
              title="No image has this package"
              actions={
                <Link to="/software" className={layout.button}>
                  All software
                </Link>
              }
            >
              <p>None that you may see, now. Gone images are not counted here.</p>
            </EmptyNew>
          ) : undefined
        }
        foot={rows.length > 0 && <span data-total={rows.length}>{counted(rows.length, "version")}, all there are</span>}
      />
    </ListPage>
  );
}
