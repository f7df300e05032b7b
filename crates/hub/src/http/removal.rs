//! What removing a scope or a user does, told before it is done; and the removal of users.

use super::{Json, Path, users};
use crate::{AppState, Error, auth::Trail};
use api::{
    Problem,
    removal::{RemovalCount, RemovalPreview},
};
use axum::{extract::State, http::StatusCode};
use store::{removal, scopes, users as stored};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(of_scope)).routes(routes!(of_user)).routes(routes!(delete_user))
}

/// What deleting a scope does
///
/// What goes with it, and what must go or go elsewhere before it can be deleted.
#[utoipa::path(get, path = "/api/v1/scopes/{scope}/removal", tag = "scopes",
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 200, description = "What it does", body = RemovalPreview),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn of_scope(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<RemovalPreview>, Error> {
    let (scope, removes, mut holds) = state
        .read(move |tx| {
            let Some(scope) = scopes::find(tx, &id)? else { return Ok(Err(Error::not_found("scope", &id))) };
            Ok(Ok((scope, removal::of_scope(tx, &id)?, scopes::holds(tx, &id)?)))
        })
        .await?;
    if scope.id.is_empty() {
        holds.push(removal::Counted { count: 1, what: "root, which stays" });
    }
    Ok(Json(preview(&format!("the scope '{}'", scope.name), removes, holds)))
}

/// What deleting a user does
///
/// A user can be disabled instead: then nothing is lost, and nothing works.
#[utoipa::path(get, path = "/api/v1/users/{id}/removal", tag = "access",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "What it does", body = RemovalPreview),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn of_user(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<RemovalPreview>, Error> {
    let (user, removes, last) = state
        .read(move |tx| {
            let Some(user) = stored::find(tx, &id)? else { return Ok(Err(Error::not_found("user", &id))) };
            let last = users::is_last_owner(tx, &id)?;
            Ok(Ok((user, removal::of_user(tx, &id)?, last)))
        })
        .await?;
    let holds = if last {
        vec![removal::Counted { count: 1, what: "hub that would have no other owner" }]
    } else {
        Vec::new()
    };
    Ok(Json(preview(&format!("the user {}", user.name), removes, holds)))
}

/// Delete a user
///
/// With sessions, tokens and roles. The audit trail keeps what the user did. The last owner of the hub stays.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "access",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 204, description = "Deleted"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn delete_user(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
) -> Result<StatusCode, Error> {
    state
        .write(move |tx| {
            let Some(before) = stored::find(tx, &id)? else { return Ok(Err(Error::not_found("user", &id))) };
            if users::is_last_owner(tx, &id)? {
                return Ok(Err(users::last_owner()));
            }
            removal::user(tx, &id)?;
            let subject = format!("user/{}", before.name);
            trail.note(tx, "user.delete", &subject, Some(&users::wire(&before)), None::<&()>).map(Ok)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn preview(what: &str, removes: Vec<removal::Counted>, holds: Vec<removal::Counted>) -> RemovalPreview {
    let list = |all: &[removal::Counted]| {
        all.iter().map(|one| format!("{} {}", one.count, one.what)).collect::<Vec<_>>().join(", ")
    };
    let sentence = match (holds.is_empty(), removes.is_empty()) {
        (false, _) => format!("{what} cannot be deleted as long as there is: {}", list(&holds)),
        (true, true) => format!("deleting {what} takes nothing with it"),
        (true, false) => format!("deleting {what} also removes: {}", list(&removes)),
    };
    let wire = |all: Vec<removal::Counted>| {
        all.into_iter().map(|one| RemovalCount { count: one.count, what: one.what.to_owned() }).collect()
    };
    RemovalPreview { possible: holds.is_empty(), removes: wire(removes), holds: wire(holds), sentence }
}
