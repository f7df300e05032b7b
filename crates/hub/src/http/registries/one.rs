//! One registry: to look at it, change it, and take it away.

use super::{checked, wire};
use crate::{
    AppState, Error,
    auth::{Caller, Trail},
    http::{Json, Path, Query},
    registries::{new_events_secret, seal_login},
};
use api::{
    Problem, ProblemKind,
    registry::{ChangeRegistry, EventsSecret, Registry, Removal},
    who::Role,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use store::{
    StoreError, Tx,
    registries::{self as stored, RegistryState},
    scopes, watched,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(one, change, remove))
        .routes(routes!(removal))
        .routes(routes!(secret))
        .routes(routes!(poll))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// The registry with this id, if the caller may see it.
pub(in crate::http) fn seen(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &str,
) -> Result<Result<stored::Registry, Error>, StoreError> {
    let none = || Error::not_found("registry", id);
    let Ok(number) = id.parse::<i64>() else { return Ok(Err(none())) };
    let found = match stored::get(tx, number) {
        Ok(found) => found,
        Err(StoreError::NotFound { .. }) => return Ok(Err(none())),
        Err(error) => return Err(error),
    };
    let within = caller.scopes(Role::Viewer);
    if caller.may(Role::Viewer, &found.scope) || watched::holds_within(tx, number, &within)? {
        return Ok(Ok(found));
    }
    Ok(Err(none()))
}

/// As [`seen`], for whoever may change it too.
pub(super) fn mine(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &str,
) -> Result<Result<stored::Registry, Error>, StoreError> {
    Ok(seen(tx, caller, id)?
        .and_then(|found| caller.require(Role::SecurityAdmin, &found.scope).map(|()| found)))
}

/// A registry
#[utoipa::path(get, path = "/api/v1/registries/{id}", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 200, description = "The registry", body = Registry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Registry>, Error> {
    let registry = state
        .read(move |tx| match seen(tx, &caller, &id)? {
            Ok(found) => wire::registry(tx, found.id, &caller.scopes(Role::Viewer)).map(Ok),
            Err(error) => Ok(Err(error)),
        })
        .await?;
    Ok(Json(registry))
}

