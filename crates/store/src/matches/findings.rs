//! Findings and packages of one image, by place.

use model::Severity;

use super::{MATCH, NewMatch, PLACES, TALLY_OF_MATCHES, Tally, read_match, severity_number};
use crate::{
    Key, Micros, Order, Page, PageRequest, Select, StoreError, Tx, Value,
    subjects::{PackageRow, package_row},
    values,
};

/// A finding of an image: one match in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    /// The verdict.
    pub found: NewMatch,
    /// The subject, its package and its place.
    pub package: PackageRow,
    /// One line about the vulnerability.
    pub summary: String,
    /// Probability of exploitation, 0 to 1.
    pub epss: Option<f64>,
    /// When the subject was first matched with it.
    pub first_seen: Micros,
    /// Ratings, weaknesses, links and the rest, as JSON.
    pub detail: String,
}

/// Which findings are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only these severities; empty: all.
    pub severities: Vec<Severity>,
    /// Only what counts (`true`) or only what is shown apart (`false`).
    pub counts: Option<bool>,
    /// Only what has a fix (`true`) or only what has none (`false`).
    pub fixable: Option<bool>,
    /// Only what is known to be exploited (`true`) or only what is not (`false`).
    pub kev: Option<bool>,
    /// Only what came with this layer.
    pub layer: Option<i64>,
    /// Only where this text stands in the id, in the summary or in the package's name; case does not count.
    pub text: String,
    /// Only packages of this name, or of this source package.
    pub package: String,
    /// Only these vulnerabilities of these subjects.
    pub pairs: Option<Vec<(i64, String)>>,
}

/// Orders of findings.
pub const FINDING_ORDERS: &[Order] = &[
    Order {
        name: "finding/worst",
        keys: &[
            Key::down("CASE WHEN m.judgement = 'counts' THEN 1 ELSE 0 END"),
            Key::down("m.severity"),
            Key::down("m.kev"),
            Key::down("CASE WHEN m.fix_status = 'fixed' THEN 1 ELSE 0 END"),
            Key::up("m.vulnerability"),
            Key::up("s.id"),
        ],
    },
    Order { name: "finding/id", keys: &[Key::up("m.vulnerability"), Key::up("s.id")] },
    Order {
        name: "finding/package",
        keys: &[Key::up("p.name"), Key::up("m.vulnerability"), Key::up("s.id")],
    },
    Order {
        name: "finding/newest",
        keys: &[Key::down("m.first_seen"), Key::down("m.vulnerability"), Key::down("s.id")],
    },
];

const PACKAGE: &str = "p.id, p.kind, p.name, p.version, p.purl, p.presence, p.coverage, l.position, (SELECT evidence_json FROM place WHERE id = s.place), s.id, \
     p.source_name";
/// Columns of [`PACKAGE`].
const PACKAGE_COLUMNS: usize = 11;

/// Findings of an image, in one of [`FINDING_ORDERS`].
///
/// # Errors
/// What the database says.
pub fn of_image(
    tx: &mut Tx<'_>,
    image: i64,
    filter: &FindingFilter,
    order: &Order,
    request: &PageRequest,
) -> Result<Page<FindingRow>, StoreError> {
    let select = findings(image, filter);
    select.page(tx, order, request, |row| {
        let at = PACKAGE_COLUMNS + 8;
        Ok(FindingRow {
            package: package_row(row)?,
            found: read_match(row, PACKAGE_COLUMNS)?,
            first_seen: row.get(at)?,
            summary: row.get(at + 1)?,
            epss: row.get(at + 2)?,
            detail: row.get(at + 3)?,
        })
    })
}

/// How many findings of an image there are.
///
/// # Errors
/// What the database says.
pub fn count_of_image(tx: &mut Tx<'_>, image: i64, filter: &FindingFilter) -> Result<u64, StoreError> {
    findings(image, filter).count(tx)
}

