//! Registries as they go over the wire.

use api::{
    Secret,
    registry::{Header, Notifications, Registry, RegistryState},
    tally::{StateCounts, Tally},
};
use axum::http::{HeaderMap, header};
use serde::Serialize;
use store::{
    StoreError, Tx, matches,
    registries::{self as stored, RegistryState as StoredState},
    watched::{self, Held},
};

use super::super::wire as convert;
use crate::AppState;

/// Registries with what they hold in these scopes.
pub(super) fn registries(
    tx: &mut Tx<'_>,
    registries: &[stored::Registry],
    within: &[String],
) -> Result<Vec<Registry>, StoreError> {
    let ids: Vec<i64> = registries.iter().map(|registry| registry.id).collect();
    let held = watched::held(tx, &ids, within)?;
    registries
        .iter()
        .map(|registry| {
            let observed = stored::observed(tx, registry.id)?;
            let held = held.get(&registry.id).copied().unwrap_or_default();
            Ok(one(registry, observed, &held))
        })
        .collect()
}

/// The registry with this number.
pub(super) fn registry(tx: &mut Tx<'_>, id: i64, within: &[String]) -> Result<Registry, StoreError> {
    let registry = stored::get(tx, id)?;
    registries(tx, &[registry], within)?
        .pop()
        .ok_or_else(|| StoreError::not_found("registry", id.to_string()))
}

fn one(registry: &stored::Registry, observed: stored::Observed, held: &Held) -> Registry {
    let settings = &registry.settings;
    Registry {
        id: registry.id.to_string(),
        name: registry.name.clone(),
        address: registry.address.clone(),
        scope: registry.scope.clone(),
        owner: registry.owner.clone(),
        include: settings.include.clone(),
        exclude: settings.exclude.clone(),
        has_credentials: registry.has_secret,
        user: Some(settings.user.clone()).filter(|user| !user.is_empty()),
        has_ca: !settings.authorities.is_empty(),
        insecure: settings.insecure,
        concurrency: settings.concurrency,
        poll_minutes: u32::try_from(settings.poll_seconds / 60).unwrap_or(u32::MAX),
        window_days: settings.assess_days,
        allow_hosts: settings.allow_hosts.clone(),
        state: match registry.state {
            StoredState::New => RegistryState::New,
            StoredState::Ok => RegistryState::Ok,
            StoredState::Failing => RegistryState::Failing,
            StoredState::Paused => RegistryState::Paused,
        },
        state_detail: registry.detail.clone(),
        state_since: convert::time(registry.since),
        notified: registry.notified_at.map(convert::time),
        polled: registry.polled_at.map(convert::time),
        tells_pulls: registry.tells_pulls,
        tls: observed.tls,
        anonymous_write: observed.anonymous_write,
        repositories: held.repositories,
        images: held.images.images,
        states: states(held.images.states),
        findings: tally(&held.images.findings),
        queue: held.queue,
    }
}

pub(in crate::http) fn states(states: watched::States) -> StateCounts {
    StateCounts {
        healthy: states.healthy,
        unhealthy: states.unhealthy,
        not_applicable: states.not_applicable,
        not_assessed: states.not_assessed,
    }
}

pub(in crate::http) fn tally(sums: &matches::Tally) -> Tally {
    let number = |sum: i64| u64::try_from(sum).unwrap_or(0);
    let [critical, high, medium, low, negligible, unknown] = sums.severities.map(number);
    Tally {
        critical,
        high,
        medium,
        low,
        negligible,
        unknown,
        apart: number(sums.apart),
        fixable: number(sums.fixable),
        kev: number(sums.kev),
    }
}

/// How the audit trail names a registry.
pub(super) fn subject(registry: &Registry) -> String {
    format!("registry/{}", registry.name)
}

/// What the audit trail keeps of a registry: what people set, and nothing that moves by itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Noted<'a> {
    name: &'a str,
    address: &'a str,
    scope: &'a str,
    owner: Option<&'a str>,
    include: &'a [String],
    exclude: &'a [String],
    has_credentials: bool,
    user: Option<&'a str>,
    has_ca: bool,
    insecure: bool,
    concurrency: u32,
    poll_minutes: u32,
    window_days: u32,
    allow_hosts: &'a [String],
    paused: bool,
}

impl<'a> Noted<'a> {
    pub(super) fn of(registry: &'a Registry) -> Self {
        Self {
            name: &registry.name,
            address: &registry.address,
            scope: &registry.scope,
            owner: registry.owner.as_deref(),
            include: &registry.include,
            exclude: &registry.exclude,
            has_credentials: registry.has_credentials,
            user: registry.user.as_deref(),
            has_ca: registry.has_ca,
            insecure: registry.insecure,
            concurrency: registry.concurrency,
            poll_minutes: registry.poll_minutes,
            window_days: registry.window_days,
            allow_hosts: &registry.allow_hosts,
            paused: registry.state == RegistryState::Paused,
        }
    }
}

/// How the registry is told to send its notifications: to where this request came.
pub(super) fn notifications(
    state: &AppState,
    headers: &HeaderMap,
    id: &str,
    secret: &Secret,
) -> Notifications {
    let listeners = state.listeners();
    let scheme = match listeners.first() {
        Some(url) if url.starts_with("https:") => "https",
        _ => "http",
    };
    // The gate lets no name through that steers anything; what cannot be a host is not repeated.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| {
        host.len() <= 255 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    });
    let base = match (host, listeners.first()) {
        (Some(host), _) => format!("{scheme}://{host}"),
        (None, Some(url)) => url.trim_end_matches('/').to_owned(),
        (None, None) => format!("{scheme}://localhost"),
    };
    let url = format!("{base}/api/v1/registries/{id}/notifications");
    let bearer = format!("Bearer {}", secret.expose());
    let example = format!(
        "notifications:\n  endpoints:\n    - name: seawall\n      url: {url}\n      headers:\n        Authorization: [\"{bearer}\"]\n      \
         timeout: 5s\n      threshold: 5\n      backoff: 10s\n      ignoredmediatypes: [application/octet-stream]\n"
    );
    Notifications {
        url,
        headers: vec![Header { name: "Authorization".to_owned(), value: Secret::new(bearer) }],
        example: Secret::new(example),
    }
}
