//! Outgoing webhooks, and what is on its way to them.

use serde::{Deserialize, Serialize};

use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, Value, scopes, values};

/// How a webhook is used. Kept as one JSON text; fields that an older Seawall did not know have their default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The least severity that is posted.
    pub severity: model::Severity,
    /// Kinds of notices that are posted; none: all.
    pub kinds: Vec<String>,
    /// The form of the body, a slug.
    pub format: String,
    /// Addresses that are not public are allowed.
    pub allow_private: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            severity: model::Severity::Unknown,
            kinds: Vec::new(),
            format: "json".to_owned(),
            allow_private: false,
        }
    }
}

impl Settings {
    /// Is a notice of this kind and severity posted? One that nobody rated is, whatever the least severity.
    #[must_use]
    pub fn wants(&self, kind: &str, severity: model::Severity) -> bool {
        let rated = severity == model::Severity::Unknown || severity >= self.severity;
        rated && (self.kinds.is_empty() || self.kinds.iter().any(|wanted| wanted == kind))
    }
}

/// A webhook. Its secret is not in it: [`secret`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// Where notices are posted.
    pub url: String,
    /// Notices of this scope and those below it.
    pub scope: String,
    /// How it is used.
    pub settings: Settings,
    /// Is it used?
    pub on: bool,
    /// Since when it is there.
    pub created: Micros,
}

const COLUMNS: &str = "id, name, url, scope, settings_json, is_on, created";

fn read(row: &Row) -> Result<Webhook, StoreError> {
    let settings = serde_json::from_str(row.text(4)?)
        .map_err(|error| StoreError::Invalid(format!("the settings of a webhook do not read: {error}")))?;
    Ok(Webhook {
        id: row.get(0)?,
        name: row.get(1)?,
        url: row.get(2)?,
        scope: row.get(3)?,
        settings,
        on: row.get(5)?,
        created: row.get(6)?,
    })
}

fn json(settings: &Settings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|error| StoreError::Invalid(error.to_string()))
}

/// Adds a webhook without a secret and gives its number; [`set_secret`] follows in the same transaction.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken; [`StoreError::Constraint`] when there is no such scope.
pub fn create(tx: &mut Tx<'_>, new: &Webhook) -> Result<i64, StoreError> {
    let sql = "INSERT INTO webhook (name, url, scope, settings_json, is_on, created) \
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let row =
        tx.query_one(sql, &values![new.name, new.url, new.scope, json(&new.settings)?, new.on, new.created])?;
    row.get(0)
}

/// Keeps its sealed secret.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_secret(tx: &mut Tx<'_>, id: i64, sealed: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE webhook SET secret_sealed = $2 WHERE id = $1";
    changed(tx.execute(sql, &values![id, sealed])?, id)
}

/// Its sealed secret.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn secret(tx: &mut Tx<'_>, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    match tx.query_opt("SELECT secret_sealed FROM webhook WHERE id = $1", &values![id])? {
        Some(row) => row.get(0),
        None => Err(StoreError::not_found("webhook", id.to_string())),
    }
}

/// Changes all of a webhook but number, secret and age.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Duplicate`] when the name is taken.
pub fn change(tx: &mut Tx<'_>, webhook: &Webhook) -> Result<(), StoreError> {
    let sql =
        "UPDATE webhook SET name = $2, url = $3, scope = $4, settings_json = $5, is_on = $6 WHERE id = $1";
    let Webhook { id, name, url, scope, settings, on, .. } = webhook;
    changed(tx.execute(sql, &values![id, name, url, scope, json(settings)?, on])?, *id)
}

/// Removes a webhook with its deliveries.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn remove(tx: &mut Tx<'_>, id: i64) -> Result<(), StoreError> {
    changed(tx.execute("DELETE FROM webhook WHERE id = $1", &values![id])?, id)
}

fn changed(rows: u64, id: i64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::not_found("webhook", id.to_string())) } else { Ok(()) }
}

/// The webhook with this number.
///
/// # Errors
/// What the database says.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Webhook>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM webhook WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// The webhook with this name.
///
/// # Errors
/// What the database says.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Webhook>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM webhook WHERE name = $1"), &values![name])?;
    row.as_ref().map(read).transpose()
}

