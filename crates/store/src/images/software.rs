//! The fleet's software: package → versions → places.

mod spread;

use super::places::Filter;
use crate::{
    Key, Order, Page, PageRequest, Select, StoreError, Tx, Value,
    matches::{TALLY_OF_MATCHES, Tally, contains},
    scopes, values,
};

/// One name of the fleet's software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftwareRow {
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Versions that are there.
    pub versions: u64,
    /// Places of images that have one.
    pub images: u64,
    /// Advisories that concern one of the versions and count.
    pub vulnerabilities: u64,
}

/// From a package to the places that have it.
const HAVING: &str = "subject p JOIN unit_subject s ON s.subject = p.id JOIN image_layer l ON l.unit = s.unit \
     LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id JOIN placement a ON a.image = l.image";

/// What `filter` says of places, as conditions on `a`. Only its scopes and `gone` are read.
fn places(select: &mut Select, filter: &Filter) {
    if !filter.gone {
        select.and("a.gone IS NULL", []);
    }
    if !filter.scope.is_empty() {
        scopes::within(select, "a.scope", std::slice::from_ref(&filter.scope));
    }
    if let Some(visible) = &filter.visible {
        scopes::within(select, "a.scope", visible);
    }
}

/// Does the filter leave places out that others may see?
fn is_narrow(filter: &Filter) -> bool {
    !filter.scope.is_empty()
        || filter.visible.as_ref().is_some_and(|scopes| !scopes.iter().any(String::is_empty))
}

/// The names of what lies in a place that `filter` leaves.
fn named(text: &str, kind: &str, filter: &Filter) -> Select {
    let mut select = if is_narrow(filter) {
        // From the few layers of the places inwards: their units, and what lies in those.
        let mut units = Select::new("l.unit", "placement a JOIN image_layer l ON l.image = a.image");
        places(&mut units, filter);
        let (sql, values) = units.parts();
        Select::new(
            "n.kind, n.name",
            format!(
                "(SELECT DISTINCT p.kind, p.name FROM subject p WHERE p.id IN \
                 (SELECT s.subject FROM unit_subject s WHERE s.unit IN ({sql}))) n"
            ),
        )
        .holding(values)
    } else {
        // The first subject of each name: an index gives them in order, so that a page reads no more than it shows.
        let mut first = Select::new("n.kind, n.name", "subject n");
        first.and(
            "NOT EXISTS (SELECT 1 FROM subject q WHERE q.name = n.name AND q.kind = n.kind AND q.id < n.id)",
            [],
        );
        first
    };
    let mut there = Select::new("1", HAVING);
    there.and("p.kind = n.kind AND p.name = n.name AND h.image IS NULL", []);
    places(&mut there, filter);
    select.and_exists(&there);
    if !text.is_empty() {
        select.and("lower(n.name) LIKE ? ESCAPE '!'", [contains(&text.to_lowercase())]);
    }
    if !kind.is_empty() {
        select.and("n.kind = ?", [Value::Text(kind.to_owned())]);
    }
    select
}

/// The fleet's software by name: what lies in a place that `filter` leaves.
///
/// # Errors
/// What the database says.
pub fn software(
    tx: &mut Tx<'_>,
    text: &str,
    kind: &str,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<SoftwareRow>, StoreError> {
    let select = named(text, kind, filter);
    const ORDER: Order = Order { name: "software/name", keys: &[Key::up("n.name"), Key::up("n.kind")] };
    let page = select.page(tx, &ORDER, request, |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
    // The sums are made for the rows of the page only.
    let items = spread::sums(tx, page.items, filter)?;
    Ok(Page { items, next: page.next })
}

/// How many names [`software`] lists.
///
/// # Errors
/// What the database says.
pub fn count_software(tx: &mut Tx<'_>, text: &str, kind: &str, filter: &Filter) -> Result<u64, StoreError> {
    named(text, kind, filter).count(tx)
}

fn of_name(select: &mut Select, kind: &str, name: &str) {
    select.and("p.kind = ? AND p.name = ? AND h.image IS NULL", values![kind, name]);
}

/// A place that has the subject of the query around it.
fn of_subject(filter: &Filter) -> Select {
    let mut select = Select::new(
        "1",
        "unit_subject s JOIN image_layer l ON l.unit = s.unit \
         LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id JOIN placement a ON a.image = l.image",
    );
    select.and("s.subject = p.id AND h.image IS NULL", []);
    places(&mut select, filter);
    select
}

/// A version of one name, with how many images have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// The version.
    pub version: String,
    /// Places of images that have it.
    pub images: u64,
    /// Vulnerabilities that concern it, by how they are judged: each counts once.
    pub tally: Tally,
}

/// The versions of one name, those in most places first; at most 500.
///
/// # Errors
/// What the database says.
pub fn versions(
    tx: &mut Tx<'_>,
    kind: &str,
    name: &str,
    filter: &Filter,
) -> Result<Vec<VersionRow>, StoreError> {
    let mut select = Select::new("p.version, count(DISTINCT a.id)", HAVING);
    of_name(&mut select, kind, name);
    places(&mut select, filter);
    let rows = select.all(tx, "GROUP BY p.version ORDER BY 2 DESC, 1 LIMIT 500")?;
    let mut versions = Vec::with_capacity(rows.len());
    for row in &rows {
        let version: String = row.get(0)?;
        // One version may be several subjects (architectures, distributions): what concerns one concerns it.
        let mut worst = Select::new(
            "m.vulnerability, max(m.severity) AS severity, max(CASE WHEN m.judgement = 'counts' THEN 1 ELSE 0 END) AS counts, \
             max(CASE WHEN m.fix_status = 'fixed' THEN 1 ELSE 0 END) AS fixed, max(m.kev) AS kev",
            "subject p JOIN match m ON m.subject = p.id",
        );
        worst.and("p.kind = ? AND p.name = ? AND p.version = ?", values![kind, name, version]);
        worst.and("m.gone IS NULL", []);
        worst.and_exists(&of_subject(filter));
        let (sql, bound) = worst.parts();
        let sql = format!("SELECT {TALLY_OF_MATCHES} FROM ({sql} GROUP BY m.vulnerability) x");
        let tally = Tally::read(&tx.query_one(&sql, &bound)?, 0)?;
        versions.push(VersionRow { version, images: row.get(1)?, tally });
    }
    Ok(versions)
}
