//! Who asks: sessions of users, API tokens, the set-up link.

mod caller;
pub(crate) mod cookie;
pub(crate) mod csrf;
mod link;
pub(crate) mod notifier;
mod password;
pub(crate) mod random;
mod throttle;
mod trail;

pub use caller::Caller;
pub(crate) use caller::{missing, needed_to_give};
pub use link::{SetupLink, setup_link};
pub(crate) use link::{check_link, redeem};
pub(crate) use password::Passwords;
pub(crate) use throttle::Throttle;
pub use trail::Trail;

use crate::{AppState, Error, http::Peer};
use api::{
    ProblemKind, TOKEN_PREFIX,
    who::{Role, TokenRole},
};
use axum::http::{HeaderMap, header};
use store::{Micros, StoreError, Tx, grants, sessions, tokens, users};

/// A session's time of last use is written at most this often, in seconds: a page asks many times a minute.
const TOUCH: i64 = 60;

/// Finds out who sent a request.
pub(crate) async fn authenticate(state: &AppState, headers: &HeaderMap, peer: Peer) -> Result<Caller, Error> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // Whoever shows a token means the token, also if a browser adds a cookie.
        let token = value.to_str().ok().and_then(bearer);
        return by_token(state, token, peer).await;
    }
    match cookie::find(headers) {
        Some(secret) => by_session(state, secret).await,
        None => Err(Error::of(ProblemKind::Unauthenticated)),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn by_session(state: &AppState, secret: &str) -> Result<Caller, Error> {
    let hash = random::hash(secret);
    let now = state.clock.now();
    let idle = state.settings.session_idle;
    let key = hash.clone();
    let found = state
        .read(move |tx| {
            let Some(session) = sessions::find(tx, &key)? else { return Ok(Ok(None)) };
            if session.expires <= now || session.last_seen.0.saturating_add(micros(idle)) <= now.0 {
                return Ok(Ok(None));
            }
            let Some(user) = users::find(tx, &session.user)?.filter(|user| !user.disabled) else {
                return Ok(Ok(None));
            };
            let grants = grants_of_user(tx, &user.id)?;
            Ok(Ok(Some((session, user, grants))))
        })
        .await?;
    let Some((session, user, grants)) = found else {
        return Err(Error::new(ProblemKind::Unauthenticated, "the session has ended"));
    };
    if session.last_seen.0.saturating_add(micros(TOUCH)) <= now.0 {
        let key = hash.clone();
        state.write(move |tx| sessions::touch(tx, &key, now).map(Ok)).await?;
    }
    Ok(Caller::user(user.id, user.name, grants, hash, session.expires))
}

async fn by_token(state: &AppState, token: Option<&str>, peer: Peer) -> Result<Caller, Error> {
    let now = state.clock.now();
    let dead = |state: &AppState| {
        // Counted only when it fails: a valid token has a limit of its own.
        match state.throttle.forged(peer, now) {
            Ok(()) => Error::new(
                ProblemKind::Unauthenticated,
                "the token is not valid: it was never given out, has expired or was revoked",
            ),
            Err(limited) => limited,
        }
    };
    let Some((id, secret)) =
        token.and_then(|token| token.strip_prefix(TOKEN_PREFIX)).and_then(|rest| rest.split_once('_'))
    else {
        return Err(dead(state));
    };
    // What cannot be one of ours is not looked up.
    if id.len() != 16 || secret.len() != 43 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(dead(state));
    }
    let (key, hash) = (id.to_owned(), random::hash(secret));
    let found = state
        .read(move |tx| {
            let Some(token) = tokens::find(tx, &key)? else { return Ok(Ok(None)) };
            let live = !token.revoked && token.expires.is_none_or(|expires| expires > now);
            if !random::same(&token.hash, &hash) || !live {
                return Ok(Ok(None));
            }
            // A token dies with its maker.
            if users::find(tx, &token.created_by)?.is_none_or(|user| user.disabled) {
                return Ok(Ok(None));
            }
            let granted = grants_of_token(tx, &token.id)?;
            let ceiling = grants_of_user(tx, &token.created_by)?;
            Ok(Ok(Some(Caller::token(
                token.id,
                token.name,
                granted,
                token.created_by,
                ceiling,
                token.expires,
            ))))
        })
        .await?;
    let Some(caller) = found else { return Err(dead(state)) };
    state.throttle.token(&caller.id, now).inspect_err(|_| state.metrics.limited())?;
    Ok(caller)
}

pub(crate) fn grants_of_user(tx: &mut Tx<'_>, user: &str) -> Result<Vec<(String, Role)>, StoreError> {
    let rows = grants::of(tx, "user", user)?;
    // A role that this release does not know gives nothing.
    Ok(rows.into_iter().filter_map(|row| Some((row.scope, role(&row.role)?.role()?))).collect())
}

pub(crate) fn grants_of_token(tx: &mut Tx<'_>, token: &str) -> Result<Vec<(String, TokenRole)>, StoreError> {
    let rows = grants::of(tx, "token", token)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.scope, role(&row.role)?))).collect())
}

/// The role that is written so.
pub(crate) fn role(text: &str) -> Option<TokenRole> {
    TokenRole::ALL.into_iter().find(|role| role.as_str() == text)
}

/// Seconds as microseconds.
pub(crate) const fn micros(seconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000)
}

/// A new session of a user: its secret, for the cookie. Sessions that have ended are swept out on the way.
pub(crate) fn open_session(
    tx: &mut Tx<'_>,
    user: &str,
    secret: &str,
    now: Micros,
    settings: &crate::Settings,
) -> Result<(), StoreError> {
    sessions::purge(tx, now, Micros(now.0.saturating_sub(micros(settings.session_idle))))?;
    sessions::create(
        tx,
        &sessions::Session {
            id_hash: random::hash(secret),
            user: user.to_owned(),
            created: now,
            expires: Micros(now.0.saturating_add(micros(settings.session_most))),
            last_seen: now,
        },
    )
}
