//! What judging reads: places with their times, contents, and the packages and matches of units, each in bulk. An image's
//! findings are those of its units without what it hides, so that a unit is read once for all images that have it.

use crate::{
    Micros, Row, StoreError, Tx, Value,
    subjects::{by_number, marks},
    values, watched,
};

/// A place of an image, as far as judging asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub id: i64,
    /// The asset's id.
    pub asset_id: String,
    /// Its scope.
    pub scope: String,
    /// Its owner's id.
    pub owner: Option<String>,
    /// The manifest.
    pub manifest_digest: String,
    /// The image's number, once its content is known.
    pub image: Option<i64>,
    /// The repository's number.
    pub repository: Option<i64>,
    /// The registry's number.
    pub registry: Option<i64>,
    /// When it was seen first.
    pub first_seen: Micros,
    /// Since when it is gone.
    pub gone: Option<Micros>,
    /// The last push that was told of.
    pub pushed: Option<Micros>,
    /// The last pull that was told of.
    pub pulled: Option<Micros>,
    /// When it appeared without a push that was told of.
    pub imported: Option<Micros>,
}

const PLACE: &str = "SELECT p.id, p.asset_id, p.scope, p.owner, p.manifest_digest, p.image, p.repository, r.registry, \
     p.first_seen, p.gone, p.pushed_at, p.pulled_at, p.imported_at \
     FROM placement p LEFT JOIN repository r ON r.id = p.repository";

fn place(row: &Row) -> Result<Place, StoreError> {
    Ok(Place {
        id: row.get(0)?,
        asset_id: row.get(1)?,
        scope: row.get(2)?,
        owner: row.get(3)?,
        manifest_digest: row.get(4)?,
        image: row.get(5)?,
        repository: row.get(6)?,
        registry: row.get(7)?,
        first_seen: row.get(8)?,
        gone: row.get(9)?,
        pushed: row.get(10)?,
        pulled: row.get(11)?,
        imported: row.get(12)?,
    })
}

/// These places.
///
/// # Errors
/// What the database says.
pub fn places(tx: &mut Tx<'_>, placements: &[i64]) -> Result<Vec<Place>, StoreError> {
    by_number(tx, placements, |marks| format!("{PLACE} WHERE p.id IN ({marks}) ORDER BY p.id"), place)
}

/// Places that are there, in a scope and below it, by number behind `after`.
///
/// # Errors
/// What the database says.
pub fn places_within(tx: &mut Tx<'_>, scope: &str, after: i64, limit: u32) -> Result<Vec<Place>, StoreError> {
    if scope.is_empty() {
        let sql = format!("{PLACE} WHERE p.gone IS NULL AND p.id > $1 ORDER BY p.id LIMIT $2");
        return tx.query(&sql, &values![after, limit])?.iter().map(place).collect();
    }
    let sql = format!(
        "{PLACE} WHERE p.gone IS NULL AND p.id > $1 AND (p.scope = $3 OR (p.scope > $4 AND p.scope < $5)) \
         ORDER BY p.id LIMIT $2"
    );
    let bound = values![after, limit, scope, format!("{scope}/"), format!("{scope}0")];
    tx.query(&sql, &bound)?.iter().map(place).collect()
}

/// The content of an image, as far as judging asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its number.
    pub id: i64,
    /// `image`, `rootfs`, `source`, `sbom`.
    pub kind: String,
    /// Identity of its content.
    pub config_digest: String,
    /// `linux`.
    pub os: Option<String>,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// When it was built.
    pub created: Option<Micros>,
    /// The configuration, as JSON.
    pub config: String,
    /// Other facts, as JSON.
    pub facts: String,
    /// Problems, as JSON.
    pub problems: String,
    /// Was it read? Else it failed.
    pub is_catalogued: bool,
}

/// These contents.
///
/// # Errors
/// What the database says.
pub fn contents(tx: &mut Tx<'_>, images: &[i64]) -> Result<Vec<Content>, StoreError> {
    let sql = |marks: &str| {
        format!(
            "SELECT id, kind, config_digest, os, distro, distro_version, created_at, config_json, facts_json, \
             problems_json, CASE WHEN catalogued_at IS NULL THEN 0 ELSE 1 END FROM image WHERE id IN ({marks})"
        )
    };
    by_number(tx, images, sql, |row| {
        Ok(Content {
            id: row.get(0)?,
            kind: row.get(1)?,
            config_digest: row.get(2)?,
            os: row.get(3)?,
            distro: row.get(4)?,
            distro_version: row.get(5)?,
            created: row.get(6)?,
            config: row.get(7)?,
            facts: row.get(8)?,
            problems: row.get(9)?,
            is_catalogued: row.get(10)?,
        })
    })
}

