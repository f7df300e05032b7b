//! What scores are made of: how many assets are in which states, and what they were each day.

use crate::{Micros, Select, StoreError, Tx, Value, assessments::AssetKind, scopes, values};

/// So many assets of a scope and kind of which the controls say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Their scope.
    pub scope: String,
    /// Their kind.
    pub kind: AssetKind,
    /// One letter for each control of the kind.
    pub states: String,
    /// How many.
    pub assets: u64,
}

/// Assets in these scopes and below them that controls are assessed on, alike ones together.
///
/// # Errors
/// The store's.
pub fn alike(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<Alike>, StoreError> {
    let mut select = Select::new("scope, kind, states, count(*)", "asset_state");
    scopes::within(&mut select, "scope", within);
    select.and("states <> ''", []);
    let rows = select.grouped(tx, "scope, kind, states")?;
    rows.iter()
        .map(|row| {
            let word = row.text(1)?;
            Ok(Alike {
                scope: row.get(0)?,
                kind: AssetKind::of(word)
                    .ok_or_else(|| StoreError::Invalid(format!("'{word}' is no kind of asset")))?,
                states: row.get(2)?,
                assets: row.get(3)?,
            })
        })
        .collect()
}

/// Findings that rules hide in these scopes and below them, by control.
///
/// # Errors
/// The store's.
pub fn hidden(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<(String, u64)>, StoreError> {
    let mut select = Select::new(
        "a.control, CAST(SUM(a.hidden) AS BIGINT)",
        "assessment a JOIN asset_state s ON s.id = a.asset",
    );
    select.and("a.hidden > 0", []);
    scopes::within(&mut select, "s.scope", within);
    let rows = select.grouped(tx, "a.control")?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Since when a control is unhealthy without a pause, in these scopes and below them: the longest; `None`: it is not.
///
/// # Errors
/// The store's.
pub fn unhealthy_since(
    tx: &mut Tx<'_>,
    control: &str,
    within: &[String],
) -> Result<Option<Micros>, StoreError> {
    let mut select = Select::new("MIN(a.changed)", "assessment a JOIN asset_state s ON s.id = a.asset");
    select.and("a.control = ? AND a.state = 'unhealthy'", values![control]);
    scopes::within(&mut select, "s.scope", within);
    match select.grouped(tx, "")?.first() {
        Some(row) => row.get(0),
        None => Ok(None),
    }
}

/// What a group, a control or all groups together were on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Days since 1970-01-01 (UTC).
    pub day: i64,
    /// The scope, with what lies below it.
    pub scope: String,
    /// A group's slug, a control's id; empty: all groups together.
    pub group: String,
    /// Points that it had.
    pub current: f64,
    /// Points that it could have had.
    pub max: f64,
    /// Assets that were healthy.
    pub healthy: u64,
    /// Assets that were unhealthy.
    pub unhealthy: u64,
}

/// Writes the day's snapshots; of one day, scope and group the last counts.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope.
pub fn put(tx: &mut Tx<'_>, snapshots: &[Snapshot]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = snapshots
        .iter()
        .map(|at| values![at.day, at.scope, at.group, at.current, at.max, at.healthy, at.unhealthy].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO score_snapshot (day, scope, control_group, current, max, healthy, unhealthy) \
         VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (scope, control_group, day) DO UPDATE SET \
         current = excluded.current, max = excluded.max, healthy = excluded.healthy, unhealthy = excluded.unhealthy",
        &rows,
    )
    .map(drop)
}

/// The snapshots of a scope and group from a day on, the oldest first.
///
/// # Errors
/// The store's.
pub fn history(tx: &mut Tx<'_>, scope: &str, group: &str, from: i64) -> Result<Vec<Snapshot>, StoreError> {
    let rows = tx.query(
        "SELECT day, scope, control_group, current, max, healthy, unhealthy FROM score_snapshot \
         WHERE scope = $1 AND control_group = $2 AND day >= $3 ORDER BY day",
        &values![scope, group, from],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Snapshot {
                day: row.get(0)?,
                scope: row.get(1)?,
                group: row.get(2)?,
                current: row.get(3)?,
                max: row.get(4)?,
                healthy: row.get(5)?,
                unhealthy: row.get(6)?,
            })
        })
        .collect()
}
