//! Units: what a cataloguer found in a layer, stored once for all images that share it.
//!
//! A unit's packages are the union of what images showed to come from that layer. An image has the packages of its units
//! but those in `image_hidden`: what a later layer removed, replaced or made to be judged otherwise. So an image that
//! shows a package of a shared layer for the first time adds a row to the unit, and hides that row in every other image
//! of that unit. Two writers must not do this at once, each blind to what the other adds: [`lock`] lets one go first.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{Dialect, StoreError, Tx, Value, subjects::by_number, values};

/// One package in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placed {
    /// Position of its layer in [`crate::images::NewImage::layers`]; `None`: of the image as a whole.
    pub layer: Option<usize>,
    /// The subject.
    pub subject: i64,
    /// Hash of `evidence` and, for the same package with the same evidence, of its turn.
    pub place: i64,
    /// Number of its evidence in [`crate::images::NewImage::evidence`].
    pub evidence: usize,
}

/// Lets one transaction at a time write catalogues or matches. Call it first in the transaction: PostgreSQL takes its
/// snapshot with the first statement that reads or writes, and `LOCK` is none, so whoever waited here sees what the
/// other wrote. Where something was read before, the update ends in a conflict, and the transaction is run again.
///
/// # Errors
/// What the database says.
pub fn lock(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.touch();
    if tx.dialect() == Dialect::Postgres {
        tx.execute("LOCK TABLE catalogue_lock IN EXCLUSIVE MODE", &[])?;
    }
    tx.execute("UPDATE catalogue_lock SET turn = turn + 1 WHERE id = 1", &[])?;
    Ok(())
}

/// The number of the unit of a layer and a cataloguer, made where there is none.
fn number(tx: &mut Tx<'_>, diff_id: &str, cataloguer: i64) -> Result<i64, StoreError> {
    let key = values![diff_id, cataloguer];
    if let Some(row) = tx.query_opt("SELECT id FROM unit WHERE diff_id = $1 AND cataloguer = $2", &key)? {
        return row.get(0);
    }
    tx.query_one("INSERT INTO unit (diff_id, cataloguer) VALUES ($1,$2) RETURNING id", &key)?.get(0)
}

/// The name of the unit that holds what is of no layer.
pub(crate) fn whole(config_digest: &str) -> String {
    format!("whole:{config_digest}")
}

/// Puts an image's packages into its units. `layers` are diffIDs, base first. Gives the unit of each position, `None`
/// where an equal layer stands below, and last the unit of the image as a whole, where it has packages.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    image: i64,
    config_digest: &str,
    layers: &[String],
    cataloguer: i64,
    packages: &[Placed],
    evidence: &[String],
) -> Result<(Vec<Option<i64>>, Option<i64>), StoreError> {
    let mut numbers: HashMap<&str, i64> = HashMap::new();
    let mut units = Vec::with_capacity(layers.len());
    let mut of_position = Vec::with_capacity(layers.len());
    for diff_id in layers {
        let unit = match numbers.get(diff_id.as_str()) {
            Some(unit) => {
                units.push(None);
                *unit
            }
            None => {
                let unit = number(tx, diff_id, cataloguer)?;
                numbers.insert(diff_id, unit);
                units.push(Some(unit));
                unit
            }
        };
        of_position.push(unit);
    }
    let needs_whole =
        packages.iter().any(|placed| placed.layer.is_none_or(|layer| layer >= of_position.len()));
    let whole = if needs_whole { Some(number(tx, &whole(config_digest), cataloguer)?) } else { None };

    let mut wanted: HashMap<i64, Vec<&Placed>> = HashMap::new();
    for unit in units.iter().flatten() {
        wanted.entry(*unit).or_default();
    }
    for placed in packages {
        let unit = placed.layer.and_then(|layer| of_position.get(layer).copied()).or(whole);
        if let Some(unit) = unit {
            wanted.entry(unit).or_default().push(placed);
        }
    }
    tx.execute("DELETE FROM image_hidden WHERE image = $1", &values![image])?;
    tx.execute("DELETE FROM image_layer WHERE image = $1", &values![image])?;
    let mut wanted: Vec<(i64, Vec<&Placed>)> = wanted.into_iter().collect();
    wanted.sort_unstable_by_key(|(unit, _)| *unit);
    let places = places(tx, packages, evidence)?;
    for (unit, placed) in wanted {
        put_unit(tx, image, unit, &placed, &places)?;
    }
    Ok((units, whole))
}

