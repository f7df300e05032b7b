//! Passwords: argon2id, away from the threads that serve, few at a time.

use crate::{Error, problem};
use api::{ProblemKind, Secret};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// Memory of one hash in KiB. OWASP's least for argon2id is 19 MiB with two passes; 32 MiB with three costs an attacker
/// two and a half times that, a login about 60 ms, and two at a time stay well within the hub's memory.
const MEMORY: u32 = 32 << 10;
/// Passes over that memory.
const PASSES: u32 = 3;
/// Lanes: one. More would only pay with as many threads, and the hub has better uses for its cores.
const LANES: u32 = 1;
/// Hashes at a time: they bound memory (2 × 32 MiB) and leave the other cores to the rest of the hub.
const AT_A_TIME: usize = 2;
/// How long an attempt waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// The least length: NIST SP 800-63B wants 8 and says that length, not rules about kinds of characters, is what helps;
/// 12 is what it costs to be out of reach of guessing at this hash's price.
const SHORTEST: usize = 12;
/// The greatest length in bytes: any sentence, no megabytes.
const LONGEST: usize = 256;

/// Hashes and compares passwords.
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    /// A hash that no password has: compared when there is no such user, so that the answer takes the same time.
    nobody: String,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Error> {
        let nobody = hash(&super::random::text()?)?;
        Ok(Self { places: Arc::new(Semaphore::new(AT_A_TIME)), nobody })
    }

    /// Whether `password` may be one: else what is wrong with it. `field` names it in the request.
    pub(crate) fn acceptable(password: &Secret, name: &str, field: &str) -> Result<(), Error> {
        let text = password.expose();
        if text.chars().count() < SHORTEST {
            return Err(Error::field(field, format!("too short: at least {SHORTEST} characters")));
        }
        if text.len() > LONGEST {
            return Err(Error::field(field, format!("too long: at most {LONGEST} bytes")));
        }
        if text.eq_ignore_ascii_case(name) || text.chars().all(|c| text.starts_with(c)) {
            return Err(Error::field(field, "too easy to guess"));
        }
        Ok(())
    }

    /// The PHC string of a new password, with a salt of its own.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, Error> {
        self.turn(move || hash(password.expose())).await?
    }

    /// Whether `password` is the one of which `stored` is the hash. With nothing stored it takes as long, and is not.
    pub(crate) async fn verify(&self, password: Secret, stored: Option<String>) -> Result<bool, Error> {
        if password.expose().len() > LONGEST {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let same = self
            .turn(move || {
                let parsed = PasswordHash::new(&stored).map_err(|error| {
                    Error::internal(format!("a stored password hash is damaged: {error}"))
                })?;
                Ok::<_, Error>(
                    Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok(),
                )
            })
            .await??;
        Ok(same && known)
    }

    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let busy = || {
            Error::new(ProblemKind::Unavailable, "too many people log in at once; try again").retry_after(5)
        };
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| busy())?
            .map_err(problem::Error::internal)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            // Held by the work, not by the request: a client that goes away must not make room for a third.
            drop(place);
            done
        })
        .await
        .map_err(Error::internal)
    }
}

fn hash(password: &str) -> Result<String, Error> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(Error::internal)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password(password.as_bytes()).map_err(Error::internal)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2id_with_a_salt_of_its_own() {
        let (one, two) = (hash("correct horse battery").unwrap(), hash("correct horse battery").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=32768,t=3,p=1$"), "{one}");
        assert_ne!(one, two);
    }

    #[test]
    fn what_may_be_a_password() {
        for (password, right) in [
            ("short", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("administrator", false),
            ("correct horse battery", true),
            ("пароль из слов", true),
        ] {
            let got = Passwords::acceptable(&Secret::new(password), "Administrator", "password");
            assert_eq!(got.is_ok(), right, "{password}");
        }
        assert!(Passwords::acceptable(&Secret::new("ab".repeat(129)), "jane", "password").is_err());
    }
}
