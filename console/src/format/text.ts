// Text from outside: names of packages, tags, paths. It is shown literally, never trusted to be short, printable or in
// one direction.

/** What reorders or hides its neighbours: bidirectional controls, zero-width characters, line separators. */
const INVISIBLE = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/gu;

/** Characters after which a name is cut: more than a screen can show, little enough to lay out at once. */
const LONGEST = 512;

/**
 * The text with every control character shown as its picture or code point, cut at `longest` characters with the number
 * that is left out. A name of 10 MB costs no more than its first characters.
 */
export function visible(text: string, longest = LONGEST): string {
  const cut = text.length > longest;
  let shown = cut ? text.slice(0, longest) : text;
  // Half of a pair, left by the cut.
  if (cut && /[\ud800-\udbff]$/u.test(shown)) shown = shown.slice(0, -1);
  shown = shown.replace(CONTROL, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : codePoint(code);
  });
  shown = shown.replace(INVISIBLE, (c) => codePoint(c.charCodeAt(0)));
  return cut ? `${shown}… (${(text.length - shown.length).toLocaleString("en-US")} more characters)` : shown;
}

function codePoint(code: number): string {
  return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
}

/** A digest cut to what people compare: "sha256:9f31c07be2a4". */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(":", 2);
  return hex && algorithm ? `${algorithm}:${hex.slice(0, 12)}` : visible(digest, 24);
}

/** A name with whole digests in it, each cut to what people compare. */
export function withShortDigests(text: string): string {
  return text.length > 4_096 ? text : text.replace(/\b(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{20,}/g, "$1");
}

/** A sentence as a title: it begins with a capital. */
export function titled(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A long identity shortened in the middle: both ends tell it from its neighbours. */
export function middle(text: string, longest = 48): string {
  const safe = visible(text);
  if (safe.length <= longest) return safe;
  const side = Math.floor((longest - 1) / 2);
  return `${safe.slice(0, longest - 1 - side)}…${safe.slice(-side)}`;
}

/** Bytewise order, as the hub sorts; `localeCompare` would differ by machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
