//! How often may be tried.

use crate::{
    Error,
    http::{Peer, limit::Buckets},
};
use api::ProblemKind;
use std::net::{IpAddr, Ipv6Addr};
use store::Micros;

/// Limits on login and on tokens.
pub(crate) struct Throttle {
    /// Attempts to log in (or to redeem a set-up link) from one address.
    from: Buckets<IpAddr>,
    /// Attempts to log in under one name, from wherever.
    name: Buckets<String>,
    /// Requests with one token.
    token: Buckets<String>,
    /// Requests with a token that is not valid, from one address.
    forged: Buckets<IpAddr>,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self {
            // A person mistypes three times; a guesser gets 10 a minute.
            from: Buckets::new(10, 6_000),
            // From many addresses, 20 a minute for each name: a lifetime for a password of 12 characters. Higher than
            // the limit by address, so that whoever wants to lock out another needs more than one address.
            name: Buckets::new(30, 3_000),
            // A pipeline or an exporter, not a flood: 50 a second for good.
            token: Buckets::new(500, 20),
            forged: Buckets::new(20, 1_000),
        }
    }

    /// One attempt to log in as `name`.
    pub(crate) fn login(&self, peer: Peer, name: &str, now: Micros) -> Result<(), Error> {
        self.from.take(network(peer.0), now).map_err(too_many)?;
        // A name can be as long as the body lets it; its beginning is enough to tell names apart that may exist.
        self.name.take(name.chars().take(64).collect::<String>().to_lowercase(), now).map_err(too_many)
    }

    /// One attempt to redeem a set-up link.
    pub(crate) fn setup(&self, peer: Peer, now: Micros) -> Result<(), Error> {
        self.from.take(network(peer.0), now).map_err(too_many)
    }

    /// One request with the valid token `id`.
    pub(crate) fn token(&self, id: &str, now: Micros) -> Result<(), Error> {
        self.token.take(id.to_owned(), now).map_err(too_many)
    }

    /// One request with a token that is not valid.
    pub(crate) fn forged(&self, peer: Peer, now: Micros) -> Result<(), Error> {
        self.forged.take(network(peer.0), now).map_err(too_many)
    }
}

/// Whoever has one IPv6 address has the other 2^64 of its network too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn too_many(seconds: u64) -> Error {
    Error::new(ProblemKind::TooManyRequests, format!("try again in {seconds} s")).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_share_a_bucket() {
        let network_of = |text: &str| network(text.parse().unwrap());
        assert_eq!(network_of("2001:db8::1"), network_of("2001:db8::ffff:1"));
        assert_ne!(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
        assert_ne!(network_of("192.0.2.1"), network_of("192.0.2.2"));
        assert_eq!(network_of("::ffff:192.0.2.1"), network_of("192.0.2.1"));
    }

    #[test]
    fn guessing_from_one_address_and_guessing_one_name_both_end() {
        let throttle = Throttle::new();
        let peer = |n: u8| Peer(IpAddr::from([192, 0, 2, n]));
        let tried = |f: &dyn Fn(u32) -> Result<(), Error>| (0..100).filter(|n| f(*n).is_ok()).count();
        assert_eq!(tried(&|n| throttle.login(peer(1), &format!("user{n}"), Micros(0))), 10);
        assert_eq!(tried(&|n| throttle.login(peer(n as u8 + 2), "Jane", Micros(0))), 30);
    }
}
