//! Findings that people are told of when they are new: known to be exploited, or of a severity from which on it matters;
//! and where they are.

use model::Severity;

use crate::{
    Micros, Row, StoreError, Tx, Value,
    matches::{COUNTS, NewMatch, severity, severity_number},
    subjects::marks,
    values,
};

/// From this severity on people are told of a finding that is not known to be exploited.
pub const LEAST: Severity = Severity::Critical;

/// Is a match one that people are told of?
pub(crate) fn is_alarm(found: &NewMatch) -> bool {
    found.judgement == COUNTS && (found.kev || found.severity >= LEAST)
}

/// A finding that people are told of: what of a match, its subject and its vulnerability says whether a rule hides it, and
/// what is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The vulnerability.
    pub vulnerability: String,
    /// Its other names, a JSON list.
    pub aliases: String,
    /// One line about it.
    pub summary: String,
    /// What is told of it, as JSON.
    pub detail: String,
    /// How bad.
    pub severity: Severity,
    /// `vulnerability`, `malware`.
    pub class: String,
    /// Known to be exploited.
    pub kev: bool,
    /// What the source says of a fix.
    pub fix_status: String,
    /// The subject.
    pub subject: i64,
    /// purl type of the package.
    pub kind: String,
    /// Its name.
    pub package: String,
    /// Name of its source package; empty where there is none.
    pub source: String,
    /// When it was first matched.
    pub first_seen: Micros,
}

const COLUMNS: &str = "v.id, v.aliases_json, v.summary, v.detail_json, m.severity, m.class, m.kev, m.fix_status, p.id, p.kind, \
     p.name, p.source_name, m.first_seen";

fn read(row: &Row) -> Result<Alarm, StoreError> {
    Ok(Alarm {
        vulnerability: row.get(0)?,
        aliases: row.get(1)?,
        summary: row.get(2)?,
        detail: row.get(3)?,
        severity: severity(row.get(4)?),
        class: row.get(5)?,
        kev: row.get(6)?,
        fix_status: row.get(7)?,
        subject: row.get(8)?,
        kind: row.get(9)?,
        package: row.get(10)?,
        source: row.get(11)?,
        first_seen: row.get(12)?,
    })
}

/// Those of an image, one for each package and vulnerability.
///
/// # Errors
/// What the database says.
pub fn of_image(tx: &mut Tx<'_>, image: i64) -> Result<Vec<Alarm>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT {COLUMNS} FROM image_layer l JOIN unit_subject s ON s.unit = l.unit \
         LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
         JOIN match m ON m.subject = s.subject JOIN subject p ON p.id = m.subject \
         JOIN vulnerability v ON v.id = m.vulnerability \
         WHERE l.image = $1 AND h.image IS NULL AND m.gone IS NULL AND m.judgement = '{COUNTS}' \
         AND (m.kev = 1 OR m.severity >= $2) ORDER BY v.id, p.id"
    );
    tx.query(&sql, &values![image, severity_number(LEAST)])?.iter().map(read).collect()
}

/// That of a subject and a vulnerability, if it holds and counts.
///
/// # Errors
/// What the database says.
pub fn of_subject(tx: &mut Tx<'_>, subject: i64, vulnerability: &str) -> Result<Option<Alarm>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM match m JOIN subject p ON p.id = m.subject JOIN vulnerability v ON v.id = m.vulnerability \
         WHERE m.subject = $1 AND m.vulnerability = $2 AND m.gone IS NULL AND m.judgement = '{COUNTS}'"
    );
    tx.query_opt(&sql, &values![subject, vulnerability])?.as_ref().map(read).transpose()
}

/// Places of images that rules look at alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Their scope.
    pub scope: String,
    /// `ID` of os-release.
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release.
    pub distro_version: Option<String>,
    /// Manifest and configuration, where it is one place.
    pub digests: Vec<String>,
    /// How many places.
    pub places: u64,
}

fn place(row: &Row) -> Result<Spot, StoreError> {
    Ok(Spot {
        scope: row.get(0)?,
        distro: row.get(1)?,
        distro_version: row.get(2)?,
        digests: vec![row.get(3)?, row.get(4)?],
        places: 1,
    })
}

const PLACE: &str = "SELECT a.scope, i.distro, i.distro_version, a.manifest_digest, i.config_digest \
     FROM placement a JOIN image i ON i.id = a.image";

/// The places of an image that are there, each by itself.
///
/// # Errors
/// What the database says.
pub fn places(tx: &mut Tx<'_>, image: i64) -> Result<Vec<Spot>, StoreError> {
    let sql = format!("{PLACE} WHERE a.image = $1 AND a.gone IS NULL ORDER BY a.id");
    tx.query(&sql, &values![image])?.iter().map(place).collect()
}

/// One place, and its image; `None`: it is gone, or not tied to its content.
///
/// # Errors
/// What the database says.
pub fn placed(tx: &mut Tx<'_>, placement: i64) -> Result<Option<(i64, Spot)>, StoreError> {
    let row = tx.query_opt(
        "SELECT a.scope, i.distro, i.distro_version, a.manifest_digest, i.config_digest, i.id \
         FROM placement a JOIN image i ON i.id = a.image WHERE a.id = $1 AND a.gone IS NULL",
        &values![placement],
    )?;
    row.as_ref().map(|row| Ok((row.get(5)?, place(row)?))).transpose()
}

/// The places of all images that have one of these subjects, joined by scope and distribution.
///
/// # Errors
/// What the database says.
pub fn spots(tx: &mut Tx<'_>, subjects: &[i64]) -> Result<Vec<Spot>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let marks = marks(1, subjects.len());
    let sql = format!(
        "SELECT a.scope, i.distro, i.distro_version, count(DISTINCT a.id) FROM unit_subject s \
         JOIN image_layer l ON l.unit = s.unit \
         LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
         JOIN image i ON i.id = l.image JOIN placement a ON a.image = i.id \
         WHERE s.subject IN ({marks}) AND h.image IS NULL AND a.gone IS NULL \
         GROUP BY a.scope, i.distro, i.distro_version ORDER BY 1, 2, 3"
    );
    let bound: Vec<Value> = subjects.iter().map(|subject| Value::Int(*subject)).collect();
    let rows = tx.query(&sql, &bound)?;
    rows.iter()
        .map(|row| {
            Ok(Spot {
                scope: row.get(0)?,
                distro: row.get(1)?,
                distro_version: row.get(2)?,
                digests: Vec::new(),
                places: row.get(3)?,
            })
        })
        .collect()
}
