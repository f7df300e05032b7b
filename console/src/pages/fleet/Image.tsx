import { Button } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { imageQuery, layersQuery, scanImage } from "../../api/fleet";
import { useMe } from "../../api/session";
import type { ImageDetail, Layer } from "../../api/types";
import { bytes, count, counted } from "../../format/number";
import { shortDigest, visible } from "../../format/text";
import { CopyButton } from "../../parts/CopyButton";
import { SeverityMark, StateMark } from "../../parts/glyphs";
import { stateOf } from "../../parts/health";
import { Icon } from "../../parts/Icon";
import { LayerLineage, type LineagePart, lineageSum } from "../../parts/LayerLineage";
import layout from "../../parts/layout.module.css";
import { Name, Owner } from "../../parts/Name";
import { PathLink } from "../../parts/PathLink";
import { Stat, Stats } from "../../parts/Stat";
import { severityOf, total } from "../../parts/severity";
import { Panel, RecordPage } from "../../parts/shapes";
import { Banner, Failed, LoadingRows } from "../../parts/states";
import { Tabs } from "../../parts/Tabs";
import { Time } from "../../parts/Time";
import { assetWord } from "../../parts/words";
import { ScopeName } from "./cells";
import { Findings } from "./image/Findings";
import { History } from "./image/History";
import { Layers } from "./image/Layers";
import { Packages } from "./image/Packages";
import { Why } from "./image/Why";
import { distroOf, mayChange, platformOf, titleOf, triggerWord } from "./words";

const route = getRouteApi("/app/images/$image");

export function Image() {
  const { image: id } = route.useParams();
  const { data, error, refetch } = useQuery(imageQuery(id));
  if (error && !data) return <Failed error={error} what="This image" onRetry={() => void refetch()} page />;
  if (!data)
    return (
      <RecordPage title="Image">
        <LoadingRows what="the image" rows={8} />
      </RecordPage>
    );
  return <Record key={data.id} image={data} />;
}

