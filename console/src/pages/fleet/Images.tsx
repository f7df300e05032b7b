import { Button } from "@patternfly/react-core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { imagesQuery, inventoryCountsQuery, registriesQuery, scanImage } from "../../api/fleet";
import { teamsQuery } from "../../api/posture";
import { useMe } from "../../api/session";
import type { ImageRow } from "../../api/types";
import { bytes, count } from "../../format/number";
import { visible } from "../../format/text";
import { CopyAs } from "../../parts/CopyAs";
import { CountLink } from "../../parts/CountLink";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, type FilterField, filtersOn } from "../../parts/FilterBar";
import { Choice, ResultLine } from "../../parts/Filters";
import { STATE_WORDS, STATES } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, Picked, useRows } from "../../parts/list";
import { SEVERITIES, SEVERITY_WORDS } from "../../parts/severity";
import { ListPage } from "../../parts/shapes";
import { EmptyNew } from "../../parts/states";
import { FindingsCell, ImageCell, OwnerCell, SeenCell } from "./cells";
import { distroOf, mayChange, mayChangeSomewhere, TRIGGER_OPTIONS, titleOf } from "./words";

const route = getRouteApi("/app/images");

const SORTS = {
  worst: "desc",
  name: "asc",
  newest: "desc",
  fixable: "desc",
  packages: "desc",
} as const;

const YES = [
  { value: "true", word: "yes" },
  { value: "false", word: "no" },
];

