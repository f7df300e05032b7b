//! From a vulnerability or a package to the places that have it.

mod whole;

use self::whole::Whole;
use super::places::{AssetRow, Filter, by_numbers};
use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value, matches,
    subjects::{PackageRow, package_row},
    values,
};

/// Somewhere that a package lies: an image in a place.
#[derive(Clone, Debug, PartialEq)]
pub struct HitRow {
    /// Where.
    pub asset: AssetRow,
    /// What.
    pub package: PackageRow,
    /// Digest of its layer, and the instruction that made it.
    pub layer: (String, Option<String>),
    /// The subject, as the matcher reads it.
    pub context: String,
    /// The verdict; `None`: not affected, or not assessed.
    pub verdict: Option<Verdict>,
}

/// What was found about a package and a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `counts`, or why it is shown apart.
    pub judgement: String,
    /// The severity that counts.
    pub severity: model::Severity,
    /// What is to be had, as in [`matches::NewMatch`].
    pub fix_status: String,
    /// The version that has the fix.
    pub fix: String,
    /// What to do, in words.
    pub remedy: String,
    /// When the package was first matched.
    pub first_seen: Micros,
}

/// Which places are asked for, by what came out there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// A finding that counts (`true`), one that is shown apart (`false`), or either.
    Hit(Option<bool>),
    /// A package of which the vulnerability speaks, by the numbers of the names (see [`name_numbers`]), without a finding:
    /// judged with data (`true`), or not assessed (`false`).
    NotHit(&'a [i64], bool),
}

/// A package in its unit, as [`whole::Whole`] reads it.
const ROW: &str = "s.id, s.unit, p.id, p.kind, p.name, p.version";
/// Columns of [`ROW`].
const ROW_COLUMNS: usize = 6;
const PACKAGE: &str = "p.id, p.kind, p.name, p.version, p.purl, p.presence, p.coverage, l.position, (SELECT evidence_json FROM place WHERE id = s.place), s.id, \
     p.source_name, l.diff_id, l.created_by, p.context_json";
const PACKAGES: &str = "subject p JOIN unit_subject s ON s.subject = p.id";
const BY_PLACE: Order =
    Order { name: "hit/place", keys: &[Key::up("a.asset_id"), Key::up("s.id"), Key::up("l.position")] };

/// Coverage slugs of subjects that were judged with data.
const ASSESSED: &str = "('covered', 'by-owner')";

/// Places by what came out for a vulnerability, one row for each place of a package. `filter.cve` and what it says of
/// packages, registry and repository are not read.
///
/// # Errors
/// What the database says.
pub fn hits(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    outcome: Outcome<'_>,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<HitRow>, StoreError> {
    let whole = whole(tx, vulnerability, outcome, filter)?;
    page(tx, &whole, request)
}

/// As [`hits`], with how many rows there are on all pages.
///
/// # Errors
/// What the database says.
pub fn hits_and_count(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    outcome: Outcome<'_>,
    filter: &Filter,
    request: &PageRequest,
) -> Result<(Page<HitRow>, u64), StoreError> {
    let whole = whole(tx, vulnerability, outcome, filter)?;
    Ok((page(tx, &whole, request)?, whole.count().0))
}

fn verdict(row: &Row) -> Result<Option<Verdict>, StoreError> {
    let at = ROW_COLUMNS;
    Ok(Some(Verdict {
        judgement: row.get(at)?,
        severity: matches::severity(row.get(at + 1)?),
        fix_status: row.get(at + 2)?,
        fix: row.get(at + 3)?,
        remedy: row.get(at + 4)?,
        first_seen: row.get(at + 5)?,
    }))
}

fn whole(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    outcome: Outcome<'_>,
    filter: &Filter,
) -> Result<Whole, StoreError> {
    let select = selected(vulnerability, outcome);
    let judged = matches!(outcome, Outcome::Hit(_));
    Whole::read(tx, &select, filter, |row| if judged { verdict(row) } else { Ok(None) })
}

/// How many rows [`hits`] has, and in how many places of images they lie.
///
/// # Errors
/// What the database says.
pub fn count_hits(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    outcome: Outcome<'_>,
    filter: &Filter,
) -> Result<(u64, u64), StoreError> {
    Ok(whole(tx, vulnerability, outcome, filter)?.count())
}

/// How many places of an owner are hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerHit {
    /// Id and name; `None`: nobody's.
    pub owner: Option<(String, String)>,
    /// Places of images.
    pub images: u64,
}

/// Whose the places of [`hits`] are, most places first.
///
/// # Errors
/// What the database says.
pub fn owners_hit(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    filter: &Filter,
) -> Result<Vec<OwnerHit>, StoreError> {
    let whole = whole(tx, vulnerability, Outcome::Hit(Some(true)), filter)?;
    owners(tx, &whole)
}

fn owners(tx: &mut Tx<'_>, whole: &Whole) -> Result<Vec<OwnerHit>, StoreError> {
    let mut hit = Vec::new();
    for (owner, images) in whole.owners() {
        let owner = match owner {
            None => None,
            Some(id) => tx
                .query_opt("SELECT name FROM owner WHERE id = $1", &values![id])?
                .map(|row| Ok::<_, StoreError>((id, row.get(0)?)))
                .transpose()?,
        };
        hit.push(OwnerHit { owner, images });
    }
    hit.sort_by(|a, b| b.images.cmp(&a.images).then_with(|| a.owner.cmp(&b.owner)));
    Ok(hit)
}

