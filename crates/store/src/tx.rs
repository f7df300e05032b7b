use crate::{Dialect, Row, StoreError, Value, postgres, sqlite};

/// One transaction. All that is done through it is there afterwards, or nothing.
///
/// A statement that fails ends the transaction on PostgreSQL, and so it does here on both: whoever drops the error of a
/// statement and goes on gets [`StoreError::Swallowed`] at the end. Use `ON CONFLICT` where a row may be there.
pub struct Tx<'a> {
    on: On<'a>,
    /// What the first failing statement said.
    failed: Option<String>,
    /// The fleet is another one afterwards.
    touched: bool,
}

enum On<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

impl<'a> Tx<'a> {
    pub(crate) const fn sqlite(connection: &'a rusqlite::Connection) -> Self {
        Self { on: On::Sqlite(connection), failed: None, touched: false }
    }

    pub(crate) const fn postgres(session: &'a mut postgres::Session) -> Self {
        Self { on: On::Postgres(session), failed: None, touched: false }
    }

    /// The error to end with, when a statement failed and the closure returned a value all the same.
    pub(crate) fn swallowed(&mut self) -> Option<StoreError> {
        self.failed.take().map(StoreError::Swallowed)
    }

    /// Notes that the fleet is another one after this transaction: images, where they lie, what was found in them, what hides
    /// it. Whoever keeps something that was made of them learns it by [`crate::Store::fleet_version`].
    pub(crate) const fn touch(&mut self) {
        self.touched = true;
    }

    pub(crate) const fn touched(&self) -> bool {
        self.touched
    }

    /// Which database this is: for the few statements that must be written twice.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.on {
            On::Sqlite(_) => Dialect::Sqlite,
            On::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    ///
    /// # Errors
    /// What the database says; the transaction is over then.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let result = match &mut self.on {
            On::Sqlite(connection) => sqlite::execute(connection, sql, values),
            On::Postgres(session) => session.execute(sql, values),
        };
        self.note(result)
    }

    /// Runs one statement once for each row of values, and says how many rows they changed together. On PostgreSQL the
    /// rows are sent without waiting for each answer.
    ///
    /// # Errors
    /// What the database says to the first that fails; the transaction is over then.
    pub fn execute_many(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let result = match &mut self.on {
            On::Sqlite(connection) => rows
                .iter()
                .try_fold(0, |changed, values| Ok(changed + sqlite::execute(connection, sql, values)?)),
            On::Postgres(session) => session.execute_many(sql, rows),
        };
        self.note(result)
    }

    /// Runs a statement and gives its rows.
    ///
    /// # Errors
    /// What the database says; the transaction is over then.
    pub fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let result = match &mut self.on {
            On::Sqlite(connection) => sqlite::query(connection, sql, values),
            On::Postgres(session) => session.query(sql, values),
        };
        self.note(result)
    }

    /// The first row, where there is one.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn query_opt(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values)?.into_iter().next())
    }

    /// The first row of a statement that always gives one (a count, a sum, `RETURNING` of a new row).
    ///
    /// # Errors
    /// As [`Self::query`]; [`StoreError::Statement`] when there is none.
    pub fn query_one(&mut self, sql: &str, values: &[Value]) -> Result<Row, StoreError> {
        self.query_opt(sql, values)?.ok_or_else(|| StoreError::statement("gave no row", sql))
    }

    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result
            && self.failed.is_none()
        {
            self.failed = Some(error.to_string());
        }
        result
    }
}
