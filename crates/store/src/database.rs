use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{
    Dialect, MIGRATIONS, Migration, StoreError, StoreUrl, Tx, error::panic_text, postgres::Postgres,
    sqlite::Sqlite, url::Address,
};

/// The store. Cheap to clone; all clones share its threads or connections.
///
/// Work is given as a closure over a [`Tx`], in one transaction. It is synchronous, so that a transaction never lies open
/// while something else is awaited; it may be run again (`FnMut`) after it met another transaction, so it does nothing
/// but talk to the `Tx`. When the future is dropped, work that has begun is finished all the same.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
    url: StoreUrl,
    /// Grows with each change of the fleet.
    fleet: Arc<AtomicU64>,
}

enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the store, and brings its tables to what this program knows.
    ///
    /// # Errors
    /// When it cannot be reached or opened; [`StoreError::Newer`], [`StoreError::Altered`], [`StoreError::Foreign`] when
    /// it is not ours to use.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        Self::open_at(url, MIGRATIONS).await
    }

    /// As [`Self::open`], with other migrations: tests of upgrades begin at an older release with it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_at(url: &StoreUrl, migrations: &'static [Migration]) -> Result<Self, StoreError> {
        let shown = url.to_string();
        let database = match &url.0 {
            Address::Sqlite(path) => {
                let path = path.clone();
                let opened =
                    tokio::task::spawn_blocking(move || Sqlite::open(&path, &shown, migrations)).await;
                Database::Sqlite(opened.map_err(|e| match e.try_into_panic() {
                    Ok(panic) => StoreError::Panicked(panic_text(&*panic)),
                    Err(_) => StoreError::Closed,
                })??)
            }
            Address::Postgres(address) => {
                Database::Postgres(Postgres::open(address, &shown, migrations).await?)
            }
        };
        Ok(Self { database: Arc::new(database), url: url.clone(), fleet: Arc::default() })
    }

    /// Runs a closure that changes nothing, on one snapshot: all its statements see the same state.
    ///
    /// # Errors
    /// What the closure gives, or why it could not be run.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &*self.database {
            Database::Sqlite(sqlite) => sqlite.read(f).await,
            Database::Postgres(postgres) => postgres.read(f).await,
        }
    }

    /// Runs a closure that may change something. When this returns `Ok`, the change survives a crash of the machine. The
    /// closure sees one snapshot; where another transaction changed the same rows meanwhile, it is run again.
    ///
    /// # Errors
    /// What the closure gives (nothing was changed then), or why it could not be run.
    pub async fn write<T: Send + 'static>(
        &self,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let touched = Arc::new(AtomicBool::new(false));
        let (seen, fleet) = (Arc::clone(&touched), Arc::clone(&self.fleet));
        let f = move |tx: &mut Tx<'_>| {
            let done = f(tx);
            if tx.touched() {
                seen.store(true, Ordering::Relaxed);
                // Also when the future is dropped before the commit is known.
                fleet.fetch_add(1, Ordering::AcqRel);
            }
            done
        };
        let done = match &*self.database {
            Database::Sqlite(sqlite) => sqlite.write(f).await,
            Database::Postgres(postgres) => postgres.write(f).await,
        };
        if touched.load(Ordering::Relaxed) {
            // Whoever read before the commit knows now that it was before.
            self.fleet.fetch_add(1, Ordering::AcqRel);
        }
        done
    }

    /// A number that is another one after each change of the fleet by this process: of images, where they lie, what was found
    /// in them, what hides it. Asked before something is read, it says later whether that is still so.
    #[must_use]
    pub fn fleet_version(&self) -> u64 {
        self.fleet.load(Ordering::Acquire)
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &*self.database {
            Database::Sqlite(_) => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The address it was opened by.
    #[must_use]
    pub const fn url(&self) -> &StoreUrl {
        &self.url
    }

    /// Finishes what was asked before and closes files and connections; whoever asks later gets [`StoreError::Closed`].
    pub async fn close(&self) {
        let database = Arc::clone(&self.database);
        match &*self.database {
            Database::Sqlite(_) => {
                let closing = tokio::task::spawn_blocking(move || {
                    if let Database::Sqlite(sqlite) = &*database {
                        sqlite.close();
                    }
                });
                // It fails only where the runtime ends; the threads end with the process then.
                let _ = closing.await;
            }
            Database::Postgres(postgres) => postgres.close(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.url)
    }
}
