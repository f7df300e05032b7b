//! What people say of a registry, held to what it can be.

use api::{Secret as Shown, registry::NewRegistry};
use oci::Secret;
use store::{StoreError, Tx, registries::Settings, scopes};

use super::super::extract;
use crate::Error;

/// Patterns of one list.
const MOST_PATTERNS: usize = 100;
const MOST_HOSTS: usize = 32;
/// Certificate authorities of a company: a handful of 2 KB each.
const MOST_CA: usize = 64 << 10;
const MOST_PASSWORD: usize = 8 << 10;

/// A registry as it is to be stored.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) login: Option<(String, Secret)>,
    pub(super) settings: Settings,
}

/// Holds a new registry to the rules; secrets and mark are not set yet.
pub(super) fn new(new: &NewRegistry) -> Result<Wanted, Error> {
    let name = name(&new.name)?;
    let address = address(&new.address)?;
    let login = login(new.user.as_deref(), new.password.as_ref())?;
    let usual = Settings::default();
    let settings = Settings {
        include: patterns("include", &new.include)?,
        exclude: patterns("exclude", &new.exclude)?,
        authorities: authorities(new.ca.as_deref().unwrap_or_default())?,
        insecure: new.insecure,
        allow_hosts: hosts(&new.allow_hosts)?,
        concurrency: concurrency(new.concurrency)?.unwrap_or(usual.concurrency),
        poll_seconds: poll(new.poll_minutes)?.unwrap_or(usual.poll_seconds),
        assess_days: days(new.window_days)?.unwrap_or(usual.assess_days),
        user: login.as_ref().map(|(user, _)| user.clone()).unwrap_or_default(),
        ..usual
    };
    Ok(Wanted { name, address, login, settings })
}

/// A name that can stand in asset ids and addresses.
fn name(text: &str) -> Result<String, Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !begins || text.len() > 64 || !text.chars().all(fits) {
        let rule =
            "must be 1 to 64 lower-case letters, digits, '.', '_', '-', and begin with a letter or digit";
        return Err(Error::field("name", rule));
    }
    Ok(text.to_owned())
}

pub(super) fn taken() -> Error {
    Error::new(api::ProblemKind::Conflict, "there is a registry of this name")
}

/// Where a registry is. What the operator types is trusted, private addresses included.
pub(super) fn address(text: &str) -> Result<String, Error> {
    let text = extract::line("address", text, 255)?;
    if text.contains("://") {
        let rule = "give host and port without a scheme: whether there is TLS is found out";
        return Err(Error::field("address", rule));
    }
    if !oci::Listing::is_registry(&text) {
        return Err(Error::field("address", "must be a host name or address, with a port if it is not 443"));
    }
    Ok(text)
}

/// User name and password; both or neither, or both empty.
pub(super) fn login(user: Option<&str>, password: Option<&Shown>) -> Result<Option<(String, Secret)>, Error> {
    let user = extract::line_or_empty("user", user.unwrap_or_default(), 256)?;
    let password = password.map(Shown::expose).unwrap_or_default();
    if password.len() > MOST_PASSWORD || password.contains('\0') {
        return Err(Error::field("password", format!("must be at most {MOST_PASSWORD} bytes, without NUL")));
    }
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some((user, Secret::new(password)))),
        (true, false) => Err(Error::field("user", "is needed with a password")),
        (false, true) => Err(Error::field("password", "is needed with a user name")),
    }
}

pub(super) fn patterns(field: &str, patterns: &[String]) -> Result<Vec<String>, Error> {
    if patterns.len() > MOST_PATTERNS {
        return Err(Error::field(field, format!("at most {MOST_PATTERNS} patterns")));
    }
    let all = patterns.iter().enumerate();
    all.map(|(at, pattern)| extract::line(&format!("{field}[{at}]"), pattern, 255)).collect()
}

