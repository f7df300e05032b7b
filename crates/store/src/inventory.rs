//! The inventory: registries, repositories and images as one list, in what state each is.

use std::collections::HashMap;

use model::StateKind;

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value,
    assessments::{AssetKind, Counts},
    images::{self, AssetRow},
    matches::{Tally, contains},
    scopes,
    subjects::marks,
    values,
};

/// Which assets are wanted; empty texts and lists ask for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these kinds.
    pub kinds: Vec<AssetKind>,
    /// This text stands in the asset's id; case does not count.
    pub text: String,
    /// In one of these states.
    pub states: Vec<StateKind>,
    /// In this scope or below it.
    pub scope: String,
    /// In these scopes or below them only: what the caller may see.
    pub visible: Vec<String>,
    /// Id of the owner.
    pub owner: Option<String>,
    /// Without an owner.
    pub unowned: bool,
    /// This registry and what lies in it, by number.
    pub registry: Option<i64>,
}

/// A row of the inventory.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// Its kind.
    pub kind: AssetKind,
    /// The number of its row: of the place, the repository or the registry.
    pub id: i64,
    /// Its id.
    pub asset_id: String,
    /// Its scope.
    pub scope: String,
    /// Id and name of its owner.
    pub owner: Option<(String, String)>,
    /// The number of its registry, and of a repository its name.
    pub registry: Option<(i64, String)>,
    /// Its state and why; `None`: it was not judged yet.
    pub state: Option<(StateKind, String)>,
    /// Its parts by state.
    pub parts: Counts,
    /// Findings: of an image its own, of others those of the images that the caller may see.
    pub tally: Tally,
    /// When it was first seen; of a registry, when it was connected.
    pub first_seen: Micros,
    /// When it was last seen; of a registry, when it was last read or heard of.
    pub last_seen: Micros,
    /// Of an image: the whole row.
    pub image: Option<AssetRow>,
}

/// Orders of the inventory.
pub const ORDERS: &[Order] = &[
    Order { name: "inventory/name", keys: &[Key::up("x.asset_id"), Key::up("x.kind"), Key::up("x.id")] },
    Order {
        name: WORST,
        keys: &[
            Key::down("x.rank"),
            Key::down("x.critical"),
            Key::down("x.high"),
            Key::down("x.kind"),
            Key::down("x.id"),
        ],
    },
    Order {
        name: "inventory/newest",
        keys: &[Key::down("x.first_seen"), Key::down("x.kind"), Key::down("x.id")],
    },
];

const WORST: &str = "inventory/worst";

/// The kinds, where nobody asks for some.
const KINDS: [AssetKind; 3] = [AssetKind::Registry, AssetKind::Repository, AssetKind::Image];

/// The state of a row beside an asset's own; what was not judged yet is not assessed.
const STATE: &str = "COALESCE(t.state, 'not_assessed')";

/// A page of the inventory, in one of [`ORDERS`].
///
/// # Errors
/// What the database says.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    order: &Order,
    request: &PageRequest,
) -> Result<Page<Asset>, StoreError> {
    // Which rows stand on the page is decided with few columns; the rest is read for those alone.
    let page = select(filter, order.name == WORST).page(tx, order, request, |row| {
        let kind = AssetKind::of(row.text(0)?).unwrap_or(AssetKind::Image);
        Ok((kind, row.get::<i64>(1)?))
    })?;
    let mut found: HashMap<(&str, i64), Asset> = HashMap::new();
    for kind in KINDS {
        let ids: Vec<i64> = page.items.iter().filter(|(of, _)| *of == kind).map(|(_, id)| *id).collect();
        for chunk in ids.chunks(200) {
            for asset in read(tx, kind, chunk, filter)? {
                found.insert((kind.as_str(), asset.id), asset);
            }
        }
    }
    let items = page.items.iter().filter_map(|(kind, id)| found.remove(&(kind.as_str(), *id)));
    Ok(Page { items: items.collect(), next: page.next })
}

/// How many assets there are.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    select(filter, false).count(tx)
}

/// How many assets of each kind are in each state; kinds of which there is none are there too.
///
/// # Errors
/// What the database says.
pub fn counts(tx: &mut Tx<'_>, filter: &Filter) -> Result<Vec<(AssetKind, Counts)>, StoreError> {
    let mut all = Vec::new();
    for kind in KINDS {
        let mut arm = arm(kind, filter);
        arm = arm.columns(format!("{STATE}, count(*)"));
        let mut counts = Counts::default();
        for row in arm.grouped(tx, STATE)? {
            let count: u64 = row.get(1)?;
            match row.text(0)? {
                "healthy" => counts.healthy = count,
                "unhealthy" => counts.unhealthy = count,
                "not_applicable" => counts.not_applicable = count,
                _ => counts.not_assessed = count,
            }
        }
        all.push((kind, counts));
    }
    Ok(all)
}