fn select(within: &[String]) -> Select {
    let mut select = Select::new(COLUMNS, "webhook");
    scopes::within(&mut select, "scope", within);
    select
}

/// Webhooks on these scopes and below them, by name.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn list(tx: &mut Tx<'_>, within: &[String], request: &PageRequest) -> Result<Page<Webhook>, StoreError> {
    const BY_NAME: Order = Order { name: "webhooks/by-name", keys: &[Key::up("name")] };
    select(within).page(tx, &BY_NAME, request, read)
}

/// How many webhooks there are on these scopes and below them.
///
/// # Errors
/// What the database says.
pub fn count(tx: &mut Tx<'_>, within: &[String]) -> Result<u64, StoreError> {
    select(within).count(tx)
}

/// Webhooks in use on `scope` or above it: those that its notices are posted to.
///
/// # Errors
/// What the database says.
pub fn reaching(tx: &mut Tx<'_>, scope: &str) -> Result<Vec<Webhook>, StoreError> {
    let mut select = Select::new(COLUMNS, "webhook");
    select.and("is_on = 1", []);
    select.is_in("scope", scopes::path(scope).into_iter().map(|scope| Value::Text(scope.to_owned())));
    const BY_NUMBER: Order = Order { name: "webhooks/reaching", keys: &[Key::up("id")] };
    let (mut all, mut request) = (Vec::new(), PageRequest::first(crate::MAX_LIMIT));
    loop {
        let page = select.page(tx, &BY_NUMBER, &request, read)?;
        all.extend(page.items);
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is to be tried.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    fn of(word: &str) -> Result<Self, StoreError> {
        [Self::Waiting, Self::Delivered, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| StoreError::Invalid(format!("'{word}' is no state of a delivery")))
    }
}

/// A notice on its way to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// The webhook.
    pub webhook: i64,
    /// The notice; `None`: a test.
    pub notice: Option<i64>,
    /// How it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created: Micros,
    /// When it is tried next.
    pub next: Micros,
    /// When it was delivered or given up.
    pub finished: Option<Micros>,
}

const DELIVERY: &str = "id, webhook, notice, state, attempts, status, last_error, created, next_at, finished";

fn read_delivery(row: &Row) -> Result<Delivery, StoreError> {
    let status: Option<u32> = row.get(5)?;
    Ok(Delivery {
        id: row.get(0)?,
        webhook: row.get(1)?,
        notice: row.get(2)?,
        state: DeliveryState::of(row.text(3)?)?,
        attempts: row.get(4)?,
        status: status.and_then(|status| u16::try_from(status).ok()),
        error: row.get(6)?,
        created: row.get(7)?,
        next: row.get(8)?,
        finished: row.get(9)?,
    })
}

/// Has a body sent to a webhook, and gives the delivery's number.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such webhook or notice.
pub fn deliver(
    tx: &mut Tx<'_>,
    webhook: i64,
    notice: Option<i64>,
    body: &str,
    now: Micros,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO webhook_delivery (webhook, notice, body, created, next_at) \
               VALUES ($1, $2, $3, $4, $4) RETURNING id";
    tx.query_one(sql, &values![webhook, notice, body, now])?.get(0)
}

/// Deliveries of a webhook, the latest first.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn deliveries(
    tx: &mut Tx<'_>,
    webhook: i64,
    request: &PageRequest,
) -> Result<Page<Delivery>, StoreError> {
    const LATEST: Order = Order { name: "deliveries/latest", keys: &[Key::down("id")] };
    let mut select = Select::new(DELIVERY, "webhook_delivery");
    select.and("webhook = ?", values![webhook]);
    select.page(tx, &LATEST, request, read_delivery)
}

/// The delivery with this number.
///
/// # Errors
/// What the database says.
pub fn delivery(tx: &mut Tx<'_>, id: i64) -> Result<Option<Delivery>, StoreError> {
    let sql = format!("SELECT {DELIVERY} FROM webhook_delivery WHERE id = $1");
    tx.query_opt(&sql, &values![id])?.as_ref().map(read_delivery).transpose()
}

/// A delivery that is to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub id: i64,
    /// Which attempt this is, from 1: who comes to an end after another began changes nothing.
    pub attempt: u32,
    /// Where it goes.
    pub webhook: Webhook,
    /// The key that signs it, sealed.
    pub secret: Option<Vec<u8>>,
    /// What is sent.
    pub body: String,
}