/// A version of a package that a vulnerability concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HitPackage {
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// `fixed`, …
    pub fix_status: String,
    /// The version that has the fix.
    pub fix: String,
}

/// The packages of [`hits`] that are affected, by name and version; at most 500.
///
/// # Errors
/// What the database says.
pub fn packages_hit(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    filter: &Filter,
) -> Result<Vec<HitPackage>, StoreError> {
    Ok(whole(tx, vulnerability, Outcome::Hit(Some(true)), filter)?.packages())
}

/// Whose the places of [`hits`] are that are affected, and which packages: [`count_hits`], [`owners_hit`] and
/// [`packages_hit`] at once.
///
/// # Errors
/// What the database says.
#[expect(clippy::type_complexity, reason = "the results of three functions")]
pub fn affected(
    tx: &mut Tx<'_>,
    vulnerability: &str,
    filter: &Filter,
) -> Result<((u64, u64), Vec<OwnerHit>, Vec<HitPackage>), StoreError> {
    let whole = whole(tx, vulnerability, Outcome::Hit(Some(true)), filter)?;
    Ok((whole.count(), owners(tx, &whole)?, whole.packages()))
}

fn selected(vulnerability: &str, outcome: Outcome<'_>) -> Select {
    let id = || [Value::Text(vulnerability.to_owned())];
    match outcome {
        Outcome::Hit(counts) => {
            let columns = format!(
                "{ROW}, m.judgement, m.severity, m.fix_status, m.fixed_version, m.remedy, m.first_seen"
            );
            let mut select = Select::new(columns, format!("{PACKAGES} JOIN match m ON m.subject = p.id"));
            select.and("m.vulnerability = ?", id()).and("m.gone IS NULL", []);
            match counts {
                Some(true) => _ = select.and("m.judgement = 'counts'", []),
                Some(false) => _ = select.and("m.judgement <> 'counts'", []),
                None => {}
            }
            select
        }
        Outcome::NotHit(names, assessed) => {
            let mut select = Select::new(ROW, PACKAGES);
            if names.is_empty() {
                select.and("1 = 0", []);
            } else {
                let marks = vec!["?"; names.len()].join(", ");
                select.and(
                    &format!("p.id IN (SELECT n.subject FROM name_subject n WHERE n.name IN ({marks}))"),
                    names.iter().map(|name| Value::Int(*name)),
                );
            }
            select.and(
                "NOT EXISTS (SELECT 1 FROM match m WHERE m.subject = p.id AND m.vulnerability = ? AND m.gone IS NULL)",
                id(),
            );
            let not = if assessed { "" } else { "NOT " };
            select.and(&format!("p.coverage {not}IN {ASSESSED}"), []);
            select
        }
    }
}

/// A page: which rows stand on it is known, and only those are read whole.
fn page(tx: &mut Tx<'_>, whole: &Whole, request: &PageRequest) -> Result<Page<HitRow>, StoreError> {
    let page = whole.page(tx, &BY_PLACE, request)?;
    let ids: Vec<i64> = page.items.iter().map(|hit| hit.place).collect();
    let assets = by_numbers(tx, &ids)?;
    let sql = format!(
        "SELECT {PACKAGE} FROM unit_subject s JOIN subject p ON p.id = s.subject \
         JOIN image_layer l ON l.image = $2 AND l.position = $3 WHERE s.id = $1"
    );
    let mut items = Vec::with_capacity(page.items.len());
    for hit in page.items {
        let row = tx.query_opt(&sql, &values![hit.package, hit.image, hit.position])?;
        if let (Some(row), Some(asset)) = (row, assets.get(&hit.place)) {
            items.push(HitRow {
                asset: asset.clone(),
                package: package_row(&row)?,
                layer: (row.get(11)?, row.get(12)?),
                context: row.get(13)?,
                verdict: hit.verdict,
            });
        }
    }
    Ok(Page { items, next: page.next })
}

/// Numbers of the names under which subjects of the fleet are looked up, of those given.
///
/// # Errors
/// What the database says.
pub fn name_numbers(tx: &mut Tx<'_>, names: &[crate::subjects::Name]) -> Result<Vec<i64>, StoreError> {
    let mut numbers = Vec::new();
    for name in names {
        let row = tx.query_opt(
            "SELECT id FROM lookup_name WHERE ecosystem = $1 AND release = $2 AND kind = $3 AND name = $4",
            &values![name.ecosystem, name.release, name.kind, name.name],
        )?;
        if let Some(row) = row {
            numbers.push(row.get(0)?);
        }
    }
    Ok(numbers)
}

/// Who has a package, in one version or (`""`) in any.
///
/// # Errors
/// What the database says.
pub fn having(
    tx: &mut Tx<'_>,
    kind: &str,
    name: &str,
    version: &str,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page<HitRow>, StoreError> {
    let mut select = Select::new(ROW, PACKAGES);
    select.and("p.kind = ? AND p.name = ?", [Value::Text(kind.to_owned()), Value::Text(name.to_owned())]);
    if !version.is_empty() {
        select.and("p.version = ?", [Value::Text(version.to_owned())]);
    }
    let whole = Whole::read(tx, &select, filter, |_| Ok(None))?;
    page(tx, &whole, request)
}
