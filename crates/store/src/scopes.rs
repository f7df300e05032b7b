//! The tree of scopes, and what hangs on it: owners, rules of assignment, plans.

mod owners;
mod plans;
mod rules;

pub use owners::{
    Owner, change_owner, create_owner, delete_owner, find_owner, owner_by_name, owner_used_by, owners,
};
pub use plans::{PlanSetting, is_on, plans, plans_above, set_plan, unset_plan};
pub use rules::{Assignment, Rule, assign, reassign, rules, set_rules};

use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, removal::Counted, values};

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its path: `org/shop`; empty for the root, which is always there.
    pub id: String,
    /// The path of the one above; `None` for the root.
    pub parent: Option<String>,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub created: Micros,
}

/// Which scopes are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// These and what lies below them; none: nothing is listed. The root is everything.
    pub within: Vec<String>,
}

const COLUMNS: &str = "id, parent, name, created";
const BY_PATH: Order = Order { name: "scopes/by-path", keys: &[Key::up("id")] };

fn read(row: &Row) -> Result<Scope, StoreError> {
    Ok(Scope { id: row.get(0)?, parent: row.get(1)?, name: row.get(2)?, created: row.get(3)? })
}

/// Keeps rows whose scope is one of these or lies below one: as ranges, for which the index of the column serves. None:
/// no row is kept.
pub fn within(select: &mut Select, column: &str, scopes: &[String]) {
    if scopes.iter().any(String::is_empty) {
        return;
    }
    if scopes.is_empty() {
        select.and("1 = 0", []);
        return;
    }
    // Below `a` lies what begins with `a/`; the byte after `/` is `0`.
    let one = format!("{column} = ? OR ({column} > ? AND {column} < ?)");
    let any = vec![one; scopes.len()].join(" OR ");
    select.and(&any, scopes.iter().flat_map(|s| values![s, format!("{s}/"), format!("{s}0")]));
}

/// The paths from the root to this scope, itself included: `["", "org", "org/shop"]`.
#[must_use]
pub fn path(scope: &str) -> Vec<&str> {
    let above = scope.match_indices('/').filter_map(|(at, _)| scope.get(..at));
    let own = Some(scope).filter(|s| !s.is_empty());
    std::iter::once("").chain(above).chain(own).collect()
}

/// Adds a scope.
///
/// # Errors
/// [`StoreError::Invalid`] when its path is not its parent's and one part more; [`StoreError::Duplicate`],
/// [`StoreError::Constraint`] when there is no such parent.
pub fn create(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), StoreError> {
    let parent = scope.parent.as_deref().unwrap_or_default();
    let above = scope.id.rsplit_once('/').map_or("", |(above, _)| above);
    let part = scope.id.rsplit('/').next().unwrap_or_default();
    if scope.parent.is_none() || above != parent || part.is_empty() {
        return Err(StoreError::Invalid(format!(
            "the path of a scope is that of its parent ('{parent}'), a slash and a name, not '{}'",
            scope.id
        )));
    }
    tx.execute(
        "INSERT INTO scope (id, parent, name, created) VALUES ($1, $2, $3, $4)",
        &values![scope.id, scope.parent, scope.name, scope.created],
    )
    .map(drop)
}

/// The scope with this path.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Scope>, StoreError> {
    let row = tx.query_opt("SELECT id, parent, name, created FROM scope WHERE id = $1", &values![id])?;
    row.as_ref().map(read).transpose()
}

/// Scopes by path: each before what lies below it.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Scope>, StoreError> {
    let mut select = Select::new(COLUMNS, "scope");
    within(&mut select, "id", &filter.within);
    select.page(tx, &BY_PATH, request, read)
}

/// Gives a scope another name for people; its path stays.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn rename(tx: &mut Tx<'_>, id: &str, name: &str) -> Result<(), StoreError> {
    match tx.execute("UPDATE scope SET name = $2 WHERE id = $1", &values![id, name])? {
        1 => Ok(()),
        _ => Err(StoreError::not_found("scope", id)),
    }
}

/// What can hang on a scope: table, column, and the words for one and for many.
const HOLDS: [(&str, &str, &str, &str); 8] = [
    ("scope", "parent", "scope below it", "scopes below it"),
    ("placement", "scope", "asset in it", "assets in it"),
    ("registry", "scope", "registry in it", "registries in it"),
    ("scope_rule", "scope", "rule that assigns to it", "rules that assign to it"),
    ("grant_on_scope", "scope", "grant on it", "grants on it"),
    (
        "exemption",
        "scope",
        "exemption on it (taken back ones are kept too)",
        "exemptions on it (taken back ones are kept too)",
    ),
    (
        "disable_rule",
        "scope",
        "disable rule on it (removed ones are kept too)",
        "disable rules on it (removed ones are kept too)",
    ),
    ("webhook", "scope", "webhook on it", "webhooks on it"),
];

/// What hangs on a scope, in words ("2 scopes below it", "an asset"), the first that is found; `None`: it can be deleted.
///
/// # Errors
/// The store's.
pub fn used_by(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>, StoreError> {
    for (table, column, one, many) in HOLDS {
        if let Some(used) = count(tx, table, column, id, one, many)? {
            return Ok(Some(format!("{} {}", used.count, used.what)));
        }
    }
    Ok(None)
}

/// All that hangs on a scope; nothing: it can be deleted.
///
/// # Errors
/// The store's.
pub fn holds(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Counted>, StoreError> {
    let mut found = Vec::new();
    for (table, column, one, many) in HOLDS {
        found.extend(count(tx, table, column, id, one, many)?);
    }
    Ok(found)
}

/// How many rows of a table point at something; `None`: none does.
fn count(
    tx: &mut Tx<'_>,
    table: &str,
    column: &str,
    id: &str,
    one: &'static str,
    many: &'static str,
) -> Result<Option<Counted>, StoreError> {
    let sql = format!("SELECT count(*) FROM {table} WHERE {column} = $1");
    let count = tx.query_one(&sql, &values![id])?.get(0)?;
    Ok((count > 0).then_some(Counted { count, what: if count == 1 { one } else { many } }))
}

/// Removes a scope on which nothing hangs, with its plans and snapshots of its score.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Invalid`] for the root; [`StoreError::Constraint`] when something hangs on it.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    if id.is_empty() {
        return Err(StoreError::Invalid("the root of the scopes stays".to_owned()));
    }
    match tx.execute("DELETE FROM scope WHERE id = $1", &values![id])? {
        1 => Ok(()),
        _ => Err(StoreError::not_found("scope", id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_at_the_root() {
        for (scope, wanted) in
            [("", vec![""]), ("org", vec!["", "org"]), ("org/a/b", vec!["", "org", "org/a", "org/a/b"])]
        {
            assert_eq!(path(scope), wanted);
        }
    }
}
