//! `seawall login`.

use std::io::{self, Write};

use anyhow::{Context, Result};
use api::{
    Client, Secret,
    who::{MadeToken, Me, NewToken},
};
use reqwest::Method;

use crate::{
    cli::{HubArgs, Login},
    client::{self, Asking},
    cmd::ask::told_grants,
};

pub(crate) fn run(args: &Login) -> Result<u8> {
    let mut out = io::stdout().lock();
    let Some(url) = args.url.as_deref().filter(|_| !args.forget) else {
        let was = client::forget()?;
        writeln!(
            out,
            "{}",
            if was { "Forgotten; the token stays valid until it is revoked." } else { "There was no login." }
        )?;
        return Ok(0);
    };
    let hub = client::tidy(url, args.insecure_http)?;
    let given = HubArgs {
        hub: None,
        token_file: None,
        hub_ca: args.hub_ca.clone(),
        insecure_http: args.insecure_http,
    };
    let (asking, ca) = Asking::stranger(&given, &hub)?;
    let token = match &args.user {
        Some(user) => asking.as_user(Some(user), async |session| own_token(session, args.days).await)?,
        None => client::secret("Token: ").context("the token was not read")?,
    };
    let with_token = Client::new(&hub, Some(token.clone()), ca.as_deref().map(str::as_bytes))?;
    let me = asking.run(with_token.me())?;
    let path = client::keep(&client::Login { hub, token: Some(token), ca, user: args.user.clone() })?;
    writeln!(out, "Logged in to {} with the token '{}'", with_token.base(), report::plain(&me.name))?;
    writeln!(out, "It may: {}", told_grants(&me.grants))?;
    if let Some(expires) = &me.expires {
        writeln!(out, "Until {expires}; kept in {}", path.display())?;
    } else {
        writeln!(out, "Kept in {}", path.display())?;
    }
    Ok(0)
}

/// A token that may do what the user may, named after this machine.
async fn own_token(session: &Client, days: u32) -> Result<Secret, api::ClientError> {
    let me: Me = session.me().await?;
    let machine = rustix::system::uname().nodename().to_string_lossy().chars().take(64).collect::<String>();
    let new =
        NewToken { name: format!("seawall on {machine}"), expires_in_days: Some(days), grants: me.grants };
    let made: MadeToken = session.change(Method::POST, "/api/v1/tokens", &new).await?;
    Ok(made.secret)
}
