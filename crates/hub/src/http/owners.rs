//! Owners, and the rules that assign assets to scopes and owners.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    extract, wire as convert,
};
use crate::{
    AppState, Error,
    auth::{Trail, random},
};
use api::{
    FieldProblem, Order, Page, Problem, ProblemKind,
    scope::{NewOwner, Owner, ScopeRule, ScopeRules},
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use store::{StoreError, Tx, scopes as stored};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

const MOST_RULES: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, delete))
        .routes(routes!(rules, set_rules))
}

fn wire(owner: &stored::Owner) -> Owner {
    Owner { id: owner.id.clone(), name: owner.name.clone(), contact: owner.contact.clone() }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OwnersAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
}

/// Owners
///
/// By name.
#[utoipa::path(get, path = "/api/v1/owners", tag = "scopes", params(OwnersAsked),
    responses((status = 200, description = "A page of owners", body = Page<Owner>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(State(state): State<AppState>, Query(asked): Query<OwnersAsked>) -> Result<Response, Error> {
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "owners", &["id", "name", "contact"], move |tx, cursor, limit| {
        let page = stored::owners(tx, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(convert::page(page, wire))
    })
    .await
}

/// Make an owner
#[utoipa::path(post, path = "/api/v1/owners", tag = "scopes", request_body = NewOwner,
    responses((status = 201, description = "The owner", body = Owner),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    trail: Trail,
    Json(new): Json<NewOwner>,
) -> Result<(StatusCode, Json<Owner>), Error> {
    let owner = checked(random::id()?, &new)?;
    let made = wire(&owner);
    let after = made.clone();
    state
        .write(move |tx| {
            if named(tx, &owner.name)?.is_some() {
                return Ok(Err(taken()));
            }
            stored::create_owner(tx, &owner)?;
            trail.note(tx, "owner.create", &format!("owner/{}", owner.id), None::<&()>, Some(&after)).map(Ok)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change an owner
#[utoipa::path(put, path = "/api/v1/owners/{id}", tag = "scopes", request_body = NewOwner,
    params(("id" = String, Path, description = "The owner's id")),
    responses((status = 200, description = "The owner as it is now", body = Owner),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn change(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
    Json(new): Json<NewOwner>,
) -> Result<Json<Owner>, Error> {
    let owner = checked(id, &new)?;
    let made = wire(&owner);
    let after = made.clone();
    state
        .write(move |tx| {
            let Some(before) = stored::find_owner(tx, &owner.id)? else {
                return Ok(Err(Error::not_found("owner", &owner.id)));
            };
            if named(tx, &owner.name)?.is_some_and(|other| other.id != owner.id) {
                return Ok(Err(taken()));
            }
            if wire(&before) != after {
                stored::change_owner(tx, &owner)?;
                let subject = format!("owner/{}", owner.id);
                trail.note(tx, "owner.change", &subject, Some(&wire(&before)), Some(&after))?;
            }
            Ok(Ok(()))
        })
        .await?;
    Ok(Json(made))
}

/// Delete an owner
///
/// Only one to whom no rule assigns and no asset belongs.
#[utoipa::path(delete, path = "/api/v1/owners/{id}", tag = "scopes",
    params(("id" = String, Path, description = "The owner's id")),
    responses((status = 204, description = "Deleted"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
) -> Result<StatusCode, Error> {
    state
        .write(move |tx| {
            let Some(before) = stored::find_owner(tx, &id)? else {
                return Ok(Err(Error::not_found("owner", &id)));
            };
            if let Some(what) = stored::owner_used_by(tx, &id)? {
                let detail = format!("it cannot be deleted as long as there is {what}");
                return Ok(Err(Error::new(ProblemKind::Conflict, detail)));
            }
            stored::delete_owner(tx, &id)?;
            trail.note(tx, "owner.delete", &format!("owner/{id}"), Some(&wire(&before)), None::<&()>).map(Ok)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(id: String, new: &NewOwner) -> Result<stored::Owner, Error> {
    let name = extract::line("name", &new.name, 128)?;
    let contact = extract::line_or_empty("contact", &new.contact, 256)?;
    Ok(stored::Owner { id, name, contact })
}

fn named(tx: &mut Tx<'_>, name: &str) -> Result<Option<stored::Owner>, StoreError> {
    stored::owner_by_name(tx, name)
}

fn taken() -> Error {
    Error::new(ProblemKind::Conflict, "there is an owner of this name")
}

/// The rules of assignment
///
/// What a registry and the beginning of a repository's name say about scope and owner. The first that matches counts.
#[utoipa::path(get, path = "/api/v1/scope-rules", tag = "scopes",
    responses((status = 200, description = "All rules, in their order", body = ScopeRules),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn rules(State(state): State<AppState>) -> Result<Json<ScopeRules>, Error> {
    Ok(Json(state.read(|tx| rules_now(tx).map(Ok)).await?))
}

/// Set the rules of assignment
///
/// All of them, in their order: those that were there are replaced.
#[utoipa::path(put, path = "/api/v1/scope-rules", tag = "scopes", request_body = ScopeRules,
    responses((status = 200, description = "All rules as they are now", body = ScopeRules),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn set_rules(
    State(state): State<AppState>,
    trail: Trail,
    Json(rules): Json<ScopeRules>,
) -> Result<Json<ScopeRules>, Error> {
    if rules.rules.len() > MOST_RULES {
        return Err(Error::field("rules", format!("at most {MOST_RULES} rules")));
    }
    for (index, rule) in rules.rules.iter().enumerate() {
        if let Some(registry) = &rule.registry {
            extract::line(&format!("rules[{index}].registry"), registry, 128)?;
        }
        extract::line_or_empty(&format!("rules[{index}].repositoryPrefix"), &rule.repository_prefix, 255)?;
    }
    let told = state.clone();
    let rules = state
        .write(move |tx| {
            let mut wrong = Vec::new();
            for (index, rule) in rules.rules.iter().enumerate() {
                let mut no = |field: &str, what: &str| {
                    let field = format!("rules[{index}].{field}");
                    wrong.push(FieldProblem { field, message: format!("there is no such {what}") });
                };
                if !rule.scope.is_empty() && stored::find(tx, &rule.scope)?.is_none() {
                    no("scope", "scope");
                }
                if let Some(owner) = &rule.owner
                    && stored::find_owner(tx, owner)?.is_none()
                {
                    no("owner", "owner");
                }
            }
            if !wrong.is_empty() {
                return Ok(Err(Error::fields(wrong)));
            }
            let before = rules_now(tx)?;
            if before != rules {
                let stored: Vec<stored::Rule> = rules.rules.iter().map(stored_rule).collect();
                stored::set_rules(tx, &stored)?;
                trail.note(tx, "scope-rules.set", "scope-rules", Some(&before), Some(&rules))?;
            }
            Ok(Ok(rules.clone()))
        })
        .await?;
    told.assess_soon();
    told.tell("scope", None, "");
    Ok(Json(rules))
}

pub(super) fn rules_now(tx: &mut Tx<'_>) -> Result<ScopeRules, StoreError> {
    let rules = stored::rules(tx)?.into_iter().map(|rule| ScopeRule {
        registry: rule.registry,
        repository_prefix: rule.repository_prefix,
        scope: rule.scope,
        owner: rule.owner,
    });
    Ok(ScopeRules { rules: rules.collect() })
}

pub(super) fn stored_rule(rule: &ScopeRule) -> stored::Rule {
    stored::Rule {
        registry: rule.registry.clone(),
        repository_prefix: rule.repository_prefix.clone(),
        scope: rule.scope.clone(),
        owner: rule.owner.clone(),
    }
}
