//! Rows of assessments and of assets as wholes.

use std::collections::HashMap;

use model::StateKind;

use crate::{Micros, Row, StoreError, Tx, Value, subjects::marks, values};

/// The kinds of asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssetKind {
    /// An image in one place.
    Image,
    /// A repository of a registry.
    Repository,
    /// A registry.
    Registry,
}

impl AssetKind {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Repository => "repository",
            Self::Registry => "registry",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Image, Self::Repository, Self::Registry].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a control says of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The control's id.
    pub control: String,
    /// Which of the four states.
    pub state: StateKind,
    /// Why: a JSON list of codes and texts.
    pub causes: String,
    /// What else to know: a JSON list of texts.
    pub notes: String,
    /// Findings that count.
    pub findings: u64,
    /// Findings that rules hide.
    pub hidden: u64,
    /// The exemption that acts.
    pub exempted: Option<Exempted>,
    /// First evaluated.
    pub first_evaluated: Micros,
    /// In this state since.
    pub changed: Micros,
}

/// What an exemption changes of an assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exempted {
    /// Its number.
    pub exemption: i64,
    /// The state that would be without it.
    pub state: StateKind,
    /// Findings that would count without it.
    pub findings: u64,
}

/// Parts of an asset by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Healthy.
    pub healthy: u64,
    /// Unhealthy.
    pub unhealthy: u64,
    /// Not applicable.
    pub not_applicable: u64,
    /// Not assessed.
    pub not_assessed: u64,
}

/// An asset as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its id: `registry/main/shop/web@sha256:…`.
    pub asset_id: String,
    /// Its kind.
    pub kind: AssetKind,
    /// The number of its row: of the place, the repository or the registry.
    pub number: i64,
    /// Its scope.
    pub scope: String,
    /// Its owner's id.
    pub owner: Option<String>,
    /// Which of the four states.
    pub state: StateKind,
    /// Why, in one line; empty only where it is healthy.
    pub cause: String,
    /// Its parts.
    pub parts: Counts,
    /// One letter for each control of its kind; see the migration.
    pub states: String,
    /// In this state since.
    pub since: Micros,
    /// When it was judged last.
    pub evaluated: Micros,
}

/// The state of a word in the store.
pub(crate) fn state(word: &str) -> Result<StateKind, StoreError> {
    word.parse().map_err(StoreError::Invalid)
}

/// Of `assessment a`, as [`assessed_row`] reads it.
pub(super) const ASSESSED: &str = "a.control, a.state, a.causes_json, a.notes_json, a.findings, a.hidden, a.exemption, \
     a.exempt_state, a.exempt_findings, a.first_evaluated, a.changed";

pub(crate) fn assessed_row(row: &Row, from: usize) -> Result<Assessed, StoreError> {
    let exempted = match (row.get::<Option<i64>>(from + 6)?, row.get::<Option<String>>(from + 7)?) {
        (Some(exemption), Some(word)) => {
            Some(Exempted { exemption, state: state(&word)?, findings: row.get(from + 8)? })
        }
        _ => None,
    };
    Ok(Assessed {
        control: row.get(from)?,
        state: state(row.text(from + 1)?)?,
        causes: row.get(from + 2)?,
        notes: row.get(from + 3)?,
        findings: row.get(from + 4)?,
        hidden: row.get(from + 5)?,
        exempted,
        first_evaluated: row.get(from + 9)?,
        changed: row.get(from + 10)?,
    })
}

