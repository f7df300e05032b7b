//! One connection in use: statements, and what their errors mean.

use std::{collections::HashMap, future::Future, pin::Pin, task::Poll, time::Duration};

use tokio::runtime::Handle;
use tokio_postgres::{
    Client, Statement,
    types::{ToSql, Type},
};

use super::{
    Failure, decode,
    pool::{Lease, chain, is_io},
};
use crate::{Row, StoreError, Value};

/// For one statement, a little more than the server gives it: what is left after that is a network that is gone.
const ANSWER: Duration = Duration::from_secs(75);

/// Prepared statements kept on a connection; past it all are let go, for whoever makes that many makes more.
const STATEMENTS: usize = 512;

/// Rows sent ahead of their answers.
const PIPELINE: usize = 64;

/// A connection with its prepared statements.
pub(super) struct Connection {
    pub(super) client: Client,
    prepared: HashMap<String, Vec<Statement>>,
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, prepared: HashMap::new() }
    }
}

/// A connection while one thread uses it. It goes back to the pool when its transaction ended well, and is closed (which
/// makes the server roll back) otherwise.
pub(crate) struct Session {
    connection: Option<Connection>,
    lease: Lease,
    runtime: Handle,
    /// In a transaction, or in an unknown state: not to be given back.
    open: bool,
    /// The last error meant that the transaction met another.
    conflict: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.open
            && let Some(connection) = self.connection.take()
        {
            self.lease.give_back(connection);
        }
    }
}

impl Session {
    pub(super) fn new(connection: Connection, lease: Lease, runtime: Handle) -> Self {
        Self { connection: Some(connection), lease, runtime, open: false, conflict: false }
    }

    pub(super) fn begin(&mut self, sql: &str) -> Result<(), Failure> {
        self.open = true;
        self.conflict = false;
        self.batch(sql).map_err(|error| self.broken(error))
    }

