import { Button } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Failure } from "../api/failure";
import { meQuery, redeem, setupQuery } from "../api/session";
import { Field } from "../parts/Field";
import { Failed, LoadingRows } from "../parts/states";
import { Solo } from "./Solo";
import styles from "./Solo.module.css";

/** The shortest password that the hub takes. */
const SHORTEST = 12;

/** First start: the one-time link makes the first owner. The secret stands behind the `#`, which no server or proxy sees. */
export function Setup() {
  const [link] = useState(() => window.location.hash.slice(1));
  const { data: setup, error, refetch } = useQuery(setupQuery);
  if (error) {
    return (
      <Solo title="First start">
        <Failed error={error} what="The state of this hub" onRetry={() => void refetch()} page />
      </Solo>
    );
  }
  if (!setup) {
    return (
      <Solo title="First start">
        <LoadingRows what="the state of this hub" rows={2} />
      </Solo>
    );
  }
  if (!setup.needed) {
    return (
      <Solo title="First start">
        <h1>This hub has its owner</h1>
        <p className={styles.lede}>The one-time link was used. It works once, and nobody else can use it.</p>
        <p>
          <Link to="/login">Sign in</Link>
        </p>
      </Solo>
    );
  }
  if (link === "") {
    return (
      <Solo title="First start">
        <h1>The link is not whole</h1>
        <p className={styles.lede}>
          Open the address exactly as the hub printed it when it started. It ends in <code>/setup#</code> and a secret;
          that part is missing here.
        </p>
      </Solo>
    );
  }
  return <FirstOwner link={link} />;
}

function FirstOwner({ link }: { link: string }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [told, setTold] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const attempt = useMutation({
    mutationFn: redeem,
    onSuccess: async (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      queries.setQueryData(setupQuery.queryKey, { needed: false });
      await navigate({ to: "/", replace: true });
    },
  });
  const failure = attempt.error ? Failure.of(attempt.error) : undefined;
  const short = password.length < SHORTEST ? `At least ${SHORTEST} characters; ${password.length} so far.` : undefined;
  const differs = again !== password ? "The two do not match." : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTold(true);
    if (!short && !differs) attempt.mutate({ link, name, password });
  };
  return (
    <Solo title="First start" wide>
      <div>
        <h1 className={styles.sentence}>Make the console yours</h1>
        <p className={styles.lede}>You opened the one-time link from the terminal. It works once.</p>
      </div>
      <form className={`pf-v6-c-form ${styles.panel}`} onSubmit={submit} aria-label="Create the owner" noValidate>
        <div className={styles.fields}>
          <Field
            label="Owner account"
            name="name"
            autoComplete="username"
            value={name}
            onChange={setName}
            hint="May do everything. Letters, digits, . _ - @"
            error={failure?.fields.get("name") ?? (told && name === "" ? "An account needs a name." : undefined)}
            isRequired
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={setPassword}
            hint={`${SHORTEST} characters or more.`}
            error={failure?.fields.get("password") ?? (told ? short : undefined)}
            isRequired
          />
          <Field
            label="Password, again"
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={setAgain}
            error={told ? differs : undefined}
            isRequired
          />
        </div>
        <section className={styles.effect} aria-label="What will happen">
          <b>What will happen</b>
          <dl>
            <dt>The account</dt>
            <dd>owns all scopes and can make other accounts</dd>
            <dt>The link</dt>
            <dd>stops working</dd>
          </dl>
        </section>
        {failure && failure.fields.size === 0 && <Failed error={failure} what="The owner" />}
        <Button
          className={styles.submit ?? ""}
          type="submit"
          variant="primary"
          isLoading={attempt.isPending}
          isDisabled={attempt.isPending}
        >
          Create owner
        </Button>
      </form>
    </Solo>
  );
}
