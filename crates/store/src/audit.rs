//! Who changed what: a row in the transaction of the change.

use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, values};

/// A change, to be written down in its own transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// When.
    pub at: Micros,
    /// Who: `user/jane`, `token/…`, `hub`.
    pub actor: String,
    /// What was done: `user.create`.
    pub action: String,
    /// To what: `user/jane`.
    pub subject: String,
    /// What was there before, as JSON; without secrets.
    pub before: Option<String>,
    /// What is there since, as JSON; without secrets.
    pub after: Option<String>,
    /// The entry whose change this one takes back. An entry is taken back once.
    pub undo_of: Option<i64>,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; later entries have larger ones.
    pub id: i64,
    /// When.
    pub at: Micros,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What was there before, as JSON.
    pub before: Option<String>,
    /// What is there since, as JSON.
    pub after: Option<String>,
    /// The entry whose change this one takes back.
    pub undo_of: Option<i64>,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

/// Which entries are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// What this one did.
    pub actor: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// What was done to this.
    pub subject: Option<String>,
    /// At this time or later.
    pub since: Option<Micros>,
    /// Before this time.
    pub until: Option<Micros>,
}

const COLUMNS: &str = "id, at, actor, action, subject, before_json, after_json, undo_of, request_id";
const BY_TIME: Order = Order { name: "audit/by-time", keys: &[Key::up("at"), Key::up("id")] };

fn read(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        before: row.get(5)?,
        after: row.get(6)?,
        undo_of: row.get(7)?,
        request_id: row.get(8)?,
    })
}

/// Writes an entry.
///
/// # Errors
/// [`StoreError::Duplicate`] when what it takes back was taken back already.
pub fn record(tx: &mut Tx<'_>, entry: &NewEntry) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit (at, actor, action, subject, before_json, after_json, undo_of, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &values![
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            entry.before,
            entry.after,
            entry.undo_of,
            entry.request_id
        ],
    )
    .map(drop)
}

/// The entry with this number.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Entry>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM audit WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// The entry by which another's change was taken back.
///
/// # Errors
/// The store's.
pub fn undo_of(tx: &mut Tx<'_>, id: i64) -> Result<Option<Entry>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM audit WHERE undo_of = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// Entries, the oldest first.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Entry>, StoreError> {
    let mut select = Select::new(COLUMNS, "audit");
    for (condition, value) in
        [("actor = ?", &filter.actor), ("action = ?", &filter.action), ("subject = ?", &filter.subject)]
    {
        if let Some(value) = value {
            select.and(condition, values![value]);
        }
    }
    if let Some(since) = filter.since {
        select.and("at >= ?", values![since]);
    }
    if let Some(until) = filter.until {
        select.and("at < ?", values![until]);
    }
    select.page(tx, &BY_TIME, request, read)
}
