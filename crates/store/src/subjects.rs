//! Subjects: the fleet's packages, each stored once with all that its verdict hangs on.

use std::collections::HashMap;

use crate::{Micros, Row, StoreError, Tx, Value, values};

/// A subject that may be new.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubject {
    /// Its identity: a hash of `context`.
    pub hash: [u8; 16],
    /// purl type.
    pub kind: String,
    /// Name as its own metadata writes it.
    pub name: String,
    /// Native version.
    pub version: String,
    /// OSV's name of the ecosystem that judges it; empty where none does.
    pub ecosystem: String,
    /// Release of that ecosystem; empty where there are none.
    pub release: String,
    /// Name of the source package; empty where there is none.
    pub source_name: String,
    /// Version of the source package; empty where there is none.
    pub source_version: String,
    /// Package URL.
    pub purl: String,
    /// `installed` or `declared`.
    pub presence: String,
    /// The whole subject, as the matcher reads it.
    pub context: String,
}

/// A name under which statements are looked up, and what was said under it when its subjects were judged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// OSV's name of the ecosystem.
    pub ecosystem: String,
    /// The release, empty where there are none.
    pub release: String,
    /// `source` or `binary`.
    pub kind: String,
    /// The name, normalised.
    pub name: String,
    /// Hash of what is said; `None`: nothing.
    pub content: Option<i64>,
}

/// A name with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredName {
    /// Its number.
    pub id: i64,
    /// The name.
    pub name: Name,
}

