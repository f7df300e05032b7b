//! API tokens. Only the hash of a token's secret is known here.

use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, values};

/// A machine's credential, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// A part of the token itself, by which it is looked up.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Of its secret.
    pub hash: String,
    /// Since when.
    pub created: Micros,
    /// Until when; `None`: without an end.
    pub expires: Option<Micros>,
    /// The id of the user who made it.
    pub created_by: String,
    /// Dead for good.
    pub revoked: bool,
}

/// Which tokens are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Made by this user.
    pub created_by: Option<String>,
    /// Revoked, or not.
    pub revoked: Option<bool>,
}

const COLUMNS: &str = "id, name, hash, created, expires, created_by, revoked";
const BY_AGE: Order = Order { name: "tokens/by-age", keys: &[Key::up("created"), Key::up("id")] };

fn read(row: &Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        hash: row.get(2)?,
        created: row.get(3)?,
        expires: row.get(4)?,
        created_by: row.get(5)?,
        revoked: row.get(6)?,
    })
}

/// Adds a token.
///
/// # Errors
/// [`StoreError::Duplicate`] when the id is taken, [`StoreError::Constraint`] when there is no such user.
pub fn create(tx: &mut Tx<'_>, token: &Token) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO api_token (id, name, hash, created, expires, created_by, revoked) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &values![
            token.id,
            token.name,
            token.hash,
            token.created,
            token.expires,
            token.created_by,
            token.revoked
        ],
    )
    .map(drop)
}

/// The token with this id, alive or not.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Token>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM api_token WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// Tokens, the oldest first.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Token>, StoreError> {
    let mut select = Select::new(COLUMNS, "api_token");
    if let Some(user) = &filter.created_by {
        select.and("created_by = ?", values![user]);
    }
    if let Some(revoked) = filter.revoked {
        select.and("revoked = ?", values![revoked]);
    }
    select.page(tx, &BY_AGE, request, read)
}

/// Ends a token for good.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn revoke(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    match tx.execute("UPDATE api_token SET revoked = 1 WHERE id = $1", &values![id])? {
        1 => Ok(()),
        _ => Err(StoreError::not_found("token", id)),
    }
}