export function Images() {
  const { sel, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: me } = useMe();
  const { data: owners } = useQuery(teamsQuery);
  const registries = useInfiniteQuery(registriesQuery({}));
  const sort = search.sort ?? "worst";
  const asked = { ...search, sort };
  const query = useInfiniteQuery(imagesQuery(asked));
  const { rows, total, waiting } = useRows(query, (row) => row.id, JSON.stringify(asked));
  const counts = useQuery(inventoryCountsQuery({ scope: search.scope }));
  const all = counts.data?.kinds.find((kind) => kind.kind === "image");
  // What is not listed because it is no longer in its registry: counted beside what is shown.
  const { gone: _gone, sort: _sort, ...still } = search;
  const goneRows = useInfiniteQuery({ ...imagesQuery({ ...still, gone: true }), enabled: !search.gone });
  const goneTotal = goneRows.data?.pages[0]?.total ?? undefined;

  const set = (key: string, value: string | undefined) =>
    void navigate({
      search: (old) => ({ ...old, [key]: value, sel: undefined }),
      resetScroll: false,
    });
  const choose = (chosen: Set<string>) =>
    void navigate({
      search: (old) => ({ ...old, sel: chosen.size > 0 ? [...chosen].join(",") : undefined }),
      replace: true,
      resetScroll: false,
    });
  const chosen = new Set((sel ?? "").split(",").filter((id) => id !== ""));
  useEscape(chosen.size > 0, () => choose(new Set()));

  const fields: FilterField[] = [
    {
      key: "severity",
      label: "Severity",
      kind: "many",
      options: SEVERITIES.map((value) => ({ value, word: SEVERITY_WORDS[value] })),
      value: search.severity,
    },
    {
      key: "state",
      label: "State",
      kind: "many",
      options: STATES.map((value) => ({ value, word: STATE_WORDS[value] })),
      value: search.state,
    },
    {
      key: "registry",
      label: "Registry",
      kind: "one",
      options: (registries.data?.pages ?? [])
        .flatMap((page) => page.items)
        .map((registry) => ({ value: registry.id, word: visible(registry.name, 64) })),
      value: search.registry,
    },
    { key: "repository", label: "Repository", kind: "text", hint: "shop/cart", value: search.repository },
    { key: "cve", label: "CVE", kind: "text", hint: "CVE-2025-48384", value: search.cve },
    { key: "package", label: "Package", kind: "text", hint: "openssl", value: search.package },
    {
      key: "packageVersion",
      label: "Package version",
      kind: "text",
      hint: "1.1.1n-0+deb11u4",
      value: search.packageVersion,
    },
    { key: "packageKind", label: "Package kind", kind: "text", hint: "deb, npm, pypi", value: search.packageKind },
    { key: "distro", label: "Distribution", kind: "text", hint: "debian", value: search.distro },
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
    { key: "kev", label: "Known exploited", kind: "one", options: YES, value: search.kev?.toString() },
    { key: "fixable", label: "Fix to be had", kind: "one", options: YES, value: search.fixable?.toString() },
    { key: "trigger", label: "Looked at", kind: "one", options: TRIGGER_OPTIONS, value: search.trigger },
  ];
  const on = filtersOn(fields).length + (search.text ? 1 : 0);
  const clear = () =>
    void navigate({
      search: (old) => ({ ...(old.scope ? { scope: old.scope } : {}), ...(old.sort ? { sort: old.sort } : {}) }),
    });

  const columns: Column<ImageRow>[] = [
    { key: "image", head: "Image", main: true, sort: "name", cell: (image) => <ImageCell image={image} /> },
    {
      key: "distro",
      head: "System",
      nowrap: true,
      cell: (image) =>
        distroOf(image) ?? <span className={layout.faint}>{image.scanned ? "no distribution" : "?"}</span>,
    },
    { key: "owner", head: "Owner", cell: (image) => <OwnerCell owner={image.owner} /> },
    {
      key: "findings",
      head: "Findings",
      sort: "worst",
      cell: (image) => (
        <FindingsCell state={image.state} cause={image.cause} findings={image.findings} image={image.id} />
      ),
    },
    {
      key: "fixable",
      head: "Fix to be had",
      numeric: true,
      sort: "fixable",
      cell: (image) =>
        image.findings.fixable === 0 ? (
          <span className={layout.faint}>0</span>
        ) : (
          <CountLink
            n={image.findings.fixable}
            link={{ to: "/images/$image", params: { image: image.id }, search: { tab: "findings", fixable: true } }}
          />
        ),
    },
    {
      key: "packages",
      head: "Packages",
      numeric: true,
      sort: "packages",
      cell: (image) => (
        <>
          <CountLink
            n={image.packages}
            link={{ to: "/images/$image", params: { image: image.id }, search: { tab: "packages" } }}
            quiet
          />
          <span className={layout.sub}>{bytes(image.size)}</span>
        </>
      ),
    },
    { key: "seen", head: "Pushed", sort: "newest", nowrap: true, cell: (image) => <SeenCell image={image} /> },
  ];

  return (
    <ListPage
      title="Images"
      meta={
        <>
          {all && (
            <span>
              <CountLink
                n={all.total}
                noun={all.total === 1 ? "image" : "images"}
                link={{ to: "/images", search: {} }}
                quiet
              />{" "}
              {registries.data && (
                <>
                  in{" "}
                  <CountLink
                    n={registries.data.pages[0]?.total ?? registries.data.pages[0]?.items.length ?? 0}
                    noun={registries.data.pages[0]?.total === 1 ? "registry" : "registries"}
                    link={{ to: "/registries", search: {} }}
                    quiet
                  />
                </>
              )}
            </span>
          )}
          {all && (
            <CountLink
              n={all.states.unhealthy}
              noun="unhealthy"
              link={{ to: "/images", search: { state: "unhealthy" } }}
              quiet
            />
          )}
          {all && all.states.notAssessed > 0 && (
            <span className={layout.blind}>
              <CountLink
                n={all.states.notAssessed}
                noun="not assessed"
                link={{ to: "/images", search: { state: "not_assessed" } }}
                quiet
              />
            </span>
          )}
        </>
      }
      actions={
        <>
          {mayChangeSomewhere(me?.grants) && (
            <Link to="/registries" search={{ add: true }} className={layout.button}>
              Connect registry…
            </Link>
          )}
          <CopyAs path="/api/v1/images" asked={asked} />
        </>
      }
      filters={
        <>
          <FilterBar
            text={{ key: "text", label: "Repository, tag or digest", value: search.text }}
            fields={fields}
            onSet={set}
          />
          <ResultLine>
            {total !== undefined && (
              <span>
                <b>{count(total)}</b>
                {all && on > 0 && !search.gone ? ` of ${count(all.total)}` : ""} {total === 1 ? "image" : "images"}
              </span>
            )}
            {on > 0 && all && total !== undefined && !search.gone && all.total > total && (
              <button className={layout.textButton} type="button" onClick={clear}>
                {count(all.total - total)} hidden by {on === 1 ? "the filter" : "filters"}
              </button>
            )}
            {search.gone ? (
              <Choice
                label="Gone images"
                value="gone"
                options={[
                  { value: "here", word: "In their registry" },
                  { value: "gone", word: "Gone" },
                ]}
                onChange={(which) => set("gone", which === "gone" ? "true" : undefined)}
              />
            ) : (
              goneTotal !== undefined &&
              goneTotal > 0 && (
                <route.Link to="." search={(old) => ({ ...old, gone: true })} className={layout.quiet}>
                  {count(goneTotal)} hidden: no longer in their registry
                </route.Link>
              )
            )}
          </ResultLine>
          <OldRows query={query} rows={rows} what="The list of images" />
        </>
      }
    >
      <DataTable
        label="Images"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(image) => image.id}
        sort={{ by: sort, order: SORTS[sort] }}
        oneOrder
        onSort={({ by }) => set("sort", by === "worst" ? undefined : by)}
        onOpen={(image) => void navigate({ to: "/images/$image", params: { image: image.id }, search: {} })}
        selection={{ chosen, onChoose: choose, name: titleOf }}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of images",
          filters: fields,
          text: search.text,
          onClear: clear,
          empty: (
            <EmptyNew
              title={search.gone ? "No image is gone" : "No images yet"}
              actions={
                !search.gone && (
                  <Link to="/registries" search={{ add: true }} className={layout.button}>
                    Connect registry…
                  </Link>
                )
              }
            >
              {search.gone ? (
                <p>Images whose digest leaves its registry are listed here, with their last state.</p>
              ) : (
                <p>
                  Connect a registry, and its images appear here as they are found. A pipeline can send its own:{" "}
                  <code>seawall scan IMAGE --publish</code>
                </p>
              )}
            </EmptyNew>
          ),
        })}
        foot={
          <Foot
            query={query}
            shown={rows.length}
            total={total}
            one="image"
            keys="j k move, o open, x select, / filter"
          />
        }
      />
      <Picked n={chosen.size} onClear={() => choose(new Set())}>
        <Chosen
          images={rows.filter((row) => chosen.has(row.id))}
          may={rows.filter((row) => chosen.has(row.id)).every((row) => mayChange(me?.grants, row.scope))}
        />
      </Picked>
    </ListPage>
  );
}

