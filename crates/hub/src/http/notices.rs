//! Notices, as the caller sees them.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    wire as convert,
};
use crate::{
    AppState, Error,
    auth::{Caller, Trail},
};
use api::{
    Order, Page, Problem,
    notice::{Notice, NoticeCount},
    who::Role,
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::notices as stored;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(see_all))
        .routes(routes!(see))
}

fn wire(notice: &stored::Notice) -> Notice {
    Notice {
        id: notice.id.to_string(),
        kind: notice.kind.clone(),
        severity: notice.severity.into(),
        title: notice.title.clone(),
        detail: notice.detail.clone(),
        scope: notice.scope.clone(),
        first: convert::time(notice.first),
        last: convert::time(notice.last),
        count: notice.count,
        seen: notice.seen,
        link: notice.link.clone(),
    }
}

/// What the caller may see.
fn visible(caller: &Caller) -> stored::Filter {
    stored::Filter { within: caller.scopes(Role::Viewer), ..stored::Filter::default() }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NoticesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only this scope and those below it.
    scope: Option<String>,
    /// Only those that the caller has not seen, or only those seen.
    unread: Option<bool>,
}

/// Notices
///
/// Those of the caller's scopes, the latest first.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices", params(NoticesAsked),
    responses((status = 200, description = "A page of notices", body = Page<Notice>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<NoticesAsked>,
) -> Result<Response, Error> {
    let filter = stored::Filter {
        scope: asked.scope.unwrap_or_default(),
        seen: asked.unread.map(|unread| !unread),
        ..visible(&caller)
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns =
        &["id", "kind", "severity", "title", "detail", "scope", "first", "last", "count", "seen", "link"];
    export::list(&state, asked, "notices", columns, move |tx, cursor, limit| {
        let page = stored::list(tx, &filter, &caller.user, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(convert::page(page, wire))
    })
    .await
}

/// Count unread notices
///
/// Those of the caller's scopes that the caller has not seen.
#[utoipa::path(get, path = "/api/v1/notices/count", tag = "notices",
    responses((status = 200, description = "How many", body = NoticeCount),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn count(State(state): State<AppState>, caller: Caller) -> Result<Json<NoticeCount>, Error> {
    let filter = stored::Filter { seen: Some(false), ..visible(&caller) };
    let unread = state.read(move |tx| stored::count(tx, &filter, &caller.user).map(Ok)).await?;
    Ok(Json(NoticeCount { unread }))
}

/// Mark a notice as seen
///
/// For the caller; others see it as they did. A token marks it for the user who made it.
#[utoipa::path(post, path = "/api/v1/notices/{id}/seen", tag = "notices",
    params(("id" = String, Path, description = "The notice's id")),
    responses((status = 200, description = "The notice", body = Notice),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn see(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    trail: Trail,
) -> Result<Json<Notice>, Error> {
    let notice = state
        .write(move |tx| {
            let found = match id.parse() {
                Ok(number) => stored::find(tx, number, &caller.user)?,
                Err(_) => None,
            };
            let Some(notice) = found.filter(|notice| caller.may(Role::Viewer, &notice.scope)) else {
                return Ok(Err(Error::not_found("notice", &id)));
            };
            if !notice.seen {
                stored::see(tx, notice.id, &caller.user, trail.now.max(notice.raised))?;
                let subject = format!("notice/{}", notice.id);
                trail.note(tx, "notice.see", &subject, None::<&()>, Some(&notice.title))?;
            }
            Ok(Ok(stored::Notice { seen: true, ..notice }))
        })
        .await?;
    state.tell("notice", Some(&notice.id.to_string()), &notice.scope);
    Ok(Json(wire(&notice)))
}

/// Mark all notices as seen
///
/// All that the caller may see, for the caller.
#[utoipa::path(post, path = "/api/v1/notices/seen", tag = "notices",
    responses((status = 200, description = "How many are unread now", body = NoticeCount),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn see_all(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
) -> Result<Json<NoticeCount>, Error> {
    let scopes = caller.scopes(Role::Viewer);
    let unread = state
        .write(move |tx| {
            let filter = visible(&caller);
            let seen = stored::see_all(tx, &filter, &caller.user, trail.now)?;
            if seen > 0 {
                let after = serde_json::json!({ "seen": seen });
                trail.note(tx, "notice.see", "notices", None::<&()>, Some(&after))?;
            }
            let filter = stored::Filter { seen: Some(false), ..filter };
            stored::count(tx, &filter, &caller.user).map(Ok)
        })
        .await?;
    for scope in scopes {
        state.tell("notice", None, &scope);
    }
    Ok(Json(NoticeCount { unread }))
}
