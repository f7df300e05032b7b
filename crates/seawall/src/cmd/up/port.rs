//! The port of `seawall up`: the same at each start, so that a bookmark and a login hold.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use crate::serve::folder;

/// The usual one.
const PORT: u16 = 7292;
/// How many beside it are tried before the system may choose.
const BESIDE: u16 = 20;

/// The addresses that are tried, in this order.
pub(super) fn addresses(folder: &Path) -> Vec<SocketAddr> {
    let usual = (PORT..=PORT.saturating_add(BESIDE)).chain([0]);
    let ports = folder::port(folder).into_iter().chain(usual);
    ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_the_last_start_comes_first_and_any_last() {
        let place = tempfile::tempdir().unwrap();
        let ports = |folder: &Path| addresses(folder).iter().map(SocketAddr::port).collect::<Vec<_>>();
        assert_eq!(ports(place.path()).first(), Some(&PORT));
        assert_eq!(ports(place.path()).last(), Some(&0));
        std::fs::write(place.path().join("port"), "40123\n").unwrap();
        assert_eq!(ports(place.path())[..2], [40123, PORT]);
        for wrong in ["", "0", "70000", "x"] {
            std::fs::write(place.path().join("port"), wrong).unwrap();
            assert_eq!(ports(place.path()).first(), Some(&PORT), "{wrong}");
        }
    }
}
