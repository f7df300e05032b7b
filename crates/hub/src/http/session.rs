//! Login, logout, who I am.

use super::{Json, Peer, RequestId, Transport, wire};
use crate::{
    AppState, Error,
    auth::{self, Caller, Passwords, Trail, cookie, micros, random},
    metrics::LoginResult,
};
use api::{
    Problem, ProblemKind,
    who::{ChangePassword, Login, Me, PrincipalKind, ScopeRole},
};
use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use store::{Micros, sessions, users as stored};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(change_password))
}

/// Log in
///
/// Sets the cookie of a session. The answer to a name that does not exist is that to a wrong password.
#[utoipa::path(post, path = "/api/v1/login", tag = "session", security(()), request_body = Login,
    responses((status = 200, description = "Logged in", body = Me),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn login(
    State(state): State<AppState>,
    Extension(peer): Extension<Peer>,
    Extension(transport): Extension<Transport>,
    request_id: RequestId,
    Json(login): Json<Login>,
) -> Result<Response, Error> {
    let now = state.clock.now();
    state
        .throttle
        .login(peer, &login.name, now)
        .inspect_err(|_| state.metrics.login(LoginResult::Limited))?;
    let name = login.name;
    let user = if name.len() <= 256 && !name.contains('\0') {
        let wanted = name.clone();
        state.read(move |tx| stored::by_name(tx, &wanted).map(Ok)).await?
    } else {
        None
    };
    let stored_hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = state.passwords.verify(login.password, stored_hash).await?;
    // A disabled user is told what a wrong password is told, and takes as long.
    let Some(user) = user.filter(|user| right && !user.disabled) else {
        state.metrics.login(LoginResult::Refused);
        tracing::warn!(target: "hub::http", name = crate::problem::shown(&name), peer = %peer.0, "login refused");
        return Err(Error::of(ProblemKind::WrongCredentials));
    };
    let secret = random::text()?;
    let trail = Trail::of_user(&user.name, now, request_id);
    let (settings, cookie, who) = (state.settings.clone(), secret.clone(), user.clone());
    let grants = state
        .write(move |tx| {
            auth::open_session(tx, &who.id, &cookie, now, &settings)?;
            trail.note(tx, "login", &format!("user/{}", who.name), None::<&()>, None::<&()>)?;
            auth::grants_of_user(tx, &who.id).map(Ok)
        })
        .await?;
    state.metrics.login(LoginResult::Accepted);
    let caller = Caller::user(user.id, user.name, grants, String::new(), Micros(0));
    let me = Me { expires: Some(expires(&state, now)), ..about(&caller) };
    Ok(logged_in(&state, StatusCode::OK, me, &secret, transport))
}

/// Log out
///
/// Ends the session for good and takes its cookie away.
#[utoipa::path(post, path = "/api/v1/logout", tag = "session", security(("session" = [])),
    responses((status = 204, description = "Logged out"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn logout(
    State(state): State<AppState>,
    Extension(transport): Extension<Transport>,
    caller: Caller,
    trail: Trail,
) -> Result<Response, Error> {
    let subject = caller.actor();
    if let Some(session) = caller.session {
        state
            .write(move |tx| {
                sessions::delete(tx, &session)?;
                trail.note(tx, "logout", &subject, None::<&()>, None::<&()>).map(Ok)
            })
            .await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie::clear(transport) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Who I am
#[utoipa::path(get, path = "/api/v1/me", tag = "session",
    responses((status = 200, description = "Who asks, and what they may do", body = Me),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn me(caller: Caller) -> Json<Me> {
    Json(about(&caller))
}

/// Change my password
///
/// Every other session of the user ends.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "session", security(("session" = [])),
    request_body = ChangePassword,
    responses((status = 204, description = "Changed"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn change_password(
    State(state): State<AppState>,
    Extension(peer): Extension<Peer>,
    caller: Caller,
    trail: Trail,
    Json(change): Json<ChangePassword>,
) -> Result<StatusCode, Error> {
    // Whoever finds an open browser must not be able to guess on.
    state.throttle.login(peer, &caller.name, trail.now)?;
    Passwords::acceptable(&change.new, &caller.name, "new")?;
    let id = caller.user.clone();
    let user = state.read(move |tx| stored::find(tx, &id).map(Ok)).await?;
    let stored_hash = user.map(|user| user.password_hash);
    if !state.passwords.verify(change.current, stored_hash).await? {
        return Err(Error::field("current", "is not the password"));
    }
    let hash = state.passwords.hash(change.new).await?;
    let subject = caller.actor();
    state
        .write(move |tx| {
            stored::set_password(tx, &caller.user, &hash)?;
            sessions::delete_of_user(tx, &caller.user, caller.session.as_deref())?;
            trail.note(tx, "user.password", &subject, None::<&()>, None::<&()>).map(Ok)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn about(caller: &Caller) -> Me {
    let grants =
        caller.grants().iter().map(|(scope, role)| ScopeRole { scope: scope.clone(), role: *role }).collect();
    Me {
        kind: caller.kind,
        id: caller.id.clone(),
        name: caller.name.clone(),
        grants,
        expires: caller.expires.map(wire::time),
    }
}

/// When a session that begins now ends in any case.
pub(super) fn expires(state: &AppState, now: Micros) -> String {
    wire::time(Micros(now.0.saturating_add(micros(state.settings.session_most))))
}

/// The answer to whoever just logged in, with the cookie.
pub(super) fn logged_in(
    state: &AppState,
    status: StatusCode,
    me: Me,
    secret: &str,
    transport: Transport,
) -> Response {
    debug_assert_eq!(me.kind, PrincipalKind::User);
    let mut response = (status, Json(me)).into_response();
    if let Some(cookie) = cookie::set(secret, state.settings.session_most, transport) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
