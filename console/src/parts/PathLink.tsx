import { Link, type LinkProps } from "@tanstack/react-router";
import type { ComponentPropsWithoutRef } from "react";

/** Where a path of this console leads, as the router wants it; a path that is none of this console's leads nowhere. */
export function place(path: string): LinkProps | undefined {
  // "//host" and "/\host" are other sites to a browser.
  if (!/^\/(?![/\\])/.test(path)) return undefined;
  const [way = "", query = ""] = path.split("#", 1)[0]?.split(/\?(.*)/s, 2) ?? [];
  // As texts: an id of digits alone stays what it is.
  const search = Object.fromEntries(new URLSearchParams(query));
  return { to: way, search } as unknown as LinkProps;
}

/** A link to a path that the hub names, or to a page by its address: "/images?fix=…". What is no path of ours is text. */
export function PathLink({
  path,
  rows,
  children,
  ...rest
}: {
  path: string;
  /** How many rows it leads to, where it is a number: the crawler compares it with the list. */
  rows?: number | undefined;
} & Omit<ComponentPropsWithoutRef<"a">, "href">) {
  const to = place(path);
  return to ? (
    <Link {...to} {...rest} data-rows={rows}>
      {children}
    </Link>
  ) : (
    <span>{children}</span>
  );
}

/** A path of the console with its filters, absent ones left out: `address("/images", { fix: id })`. */
export function address(way: string, search: Record<string, string | number | boolean | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== "") query.set(key, String(value));
  const text = query.toString();
  return text === "" ? way : `${way}?${text}`;
}
