//! The set-up link: how the first owner gets in. There is no default password.

use super::{micros, random};
use crate::{AppState, Error};
use api::{ProblemKind, Secret};
use store::{Micros, StoreError, Tx, setup, users};

/// How long a link can be redeemed, in seconds. A start of the hub gives another.
const VALID: i64 = 24 * 3600;

/// A one-time link, to be printed once.
#[derive(Clone, Debug)]
pub struct SetupLink {
    secret: Secret,
}

impl SetupLink {
    /// The address that the first owner opens, below `base` (`https://hub.example:8443`). What opens the door stands
    /// behind the `#`, which browsers send to nobody.
    #[must_use]
    pub fn url(&self, base: &str) -> String {
        format!("{}/setup#{}", base.trim_end_matches('/'), self.secret.expose())
    }

    /// What stands behind the `#`.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// A new set-up link if there is no user yet; links that were given before are void then.
///
/// # Errors
/// The store fails, or the system gives no random bytes.
pub async fn setup_link(state: &AppState) -> Result<Option<SetupLink>, Error> {
    let secret = random::text()?;
    let (hash, now) = (random::hash(&secret), state.clock.now());
    let needed = state
        .write(move |tx| {
            if users::any(tx)? {
                return Ok(Ok(false));
            }
            setup::replace(tx, &hash, Micros(now.0.saturating_add(micros(VALID))))?;
            Ok(Ok(true))
        })
        .await?;
    Ok(needed.then(|| SetupLink { secret: Secret::new(secret) }))
}

/// Whether the link is the one that was given out last and still opens the door: the hash under which it is kept.
pub(crate) fn check_link(
    tx: &mut Tx<'_>,
    link: &str,
    now: Micros,
) -> Result<Result<String, Error>, StoreError> {
    let hash = random::hash(link);
    let found =
        setup::find(tx)?.filter(|kept| random::same(&kept.hash, &hash) && !kept.used && kept.expires > now);
    if found.is_none() || users::any(tx)? {
        let detail = "the set-up link is not valid (any more): it works once and for a day; start the hub again for \
                      another, unless there is a user already";
        return Ok(Err(Error::new(ProblemKind::WrongCredentials, detail)));
    }
    Ok(Ok(hash))
}

/// Marks the link as used, in the transaction that makes the first owner.
pub(crate) fn redeem(tx: &mut Tx<'_>, link: &str, now: Micros) -> Result<Result<(), Error>, StoreError> {
    match check_link(tx, link, now)? {
        Ok(hash) => setup::used(tx, &hash).map(Ok),
        Err(error) => Ok(Err(error)),
    }
}
