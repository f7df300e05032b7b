//! Places of what pipelines send: no registry tells of them.

use crate::{Micros, StoreError, Tx, values};

/// An image, or another target, that a pipeline sent.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// The asset: `published/<name>@sha256:…`.
    pub asset_id: &'a str,
    /// The image.
    pub image: i64,
    /// The manifest where there is one, else the identity of the content.
    pub digest: &'a str,
    /// Where it belongs.
    pub scope: &'a str,
    /// Whose it is, when it is new.
    pub owner: Option<&'a str>,
    /// Workflow, run, branch and commit, as JSON.
    pub publish: &'a str,
    /// When.
    pub at: Micros,
}

/// Number and scope of the place of an asset.
///
/// # Errors
/// What the database says.
pub fn find(tx: &mut Tx<'_>, asset_id: &str) -> Result<Option<(i64, String)>, StoreError> {
    let row = tx.query_opt("SELECT id, scope FROM placement WHERE asset_id = $1", &values![asset_id])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Keeps that something was published, to be judged. One that is known keeps its scope and owner, and is there again. Gives
/// the number of its place.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such image, scope or owner.
pub fn keep(tx: &mut Tx<'_>, published: &Published<'_>) -> Result<i64, StoreError> {
    tx.touch();
    let row = tx.query_one(
        "INSERT INTO placement (asset_id, image, manifest_digest, scope, owner, first_seen, last_seen, trigger, publish_json) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, 'publish', $7) ON CONFLICT (asset_id) DO UPDATE SET image = excluded.image, \
         last_seen = excluded.last_seen, gone = NULL, due = 1, trigger = excluded.trigger, publish_json = excluded.publish_json \
         RETURNING id",
        &values![
            published.asset_id,
            published.image,
            published.digest,
            published.scope,
            published.owner,
            published.at,
            published.publish,
        ],
    )?;
    row.get(0)
}
