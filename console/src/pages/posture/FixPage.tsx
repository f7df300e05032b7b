import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { fixImagesQuery, fixQuery } from "../../api/posture";
import type { FixDetail, FixImage } from "../../api/types";
import { count, counted, whole } from "../../format/number";
import { titled, visible } from "../../format/text";
import { SeverityBar } from "../../parts/Bars";
import { CopyAs } from "../../parts/CopyAs";
import { Counts } from "../../parts/Counts";
import { type Column, DataTable } from "../../parts/DataTable";
import { Code } from "../../parts/Evidence";
import { Chip, Filters } from "../../parts/Filters";
import { SeverityMark, StateMark } from "../../parts/glyphs";
import { stateOf } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { More } from "../../parts/More";
import { Digest, Name, Owner } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { Progress } from "../../parts/Progress";
import { scopeWord } from "../../parts/roles";
import { Stat, Stats } from "../../parts/Stat";
import { severityOf, total } from "../../parts/severity";
import { Panel, RecordPage } from "../../parts/shapes";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { Tabs } from "../../parts/Tabs";
import { Time } from "../../parts/Time";
import { DEEDS } from "../../parts/words";
import { Parts } from "./FixRemains";
import { FixMarks, remainsSentence } from "./fix-words";
import styles from "./posture.module.css";

const route = getRouteApi("/app/fixes/$fix");

/** One fix: what to do, what it clears and for whom, what remains, and how much of it arrived. */
export function FixPage() {
  const { fix } = route.useParams();
  const { scope } = route.useSearch();
  const { data, error, refetch } = useQuery(fixQuery(fix, scope));
  if (error) return <Failed error={error} what="This fix" onRetry={() => void refetch()} page />;
  if (!data) return <LoadingRows what="the fix" />;
  return <Record fix={data} />;
}

function Record({ fix }: { fix: FixDetail }) {
  const search = route.useSearch();
  const tab = search.tab ?? "images";
  // Those in which it arrived are listed with those that still need it.
  const images = fix.progress?.earlier ?? fix.images;
  const here = (to: "images" | "parts" | "vulnerabilities") => ({
    to: "/fixes/$fix" as const,
    params: { fix: fix.id },
    search: { tab: to },
  });
  return (
    <RecordPage
      title={titled(visible(fix.title, 160))}
      crumbs={[{ key: "all", node: <PathLink path="/recommendations">Recommendations by fix</PathLink> }]}
      marks={<FixMarks fix={fix} />}
      meta={
        <>
          <span>{DEEDS[fix.deed] ?? visible(fix.deed, 64)}</span>
          <span>
            outstanding since <Time at={fix.since} />
          </span>
          <span>{fix.epss === undefined ? "EPSS not loaded" : `EPSS up to ${(fix.epss * 100).toFixed(1)} %`}</span>
        </>
      }
      actions={
        <CopyAs
          path={`/api/v1/fixes/${encodeURIComponent(fix.id)}/images`}
          asked={{ scope: search.scope, owner: search.owner }}
        />
      }
      stats={
        <Stats label="What it clears">
          <Stat
            label="Findings cleared"
            value={count(total(fix.clears))}
            sub={`${counted(fix.vulnerabilities, "vulnerability", "vulnerabilities")}`}
            link={here("vulnerabilities")}
          />
          <Stat
            label="Images"
            value={count(images)}
            sub={fix.progress?.arrived ? `${count(fix.progress.arrived)} have it already` : "that need it"}
            rows={images}
            link={here("images")}
          />
          <Stat
            label="Packages"
            value={count(fix.parts.length)}
            sub={fix.parts.length === 1 ? "becomes newer" : "become newer"}
            link={here("parts")}
          />
        </Stats>
      }
      aside={<Aside fix={fix} />}
    >
      <Panel
        id="clears"
        title="What it clears"
        end={fix.measured ? "measured on the newest build" : "predicted from versions"}
        padded
      >
        <SeverityBar counts={fix.clears} size="large" />
        <p className={styles.after}>
          <Counts counts={fix.clears} /> {remainsSentence(fix)}
        </p>
      </Panel>
      <div>
        <Tabs
          label="Fix"
          current={tab}
          tabs={[
            { key: "images", word: "Images", n: images, link: here("images") },
            { key: "parts", word: "What changes", n: fix.parts.length, link: here("parts") },
            {
              key: "vulnerabilities",
              word: "Vulnerabilities",
              n: fix.vulnerabilities,
              link: here("vulnerabilities"),
            },
          ]}
        />
        {tab === "images" ? (
          <Images fix={fix} />
        ) : tab === "parts" ? (
          <section className={layout.panel} aria-label="What changes">
            <div className={layout.panelBody}>
              <Parts parts={fix.parts} />
            </div>
          </section>
        ) : (
          <Vulnerabilities fix={fix} />
        )}
      </div>
    </RecordPage>
  );
}

