//! What recommendations by fix are made of: the fleet's packages with findings, where they are, and how far each fix got.
//!
//! What there is much of is read by pages, so that reading it needs no memory beyond what is kept of it.

use crate::{
    Micros, Row, StoreError, Tx,
    matches::{COUNTS, FIXED, severity},
    values,
};

/// Rows of a page.
const PAGE: usize = 20_000;

/// A place of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// Its number.
    pub id: i64,
    /// Its content.
    pub image: i64,
    /// The asset's id.
    pub asset_id: String,
    /// The manifest.
    pub manifest_digest: String,
    /// Its scope.
    pub scope: String,
    /// Id of the owner.
    pub owner: Option<String>,
    /// Was it judged, and need not be looked at?
    pub is_idle: bool,
}

/// Calls `each` with the places that are there and tied to their content, by number.
///
/// # Errors
/// What the database says.
pub fn places(tx: &mut Tx<'_>, mut each: impl FnMut(PlaceRow)) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT p.id, p.image, p.asset_id, p.manifest_digest, p.scope, p.owner, \
         CASE WHEN s.state = 'not_applicable' THEN 1 ELSE 0 END FROM placement p \
         LEFT JOIN asset_state s ON s.placement = p.id \
         WHERE p.id > $1 AND p.gone IS NULL AND p.image IS NOT NULL ORDER BY p.id LIMIT {PAGE}"
    );
    by_page(tx, &sql, |row| {
        let place = PlaceRow {
            id: row.get(0)?,
            image: row.get(1)?,
            asset_id: row.get(2)?,
            manifest_digest: row.get(3)?,
            scope: row.get(4)?,
            owner: row.get(5)?,
            is_idle: row.get(6)?,
        };
        let id = place.id;
        each(place);
        Ok(id)
    })
}

/// Reads a statement page by page: `$1` is the number that the last row gave.
fn by_page(
    tx: &mut Tx<'_>,
    sql: &str,
    mut each: impl FnMut(&Row) -> Result<i64, StoreError>,
) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let rows = tx.query(sql, &values![after])?;
        for row in &rows {
            after = each(row)?;
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// Places that were there once and are gone, or lie nowhere any more, of those given.
///
/// # Errors
/// What the database says.
pub fn known_places(
    tx: &mut Tx<'_>,
    each: &mut dyn FnMut(i64, String, Option<String>),
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id, scope, owner FROM placement WHERE id > $1 AND gone IS NOT NULL ORDER BY id LIMIT {PAGE}"
    );
    by_page(tx, &sql, |row| {
        let id = row.get(0)?;
        each(id, row.get(1)?, row.get(2)?);
        Ok(id)
    })
}

/// A content that lies somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRow {
    /// Its number.
    pub id: i64,
    /// Identity of its content.
    pub config_digest: String,
    /// An image, whose content never changes; else a host or another target, whose content does.
    pub is_image: bool,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// The base is the first so many layers.
    pub base_layers: Option<i64>,
    /// The base's name, as the image tells it.
    pub base_name: Option<String>,
}

/// Calls `each` with every content that was catalogued, by number.
///
/// # Errors
/// What the database says.
pub fn images(tx: &mut Tx<'_>, mut each: impl FnMut(ImageRow)) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id, config_digest, CASE WHEN kind = 'image' THEN 1 ELSE 0 END, distro, distro_version, base_layers, \
         base_name FROM image \
         WHERE id > $1 AND catalogued_at IS NOT NULL ORDER BY id LIMIT {PAGE}"
    );
    by_page(tx, &sql, |row| {
        let id = row.get(0)?;
        each(ImageRow {
            id,
            config_digest: row.get(1)?,
            is_image: row.get(2)?,
            distro: row.get(3)?,
            distro_version: row.get(4)?,
            base_layers: row.get(5)?,
            base_name: row.get(6)?,
        });
        Ok(id)
    })
}

