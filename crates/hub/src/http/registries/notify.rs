//! What registries tell: their own notifications, and events in the plain form.

use crate::{
    AppState, Error,
    http::{Json, Path, extract},
    notify::{Form, Receipt as Taken, Refusal, take_known},
};
use api::{
    Problem, ProblemKind,
    registry::{PlainEvents, Receipt},
};
use axum::extract::{Request, State};
use store::registries as stored;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(notifications)).routes(routes!(events))
}

/// Notifications of a registry
///
/// In the form of the distribution project (`application/vnd.docker.distribution.events.v1+json`). Success is answered when
/// what was told is kept; what was not is to be sent again, and what is sent twice is known by its id.
#[utoipa::path(post, path = "/api/v1/registries/{id}/notifications", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")), security(("notifier" = []), ("token" = [])),
    request_body(content = Object, content_type = "application/vnd.docker.distribution.events.v1+json"),
    responses((status = 200, description = "What became of the events", body = Receipt),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn notifications(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Json<Receipt>, Error> {
    taken(&state, id, Form::Distribution, request).await
}

/// Events of a registry
///
/// For registries that send none of their own form: what a script or a relay sends. The same rules hold.
#[utoipa::path(post, path = "/api/v1/registries/{id}/events", tag = "registries", request_body = PlainEvents,
    params(("id" = String, Path, description = "The registry's id")), security(("notifier" = []), ("token" = [])),
    responses((status = 200, description = "What became of the events", body = Receipt),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn events(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Json<Receipt>, Error> {
    taken(&state, id, Form::Plain, request).await
}

async fn taken(state: &AppState, id: i64, form: Form, request: Request) -> Result<Json<Receipt>, Error> {
    let body = extract::bytes(request).await?;
    let receipt = take_known(&state.store, id, form, &body, state.clock.now()).await.map_err(|refusal| {
        state.metrics.notification(refusal.reason(), 1);
        refused(refusal)
    })?;
    let Taken { taken, own, replayed, altered, unwatched, other, refused } = receipt;
    for (word, number) in [
        ("taken", taken),
        ("own", own),
        ("replayed", replayed),
        ("altered", altered),
        ("unwatched", unwatched),
        ("other", other),
        ("refused", refused),
    ] {
        state.metrics.notification(word, number);
    }
    if taken > 0 {
        let scope = state.read(move |tx| stored::get(tx, id).map(|registry| Ok(registry.scope))).await;
        // It may be gone by now; nobody is to be told then.
        if let Ok(scope) = scope {
            state.tell("registry", Some(&id.to_string()), &scope);
            state.tell("image", None, &scope);
            state.assess_soon();
        }
    }
    if altered > 0 {
        tracing::warn!(registry = id, altered, "events came again with other content and were not taken in");
    }
    Ok(Json(Receipt { taken, own, replayed, altered, unwatched, other, refused }))
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Store(error) => error.into(),
        Refusal::Envelope(error) => match Refusal::Envelope(error).status() {
            413 => Error::new(ProblemKind::TooLarge, error.to_string()),
            _ => Error::new(ProblemKind::BadRequest, error.to_string()),
        },
        Refusal::UnknownRegistry | Refusal::Unauthorized => Error::of(ProblemKind::Unauthenticated),
    }
}
