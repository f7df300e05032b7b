//! SQLite: one thread that writes, a few that read.
//!
//! A change is on disk when it is acknowledged: write-ahead log with `synchronous=FULL`, which flushes the log at each
//! commit. Readers see the last commit and never wait for the writer, nor it for them.

#[cfg(test)]
mod tests;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, unbounded};
use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    types::{ToSqlOutput, ValueRef},
};
use tokio::sync::oneshot;

use crate::{Dialect, Migration, Row, StoreError, Tx, Value, error::panic_text, migrate, value::storable};

/// How long another process is waited for that holds the write lock.
const BUSY: Duration = Duration::from_secs(10);

/// Statements that are kept prepared for each connection. The hub has a few hundred, and filters make variants.
const STATEMENTS: usize = 512;

/// Pages that the writer and each reader keep, in KiB. Beyond it the page cache of the system serves.
const CACHE_KIB: i64 = 8_192;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// The threads of one database file.
pub(crate) struct Sqlite {
    queues: Mutex<Option<Queues>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Queues {
    write: Sender<Work>,
    read: Sender<Work>,
}

/// May the transaction write?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
}

impl Sqlite {
    /// Opens and migrates the file. Blocks.
    pub(crate) fn open(path: &Path, shown: &str, migrations: &[Migration]) -> Result<Self, StoreError> {
        let failed =
            |e: &rusqlite::Error| StoreError::Open { store: shown.to_owned(), why: why_not_opened(e, path) };
        let mut writer = connect(path, Mode::Write).map_err(|e| failed(&e))?;
        migrate::sqlite(&mut writer, shown, migrations)?;
        let (write, written) = unbounded::<Work>();
        let (read, asked) = unbounded::<Work>();
        let mut threads = vec![spawn("store-write", writer, written)?];
        let readers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
        for _ in 0..readers {
            let reader = connect(path, Mode::Read).map_err(|e| failed(&e))?;
            threads.push(spawn("store-read", reader, asked.clone())?);
        }
        Ok(Self { queues: Mutex::new(Some(Queues { write, read })), threads: Mutex::new(threads) })
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

    async fn run<T: Send + 'static>(
        &self,
        mode: Mode,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Whoever asked may be gone; the work is done all the same, as it is with a server.
            let _ = answer.send(transaction(connection, mode, &mut f));
        });
        let queues =
            self.queues.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)?;
        let queue = if mode == Mode::Write { &queues.write } else { &queues.read };
        queue.send(work).map_err(|_| StoreError::Closed)?;
        drop(queues);
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends the threads once they have done what they were asked before. Blocks.
    pub(crate) fn close(&self) {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic inside was caught and answered; there is nothing left to tell.
            let _ = thread.join();
        }
    }
}

fn why_not_opened(error: &rusqlite::Error, path: &Path) -> String {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) if folder.is_some_and(|p| !p.is_dir()) => {
            format!("its folder {} is not there; make it", folder.unwrap_or(path).display())
        }
        Some(ErrorCode::NotADatabase) => "the file is no SQLite database".to_owned(),
        _ => error.to_string(),
    }
}

fn connect(path: &Path, mode: Mode) -> rusqlite::Result<Connection> {
    // Readers open for writing too: in WAL mode they keep the shared index. `query_only` holds them off the rest.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    write_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // As PostgreSQL does.
    connection.pragma_update(None, "case_sensitive_like", true)?;
    if mode == Mode::Read {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// Switches to the write-ahead log. While another process does the same, SQLite does not wait but says that it is busy.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < BUSY => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

fn spawn(
    name: &str,
    mut connection: Connection,
    queue: crossbeam_channel::Receiver<Work>,
) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            for work in queue {
                work(&mut connection);
            }
        })
        .map_err(|e| StoreError::Open { store: name.to_owned(), why: e.to_string() })
}

/// One transaction around a closure. It is rolled back when the closure fails or panics.
fn transaction<T>(
    connection: &Connection,
    mode: Mode,
    f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // A writer takes the lock at once: one that began to read cannot always go on to write. For a reader the snapshot
    // is taken at its first statement, so no lock is asked for.
    let begin = if mode == Mode::Write { "BEGIN IMMEDIATE" } else { "BEGIN" };
    simple(connection, begin)?;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx::sqlite(connection);
        let value = f(&mut tx)?;
        tx.swallowed().map_or(Ok(value), Err)
    }))
    .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_text(&*panic))))
    .and_then(|value| simple(connection, "COMMIT").map(|()| value));
    // Some errors (a full disk) have ended the transaction already.
    if result.is_err() && !connection.is_autocommit() {
        simple(connection, "ROLLBACK")?;
    }
    result
}

fn simple(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    execute(connection, sql, &[]).map(drop)
}

pub(crate) fn execute(connection: &Connection, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
    run(connection, sql, values, |statement| statement.raw_execute().map(|n| n as u64))
}

pub(crate) fn query(connection: &Connection, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
    run(connection, sql, values, |statement| {
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns);
            for column in 0..columns {
                values.push(match row.get_ref(column)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(v) => Value::Int(v),
                    ValueRef::Real(v) => Value::Real(v),
                    ValueRef::Text(v) => Value::Text(String::from_utf8_lossy(v).into_owned()),
                    ValueRef::Blob(v) => Value::Bytes(v.to_vec()),
                });
            }
            out.push(Row(values));
        }
        Ok(out)
    })
}

fn run<T>(
    connection: &Connection,
    sql: &str,
    values: &[Value],
    f: impl FnOnce(&mut rusqlite::CachedStatement<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let failed = |e: rusqlite::Error| error(&e, sql);
    let mut statement = connection.prepare_cached(&Dialect::Sqlite.parameters(sql)).map_err(failed)?;
    // SQLite would take what is not bound for NULL, in silence.
    if statement.parameter_count() != values.len() {
        let wanted = statement.parameter_count();
        return Err(StoreError::statement(
            format!("wants {wanted} values, {} were given", values.len()),
            sql,
        ));
    }
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value).map_err(failed)?;
    }
    f(&mut statement).map_err(failed)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(v) => ToSqlOutput::Borrowed(ValueRef::Integer(*v)),
            Self::Real(v) => ToSqlOutput::Borrowed(ValueRef::Real(*v)),
            Self::Text(v) => match storable(v) {
                std::borrow::Cow::Borrowed(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
                std::borrow::Cow::Owned(v) => ToSqlOutput::Owned(rusqlite::types::Value::Text(v)),
            },
            Self::Bytes(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v)),
        })
    }
}

pub(crate) fn error(e: &rusqlite::Error, sql: &str) -> StoreError {
    let message = || match e {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    match e.sqlite_error().map(|e| (e.code, e.extended_code)) {
        Some((ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)) => {
            StoreError::Busy("another process holds the database".to_owned())
        }
        Some((ErrorCode::DiskFull, _)) => StoreError::Full,
        Some((
            ErrorCode::ConstraintViolation,
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        )) => StoreError::Duplicate(message().replace("UNIQUE constraint failed: ", "")),
        Some((ErrorCode::ConstraintViolation, _)) => StoreError::Constraint(message()),
        _ => StoreError::statement(message(), sql),
    }
}
