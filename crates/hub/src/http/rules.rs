//! Disable rules: made with a look at what they hide, taken away, listed with what they hide.

use super::{
    Json, Path, Query,
    effect::{self, Words},
    export::{self, Asked, Format},
    extract, wire as convert,
    within::within,
};
use crate::{
    AppState, Error,
    assess::{
        hides::{self, Hides},
        load, preview,
    },
    auth::{Caller, Trail},
    permissions::covers,
};
use api::{
    FieldProblem, Order, Page, Problem,
    exemption::Effect,
    rule::{Criteria, HiddenFinding, NewRule, Rule},
    who::Role,
};
use axum::{extract::State, http::StatusCode, response::Response};
use posture::Change;
use serde::Deserialize;
use store::{Micros, StoreError, Tx, disable_rules as stored, scopes};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(ask))
        .routes(routes!(one, remove))
        .routes(routes!(findings))
}

/// A rule as the wire has it, with what it hides now.
pub(super) fn wire(tx: &mut Tx<'_>, row: &stored::Rule) -> Result<Rule, StoreError> {
    let criteria: Criteria = serde_json::from_str(&row.made.criteria).map_err(|error| {
        StoreError::Invalid(format!("the criteria of disable rule {} do not read: {error}", row.id))
    })?;
    Ok(Rule {
        id: row.id.to_string(),
        name: row.made.name.clone(),
        scope: row.made.scope.clone(),
        control: row.made.control.clone(),
        criteria,
        justification: row.made.justification.clone(),
        expires: row.made.expires.map(convert::time),
        created: convert::time(row.made.created),
        created_by: row.made.created_by.clone(),
        removed: row.removed.map(convert::time),
        removed_by: row.removed_by.clone(),
        hides: stored::hides(tx, row.id)?,
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RulesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// On this scope and on what lies below it.
    scope: Option<String>,
    /// Those that hold (`true`), or those that are over (`false`).
    active: Option<bool>,
}

/// Disable rules
///
/// The newest first, with how many findings each hides now. Those that are over or were taken away stay listed.
#[utoipa::path(get, path = "/api/v1/disable-rules", tag = "posture", params(RulesAsked),
    responses((status = 200, description = "A page of rules", body = Page<Rule>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<RulesAsked>,
) -> Result<Response, Error> {
    let now = state.clock.now();
    let filter = stored::Filter {
        within: within(&caller, asked.scope.as_deref()),
        active: asked.active.map(|active| (active, now)),
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &[
        "id",
        "name",
        "scope",
        "control",
        "criteria",
        "justification",
        "expires",
        "created",
        "createdBy",
        "removed",
        "removedBy",
        "hides",
    ];
    export::list(&state, asked, "disable-rules", columns, move |tx, cursor, limit| {
        let total = if cursor.is_none() { Some(stored::count(tx, &filter)?) } else { None };
        let page = stored::list(tx, &filter, &convert::ask(cursor, limit, Order::Asc))?;
        let items = page.items.iter().map(|row| wire(tx, row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next.map(|next| next.0), total })
    })
    .await
}

async fn checked(
    state: &AppState,
    caller: &Caller,
    new: NewRule,
    now: Micros,
) -> Result<stored::NewRule, Error> {
    let name = extract::line("name", &new.name, 128)?;
    let expires = new.expires.as_deref().map(|text| convert::parse_time("expires", text)).transpose()?;
    let json = serde_json::to_value(&new.criteria).map_err(Error::internal)?;
    // The two have one form, which a test holds them to.
    let criteria: posture::Criteria = serde_json::from_value(json).map_err(Error::internal)?;
    let criteria = criteria.normalised();
    let row = stored::NewRule {
        name,
        scope: new.scope,
        control: new.control,
        criteria: serde_json::to_string(&criteria).map_err(Error::internal)?,
        justification: new.justification.trim().to_owned(),
        expires,
        created: now,
        created_by: caller.actor(),
    };
    load::scope(&row.scope).map_err(|_| Error::field("scope", "there is no such scope"))?;
    let rule = load::rule(&stored::Rule { id: 0, made: row.clone(), removed: None, removed_by: None })?;
    rule.validate(posture::Time(now.0)).map_err(|errors| {
        let field = |error: posture::CriteriaError| FieldProblem {
            field: match error.field {
                own @ ("justification" | "expires" | "control" | "criteria") => own.to_owned(),
                criterion => format!("criteria.{criterion}"),
            },
            message: error.message,
        };
        Error::fields(errors.into_iter().map(field).collect())
    })?;
    caller.require(Role::SecurityAdmin, &row.scope)?;
    let known = row.scope.clone();
    if state.read(move |tx| scopes::find(tx, &known).map(Ok)).await?.is_none() {
        return Err(Error::field("scope", "there is no such scope"));
    }
    Ok(row)
}

/// What a disable rule would do
///
/// The assets of its scope judged with it and without, by the code that judges them for real. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/disable-rules/preview", tag = "posture", request_body = NewRule,
    responses((status = 200, description = "What it would do", body = Effect),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn ask(
    State(state): State<AppState>,
    caller: Caller,
    Json(new): Json<NewRule>,
) -> Result<Json<Effect>, Error> {
    let new = checked(&state, &caller, new, state.clock.now()).await?;
    let scope = new.scope.clone();
    let rule = load::rule(&stored::Rule { id: 0, made: new, removed: None, removed_by: None })?;
    // No rule has this number yet.
    let change = Change::SetRule(Box::new(posture::DisableRule { id: "new".to_owned(), ..rule }));
    let effect = preview::effect(&state, &scope, preview::Asked::Said(change)).await?;
    let hides = effect.after.hidden.get("new").copied().unwrap_or_default();
    Ok(Json(effect::wire(&effect, hides, &Words::Rule)))
}

/// Make a disable rule
///
/// Whoever is security admin of its scope may.
#[utoipa::path(post, path = "/api/v1/disable-rules", tag = "posture", request_body = NewRule,
    responses((status = 201, description = "The rule", body = Rule),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Json(new): Json<NewRule>,
) -> Result<(StatusCode, Json<Rule>), Error> {
    let new = checked(&state, &caller, new, trail.now).await?;
    let made = state
        .write(move |tx| {
            let id = stored::create(tx, &new)?;
            let made = wire(tx, &stored::Rule { id, made: new.clone(), removed: None, removed_by: None })?;
            trail.note(tx, "disable-rule.create", &format!("disable-rule/{id}"), None::<&()>, Some(&made))?;
            Ok(Ok(made))
        })
        .await?;
    state.assess_soon();
    state.tell("rule", Some(&made.id), &made.scope);
    Ok((StatusCode::CREATED, Json(made)))
}

/// The rule with this id.
pub(super) fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<stored::Rule>, StoreError> {
    match id.parse() {
        Ok(number) => stored::find(tx, number),
        Err(_) => Ok(None),
    }
}

/// A disable rule
#[utoipa::path(get, path = "/api/v1/disable-rules/{id}", tag = "posture",
    params(("id" = String, Path, description = "The rule's id")),
    responses((status = 200, description = "The rule", body = Rule),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Rule>, Error> {
    let found = state
        .read(move |tx| match find(tx, &id)?.filter(|row| caller.may(Role::Viewer, &row.made.scope)) {
            Some(row) => wire(tx, &row).map(Ok),
            None => Ok(Err(Error::not_found("disable rule", &id))),
        })
        .await?;
    Ok(Json(found))
}

/// Take a disable rule away
///
/// It stays listed, with who took it away and when. Taking it away can be undone for a day.
#[utoipa::path(delete, path = "/api/v1/disable-rules/{id}", tag = "posture",
    params(("id" = String, Path, description = "The rule's id")),
    responses((status = 200, description = "The rule, as it was", body = Rule),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<Json<Rule>, Error> {
    let actor = caller.actor();
    let removed = state
        .write(move |tx| {
            let Some(row) = find(tx, &id)?.filter(|row| caller.may(Role::Viewer, &row.made.scope)) else {
                return Ok(Err(Error::not_found("disable rule", &id)));
            };
            if let Err(error) = caller.require(Role::SecurityAdmin, &row.made.scope) {
                return Ok(Err(error));
            }
            let before = wire(tx, &row)?;
            if row.removed.is_some() {
                return Ok(Ok(before));
            }
            stored::set_removed(tx, row.id, Some((trail.now, &actor)))?;
            let subject = format!("disable-rule/{}", row.id);
            let row = stored::Rule { removed: Some(trail.now), removed_by: Some(actor.clone()), ..row };
            let after = wire(tx, &row)?;
            trail.note(tx, "disable-rule.delete", &subject, Some(&before), Some(&after))?;
            Ok(Ok(after))
        })
        .await?;
    state.assess_soon();
    state.tell("rule", Some(&removed.id), &removed.scope);
    Ok(Json(removed))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FindingsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
}

/// Findings that a disable rule hides
///
/// One for each image and place, by image. Of a rule that is over there are none.
#[utoipa::path(get, path = "/api/v1/disable-rules/{id}/findings", tag = "posture",
    params(("id" = String, Path, description = "The rule's id"), FindingsAsked),
    responses((status = 200, description = "A page of findings", body = Page<HiddenFinding>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn findings(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<FindingsAsked>,
) -> Result<Response, Error> {
    let seen = caller.scopes(Role::Viewer);
    let shown = id.clone();
    let row = state.read(move |tx| find(tx, &id).map(Ok)).await?;
    let row = row.filter(|row| seen.iter().any(|scope| covers(scope, &row.made.scope)));
    let Some(row) = row else { return Err(Error::not_found("disable rule", &shown)) };
    let (number, now) = (row.id, state.clock.now());
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["image", "assetId", "vulnerability", "package", "severity"];
    export::list(&state, asked, "hidden-findings", columns, move |tx, cursor, limit| {
        let from = match cursor {
            None => Hides::default(),
            Some(text) => text.parse().map_err(|()| StoreError::Cursor)?,
        };
        let total = if cursor.is_none() { Some(stored::hides(tx, number)?) } else { None };
        let (found, next) = hides::of_rule(tx, number, &from, limit, now)?;
        let items = found
            .into_iter()
            .map(|found| HiddenFinding {
                image: found.placement.to_string(),
                asset_id: found.asset_id,
                vulnerability: found.vulnerability,
                package: found.package,
                severity: found.severity.into(),
            })
            .collect();
        Ok(Page { items, next: next.map(|next| next.to_string()), total })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_have_one_form_on_the_wire_and_where_they_are_judged() {
        let text = r#"{"match":"any","findings":["GHSA-1"],"category":"os","check":"x","cvssBelow":6.5,"severities":["low","unknown"],
            "patchable":false,"cves":["CVE-2024-0001"],"images":["sha256:00"],"osVersions":["debian:12"],
            "minimumSeverity":"high","fix":["fix-available","no-fix-available","scheduled","wont-fix","unknown"]}"#;
        let wire: Criteria = serde_json::from_str(text).unwrap();
        let json = serde_json::to_value(&wire).unwrap();
        let judged: posture::Criteria = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&judged).unwrap(), json);
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(text).unwrap());
        let none = serde_json::to_value(Criteria::default()).unwrap();
        assert_eq!(none, serde_json::to_value(posture::Criteria::default()).unwrap());
    }
}
