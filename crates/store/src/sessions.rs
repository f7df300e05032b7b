//! Sessions of browsers. Only the hash of a session's secret is known here.

use crate::{Micros, StoreError, Tx, values};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Of its secret.
    pub id_hash: String,
    /// Whose; the user's id.
    pub user: String,
    /// Since when.
    pub created: Micros,
    /// It ends then, used or not.
    pub expires: Micros,
    /// When it was used last, within a minute or so.
    pub last_seen: Micros,
}

/// Begins a session.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such user.
pub fn create(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO session (id_hash, user_id, created, expires, last_seen) VALUES ($1, $2, $3, $4, $5)",
        &values![session.id_hash, session.user, session.created, session.expires, session.last_seen],
    )
    .map(drop)
}

/// The session with this hash, ended or not.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id_hash: &str) -> Result<Option<Session>, StoreError> {
    let sql = "SELECT id_hash, user_id, created, expires, last_seen FROM session WHERE id_hash = $1";
    tx.query_opt(sql, &values![id_hash])?
        .map(|row| {
            Ok(Session {
                id_hash: row.get(0)?,
                user: row.get(1)?,
                created: row.get(2)?,
                expires: row.get(3)?,
                last_seen: row.get(4)?,
            })
        })
        .transpose()
}

/// Notes that it was used. A session that is gone stays gone.
///
/// # Errors
/// The store's.
pub fn touch(tx: &mut Tx<'_>, id_hash: &str, now: Micros) -> Result<(), StoreError> {
    // Two requests of one page may come in either order.
    let sql = "UPDATE session SET last_seen = $2 WHERE id_hash = $1 AND last_seen < $2";
    tx.execute(sql, &values![id_hash, now]).map(drop)
}

/// Ends a session.
///
/// # Errors
/// The store's.
pub fn delete(tx: &mut Tx<'_>, id_hash: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM session WHERE id_hash = $1", &values![id_hash]).map(drop)
}

/// Ends all sessions of a user but perhaps one; says how many.
///
/// # Errors
/// The store's.
pub fn delete_of_user(tx: &mut Tx<'_>, user: &str, but: Option<&str>) -> Result<u64, StoreError> {
    let sql = "DELETE FROM session WHERE user_id = $1 AND id_hash <> $2";
    // No hash is empty.
    tx.execute(sql, &values![user, but.unwrap_or_default()])
}

/// Removes sessions that have ended by `now` or were not used since `idle`; says how many.
///
/// # Errors
/// The store's.
pub fn purge(tx: &mut Tx<'_>, now: Micros, idle: Micros) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM session WHERE expires <= $1 OR last_seen <= $2", &values![now, idle])
}
