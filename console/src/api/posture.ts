import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, client } from "./client";
import type * as T from "./posture-types";

type Query = Record<string, string | number | boolean | undefined>;
type Loose = Promise<{ data?: unknown; error?: unknown; response: Response }>;

// The interface as it will be typed by its document; until then the answers are typed by posture-types.ts alone.
const hub = client as unknown as Record<
  "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  (path: string, init: { params?: { query?: Query }; body?: unknown; signal?: AbortSignal }) => Loose
>;

const at = (path: string) => `/api/v1${path}`;
const id = encodeURIComponent;
const given = (query: Query): Query =>
  Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined && v !== ""));

function get<A>(path: string, query: Query, signal: AbortSignal): Promise<A> {
  return answer(hub.GET(at(path), { params: { query: given(query) }, signal })) as Promise<A>;
}

function send<A>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  query: Query = {},
): Promise<A> {
  const init = { params: { query: given(query) }, ...(body === undefined ? {} : { body }) };
  return answer(hub[method](at(path), init)) as Promise<A>;
}

/** One thing. The first word of the key is the topic that makes it old. */
function one<A>(topic: string, path: string, query: Query = {}) {
  return queryOptions({
    queryKey: [topic, path, given(query)],
    queryFn: ({ signal }) => get<A>(path, query, signal),
  });
}

/** Rows of a page. */
const LIMIT = 100;

/** A list that comes in pages. */
function list<A>(topic: string, path: string, query: Query = {}, limit = LIMIT) {
  return infiniteQueryOptions({
    queryKey: [topic, path, given(query), limit],
    queryFn: ({ signal, pageParam }) => get<T.Page<A>>(path, { ...query, limit, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: T.Page<A>) => page.next ?? undefined,
  });
}

// Recommendations by control, score, exemptions, rules.
export const recommendationsQuery = (query: { scope?: string; state?: string; severity?: string; text?: string }) =>
  one<T.Recommendations>("assessments", "/recommendations", query);
export const recommendationQuery = (control: string, scope?: string) =>
  one<T.RecommendationDetail>("assessments", `/recommendations/${id(control)}`, { scope });
export const assessedQuery = (
  control: string,
  query: { state?: string; scope?: string; owner?: string; text?: string; code?: string },
) => list<T.Assessed>("assessments", `/recommendations/${id(control)}/assets`, query);
export const controlsQuery = one<{ items: T.ControlText[] }>("controls", "/controls");
export const scoreQuery = (scope?: string) => one<T.Score>("score", "/score", { scope });
export const scoreHistoryQuery = (scope: string | undefined, days: number) =>
  one<{ items: T.ScoreDay[] }>("score", "/score/history", { scope, days });
export const scopeScoresQuery = (scope?: string) => one<{ items: T.ScopeScore[] }>("score", "/score/scopes", { scope });
export const exemptionsQuery = (query: { control?: string; scope?: string; active?: boolean }) =>
  list<T.Exemption>("exemptions", "/exemptions", query);
export const previewExemption = (body: T.NewExemption) => send<T.Effect>("POST", "/exemptions/preview", body);
export const createExemption = (body: T.NewExemption) => send<T.Exemption>("POST", "/exemptions", body);
export const removeExemption = (exemption: string) => send<unknown>("DELETE", `/exemptions/${id(exemption)}`);
export const rulesQuery = (query: { scope?: string; active?: boolean }) =>
  list<T.Rule>("rules", "/disable-rules", query);
export const ruleFindingsQuery = (rule: string) => list<T.RuleFinding>("rules", `/disable-rules/${id(rule)}/findings`);
export const previewRule = (body: T.NewRule) => send<T.Effect>("POST", "/disable-rules/preview", body);
export const createRule = (body: T.NewRule) => send<T.Rule>("POST", "/disable-rules", body);
export const removeRule = (rule: string) => send<unknown>("DELETE", `/disable-rules/${id(rule)}`);
export const undo = (entry: string) => send<unknown>("POST", `/audit/${id(entry)}/undo`);
export const coverageQuery = (scope?: string) => one<T.Coverage>("coverage", "/coverage", { scope });

// Recommendations by fix.
export interface FixFilter {
  scope?: string | undefined;
  owner?: string | undefined;
  deed?: string | undefined;
  text?: string | undefined;
  kev?: boolean | undefined;
}
export const fixesQuery = (query: FixFilter, limit?: number) => list<T.Fix>("fixes", "/fixes", { ...query }, limit);
export const fixSummaryQuery = (scope?: string) => one<T.FixSummary>("fixes", "/fixes/summary", { scope });
export const fixQuery = (fix: string, scope?: string) => one<T.FixDetail>("fixes", `/fixes/${id(fix)}`, { scope });
export const fixImagesQuery = (fix: string, query: { scope?: string; owner?: string }) =>
  list<T.FixImage>("fixes", `/fixes/${id(fix)}/images`, query);

// Notices and webhooks.
export const noticesQuery = (query: { scope?: string | undefined; unread?: boolean | undefined }, limit?: number) =>
  list<T.Notice>("notices", "/notices", query, limit);
export const noticeCountQuery = one<{ unread: number }>("notices", "/notices/count");
export const seeNotice = (notice: string) => send<unknown>("POST", `/notices/${id(notice)}/seen`);
export const seeNotices = (scope?: string) => send<unknown>("POST", "/notices/seen", undefined, { scope });
export const webhooksQuery = list<T.Webhook>("webhooks", "/webhooks");
export const createWebhook = (body: T.NewWebhook) =>
  send<{ webhook: T.Webhook; secret: string }>("POST", "/webhooks", body);
export const changeWebhook = (webhook: string, body: Partial<T.NewWebhook>) =>
  send<T.Webhook>("PATCH", `/webhooks/${id(webhook)}`, body);
export const removeWebhook = (webhook: string) => send<unknown>("DELETE", `/webhooks/${id(webhook)}`);
export const testWebhook = (webhook: string) => send<T.Delivery>("POST", `/webhooks/${id(webhook)}/test`);
export const deliveriesQuery = (webhook: string) => list<T.Delivery>("webhooks", `/webhooks/${id(webhook)}/deliveries`);
export const retryDelivery = (webhook: string, delivery: string) =>
  send<T.Delivery>("POST", `/webhooks/${id(webhook)}/deliveries/${id(delivery)}/retry`);

// Feeds, search.
export const feedsQuery = one<T.Feeds>("feeds", "/feeds");
export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ["search", q],
    queryFn: ({ signal }) => get<{ items: T.SearchHit[] }>("/search", { q, limit: 12 }, signal),
  });

