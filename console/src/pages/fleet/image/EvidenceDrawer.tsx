import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { evidenceQuery } from "../../../api/fleet";
import type { Advisory, EvidenceDoc, Finding } from "../../../api/types";
import { visible } from "../../../format/text";
import { Drawer } from "../../../parts/Drawer";
import { Code, Evidence, type Step } from "../../../parts/Evidence";
import { SeverityMark } from "../../../parts/glyphs";
import { Icon } from "../../../parts/Icon";
import layout from "../../../parts/layout.module.css";
import { Digest, Name } from "../../../parts/Name";
import { PathLink } from "../../../parts/PathLink";
import { severityOf } from "../../../parts/severity";
import { Failed, LoadingRows } from "../../../parts/states";
import { Kev } from "../cells";
import { webAddress } from "../words";

const STATUS: Record<string, string> = {
  fixed: "A fixed version is to be had",
  "none-known": "No fix known",
  "wont-fix": "The source will not fix it",
  deferred: "The source fixes it later",
  investigating: "The source is looking into it",
};

/** What a source says of a fix, in words. */
export function fixWord(status: string): string {
  return STATUS[status] ?? visible(status, 48);
}

/** "Critical 9.8": a severity with its score where it has one. */
export function Rated({ severity, score, badge }: { severity: string; score?: number | undefined; badge?: boolean }) {
  const known = severityOf(severity);
  return (
    <SeverityMark severity={known} badge={badge ?? false}>
      {known.charAt(0).toUpperCase() + known.slice(1)}
      {score !== undefined ? ` ${score.toFixed(1)}` : ""}
    </SeverityMark>
  );
}

/** Why a finding is there, beside the list it is in. */
export function EvidenceDrawer({
  image,
  title,
  finding,
  place,
  onClose,
}: {
  image: string;
  /** The image as people call it. */
  title: string;
  finding: Finding;
  /** "3 of 29" */
  place: string;
  onClose: () => void;
}) {
  const query = useQuery(evidenceQuery(image, finding.vulnerability, finding.package.subject));
  return (
    <Drawer
      over={
        <>
          <Name text={`${finding.package.name} ${finding.package.version}`} /> in {title}
        </>
      }
      title={`Why ${visible(finding.vulnerability, 64)} is here`}
      onClose={onClose}
      foot={
        <>
          {finding.fix && (
            <PathLink path={`/fixes/${encodeURIComponent(finding.fix.id)}`} className={layout.button}>
              Open fix
            </PathLink>
          )}
          <Link to="/cve/$id" params={{ id: finding.vulnerability }} className={layout.button}>
            Where else
          </Link>
          <span className={`${layout.end} ${layout.onDesk}`}>
            {place}, <kbd>j</kbd> <kbd>k</kbd> next and previous
          </span>
        </>
      }
    >
      <p className={layout.inline}>
        <Rated severity={finding.severity} score={finding.score} badge />
        {finding.kev && <Kev />}
        <span className={layout.badge}>
          {finding.fixedVersion ? `Fix ${visible(finding.fixedVersion, 64)}` : fixWord(finding.fixStatus)}
        </span>
        <span className={`${layout.badge} ${layout.badgeLine}`}>{epssWord(finding.epss)}</span>
      </p>
      {finding.title && <p>{visible(finding.title, 400)}</p>}
      {query.error ? (
        <Failed error={query.error} what="The evidence" onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <LoadingRows what="the evidence" rows={4} />
      ) : (
        <Chain evidence={query.data} />
      )}
      {finding.remedy && (
        <div>
          <h3>Fix</h3>
          <Code text={finding.remedy} copy />
        </div>
      )}
    </Drawer>
  );
}

