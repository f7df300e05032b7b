import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { findingsQuery } from "../../../api/fleet";
import type { Finding, ImageDetail } from "../../../api/types";
import { count, counted } from "../../../format/number";
import { middle, titled, visible } from "../../../format/text";
import { type Column, DataTable } from "../../../parts/DataTable";
import { FilterBar, type FilterField, filtersOn } from "../../../parts/FilterBar";
import { Choice, ResultLine } from "../../../parts/Filters";
import { SeverityMark } from "../../../parts/glyphs";
import { Icon } from "../../../parts/Icon";
import layout from "../../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../../parts/list";
import { Name } from "../../../parts/Name";
import { PathLink } from "../../../parts/PathLink";
import { SEVERITIES, SEVERITY_WORDS, total } from "../../../parts/severity";
import { EmptyGood } from "../../../parts/states";
import { Time } from "../../../parts/Time";
import { Kev } from "../cells";
import styles from "../fleet.module.css";
import { useStep } from "../useStep";
import { kindWord, titleOf } from "../words";
import { EvidenceDrawer, fixWord, Rated } from "./EvidenceDrawer";
import { byFix, keyOf, type PackageFindings } from "./group";

const route = getRouteApi("/app/images/$image");

const YES = [
  { value: "true", word: "yes" },
  { value: "false", word: "no" },
];