function Record({ image }: { image: ImageDetail }) {
  const search = route.useSearch();
  const tab = search.tab ?? "findings";
  const { data: me } = useMe();
  const findings = total(image.findings);
  const hiding = image.problems.filter((problem) => problem.effect !== "none");
  const here = { to: "/images/$image", params: { image: image.id } } as const;
  const apart = image.hidden.apart.reduce((sum, entry) => sum + entry.count, 0);
  const state = stateOf(image.state);
  const scanned = image.scanned !== undefined;
  // A number that nobody counted is no 0.
  const known = (n: number) => (scanned ? { value: count(n), rows: n } : { value: "?" });

  const crumbs = [
    ...(image.registry && image.registryId
      ? [
          {
            key: "registry",
            node: (
              <Link to="/registries/$registry" params={{ registry: image.registryId }}>
                <Name text={image.registry} />
              </Link>
            ),
          },
        ]
      : [{ key: "images", node: <Link to="/images">Images</Link> }]),
    ...(image.repository && image.registryId && image.repositoryId
      ? [
          {
            key: "repository",
            node: (
              <Link
                to="/registries/$registry/$repository"
                params={{ registry: image.registryId, repository: image.repositoryId }}
              >
                <Name text={image.repository} />
              </Link>
            ),
          },
        ]
      : []),
  ];

  return (
    <RecordPage
      title={titleOf(image)}
      heading={<bdi>{titleOf(image)}</bdi>}
      mono
      crumbs={crumbs}
      marks={
        <>
          <StateMark state={state} badge />
          {image.tags.slice(1, 4).map((tag) => (
            <span key={tag} className={`${layout.badge} ${layout.badgeLine}`}>
              {visible(tag, 32)}
            </span>
          ))}
          {image.tags.length > 4 && <span className={layout.hint}>and {image.tags.length - 4} more tags</span>}
          {image.gone && (
            <span className={`${layout.badge} ${layout.badgeWarn}`}>
              gone since <Time at={image.gone} />
            </span>
          )}
        </>
      }
      meta={
        <>
          <span className={layout.inline}>
            <code title={visible(image.digest)}>{shortDigest(image.digest)}</code>
            <CopyButton text={image.digest} what="digest" />
          </span>
          <span>
            {[platformOf(image), distroOf(image), bytes(image.size), counted(image.layersCount, "layer")]
              .filter(Boolean)
              .join(", ")}
          </span>
          <Link to="/images" search={{ owner: image.owner?.id ?? "none" }} className={layout.quiet}>
            <Owner name={image.owner?.name} />
          </Link>
          <ScopeName scope={image.scope} />
          <span>
            {image.pushed ? (
              <>
                pushed <Time at={image.pushed} />,{" "}
              </>
            ) : (
              <>
                first seen <Time at={image.firstSeen} />,{" "}
              </>
            )}
            {image.pulled && (
              <>
                pulled <Time at={image.pulled} />,{" "}
              </>
            )}
            {image.scanned ? (
              <>
                scanned <Time at={image.scanned} /> ({triggerWord(image.trigger)})
              </>
            ) : (
              "not scanned yet"
            )}
          </span>
        </>
      }
      actions={
        <>
          <Link to="/images/$image/compare" params={{ image: image.id }} search={{}} className={layout.button}>
            Compare…
          </Link>
          {mayChange(me?.grants, image.scope) && <ScanAgain image={image.id} />}
        </>
      }
      stats={
        <>
          {state === "not_assessed" && (
            <Banner tone="blind">
              {sentenceOf(image.cause ?? "it could not be looked at as a whole")}{" "}
              {scanned
                ? "The numbers below are what was found, not all there is."
                : "Nothing is known of its content until then."}
            </Banner>
          )}
          {state === "not_applicable" && image.cause && <Banner tone="info">{sentenceOf(image.cause)}</Banner>}
          <Stats label="Findings of this image">
            <Stat
              label="Findings"
              {...known(findings)}
              sub={scanned ? `among ${counted(image.packages, "package")}` : "not known yet"}
              link={{ ...here, search: { tab: "findings" } }}
            />
            <Stat
              label="Fix to be had"
              {...known(image.findings.fixable)}
              sub="clear them first"
              link={{ ...here, search: { tab: "findings", fixable: true } }}
            />
            <Stat
              label="No fix yet"
              {...known(Math.max(0, findings - image.findings.fixable))}
              sub="watched until there is one"
              link={{ ...here, search: { tab: "findings", fixable: false } }}
            />
            <Stat
              label="Known exploited"
              {...known(image.findings.kev)}
              sub="in CISA’s catalogue"
              tone={image.findings.kev > 0 ? "bad" : "plain"}
              link={{ ...here, search: { tab: "findings", kev: true } }}
            />
            <Stat
              label="Shown apart"
              {...known(image.findings.apart)}
              sub={apart > 0 ? "each with its reason" : "nothing stands apart"}
              link={{ ...here, search: { tab: "findings", judgement: "apart" } }}
            />
            <Stat
              label="Not assessed"
              value={scanned ? count(hiding.length) : "All"}
              sub={
                !scanned
                  ? "not scanned yet"
                  : hiding.length === 0
                    ? "all of it was read"
                    : hiding.length === 1
                      ? "place that could hide something"
                      : "places that could hide something"
              }
              tone={!scanned || hiding.length > 0 ? "blind" : "plain"}
              link={{ ...here, search: (old: object) => old, hash: "not-assessed" }}
            />
          </Stats>
        </>
      }
      asideFirst
      aside={<Side image={image} />}
    >
      <Tabs
        label="Views of this image"
        current={tab}
        tabs={[
          { key: "findings", word: "Fixes and findings", n: findings, link: { ...here, search: { tab: "findings" } } },
          { key: "packages", word: "Packages", n: image.packages, link: { ...here, search: { tab: "packages" } } },
          { key: "layers", word: "Layers", n: image.layersCount, link: { ...here, search: { tab: "layers" } } },
          { key: "history", word: "History", link: { ...here, search: { tab: "history" } } },
          { key: "why", word: "Why, or why not", link: { ...here, search: { tab: "why" } } },
        ]}
      />
      {tab === "findings" && <Findings image={image} />}
      {tab === "packages" && <Packages image={image} />}
      {tab === "layers" && <Layers image={image} />}
      {tab === "history" && <History image={image} />}
      {tab === "why" && <Why image={image} />}
    </RecordPage>
  );
}

