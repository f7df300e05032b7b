import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { fixesQuery } from "../../api/posture";
import type { Fix } from "../../api/types";
import { count, counted } from "../../format/number";
import { titled, visible } from "../../format/text";
import { Counts } from "../../parts/Counts";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, filtersOn, filterWord } from "../../parts/FilterBar";
import { LiveBar } from "../../parts/LiveBar";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Owner } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { Progress } from "../../parts/Progress";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { useSteady } from "../../parts/steady";
import { DEEDS } from "../../parts/words";
import { FixRemains } from "./FixRemains";
import { FixMarks, fixSub } from "./fix-words";

const route = getRouteApi("/app/recommendations");

/** Recommendations by fix: each finding that has one stands in exactly one row. */
export function ByFix() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const asked = {
    scope: search.scope,
    text: search.text,
    deed: search.deed,
    owner: search.owner,
    kev: search.kev,
  };
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    fixesQuery(asked),
  );
  const now = data?.pages.flatMap((page) => page.items) ?? [];
  const list = useSteady(now, (fix) => fix.id, JSON.stringify([asked, data?.pages.length]));
  const all = data?.pages[0]?.total;
  const set = (key: string, value: string | undefined) =>
    void navigate({
      search: (old) => ({ ...old, [key]: key === "kev" ? (value ? true : undefined) : value, open: undefined }),
    });

  const owners = new Map(
    now.flatMap((fix) =>
      fix.owners.map((share) => [share.owner?.id ?? "none", share.owner?.name ?? "No owner"] as const),
    ),
  );
  const fields = [
    {
      key: "deed",
      label: "What to do",
      kind: "one" as const,
      options: Object.entries(DEEDS).map(([value, word]) => ({ value, word })),
      value: search.deed,
    },
    {
      key: "kev",
      label: "Known exploited",
      kind: "one" as const,
      options: [{ value: "true", word: "Only" }],
      value: search.kev ? "true" : undefined,
    },
    {
      key: "owner",
      label: "Team",
      kind: "one" as const,
      options: [...owners].map(([value, word]) => ({ value, word: visible(word, 64) })),
      value: search.owner,
    },
  ];

  const columns: Column<Fix>[] = [
    {
      key: "fix",
      head: "Fix",
      main: true,
      cell: (fix) => (
        <>
          <PathLink path={`/fixes/${encodeURIComponent(fix.id)}`}>{titled(visible(fix.title, 160))}</PathLink>
          <span className={layout.sub}>
            <FixMarks fix={fix} />
            {fixSub(fix)}
          </span>
        </>
      ),
    },
    {
      key: "clears",
      head: "Clears",
      nowrap: true,
      cell: (fix) => <Counts counts={fix.clears} />,
    },
    {
      key: "images",
      head: "Images",
      numeric: true,
      cell: (fix) => (
        <PathLink rows={fix.images} path={address("/images", { fix: fix.id })}>
          {count(fix.images)}
        </PathLink>
      ),
    },
    {
      key: "teams",
      head: "Teams",
      nowrap: true,
      cell: (fix) => (
        <span>
          <Owner name={fix.owners[0]?.owner?.name} />
          {fix.owners.length > 1 && <span className={layout.faint}> +{count(fix.owners.length - 1)}</span>}
        </span>
      ),
    },
    {
      key: "done",
      head: "Arrived",
      cell: (fix) =>
        fix.progress ? (
          <Progress done={fix.progress.arrived} all={fix.progress.earlier} what="images have it" />
        ) : (
          <span className={layout.faint}>none yet</span>
        ),
    },
  ];
  const on = filtersOn(fields);
  const filters = [
    ...(search.text ? [`text: ${visible(search.text, 64)}`] : []),
    ...on.map((field) => `${field.label.toLowerCase()}: ${filterWord(field)}`),
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of fixes"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the fixes" />
  ) : list.rows.length === 0 ? (
    filters.length > 0 ? (
      <EmptyFiltered
        filters={filters}
        onClear={() =>
          void navigate({
            search: (old) => ({ ...old, text: undefined, deed: undefined, kev: undefined, owner: undefined }),
          })
        }
      />
    ) : (
      <EmptyGood title="No fix is outstanding">
        <p>
          Nothing that was assessed has a finding that a fix repairs. What could not be assessed stands under{" "}
          <PathLink path="/coverage">Coverage and trust</PathLink>.
        </p>
      </EmptyGood>
    )
  ) : undefined;

  return (
    <>
      <FilterBar text={{ key: "text", label: "Filter fixes", value: search.text }} fields={fields} onSet={set} />
      <LiveBar list={list} />
      <DataTable
        label="Fixes"
        columns={columns}
        groups={[{ key: "all", rows: list.rows }]}
        rowKey={(fix) => fix.id}
        openKey={search.open}
        onOpen={(fix) =>
          void navigate({
            search: (old) => ({ ...old, open: old.open === fix.id ? undefined : fix.id }),
            resetScroll: false,
          })
        }
        expandLabel={(fix) => `What remains after: ${titled(visible(fix.title, 96))}`}
        detail={(fix) => <FixRemains fix={fix} />}
        state={state}
        foot={
          list.rows.length > 0 && (
            <>
              <More
                shown={list.rows.length}
                total={data?.pages[0]?.total}
                noun="fixes"
                more={hasNextPage}
                loading={isFetchingNextPage}
                onMore={() => void fetchNextPage()}
              />
              {all !== undefined && hasNextPage && <span>{counted(all, "fix", "fixes")} in all</span>}
            </>
          )
        }
      />
    </>
  );
}
