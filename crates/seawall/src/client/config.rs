//! Which hub was logged in to, and the token for it: a file that its owner alone can read.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use api::Secret;
use serde::{Deserialize, Serialize};

use crate::{cmd::catalogue::read_text, output::warn};

/// Bytes of the file.
const MAX_FILE: u64 = 1 << 20;

/// A hub, and what it is asked with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Login {
    /// Its address.
    pub(crate) hub: String,
    /// The token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Secret>,
    /// Certificates to trust in place of the public authorities', PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<String>,
    /// Who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

/// `$XDG_CONFIG_HOME/seawall/login.json`, else `~/.config/seawall/login.json`.
fn place() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")).ok_or_else(|| {
            anyhow!("HOME is not set: the login has no place; give --hub and SEAWALL_TOKEN")
        })?,
    };
    Ok(base.join("seawall/login.json"))
}

/// What was kept, where there is something.
pub(super) fn read() -> Result<Option<Login>> {
    // Without a home nothing was kept.
    let Ok(path) = place() else { return Ok(None) };
    if !path.exists() {
        return Ok(None);
    }
    let mode = fs::metadata(&path).map(|is| is.mode() & 0o077).unwrap_or_default();
    if mode != 0 {
        warn(&format!("{} can be read by others: chmod 600 it, and revoke the token in it", path.display()));
    }
    let text = read_text(&path, MAX_FILE)?;
    // What the parser says may quote the token.
    let login = serde_json::from_str(&text)
        .map_err(|_| anyhow!("{} is no login of this program: remove it and log in again", path.display()))?;
    Ok(Some(login))
}

/// Keeps a login; gives the file.
pub(crate) fn keep(login: &Login) -> Result<PathBuf> {
    let path = place()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let beside = folder.join(format!(".login.{}.part", std::process::id()));
    let text = serde_json::to_string_pretty(login)?;
    let _ = fs::remove_file(&beside);
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| writeln!(file, "{text}"))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

/// Forgets the login; says whether there was one.
pub(crate) fn forget() -> Result<bool> {
    let path = place()?;
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{} cannot be removed", path.display())),
    }
}

/// Do two addresses mean the same hub?
pub(super) fn same(one: &str, other: &str) -> bool {
    let origin = |text: &str| url::Url::parse(text).map(|url| url.origin().ascii_serialization());
    matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
}

/// An address of a hub as it is kept: scheme, host, port. Plain HTTP to another machine must be `open`ly asked for.
pub(crate) fn tidy(hub: &str, open: bool) -> Result<String> {
    let url =
        url::Url::parse(hub).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| anyhow!("'{hub}' is no address of a hub: write https://HOST:PORT"))?;
    ensure!(
        open || url.scheme() == "https" || is_loopback(&url),
        "'{hub}' is not encrypted: whoever sits on the way would read the token. Use https://, or --insecure-http"
    );
    Ok(url.origin().ascii_serialization())
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_its_origin() {
        assert!(same("https://hub.example", "https://hub.example:443/"));
        assert!(!same("https://hub.example", "http://hub.example"));
        assert!(!same("https://hub.example", "https://hub.example:8443"));
        assert!(!same("x", "x"), "what is no address is no hub");
    }

    #[test]
    fn a_token_is_not_sent_in_the_clear() {
        assert_eq!(tidy("https://hub.example/x?y", false).unwrap(), "https://hub.example");
        assert_eq!(tidy("http://127.0.0.1:7292", false).unwrap(), "http://127.0.0.1:7292");
        assert_eq!(tidy("http://localhost:7292/", false).unwrap(), "http://localhost:7292");
        for wrong in ["http://hub.example", "hub.example", "ftp://localhost", ""] {
            assert!(tidy(wrong, false).is_err(), "{wrong}");
        }
        assert_eq!(tidy("http://hub.example", true).unwrap(), "http://hub.example");
    }
}
