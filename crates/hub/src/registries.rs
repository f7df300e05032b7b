//! Registries as the hub uses them: how one is reached, and which of its images are assessed.

mod probe;
mod standing;

use oci::{Options, Secret, Timeouts};
use serde::{Deserialize, Serialize};
use store::{
    Store, StoreError,
    registries::{Registry, Settings},
};

use crate::{
    seal::{SealError, Sealer},
    worker::Order,
};

pub use probe::{Seen as Probed, probe};
pub use standing::{Seen, Standing, standing};

/// Name and password of a registry, as they are sealed.
#[derive(Serialize, Deserialize)]
struct Login {
    user: String,
    password: String,
}

/// Why a registry cannot be reached as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its credentials cannot be sealed or opened.
    #[error("registry {registry}: {source}")]
    Seal {
        /// The registry's name.
        registry: String,
        /// Why.
        source: SealError,
    },
    /// The address is none, or what is there is no registry.
    #[error(transparent)]
    Oci(#[from] oci::Error),
}

/// A registry with its credentials open.
#[derive(Clone, Debug)]
pub struct Reached {
    /// The registry.
    pub registry: Registry,
    login: Option<(String, Secret)>,
}

/// Seals name and password for the registry `id`.
///
/// # Errors
/// When they are too large.
pub fn seal_login(sealer: &Sealer, id: i64, user: &str, password: &Secret) -> Result<Vec<u8>, SealError> {
    let login = Login { user: user.to_owned(), password: password.expose().to_owned() };
    let json = serde_json::to_string(&login).map_err(|_| SealError::Damaged)?;
    sealer.seal(&owner(id), &Secret::new(json))
}

/// What credentials of a registry are sealed for.
fn owner(id: i64) -> String {
    format!("registry/{id}")
}

/// Settings of a new registry: with its mark, and with the secret for its notifications, which is told this once.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_secrets(settings: Settings) -> Result<(Settings, Secret), SealError> {
    let (secret, events_hash) = new_events_secret()?;
    let mark = crate::seal::random_token("")?;
    let mark = mark.expose().chars().take(32).collect();
    Ok((Settings { mark, events_hash, ..settings }, secret))
}

/// A new secret for a registry's notifications, and the hash that is kept of it.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_events_secret() -> Result<(Secret, String), SealError> {
    let secret = crate::seal::random_token("swn_")?;
    let hash = crate::seal::hex(&crate::seal::token_hash(secret.expose()));
    Ok((secret, hash))
}

impl Reached {
    /// The registry `id` with its credentials.
    ///
    /// # Errors
    /// When there is none, or its credentials do not open.
    pub async fn load(store: &Store, sealer: &Sealer, id: i64) -> Result<Self, RegistryError> {
        let (registry, sealed) = store
            .read(move |tx| Ok((store::registries::get(tx, id)?, store::registries::secret(tx, id)?)))
            .await?;
        let failed = |source| RegistryError::Seal { registry: registry.name.clone(), source };
        let login = match sealed {
            None => None,
            Some(sealed) => {
                let opened = sealer.open_sealed(&owner(id), &sealed).map_err(failed)?;
                let login: Login =
                    serde_json::from_str(opened.expose()).map_err(|_| failed(SealError::Damaged))?;
                Some((login.user, Secret::new(login.password)))
            }
        };
        Ok(Self { registry, login })
    }

    /// How it is asked.
    #[must_use]
    pub fn options(&self, timeouts: &Timeouts) -> Options {
        let settings = &self.registry.settings;
        Options {
            insecure: settings.insecure,
            ca_texts: authorities(settings),
            docker_config: None,
            login: self.login.clone(),
            agent: Some(settings.mark.clone()),
            allow_hosts: settings.allow_hosts.clone(),
            timeouts: timeouts.clone(),
            retries: 2,
            ..Options::default()
        }
    }

    /// An order to scan one of its images.
    #[must_use]
    pub fn order(&self, repository: &str, digest: &str) -> Order {
        let settings = &self.registry.settings;
        Order {
            login: self.login.as_ref().map(|(user, password)| (user.clone(), password.expose().to_owned())),
            mark: Some(settings.mark.clone()),
            authorities: authorities(settings),
            insecure: settings.insecure,
            allow_hosts: settings.allow_hosts.clone(),
            ..Order::new(format!("{}/{repository}@{digest}", self.registry.address))
        }
    }
}

fn authorities(settings: &Settings) -> Vec<String> {
    if settings.authorities.is_empty() { Vec::new() } else { vec![settings.authorities.clone()] }
}
