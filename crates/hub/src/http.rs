//! The hub's HTTP face: the router, and what every request goes through.
//!
//! A request passes, from the outside in: `outer` (id, log, time, panic, places, headers), compression, `gate` (the
//! table of permissions, credentials, CSRF, size and time of the endpoint), its handler.

mod audit;
mod coverage;
mod effect;
mod events;
mod exemptions;
pub mod export;
pub mod extract;
mod feeds;
mod fixes;
mod fleet;
mod gate;
mod jobs;
pub(crate) mod limit;
mod notices;
mod ops;
mod outer;
mod owners;
mod recommendations;
mod registries;
mod removal;
mod repositories;
mod rules;
mod scopes;
mod score;
mod session;
mod setup;
mod tokens;
mod undo;
mod users;
mod webhooks;
pub(crate) mod wire;
mod within;

pub use extract::{Json, Path, Query, RequestId};

use crate::{AppState, Error};
use api::ProblemKind;
use axum::{
    Router,
    http::{HeaderMap, Method, Uri},
    middleware,
    response::{IntoResponse as _, Response},
};
use std::net::IpAddr;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;

/// The address from which a request came. Behind a proxy it is the proxy's: headers that say otherwise are outside data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Over what the hub is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Plain HTTP on a loopback address. Only names of this machine are answered, so that no page of another site can
    /// reach the hub by letting its own name point here.
    Loopback,
    /// Plain HTTP that others reach: it was asked for twice.
    Plain,
    /// TLS.
    Tls,
}

/// Every endpoint of the interface, each registered once for router and OpenAPI document. A module that has endpoints adds
/// its `routes()` here, and their rows to [`ENDPOINTS`](crate::permissions::ENDPOINTS).
pub(crate) fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(crate::openapi::base())
        .merge(ops::routes())
        .merge(events::routes())
        .merge(setup::routes())
        .merge(session::routes())
        .merge(users::routes())
        .merge(removal::routes())
        .merge(tokens::routes())
        .merge(scopes::routes())
        .merge(owners::routes())
        .merge(audit::routes())
        .merge(fleet::routes())
        .merge(fixes::routes())
        .merge(notices::routes())
        .merge(webhooks::routes())
        .merge(score::routes())
        .merge(recommendations::routes())
        .merge(exemptions::routes())
        .merge(rules::routes())
        .merge(coverage::routes())
        .merge(undo::routes())
        .merge(registries::routes())
        .merge(repositories::routes())
        .merge(jobs::routes())
        .merge(feeds::routes())
}

/// The router of a hub, to be [served](crate::listen::Listener::serve).
pub fn router(state: &AppState, transport: Transport) -> Router {
    let (endpoints, _) = api().split_for_parts();
    endpoints
        // Only what matched an endpoint comes here, so the table knows its path.
        .route_layer(middleware::from_fn_with_state(state.clone(), gate::gate))
        .method_not_allowed_fallback(|| async { Error::of(ProblemKind::MethodNotAllowed) })
        .fallback(console)
        .with_state(state.clone())
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state((state.clone(), transport), outer::outer))
}

/// What is no endpoint may be a page or file of the console.
async fn console(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    crate::console::answer(&method, &uri, &headers)
        .unwrap_or_else(|| Error::of(ProblemKind::NotFound).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Settings, matching::Matcher, seal::Sealer};
    use api::Problem;
    use axum::{
        body::{Body, to_bytes},
        http::{Request, StatusCode},
        routing::get,
    };
    use std::sync::Arc;
    use store::{Store, StoreUrl};
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn a_panic_is_answered_with_a_problem_that_tells_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreUrl::sqlite(folder.path().join("hub.db"))).await.unwrap();
        let path = folder.path().join("advisories");
        vulndb::Builder::new(folder.path()).unwrap().finish(&path).unwrap();
        let matcher = Matcher::new(store, Arc::new(vulndb::Database::open(&path).unwrap()));
        let sealer = Arc::new(Sealer::open(folder.path()).unwrap());
        let state = AppState::new(matcher, sealer, Clock::system(), Settings::default()).unwrap();
        async fn panics() -> StatusCode {
            panic!("the password is hunter2");
        }
        let router = Router::new()
            .route("/panics", get(panics))
            .layer(middleware::from_fn_with_state((state.clone(), Transport::Plain), outer::outer));
        let request = Request::builder().uri("/panics").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key("content-security-policy"));
        let body = to_bytes(response.into_body(), 4096).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.kind(), Some(ProblemKind::Internal));
        assert!(problem.request_id.is_some());
        assert!(!String::from_utf8_lossy(&body).contains("hunter2"));
        assert!(state.metrics.render().unwrap().contains("seawall_http_panics_total 1"));
    }
}
