//! Images in their places: assets.

use std::collections::HashMap;

use model::StateKind;

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value,
    matches::{Tally, contains},
    scopes,
    subjects::marks,
    values,
};

/// Which places of images are wanted; empty texts and lists ask for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// This text stands in the asset's id (registry, repository, digest), or a tag of this name points at it now; case
    /// does not count.
    pub text: String,
    /// Number of the registry.
    pub registry: Option<i64>,
    /// Name of the repository.
    pub repository: String,
    /// With findings that count of one of these severities.
    pub severities: Vec<model::Severity>,
    /// In one of these states.
    pub states: Vec<StateKind>,
    /// Hit by this vulnerability, by id or alias, where it counts.
    pub cve: String,
    /// With a package of this name.
    pub package: String,
    /// … of this purl type.
    pub package_kind: String,
    /// … in this version.
    pub package_version: String,
    /// Id of the owner.
    pub owner: Option<String>,
    /// Without an owner.
    pub unowned: bool,
    /// In this scope or below it.
    pub scope: String,
    /// Places in these scopes or below them only: what the caller may see; `None`: all.
    pub visible: Option<Vec<String>>,
    /// `ID` of os-release, or with its `VERSION_ID`: `debian`, `debian:12`.
    pub distro: String,
    /// With findings that are known to be exploited (`true`), or without.
    pub kev: Option<bool>,
    /// With findings for which a fix is to be had (`true`), or without.
    pub fixable: Option<bool>,
    /// What made it known, or be scanned last.
    pub trigger: String,
    /// Places that are gone as well.
    pub gone: bool,
    /// Only these places, by number.
    pub places: Option<Vec<i64>>,
}

impl Filter {
    /// Does it ask for something that only the image tells? Else that needs not be looked up for each place.
    pub(super) fn asks_of_image(&self) -> bool {
        !self.severities.is_empty() || !self.distro.is_empty() || self.kev.is_some() || self.fixable.is_some()
    }
}

/// A place of an image: an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetRow {
    /// Number of the place.
    pub placement: i64,
    /// `registry/<name>/<repository>@sha256:…`, `host/<name>/image/<digest>`, `published/<name>@…`.
    pub asset_id: String,
    /// The manifest.
    pub digest: String,
    /// Number and name of the registry.
    pub registry: Option<(i64, String)>,
    /// Number and name of the repository.
    pub repository: Option<(i64, String)>,
    /// The image; `None`: its content was not read yet.
    pub image: Option<i64>,
    /// Identity of its content.
    pub config_digest: Option<String>,
    /// The scope.
    pub scope: String,
    /// Id and name of the owner.
    pub owner: Option<(String, String)>,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// `linux`.
    pub os: Option<String>,
    /// `amd64`.
    pub arch: Option<String>,
    /// Packages.
    pub packages: i64,
    /// Bytes of its layers as they are stored.
    pub size: i64,
    /// When it was built.
    pub created_at: Option<Micros>,
    /// When it was first seen here.
    pub first_seen: Micros,
    /// When it was last seen here.
    pub last_seen: Micros,
    /// Since when it is gone from here.
    pub gone: Option<Micros>,
    /// The last push that was told of.
    pub pushed_at: Option<Micros>,
    /// The last pull that was told of.
    pub pulled_at: Option<Micros>,
    /// When its content was read.
    pub catalogued_at: Option<Micros>,
    /// What made it known, or be scanned last.
    pub trigger: String,
    /// Findings.
    pub tally: Tally,
    /// Tags that point at it now, by name.
    pub tags: Vec<String>,
    /// Its state and why, in one line; `None`: it was not judged yet, or is gone.
    pub state: Option<(StateKind, String)>,
}

/// A place with what only its own page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceDetail {
    /// The place.
    pub asset: AssetRow,
    /// When it appeared without a push that was told of.
    pub imported_at: Option<Micros>,
    /// The evidence of its trigger, as JSON.
    pub evidence: Option<String>,
    /// Workflow, run, branch and commit of what a pipeline sent, as JSON.
    pub publish: Option<String>,
}

