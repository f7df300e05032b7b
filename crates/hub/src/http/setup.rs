//! First start.

use super::{Json, Peer, RequestId, Transport, session, users};
use crate::{
    AppState, Error,
    auth::{self, Passwords, Trail, random},
};
use api::{
    Problem,
    who::{Me, PrincipalKind, Role, ScopeRole, Setup, SetupState, TokenRole},
};
use axum::{Extension, extract::State, http::StatusCode, response::Response};
use store::{grants, users as stored};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(state, redeem))
}

/// Whether this hub waits for its first owner
#[utoipa::path(get, path = "/api/v1/setup", tag = "session", security(()),
    responses((status = 200, description = "Whether it does", body = SetupState),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn state(State(state): State<AppState>) -> Result<Json<SetupState>, Error> {
    let any = state.read(|tx| stored::any(tx).map(Ok)).await?;
    Ok(Json(SetupState { needed: !any }))
}

/// Redeem the set-up link
///
/// Makes the first user, who owns everything, and logs them in.
#[utoipa::path(post, path = "/api/v1/setup", tag = "session", security(()), request_body = Setup,
    responses((status = 201, description = "The first owner, logged in", body = Me),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn redeem(
    State(state): State<AppState>,
    Extension(peer): Extension<Peer>,
    Extension(transport): Extension<Transport>,
    request_id: RequestId,
    Json(setup): Json<Setup>,
) -> Result<Response, Error> {
    let now = state.clock.now();
    state.throttle.setup(peer, now)?;
    let name = users::name("name", &setup.name)?;
    Passwords::acceptable(&setup.password, &name, "password")?;
    // Hashing is dear: a link that is wrong does not get that far. It is looked at again below, where it counts.
    let link = setup.link.clone();
    state.read(move |tx| auth::check_link(tx, link.expose(), now).map(|found| found.map(|_| ()))).await?;
    let password_hash = state.passwords.hash(setup.password).await?;
    let user =
        stored::User { id: random::id()?, name: name.clone(), password_hash, created: now, disabled: false };
    let secret = random::text()?;
    let trail = Trail::of_user(&name, now, request_id);
    let (settings, cookie) = (state.settings.clone(), secret.clone());
    let (link, made) = (setup.link, user.clone());
    state
        .write(move |tx| {
            if let Err(error) = auth::redeem(tx, link.expose(), now)? {
                return Ok(Err(error));
            }
            stored::create(tx, &made)?;
            grants::put(
                tx,
                &grants::Grant {
                    kind: "user".to_owned(),
                    principal: made.id.clone(),
                    scope: String::new(),
                    role: Role::Owner.as_str().to_owned(),
                },
            )?;
            auth::open_session(tx, &made.id, &cookie, now, &settings)?;
            trail.note(
                tx,
                "setup",
                &format!("user/{}", made.name),
                None::<&()>,
                Some(&users::wire(&made)),
            )?;
            Ok(Ok(()))
        })
        .await?;
    let me = Me {
        kind: PrincipalKind::User,
        id: user.id,
        name: user.name,
        grants: vec![ScopeRole { scope: String::new(), role: TokenRole::Owner }],
        expires: Some(session::expires(&state, now)),
    };
    Ok(session::logged_in(&state, StatusCode::CREATED, me, &secret, transport))
}
