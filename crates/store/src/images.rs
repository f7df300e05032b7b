//! Images: content by configuration digest, with layers, packages and the sums of findings; and the queries that begin
//! at an image, at its places, or at a vulnerability.

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value, assessments,
    matches::{self, TALLY, Tally, contains},
    subjects::{PackageRow, package_row},
    units::{self, Placed},
    values,
};

/// A catalogued image, or another target that is stored like one (a host's root file system), as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewImage {
    /// Identity of its content, `sha256:…`; of what is no image a digest that stands for the target.
    pub config_digest: String,
    /// `image`, `rootfs`, `source`, `sbom`.
    pub kind: String,
    /// `linux`.
    pub os: Option<String>,
    /// `amd64`, with the variant behind a slash where there is one.
    pub arch: Option<String>,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// When it was built.
    pub created_at: Option<Micros>,
    /// Bytes of its layers as they are stored.
    pub size: u64,
    /// The configuration, as JSON, without values of environment variables.
    pub config: String,
    /// Other facts that controls judge, as JSON.
    pub facts: String,
    /// Problems of cataloguing, as JSON.
    pub problems: String,
    /// Version of the cataloguer.
    pub cataloguer: i64,
    /// Layers, base first.
    pub layers: Vec<NewLayer>,
    /// Packages in their places.
    pub packages: Vec<Placed>,
    /// Evidence: JSON lists of paths, to which `packages` point.
    pub evidence: Vec<String>,
}

/// A layer as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLayer {
    /// Digest of the uncompressed tar.
    pub diff_id: String,
    /// Bytes as stored.
    pub size: u64,
    /// The instruction that made it.
    pub created_by: Option<String>,
}

/// Writes an image, or what is newly known of it: the same catalogue written twice changes nothing but when it was last
/// seen. Its subjects must be there and judged. Gives its number. Call [`units::lock`] first in the transaction.
///
/// # Errors
/// What the database says.
pub fn put(tx: &mut Tx<'_>, image: &NewImage, now: Micros) -> Result<i64, StoreError> {
    let row = tx.query_one(
        "INSERT INTO image (config_digest, kind, os, arch, distro, distro_version, created_at, size, config_json, facts_json, problems_json, \
         cataloguer, packages, first_seen, last_seen, catalogued_at) \
         VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$14,$14) \
         ON CONFLICT (config_digest) DO UPDATE SET kind = excluded.kind, os = excluded.os, arch = excluded.arch, \
         distro = excluded.distro, distro_version = excluded.distro_version, created_at = excluded.created_at, size = excluded.size, \
         config_json = excluded.config_json, facts_json = excluded.facts_json, problems_json = excluded.problems_json, \
         cataloguer = excluded.cataloguer, packages = excluded.packages, last_seen = excluded.last_seen, \
         catalogued_at = excluded.catalogued_at RETURNING id",
        &values![
            image.config_digest,
            image.kind,
            image.os,
            image.arch,
            image.distro,
            image.distro_version,
            image.created_at,
            image.size,
            image.config,
            image.facts,
            image.problems,
            image.cataloguer,
            image.packages.len(),
            now,
        ],
    )?;
    let id: i64 = row.get(0)?;
    let diff_ids: Vec<String> = image.layers.iter().map(|layer| layer.diff_id.clone()).collect();
    let (of_layers, whole) = units::put(
        tx,
        id,
        &image.config_digest,
        &diff_ids,
        image.cataloguer,
        &image.packages,
        &image.evidence,
    )?;
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(image.layers.len() + 1);
    for ((position, layer), unit) in (0_i64..).zip(&image.layers).zip(of_layers) {
        rows.push(values![id, position, layer.diff_id, unit, layer.created_by, layer.size].to_vec());
    }
    if let Some(unit) = whole {
        rows.push(
            values![id, -1_i64, units::whole(&image.config_digest), unit, None::<String>, 0_i64].to_vec(),
        );
    }
    tx.execute_many(
        "INSERT INTO image_layer (image, position, diff_id, unit, created_by, size) VALUES ($1,$2,$3,$4,$5,$6)",
        &rows,
    )?;
    matches::recount(tx, id)?;
    assessments::mark_image_due(tx, id)?;
    Ok(id)
}

