//! Where a webhook may go. Whoever may make one could otherwise have the hub knock at doors that only it reaches: this
//! machine, the private network, the metadata service of a cloud.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

/// Longest address, in bytes.
const MAX: usize = 2048;

/// Why an address is not posted to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AddressError {
    /// It is no address of a webhook.
    #[error("{0}")]
    Form(&'static str),
    /// Its name is not known.
    #[error("its name does not resolve")]
    Unknown,
    /// It leads, or one of its addresses does, where nobody outside gets.
    #[error(
        "{0} is not a public address; an owner of the hub may allow it (allowPrivate) if the receiver is in your own network"
    )]
    Private(IpAddr),
}

/// An address whose form is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The address.
    pub(crate) url: Url,
    port: u16,
}

impl Checked {
    /// The host, where it is a name.
    #[must_use]
    pub(crate) fn name(&self) -> Option<&str> {
        match self.url.host() {
            Some(Host::Domain(name)) => Some(name),
            _ => None,
        }
    }
}

/// Is `text` the address of a webhook? HTTP or HTTPS, with a host, without credentials, which would stand in every list.
///
/// # Errors
/// [`AddressError::Form`].
pub(crate) fn check(text: &str) -> Result<Checked, AddressError> {
    let wrong = AddressError::Form;
    if text.len() > MAX {
        return Err(wrong("it is longer than 2048 bytes"));
    }
    let url = Url::parse(text).map_err(|_| wrong("it is no URL: write https://host/path"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins neither with https:// nor with http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it holds a name or password: what is posted is signed instead"));
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err(wrong("it has no host"));
    }
    let port = url.port_or_known_default().filter(|port| *port > 0).ok_or(wrong("it has no port"))?;
    Ok(Checked { url, port })
}

/// The addresses to connect to: those of the name now, each of which must be public unless `private` ones are allowed.
///
/// # Errors
/// The name is not known, or one of its addresses is not public: a name that mixes both is up to no good.
pub(crate) async fn resolve(checked: &Checked, private: bool) -> Result<Vec<SocketAddr>, AddressError> {
    let addresses = match checked.url.host() {
        Some(Host::Ipv4(address)) => vec![SocketAddr::from((address, checked.port))],
        Some(Host::Ipv6(address)) => vec![SocketAddr::from((address, checked.port))],
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, checked.port)).await;
            found.map_err(|_| AddressError::Unknown)?.collect()
        }
        None => Vec::new(),
    };
    judge(addresses, private)
}

fn judge(addresses: Vec<SocketAddr>, private: bool) -> Result<Vec<SocketAddr>, AddressError> {
    if addresses.is_empty() {
        return Err(AddressError::Unknown);
    }
    match addresses.iter().find(|address| !private && !oci::is_public(address.ip())) {
        Some(address) => Err(AddressError::Private(address.ip())),
        None => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_with_a_host_and_without_credentials() {
        for right in ["https://hooks.example/T/1", "http://10.0.0.1:8080", "https://[2001:db8::1]/x"] {
            assert!(check(right).is_ok(), "{right}");
        }
        let long = format!("https://hooks.example/{}", "x".repeat(MAX));
        for wrong in [
            "",
            "hooks.example/x",
            "ftp://hooks.example",
            "file:///etc/passwd",
            "https://",
            "https://user@hooks.example",
            "https://user:password@hooks.example",
            "http://hooks.example:0/",
            "javascript:alert(1)",
            &long,
        ] {
            assert!(matches!(check(wrong), Err(AddressError::Form(_))), "{wrong}");
        }
    }

    #[tokio::test]
    async fn what_is_not_public_is_refused_however_it_is_written() {
        for private in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://0/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://localhost/",
            "http://LOCALHOST./",
        ] {
            let checked = check(private).unwrap();
            let found = resolve(&checked, false).await;
            assert!(
                matches!(found, Err(AddressError::Private(_) | AddressError::Unknown)),
                "{private}: {found:?}"
            );
            if checked.name().is_none() {
                assert_eq!(resolve(&checked, true).await.unwrap().len(), 1, "{private}: it may be allowed");
            }
        }
        let public = check("https://1.1.1.1/x").unwrap();
        assert_eq!(resolve(&public, false).await.unwrap(), [SocketAddr::from(([1, 1, 1, 1], 443))]);
    }

    #[test]
    fn one_address_that_is_not_public_is_enough() {
        let public = SocketAddr::from(([1, 1, 1, 1], 80));
        let private = SocketAddr::from(([10, 0, 0, 1], 80));
        assert_eq!(judge(vec![public, private], false), Err(AddressError::Private(private.ip())));
        assert_eq!(judge(vec![public, private], true), Ok(vec![public, private]));
        assert_eq!(judge(Vec::new(), true), Err(AddressError::Unknown));
    }
}