/// Calls `each` with image, position and unit of every layer, by image and position. A layer that is there twice has its
/// unit once.
///
/// # Errors
/// What the database says.
pub fn layers(tx: &mut Tx<'_>, mut each: impl FnMut(i64, i64, Option<i64>)) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT image, position, unit FROM image_layer WHERE (image, position) > ($1, $2) \
         ORDER BY image, position LIMIT {PAGE}"
    );
    let mut after = (i64::MIN, i64::MIN);
    loop {
        let rows = tx.query(&sql, &values![after.0, after.1])?;
        for row in &rows {
            after = (row.get(0)?, row.get(1)?);
            each(after.0, after.1, row.get(2)?);
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// A finding that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    /// The subject.
    pub subject: i64,
    /// The vulnerability.
    pub vulnerability: String,
    /// How bad.
    pub severity: model::Severity,
    /// `vulnerability`, `malware`.
    pub class: String,
    /// What the source says of a fix.
    pub fix_status: String,
    /// The version that has the fix, where there is one.
    pub fixed: Option<String>,
    /// Known to be exploited.
    pub kev: bool,
}

/// Calls `each` with every match that counts, by subject and vulnerability.
///
/// # Errors
/// What the database says.
pub fn findings(tx: &mut Tx<'_>, mut each: impl FnMut(FindingRow)) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT subject, vulnerability, severity, class, fix_status, fixed_version, kev FROM match \
         WHERE (subject, vulnerability) > ($1, $2) AND gone IS NULL AND judgement = '{COUNTS}' \
         ORDER BY subject, vulnerability LIMIT {PAGE}"
    );
    let mut after = (i64::MIN, String::new());
    loop {
        let rows = tx.query(&sql, &values![after.0, after.1])?;
        for row in &rows {
            let fix_status: String = row.get(4)?;
            let fixed: String = row.get(5)?;
            let finding = FindingRow {
                subject: row.get(0)?,
                vulnerability: row.get(1)?,
                severity: severity(row.get(2)?),
                class: row.get(3)?,
                fixed: (fix_status == FIXED && !fixed.is_empty()).then_some(fixed),
                fix_status,
                kev: row.get(6)?,
            };
            after = (finding.subject, finding.vulnerability.clone());
            each(finding);
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// A package with findings that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// Its number.
    pub id: i64,
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// OSV's name of the ecosystem that judges it.
    pub ecosystem: String,
    /// Release of that ecosystem.
    pub release: String,
    /// Name of the source package; empty where there is none.
    pub source_name: String,
    /// Its files are there.
    pub is_installed: bool,
    /// The whole subject, as the matcher reads it.
    pub context: String,
}

/// Calls `each` with the subjects that have a match that counts, by number.
///
/// # Errors
/// What the database says.
pub fn subjects(tx: &mut Tx<'_>, mut each: impl FnMut(SubjectRow)) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id, kind, name, version, ecosystem, release, source_name, \
         CASE WHEN presence = 'installed' THEN 1 ELSE 0 END, context_json FROM subject p WHERE id > $1 \
         AND EXISTS (SELECT 1 FROM match m WHERE m.subject = p.id AND m.gone IS NULL AND m.judgement = '{COUNTS}') \
         ORDER BY id LIMIT {PAGE}"
    );
    by_page(tx, &sql, |row| {
        let id = row.get(0)?;
        each(SubjectRow {
            id,
            kind: row.get(1)?,
            name: row.get(2)?,
            version: row.get(3)?,
            ecosystem: row.get(4)?,
            release: row.get(5)?,
            source_name: row.get(6)?,
            is_installed: row.get(7)?,
            context: row.get(8)?,
        });
        Ok(id)
    })
}

/// Calls `each` with number, unit, subject and (for Go modules alone, which stand in a binary) the evidence of each package
/// of a unit whose subject has a match that counts, by number.
///
/// # Errors
/// What the database says.
pub fn packages(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(i64, i64, i64, Option<String>),
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT s.id, s.unit, s.subject, CASE WHEN p.kind = 'golang' THEN (SELECT evidence_json FROM place WHERE id = s.place) END \
         FROM unit_subject s JOIN subject p ON p.id = s.subject WHERE s.id > $1 \
         AND EXISTS (SELECT 1 FROM match m WHERE m.subject = s.subject AND m.gone IS NULL AND m.judgement = '{COUNTS}') \
         ORDER BY s.id LIMIT {PAGE}"
    );
    by_page(tx, &sql, |row| {
        let id = row.get(0)?;
        each(id, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(id)
    })
}

/// Calls `each` with image and package-of-a-unit of everything that is hidden, by both.
///
/// # Errors
/// What the database says.
pub fn hidden(tx: &mut Tx<'_>, mut each: impl FnMut(i64, i64)) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT image, unit_subject FROM image_hidden WHERE (image, unit_subject) > ($1, $2) \
         ORDER BY image, unit_subject LIMIT {PAGE}"
    );
    let mut after = (i64::MIN, i64::MIN);
    loop {
        let rows = tx.query(&sql, &values![after.0, after.1])?;
        for row in &rows {
            after = (row.get(0)?, row.get(1)?);
            each(after.0, after.1);
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// What is told of a vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldRow {
    /// Its name.
    pub id: String,
    /// Probability of exploitation, 0 to 1.
    pub epss: Option<f64>,
    /// One line.
    pub summary: String,
    /// Its other names, a JSON list; empty unless asked for.
    pub aliases: String,
    /// The rest, as JSON; empty unless asked for.
    pub detail: String,
}

/// Calls `each` with every vulnerability, by name. Aliases, summary and the rest, which rules ask for, only where `whole`.
///
/// # Errors
/// What the database says.
pub fn vulnerabilities(
    tx: &mut Tx<'_>,
    whole: bool,
    mut each: impl FnMut(ToldRow),
) -> Result<(), StoreError> {
    let more = if whole { "summary, aliases_json, detail_json" } else { "'', '', ''" };
    let page = if whole { 2_000 } else { PAGE };
    let sql = format!("SELECT id, epss, {more} FROM vulnerability WHERE id > $1 ORDER BY id LIMIT {page}");
    let mut after = String::new();
    loop {
        let rows = tx.query(&sql, &values![after])?;
        for row in &rows {
            let told = ToldRow {
                id: row.get(0)?,
                epss: row.get(1)?,
                summary: row.get(2)?,
                aliases: row.get(3)?,
                detail: row.get(4)?,
            };
            after.clone_from(&told.id);
            each(told);
        }
        if rows.len() < page {
            return Ok(());
        }
    }
}

/// Pairs of places in one repository: the first has no tag any more, and the second has one that it had, and is of the same
/// platform. The latest tag that moved comes last.
///
/// # Errors
/// What the database says.
pub fn replaced(tx: &mut Tx<'_>) -> Result<Vec<(i64, i64)>, StoreError> {
    let sql = "SELECT DISTINCT po.id, pn.id, n.since FROM tag_history h \
         JOIN tag_history n ON n.repository = h.repository AND n.tag = h.tag AND n.until IS NULL \
         JOIN repository r ON r.id = h.repository JOIN registry g ON g.id = r.registry \
         JOIN image_name nao ON nao.registry = g.name AND nao.repository = r.name AND nao.digest = h.manifest_digest \
         JOIN image io ON io.config_digest = nao.config_digest \
         JOIN placement po ON po.image = io.id AND po.repository = h.repository AND po.gone IS NULL \
         JOIN image_name nan ON nan.registry = g.name AND nan.repository = r.name AND nan.digest = n.manifest_digest \
         JOIN image ia ON ia.config_digest = nan.config_digest AND COALESCE(ia.arch, '') = COALESCE(io.arch, '') \
         JOIN placement pn ON pn.image = ia.id AND pn.repository = h.repository AND pn.gone IS NULL AND pn.id <> po.id \
         WHERE h.until IS NOT NULL AND h.manifest_digest <> n.manifest_digest AND ia.catalogued_at IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM tag_history c JOIN image_name nac ON nac.registry = g.name \
          AND nac.repository = r.name AND nac.digest = c.manifest_digest \
          WHERE c.repository = h.repository AND c.until IS NULL AND nac.config_digest = io.config_digest) \
         ORDER BY n.since, pn.id, po.id";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A tag that a content has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRow {
    /// Address of the registry.
    pub address: String,
    /// The repository's number.
    pub repository: i64,
    /// The repository's name.
    pub name: String,
    /// The tag.
    pub tag: String,
    /// It points there now.
    pub is_now: bool,
}

/// Tags that name a content, or named it: those that moved on first, the latest first.
///
/// # Errors
/// What the database says.
pub fn tags_of(tx: &mut Tx<'_>, config_digest: &str) -> Result<Vec<TagRow>, StoreError> {
    let sql = "SELECT g.address, r.id, r.name, h.tag, CASE WHEN h.until IS NULL THEN 1 ELSE 0 END FROM image_name n \
         JOIN registry g ON g.name = n.registry JOIN repository r ON r.registry = g.id AND r.name = n.repository \
         JOIN tag_history h ON h.repository = r.id AND h.manifest_digest = n.digest \
         WHERE n.config_digest = $1 ORDER BY 5, h.since DESC, r.id, h.tag";
    tx.query(sql, &values![config_digest])?
        .iter()
        .map(|row| {
            Ok(TagRow {
                address: row.get(0)?,
                repository: row.get(1)?,
                name: row.get(2)?,
                tag: row.get(3)?,
                is_now: row.get(4)?,
            })
        })
        .collect()
}

/// The repository of this name at one of these addresses.
///
/// # Errors
/// What the database says.
pub fn repository_at(tx: &mut Tx<'_>, addresses: &[&str], name: &str) -> Result<Option<i64>, StoreError> {
    for address in addresses {
        let sql = "SELECT r.id FROM registry g JOIN repository r ON r.registry = g.id \
                   WHERE g.address = $1 AND r.name = $2 ORDER BY r.id LIMIT 1";
        if let Some(row) = tx.query_opt(sql, &values![address, name])? {
            return row.get(0).map(Some);
        }
    }
    Ok(None)
}

/// The contents that a tag names now and that were catalogued, and the other tags that name the same.
///
/// # Errors
/// What the database says.
pub fn tagged(tx: &mut Tx<'_>, repository: i64, tag: &str) -> Result<(Vec<i64>, Vec<String>), StoreError> {
    let sql = "SELECT i.id FROM tag_history h JOIN repository r ON r.id = h.repository JOIN registry g ON g.id = r.registry \
         JOIN image_name n ON n.registry = g.name AND n.repository = r.name AND n.digest = h.manifest_digest \
         JOIN image i ON i.config_digest = n.config_digest AND i.catalogued_at IS NOT NULL \
         WHERE h.repository = $1 AND h.tag = $2 AND h.until IS NULL ORDER BY i.id";
    let rows = tx.query(sql, &values![repository, tag])?;
    let images = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let sql = "SELECT o.tag FROM tag_history h JOIN tag_history o ON o.repository = h.repository \
         AND o.manifest_digest = h.manifest_digest AND o.until IS NULL \
         WHERE h.repository = $1 AND h.tag = $2 AND h.until IS NULL ORDER BY o.tag LIMIT 200";
    let rows = tx.query(sql, &values![repository, tag])?;
    Ok((images, rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?))
}

/// Vulnerabilities that a content has and that count, by name.
///
/// # Errors
/// What the database says.
pub fn vulnerabilities_of(tx: &mut Tx<'_>, image: i64) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT m.vulnerability FROM image_layer l JOIN unit_subject s ON s.unit = l.unit \
         LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
         JOIN match m ON m.subject = s.subject AND m.gone IS NULL AND m.judgement = '{COUNTS}' \
         WHERE l.image = $1 AND h.image IS NULL ORDER BY m.vulnerability"
    );
    tx.query(&sql, &values![image])?.iter().map(|row| row.get(0)).collect()
}

/// How far a fix got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The action's id.
    pub id: String,
    /// Since when there is something to do.
    pub since: Micros,
    /// Since when nothing is left to do; `None`: something is.
    pub done: Option<Micros>,
    /// What it is, as JSON: a fix that is done is shown from here.
    pub shown: String,
    /// The images that had it and what became of them, packed.
    pub images: Vec<u8>,
}

/// How far every fix got.
///
/// # Errors
/// What the database says.
pub fn kept(tx: &mut Tx<'_>) -> Result<Vec<Kept>, StoreError> {
    tx.query("SELECT id, since, done, shown_json, images FROM fix ORDER BY id", &[])?
        .iter()
        .map(|row| {
            Ok(Kept {
                id: row.get(0)?,
                since: row.get(1)?,
                done: row.get(2)?,
                shown: row.get(3)?,
                images: row.get(4)?,
            })
        })
        .collect()
}

/// Writes how far fixes got, and forgets others.
///
/// # Errors
/// What the database says.
pub fn keep(tx: &mut Tx<'_>, changed: &[Kept], forgotten: &[String]) -> Result<(), StoreError> {
    let rows: Vec<_> = changed
        .iter()
        .map(|fix| values![fix.id, fix.since, fix.done, fix.shown, fix.images].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO fix (id, since, done, shown_json, images) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET since = excluded.since, done = excluded.done, \
         shown_json = excluded.shown_json, images = excluded.images",
        &rows,
    )?;
    let rows: Vec<_> = forgotten.iter().map(|id| values![id].to_vec()).collect();
    tx.execute_many("DELETE FROM fix WHERE id = $1", &rows)?;
    Ok(())
}
