import { Button } from "@patternfly/react-core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "../../api/failure";
import { scopeRulesQuery, setScopeRules, teamsQuery } from "../../api/posture";
import type { components } from "../../api/schema";
import type { ScopeRule } from "../../api/types";
import { counted } from "../../format/number";
import { visible } from "../../format/text";
import { Field } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import layout from "../../parts/layout.module.css";
import { scopeWord } from "../../parts/roles";
import { SelectField } from "../../parts/SelectField";
import { EmptyNew, Failed, LoadingRows } from "../../parts/states";
import { useToast } from "../../parts/Toasts";
import styles from "./Scopes.module.css";

/** The rule at `from` before the one at `to`; the order decides, for the first that matches counts. */
export function moved(rules: readonly ScopeRule[], from: number, to: number): ScopeRule[] {
  const next = [...rules];
  const [rule] = next.splice(from, 1);
  if (rule) next.splice(to, 0, rule);
  return next;
}

/** Which repository goes to which scope and team. Nothing changes until it is saved. */
export function AssignmentRules({ scopes }: { scopes: components["schemas"]["Scope"][] }) {
  const queries = useQueryClient();
  const tell = useToast();
  const { data, error, refetch } = useQuery(scopeRulesQuery);
  const { data: owners } = useQuery(teamsQuery);
  const [draft, setDraft] = useState<ScopeRule[]>();
  const rules = draft ?? data?.rules ?? [];
  const save = useMutation({
    mutationFn: (next: ScopeRule[]) => setScopeRules(next),
    onSuccess: async (_answer, next) => {
      const before = data?.rules ?? [];
      setDraft(undefined);
      const again = () =>
        Promise.all(
          ["scopes", "images", "inventory", "audit"].map((key) => queries.invalidateQueries({ queryKey: [key] })),
        );
      await again();
      tell({
        text: `${counted(next.length, "rule assigns", "rules assign")} from now on.`,
        undo: () => setScopeRules(before).then(again),
        undone: "The rules of before hold again.",
      });
    },
  });
  const failure = save.error ? Failure.of(save.error) : undefined;
  const change = (at: number, to: Partial<ScopeRule>) =>
    setDraft(rules.map((rule, index) => (index === at ? { ...rule, ...to } : rule)));
  const without = (rule: ScopeRule, key: "registry" | "owner"): ScopeRule => {
    const { [key]: _gone, ...rest } = rule;
    return rest;
  };
  const teams = owners?.items ?? [];
  return (
    <section className={styles.section} aria-labelledby="assign-h">
      <div className={styles.head}>
        <div>
          <h2 id="assign-h">Rules of assignment</h2>
          <p>
            From the top: the first rule that matches a repository says its scope and its team. What none matches
            belongs to its registry’s scope.
          </p>
        </div>
        <Button
          variant="secondary"
          icon={<Icon name="plus" small />}
          isDisabled={!data}
          onClick={() => setDraft([...rules, { repositoryPrefix: "", scope: "" }])}
        >
          Add rule
        </Button>
      </div>
      <div className={layout.panel}>
        {error ? (
          <Failed error={error} what="The rules of assignment" onRetry={() => void refetch()} />
        ) : !data ? (
          <LoadingRows what="the rules of assignment" rows={3} />
        ) : rules.length === 0 ? (
          <EmptyNew title="No rule yet">
            <p>Every repository belongs to its registry’s scope and has its registry’s team, or none.</p>
          </EmptyNew>
        ) : (
          <ol className={styles.rules}>
            {rules.map((rule, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no identity but its place
              <li key={index}>
                <span className={styles.n}>{index + 1}</span>
                <Field
                  label="Registry"
                  value={rule.registry ?? ""}
                  onChange={(registry) =>
                    registry
                      ? change(index, { registry })
                      : setDraft(rules.map((r, i) => (i === index ? without(r, "registry") : r)))
                  }
                  placeholder="any"
                  error={failure?.fields.get(`rules[${index}].registry`)}
                />
                <Field
                  label="Repository begins with"
                  value={rule.repositoryPrefix}
                  onChange={(repositoryPrefix) => change(index, { repositoryPrefix })}
                  placeholder="anything"
                  error={failure?.fields.get(`rules[${index}].repositoryPrefix`)}
                />
                <SelectField label="Goes to scope" value={rule.scope} onChange={(scope) => change(index, { scope })}>
                  {scopes.map((scope) => (
                    <option key={scope.id} value={scope.id}>
                      {visible(scopeWord(scope.id), 96)}
                    </option>
                  ))}
                </SelectField>
                <SelectField
                  label="And team"
                  value={rule.owner ?? ""}
                  onChange={(owner) =>
                    owner
                      ? change(index, { owner })
                      : setDraft(rules.map((r, i) => (i === index ? without(r, "owner") : r)))
                  }
                >
                  <option value="">No team</option>
                  {teams.map((team) => (
                    <option key={team.id} value={team.id}>
                      {visible(team.name, 64)}
                    </option>
                  ))}
                </SelectField>
                <span className={styles.move}>
                  <Button
                    variant="plain"
                    aria-label={`Move rule ${index + 1} up`}
                    isDisabled={index === 0}
                    icon={<Icon name="up" />}
                    onClick={() => setDraft(moved(rules, index, index - 1))}
                  />
                  <Button
                    variant="plain"
                    aria-label={`Move rule ${index + 1} down`}
                    isDisabled={index === rules.length - 1}
                    icon={<Icon name="sort" />}
                    onClick={() => setDraft(moved(rules, index, index + 1))}
                  />
                  <Button
                    variant="plain"
                    aria-label={`Take out rule ${index + 1}`}
                    icon={<Icon name="x" />}
                    onClick={() => setDraft(rules.filter((_rule, at) => at !== index))}
                  />
                </span>
              </li>
            ))}
          </ol>
        )}
      </div>
      {draft && (
        <div className={styles.bar}>
          <Button
            variant="primary"
            isLoading={save.isPending}
            isDisabled={save.isPending}
            onClick={() => save.mutate(draft)}
          >
            Save {counted(draft.length, "rule")}
          </Button>
          <Button variant="secondary" onClick={() => setDraft(undefined)}>
            Leave as it was
          </Button>
          <span className={layout.hint}>
            Not saved yet. Images that change their scope or team are judged anew at once.
          </span>
        </div>
      )}
      {failure && <Failed error={failure} what="The rules of assignment" />}
    </section>
  );
}
