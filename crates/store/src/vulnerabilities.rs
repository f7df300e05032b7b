//! Vulnerabilities that the fleet was matched with.

use std::collections::HashMap;

use model::Severity;

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value,
    images::Filter,
    matches::{contains, severity, severity_number},
    page, scopes,
    subjects::marks,
    values,
};

/// What is told of a vulnerability, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct VulnerabilityRow {
    /// Its name.
    pub id: String,
    /// Its other names, a JSON list.
    pub aliases: String,
    /// One line.
    pub summary: String,
    /// The severity that counted where it was last judged.
    pub severity: Severity,
    /// Known to be exploited.
    pub kev: bool,
    /// Probability of exploitation, 0 to 1.
    pub epss: Option<f64>,
    /// When it was published.
    pub published: Option<Micros>,
    /// Ratings, weaknesses, links and the rest, as JSON.
    pub detail: String,
}

const COLUMNS: &str =
    "v.id, v.aliases_json, v.summary, v.severity, v.kev, v.epss, v.published, v.detail_json";

fn read(row: &Row) -> Result<VulnerabilityRow, StoreError> {
    Ok(VulnerabilityRow {
        id: row.get(0)?,
        aliases: row.get(1)?,
        summary: row.get(2)?,
        severity: severity(row.get(3)?),
        kev: row.get(4)?,
        epss: row.get(5)?,
        published: row.get(6)?,
        detail: row.get(7)?,
    })
}

/// The vulnerabilities of that name, whether it is their id or an alias, by id; case does not count.
///
/// # Errors
/// What the database says.
pub fn named(tx: &mut Tx<'_>, name: &str) -> Result<Vec<VulnerabilityRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM vulnerability_alias a JOIN vulnerability v ON v.id = a.vulnerability WHERE a.alias = $1 \
         ORDER BY v.id"
    );
    tx.query(&sql, &values![name.to_ascii_uppercase()])?.iter().map(read).collect()
}

/// Vulnerabilities whose id or alias begins so, by id; case does not count.
///
/// # Errors
/// What the database says.
pub fn beginning(tx: &mut Tx<'_>, name: &str, limit: u32) -> Result<Vec<VulnerabilityRow>, StoreError> {
    // A range of the primary key; what follows the text in any alias is below U+10FFFF.
    let from = name.to_ascii_uppercase();
    let to = format!("{from}\u{10ffff}");
    let sql = format!(
        "SELECT {COLUMNS} FROM vulnerability v WHERE v.id IN (SELECT a.vulnerability FROM vulnerability_alias a \
         WHERE a.alias >= $1 AND a.alias < $2 ORDER BY a.alias LIMIT 200) ORDER BY v.id LIMIT $3"
    );
    tx.query(&sql, &values![from, to, limit])?.iter().map(read).collect()
}

/// Which vulnerabilities are listed: those with a finding that counts in a place that `places` leaves.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// This text stands in the id, an alias or the summary; case does not count.
    pub text: String,
    /// Of one of these severities; empty: all.
    pub severities: Vec<Severity>,
    /// Known to be exploited (`true`), or not.
    pub kev: Option<bool>,
    /// A fix is to be had for some package here (`true`), or for none.
    pub fixable: Option<bool>,
    /// In which places; its scopes and `gone` are read.
    pub places: Filter,
}

/// A vulnerability with what it does to the fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedRow {
    /// The vulnerability.
    pub told: VulnerabilityRow,
    /// Places of images with a finding that counts.
    pub images: u64,
    /// Names of packages that it concerns there.
    pub packages: u64,
    /// A fix is to be had for one of them.
    pub fixable: bool,
    /// When it was first found.
    pub first_seen: Micros,
}

/// In how many places each vulnerability has a finding that counts, as whoever keeps that has counted it: the database would
/// walk every finding of the fleet for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Places that a list asks for, by id; without those that hit none.
    pub images: HashMap<String, u64>,
    /// Nothing changed since. Else which vulnerabilities have a place is asked of the database, and only those that were not
    /// counted are counted anew.
    pub is_current: bool,
}

/// The order by how many places are hit.
const BY_IMAGES: &str = "vulnerability/images";

/// Orders of vulnerabilities.
pub const ORDERS: &[Order] = &[
    Order { name: "vulnerability/severity", keys: &[Key::down("v.severity"), Key::down("v.id")] },
    Order { name: BY_IMAGES, keys: &[Key::down("c.images"), Key::down("v.id")] },
    Order {
        name: "vulnerability/newest",
        keys: &[
            Key::down(
                "(SELECT min(n.first_seen) FROM match n WHERE n.vulnerability = v.id AND n.gone IS NULL)",
            ),
            Key::down("v.id"),
        ],
    },
];

/// From a match to the places that have its subject.
const PLACES: &str = "match m JOIN unit_subject s ON s.subject = m.subject JOIN image_layer l ON l.unit = s.unit \
     LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id JOIN placement a ON a.image = l.image";

