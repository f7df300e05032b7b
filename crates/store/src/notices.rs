//! Notices: what people should know. Whatever happens again is the same row, counted, so that a flood of findings is one
//! line and not a thousand.

use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value,
    matches::{severity, severity_number},
    scopes::within,
    values,
};

/// How long a notice must have been quiet to begin anew: it is unread again then, and goes to webhooks again.
pub const QUIET: i64 = Micros::DAY;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'a> {
    /// What it is grouped by; what has the same key is one notice.
    pub key: &'a str,
    /// What kind of thing happened, a slug.
    pub kind: &'a str,
    /// Where; empty: the whole hub.
    pub scope: &'a str,
    /// How bad.
    pub severity: model::Severity,
    /// One line.
    pub title: &'a str,
    /// A sentence; empty where the title says it all.
    pub detail: &'a str,
    /// The path of the console's page about it.
    pub link: &'a str,
    /// How many things it happened to.
    pub count: u64,
}

/// What raising a notice did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Its number.
    pub id: i64,
    /// It is new, or begins anew after it was quiet for [`QUIET`].
    pub anew: bool,
}

/// A notice as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number.
    pub id: i64,
    /// What kind of thing happened.
    pub kind: String,
    /// Where.
    pub scope: String,
    /// How bad.
    pub severity: model::Severity,
    /// One line.
    pub title: String,
    /// A sentence.
    pub detail: String,
    /// The path of the console's page about it.
    pub link: String,
    /// When it happened first.
    pub first: Micros,
    /// When it last began anew.
    pub raised: Micros,
    /// When it happened last.
    pub last: Micros,
    /// How many things it happened to.
    pub count: u64,
    /// Who asks has seen it since it began anew.
    pub seen: bool,
}

/// Which notices are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these scopes and those below them; none: no notice at all.
    pub within: Vec<String>,
    /// Of this scope and those below it; empty: of all.
    pub scope: String,
    /// Seen by who asks (`false`: only what is unread).
    pub seen: Option<bool>,
}

/// Notes that something happened: a new notice, or one more time of one that is there. What it says is what was said last.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope.
pub fn raise(tx: &mut Tx<'_>, new: &NewNotice<'_>, now: Micros) -> Result<Raised, StoreError> {
    let known = tx.query_opt("SELECT id, last FROM notice WHERE key = $1", &values![new.key])?;
    if let Some(row) = known {
        let (id, last): (i64, Micros) = (row.get(0)?, row.get(1)?);
        let anew = last.plus(QUIET) <= now;
        tx.execute(
            "UPDATE notice SET severity = $2, title = $3, detail = $4, link = $5, count = count + $6, \
             last = CASE WHEN last < $7 THEN $7 ELSE last END, raised = CASE WHEN $8 = 1 THEN $7 ELSE raised END \
             WHERE id = $1",
            &values![
                id,
                severity_number(new.severity),
                new.title,
                new.detail,
                new.link,
                new.count,
                now,
                anew
            ],
        )?;
        return Ok(Raised { id, anew });
    }
    let row = tx.query_one(
        "INSERT INTO notice (key, kind, scope, severity, title, detail, link, first, raised, last, count) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9) RETURNING id",
        &values![
            new.key,
            new.kind,
            new.scope,
            severity_number(new.severity),
            new.title,
            new.detail,
            new.link,
            now,
            new.count
        ],
    )?;
    Ok(Raised { id: row.get(0)?, anew: true })
}

const COLUMNS: &str = "n.id, n.kind, n.scope, n.severity, n.title, n.detail, n.link, n.first, n.raised, n.last, n.count, \
     CASE WHEN s.at IS NOT NULL AND s.at >= n.raised THEN 1 ELSE 0 END";

/// The tail of `SELECT … FROM` with the looks of one user, whose id is the first value.
const FROM: &str = "notice n LEFT JOIN notice_seen s ON s.notice = n.id AND s.user_id = ?";

