//! The OpenAPI document, as the endpoints' registrations and the wire types give it.

use crate::http;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Seawall",
        description = "Everything the hub knows and does. The console uses nothing else.\n\nErrors are problems (RFC 9457); \
                       decide by their `type`. Lists have a `cursor`, and with `format=csv` or `format=jsonl` come whole. \
                       A changing request with a session carries the header `X-Seawall-Request`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&Ways),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "operation", description = "Whether the hub is well"),
        (name = "session", description = "First start, login, who I am"),
        (name = "access", description = "Users, grants, tokens"),
        (name = "scopes", description = "Scopes, owners, assignment, plans"),
        (name = "audit", description = "Who changed what"),
        (name = "events", description = "What changes now"),
    )
)]
struct Base;

/// The two ways to say who asks.
struct Ways;

impl Modify for Ways {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("swt_…")
            .description(Some("An API token"))
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let session = ApiKeyValue::with_description(
            "__Host-seawall",
            "A session, as login gives it; over plain HTTP on a loopback address the cookie is called `seawall`",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    }
}

/// The document before any endpoint is in it.
pub(crate) fn base() -> openapi::OpenApi {
    Base::openapi()
}

/// The OpenAPI document of the interface.
#[must_use]
pub fn openapi() -> openapi::OpenApi {
    http::api().into_openapi()
}
