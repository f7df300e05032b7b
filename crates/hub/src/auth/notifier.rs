//! Who sends a registry's notifications: the registry, by its secret, or a token with the duty.

use api::{
    ProblemKind, TOKEN_PREFIX,
    who::{Role, TokenRole},
};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use store::registries;

use super::{bearer, by_token};
use crate::{
    AppState, Error,
    http::Peer,
    notify::{self, Refusal},
};

/// What a wrong and a missing secret, and a registry that nobody knows, are answered with: whoever asks learns nothing of
/// which registries there are.
const REFUSED: &str = "there is no such registry, or its secret is missing or wrong: send the one that was shown when it was \
                       connected, as a bearer token or as the password of a basic login, or make a new one";

/// Lets in whoever may send notifications of the registry.
pub(crate) async fn admit(
    state: &AppState,
    headers: &HeaderMap,
    registry: Option<i64>,
    peer: Peer,
) -> Result<(), Error> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let id = registry.unwrap_or_default();
    let token = given.and_then(bearer);
    if token.is_some_and(|token| token.starts_with(TOKEN_PREFIX)) {
        let caller = by_token(state, token, peer).await?;
        let found = state.read(move |tx| match registries::get(tx, id) {
            Ok(registry) => Ok(Ok(Some(registry.scope))),
            Err(store::StoreError::NotFound { .. }) => Ok(Ok(None)),
            Err(error) => Err(error),
        });
        return match found.await? {
            Some(scope)
                if caller.has_duty(TokenRole::Notify, &scope) || caller.may(Role::SecurityAdmin, &scope) =>
            {
                Ok(())
            }
            _ => Err(Error::new(ProblemKind::Unauthenticated, REFUSED)),
        };
    }
    let secret = match token {
        Some(token) => Some(token.to_owned()),
        None => given.and_then(password),
    };
    match notify::knows(&state.store, id, secret.as_deref()).await {
        Ok(_) => Ok(()),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(refusal) => {
            state.metrics.notification(refusal.reason(), 1);
            state.throttle.forged(peer, state.clock.now())?;
            Err(Error::new(ProblemKind::Unauthenticated, REFUSED))
        }
    }
}

/// The password of a basic login (RFC 7617).
fn password(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let login = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    login.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_basic_login_is_found() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(password(&basic("seawall:swn_x")).as_deref(), Some("swn_x"));
        assert_eq!(password(&basic(":a:b")).as_deref(), Some("a:b"));
        for wrong in ["", "Basic", "Basic !!", "Bearer c2Vhd2FsbDp4", &basic("nothing")] {
            assert_eq!(password(wrong), None, "{wrong}");
        }
    }
}