fn read(row: &Row) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.get(0)?,
        kind: row.get(1)?,
        scope: row.get(2)?,
        severity: severity(row.get(3)?),
        title: row.get(4)?,
        detail: row.get(5)?,
        link: row.get(6)?,
        first: row.get(7)?,
        raised: row.get(8)?,
        last: row.get(9)?,
        count: row.get(10)?,
        seen: row.get(11)?,
    })
}

fn select(filter: &Filter, user: &str) -> Select {
    let mut select = Select::new(COLUMNS, FROM).with(values![user]);
    within(&mut select, "n.scope", &filter.within);
    if !filter.scope.is_empty() {
        within(&mut select, "n.scope", std::slice::from_ref(&filter.scope));
    }
    match filter.seen {
        Some(true) => _ = select.and("s.at >= n.raised", []),
        Some(false) => _ = select.and("s.at IS NULL OR s.at < n.raised", []),
        None => {}
    }
    select
}

/// Notices as `user` sees them, the latest first.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    user: &str,
    request: &PageRequest,
) -> Result<Page<Notice>, StoreError> {
    const BY_TIME: Order = Order { name: "notices/last", keys: &[Key::down("n.last"), Key::down("n.id")] };
    select(filter, user).page(tx, &BY_TIME, request, read)
}

/// How many notices there are for `user`.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, filter: &Filter, user: &str) -> Result<u64, StoreError> {
    select(filter, user).count(tx)
}

/// The notice with this number, as `user` sees it.
///
/// # Errors
/// What the database says.
pub fn find(tx: &mut Tx<'_>, id: i64, user: &str) -> Result<Option<Notice>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM notice n LEFT JOIN notice_seen s ON s.notice = n.id AND s.user_id = $1 WHERE n.id = $2"
    );
    tx.query_opt(&sql, &values![user, id])?.as_ref().map(read).transpose()
}

const SEEN: &str = "INSERT INTO notice_seen (notice, user_id, at) VALUES ($1, $2, $3) \
     ON CONFLICT (notice, user_id) DO UPDATE SET at = excluded.at";

/// `user` has seen a notice.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such notice or user.
pub fn see(tx: &mut Tx<'_>, id: i64, user: &str, now: Micros) -> Result<(), StoreError> {
    tx.execute(SEEN, &values![id, user, now]).map(drop)
}

/// `user` has seen all that `filter` keeps and that was unread. Says how many.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such user.
pub fn see_all(tx: &mut Tx<'_>, filter: &Filter, user: &str, now: Micros) -> Result<u64, StoreError> {
    let unread = select(&Filter { seen: Some(false), ..filter.clone() }, user);
    const BY_NUMBER: Order = Order { name: "notices/number", keys: &[Key::up("n.id")] };
    let mut request = PageRequest::first(crate::MAX_LIMIT);
    let mut rows: Vec<Vec<Value>> = Vec::new();
    loop {
        let page = unread.page(tx, &BY_NUMBER, &request, |row| row.get::<i64>(0))?;
        rows.extend(page.items.iter().map(|id| values![id, user, now].to_vec()));
        match page.next {
            Some(next) => request.after = Some(next),
            None => break,
        }
    }
    tx.execute_many(SEEN, &rows)?;
    Ok(rows.len() as u64)
}

/// When the notice of this key happened last.
///
/// # Errors
/// What the database says.
pub fn last(tx: &mut Tx<'_>, key: &str) -> Result<Option<Micros>, StoreError> {
    let row = tx.query_opt("SELECT last FROM notice WHERE key = $1", &values![key])?;
    row.map(|row| row.get(0)).transpose()
}

/// Numbers and scopes of notices that happened since `since`, at most `limit`: what open pages are told of.
///
/// # Errors
/// What the database says.
pub fn since(tx: &mut Tx<'_>, since: Micros, limit: u32) -> Result<Vec<(i64, String, Micros)>, StoreError> {
    let sql = "SELECT id, scope, last FROM notice WHERE last > $1 ORDER BY last, id LIMIT $2";
    let rows = tx.query(sql, &values![since, limit])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// Forgets notices that did not happen since `before`, with their deliveries. Says how many.
///
/// # Errors
/// What the database says.
pub fn forget(tx: &mut Tx<'_>, before: Micros) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM notice WHERE last < $1", &values![before])
}