/// An image with its sums.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRow {
    /// Its number.
    pub id: i64,
    /// Identity of its content.
    pub config_digest: String,
    /// `image`, `rootfs`, `source`, `sbom`.
    pub kind: String,
    /// `linux`.
    pub os: Option<String>,
    /// `amd64`.
    pub arch: Option<String>,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// When it was built.
    pub created_at: Option<Micros>,
    /// Bytes of its layers as they are stored.
    pub size: i64,
    /// Packages.
    pub packages: i64,
    /// When it first appeared here.
    pub first_seen: Micros,
    /// When it was last catalogued or seen.
    pub last_seen: Micros,
    /// Version of the cataloguer.
    pub cataloguer: Option<i64>,
    /// The configuration, as JSON.
    pub config: String,
    /// Other facts, as JSON.
    pub facts: String,
    /// Problems of cataloguing, as JSON.
    pub problems: String,
    /// Findings.
    pub tally: Tally,
}

const IMAGE: &str = "id, config_digest, kind, os, arch, distro, distro_version, created_at, size, packages, first_seen, last_seen, \
     cataloguer, config_json, facts_json, problems_json";

fn image_row(row: &Row) -> Result<ImageRow, StoreError> {
    Ok(ImageRow {
        id: row.get(0)?,
        config_digest: row.get(1)?,
        kind: row.get(2)?,
        os: row.get(3)?,
        arch: row.get(4)?,
        distro: row.get(5)?,
        distro_version: row.get(6)?,
        created_at: row.get(7)?,
        size: row.get(8)?,
        packages: row.get(9)?,
        first_seen: row.get(10)?,
        last_seen: row.get(11)?,
        cataloguer: row.get(12)?,
        config: row.get(13)?,
        facts: row.get(14)?,
        problems: row.get(15)?,
        tally: Tally::read(row, 16)?,
    })
}

/// The image of that configuration digest.
///
/// # Errors
/// What the database says.
pub fn by_digest(tx: &mut Tx<'_>, config_digest: &str) -> Result<Option<ImageRow>, StoreError> {
    let sql = format!("SELECT {IMAGE}, {TALLY} FROM image WHERE config_digest = $1");
    tx.query_opt(&sql, &values![config_digest])?.as_ref().map(image_row).transpose()
}

/// The image of that number.
///
/// # Errors
/// What the database says.
pub fn by_id(tx: &mut Tx<'_>, id: i64) -> Result<Option<ImageRow>, StoreError> {
    let sql = format!("SELECT {IMAGE}, {TALLY} FROM image WHERE id = $1");
    tx.query_opt(&sql, &values![id])?.as_ref().map(image_row).transpose()
}

/// A layer of an image, with what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// 0 is the base.
    pub position: i64,
    /// Digest of the uncompressed tar.
    pub diff_id: String,
    /// The instruction that made it.
    pub created_by: Option<String>,
    /// Bytes as stored.
    pub size: i64,
    /// Packages of this image that came with it.
    pub packages: i64,
    /// Findings of this image that count and came with it.
    pub findings: i64,
    /// Other images that have the same layer.
    pub shared_with: i64,
}

/// The layers of an image, base first.
///
/// # Errors
/// What the database says.
pub fn layers(tx: &mut Tx<'_>, image: i64) -> Result<Vec<LayerRow>, StoreError> {
    let rows = tx.query(
        "SELECT l.position, l.diff_id, l.created_by, l.size, \
         (SELECT count(*) FROM unit_subject s LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
          WHERE s.unit = l.unit AND h.image IS NULL), \
         (SELECT count(*) FROM unit_subject s LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
          JOIN match m ON m.subject = s.subject AND m.gone IS NULL AND m.judgement = 'counts' \
          WHERE s.unit = l.unit AND h.image IS NULL), \
         (SELECT count(DISTINCT o.image) FROM image_layer o WHERE o.diff_id = l.diff_id AND o.image <> l.image) \
         FROM image_layer l WHERE l.image = $1 AND l.position >= 0 ORDER BY l.position",
        &values![image],
    )?;
    rows.iter()
        .map(|row| {
            Ok(LayerRow {
                position: row.get(0)?,
                diff_id: row.get(1)?,
                created_by: row.get(2)?,
                size: row.get(3)?,
                packages: row.get(4)?,
                findings: row.get(5)?,
                shared_with: row.get(6)?,
            })
        })
        .collect()
}

