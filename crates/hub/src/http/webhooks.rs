//! Outgoing webhooks and their deliveries. Addresses of webhooks often hold a key, so that only who may change them sees
//! them, and the audit trail has the host alone.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    extract, wire as convert,
};
use crate::{
    AppState, Error,
    auth::{Caller, Trail},
    notices, seal,
};
use api::{
    Order, Page, Problem, ProblemKind, Secret,
    webhook::{ChangeWebhook, Delivery, DeliveryState, MadeWebhook, NewWebhook, Webhook, WebhookFormat},
    who::Role,
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use store::{Micros, StoreError, Tx, scopes, webhooks as stored};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// How a secret of ours begins, so that people and secret scanners know one when they see it.
const SECRET_PREFIX: &str = "whs_";
const MOST_WEBHOOKS: u64 = 200;
const MOST_KINDS: usize = 16;
/// A test is ended by its own limits long before.
const TEST: i64 = 120 * Micros::SECOND;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, delete))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(retry))
}

fn wire(webhook: &stored::Webhook) -> Webhook {
    Webhook {
        id: webhook.id.to_string(),
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        scope: webhook.scope.clone(),
        severity: webhook.settings.severity.into(),
        kinds: webhook.settings.kinds.clone(),
        format: WebhookFormat::of(&webhook.settings.format),
        allow_private: webhook.settings.allow_private,
        on: webhook.on,
        created: convert::time(webhook.created),
    }
}

/// As the audit trail has it: of the address the host alone.
fn trailed(webhook: &stored::Webhook) -> Webhook {
    let url = notices::check(&webhook.url).map(|checked| checked.url.origin().ascii_serialization());
    Webhook { url: url.unwrap_or_default(), ..wire(webhook) }
}

fn wire_delivery(delivery: &stored::Delivery) -> Delivery {
    let waits = delivery.state == stored::DeliveryState::Waiting;
    Delivery {
        id: delivery.id.to_string(),
        at: convert::time(delivery.created),
        notice: delivery.notice.map(|notice| notice.to_string()),
        state: match delivery.state {
            stored::DeliveryState::Waiting => DeliveryState::Waiting,
            stored::DeliveryState::Delivered => DeliveryState::Delivered,
            stored::DeliveryState::Failed => DeliveryState::Failed,
        },
        attempts: delivery.attempts,
        status: delivery.status,
        error: delivery.error.clone(),
        next: waits.then(|| convert::time(delivery.next)),
    }
}

