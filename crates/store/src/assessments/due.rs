//! Who is to be judged again. Whoever changes what an assessment hangs on marks the asset in the same transaction; the
//! engine takes the marked ones and clears the mark in the transaction in which it writes what it found.

use crate::{StoreError, Tx, values};

/// Marks the places of an image, by its number.
pub(crate) const IMAGE_DUE: &str = "UPDATE placement SET due = 1 WHERE image = $1 AND due = 0";

/// A place is to be judged again.
///
/// # Errors
/// What the database says.
pub fn mark_placement_due(tx: &mut Tx<'_>, placement: i64) -> Result<(), StoreError> {
    tx.touch();
    tx.execute("UPDATE placement SET due = 1 WHERE id = $1 AND due = 0", &values![placement]).map(drop)
}

/// All places of an image are.
///
/// # Errors
/// What the database says.
pub fn mark_image_due(tx: &mut Tx<'_>, image: i64) -> Result<(), StoreError> {
    tx.touch();
    tx.execute(IMAGE_DUE, &values![image]).map(drop)
}

/// A registry is, without its images.
///
/// # Errors
/// What the database says.
pub fn mark_registry_due(tx: &mut Tx<'_>, registry: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE registry SET due = 1 WHERE id = $1 AND due = 0", &values![registry]).map(drop)
}

/// All images of a registry that are there are. Says how many.
///
/// # Errors
/// What the database says.
pub fn mark_images_of_registry_due(tx: &mut Tx<'_>, registry: i64) -> Result<u64, StoreError> {
    tx.touch();
    let sql = "UPDATE placement SET due = 1 WHERE due = 0 AND gone IS NULL \
               AND repository IN (SELECT id FROM repository WHERE registry = $1)";
    tx.execute(sql, &values![registry])
}

/// All assets in a scope and below it are, as when a rule, an exemption or a plan of it changed. Says how many.
///
/// # Errors
/// What the database says.
pub fn mark_scope_due(tx: &mut Tx<'_>, scope: &str) -> Result<u64, StoreError> {
    tx.touch();
    if scope.is_empty() {
        return mark_all_due(tx);
    }
    // Below `a` lies what begins with `a/`; the byte after `/` is `0`.
    let bound = values![scope, format!("{scope}/"), format!("{scope}0")];
    let within = "(scope = $1 OR (scope > $2 AND scope < $3))";
    let sql = format!("UPDATE placement SET due = 1 WHERE due = 0 AND gone IS NULL AND {within}");
    let images = tx.execute(&sql, &bound)?;
    let registries =
        tx.execute(&format!("UPDATE registry SET due = 1 WHERE due = 0 AND {within}"), &bound)?;
    Ok(images + registries)
}

/// The asset with this id and all inside it are: `registry/main/shop/web` also means its images. Says how many.
///
/// # Errors
/// What the database says.
pub fn mark_asset_due(tx: &mut Tx<'_>, asset: &str) -> Result<u64, StoreError> {
    tx.touch();
    // What is inside goes on with `/` or `@`: the bytes after them are `0` and `A`.
    let bound =
        values![asset, format!("{asset}/"), format!("{asset}0"), format!("{asset}@"), format!("{asset}A")];
    let sql = "UPDATE placement SET due = 1 WHERE due = 0 AND gone IS NULL AND (asset_id = $1 \
               OR (asset_id > $2 AND asset_id < $3) OR (asset_id > $4 AND asset_id < $5))";
    let images = tx.execute(sql, &bound)?;
    let Some(name) = asset.strip_prefix("registry/").filter(|name| !name.contains('/')) else {
        return Ok(images);
    };
    let registries = tx.execute("UPDATE registry SET due = 1 WHERE due = 0 AND name = $1", &values![name])?;
    Ok(images + registries)
}

/// Everything that is there is. Says how many.
///
/// # Errors
/// What the database says.
pub fn mark_all_due(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.touch();
    let images = tx.execute("UPDATE placement SET due = 1 WHERE due = 0 AND gone IS NULL", &[])?;
    Ok(images + tx.execute("UPDATE registry SET due = 1 WHERE due = 0", &[])?)
}

/// Numbers of places that are due, at most `limit`; those of one repository follow each other.
///
/// # Errors
/// What the database says.
pub fn due_placements(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<i64>, StoreError> {
    let rows =
        tx.query("SELECT id FROM placement WHERE due = 1 ORDER BY repository, id LIMIT $1", &values![limit])?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Registries that are due, by number.
///
/// # Errors
/// What the database says.
pub fn due_registries(tx: &mut Tx<'_>) -> Result<Vec<i64>, StoreError> {
    let rows = tx.query("SELECT id FROM registry WHERE due = 1 ORDER BY id", &[])?;
    rows.iter().map(|row| row.get(0)).collect()
}
