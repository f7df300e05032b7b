import { Link, type LinkProps } from "@tanstack/react-router";
import { count } from "../format/number";
import layout from "./layout.module.css";

/** A number that is a link to exactly the rows it counts. The crawler follows every one and compares. */
export function CountLink({
  n,
  link,
  noun,
  quiet = false,
}: {
  n: number;
  link: LinkProps;
  noun?: string | undefined;
  /** In the ink of its neighbours until the hand is on it. */
  quiet?: boolean;
}) {
  return (
    <Link {...link} data-rows={n} {...(quiet ? { className: layout.quiet ?? "" } : {})}>
      {count(n)}
      {noun && ` ${noun}`}
    </Link>
  );
}
