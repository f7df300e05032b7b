//! Asking a hub: which one, with what, and what its refusals mean for who typed.

mod config;
mod prompt;

use anyhow::{Context, Result, anyhow};
use api::{Client, ClientError, ProblemKind, Secret};

pub(crate) use config::{Login, forget, keep, tidy};
pub(crate) use prompt::secret;

use crate::{
    cli::HubArgs,
    cmd::catalogue::{self, read_text},
};

/// Bytes of a file with a token or with certificates.
const MAX_FILE: u64 = 1 << 20;

/// A hub that can be asked, on a runtime of its own.
pub(crate) struct Asking {
    runtime: tokio::runtime::Runtime,
    pub(crate) client: Client,
    /// Who logged in, where that is known.
    user: Option<String>,
}

impl Asking {
    /// The hub that was named, else the one that was logged in to.
    pub(crate) fn new(args: &HubArgs) -> Result<Self> {
        let login = named(args, config::read()?)?;
        let hub = tidy(&login.hub, args.insecure_http)?;
        let client = Client::new(&hub, login.token, login.ca.as_deref().map(str::as_bytes))?;
        Ok(Self { runtime: catalogue::runtime()?, client, user: login.user })
    }

    /// Does what asks, and says what to do where the hub refuses.
    pub(crate) fn run<T>(&self, asks: impl Future<Output = Result<T, ClientError>>) -> Result<T> {
        self.runtime.block_on(asks).map_err(explained)
    }
}

/// What was typed goes before what was kept, each by itself; but a token goes to the hub that it was kept for, and no
/// other.
fn named(args: &HubArgs, kept: Option<Login>) -> Result<Login> {
    let kept = kept.filter(|kept| args.hub.as_ref().is_none_or(|hub| config::same(hub, &kept.hub)));
    let hub = args.hub.clone().or_else(|| kept.as_ref().map(|kept| kept.hub.clone())).ok_or_else(|| {
        anyhow!(
            "no hub is named: log in with seawall login https://HOST:PORT, or give --hub and SEAWALL_TOKEN"
        )
    })?;
    let token = match (&args.token_file, std::env::var("SEAWALL_TOKEN")) {
        (Some(file), _) => Some(Secret::new(read_text(file, MAX_FILE)?.trim())),
        (None, Ok(token)) if !token.is_empty() => Some(Secret::new(token.trim())),
        (None, _) => kept.as_ref().and_then(|kept| kept.token.clone()),
    };
    let ca = match &args.hub_ca {
        Some(file) => Some(read_text(file, MAX_FILE)?),
        None => kept.as_ref().and_then(|kept| kept.ca.clone()),
    };
    let user = kept.and_then(|kept| kept.user);
    Ok(Login { hub, token, ca, user })
}

impl Asking {
    /// The hub at this address, which was not logged in to yet, and the certificates that were named for it.
    pub(crate) fn stranger(args: &HubArgs, hub: &str) -> Result<(Self, Option<String>)> {
        let ca = args.hub_ca.as_ref().map(|file| read_text(file, MAX_FILE)).transpose()?;
        let client = Client::new(hub, None, ca.as_deref().map(str::as_bytes))?;
        Ok((Self { runtime: catalogue::runtime()?, client, user: None }, ca))
    }

    /// Asks as a user, whose password is read from standard input or asked for, and logs out afterwards. Without a name
    /// it is the one that logged in.
    pub(crate) fn as_user<T>(
        &self,
        user: Option<&str>,
        asks: impl AsyncFnOnce(&Client) -> Result<T, ClientError>,
    ) -> Result<T> {
        let user = user.or(self.user.as_deref()).ok_or_else(|| {
            anyhow!("tokens are made by users and not by tokens: name yourself with --user")
        })?;
        let password = secret(&format!("Password of {user}: ")).context("the password was not read")?;
        self.run(async {
            let session = self.client.login(user, password).await?;
            let done = asks(&session).await;
            session.logout().await?;
            done
        })
    }
}

/// A hub's refusal, with what helps.
pub(crate) fn explained(error: ClientError) -> anyhow::Error {
    let helps = match &error {
        ClientError::Problem(problem) => match problem.kind() {
            Some(ProblemKind::Unauthenticated) => {
                Some("log in with a token that is valid: seawall login HUB")
            }
            Some(ProblemKind::Forbidden) => {
                Some("ask an owner of the hub for the role, or log in with another token")
            }
            Some(ProblemKind::Internal) => Some("the hub's log says why, under the id of the request"),
            Some(ProblemKind::Unavailable | ProblemKind::TimedOut | ProblemKind::TooManyRequests) => {
                Some("try again in a while")
            }
            _ => None,
        },
        ClientError::Network { .. } => {
            Some("does it run, and is the address right? A hub with a certificate of its own needs --hub-ca")
        }
        ClientError::Answer { status: 404, .. } => {
            Some("is it a hub, and is it as new as this program? This one may not know what was asked")
        }
        _ => None,
    };
    let mut texts = Vec::new();
    if let ClientError::Problem(problem) = &error {
        texts.extend(problem.errors.iter().map(|field| format!("{}: {}", field.field, field.message)));
        texts.extend(problem.request_id.as_ref().map(|id| format!("request {id}")));
    }
    texts.extend(helps.map(str::to_owned));
    let error = anyhow::Error::new(error);
    if texts.is_empty() { error } else { anyhow!("{error:#}; {}", texts.join("; ")) }
}
