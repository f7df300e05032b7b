import { Link } from "@tanstack/react-router";
import type { ImageRow, OwnerRef, StateWord, Tally } from "../../api/types";
import { shortDigest, visible } from "../../format/text";
import { Counts } from "../../parts/Counts";
import { StateMark } from "../../parts/glyphs";
import { stateOf } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Name, Owner } from "../../parts/Name";
import { type Severity, total } from "../../parts/severity";
import { Time } from "../../parts/Time";
import styles from "./fleet.module.css";
import { tagOf, titleOf, triggerWord } from "./words";

/** An image as the first cell of a row: its name, its other tags, its digest. */
export function ImageCell({ image, withRepository = true }: { image: ImageRow; withRepository?: boolean }) {
  const others = image.tags.slice(1, 3);
  return (
    <>
      <Link to="/images/$image" params={{ image: image.id }}>
        <bdi>{withRepository ? titleOf(image) : tagOf(image)}</bdi>
      </Link>
      {others.map((tag) => (
        <span key={tag} className={`${layout.badge} ${layout.badgeLine} ${styles.tag}`}>
          {visible(tag, 32)}
        </span>
      ))}
      {image.tags.length > 3 && <span className={layout.faint}> +{image.tags.length - 3} tags</span>}
      <span className={layout.sub}>
        <code title={visible(image.digest)}>{shortDigest(image.digest)}</code>
        {image.arch ? ` ${visible(image.arch, 24)}` : ""}
        {withRepository && image.registry ? ` in ${visible(image.registry, 64)}` : ""}
        {image.gone && (
          <>
            , gone since <Time at={image.gone} />
          </>
        )}
      </span>
    </>
  );
}

/** Findings where it was looked at, and where not, why not: never a number that nobody counted. */
export function FindingsCell({
  state,
  cause,
  findings,
  image,
}: {
  state: StateWord;
  cause?: string | undefined;
  findings: Tally;
  /** The image whose findings the numbers lead to. */
  image?: string;
}) {
  const known = stateOf(state);
  const n = total(findings);
  const link = image
    ? (severity: Severity) => ({
        to: "/images/$image" as const,
        params: { image },
        search: { tab: "findings" as const, severity },
      })
    : undefined;
  return (
    <>
      {n > 0 && <Counts counts={findings} {...(link ? { link } : {})} />}
      {known === "not_assessed" ? (
        <>
          {n > 0 && <br />}
          <StateMark state={known} badge />
          {cause && <span className={`${styles.cause} ${styles.causeBlind}`}>{visible(cause, 160)}</span>}
        </>
      ) : known === "not_applicable" ? (
        <>
          {n > 0 && <br />}
          <StateMark state={known} />
          {cause && <span className={styles.cause}>{visible(cause, 160)}</span>}
        </>
      ) : n === 0 && known === "healthy" ? (
        <StateMark state={known} />
      ) : n === 0 ? (
        <>
          <StateMark state={known} />
          {cause && <span className={styles.cause}>{visible(cause, 160)}</span>}
        </>
      ) : undefined}
    </>
  );
}

/** Who fixes it; a link to everything of theirs. */
export function OwnerCell({ owner }: { owner: OwnerRef | undefined }) {
  return (
    <Link to="/images" search={{ owner: owner?.id ?? "none" }} className={layout.quiet}>
      <Owner name={owner?.name} />
    </Link>
  );
}

/** When the image came, and why it was looked at; whether it was scanned is said beside its findings. */
export function SeenCell({ image }: { image: ImageRow }) {
  return (
    <>
      <Time at={image.pushed ?? image.firstSeen} />
      <span className={layout.sub}>{triggerWord(image.trigger)}</span>
    </>
  );
}

/** A vulnerability's mark of being exploited. */
export function Kev() {
  return <span className={`${layout.badge} ${layout.badgeKev}`}>Known exploited</span>;
}

/** A scope among other facts: "scope shop", or "all scopes". */
export function ScopeName({ scope }: { scope: string }) {
  return scope === "" ? (
    <span>all scopes</span>
  ) : (
    <span>
      scope <Name text={scope} longest={96} />
    </span>
  );
}
