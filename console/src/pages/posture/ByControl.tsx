import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { recommendationsQuery, scoreQuery } from "../../api/posture";
import type { GroupScore, Recommendation } from "../../api/types";
import { count, counted } from "../../format/number";
import { visible } from "../../format/text";
import { HealthBar } from "../../parts/Bars";
import { type Column, DataTable } from "../../parts/DataTable";
import { percent } from "../../parts/Effect";
import { FilterBar, filtersOn, filterWord } from "../../parts/FilterBar";
import { SeverityMark } from "../../parts/glyphs";
import { countsOf } from "../../parts/health";
import { LiveBar } from "../../parts/LiveBar";
import layout from "../../parts/layout.module.css";
import { address, PathLink } from "../../parts/PathLink";
import { SEVERITIES, SEVERITY_WORDS, severityOf } from "../../parts/severity";
import { EmptyFiltered, EmptyGood, Failed, LoadingRows } from "../../parts/states";
import { useSteady } from "../../parts/steady";
import { gained, points } from "../../parts/words";
import styles from "./posture.module.css";

const route = getRouteApi("/app/recommendations");

const STATES = [
  { value: "all", word: "All" },
  { value: "completed", word: "Completed" },
] as const;

interface Row extends GroupScore {
  recommendations: Recommendation[];
}

const path = (control: string, state?: string) => address(`/recommendations/${encodeURIComponent(control)}`, { state });

/** Recommendations by security control: what each is worth, what of it is earned, what is still to be had. */
export function ByControl() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const asked = {
    scope: search.scope,
    text: search.text,
    state: search.state ?? "open",
    severity: search.severity,
  };
  const { data, error, refetch, dataUpdatedAt } = useQuery(recommendationsQuery(asked));
  const { data: score } = useQuery(scoreQuery(search.scope));
  const max = score?.max ?? 0;
  const now: Row[] = (data?.groups ?? [])
    .map((group) => ({ ...group, recommendations: (data?.items ?? []).filter((item) => item.group === group.id) }))
    .filter((group) => group.recommendations.length > 0)
    .sort((a, b) => b.potential - a.potential);
  const list = useSteady(now, (row) => row.id, JSON.stringify(asked));
  const fields = [
    { key: "state", label: "Status", kind: "one" as const, options: [...STATES], value: search.state },
    {
      key: "severity",
      label: "Severity",
      kind: "many" as const,
      options: SEVERITIES.map((value) => ({ value, word: SEVERITY_WORDS[value] })),
      value: search.severity,
    },
  ];
  const on = filtersOn(fields);
  const filters = [
    ...(search.text ? [`text: ${visible(search.text, 64)}`] : []),
    ...on.map((field) => `${field.label.toLowerCase()}: ${filterWord(field)}`),
  ];

  const columns: Column<Row>[] = [
    {
      key: "control",
      head: "Security control",
      main: true,
      cell: (row) => (
        <>
          <b>{visible(row.title, 128)}</b>
          <span className={layout.sub}>{counted(row.recommendations.length, "recommendation")}</span>
        </>
      ),
    },
    { key: "max", head: "Max", numeric: true, cell: (row) => row.max },
    { key: "current", head: "Current", numeric: true, cell: (row) => points(row.current) },
    {
      key: "potential",
      head: "Potential",
      numeric: true,
      cell: (row) => (
        <span className={row.potential > 0 ? styles.gain : layout.faint} title={`${points(row.potential)} points`}>
          {gained(row.potential, max)}
        </span>
      ),
    },
    {
      key: "unhealthy",
      head: "Unhealthy",
      numeric: true,
      cell: (row) => `${count(row.unhealthy)} of ${count(row.healthy + row.unhealthy)}`,
    },
    {
      key: "health",
      head: "Health",
      cell: (row) => <HealthBar counts={{ healthy: row.healthy, unhealthy: row.unhealthy }} size="small" />,
    },
  ];
  const state = error ? (
    <Failed
      error={error}
      what="The list of recommendations"
      onRetry={() => void refetch()}
      rowsFrom={data ? new Date(dataUpdatedAt) : undefined}
    />
  ) : !data ? (
    <LoadingRows what="the recommendations" />
  ) : list.rows.length === 0 ? (
    filters.length > 0 ? (
      <EmptyFiltered
        filters={filters}
        onClear={() =>
          void navigate({ search: (old) => ({ ...old, text: undefined, state: undefined, severity: undefined }) })
        }
      />
    ) : (
      <EmptyGood title="No recommendation is open">
        <p>
          Every asset that was assessed is healthy.{" "}
          {score && score.notAssessed > 0
            ? `${counted(score.notAssessed, "asset")} could not be assessed and ${score.notAssessed === 1 ? "counts" : "count"} for nothing.`
            : "No asset is left unassessed."}
        </p>
      </EmptyGood>
    )
  ) : undefined;

  return (
    <>
      <FilterBar
        text={{ key: "text", label: "Filter recommendations", value: search.text }}
        fields={fields}
        onSet={(key, value) => void navigate({ search: (old) => ({ ...old, [key]: value }) })}
      />
      <LiveBar list={list} />
      <DataTable
        label="Security controls"
        columns={columns}
        groups={[{ key: "all", rows: list.rows }]}
        rowKey={(row) => row.id}
        openKey={search.open}
        onOpen={(row) =>
          void navigate({
            search: (old) => ({ ...old, open: old.open === row.id ? undefined : row.id }),
            resetScroll: false,
          })
        }
        expandLabel={(row) => `Recommendations of ${visible(row.title, 96)}`}
        detail={(row) => <Group row={row} max={max} />}
        state={state}
        foot={
          score && (
            <div className={styles.sum}>
              <b>Secure score {percent(score.percent)}</b>
              <span>
                {points(score.current)} of {score.max} points
              </span>
              <span className={layout.muted}>
                Healthy ÷ (healthy + unhealthy), times the points. Not applicable and not assessed do not count.
              </span>
            </div>
          )
        }
      />
    </>
  );
}

