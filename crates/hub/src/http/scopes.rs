//! Scopes and their plans.

use super::{
    Json, Path, Query, effect,
    export::{self, Asked, Format},
    extract, wire as convert,
};
use crate::{
    AppState, Error,
    assess::preview,
    auth::{Caller, Trail},
    permissions::covers,
};
use api::{
    Order, Page, Problem, ProblemKind,
    exemption::Effect,
    scope::{ChangeScope, NewScope, Plan, PlanKind, Scope, SetPlan},
    who::Role,
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use store::{StoreError, Tx, scopes as stored};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The most levels of the tree: an organisation's, and then some.
const DEPTH: usize = 8;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, delete))
        .routes(routes!(plans, set_plan))
        .routes(routes!(ask_plan))
}

fn wire(scope: &stored::Scope) -> Scope {
    Scope {
        id: scope.id.clone(),
        parent: scope.parent.clone(),
        name: scope.name.clone(),
        created: convert::time(scope.created),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ScopesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only this scope and what lies below it.
    below: Option<String>,
}

/// Scopes
///
/// Those that the caller may see, by path: a scope before what lies below it.
#[utoipa::path(get, path = "/api/v1/scopes", tag = "scopes", params(ScopesAsked),
    responses((status = 200, description = "A page of scopes", body = Page<Scope>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ScopesAsked>,
) -> Result<Response, Error> {
    let seen = caller.scopes(Role::Viewer);
    let within = match asked.below {
        None => seen,
        // What is asked for, as far as it may be seen.
        Some(below) if caller.may(Role::Viewer, &below) => vec![below],
        Some(below) => seen.into_iter().filter(|scope| covers(&below, scope)).collect(),
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "scopes", &["id", "parent", "name", "created"], move |tx, cursor, limit| {
        let filter = stored::Filter { within: within.clone() };
        let page = stored::list(tx, &filter, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(convert::page(page, wire))
    })
    .await
}

/// Make a scope
///
/// Whoever is security admin of the scope above may.
#[utoipa::path(post, path = "/api/v1/scopes", tag = "scopes", request_body = NewScope,
    responses((status = 201, description = "The scope", body = Scope),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Json(new): Json<NewScope>,
) -> Result<(StatusCode, Json<Scope>), Error> {
    caller.require(Role::SecurityAdmin, &new.parent)?;
    let name = extract::line("name", &new.name, 128)?;
    let id = match new.parent.as_str() {
        "" => slug(&new.slug)?.to_owned(),
        parent => format!("{parent}/{}", slug(&new.slug)?),
    };
    if id.split('/').count() > DEPTH {
        return Err(Error::field("parent", format!("the tree has at most {DEPTH} levels")));
    }
    let scope = stored::Scope { id, parent: Some(new.parent), name, created: trail.now };
    let made = wire(&scope);
    let (after, told) = (made.clone(), state.clone());
    state
        .write(move |tx| {
            if let Some(parent) = scope.parent.as_deref().filter(|parent| !parent.is_empty())
                && stored::find(tx, parent)?.is_none()
            {
                return Ok(Err(Error::field("parent", "there is no such scope")));
            }
            if stored::find(tx, &scope.id)?.is_some() {
                return Ok(Err(Error::new(ProblemKind::Conflict, "there is a scope of this path")));
            }
            stored::create(tx, &scope)?;
            trail.note(tx, "scope.create", &format!("scope/{}", scope.id), None::<&()>, Some(&after)).map(Ok)
        })
        .await?;
    told.tell("scope", Some(&made.id), &made.id);
    Ok((StatusCode::CREATED, Json(made)))
}

/// The last part of a scope's path.
fn slug(text: &str) -> Result<&str, Error> {
    let right = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
        && text.bytes().any(|b| b.is_ascii_alphanumeric());
    if right {
        Ok(text)
    } else {
        Err(Error::field(
            "slug",
            "must be 1 to 64 lower-case letters, digits, '.', '_' or '-', and not only marks",
        ))
    }
}

/// One scope
#[utoipa::path(get, path = "/api/v1/scopes/{scope}", tag = "scopes",
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 200, description = "The scope", body = Scope),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Scope>, Error> {
    let scope = state
        .read(move |tx| Ok(stored::find(tx, &id)?.ok_or_else(|| Error::not_found("scope", &id))))
        .await?;
    Ok(Json(wire(&scope)))
}

/// Rename a scope
#[utoipa::path(patch, path = "/api/v1/scopes/{scope}", tag = "scopes", request_body = ChangeScope,
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 200, description = "The scope as it is now", body = Scope),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn change(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
    Json(change): Json<ChangeScope>,
) -> Result<Json<Scope>, Error> {
    let name = extract::line("name", &change.name, 128)?;
    let told = state.clone();
    let scope = state
        .write(move |tx| {
            let Some(before) = stored::find(tx, &id)? else { return Ok(Err(Error::not_found("scope", &id))) };
            let after = stored::Scope { name: name.clone(), ..before.clone() };
            if after.name != before.name {
                stored::rename(tx, &id, &name)?;
                let subject = format!("scope/{id}");
                trail.note(tx, "scope.change", &subject, Some(&wire(&before)), Some(&wire(&after)))?;
            }
            Ok(Ok(after))
        })
        .await?;
    told.tell("scope", Some(&scope.id), &scope.id);
    Ok(Json(wire(&scope)))
}

/// Delete a scope
///
/// Only one that nothing hangs on: no scope below it, no asset, rule or grant.
#[utoipa::path(delete, path = "/api/v1/scopes/{scope}", tag = "scopes",
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 204, description = "Deleted"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
) -> Result<StatusCode, Error> {
    let (told, gone) = (state.clone(), id.clone());
    state
        .write(move |tx| {
            let Some(before) = stored::find(tx, &id)? else { return Ok(Err(Error::not_found("scope", &id))) };
            if let Some(what) = stored::used_by(tx, &id)? {
                let detail = format!("it cannot be deleted as long as there is {what}");
                return Ok(Err(Error::new(ProblemKind::Conflict, detail)));
            }
            stored::delete(tx, &id)?;
            trail.note(tx, "scope.delete", &format!("scope/{id}"), Some(&wire(&before)), None::<&()>).map(Ok)
        })
        .await?;
    told.tell("scope", Some(&gone), &gone);
    Ok(StatusCode::NO_CONTENT)
}