// Scopes, owners, plans. The root's path is empty, and in an address it is written "-".
export const ownersQuery = list<T.Owner>("owners", "/owners", {}, 500);
export const createOwner = (body: Omit<T.Owner, "id">) => send<T.Owner>("POST", "/owners", body);
export const changeOwner = (owner: string, body: Omit<T.Owner, "id">) =>
  send<T.Owner>("PUT", `/owners/${id(owner)}`, body);
export const removeOwner = (owner: string) => send<unknown>("DELETE", `/owners/${id(owner)}`);
export const scopeRulesQuery = one<{ rules: T.ScopeRule[] }>("scopes", "/scope-rules");
export const setScopeRules = (rules: T.ScopeRule[]) => send<{ rules: T.ScopeRule[] }>("PUT", "/scope-rules", { rules });
export const plansQuery = (scope: string) => one<T.Plan[]>("plans", `/scopes/${id(scope)}/plans`);

// Plans of a scope, with the effect of a switch before it is made.
export const previewPlan = (scope: string, body: { plan: string; on: boolean }) =>
  send<T.Effect>("POST", `/scopes/${id(scope)}/plans/preview`, body);
export const setPlan = (scope: string, body: { plan: string; on?: boolean }) =>
  send<T.Plan[]>("PUT", `/scopes/${id(scope)}/plans`, body);

// Scopes.
export const createScope = (body: { parent: string; slug: string; name: string }) =>
  send<unknown>("POST", "/scopes", body);
export const renameScope = (scope: string, name: string) => send<unknown>("PATCH", `/scopes/${id(scope)}`, { name });
export const removeScope = (scope: string) => send<unknown>("DELETE", `/scopes/${id(scope)}`);

/** The vulnerabilities that most images have. */
export const prevalentQuery = (query: { scope?: string | undefined; kev?: boolean | undefined }, limit: number) =>
  list<T.Prevalent>("vulnerabilities", "/vulnerabilities", { ...query, sort: "images" }, limit);
