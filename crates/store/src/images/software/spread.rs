//! In how many places the names of a page lie.
//!
//! The names of a page mostly lie in the same few layers, which thousands of images have: each layer's images are read once
//! for all of them, and are put together here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Filter, SoftwareRow, places};
use crate::{Select, StoreError, Tx, subjects::by_number, values};

/// A package of a unit.
struct Package {
    /// Number in its unit, which is what images hide.
    id: i64,
    unit: i64,
    subject: i64,
}

/// What a name consists of.
#[derive(Default)]
struct Name {
    packages: Vec<Package>,
    /// Version by subject.
    versions: HashMap<i64, String>,
    /// Image and package of what images do not have.
    hidden: HashSet<(i64, i64)>,
}

/// The sums of names (kind, name), in their order.
pub(super) fn sums(
    tx: &mut Tx<'_>,
    names: Vec<(String, String)>,
    filter: &Filter,
) -> Result<Vec<SoftwareRow>, StoreError> {
    let mut read = Vec::with_capacity(names.len());
    for (kind, name) in &names {
        read.push(packages(tx, kind, name)?);
    }
    let units: BTreeSet<i64> =
        read.iter().flat_map(|name| name.packages.iter().map(|package| package.unit)).collect();
    let images = images(tx, &units)?;
    let there = there(tx, filter)?;
    // Which name an image was counted for last: one that has it twice counts once.
    let mut counted: HashMap<i64, usize> = HashMap::with_capacity(there.len());
    let mut items = Vec::with_capacity(names.len());
    for (turn, ((kind, name), what)) in names.into_iter().zip(&read).enumerate() {
        let mut of_name = 0;
        let mut subjects = BTreeSet::new();
        for package in &what.packages {
            for image in images.get(&package.unit).into_iter().flatten() {
                let Some(places) = there.get(image) else { continue };
                if !what.hidden.is_empty() && what.hidden.contains(&(*image, package.id)) {
                    continue;
                }
                subjects.insert(package.subject);
                if counted.insert(*image, turn) != Some(turn) {
                    of_name += places;
                }
            }
        }
        let versions: BTreeSet<&String> =
            subjects.iter().filter_map(|subject| what.versions.get(subject)).collect();
        let (versions, vulnerabilities) = (versions.len() as u64, vulnerabilities(tx, &subjects)?);
        items.push(SoftwareRow { kind, name, versions, images: of_name, vulnerabilities });
    }
    Ok(items)
}

fn packages(tx: &mut Tx<'_>, kind: &str, name: &str) -> Result<Name, StoreError> {
    let mut what = Name::default();
    let sql = "SELECT s.id, s.unit, p.id, p.version FROM subject p JOIN unit_subject s ON s.subject = p.id \
         WHERE p.kind = $1 AND p.name = $2";
    for row in tx.query(sql, &values![kind, name])? {
        let package = Package { id: row.get(0)?, unit: row.get(1)?, subject: row.get(2)? };
        what.versions.insert(package.subject, row.get(3)?);
        what.packages.push(package);
    }
    let sql = "SELECT h.image, h.unit_subject FROM subject p JOIN unit_subject s ON s.subject = p.id \
         JOIN image_hidden h ON h.unit_subject = s.id WHERE p.kind = $1 AND p.name = $2";
    for row in tx.query(sql, &values![kind, name])? {
        what.hidden.insert((row.get(0)?, row.get(1)?));
    }
    Ok(what)
}

/// The images of each unit.
fn images(tx: &mut Tx<'_>, units: &BTreeSet<i64>) -> Result<BTreeMap<i64, Vec<i64>>, StoreError> {
    let mut images: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let units: Vec<i64> = units.iter().copied().collect();
    let sql = |marks: &str| format!("SELECT unit, image FROM image_layer WHERE unit IN ({marks})");
    for (unit, image) in by_number(tx, &units, sql, |row| Ok((row.get(0)?, row.get(1)?)))? {
        images.entry(unit).or_default().push(image);
    }
    Ok(images)
}

/// In how many places that the filter leaves each image lies.
fn there(tx: &mut Tx<'_>, filter: &Filter) -> Result<HashMap<i64, u64>, StoreError> {
    let mut select = Select::new("a.image, count(*)", "placement a");
    select.and("a.image IS NOT NULL", []);
    places(&mut select, filter);
    select.all(tx, "GROUP BY a.image")?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// How many vulnerabilities count for one of the subjects.
fn vulnerabilities(tx: &mut Tx<'_>, subjects: &BTreeSet<i64>) -> Result<u64, StoreError> {
    let subjects: Vec<i64> = subjects.iter().copied().collect();
    let sql = |marks: &str| {
        format!(
            "SELECT DISTINCT vulnerability FROM match WHERE gone IS NULL AND judgement = 'counts' AND subject IN ({marks})"
        )
    };
    let found: HashSet<String> = by_number(tx, &subjects, sql, |row| row.get(0))?.into_iter().collect();
    Ok(found.len() as u64)
}