/// Numbers of the subjects that are known, by hash.
///
/// # Errors
/// What the database says.
pub fn known(tx: &mut Tx<'_>, hashes: &[[u8; 16]]) -> Result<HashMap<[u8; 16], i64>, StoreError> {
    let mut known = HashMap::with_capacity(hashes.len());
    for chunk in hashes.chunks(200) {
        let marks = marks(1, chunk.len());
        let bound: Vec<Value> = chunk.iter().map(|hash| Value::Bytes(hash.to_vec())).collect();
        for row in tx.query(&format!("SELECT hash, id FROM subject WHERE hash IN ({marks})"), &bound)? {
            known.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(known)
}

/// Asks for rows by numbers, in chunks that both databases take. `sql` is given the parameters of its `IN`.
pub(crate) fn by_number<T>(
    tx: &mut Tx<'_>,
    numbers: &[i64],
    sql: impl Fn(&str) -> String,
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::with_capacity(numbers.len());
    // A chunk has always the same length, so that its statement is prepared once: what is too short is filled up.
    for chunk in numbers.chunks(64) {
        let last = chunk.last().copied().unwrap_or_default();
        let bound: Vec<Value> =
            chunk.iter().copied().chain(std::iter::repeat(last)).take(64).map(Value::Int).collect();
        for row in tx.query(&sql(&marks(1, 64)), &bound)? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// `$2,$3,$4` for (2, 3): parameters of an `IN`.
pub(crate) fn marks(from: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 4);
    for number in from..from + count {
        if number > from {
            text.push(',');
        }
        text.push('$');
        text.push_str(&number.to_string());
    }
    text
}

/// Stores a subject with the names under which it is looked up and what the database could say about it (`coverage`, a
/// slug), and gives its number. It has no matches yet: [`crate::matches::judged`] adds them.
///
/// # Errors
/// What the database says.
pub fn add(
    tx: &mut Tx<'_>,
    subject: &NewSubject,
    names: &[Name],
    coverage: &str,
    now: Micros,
) -> Result<i64, StoreError> {
    let row = tx.query_one(
        "INSERT INTO subject (hash, kind, name, version, ecosystem, release, source_name, source_version, purl, \
         presence, context_json, coverage, first_seen) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13) RETURNING id",
        &values![
            subject.hash, subject.kind, subject.name, subject.version, subject.ecosystem, subject.release,
            subject.source_name, subject.source_version, subject.purl, subject.presence, subject.context, coverage,
            now,
        ],
    )?;
    let id: i64 = row.get(0)?;
    for name in names {
        let number = name_number(tx, name)?;
        tx.execute(
            "INSERT INTO name_subject (name, subject) VALUES ($1,$2) ON CONFLICT DO NOTHING",
            &values![number, id],
        )?;
    }
    Ok(id)
}

/// The number of a name. One that is known keeps the content under which its older subjects were judged.
fn name_number(tx: &mut Tx<'_>, name: &Name) -> Result<i64, StoreError> {
    let key = values![name.ecosystem, name.release, name.kind, name.name];
    const FIND: &str =
        "SELECT id FROM lookup_name WHERE ecosystem = $1 AND release = $2 AND kind = $3 AND name = $4";
    if let Some(row) = tx.query_opt(FIND, &key)? {
        return row.get(0);
    }
    let row = tx.query_one(
        "INSERT INTO lookup_name (ecosystem, release, kind, name, content) VALUES ($1,$2,$3,$4,$5) RETURNING id",
        &values![name.ecosystem, name.release, name.kind, name.name, name.content],
    )?;
    row.get(0)
}

/// Names that the fleet's subjects are looked up under, in the order of their numbers, `limit` from the one after `after`.
///
/// # Errors
/// What the database says.
pub fn names(tx: &mut Tx<'_>, after: i64, limit: usize) -> Result<Vec<StoredName>, StoreError> {
    let rows = tx.query(
        "SELECT id, ecosystem, release, kind, name, content FROM lookup_name WHERE id > $1 ORDER BY id LIMIT $2",
        &values![after, limit],
    )?;
    rows.iter()
        .map(|row| {
            Ok(StoredName {
                id: row.get(0)?,
                name: Name {
                    ecosystem: row.get(1)?,
                    release: row.get(2)?,
                    kind: row.get(3)?,
                    name: row.get(4)?,
                    content: row.get(5)?,
                },
            })
        })
        .collect()
}

/// Says under which content the subjects of names are judged now.
///
/// # Errors
/// What the database says.
pub fn set_contents(tx: &mut Tx<'_>, contents: &[(i64, Option<i64>)]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = contents.iter().map(|(id, content)| values![id, content].to_vec()).collect();
    tx.execute_many("UPDATE lookup_name SET content = $2 WHERE id = $1", &rows)?;
    Ok(())
}

/// Numbers of the subjects that are looked up under a name.
///
/// # Errors
/// What the database says.
pub fn of_name(tx: &mut Tx<'_>, name: i64) -> Result<Vec<i64>, StoreError> {
    let rows =
        tx.query("SELECT subject FROM name_subject WHERE name = $1 ORDER BY subject", &values![name])?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Numbers of the subjects that a vulnerability's matches are about, gone ones too.
///
/// # Errors
/// What the database says.
pub fn of_vulnerability(tx: &mut Tx<'_>, vulnerability: &str) -> Result<Vec<i64>, StoreError> {
    let rows = tx.query(
        "SELECT subject FROM match WHERE vulnerability = $1 ORDER BY subject",
        &values![vulnerability],
    )?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Subjects as the matcher reads them.
///
/// # Errors
/// What the database says.
pub fn contexts(tx: &mut Tx<'_>, subjects: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = |marks: &str| format!("SELECT id, context_json FROM subject WHERE id IN ({marks}) ORDER BY id");
    by_number(tx, subjects, sql, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// One package of an image, or one of the fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct PackageRow {
    /// The subject.
    pub subject: i64,
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Package URL.
    pub purl: String,
    /// `installed` or `declared`.
    pub presence: String,
    /// What the database could say about it, a slug.
    pub coverage: String,
    /// Position of its layer; `None` where none is known.
    pub layer: Option<i64>,
    /// JSON list of paths.
    pub evidence: String,
    /// Number of its place in the unit; with it the row is told from another of the same package.
    pub place: i64,
    /// Name of the source package; empty where there is none.
    pub source_name: String,
}

pub(crate) fn package_row(row: &Row) -> Result<PackageRow, StoreError> {
    let layer: i64 = row.get(7)?;
    Ok(PackageRow {
        subject: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        version: row.get(3)?,
        purl: row.get(4)?,
        presence: row.get(5)?,
        coverage: row.get(6)?,
        layer: (layer >= 0).then_some(layer),
        evidence: row.get(8)?,
        place: row.get(9)?,
        source_name: row.get(10)?,
    })
}