fn select(filter: &Filter, worst: bool) -> Select {
    let (mut sql, mut bound) = (Vec::new(), Vec::new());
    let kinds = if filter.kinds.is_empty() { KINDS.to_vec() } else { filter.kinds.clone() };
    for kind in KINDS.into_iter().filter(|kind| kinds.contains(kind)) {
        let (id, first_seen, asset_id) = match kind {
            AssetKind::Image => ("a.id", "a.first_seen", "a.asset_id"),
            AssetKind::Repository => ("r.id", "r.first_seen", REPOSITORY),
            AssetKind::Registry => ("g.id", "g.created", REGISTRY),
        };
        let mut columns = format!(
            "'{}' AS kind, {id} AS id, {asset_id} AS asset_id, {first_seen} AS first_seen",
            kind.as_str()
        );
        if worst {
            columns.push_str(
                ", CASE COALESCE(t.state, 'not_assessed') WHEN 'unhealthy' THEN 3 WHEN 'not_assessed' THEN 2 \
                 WHEN 'healthy' THEN 1 ELSE 0 END AS rank",
            );
            for column in ["critical", "high"] {
                let sum = |from: &str| {
                    format!(
                        "(SELECT CAST(COALESCE(SUM(i.{column}), 0) AS BIGINT) FROM {from} AND p.gone IS NULL)"
                    )
                };
                let value = match kind {
                    AssetKind::Image => {
                        format!("COALESCE((SELECT i.{column} FROM image i WHERE i.id = a.image), 0)")
                    }
                    AssetKind::Repository => {
                        sum("placement p JOIN image i ON i.id = p.image WHERE p.repository = r.id")
                    }
                    AssetKind::Registry => sum(
                        "repository q JOIN placement p ON p.repository = q.id JOIN image i ON i.id = p.image \
                         WHERE q.registry = g.id",
                    ),
                };
                columns.push_str(&format!(", {value} AS {column}"));
            }
        }
        let (text, values) = arm(kind, filter).columns(columns).open_parts();
        sql.push(text);
        bound.extend(values);
    }
    let from = format!("({}) x", sql.join(" UNION ALL "));
    Select::new("x.kind, x.id", from).with(bound)
}

const REPOSITORY: &str = "'registry/' || g.name || '/' || r.name";
const REGISTRY: &str = "'registry/' || g.name";

/// The assets of one kind that the filter leaves.
fn arm(kind: AssetKind, filter: &Filter) -> Select {
    let (from, asset_id, scope, owner, registry) = match kind {
        AssetKind::Image => (
            "placement a LEFT JOIN asset_state t ON t.placement = a.id",
            "a.asset_id",
            "a.scope",
            "a.owner",
            "a.repository IN (SELECT q.id FROM repository q WHERE q.registry = ?)",
        ),
        AssetKind::Repository => (
            "repository r JOIN registry g ON g.id = r.registry LEFT JOIN asset_state t ON t.repository = r.id",
            REPOSITORY,
            "COALESCE(t.scope, g.scope)",
            "t.owner",
            "r.registry = ?",
        ),
        AssetKind::Registry => (
            "registry g LEFT JOIN asset_state t ON t.registry = g.id",
            REGISTRY,
            "COALESCE(t.scope, g.scope)",
            "t.owner",
            "g.id = ?",
        ),
    };
    let mut select = Select::new("1", from);
    if kind == AssetKind::Image {
        select.and("a.gone IS NULL", []);
    }
    if !filter.text.is_empty() {
        let pattern = contains(&filter.text.to_lowercase());
        select.and(&format!("lower({asset_id}) LIKE ? ESCAPE '!'"), [pattern]);
    }
    if !filter.states.is_empty() {
        select.is_in(STATE, filter.states.iter().map(|state| Value::Text(state.as_str().to_owned())));
    }
    if !filter.scope.is_empty() {
        scopes::within(&mut select, scope, std::slice::from_ref(&filter.scope));
    }
    scopes::within(&mut select, scope, &filter.visible);
    if filter.unowned {
        select.and(&format!("{owner} IS NULL"), []);
    } else if let Some(id) = &filter.owner {
        select.and(&format!("{owner} = ?"), values![id]);
    }
    if let Some(number) = filter.registry {
        select.and(registry, values![number]);
    }
    select
}

const STATES: &str = "t.state, COALESCE(t.cause, ''), COALESCE(t.healthy, 0), COALESCE(t.unhealthy, 0), \
     COALESCE(t.not_applicable, 0), COALESCE(t.not_assessed, 0)";

