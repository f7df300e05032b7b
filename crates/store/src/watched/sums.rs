//! What the images of registries and repositories sum up to.
//!
//! A sum over all images of a large registry takes a tenth of a second, and lists ask for it again and again. So the sums of
//! each repository are kept (`repository_sum`) by whoever judges its images. Whoever changes an image, its findings or where
//! it lies marks it due in the same transaction; a repository with an image that is due is summed up when it is asked for.
//! So what is told is true at any time, whether it was kept or not.

use std::collections::HashMap;

use super::{Images, States};
use crate::{
    Row, Select, StoreError, Tx, Value,
    matches::Tally,
    scopes,
    subjects::{by_number, marks},
};

/// Repositories summed up by one statement.
const CHUNK: usize = 200;

/// The columns of sums, as [`read`] reads them and `repository_sum` names them, each with what it sums up over [`PLACED`].
const SUMS: [(&str, &str); 14] = [
    ("images", "1"),
    ("healthy", "CASE WHEN s.state = 'healthy' THEN 1 ELSE 0 END"),
    ("unhealthy", "CASE WHEN s.state = 'unhealthy' THEN 1 ELSE 0 END"),
    ("not_applicable", "CASE WHEN s.state = 'not_applicable' THEN 1 ELSE 0 END"),
    ("not_assessed", "CASE WHEN s.state IS NULL OR s.state = 'not_assessed' THEN 1 ELSE 0 END"),
    ("critical", "i.critical"),
    ("high", "i.high"),
    ("medium", "i.medium"),
    ("low", "i.low"),
    ("negligible", "i.negligible"),
    ("unknown", "i.unknown"),
    ("apart", "i.apart"),
    ("fixable", "i.fixable"),
    ("kev", "i.kev"),
];

/// Placements `p` with their repositories `r`, contents `i` and states `s`.
const PLACED: &str = "placement p JOIN repository r ON r.id = p.repository LEFT JOIN image i ON i.id = p.image \
     LEFT JOIN asset_state s ON s.placement = p.id";

/// Repositories with an image that is due.
const DUE: &str = "(SELECT d.repository FROM placement d WHERE d.due = 1 AND d.repository IS NOT NULL)";

/// What is summed up for each of.
#[derive(Clone, Copy)]
pub(super) enum By {
    Registry,
    Repository,
}

impl By {
    fn column(self) -> &'static str {
        match self {
            Self::Registry => "r.registry",
            Self::Repository => "r.id",
        }
    }
}

/// The sums as columns. A sum over nothing is none, and both databases give whole numbers.
fn columns(of: impl Fn(&(&str, &str)) -> String) -> String {
    let sum = |column| format!("CAST(COALESCE(sum({}), 0) AS BIGINT)", of(column));
    SUMS.iter().map(sum).collect::<Vec<_>>().join(", ")
}

/// Sums over [`PLACED`].
fn counted() -> String {
    columns(|(_, what)| (*what).to_owned())
}

fn read(row: &Row, from: usize) -> Result<Images, StoreError> {
    Ok(Images {
        images: row.get(from)?,
        states: States {
            healthy: row.get(from + 1)?,
            unhealthy: row.get(from + 2)?,
            not_applicable: row.get(from + 3)?,
            not_assessed: row.get(from + 4)?,
        },
        findings: Tally::read(row, from + 5)?,
    })
}

/// The images of each of these that are there and lie in the scopes `within`; who has none is not among them.
pub(super) fn images(
    tx: &mut Tx<'_>,
    by: By,
    ids: &[i64],
    within: &[String],
) -> Result<HashMap<i64, Images>, StoreError> {
    let mut all: HashMap<i64, Images> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let column = by.column();
    let of = || ids.iter().map(|id| Value::Int(*id));
    let kept = columns(|(name, _)| format!("k.{name}"));
    let mut kept =
        Select::new(format!("{column}, {kept}"), "repository r JOIN repository_sum k ON k.repository = r.id");
    kept.is_in(column, of()).and(&format!("r.id NOT IN {DUE}"), []);
    scopes::within(&mut kept, "k.scope", within);
    let mut due = Select::new(format!("{column}, {}", counted()), PLACED);
    due.is_in(column, of()).and(&format!("r.id IN {DUE}"), []).and("p.gone IS NULL", []);
    scopes::within(&mut due, "p.scope", within);
    for select in [kept, due] {
        for row in select.grouped(tx, column)? {
            all.entry(row.get(0)?).or_default().add(read(&row, 1)?);
        }
    }
    Ok(all)
}

/// Keeps the sums of the repositories of these places, which were judged in this transaction.
pub(crate) fn keep(tx: &mut Tx<'_>, placements: &[i64]) -> Result<(), StoreError> {
    let sql = |marks: &str| {
        format!("SELECT DISTINCT repository FROM placement WHERE id IN ({marks}) AND repository IS NOT NULL")
    };
    let mut repositories: Vec<i64> = by_number(tx, placements, sql, |row| row.get(0))?;
    repositories.sort_unstable();
    repositories.dedup();
    let names: Vec<&str> = SUMS.iter().map(|(name, _)| *name).collect();
    let (names, counted) = (names.join(", "), counted());
    for chunk in repositories.chunks(CHUNK) {
        let marks = marks(1, chunk.len());
        let bound: Vec<Value> = chunk.iter().map(|id| Value::Int(*id)).collect();
        tx.execute(&format!("DELETE FROM repository_sum WHERE repository IN ({marks})"), &bound)?;
        let sql = format!(
            "INSERT INTO repository_sum (repository, scope, {names}) SELECT r.id, p.scope, {counted} FROM {PLACED} \
             WHERE r.id IN ({marks}) AND p.gone IS NULL GROUP BY r.id, p.scope"
        );
        tx.execute(&sql, &bound)?;
    }
    Ok(())
}
