//! Trust in addresses: what the operator typed is trusted; what a server or a manifest names must be public, the same
//! host, or allowed.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{Error, secret::clean};

/// Is this an address of the public internet? Everything that IANA's special-purpose registries (RFC 6890 and its
/// updates) keep for machines, links, private networks, documentation or translation is not; addresses that carry an
/// IPv4 address inside are judged by that one.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([p, q], [r, s]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(p, q, r, s))
    };
    match (a, b) {
        // ::/96 (unspecified, loopback, IPv4-compatible) and ::ffff:0:0/96 (IPv4-mapped).
        (0, 0) if [c, d, e] == [0; 3] => f == 0xffff && inner(g, h),
        // 64:ff9b::/96 is translated to IPv4; 64:ff9b:1::/48 is local.
        (0x64, 0xff9b) => [c, d, e, f] == [0; 4] && inner(g, h),
        // 6to4.
        (0x2002, _) => inner(b, c),
        // Teredo, benchmarks, ORCHID and the other protocol assignments of 2001::/23.
        (0x2001, b) if b < 0x200 => false,
        // Documentation.
        (0x2001, 0xdb8) => false,
        (0x3fff, b) if b < 0x1000 => false,
        // Global unicast; the rest is local, link-local, multicast or unassigned.
        _ => a & 0xe000 == 0x2000,
    }
}

/// Is the host of `url` this machine's own by name or number?
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Why an address may be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It is the host that the operator typed.
    Own,
    /// The operator allowed it.
    Allowed,
    /// It must prove to be public: by number here, by name when it is resolved.
    Public,
}

/// Judges addresses that were named by others.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    own: Url,
    allowed: Vec<String>,
}

