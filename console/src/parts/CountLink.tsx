import { Link, type LinkProps } from "@tanstack/react-router";
import { count } from "../format/number";

/** A number that is a link to exactly the rows it counts. The crawler follows every one and compares. */
export function CountLink({ n, link, noun }: { n: number; link: LinkProps; noun?: string | undefined }) {
  return (
    <Link {...link} data-rows={n}>
      {count(n)}
      {noun && ` ${noun}`}
    </Link>
  );
}
