//! Registries that are watched.

mod ask;
mod checked;
mod notify;
mod one;
mod wire;

use super::{
    Json, Query,
    export::{self, Asked, Format},
    wire as convert,
};
use crate::{
    AppState, Error,
    auth::{Caller, Trail},
    registries::{new_secrets, seal_login},
};
use api::{
    Order, Page, Problem,
    registry::{MadeRegistry, NewRegistry, Registry, RegistryState},
    who::Role,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
pub(super) use one::seen;
use serde::Deserialize;
use store::{registries as stored, watched};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
pub(super) use wire::{states, tally};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .merge(one::routes())
        .merge(ask::routes())
        .merge(notify::routes())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RegistriesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only those with this in their name or address.
    #[param(max_length = 200)]
    text: Option<String>,
    /// Only those in these states, separated by commas: `new`, `ok`, `failing`, `paused`.
    #[param(example = "failing,paused")]
    state: Option<String>,
}

/// Registries
///
/// Those of the caller's scopes, and those that hold an image there; by name. Sums are of the images that the caller may see.
#[utoipa::path(get, path = "/api/v1/registries", tag = "registries", params(RegistriesAsked),
    responses((status = 200, description = "A page of registries", body = Page<Registry>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<RegistriesAsked>,
) -> Result<Response, Error> {
    let within = caller.scopes(Role::Viewer);
    let filter = watched::Filter {
        within: within.clone(),
        text: asked.text.filter(|text| !text.is_empty()),
        states: words(asked.state.as_deref(), "state", &RegistryState::ALL.map(RegistryState::as_str))?,
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &[
        "id",
        "name",
        "address",
        "scope",
        "owner",
        "state",
        "stateDetail",
        "stateSince",
        "notified",
        "polled",
        "tellsPulls",
        "tls",
        "anonymousWrite",
        "repositories",
        "images",
        "states",
        "findings",
        "queue",
    ];
    export::list(&state, asked, "registries", columns, move |tx, cursor, limit| {
        let page = watched::list(tx, &filter, &convert::ask(cursor, limit, Order::Asc))?;
        let total = if cursor.is_none() { Some(watched::count(tx, &filter)?) } else { None };
        let items = wire::registries(tx, &page.items, &within)?;
        Ok(Page { items, next: page.next.map(|next| next.0), total })
    })
    .await
}

/// Reads a list of words separated by commas, each of which must be one of `known`.
pub(super) fn words(text: Option<&str>, field: &str, known: &[&str]) -> Result<Vec<String>, Error> {
    let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| match known.contains(&word) {
            true => Ok(word.to_owned()),
            false => Err(Error::field(field, format!("must be of: {}", known.join(", ")))),
        })
        .collect()
}

/// Connect a registry
///
/// Its catalogue is read at once, and again when it is time. The secret for its notifications is in the answer and nowhere
/// else.
#[utoipa::path(post, path = "/api/v1/registries", tag = "registries", request_body = NewRegistry,
    responses((status = 201, description = "The registry", body = MadeRegistry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    headers: HeaderMap,
    Json(new): Json<NewRegistry>,
) -> Result<(StatusCode, Json<MadeRegistry>), Error> {
    caller.require(Role::SecurityAdmin, &new.scope)?;
    let wanted = checked::new(&new)?;
    let (settings, secret) = new_secrets(wanted.settings.clone()).map_err(Error::internal)?;
    let within = caller.scopes(Role::Viewer);
    let (sealing, now) = (state.clone(), trail.now);
    let made = state
        .write(move |tx| {
            if let Err(error) = checked::places(tx, Some(&new.scope), new.owner.as_deref())? {
                return Ok(Err(error));
            }
            if stored::by_name(tx, &wanted.name)?.is_some() {
                return Ok(Err(checked::taken()));
            }
            let id = stored::create(tx, &wanted.name, &wanted.address, &new.scope, &settings, now)?;
            if new.owner.is_some() {
                stored::set_owner(tx, id, new.owner.as_deref())?;
            }
            if let Some((user, password)) = &wanted.login {
                match seal_login(&sealing.sealer, id, user, password) {
                    Ok(sealed) => stored::set_secret(tx, id, Some(&sealed))?,
                    // Found before by `checked`, so nothing is left half done: the transaction fails.
                    Err(error) => return Err(store::StoreError::Invalid(error.to_string())),
                }
            }
            crate::jobs::poll(tx, id, now)?;
            let made = wire::registry(tx, id, &within)?;
            trail.note(
                tx,
                "registry.create",
                &wire::subject(&made),
                None::<&()>,
                Some(&wire::Noted::of(&made)),
            )?;
            Ok(Ok(made))
        })
        .await?;
    state.tell("registry", Some(&made.id), &made.scope);
    state.assess_soon();
    let secret = api::Secret::new(secret.expose());
    let notifications = wire::notifications(&state, &headers, &made.id, &secret);
    Ok((StatusCode::CREATED, Json(MadeRegistry { registry: made, events_secret: secret, notifications })))
}
