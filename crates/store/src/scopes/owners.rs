use super::count;
use crate::{Key, Order, Page, PageRequest, Row, Select, StoreError, Tx, values};

/// The team that fixes an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Made by the caller.
    pub id: String,
    /// What people call it; unique.
    pub name: String,
    /// How it is reached; may be empty.
    pub contact: String,
}

const COLUMNS: &str = "id, name, contact";
const BY_NAME: Order = Order { name: "owners/by-name", keys: &[Key::up("name")] };

fn read(row: &Row) -> Result<Owner, StoreError> {
    Ok(Owner { id: row.get(0)?, name: row.get(1)?, contact: row.get(2)? })
}

/// Owners by name.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn owners(tx: &mut Tx<'_>, request: &PageRequest) -> Result<Page<Owner>, StoreError> {
    Select::new(COLUMNS, "owner").page(tx, &BY_NAME, request, read)
}

/// Adds an owner.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn create_owner(tx: &mut Tx<'_>, owner: &Owner) -> Result<(), StoreError> {
    let sql = "INSERT INTO owner (id, name, contact) VALUES ($1, $2, $3)";
    tx.execute(sql, &values![owner.id, owner.name, owner.contact]).map(drop)
}

/// The owner with this id.
///
/// # Errors
/// The store's.
pub fn find_owner(tx: &mut Tx<'_>, id: &str) -> Result<Option<Owner>, StoreError> {
    let row = tx.query_opt("SELECT id, name, contact FROM owner WHERE id = $1", &values![id])?;
    row.as_ref().map(read).transpose()
}

/// The owner with this name.
///
/// # Errors
/// The store's.
pub fn owner_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Owner>, StoreError> {
    let row = tx.query_opt("SELECT id, name, contact FROM owner WHERE name = $1", &values![name])?;
    row.as_ref().map(read).transpose()
}

/// Sets name and contact.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Duplicate`].
pub fn change_owner(tx: &mut Tx<'_>, owner: &Owner) -> Result<(), StoreError> {
    let sql = "UPDATE owner SET name = $2, contact = $3 WHERE id = $1";
    one(tx.execute(sql, &values![owner.id, owner.name, owner.contact])?, &owner.id)
}

/// What points at an owner, in words; `None`: it can be deleted.
///
/// # Errors
/// The store's.
pub fn owner_used_by(tx: &mut Tx<'_>, id: &str) -> Result<Option<String>, StoreError> {
    for (table, one, many) in [
        ("placement", "asset of it", "assets of it"),
        ("registry", "registry of it", "registries of it"),
        ("scope_rule", "rule that names it", "rules that name it"),
    ] {
        if let Some(used) = count(tx, table, "owner", id, one, many)? {
            return Ok(Some(format!("{} {}", used.count, used.what)));
        }
    }
    Ok(None)
}

/// Removes an owner at whom nothing points.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Constraint`].
pub fn delete_owner(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    one(tx.execute("DELETE FROM owner WHERE id = $1", &values![id])?, id)
}

fn one(changed: u64, id: &str) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::not_found("owner", id)) }
}