fn places(select: &mut Select, filter: &Filter) {
    select.and("m.gone IS NULL AND m.judgement = 'counts' AND h.image IS NULL", []);
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

/// `by_images`: with `c.images`, the places of each among those that are asked for. `here`: only what has a place.
fn select(listed: &Listed, by_images: bool, here: bool) -> Select {
    let mut select = if by_images {
        let mut counts = Select::new("m.vulnerability AS id, count(DISTINCT a.id) AS images", PLACES);
        places(&mut counts, &listed.places);
        let (sql, values) = counts.parts();
        let from = format!("({sql} GROUP BY m.vulnerability) c JOIN vulnerability v ON v.id = c.id");
        Select::new(COLUMNS, from).holding(values)
    } else {
        Select::new(COLUMNS, "vulnerability v")
    };
    if !listed.severities.is_empty() {
        select.is_in("v.severity", listed.severities.iter().map(|s| Value::Int(severity_number(*s))));
    }
    if let Some(kev) = listed.kev {
        select.and("v.kev = ?", values![kev]);
    }
    if !listed.text.is_empty() {
        let pattern = contains(&listed.text.to_lowercase());
        select.and(
            "lower(v.id) LIKE ? ESCAPE '!' OR lower(v.summary) LIKE ? ESCAPE '!' OR lower(v.aliases_json) LIKE ? ESCAPE '!'",
            [pattern.clone(), pattern.clone(), pattern],
        );
    }
    let mut any = Select::new("1", PLACES);
    any.and("m.vulnerability = v.id", []);
    places(&mut any, &listed.places);
    let mut fixed = any.clone();
    fixed.and("m.fix_status = 'fixed'", []);
    match listed.fixable {
        None if !here => {}
        None => _ = select.and_exists(&any),
        Some(true) => _ = select.and_exists(&fixed),
        Some(false) => _ = select.and_exists(&any).and_not_exists(&fixed),
    }
    select
}

/// Vulnerabilities of the fleet, in one of [`ORDERS`]. Quicker with what was counted.
///
/// # Errors
/// What the database says.
pub fn list(
    tx: &mut Tx<'_>,
    listed: &Listed,
    order: &Order,
    request: &PageRequest,
    counted: Option<&Counted>,
) -> Result<Page<ListedRow>, StoreError> {
    let by_images = order.name == BY_IMAGES;
    let page = match counted {
        Some(counted) if by_images => {
            let rows = ids(tx, listed, Some(counted))?.into_iter().map(|id| {
                let images = counted.images.get(&id).copied().unwrap_or(0);
                (i64::try_from(images).unwrap_or(i64::MAX), id)
            });
            let page = page::ranked(order, request, rows.collect())?;
            let ids: Vec<String> = page.items.into_iter().map(|(_, id)| id).collect();
            Page { items: by_ids(tx, &ids)?, next: page.next }
        }
        _ => select(listed, by_images, true).page(tx, order, request, read)?,
    };
    let mut items = Vec::with_capacity(page.items.len());
    for told in page.items {
        items.push(match counted.and_then(|counted| counted.images.get(&told.id).copied()) {
            Some(images) => of_packages(tx, told, images, &listed.places)?,
            None => sums(tx, told, &listed.places)?,
        });
    }
    Ok(Page { items, next: page.next })
}

/// How many vulnerabilities are listed. Quicker with what was counted.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, listed: &Listed, counted: Option<&Counted>) -> Result<u64, StoreError> {
    match counted.filter(|counted| counted.is_current) {
        Some(counted) => Ok(ids(tx, listed, Some(counted))?.len() as u64),
        None => select(listed, false, true).count(tx),
    }
}

/// The ids of all that are listed, in no order.
fn ids(tx: &mut Tx<'_>, listed: &Listed, counted: Option<&Counted>) -> Result<Vec<String>, StoreError> {
    // What has a place is known already.
    let known = counted.filter(|counted| counted.is_current);
    let rows = select(listed, false, known.is_none()).columns("v.id").all(tx, "")?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: String = row.get(0)?;
        if known.is_none_or(|known| known.images.contains_key(&id)) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// What is told of these, in their order.
fn by_ids(tx: &mut Tx<'_>, ids: &[String]) -> Result<Vec<VulnerabilityRow>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(200) {
        let sql = format!("SELECT {COLUMNS} FROM vulnerability v WHERE v.id IN ({})", marks(1, chunk.len()));
        let bound: Vec<Value> = chunk.iter().map(|id| Value::Text(id.clone())).collect();
        for row in tx.query(&sql, &bound)? {
            let told = read(&row)?;
            found.insert(told.id.clone(), told);
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// What a vulnerability does to the places that `filter` leaves.
///
/// # Errors
/// What the database says.
pub fn sums(tx: &mut Tx<'_>, told: VulnerabilityRow, filter: &Filter) -> Result<ListedRow, StoreError> {
    let mut sums = Select::new("count(DISTINCT a.id)", PLACES);
    sums.and("m.vulnerability = ?", values![told.id]);
    places(&mut sums, filter);
    let images = sums.count_of(tx)?;
    of_packages(tx, told, images, filter)
}

/// The rest of [`sums`], which hangs on packages.
fn of_packages(
    tx: &mut Tx<'_>,
    told: VulnerabilityRow,
    images: u64,
    filter: &Filter,
) -> Result<ListedRow, StoreError> {
    let mut of = Select::new(
        "count(DISTINCT p.name), COALESCE(max(CASE WHEN m.fix_status = 'fixed' THEN 1 ELSE 0 END), 0), \
         COALESCE(min(m.first_seen), 0)",
        "match m JOIN subject p ON p.id = m.subject",
    );
    of.and("m.vulnerability = ?", values![told.id]);
    of.and("m.gone IS NULL AND m.judgement = 'counts'", []);
    let mut here = Select::new(
        "1",
        "unit_subject s JOIN image_layer l ON l.unit = s.unit \
         LEFT JOIN image_hidden h ON h.image = l.image AND h.unit_subject = s.id JOIN placement a ON a.image = l.image",
    );
    here.and("s.subject = m.subject", []);
    places(&mut here, filter);
    of.and_exists(&here);
    let rows = of.all(tx, "")?;
    let (packages, fixable, first_seen) = match rows.first() {
        Some(row) => (row.get(0)?, row.get::<i64>(1)? > 0, row.get(2)?),
        None => (0, false, Micros(0)),
    };
    Ok(ListedRow { told, images, packages, fixable, first_seen })
}
