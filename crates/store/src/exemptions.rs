//! Exemptions: a control that need not hold on a scope or an asset. They are never deleted: what was excused until when
//! can be told later.

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, assessments, scopes, values,
};

/// Where an exemption holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// On a scope and all below it.
    Scope(String),
    /// On an asset and what is inside it.
    Asset(String),
}

/// An exemption that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExemption {
    /// The control's id.
    pub control: String,
    /// Where.
    pub target: Target,
    /// `mitigated`, `waiver`.
    pub category: String,
    /// Why.
    pub reason: String,
    /// From then on it holds no more.
    pub expires: Option<Micros>,
    /// When it is made.
    pub created: Micros,
    /// By whom: `user/jane`.
    pub created_by: String,
}

/// An exemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Its number.
    pub id: i64,
    /// What it was made as.
    pub made: NewExemption,
    /// Since when it is taken away.
    pub removed: Option<Micros>,
    /// By whom.
    pub removed_by: Option<String>,
}

const COLUMNS: &str =
    "id, control, scope, asset_id, category, reason, expires, created, created_by, removed, removed_by";

fn read(row: &Row) -> Result<Exemption, StoreError> {
    let target = match (row.get::<Option<String>>(2)?, row.get::<Option<String>>(3)?) {
        (Some(scope), _) => Target::Scope(scope),
        (None, Some(asset)) => Target::Asset(asset),
        (None, None) => return Err(StoreError::Invalid("an exemption without a target".to_owned())),
    };
    Ok(Exemption {
        id: row.get(0)?,
        made: NewExemption {
            control: row.get(1)?,
            target,
            category: row.get(4)?,
            reason: row.get(5)?,
            expires: row.get(6)?,
            created: row.get(7)?,
            created_by: row.get(8)?,
        },
        removed: row.get(9)?,
        removed_by: row.get(10)?,
    })
}

/// Which exemptions are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this control.
    pub control: Option<String>,
    /// On these scopes or below them, or on assets that lie there; none: nothing is listed.
    pub within: Vec<String>,
    /// Those that hold at this time (`true`), or that do not any more.
    pub active: Option<(bool, Micros)>,
}

/// Assets of exemptions lie in the scope in which they were judged, or in that of their place.
const FROM: &str = "(SELECT e.id, e.control, e.scope, e.asset_id, e.category, e.reason, e.expires, e.created, e.created_by, \
     e.removed, e.removed_by, COALESCE(e.scope, s.scope, p.scope, g.scope, '') AS lies \
     FROM exemption e LEFT JOIN asset_state s ON s.asset_id = e.asset_id \
     LEFT JOIN placement p ON p.asset_id = e.asset_id LEFT JOIN registry g ON 'registry/' || g.name = e.asset_id) x";
const NEWEST: Order = Order { name: "exemptions/newest", keys: &[Key::down("id")] };

/// Exemptions, the newest first.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Exemption>, StoreError> {
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
    let mut select = Select::new(COLUMNS, FROM);
    scopes::within(&mut select, "lies", &filter.within);
    if let Some(control) = &filter.control {
        select.and("control = ?", values![control]);
    }
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
pub fn active(tx: &mut Tx<'_>, now: Micros) -> Result<Vec<Exemption>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM exemption WHERE removed IS NULL AND (expires IS NULL OR expires > $1) ORDER BY id"
    );
    tx.query(&sql, &values![now])?.iter().map(read).collect()
}

/// The exemption with this number.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Exemption>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM exemption WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

fn mark(tx: &mut Tx<'_>, target: &Target) -> Result<(), StoreError> {
    match target {
        Target::Scope(scope) => assessments::mark_scope_due(tx, scope),
        Target::Asset(asset) => assessments::mark_asset_due(tx, asset),
    }
    .map(drop)
}

/// Makes an exemption, has what it reaches judged again, and gives its number.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope.
pub fn create(tx: &mut Tx<'_>, new: &NewExemption) -> Result<i64, StoreError> {
    let (scope, asset) = match &new.target {
        Target::Scope(scope) => (Some(scope), None),
        Target::Asset(asset) => (None, Some(asset)),
    };
    let sql = "INSERT INTO exemption (control, scope, asset_id, category, reason, expires, created, created_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let bound = values![
        new.control,
        scope,
        asset,
        new.category,
        new.reason,
        new.expires,
        new.created,
        new.created_by
    ];
    let id = tx.query_one(sql, &bound)?.get(0)?;
    mark(tx, &new.target)?;
    Ok(id)
}

/// Takes an exemption away (`Some`: when and by whom) or puts it back, and has what it reaches judged again.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_removed(tx: &mut Tx<'_>, id: i64, removed: Option<(Micros, &str)>) -> Result<(), StoreError> {
    let Some(found) = find(tx, id)? else {
        return Err(StoreError::not_found("exemption", id.to_string()));
    };
    let (at, by) = removed.unzip();
    tx.execute("UPDATE exemption SET removed = $2, removed_by = $3 WHERE id = $1", &values![id, at, by])?;
    mark(tx, &found.made.target)
}

/// What an exemption changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Assets that are exempt by it.
    pub assets: u64,
    /// Of them, those that would be unhealthy.
    pub unhealthy: u64,
    /// Findings that would count.
    pub findings: u64,
}

/// What an exemption changes now.
///
/// # Errors
/// The store's.
pub fn effect(tx: &mut Tx<'_>, id: i64) -> Result<Effect, StoreError> {
    let sql = "SELECT count(*), \
               CAST(COALESCE(SUM(CASE WHEN exempt_state = 'unhealthy' THEN 1 ELSE 0 END), 0) AS BIGINT), \
               CAST(COALESCE(SUM(exempt_findings), 0) AS BIGINT) FROM assessment WHERE exemption = $1";
    let row = tx.query_one(sql, &values![id])?;
    Ok(Effect { assets: row.get(0)?, unhealthy: row.get(1)?, findings: row.get(2)? })
}

/// When the next exemption ends after `since`; `None`: none does.
///
/// # Errors
/// The store's.
pub fn next_end(tx: &mut Tx<'_>, since: Micros) -> Result<Option<Micros>, StoreError> {
    let sql = "SELECT MIN(expires) FROM exemption WHERE removed IS NULL AND expires > $1";
    tx.query_one(sql, &values![since])?.get(0)
}

/// Has judged again what exemptions reached that ended after `since` and until `now`. Says how many ended.
///
/// # Errors
/// The store's.
pub fn mark_ended(tx: &mut Tx<'_>, since: Micros, now: Micros) -> Result<u64, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM exemption WHERE removed IS NULL AND expires > $1 AND expires <= $2");
    let ended: Vec<Exemption> =
        tx.query(&sql, &values![since, now])?.iter().map(read).collect::<Result<_, _>>()?;
    for exemption in &ended {
        mark(tx, &exemption.made.target)?;
    }
    Ok(ended.len() as u64)
}
