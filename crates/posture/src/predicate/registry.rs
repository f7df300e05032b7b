use crate::{Address, Cause, RegistryFacts, Verdict};

pub(super) fn tls(facts: &RegistryFacts) -> Verdict {
    match facts.address {
        Some(Address::Https) => Verdict::healthy(),
        Some(Address::HttpsUnverified) => {
            Verdict::unhealthy(Cause::new("certificate-unverified", "its certificate is not verified"), 1)
        }
        Some(Address::Http) => Verdict::unhealthy(Cause::new("plain-http", "reached without TLS"), 1),
        Some(Address::HttpLoopback) => Verdict::not_applicable(Cause::new(
            "loopback",
            "reached over this machine's own loopback, where nothing is on the wire",
        )),
        None => Verdict::not_assessed(vec![Cause::new(Cause::NOT_KNOWN, "the registry never answered")]),
    }
}

pub(super) fn no_anonymous_write(facts: &RegistryFacts) -> Verdict {
    match facts.anonymous_write {
        Some(false) => Verdict::healthy(),
        Some(true) => Verdict::unhealthy(
            Cause::new("anonymous-write", "took an upload from somebody who gave no credentials"),
            1,
        ),
        None => Verdict::not_assessed(vec![Cause::new(
            Cause::NOT_KNOWN,
            "whether it takes uploads without credentials was not seen yet",
        )]),
    }
}