/** Esc clears the selection, unless something above the page takes it. */
export function useEscape(active: boolean, onEscape: () => void) {
  useEffect(() => {
    if (!active) return;
    const onKey = (event: KeyboardEvent) => {
      const at = event.target;
      const writes = at instanceof HTMLElement && at.closest("input:not([type=checkbox]), textarea, select") !== null;
      if (event.key === "Escape" && !writes && !document.querySelector('[role="dialog"], [role="menu"]')) onEscape();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

/** What can be done with chosen images: compare two, look again at all. */
function Chosen({ images, may }: { images: ImageRow[]; may: boolean }) {
  const queries = useQueryClient();
  const scan = useMutation({
    mutationFn: () => Promise.all(images.map((image) => scanImage(image.id))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const [a, b] = images;
  return (
    <>
      {a && b && images.length === 2 && (
        <Link to="/images/$image/compare" params={{ image: a.id }} search={{ with: b.id }} className={layout.button}>
          Compare
        </Link>
      )}
      {may && images.length > 0 && (
        <Button variant="secondary" size="sm" onClick={() => scan.mutate()} isLoading={scan.isPending}>
          Scan {images.length === 1 ? "again" : `${count(images.length)} again`}
        </Button>
      )}
      {images.length > 2 && <span className={layout.hint}>Two can be compared.</span>}
      {scan.isSuccess && (
        <span role="status">
          Queued.{" "}
          <Link to="/queue" search={{ state: "queued" }}>
            See the queue
          </Link>
        </span>
      )}
      {scan.error && (
        <span className={layout.bad} role="alert">
          {scan.error.message}
        </span>
      )}
    </>
  );
}