/** What was found in an image, by what clears it. */
export function Findings({ image }: { image: ImageDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const judgement = search.judgement ?? "counts";
  const asked = {
    text: search.text,
    severity: search.severity,
    package: search.package,
    fixable: search.fixable,
    kev: search.kev,
    judgement,
    sort: search.sort ?? "severity",
  };
  const query = useInfiniteQuery(findingsQuery(image.id, asked));
  const { rows: loaded, total: sum, waiting } = useRows(query, keyOf, JSON.stringify([image.id, asked]));
  // The hub does not narrow by layer: all rows are asked for, then the layer's are shown and the others counted.
  const layer = search.layer === undefined ? undefined : Number(search.layer) - 1;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const whole = layer !== undefined && hasNextPage && !isFetchingNextPage;
  useEffect(() => {
    if (whole) void fetchNextPage();
  }, [whole, fetchNextPage]);
  const shown = layer === undefined ? loaded : loaded.filter((finding) => finding.layer?.position === layer);
  const groups = byFix(shown);
  const order = groups.flatMap((group) => group.rows.flatMap((row) => row.findings));
  const spread = new Set((search.spread ?? "").split("|").filter((key) => key !== ""));

  const set = (key: string, value: string | undefined) =>
    void navigate({
      search: (old) => ({ ...old, [key]: value, open: undefined, spread: undefined }),
      resetScroll: false,
    });
  const open = (key: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, open: key }), resetScroll: false, replace: search.open !== undefined });
  const toggle = (row: PackageFindings) => {
    if (!spread.delete(row.key)) spread.add(row.key);
    const next = [...spread].join("|");
    void navigate({
      search: (old) => ({ ...old, spread: next || undefined }),
      resetScroll: false,
      replace: true,
    });
  };
  const keys = order.map(keyOf);
  const opened = order.find((finding) => keyOf(finding) === search.open);
  useStep(keys, opened && search.open, open);
  const openRow = opened && groups.flatMap((g) => g.rows).find((row) => row.findings.includes(opened));

  const fields: FilterField[] = [
    {
      key: "severity",
      label: "Severity",
      kind: "many",
      options: SEVERITIES.map((value) => ({ value, word: SEVERITY_WORDS[value] })),
      value: search.severity,
    },
    { key: "package", label: "Package", kind: "text", hint: "openssl", value: search.package },
    { key: "fixable", label: "Fix to be had", kind: "one", options: YES, value: search.fixable?.toString() },
    { key: "kev", label: "Known exploited", kind: "one", options: YES, value: search.kev?.toString() },
    { key: "layer", label: "Layer", kind: "text", hint: "7", value: search.layer },
  ];
  const on = filtersOn(fields).length + (search.text ? 1 : 0);
  const clear = () =>
    void navigate({
      search: (old) => ({
        ...(old.scope ? { scope: old.scope } : {}),
        tab: old.tab,
        judgement: old.judgement,
        sort: old.sort,
      }),
      resetScroll: false,
    });

  const columns: Column<PackageFindings>[] = [
    {
      key: "package",
      head: "Package, then what fixes it",
      main: true,
      cell: (row) => (
        <>
          <button
            className={styles.expander}
            type="button"
            aria-expanded={spread.has(row.key)}
            aria-label={`${counted(row.findings.length, "finding")} of ${visible(row.package.name, 64)}`}
            onClick={() => toggle(row)}
          >
            <Icon name="right" small />
          </button>
          <b>
            <Name text={row.package.name} longest={96} />
          </b>{" "}
          <bdi className={styles.version}>{visible(row.package.version, 96)}</bdi>{" "}
          {row.fixed.length > 0 ? (
            <>
              <span className={styles.arrow} aria-hidden="true">
                <Icon name="right" small />
              </span>
              <span className="pf-v6-screen-reader">fixed in </span>{" "}
              <bdi className={styles.fixed}>{visible(row.fixed[0] ?? "", 96)}</bdi>
              {row.fixed.length > 1 && (
                <span className={layout.faint}> or later, {row.fixed.length} versions named</span>
              )}
            </>
          ) : (
            <span className={layout.muted}>{fixWord(row.first.fixStatus).toLowerCase()}</span>
          )}
          <span className={layout.sub}>
            {row.first.paths[0] === undefined ? (
              kindWord(row.package.kind)
            ) : (
              <code title={visible(row.first.paths[0])}>{middle(row.first.paths[0], 56)}</code>
            )}
            {row.package.sourceName &&
              row.package.sourceName !== row.package.name &&
              `, source ${visible(row.package.sourceName, 48)}`}
          </span>
        </>
      ),
    },
    {
      key: "worst",
      head: "Worst",
      nowrap: true,
      sort: "severity",
      cell: (row) => <SeverityMark severity={row.worst} />,
    },
    {
      key: "cves",
      head: "Findings",
      cell: (row) => (
        <>
          <button className={styles.linkButton} type="button" onClick={() => open(keyOf(row.first))}>
            <span className={layout.nowrap}>{visible(row.first.vulnerability, 48)}</span>
          </button>
          {row.findings.length > 1 && (
            <>
              {" "}
              <button
                className={layout.textButton}
                type="button"
                aria-label={`${row.findings.length - 1} more of ${visible(row.package.name, 64)}`}
                onClick={() => toggle(row)}
              >
                <span className={layout.faint}>+{count(row.findings.length - 1)}</span>
              </button>
            </>
          )}
          {row.kev && (
            <span className={layout.sub}>
              <Kev />
            </span>
          )}
        </>
      ),
    },
    {
      key: "layer",
      head: "Layer",
      cell: (row) =>
        row.first.layer ? (
          <route.Link
            to="."
            search={(old) => ({ ...old, layer: String((row.first.layer?.position ?? 0) + 1), open: undefined })}
            resetScroll={false}
            className={layout.quiet}
          >
            {row.first.layer.position + 1}
          </route.Link>
        ) : (
          <span className={layout.faint}>?</span>
        ),
    },
    {
      key: "seen",
      head: "First seen",
      nowrap: true,
      sort: "newest",
      cell: (row) => <Time at={row.since} />,
    },
  ];
  const hidden = image.hidden;
  const apart = hidden.apart.reduce((n, entry) => n + entry.count, 0);

  return (
    <section aria-label="Findings">
      <FilterBar text={{ key: "text", label: "CVE, package or title", value: search.text }} fields={fields} onSet={set}>
        <Choice
          label="Which findings"
          value={judgement}
          options={[
            { value: "counts", word: "Counted" },
            { value: "apart", word: "Apart" },
            { value: "all", word: "All" },
          ]}
          onChange={(which) => set("judgement", which === "counts" ? undefined : which)}
        />
      </FilterBar>
      <ResultLine>
        <span>
          <b>{count(shown.length)}</b>
          {on > 0 && judgement === "counts" ? ` of ${count(total(image.findings))}` : ""}{" "}
          {shown.length === 1 ? "finding" : "findings"} in{" "}
          {counted(new Set(shown.map((finding) => finding.package.subject)).size, "package")}
        </span>
        {layer !== undefined && loaded.length > shown.length && (
          <span>{count(loaded.length - shown.length)} hidden: in other layers</span>
        )}
        {judgement === "counts" &&
          hidden.apart.map((entry) => (
            <route.Link
              key={entry.reason}
              to="."
              search={(old) => ({ ...old, judgement: "apart" })}
              resetScroll={false}
              className={layout.quiet}
            >
              {count(entry.count)} hidden: {visible(entry.reason, 64)}
            </route.Link>
          ))}
        {hidden.rules > 0 && (
          <PathLink path="/rules?tab=rules" className={layout.quiet}>
            {count(hidden.rules)} hidden by rules
          </PathLink>
        )}
        {hidden.exemptions > 0 && (
          <PathLink path="/rules?tab=exemptions" className={layout.quiet}>
            {count(hidden.exemptions)} hidden by exemptions
          </PathLink>
        )}
      </ResultLine>
      <OldRows query={query} rows={loaded} what="The findings" />
      <DataTable
        label="Findings by what fixes them"
        columns={columns}
        groups={groups.map((group) => ({
          key: group.key,
          title: (
            <>
              {group.fix ? (
                <PathLink path={`/fixes/${encodeURIComponent(group.fix)}`} className={layout.quiet}>
                  {titled(visible(group.title, 160))}
                </PathLink>
              ) : (
                group.title
              )}{" "}
              <span className={styles.groupEnd}>
                {group.kind === "fix" || group.kind === "fixable"
                  ? `clears ${count(group.findings)}`
                  : counted(group.findings, "finding")}
              </span>
            </>
          ),
          rows: group.rows,
        }))}
        rowKey={(row) => row.key}
        sort={{ by: asked.sort, order: "desc" }}
        oneOrder
        onSort={({ by }) => set("sort", by === "severity" ? undefined : by)}
        onOpen={(row) => open(keyOf(row.first))}
        openKey={openRow?.key}
        waiting={waiting}
        below={(row) =>
          spread.has(row.key) ? (
            <ul className={styles.below}>
              {row.findings.map((finding) => (
                <Line
                  key={keyOf(finding)}
                  finding={finding}
                  current={keyOf(finding) === search.open}
                  onOpen={() => open(keyOf(finding))}
                />
              ))}
            </ul>
          ) : undefined
        }
        state={listState({
          query,
          rows: shown,
          what: "The list of findings",
          filters: fields,
          text: search.text,
          onClear: clear,
          empty:
            judgement !== "counts" ? (
              <EmptyGood title="Nothing stands apart">
                <p>Every finding of this image counts.</p>
              </EmptyGood>
            ) : image.scanned ? (
              <EmptyGood
                title={image.state === "not_assessed" ? "No finding, but not all was looked at" : "No finding"}
              >
                <p>
                  {counted(image.packages, "package")} looked at, scanned <Time at={image.scanned} />.{" "}
                  {apart > 0 ? `${counted(apart, "finding")} shown apart.` : ""}{" "}
                  {image.problems.length > 0 ? `${counted(image.problems.length, "problem")} could hide more.` : ""}
                </p>
              </EmptyGood>
            ) : (
              <EmptyGood title="Not scanned yet">
                <p>Nothing is known of its content until it is scanned; the queue says when.</p>
                <p>
                  <Link to="/queue" search={{}}>
                    See the queue
                  </Link>
                </p>
              </EmptyGood>
            ),
        })}
        foot={
          layer === undefined ? (
            <Foot query={query} shown={loaded.length} total={sum} one="finding" keys="j k move, o why, Esc close" />
          ) : (
            shown.length > 0 && (
              <span data-total={shown.length}>
                {counted(shown.length, "finding")} of layer {layer + 1}
              </span>
            )
          )
        }
      />
      {opened && (
        <EvidenceDrawer
          image={image.id}
          title={titleOf(image)}
          finding={opened}
          place={`${count(keys.indexOf(search.open ?? "") + 1)} of ${count(keys.length)}`}
          onClose={() => open(undefined)}
        />
      )}
    </section>
  );
}

/** One finding beneath its package. */
function Line({ finding, current, onOpen }: { finding: Finding; current: boolean; onOpen: () => void }) {
  return (
    <li>
      <button className={`${styles.linkButton} ${current ? styles.current : ""}`} type="button" onClick={onOpen}>
        {visible(finding.vulnerability, 48)}
      </button>
      <Rated severity={finding.severity} score={finding.score} />
      <span>
        {finding.title ? visible(finding.title, 200) : ""}
        {finding.judgement !== "counts" && <span className={layout.sub}>apart: {visible(finding.judgement, 64)}</span>}
      </span>
      <span className={layout.inline}>
        {finding.kev && <Kev />}
        <span className={layout.faint}>
          here since <Time at={finding.firstSeen} />
        </span>
      </span>
    </li>
  );
}
