//! Registries as people see them: what each holds, its repositories, and where their tags point.

mod repositories;
mod sums;
mod tags;

use std::collections::HashMap;

pub use repositories::{
    Repository, RepositoryFilter, RepositorySort, count_repositories, repositories, repository,
};
pub(crate) use sums::keep;
pub use tags::{Tag, count_tags, current, history};

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value,
    assessments::assessments_inside,
    containing,
    matches::Tally,
    registries::{COLUMNS, Registry, Settings, read},
    scopes, values,
};

/// How many images are in each state. One that nobody judged yet is not assessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States {
    /// Healthy.
    pub healthy: u64,
    /// Unhealthy.
    pub unhealthy: u64,
    /// Not applicable.
    pub not_applicable: u64,
    /// Not assessed.
    pub not_assessed: u64,
}

/// The images of a registry or repository that are there: how many, how they stand, what was found in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// How many.
    pub images: u64,
    /// How they stand.
    pub states: States,
    /// Findings; one that is in two images counts twice.
    pub findings: Tally,
}

impl Images {
    /// With those of somewhere else.
    fn add(&mut self, other: Self) {
        let States { healthy, unhealthy, not_applicable, not_assessed } = other.states;
        self.images += other.images;
        self.states.healthy += healthy;
        self.states.unhealthy += unhealthy;
        self.states.not_applicable += not_applicable;
        self.states.not_assessed += not_assessed;
        self.findings = self.findings.with(other.findings);
    }
}

/// What a registry holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its repositories, as far as they may be seen.
    pub repositories: u64,
    /// Its images.
    pub images: Images,
    /// Its jobs that wait or run.
    pub queue: u64,
}

/// Which registries are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of these scopes and below, and those that hold an image there; none: nothing.
    pub within: Vec<String>,
    /// With this in name or address.
    pub text: Option<String>,
    /// In one of these states (words of the store); empty: in any.
    pub states: Vec<String>,
}

fn filtered(filter: &Filter) -> Select {
    let mut select = Select::new(COLUMNS, "registry");
    if filter.within.is_empty() {
        select.and("1 = 0", []);
    } else if !filter.within.iter().any(String::is_empty) {
        let (own, mut own_values) = range("scope", &filter.within);
        let (placed, placed_values) = range("p.scope", &filter.within);
        own_values.extend(placed_values);
        let condition = format!(
            "{own} OR id IN (SELECT r.registry FROM placement p JOIN repository r ON r.id = p.repository \
             WHERE p.gone IS NULL AND ({placed}))"
        );
        select.and(&condition, own_values);
    }
    if let Some(text) = &filter.text {
        let text = containing(&text.to_lowercase());
        select
            .and("lower(name) LIKE ? ESCAPE '\\' OR lower(address) LIKE ? ESCAPE '\\'", values![text, text]);
    }
    if !filter.states.is_empty() {
        select.is_in("state", filter.states.iter().map(|state| Value::Text(state.clone())));
    }
    select
}

/// A condition that a scope is one of these or below, with its values.
fn range(column: &str, scopes: &[String]) -> (String, Vec<Value>) {
    let one = format!("({column} = ? OR ({column} > ? AND {column} < ?))");
    let any = vec![one; scopes.len()].join(" OR ");
    (any, scopes.iter().flat_map(|s| values![s, format!("{s}/"), format!("{s}0")]).collect())
}

/// The row of a `SELECT` of sums, which always gives one.
fn one(select: &Select, tx: &mut Tx<'_>) -> Result<Row, StoreError> {
    let row = select.grouped(tx, "")?.into_iter().next();
    row.ok_or_else(|| StoreError::Invalid("a sum gave no row".to_owned()))
}

/// Registries by name.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Registry>, StoreError> {
    const BY_NAME: Order = Order { name: "watched/by-name", keys: &[Key::up("name")] };
    filtered(filter).page(tx, &BY_NAME, request, read)
}

/// How many registries a list has.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    filtered(filter).count(tx)
}

/// What these registries hold, as far as it lies in the scopes `within`.
///
/// # Errors
/// What the database says.
pub fn held(
    tx: &mut Tx<'_>,
    registries: &[i64],
    within: &[String],
) -> Result<HashMap<i64, Held>, StoreError> {
    let images = sums::images(tx, sums::By::Registry, registries, within)?;
    let mut all = HashMap::new();
    for registry in registries {
        let filter = RepositoryFilter { registry: *registry, within: within.to_vec(), text: None };
        let sql = "SELECT count(*) FROM job WHERE lane = $1 AND state IN ('queued', 'leased')";
        let held = Held {
            repositories: count_repositories(tx, &filter)?,
            images: images.get(registry).copied().unwrap_or_default(),
            queue: tx.query_one(sql, &values![format!("registry/{registry}")])?.get(0)?,
        };
        all.insert(*registry, held);
    }
    Ok(all)
}

