//! What lies on machines: root file systems and the images of their container engines.
//!
//! Such a place is a placement like one of a registry, but for its repository: there is none. Its id is
//! `host/<machine>/rootfs` or `host/<machine>/image/<digest>`.

use crate::{Micros, StoreError, Tx, placements, values};

/// The id of a machine's root file system, as an asset.
#[must_use]
pub fn rootfs_id(machine: &str) -> String {
    format!("host/{machine}/rootfs")
}

/// The id of an image on a machine, as an asset.
#[must_use]
pub fn image_id(machine: &str, digest: &str) -> String {
    format!("{}{digest}", images(machine))
}

/// How the ids of a machine's images begin.
fn images(machine: &str) -> String {
    format!("host/{machine}/image/")
}

/// Something that was seen on a machine.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The asset's id.
    pub asset_id: &'a str,
    /// The engine's id of an image; of a root file system the digest that stands for it.
    pub digest: &'a str,
    /// Where it belongs, when it is new.
    pub scope: &'a str,
    /// What shows it: the names of an image, the path of a root; JSON.
    pub evidence: &'a str,
    /// When.
    pub at: Micros,
}

/// Keeps that something is there, and gives the number of its place. Times never go back.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope.
pub fn see(tx: &mut Tx<'_>, found: &Found<'_>) -> Result<i64, StoreError> {
    let sql = "INSERT INTO placement (asset_id, manifest_digest, scope, first_seen, last_seen, trigger, evidence_json) \
               VALUES ($1, $2, $3, $4, $4, 'host', $5) ON CONFLICT (asset_id) DO UPDATE SET gone = NULL, \
               due = CASE WHEN placement.gone IS NULL THEN placement.due ELSE 1 END, \
               last_seen = CASE WHEN placement.last_seen < excluded.last_seen THEN excluded.last_seen \
               ELSE placement.last_seen END, evidence_json = excluded.evidence_json RETURNING id";
    let Found { asset_id, digest, scope, evidence, at } = *found;
    tx.query_one(sql, &values![asset_id, digest, scope, at, evidence])?.get(0)
}

/// Retires the images of a machine that were not seen since `before`; says which.
///
/// # Errors
/// What the database says.
pub fn retire(tx: &mut Tx<'_>, machine: &str, before: Micros, at: Micros) -> Result<Vec<i64>, StoreError> {
    let from = images(machine);
    // The byte after `/`: a range of the index on the id.
    let to = format!("{}0", from.trim_end_matches('/'));
    let sql = "UPDATE placement SET gone = $4, due = 1 WHERE asset_id > $1 AND asset_id < $2 AND gone IS NULL \
               AND last_seen < $3 RETURNING id";
    tx.query(sql, &values![from, to, before, at])?.iter().map(|row| row.get(0)).collect()
}

/// Notes why a place could not be read, as JSON of problems. What was read of it before stays.
///
/// # Errors
/// What the database says.
pub fn failed(
    tx: &mut Tx<'_>,
    digest: &str,
    kind: &str,
    problems: &str,
    now: Micros,
) -> Result<(), StoreError> {
    placements::failed(tx, digest, digest, problems, now)?;
    let sql = "UPDATE image SET kind = $2 WHERE config_digest = $1 AND catalogued_at IS NULL AND kind <> $2";
    tx.execute(sql, &values![digest, kind]).map(drop)
}
