//! API tokens.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    extract, wire as convert,
};
use crate::{
    AppState, Error,
    auth::{self, Caller, Trail, micros, missing, needed_to_give, random},
};
use api::{
    Order, Page, Problem, Secret, TOKEN_PREFIX,
    who::{MadeToken, NewToken, Role, ScopeRole, Token},
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use store::{Micros, StoreError, Tx, grants, scopes, tokens};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Days until a token ends if nobody says otherwise: a quarter, so that forgotten ones do not lie around for years.
const DAYS: u32 = 90;
const MOST_DAYS: u32 = 3650;
const MOST_GRANTS: usize = 32;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TokensAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only those that were revoked, or only those that were not.
    revoked: Option<bool>,
}

/// Tokens
///
/// One's own; an owner of the hub sees all. The newest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "access", params(TokensAsked), security(("session" = [])),
    responses((status = 200, description = "A page of tokens", body = Page<Token>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<TokensAsked>,
) -> Result<Response, Error> {
    let created_by = (!caller.may(Role::Owner, "")).then(|| caller.user.clone());
    let filter = tokens::Filter { created_by, revoked: asked.revoked };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["id", "name", "created", "expires", "createdBy", "revoked", "grants"];
    export::list(&state, asked, "tokens", columns, move |tx, cursor, limit| {
        let page = tokens::list(tx, &filter, &convert::ask(cursor, limit, Order::Desc))?;
        let items = page.items.iter().map(|token| wire(tx, token)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next.map(|next| next.0), total: None })
    })
    .await
}

/// Make a token
///
/// It may do no more than its maker, at any time. Its secret is in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "access", request_body = NewToken, security(("session" = [])),
    responses((status = 201, description = "The token", body = MadeToken),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Error> {
    let name = extract::line("name", &new.name, 128)?;
    let days = new.expires_in_days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::field("expiresInDays", format!("must be from 1 to {MOST_DAYS}")));
    }
    if new.grants.is_empty() || new.grants.len() > MOST_GRANTS {
        return Err(Error::field("grants", format!("must be 1 to {MOST_GRANTS}")));
    }
    for grant in &new.grants {
        let needed = needed_to_give(grant.role);
        if !caller.may(needed, &grant.scope) {
            return Err(missing(needed, &grant.scope));
        }
    }
    let (id, secret) = (random::id()?, random::text()?);
    let token = tokens::Token {
        id: id.clone(),
        name,
        hash: random::hash(&secret),
        created: trail.now,
        expires: Some(Micros(trail.now.0.saturating_add(micros(i64::from(days) * 86_400)))),
        created_by: caller.user,
        revoked: false,
    };
    let made = state
        .write(move |tx| {
            for (index, grant) in new.grants.iter().enumerate() {
                if !grant.scope.is_empty() && scopes::find(tx, &grant.scope)?.is_none() {
                    let field = format!("grants[{index}].scope");
                    return Ok(Err(Error::field(field, "there is no such scope")));
                }
            }
            tokens::create(tx, &token)?;
            for grant in &new.grants {
                let grant = grants::Grant {
                    kind: "token".to_owned(),
                    principal: token.id.clone(),
                    scope: grant.scope.clone(),
                    role: grant.role.as_str().to_owned(),
                };
                grants::put(tx, &grant)?;
            }
            let made = wire(tx, &token)?;
            trail.note(tx, "token.create", &subject(&token), None::<&()>, Some(&made))?;
            Ok(Ok(made))
        })
        .await?;
    let secret = Secret::new(format!("{TOKEN_PREFIX}{id}_{secret}"));
    Ok((StatusCode::CREATED, Json(MadeToken { secret, token: made })))
}

/// Revoke a token
///
/// One's own; an owner of the hub may revoke any. It is dead for good.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "access", security(("session" = [])),
    params(("id" = String, Path, description = "The token's id")),
    responses((status = 204, description = "Revoked"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    state
        .write(move |tx| {
            let mine = |token: &tokens::Token| token.created_by == caller.user || caller.may(Role::Owner, "");
            let Some(token) = tokens::find(tx, &id)?.filter(mine) else {
                return Ok(Err(Error::not_found("token", &id)));
            };
            if !token.revoked {
                let before = wire(tx, &token)?;
                tokens::revoke(tx, &id)?;
                let after = Token { revoked: true, ..before.clone() };
                trail.note(tx, "token.revoke", &subject(&token), Some(&before), Some(&after))?;
            }
            Ok(Ok(()))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn subject(token: &tokens::Token) -> String {
    format!("token/{}", token.id)
}

fn wire(tx: &mut Tx<'_>, token: &tokens::Token) -> Result<Token, StoreError> {
    let grants = auth::grants_of_token(tx, &token.id)?;
    Ok(Token {
        id: token.id.clone(),
        name: token.name.clone(),
        created: convert::time(token.created),
        expires: token.expires.map(convert::time),
        created_by: token.created_by.clone(),
        revoked: token.revoked,
        grants: grants.into_iter().map(|(scope, role)| ScopeRole { scope, role }).collect(),
    })
}
