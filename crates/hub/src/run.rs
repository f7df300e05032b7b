//! The hub at work: what goes on beside the answering of requests.
//!
//! [`run`] starts it all and gives a [`Running`]; [`Running::stop`] ends it. What goes on:
//! - jobs of registries are carried out, results stored and judged; catalogues of registries are read when they are due;
//! - the store is brought to the database of advisories that the matcher was made with, and the database's file is
//!   watched: a new one is opened and the fleet is judged by it;
//! - what is marked due is judged by the controls;
//! - upkeep once a day: finished jobs are forgotten, what older cataloguers read is queued to be read again;
//! - what people should know is posted to webhooks;
//! - *engines*, which other parts of the hub give ([`Engine`]).

mod database;
mod upkeep;

use std::{path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use crate::{
    AppState, assess,
    jobs::{Hub, Runner, StoreSink},
    seal::SealError,
    worker::Worker,
};

/// A part of the hub that goes on until it is told to stop: the receiver turns `true`, or its sender is gone.
pub type Engine =
    Box<dyn FnOnce(AppState, watch::Receiver<bool>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// How the hub works.
pub struct Options {
    /// Starts scans: this program again ([`Worker::of_this_program`]), with what a scan may use.
    pub worker: Worker,
    /// Jobs at once: scans, looks behind digests, looks at catalogues. Each scan is a process of its own. At least 1.
    pub slots: usize,
    /// The folder in which what was read of layers is remembered; `None`: nowhere.
    pub cache: Option<PathBuf>,
    /// How long registries are waited for.
    pub timeouts: oci::Timeouts,
    /// The compiled database of advisories, which is watched; `None`: the one of the matcher stays.
    pub database: Option<PathBuf>,
    /// How often its file is looked at.
    pub look: Duration,
    /// What else goes on.
    pub engines: Vec<Engine>,
}

impl Options {
    /// Two jobs at once, no cache, no file that is watched.
    #[must_use]
    pub fn new(worker: Worker) -> Self {
        Self {
            worker,
            slots: 2,
            cache: None,
            timeouts: oci::Timeouts::default(),
            database: None,
            look: Duration::from_secs(5),
            engines: Vec::new(),
        }
    }

    /// Adds something that goes on beside the rest.
    #[must_use]
    pub fn with<F>(
        mut self,
        engine: impl FnOnce(AppState, watch::Receiver<bool>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.engines.push(Box::new(move |state, stop| Box::pin(engine(state, stop))));
        self
    }
}

/// A hub at work.
#[derive(Debug)]
pub struct Running {
    state: AppState,
    tasks: JoinSet<()>,
}

/// Starts what a hub does beside answering. It is the only one that works on its store: what another had in hand when it ended
/// is taken up at once. Returns at once; the work goes on in the runtime of the caller, until
/// [`AppState::stop`] or [`Running::stop`].
///
/// Before: open the store, the sealer, the database of advisories, and make the [`AppState`] of them. Beside: serve
/// [`http::router`](crate::http::router) by a [`Listener`](crate::listen::Listener), and tell its address to
/// [`AppState::listens_at`]. In the end: [`AppState::stop`], wait for the listener, then [`Running::stop`], then close the store.
///
/// # Errors
/// When the system gives no random bytes for the name under which jobs are leased.
pub fn run(state: &AppState, options: Options) -> Result<Running, SealError> {
    let telling = state.clone();
    let clock = state.clock.clone();
    let hub = Hub {
        store: state.store.clone(),
        sealer: Arc::clone(&state.sealer),
        worker: options.worker,
        sink: Arc::new(StoreSink::new(state.matcher.clone())),
        cache: options.cache,
        timeouts: options.timeouts,
        clock: Arc::new(move || clock.now()),
        tell: Arc::new(move |topic, id, scope| {
            telling.tell(topic, id, scope);
            if topic != "job" {
                telling.assess_soon();
            }
        }),
    };
    let runner = Runner::new(hub, options.slots)?.alone();
    state.works_with(options.slots.max(1));
    let mut tasks = JoinSet::new();
    tasks.spawn(runner.run(state.stopping()));
    tasks.spawn(database::watch(state.clone(), options.database, options.look));
    tasks.spawn(upkeep::run(state.clone()));
    tasks.spawn(crate::notices::run(state.clone(), state.stopping()));
    tasks.spawn(crate::fixes::run(state.clone(), state.stopping()));
    tasks.spawn(assess::run(state.clone(), state.stopping()));
    for engine in options.engines {
        tasks.spawn(engine(state.clone(), state.stopping()));
    }
    Ok(Running { state: state.clone(), tasks })
}

impl Running {
    /// Ends the work and waits until it has ended. Scans that go on are ended, and their jobs are taken up by whoever runs
    /// next; nothing that was acknowledged is lost.
    pub async fn stop(mut self) {
        self.state.stop();
        while let Some(ended) = self.tasks.join_next().await {
            told(ended);
        }
    }

    /// Waits until something that should go on has ended by itself, which is a fault (it is in the log), or until all has
    /// ended because the hub stops.
    pub async fn ended(&mut self) {
        if let Some(ended) = self.tasks.join_next().await {
            told(ended);
        }
    }
}

fn told(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a part of the hub ended by itself");
    }
}

/// Waits for a time, or until the hub stops; `true`: it stops.
async fn rest(stop: &mut watch::Receiver<bool>, time: Duration) -> bool {
    tokio::select! {
        stopped = stop.wait_for(|stop| *stop) => { drop(stopped); true }
        () = tokio::time::sleep(time) => false,
    }
}