function Images({ fix }: { fix: FixDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, dataUpdatedAt } = useInfiniteQuery(
    fixImagesQuery(fix.id, { scope: search.scope, owner: search.owner }),
  );
  const rows = data?.pages.flatMap((page) => page.items) ?? [];
  const owner = fix.owners.find((share) => (share.owner?.id ?? "none") === search.owner)?.owner?.name;
  const columns: Column<FixImage>[] = [
    {
      key: "image",
      head: "Image",
      main: true,
      cell: ({ image }) => (
        <>
          <PathLink path={address(`/images/${encodeURIComponent(image.id)}`, { tab: "findings" })}>
            <Name text={image.repository ?? image.assetId} />
            {image.tags[0] && <>:{visible(image.tags[0], 64)}</>}
          </PathLink>
          <span className={layout.sub}>
            <Digest digest={image.digest} />
          </span>
        </>
      ),
    },
    { key: "scope", head: "Scope", cell: ({ image }) => <Name text={scopeWord(image.scope)} /> },
    { key: "owner", head: "Team", nowrap: true, cell: ({ image }) => <Owner name={image.owner?.name} /> },
    { key: "state", head: "State", nowrap: true, cell: ({ image }) => <StateMark state={stateOf(image.state)} /> },
    { key: "findings", head: "Cleared here", numeric: true, cell: (row) => count(row.findings) },
    {
      key: "done",
      head: "Fix",
      nowrap: true,
      cell: (row) =>
        row.done ? <span className={layout.good}>arrived</span> : <span className={layout.muted}>outstanding</span>,
    },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The images of this fix"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the images" />
  ) : rows.length === 0 ? (
    search.owner ? (
      <EmptyFiltered
        filters={["team"]}
        onClear={() => void navigate({ search: (old) => ({ ...old, owner: undefined }) })}
      />
    ) : (
      <EmptyGood title="No image needs it any more">
        <p>The fix arrived everywhere that you may see.</p>
      </EmptyGood>
    )
  ) : undefined;
  return (
    <>
      {search.owner && (
        <Filters>
          <Chip
            name="Team"
            value={visible(owner ?? (search.owner === "none" ? "no owner" : search.owner), 64)}
            onRemove={() => void navigate({ search: (old) => ({ ...old, owner: undefined }) })}
          />
        </Filters>
      )}
      <DataTable
        label="Images of the fix"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(row) => row.image.id}
        state={state}
        foot={
          rows.length > 0 && (
            <More
              shown={rows.length}
              total={data?.pages[0]?.total}
              noun="images"
              more={hasNextPage}
              loading={isFetchingNextPage}
              onMore={() => void fetchNextPage()}
            />
          )
        }
      />
    </>
  );
}

function Vulnerabilities({ fix }: { fix: FixDetail }) {
  const columns: Column<FixDetail["vulnerabilitiesList"][number]>[] = [
    {
      key: "id",
      head: "Vulnerability",
      main: true,
      cell: (row) => (
        <>
          <PathLink path={`/cve/${encodeURIComponent(row.id)}`}>
            <Name text={row.id} />
          </PathLink>
          {row.kev && (
            <>
              {" "}
              <span className={`${layout.badge} ${layout.badgeKev}`}>Known exploited</span>
            </>
          )}
        </>
      ),
    },
    {
      key: "severity",
      head: "Severity",
      nowrap: true,
      cell: (row) => <SeverityMark severity={severityOf(row.severity)} />,
    },
    {
      key: "images",
      head: "Images",
      numeric: true,
      cell: (row) => (
        <PathLink rows={row.images} path={address("/images", { fix: fix.id, cve: row.id })}>
          {count(row.images)}
        </PathLink>
      ),
    },
  ];
  const shown = fix.vulnerabilitiesList.length;
  return (
    <DataTable
      label="Vulnerabilities that the fix clears"
      columns={columns}
      groups={[{ key: "all", rows: fix.vulnerabilitiesList }]}
      rowKey={(row) => row.id}
      foot={
        <span>
          {shown < fix.vulnerabilities
            ? `The worst ${whole(shown)} of ${whole(fix.vulnerabilities)}`
            : `${counted(shown, "vulnerability", "vulnerabilities")}, all there are`}
        </span>
      }
    />
  );
}

function Aside({ fix }: { fix: FixDetail }) {
  return (
    <>
      <Panel id="do" title="What to do" padded>
        <ol className={styles.steps}>
          {fix.steps.map((step) => {
            const [task = "", ...command] = step.split("\n");
            return (
              <li key={step}>
                {visible(task, 600)}
                {command.length > 0 && <Code text={command.join("\n")} copy />}
              </li>
            );
          })}
        </ol>
      </Panel>
      <Panel id="arrived" title="Arrived" end={fix.progress && <Time at={fix.progress.since} />} padded>
        {fix.progress ? (
          <>
            <Progress done={fix.progress.arrived} all={fix.progress.earlier} what="images have it" />
            <p className={styles.after}>
              {counted(fix.progress.arrived, "image has", "images have")} it since then;{" "}
              {counted(fix.progress.earlier, "image", "images")} needed it before.
            </p>
          </>
        ) : (
          <p className={layout.muted}>None yet. An image counts as soon as its rebuild is pushed and scanned.</p>
        )}
      </Panel>
      <Panel id="teams" title="Who does it" end={counted(fix.owners.length, "team")}>
        <ul className={layout.rows}>
          {fix.owners.map((share) => (
            <li key={share.owner?.id ?? ""}>
              <span className={layout.grow}>
                <Owner name={share.owner?.name} />
                <span className={layout.sub}>{counted(share.findings, "finding")}</span>
              </span>
              <PathLink
                rows={share.images}
                path={address("/images", { fix: fix.id, owner: share.owner?.id ?? "none" })}
              >
                {counted(share.images, "image")}
              </PathLink>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}
