import { Button } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { exemptionsQuery, rulesQuery } from "../../api/posture";
import { CopyAs } from "../../parts/CopyAs";
import { Choice, Filters } from "../../parts/Filters";
import { ListPage } from "../../parts/shapes";
import { Tabs } from "../../parts/Tabs";
import { ExemptDialog } from "./ExemptDialog";
import { ExemptionList } from "./ExemptionList";
import { RuleDialog } from "./RuleDialog";
import { RuleList } from "./RuleList";

const route = getRouteApi("/app/rules");

/** What a person took out of the count: exemptions of assets, rules that hide findings. */
export function Rules() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab = search.tab ?? "exemptions";
  const active = search.active === "all" ? undefined : search.active !== "ended";
  const exemptions = useInfiniteQuery(exemptionsQuery({ scope: search.scope, control: search.control, active }));
  const rules = useInfiniteQuery(rulesQuery({ scope: search.scope, active }));
  const [making, setMaking] = useState<"exemption" | "rule">();
  const n = (list: { pages: { total?: number; items: unknown[]; next?: string | null }[] } | undefined) => {
    const first = list?.pages[0];
    return first === undefined ? undefined : (first.total ?? (first.next ? undefined : first.items.length));
  };
  const link = (to: "exemptions" | "rules") => ({
    to: "/rules" as const,
    search: { tab: to, ...(search.active ? { active: search.active } : {}) },
  });
  return (
    <ListPage
      title="Rules and exemptions"
      meta={
        <span>
          What was taken out of the count on purpose, by whom and why. It stays listed and counted; nothing becomes
          healthy by it unseen.
        </span>
      }
      actions={
        <>
          <CopyAs
            path={tab === "rules" ? "/api/v1/disable-rules" : "/api/v1/exemptions"}
            asked={{ scope: search.scope, active, ...(tab === "rules" ? {} : { control: search.control }) }}
          />
          {tab === "rules" ? (
            <Button variant="primary" onClick={() => setMaking("rule")}>
              New rule…
            </Button>
          ) : (
            <Button variant="primary" onClick={() => setMaking("exemption")}>
              New exemption…
            </Button>
          )}
        </>
      }
    >
      <Tabs
        label="Rules and exemptions"
        current={tab}
        tabs={[
          { key: "exemptions", word: "Exemptions", n: n(exemptions.data), link: link("exemptions") },
          { key: "rules", word: "Disable rules", n: n(rules.data), link: link("rules") },
        ]}
      />
      <Filters>
        <Choice
          label="Which"
          value={search.active ?? "active"}
          options={[
            { value: "active", word: "In force" },
            { value: "ended", word: "Ended" },
            { value: "all", word: "All" },
          ]}
          onChange={(which) =>
            void navigate({ search: (old) => ({ ...old, active: which === "active" ? undefined : which }) })
          }
        />
      </Filters>
      {tab === "rules" ? <RuleList list={rules} /> : <ExemptionList list={exemptions} />}
      {making === "exemption" && (
        <ExemptDialog target={search.scope ? { scope: search.scope } : {}} onClose={() => setMaking(undefined)} />
      )}
      {making === "rule" && <RuleDialog scope={search.scope} onClose={() => setMaking(undefined)} />}
    </ListPage>
  );
}