/// How an image descends from another, or another from it: all layers of the shorter are the first of the longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// The other image.
    pub image: i64,
    /// Its configuration digest.
    pub config_digest: String,
    /// Layers that both have.
    pub layers: i64,
}

/// Images on which this one is built, nearest first: all their layers are the first of this one's.
///
/// # Errors
/// What the database says.
pub fn bases(tx: &mut Tx<'_>, image: i64) -> Result<Vec<Relative>, StoreError> {
    // As many layers in common at equal positions as the other has, and fewer than this one has.
    let rows = tx.query(
        "SELECT o.image, i.config_digest, count(*) FROM image_layer l \
         JOIN image_layer o ON o.diff_id = l.diff_id AND o.position = l.position AND o.image <> l.image \
         JOIN image i ON i.id = o.image WHERE l.image = $1 AND l.position >= 0 GROUP BY o.image, i.config_digest \
         HAVING count(*) = (SELECT count(*) FROM image_layer a WHERE a.image = o.image AND a.position >= 0) \
         AND count(*) < (SELECT count(*) FROM image_layer b WHERE b.image = $1 AND b.position >= 0) \
         ORDER BY 3 DESC, 1 LIMIT 50",
        &values![image],
    )?;
    rows.iter()
        .map(|row| Ok(Relative { image: row.get(0)?, config_digest: row.get(1)?, layers: row.get(2)? }))
        .collect()
}

/// Which places of images are wanted; empty texts and lists ask for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// This text stands in the asset's id (registry, repository, digest).
    pub text: String,
    /// Number of the registry.
    pub registry: Option<i64>,
    /// With findings that count of one of these severities.
    pub severities: Vec<model::Severity>,
    /// With an assessment in this state.
    pub state: String,
    /// Hit by this vulnerability, by id or alias, where it counts.
    pub cve: String,
    /// Id of the owner.
    pub owner: Option<String>,
    /// In this scope or below it.
    pub scope: String,
    /// Places in these scopes or below them only: what the caller may see; `None`: all.
    pub visible: Option<Vec<String>>,
    /// Places that are gone as well.
    pub gone: bool,
}

/// A place of an image: an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetRow {
    /// Number of the place.
    pub placement: i64,
    /// `registry/<name>/<repository>@sha256:…`, `host/<name>/image/<digest>`, `published/<name>@…`.
    pub asset_id: String,
    /// The image.
    pub image: i64,
    /// Identity of its content.
    pub config_digest: String,
    /// The scope.
    pub scope: String,
    /// Id of the owner.
    pub owner: Option<String>,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// Packages.
    pub packages: i64,
    /// When it was first seen here.
    pub first_seen: Micros,
    /// When it was last seen here.
    pub last_seen: Micros,
    /// Since when it is gone from here.
    pub gone: Option<Micros>,
    /// Findings.
    pub tally: Tally,
}

const ASSET: &str = "a.id, a.asset_id, i.id, i.config_digest, a.scope, a.owner, i.distro, i.distro_version, i.packages, a.first_seen, \
     a.last_seen, a.gone, i.critical, i.high, i.medium, i.low, i.negligible, i.unknown, i.apart, i.fixable, i.kev";

fn asset_row(row: &Row, from: usize) -> Result<AssetRow, StoreError> {
    Ok(AssetRow {
        placement: row.get(from)?,
        asset_id: row.get(from + 1)?,
        image: row.get(from + 2)?,
        config_digest: row.get(from + 3)?,
        scope: row.get(from + 4)?,
        owner: row.get(from + 5)?,
        distro: row.get(from + 6)?,
        distro_version: row.get(from + 7)?,
        packages: row.get(from + 8)?,
        first_seen: row.get(from + 9)?,
        last_seen: row.get(from + 10)?,
        gone: row.get(from + 11)?,
        tally: Tally::read(row, from + 12)?,
    })
}

