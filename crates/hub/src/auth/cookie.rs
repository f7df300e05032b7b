//! The cookie of a session.

use crate::http::Transport;
use axum::http::{HeaderMap, HeaderValue, header};

/// Over TLS: the prefix makes browsers refuse it from anywhere but this host, over anything but TLS.
const SECURE: &str = "__Host-seawall";
/// Over plain HTTP no cookie of that prefix can be set.
const PLAIN: &str = "seawall";

/// The session's secret that a request carries; none if it is not even of the right form.
pub(crate) fn find(headers: &HeaderMap) -> Option<&str> {
    let pairs: Vec<(&str, &str)> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .collect();
    // The better one first: over TLS a plain cookie of another application on this host must not win.
    let named = |wanted: &str| pairs.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    named(SECURE).or_else(|| named(PLAIN)).filter(|value| is_secret(value))
}

fn is_secret(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Sets the cookie for `seconds`.
pub(crate) fn set(secret: &str, seconds: i64, transport: Transport) -> Option<HeaderValue> {
    HeaderValue::from_str(&render(secret, seconds, transport)).ok().map(|mut value| {
        value.set_sensitive(true);
        value
    })
}

/// Takes the cookie away.
pub(crate) fn clear(transport: Transport) -> Option<HeaderValue> {
    HeaderValue::from_str(&render("", 0, transport)).ok()
}

fn render(value: &str, seconds: i64, transport: Transport) -> String {
    let (name, secure) = match transport {
        Transport::Tls => (SECURE, "; Secure"),
        Transport::Loopback | Transport::Plain => (PLAIN, ""),
    };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ-_0123456789a";

    fn headers(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others_and_only_in_its_form() {
        assert_eq!(find(&headers(&format!("a=1; seawall={SECRET}; b=2"))), Some(SECRET));
        let both = format!("seawall={}; __Host-seawall={SECRET}", "x".repeat(43));
        assert_eq!(find(&headers(&both)), Some(SECRET));
        for wrong in ["", "seawall", "seawall=", "seawall=short", "other=1"] {
            assert_eq!(find(&headers(wrong)), None, "{wrong}");
        }
        assert_eq!(find(&headers(&format!("seawall={}", "' OR 1=1 --".repeat(4)))), None);
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_the_host() {
        let value = set(SECRET, 60, Transport::Tls).unwrap();
        assert_eq!(
            value.to_str().unwrap(),
            format!("__Host-seawall={SECRET}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure")
        );
        assert!(value.is_sensitive());
        assert!(!set(SECRET, 60, Transport::Loopback).unwrap().to_str().unwrap().contains("Secure"));
    }
}
