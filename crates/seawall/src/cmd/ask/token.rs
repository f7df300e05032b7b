//! `seawall token`: made, listed and revoked by users, with their password; a token makes no tokens.

use std::io::{self, Write};

use anyhow::{Result, anyhow};
use api::who::{self, MadeToken, NewToken, ScopeRole, TokenRole};
use reqwest::Method;

use super::{show, table, told_grants};
use crate::{
    cli::{Print, Token, TokenCommand, TokenCreate},
    client::Asking,
};

pub(crate) fn run(args: &Token) -> Result<u8> {
    match &args.command {
        TokenCommand::Create(create) => self::create(create),
        TokenCommand::List { who, shown } => {
            let asking = Asking::new(&who.hub)?;
            let tokens: Vec<who::Token> = asking
                .as_user(who.user.as_deref(), async |session| session.all("/api/v1/tokens", &[]).await)?;
            show(*shown, &tokens, |tokens| rows(tokens))
        }
        TokenCommand::Revoke { id, who } => {
            let asking = Asking::new(&who.hub)?;
            let path = format!("/api/v1/tokens/{}", super::part(id));
            asking.as_user(who.user.as_deref(), async |session| session.act(Method::DELETE, &path).await)?;
            writeln!(io::stdout().lock(), "Revoked {}", report::plain(id))?;
            Ok(0)
        }
    }
}

fn create(args: &TokenCreate) -> Result<u8> {
    let grants = args.grant.iter().map(|text| grant(text)).collect::<Result<Vec<_>>>()?;
    let new = NewToken { name: args.name.clone(), expires_in_days: Some(args.days), grants };
    let asking = Asking::new(&args.who.hub)?;
    let made: MadeToken = asking.as_user(args.who.user.as_deref(), async |session| {
        session.change(Method::POST, "/api/v1/tokens", &new).await
    })?;
    let mut out = io::stdout().lock();
    match args.shown.format {
        // Alone on its line, so that a script takes it as it is.
        Print::Table => writeln!(out, "{}", made.secret.expose())?,
        Print::Json => {
            serde_json::to_writer_pretty(&mut out, &made)?;
            writeln!(out)?;
        }
    }
    Ok(0)
}

/// `viewer`, `publish:shop`.
fn grant(text: &str) -> Result<ScopeRole> {
    let (role, scope) = text.split_once(':').unwrap_or((text, ""));
    let role = TokenRole::ALL.into_iter().find(|known| known.as_str() == role).ok_or_else(|| {
        let all: Vec<&str> = TokenRole::ALL.iter().map(|role| role.as_str()).collect();
        anyhow!("--grant {text}: there is no role '{role}'; there are {}", all.join(", "))
    })?;
    Ok(ScopeRole { scope: scope.to_owned(), role })
}

fn rows(tokens: &[who::Token]) -> String {
    let rows: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            let end = if token.revoked {
                "revoked".to_owned()
            } else {
                super::day(token.expires.as_deref().unwrap_or("never")).to_owned()
            };
            vec![
                token.id.clone(),
                token.name.clone(),
                told_grants(&token.grants),
                super::day(&token.created).to_owned(),
                end,
            ]
        })
        .collect();
    table(&["Id", "Name", "May", "Made", "Ends"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_a_role_and_a_scope() {
        let whole = grant("publish").unwrap();
        assert_eq!((whole.role, whole.scope.as_str()), (TokenRole::Publish, ""));
        let part = grant("security_admin:shop/web").unwrap();
        assert_eq!((part.role, part.scope.as_str()), (TokenRole::SecurityAdmin, "shop/web"));
        let error = grant("admin").unwrap_err().to_string();
        assert!(error.contains("security_admin, owner, publish"), "{error}");
    }
}
