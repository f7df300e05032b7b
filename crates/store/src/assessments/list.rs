//! What a control says of assets, as a list.

use super::write::{ASSESSED, Assessed, AssetKind, assessed_row};
use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value, containing, scopes, values,
};

/// Which assets are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What this control says.
    pub control: String,
    /// Where it says one of these states; none: any.
    pub states: Vec<model::StateKind>,
    /// In these scopes or below them; none: nothing is listed.
    pub within: Vec<String>,
    /// Of this owner; `Some("")`: of nobody.
    pub owner: Option<String>,
    /// This text stands in the asset's id.
    pub text: String,
    /// With a cause of this code.
    pub code: Option<String>,
}

/// What a control says of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssessedRow {
    /// Its id.
    pub asset_id: String,
    /// Its kind.
    pub kind: AssetKind,
    /// The number of its row.
    pub number: i64,
    /// Its scope.
    pub scope: String,
    /// Its owner's id and name.
    pub owner: Option<(String, String)>,
    /// When it was judged last.
    pub evaluated: Micros,
    /// What is said.
    pub says: Assessed,
}

const ORDER: Order =
    Order { name: "assessed/worst", keys: &[Key::down("a.findings"), Key::up("s.asset_id")] };

fn read(row: &Row) -> Result<AssessedRow, StoreError> {
    let kind = row.text(1)?;
    let owner = match (row.get::<Option<String>>(4)?, row.get::<Option<String>>(5)?) {
        (Some(id), name) => Some((id.clone(), name.unwrap_or(id))),
        (None, _) => None,
    };
    Ok(AssessedRow {
        asset_id: row.get(0)?,
        kind: AssetKind::of(kind)
            .ok_or_else(|| StoreError::Invalid(format!("'{kind}' is no kind of asset")))?,
        number: row.get(2)?,
        scope: row.get(3)?,
        owner,
        evaluated: row.get(6)?,
        says: assessed_row(row, 7)?,
    })
}

fn select(filter: &Filter) -> Select {
    let mut select = Select::new(
        format!(
            "s.asset_id, s.kind, COALESCE(s.placement, s.repository, s.registry), s.scope, s.owner, o.name, s.evaluated, \
             {ASSESSED}"
        ),
        "assessment a JOIN asset_state s ON s.id = a.asset LEFT JOIN owner o ON o.id = s.owner",
    );
    select.and("a.control = ?", values![filter.control]);
    if !filter.states.is_empty() {
        select.is_in("a.state", filter.states.iter().map(|state| Value::Text(state.as_str().to_owned())));
    }
    scopes::within(&mut select, "s.scope", &filter.within);
    match filter.owner.as_deref() {
        None => {}
        Some("") => _ = select.and("s.owner IS NULL", []),
        Some(owner) => _ = select.and("s.owner = ?", values![owner]),
    }
    if !filter.text.is_empty() {
        select.and("s.asset_id LIKE ? ESCAPE '\\'", values![containing(&filter.text)]);
    }
    if let Some(code) = &filter.code {
        let written = format!("\"code\":\"{code}\"");
        select.and("a.causes_json LIKE ? ESCAPE '\\'", values![containing(&written)]);
    }
    select
}

/// Assets by what a control says of them, those with most findings first.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<AssessedRow>, StoreError> {
    select(filter).page(tx, &ORDER, request, read)
}

/// How many they are.
///
/// # Errors
/// The store's.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    select(filter).count(tx)
}

/// The scopes of an asset and of all inside it, each once; none: there is no such asset.
///
/// # Errors
/// The store's.
pub fn scopes_of_asset(tx: &mut Tx<'_>, asset: &str) -> Result<Vec<String>, StoreError> {
    // What is inside goes on with `/` or `@`: the bytes after them are `0` and `A`.
    let bound =
        values![asset, format!("{asset}/"), format!("{asset}0"), format!("{asset}@"), format!("{asset}A")];
    let inside = "(asset_id = $1 OR (asset_id > $2 AND asset_id < $3) OR (asset_id > $4 AND asset_id < $5))";
    let sql = format!(
        "SELECT DISTINCT scope FROM asset_state WHERE {inside} UNION \
         SELECT DISTINCT scope FROM placement WHERE gone IS NULL AND {inside} ORDER BY 1"
    );
    let mut scopes: Vec<String> =
        tx.query(&sql, &bound)?.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    if let Some(name) = asset.strip_prefix("registry/")
        && let Some(row) = tx.query_opt("SELECT scope FROM registry WHERE name = $1", &values![name])?
    {
        scopes.push(row.get(0)?);
        scopes.sort();
        scopes.dedup();
    }
    Ok(scopes)
}

/// Images that a control is not sure of or need not judge, by cause: for each state and JSON list of codes and texts, how
/// many have just these.
///
/// # Errors
/// The store's.
pub fn causes(
    tx: &mut Tx<'_>,
    control: &str,
    within: &[String],
) -> Result<Vec<(model::StateKind, String, u64)>, StoreError> {
    let mut select =
        Select::new("a.state, a.causes_json, count(*)", "assessment a JOIN asset_state s ON s.id = a.asset");
    select.and("a.control = ? AND a.state IN ('not_assessed', 'not_applicable')", values![control]);
    scopes::within(&mut select, "s.scope", within);
    let rows = select.grouped(tx, "a.state, a.causes_json")?;
    rows.iter().map(|row| Ok((super::write::state(row.text(0)?)?, row.get(1)?, row.get(2)?))).collect()
}

/// Problems of images that are there, as JSON lists, with how many images have the same.
///
/// # Errors
/// The store's.
pub fn problems(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<(String, u64)>, StoreError> {
    let mut select = Select::new(
        "i.problems_json, count(DISTINCT i.id)",
        "asset_state s JOIN placement p ON p.id = s.placement JOIN image i ON i.id = p.image",
    );
    select.and("i.problems_json <> '[]'", []);
    scopes::within(&mut select, "s.scope", within);
    let rows = select.grouped(tx, "i.problems_json")?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
