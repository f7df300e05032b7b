//! Users, and who may do what.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    wire as convert,
};
use crate::{
    AppState, Error,
    auth::{self, Caller, Passwords, Trail, random},
};
use api::{
    Order, Page, Problem, ProblemKind,
    who::{ChangeUser, Grant, NewUser, Role, User},
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use store::{StoreError, Tx, grants, scopes, sessions, users as stored};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(one, change)).routes(routes!(
        list_grants,
        grant,
        take_back
    ))
}

/// A user as the wire has it: without the hash.
pub(super) fn wire(user: &stored::User) -> User {
    User {
        id: user.id.clone(),
        name: user.name.clone(),
        created: convert::time(user.created),
        disabled: user.disabled,
    }
}

/// A user's name: what can be typed, told apart and put into a log without escapes.
pub(super) fn name(field: &str, text: &str) -> Result<String, Error> {
    let right = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@'));
    if right {
        Ok(text.to_owned())
    } else {
        Err(Error::field(field, "must be 1 to 64 letters, digits, '.', '_', '-' or '@'"))
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsersAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// By name.
    order: Option<Order>,
    /// Only names that contain this.
    name: Option<String>,
    /// Only those that are disabled, or only those that are not.
    disabled: Option<bool>,
}

/// Users
#[utoipa::path(get, path = "/api/v1/users", tag = "access", params(UsersAsked),
    responses((status = 200, description = "A page of users, by name", body = Page<User>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(State(state): State<AppState>, Query(asked): Query<UsersAsked>) -> Result<Response, Error> {
    let filter = stored::Filter { name: asked.name, disabled: asked.disabled };
    let order = convert::order(asked.order, Order::Asc);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "users", &["id", "name", "created", "disabled"], move |tx, cursor, limit| {
        let page = stored::list(tx, &filter, &convert::ask(cursor, limit, order))?;
        Ok(convert::page(page, wire))
    })
    .await
}

/// Make a user
///
/// The user may do nothing until something is granted.
#[utoipa::path(post, path = "/api/v1/users", tag = "access", request_body = NewUser,
    responses((status = 201, description = "The user", body = User),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    trail: Trail,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), Error> {
    let name = name("name", &new.name)?;
    Passwords::acceptable(&new.password, &name, "password")?;
    let password_hash = state.passwords.hash(new.password).await?;
    let user = stored::User { id: random::id()?, name, password_hash, created: trail.now, disabled: false };
    let made = wire(&user);
    let after = made.clone();
    state
        .write(move |tx| {
            if stored::by_name(tx, &user.name)?.is_some() {
                return Ok(Err(Error::new(ProblemKind::Conflict, "there is a user of this name")));
            }
            stored::create(tx, &user)?;
            trail.note(tx, "user.create", &format!("user/{}", user.name), None::<&()>, Some(&after)).map(Ok)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One user
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "access", params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = User),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<User>, Error> {
    let user =
        state.read(move |tx| Ok(stored::find(tx, &id)?.ok_or_else(|| Error::not_found("user", &id)))).await?;
    Ok(Json(wire(&user)))
}

/// Change a user
///
/// Disable, enable, or set a new password. Ends the user's sessions.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "access", request_body = ChangeUser,
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as it is now", body = User),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn change(
    State(state): State<AppState>,
    Path(id): Path<String>,
    trail: Trail,
    Json(change): Json<ChangeUser>,
) -> Result<Json<User>, Error> {
    let hash = match change.password {
        Some(password) => {
            let id = id.clone();
            let user = state
                .read(move |tx| Ok(stored::find(tx, &id)?.ok_or_else(|| Error::not_found("user", &id))))
                .await?;
            Passwords::acceptable(&password, &user.name, "password")?;
            Some(state.passwords.hash(password).await?)
        }
        None => None,
    };
    let user = state
        .write(move |tx| {
            let Some(user) = stored::find(tx, &id)? else { return Ok(Err(Error::not_found("user", &id))) };
            if change.disabled == Some(true) && !user.disabled && is_last_owner(tx, &user.id)? {
                return Ok(Err(last_owner()));
            }
            let mut after = user.clone();
            if let Some(hash) = &hash {
                stored::set_password(tx, &user.id, hash)?;
                trail.note(tx, "user.password", &format!("user/{}", user.name), None::<&()>, None::<&()>)?;
            }
            if let Some(disabled) = change.disabled {
                stored::set_disabled(tx, &user.id, disabled)?;
                after.disabled = disabled;
            }
            if after.disabled != user.disabled {
                let subject = format!("user/{}", user.name);
                trail.note(tx, "user.change", &subject, Some(&wire(&user)), Some(&wire(&after)))?;
            }
            if hash.is_some() || after.disabled {
                sessions::delete_of_user(tx, &user.id, None)?;
            }
            Ok(Ok(after))
        })
        .await?;
    Ok(Json(wire(&user)))
}

/// Whether nobody else owns the hub: without an owner nobody could ever grant anything again.
pub(super) fn is_last_owner(tx: &mut Tx<'_>, user: &str) -> Result<bool, StoreError> {
    let owners = grants::users_with(tx, "", Role::Owner.as_str())?;
    Ok(owners.iter().any(|owner| owner == user) && owners.len() == 1)
}

pub(super) fn last_owner() -> Error {
    Error::new(
        ProblemKind::Conflict,
        "this is the last owner of the hub: make another user owner of the root first",
    )
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GrantsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only those of this user.
    user: Option<String>,
    /// Only those on this scope itself.
    scope: Option<String>,
}

/// What is granted to users
///
/// On the scopes on which the caller may see it.
#[utoipa::path(get, path = "/api/v1/grants", tag = "access", params(GrantsAsked),
    responses((status = 200, description = "A page of grants", body = Page<Grant>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list_grants(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<GrantsAsked>,
) -> Result<Response, Error> {
    let filter =
        grants::Filter { user: asked.user, scope: asked.scope, within: caller.scopes(Role::SecurityReader) };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "grants", &["user", "scope", "role"], move |tx, cursor, limit| {
        let page = grants::list(tx, &filter, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(convert::pages(page, |row| {
            let role = auth::role(&row.role)?.role()?;
            Some(Grant { user: row.principal.clone(), scope: row.scope.clone(), role })
        }))
    })
    .await
}

/// Grant a role
///
/// Sets the user's role on the scope; what was granted there before is replaced. Only an owner of the scope may.
#[utoipa::path(put, path = "/api/v1/grants", tag = "access", request_body = Grant,
    responses((status = 200, description = "The grant", body = Grant),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn grant(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Json(grant): Json<Grant>,
) -> Result<Json<Grant>, Error> {
    caller.require(Role::Owner, &grant.scope)?;
    let made = grant.clone();
    state
        .write(move |tx| {
            let Some(user) = stored::find(tx, &grant.user)? else {
                return Ok(Err(Error::field("user", "there is no such user")));
            };
            if !grant.scope.is_empty() && scopes::find(tx, &grant.scope)?.is_none() {
                return Ok(Err(Error::field("scope", "there is no such scope")));
            }
            let before = granted(tx, &grant.user, &grant.scope)?;
            if before.as_ref() == Some(&grant) {
                return Ok(Ok(()));
            }
            if grant.scope.is_empty() && grant.role != Role::Owner && is_last_owner(tx, &grant.user)? {
                return Ok(Err(last_owner()));
            }
            grants::put(tx, &stored_grant(&grant))?;
            trail
                .note(tx, "grant.set", &subject(&user.name, &grant.scope), before.as_ref(), Some(&grant))
                .map(Ok)
        })
        .await?;
    Ok(Json(made))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GrantOf {
    /// The user's id.
    user: String,
    /// The scope; empty for the root.
    scope: String,
}

/// Take a role back
#[utoipa::path(delete, path = "/api/v1/grants", tag = "access", params(GrantOf),
    responses((status = 204, description = "Taken back"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn take_back(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Query(of): Query<GrantOf>,
) -> Result<StatusCode, Error> {
    caller.require(Role::Owner, &of.scope)?;
    state
        .write(move |tx| {
            let Some(before) = granted(tx, &of.user, &of.scope)? else {
                return Ok(Err(Error::not_found("grant of the user", &of.user)));
            };
            if of.scope.is_empty() && is_last_owner(tx, &of.user)? {
                return Ok(Err(last_owner()));
            }
            let name = stored::find(tx, &of.user)?.map_or_else(|| of.user.clone(), |user| user.name);
            grants::remove(tx, "user", &of.user, &of.scope)?;
            trail.note(tx, "grant.remove", &subject(&name, &of.scope), Some(&before), None::<&()>).map(Ok)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn subject(user: &str, scope: &str) -> String {
    format!("user/{user} on scope/{scope}")
}

fn stored_grant(grant: &Grant) -> grants::Grant {
    grants::Grant {
        kind: "user".to_owned(),
        principal: grant.user.clone(),
        scope: grant.scope.clone(),
        role: grant.role.as_str().to_owned(),
    }
}

/// What a user was granted on a scope itself.
fn granted(tx: &mut Tx<'_>, user: &str, scope: &str) -> Result<Option<Grant>, StoreError> {
    let held = auth::grants_of_user(tx, user)?;
    Ok(held.into_iter().find(|(on, _)| on == scope).map(|(scope, role)| Grant {
        user: user.to_owned(),
        scope,
        role,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_users_are_plain() {
        for (text, right) in [
            ("jane", true),
            ("jane.doe@example.org", true),
            ("", false),
            ("two words", false),
            ("slash/ed", false),
            ("ünicode", false),
            ("new\nline", false),
        ] {
            assert_eq!(name("name", text).is_ok(), right, "{text:?}");
        }
        assert!(name("name", &"x".repeat(65)).is_err());
    }
}