impl Rules {
    /// `own` is what the operator typed.
    pub(crate) fn new(own: Url, allowed: &[String]) -> Self {
        Self { own, allowed: allowed.iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// May `url`, named by `named_by`, be contacted?
    pub(crate) fn judge(&self, url: &Url, named_by: &str) -> Result<Trust, Error> {
        let refused = |why: &str| Err(refused(named_by, url, why));
        if !matches!(url.scheme(), "http" | "https") {
            return refused("neither http nor https");
        }
        let Some(host) = url.host() else { return refused("without a host") };
        if url.host() == self.own.host() {
            return Ok(Trust::Own);
        }
        if self.is_allowed(url) {
            return Ok(Trust::Allowed);
        }
        let number = match host {
            Host::Domain(_) if is_loopback(url) => return refused("this machine itself"),
            Host::Domain(_) => return Ok(Trust::Public),
            Host::Ipv4(number) => IpAddr::V4(number),
            Host::Ipv6(number) => IpAddr::V6(number),
        };
        if is_public(number) { Ok(Trust::Public) } else { refused(kind(number)) }
    }

    /// Is it the very server that the operator typed? Only that one is sent its credentials.
    pub(crate) fn is_origin(&self, url: &Url) -> bool {
        url.origin() == self.own.origin()
    }

    /// May the credentials for the registry go to the token server at `url`? To the same host, to one of the same
    /// domain (`auth.docker.io` for `registry-1.docker.io`), or to an allowed one; never unencrypted to another host.
    pub(crate) fn realm_may_know(&self, url: &Url) -> bool {
        if self.own.host() == url.host() {
            return url.scheme() == "https" || self.own.scheme() == "http";
        }
        if url.scheme() != "https" {
            return false;
        }
        if self.is_allowed(url) {
            return true;
        }
        let (Some(Host::Domain(own)), Some(Host::Domain(other))) = (self.own.host(), url.host()) else {
            return false;
        };
        // The parent must itself be a registered name: at least two labels, and three where the last two may be a
        // public suffix such as co.uk.
        let Some((_, parent)) = own.split_once('.') else { return false };
        let labels: Vec<&str> = parent.split('.').collect();
        let registered = match labels.as_slice() {
            [second, _] => !GENERIC.contains(second),
            labels => labels.len() > 2,
        };
        registered && (other == parent || other.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')))
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let with_port = url.port_or_known_default().map(|port| format!("{host}:{port}"));
        self.allowed.iter().any(|allowed| {
            allowed == host
                || Some(allowed) == with_port.as_ref()
                || allowed
                    .strip_prefix('*')
                    .is_some_and(|suffix| suffix.starts_with('.') && host.ends_with(suffix))
        })
    }
}

/// Second levels under which countries register names: `co.uk` is nobody's own domain.
const GENERIC: [&str; 12] = ["ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "or", "org"];

fn kind(address: IpAddr) -> &'static str {
    let mapped = match address {
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    };
    match mapped {
        address if address.is_loopback() => "this machine itself (loopback)",
        IpAddr::V4(address) if address.is_link_local() => {
            "a link-local address (cloud metadata services live there)"
        }
        IpAddr::V6(address) if address.segments()[0] & 0xffc0 == 0xfe80 => "a link-local address",
        _ => "not a public address",
    }
}

fn refused(named_by: &str, url: &Url, why: &str) -> Error {
    Error::Refused {
        named_by: named_by.to_owned(),
        address: clean(url),
        why: why.to_owned(),
        advice: format!("allow the host {} if you trust it", url.host_str().unwrap_or("")),
    }
}

/// Resolves names to public addresses only. The connection is made to the very addresses that were judged, so a name
/// that changes between two questions gains nothing.
pub(crate) struct PublicOnly {
    /// Hosts of the proxies of the environment: the operator named them.
    proxies: Arc<[String]>,
}

/// The resolver's refusal, found again inside the client's error.
#[derive(Debug)]
pub(crate) struct NotPublic(pub(crate) &'static str);

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotPublic {}

impl PublicOnly {
    pub(crate) fn new() -> Self {
        let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
        let host = |name: &str| {
            let value = std::env::var(name).ok()?;
            let url = if value.contains("://") { value } else { format!("http://{value}") };
            Some(Url::parse(&url).ok()?.host_str()?.to_owned())
        };
        Self { proxies: names.into_iter().filter_map(host).collect() }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let proxies = Arc::clone(&self.proxies);
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
            if !proxies.iter().any(|proxy| proxy == host)
                && let Some(bad) = found.iter().find(|address| !is_public(address.ip()))
            {
                return Err(Box::new(NotPublic(kind(bad.ip()))) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The refusal, when the resolver gave one.
pub(crate) fn refusal(error: &reqwest::Error, url: &Url, named_by: &str) -> Option<Error> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(NotPublic(why)) = error.downcast_ref() {
            return Some(refused(named_by, url, why));
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in private {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        let public = [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "8.8.8.8",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
            "2001:4860::1",
        ];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    fn rules(own: &str) -> Rules {
        Rules::new(
            Url::parse(own).unwrap(),
            &["cdn.corp".into(), "10.0.0.9:9000".into(), "*.blob.corp".into()],
        )
    }

    #[test]
    fn others_may_name_public_same_and_allowed_hosts() {
        let rules = rules("https://registry.corp:5000/");
        let cases: &[(&str, Option<Trust>)] = &[
            ("https://registry.corp:9000/x", Some(Trust::Own)),
            ("https://CDN.corp/x", Some(Trust::Allowed)),
            ("https://a.blob.corp/x", Some(Trust::Allowed)),
            ("https://ablob.corp/x", Some(Trust::Public)),
            ("http://10.0.0.9:9000/x", Some(Trust::Allowed)),
            ("http://10.0.0.9:9001/x", None),
            ("https://example.com/x", Some(Trust::Public)),
            ("https://1.1.1.1/x", Some(Trust::Public)),
            ("http://169.254.169.254/latest/meta-data", None),
            ("http://2852039166/latest", None),
            ("http://0x7f.1/", None),
            ("http://[::ffff:127.0.0.1]/", None),
            ("http://localhost:2375/", None),
            ("http://a.localhost./", None),
            ("file:///etc/passwd", None),
            ("unix:///var/run/docker.sock", None),
        ];
        for (url, trust) in cases {
            let judged = rules.judge(&Url::parse(url).unwrap(), "a redirect");
            assert_eq!(judged.as_ref().ok(), trust.as_ref(), "{url}: {judged:?}");
        }
    }

    #[test]
    fn credentials_reach_only_realms_of_the_same_house() {
        let cases = [
            ("https://registry-1.docker.io/", "https://auth.docker.io/token", true),
            ("https://registry-1.docker.io/", "http://auth.docker.io/token", false),
            ("https://registry-1.docker.io/", "https://auth.evil.io/token", false),
            ("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth", true),
            ("https://registry.gitlab.com/", "https://evilgitlab.com/", false),
            ("https://registry.co.uk/", "https://evil.co.uk/", false),
            ("https://reg.example.co.uk/", "https://auth.example.co.uk/", true),
            ("https://example.com/", "https://evil.com/", false),
            ("https://reg.example.com/", "https://reg.example.com:8443/t", true),
            ("https://reg.example.com/", "http://reg.example.com/t", false),
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5001/t", true),
            ("http://127.0.0.1:5000/", "http://127.0.0.2:5001/t", false),
            ("https://reg.example.com/", "https://cdn.corp/t", true),
        ];
        for (own, realm, may) in cases {
            assert_eq!(rules(own).realm_may_know(&Url::parse(realm).unwrap()), may, "{own} {realm}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_refused() {
        let resolver = PublicOnly { proxies: Arc::new([]) };
        let refused = resolver.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(refused.downcast_ref::<NotPublic>().is_some(), "{refused}");
        let proxied = PublicOnly { proxies: Arc::new(["localhost".to_owned()]) };
        assert!(proxied.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
