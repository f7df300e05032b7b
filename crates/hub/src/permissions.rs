//! The one table that says who may do what: every endpoint of the hub, the role it needs, and on which scope.
//!
//! The gate (`http::gate`) finds the row of a request before any handler runs and refuses what has none, so an endpoint
//! that is not in the table cannot be reached. Tests compare the table with the OpenAPI document, both ways, and ask every
//! endpoint with every role and every kind of token.

use api::who::{Role, TokenRole};
use axum::http::Method;
use std::{collections::HashMap, sync::LazyLock};

/// On which scope a role must be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// On the root: what concerns the whole hub.
    Hub,
    /// On the scope that this parameter of the path names.
    Path(&'static str),
    /// On some scope. The handler shows what lies in the caller's scopes only, and for a single thing calls
    /// [`Caller::require`](crate::auth::Caller::require) with the scope in which it lies.
    Somewhere,
}

/// Who may use an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without credentials.
    Public,
    /// A user with a session. No token may: what it made would outlive it.
    User,
    /// A user or a token, whatever it was granted: an answer about the caller itself.
    Known,
    /// The registry that the parameter `id` names, by the secret for its notifications (as a bearer token, or as the password
    /// of a basic login), or a token with the duty to notify. What is unknown and what is wrong is answered alike.
    Notifier,
    /// Who holds the role, or a token with the duty, on the scope.
    Role {
        /// The least role.
        role: Role,
        /// The machine's duty that is enough too.
        duty: Option<TokenRole>,
        /// Where it must be held.
        on: On,
    },
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// The path as the router and the OpenAPI document write it: `/api/v1/users/{id}`.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// The largest body in bytes.
    pub body: usize,
    /// Seconds within which the answer must begin.
    pub seconds: u64,
}

/// A form filled in by a person is far smaller.
const SMALL: usize = 256 << 10;
/// What a registry tells at once.
const EVENTS: usize = crate::notify::envelope::MAX_BYTES;
/// As long as a browser's user waits, and several times what the slowest query may take.
const SECONDS: u64 = 30;

const fn endpoint(method: &'static str, path: &'static str, access: Access) -> Endpoint {
    Endpoint { method, path, access, body: SMALL, seconds: SECONDS }
}

const fn get(path: &'static str, access: Access) -> Endpoint {
    endpoint("GET", path, access)
}

const fn post(path: &'static str, access: Access) -> Endpoint {
    endpoint("POST", path, access)
}

const fn put(path: &'static str, access: Access) -> Endpoint {
    endpoint("PUT", path, access)
}

const fn patch(path: &'static str, access: Access) -> Endpoint {
    endpoint("PATCH", path, access)
}

const fn delete(path: &'static str, access: Access) -> Endpoint {
    endpoint("DELETE", path, access)
}

const fn role(role: Role, on: On) -> Access {
    Access::Role { role, duty: None, on }
}

const fn role_or(role: Role, duty: TokenRole, on: On) -> Access {
    Access::Role { role, duty: Some(duty), on }
}

