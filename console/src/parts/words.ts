import { withShortDigests } from "../format/text";

/** What a fix does, in a word or two. */
export const DEEDS: Record<string, string> = {
  remove: "Remove",
  "rebuild-on-base": "Rebuild on a newer base",
  upgrade: "Upgrade",
  "upgrade-carrier": "Upgrade what carries it",
  rebuild: "Rebuild with newer parts",
};

/** Points of the score: two digits, a sign where it is a gain. */
export function points(n: number | undefined): string {
  return n === undefined ? "–" : n.toFixed(2);
}

/** What a gain in points is of the maximum: "+2.7 %". */
export function gained(gain: number, max: number): string {
  if (max <= 0) return "0.0\u00a0%";
  const percent = (gain / max) * 100;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)}\u00a0%`;
}

/** An asset's id as people say it: "shop/cart@sha256:9f31c07be2a4 in main" of "registry/main/shop/cart@sha256:9f31c07be2a4…". */
export function assetWord(id: string): string {
  const short = withShortDigests(id);
  const [, registry, rest] = /^registry\/([^/]+)\/(.+)$/.exec(short) ?? [];
  return registry && rest ? `${rest} in ${registry}` : short;
}

/** Where an asset whose name stands above it is: "sha256:9f31c07be2a4 in main". */
export function assetPlace(id: string): string {
  return assetWord(id).replace(/^[^@]+@(?=sha)/, "");
}

/** A slug as a mark: "known-exploited" reads "Known exploited". */
export function mark(slug: string): string {
  const words = causeWord(slug);
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** The causes of a state, as the hub writes them: "end-of-life-near" reads "end of life near". */
export function causeWord(cause: string | undefined): string {
  return (cause ?? "").replaceAll(/[-_]/g, " ");
}
