//! Migrations: linear, each in one transaction, remembered with a checksum of its text.

use sha2::{Digest, Sha256};

use crate::{Dialect, StoreError, Tx, sqlite, values};

/// One step from an older shape of the tables to a newer.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number; they are applied in this order.
    pub number: u32,
    /// A word or two.
    pub name: &'static str,
    /// What it does, in the words of [`Dialect`].
    pub sql: &'static str,
}

/// All steps, in order. Text that has been released never changes: its checksum stands in every store.
pub const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "first", sql: include_str!("../migrations/0001_first.sql") }];

impl Migration {
    fn label(&self) -> String {
        format!("{:04}_{}", self.number, self.name)
    }

    fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.sql).into()
    }
}

/// The table of what was applied. `at` is missing on purpose: there is no clock here.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (\
    number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum BLOB NOT NULL)";

/// Two processes may start at once. This number, in nobody else's use, is the lock that they share on PostgreSQL.
pub(crate) const LOCK: i64 = 0x5345_4157_414c_4c01;

/// What the transaction that holds the lock has to do next.
pub(crate) fn next<'m>(
    tx: &mut Tx<'_>,
    shown: &str,
    migrations: &'m [Migration],
) -> Result<Option<&'m Migration>, StoreError> {
    let tables = match tx.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Dialect::Postgres => {
            "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
        }
    };
    let tables = tx.query(tables, &[])?;
    let mut there = false;
    for table in &tables {
        there |= table.text(0)? == "schema_migration";
    }
    if !there {
        if let Some(table) = tables.first() {
            return Err(StoreError::Foreign { store: shown.to_owned(), table: table.text(0)?.to_owned() });
        }
        tx.execute(&tx.dialect().migration(TABLE), &[])?;
    }
    let applied = tx.query("SELECT number, name, checksum FROM schema_migration ORDER BY number", &[])?;
    let newest = migrations.last().map_or(0, |m| m.number);
    for (at, row) in applied.iter().enumerate() {
        let (number, name, checksum) = (row.get::<u32>(0)?, row.text(1)?, row.get::<Vec<u8>>(2)?);
        let found = format!("{number:04}_{name}");
        let store = shown.to_owned();
        if number > newest {
            let known = migrations.last().map(Migration::label).unwrap_or_default();
            return Err(StoreError::Newer { store, found, known });
        }
        // Another text under the number, or a number that came in between later: a development build's doing.
        if !migrations.get(at).is_some_and(|m| m.number == number && m.checksum().as_slice() == checksum) {
            return Err(StoreError::Altered { store, migration: found });
        }
    }
    Ok(migrations.get(applied.len()))
}

/// Remembers that a migration was applied, in its own transaction.
pub(crate) fn remember(tx: &mut Tx<'_>, migration: &Migration) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)",
        &values![migration.number, migration.name, migration.checksum()],
    )
    .map(drop)
}

/// Says which migration it was that failed.
pub(crate) fn failed(shown: &str, migration: &Migration, why: &impl ToString) -> StoreError {
    StoreError::Open {
        store: shown.to_owned(),
        why: format!("migration {} failed, nothing of it was kept: {}", migration.label(), why.to_string()),
    }
}

/// Brings a SQLite file up to date. The write lock keeps a second process out meanwhile.
pub(crate) fn sqlite(
    connection: &mut rusqlite::Connection,
    shown: &str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    loop {
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(|e| sqlite::error(&e, "BEGIN IMMEDIATE"))?;
        let mut tx = Tx::sqlite(&transaction);
        let Some(migration) = next(&mut tx, shown, migrations)? else { return Ok(()) };
        transaction
            .execute_batch(&Dialect::Sqlite.migration(migration.sql))
            .map_err(|e| failed(shown, migration, &e))?;
        remember(&mut Tx::sqlite(&transaction), migration)?;
        transaction.commit().map_err(|e| failed(shown, migration, &e))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded_in_order_under_its_own_number() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let embedded: Vec<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.label())).collect();
        assert_eq!(embedded, files);
        assert!(MIGRATIONS.is_sorted_by(|a, b| a.number < b.number));
    }
}
