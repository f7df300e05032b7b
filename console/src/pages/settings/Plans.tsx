import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useId, useState } from "react";
import { plansQuery, previewPlan, setPlan } from "../../api/posture";
import type { Plan } from "../../api/types";
import { visible } from "../../format/text";
import { type Column, DataTable } from "../../parts/DataTable";
import layout from "../../parts/layout.module.css";
import { Preview, usePreview } from "../../parts/Preview";
import { scopeWord } from "../../parts/roles";
import { ListPage } from "../../parts/shapes";
import { Failed, LoadingRows } from "../../parts/states";
import { useToast } from "../../parts/Toasts";
import { useAfterChange } from "../posture/change";
import { PLAN_HINTS, PLAN_WORDS } from "../posture/plan-words";
import styles from "../posture/posture.module.css";

const route = getRouteApi("/app/settings/plans");

/** What is looked at in a scope, and who says so. The scope is the one of the top bar. */
export function Plans() {
  const scope = route.useSearch().scope ?? "";
  const { data, error, refetch } = useQuery(plansQuery(scope));
  const [changing, setChanging] = useState<{ plan: Plan; on: boolean }>();
  const columns: Column<Plan>[] = [
    {
      key: "plan",
      head: "Plan",
      main: true,
      cell: (row) => (
        <>
          <b>{PLAN_WORDS[row.plan] ?? visible(row.plan, 48)}</b>
          {PLAN_HINTS[row.plan] && <span className={layout.sub}>{PLAN_HINTS[row.plan]}</span>}
        </>
      ),
    },
    {
      key: "on",
      head: "Is",
      nowrap: true,
      cell: (row) => (
        <span className={`${layout.badge} ${row.on ? (styles.on ?? "") : ""}`}>{row.on ? "On" : "Off"}</span>
      ),
    },
    {
      key: "from",
      head: "Said by",
      cell: (row) =>
        row.from === undefined
          ? "nobody: on unless somebody says otherwise"
          : row.from === scope
            ? "this scope"
            : `inherited from ${visible(scopeWord(row.from), 96)}`,
    },
    {
      key: "do",
      head: "Action",
      nowrap: true,
      cell: (row) => (
        <Button
          variant="secondary"
          size="sm"
          aria-label={`Turn ${row.on ? "off" : "on"}… ${PLAN_WORDS[row.plan] ?? row.plan}`}
          onClick={() => setChanging({ plan: row, on: !row.on })}
        >
          Turn {row.on ? "off" : "on"}…
        </Button>
      ),
    },
  ];
  const state = error ? (
    <Failed error={error} what="The plans" onRetry={() => void refetch()} />
  ) : !data ? (
    <LoadingRows what="the plans" rows={4} />
  ) : undefined;
  return (
    <ListPage
      title="Plans"
      meta={
        <span>
          What is looked at in <b>{visible(scopeWord(scope), 96)}</b> and below. Choose another scope in the top bar.
        </span>
      }
    >
      <DataTable
        label="Plans"
        columns={columns}
        groups={[{ key: "all", rows: data ?? [] }]}
        rowKey={(row) => row.plan}
        state={state}
      />
      {changing && (
        <Switch scope={scope} plan={changing.plan} on={changing.on} onClose={() => setChanging(undefined)} />
      )}
    </ListPage>
  );
}

function Switch({ scope, plan, on, onClose }: { scope: string; plan: Plan; on: boolean; onClose: () => void }) {
  const id = useId();
  const tell = useToast();
  const after = useAfterChange();
  const preview = usePreview("plan", { plan: plan.plan, on }, (body) => previewPlan(scope, body));
  const save = useMutation({
    mutationFn: () => setPlan(scope, { plan: plan.plan, on }),
    onSuccess: async () => {
      await after();
      tell({
        text: `${PLAN_WORDS[plan.plan] ?? plan.plan}: ${on ? "on" : "off"} in ${visible(scopeWord(scope), 64)}.`,
        undo: () => setPlan(scope, { plan: plan.plan, ...(plan.from === scope ? { on: plan.on } : {}) }).then(after),
        undone: "The plan is as it was.",
      });
      onClose();
    },
  });
  const word = on ? "on" : "off";
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-labelledby={`${id}-h`}>
      <ModalHeader
        title={`Turn ${word}: ${PLAN_WORDS[plan.plan] ?? visible(plan.plan, 48)}`}
        labelId={`${id}-h`}
        description={`In ${visible(scopeWord(scope), 96)} and all below that says nothing of its own.`}
      />
      <ModalBody>
        <Preview preview={preview} whole missing="" />
        {save.error && <Failed error={save.error} what="The plan" />}
      </ModalBody>
      <ModalFooter>
        <Button
          variant={on ? "primary" : "danger"}
          onClick={() => save.mutate()}
          isLoading={save.isPending}
          isDisabled={save.isPending || preview.effect === undefined}
        >
          Turn {word}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
        <span className={styles.footNote}>Can be undone for a day, here and from the audit trail.</span>
      </ModalFooter>
    </Modal>
  );
}
