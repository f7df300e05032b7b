import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { fixSummaryQuery, recommendationsQuery } from "../../api/posture";
import { counted } from "../../format/number";
import { CopyAs } from "../../parts/CopyAs";
import { total } from "../../parts/severity";
import { ListPage } from "../../parts/shapes";
import { Tabs } from "../../parts/Tabs";
import { ByControl } from "./ByControl";
import { ByFix } from "./ByFix";

const route = getRouteApi("/app/recommendations");

/** What to do first: by the deed that repairs, or by security control. */
export function Recommendations() {
  const search = route.useSearch();
  const tab = search.tab ?? "fix";
  const { data: summary } = useQuery(fixSummaryQuery(search.scope));
  const { data: controls } = useQuery(recommendationsQuery({ scope: search.scope, state: "open" }));
  const unfixed = summary && total(summary.unfixed);
  return (
    <ListPage
      title="Recommendations"
      meta={
        <>
          {summary && (
            <span>
              <b>{counted(summary.actions, "fix", "fixes")}</b> {summary.actions === 1 ? "clears" : "clear"}{" "}
              {counted(summary.findings, "finding")}
            </span>
          )}
          {unfixed !== undefined && unfixed > 0 && <span>{counted(unfixed, "finding")} more have no fix yet</span>}
          {controls && <span>{counted(controls.items.length, "recommendation")} open</span>}
        </>
      }
      actions={
        <CopyAs
          path={tab === "fix" ? "/api/v1/fixes" : "/api/v1/recommendations"}
          asked={
            tab === "fix"
              ? { scope: search.scope, text: search.text, deed: search.deed, owner: search.owner, kev: search.kev }
              : { scope: search.scope, text: search.text, state: search.state, severity: search.severity }
          }
        />
      }
    >
      <Tabs
        label="Recommendations"
        current={tab}
        tabs={[
          {
            key: "fix",
            word: "By fix",
            n: summary?.actions,
            link: { to: "/recommendations", search: { tab: "fix" } },
          },
          {
            key: "control",
            word: "By security control",
            n: controls?.groups.length,
            link: { to: "/recommendations", search: { tab: "control" } },
          },
        ]}
      />
      {tab === "fix" ? <ByFix /> : <ByControl />}
    </ListPage>
  );
}