    pub(super) fn commit(&mut self, changes: bool) -> Result<(), Failure> {
        match self.batch("COMMIT") {
            Ok(()) => {
                self.open = false;
                Ok(())
            }
            Err(_) if self.conflict => {
                // A commit that fails by the server's word has rolled back.
                self.open = false;
                Err(Failure::Conflict)
            }
            Err(StoreError::Lost(why)) if changes => Err(Failure::Final(StoreError::CommitUnknown(why))),
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Undoes the transaction, and tells what its error means for a second try.
    pub(super) fn roll_back(&mut self, error: StoreError) -> Failure {
        // A closure may find out by itself that it met another.
        let conflict = self.conflict || matches!(error, StoreError::Conflict { .. });
        if matches!(error, StoreError::Lost(_)) || self.closed() {
            return self.broken(error);
        }
        // Where this fails, the session stays marked and the connection is closed.
        if self.batch("ROLLBACK").is_ok() {
            self.open = false;
        }
        if conflict { Failure::Conflict } else { Failure::Final(error) }
    }

    fn broken(&self, error: StoreError) -> Failure {
        if matches!(error, StoreError::Lost(_)) { Failure::Lost(error) } else { Failure::Final(error) }
    }

    fn closed(&self) -> bool {
        self.connection.as_ref().is_none_or(|c| c.client.is_closed())
    }

    /// Several statements without parameters.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.with(sql, async |connection| connection.client.batch_execute(sql).await)
    }

    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql, values)?;
        self.with(sql, async |connection| connection.client.execute_raw(&statement, values).await)
    }

    pub(crate) fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let mut changed = 0;
        for rows in rows.chunks(PIPELINE) {
            let statements =
                rows.iter().map(|values| self.prepare(sql, values)).collect::<Result<Vec<_>, _>>()?;
            changed += self.with(sql, async |connection| {
                let client = &connection.client;
                let sent = rows
                    .iter()
                    .zip(&statements)
                    .map(|(values, statement)| Box::pin(client.execute_raw(statement, values)) as Pin<Box<_>>)
                    .collect();
                all(sent).await
            })?;
        }
        Ok(changed)
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepare(sql, values)?;
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
        let rows =
            self.with(sql, async |connection| connection.client.query(&statement, &parameters).await)?;
        rows.iter().map(|row| decode::row(row, sql)).collect()
    }

    /// A statement prepared for parameters like these. NULL goes with every type; the server then tells which.
    fn prepare(&mut self, sql: &str, values: &[Value]) -> Result<Statement, StoreError> {
        let fits = |statement: &&Statement| {
            statement.params().len() == values.len()
                && statement.params().iter().zip(values).all(|(t, v)| decode::takes(t, v))
        };
        let known = self.connection.as_ref().and_then(|c| c.prepared.get(sql)?.iter().find(fits).cloned());
        if let Some(statement) = known {
            return Ok(statement);
        }
        let types: Vec<Type> = values.iter().map(decode::parameter_type).collect();
        let statement = self.with(sql, async |c| c.client.prepare_typed(sql, &types).await)?;
        if statement.params().len() != values.len() {
            let wanted = statement.params().len();
            return Err(StoreError::statement(
                format!("wants {wanted} values, {} were given", values.len()),
                sql,
            ));
        }
        if let Some(connection) = &mut self.connection {
            if connection.prepared.len() >= STATEMENTS {
                connection.prepared.clear();
            }
            connection.prepared.entry(sql.to_owned()).or_default().push(statement.clone());
        }
        Ok(statement)
    }

    /// Waits for the server on this thread.
    fn with<T>(
        &mut self,
        sql: &str,
        f: impl AsyncFnOnce(&mut Connection) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, StoreError> {
        let Some(connection) = &mut self.connection else { return Err(StoreError::Closed) };
        let answer = self.runtime.block_on(async { tokio::time::timeout(ANSWER, f(connection)).await });
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                let closed = connection.client.is_closed();
                Err(self.error(&error, sql, closed))
            }
            Err(_) => {
                // Whatever the server still sends belongs to nobody now.
                self.connection = None;
                Err(StoreError::Lost("the server does not answer".to_owned()))
            }
        }
    }

    fn error(&mut self, error: &tokio_postgres::Error, sql: &str, closed: bool) -> StoreError {
        let Some(db) = error.as_db_error() else {
            let lost = closed || error.is_closed() || is_io(error);
            return if lost {
                StoreError::Lost(chain(error))
            } else {
                StoreError::statement(chain(error), sql)
            };
        };
        match db.code().code() {
            // Serialization failure, deadlock.
            "40001" | "40P01" => {
                self.conflict = true;
                StoreError::Conflict { attempts: 1 }
            }
            // Shut down, crashed, starting up; connection exceptions. 25P03: ours was idle too long in a transaction.
            "57P01" | "57P02" | "57P03" | "25P03" => StoreError::Lost(db.message().to_owned()),
            code if code.starts_with("08") => StoreError::Lost(db.message().to_owned()),
            // Lock timeout, statement timeout.
            "55P03" => StoreError::Busy("another transaction holds the rows".to_owned()),
            "57014" => StoreError::Busy("the statement took longer than a minute".to_owned()),
            "53100" => StoreError::Full,
            // The detail would quote values.
            "23505" => StoreError::Duplicate(
                db.constraint().or(db.table()).unwrap_or("a row with the same key").to_owned(),
            ),
            code if code.starts_with("23") => StoreError::Constraint(db.message().to_owned()),
            _ => StoreError::statement(db.message(), sql),
        }
    }
}

/// Waits for all, having begun all; the sum, or the first error once all have ended.
async fn all<E>(mut waiting: Vec<Pin<Box<impl Future<Output = Result<u64, E>>>>>) -> Result<u64, E> {
    let (mut sum, mut error) = (0, None);
    std::future::poll_fn(move |context| {
        waiting.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(result) => {
                match result {
                    Ok(changed) => sum += changed,
                    Err(e) => error = error.take().or(Some(e)),
                }
                false
            }
        });
        if waiting.is_empty() { Poll::Ready(error.take().map_or(Ok(sum), Err)) } else { Poll::Pending }
    })
    .await
}
