//! Roles of users and tokens on scopes.

use crate::{Key, Order, Page, PageRequest, Row, Select, StoreError, Tx, scopes, values};

/// A role on a scope and on all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// `user` or `token`.
    pub kind: String,
    /// The id of that user or token.
    pub principal: String,
    /// Where; empty: everywhere.
    pub scope: String,
    /// The role's word.
    pub role: String,
}

/// Which grants of users are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this user.
    pub user: Option<String>,
    /// On this very scope.
    pub scope: Option<String>,
    /// On these scopes and below them; none: nothing is listed.
    pub within: Vec<String>,
}

const COLUMNS: &str = "principal_kind, principal, scope, role";
const BY_PRINCIPAL: Order = Order { name: "grants/by-user", keys: &[Key::up("principal"), Key::up("scope")] };

fn read(row: &Row) -> Result<Grant, StoreError> {
    Ok(Grant { kind: row.get(0)?, principal: row.get(1)?, scope: row.get(2)?, role: row.get(3)? })
}

/// All that a user or token was granted.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, kind: &str, principal: &str) -> Result<Vec<Grant>, StoreError> {
    let sql = "SELECT principal_kind, principal, scope, role FROM grant_on_scope \
               WHERE principal_kind = $1 AND principal = $2 ORDER BY scope";
    tx.query(sql, &values![kind, principal])?.iter().map(read).collect()
}

/// Sets the role on the scope, in place of what was granted there before.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope or the kind is not one of the two.
pub fn put(tx: &mut Tx<'_>, grant: &Grant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO grant_on_scope (principal_kind, principal, scope, role) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (principal_kind, principal, scope) DO UPDATE SET role = excluded.role",
        &values![grant.kind, grant.principal, grant.scope, grant.role],
    )
    .map(drop)
}

/// Takes a role back; says whether there was one.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, kind: &str, principal: &str, scope: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM grant_on_scope WHERE principal_kind = $1 AND principal = $2 AND scope = $3";
    Ok(tx.execute(sql, &values![kind, principal, scope])? > 0)
}

/// The ids of the users who have a role on this very scope and can log in.
///
/// # Errors
/// The store's.
pub fn users_with(tx: &mut Tx<'_>, scope: &str, role: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT g.principal FROM grant_on_scope g JOIN app_user u ON u.id = g.principal \
               WHERE g.principal_kind = 'user' AND g.scope = $1 AND g.role = $2 AND u.disabled = 0 ORDER BY g.principal";
    tx.query(sql, &values![scope, role])?.iter().map(|row| row.get(0)).collect()
}

/// Grants of users, by user and scope.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Grant>, StoreError> {
    let mut select = Select::new(COLUMNS, "grant_on_scope");
    select.and("principal_kind = 'user'", []);
    if let Some(user) = &filter.user {
        select.and("principal = ?", values![user]);
    }
    if let Some(scope) = &filter.scope {
        select.and("scope = ?", values![scope]);
    }
    scopes::within(&mut select, "scope", &filter.within);
    select.page(tx, &BY_PRINCIPAL, request, read)
}
