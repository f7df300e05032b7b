//! PostgreSQL: a pool of connections, each used by one blocking thread at a time.

mod decode;
mod pool;
mod session;
mod tls;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

pub(crate) use session::Session;
use tokio::runtime::Handle;

use crate::{Dialect, Migration, StoreError, Tx, error::panic_text, migrate, url};

/// How often a transaction is tried that meets others at the same rows. With pauses of up to 2^n × 2 ms, all tries of an
/// unlucky one last some two seconds.
const ATTEMPTS: u32 = 10;

/// One PostgreSQL database.
pub(crate) struct Postgres {
    pool: Arc<pool::Pool>,
}

/// How a transaction begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
}

/// How far a transaction came before it failed.
enum Failure {
    /// It met another transaction: the server undid it.
    Conflict,
    /// The connection broke before the commit was sent: the server undoes it.
    Lost(StoreError),
    /// All else.
    Final(StoreError),
}

impl Postgres {
    pub(crate) async fn open(
        address: &url::Postgres,
        shown: &str,
        migrations: &'static [Migration],
    ) -> Result<Self, StoreError> {
        let postgres = Self { pool: Arc::new(pool::Pool::new(address, shown)?) };
        let shown = shown.to_owned();
        let session = postgres.pool.take().await?;
        blocking(move || {
            let mut session = session;
            migrate_all(&mut session, &shown, migrations)
        })
        .await??;
        Ok(postgres)
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Mode::Read, f).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Mode::Write, f).await
    }

    /// Tries until it is done, failed for good, or tried often enough.
    async fn run<T: Send + 'static>(
        &self,
        mode: Mode,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (mut attempt, mut reconnected) = (0, false);
        loop {
            let session = self.pool.take().await?;
            let (back, result) = blocking(move || {
                let mut session = session;
                let result = transaction(&mut session, mode, &mut f);
                (f, result)
            })
            .await?;
            f = back;
            match result {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Conflict) => {
                    attempt += 1;
                    if attempt == ATTEMPTS {
                        return Err(StoreError::Conflict { attempts: attempt });
                    }
                    tokio::time::sleep(back_off(attempt)).await;
                }
                Err(Failure::Lost(error)) => {
                    // A server that was restarted has closed all of them.
                    self.pool.forget_idle();
                    if reconnected {
                        return Err(error);
                    }
                    reconnected = true;
                }
            }
        }
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// Twice as long each time, and not the same for two that met: half of it hangs on where this task's stack lies in time.
fn back_off(attempt: u32) -> Duration {
    let longest = 2_000_u64 << attempt.min(8);
    // `RandomState` is seeded from the system, differently each time; no other source of chance is needed for this.
    let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), attempt);
    Duration::from_micros(longest / 2 + chance % (longest / 2))
}

/// Runs on a thread that may block.
async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    // The closures catch the panics of others' code; what is left is a runtime that ends.
    tokio::task::spawn_blocking(f).await.map_err(|_| StoreError::Closed)
}

/// One transaction around a closure.
fn transaction<T>(
    session: &mut Session,
    mode: Mode,
    f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    session.begin(match mode {
        Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Mode::Write => "BEGIN ISOLATION LEVEL REPEATABLE READ",
    })?;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx::postgres(session);
        let value = f(&mut tx)?;
        // A commit of a failed transaction would roll back and say that all is well.
        tx.swallowed().map_or(Ok(value), Err)
    }))
    .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_text(&*panic))));
    match result {
        Ok(value) => session.commit(mode == Mode::Write).map(|()| value),
        Err(error) => Err(session.roll_back(error)),
    }
}

/// Each migration in a transaction of its own that holds the lock which processes share.
fn migrate_all(session: &mut Session, shown: &str, migrations: &[Migration]) -> Result<(), StoreError> {
    let plain = |failure| match failure {
        Failure::Final(error) | Failure::Lost(error) => error,
        Failure::Conflict => StoreError::Conflict { attempts: 1 },
    };
    loop {
        // Not a snapshot: what another process did before the lock was ours must be seen after it.
        session.begin("BEGIN ISOLATION LEVEL READ COMMITTED").map_err(plain)?;
        let mut step = || {
            let mut tx = Tx::postgres(session);
            // Another process may be at a long migration.
            tx.execute("SET LOCAL lock_timeout = 0", &[])?;
            tx.execute("SET LOCAL statement_timeout = 0", &[])?;
            tx.query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", &crate::values![migrate::LOCK])?;
            let Some(migration) = migrate::next(&mut tx, shown, migrations)? else { return Ok(false) };
            session
                .batch(&Dialect::Postgres.migration(migration.sql))
                .map_err(|e| migrate::failed(shown, migration, &e))?;
            migrate::remember(&mut Tx::postgres(session), migration)?;
            Ok(true)
        };
        match step() {
            Ok(true) => session.commit(true).map_err(plain)?,
            Ok(false) => return session.commit(false).map_err(plain),
            Err(error) => return Err(plain(session.roll_back(error))),
        }
    }
}

/// The runtime on which the connections' tasks run.
fn runtime() -> Result<Handle, StoreError> {
    Handle::try_current().map_err(|_| StoreError::Closed)
}