fn findings(image: i64, filter: &FindingFilter) -> Select {
    let matched: Vec<String> = MATCH.split(", ").map(|column| format!("m.{column}")).collect();
    let columns =
        format!("{PACKAGE}, {}, m.first_seen, v.summary, v.epss, v.detail_json", matched.join(", "));
    let from = format!(
        "{PLACES} JOIN subject p ON p.id = s.subject JOIN match m ON m.subject = s.subject \
         JOIN vulnerability v ON v.id = m.vulnerability"
    );
    let mut select = Select::new(columns, from);
    select.and("l.image = ?", [Value::Int(image)]);
    select.and("h.image IS NULL AND m.gone IS NULL", []);
    if !filter.severities.is_empty() {
        select.is_in("m.severity", filter.severities.iter().map(|s| Value::Int(severity_number(*s))));
    }
    match filter.counts {
        Some(true) => _ = select.and("m.judgement = 'counts'", []),
        Some(false) => _ = select.and("m.judgement <> 'counts'", []),
        None => {}
    }
    match filter.fixable {
        Some(true) => _ = select.and("m.fix_status = 'fixed'", []),
        Some(false) => _ = select.and("m.fix_status <> 'fixed'", []),
        None => {}
    }
    if let Some(kev) = filter.kev {
        select.and("m.kev = ?", values![kev]);
    }
    if let Some(layer) = filter.layer {
        select.and("l.position = ?", [Value::Int(layer)]);
    }
    if !filter.text.is_empty() {
        let pattern = contains(&filter.text.to_lowercase());
        select.and(
            "lower(m.vulnerability) LIKE ? ESCAPE '!' OR lower(p.name) LIKE ? ESCAPE '!' OR lower(v.summary) LIKE ? ESCAPE '!'",
            [pattern.clone(), pattern.clone(), pattern],
        );
    }
    if let Some(pairs) = &filter.pairs {
        // Not more than a statement takes; an image with as many findings of one fix shows the first of them.
        let pairs = pairs.get(..10_000).unwrap_or(pairs);
        if pairs.is_empty() {
            select.and("1 = 0", []);
        } else {
            let rows = vec!["(CAST(? AS BIGINT), CAST(? AS TEXT))"; pairs.len()].join(", ");
            select.and(
                &format!("(m.subject, m.vulnerability) IN (VALUES {rows})"),
                pairs.iter().flat_map(|(subject, id)| values![subject, id]),
            );
        }
    }
    if !filter.package.is_empty() {
        select.and("p.name = ? OR p.source_name = ?", values![filter.package, filter.package]);
    }
    select
}

/// A pattern of `LIKE … ESCAPE '!'` for "this text stands somewhere in it".
pub(crate) fn contains(text: &str) -> Value {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Value::Text(pattern)
}

/// Which packages of an image are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFilter {
    /// Only where this text stands in the name; case does not count.
    pub text: String,
    /// Only this purl type.
    pub kind: String,
    /// Only what has a finding that counts (`true`), or only what has none (`false`).
    pub vulnerable: Option<bool>,
}

/// A package of an image, with the sums of its findings.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagePackage {
    /// The package and its place.
    pub package: PackageRow,
    /// Its findings.
    pub tally: Tally,
}

/// Packages of an image, by name.
///
/// # Errors
/// What the database says.
pub fn packages_of_image(
    tx: &mut Tx<'_>,
    image: i64,
    filter: &PackageFilter,
    request: &PageRequest,
) -> Result<Page<ImagePackage>, StoreError> {
    const ORDER: Order =
        Order { name: "package/name", keys: &[Key::up("p.name"), Key::up("p.version"), Key::up("s.id")] };
    let page = packages(image, filter).page(tx, &ORDER, request, package_row)?;
    let sql = format!(
        "SELECT {TALLY_OF_MATCHES} FROM (SELECT m.severity, CASE WHEN m.judgement = 'counts' THEN 1 ELSE 0 END AS counts, \
         CASE WHEN m.fix_status = 'fixed' THEN 1 ELSE 0 END AS fixed, m.kev FROM match m \
         WHERE m.subject = $1 AND m.gone IS NULL) x"
    );
    let mut items = Vec::with_capacity(page.items.len());
    for package in page.items {
        let tally = Tally::read(&tx.query_one(&sql, &values![package.subject])?, 0)?;
        items.push(ImagePackage { package, tally });
    }
    Ok(Page { items, next: page.next })
}

/// How many packages of an image there are.
///
/// # Errors
/// What the database says.
pub fn count_packages(tx: &mut Tx<'_>, image: i64, filter: &PackageFilter) -> Result<u64, StoreError> {
    packages(image, filter).count(tx)
}