pub(super) fn hosts(hosts: &[String]) -> Result<Vec<String>, Error> {
    if hosts.len() > MOST_HOSTS {
        return Err(Error::field("allowHosts", format!("at most {MOST_HOSTS} hosts")));
    }
    let all = hosts.iter().enumerate();
    all.map(|(at, host)| {
        let field = format!("allowHosts[{at}]");
        let host = extract::line(&field, host, 255)?;
        match oci::Listing::is_registry(&host) {
            true => Ok(host),
            false => Err(Error::field(field, "must be a host name or address")),
        }
    })
    .collect()
}

pub(super) fn authorities(pem: &str) -> Result<String, Error> {
    let pem = pem.trim();
    if pem.len() > MOST_CA {
        return Err(Error::field("ca", format!("at most {MOST_CA} bytes")));
    }
    let certificates = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
    if !pem.is_empty() && certificates.map_or(true, |all| all.is_empty()) {
        return Err(Error::field("ca", "must be one or more certificates in PEM form"));
    }
    Ok(pem.to_owned())
}

pub(super) fn concurrency(number: Option<u32>) -> Result<Option<u32>, Error> {
    within("concurrency", number, 1, 64)
}

/// Minutes, as seconds.
pub(super) fn poll(minutes: Option<u32>) -> Result<Option<u64>, Error> {
    Ok(within("pollMinutes", minutes, 0, 7 * 24 * 60)?.map(|minutes| u64::from(minutes) * 60))
}

pub(super) fn days(days: Option<u32>) -> Result<Option<u32>, Error> {
    within("windowDays", days, 1, 3650)
}

fn within(field: &str, number: Option<u32>, least: u32, most: u32) -> Result<Option<u32>, Error> {
    if number.is_some_and(|number| !(least..=most).contains(&number)) {
        return Err(Error::field(field, format!("must be from {least} to {most}")));
    }
    Ok(number)
}

/// Are there this scope and this owner?
pub(super) fn places(
    tx: &mut Tx<'_>,
    scope: Option<&str>,
    owner: Option<&str>,
) -> Result<Result<(), Error>, StoreError> {
    if let Some(scope) = scope.filter(|scope| !scope.is_empty())
        && scopes::find(tx, scope)?.is_none()
    {
        return Ok(Err(Error::field("scope", "there is no such scope")));
    }
    if let Some(owner) = owner
        && scopes::find_owner(tx, owner)?.is_none()
    {
        return Ok(Err(Error::field("owner", "there is no such owner")));
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_what_can_be_one() {
        assert_eq!(name("main-1.eu").unwrap(), "main-1.eu");
        for wrong in ["", "Main", "a/b", "-a", "a b", "ü", "a@b", &"a".repeat(65)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        for right in
            ["registry.example", "registry.example:5000", "127.0.0.1:5000", "[::1]:5000", " r.example "]
        {
            assert_eq!(address(right).unwrap(), right.trim());
        }
        for wrong in [
            "",
            "https://r.example",
            "r.example/team",
            "r.example:99999",
            "a b",
            "user@r.example",
            "r\n.example",
        ] {
            assert!(address(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_login_is_whole_or_none() {
        let secret = |text: &str| Shown::new(text);
        assert!(login(None, None).unwrap().is_none());
        assert!(login(Some(""), Some(&secret(""))).unwrap().is_none());
        assert_eq!(login(Some("ann"), Some(&secret(" p "))).unwrap().unwrap().1.expose(), " p ");
        assert!(login(Some("ann"), None).is_err() && login(None, Some(&secret("p"))).is_err());
        assert!(login(Some("ann"), Some(&secret(&"x".repeat(MOST_PASSWORD + 1)))).is_err());
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(poll(Some(15)).unwrap(), Some(900));
        assert!(
            poll(Some(10_081)).is_err() && concurrency(Some(0)).is_err() && concurrency(Some(65)).is_err()
        );
        assert!(days(Some(0)).is_err() && days(None).unwrap().is_none());
        assert!(authorities("x").is_err() && authorities(" ").unwrap().is_empty());
    }
}