/// The numbers of the places of packages, by hash; made where there are none.
fn places(
    tx: &mut Tx<'_>,
    packages: &[Placed],
    evidence: &[String],
) -> Result<HashMap<i64, i64>, StoreError> {
    let texts: BTreeMap<i64, usize> = packages.iter().map(|placed| (placed.place, placed.evidence)).collect();
    let mut numbers = HashMap::with_capacity(texts.len());
    let hashes: Vec<i64> = texts.keys().copied().collect();
    read_places(tx, &hashes, &mut numbers)?;
    let missing: Vec<i64> = hashes.into_iter().filter(|hash| !numbers.contains_key(hash)).collect();
    let rows: Vec<Vec<Value>> = missing
        .iter()
        .map(|hash| {
            let paths = texts.get(hash).and_then(|at| evidence.get(*at)).map_or("[]", String::as_str);
            values![hash, paths].to_vec()
        })
        .collect();
    tx.execute_many("INSERT INTO place (hash, evidence_json) VALUES ($1,$2)", &rows)?;
    read_places(tx, &missing, &mut numbers)?;
    Ok(numbers)
}

fn read_places(tx: &mut Tx<'_>, hashes: &[i64], numbers: &mut HashMap<i64, i64>) -> Result<(), StoreError> {
    let sql = |marks: &str| format!("SELECT hash, id FROM place WHERE hash IN ({marks})");
    let found: Vec<(i64, i64)> = by_number(tx, hashes, sql, |row| Ok((row.get(0)?, row.get(1)?)))?;
    numbers.extend(found);
    Ok(())
}

fn put_unit(
    tx: &mut Tx<'_>,
    image: i64,
    unit: i64,
    placed: &[&Placed],
    places: &HashMap<i64, i64>,
) -> Result<(), StoreError> {
    let rows = tx.query("SELECT id, subject, place FROM unit_subject WHERE unit = $1", &values![unit])?;
    let mut there: HashMap<(i64, i64), i64> = HashMap::with_capacity(rows.len());
    let mut newest = 0;
    for row in &rows {
        let id: i64 = row.get(0)?;
        newest = newest.max(id);
        there.insert((row.get(1)?, row.get(2)?), id);
    }
    let key = |placed: &&Placed| Some((placed.subject, *places.get(&placed.place)?));
    let wanted: HashSet<(i64, i64)> = placed.iter().filter_map(key).collect();
    // A unit that no other image has is made to hold just what this one shows.
    let shared = tx.query_opt("SELECT 1 FROM image_layer WHERE unit = $1 LIMIT 1", &values![unit])?.is_some();
    let surplus: Vec<Vec<Value>> = there
        .iter()
        .filter(|(key, _)| !wanted.contains(*key))
        .map(|(_, id)| if shared { values![image, id].to_vec() } else { values![id].to_vec() })
        .collect();
    let statement = if shared {
        "INSERT INTO image_hidden (image, unit_subject) VALUES ($1,$2) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM unit_subject WHERE id = $1"
    };
    tx.execute_many(statement, &surplus)?;
    let mut seen = HashSet::with_capacity(placed.len());
    let missing: Vec<Vec<Value>> = placed
        .iter()
        .filter_map(key)
        .filter(|key| !there.contains_key(key) && seen.insert(*key))
        .map(|(subject, place)| values![unit, subject, place].to_vec())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    tx.execute_many("INSERT INTO unit_subject (unit, subject, place) VALUES ($1,$2,$3)", &missing)?;
    if shared {
        // Numbers grow: what is past the newest is what was just added.
        tx.execute(
            "INSERT INTO image_hidden (image, unit_subject) SELECT l.image, s.id FROM unit_subject s \
             JOIN image_layer l ON l.unit = s.unit WHERE s.unit = $1 AND s.id > $2 AND l.image <> $3 \
             ON CONFLICT DO NOTHING",
            &values![unit, newest, image],
        )?;
    }
    Ok(())
}

/// Removes units that no image has any more, packages of units that every image hides, and subjects that lie nowhere.
/// Gives how many units and subjects.
///
/// # Errors
/// What the database says.
pub fn sweep(tx: &mut Tx<'_>) -> Result<(u64, u64), StoreError> {
    lock(tx)?;
    tx.execute(
        "DELETE FROM unit_subject WHERE id IN (SELECT s.id FROM unit_subject s WHERE NOT EXISTS \
         (SELECT 1 FROM image_layer l LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id \
         WHERE l.unit = s.unit AND h.image IS NULL))",
        &[],
    )?;
    let units = tx.execute(
        "DELETE FROM unit WHERE id IN (SELECT u.id FROM unit u WHERE NOT EXISTS \
         (SELECT 1 FROM image_layer l WHERE l.unit = u.id))",
        &[],
    )?;
    tx.execute("DELETE FROM place WHERE id NOT IN (SELECT place FROM unit_subject)", &[])?;
    // Matches and names of a subject go with it.
    let subjects = tx.execute(
        "DELETE FROM subject WHERE id IN (SELECT s.id FROM subject s WHERE NOT EXISTS \
         (SELECT 1 FROM unit_subject u WHERE u.subject = s.id))",
        &[],
    )?;
    Ok((units, subjects))
}
