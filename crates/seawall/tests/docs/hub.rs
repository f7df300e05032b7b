//! The hub that pages ask, where they do.

use std::{fs, path::Path};

use api::{
    Client, Secret,
    who::{MadeToken, NewToken, ScopeRole, Setup, TokenRole},
};
use reqwest::Method;

use crate::process::{self, seawall};

/// The hub, as the pages call it.
pub(crate) const HUB: &str = "localhost:7292";

/// A hub that runs, with an owner, jane, and a token of hers.
pub(crate) struct Hub {
    /// Ends with this.
    _process: process::Hub,
    /// Host and port.
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Hub {
    /// Starts one on the advisories of the bench, with its data in `folder`.
    pub(crate) fn start(folder: &Path, advisories: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut command = seawall(folder);
        command.env("SEAWALL_DATA_DIR", folder.join("data"));
        let process = process::Hub::start(
            command.args(["hub", "--listen", "127.0.0.1:0", "--log", "warn", "--advisories"]).arg(advisories),
        );
        let base = process.said("Console ");
        let link = process.said("Set-up link ");
        let token = tokio::runtime::Runtime::new().unwrap().block_on(token(&base, &link));
        Self { _process: process, address: base.strip_prefix("http://").unwrap().to_owned(), token }
    }
}

/// Redeems the link, and makes a token.
async fn token(base: &str, link: &str) -> String {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::new(base, None, None).unwrap();
    let (_, secret) = link.split_once('#').unwrap();
    let password = Secret::new("correct horse battery staple");
    let setup = Setup { link: Secret::new(secret), name: "jane".to_owned(), password: password.clone() };
    let _: serde_json::Value = client.change(Method::POST, "/api/v1/setup", &setup).await.unwrap();
    let session = client.login("jane", password).await.unwrap();
    let new = NewToken {
        name: "pipeline".to_owned(),
        expires_in_days: Some(90),
        grants: vec![ScopeRole { scope: String::new(), role: TokenRole::Owner }],
    };
    let made: MadeToken = session.change(Method::POST, "/api/v1/tokens", &new).await.unwrap();
    session.logout().await.unwrap();
    made.secret.expose().to_owned()
}