/// Every endpoint.
pub const ENDPOINTS: &[Endpoint] = &[
    // Whether it is well. Balancers and probes have no credentials; what they learn is one word.
    get("/healthz", Access::Public),
    get("/readyz", Access::Public),
    get("/metrics", role_or(Role::Viewer, TokenRole::Metrics, On::Hub)),
    // The description of the interface is the same for every hub of this release.
    get("/api/v1/openapi.json", Access::Public),
    get("/api/v1/events", role(Role::Viewer, On::Somewhere)),
    // First start and login.
    get("/api/v1/setup", Access::Public),
    post("/api/v1/setup", Access::Public),
    post("/api/v1/login", Access::Public),
    post("/api/v1/logout", Access::User),
    get("/api/v1/me", Access::Known),
    put("/api/v1/me/password", Access::User),
    // Users and grants: who may see who may do what is a question of security, who may change it owns the hub.
    get("/api/v1/users", role(Role::SecurityReader, On::Somewhere)),
    post("/api/v1/users", role(Role::Owner, On::Hub)),
    get("/api/v1/users/{id}", role(Role::SecurityReader, On::Somewhere)),
    patch("/api/v1/users/{id}", role(Role::Owner, On::Hub)),
    delete("/api/v1/users/{id}", role(Role::Owner, On::Hub)),
    get("/api/v1/users/{id}/removal", role(Role::SecurityReader, On::Somewhere)),
    get("/api/v1/grants", role(Role::SecurityReader, On::Somewhere)),
    put("/api/v1/grants", role(Role::Owner, On::Somewhere)),
    delete("/api/v1/grants", role(Role::Owner, On::Somewhere)),
    // Tokens: everybody makes their own, within what they may do themselves.
    get("/api/v1/tokens", Access::User),
    post("/api/v1/tokens", Access::User),
    delete("/api/v1/tokens/{id}", Access::User),
    // Scopes.
    get("/api/v1/scopes", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/scopes", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/scopes/{scope}", role(Role::Viewer, On::Path("scope"))),
    patch("/api/v1/scopes/{scope}", role(Role::SecurityAdmin, On::Path("scope"))),
    delete("/api/v1/scopes/{scope}", role(Role::Owner, On::Path("scope"))),
    get("/api/v1/scopes/{scope}/removal", role(Role::Viewer, On::Path("scope"))),
    get("/api/v1/scopes/{scope}/plans", role(Role::Viewer, On::Path("scope"))),
    put("/api/v1/scopes/{scope}/plans", role(Role::SecurityAdmin, On::Path("scope"))),
    post("/api/v1/scopes/{scope}/plans/preview", role(Role::SecurityAdmin, On::Path("scope"))),
    // Owners and the rules of assignment: one list for the whole hub.
    get("/api/v1/owners", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/owners", role(Role::SecurityAdmin, On::Hub)),
    put("/api/v1/owners/{id}", role(Role::SecurityAdmin, On::Hub)),
    delete("/api/v1/owners/{id}", role(Role::SecurityAdmin, On::Hub)),
    get("/api/v1/scope-rules", role(Role::SecurityReader, On::Hub)),
    put("/api/v1/scope-rules", role(Role::SecurityAdmin, On::Hub)),
    // The fleet. Reading shows what lies in the caller's scopes.
    Endpoint {
        body: api::catalogue::bounds::BYTES,
        seconds: 120,
        ..post("/api/v1/catalogues", role_or(Role::SecurityAdmin, TokenRole::Publish, On::Somewhere))
    },
    get("/api/v1/images", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/findings", role(Role::Viewer, On::Somewhere)),
    // Recommendations by fix.
    get("/api/v1/fixes", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/fixes/summary", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/fixes/{id}", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/fixes/{id}/images", role(Role::Viewer, On::Somewhere)),
    // Notices: everybody has their own look at them.
    get("/api/v1/notices", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/notices/count", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/notices/seen", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/notices/{id}/seen", role(Role::Viewer, On::Somewhere)),
    // Webhooks: an address often holds a key, so that only who may change it sees it.
    get("/api/v1/webhooks", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/webhooks", role(Role::SecurityAdmin, On::Somewhere)),
    patch("/api/v1/webhooks/{id}", role(Role::SecurityAdmin, On::Somewhere)),
    delete("/api/v1/webhooks/{id}", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/webhooks/{id}/test", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/webhooks/{id}/deliveries", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/webhooks/{id}/deliveries/{delivery}/retry", role(Role::SecurityAdmin, On::Somewhere)),
    // Posture: reading is for whoever sees a scope; the handlers show what lies in the caller's scopes. Who excuses or hides
    // something must be security admin where it lies, which the handlers ask.
    get("/api/v1/controls", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/recommendations", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/recommendations/{control}", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/recommendations/{control}/assets", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/score", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/score/history", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/score/scopes", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/exemptions", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/exemptions", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/exemptions/preview", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/exemptions/{id}", role(Role::Viewer, On::Somewhere)),
    delete("/api/v1/exemptions/{id}", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/disable-rules", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/disable-rules", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/disable-rules/preview", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/disable-rules/{id}", role(Role::Viewer, On::Somewhere)),
    delete("/api/v1/disable-rules/{id}", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/disable-rules/{id}/findings", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/evidence", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/why", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/packages", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/layers", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/history", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/images/{image}/compare", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/inventory", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/inventory/counts", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/software", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/software/versions", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/search", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/vulnerabilities", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/vulnerabilities/{id}", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/vulnerabilities/{id}/hits", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/coverage", role(Role::Viewer, On::Somewhere)),
    // Registries. Who watches what is a security admin's to say; what came of it is for everybody of the scope.
    get("/api/v1/registries", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/registries", role(Role::SecurityAdmin, On::Somewhere)),
    Endpoint { seconds: 60, ..post("/api/v1/registries/check", role(Role::SecurityAdmin, On::Somewhere)) },
    get("/api/v1/registries/{id}", role(Role::Viewer, On::Somewhere)),
    patch("/api/v1/registries/{id}", role(Role::SecurityAdmin, On::Somewhere)),
    delete("/api/v1/registries/{id}", role(Role::SecurityAdmin, On::Somewhere)),
    get("/api/v1/registries/{id}/removal", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/registries/{id}/secret", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/registries/{id}/poll", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/registries/{id}/pause", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/registries/{id}/resume", role(Role::SecurityAdmin, On::Somewhere)),
    Endpoint { body: EVENTS, ..post("/api/v1/registries/{id}/notifications", Access::Notifier) },
    Endpoint { body: EVENTS, ..post("/api/v1/registries/{id}/events", Access::Notifier) },
    get("/api/v1/registries/{id}/repositories", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/repositories/{id}", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/repositories/{id}/tags", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/repositories/{id}/history", role(Role::Viewer, On::Somewhere)),
    // Jobs.
    get("/api/v1/jobs", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/jobs/counts", role(Role::Viewer, On::Somewhere)),
    post("/api/v1/jobs/{id}/retry", role(Role::SecurityAdmin, On::Somewhere)),
    post("/api/v1/images/{image}/scan", role(Role::SecurityAdmin, On::Somewhere)),
    // The advisories are the same for everybody; what the hub is concerns who sees all of it.
    get("/api/v1/feeds", role(Role::Viewer, On::Somewhere)),
    get("/api/v1/system", role(Role::Viewer, On::Hub)),
    // The audit trail.
    get("/api/v1/audit", role(Role::SecurityReader, On::Hub)),
    // Who may take a change back is who may make it: the handler asks where.
    post("/api/v1/audit/{id}/undo", role(Role::SecurityAdmin, On::Somewhere)),
];

/// The row of an endpoint; none if the table has none, and then nobody may.
#[must_use]
pub fn find(method: &Method, path: &str) -> Option<&'static Endpoint> {
    static ROWS: LazyLock<HashMap<(&str, &str), &Endpoint>> =
        LazyLock::new(|| ENDPOINTS.iter().map(|row| ((row.method, row.path), row)).collect());
    // Whoever may read may ask for the head of what is read.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    ROWS.get(&(method, path)).copied()
}

/// Whether a grant on `granted` holds on `scope`: on the same scope and on all below. The root is the empty text.
#[must_use]
pub fn covers(granted: &str, scope: &str) -> bool {
    granted.is_empty()
        || scope.strip_prefix(granted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_holds_on_the_scope_and_below_and_nowhere_else() {
        for (granted, scope, holds) in [
            ("", "", true),
            ("", "shop", true),
            ("shop", "shop", true),
            ("shop", "shop/checkout", true),
            ("shop", "shop-two", false),
            ("shop", "", false),
            ("shop/checkout", "shop", false),
            ("shop", "other/shop", false),
        ] {
            assert_eq!(covers(granted, scope), holds, "{granted:?} on {scope:?}");
        }
    }

    #[test]
    fn every_endpoint_stands_in_the_table_once() {
        let mut seen = std::collections::BTreeSet::new();
        for row in ENDPOINTS {
            assert!(seen.insert((row.method, row.path)), "{} {} stands twice", row.method, row.path);
            if let Access::Role { on: On::Path(name), .. } = row.access {
                assert!(row.path.contains(&format!("{{{name}}}")), "{} has no parameter {name}", row.path);
            }
        }
    }

    #[test]
    fn what_changes_something_is_never_public_but_for_the_way_in() {
        for row in ENDPOINTS {
            if row.method != "GET" && row.access == Access::Public {
                assert!(matches!(row.path, "/api/v1/setup" | "/api/v1/login"), "{}", row.path);
            }
        }
    }
}
