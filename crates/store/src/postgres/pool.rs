//! Connections that wait to be used.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{Config, NoTls, config::SslMode};

use super::{
    runtime,
    session::{Connection, Session},
    tls::MakeTls,
};
use crate::{
    StoreError,
    url::{Host, Postgres, Tls},
};

/// Connections at most. PostgreSQL's default is 100 for all clients; a hub of 2 cores keeps fewer than this busy.
const CONNECTIONS: usize = 12;

/// How long a free connection is waited for, and how long a server that starts up or is away.
const PATIENCE: Duration = Duration::from_secs(15);

/// For one attempt to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// What each session asks of the server. Statements that run away are ended, a client that hangs keeps no locks, and a
/// commit that was acknowledged is on disk whatever the server's default says.
const OPTIONS: &str = "-c statement_timeout=60s -c lock_timeout=20s -c idle_in_transaction_session_timeout=60s \
                       -c synchronous_commit=on -c client_encoding=UTF8";

pub(super) struct Pool {
    config: Config,
    tls: Option<MakeTls>,
    shown: String,
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(address: &Postgres, shown: &str) -> Result<Self, StoreError> {
        let mut config = Config::new();
        match &address.host {
            Host::Name(name) => config.host(name),
            Host::Socket(folder) => config.host_path(folder),
        };
        config.port(address.port).user(&address.user).dbname(&address.database);
        if let Some(password) = &address.password {
            config.password(password);
        }
        config
            .application_name("seawall")
            .options(OPTIONS)
            .connect_timeout(CONNECT)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(60));
        let tls = match &address.tls {
            Tls::Off => None,
            Tls::Verified(roots) => Some(MakeTls::new(roots.as_deref(), shown)?),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self {
            config,
            tls,
            shown: shown.to_owned(),
            idle: Mutex::new(Vec::new()),
            free: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// A connection that was open a moment ago, or a new one.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Session, StoreError> {
        let waiting = tokio::time::timeout(PATIENCE, Arc::clone(&self.free).acquire_owned());
        let permit = waiting
            .await
            .map_err(|_| StoreError::Busy(format!("all {CONNECTIONS} connections are in use")))?
            .map_err(|_| StoreError::Closed)?;
        let connection = match self.waiting() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Session::new(connection, Lease { pool: Arc::clone(self), _permit: permit }, runtime()?))
    }

    fn waiting(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.client.is_closed());
        // The one used last: its statements are the ones in use, and those that nobody needs age behind it.
        idle.pop()
    }

    /// Connects, and waits for a server that is on its way.
    async fn connect(&self) -> Result<Connection, StoreError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let error = match tokio::time::timeout(CONNECT, self.connect_once()).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) if !worth_waiting(&error) => return Err(self.cannot(&error)),
                Ok(Err(error)) => self.cannot(&error),
                Err(_) => {
                    StoreError::Open { store: self.shown.clone(), why: "it does not answer".to_owned() }
                }
            };
            if begun.elapsed() + pause > PATIENCE || self.free.is_closed() {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    async fn connect_once(&self) -> Result<Connection, tokio_postgres::Error> {
        // The task that speaks with the server ends with the connection; what it says comes to whoever waits on the client.
        match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(connection);
                Ok(Connection::new(client))
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(connection);
                Ok(Connection::new(client))
            }
        }
    }

    fn cannot(&self, error: &tokio_postgres::Error) -> StoreError {
        StoreError::Open { store: self.shown.clone(), why: chain(error) }
    }

    /// The connections that nobody uses are closed.
    pub(super) fn forget_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn close(&self) {
        self.free.close();
        self.forget_idle();
    }
}

/// The right to one connection; it counts until the session is dropped.
pub(super) struct Lease {
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Takes a connection back that is outside of a transaction.
    pub(super) fn give_back(&self, connection: Connection) {
        if !connection.client.is_closed() && !self.pool.free.is_closed() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// A wrong password does not become right by waiting; a server that starts does.
fn worth_waiting(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        // 57P03: it starts up or shuts down. 53300: too many clients at the moment.
        Some(code) => matches!(code.code(), "57P01" | "57P02" | "57P03" | "53300"),
        None => is_io(error) || error.is_closed(),
    }
}

/// An error with its causes: tokio-postgres alone says no more than "error connecting to server".
pub(super) fn chain(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        return db.message().to_owned();
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Did the network or the socket fail, rather than the server say something?
pub(super) fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>()).is_some()
}
