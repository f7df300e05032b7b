import type { components } from "../api/schema";

export type TokenRole = components["schemas"]["TokenRole"];
export type Role = components["schemas"]["Role"];

/** The roles of people, the weakest first. */
export const ROLES: Role[] = ["viewer", "security_reader", "security_admin", "owner"];
/** What a token may be: a role, or one duty of a machine. */
export const TOKEN_ROLES: TokenRole[] = [...ROLES, "publish", "notify", "metrics"];

export const ROLE_WORDS: Record<TokenRole, string> = {
  viewer: "Viewer",
  security_reader: "Security reader",
  security_admin: "Security admin",
  owner: "Owner",
  publish: "Publish only",
  notify: "Notify only",
  metrics: "Metrics only",
};

export const ROLE_HINTS: Record<TokenRole, string> = {
  viewer: "Sees assets, findings, recommendations and the score.",
  security_reader: "Sees the rules, exemptions, settings of registries and the audit trail too.",
  security_admin: "Changes what is assessed and how.",
  owner: "Says who may do what.",
  publish: "Sends catalogues of what a pipeline built. Reads nothing.",
  notify: "Sends a registry’s notifications. Reads nothing.",
  metrics: "Reads the metrics. Nothing else.",
};

/** A scope as people read it: the root is everything. */
export function scopeWord(scope: string): string {
  return scope === "" ? "all scopes" : scope;
}