/// Orders of places of images.
pub const ORDERS: &[Order] = &[
    Order {
        name: "image/worst",
        keys: &[
            Key::down("i.critical"),
            Key::down("i.high"),
            Key::down("i.medium"),
            Key::down("i.low"),
            Key::down("i.unknown"),
            Key::down("a.id"),
        ],
    },
    Order { name: "image/name", keys: &[Key::up("a.asset_id"), Key::up("a.id")] },
    Order { name: "image/newest", keys: &[Key::down("a.first_seen"), Key::down("a.id")] },
    Order { name: "image/fixable", keys: &[Key::down("i.fixable"), Key::down("a.id")] },
    Order { name: "image/packages", keys: &[Key::down("i.packages"), Key::down("a.id")] },
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
    select(filter).page(tx, order, request, |row| asset_row(row, 0))
}

/// How many places of images there are.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    select(filter).count(tx)
}

fn select(filter: &Filter) -> Select {
    let mut from = "placement a JOIN image i ON i.id = a.image".to_owned();
    if filter.registry.is_some() {
        from.push_str(" JOIN repository r ON r.id = a.repository");
    }
    let mut select = Select::new(ASSET, from);
    if let Some(registry) = filter.registry {
        select.and("r.registry = ?", [Value::Int(registry)]);
    }
    narrow(&mut select, filter);
    if !filter.cve.is_empty() {
        // From the few rows of the match outwards.
        select.and(
            "i.id IN (SELECT l.image FROM vulnerability_alias v JOIN match m ON m.vulnerability = v.vulnerability \
             JOIN unit_subject s ON s.subject = m.subject JOIN image_layer l ON l.unit = s.unit \
             LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
             WHERE v.alias = ? AND m.gone IS NULL AND m.judgement = 'counts' AND h.image IS NULL)",
            [Value::Text(filter.cve.to_ascii_uppercase())],
        );
    }
    select
}

/// The conditions on places (`a`) and images (`i`) that every query has.
fn narrow(select: &mut Select, filter: &Filter) {
    if !filter.gone {
        select.and("a.gone IS NULL", []);
    }
    if !filter.text.is_empty() {
        select.and("a.asset_id LIKE ? ESCAPE '!'", [contains(&filter.text)]);
    }
    if !filter.severities.is_empty() {
        let any: Vec<String> =
            filter.severities.iter().map(|severity| format!("i.{} > 0", severity.as_str())).collect();
        select.and(&any.join(" OR "), []);
    }
    if !filter.state.is_empty() {
        select.and(
            "EXISTS (SELECT 1 FROM assessment s WHERE s.asset_id = a.asset_id AND s.state = ?)",
            [Value::Text(filter.state.clone())],
        );
    }
    if let Some(owner) = &filter.owner {
        select.and("a.owner = ?", [Value::Text(owner.clone())]);
    }
    if !filter.scope.is_empty() {
        let [at, from, to] = below(&filter.scope);
        select.and("a.scope = ? OR (a.scope >= ? AND a.scope < ?)", [at, from, to]);
    }
    if let Some(visible) = &filter.visible {
        if visible.is_empty() {
            select.and("1 = 0", []);
        } else {
            let any = vec!["a.scope = ? OR (a.scope >= ? AND a.scope < ?)"; visible.len()].join(" OR ");
            select.and(&any, visible.iter().flat_map(|scope| below(scope)));
        }
    }
}

/// A scope, and the bounds between which the paths below it lie: `org/` to `org0`, for `0` follows `/`. All is below the
/// root, whose path is empty.
fn below(scope: &str) -> [Value; 3] {
    if scope.is_empty() {
        return [
            Value::Text(String::new()),
            Value::Text(String::new()),
            Value::Text("\u{10ffff}".to_owned()),
        ];
    }
    [Value::Text(scope.to_owned()), Value::Text(format!("{scope}/")), Value::Text(format!("{scope}0"))]
}