/// The sums of an image that may not have been read yet.
const SUMS: &str = "COALESCE(i.critical, 0), COALESCE(i.high, 0), COALESCE(i.medium, 0), COALESCE(i.low, 0), \
     COALESCE(i.negligible, 0), COALESCE(i.unknown, 0), COALESCE(i.apart, 0), COALESCE(i.fixable, 0), COALESCE(i.kev, 0)";

const ASSET: &str = "a.id, a.asset_id, a.manifest_digest, g.id, g.name, r.id, r.name, a.image, i.config_digest, a.scope, o.id, o.name, \
     i.distro, i.distro_version, i.os, i.arch, COALESCE(i.packages, 0), COALESCE(i.size, 0), i.created_at, a.first_seen, a.last_seen, \
     a.gone, a.pushed_at, a.pulled_at, i.catalogued_at, a.trigger, t.state, t.cause";

/// Columns of [`ASSET`]: the sums begin behind them.
const ASSET_COLUMNS: usize = 28;

const WHOLE: &str = "placement a LEFT JOIN image i ON i.id = a.image LEFT JOIN repository r ON r.id = a.repository \
     LEFT JOIN registry g ON g.id = r.registry LEFT JOIN owner o ON o.id = a.owner \
     LEFT JOIN asset_state t ON t.placement = a.id";

fn asset_row(row: &Row) -> Result<AssetRow, StoreError> {
    let named = |at: usize| -> Result<Option<(i64, String)>, StoreError> {
        Ok(match row.get::<Option<i64>>(at)? {
            Some(id) => Some((id, row.get(at + 1)?)),
            None => None,
        })
    };
    Ok(AssetRow {
        placement: row.get(0)?,
        asset_id: row.get(1)?,
        digest: row.get(2)?,
        registry: named(3)?,
        repository: named(5)?,
        image: row.get(7)?,
        config_digest: row.get(8)?,
        scope: row.get(9)?,
        owner: match row.get::<Option<String>>(10)? {
            Some(id) => Some((id, row.get(11)?)),
            None => None,
        },
        distro: row.get(12)?,
        distro_version: row.get(13)?,
        os: row.get(14)?,
        arch: row.get(15)?,
        packages: row.get(16)?,
        size: row.get(17)?,
        created_at: row.get(18)?,
        first_seen: row.get(19)?,
        last_seen: row.get(20)?,
        gone: row.get(21)?,
        pushed_at: row.get(22)?,
        pulled_at: row.get(23)?,
        catalogued_at: row.get(24)?,
        trigger: row.get(25)?,
        state: match row.get::<Option<String>>(26)? {
            Some(word) => Some((word.parse().map_err(StoreError::Invalid)?, row.get(27)?)),
            None => None,
        },
        tally: Tally::read(row, ASSET_COLUMNS)?,
        tags: Vec::new(),
    })
}

/// Orders of places of images.
pub const ORDERS: &[Order] = &[
    Order {
        name: "image/worst",
        keys: &[
            Key::down("COALESCE(i.critical, 0)"),
            Key::down("COALESCE(i.high, 0)"),
            Key::down("COALESCE(i.medium, 0)"),
            Key::down("COALESCE(i.low, 0)"),
            Key::down("COALESCE(i.unknown, 0)"),
            Key::down("a.id"),
        ],
    },
    Order { name: "image/name", keys: &[Key::up("a.asset_id"), Key::up("a.id")] },
    Order { name: "image/newest", keys: &[Key::down("a.first_seen"), Key::down("a.id")] },
    Order { name: "image/fixable", keys: &[Key::down("COALESCE(i.fixable, 0)"), Key::down("a.id")] },
    Order { name: "image/packages", keys: &[Key::down("COALESCE(i.packages, 0)"), Key::down("a.id")] },
];

/// Places of images, in one of [`ORDERS`].
///
/// # Errors
/// What the database says.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    order: &Order,
    request: &PageRequest,
) -> Result<Page<AssetRow>, StoreError> {
    // Which rows stand on the page is decided with few columns; the rest is read for those alone.
    let of_image = order.keys.iter().any(|key| key.sql.contains("i."));
    let page = select(filter, of_image).page(tx, order, request, |row| row.get::<i64>(0))?;
    let mut rows = by_numbers(tx, &page.items)?;
    Ok(Page { items: page.items.iter().filter_map(|id| rows.remove(id)).collect(), next: page.next })
}