/// The webhook with this id, if the caller may change it.
fn mine(tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<Result<stored::Webhook, Error>, StoreError> {
    let found = match id.parse() {
        Ok(number) => stored::find(tx, number)?,
        Err(_) => None,
    };
    Ok(found
        .filter(|webhook| caller.may(Role::Viewer, &webhook.scope))
        .ok_or_else(|| Error::not_found("webhook", id))
        .and_then(|webhook| caller.require(Role::SecurityAdmin, &webhook.scope).map(|()| webhook)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WebhooksAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
}

/// Webhooks
///
/// Those that the caller may change, by name.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "notices", params(WebhooksAsked),
    responses((status = 200, description = "A page of webhooks", body = Page<Webhook>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<WebhooksAsked>,
) -> Result<Response, Error> {
    let within = caller.scopes(Role::SecurityAdmin);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns =
        &["id", "name", "url", "scope", "severity", "kinds", "format", "allowPrivate", "on", "created"];
    export::list(&state, asked, "webhooks", columns, move |tx, cursor, limit| {
        let page = stored::list(tx, &within, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(convert::page(page, wire))
    })
    .await
}

/// Make a webhook
///
/// A security admin of its scope may; addresses that are not public need an owner of the hub. The secret is in the answer
/// and nowhere else.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "notices", request_body = NewWebhook,
    responses((status = 201, description = "The webhook", body = MadeWebhook),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Json(new): Json<NewWebhook>,
) -> Result<(StatusCode, Json<MadeWebhook>), Error> {
    caller.require(Role::SecurityAdmin, &new.scope)?;
    if new.allow_private {
        caller.require(Role::Owner, "")?;
    }
    let secret = match &new.secret {
        Some(secret) => own_secret(secret)?,
        None => seal::random_token(SECRET_PREFIX).map_err(Error::internal)?.expose().to_owned(),
    };
    let webhook = stored::Webhook {
        id: 0,
        name: extract::line("name", &new.name, 128)?,
        url: address(&new.url, new.allow_private).await?,
        scope: new.scope,
        settings: stored::Settings {
            severity: new.severity.map(Into::into).unwrap_or_default(),
            kinds: kinds(new.kinds)?,
            format: new.format.unwrap_or_default().as_str().to_owned(),
            allow_private: new.allow_private,
        },
        on: true,
        created: trail.now,
    };
    let (sealer, kept) = (state.sealer.clone(), oci::Secret::new(secret.clone()));
    let made = state
        .write(move |tx| {
            if !webhook.scope.is_empty() && scopes::find(tx, &webhook.scope)?.is_none() {
                return Ok(Err(Error::field("scope", "there is no such scope")));
            }
            if stored::by_name(tx, &webhook.name)?.is_some() {
                return Ok(Err(taken()));
            }
            if stored::count(tx, &[String::new()])? >= MOST_WEBHOOKS {
                let detail = format!("there are {MOST_WEBHOOKS} webhooks already: delete one first");
                return Ok(Err(Error::new(ProblemKind::Conflict, detail)));
            }
            let id = stored::create(tx, &webhook)?;
            let sealed = sealer.seal(&notices::owner(id), &kept).map_err(|error| unsealed(&error))?;
            stored::set_secret(tx, id, &sealed)?;
            let made = stored::Webhook { id, ..webhook.clone() };
            trail.note(tx, "webhook.create", &format!("webhook/{id}"), None::<&()>, Some(&trailed(&made)))?;
            Ok(Ok(made))
        })
        .await?;
    state.tell("webhook", Some(&made.id.to_string()), &made.scope);
    Ok((StatusCode::CREATED, Json(MadeWebhook { webhook: wire(&made), secret: Secret::new(secret) })))
}

fn unsealed(error: &seal::SealError) -> StoreError {
    StoreError::Invalid(error.to_string())
}

fn taken() -> Error {
    Error::new(ProblemKind::Conflict, "there is a webhook of this name")
}

fn own_secret(secret: &Secret) -> Result<String, Error> {
    let text = secret.expose();
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable || !(16..=256).contains(&text.len()) {
        return Err(Error::field("secret", "must be 16 to 256 printable ASCII characters without spaces"));
    }
    Ok(text.to_owned())
}

fn kinds(kinds: Vec<String>) -> Result<Vec<String>, Error> {
    if kinds.len() > MOST_KINDS || kinds.iter().any(|kind| !notices::KINDS.contains(&kind.as_str())) {
        return Err(Error::field("kinds", format!("must be of {}", notices::KINDS.join(", "))));
    }
    Ok(kinds)
}

/// The address, held against the rules now, so that who types it learns what is wrong; each delivery asks again.
async fn address(text: &str, private: bool) -> Result<String, Error> {
    let wrong = |error: notices::AddressError| Error::field("url", error.to_string());
    let checked = notices::check(text.trim()).map_err(wrong)?;
    let looked = tokio::time::timeout(std::time::Duration::from_secs(5), notices::resolve(&checked, private));
    match looked.await {
        // A name that is not known today may be tomorrow: deliveries say so.
        Ok(Ok(_) | Err(notices::AddressError::Unknown)) | Err(_) => Ok(checked.url.into()),
        Ok(Err(error)) => Err(wrong(error)),
    }
}

/// Change a webhook
///
/// What is absent stays as it is.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", tag = "notices", request_body = ChangeWebhook,
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, description = "The webhook as it is now", body = Webhook),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    trail: Trail,
    Json(change): Json<ChangeWebhook>,
) -> Result<Json<Webhook>, Error> {
    let (asking, wanted) = (caller.clone(), id.clone());
    let before = state.read(move |tx| mine(tx, &asking, &wanted)).await?;
    let private = change.allow_private.unwrap_or(before.settings.allow_private);
    // Who moves one that may go to private addresses decides where it goes.
    if private && (change.allow_private == Some(true) || change.url.is_some()) {
        caller.require(Role::Owner, "")?;
    }
    let name = change.name.as_deref().map(|name| extract::line("name", name, 128)).transpose()?;
    let kinds = change.kinds.map(kinds).transpose()?;
    let url = match change.url.as_deref().or((change.allow_private == Some(false)).then_some(&before.url)) {
        Some(url) => Some(address(url, private).await?),
        None => None,
    };
    let secret = change.secret.as_ref().map(own_secret).transpose()?.map(oci::Secret::new);
    let sealer = state.sealer.clone();
    let changed = state
        .write(move |tx| {
            let before = match mine(tx, &caller, &id)? {
                Ok(before) => before,
                Err(error) => return Ok(Err(error)),
            };
            let mut after = before.clone();
            let settings = &mut after.settings;
            settings.severity = change.severity.map_or(settings.severity, Into::into);
            settings.kinds = kinds.clone().unwrap_or_else(|| std::mem::take(&mut settings.kinds));
            if let Some(format) = change.format {
                settings.format = format.as_str().to_owned();
            }
            settings.allow_private = private;
            after.on = change.on.unwrap_or(after.on);
            after.name = name.clone().unwrap_or(after.name);
            after.url = url.clone().unwrap_or(after.url);
            if stored::by_name(tx, &after.name)?.is_some_and(|other| other.id != after.id) {
                return Ok(Err(taken()));
            }
            if let Some(secret) = &secret {
                let sealed =
                    sealer.seal(&notices::owner(after.id), secret).map_err(|error| unsealed(&error))?;
                stored::set_secret(tx, after.id, &sealed)?;
            }
            if after != before || secret.is_some() {
                stored::change(tx, &after)?;
                let subject = format!("webhook/{}", after.id);
                let action = if secret.is_some() { "webhook.change-secret" } else { "webhook.change" };
                trail.note(tx, action, &subject, Some(&trailed(&before)), Some(&trailed(&after)))?;
            }
            Ok(Ok(after))
        })
        .await?;
    state.tell("webhook", Some(&changed.id.to_string()), &changed.scope);
    Ok(Json(wire(&changed)))
}

/// Delete a webhook
///
/// With all that waits for it.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "notices",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 204, description = "Deleted"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    trail: Trail,
) -> Result<StatusCode, Error> {
    let gone = state
        .write(move |tx| {
            let before = match mine(tx, &caller, &id)? {
                Ok(before) => before,
                Err(error) => return Ok(Err(error)),
            };
            stored::remove(tx, before.id)?;
            let subject = format!("webhook/{}", before.id);
            trail.note(tx, "webhook.delete", &subject, Some(&trailed(&before)), None::<&()>)?;
            Ok(Ok(before))
        })
        .await?;
    state.tell("webhook", Some(&gone.id.to_string()), &gone.scope);
    Ok(StatusCode::NO_CONTENT)
}

/// Test a webhook
///
/// Posts a test at once, and answers what came of it. A test is not repeated.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "notices",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, description = "What came of it", body = Delivery),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn test(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    trail: Trail,
) -> Result<Json<Delivery>, Error> {
    let due = state
        .write(move |tx| {
            let webhook = match mine(tx, &caller, &id)? {
                Ok(webhook) => webhook,
                Err(error) => return Ok(Err(error)),
            };
            let body = notices::of_test(&webhook, trail.now);
            let delivery = stored::deliver(tx, webhook.id, None, &body, trail.now)?;
            let subject = format!("webhook/{}", webhook.id);
            trail.note(tx, "webhook.test", &subject, None::<&()>, Some(&delivery.to_string()))?;
            Ok(match stored::take_this(tx, delivery, trail.now.plus(TEST))? {
                Some(due) => Ok(due),
                None => Err(Error::not_found("webhook", &id)),
            })
        })
        .await?;
    notices::attempt(&state, &due, notices::Again::Never).await;
    let sent = state.read(move |tx| stored::delivery(tx, due.id).map(Ok)).await?;
    let sent = sent.ok_or_else(|| Error::not_found("delivery", &due.id.to_string()))?;
    Ok(Json(wire_delivery(&sent)))
}

/// Deliveries of a webhook
///
/// The latest first. They are kept for 30 days after they ended.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "notices",
    params(("id" = String, Path, description = "The webhook's id"), WebhooksAsked),
    responses((status = 200, description = "A page of deliveries", body = Page<Delivery>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn deliveries(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<WebhooksAsked>,
) -> Result<Response, Error> {
    let webhook = state.read(move |tx| mine(tx, &caller, &id)).await?.id;
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["id", "at", "notice", "state", "attempts", "status", "error", "next"];
    export::list(&state, asked, "deliveries", columns, move |tx, cursor, limit| {
        let page = stored::deliveries(tx, webhook, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(convert::page(page, wire_delivery))
    })
    .await
}

/// Send a delivery again
///
/// One that was delivered or given up, at once and with all its attempts before it.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries/{delivery}/retry", tag = "notices",
    params(("id" = String, Path, description = "The webhook's id"),
        ("delivery" = String, Path, description = "The delivery's id")),
    responses((status = 200, description = "The delivery as it is now", body = Delivery),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, delivery)): Path<(String, String)>,
    trail: Trail,
) -> Result<Json<Delivery>, Error> {
    let waiting = state
        .write(move |tx| {
            let webhook = match mine(tx, &caller, &id)? {
                Ok(webhook) => webhook,
                Err(error) => return Ok(Err(error)),
            };
            let found = match delivery.parse() {
                Ok(number) => stored::delivery(tx, number)?,
                Err(_) => None,
            };
            let Some(found) = found.filter(|found| found.webhook == webhook.id) else {
                return Ok(Err(Error::not_found("delivery", &delivery)));
            };
            if stored::retry(tx, found.id, trail.now)? {
                let subject = format!("webhook/{}", webhook.id);
                trail.note(tx, "webhook.retry", &subject, None::<&()>, Some(&found.id.to_string()))?;
            }
            Ok(Ok(stored::delivery(tx, found.id)?.unwrap_or(found)))
        })
        .await?;
    Ok(Json(wire_delivery(&waiting)))
}