/// Somewhere that a package lies: an image in a place.
#[derive(Clone, Debug, PartialEq)]
pub struct HitRow {
    /// Where.
    pub asset: AssetRow,
    /// What.
    pub package: PackageRow,
    /// The verdict; `None`: not affected.
    pub verdict: Option<Verdict>,
}

/// What was found about a package and a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `counts`, or why it is shown apart.
    pub judgement: String,
    /// The severity that counts.
    pub severity: model::Severity,
    /// What is to be had, as in [`matches::NewMatch`].
    pub fix_status: String,
    /// The version that has the fix.
    pub fix: String,
    /// What to do, in words.
    pub remedy: String,
    /// When the package was first matched.
    pub first_seen: Micros,
}

const HIT: &str =
    "p.id, p.kind, p.name, p.version, p.purl, p.presence, p.coverage, l.position, s.evidence_json, s.id";
const PLACES: &str = "subject p JOIN unit_subject s ON s.subject = p.id JOIN image_layer l ON l.unit = s.unit \
     LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
     JOIN image i ON i.id = l.image JOIN placement a ON a.image = i.id";
const BY_PLACE: Order = Order { name: "hit/place", keys: &[Key::up("a.asset_id"), Key::up("s.id")] };

/// Who is hit by a vulnerability: every place of every image with an affected package. `filter.cve` is not read.
///
/// # Errors
/// What the database says.
pub fn hit(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<HitRow>, StoreError> {
    let columns = format!(
        "{HIT}, m.judgement, m.severity, m.fix_status, m.fixed_version, m.remedy, m.first_seen, {ASSET}"
    );
    let mut select = Select::new(columns, format!("{PLACES} JOIN match m ON m.subject = p.id"));
    select.and("m.vulnerability = ?", [Value::Text(vulnerability.to_owned())]);
    select.and("m.gone IS NULL AND h.image IS NULL", []);
    narrow(&mut select, filter);
    select.page(tx, &BY_PLACE, request, |row| {
        Ok(HitRow {
            package: package_row(row)?,
            verdict: Some(Verdict {
                judgement: row.get(10)?,
                severity: matches::severity(row.get(11)?),
                fix_status: row.get(12)?,
                fix: row.get(13)?,
                remedy: row.get(14)?,
                first_seen: row.get(15)?,
            }),
            asset: asset_row(row, 16)?,
        })
    })
}

/// Who has a package of which a vulnerability speaks, in a version that it does not concern. `names` are numbers of the
/// names it speaks about, from [`name_numbers`].
///
/// # Errors
/// What the database says.
pub fn not_hit(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    names: &[i64],
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<HitRow>, StoreError> {
    let mut select = Select::new(format!("{HIT}, {ASSET}"), PLACES);
    if names.is_empty() {
        select.and("1 = 0", []);
    } else {
        let marks = vec!["?"; names.len()].join(", ");
        select.and(
            &format!("p.id IN (SELECT n.subject FROM name_subject n WHERE n.name IN ({marks}))"),
            names.iter().map(|name| Value::Int(*name)),
        );
    }
    select.and(
        "NOT EXISTS (SELECT 1 FROM match m WHERE m.subject = p.id AND m.vulnerability = ? AND m.gone IS NULL)",
        [Value::Text(vulnerability.to_owned())],
    );
    select.and("h.image IS NULL", []);
    narrow(&mut select, filter);
    select.page(tx, &BY_PLACE, request, |row| {
        Ok(HitRow { package: package_row(row)?, verdict: None, asset: asset_row(row, 10)? })
    })
}

/// Numbers of the names under which subjects of the fleet are looked up, of those given.
///
/// # Errors
/// What the database says.
pub fn name_numbers(tx: &mut Tx<'_>, names: &[crate::subjects::Name]) -> Result<Vec<i64>, StoreError> {
    let mut numbers = Vec::new();
    for name in names {
        let row = tx.query_opt(
            "SELECT id FROM lookup_name WHERE ecosystem = $1 AND release = $2 AND kind = $3 AND name = $4",
            &values![name.ecosystem, name.release, name.kind, name.name],
        )?;
        if let Some(row) = row {
            numbers.push(row.get(0)?);
        }
    }
    Ok(numbers)
}

/// One name of the fleet's software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftwareRow {
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Versions that are there.
    pub versions: i64,
    /// Images that have one.
    pub images: i64,
    /// Advisories that concern one of the versions and count.
    pub vulnerabilities: i64,
}

/// The fleet's software by name.
///
/// # Errors
/// What the database says.
pub fn software(
    tx: &mut Tx<'_>,
    text: &str,
    kind: &str,
    request: &PageRequest,
) -> Result<Page<SoftwareRow>, StoreError> {
    // Which names stand on the page is decided from the subjects alone; the sums are made for those only.
    let mut select = Select::new(
        "n.kind, n.name, n.versions, \
         (SELECT count(DISTINCT l.image) FROM subject p JOIN unit_subject s ON s.subject = p.id \
          JOIN image_layer l ON l.unit = s.unit LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
          WHERE p.kind = n.kind AND p.name = n.name AND h.image IS NULL), \
         (SELECT count(DISTINCT m.vulnerability) FROM subject p JOIN match m ON m.subject = p.id \
          WHERE p.kind = n.kind AND p.name = n.name AND m.gone IS NULL AND m.judgement = 'counts')",
        "(SELECT kind, name, count(DISTINCT version) AS versions FROM subject GROUP BY kind, name) n",
    );
    if !text.is_empty() {
        select.and("n.name LIKE ? ESCAPE '!'", [contains(text)]);
    }
    if !kind.is_empty() {
        select.and("n.kind = ?", [Value::Text(kind.to_owned())]);
    }
    const ORDER: Order = Order { name: "software/name", keys: &[Key::up("n.name"), Key::up("n.kind")] };
    select.page(tx, &ORDER, request, |row| {
        Ok(SoftwareRow {
            kind: row.get(0)?,
            name: row.get(1)?,
            versions: row.get(2)?,
            images: row.get(3)?,
            vulnerabilities: row.get(4)?,
        })
    })
}

