//! Images: content by configuration digest, with layers, packages and the sums of findings; and the queries that begin
//! at an image, at its places, or at a vulnerability.

mod hits;
mod layers;
mod places;
mod software;

use crate::{
    Micros, Row, StoreError, Tx, Value, assessments,
    matches::{self, TALLY, Tally},
    units::{self, Placed},
    values,
};

pub use hits::{
    HitPackage, HitRow, Outcome, OwnerHit, Verdict, affected, count_hits, having, hits, hits_and_count,
    name_numbers, owners_hit, packages_hit,
};
pub use layers::{
    FindingOf, LayerName, LayerSums, TagOf, base_layers, findings_of, layer_names, layer_sums, tags_of,
    versions_of,
};
pub use places::{AssetRow, Filter, ORDERS, PlaceDetail, by_numbers, count, elsewhere, list, place};
pub use software::{SoftwareRow, VersionRow, count_software, software, versions};

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
    /// The base is the first so many layers.
    pub base_layers: Option<u32>,
    /// The base's name, as the image tells it.
    pub base_name: Option<String>,
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
    /// Somebody sent it, and no bytes were read here: what the hub reads itself later takes its place.
    pub told: bool,
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
         cataloguer, packages, first_seen, last_seen, catalogued_at, told, base_layers, base_name) \
         VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$14,$14,$15,$16,$17) \
         ON CONFLICT (config_digest) DO UPDATE SET kind = excluded.kind, os = excluded.os, arch = excluded.arch, \
         distro = excluded.distro, distro_version = excluded.distro_version, created_at = excluded.created_at, size = excluded.size, \
         config_json = excluded.config_json, facts_json = excluded.facts_json, problems_json = excluded.problems_json, \
         cataloguer = excluded.cataloguer, packages = excluded.packages, last_seen = excluded.last_seen, \
         catalogued_at = excluded.catalogued_at, told = excluded.told, base_layers = excluded.base_layers, \
         base_name = excluded.base_name RETURNING id",
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
            image.told,
            image.base_layers,
            image.base_name,
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
    /// Somebody sent it, and no bytes were read here.
    pub told: bool,
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
     cataloguer, told, config_json, facts_json, problems_json";

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
        told: row.get(13)?,
        config: row.get(14)?,
        facts: row.get(15)?,
        problems: row.get(16)?,
        tally: Tally::read(row, 17)?,
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
