import { Button } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { forPage } from "../../frame/keys";
import { Icon } from "../../parts/Icon";
import styles from "./fleet.module.css";

/** What a question is about: a vulnerability's id leads to its verdict, a digest to its images, all else is searched. */
export function routeOf(question: string): { kind: "cve" | "digest" | "text"; text: string } | undefined {
  const text = question.trim();
  if (text === "") return undefined;
  if (/^(?:cve-\d{4}-\d{4,}|ghsa(?:-[23456789cfghjmpqrvwx]{4}){3})$/i.test(text))
    return {
      kind: "cve",
      // A GHSA id is lower case behind its name; everything else here is upper case.
      text: /^ghsa/i.test(text) ? `GHSA${text.slice(4).toLowerCase()}` : text.toUpperCase(),
    };
  // Records of distributions and languages: DSA-5678-1, ALSA-2025:11462, RUSTSEC-2024-0001, GO-2024-2687.
  if (/^[a-z]+(?:-[a-z]+)*-(?:cve-)?\d{4}[-:]?\d*(?:-\d+)?$/i.test(text)) return { kind: "cve", text };
  if (/^(?:sha256:)?[0-9a-f]{12,64}$/i.test(text)) return { kind: "digest", text: text.toLowerCase() };
  return { kind: "text", text };
}

/** The one box of "Am I affected?". */
export function AskBox({ value, focused }: { value: string; focused?: boolean }) {
  const [typed, setTyped] = useState(value);
  const [missing, setMissing] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (focused) input.current?.focus({ preventScroll: true });
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || !forPage(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [focused]);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    const to = routeOf(typed);
    setMissing(!to);
    if (!to) input.current?.focus();
    // The same question once more is asked anew.
    if (typed.trim() === value) void queries.invalidateQueries();
    if (!to) void navigate({ to: "/cve", search: {} });
    else if (to.kind === "cve") void navigate({ to: "/cve/$id", params: { id: to.text }, search: {} });
    else if (to.kind === "digest") void navigate({ to: "/images", search: { text: to.text } });
    else void navigate({ to: "/cve", search: { text: to.text } });
  };
  return (
    <>
      <search>
        <form className={styles.ask} onSubmit={ask}>
          <Icon name="search" />
          <input
            ref={input}
            type="text"
            inputMode="search"
            autoComplete="off"
            spellCheck={false}
            aria-label="CVE, another id, package or digest"
            placeholder="CVE-2025-48384"
            aria-invalid={missing}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setMissing(false);
            }}
          />
          <div>
            <Button type="submit" variant="primary">
              Ask
            </Button>
          </div>
        </form>
      </search>
      {missing && (
        <p className={styles.askMissing} role="alert">
          Write what to look for first.
        </p>
      )}
      <p className={styles.askHint}>
        CVE, GHSA, DSA or ALSA id, a package such as <code>git</code>, an image’s digest. Answered from what is stored;
        nothing is pulled.
      </p>
    </>
  );
}