/// A version of one name, with how many images have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// The version.
    pub version: String,
    /// Images that have it.
    pub images: i64,
    /// Advisories that concern it and count.
    pub vulnerabilities: i64,
}

/// The versions of one name, those in most images first.
///
/// # Errors
/// What the database says.
pub fn versions(tx: &mut Tx<'_>, kind: &str, name: &str) -> Result<Vec<VersionRow>, StoreError> {
    let rows = tx.query(
        "SELECT v.version, \
         (SELECT count(DISTINCT l.image) FROM subject p JOIN unit_subject s ON s.subject = p.id \
          JOIN image_layer l ON l.unit = s.unit LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
          WHERE p.kind = $1 AND p.name = $2 AND p.version = v.version AND h.image IS NULL) AS images, \
         (SELECT count(DISTINCT m.vulnerability) FROM subject p JOIN match m ON m.subject = p.id \
          WHERE p.kind = $1 AND p.name = $2 AND p.version = v.version AND m.gone IS NULL AND m.judgement = 'counts') \
         FROM (SELECT DISTINCT version FROM subject WHERE kind = $1 AND name = $2) v ORDER BY images DESC, v.version LIMIT 500",
        &values![kind, name],
    )?;
    rows.iter()
        .map(|row| Ok(VersionRow { version: row.get(0)?, images: row.get(1)?, vulnerabilities: row.get(2)? }))
        .collect()
}

/// Who has a package, in one version or (`""`) in any.
///
/// # Errors
/// What the database says.
pub fn having(
    tx: &mut Tx<'_>,
    kind: &str,
    name: &str,
    version: &str,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<HitRow>, StoreError> {
    let mut select = Select::new(format!("{HIT}, {ASSET}"), PLACES);
    select.and("p.kind = ? AND p.name = ?", [Value::Text(kind.to_owned()), Value::Text(name.to_owned())]);
    if !version.is_empty() {
        select.and("p.version = ?", [Value::Text(version.to_owned())]);
    }
    select.and("h.image IS NULL", []);
    narrow(&mut select, filter);
    select.page(tx, &BY_PLACE, request, |row| {
        Ok(HitRow { package: package_row(row)?, verdict: None, asset: asset_row(row, 10)? })
    })
}
