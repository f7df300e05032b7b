import { fleet } from "./fleet-answers.mjs";
import { posture } from "./posture-answers.mjs";

// What the hub says in the browser suite: every shape of row, with hostile text among them.
const LONG = "x".repeat(300_000);

const users = [
  { id: "u1", name: "platform-security", created: "2026-11-02T09:14:00Z", disabled: false },
  { id: "u2", name: "storefront", created: "2026-11-18T10:02:00Z", disabled: false },
  { id: "u3", name: "<script>document.title='owned'</script>", created: "2025-10-07T09:00:00Z", disabled: true },
  { id: "u4", name: "cart\u202egnp.exe", created: "2026-11-24T08:15:00Z", disabled: false },
  { id: "u5", name: LONG, created: "2026-11-24T08:15:00Z", disabled: false },
];
const tokens = [
  {
    id: "0123456789abcdef",
    name: "ci of storefront",
    created: "2026-11-18T10:02:00Z",
    expires: "2027-02-16T10:02:00Z",
    createdBy: "u1",
    revoked: false,
    grants: [{ scope: "shop", role: "publish" }],
  },
  {
    id: "fedcba9876543210",
    name: "prometheus",
    created: "2026-10-01T10:02:00Z",
    createdBy: "u1",
    revoked: true,
    grants: [{ scope: "", role: "metrics" }],
  },
];
const audit = [
  {
    id: "3",
    at: "2026-11-24T13:47:02Z",
    actor: "user/platform-security",
    action: "user.disable",
    subject: "user/storefront",
    before: { disabled: false, name: "storefront" },
    after: { disabled: true, name: "storefront" },
    requestId: "7f3a-11c2",
  },
  {
    id: "2",
    at: "2026-11-23T21:04:00Z",
    actor: "user/platform-security",
    action: "scope.create",
    subject: "scope/shop",
  },
  { id: "1", at: "2025-10-07T09:00:00Z", actor: "hub", action: "setup", subject: "user/platform-security" },
];
const scopes = [
  { id: "", name: "Everything", created: "2025-10-07T09:00:00Z" },
  { id: "shop", parent: "", name: "Shop", created: "2026-11-23T21:04:00Z" },
  { id: "shop/checkout", parent: "shop", name: "Checkout", created: "2026-11-23T21:04:00Z" },
];

const problem = (status, kind, title, detail) => ({
  status,
  body: { type: `urn:seawall:problem:${kind}`, title, status, detail, requestId: "7f3a-11c2" },
});

/** The hub as somebody sees it: `who` is "owner", "nobody", or "first" for a hub without an owner. */
export function hub(who, overrides = {}) {
  return (method, path, search) => {
    const over = overrides[`${method} ${path}`];
    if (over) return over;
    if (path === "/api/v1/setup" && method === "GET") return { body: { needed: who === "first" } };
    if (path === "/api/v1/login") return problem(401, "wrong-credentials", "Name or password is wrong");
    if (who !== "owner") return problem(401, "unauthenticated", "Log in first");
    switch (`${method} ${path}`) {
      case "GET /api/v1/me":
        return {
          body: { kind: "user", id: "u1", name: "platform-security", grants: [{ scope: "", role: "owner" }] },
        };
      case "GET /api/v1/users": {
        const name = search.get("name");
        return { body: { items: users.filter((user) => !name || user.name.includes(name)) } };
      }
      case "GET /api/v1/grants":
        return { body: { items: [{ user: search.get("user"), scope: "shop", role: "security_admin" }] } };
      case "GET /api/v1/tokens":
        return { body: { items: tokens } };
      case "GET /api/v1/scopes":
        return { body: { items: scopes } };
      case "GET /api/v1/audit": {
        const actor = search.get("actor");
        return { body: { items: audit.filter((entry) => !actor || entry.actor === actor), next: "more" } };
      }
      default:
        return posture(method, path, search) ?? fleet(method, path, search);
    }
  };
}

export const forbidden = problem(
  403,
  "forbidden",
  "Your role does not allow this",
  "reading users needs the role owner.",
);
export const broken = problem(503, "unavailable", "The hub cannot answer now", "the store did not answer within 5 s.");
