//! A hub in this process: folder, store, database of advisories, listener, work. `seawall hub` and `seawall up` run it.

pub(crate) mod advisories;
pub(crate) mod folder;
pub(crate) mod logs;
pub(crate) mod signals;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use hub::{
    AppState, Clock, Running, Settings, auth, http,
    listen::{self, ListenError, Listener, Security},
    matching::Matcher,
    retention::Keep,
    seal::Sealer,
    worker::{Limits, Worker},
};
use store::{Store, StoreUrl};
use tokio::{sync::oneshot, task::JoinHandle};

use folder::Folder;

/// What a hub is started with.
pub(crate) struct Plan {
    /// Keys, the port, and where nothing else is said the store.
    pub(crate) folder: PathBuf,
    /// `None`: a file of SQLite in the folder.
    pub(crate) store: Option<StoreUrl>,
    /// Tried in this order until one is free.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) security: Security,
    /// Under which people and registries reach it; `None`: its own address.
    pub(crate) public_url: Option<String>,
    /// The database of advisories, which is watched.
    pub(crate) database: PathBuf,
    /// Where layers that were read are remembered.
    pub(crate) cache: PathBuf,
    /// Scans and looks at registries at once.
    pub(crate) slots: usize,
    /// How long what is old is kept.
    pub(crate) keep: Keep,
}

/// The store's file in the folder.
pub(crate) const STORE_FILE: &str = "hub.db";

/// A hub whose parts are open, not yet served.
pub(crate) struct Opened {
    plan: Plan,
    folder: Folder,
    pub(crate) state: AppState,
    /// Which file the matcher judges by was there at the start.
    pub(crate) has_data: bool,
}

/// The store that a plan names.
pub(crate) fn store_url(store: Option<&StoreUrl>, folder: &std::path::Path) -> StoreUrl {
    store.cloned().unwrap_or_else(|| StoreUrl::sqlite(folder.join(STORE_FILE)))
}

impl Opened {
    /// Takes the folder, opens the store, which is brought up to date, and the database of advisories.
    pub(crate) async fn open(plan: Plan) -> Result<Self> {
        let folder = Folder::take(&plan.folder)?;
        let store = Store::open(&store_url(plan.store.as_ref(), &plan.folder)).await?;
        let sealer = Arc::new(Sealer::open(&plan.folder)?);
        let found = advisories::open(&plan.database)?;
        let has_data = found.is_some();
        let database = match found {
            Some(database) => database,
            None => advisories::nothing(&plan.folder)?,
        };
        let matcher = Matcher::new(store, Arc::new(database));
        let state = AppState::new(matcher, sealer, Clock::system(), Settings::default())
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self { plan, folder, state, has_data })
    }

    /// Was the store ever judged by data? Then it must not be judged by nothing in between.
    pub(crate) async fn was_judged(&self) -> Result<bool> {
        let generation = self.state.store.read(store::matches::generation).await?;
        Ok(generation.is_some_and(|generation| generation.records > 0))
    }

    /// Puts another database in the place of the one that was opened.
    pub(crate) async fn judge_by(&mut self, database: vulndb::Database) -> Result<()> {
        let now = self.state.clock.now();
        self.state.matcher.change(Arc::new(database), now).await?;
        self.has_data = true;
        Ok(())
    }

    /// Listens, and begins to work.
    pub(crate) async fn serve(self) -> Result<Serving> {
        let Self { plan, folder, state, .. } = self;
        let listener = bind(&plan).await?;
        let address = listener.address();
        folder.say(address.port());
        let host = match address {
            // Of its names the one that people type: a cookie is good for one of them only.
            SocketAddr::V4(address) if *address.ip() == Ipv4Addr::LOCALHOST => "localhost".to_owned(),
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        let own = format!("{}://{host}:{}", listener.scheme(), address.port());
        let base = plan.public_url.unwrap_or(own);
        state.listens_at(base.as_str());
        let worker = Worker::of_this_program(Limits::default()).context("this program cannot find itself")?;
        let mut options = hub::Options::new(worker.clone());
        options.slots = plan.slots;
        options.cache = Some(plan.cache);
        options.database = Some(plan.database);
        // One look is one `stat`; a new database is to be told of within a second, its judging included.
        options.look = std::time::Duration::from_millis(250);
        let keep = plan.keep;
        let options = options.with(move |state, stop| hub::retention::run(state, stop, keep));
        let (fingerprint, authority) =
            (listener.fingerprint().map(str::to_owned), listener.authority().map(PathBuf::from));
        let router = http::router(&state, listener.transport());
        let running = hub::run(&state, options)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(listener.serve(router, async move {
            let _ = stopped.await;
        }));
        Ok(Serving { state, base, fingerprint, authority, worker, stop, served, running, folder })
    }
}

/// The first address that is free.
async fn bind(plan: &Plan) -> Result<Listener> {
    ensure!(!plan.addresses.is_empty(), "there is no address to listen on");
    let mut taken = None;
    for address in &plan.addresses {
        match listen::bind(*address, &plan.security, listen::Limits::default()).await {
            Ok(listener) => return Ok(listener),
            Err(ListenError::Bind { address, source })
                if source.kind() == std::io::ErrorKind::AddrInUse && plan.addresses.len() > 1 =>
            {
                taken = Some(ListenError::Bind { address, source });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(taken.map_or_else(|| anyhow::anyhow!("there is no address to listen on"), Into::into))
}

/// A hub that answers and works.
pub(crate) struct Serving {
    pub(crate) state: AppState,
    /// Its address, as people open it.
    pub(crate) base: String,
    /// Of the authority that it made, which clients are asked to trust.
    pub(crate) fingerprint: Option<String>,
    pub(crate) authority: Option<PathBuf>,
    pub(crate) worker: Worker,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
    running: Running,
    folder: Folder,
}

impl Serving {
    /// The one-time link by which the first owner gets in, where there is no user yet.
    pub(crate) async fn setup_link(&self) -> Result<Option<String>> {
        let link = auth::setup_link(&self.state).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(link.map(|link| link.url(&self.base)))
    }

    /// Waits until a part that should go on has ended by itself, which is a fault.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            () = self.running.ended() => {}
            _ = &mut self.served => {}
        }
        anyhow::anyhow!("a part of the hub ended by itself; the log says which")
    }

    /// Ends it: no more is accepted, requests that run are finished within their grace, scans are ended, the store is closed.
    pub(crate) async fn end(self) {
        self.state.stop();
        let _ = self.stop.send(());
        let _ = self.served.await;
        self.running.stop().await;
        self.state.store.close().await;
        drop(self.folder);
    }
}
