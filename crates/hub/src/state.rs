//! What the handlers share.

use crate::{
    Error,
    auth::{Passwords, Throttle},
    matching::Matcher,
    metrics::Metrics,
    seal::Sealer,
};
use api::event::Event;
use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use store::{Micros, Store, StoreError, Tx};
use tokio::sync::{Notify, Semaphore, broadcast, watch};

/// What is set at the start and stays.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A session ends after this many seconds without a request. A working day: whoever comes back from lunch is still
    /// logged in, whoever comes back tomorrow is not.
    pub session_idle: i64,
    /// A session ends after this many seconds in any case.
    pub session_most: i64,
    /// Requests that are worked on at a time.
    pub requests: usize,
    /// Streams of events at a time.
    pub streams: usize,
    /// So long the receiver of a webhook has to answer.
    pub webhook_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_idle: 8 * 3600,
            session_most: 7 * 86400,
            requests: 256,
            streams: 128,
            webhook_timeout: Duration::from_secs(10),
        }
    }
}

/// Where the hub learns the time from, so that a test can let a week pass.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `at` until it is [moved](Self::advance).
    #[must_use]
    pub fn standing(at: Micros) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.0))))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Micros {
        match &self.0 {
            Some(stands) => Micros(stands.load(Ordering::Relaxed)),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Moves a standing clock by `seconds`; the system's clock takes no notice.
    pub fn advance(&self, seconds: i64) {
        if let Some(stands) = &self.0 {
            stands.fetch_add(seconds.saturating_mul(1_000_000), Ordering::Relaxed);
        }
    }
}

/// What the handlers share; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What [`AppState`] points to.
pub struct Shared {
    /// The store.
    pub store: Store,
    /// Judges the fleet's packages by the database of advisories.
    pub matcher: Matcher,
    /// Encrypts what must be kept and must not be read: credentials, keys that sign.
    pub sealer: Arc<Sealer>,
    /// The time.
    pub clock: Clock,
    /// What was set at the start.
    pub settings: Settings,
    /// What is counted and measured.
    pub metrics: Metrics,
    /// What of the fleet is repaired by one deed.
    pub fixes: crate::fixes::Fixes,
    /// Hashing of passwords.
    pub(crate) passwords: Passwords,
    /// Limits on login and on tokens.
    pub(crate) throttle: Throttle,
    /// Places for requests.
    pub(crate) requests: Semaphore,
    /// Places for streams of events.
    pub(crate) streams: Arc<Semaphore>,
    /// When this hub was started.
    pub started: Micros,
    workers: AtomicUsize,
    listeners: Mutex<Vec<String>>,
    /// Wakes who judges assets.
    pub(crate) to_assess: Notify,
    events: broadcast::Sender<Event>,
    stopping: watch::Sender<bool>,
}

impl AppState {
    /// The state of a hub on the store of this matcher.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new(
        matcher: Matcher,
        sealer: Arc<Sealer>,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, crate::Error> {
        // A page that falls so far behind is told to ask for everything again.
        let (events, _) = broadcast::channel(256);
        let (stopping, _) = watch::channel(false);
        let shared = Shared {
            fixes: crate::fixes::Fixes::default(),
            passwords: Passwords::new()?,
            throttle: Throttle::new(),
            metrics: Metrics::new(),
            requests: Semaphore::new(settings.requests),
            streams: Arc::new(Semaphore::new(settings.streams)),
            started: clock.now(),
            workers: AtomicUsize::new(0),
            listeners: Mutex::default(),
            to_assess: Notify::new(),
            events,
            stopping,
            store: matcher.store().clone(),
            matcher,
            sealer,
            clock,
            settings,
        };
        Ok(Self(Arc::new(shared)))
    }

    /// Tells open pages that something changed.
    pub fn tell(&self, topic: &str, id: Option<&str>, scope: &str) {
        // Nobody listens: nobody is to be told.
        let _ = self.events.send(Event {
            topic: topic.to_owned(),
            id: id.map(ToOwned::to_owned),
            scope: scope.to_owned(),
        });
    }

    /// Has assets that are marked due judged soon. Called after the transaction that marked them; without it they are
    /// judged all the same, some seconds later.
    pub fn assess_soon(&self) {
        self.to_assess.notify_one();
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Notes an address at which the hub is reached (`https://hub.example:8443`): it is shown, and stands in what
    /// registries are told.
    pub fn listens_at(&self, url: impl Into<String>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(url.into());
    }

    /// The addresses at which the hub is reached.
    #[must_use]
    pub fn listeners(&self) -> Vec<String> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how many jobs are carried out at once.
    pub(crate) fn works_with(&self, slots: usize) {
        self.workers.store(slots, Ordering::Relaxed);
    }

    /// How many jobs are carried out at once; 0: this hub only answers.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    /// Ends what would otherwise go on without end (streams of events), so that the listener can stop.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Reads from the store, all from one state of it. The inner error refuses the request.
    ///
    /// # Errors
    /// The inner error, or the store fails.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<Result<T, Error>, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        self.store.read(work).await?
    }

    /// Changes the store, all or nothing. The inner error refuses the request; it must come before the first change, for
    /// what was done until then stays done. May run more than once.
    ///
    /// # Errors
    /// The inner error, or the store fails.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<Result<T, Error>, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        self.store.write(work).await?
    }
}