/// How many places of images there are.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    select(filter, false).count(tx)
}

/// The places of these numbers, with their tags.
///
/// # Errors
/// What the database says.
pub fn by_numbers(tx: &mut Tx<'_>, ids: &[i64]) -> Result<HashMap<i64, AssetRow>, StoreError> {
    let mut rows = HashMap::with_capacity(ids.len());
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for chunk in ids.chunks(200) {
        let marks = marks(1, chunk.len());
        let bound: Vec<Value> = chunk.iter().map(|id| Value::Int(*id)).collect();
        let sql = format!("SELECT {ASSET}, {SUMS} FROM {WHOLE} WHERE a.id IN ({marks})");
        for row in tx.query(&sql, &bound)? {
            let row = asset_row(&row)?;
            rows.insert(row.placement, row);
        }
        // A tag points at the manifest, or at an index that names its content in the same repository.
        let sql = format!(
            "SELECT a.id, t.tag FROM placement a JOIN tag_history t ON t.repository = a.repository \
             AND t.manifest_digest = a.manifest_digest AND t.until IS NULL WHERE a.id IN ({marks}) \
             UNION SELECT a.id, t.tag FROM placement a JOIN image i ON i.id = a.image \
             JOIN repository r ON r.id = a.repository JOIN registry g ON g.id = r.registry \
             JOIN image_name n ON n.config_digest = i.config_digest AND n.registry = g.name AND n.repository = r.name \
             JOIN tag_history t ON t.repository = a.repository AND t.manifest_digest = n.digest AND t.until IS NULL \
             WHERE a.id IN ({marks}) ORDER BY 1, 2"
        );
        for row in tx.query(&sql, &bound)? {
            if let Some(asset) = rows.get_mut(&row.get(0)?) {
                asset.tags.push(row.get(1)?);
            }
        }
    }
    Ok(rows)
}

/// The place of this number, with what only its own page shows.
///
/// # Errors
/// What the database says.
pub fn place(tx: &mut Tx<'_>, id: i64) -> Result<Option<PlaceDetail>, StoreError> {
    let Some(asset) = by_numbers(tx, &[id])?.remove(&id) else { return Ok(None) };
    let row = tx.query_one(
        "SELECT imported_at, evidence_json, publish_json FROM placement WHERE id = $1",
        &values![id],
    )?;
    Ok(Some(PlaceDetail { asset, imported_at: row.get(0)?, evidence: row.get(1)?, publish: row.get(2)? }))
}

/// Other places of an image that are there, which the caller may see: number, asset, scope; at most `limit`.
///
/// # Errors
/// What the database says.
pub fn elsewhere(
    tx: &mut Tx<'_>,
    image: i64,
    but: i64,
    visible: &[String],
    limit: u32,
) -> Result<Vec<(i64, String, String)>, StoreError> {
    let mut select = Select::new("a.id, a.asset_id, a.scope", "placement a");
    select.and("a.image = ? AND a.id <> ? AND a.gone IS NULL", [Value::Int(image), Value::Int(but)]);
    scopes::within(&mut select, "a.scope", visible);
    const ORDER: Order = Order { name: "place/elsewhere", keys: &[Key::up("a.asset_id"), Key::up("a.id")] };
    let page = select
        .page(tx, &ORDER, &PageRequest::first(limit), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(page.items)
}

/// `of_image`: columns of the image are asked for beside those that the filter asks.
fn select(filter: &Filter, of_image: bool) -> Select {
    let mut from = "placement a".to_owned();
    if of_image || filter.asks_of_image() {
        from.push_str(" LEFT JOIN image i ON i.id = a.image");
    }
    if filter.registry.is_some() || !filter.repository.is_empty() {
        from.push_str(" JOIN repository r ON r.id = a.repository");
    }
    let mut select = Select::new("a.id", from);
    narrow(&mut select, filter);
    if let Some(registry) = filter.registry {
        select.and("r.registry = ?", [Value::Int(registry)]);
    }
    if !filter.repository.is_empty() {
        select.and("r.name = ?", [Value::Text(filter.repository.clone())]);
    }
    if !filter.cve.is_empty() {
        // From the few rows of the match outwards.
        select.and(
            "a.image IN (SELECT l.image FROM vulnerability_alias v JOIN match m ON m.vulnerability = v.vulnerability \
             JOIN unit_subject s ON s.subject = m.subject JOIN image_layer l ON l.unit = s.unit \
             LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
             WHERE v.alias = ? AND m.gone IS NULL AND m.judgement = 'counts' AND h.image IS NULL)",
            [Value::Text(filter.cve.to_ascii_uppercase())],
        );
    }
    having(&mut select, filter);
    select
}