/// The plans of a scope
///
/// Whether each is on there, and which scope says so.
#[utoipa::path(get, path = "/api/v1/scopes/{scope}/plans", tag = "scopes",
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 200, description = "All plans", body = Vec<Plan>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn plans(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Vec<Plan>>, Error> {
    let plans = state
        .read(move |tx| {
            if stored::find(tx, &id)?.is_none() {
                return Ok(Err(Error::not_found("scope", &id)));
            }
            plans_of(tx, &id).map(Ok)
        })
        .await?;
    Ok(Json(plans))
}

/// Switch a plan on or off
///
/// For the scope and what lies below it.
#[utoipa::path(put, path = "/api/v1/scopes/{scope}/plans", tag = "scopes", request_body = SetPlan,
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 200, description = "All plans as they are now", body = Vec<Plan>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn set_plan(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
    Json(set): Json<SetPlan>,
) -> Result<Json<Vec<Plan>>, Error> {
    let (told, scope) = (state.clone(), id.clone());
    let plans = state
        .write(move |tx| {
            if stored::find(tx, &id)?.is_none() {
                return Ok(Err(Error::not_found("scope", &id)));
            }
            let before = plans_of(tx, &id)?;
            match set.on {
                Some(on) => stored::set_plan(tx, &id, set.plan.as_str(), on)?,
                None => stored::unset_plan(tx, &id, set.plan.as_str())?,
            }
            let after = plans_of(tx, &id)?;
            if before != after {
                trail.note(tx, "plan.set", &format!("scope/{id}"), Some(&before), Some(&after))?;
            }
            Ok(Ok(after))
        })
        .await?;
    told.assess_soon();
    told.tell("scope", Some(&scope), &scope);
    Ok(Json(plans))
}

/// What switching a plan would do
///
/// The assets of the scope judged with it and without, by the code that judges them for real. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/scopes/{scope}/plans/preview", tag = "scopes", request_body = SetPlan,
    params(("scope" = String, Path, description = "The scope's path, its slashes written as %2F")),
    responses((status = 200, description = "What it would do", body = Effect),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn ask_plan(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Json(set): Json<SetPlan>,
) -> Result<Json<Effect>, Error> {
    let known = id.clone();
    if state.read(move |tx| stored::find(tx, &known).map(Ok)).await?.is_none() {
        return Err(Error::not_found("scope", &id));
    }
    let plan: posture::Plan = set.plan.as_str().parse().map_err(Error::internal)?;
    let effect = preview::effect(&state, &id, preview::Asked::Plan(plan, set.on)).await?;
    let (before, after) = (effect.before.findings, effect.after.findings);
    let sum = |counts: &posture::FindingCounts| counts.vulnerabilities.total().saturating_add(counts.malware);
    let hides = sum(&before).saturating_sub(sum(&after));
    Ok(Json(effect::wire(&effect, hides, &effect::Words::Plan { plan: set.plan.as_str(), on: set.on })))
}

/// What holds on a scope: what is said there, or else nearest above.
pub(super) fn plans_of(tx: &mut Tx<'_>, scope: &str) -> Result<Vec<Plan>, StoreError> {
    let said = stored::plans_above(tx, scope)?;
    let plan = |kind: PlanKind| {
        let nearest = said.iter().filter(|row| row.plan == kind.as_str()).max_by_key(|row| row.scope.len());
        Plan { plan: kind, on: nearest.is_none_or(|row| row.on), from: nearest.map(|row| row.scope.clone()) }
    };
    Ok(PlanKind::ALL.into_iter().map(plan).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_plain() {
        for (text, right) in [
            ("checkout", true),
            ("team-2.eu", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("Upper", false),
            ("sp ace", false),
        ] {
            assert_eq!(slug(text).is_ok(), right, "{text:?}");
        }
    }
}
