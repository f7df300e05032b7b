import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { imagesQuery, repositoryQuery, tagHistoryQuery, tagsQuery } from "../../api/fleet";
import type { ImageRow, Repository as RepositoryRow, Tag, TagChange } from "../../api/types";
import { bytes, count } from "../../format/number";
import { visible } from "../../format/text";
import { CopyAs } from "../../parts/CopyAs";
import { CountLink } from "../../parts/CountLink";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, type FilterField, filtersOn } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import { StateMark } from "../../parts/glyphs";
import { STATE_WORDS, STATES, stateOf } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { Digest, Name } from "../../parts/Name";
import { Stat, Stats } from "../../parts/Stat";
import { SEVERITIES, SEVERITY_WORDS } from "../../parts/severity";
import { RecordPage } from "../../parts/shapes";
import { EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { Tabs } from "../../parts/Tabs";
import { Time } from "../../parts/Time";
import { FindingsCell, ImageCell, OwnerCell, SeenCell } from "./cells";
import { distroOf } from "./words";

const route = getRouteApi("/app/registries/$registry/$repository");

export function Repository() {
  const { repository: id } = route.useParams();
  const { data, error, refetch } = useQuery(repositoryQuery(id));
  if (error && !data) return <Failed error={error} what="This repository" onRetry={() => void refetch()} page />;
  if (!data)
    return (
      <RecordPage title="Repository">
        <LoadingRows what="the repository" rows={8} />
      </RecordPage>
    );
  return <Record repository={data} />;
}

function Record({ repository }: { repository: RepositoryRow }) {
  const search = route.useSearch();
  const params = route.useParams();
  const tab = search.tab ?? "images";
  const here = { to: "/registries/$registry/$repository", params } as const;
  const { states } = repository;
  return (
    <RecordPage
      title={visible(repository.name, 128)}
      mono
      crumbs={[
        { key: "registries", node: <Link to="/registries">Registries</Link> },
        {
          key: "registry",
          node: (
            <Link to="/registries/$registry" params={{ registry: params.registry }} search={{}}>
              <Name text={repository.registryName ?? repository.registry} />
            </Link>
          ),
        },
      ]}
      marks={
        <StateMark state={stateOf(repository.state)} badge>
          {states.unhealthy > 0 ? `${count(states.unhealthy)} of ${count(repository.images)} unhealthy` : undefined}
        </StateMark>
      }
      meta={
        <span>
          last seen <Time at={repository.lastSeen} />
        </span>
      }
      stats={
        <Stats label="What is in this repository">
          <Stat
            label="Images"
            value={count(repository.images)}
            rows={repository.images}
            sub="in the registry now"
            link={{ ...here, search: { tab: "images" } }}
          />
          <Stat
            label="Unhealthy"
            value={count(states.unhealthy)}
            rows={states.unhealthy}
            tone={states.unhealthy > 0 ? "bad" : "plain"}
            sub={`of ${count(repository.images)}`}
            link={{ ...here, search: { tab: "images", state: "unhealthy" } }}
          />
          <Stat
            label="Not assessed"
            value={count(states.notAssessed)}
            rows={states.notAssessed}
            tone={states.notAssessed > 0 ? "blind" : "plain"}
            sub={states.notAssessed > 0 ? "their causes stand in the rows" : "all were looked at"}
            link={{ ...here, search: { tab: "images", state: "not_assessed" } }}
          />
          <Stat
            label="Healthy"
            value={count(states.healthy)}
            rows={states.healthy}
            sub={`and ${count(states.notApplicable)} not applicable`}
            link={{ ...here, search: { tab: "images", state: "healthy" } }}
          />
          <Stat
            label="Tags"
            value={count(repository.tags)}
            rows={repository.tags}
            sub="that point to an image"
            link={{ ...here, search: { tab: "tags" } }}
          />
        </Stats>
      }
    >
      <Tabs
        label="Views of this repository"
        current={tab}
        tabs={[
          { key: "images", word: "Images", n: repository.images, link: { ...here, search: { tab: "images" } } },
          { key: "tags", word: "Tags", n: repository.tags, link: { ...here, search: { tab: "tags" } } },
          { key: "history", word: "Tag history", link: { ...here, search: { tab: "history" } } },
        ]}
      />
      {tab === "images" && <RepositoryImages repository={repository} />}
      {tab === "tags" && <Tags id={repository.id} />}
      {tab === "history" && <TagHistory id={repository.id} />}
    </RecordPage>
  );
}

function RepositoryImages({ repository }: { repository: RepositoryRow }) {
  const search = route.useSearch();
  const params = route.useParams();
  const navigate = route.useNavigate();
  const sort = search.sort ?? "newest";
  const asked = {
    registry: params.registry,
    repository: repository.name,
    text: search.text,
    state: search.state,
    severity: search.severity,
    gone: search.gone,
    sort,
  };
  const query = useInfiniteQuery(imagesQuery(asked));
  const { rows, total, waiting } = useRows(query, (row) => row.id, JSON.stringify(asked));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
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
      key: "gone",
      label: "Gone",
      kind: "one",
      options: [{ value: "true", word: "no longer in the registry" }],
      value: search.gone?.toString(),
    },
  ];
  const on = filtersOn(fields).length + (search.text ? 1 : 0);
  const clear = () =>
    void navigate({ search: (old) => ({ ...(old.scope ? { scope: old.scope } : {}) }), resetScroll: false });
  const columns: Column<ImageRow>[] = [
    { key: "image", head: "Image", main: true, cell: (image) => <ImageCell image={image} withRepository={false} /> },
    {
      key: "distro",
      head: "System",
      nowrap: true,
      cell: (image) => distroOf(image) ?? <span className={layout.faint}>{image.scanned ? "none" : "?"}</span>,
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
      cell: (image) => (
        <CountLink
          n={image.findings.fixable}
          link={{ to: "/images/$image", params: { image: image.id }, search: { tab: "findings", fixable: true } }}
          quiet={image.findings.fixable === 0}
        />
      ),
    },
    { key: "size", head: "Size", numeric: true, cell: (image) => bytes(image.size) },
    { key: "seen", head: "Pushed", sort: "newest", nowrap: true, cell: (image) => <SeenCell image={image} /> },
  ];
  return (
    <section aria-label="Images">
      <FilterBar text={{ key: "text", label: "Tag or digest", value: search.text }} fields={fields} onSet={set}>
        <CopyAs path="/api/v1/images" asked={asked} />
      </FilterBar>
      <ResultLine>
        {total !== undefined && (
          <span>
            <b>{count(total)}</b>
            {on > 0 && !search.gone ? ` of ${count(repository.images)}` : ""} {total === 1 ? "image" : "images"}
          </span>
        )}
        {total !== undefined && on > 0 && !search.gone && repository.images > total && (
          <button className={layout.textButton} type="button" onClick={clear}>
            {count(repository.images - total)} hidden by {on === 1 ? "the filter" : "filters"}
          </button>
        )}
      </ResultLine>
      <OldRows query={query} rows={rows} what="The images" />
      <DataTable
        label="Images"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(image) => image.id}
        sort={{ by: sort, order: "desc" }}
        oneOrder
        onSort={({ by }) => set("sort", by === "newest" ? undefined : by)}
        onOpen={(image) => void navigate({ to: "/images/$image", params: { image: image.id }, search: {} })}
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of images",
          filters: fields,
          text: search.text,
          onClear: clear,
          empty: (
            <EmptyNew title="No image yet">
              <p>Its tags are known; the images behind them appear as they are read.</p>
            </EmptyNew>
          ),
        })}
        foot={<Foot query={query} shown={rows.length} total={total} one="image" keys="j k move, o open, / filter" />}
      />
    </section>
  );
}

