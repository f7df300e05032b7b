import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { compareQuery, imageQuery, imagesQuery } from "../../api/fleet";
import type { Comparison, ImageRow } from "../../api/types";
import { bytes, count, counted } from "../../format/number";
import { shortDigest, visible } from "../../format/text";
import { Counts } from "../../parts/Counts";
import { type Column, DataTable } from "../../parts/DataTable";
import { Field } from "../../parts/Field";
import { Choice, Filters, ResultLine, TextFilter } from "../../parts/Filters";
import { SeverityMark, StateMark } from "../../parts/glyphs";
import { stateOf } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Name } from "../../parts/Name";
import { severityOf, total } from "../../parts/severity";
import { ListPage, Panel } from "../../parts/shapes";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Tabs } from "../../parts/Tabs";
import { Time } from "../../parts/Time";
import { ImageCell, Kev } from "./cells";
import styles from "./fleet.module.css";
import { kindWord, titleOf } from "./words";

const route = getRouteApi("/app/images/$image/compare");

export function Compare() {
  const { image } = route.useParams();
  const search = route.useSearch();
  const first = useQuery(imageQuery(image));
  const query = useQuery({ ...compareQuery(image, search.with ?? ""), enabled: search.with !== undefined });
  const title = first.data ? `Compare ${titleOf(first.data)}` : "Compare";
  const crumbs = [
    { key: "images", node: <Link to="/images">Images</Link> },
    {
      key: "image",
      node: (
        <Link to="/images/$image" params={{ image }} search={{}}>
          {first.data ? titleOf(first.data) : "Image"}
        </Link>
      ),
    },
  ];
  if (first.error) return <Failed error={first.error} what="This image" onRetry={() => void first.refetch()} page />;
  return (
    <ListPage
      title={title}
      heading={query.data ? sentence(query.data) : "Compare with another image"}
      crumbs={crumbs}
      meta={<span>What changed from the first to the second, by package and by finding.</span>}
    >
      {search.with === undefined ? (
        first.data ? (
          <Choose image={first.data} />
        ) : (
          <LoadingRows what="the image" />
        )
      ) : query.error ? (
        <Failed error={query.error} what="The comparison" onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <LoadingRows what="the comparison" rows={8} />
      ) : (
        <Result data={query.data} />
      )}
    </ListPage>
  );
}

/** The answer of a comparison in a sentence. */
export function sentence({ counts, packages }: Pick<Comparison, "counts" | "packages">): string {
  if (counts.new === 0 && counts.gone === 0)
    return packages.length === 0
      ? "Nothing differs"
      : `The findings are the same, ${counted(packages.length, "package")} ${packages.length === 1 ? "differs" : "differ"}`;
  return `${counted(counts.gone, "finding")} gone, ${counted(counts.new, "finding")} new, ${count(counts.same)} stay`;
}

