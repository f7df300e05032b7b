//! Repositories of a registry.

use std::collections::HashMap;

use super::{Images, range, sums};
use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value, containing, values};

/// A repository, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its number.
    pub id: i64,
    /// Its registry.
    pub registry: i64,
    /// Its registry's name.
    pub registry_name: String,
    /// The scope of its registry.
    pub registry_scope: String,
    /// Its name.
    pub name: String,
    /// When it was seen last.
    pub last_seen: Micros,
    /// Its tags that point somewhere.
    pub tags: u64,
    /// Its images that are there, as far as they may be seen.
    pub images: Images,
}

/// Which repositories are listed.
#[derive(Clone, Debug, Default)]
pub struct RepositoryFilter {
    /// Of this registry.
    pub registry: i64,
    /// Those that hold an image in these scopes or below, and where the registry's scope is among them, all; none: nothing.
    pub within: Vec<String>,
    /// With this in their name.
    pub text: Option<String>,
}

/// How repositories are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepositorySort {
    /// By name.
    #[default]
    Name,
    /// Those with most unhealthy images first, then those with most that were not assessed.
    Worst,
    /// Those that were seen last first.
    Newest,
}

const COLUMNS: &str = "r.id, r.registry, g.name, g.scope, r.name, r.last_seen";
const FROM: &str =
    "repository r JOIN registry g ON g.id = r.registry LEFT JOIN asset_state s ON s.repository = r.id";

const BY_NAME: Order = Order { name: "repositories/by-name", keys: &[Key::up("r.name"), Key::up("r.id")] };
const BY_WORST: Order = Order {
    name: "repositories/by-worst",
    keys: &[
        Key::down("COALESCE(s.unhealthy, 0)"),
        Key::down("COALESCE(s.not_assessed, 0)"),
        Key::down("r.id"),
    ],
};
const BY_TIME: Order =
    Order { name: "repositories/by-time", keys: &[Key::down("r.last_seen"), Key::down("r.id")] };

fn read(row: &Row) -> Result<Repository, StoreError> {
    Ok(Repository {
        id: row.get(0)?,
        registry: row.get(1)?,
        registry_name: row.get(2)?,
        registry_scope: row.get(3)?,
        name: row.get(4)?,
        last_seen: row.get(5)?,
        tags: 0,
        images: Images::default(),
    })
}

fn filtered(filter: &RepositoryFilter) -> Select {
    let mut select = Select::new(COLUMNS, FROM);
    select.and("r.registry = ?", values![filter.registry]);
    visible(&mut select, &filter.within);
    if let Some(text) = &filter.text {
        select.and("lower(r.name) LIKE ? ESCAPE '\\'", values![containing(&text.to_lowercase())]);
    }
    select
}

fn visible(select: &mut Select, within: &[String]) {
    if within.is_empty() {
        select.and("1 = 0", []);
    } else if !within.iter().any(String::is_empty) {
        let (own, mut own_values) = range("g.scope", within);
        let (placed, placed_values) = range("p.scope", within);
        own_values.extend(placed_values);
        let condition = format!(
            "{own} OR EXISTS (SELECT 1 FROM placement p WHERE p.repository = r.id AND p.gone IS NULL AND ({placed}))"
        );
        select.and(&condition, own_values);
    }
}

/// Repositories, with what they hold.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list or order.
pub fn repositories(
    tx: &mut Tx<'_>,
    filter: &RepositoryFilter,
    sort: RepositorySort,
    request: &PageRequest,
) -> Result<Page<Repository>, StoreError> {
    let order = match sort {
        RepositorySort::Name => &BY_NAME,
        RepositorySort::Worst => &BY_WORST,
        RepositorySort::Newest => &BY_TIME,
    };
    let mut page = filtered(filter).page(tx, order, request, read)?;
    fill(tx, &mut page.items, &filter.within)?;
    Ok(page)
}

/// How many repositories a list has.
///
/// # Errors
/// What the database says.
pub fn count_repositories(tx: &mut Tx<'_>, filter: &RepositoryFilter) -> Result<u64, StoreError> {
    filtered(filter).count(tx)
}

/// One repository, if it may be seen from these scopes.
///
/// # Errors
/// What the database says.
pub fn repository(tx: &mut Tx<'_>, id: i64, within: &[String]) -> Result<Option<Repository>, StoreError> {
    let mut select = Select::new(COLUMNS, FROM);
    select.and("r.id = ?", values![id]);
    visible(&mut select, within);
    let mut found: Vec<Repository> = select.grouped(tx, "")?.iter().map(read).collect::<Result<_, _>>()?;
    fill(tx, &mut found, within)?;
    Ok(found.pop())
}

/// Puts in what they hold, as far as it lies in these scopes.
fn fill(tx: &mut Tx<'_>, repositories: &mut [Repository], within: &[String]) -> Result<(), StoreError> {
    if repositories.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = repositories.iter().map(|repository| repository.id).collect();
    let images = sums::images(tx, sums::By::Repository, &ids, within)?;
    let mut select = Select::new("repository, count(*)", "tag_history");
    select.is_in("repository", ids.into_iter().map(Value::Int)).and("until IS NULL", []);
    let mut tags = HashMap::new();
    for row in select.grouped(tx, "repository")? {
        tags.insert(row.get::<i64>(0)?, row.get::<u64>(1)?);
    }
    for repository in repositories {
        repository.images = images.get(&repository.id).copied().unwrap_or_default();
        repository.tags = tags.get(&repository.id).copied().unwrap_or_default();
    }
    Ok(())
}