/** "EPSS 12 %". A missing one is said, never 0. */
export function epssWord(epss: number | undefined): string {
  if (epss === undefined) return "EPSS not loaded";
  const percent = epss * 100;
  return `EPSS ${percent >= 10 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** The chain of evidence: instruction, file, advisory, what else decided. */
export function Chain({ evidence }: { evidence: EvidenceDoc }) {
  return (
    <>
      <p className={layout.muted}>{visible(evidence.sentence, 800)}</p>
      <Evidence steps={stepsOf(evidence)} />
    </>
  );
}

export function stepsOf(evidence: EvidenceDoc): Step[] {
  const steps: Step[] = [];
  const command = evidence.instruction ?? evidence.layer?.createdBy;
  if (evidence.layer) {
    steps.push({
      key: "layer",
      title: `Layer ${evidence.layer.position + 1} brought it`,
      children: (
        <>
          {command ? <Code text={command} /> : <p>The image does not tell which instruction made the layer.</p>}
          <p className={layout.sub}>
            <Digest digest={evidence.layer.diffId} />
          </p>
        </>
      ),
    });
  }
  const [path, ...others] = evidence.paths;
  steps.push({
    key: "file",
    title: path === undefined ? "The package list says what it is" : "The file says what it is",
    children: (
      <>
        <Code
          {...(path === undefined ? {} : { head: <Name text={path} mono /> })}
          text={`${evidence.package.name} ${evidence.package.version}`}
        />
        {others.length > 0 && (
          <p className={layout.sub}>
            {others.slice(0, 3).map((other) => (
              <span key={other} className={layout.sub}>
                <Name text={other} mono />
              </span>
            ))}
            {others.length > 3 && `and ${others.length - 3} more files`}
          </p>
        )}
        {evidence.package.sourceName && evidence.package.sourceName !== evidence.package.name && (
          <p className={layout.sub}>built from source package {visible(evidence.package.sourceName, 96)}</p>
        )}
      </>
    ),
  });
  const holding = evidence.advisories.filter((advisory) => advisory.holds);
  const others2 = evidence.advisories.filter((advisory) => !advisory.holds);
  if (holding.length > 0)
    steps.push({
      key: "advisories",
      title:
        holding.length === 1 ? "The advisory covers that version" : `${holding.length} advisories cover that version`,
      children: <Advisories advisories={holding} />,
    });
  if (others2.length > 0)
    steps.push({
      key: "others",
      title: others2.length === 1 ? "One source does not say so" : `${others2.length} sources do not say so`,
      children: <Advisories advisories={others2} />,
    });
  if (evidence.advisories.length === 0) steps.push({ key: "none", title: "No advisory names this package for it" });
  if (evidence.ratings.length > 0)
    steps.push({
      key: "ratings",
      title: evidence.ratings.length === 1 ? "One source rates it" : `${evidence.ratings.length} sources rate it`,
      children: (
        <ul>
          {evidence.ratings.map((rating) => (
            <li key={`${rating.source} ${rating.vector ?? rating.severity}`} className={layout.inline}>
              <Rated severity={rating.severity} score={rating.score} />
              <span>{visible(rating.source, 48)}</span>
              {rating.vector && (
                <span className={layout.hint}>
                  <Name text={rating.vector} mono />
                </span>
              )}
            </li>
          ))}
        </ul>
      ),
    });
  steps.push(
    evidence.reasons.length === 0
      ? {
          key: "reasons",
          title: "Nothing says otherwise",
          children: <p>No statement, rule or exemption names it.</p>,
        }
      : {
          key: "reasons",
          title: "What else decided",
          children: (
            <ul>
              {evidence.reasons.map((reason) => (
                <li key={reason}>{visible(reason, 400)}</li>
              ))}
            </ul>
          ),
        },
  );
  return steps;
}

function Advisories({ advisories }: { advisories: Advisory[] }): ReactNode {
  return advisories.map((advisory) => {
    const url = webAddress(advisory.url);
    return (
      <Code
        key={`${advisory.source} ${advisory.id}`}
        head={
          <span className={layout.inline}>
            <span>
              {visible(advisory.source, 48)} <Name text={advisory.id} mono />
            </span>
            {url && (
              <a href={url} target="_blank" rel="noreferrer" className={layout.end}>
                source <Icon name="link" small />
                <span className="pf-v6-screen-reader">, opens in another window</span>
              </a>
            )}
          </span>
        }
        text={[
          advisory.statement,
          ...(advisory.range ? [`covers ${advisory.range}`] : []),
          ...(advisory.fixed ? [`fixed in ${advisory.fixed}`] : []),
        ].join("\n")}
      />
    );
  });
}
