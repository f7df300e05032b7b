// What stands in an address behind the `?`. Anybody can type anything there: each reader takes what it understands and
// leaves the rest out, so a page always opens.

type Raw = Record<string, unknown>;

/** A text that is not empty and not endless. */
export function text(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" && value.length <= 512 ? value : undefined;
}

/** One of a few words. */
export function word<W extends string>(raw: Raw, key: string, words: readonly W[]): W | undefined {
  const value = raw[key];
  return words.find((w) => w === value);
}

/** Yes, no, or not said. */
export function flag(raw: Raw, key: string): boolean | undefined {
  const value = raw[key];
  return value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;
}

/** A path of this console, never another site's: what comes after the login. */
export function ownPath(raw: Raw, key: string): string | undefined {
  const value = text(raw, key);
  // "//host" and "/\host" are other sites to a browser.
  return value && /^\/(?![/\\])/.test(value) ? value : undefined;
}

/** What is absent is not written into the address. */
export function defined<T extends object>(search: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Words with commas between, as filters and selections stand in an address. */
export function words(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (typeof value !== "string" || value === "" || value.length > 8_192) return undefined;
  return value;
}

// The address as it is read and written: plain text. As JSON a version "1.10" would come back as 1.1, and every number
// would stand in quotes.
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      query.set(key, String(value));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}
