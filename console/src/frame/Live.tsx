import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { type LiveState, listen } from "../api/live";
import { clock, exactly } from "../format/time";
import styles from "./Frame.module.css";

/** The age of a page is that of its oldest part. */
function useAsOf(): number | undefined {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (changed) => cache.subscribe(changed),
    () => {
      const times = cache
        .findAll({ type: "active" })
        .map((query) => query.state.dataUpdatedAt)
        .filter((at) => at > 0);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
  );
}

/** Whether changes arrive, and the one time stamp of the page. */
export function Live() {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>({ kind: "waiting" });
  useEffect(() => listen(queries, setState), [queries]);
  const asOf = useAsOf();
  const at = asOf === undefined ? undefined : new Date(asOf);
  const word = state.kind === "live" ? "Live" : state.kind === "lost" ? `Lost ${clock(state.since)}` : "Connecting";
  return (
    <span className={`${styles.live} ${state.kind === "live" ? "" : styles[state.kind]}`}>
      <b>
        <span className={state.kind === "live" ? styles.onDesk : ""}>{word}</span>
      </b>
      {at && (
        <span title={`Everything on this page is as of ${exactly(at)} or newer`}>
          <span className={styles.onDesk}>as of </span>
          <time dateTime={at.toISOString()}>{clock(at)}</time>
        </span>
      )}
    </span>
  );
}
