import { Button, Skeleton } from "@patternfly/react-core";
import { type ReactNode, useEffect, useState } from "react";
import { Failure } from "../api/failure";
import { Icon, type IconName } from "./Icon";
import styles from "./states.module.css";
import { Time } from "./Time";

interface StateProps {
  icon: IconName;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** A whole page, with the page's heading, or a part of one. */
  page?: boolean;
  role?: "alert" | "status";
}

function StateBlock({ icon, title, children, actions, page, role }: StateProps) {
  return (
    <div className={page ? styles.page : styles.part} role={role}>
      <Icon name={icon} large={page ?? false} />
      {page ? <h1>{title}</h1> : <h3>{title}</h3>}
      <div className={styles.text}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** Empty because all is well: what was looked at and when, and how many could not be. */
export function EmptyGood({ title, children, actions }: { title: string; children: ReactNode; actions?: ReactNode }) {
  return (
    <StateBlock icon="check" title={title} actions={actions}>
      {children}
    </StateBlock>
  );
}

/** Empty because of filters: which one empties it, and one click that removes it. */
export function EmptyFiltered({ filters, onClear }: { filters: string[]; onClear: () => void }) {
  const one = filters.length === 1;
  return (
    <StateBlock
      icon="filter"
      title="No row matches these filters"
      actions={
        <Button variant="secondary" size="sm" onClick={onClear}>
          {one ? "Remove that filter" : `Remove ${filters.length} filters`}
        </Button>
      }
    >
      <p>
        {one ? "The filter is" : "The filters are"} {filters.join(", ")}.
      </p>
    </StateBlock>
  );
}

/** Empty because new: the one command that fills it, and what appears when it works. */
export function EmptyNew({ title, children, actions }: { title: string; children: ReactNode; actions?: ReactNode }) {
  return (
    <StateBlock icon="plus" title={title} actions={actions}>
      {children}
    </StateBlock>
  );
}

/**
 * What went wrong: what, since when, the request's id, and what to do. Each kind of failure has its own words: forbidden is
 * not shown as "not found", and nothing is "something went wrong".
 */
export function Failed({
  error,
  what,
  onRetry,
  rowsFrom,
  page,
}: {
  error: Error;
  /** What was asked for: "The list of users". */
  what: string;
  onRetry?: () => void;
  /** When the rows that are still shown were loaded. */
  rowsFrom?: Date | undefined;
  page?: boolean;
}) {
  const failure = Failure.of(error);
  const retry = onRetry && (
    <Button variant="secondary" size="sm" onClick={onRetry} icon={<Icon name="refresh" small />}>
      Try again
    </Button>
  );
  const block = { page: page ?? false };
  switch (failure.kind) {
    case "forbidden":
      return (
        <StateBlock icon="lock" title={`Your role does not show this`} {...block}>
          <p>
            {what} needs a role that your account does not have in this scope. {failure.detail ?? ""} An owner of the
            scope can grant it under Settings, Users.
          </p>
          <RequestLine failure={failure} />
        </StateBlock>
      );
    case "not-found":
      return (
        <StateBlock icon="ask" title="There is no such thing" {...block}>
          <p>
            {what} is not here{failure.detail ? `: ${failure.detail}` : ", or your account may not know of it."}
          </p>
          <RequestLine failure={failure} />
        </StateBlock>
      );
    case "unreachable":
      return (
        <StateBlock icon="warn" title="The hub does not answer" actions={retry} role="alert" {...block}>
          <p>
            {what} could not be asked for: no connection since <Time at={failure.at.toISOString()} />. Is{" "}
            <code>seawall</code> still running on its machine?
          </p>
          <Kept rowsFrom={rowsFrom} />
        </StateBlock>
      );
    default:
      return (
        <StateBlock icon="warn" title={`${what} could not be loaded`} actions={retry} role="alert" {...block}>
          <p>
            {failure.title}
            {failure.detail ? `: ${failure.detail}` : "."}
          </p>
          <Kept rowsFrom={rowsFrom} />
          <RequestLine failure={failure} />
        </StateBlock>
      );
  }
}

function Kept({ rowsFrom }: { rowsFrom: Date | undefined }) {
  return rowsFrom ? (
    <p>
      The rows you see are from <Time at={rowsFrom.toISOString()} />.
    </p>
  ) : null;
}

function RequestLine({ failure }: { failure: Failure }) {
  return failure.requestId ? (
    <p className={styles.request}>
      Request <code>{failure.requestId}</code>, in the hub’s log
    </p>
  ) : null;
}

/** A page that is nowhere: what was asked for, and ways on. */
export function NoSuchPage({ path, actions }: { path: string; actions: ReactNode }) {
  useEffect(() => {
    document.title = "No such page · Seawall";
  }, []);
  return (
    <StateBlock icon="ask" title="There is no page at this address" actions={actions} page>
      <p>
        <code>{path}</code> is not an address of this console. It may belong to another release.
      </p>
    </StateBlock>
  );
}

/** Rows to come, at their true height. After three seconds it says what it waits for. */
export function LoadingRows({ what, rows = 6 }: { what: string; rows?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 3_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.rows} aria-busy="true">
      <p className={late ? styles.late : "pf-v6-screen-reader"} role="status">
        {late ? `Still waiting for the hub: ${what}.` : `Loading ${what}`}
      </p>
      {Array.from({ length: rows }, (_, index) => `row-${index}`).map((key) => (
        <div key={key} className={styles.row}>
          <Skeleton width="40%" />
          <Skeleton width="15%" />
          <Skeleton width="20%" />
        </div>
      ))}
    </div>
  );
}

/** A lasting condition, with its way out. "blind" is for what was not looked at. */
export function Banner({
  tone,
  children,
  actions,
}: {
  tone: "info" | "bad" | "blind";
  children: ReactNode;
  actions?: ReactNode;
}) {
  const icon: IconName = tone === "bad" ? "warn" : tone === "blind" ? "blind" : "info";
  return (
    <div className={`${styles.banner} ${styles[tone]}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icon} />
      <div className={styles.grow}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
