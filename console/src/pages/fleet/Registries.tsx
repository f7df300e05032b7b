import { Button } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { registriesQuery } from "../../api/fleet";
import { useMe } from "../../api/session";
import type { Registry } from "../../api/types";
import { count } from "../../format/number";
import { visible } from "../../format/text";
import { HealthBar } from "../../parts/Bars";
import { CopyAs } from "../../parts/CopyAs";
import { CountLink } from "../../parts/CountLink";
import { Counts } from "../../parts/Counts";
import { type Column, DataTable } from "../../parts/DataTable";
import { FilterBar, type FilterField } from "../../parts/FilterBar";
import { ResultLine } from "../../parts/Filters";
import { countsOf } from "../../parts/health";
import layout from "../../parts/layout.module.css";
import { Foot, listState, OldRows, useRows } from "../../parts/list";
import { Name } from "../../parts/Name";
import { ListPage } from "../../parts/shapes";
import { EmptyNew } from "../../parts/states";
import styles from "./fleet.module.css";
import { Hears, REGISTRY_STATES, RegistryState } from "./registry-words";
import { mayChangeSomewhere } from "./words";

const AddRegistry = lazy(() => import("./AddRegistry").then((module) => ({ default: module.AddRegistry })));
const route = getRouteApi("/app/registries");

export function Registries() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: me } = useMe();
  const may = mayChangeSomewhere(me?.grants);
  const asked = { text: search.text, state: search.state };
  const query = useInfiniteQuery(registriesQuery(asked));
  const { rows, total, waiting, show } = useRows(query, (row) => row.id, JSON.stringify(asked));
  const set = (key: string, value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [key]: value }), resetScroll: false });
  const adding = (add: true | undefined) => void navigate({ search: (old) => ({ ...old, add }), resetScroll: false });
  const fields: FilterField[] = [
    {
      key: "state",
      label: "State",
      kind: "one",
      options: (["ok", "failing", "paused", "new"] as const).map((value) => ({
        value,
        word: REGISTRY_STATES[value].word,
      })),
      value: search.state,
    },
  ];
  const columns: Column<Registry>[] = [
    {
      key: "name",
      head: "Registry",
      main: true,
      cell: (registry) => (
        <>
          <Link to="/registries/$registry" params={{ registry: registry.id }} search={{}}>
            <Name text={registry.name} longest={96} />
          </Link>
          <span className={layout.sub}>
            <Name text={registry.address} mono longest={96} />
          </span>
        </>
      ),
    },
    {
      key: "state",
      head: "Watched",
      cell: (registry) => (
        <>
          <RegistryState registry={registry} badge={registry.state !== "ok"} />
          {registry.stateDetail && <span className={styles.cause}>{visible(registry.stateDetail, 160)}</span>}
        </>
      ),
    },
    { key: "hears", head: "How it is heard", cell: (registry) => <Hears registry={registry} /> },
    {
      key: "repositories",
      head: "Repositories",
      numeric: true,
      cell: (registry) => (
        <CountLink
          n={registry.repositories}
          link={{ to: "/registries/$registry", params: { registry: registry.id }, search: {} }}
          quiet
        />
      ),
    },
    {
      key: "images",
      head: "Images",
      cell: (registry) => (
        <span className={styles.bar}>
          <CountLink n={registry.images} link={{ to: "/images", search: { registry: registry.id } }} />
          <HealthBar counts={countsOf(registry.states)} size="small" />
        </span>
      ),
    },
    { key: "findings", head: "Findings", cell: (registry) => <Counts counts={registry.findings} /> },
    {
      key: "queue",
      head: "Queued",
      numeric: true,
      cell: (registry) => (
        <CountLink
          n={registry.queue}
          link={{ to: "/queue", search: { registry: registry.id, state: "queued" } }}
          quiet
        />
      ),
    },
  ];
  const add = may && (
    <Button variant="primary" onClick={() => adding(true)}>
      Add registry…
    </Button>
  );
  return (
    <ListPage
      title="Registries"
      meta={<span>What is pushed there is scanned, and stays judged as new advisories appear.</span>}
      actions={
        <>
          <CopyAs path="/api/v1/registries" asked={asked} />
          {add}
        </>
      }
      filters={
        <>
          <FilterBar text={{ key: "text", label: "Name or address", value: search.text }} fields={fields} onSet={set} />
          <ResultLine>
            {total !== undefined && (
              <span>
                <b>{count(total)}</b> {total === 1 ? "registry" : "registries"}
              </span>
            )}
          </ResultLine>
          <OldRows query={query} rows={rows} what="The registries" />
        </>
      }
    >
      <DataTable
        label="Registries"
        columns={columns}
        groups={[{ key: "all", rows }]}
        rowKey={(registry) => registry.id}
        onOpen={(registry) =>
          void navigate({ to: "/registries/$registry", params: { registry: registry.id }, search: {} })
        }
        waiting={waiting}
        state={listState({
          query,
          rows,
          what: "The list of registries",
          filters: fields,
          text: search.text,
          onClear: () => void navigate({ search: (old) => (old.scope ? { scope: old.scope } : {}) }),
          empty: (
            <EmptyNew title="No registry is watched yet" actions={add}>
              <p>
                Add one by its address. Its repositories appear within a minute, and every image that is pushed from
                then on is scanned at once.
              </p>
              {!may && <p>Adding one needs the role security admin; an owner of the scope can grant it.</p>}
            </EmptyNew>
          ),
        })}
        foot={
          <Foot
            query={query}
            shown={rows.length}
            total={total}
            one="registry"
            many="registries"
            keys="j k move, o open"
          />
        }
      />
      {search.add && may && (
        <Suspense>
          <AddRegistry
            onClose={() => {
              show();
              adding(undefined);
            }}
          />
        </Suspense>
      )}
    </ListPage>
  );
}
