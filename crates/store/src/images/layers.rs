//! Layers of an image, and what two images have not in common.

use super::Filter;
use crate::{
    Micros, Select, StoreError, Tx,
    matches::{PLACES, TALLY_OF_MATCHES, Tally, severity},
    scopes, values,
};

/// A layer by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerName {
    /// 0 is the base.
    pub position: i64,
    /// Digest of the uncompressed tar.
    pub diff_id: String,
    /// The instruction that made it.
    pub created_by: Option<String>,
    /// Bytes as stored.
    pub size: i64,
}

/// The layers of an image by their places, base first.
///
/// # Errors
/// What the database says.
pub fn layer_names(tx: &mut Tx<'_>, image: i64) -> Result<Vec<LayerName>, StoreError> {
    let rows = tx.query(
        "SELECT position, diff_id, created_by, size FROM image_layer WHERE image = $1 AND position >= 0 ORDER BY position",
        &values![image],
    )?;
    rows.iter()
        .map(|row| {
            Ok(LayerName {
                position: row.get(0)?,
                diff_id: row.get(1)?,
                created_by: row.get(2)?,
                size: row.get(3)?,
            })
        })
        .collect()
}

/// A layer with what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSums {
    /// The layer.
    pub layer: LayerName,
    /// Packages of this image that came with it.
    pub packages: u64,
    /// Findings of this image that came with it.
    pub tally: Tally,
    /// Places of images that have this layer at this position, among those that the filter leaves.
    pub shared_by: u64,
}

/// The layers of an image with what came with each, base first. Of the filter, its scopes and `gone` are read.
///
/// # Errors
/// What the database says.
pub fn layer_sums(tx: &mut Tx<'_>, image: i64, filter: &Filter) -> Result<Vec<LayerSums>, StoreError> {
    let mut all: Vec<LayerSums> = layer_names(tx, image)?
        .into_iter()
        .map(|layer| LayerSums { layer, packages: 0, tally: Tally::default(), shared_by: 0 })
        .collect();
    let sql = format!(
        "SELECT l.position, count(*) FROM {PLACES} WHERE l.image = $1 AND h.image IS NULL GROUP BY l.position"
    );
    for row in tx.query(&sql, &values![image])? {
        let position: i64 = row.get(0)?;
        if let Some(sums) = all.iter_mut().find(|sums| sums.layer.position == position) {
            sums.packages = row.get(1)?;
        }
    }
    let sql = format!(
        "SELECT position, {TALLY_OF_MATCHES} FROM (SELECT l.position, m.severity, \
         CASE WHEN m.judgement = 'counts' THEN 1 ELSE 0 END AS counts, \
         CASE WHEN m.fix_status = 'fixed' THEN 1 ELSE 0 END AS fixed, m.kev FROM {PLACES} \
         JOIN match m ON m.subject = s.subject AND m.gone IS NULL WHERE l.image = $1 AND h.image IS NULL) x GROUP BY position"
    );
    for row in tx.query(&sql, &values![image])? {
        let position: i64 = row.get(0)?;
        if let Some(sums) = all.iter_mut().find(|sums| sums.layer.position == position) {
            sums.tally = Tally::read(&row, 1)?;
        }
    }
    for sums in &mut all {
        let mut shared =
            Select::new("count(DISTINCT a.id)", "image_layer o JOIN placement a ON a.image = o.image");
        shared.and("o.diff_id = ? AND o.position = ?", values![sums.layer.diff_id, sums.layer.position]);
        if !filter.gone {
            shared.and("a.gone IS NULL", []);
        }
        if let Some(visible) = &filter.visible {
            scopes::within(&mut shared, "a.scope", visible);
        }
        sums.shared_by = shared.count_of(tx)?;
    }
    Ok(all)
}

/// How many layers the base of an image has, where that is known.
///
/// # Errors
/// What the database says.
pub fn base_layers(tx: &mut Tx<'_>, image: i64) -> Result<Option<i64>, StoreError> {
    let row = tx.query_opt("SELECT base_layers FROM image WHERE id = $1", &values![image])?;
    row.map_or(Ok(None), |row| row.get(0))
}

/// A span of a tag that points or pointed at an image in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagOf {
    /// The tag.
    pub tag: String,
    /// From when on.
    pub since: Micros,
    /// Until when; `None`: it does now.
    pub until: Option<Micros>,
}

/// Tags that point or pointed at the manifest of a place, or at an index that names its content there; newest first, at
/// most `limit`.
///
/// # Errors
/// What the database says.
pub fn tags_of(tx: &mut Tx<'_>, placement: i64, limit: u32) -> Result<Vec<TagOf>, StoreError> {
    let rows = tx.query(
        "SELECT t.tag, t.since, t.until FROM placement a JOIN tag_history t ON t.repository = a.repository \
         AND t.manifest_digest = a.manifest_digest WHERE a.id = $1 \
         UNION SELECT t.tag, t.since, t.until FROM placement a JOIN image i ON i.id = a.image \
         JOIN repository r ON r.id = a.repository JOIN registry g ON g.id = r.registry \
         JOIN image_name n ON n.config_digest = i.config_digest AND n.registry = g.name AND n.repository = r.name \
         JOIN tag_history t ON t.repository = a.repository AND t.manifest_digest = n.digest WHERE a.id = $1 \
         ORDER BY 2 DESC, 1 LIMIT $2",
        &values![placement, limit],
    )?;
    rows.iter().map(|row| Ok(TagOf { tag: row.get(0)?, since: row.get(1)?, until: row.get(2)? })).collect()
}

/// Kind, name and version of each package of an image, each once, in that order.
///
/// # Errors
/// What the database says.
pub fn versions_of(tx: &mut Tx<'_>, image: i64) -> Result<Vec<(String, String, String)>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT p.kind, p.name, p.version FROM {PLACES} JOIN subject p ON p.id = s.subject \
         WHERE l.image = $1 AND h.image IS NULL ORDER BY 1, 2, 3"
    );
    tx.query(&sql, &values![image])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// A finding that counts, whatever its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingOf {
    /// The vulnerability.
    pub vulnerability: String,
    /// purl type of the package.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The severity that counts.
    pub severity: model::Severity,
    /// Known to be exploited.
    pub kev: bool,
}

/// The findings of an image that count, each once however many places it has.
///
/// # Errors
/// What the database says.
pub fn findings_of(tx: &mut Tx<'_>, image: i64) -> Result<Vec<FindingOf>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT m.vulnerability, p.kind, p.name, p.version, m.severity, m.kev FROM {PLACES} \
         JOIN subject p ON p.id = s.subject JOIN match m ON m.subject = s.subject AND m.gone IS NULL \
         WHERE l.image = $1 AND h.image IS NULL AND m.judgement = 'counts' ORDER BY 1, 2, 3, 4"
    );
    tx.query(&sql, &values![image])?
        .iter()
        .map(|row| {
            Ok(FindingOf {
                vulnerability: row.get(0)?,
                kind: row.get(1)?,
                name: row.get(2)?,
                version: row.get(3)?,
                severity: severity(row.get(4)?),
                kev: row.get(5)?,
            })
        })
        .collect()
}
