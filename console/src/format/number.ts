// Numbers as the console writes them. A result is written even when it is 0; "–" is "does not apply", "?" is "not known":
// which of the two an absent number is, only the caller knows, so neither is guessed here.

const exact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** A non-breaking space: a number and its unit stay on one line. */
const NBSP = "\u00a0";

/** A count: exact up to 99,999, then rounded to what a reader can hold: "412 thousand", "1.2 million". */
export function count(n: number): string {
  if (Math.abs(n) < 100_000) return exact.format(n);
  // Rounded first, so that 999,950 is "1 million" and not "1,000 thousand".
  const thousands = Math.round(n / 1_000);
  if (Math.abs(thousands) < 1_000) return `${exact.format(thousands)}${NBSP}thousand`;
  const millions = n / 1_000_000;
  if (Math.abs(millions) < 999.95) return `${one.format(millions)}${NBSP}million`;
  return `${one.format(n / 1_000_000_000)}${NBSP}billion`;
}

/** The exact number, for titles and labels. */
export function whole(n: number): string {
  return exact.format(n);
}

/** "61 of 612". */
export function of(part: number, all: number): string {
  return `${count(part)} of ${count(all)}`;
}

/** A change: "+3", "−120", "0". The minus is the sign, not a hyphen. */
export function delta(n: number): string {
  return n > 0 ? `+${count(n)}` : n < 0 ? `−${count(-n)}` : "0";
}

/** A noun behind its count: "1 image", "612 images". */
export function counted(n: number, singular: string, plural = `${singular}s`): string {
  return `${count(n)}${NBSP}${n === 1 ? singular : plural}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A size in decimal units, as registries give it: "4 kB", "74.8 MB". */
export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  // 999.5 would be written "1,000".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${(value < 99.95 && unit > 0 ? one : exact).format(value)}${NBSP}${UNITS[unit]}`;
}
