//! Whether the hub is well, what it counts, and the description of its interface.

use super::Json;
use crate::{AppState, Error};
use api::{Problem, ops::Health};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::{sync::OnceLock, time::Duration};
use tokio::time::timeout;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .routes(routes!(description))
}

/// The process lives
///
/// For a supervisor that restarts it. Says nothing about the store.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()),
    responses((status = 200, description = "It lives", body = Health)))]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok".to_owned() })
}

/// The hub can do its work
///
/// For a balancer: the store answers and the hub is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, description = "It can", body = Health),
        (status = 503, description = "It cannot", body = Problem, content_type = "application/problem+json")))]
async fn readyz(State(state): State<AppState>) -> Result<Json<Health>, Error> {
    if *state.stopping().borrow() {
        return Err(Error::unavailable("the hub is stopping"));
    }
    // Well below the patience of a balancer.
    let answer =
        timeout(Duration::from_secs(3), state.read(|tx| tx.query_one("SELECT 1", &[]).map(|_| Ok(()))));
    match answer.await {
        Ok(Ok(())) => Ok(Json(Health { status: "ok".to_owned() })),
        Ok(Err(error)) => Err(Error::unavailable(format!("the store does not answer: {error:?}"))),
        Err(_) => Err(Error::unavailable("the store does not answer in time")),
    }
}

/// What the hub counts and measures
///
/// In the text format of OpenMetrics, which Prometheus reads.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn metrics(State(state): State<AppState>) -> Result<Response, Error> {
    let text = state.metrics.render().map_err(Error::internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response())
}

/// This document
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "operation", security(()),
    responses((status = 200, description = "The OpenAPI document of this release", body = Object)))]
async fn description() -> Response {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| crate::openapi().to_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document.as_str())
        .into_response()
}