/** The images that it is mostly compared with: others of its repository. */
function Choose({ image }: { image: ImageRow }) {
  const navigate = route.useNavigate();
  const [text, setText] = useState("");
  const query = useInfiniteQuery(
    imagesQuery({
      ...(text ? { text } : { registry: image.registryId, repository: image.repository }),
      sort: "newest",
    }),
  );
  const rows = (query.data?.pages ?? []).flatMap((page) => page.items).filter((row) => row.id !== image.id);
  return (
    <Panel
      id="choose"
      title="With which image?"
      end={text ? "in all repositories" : image.repository ? "others of its repository" : undefined}
    >
      <form className={layout.panelBody} onSubmit={(event) => event.preventDefault()}>
        <Field label="Repository, tag or digest" value={text} onChange={setText} autoComplete="off" />
      </form>
      {query.error ? (
        <Failed error={query.error} what="The list of images" onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <LoadingRows what="the images" rows={3} />
      ) : rows.length === 0 ? (
        <p className={layout.panelBody}>No other image matches. Type another repository, tag or digest.</p>
      ) : (
        <ul className={layout.rows}>
          {rows.slice(0, 20).map((row) => (
            <li key={row.id}>
              <span className={layout.grow}>
                <ImageCell image={row} />
              </span>
              <Counts counts={row.findings} />
              <Button
                variant="secondary"
                size="sm"
                aria-label={`Compare with ${titleOf(row)}`}
                onClick={() => void navigate({ search: (old) => ({ ...old, with: row.id }) })}
              >
                Compare
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** "10 findings fewer in the second." */
function difference(n: number): string {
  if (n === 0) return "As many findings in both.";
  return `${counted(Math.abs(n), "finding")} ${n < 0 ? "fewer" : "more"} in the second.`;
}

function sizes(n: number): string {
  return n === 0 ? "The same size." : `It is ${bytes(Math.abs(n))} ${n < 0 ? "smaller" : "larger"}.`;
}

function Side({ image, word }: { image: ImageRow; word: string }) {
  return (
    <section className={styles.side} aria-label={word}>
      <p className={layout.hint}>{word}</p>
      <p>
        <Link to="/images/$image" params={{ image: image.id }} search={{}}>
          <b>
            <bdi>{titleOf(image)}</bdi>
          </b>
        </Link>
      </p>
      <p className={layout.inline}>
        <StateMark state={stateOf(image.state)} badge />
        <Counts
          counts={image.findings}
          link={(severity) => ({
            to: "/images/$image",
            params: { image: image.id },
            search: { tab: "findings", severity },
          })}
        />
      </p>
      <p className={layout.hint}>
        <code title={visible(image.digest)}>{shortDigest(image.digest)}</code>, {bytes(image.size)},{" "}
        {counted(image.packages, "package")}
        {image.created && (
          <>
            , built <Time at={image.created} />
          </>
        )}
      </p>
    </section>
  );
}

type ChangedPackage = Comparison["packages"][number];
type ChangedFinding = Comparison["findings"][number];

const MARK = {
  new: { className: "bad", word: "new" },
  gone: { className: "good", word: "gone" },
} as const;

function Result({ data }: { data: Comparison }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { image } = route.useParams();
  const tab = search.tab ?? "findings";
  const here = { to: "/images/$image/compare", params: { image } } as const;
  const text = (search.text ?? "").toLowerCase();
  const set = (change: string) =>
    void navigate({
      search: (old) => ({ ...old, change: change === "all" ? undefined : (change as "new") }),
      resetScroll: false,
    });
  const findings = data.findings.filter(
    (row) =>
      (search.change === undefined || row.change === search.change) &&
      `${row.finding.vulnerability} ${row.finding.package}`.toLowerCase().includes(text),
  );
  const packages = data.packages.filter(
    (row) => (search.change === undefined || row.change === search.change) && row.name.toLowerCase().includes(text),
  );
  const all = tab === "findings" ? data.findings.length : data.packages.length;
  const shown = tab === "findings" ? findings.length : packages.length;
  const clear = () =>
    void navigate({ search: (old) => ({ ...old, change: undefined, text: undefined }), resetScroll: false });
  const n = (change: string) => data.packages.filter((row) => row.change === change).length;
  const findingColumns: Column<ChangedFinding>[] = [
    {
      key: "id",
      head: "Finding",
      main: true,
      cell: ({ finding }) => (
        <>
          <Link to="/cve/$id" params={{ id: finding.vulnerability }} search={{}}>
            <Name text={finding.vulnerability} />
          </Link>
          {finding.kev && (
            <>
              {" "}
              <Kev />
            </>
          )}
        </>
      ),
    },
    {
      key: "change",
      head: "Change",
      nowrap: true,
      cell: ({ change }) => <b className={layout[MARK[change].className]}>{MARK[change].word}</b>,
    },
    {
      key: "severity",
      head: "Severity",
      nowrap: true,
      cell: ({ finding }) => <SeverityMark severity={severityOf(finding.severity)} />,
    },
    {
      key: "package",
      head: "Package",
      cell: ({ finding }) => (
        <>
          <Name text={finding.package} longest={96} />{" "}
          <bdi className={styles.version}>{visible(finding.version, 96)}</bdi>
        </>
      ),
    },
  ];
  const packageColumns: Column<ChangedPackage>[] = [
    {
      key: "name",
      head: "Package",
      main: true,
      cell: (row) => (
        <b>
          <Name text={row.name} longest={96} />
        </b>
      ),
    },
    { key: "kind", head: "Kind", nowrap: true, cell: (row) => kindWord(row.kind) },
    { key: "change", head: "Change", nowrap: true, cell: (row) => row.change },
    { key: "from", head: "First", cell: (row) => <Version text={row.from} /> },
    { key: "to", head: "Second", cell: (row) => <Version text={row.to} /> },
  ];
  const state =
    shown > 0 ? undefined : search.change !== undefined || text ? (
      <EmptyFiltered
        filters={[...(search.change ? [`change: ${search.change}`] : []), ...(text ? [`text: ${search.text}`] : [])]}
        onClear={clear}
      />
    ) : (
      <EmptyGood title={tab === "findings" ? "The findings are the same" : "The packages are the same"}>
        <p>
          {tab === "findings"
            ? `${counted(data.counts.same, "finding")} in both.`
            : "Every package has the same version in both."}
        </p>
      </EmptyGood>
    );
  return (
    <>
      <div className={styles.versus}>
        <Side image={data.a} word="First" />
        <Side image={data.b} word="Second" />
      </div>
      <p className={layout.lede}>
        {difference(total(data.b.findings) - total(data.a.findings))} {sizes(data.b.size - data.a.size)}{" "}
        <Link
          to="/images/$image/compare"
          params={{ image: data.b.id }}
          search={{ ...search, with: data.a.id }}
          resetScroll={false}
        >
          Compare the other way round
        </Link>
      </p>
      <div className={layout.section}>
        <Tabs
          label="What is compared"
          current={tab}
          tabs={[
            {
              key: "findings",
              word: "Findings",
              n: data.findings.length,
              link: { ...here, search: { with: data.b.id, tab: "findings" } },
            },
            {
              key: "packages",
              word: "Packages",
              n: data.packages.length,
              link: { ...here, search: { with: data.b.id, tab: "packages" } },
            },
          ]}
        />
        <Filters>
          <TextFilter
            label={tab === "findings" ? "CVE or package" : "Package"}
            value={search.text ?? ""}
            onChange={(value) =>
              void navigate({ search: (old) => ({ ...old, text: value || undefined }), resetScroll: false })
            }
          />
          <Choice
            label="Which changes"
            value={search.change ?? "all"}
            options={
              tab === "findings"
                ? [
                    { value: "all", word: `All ${count(data.findings.length)}` },
                    { value: "new", word: `New ${count(data.counts.new)}` },
                    { value: "gone", word: `Gone ${count(data.counts.gone)}` },
                  ]
                : [
                    { value: "all", word: `All ${count(data.packages.length)}` },
                    { value: "added", word: `Added ${count(n("added"))}` },
                    { value: "removed", word: `Removed ${count(n("removed"))}` },
                    { value: "changed", word: `Changed ${count(n("changed"))}` },
                  ]
            }
            onChange={set}
          />
        </Filters>
        <ResultLine>
          <span>
            <b>{count(shown)}</b> of {count(all)} {all === 1 ? "change" : "changes"}
          </span>
          {tab === "findings" && <span>{count(data.counts.same)} that are in both are not listed</span>}
        </ResultLine>
        {tab === "findings" ? (
          <DataTable
            label="Findings that differ"
            columns={findingColumns}
            groups={[{ key: "all", rows: findings }]}
            rowKey={(row) => `${row.change} ${row.finding.vulnerability} ${row.finding.package} ${row.finding.version}`}
            state={state}
          />
        ) : (
          <DataTable
            label="Packages that differ"
            columns={packageColumns}
            groups={[{ key: "all", rows: packages }]}
            rowKey={(row) => `${row.change} ${row.kind} ${row.name} ${row.from ?? ""} ${row.to ?? ""}`}
            state={state}
          />
        )}
      </div>
    </>
  );
}

function Version({ text }: { text: string | undefined }) {
  return text === undefined ? (
    <span className={layout.faint}>–</span>
  ) : (
    <bdi className={styles.version}>{visible(text, 96)}</bdi>
  );
}
