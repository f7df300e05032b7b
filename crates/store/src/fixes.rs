//! What recommendations by fix are made of: the fleet's packages with findings, where they are, and how far each fix got.

use crate::{Micros, StoreError, Tx};

/// A disable rule, as far as it says what is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// Its number.
    pub id: i64,
    /// Its scope.
    pub scope: String,
    /// The control whose findings it hides; `None`: every control's.
    pub control: Option<String>,
    /// Which findings, as JSON.
    pub criteria: String,
    /// When it was made.
    pub created: Micros,
    /// Until when it holds.
    pub expires: Option<Micros>,
}

/// Disable rules that were not taken back.
///
/// # Errors
/// What the database says.
pub fn rules(tx: &mut Tx<'_>) -> Result<Vec<RuleRow>, StoreError> {
    let sql = "SELECT id, scope, control, criteria_json, created, expires FROM disable_rule \
               WHERE removed IS NULL ORDER BY id";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            Ok(RuleRow {
                id: row.get(0)?,
                scope: row.get(1)?,
                control: row.get(2)?,
                criteria: row.get(3)?,
                created: row.get(4)?,
                expires: row.get(5)?,
            })
        })
        .collect()
}

/// An exemption, as far as it says what is excused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptionRow {
    /// Its number.
    pub id: i64,
    /// The control.
    pub control: String,
    /// The scope, where it is of one.
    pub scope: Option<String>,
    /// The asset, where it is of one.
    pub asset: Option<String>,
    /// Its category, a slug.
    pub category: String,
    /// When it was made.
    pub created: Micros,
    /// Until when it holds.
    pub expires: Option<Micros>,
}

/// Exemptions that were not taken back.
///
/// # Errors
/// What the database says.
pub fn exemptions(tx: &mut Tx<'_>) -> Result<Vec<ExemptionRow>, StoreError> {
    let sql = "SELECT id, control, scope, asset_id, category, created, expires FROM exemption \
               WHERE removed IS NULL ORDER BY id";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            Ok(ExemptionRow {
                id: row.get(0)?,
                control: row.get(1)?,
                scope: row.get(2)?,
                asset: row.get(3)?,
                category: row.get(4)?,
                created: row.get(5)?,
                expires: row.get(6)?,
            })
        })
        .collect()
}