function Tags({ id }: { id: string }) {
  const query = useInfiniteQuery(tagsQuery(id));
  const { rows, total, waiting } = useRows(query, (row) => row.tag, id);
  const columns: Column<Tag>[] = [
    {
      key: "tag",
      head: "Tag",
      main: true,
      cell: (tag) =>
        tag.image ? (
          <Link to="/images/$image" params={{ image: tag.image }} search={{}}>
            <Name text={tag.tag} />
          </Link>
        ) : (
          <b>
            <Name text={tag.tag} />
          </b>
        ),
    },
    { key: "digest", head: "Points to", cell: (tag) => <Digest digest={tag.digest} /> },
    {
      key: "findings",
      head: "Findings",
      cell: (tag) =>
        tag.state && tag.findings ? (
          <FindingsCell state={tag.state} findings={tag.findings} {...(tag.image ? { image: tag.image } : {})} />
        ) : (
          <span className={layout.faint}>several platforms, or not read yet</span>
        ),
    },
    { key: "since", head: "Since", nowrap: true, cell: (tag) => <Time at={tag.since} /> },
  ];
  return (
    <DataTable
      label="Tags"
      columns={columns}
      groups={[{ key: "all", rows }]}
      rowKey={(tag) => tag.tag}
      waiting={waiting}
      state={listState({
        query,
        rows,
        what: "The list of tags",
        empty: (
          <EmptyNew title="No tag">
            <p>No tag points into this repository now; its history says which did.</p>
          </EmptyNew>
        ),
      })}
      foot={<Foot query={query} shown={rows.length} total={total} one="tag" />}
    />
  );
}

function TagHistory({ id }: { id: string }) {
  const query = useInfiniteQuery(tagHistoryQuery(id));
  const key = (row: TagChange) => `${row.tag} ${row.digest} ${row.since}`;
  const { rows, total, waiting } = useRows(query, key, id);
  const columns: Column<TagChange>[] = [
    {
      key: "tag",
      head: "Tag",
      main: true,
      cell: (row) => (
        <b>
          <Name text={row.tag} />
        </b>
      ),
    },
    {
      key: "digest",
      head: "Pointed to",
      cell: (row) => (
        <Link to="/images" search={{ text: row.digest }} className={layout.quiet}>
          <Digest digest={row.digest} />
        </Link>
      ),
    },
    { key: "since", head: "From", nowrap: true, cell: (row) => <Time at={row.since} /> },
    {
      key: "until",
      head: "To",
      nowrap: true,
      cell: (row) => (row.until ? <Time at={row.until} /> : "now"),
    },
  ];
  return (
    <DataTable
      label="What tags pointed to"
      columns={columns}
      groups={[{ key: "all", rows }]}
      rowKey={key}
      waiting={waiting}
      state={listState({
        query,
        rows,
        what: "The tag history",
        empty: (
          <EmptyNew title="No tag was seen yet">
            <p>Each time a tag moves, a line stands here.</p>
          </EmptyNew>
        ),
      })}
      foot={<Foot query={query} shown={rows.length} total={total} one="span" />}
    />
  );
}
