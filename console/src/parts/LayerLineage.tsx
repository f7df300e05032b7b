import { bytes, count, counted, whole } from "../format/number";
import { visible } from "../format/text";
import { SeverityBar } from "./Bars";
import styles from "./LayerLineage.module.css";
import { type SeverityCounts, sentence, total } from "./severity";

/** A layer of an image, or a step that made none. */
export interface LineageLayer {
  /** Its place, from 1, as people count; steps without a layer have none. */
  position?: number;
  /** Its key in an address: the place or the step. */
  key: string;
  /** The instruction that made it; absent where the image does not tell. */
  createdBy?: string;
  /** Bytes; absent for a step that changes the configuration only. */
  size?: number;
  packages?: number;
  findings: SeverityCounts;
  /** How many images of the fleet have this layer, this one among them. */
  sharedBy?: number;
  /** What in it could not be assessed, in words. */
  blind?: string;
}

/** Layers that belong together: the base, and what the application put on it. */
export interface LineagePart {
  title: string;
  /** The base's name, where it is known. */
  name?: string;
  layers: LineageLayer[];
}

function sub(layer: LineageLayer): string {
  if (layer.size === undefined) return "configuration only";
  return [
    bytes(layer.size),
    ...(layer.packages === undefined ? [] : [counted(layer.packages, "package")]),
    ...(layer.sharedBy !== undefined && layer.sharedBy > 1 ? [`shared by ${counted(layer.sharedBy, "image")}`] : []),
  ].join(", ");
}

/**
 * How an image came to be: its layers from the base upwards, each with its instruction, its size and what was found in it.
 * A press narrows the page to a layer; another press widens it again.
 */
export function LayerLineage({
  parts,
  chosen,
  onChoose,
}: {
  parts: LineagePart[];
  chosen?: string | undefined;
  onChoose: (key: string | undefined) => void;
}) {
  return (
    <>
      {parts.map((part) => {
        const found = part.layers.reduce((sum, layer) => sum + total(layer.findings), 0);
        return (
          <section key={part.title} aria-label={part.title}>
            <p className={styles.part}>
              <b>{part.title}</b>
              {part.name && <bdi className={styles.name}>{visible(part.name, 96)}</bdi>}
              <span className={styles.end}>{counted(found, "finding")}</span>
            </p>
            <ol className={styles.list}>
              {part.layers.map((layer) => (
                <li key={layer.key}>
                  <Layer layer={layer} pressed={layer.key === chosen} onChoose={onChoose} />
                </li>
              ))}
            </ol>
          </section>
        );
      })}
    </>
  );
}

function Layer({
  layer,
  pressed,
  onChoose,
}: {
  layer: LineageLayer;
  pressed: boolean;
  onChoose: (key: string | undefined) => void;
}) {
  const n = total(layer.findings);
  return (
    <button
      className={styles.layer}
      type="button"
      aria-pressed={pressed}
      onClick={() => onChoose(pressed ? undefined : layer.key)}
    >
      <span className={styles.position}>{layer.position ?? ""}</span>
      <code className={styles.command}>
        {layer.createdBy ? visible(layer.createdBy, 400) : "made by no instruction"}
      </code>
      <span className={`${styles.findings} ${n === 0 ? styles.zero : ""}`} title={sentence(layer.findings)}>
        <span>
          {count(n)}
          <span className="pf-v6-screen-reader"> {n === 1 ? "finding" : "findings"}</span>
        </span>
        {n > 0 && <SeverityBar counts={layer.findings} size="tiny" />}
      </span>
      <span className={styles.sub}>
        {sub(layer)}
        {layer.blind && (
          <>
            ; <span className={styles.blind}>{visible(layer.blind, 96)}</span>
          </>
        )}
      </span>
    </button>
  );
}

/** The heading's end: "11 layers, 29 findings". */
export function lineageSum(parts: LineagePart[]): string {
  const layers = parts.flatMap((part) => part.layers).filter((layer) => layer.position !== undefined);
  const found = parts.flatMap((part) => part.layers).reduce((sum, layer) => sum + total(layer.findings), 0);
  return `${whole(layers.length)} ${layers.length === 1 ? "layer" : "layers"}, ${counted(found, "finding")}`;
}
