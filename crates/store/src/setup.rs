//! The one-time link by which the first owner gets in.

use crate::{Micros, StoreError, Tx, values};

/// What is kept of the link that was given out last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupLink {
    /// Of its secret.
    pub hash: String,
    /// Until when it opens the door.
    pub expires: Micros,
    /// It did already.
    pub used: bool,
}

/// Keeps a link, and forgets those that were given out before.
///
/// # Errors
/// The store's.
pub fn replace(tx: &mut Tx<'_>, hash: &str, expires: Micros) -> Result<(), StoreError> {
    tx.execute("DELETE FROM setup_link", &[])?;
    tx.execute("INSERT INTO setup_link (hash, expires, used) VALUES ($1, $2, 0)", &values![hash, expires])
        .map(drop)
}

/// The link that was given out last.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>) -> Result<Option<SetupLink>, StoreError> {
    let row = tx.query_opt("SELECT hash, expires, used FROM setup_link", &[])?;
    row.map(|row| Ok(SetupLink { hash: row.get(0)?, expires: row.get(1)?, used: row.get(2)? })).transpose()
}

/// Marks the link as used. Of two transactions that do so at once, one gets the error.
///
/// # Errors
/// [`StoreError::NotFound`] when it is not the last one, or was used already.
pub fn used(tx: &mut Tx<'_>, hash: &str) -> Result<(), StoreError> {
    match tx.execute("UPDATE setup_link SET used = 1 WHERE hash = $1 AND used = 0", &values![hash])? {
        1 => Ok(()),
        _ => Err(StoreError::not_found("set-up link", "…")),
    }
}
