//! What every request goes through, whatever it asks for.

use super::{Peer, RequestId, Transport};
use crate::{AppState, Error, auth, console, metrics::Metrics, problem};
use api::ProblemKind;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use std::{
    any::Any,
    net::IpAddr,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
use tokio::time::timeout;
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a request waits for a place. Longer, and the queue grows while clients give up and come again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who asked, for the log.
#[derive(Clone, Debug)]
pub(super) struct Actor(pub(super) String);

pub(super) async fn outer(
    State((state, transport)): State<(AppState, Transport)>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("(none)", MatchedPath::as_str);
    let peer = request.extensions().get::<Peer>().copied();
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(transport);
    let is_api = request.uri().path().starts_with(api::PREFIX);

    let span = tracing::info_span!(target: "hub::http", "request", %id);
    let running = state.metrics.begin();
    let response = guarded(&state, transport, path, request, next).instrument(span.clone()).await;
    drop(running);
    let took = started.elapsed();
    let _entered = span.enter();
    let status = response.status().as_u16();
    let actor = response.extensions().get::<Actor>().map_or("", |actor| actor.0.as_str());
    // The path as the table has it: what was asked for may hold names, and its query what a person searched for.
    tracing::info!(
        target: "hub::http",
        %method,
        path,
        status,
        ms = took.as_secs_f64() * 1000.0,
        actor,
        peer = peer.map(|peer| tracing::field::display(peer.0)),
        "answered"
    );
    state.metrics.answered(method.as_str(), path, status, took);
    let mut response = problem::with_request_id(response, &REQUEST_ID, &id);
    secure(response.headers_mut(), transport, is_api);
    response
}

async fn guarded(
    state: &AppState,
    transport: Transport,
    path: &str,
    request: Request,
    next: Next,
) -> Response {
    if transport == Transport::Loopback && !is_local(request.headers(), request.uri()) {
        let detail = "on plain HTTP this hub answers to localhost and its own loopback address only";
        return Error::new(ProblemKind::Misdirected, detail).into_response();
    }
    // A probe must not call a hub dead that is merely busy.
    let place = if path == "/healthz" {
        None
    } else {
        match timeout(PATIENCE, state.requests.acquire()).await {
            Ok(Ok(place)) => Some(place),
            _ => return Error::unavailable("all places for requests are taken").into_response(),
        }
    };
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    drop(place);
    answered.unwrap_or_else(|panic| panicked(&state.metrics, panic.as_ref()))
}

fn panicked(metrics: &Metrics, panic: &(dyn Any + Send)) -> Response {
    metrics.panicked();
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)");
    Error::internal(format!("a handler panicked: {message}")).into_response()
}

/// The client's id if it is well-formed, so that a trace can go on through the hub; else one of our own. Whatever else
/// a client sends would stand in the log as it came.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| (8..=64).contains(&id.len()))
        .filter(|id| {
            id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        })
        .map(ToOwned::to_owned)
        .unwrap_or_else(|| auth::random::id().unwrap_or_else(|_| "none".to_owned()))
}

/// Whether the request was sent to a name of this machine.
fn is_local(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(host) = auth::csrf::host(headers, uri) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn secure(headers: &mut HeaderMap, transport: Transport, is_api: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, console::CSP);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    );
    if transport == Transport::Tls {
        // Half a year; sub-domains are not ours to speak for.
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=15768000");
    }
    if is_api {
        // What one user sees must not lie in a cache that another reads.
        set(header::CACHE_CONTROL, "no-store");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_taken_over_only_if_it_is_well_formed() {
        for (given, taken) in [
            ("0123456789abcdef", true),
            ("4bf92f35-77b3.4da6_a3", true),
            ("short", false),
            ("with space in it", false),
            ("newline\\n\"injection\"", false),
            ("x".repeat(65).as_str(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, given.parse().unwrap());
            assert_eq!(request_id(&headers) == given, taken, "{given}");
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for (host, local) in [
            ("localhost:8080", true),
            ("LOCALHOST", true),
            ("127.0.0.1:8080", true),
            ("127.8.8.8", true),
            ("[::1]:8080", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("192.0.2.1", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(is_local(&headers, &Uri::from_static("/")), local, "{host}");
        }
        assert!(!is_local(&HeaderMap::new(), &Uri::from_static("/")));
    }
}
