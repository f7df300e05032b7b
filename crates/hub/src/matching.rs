//! Matching: each package is judged once for the whole fleet, and again when what the database says of it changed.
//!
//! A [`Subject`] is a package with all that its verdict hangs on; the store keeps each once, with its verdicts as matches
//! and with the names under which it is looked up. Each name carries a hash of what was said under it when its subjects
//! were judged. So when a new database comes, [`Matcher::change`] compares one number a name, not two databases: it needs
//! nothing of the old one, and whoever was killed half-way begins again and finds what is left to do.

mod change;
mod subject;
mod verdict;

use std::sync::Arc;

use store::{Store, StoreError};
use tokio::sync::RwLock;
use vulndb::Database;

pub use change::Changed;
pub(crate) use change::{damaged as change_error, write as write_subject};
pub use subject::{Os, Other, Subject};
pub use verdict::{Verdict, judge, names};
pub(crate) use verdict::{judgement, micros, stored_subject};

/// Why packages could not be matched.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database of advisories.
    #[error("the database of advisories cannot be read: {0}; run seawall db verify")]
    Database(#[from] vulndb::Error),
    /// A row that no version of this program wrote.
    #[error("subject {subject} of the store cannot be read: {why}; the store was altered by something else")]
    Subject {
        /// Its number.
        subject: i64,
        /// What is wrong with it.
        why: String,
    },
}

/// The database that the fleet is judged by. Who writes a catalogue holds the reading half of the lock until it is
/// committed; who changes the database takes the writing half for the moment of the change. So no subject is judged by
/// an old database after the comparison with the new one began.
#[derive(Clone)]
pub struct Matcher {
    store: Store,
    database: Arc<RwLock<Arc<Database>>>,
}

impl Matcher {
    /// A matcher over `store` that judges by `database`. [`Self::change`] brings the store to it.
    #[must_use]
    pub fn new(store: Store, database: Arc<Database>) -> Self {
        Self { store, database: Arc::new(RwLock::new(database)) }
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The database of now.
    pub async fn database(&self) -> Arc<Database> {
        Arc::clone(&*self.database.read().await)
    }

    /// The database of now, which stays that of the fleet until the guard is dropped.
    pub(crate) async fn hold(&self) -> tokio::sync::OwnedRwLockReadGuard<Arc<Database>> {
        Arc::clone(&self.database).read_owned().await
    }
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("store", &self.store).finish_non_exhaustive()
    }
}
