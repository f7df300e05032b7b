//! Exemptions: made with a look at what they do, taken away, listed with what they excuse.

use super::{
    Json, Path, Query,
    effect::{self, Words},
    export::{self, Asked, Format},
    wire as convert,
    within::within,
};
use crate::{
    AppState, Error,
    assess::{load, preview},
    auth::{Caller, Trail},
};
use api::{
    FieldProblem, Order, Page, Problem,
    exemption::{Category, Effect, Exemption, ExemptionEffect, NewExemption},
    who::Role,
};
use axum::{extract::State, http::StatusCode, response::Response};
use posture::Change;
use serde::Deserialize;
use store::{
    Micros, StoreError, Tx, assessments,
    exemptions::{self as stored, Target},
    scopes,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(ask)).routes(routes!(one, remove))
}

/// An exemption as the wire has it, with what it changes now.
pub(super) fn wire(tx: &mut Tx<'_>, row: &stored::Exemption) -> Result<Exemption, StoreError> {
    let effect = stored::effect(tx, row.id)?;
    let title = load::controls()?.find(&row.made.control).map(|(_, control)| control.title.clone());
    let (scope, asset_id) = match &row.made.target {
        Target::Scope(scope) => (Some(scope.clone()), None),
        Target::Asset(asset) => (None, Some(asset.clone())),
    };
    Ok(Exemption {
        id: row.id.to_string(),
        control: row.made.control.clone(),
        control_title: title.unwrap_or_else(|| row.made.control.clone()),
        scope,
        asset_id,
        category: if row.made.category == "mitigated" { Category::Mitigated } else { Category::Waiver },
        reason: row.made.reason.clone(),
        expires: row.made.expires.map(convert::time),
        created: convert::time(row.made.created),
        created_by: row.made.created_by.clone(),
        removed: row.removed.map(convert::time),
        removed_by: row.removed_by.clone(),
        effect: ExemptionEffect {
            assets: effect.assets,
            unhealthy: effect.unhealthy,
            findings: effect.findings,
        },
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExemptionsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// From this control.
    control: Option<String>,
    /// On this scope, on what lies below it, or on assets there.
    scope: Option<String>,
    /// Those that hold (`true`), or those that are over (`false`).
    active: Option<bool>,
}

/// Exemptions
///
/// The newest first, with what each changes now. Those that are over or were taken away stay listed.
#[utoipa::path(get, path = "/api/v1/exemptions", tag = "posture", params(ExemptionsAsked),
    responses((status = 200, description = "A page of exemptions", body = Page<Exemption>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ExemptionsAsked>,
) -> Result<Response, Error> {
    let now = state.clock.now();
    let filter = stored::Filter {
        control: asked.control,
        within: within(&caller, asked.scope.as_deref()),
        active: asked.active.map(|active| (active, now)),
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &[
        "id",
        "control",
        "controlTitle",
        "scope",
        "assetId",
        "category",
        "reason",
        "expires",
        "created",
        "createdBy",
        "removed",
        "removedBy",
        "effect",
    ];
    export::list(&state, asked, "exemptions", columns, move |tx, cursor, limit| {
        let total = if cursor.is_none() { Some(stored::count(tx, &filter)?) } else { None };
        let page = stored::list(tx, &filter, &convert::ask(cursor, limit, Order::Asc))?;
        let items = page.items.iter().map(|row| wire(tx, row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next.map(|next| next.0), total })
    })
    .await
}

/// An exemption that may be made: checked, and where the caller may make it.
struct Checked {
    new: stored::NewExemption,
    /// The scopes in which what it reaches lies.
    scopes: Vec<String>,
}

impl Checked {
    /// The scope over which its effect is shown: where it holds, or where the asset lies.
    fn scope(&self) -> &str {
        match (&self.new.target, self.scopes.as_slice()) {
            (Target::Scope(scope), _) => scope,
            (Target::Asset(_), [one]) => one,
            // What is inside lies in several: they meet at the root.
            (Target::Asset(_), _) => "",
        }
    }
}

async fn checked(
    state: &AppState,
    caller: &Caller,
    new: NewExemption,
    now: Micros,
) -> Result<Checked, Error> {
    let target = match (new.scope, new.asset_id) {
        (Some(scope), None) => Target::Scope(scope),
        (None, Some(asset)) => Target::Asset(asset),
        _ => return Err(Error::field("scope", "give either scope or assetId")),
    };
    let expires = new.expires.as_deref().map(|text| convert::parse_time("expires", text)).transpose()?;
    let new = stored::NewExemption {
        control: new.control,
        target,
        category: new.category.as_str().to_owned(),
        reason: new.reason.trim().to_owned(),
        expires,
        created: now,
        created_by: caller.actor(),
    };
    let row = stored::Exemption { id: 0, made: new.clone(), removed: None, removed_by: None };
    let scope_wrong = |_| Error::field("scope", "there is no such scope");
    if let Target::Scope(path) = &new.target {
        load::scope(path).map_err(scope_wrong)?;
    }
    let exemption = load::exemption(&row)?;
    let time = posture::Time(now.0);
    exemption.validate(load::controls()?, time).map_err(|errors| {
        let field = |error: posture::ExemptionError| FieldProblem {
            field: if error.field == "target" { "assetId" } else { error.field }.to_owned(),
            message: error.message,
        };
        Error::fields(errors.into_iter().map(field).collect())
    })?;
    let scopes = match new.target.clone() {
        Target::Scope(scope) => {
            caller.require(Role::SecurityAdmin, &scope)?;
            let known = scope.clone();
            if state.read(move |tx| scopes::find(tx, &known).map(Ok)).await?.is_none() {
                return Err(Error::field("scope", "there is no such scope"));
            }
            vec![scope]
        }
        Target::Asset(asset) => {
            let scopes = state.read(move |tx| assessments::scopes_of_asset(tx, &asset).map(Ok)).await?;
            if !scopes.iter().any(|scope| caller.may(Role::Viewer, scope)) {
                return Err(Error::field("assetId", "there is no such asset that you may see"));
            }
            // It reaches what is inside, wherever that lies.
            for scope in &scopes {
                caller.require(Role::SecurityAdmin, scope)?;
            }
            scopes
        }
    };
    Ok(Checked { new, scopes })
}

/// What an exemption would do
///
/// Its assets judged with it and without, by the code that judges them for real. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/exemptions/preview", tag = "posture", request_body = NewExemption,
    responses((status = 200, description = "What it would do", body = Effect),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn ask(
    State(state): State<AppState>,
    caller: Caller,
    Json(new): Json<NewExemption>,
) -> Result<Json<Effect>, Error> {
    let checked = checked(&state, &caller, new, state.clock.now()).await?;
    let scope = checked.scope().to_owned();
    let row = stored::Exemption { id: 0, made: checked.new, removed: None, removed_by: None };
    // No exemption has this number yet.
    let exemption = posture::Exemption { id: "new".to_owned(), ..load::exemption(&row)? };
    let change = Change::SetExemption(Box::new(exemption));
    let effect = preview::effect(&state, &scope, preview::Asked::Said(change)).await?;
    let count = effect.after.exempted.get("new").copied().unwrap_or_default();
    Ok(Json(effect::wire(&effect, count.findings, &Words::Exemption { assets: count.assets })))
}

/// Make an exemption
///
/// Whoever is security admin of the scope, or of the scopes in which the asset and all inside it lie, may.
#[utoipa::path(post, path = "/api/v1/exemptions", tag = "posture", request_body = NewExemption,
    responses((status = 201, description = "The exemption", body = Exemption),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Json(new): Json<NewExemption>,
) -> Result<(StatusCode, Json<Exemption>), Error> {
    let checked = checked(&state, &caller, new, trail.now).await?;
    let scope = checked.scope().to_owned();
    let new = checked.new;
    let made = state
        .write(move |tx| {
            let id = stored::create(tx, &new)?;
            let row = stored::Exemption { id, made: new.clone(), removed: None, removed_by: None };
            let made = wire(tx, &row)?;
            trail.note(tx, "exemption.create", &format!("exemption/{id}"), None::<&()>, Some(&made))?;
            Ok(Ok(made))
        })
        .await?;
    state.assess_soon();
    state.tell("exemption", Some(&made.id), &scope);
    Ok((StatusCode::CREATED, Json(made)))
}

/// The exemption with this id, and the scopes in which what it reaches lies.
pub(super) fn find(
    tx: &mut Tx<'_>,
    id: &str,
) -> Result<Option<(stored::Exemption, Vec<String>)>, StoreError> {
    let Ok(number) = id.parse::<i64>() else { return Ok(None) };
    let Some(row) = stored::find(tx, number)? else { return Ok(None) };
    let scopes = match &row.made.target {
        Target::Scope(scope) => vec![scope.clone()],
        Target::Asset(asset) => {
            let scopes = assessments::scopes_of_asset(tx, asset)?;
            // An asset that is gone lies nowhere: whoever may do so everywhere may still take the exemption away.
            if scopes.is_empty() { vec![String::new()] } else { scopes }
        }
    };
    Ok(Some((row, scopes)))
}

/// An exemption
#[utoipa::path(get, path = "/api/v1/exemptions/{id}", tag = "posture",
    params(("id" = String, Path, description = "The exemption's id")),
    responses((status = 200, description = "The exemption", body = Exemption),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Exemption>, Error> {
    let found = state
        .read(move |tx| {
            let found = find(tx, &id)?
                .filter(|(_, scopes)| scopes.iter().any(|scope| caller.may(Role::Viewer, scope)));
            match found {
                Some((row, _)) => wire(tx, &row).map(Ok),
                None => Ok(Err(Error::not_found("exemption", &id))),
            }
        })
        .await?;
    Ok(Json(found))
}

/// Take an exemption away
///
/// It stays listed, with who took it away and when. Taking it away can be undone for a day.
#[utoipa::path(delete, path = "/api/v1/exemptions/{id}", tag = "posture",
    params(("id" = String, Path, description = "The exemption's id")),
    responses((status = 200, description = "The exemption, as it was", body = Exemption),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<Json<Exemption>, Error> {
    let actor = caller.actor();
    let (removed, scope) = state
        .write(move |tx| {
            let found = find(tx, &id)?
                .filter(|(_, scopes)| scopes.iter().any(|scope| caller.may(Role::Viewer, scope)));
            let Some((row, scopes)) = found else { return Ok(Err(Error::not_found("exemption", &id))) };
            for scope in &scopes {
                if let Err(error) = caller.require(Role::SecurityAdmin, scope) {
                    return Ok(Err(error));
                }
            }
            let before = wire(tx, &row)?;
            let scope = scopes.first().cloned().unwrap_or_default();
            if row.removed.is_some() {
                return Ok(Ok((before, scope)));
            }
            stored::set_removed(tx, row.id, Some((trail.now, &actor)))?;
            let row = stored::Exemption { removed: Some(trail.now), removed_by: Some(actor.clone()), ..row };
            let after = wire(tx, &row)?;
            let subject = format!("exemption/{}", row.id);
            trail.note(tx, "exemption.delete", &subject, Some(&before), Some(&after))?;
            Ok(Ok((after, scope)))
        })
        .await?;
    state.assess_soon();
    state.tell("exemption", Some(&removed.id), &scope);
    Ok(Json(removed))
}
