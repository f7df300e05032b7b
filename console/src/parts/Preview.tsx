import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Failure } from "../api/failure";
import type { Effect as Said } from "../api/types";
import { Effect } from "./Effect";
import { Failed, LoadingRows } from "./states";

/** Rests this long before the hub computes: a person types. */
const REST_MS = 400;

/**
 * The effect of what a form says, computed by the hub each time the form rests. Nothing is asked while the form is not whole
 * (`body` is absent). A field that the hub refuses is the form's to show.
 */
export function usePreview<B>(what: string, body: B | undefined, ask: (body: B) => Promise<Said>) {
  const text = body === undefined ? "" : JSON.stringify(body);
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const query = useQuery({
    queryKey: ["preview", what, rested],
    queryFn: () => ask(JSON.parse(rested) as B),
    enabled: rested !== "",
    gcTime: 0,
    staleTime: 0,
  });
  const failure = query.error ? Failure.of(query.error) : undefined;
  return {
    effect: rested === text && rested !== "" ? query.data : undefined,
    waiting: rested !== text || query.isFetching,
    fields: failure?.fields ?? new Map<string, string>(),
    error: failure && failure.fields.size === 0 ? failure : undefined,
  };
}

/** The place of the effect in a form: what is missing for it, that it is computed, or itself. */
export function Preview({
  preview: { effect, waiting, error },
  whole,
  missing,
}: {
  preview: { effect: Said | undefined; waiting: boolean; error: Failure | undefined };
  /** Whether the form says enough. */
  whole: boolean;
  missing: string;
}) {
  if (!whole) return <p role="status">{missing}</p>;
  if (error) return <Failed error={error} what="The effect" />;
  if (effect) return <Effect effect={effect} />;
  return waiting ? <LoadingRows what="the effect" rows={3} /> : null;
}
