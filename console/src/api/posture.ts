// What to do, what is hidden, what is covered, and who is told.
import { type Asked, list, MOST, one, patch, post, put, remove } from "./ask";
import type { NewExemption, NewRule, NewWebhook, Owner, ScopeRule, Sent } from "./types";

// Recommendations by control, score, exemptions, rules.
export const recommendationsQuery = (query: Asked<"/api/v1/recommendations">) =>
  one("assessments", "/api/v1/recommendations", { query });
export const recommendationQuery = (control: string, scope?: string) =>
  one("assessments", "/api/v1/recommendations/{control}", { place: { control }, query: { scope } });
export const assessedQuery = (control: string, query: Asked<"/api/v1/recommendations/{control}/assets">) =>
  list("assessments", "/api/v1/recommendations/{control}/assets", { place: { control }, query });
export const controlsQuery = one("controls", "/api/v1/controls");
export const scoreQuery = (scope?: string) => one("score", "/api/v1/score", { query: { scope } });
export const scoreHistoryQuery = (scope: string | undefined, days: number) =>
  one("score", "/api/v1/score/history", { query: { scope, days } });
export const scopeScoresQuery = (scope?: string) => one("score", "/api/v1/score/scopes", { query: { scope } });
export const exemptionsQuery = (query: Asked<"/api/v1/exemptions">) =>
  list("exemptions", "/api/v1/exemptions", { query });
export const previewExemption = (body: NewExemption) => post("/api/v1/exemptions/preview", { body });
export const createExemption = (body: NewExemption) => post("/api/v1/exemptions", { body });
export const removeExemption = (id: string) => remove("/api/v1/exemptions/{id}", { place: { id } });
export const rulesQuery = (query: Asked<"/api/v1/disable-rules">) => list("rules", "/api/v1/disable-rules", { query });
export const ruleFindingsQuery = (id: string) =>
  list("rules", "/api/v1/disable-rules/{id}/findings", { place: { id } });
export const previewRule = (body: NewRule) => post("/api/v1/disable-rules/preview", { body });
export const createRule = (body: NewRule) => post("/api/v1/disable-rules", { body });
export const removeRule = (id: string) => remove("/api/v1/disable-rules/{id}", { place: { id } });
export const undo = (id: string) => post("/api/v1/audit/{id}/undo", { place: { id } });
export const coverageQuery = (scope?: string) => one("coverage", "/api/v1/coverage", { query: { scope } });

// Recommendations by fix.
export const fixesQuery = (query: Asked<"/api/v1/fixes">, limit?: number) =>
  list("fixes", "/api/v1/fixes", { query, ...(limit === undefined ? {} : { limit }) });
export const fixSummaryQuery = (scope?: string) => one("fixes", "/api/v1/fixes/summary", { query: { scope } });
export const fixQuery = (id: string, scope?: string) =>
  one("fixes", "/api/v1/fixes/{id}", { place: { id }, query: { scope } });
export const fixImagesQuery = (id: string, query: Asked<"/api/v1/fixes/{id}/images">) =>
  list("fixes", "/api/v1/fixes/{id}/images", { place: { id }, query });

// Notices and webhooks.
export const noticesQuery = (query: Asked<"/api/v1/notices">, limit?: number) =>
  list("notices", "/api/v1/notices", { query, ...(limit === undefined ? {} : { limit }) });
export const noticeCountQuery = one("notices", "/api/v1/notices/count");
export const seeNotice = (id: string) => post("/api/v1/notices/{id}/seen", { place: { id } });
export const seeNotices = (scope?: string) => post("/api/v1/notices/seen", { query: { scope } });
export const webhooksQuery = list("webhooks", "/api/v1/webhooks");
export const createWebhook = (body: NewWebhook) => post("/api/v1/webhooks", { body });
export const changeWebhook = (id: string, body: Sent<"ChangeWebhook">) =>
  patch("/api/v1/webhooks/{id}", { place: { id }, body });
export const removeWebhook = (id: string) => remove("/api/v1/webhooks/{id}", { place: { id } });
export const testWebhook = (id: string) => post("/api/v1/webhooks/{id}/test", { place: { id } });
export const deliveriesQuery = (id: string) => list("webhooks", "/api/v1/webhooks/{id}/deliveries", { place: { id } });
export const retryDelivery = (id: string, delivery: string) =>
  post("/api/v1/webhooks/{id}/deliveries/{delivery}/retry", { place: { id, delivery } });

// Feeds, search.
export const feedsQuery = one("feeds", "/api/v1/feeds");
export const searchQuery = (q: string) => one("search", "/api/v1/search", { query: { q }, limit: 12 });

// Scopes, owners, plans. The path of the root is empty.
export const ownersQuery = list("owners", "/api/v1/owners");
/** All teams, as fields and filters offer them. */
export const teamsQuery = { ...one("owners", "/api/v1/owners", { limit: MOST }), staleTime: 60_000 };
export const createOwner = (body: Omit<Owner, "id">) => post("/api/v1/owners", { body });
export const changeOwner = (id: string, body: Omit<Owner, "id">) => put("/api/v1/owners/{id}", { place: { id }, body });
export const removeOwner = (id: string) => remove("/api/v1/owners/{id}", { place: { id } });
export const scopeRulesQuery = one("scopes", "/api/v1/scope-rules");
export const setScopeRules = (rules: ScopeRule[]) => put("/api/v1/scope-rules", { body: { rules } });
export const plansQuery = (scope: string) => one("plans", "/api/v1/scopes/{scope}/plans", { place: { scope } });
export const previewPlan = (scope: string, body: Sent<"SetPlan">) =>
  post("/api/v1/scopes/{scope}/plans/preview", { place: { scope }, body });
export const setPlan = (scope: string, body: Sent<"SetPlan">) =>
  put("/api/v1/scopes/{scope}/plans", { place: { scope }, body });
export const createScope = (body: Sent<"NewScope">) => post("/api/v1/scopes", { body });
export const renameScope = (scope: string, name: string) =>
  patch("/api/v1/scopes/{scope}", { place: { scope }, body: { name } });
export const removeScope = (scope: string) => remove("/api/v1/scopes/{scope}", { place: { scope } });