/// Does a registry hold an image that is there, in one of these scopes or below?
///
/// # Errors
/// What the database says.
pub fn holds_within(tx: &mut Tx<'_>, registry: i64, within: &[String]) -> Result<bool, StoreError> {
    let from = "placement p JOIN repository r ON r.id = p.repository";
    let mut select = Select::new("p.id", from);
    select.and("r.registry = ? AND p.gone IS NULL", values![registry]);
    scopes::within(&mut select, "p.scope", within);
    const ANY: Order = Order { name: "watched/any", keys: &[Key::up("p.id")] };
    let found = select.page(tx, &ANY, &PageRequest::first(1), |row| row.get::<i64>(0))?;
    Ok(!found.items.is_empty())
}

/// Retires what lies in repositories that are not watched, with their tags; says how many images.
///
/// # Errors
/// What the database says.
pub fn retire_unwatched(
    tx: &mut Tx<'_>,
    registry: i64,
    settings: &Settings,
    now: Micros,
) -> Result<u64, StoreError> {
    let mut gone = Vec::new();
    for row in tx.query("SELECT id, name FROM repository WHERE registry = $1", &values![registry])? {
        if !settings.watches(row.text(1)?) {
            gone.push(values![row.get::<i64>(0)?, now].to_vec());
        }
    }
    let sql = "UPDATE tag_history SET until = CASE WHEN since < $2 THEN $2 ELSE since + 1 END \
               WHERE repository = $1 AND until IS NULL";
    tx.execute_many(sql, &gone)?;
    tx.execute_many("UPDATE placement SET gone = $2, due = 1 WHERE repository = $1 AND gone IS NULL", &gone)
}

/// An image in its place, as far as asking for a scan of it is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedImage {
    /// The placement's number.
    pub id: i64,
    /// The asset's id.
    pub asset_id: String,
    /// Its scope.
    pub scope: String,
    /// Its manifest.
    pub digest: String,
    /// It is not there any more.
    pub gone: bool,
    /// The number of its registry and the name of its repository; `None`: it lies in none that is connected.
    pub lies_in: Option<(i64, String)>,
}

/// The image with this number.
///
/// # Errors
/// What the database says.
pub fn image(tx: &mut Tx<'_>, placement: i64) -> Result<Option<PlacedImage>, StoreError> {
    let sql = "SELECT p.id, p.asset_id, p.scope, p.manifest_digest, p.gone, r.registry, r.name \
               FROM placement p LEFT JOIN repository r ON r.id = p.repository WHERE p.id = $1";
    let Some(row) = tx.query_opt(sql, &values![placement])? else { return Ok(None) };
    let registry: Option<i64> = row.get(5)?;
    let repository: Option<String> = row.get(6)?;
    Ok(Some(PlacedImage {
        id: row.get(0)?,
        asset_id: row.get(1)?,
        scope: row.get(2)?,
        digest: row.get(3)?,
        gone: row.get::<Option<Micros>>(4)?.is_some(),
        lies_in: registry.zip(repository),
    }))
}

/// How an image stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stands {
    /// The word of its state; *not assessed* where nobody judged it yet.
    pub state: String,
    /// What was found; `None`: it was not scanned.
    pub findings: Option<Tally>,
}

/// How the image with this number stands.
///
/// # Errors
/// What the database says.
pub fn stands(tx: &mut Tx<'_>, placement: i64) -> Result<Option<Stands>, StoreError> {
    let sql = "SELECT COALESCE(s.state, 'not_assessed'), i.catalogued_at, i.critical, i.high, i.medium, i.low, i.negligible, \
               i.unknown, i.apart, i.fixable, i.kev FROM placement p LEFT JOIN image i ON i.id = p.image \
               LEFT JOIN asset_state s ON s.placement = p.id WHERE p.id = $1";
    let Some(row) = tx.query_opt(sql, &values![placement])? else { return Ok(None) };
    let scanned = row.get::<Option<Micros>>(1)?.is_some();
    let findings = match scanned {
        false => None,
        true => Some(Tally {
            severities: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?],
            apart: row.get(8)?,
            fixable: row.get(9)?,
            kev: row.get(10)?,
        }),
    };
    Ok(Some(Stands { state: row.get(0)?, findings }))
}

/// What else goes with a registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoesWith {
    /// What controls say of its images.
    pub assessments: u64,
    /// Its jobs that wait or run.
    pub jobs: u64,
}

/// What else would go with the registry of this number and name.
///
/// # Errors
/// What the database says.
pub fn goes_with(tx: &mut Tx<'_>, registry: i64, name: &str) -> Result<GoesWith, StoreError> {
    // Its assets' ids begin with its name; the byte after `/` is `0`. Its own id is the beginning without the last `/`.
    let sql = assessments_inside("asset_id = $1 OR (asset_id > $2 AND asset_id < $3)");
    let own = format!("registry/{name}");
    let assessments = tx.query_one(&sql, &values![own, format!("{own}/"), format!("{own}0")])?.get(0)?;
    let sql = "SELECT count(*) FROM job WHERE lane = $1 AND state IN ('queued', 'leased')";
    Ok(GoesWith { assessments, jobs: tx.query_one(sql, &values![format!("registry/{registry}")])?.get(0)? })
}

/// Forgets the jobs of a registry; says how many. Whoever works on one loses its lease.
///
/// # Errors
/// What the database says.
pub fn forget_jobs(tx: &mut Tx<'_>, registry: i64) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM job WHERE lane = $1", &values![format!("registry/{registry}")])
}