/** A cause of the hub as a sentence: "Not scanned yet." */
function sentenceOf(cause: string): string {
  const text = visible(cause, 240);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function ScanAgain({ image }: { image: string }) {
  const queries = useQueryClient();
  const scan = useMutation({
    mutationFn: () => scanImage(image),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  return (
    <>
      <Button
        variant="secondary"
        icon={<Icon name="refresh" />}
        onClick={() => scan.mutate()}
        isLoading={scan.isPending}
        isDisabled={scan.isPending || scan.isSuccess}
      >
        {scan.isSuccess ? "Scan queued" : "Scan again"}
      </Button>
      {scan.error && (
        <span className={layout.bad} role="alert">
          {scan.error.message}
        </span>
      )}
    </>
  );
}

/** The layers as the lineage shows them: the base's and the application's. */
export function lineageOf(layers: Layer[], base: ImageDetail["base"]): LineagePart[] {
  const part = (isBase: boolean) =>
    layers
      .filter((layer) => layer.isBase === isBase)
      .map((layer) => ({
        key: String(layer.position + 1),
        position: layer.position + 1,
        ...(layer.createdBy ? { createdBy: layer.createdBy } : {}),
        size: layer.size,
        packages: layer.packages,
        findings: layer.findings,
        sharedBy: layer.sharedBy,
      }));
  const name = base && (base.version ? `${base.name} ${base.version}` : base.name);
  return [
    { title: "Base", ...(name ? { name } : {}), layers: part(true) },
    { title: layers.some((layer) => layer.isBase) ? "Application" : "Layers", layers: part(false) },
  ].filter((one) => one.layers.length > 0);
}

/** How the image came to be, what of it could not be read, how it stands, and where else it is. */
function Side({ image }: { image: ImageDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(layersQuery(image.id));
  const parts = lineageOf(data?.items ?? [], image.base);
  const unhealthy = image.assessments.filter((assessment) => stateOf(assessment.state) === "unhealthy").length;
  return (
    <>
      <Panel id="lineage" title="Lineage" end={data ? lineageSum(parts) : undefined}>
        {error ? (
          <Failed error={error} what="The layers" onRetry={() => void refetch()} />
        ) : !data ? (
          <LoadingRows what="the layers" rows={4} />
        ) : parts.length === 0 ? (
          <p className={layout.panelBody}>Its layers are known after its first scan.</p>
        ) : (
          <LayerLineage
            parts={parts}
            chosen={search.layer}
            onChoose={(layer) =>
              void navigate({
                search: (old) => ({ ...old, tab: "findings", layer, open: undefined }),
                resetScroll: false,
              })
            }
          />
        )}
      </Panel>
      <Panel id="not-assessed" title="Not assessed" end={counted(image.problems.length, "problem")}>
        {image.problems.length === 0 ? (
          <p className={layout.panelBody}>
            {image.scanned ? "Every file was read." : "Nothing of it was looked at yet."}
          </p>
        ) : (
          <ul className={layout.rows}>
            {image.problems.map((problem) => (
              <li key={`${problem.code} ${problem.subject}`}>
                <span className={layout.grow}>
                  <Name text={problem.subject} mono />
                  <span className={layout.sub}>{visible(problem.message, 240)}</span>
                </span>
                <span className={layout.end}>
                  {problem.effect === "none" ? (
                    "hides nothing"
                  ) : (
                    <span className={layout.blind}>{visible(problem.effect.replaceAll("-", " "), 48)}</span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel
        id="controls"
        title="Controls"
        end={unhealthy === 0 ? counted(image.assessments.length, "control") : `${count(unhealthy)} unhealthy`}
      >
        {image.assessments.length === 0 ? (
          <p className={layout.panelBody}>It is judged after its first scan.</p>
        ) : (
          <ul className={layout.rows}>
            {image.assessments.map((assessment) => (
              <li key={assessment.control}>
                <span className={layout.grow}>
                  <PathLink
                    path={`/recommendations/${encodeURIComponent(assessment.control)}`}
                    className={layout.quiet}
                  >
                    {visible(assessment.title, 120)}
                  </PathLink>
                  <span className={layout.sub}>
                    {assessment.cause ? `${visible(assessment.cause, 160)}; ` : ""}since <Time at={assessment.since} />
                    {stateOf(assessment.state) === "unhealthy" && (
                      <>
                        , <SeverityMark severity={severityOf(assessment.severity)} />
                      </>
                    )}
                  </span>
                </span>
                <span className={layout.nowrap}>
                  <StateMark state={stateOf(assessment.state)} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel id="elsewhere" title="Where else it is" end={counted(image.elsewhere.length, "place")}>
        {image.elsewhere.length === 0 ? (
          <p className={layout.panelBody}>The same content is in no other place that you may see.</p>
        ) : (
          <ul className={layout.rows}>
            {image.elsewhere.map((place) => (
              <li key={place.id}>
                <span className={layout.grow}>
                  <Link to="/images/$image" params={{ image: place.id }} search={{}}>
                    <Name text={assetWord(place.assetId)} longest={200} />
                  </Link>
                  <span className={layout.sub}>
                    <ScopeName scope={place.scope} />
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </>
  );
}
