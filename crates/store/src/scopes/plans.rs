use super::path;
use crate::{StoreError, Tx, assessments, values};

/// What is said about a plan on one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSetting {
    /// Where it is said.
    pub scope: String,
    /// The plan's word.
    pub plan: String,
    /// On or off, there and below until said otherwise.
    pub on: bool,
}

/// Says on a scope that a plan is on or off.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope.
pub fn set_plan(tx: &mut Tx<'_>, scope: &str, plan: &str, on: bool) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO plan (scope, plan, is_on) VALUES ($1, $2, $3) \
         ON CONFLICT (scope, plan) DO UPDATE SET is_on = excluded.is_on",
        &values![scope, plan, on],
    )?;
    assessments::mark_scope_due(tx, scope).map(drop)
}

/// All that is said on a scope and above it, from the root down.
///
/// # Errors
/// The store's.
pub fn plans_above(tx: &mut Tx<'_>, scope: &str) -> Result<Vec<PlanSetting>, StoreError> {
    let path = path(scope);
    let marks: Vec<String> = (1..=path.len()).map(|n| format!("${n}")).collect();
    // Of paths on one line from the root, the shorter lies above.
    let sql = format!(
        "SELECT scope, plan, is_on FROM plan WHERE scope IN ({}) ORDER BY length(scope), plan",
        marks.join(", ")
    );
    let values: Vec<_> = path.iter().map(crate::ToValue::to_value).collect();
    tx.query(&sql, &values)?
        .iter()
        .map(|row| Ok(PlanSetting { scope: row.get(0)?, plan: row.get(1)?, on: row.get(2)? }))
        .collect()
}

/// All that is said, on any scope.
///
/// # Errors
/// The store's.
pub fn plans(tx: &mut Tx<'_>) -> Result<Vec<PlanSetting>, StoreError> {
    tx.query("SELECT scope, plan, is_on FROM plan ORDER BY scope, plan", &[])?
        .iter()
        .map(|row| Ok(PlanSetting { scope: row.get(0)?, plan: row.get(1)?, on: row.get(2)? }))
        .collect()
}

/// Is a plan on for a scope: as is said there or nearest above, and on where nothing is said?
///
/// # Errors
/// The store's.
pub fn is_on(tx: &mut Tx<'_>, scope: &str, plan: &str) -> Result<bool, StoreError> {
    Ok(plans_above(tx, scope)?.iter().rev().find(|said| said.plan == plan).is_none_or(|said| said.on))
}

/// Takes back what is said on a scope about a plan, so that what is said above holds there again.
///
/// # Errors
/// The store's.
pub fn unset_plan(tx: &mut Tx<'_>, scope: &str, plan: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM plan WHERE scope = $1 AND plan = $2", &values![scope, plan])?;
    assessments::mark_scope_due(tx, scope).map(drop)
}
