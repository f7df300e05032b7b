//! What a removal takes with it, counted by the tables that it would change.

use crate::{StoreError, Tx, values};

/// So many of something: the number, and the words that fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub count: u64,
    /// Of what.
    pub what: &'static str,
}

/// Counts rows; nothing is no entry.
fn count(
    tx: &mut Tx<'_>,
    found: &mut Vec<Counted>,
    (table, condition): (&str, &str),
    id: &str,
    (one, many): (&'static str, &'static str),
) -> Result<(), StoreError> {
    let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
    let count: u64 = tx.query_one(&sql, &values![id])?.get(0)?;
    if count > 0 {
        found.push(Counted { count, what: if count == 1 { one } else { many } });
    }
    Ok(())
}

/// What goes with a scope: it can be deleted when [`crate::scopes::holds`] finds nothing.
///
/// # Errors
/// The store's.
pub fn of_scope(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Counted>, StoreError> {
    let mut found = Vec::new();
    count(
        tx,
        &mut found,
        ("plan", "scope = $1"),
        id,
        ("plan that is set on it", "plans that are set on it"),
    )?;
    count(tx, &mut found, ("notice", "scope = $1"), id, ("notice", "notices"))?;
    let days = ("score_snapshot", "scope = $1 AND control_group = ''");
    count(tx, &mut found, days, id, ("day of its score", "days of its score"))?;
    Ok(found)
}

/// What goes with a user.
///
/// # Errors
/// The store's.
pub fn of_user(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Counted>, StoreError> {
    let mut found = Vec::new();
    count(tx, &mut found, ("session", "user_id = $1"), id, ("session", "sessions"))?;
    count(tx, &mut found, ("api_token", "created_by = $1"), id, ("API token", "API tokens"))?;
    let granted = ("grant_on_scope", "principal_kind = 'user' AND principal = $1");
    count(tx, &mut found, granted, id, ("role on a scope", "roles on scopes"))?;
    Ok(found)
}

/// Removes a user with sessions, tokens and roles. What was changed stays in the audit trail under the user's name.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn user(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM grant_on_scope WHERE principal_kind = 'token' \
         AND principal IN (SELECT id FROM api_token WHERE created_by = $1)",
        &values![id],
    )?;
    tx.execute("DELETE FROM grant_on_scope WHERE principal_kind = 'user' AND principal = $1", &values![id])?;
    tx.execute("DELETE FROM api_token WHERE created_by = $1", &values![id])?;
    match tx.execute("DELETE FROM app_user WHERE id = $1", &values![id])? {
        1 => Ok(()),
        _ => Err(StoreError::not_found("user", id)),
    }
}
