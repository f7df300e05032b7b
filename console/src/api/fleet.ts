import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";
import type * as T from "./fleet-types";

/** What may stand in the query of a request; what is absent is not sent. */
export type Asked = Record<string, string | number | boolean | undefined>;

interface Init {
  params?: { query?: Asked; path?: Record<string, string> };
  body?: unknown;
  signal?: AbortSignal;
}
type Loose = (path: string, init: Init) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

// The one place where the pages of the fleet leave the types of the document: the answers are typed by fleet-types.
const loose = client as unknown as Record<"GET" | "POST" | "PATCH" | "DELETE", Loose>;

function get<A>(path: string, init: Init): Promise<A> {
  return answer(loose.GET(path, init) as Promise<{ data?: A; error?: unknown; response: Response }>);
}
function send<A>(method: "POST" | "PATCH" | "DELETE", path: string, init: Init = {}): Promise<A> {
  return answer(loose[method](path, init) as Promise<{ data?: A; error?: unknown; response: Response }>);
}

/** Rows of a page. */
const LIMIT = 100;
/** The most that the hub gives in one page. */
const MOST = 500;

/** A query that is asked: absent and empty members are left out. */
export function present(asked: Asked): Asked {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== ""));
}

function list<A>(key: string, path: string, asked: Asked, place: Record<string, string> = {}, limit = LIMIT) {
  const query = present(asked);
  return infiniteQueryOptions({
    queryKey: [key, path, place, query],
    queryFn: ({ signal, pageParam: cursor }) =>
      get<T.Page<A>>(path, {
        params: { path: place, query: { ...query, limit, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: T.Page<A>) => page.next ?? undefined,
  });
}

function one<A>(key: string, path: string, place: Record<string, string>, asked: Asked = {}) {
  const query = present(asked);
  return queryOptions({
    queryKey: [key, path, place, query],
    queryFn: ({ signal }) => get<A>(path, { params: { path: place, query }, signal }),
  });
}

const API = "/api/v1";

export const imagesQuery = (asked: Asked) => list<T.ImageRow>("images", `${API}/images`, asked);
export const imageQuery = (image: string) => one<T.ImageDetail>("image", `${API}/images/{image}`, { image });
export const findingsQuery = (image: string, asked: Asked) =>
  list<T.Finding>("findings", `${API}/images/{image}/findings`, asked, { image }, MOST);
export const evidenceQuery = (image: string, vulnerability: string, subject: string) =>
  one<T.EvidenceDoc>("findings", `${API}/images/{image}/evidence`, { image }, { vulnerability, subject });
export const whyQuery = (image: string, vulnerability: string) =>
  one<T.Why>("findings", `${API}/images/{image}/why`, { image }, { vulnerability });
export const packagesQuery = (image: string, asked: Asked) =>
  list<T.PackageRow>("image", `${API}/images/{image}/packages`, asked, { image });
export const layersQuery = (image: string) =>
  one<{ items: T.Layer[] }>("image", `${API}/images/{image}/layers`, { image });
export const historyQuery = (image: string) => one<T.ImageHistory>("image", `${API}/images/{image}/history`, { image });
export const compareQuery = (image: string, other: string) =>
  one<T.Compare>("image", `${API}/images/{image}/compare`, { image }, { with: other });

export const inventoryQuery = (asked: Asked) => list<T.Asset>("inventory", `${API}/inventory`, asked);
export const inventoryCountsQuery = (asked: Asked) =>
  one<T.InventoryCounts>("inventory", `${API}/inventory/counts`, {}, asked);

export const softwareQuery = (asked: Asked) => list<T.Software>("software", `${API}/software`, asked);
export const versionsQuery = (asked: Asked) =>
  one<{ items: T.SoftwareVersion[] }>("software", `${API}/software/versions`, {}, asked);

export const vulnerabilitiesQuery = (asked: Asked) =>
  list<T.VulnerabilityRow>("vulnerabilities", `${API}/vulnerabilities`, asked);
export const vulnerabilityQuery = (id: string, asked: Asked) =>
  one<T.Vulnerability>("vulnerabilities", `${API}/vulnerabilities/{id}`, { id }, asked);
export const hitsQuery = (id: string, asked: Asked) =>
  list<T.Hit>("vulnerabilities", `${API}/vulnerabilities/{id}/hits`, asked, { id });

export const registriesQuery = (asked: Asked) => list<T.Registry>("registries", `${API}/registries`, asked);
export const registryQuery = (id: string) => one<T.Registry>("registries", `${API}/registries/{id}`, { id });
export const removalQuery = (id: string) => one<T.Removal>("registries", `${API}/registries/{id}/removal`, { id });
export const repositoriesQuery = (id: string, asked: Asked) =>
  list<T.Repository>("registries", `${API}/registries/{id}/repositories`, asked, { id });
export const repositoryQuery = (id: string) => one<T.Repository>("registries", `${API}/repositories/{id}`, { id });
export const tagsQuery = (id: string) => list<T.Tag>("registries", `${API}/repositories/{id}/tags`, {}, { id });
export const tagHistoryQuery = (id: string) =>
  list<T.TagChange>("registries", `${API}/repositories/{id}/history`, {}, { id });

export const jobsQuery = (asked: Asked) => list<T.Job>("jobs", `${API}/jobs`, asked);
export const jobCountsQuery = queryOptions({
  queryKey: ["jobs", "counts"],
  queryFn: ({ signal }) => get<T.JobCounts>(`${API}/jobs/counts`, { signal }),
});

/** The teams that own images, as a list's filter offers them. */
export const ownersQuery = queryOptions({
  queryKey: ["owners"],
  queryFn: ({ signal }) => get<T.Page<T.OwnerRef>>(`${API}/owners`, { params: { query: { limit: MOST } }, signal }),
  staleTime: 60_000,
});

export const addRegistry = (body: T.NewRegistry) => send<T.MadeRegistry>("POST", `${API}/registries`, { body });
export const checkRegistry = (body: T.NewRegistry) =>
  send<T.RegistryCheck>("POST", `${API}/registries/check`, { body });
export const changeRegistry = (id: string, body: Partial<T.NewRegistry>) =>
  send<T.Registry>("PATCH", `${API}/registries/{id}`, { params: { path: { id } }, body });
export const removeRegistry = (id: string, name: string) =>
  send<unknown>("DELETE", `${API}/registries/{id}`, { params: { path: { id }, query: { name } } });
export const newEventsSecret = (id: string) =>
  send<Pick<T.MadeRegistry, "eventsSecret" | "notifications">>("POST", `${API}/registries/{id}/secret`, {
    params: { path: { id } },
  });
export const tellRegistry = (id: string, what: "poll" | "pause" | "resume") =>
  send<unknown>("POST", `${API}/registries/{id}/${what}`, { params: { path: { id } } });
export const scanImage = (image: string) =>
  send<T.Job>("POST", `${API}/images/{image}/scan`, { params: { path: { image } } });
export const retryJob = (id: string) => send<T.Job>("POST", `${API}/jobs/{id}/retry`, { params: { path: { id } } });
