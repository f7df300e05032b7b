use thiserror::Error;

/// Why the store did not do what it was asked. Messages name what, where and what to do, never a password or a value
/// that was bound to a statement.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The address of the store cannot be used.
    #[error("store address: {0}")]
    Url(String),
    /// The database could not be opened or reached.
    #[error("cannot open the store {store}: {why}")]
    Open {
        /// The address, without its password.
        store: String,
        /// The cause, and what helps where that is known.
        why: String,
    },
    /// A newer Seawall wrote this database.
    #[error(
        "the store {store} was written by a newer Seawall: it has migration {found}, this program knows up to {known}; \
         run the newer program, or restore the backup that was made before the upgrade"
    )]
    Newer {
        /// The address, without its password.
        store: String,
        /// The newest migration that is in the database, as `0007_name`.
        found: String,
        /// The newest that this program knows.
        known: String,
    },
    /// A migration that was applied is not the one this program has under that number.
    #[error(
        "the store {store} was migrated by another text of {migration} than this program has; it comes from a \
         development build or was altered: restore a backup, or begin with an empty store"
    )]
    Altered {
        /// The address, without its password.
        store: String,
        /// The migration, as `0001_first`.
        migration: String,
    },
    /// A database with tables, none of which is ours.
    #[error(
        "the store {store} holds tables that are not Seawall's ({table}, …); name an empty database or file"
    )]
    Foreign {
        /// The address, without its password.
        store: String,
        /// One of the tables.
        table: String,
    },
    /// All connections were taken, or another process held the database, for longer than is waited.
    #[error("the store is busy: {0}; try again")]
    Busy(String),
    /// Transactions met each other again and again.
    #[error("the change met others at the same rows {attempts} times in a row; try again")]
    Conflict {
        /// How often it was tried.
        attempts: u32,
    },
    /// The connection broke before anything was sent to commit: nothing was changed.
    #[error("the connection to the store broke, nothing was changed: {0}")]
    Lost(String),
    /// The connection broke while the commit was on its way: nobody knows whether it took place.
    #[error("the connection to the store broke during a commit, so the change may or may not be there: {0}")]
    CommitUnknown(String),
    /// No space is left where the database lies.
    #[error("no space is left for the store; free some, nothing was changed")]
    Full,
    /// A row with this key is there already.
    #[error("already there: {0}")]
    Duplicate(String),
    /// A row that is pointed at is not there, or one that others point at would go, or a value is off its list.
    #[error("the store refuses the change: {0}")]
    Constraint(String),
    /// What was asked for is not there.
    #[error("there is no {what} '{id}'")]
    NotFound {
        /// Which kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// A value that makes no sense, and what would.
    #[error("{0}")]
    Invalid(String),
    /// A cursor of another list, another order, or none of ours.
    #[error("this cursor does not belong to this list and order; begin again without a cursor")]
    Cursor,
    /// A column does not hold what the code reads from it: a mistake of ours.
    #[error("column {column} holds {found}, {wanted} was read")]
    Column {
        /// Counted from 0.
        column: usize,
        /// What was to be read.
        wanted: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// The database does not take a statement: a mistake of ours.
    #[error("{message}, in: {statement}")]
    Statement {
        /// What the database says.
        message: String,
        /// The beginning of the statement.
        statement: String,
    },
    /// A statement failed, and the closure went on as if it had not.
    #[error("a statement failed and its error was dropped, so nothing was changed: {0}")]
    Swallowed(String),
    /// The closure panicked; nothing was changed.
    #[error("the work on the store panicked, nothing was changed: {0}")]
    Panicked(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A statement's beginning is enough to find it.
    pub(crate) fn statement(message: impl Into<String>, sql: &str) -> Self {
        let mut statement: String = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((at, _)) = statement.char_indices().nth(200) {
            statement.truncate(at);
            statement.push('…');
        }
        Self::Statement { message: message.into(), statement }
    }

    /// Shorthand for [`Self::NotFound`].
    #[must_use]
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }
}

/// What a panic said, where it said it in text.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
