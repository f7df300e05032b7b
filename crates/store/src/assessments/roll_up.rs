//! From images to repositories to registries.

use super::write::Counts;
use crate::{StoreError, Tx, values};

/// A repository with its images by state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryParts {
    /// Its name.
    pub name: String,
    /// Its registry's number.
    pub registry: i64,
    /// Its registry's name.
    pub registry_name: String,
    /// The scope of its registry.
    pub registry_scope: String,
    /// Its images that are there.
    pub parts: Counts,
}

/// A repository with its images by state; `None`: it is gone.
///
/// # Errors
/// What the database says.
pub fn repository(tx: &mut Tx<'_>, repository: i64) -> Result<Option<RepositoryParts>, StoreError> {
    let sql = "SELECT r.name, g.id, g.name, g.scope FROM repository r JOIN registry g ON g.id = r.registry WHERE r.id = $1";
    let Some(row) = tx.query_opt(sql, &values![repository])? else { return Ok(None) };
    let mut parts = Counts::default();
    let sql = "SELECT s.state, count(*) FROM placement p JOIN asset_state s ON s.placement = p.id \
               WHERE p.repository = $1 AND p.gone IS NULL GROUP BY s.state";
    for row in tx.query(sql, &values![repository])? {
        let count: u64 = row.get(1)?;
        match row.text(0)? {
            "healthy" => parts.healthy = count,
            "unhealthy" => parts.unhealthy = count,
            "not_applicable" => parts.not_applicable = count,
            _ => parts.not_assessed = count,
        }
    }
    Ok(Some(RepositoryParts {
        name: row.get(0)?,
        registry: row.get(1)?,
        registry_name: row.get(2)?,
        registry_scope: row.get(3)?,
        parts,
    }))
}

/// The images of a registry by state: the sums of its repositories.
///
/// # Errors
/// What the database says.
pub fn images_of_registry(tx: &mut Tx<'_>, registry: i64) -> Result<Counts, StoreError> {
    let sum = |column: &str| format!("CAST(COALESCE(SUM(s.{column}), 0) AS BIGINT)");
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM repository r JOIN asset_state s ON s.repository = r.id WHERE r.registry = $1",
        sum("healthy"),
        sum("unhealthy"),
        sum("not_applicable"),
        sum("not_assessed"),
    );
    let row = tx.query_one(&sql, &values![registry])?;
    Ok(Counts {
        healthy: row.get(0)?,
        unhealthy: row.get(1)?,
        not_applicable: row.get(2)?,
        not_assessed: row.get(3)?,
    })
}
