use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};

use ::url::Url;

use crate::StoreError;

/// Where the store lies: `sqlite:PATH` or `postgres://user:password@host:port/database?sslmode=verify-full`.
///
/// Its text forms never show the password. Parameters of PostgreSQL: `sslmode` (`disable`, `require`, `verify-full`; the
/// last two check certificate and name alike, for encryption towards whoever answers is worth little), `sslrootcert`
/// (a PEM file in place of the system's authorities), `host` (a folder: its unix socket). Without `sslmode`, only
/// loopback addresses and unix sockets are reached.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(pub(crate) Address);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(Box<Postgres>),
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Postgres {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    pub(crate) tls: Tls,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    Socket(PathBuf),
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    Off,
    /// Checked against this file, or the system's authorities.
    Verified(Option<PathBuf>),
}

impl StoreUrl {
    /// The SQLite file at this path, which need not be there yet; its folder must.
    #[must_use]
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self(Address::Sqlite(path.into()))
    }

    /// Is it a PostgreSQL server's?
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self.0, Address::Postgres(_))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Address::Postgres(p) => {
                write!(f, "postgres://{}", p.user)?;
                if p.password.is_some() {
                    f.write_str(":***")?;
                }
                match &p.host {
                    Host::Name(name) => write!(f, "@{name}:{}/{}", p.port, p.database),
                    Host::Socket(folder) => {
                        write!(f, "@/{}?host={}&port={}", p.database, folder.display(), p.port)
                    }
                }
            }
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                wrong(
                    "'sqlite:' is followed by the path of a file, such as sqlite:/var/lib/seawall/seawall.db",
                )
            } else {
                Ok(Self::sqlite(path))
            };
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return wrong("begins with 'sqlite:' (and a path) or 'postgres://'");
        }
        // What the parser says may quote the address, and with it the password.
        let Ok(url) = Url::parse(text) else {
            return wrong(
                "is not a URL; write postgres://USER:PASSWORD@HOST:PORT/DATABASE and escape special characters of \
                 user and password as %XX",
            );
        };
        postgres(&url).map(|p| Self(Address::Postgres(Box::new(p))))
    }
}

fn wrong<T>(why: impl Into<String>) -> Result<T, StoreError> {
    Err(StoreError::Url(why.into()))
}

fn postgres(url: &Url) -> Result<Postgres, StoreError> {
    let plain = |text: &str| {
        percent_decode(text).ok_or_else(|| StoreError::Url("an escape %XX of it is not UTF-8".to_owned()))
    };
    let mut host = url.host_str().map(&plain).transpose()?.unwrap_or_default();
    let (mut port, mut user) = (url.port().unwrap_or(5432), plain(url.username())?);
    let mut password = url.password().map(&plain).transpose()?;
    let mut database = plain(url.path().trim_start_matches('/'))?;
    let (mut mode, mut roots) = (None, None);
    for (key, value) in url.query_pairs() {
        let value = value.into_owned();
        match &*key {
            "host" => host = value,
            "port" => {
                port = value
                    .parse()
                    .map_err(|_| StoreError::Url("its port is a number up to 65535".to_owned()))?;
            }
            "user" => user = value,
            "password" => password = Some(value),
            "dbname" => database = value,
            "sslmode" => mode = Some(value),
            "sslrootcert" => roots = Some(PathBuf::from(value)),
            other => {
                return wrong(format!(
                    "its parameter '{other}' is not known; there are host, port, user, password, dbname, sslmode, \
                     sslrootcert"
                ));
            }
        }
    }
    if user.is_empty() {
        return wrong("names no user: postgres://USER@HOST/DATABASE");
    }
    if database.is_empty() {
        database.clone_from(&user);
    }
    let host = match host.trim_start_matches('[').trim_end_matches(']') {
        "" => Host::Name("localhost".to_owned()),
        folder if folder.starts_with('/') => Host::Socket(PathBuf::from(folder)),
        name => Host::Name(name.to_owned()),
    };
    let near = match &host {
        Host::Socket(_) => true,
        Host::Name(name) => {
            name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    };
    let tls = match mode.as_deref() {
        Some("require" | "verify-full") => Tls::Verified(roots),
        Some("disable") => Tls::Off,
        None if near => Tls::Off,
        None => {
            return wrong(
                "is not on this machine: say sslmode=verify-full (with sslrootcert=FILE for an own authority), or \
                 sslmode=disable where the way to it is safe by other means",
            );
        }
        Some(other) => {
            return wrong(format!("its sslmode '{other}' is not one of disable, require, verify-full"));
        }
    };
    if tls != Tls::Off && matches!(host, Host::Socket(_)) {
        return wrong("asks for TLS over a unix socket; leave sslmode out");
    }
    Ok(Postgres { host, port, user, password, database, tls })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
            out.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_the_password() {
        for (given, shown) in [
            ("sqlite:/a/b.db", "sqlite:/a/b.db"),
            ("sqlite:///a/b.db", "sqlite:/a/b.db"),
            ("sqlite:b.db", "sqlite:b.db"),
            ("postgres://u@localhost/d", "postgres://u@localhost:5432/d"),
            ("postgresql://u:geheim@127.0.0.1:99/d", "postgres://u:***@127.0.0.1:99/d"),
            ("postgres://u:geheim@[::1]/d", "postgres://u:***@::1:5432/d"),
            (
                "postgres://u%40x:geheim%2F@db.example/d?sslmode=verify-full",
                "postgres://u@x:***@db.example:5432/d",
            ),
            (
                "postgres:///d?host=/run/pg&user=u&password=geheim",
                "postgres://u:***@/d?host=/run/pg&port=5432",
            ),
            ("postgres://u@%2Frun%2Fpg/d", "postgres://u@/d?host=/run/pg&port=5432"),
            ("postgres://u@localhost", "postgres://u@localhost:5432/u"),
        ] {
            let url: StoreUrl = given.parse().unwrap_or_else(|e| panic!("{given}: {e}"));
            assert_eq!(url.to_string(), shown, "{given}");
            assert!(!format!("{url:?}").contains("geheim"));
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_to_write() {
        for (given, says) in [
            ("", "begins with"),
            ("mysql://u@h/d", "begins with"),
            ("sqlite:", "path of a file"),
            ("postgres://geheim:geheim@h:port/d", "is not a URL"),
            ("postgres://localhost/d", "names no user"),
            ("postgres://u:geheim@db.example/d", "sslmode=verify-full"),
            ("postgres://u:geheim@db.example/d?sslmode=prefer", "'prefer' is not one of"),
            ("postgres://u:geheim@localhost/d?ssl=1", "'ssl' is not known"),
            ("postgres://u@localhost/d?port=x", "port is a number"),
            ("postgres:///d?host=/run/pg&user=u&sslmode=require", "unix socket"),
        ] {
            let error = given.parse::<StoreUrl>().expect_err(given).to_string();
            assert!(error.contains(says), "{given}: {error}");
            assert!(!error.contains("geheim"), "{given}: {error}");
        }
    }
}
