import { Button } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { whyQuery } from "../../../api/fleet";
import type { ImageDetail, Verdict } from "../../../api/types";
import { counted } from "../../../format/number";
import { visible } from "../../../format/text";
import { Field } from "../../../parts/Field";
import { StateMark } from "../../../parts/glyphs";
import type { State } from "../../../parts/health";
import layout from "../../../parts/layout.module.css";
import { Name } from "../../../parts/Name";
import { Panel } from "../../../parts/shapes";
import { Failed, LoadingRows } from "../../../parts/states";
import styles from "../fleet.module.css";
import { Chain } from "./EvidenceDrawer";

const route = getRouteApi("/app/images/$image");

export const VERDICTS: Record<Verdict, { state: State; word: string }> = {
  affected: { state: "unhealthy", word: "Affected" },
  apart: { state: "not_applicable", word: "Shown apart" },
  not_affected: { state: "healthy", word: "Not affected" },
  not_assessed: { state: "not_assessed", word: "Not assessed" },
};

/** Why an image is affected by a vulnerability, or why not: also for one that nobody found. */
export function Why({ image }: { image: ImageDetail }) {
  const { vulnerability } = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(vulnerability ?? "");
  useEffect(() => setTyped(vulnerability ?? ""), [vulnerability]);
  const query = useQuery({ ...whyQuery(image.id, vulnerability ?? ""), enabled: vulnerability !== undefined });
  return (
    <section className={layout.stack} aria-label="Why, or why not">
      <form
        className={layout.inlineForm}
        onSubmit={(event) => {
          event.preventDefault();
          const asked = typed.trim();
          void navigate({ search: (old) => ({ ...old, vulnerability: asked || undefined }), resetScroll: false });
        }}
      >
        <Field
          label="CVE, GHSA or another id"
          value={typed}
          onChange={setTyped}
          placeholder="CVE-2025-48384"
          autoComplete="off"
          isRequired
        />
        <Button type="submit" variant="secondary">
          Ask why, or why not
        </Button>
      </form>
      {vulnerability === undefined ? (
        <p className={layout.muted}>
          Every verdict has a reason, also the verdict “no”: name any vulnerability, and the answer says which of the{" "}
          {counted(image.packages, "package")} it could concern and what decided. The same on the command line:{" "}
          <code>seawall why ID IMAGE</code>
        </p>
      ) : query.error ? (
        <Failed error={query.error} what={`The answer about ${vulnerability}`} onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <LoadingRows what="the answer" rows={3} />
      ) : (
        <>
          <div className={styles.verdict}>
            <h2>{visible(query.data.sentence, 800)}</h2>
            <p>
              {counted(query.data.considered, "package")} considered.{" "}
              <Link to="/cve/$id" params={{ id: query.data.vulnerability }}>
                Where else in the fleet
              </Link>
            </p>
          </div>
          {query.data.packages.map((evidence) => (
            <Panel
              key={evidence.package.subject}
              id={`why-${evidence.package.subject}`}
              title={`${visible(evidence.package.name, 96)} ${visible(evidence.package.version, 96)}`}
              end={<StateMark state={VERDICTS[evidence.verdict].state}>{VERDICTS[evidence.verdict].word}</StateMark>}
              padded
            >
              <div className={styles.stackS}>
                <Chain evidence={evidence} />
              </div>
            </Panel>
          ))}
          {query.data.packages.length === 0 && (
            <p className={layout.muted}>
              No package of this image has a name that <Name text={query.data.vulnerability} mono /> speaks of.
            </p>
          )}
        </>
      )}
    </section>
  );
}
