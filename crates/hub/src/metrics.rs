//! What the hub counts and measures, for Prometheus. `docs/metrics.md` lists it; a test compares.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The labels of a request. All have few values: the path is that of the table, not what was asked for.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    path: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PathLabel {
    path: String,
}

/// How a login ended.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, EncodeLabelValue)]
pub(crate) enum LoginResult {
    Accepted,
    Refused,
    Limited,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LoginLabel {
    result: LoginResult,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct NotificationLabel {
    /// What became of an event (`taken`, `own`, `replayed` …), or why a delivery was refused (`unauthorized`, `schema` …).
    result: String,
}

/// The hub's metrics.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<PathLabel, Histogram>,
    running: Gauge,
    panics: Counter,
    logins: Family<LoginLabel, Counter>,
    limited: Counter,
    streams: Gauge,
    notifications: Family<NotificationLabel, Counter>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at nought.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("seawall");
        registry.register(
            "build",
            "The release that runs",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        // From a cached read to the slowest an endpoint may be.
        let constructor: fn() -> Histogram =
            || Histogram::new([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0]);
        let durations = Family::new_with_constructor(constructor);
        let metrics = Self {
            registry: Mutex::default(),
            requests: Family::default(),
            durations,
            running: Gauge::default(),
            panics: Counter::default(),
            logins: Family::default(),
            limited: Counter::default(),
            streams: Gauge::default(),
            notifications: Family::default(),
        };
        registry.register(
            "http_requests",
            "Requests answered, by method, path of the table and status",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time until the answer began, by path of the table",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("http_requests_running", "Requests being worked on", metrics.running.clone());
        registry.register(
            "http_panics",
            "Requests that ended in a panic: each is a bug",
            metrics.panics.clone(),
        );
        registry.register("logins", "Attempts to log in, by result", metrics.logins.clone());
        registry.register(
            "rate_limited",
            "Requests with a token that were refused because of their number",
            metrics.limited.clone(),
        );
        registry.register(
            "notifications",
            "Events of registries, and deliveries that were refused, by what became of them",
            metrics.notifications.clone(),
        );
        registry.register("event_streams", "Open streams of events", metrics.streams.clone());
        Self { registry: Mutex::new(registry), ..metrics }
    }

    /// Lets another module register what it counts. Names get the prefix `seawall_`; `docs/metrics.md` must list them.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All metrics in OpenMetrics' text format.
    ///
    /// # Errors
    /// A metric cannot be rendered.
    pub fn render(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(text)
    }

    pub(crate) fn begin(&self) -> Running<'_> {
        self.running.inc();
        Running(&self.running)
    }

    pub(crate) fn answered(&self, method: &str, path: &str, status: u16, took: Duration) {
        // Methods are outside data: anybody may invent one.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let path = path.to_owned();
        self.durations.get_or_create(&PathLabel { path: path.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method: method.to_owned(), path, status }).inc();
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    pub(crate) fn login(&self, result: LoginResult) {
        self.logins.get_or_create(&LoginLabel { result }).inc();
    }

    pub(crate) fn limited(&self) {
        self.limited.inc();
    }

    /// `number` events of a registry, or one delivery, of which this became. The words are the hub's own.
    pub(crate) fn notification(&self, result: &str, number: u64) {
        if number > 0 {
            self.notifications.get_or_create(&NotificationLabel { result: result.to_owned() }).inc_by(number);
        }
    }

    pub(crate) fn stream(&self) -> Gauge {
        self.streams.clone()
    }
}

/// Counts a request as running until it is dropped: also if the client goes away or the handler panics.
pub(crate) struct Running<'a>(&'a Gauge);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