/// Change a registry
///
/// What is absent stays. Repositories that are not watched any more are retired. With another address the credentials must be
/// given again, so that nobody sends them to a host of their own.
#[utoipa::path(patch, path = "/api/v1/registries/{id}", tag = "registries", request_body = ChangeRegistry,
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 200, description = "The registry as it is now", body = Registry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
    Json(asked): Json<ChangeRegistry>,
) -> Result<Json<Registry>, Error> {
    let sealing = state.clone();
    let registry = state
        .write(move |tx| {
            let found = match mine(tx, &caller, &id)? {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            let within = caller.scopes(Role::Viewer);
            let before = wire::registry(tx, found.id, &within)?;
            let wanted = match changed(&found, &asked, &caller) {
                Ok(wanted) => wanted,
                Err(error) => return Ok(Err(error)),
            };
            if let Err(error) = checked::places(tx, asked.scope.as_deref(), wanted.owner.as_deref())? {
                return Ok(Err(error));
            }
            stored::change(tx, found.id, &wanted.address, &wanted.scope, &wanted.settings)?;
            if wanted.owner != found.owner {
                stored::set_owner(tx, found.id, wanted.owner.as_deref())?;
            }
            match &wanted.login {
                Keep::Same => {}
                Keep::None => stored::set_secret(tx, found.id, None)?,
                Keep::Login(user, password) => {
                    let sealed = seal_login(&sealing.sealer, found.id, user, password)
                        .map_err(|error| StoreError::Invalid(error.to_string()))?;
                    stored::set_secret(tx, found.id, Some(&sealed))?;
                }
            }
            if wanted.scope != found.scope || wanted.owner != found.owner {
                scopes::reassign(tx)?;
            }
            if (&wanted.settings.include, &wanted.settings.exclude)
                != (&found.settings.include, &found.settings.exclude)
            {
                watched::retire_unwatched(tx, found.id, &wanted.settings, trail.now)?;
            }
            if found.state != RegistryState::Paused {
                // What is to be seen now may be something else.
                crate::jobs::poll(tx, found.id, trail.now)?;
            }
            let after = wire::registry(tx, found.id, &within)?;
            let noted = (wire::Noted::of(&before), wire::Noted::of(&after));
            trail.note(tx, "registry.change", &wire::subject(&after), Some(&noted.0), Some(&noted.1))?;
            Ok(Ok(after))
        })
        .await?;
    told(&state, &registry);
    Ok(Json(registry))
}

/// What becomes of the credentials.
enum Keep {
    Same,
    None,
    Login(String, oci::Secret),
}

struct Changed {
    address: String,
    scope: String,
    owner: Option<String>,
    login: Keep,
    settings: stored::Settings,
}

fn changed(found: &stored::Registry, asked: &ChangeRegistry, caller: &Caller) -> Result<Changed, Error> {
    let old = &found.settings;
    let address = match &asked.address {
        Some(address) => checked::address(address)?,
        None => found.address.clone(),
    };
    let login = match (&asked.user, &asked.password) {
        (None, None) => Keep::Same,
        (user, password) => match checked::login(user.as_deref(), password.as_ref())? {
            Some((user, password)) => Keep::Login(user, password),
            None => Keep::None,
        },
    };
    if address != found.address && found.has_secret && matches!(login, Keep::Same) {
        let rule =
            "the credentials were given for the old address: give them again, or empty ones to remove them";
        return Err(Error::field("password", rule));
    }
    let scope = asked.scope.clone().unwrap_or_else(|| found.scope.clone());
    if scope != found.scope {
        caller.require(Role::SecurityAdmin, &scope)?;
    }
    let user = match &login {
        Keep::Same => old.user.clone(),
        Keep::None => String::new(),
        Keep::Login(user, _) => user.clone(),
    };
    let list = |field: &str, asked: &Option<Vec<String>>, old: &Vec<String>| match asked {
        Some(patterns) => checked::patterns(field, patterns),
        None => Ok(old.clone()),
    };
    let settings = stored::Settings {
        include: list("include", &asked.include, &old.include)?,
        exclude: list("exclude", &asked.exclude, &old.exclude)?,
        authorities: match &asked.ca {
            Some(pem) => checked::authorities(pem)?,
            None => old.authorities.clone(),
        },
        user,
        insecure: asked.insecure.unwrap_or(old.insecure),
        allow_hosts: match &asked.allow_hosts {
            Some(hosts) => checked::hosts(hosts)?,
            None => old.allow_hosts.clone(),
        },
        concurrency: checked::concurrency(asked.concurrency)?.unwrap_or(old.concurrency),
        poll_seconds: checked::poll(asked.poll_minutes)?.unwrap_or(old.poll_seconds),
        assess_days: checked::days(asked.window_days)?.unwrap_or(old.assess_days),
        ..old.clone()
    };
    let owner = match &asked.owner {
        None => found.owner.clone(),
        Some(owner) => Some(owner.clone()).filter(|owner| !owner.is_empty()),
    };
    Ok(Changed { address, scope, owner, login, settings })
}

fn told(state: &AppState, registry: &Registry) {
    state.tell("registry", Some(&registry.id), &registry.scope);
    state.assess_soon();
}

/// What goes with a registry
///
/// Said before it is done.
#[utoipa::path(get, path = "/api/v1/registries/{id}/removal", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 200, description = "What would be removed", body = Removal),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn removal(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Removal>, Error> {
    let removal = state
        .read(move |tx| match mine(tx, &caller, &id)? {
            Ok(found) => goes(tx, &found).map(Ok),
            Err(error) => Ok(Err(error)),
        })
        .await?;
    Ok(Json(removal))
}