fn packages(image: i64, filter: &PackageFilter) -> Select {
    let mut select = Select::new(PACKAGE, format!("{PLACES} JOIN subject p ON p.id = s.subject"));
    select.and("l.image = ?", [Value::Int(image)]).and("h.image IS NULL", []);
    if !filter.text.is_empty() {
        select.and("lower(p.name) LIKE ? ESCAPE '!'", [contains(&filter.text.to_lowercase())]);
    }
    if !filter.kind.is_empty() {
        select.and("p.kind = ?", values![filter.kind]);
    }
    if let Some(vulnerable) = filter.vulnerable {
        let not = if vulnerable { "" } else { "NOT " };
        select.and(
            &format!(
                "{not}EXISTS (SELECT 1 FROM match m WHERE m.subject = p.id AND m.gone IS NULL AND m.judgement = 'counts')"
            ),
            [],
        );
    }
    select
}

/// How many findings of an image are shown apart, by reason.
///
/// # Errors
/// What the database says.
pub fn apart(tx: &mut Tx<'_>, image: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = format!(
        "SELECT m.judgement, count(*) FROM {PLACES} JOIN match m ON m.subject = s.subject AND m.gone IS NULL \
         WHERE l.image = $1 AND h.image IS NULL AND m.judgement <> 'counts' GROUP BY m.judgement ORDER BY m.judgement"
    );
    tx.query(&sql, &values![image])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The places of a subject in an image.
///
/// # Errors
/// What the database says.
pub fn places_of_subject(tx: &mut Tx<'_>, image: i64, subject: i64) -> Result<Vec<PackageRow>, StoreError> {
    let sql = format!(
        "SELECT {PACKAGE} FROM {PLACES} JOIN subject p ON p.id = s.subject \
         WHERE s.subject = $1 AND l.image = $2 AND h.image IS NULL ORDER BY l.position, s.id"
    );
    tx.query(&sql, &values![subject, image])?.iter().map(package_row).collect()
}

/// A package of an image that a vulnerability may concern.
#[derive(Clone, Debug, PartialEq)]
pub struct Concerned {
    /// The package and its place.
    pub package: PackageRow,
    /// Ecosystem, kind and name under which it is looked up; `None`: it has a finding, or is looked up under no name.
    pub looked_up: Option<(String, String, String)>,
}

/// The packages of an image that have a match of the vulnerability (by id or alias), are looked up under one of `names`, or
/// bear one of them and are looked up under none: those that are hit first, then by name and place. A package may come more
/// than once.
///
/// # Errors
/// What the database says.
pub fn concerned(
    tx: &mut Tx<'_>,
    image: i64,
    vulnerability: &str,
    names: &[String],
) -> Result<Vec<Concerned>, StoreError> {
    let sql = format!(
        "SELECT {PACKAGE} FROM {PLACES} JOIN subject p ON p.id = s.subject JOIN match m ON m.subject = s.subject \
         AND m.gone IS NULL JOIN vulnerability_alias v ON v.vulnerability = m.vulnerability \
         WHERE l.image = $1 AND h.image IS NULL AND v.alias = $2 ORDER BY p.name, s.id"
    );
    let mut all = Vec::new();
    for row in tx.query(&sql, &values![image, vulnerability.to_ascii_uppercase()])? {
        all.push(Concerned { package: package_row(&row)?, looked_up: None });
    }
    for chunk in names.chunks(200) {
        let marks = crate::subjects::marks(2, chunk.len());
        let sql = format!(
            "SELECT {PACKAGE}, n.ecosystem, n.kind, n.name FROM {PLACES} JOIN subject p ON p.id = s.subject \
             LEFT JOIN name_subject u ON u.subject = p.id LEFT JOIN lookup_name n ON n.id = u.name \
             WHERE l.image = $1 AND h.image IS NULL AND (n.name IN ({marks}) \
             OR (n.name IS NULL AND (p.name IN ({marks}) OR p.source_name IN ({marks})))) ORDER BY p.name, s.id"
        );
        let bound: Vec<Value> = std::iter::once(Value::Int(image))
            .chain(chunk.iter().map(|name| Value::Text(name.clone())))
            .collect();
        for row in tx.query(&sql, &bound)? {
            let looked_up = match row.get::<Option<String>>(PACKAGE_COLUMNS)? {
                Some(ecosystem) => {
                    Some((ecosystem, row.get(PACKAGE_COLUMNS + 1)?, row.get(PACKAGE_COLUMNS + 2)?))
                }
                None => None,
            };
            all.push(Concerned { package: package_row(&row)?, looked_up });
        }
    }
    Ok(all)
}