/// With a package.
fn having(select: &mut Select, filter: &Filter) {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    for (column, value) in
        [("name", &filter.package), ("kind", &filter.package_kind), ("version", &filter.package_version)]
    {
        if !value.is_empty() {
            conditions.push(format!("p.{column} = ?"));
            values.push(Value::Text(value.clone()));
        }
    }
    if conditions.is_empty() {
        return;
    }
    let sql = format!(
        "a.image IN (SELECT l.image FROM subject p JOIN unit_subject s ON s.subject = p.id \
         JOIN image_layer l ON l.unit = s.unit LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
         WHERE {} AND h.image IS NULL)",
        conditions.join(" AND ")
    );
    select.and(&sql, values);
}

/// The conditions on places (`a`) and images (`i`) that every query has.
pub(super) fn narrow(select: &mut Select, filter: &Filter) {
    if !filter.gone {
        select.and("a.gone IS NULL", []);
    }
    if !filter.text.is_empty() {
        let text = filter.text.to_lowercase();
        select.and(
            "lower(a.asset_id) LIKE ? ESCAPE '!' OR EXISTS (SELECT 1 FROM tag_history t WHERE t.repository = a.repository \
             AND t.manifest_digest = a.manifest_digest AND t.until IS NULL AND lower(t.tag) = ?)",
            [contains(&text), Value::Text(text)],
        );
    }
    if !filter.severities.is_empty() {
        let any: Vec<String> =
            filter.severities.iter().map(|severity| format!("i.{} > 0", severity.as_str())).collect();
        select.and(&any.join(" OR "), []);
    }
    if !filter.states.is_empty() {
        // What nobody judged yet is not assessed; what is gone need not be.
        select.is_in(
            "COALESCE((SELECT t.state FROM asset_state t WHERE t.placement = a.id), \
             CASE WHEN a.gone IS NULL THEN 'not_assessed' ELSE 'not_applicable' END)",
            filter.states.iter().map(|state| Value::Text(state.as_str().to_owned())),
        );
    }
    if filter.unowned {
        select.and("a.owner IS NULL", []);
    } else if let Some(owner) = &filter.owner {
        select.and("a.owner = ?", [Value::Text(owner.clone())]);
    }
    if !filter.scope.is_empty() {
        scopes::within(select, "a.scope", std::slice::from_ref(&filter.scope));
    }
    if let Some(visible) = &filter.visible {
        scopes::within(select, "a.scope", visible);
    }
    if let Some((distro, version)) = filter.distro.split_once(':') {
        select.and(
            "i.distro = ? AND i.distro_version = ?",
            [Value::Text(distro.to_owned()), Value::Text(version.to_owned())],
        );
    } else if !filter.distro.is_empty() {
        select.and("i.distro = ?", [Value::Text(filter.distro.clone())]);
    }
    for (column, wanted) in [("kev", filter.kev), ("fixable", filter.fixable)] {
        match wanted {
            Some(true) => _ = select.and(&format!("i.{column} > 0"), []),
            Some(false) => _ = select.and(&format!("COALESCE(i.{column}, 0) = 0"), []),
            None => {}
        }
    }
    if let Some(places) = &filter.places {
        // Numbers of our own, spelled out: a database takes fewer parameters than a fleet has places.
        let mut list = String::from("NULL");
        for place in places {
            list.push_str(&format!(",{place}"));
        }
        select.and(&format!("a.id IN ({list})"), []);
    }
    if !filter.trigger.is_empty() {
        select.and("a.trigger = ?", [Value::Text(filter.trigger.clone())]);
    }
}
