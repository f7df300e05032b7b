//! The OpenAPI document, as the endpoints' registrations and the wire types give it.

use crate::http;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, Content, Object, RefOr, Type,
        path::Operation,
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
    // Parameters name them, and a parameter's type is not collected by itself.
    components(schemas(api::Order, http::export::Format)),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "operation", description = "Whether the hub is well"),
        (name = "session", description = "First start, login, who I am"),
        (name = "access", description = "Users, grants, tokens"),
        (name = "scopes", description = "Scopes, owners, assignment, plans"),
        (name = "fleet", description = "Images and what is known of them, inventory, software, vulnerabilities, search"),
        (name = "fixes", description = "Recommendations by fix: one deed and all that it repairs"),
        (name = "notices", description = "What people should know, and where it is posted"),
        (name = "posture", description = "Controls, recommendations, the secure score, exemptions, rules, coverage"),
        (name = "audit", description = "Who changed what"),
        (name = "registries", description = "Registries that are watched, repositories and tags"),
        (name = "jobs", description = "What is to be done, and scans that are asked for"),
        (name = "feeds", description = "The advisories that the fleet is judged by"),
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
        let notifier = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("swn_…")
            .description(Some(
                "The secret of a registry's notifications; as the password of a basic login it is taken too",
            ))
            .build();
        components.add_security_scheme("notifier", SecurityScheme::Http(notifier));
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
    let mut document = http::api().into_openapi();
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                exports(operation);
            }
        }
    }
    document
}

/// A list that is asked for with `format` comes as text too, whose form [`http::export`] has for all of them.
fn exports(operation: &mut Operation) {
    let mut parameters = operation.parameters.iter().flatten();
    if !parameters.any(|one| matches!(one, RefOr::T(parameter) if parameter.name == "format")) {
        return;
    }
    let Some(RefOr::T(list)) = operation.responses.responses.get_mut("200") else { return };
    for kind in ["text/csv", "application/jsonl"] {
        let text = Object::builder().schema_type(Type::String).build();
        list.content.insert(kind.to_owned(), RefOr::T(Content::new(Some(text))));
    }
}

/// `get_users_id` for `GET /api/v1/users/{id}`: names of handlers are told apart by their modules, which no client sees.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.strip_prefix(api::PREFIX).unwrap_or(path);
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}