/// Asks in chunks, so that no statement has more parameters than a database takes. `select` lacks the condition on `asset_id`.
fn by_asset(
    tx: &mut Tx<'_>,
    select: &str,
    assets: &[&str],
    mut row: impl FnMut(&Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for chunk in assets.chunks(200) {
        let bound: Vec<Value> = chunk.iter().map(crate::ToValue::to_value).collect();
        for found in tx.query(&format!("{select} WHERE asset_id IN ({})", marks(1, chunk.len())), &bound)? {
            row(&found)?;
        }
    }
    Ok(())
}

/// What is said of these assets, by asset.
///
/// # Errors
/// What the database says.
pub fn assessments_of(
    tx: &mut Tx<'_>,
    assets: &[&str],
) -> Result<HashMap<String, Vec<Assessed>>, StoreError> {
    let mut found: HashMap<String, Vec<Assessed>> = HashMap::with_capacity(assets.len());
    let select =
        format!("SELECT asset_id, {ASSESSED} FROM assessment a JOIN asset_state s ON s.id = a.asset");
    by_asset(tx, &select, assets, |row| {
        found.entry(row.get(0)?).or_default().push(assessed_row(row, 1)?);
        Ok(())
    })?;
    Ok(found)
}

/// Writes what is said now: of each asset's control one row. The assets are there as wholes ([`put_state`]).
///
/// # Errors
/// [`StoreError::Constraint`] when an asset is not there; else what the database says.
pub fn put_assessments(tx: &mut Tx<'_>, rows: &[(&str, Assessed)]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(asset, is)| {
            values![
                asset,
                is.control,
                is.state.as_str(),
                is.causes,
                is.notes,
                is.findings,
                is.hidden,
                is.exempted.map(|by| by.exemption),
                is.exempted.map(|by| by.state.as_str()),
                is.exempted.map_or(0, |by| by.findings),
                is.first_evaluated,
                is.changed,
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(
        "INSERT INTO assessment (asset, control, state, causes_json, notes_json, findings, hidden, exemption, exempt_state, \
         exempt_findings, first_evaluated, changed) VALUES ((SELECT id FROM asset_state WHERE asset_id = $1),$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12) \
         ON CONFLICT (asset, control) DO UPDATE SET state = excluded.state, causes_json = excluded.causes_json, \
         notes_json = excluded.notes_json, findings = excluded.findings, hidden = excluded.hidden, \
         exemption = excluded.exemption, exempt_state = excluded.exempt_state, exempt_findings = excluded.exempt_findings, \
         first_evaluated = excluded.first_evaluated, changed = excluded.changed",
        &rows,
    )
    .map(drop)
}

const WHOLE: &str = "asset_id, kind, COALESCE(placement, repository, registry), scope, owner, state, cause, healthy, \
     unhealthy, not_applicable, not_assessed, states, since, evaluated";

pub(crate) fn whole(row: &Row) -> Result<Whole, StoreError> {
    let kind = row.text(1)?;
    Ok(Whole {
        asset_id: row.get(0)?,
        kind: AssetKind::of(kind)
            .ok_or_else(|| StoreError::Invalid(format!("'{kind}' is no kind of asset")))?,
        number: row.get(2)?,
        scope: row.get(3)?,
        owner: row.get(4)?,
        state: state(row.text(5)?)?,
        cause: row.get(6)?,
        parts: Counts {
            healthy: row.get(7)?,
            unhealthy: row.get(8)?,
            not_applicable: row.get(9)?,
            not_assessed: row.get(10)?,
        },
        states: row.get(11)?,
        since: row.get(12)?,
        evaluated: row.get(13)?,
    })
}

/// These assets as wholes, by id; one that was not judged yet, or is gone, is not among them.
///
/// # Errors
/// What the database says.
pub fn state_of(tx: &mut Tx<'_>, assets: &[&str]) -> Result<HashMap<String, Whole>, StoreError> {
    let mut found = HashMap::with_capacity(assets.len());
    by_asset(tx, &format!("SELECT {WHOLE} FROM asset_state"), assets, |row| {
        let whole = whole(row)?;
        found.insert(whole.asset_id.clone(), whole);
        Ok(())
    })?;
    Ok(found)
}

/// Writes assets as wholes.
///
/// # Errors
/// [`StoreError::Constraint`] when the place, repository or registry is not there.
pub fn put_state(tx: &mut Tx<'_>, wholes: &[Whole]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = wholes
        .iter()
        .map(|is| {
            let number = |kind| (is.kind == kind).then_some(is.number);
            values![
                is.asset_id,
                is.kind.as_str(),
                number(AssetKind::Image),
                number(AssetKind::Repository),
                number(AssetKind::Registry),
                is.scope,
                is.owner,
                is.state.as_str(),
                is.cause,
                is.parts.healthy,
                is.parts.unhealthy,
                is.parts.not_applicable,
                is.parts.not_assessed,
                is.states,
                is.since,
                is.evaluated,
            ]
            .to_vec()
        })
        .collect();
    tx.touch();
    tx.execute_many(
        "INSERT INTO asset_state (asset_id, kind, placement, repository, registry, scope, owner, state, cause, healthy, \
         unhealthy, not_applicable, not_assessed, states, since, evaluated) \
         VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16) ON CONFLICT (asset_id) DO UPDATE SET \
         scope = excluded.scope, owner = excluded.owner, state = excluded.state, cause = excluded.cause, \
         healthy = excluded.healthy, unhealthy = excluded.unhealthy, not_applicable = excluded.not_applicable, \
         not_assessed = excluded.not_assessed, states = excluded.states, since = excluded.since, \
         evaluated = excluded.evaluated",
        &rows,
    )
    .map(drop)
}

/// Writes how many findings of these assets each rule hides; what was said before of them goes.
///
/// # Errors
/// What the database says.
pub fn put_hidden(tx: &mut Tx<'_>, assets: &[&str], hidden: &[(&str, i64, u64)]) -> Result<(), StoreError> {
    let mut before: HashMap<(String, i64), u64> = HashMap::new();
    by_asset(tx, "SELECT asset_id, rule, findings FROM asset_hidden", assets, |row| {
        before.insert((row.get(0)?, row.get(1)?), row.get(2)?);
        Ok(())
    })?;
    let mut rows = Vec::new();
    for (asset, rule, findings) in hidden {
        if before.remove(&((*asset).to_owned(), *rule)) != Some(*findings) {
            rows.push(values![asset, rule, findings].to_vec());
        }
    }
    let gone: Vec<Vec<Value>> = before.keys().map(|(asset, rule)| values![asset, rule].to_vec()).collect();
    tx.execute_many("DELETE FROM asset_hidden WHERE asset_id = $1 AND rule = $2", &gone)?;
    tx.execute_many(
        "INSERT INTO asset_hidden (asset_id, rule, findings) VALUES ($1,$2,$3) \
         ON CONFLICT (asset_id, rule) DO UPDATE SET findings = excluded.findings",
        &rows,
    )
    .map(drop)
}

/// Forgets what is said of assets that are gone.
///
/// # Errors
/// What the database says.
pub fn forget(tx: &mut Tx<'_>, assets: &[&str]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = assets.iter().map(|asset| values![asset].to_vec()).collect();
    // What controls say of them goes with them.
    for table in ["asset_state", "asset_hidden"] {
        tx.execute_many(&format!("DELETE FROM {table} WHERE asset_id = $1"), &rows)?;
    }
    Ok(())
}

/// How many assessments there are of the assets for which a condition on `asset_id` holds.
pub(crate) fn assessments_inside(condition: &str) -> String {
    format!("SELECT count(*) FROM asset_state s JOIN assessment a ON a.asset = s.id WHERE {condition}")
}

/// Forgets what is said of a registry and all in it. Says how many assessments.
pub(crate) fn forget_registry(tx: &mut Tx<'_>, registry: i64) -> Result<u64, StoreError> {
    let Some(row) = tx.query_opt("SELECT name FROM registry WHERE id = $1", &values![registry])? else {
        return Ok(0);
    };
    let asset = format!("registry/{}", row.text(0)?);
    let bound = values![asset, format!("{asset}/"), format!("{asset}0")];
    let inside = "asset_id = $1 OR (asset_id > $2 AND asset_id < $3)";
    let assessments = tx.query_one(&assessments_inside(inside), &bound)?.get(0)?;
    for table in ["asset_state", "asset_hidden"] {
        tx.execute(&format!("DELETE FROM {table} WHERE {inside}"), &bound)?;
    }
    Ok(assessments)
}
