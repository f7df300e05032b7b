import type { Fix } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import layout from "../../parts/layout.module.css";
import { Owner } from "../../parts/Name";
import { address, PathLink } from "../../parts/PathLink";
import { remainsSentence } from "./fix-words";
import styles from "./posture.module.css";

/** Parts that a row shows before it points at the fix itself. */
const PARTS = 6;

/** What a fix changes and who does it, beneath its row. */
export function FixRemains({ fix }: { fix: Fix }) {
  const parts = fix.parts.slice(0, PARTS);
  return (
    <div className={styles.detail}>
      <section aria-label="Who does it">
        <h3>Who does it</h3>
        <table className={styles.small}>
          <thead>
            <tr>
              <th scope="col">Team</th>
              <th scope="col" className={styles.num}>
                Images
              </th>
              <th scope="col" className={styles.num}>
                Findings
              </th>
            </tr>
          </thead>
          <tbody>
            {fix.owners.map((share) => (
              <tr key={share.owner?.id ?? ""}>
                <td>
                  <Owner name={share.owner?.name} />
                </td>
                <td className={styles.num}>
                  <PathLink
                    rows={share.images}
                    path={address("/images", { fix: fix.id, owner: share.owner?.id ?? "none" })}
                  >
                    {count(share.images)}
                  </PathLink>
                </td>
                <td className={styles.num}>{count(share.findings)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className={styles.after}>{remainsSentence(fix)}</p>
      </section>
      <section aria-label="What changes">
        <h3>What changes</h3>
        <Parts parts={parts} />
        {fix.parts.length > parts.length && (
          <p className={layout.hint}>
            <PathLink path={`/fixes/${encodeURIComponent(fix.id)}`}>
              {counted(fix.parts.length - parts.length, "more package")}
            </PathLink>
          </p>
        )}
        <p className={styles.after}>
          <PathLink path={`/fixes/${encodeURIComponent(fix.id)}`}>Steps, images and vulnerabilities</PathLink>
        </p>
      </section>
    </div>
  );
}

/** Versions that a part has before, and the one it has after. */
export function Parts({ parts }: { parts: Fix["parts"] }) {
  return (
    <ul className={styles.parts}>
      {parts.map((part) => (
        <li key={`${part.kind} ${part.name}`}>
          <bdi className={styles.partName}>{visible(part.name, 96)}</bdi>
          <span className={styles.versions}>
            <span className={styles.from}>
              <span className="pf-v6-screen-reader">from </span>
              {part.from
                .slice(0, 3)
                .map((v) => visible(v, 48))
                .join(", ")}
              {part.from.length > 3 && ` and ${count(part.from.length - 3)} more`}
            </span>
            {part.to !== undefined && (
              <span className={styles.to}>
                <span className="pf-v6-screen-reader">to </span>
                {visible(part.to, 64)}
              </span>
            )}
          </span>
          <span className={layout.end}>{counted(part.findings, "finding")}</span>
        </li>
      ))}
    </ul>
  );
}