fn goes(tx: &mut Tx<'_>, registry: &stored::Registry) -> Result<Removal, StoreError> {
    let holds = stored::holds(tx, registry.id)?;
    let counted = watched::goes_with(tx, registry.id, &registry.name)?;
    let (assessments, jobs) = (counted.assessments, counted.jobs);
    let of = |number: u64, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    let sentence = format!(
        "Deleting {} removes {} with their tags, {} (content that lies elsewhere too stays known), {} and {}. The registry itself \
         is not touched.",
        registry.name,
        of(holds.repositories, "repository", "repositories"),
        of(holds.placements, "image", "images"),
        of(assessments, "assessment", "assessments"),
        of(jobs, "job", "jobs"),
    );
    Ok(Removal { repositories: holds.repositories, images: holds.placements, assessments, jobs, sentence })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RemoveAsked {
    /// The registry's name, so that nobody deletes another one by a wrong id.
    name: String,
}

/// Delete a registry
///
/// With its repositories, images and jobs. The registry itself is not touched.
#[utoipa::path(delete, path = "/api/v1/registries/{id}", tag = "registries",
    params(("id" = String, Path, description = "The registry's id"), RemoveAsked),
    responses((status = 200, description = "What was removed", body = Removal),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
    Query(asked): Query<RemoveAsked>,
) -> Result<Json<Removal>, Error> {
    let (removal, id, scope) = state
        .write(move |tx| {
            let found = match mine(tx, &caller, &id)? {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            if found.name != asked.name {
                return Ok(Err(Error::field("name", format!("must be the registry's name, {}", found.name))));
            }
            let before = wire::registry(tx, found.id, &caller.scopes(Role::Viewer))?;
            let removal = goes(tx, &found)?;
            watched::forget_jobs(tx, found.id)?;
            stored::remove(tx, found.id)?;
            let noted = wire::Noted::of(&before);
            trail.note(tx, "registry.delete", &wire::subject(&before), Some(&noted), None::<&()>)?;
            Ok(Ok((removal, found.id.to_string(), found.scope)))
        })
        .await?;
    state.tell("registry", Some(&id), &scope);
    state.tell("image", None, &scope);
    state.assess_soon();
    Ok(Json(removal))
}

/// Make a new secret for a registry's notifications
///
/// The one before is dead at once. The new one is in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/registries/{id}/secret", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 200, description = "The secret", body = EventsSecret),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn secret(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<EventsSecret>, Error> {
    let (secret, hash) = new_events_secret().map_err(Error::internal)?;
    let made = state
        .write(move |tx| {
            let found = match mine(tx, &caller, &id)? {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            let settings = stored::Settings { events_hash: hash.clone(), ..found.settings };
            stored::set_settings(tx, found.id, &settings)?;
            let subject = format!("registry/{}", found.name);
            trail.note(tx, "registry.secret", &subject, None::<&()>, None::<&()>)?;
            Ok(Ok(found.id.to_string()))
        })
        .await?;
    let secret = api::Secret::new(secret.expose());
    let notifications = wire::notifications(&state, &headers, &made, &secret);
    Ok(Json(EventsSecret { events_secret: secret, notifications }))
}

/// Look at a registry now
///
/// Its whole catalogue is read, from the beginning.
#[utoipa::path(post, path = "/api/v1/registries/{id}/poll", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 202, description = "It is queued", body = Registry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn poll(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Registry>), Error> {
    let registry = state
        .write(move |tx| {
            let found = match mine(tx, &caller, &id)? {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            if found.state == RegistryState::Paused {
                return Ok(Err(Error::new(ProblemKind::Conflict, "it is paused: resume it first")));
            }
            crate::jobs::poll_now(tx, found.id, trail.now)?;
            let subject = format!("registry/{}", found.name);
            trail.note(tx, "registry.poll", &subject, None::<&()>, None::<&()>)?;
            wire::registry(tx, found.id, &caller.scopes(Role::Viewer)).map(Ok)
        })
        .await?;
    told(&state, &registry);
    Ok((StatusCode::ACCEPTED, Json(registry)))
}

/// Pause a registry
///
/// It is not asked for anything, and its jobs wait. Its notifications are still taken in.
#[utoipa::path(post, path = "/api/v1/registries/{id}/pause", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 200, description = "The registry as it is now", body = Registry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn pause(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<Json<Registry>, Error> {
    set(&state, caller, trail, id, true).await.map(Json)
}

/// Resume a registry
///
/// What waited goes on, and its catalogue is read again when it is time.
#[utoipa::path(post, path = "/api/v1/registries/{id}/resume", tag = "registries",
    params(("id" = String, Path, description = "The registry's id")),
    responses((status = 200, description = "The registry as it is now", body = Registry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn resume(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<Json<Registry>, Error> {
    set(&state, caller, trail, id, false).await.map(Json)
}

async fn set(
    state: &AppState,
    caller: Caller,
    trail: Trail,
    id: String,
    paused: bool,
) -> Result<Registry, Error> {
    let registry = state
        .write(move |tx| {
            let found = match mine(tx, &caller, &id)? {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            let within = caller.scopes(Role::Viewer);
            let before = wire::registry(tx, found.id, &within)?;
            if (found.state == RegistryState::Paused) == paused {
                return Ok(Ok(before));
            }
            let next = if paused { RegistryState::Paused } else { RegistryState::New };
            stored::set_state(tx, found.id, next, None, trail.now)?;
            let after = wire::registry(tx, found.id, &within)?;
            let action = if paused { "registry.pause" } else { "registry.resume" };
            let noted = (wire::Noted::of(&before), wire::Noted::of(&after));
            trail.note(tx, action, &wire::subject(&after), Some(&noted.0), Some(&noted.1))?;
            Ok(Ok(after))
        })
        .await?;
    told(state, &registry);
    Ok(registry)
}
