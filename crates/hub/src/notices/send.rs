//! One attempt to deliver: signed, to a checked address, without redirects, within bounds.

use std::{net::SocketAddr, time::Duration};

use aws_lc_rs::{constant_time, hmac};
use futures_util::StreamExt as _;
use oci::Secret;
use store::{Micros, webhooks::Webhook};

use super::address::{self, Checked};
use crate::seal::hex;

/// The header that signs a body: `t=<seconds since 1970>,v1=<hex of HMAC-SHA256 of "t.body">`.
pub const SIGNATURE: &str = "x-seawall-signature";
/// The header with the delivery's number: the same at every attempt, so that a receiver knows a second delivery.
const DELIVERY: &str = "x-seawall-delivery";

/// So many bytes of the answer are read, and thrown away, so that the connection ends well.
const ANSWER: usize = 4 << 10;

/// The signature of a body at a time.
#[must_use]
pub fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("t={seconds},v1={}", hex(hmac::sign(&key, &signed(seconds, body)).as_ref()))
}

fn signed(seconds: i64, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{seconds}.").into_bytes();
    text.extend_from_slice(body);
    text
}

/// Is `header` the signature of `body`, made at most `tolerance` seconds from `now`? What a receiver does.
#[must_use]
pub fn verify(secret: &str, header: &str, body: &[u8], now: i64, tolerance: i64) -> bool {
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name));
    let Some(seconds) = part("t=").and_then(|seconds| seconds.parse::<i64>().ok()) else { return false };
    let wanted = sign(secret, seconds, body);
    let same = constant_time::verify_slices_are_equal(wanted.as_bytes(), header.as_bytes()).is_ok();
    same && now.abs_diff(seconds) <= tolerance.unsigned_abs()
}

/// What came of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) status: Option<u16>,
    /// Why it failed, for people; nothing of the answer is in it but its status.
    pub(super) error: Option<String>,
}

impl Sent {
    fn failed(why: impl Into<String>) -> Self {
        Self { status: None, error: Some(why.into()) }
    }
}

/// Posts a body to a receiver that has `timeout` to connect, and to answer.
pub(super) async fn post(
    webhook: &Webhook,
    secret: &Secret,
    delivery: i64,
    body: &str,
    now: Micros,
    timeout: Duration,
) -> Sent {
    let checked = match address::check(&webhook.url) {
        Ok(checked) => checked,
        Err(error) => return Sent::failed(error.to_string()),
    };
    let looked = tokio::time::timeout(timeout, address::resolve(&checked, webhook.settings.allow_private));
    let addresses = match looked.await {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) => return Sent::failed(error.to_string()),
        Err(_) => return Sent::failed("its name was not resolved in time"),
    };
    let client = match client(&checked, &addresses, timeout) {
        Ok(client) => client,
        Err(error) => return Sent::failed(reason(&error)),
    };
    let seconds = now.0.div_euclid(Micros::SECOND);
    let request = client
        .post(checked.url.clone())
        .header("content-type", "application/json")
        .header(SIGNATURE, sign(secret.expose(), seconds, body.as_bytes()))
        .header(DELIVERY, delivery.to_string())
        .body(body.to_owned());
    match request.send().await {
        Err(error) => Sent::failed(reason(&error)),
        Ok(response) => {
            let status = response.status();
            drain(response).await;
            let error = if status.is_success() {
                None
            } else if status.is_redirection() {
                Some(format!("it answered {}: redirects are not followed", status.as_u16()))
            } else {
                Some(format!("it answered {}", status.as_u16()))
            };
            Sent { status: Some(status.as_u16()), error }
        }
    }
}

/// A client for one attempt: it knows no proxy, follows nowhere, and connects to the addresses that were checked, so that
/// a name that changes between two questions gains nothing.
fn client(
    checked: &Checked,
    addresses: &[SocketAddr],
    timeout: Duration,
) -> reqwest::Result<reqwest::Client> {
    let mut client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(timeout)
        .timeout(timeout)
        .pool_max_idle_per_host(0)
        .user_agent(concat!("seawall/", env!("CARGO_PKG_VERSION")));
    if let Some(name) = checked.name() {
        client = client.resolve_to_addrs(name, addresses);
    }
    client.build()
}

/// Reads the beginning of an answer and forgets it. One that goes on is cut off.
async fn drain(response: reqwest::Response) {
    let mut read = 0_usize;
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        read = read.saturating_add(chunk.len());
        if read >= ANSWER {
            return;
        }
    }
}

/// Why a request failed, without its address: that stands beside it, and may hold a token in its path.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let what = if error.is_connect() { "no connection" } else { "the request failed" };
    let mut source = std::error::Error::source(error);
    let mut last = None;
    while let Some(inner) = source {
        last = Some(inner.to_string());
        source = inner.source();
    }
    match last {
        Some(last) => format!("{what}: {}", crate::problem::line(&last)),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_body_key_and_time_alone() {
        // From an independent implementation: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_1
        let header = sign("whsec_1", 1_700_000_000, br#"{"a":1}"#);
        let (time, hash) = header.split_once(',').unwrap();
        assert_eq!((time, hash.len()), ("t=1700000000", 3 + 64));
        let holds = |secret, header: &str, body: &[u8], now| verify(secret, header, body, now, 300);
        assert!(holds("whsec_1", &header, br#"{"a":1}"#, 1_700_000_299));
        assert!(!holds("whsec_1", &header, br#"{"a":1}"#, 1_700_000_301), "too old");
        assert!(!holds("whsec_1", &header, br#"{"a":1}"#, 1_699_999_000), "from the future");
        assert!(!holds("whsec_2", &header, br#"{"a":1}"#, 1_700_000_000));
        assert!(!holds("whsec_1", &header, br#"{"a":2}"#, 1_700_000_000));
        let moved = header.replace("t=1700000000", "t=1700000200");
        assert!(!holds("whsec_1", &moved, br#"{"a":1}"#, 1_700_000_200), "the time is signed too");
        for broken in ["", "t=,v1=", "v1=00", "t=1700000000", "t=x,v1=00"] {
            assert!(!holds("whsec_1", broken, b"", 1_700_000_000), "{broken}");
        }
    }
}
