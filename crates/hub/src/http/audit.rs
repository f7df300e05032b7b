//! The audit trail.

use super::{
    Query,
    export::{self, Asked, Format},
    wire as convert,
};
use crate::{AppState, Error};
use api::{Order, Page, Problem, audit::AuditEntry};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::audit as stored;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// `desc`, the newest first, if absent.
    order: Option<Order>,
    /// Only what this one did: `user/jane`.
    actor: Option<String>,
    /// Only this action: `user.create`.
    action: Option<String>,
    /// Only what was done to this: `user/jane`.
    subject: Option<String>,
    /// Only what was done at this time or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Only what was done before this time.
    #[param(format = DateTime)]
    until: Option<String>,
}

/// Who changed what, and when
///
/// Every change has its entry, written in the same transaction.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditAsked),
    responses((status = 200, description = "A page of entries", body = Page<AuditEntry>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(State(state): State<AppState>, Query(asked): Query<AuditAsked>) -> Result<Response, Error> {
    let time =
        |field: &str, text: Option<String>| text.map(|text| convert::parse_time(field, &text)).transpose();
    let filter = stored::Filter {
        actor: asked.actor,
        action: asked.action,
        subject: asked.subject,
        since: time("since", asked.since)?,
        until: time("until", asked.until)?,
    };
    let order = convert::order(asked.order, Order::Desc);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["id", "at", "actor", "action", "subject", "before", "after", "undoOf", "requestId"];
    export::list(&state, asked, "audit", columns, move |tx, cursor, limit| {
        let page = stored::list(tx, &filter, &convert::ask(cursor, limit, order))?;
        Ok(convert::page(page, wire))
    })
    .await
}

pub(super) fn wire(entry: &stored::Entry) -> AuditEntry {
    let json = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str(text).ok());
    AuditEntry {
        id: entry.id.to_string(),
        at: convert::time(entry.at),
        actor: entry.actor.clone(),
        action: entry.action.clone(),
        subject: entry.subject.clone(),
        before: json(&entry.before),
        after: json(&entry.after),
        undo_of: entry.undo_of.map(|id| id.to_string()),
        request_id: entry.request_id.clone(),
    }
}
