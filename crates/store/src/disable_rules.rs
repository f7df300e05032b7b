//! Disable rules: findings that are not counted, by criteria. They are never deleted: what was hidden until when can be
//! told later.

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, assessments, scopes, values,
};

/// A rule that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// What people call it.
    pub name: String,
    /// Where it holds, and below.
    pub scope: String,
    /// For findings of this control; `None`: of every control that has findings.
    pub control: Option<String>,
    /// Which findings, as JSON.
    pub criteria: String,
    /// Why.
    pub justification: String,
    /// From then on it holds no more.
    pub expires: Option<Micros>,
    /// When it is made.
    pub created: Micros,
    /// By whom: `user/jane`.
    pub created_by: String,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its number.
    pub id: i64,
    /// What it was made as.
    pub made: NewRule,
    /// Since when it is taken away.
    pub removed: Option<Micros>,
    /// By whom.
    pub removed_by: Option<String>,
}

const COLUMNS: &str = "id, name, scope, control, criteria_json, justification, expires, created, created_by, removed, removed_by";

fn read(row: &Row) -> Result<Rule, StoreError> {
    Ok(Rule {
        id: row.get(0)?,
        made: NewRule {
            name: row.get(1)?,
            scope: row.get(2)?,
            control: row.get(3)?,
            criteria: row.get(4)?,
            justification: row.get(5)?,
            expires: row.get(6)?,
            created: row.get(7)?,
            created_by: row.get(8)?,
        },
        removed: row.get(9)?,
        removed_by: row.get(10)?,
    })
}

/// Which rules are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// On these scopes or below them; none: nothing is listed.
    pub within: Vec<String>,
    /// Those that hold at this time (`true`), or that do not any more.
    pub active: Option<(bool, Micros)>,
}

const NEWEST: Order = Order { name: "disable-rules/newest", keys: &[Key::down("id")] };

/// Rules, the newest first.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Rule>, StoreError> {
    select(filter).page(tx, &NEWEST, request, read)
}

/// How many they are.
///
/// # Errors
/// The store's.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    select(filter).count(tx)
}

fn select(filter: &Filter) -> Select {
    let mut select = Select::new(COLUMNS, "disable_rule");
    scopes::within(&mut select, "scope", &filter.within);
    match filter.active {
        Some((true, now)) => {
            _ = select.and("removed IS NULL AND (expires IS NULL OR expires > ?)", values![now]);
        }
        Some((false, now)) => _ = select.and("removed IS NOT NULL OR expires <= ?", values![now]),
        None => {}
    }
    select
}

/// All that hold at `now`.
///
/// # Errors
/// The store's.
pub fn active(tx: &mut Tx<'_>, now: Micros) -> Result<Vec<Rule>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM disable_rule WHERE removed IS NULL AND (expires IS NULL OR expires > $1) ORDER BY id"
    );
    tx.query(&sql, &values![now])?.iter().map(read).collect()
}

/// The rule with this number.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Rule>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM disable_rule WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// Makes a rule, has what it reaches judged again, and gives its number.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope.
pub fn create(tx: &mut Tx<'_>, new: &NewRule) -> Result<i64, StoreError> {
    let sql = "INSERT INTO disable_rule (name, scope, control, criteria_json, justification, expires, created, created_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let bound = values![
        new.name,
        new.scope,
        new.control,
        new.criteria,
        new.justification,
        new.expires,
        new.created,
        new.created_by
    ];
    let id = tx.query_one(sql, &bound)?.get(0)?;
    assessments::mark_scope_due(tx, &new.scope)?;
    Ok(id)
}

/// Takes a rule away (`Some`: when and by whom) or puts it back, and has what it reaches judged again.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_removed(tx: &mut Tx<'_>, id: i64, removed: Option<(Micros, &str)>) -> Result<(), StoreError> {
    let Some(found) = find(tx, id)? else {
        return Err(StoreError::not_found("disable rule", id.to_string()));
    };
    let (at, by) = removed.unzip();
    tx.execute("UPDATE disable_rule SET removed = $2, removed_by = $3 WHERE id = $1", &values![id, at, by])?;
    assessments::mark_scope_due(tx, &found.made.scope).map(drop)
}

/// How many findings a rule hides now, one for each image and place.
///
/// # Errors
/// The store's.
pub fn hides(tx: &mut Tx<'_>, id: i64) -> Result<u64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(findings), 0) AS BIGINT) FROM asset_hidden WHERE rule = $1";
    tx.query_one(sql, &values![id])?.get(0)
}

/// Places of images in which a rule hides findings, by asset's id from one on, which is among them if `with_it`.
///
/// # Errors
/// The store's.
pub fn assets(
    tx: &mut Tx<'_>,
    id: i64,
    from: &str,
    with_it: bool,
    limit: u32,
) -> Result<Vec<i64>, StoreError> {
    let than = if with_it { ">=" } else { ">" };
    let sql = format!(
        "SELECT s.placement FROM asset_hidden h JOIN asset_state s ON s.asset_id = h.asset_id \
         WHERE h.rule = $1 AND h.asset_id {than} $2 AND s.placement IS NOT NULL ORDER BY h.asset_id LIMIT $3"
    );
    tx.query(&sql, &values![id, from, limit])?.iter().map(|row| row.get(0)).collect()
}

/// When the next rule ends after `since`; `None`: none does.
///
/// # Errors
/// The store's.
pub fn next_end(tx: &mut Tx<'_>, since: Micros) -> Result<Option<Micros>, StoreError> {
    let sql = "SELECT MIN(expires) FROM disable_rule WHERE removed IS NULL AND expires > $1";
    tx.query_one(sql, &values![since])?.get(0)
}

/// Has judged again what rules reached that ended after `since` and until `now`. Says how many ended.
///
/// # Errors
/// The store's.
pub fn mark_ended(tx: &mut Tx<'_>, since: Micros, now: Micros) -> Result<u64, StoreError> {
    let sql = "SELECT scope FROM disable_rule WHERE removed IS NULL AND expires > $1 AND expires <= $2";
    let ended = tx.query(sql, &values![since, now])?;
    for row in &ended {
        assessments::mark_scope_due(tx, row.text(0)?)?;
    }
    Ok(ended.len() as u64)
}
