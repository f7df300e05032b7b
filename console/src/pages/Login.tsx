import { Button, Form } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Failure } from "../api/failure";
import { login, meQuery, setupQuery } from "../api/session";
import { duration } from "../format/time";
import { Field } from "../parts/Field";
import { Banner } from "../parts/states";
import { Solo } from "./Solo";
import styles from "./Solo.module.css";

/** What a refused login says. The hub does not tell a wrong name from a wrong password, so neither does the page. */
function refusal(error: Error): string {
  const failure = Failure.of(error);
  if (failure.kind === "wrong-credentials") return "Account and password do not belong together.";
  if (failure.kind === "too-many-requests")
    return `Too many tries. The next one counts in ${duration((failure.retryAfter ?? 60) * 1_000)}.`;
  return failure.message;
}

export function Login({ next }: { next: string }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const queries = useQueryClient();
  const router = useRouter();
  const { data: setup } = useQuery(setupQuery);
  const attempt = useMutation({
    mutationFn: login,
    onSuccess: async (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      router.history.push(next);
    },
    onError: () => setPassword(""),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate({ name, password });
  };
  return (
    <Solo title="Sign in">
      <div>
        <h1>Sign in</h1>
        <p className={styles.lede}>{window.location.host}</p>
      </div>
      {setup?.needed && (
        <Banner tone="info">
          This hub has no owner yet. Open the one-time link that it printed when it started; it ends in{" "}
          <code>/setup#…</code>
        </Banner>
      )}
      <Form onSubmit={submit}>
        <Field label="Account" name="name" autoComplete="username" value={name} onChange={setName} isRequired />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={attempt.error ? refusal(attempt.error) : undefined}
          isRequired
        />
        <Button type="submit" variant="primary" isBlock isLoading={attempt.isPending} isDisabled={attempt.isPending}>
          Sign in
        </Button>
      </Form>
      <p className={styles.hint}>Locked out? An owner can set a new password under Settings, Users.</p>
    </Solo>
  );
}
