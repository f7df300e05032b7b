//! People with a password.

use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, values};

/// A person who can log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Made by the caller; never used again.
    pub id: String,
    /// To log in with; unique.
    pub name: String,
    /// argon2id, as a PHC string.
    pub password_hash: String,
    /// Since when.
    pub created: Micros,
    /// May not log in.
    pub disabled: bool,
}

impl std::fmt::Debug for User {
    /// Without the hash: it can be tried against guesses.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("created", &self.created)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Which users are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The name contains this.
    pub name: Option<String>,
    /// Disabled, or not.
    pub disabled: Option<bool>,
}

const COLUMNS: &str = "id, name, password_hash, created, disabled";
const BY_NAME: Order = Order { name: "users/by-name", keys: &[Key::up("name")] };

fn read(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        password_hash: row.get(2)?,
        created: row.get(3)?,
        disabled: row.get(4)?,
    })
}

/// Is there any user?
///
/// # Errors
/// The store's.
pub fn any(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.query_opt("SELECT 1 FROM app_user LIMIT 1", &[])?.is_some())
}

/// Adds a user.
///
/// # Errors
/// [`StoreError::Duplicate`] when the id or the name is taken.
pub fn create(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO app_user (id, name, password_hash, created, disabled) VALUES ($1, $2, $3, $4, $5)",
        &values![user.id, user.name, user.password_hash, user.created, user.disabled],
    )
    .map(drop)
}

/// The user with this id.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<User>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM app_user WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// The user with this name.
///
/// # Errors
/// The store's.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<User>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM app_user WHERE name = $1"), &values![name])?;
    row.as_ref().map(read).transpose()
}

/// Users by name.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<User>, StoreError> {
    let mut select = Select::new(COLUMNS, "app_user");
    if let Some(part) = &filter.name {
        select.and("name LIKE ? ESCAPE '\\'", values![crate::page::containing(part)]);
    }
    if let Some(disabled) = filter.disabled {
        select.and("disabled = ?", values![disabled]);
    }
    select.page(tx, &BY_NAME, request, read)
}

/// Sets the hash of a user's password.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_password(tx: &mut Tx<'_>, id: &str, password_hash: &str) -> Result<(), StoreError> {
    let sql = "UPDATE app_user SET password_hash = $2 WHERE id = $1";
    one(tx.execute(sql, &values![id, password_hash])?, id)
}

/// Lets a user log in, or not any more.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_disabled(tx: &mut Tx<'_>, id: &str, disabled: bool) -> Result<(), StoreError> {
    one(tx.execute("UPDATE app_user SET disabled = $2 WHERE id = $1", &values![id, disabled])?, id)
}

fn one(changed: u64, id: &str) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::not_found("user", id)) }
}