/// Image and unit, for each layer of these images that has one.
///
/// # Errors
/// What the database says.
pub fn units_of(tx: &mut Tx<'_>, images: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
    let sql = |marks: &str| {
        format!("SELECT image, unit FROM image_layer WHERE image IN ({marks}) AND unit IS NOT NULL")
    };
    by_number(tx, images, sql, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Image and package of a unit, for each that these images hide.
///
/// # Errors
/// What the database says.
pub fn hidden_of(tx: &mut Tx<'_>, images: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
    let sql = |marks: &str| format!("SELECT image, unit_subject FROM image_hidden WHERE image IN ({marks})");
    by_number(tx, images, sql, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Unit, number and subject, for each package of these units.
///
/// # Errors
/// What the database says.
pub fn packages_of_units(tx: &mut Tx<'_>, units: &[i64]) -> Result<Vec<(i64, i64, i64)>, StoreError> {
    let sql = |marks: &str| format!("SELECT unit, id, subject FROM unit_subject WHERE unit IN ({marks})");
    by_number(tx, units, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// A package, as far as judging asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its number.
    pub subject: i64,
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Name of the source package; empty where there is none.
    pub source: String,
    /// `installed` or `declared`.
    pub presence: String,
    /// What the database could say about it.
    pub coverage: String,
}

/// These packages.
///
/// # Errors
/// What the database says.
pub fn packages(tx: &mut Tx<'_>, subjects: &[i64]) -> Result<Vec<Package>, StoreError> {
    let sql = |marks: &str| {
        format!("SELECT id, kind, name, source_name, presence, coverage FROM subject WHERE id IN ({marks})")
    };
    by_number(tx, subjects, sql, |row| {
        Ok(Package {
            subject: row.get(0)?,
            kind: row.get(1)?,
            name: row.get(2)?,
            source: row.get(3)?,
            presence: row.get(4)?,
            coverage: row.get(5)?,
        })
    })
}

/// A match that holds and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The subject's number.
    pub subject: i64,
    /// The vulnerability.
    pub vulnerability: String,
    /// The severity that counts.
    pub severity: model::Severity,
    /// What the advisory is about.
    pub class: String,
    /// What is to be had.
    pub fix_status: String,
    /// Known to be exploited.
    pub kev: bool,
}

/// The matches of these subjects that hold and count, those of one subject together.
///
/// # Errors
/// What the database says.
pub fn counted(tx: &mut Tx<'_>, subjects: &[i64]) -> Result<Vec<Counted>, StoreError> {
    let sql = |marks: &str| {
        format!(
            "SELECT subject, vulnerability, severity, class, fix_status, kev FROM match WHERE subject IN ({marks}) \
             AND gone IS NULL AND judgement = 'counts' ORDER BY subject, vulnerability"
        )
    };
    by_number(tx, subjects, sql, |row| {
        Ok(Counted {
            subject: row.get(0)?,
            vulnerability: row.get(1)?,
            severity: crate::matches::severity(row.get(2)?),
            class: row.get(3)?,
            fix_status: row.get(4)?,
            kev: row.get(5)?,
        })
    })
}

/// What rules ask of a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub id: String,
    /// Its other names, a JSON list.
    pub aliases: String,
    /// One line.
    pub summary: String,
    /// Ratings and the rest, as JSON.
    pub detail: String,
}

/// What is told of these vulnerabilities.
///
/// # Errors
/// What the database says.
pub fn told(tx: &mut Tx<'_>, vulnerabilities: &[String]) -> Result<Vec<Told>, StoreError> {
    let mut found = Vec::with_capacity(vulnerabilities.len());
    for chunk in vulnerabilities.chunks(200) {
        let bound: Vec<Value> = chunk.iter().map(|id| Value::Text(id.clone())).collect();
        let sql = format!(
            "SELECT id, aliases_json, summary, detail_json FROM vulnerability WHERE id IN ({})",
            marks(1, chunk.len())
        );
        for row in tx.query(&sql, &bound)? {
            found.push(Told {
                id: row.get(0)?,
                aliases: row.get(1)?,
                summary: row.get(2)?,
                detail: row.get(3)?,
            });
        }
    }
    Ok(found)
}

/// A number that is another after every change of units, packages or matches: what was read under one turn is good as
/// long as it stands.
///
/// # Errors
/// What the database says.
pub fn turn(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one("SELECT turn FROM catalogue_lock WHERE id = 1", &[])?.get(0)
}

/// Where a tag points now, in a registry known by its address: the digest, and since when.
///
/// # Errors
/// What the database says.
pub fn tag_of_address(
    tx: &mut Tx<'_>,
    address: &str,
    repository: &str,
    tag: &str,
) -> Result<Option<(String, Micros)>, StoreError> {
    let sql = "SELECT t.manifest_digest, t.since FROM registry g JOIN repository r ON r.registry = g.id \
               JOIN tag_history t ON t.repository = r.id \
               WHERE g.address = $1 AND r.name = $2 AND t.tag = $3 AND t.until IS NULL";
    let row = tx.query_opt(sql, &values![address, repository, tag])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// By what the fleet was judged last, and when rules that ended were last taken into account.
///
/// # Errors
/// What the database says.
pub fn judged_by(tx: &mut Tx<'_>) -> Result<(String, Micros), StoreError> {
    let row = tx.query_one("SELECT basis, at FROM judged_by WHERE id = 1", &[])?;
    Ok((row.get(0)?, row.get(1)?))
}

/// Notes by what the fleet is judged from now on.
///
/// # Errors
/// What the database says.
pub fn set_judged_by(tx: &mut Tx<'_>, basis: &str, at: Micros) -> Result<(), StoreError> {
    tx.execute("UPDATE judged_by SET basis = $1, at = $2 WHERE id = 1", &values![basis, at]).map(drop)
}

/// Clears the marks of places that were judged in this transaction, and keeps the sums of their repositories: to be called
/// when all that was found is written.
///
/// # Errors
/// What the database says.
pub fn placements_judged(tx: &mut Tx<'_>, placements: &[i64]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = placements.iter().map(|id| values![id].to_vec()).collect();
    tx.execute_many("UPDATE placement SET due = 0 WHERE id = $1", &rows)?;
    watched::keep(tx, placements)
}

/// Clears the mark of a registry that was judged in this transaction.
///
/// # Errors
/// What the database says.
pub fn registry_judged(tx: &mut Tx<'_>, registry: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE registry SET due = 0 WHERE id = $1", &values![registry]).map(drop)
}