/// Is a delivery due?
///
/// # Errors
/// What the database says.
pub fn any_due(tx: &mut Tx<'_>, now: Micros) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM webhook_delivery WHERE state = 'waiting' AND next_at <= $1 LIMIT 1";
    Ok(tx.query_opt(sql, &values![now])?.is_some())
}

/// Takes the next delivery that is due, of a webhook that is used and not in `busy`. Until `until` nobody else takes it.
///
/// # Errors
/// What the database says.
pub fn take(tx: &mut Tx<'_>, busy: &[i64], now: Micros, until: Micros) -> Result<Option<Due>, StoreError> {
    let mut select = Select::new("d.id", "webhook_delivery d JOIN webhook w ON w.id = d.webhook");
    select.and("d.state = 'waiting' AND w.is_on = 1", []).and("d.next_at <= ?", values![now]);
    if !busy.is_empty() {
        let marks = vec!["?"; busy.len()].join(", ");
        select.and(&format!("d.webhook NOT IN ({marks})"), busy.iter().map(|id| Value::Int(*id)));
    }
    const FIRST: Order = Order { name: "deliveries/due", keys: &[Key::up("d.next_at"), Key::up("d.id")] };
    let page = select.page(tx, &FIRST, &PageRequest::first(1), |row| row.get::<i64>(0))?;
    match page.items.first() {
        Some(id) => take_this(tx, *id, until),
        None => Ok(None),
    }
}

/// Takes one delivery, if it waits, whether it is due or not. Until `until` nobody else takes it.
///
/// # Errors
/// What the database says.
pub fn take_this(tx: &mut Tx<'_>, id: i64, until: Micros) -> Result<Option<Due>, StoreError> {
    let sql = "SELECT attempts, body, webhook FROM webhook_delivery WHERE id = $1 AND state = 'waiting'";
    let Some(row) = tx.query_opt(sql, &values![id])? else { return Ok(None) };
    let (attempts, body, webhook): (u32, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let sql = "UPDATE webhook_delivery SET attempts = attempts + 1, next_at = $2 WHERE id = $1";
    tx.execute(sql, &values![id, until])?;
    let secret = secret(tx, webhook)?;
    let Some(webhook) = find(tx, webhook)? else { return Ok(None) };
    Ok(Some(Due { id, attempt: attempts.saturating_add(1), webhook, secret, body }))
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// HTTP status of the answer, where one came.
    pub status: Option<u16>,
    /// Why it failed; `None`: it was delivered.
    pub error: Option<String>,
    /// When it is tried again; `None`: never.
    pub again: Option<Micros>,
}

/// Notes what came of attempt `attempt`. Says whether it was still that attempt's to say.
///
/// # Errors
/// What the database says.
pub fn attempted(
    tx: &mut Tx<'_>,
    id: i64,
    attempt: u32,
    what: &Attempted,
    now: Micros,
) -> Result<bool, StoreError> {
    let (state, finished) = match (&what.error, what.again) {
        (None, _) => (DeliveryState::Delivered, Some(now)),
        (Some(_), None) => (DeliveryState::Failed, Some(now)),
        (Some(_), Some(_)) => (DeliveryState::Waiting, None),
    };
    let sql = "UPDATE webhook_delivery SET state = $3, status = $4, last_error = $5, next_at = $6, finished = $7 \
               WHERE id = $1 AND attempts = $2 AND state = 'waiting'";
    let status = what.status.map(u32::from);
    let next = what.again.unwrap_or(now);
    let rows = tx.execute(sql, &values![id, attempt, state.as_str(), status, what.error, next, finished])?;
    Ok(rows > 0)
}

/// Has a delivery sent again, at once and with all its attempts before it. One that is being sent is left alone.
///
/// # Errors
/// What the database says.
pub fn retry(tx: &mut Tx<'_>, id: i64, now: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = $2, finished = NULL \
               WHERE id = $1 AND state <> 'waiting'";
    Ok(tx.execute(sql, &values![id, now])? > 0)
}

/// Forgets deliveries that ended before `before`. Says how many.
///
/// # Errors
/// What the database says.
pub fn forget(tx: &mut Tx<'_>, before: Micros) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM webhook_delivery WHERE finished < $1", &values![before])
}
