import { useQuery } from "@tanstack/react-query";
import { layersQuery } from "../../../api/fleet";
import type { ImageDetail, Layer } from "../../../api/types";
import { bytes, count } from "../../../format/number";
import { visible } from "../../../format/text";
import { Counts } from "../../../parts/Counts";
import { type Column, DataTable } from "../../../parts/DataTable";
import layout from "../../../parts/layout.module.css";
import { Digest, Name } from "../../../parts/Name";
import { total } from "../../../parts/severity";
import { Panel } from "../../../parts/shapes";
import { EmptyNew, Failed, LoadingRows } from "../../../parts/states";

/** The layers of an image with all that is known of them, and what its configuration says. */
export function Layers({ image }: { image: ImageDetail }) {
  const { data, error, refetch } = useQuery(layersQuery(image.id));
  const layers = data?.items ?? [];
  const columns: Column<Layer>[] = [
    { key: "position", head: "Layer", numeric: true, cell: (layer) => layer.position + 1 },
    {
      key: "by",
      head: "Made by",
      main: true,
      cell: (layer) => (
        <>
          <code>{layer.createdBy ? visible(layer.createdBy, 600) : "the image does not tell"}</code>
          <span className={layout.sub}>
            <Digest digest={layer.diffId} />
          </span>
        </>
      ),
    },
    {
      key: "part",
      head: "Part of",
      nowrap: true,
      cell: (layer) => (layer.isBase ? "the base" : "the application"),
    },
    { key: "size", head: "Size", numeric: true, cell: (layer) => bytes(layer.size) },
    { key: "packages", head: "Packages", numeric: true, cell: (layer) => count(layer.packages) },
    {
      key: "findings",
      head: "Findings",
      cell: (layer) =>
        total(layer.findings) === 0 ? (
          <span className={layout.faint}>0</span>
        ) : (
          <Counts
            counts={layer.findings}
            link={(severity) => ({
              to: "/images/$image",
              params: { image: image.id },
              search: { tab: "findings", layer: String(layer.position + 1), severity },
            })}
          />
        ),
    },
    {
      key: "shared",
      head: "Shared by",
      numeric: true,
      cell: (layer) => (layer.sharedBy > 1 ? `${count(layer.sharedBy)} images` : "this image only"),
    },
  ];
  return (
    <>
      <DataTable
        label="Layers"
        columns={columns}
        groups={[{ key: "all", rows: layers }]}
        rowKey={(layer) => String(layer.position)}
        state={
          error ? (
            <Failed error={error} what="The layers" onRetry={() => void refetch()} />
          ) : !data ? (
            <LoadingRows what="the layers" />
          ) : layers.length === 0 ? (
            <EmptyNew title="No layer is known">
              <p>They appear here after the image’s first scan.</p>
            </EmptyNew>
          ) : undefined
        }
      />
      <Configuration image={image} />
    </>
  );
}

/** What the image's configuration says. Values of environment variables are not kept by the hub. */
export function Configuration({ image }: { image: ImageDetail }) {
  const { configuration: c } = image;
  const line = (words: string[]) =>
    words.length === 0 ? <span className={layout.faint}>none</span> : <Name text={words.join(" ")} mono />;
  return (
    <Panel id="configuration" title="Configuration" end="values of environment variables are not kept" padded>
      <dl className={layout.facts}>
        <dt>User</dt>
        <dd>
          {c.user === undefined || c.user === "" ? (
            <span>
              not set, runs as <code>root</code>
            </span>
          ) : (
            <Name text={c.user} mono />
          )}
        </dd>
        <dt>Entrypoint</dt>
        <dd>{line(c.entrypoint)}</dd>
        <dt>Command</dt>
        <dd>{line(c.cmd)}</dd>
        <dt>Ports</dt>
        <dd>{line(c.exposedPorts)}</dd>
        <dt>Folder</dt>
        <dd>
          <Name text={c.workingDir || "/"} mono />
        </dd>
        {c.labels.map((label) => [
          <dt key={`${label.name} name`}>
            <Name text={label.name} mono />
          </dt>,
          <dd key={`${label.name} value`}>
            <Name text={label.value} mono />
          </dd>,
        ])}
      </dl>
    </Panel>
  );
}
