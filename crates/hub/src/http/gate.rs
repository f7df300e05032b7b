//! The gate before every handler: the table of permissions, credentials, CSRF, size and time.

use super::{Peer, outer::Actor};
use crate::{
    AppState, Error,
    auth::{self, Caller},
    permissions::{self, Access, On},
};
use api::{
    ProblemKind,
    who::{PrincipalKind, Role},
};
use axum::{
    extract::{MatchedPath, RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{net::IpAddr, time::Duration};
use tokio::time::timeout;

/// How large the body of this request may be: put into the request for whoever reads the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimit(pub(super) usize);

pub(super) async fn gate(
    State(state): State<AppState>,
    path: MatchedPath,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    // Percent signs that stand for no UTF-8: no such thing can be there.
    let Ok(parameters) = parameters else { return Error::of(ProblemKind::NotFound).into_response() };
    let Some(row) = permissions::find(request.method(), path.as_str()) else {
        // A route without a row: nobody may, and a test fails.
        return Error::internal(format!("{} {} has no permissions", request.method(), path.as_str()))
            .into_response();
    };
    // The credentials first: whoever may not ask learns nothing else.
    let asked = Asked {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        peer: request.extensions().get::<Peer>().copied().unwrap_or(Peer(IpAddr::from([0, 0, 0, 0]))),
    };
    let caller = match admit(&state, row.access, &parameters, asked).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    if announced(&request) > row.body {
        return too_large(row.body).into_response();
    }
    request.extensions_mut().insert(BodyLimit(row.body));
    let actor = caller.as_ref().map(Caller::actor);
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let limit = Duration::from_secs(row.seconds);
    let mut response = match timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "it took longer than it may; ask for less, or send the body faster";
            Error::new(ProblemKind::TimedOut, detail).retry_after(5).into_response()
        }
    };
    if let Some(actor) = actor {
        response.extensions_mut().insert(Actor(actor));
    }
    response
}

/// What the gate looks at. Not the request itself: its body cannot be shared between threads.
struct Asked<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    peer: Peer,
}

/// Lets in whom the table lets in.
async fn admit(
    state: &AppState,
    access: Access,
    parameters: &RawPathParams,
    Asked { method, uri, headers, peer }: Asked<'_>,
) -> Result<Option<Caller>, Error> {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if access == Access::Public {
        // Someone else's page must not log a user in (or out) either.
        if changes {
            auth::csrf::check(headers, uri)?;
        }
        return Ok(None);
    }
    if access == Access::Notifier {
        let id = parameters.iter().find_map(|(key, value)| (key == "id").then_some(value));
        auth::notifier::admit(state, headers, id.and_then(|id| id.parse().ok()), peer).await?;
        return Ok(None);
    }
    let caller = auth::authenticate(state, headers, peer).await?;
    if changes && caller.kind == PrincipalKind::User {
        auth::csrf::check(headers, uri)?;
    }
    match access {
        Access::Public | Access::Known | Access::Notifier => {}
        Access::User => {
            if caller.kind != PrincipalKind::User {
                let detail = "this is for users who are logged in, not for tokens";
                return Err(Error::new(ProblemKind::Forbidden, detail));
            }
        }
        Access::Role { role, duty, on } => match on {
            On::Somewhere => {
                let on_duty = duty.is_some_and(|duty| {
                    caller.grants().iter().any(|(scope, held)| *held == duty && caller.has_duty(duty, scope))
                });
                if !on_duty && caller.scopes(role).is_empty() {
                    return Err(needs(role));
                }
            }
            On::Hub | On::Path(_) => {
                let scope = match on {
                    On::Path(name) => parameters
                        .iter()
                        .find_map(|(key, value)| (key == name).then_some(value))
                        .ok_or_else(|| Error::internal(format!("the path has no parameter {name}")))?,
                    On::Hub | On::Somewhere => "",
                };
                if !duty.is_some_and(|duty| caller.has_duty(duty, scope)) {
                    caller.require(role, scope)?;
                }
            }
        },
    }
    Ok(Some(caller))
}

fn needs(role: Role) -> Error {
    let role = role.as_str().replace('_', " ");
    Error::new(ProblemKind::Forbidden, format!("it needs the role {role} on some scope: ask an owner for it"))
}

/// The length of the body, as far as the head tells.
fn announced(request: &Request) -> usize {
    request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse().ok())
        .unwrap_or_default()
}

/// The body is larger than `limit` bytes.
pub(super) fn too_large(limit: usize) -> Error {
    Error::new(ProblemKind::TooLarge, format!("at most {limit} bytes are taken here"))
}