/// State, cause and parts of a row, six columns from `from` on.
fn states(row: &Row, from: usize) -> Result<(Option<(StateKind, String)>, Counts), StoreError> {
    let state = match row.get::<Option<String>>(from)? {
        Some(word) => Some((word.parse().map_err(StoreError::Invalid)?, row.get(from + 1)?)),
        None => None,
    };
    let parts = Counts {
        healthy: row.get(from + 2)?,
        unhealthy: row.get(from + 3)?,
        not_applicable: row.get(from + 4)?,
        not_assessed: row.get(from + 5)?,
    };
    Ok((state, parts))
}

/// The rows of one kind by number.
fn read(tx: &mut Tx<'_>, kind: AssetKind, ids: &[i64], filter: &Filter) -> Result<Vec<Asset>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let bound: Vec<Value> = ids.iter().map(|id| Value::Int(*id)).collect();
    let marks = marks(1, ids.len());
    match kind {
        AssetKind::Image => {
            let mut rows = images::by_numbers(tx, ids)?;
            let sql =
                format!("SELECT t.placement, {STATES} FROM asset_state t WHERE t.placement IN ({marks})");
            let mut parts: HashMap<i64, Counts> = HashMap::new();
            for row in tx.query(&sql, &bound)? {
                parts.insert(row.get(0)?, states(&row, 1)?.1);
            }
            Ok(ids
                .iter()
                .filter_map(|id| {
                    let image = rows.remove(id)?;
                    Some(Asset {
                        kind,
                        id: *id,
                        asset_id: image.asset_id.clone(),
                        scope: image.scope.clone(),
                        owner: image.owner.clone(),
                        registry: image.registry.clone(),
                        state: image.state.clone(),
                        parts: parts.remove(id).unwrap_or_default(),
                        tally: image.tally,
                        first_seen: image.first_seen,
                        last_seen: image.last_seen,
                        image: Some(image),
                    })
                })
                .collect())
        }
        AssetKind::Repository => {
            let sql = format!(
                "SELECT r.id, {REPOSITORY}, COALESCE(t.scope, g.scope), o.id, o.name, g.id, r.name, r.first_seen, r.last_seen, \
                 {STATES} FROM repository r JOIN registry g ON g.id = r.registry \
                 LEFT JOIN asset_state t ON t.repository = r.id LEFT JOIN owner o ON o.id = t.owner WHERE r.id IN ({marks})"
            );
            let sums = sums(tx, "a.repository", ids, filter)?;
            tx.query(&sql, &bound)?.iter().map(|row| asset(row, kind, &sums)).collect()
        }
        AssetKind::Registry => {
            let sql = format!(
                "SELECT g.id, {REGISTRY}, COALESCE(t.scope, g.scope), o.id, o.name, g.id, g.name, g.created, \
                 COALESCE(g.notified_at, g.polled_at, g.created), {STATES} FROM registry g \
                 LEFT JOIN asset_state t ON t.registry = g.id LEFT JOIN owner o ON o.id = t.owner WHERE g.id IN ({marks})"
            );
            let sums = sums(tx, "r.registry", ids, filter)?;
            tx.query(&sql, &bound)?.iter().map(|row| asset(row, kind, &sums)).collect()
        }
    }
}

fn asset(row: &Row, kind: AssetKind, sums: &HashMap<i64, Tally>) -> Result<Asset, StoreError> {
    let id: i64 = row.get(0)?;
    let (state, parts) = states(row, 9)?;
    Ok(Asset {
        kind,
        id,
        asset_id: row.get(1)?,
        scope: row.get(2)?,
        owner: match row.get::<Option<String>>(3)? {
            Some(owner) => Some((owner, row.get(4)?)),
            None => None,
        },
        registry: Some((row.get(5)?, row.get(6)?)),
        first_seen: row.get(7)?,
        last_seen: row.get(8)?,
        state,
        parts,
        tally: sums.get(&id).copied().unwrap_or_default(),
        image: None,
    })
}

/// Findings of the images that are there and that the caller may see, by repository or registry.
fn sums(tx: &mut Tx<'_>, of: &str, ids: &[i64], filter: &Filter) -> Result<HashMap<i64, Tally>, StoreError> {
    let sum = |column: &str| format!("CAST(COALESCE(SUM(i.{column}), 0) AS BIGINT)");
    let columns: Vec<String> =
        ["critical", "high", "medium", "low", "negligible", "unknown", "apart", "fixable", "kev"]
            .into_iter()
            .map(sum)
            .collect();
    let mut select = Select::new(
        format!("{of}, {}", columns.join(", ")),
        "placement a JOIN image i ON i.id = a.image JOIN repository r ON r.id = a.repository",
    );
    select.is_in(of, ids.iter().map(|id| Value::Int(*id)));
    select.and("a.gone IS NULL", []);
    scopes::within(&mut select, "a.scope", &filter.visible);
    select.grouped(tx, of)?.iter().map(|row| Ok((row.get(0)?, Tally::read(row, 1)?))).collect()
}
