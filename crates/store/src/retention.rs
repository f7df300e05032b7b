//! The audit trail's end, where it is to have one, and how far the store's time has come.

use crate::{Micros, StoreError, Tx, values};

/// The newest time that stands in the store: a clock that is behind it was, or is, wrong.
///
/// # Errors
/// The store's.
pub fn newest(tx: &mut Tx<'_>) -> Result<Option<Micros>, StoreError> {
    let mut newest = None;
    for sql in [
        "SELECT max(at) FROM audit",
        "SELECT max(opened_at) FROM database_generation",
        "SELECT max(last_seen) FROM placement",
    ] {
        newest = newest.max(tx.query_one(sql, &[])?.get::<Option<Micros>>(0)?);
    }
    Ok(newest)
}

/// Forgets at most `limit` entries of the audit trail from before a time; says how many. One that was taken back stays as
/// long as the entry that says so.
///
/// # Errors
/// The store's.
pub fn audit(tx: &mut Tx<'_>, before: Micros, limit: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM audit WHERE id IN (SELECT a.id FROM audit a WHERE a.at < $1 \
               AND NOT EXISTS (SELECT 1 FROM audit u WHERE u.undo_of = a.id) ORDER BY a.at LIMIT $2)";
    tx.execute(sql, &values![before, limit])
}