function Group({ row, max }: { row: Row; max: number }) {
  const judged = row.healthy + row.unhealthy;
  return (
    <>
      <table className={`${styles.small} ${styles.cards}`}>
        <thead>
          <tr>
            <th scope="col">Recommendation</th>
            <th scope="col">Severity</th>
            <th scope="col" className={styles.num}>
              Unhealthy
            </th>
            <th scope="col">Health</th>
            <th scope="col" className={styles.num}>
              Worth
            </th>
          </tr>
        </thead>
        <tbody>
          {row.recommendations.map((item) => (
            <tr key={item.control}>
              <td>
                <PathLink path={path(item.control)}>{visible(item.title, 160)}</PathLink>
                {item.preview && (
                  <>
                    {" "}
                    <span className={`${layout.badge} ${layout.badgeLine}`}>Preview, not in the score</span>
                  </>
                )}
              </td>
              <td>
                <SeverityMark severity={severityOf(item.severity)} />
              </td>
              <td className={styles.num}>
                <PathLink rows={item.states.unhealthy} path={path(item.control, "unhealthy")}>
                  {count(item.states.unhealthy)}
                </PathLink>
              </td>
              <td>
                <HealthBar counts={countsOf(item.states)} size="small" />
              </td>
              <td className={styles.num}>
                <span className={item.gain > 0 ? styles.gain : layout.faint}>{gained(item.gain, max)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.formula}>
        {row.recommendations.length > 1 && "An asset counts as healthy here only when it passes every one of them. "}
        {judged > 0
          ? `${points(row.current)} = ${row.max} × ${count(row.healthy)} ÷ (${count(row.healthy)} + ${count(row.unhealthy)})`
          : "Nothing is judged yet, so it stands outside the score."}
      </p>
    </>
  );
}
