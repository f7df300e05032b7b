//! Registries that are watched: where they are, what of them is looked at, and how far the look went.

use serde::{Deserialize, Serialize};

use crate::{Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, Tx, assessments, values};

/// How a registry is watched. Kept as one JSON text; fields that an older Seawall did not know have their default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Patterns of repositories that are watched; none: all. `*` stands for any text, `/` included.
    pub include: Vec<String>,
    /// Patterns of repositories that are not, though `include` has them.
    pub exclude: Vec<String>,
    /// Certificate authorities to trust beside the system's, in PEM form.
    pub authorities: String,
    /// The user name; the password lies sealed. Empty: there are no credentials.
    pub user: String,
    /// Plain HTTP and unverified certificates are allowed.
    pub insecure: bool,
    /// Private hosts that the registry may send us to.
    pub allow_hosts: Vec<String>,
    /// Scans and look-ups at once.
    pub concurrency: u32,
    /// Seconds between two looks at the whole catalogue; 0: never, it tells everything by notifications.
    pub poll_seconds: u64,
    /// An image that was pulled, pushed or imported within so many days is assessed.
    pub assess_days: u32,
    /// Random text in our user agent, by which the registry's notifications show our own requests.
    pub mark: String,
    /// SHA-256, in hexadecimal, of the secret with which notifications come; empty: none are taken.
    pub events_hash: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            authorities: String::new(),
            user: String::new(),
            insecure: false,
            allow_hosts: Vec::new(),
            concurrency: 2,
            poll_seconds: 900,
            assess_days: 30,
            mark: String::new(),
            events_hash: String::new(),
        }
    }
}

impl Settings {
    /// Is this repository watched?
    #[must_use]
    pub fn watches(&self, repository: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, repository));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

/// Does `text` fit `pattern`, in which `*` stands for any text? In time that is linear in each of them for every star.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and the text that it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => (p, t) = (p + 1, t + 1),
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    (p, t) = (*at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// How a registry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryState {
    /// Nobody has looked at it yet.
    New,
    /// The last look went well.
    Ok,
    /// The last look failed.
    Failing,
    /// It is not looked at until someone says so.
    Paused,
}

impl RegistryState {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Paused => "paused",
        }
    }

    fn of(word: &str) -> Result<Self, StoreError> {
        [Self::New, Self::Ok, Self::Failing, Self::Paused]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| StoreError::Invalid(format!("'{word}' is no state of a registry")))
    }
}

/// A registry. Its credentials are not in it: [`secret`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Its number.
    pub id: i64,
    /// Its name, a part of asset ids.
    pub name: String,
    /// Its address, as one writes it: `registry.example:5000`.
    pub address: String,
    /// Where its images belong that no rule puts elsewhere.
    pub scope: String,
    /// How it is watched.
    pub settings: Settings,
    /// Are there credentials?
    pub has_secret: bool,
    /// When it was connected.
    pub created: Micros,
    /// How it is.
    pub state: RegistryState,
    /// Why, where that is to be said.
    pub detail: Option<String>,
    /// Since when.
    pub since: Micros,
    /// Where the look at the catalogue goes on; `None`: it begins anew.
    pub poll_cursor: Option<String>,
    /// When the last whole look ended.
    pub polled_at: Option<Micros>,
    /// When the last notification came.
    pub notified_at: Option<Micros>,
    /// Does it tell of pulls? `None`: not known yet.
    pub tells_pulls: Option<bool>,
    /// Whose its images are that no rule gives to somebody else: an owner's id.
    pub owner: Option<String>,
}

pub(crate) const COLUMNS: &str = "id, name, address, scope, settings_json, CASE WHEN secret_sealed IS NULL THEN 0 ELSE 1 END, \
     created, state, state_detail, state_since, poll_cursor, polled_at, notified_at, tells_pulls, owner";

pub(crate) fn read(row: &Row) -> Result<Registry, StoreError> {
    let settings = serde_json::from_str(row.text(4)?)
        .map_err(|error| StoreError::Invalid(format!("the settings of a registry do not read: {error}")))?;
    Ok(Registry {
        id: row.get(0)?,
        name: row.get(1)?,
        address: row.get(2)?,
        scope: row.get(3)?,
        settings,
        has_secret: row.get(5)?,
        created: row.get(6)?,
        state: RegistryState::of(row.text(7)?)?,
        detail: row.get(8)?,
        since: row.get(9)?,
        poll_cursor: row.get(10)?,
        polled_at: row.get(11)?,
        notified_at: row.get(12)?,
        tells_pulls: row.get(13)?,
        owner: row.get(14)?,
    })
}

fn json(settings: &Settings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|error| StoreError::Invalid(error.to_string()))
}

/// Connects a registry and gives its number.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken; [`StoreError::Constraint`] when there is no such scope.
pub fn create(
    tx: &mut Tx<'_>,
    name: &str,
    address: &str,
    scope: &str,
    settings: &Settings,
    now: Micros,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO registry (name, address, scope, settings_json, created, state_since) \
               VALUES ($1, $2, $3, $4, $5, $5) RETURNING id";
    tx.query_one(sql, &values![name, address, scope, json(settings)?, now])?.get(0)
}

/// The registry with this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(tx: &mut Tx<'_>, id: i64) -> Result<Registry, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM registry WHERE id = $1"), &values![id])?;
    row.as_ref().map_or_else(|| Err(StoreError::not_found("registry", id.to_string())), read)
}

/// The name of the registry with this number.
///
/// # Errors
/// What the database says.
pub fn name_of(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>, StoreError> {
    tx.query_opt("SELECT name FROM registry WHERE id = $1", &values![id])?.map(|row| row.get(0)).transpose()
}

/// The scope of the registry with this number.
///
/// # Errors
/// What the database says.
pub fn scope_of(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>, StoreError> {
    tx.query_opt("SELECT scope FROM registry WHERE id = $1", &values![id])?.map(|row| row.get(0)).transpose()
}

/// The numbers of the registries of these scopes and below.
///
/// # Errors
/// What the database says.
pub fn of_scopes(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<i64>, StoreError> {
    let mut select = Select::new("id", "registry");
    crate::scopes::within(&mut select, "scope", within);
    select.grouped(tx, "")?.iter().map(|row| row.get(0)).collect()
}

/// The registry with this name.
///
/// # Errors
/// What the database says.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Registry>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM registry WHERE name = $1"), &values![name])?;
    row.as_ref().map(read).transpose()
}

/// Registries by name.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn list(tx: &mut Tx<'_>, request: &PageRequest) -> Result<Page<Registry>, StoreError> {
    const BY_NAME: Order = Order { name: "registries/by-name", keys: &[Key::up("name")] };
    Select::new(COLUMNS, "registry").page(tx, &BY_NAME, request, read)
}

/// Changes how a registry is reached and watched.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Constraint`] when there is no such scope.
pub fn change(
    tx: &mut Tx<'_>,
    id: i64,
    address: &str,
    scope: &str,
    settings: &Settings,
) -> Result<(), StoreError> {
    let sql = "UPDATE registry SET address = $2, scope = $3, settings_json = $4, due = 1, \
               observed_json = CASE WHEN address = $2 AND settings_json = $4 THEN observed_json ELSE '{}' END \
               WHERE id = $1";
    changed(tx.execute(sql, &values![id, address, scope, json(settings)?])?, id)?;
    // How long an image counts as used may be another.
    assessments::mark_images_of_registry_due(tx, id).map(drop)
}

/// Keeps settings that nothing is judged by: the secret of notifications.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_settings(tx: &mut Tx<'_>, id: i64, settings: &Settings) -> Result<(), StoreError> {
    let sql = "UPDATE registry SET settings_json = $2 WHERE id = $1";
    changed(tx.execute(sql, &values![id, json(settings)?])?, id)
}

/// The next look at its catalogue begins anew.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn begin_anew(tx: &mut Tx<'_>, id: i64) -> Result<(), StoreError> {
    changed(tx.execute("UPDATE registry SET poll_cursor = NULL WHERE id = $1", &values![id])?, id)
}

fn changed(rows: u64, id: i64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::not_found("registry", id.to_string())) } else { Ok(()) }
}

/// Its sealed credentials.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn secret(tx: &mut Tx<'_>, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    match tx.query_opt("SELECT secret_sealed FROM registry WHERE id = $1", &values![id])? {
        Some(row) => row.get(0),
        None => Err(StoreError::not_found("registry", id.to_string())),
    }
}

/// Keeps, or removes, its sealed credentials.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_secret(tx: &mut Tx<'_>, id: i64, sealed: Option<&[u8]>) -> Result<(), StoreError> {
    let sealed = sealed.map(<[u8]>::to_vec);
    changed(tx.execute("UPDATE registry SET secret_sealed = $2 WHERE id = $1", &values![id, sealed])?, id)
}

/// Says how it is; since when, changes with the state only.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_state(
    tx: &mut Tx<'_>,
    id: i64,
    state: RegistryState,
    detail: Option<&str>,
    now: Micros,
) -> Result<(), StoreError> {
    let sql = "UPDATE registry SET state_since = CASE WHEN state = $2 THEN state_since ELSE $4 END, state = $2, \
               state_detail = $3 WHERE id = $1";
    changed(tx.execute(sql, &values![id, state.as_str(), detail, now])?, id)
}

/// Keeps where the look at its catalogue goes on; with `None` it has ended at `now`.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_cursor(tx: &mut Tx<'_>, id: i64, cursor: Option<&str>, now: Micros) -> Result<(), StoreError> {
    let sql = "UPDATE registry SET poll_cursor = $2, due = CASE WHEN $4 = 1 AND polled_at IS NULL THEN 1 ELSE due END, \
               polled_at = CASE WHEN $4 = 1 THEN $3 ELSE polled_at END WHERE id = $1";
    changed(tx.execute(sql, &values![id, cursor, now, cursor.is_none()])?, id)
}

/// A notification came; `pull`: it told of somebody's pull, or of our own, so pulls are told here.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn notified(tx: &mut Tx<'_>, id: i64, pull: bool, now: Micros) -> Result<(), StoreError> {
    if pull
        && let Some(row) = tx.query_opt("SELECT tells_pulls FROM registry WHERE id = $1", &values![id])?
        && row.get::<Option<bool>>(0)? != Some(true)
    {
        // From now on silence about an image means something.
        assessments::mark_images_of_registry_due(tx, id)?;
    }
    let sql = "UPDATE registry SET notified_at = $2, tells_pulls = CASE WHEN $3 = 1 THEN 1 ELSE tells_pulls END \
               WHERE id = $1";
    changed(tx.execute(sql, &values![id, now, pull])?, id)
}

/// Who runs it: an owner's id.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn owner(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>, StoreError> {
    match tx.query_opt("SELECT owner FROM registry WHERE id = $1", &values![id])? {
        Some(row) => row.get(0),
        None => Err(StoreError::not_found("registry", id.to_string())),
    }
}

/// Says who runs it.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Constraint`] when there is no such owner.
pub fn set_owner(tx: &mut Tx<'_>, id: i64, owner: Option<&str>) -> Result<(), StoreError> {
    let sql = "UPDATE registry SET owner = $2, due = 1 WHERE id = $1";
    changed(tx.execute(sql, &values![id, owner])?, id)
}

/// What was seen of a registry that controls judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Observed {
    /// It answered over TLS; `None`: it never answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// The certificate was verified; `None`: not known, or there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// It took an upload from somebody who gave no credentials; `None`: nobody tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_write: Option<bool>,
}

/// What was seen of a registry. A change of its address or settings forgets it.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn observed(tx: &mut Tx<'_>, id: i64) -> Result<Observed, StoreError> {
    match tx.query_opt("SELECT observed_json FROM registry WHERE id = $1", &values![id])? {
        Some(row) => Ok(serde_json::from_str(row.text(0)?).unwrap_or_default()),
        None => Err(StoreError::not_found("registry", id.to_string())),
    }
}

/// Keeps what was seen of a registry, for its controls.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn set_observed(tx: &mut Tx<'_>, id: i64, observed: &Observed) -> Result<(), StoreError> {
    let json = serde_json::to_string(observed).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let sql = "UPDATE registry SET due = CASE WHEN observed_json = $2 THEN due ELSE 1 END, observed_json = $2 \
               WHERE id = $1";
    changed(tx.execute(sql, &values![id, json])?, id)
}

/// What a registry holds here, and what goes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Repositories.
    pub repositories: u64,
    /// Images in them, retired ones included.
    pub placements: u64,
}

/// What would go with a registry.
///
/// # Errors
/// What the database says.
pub fn holds(tx: &mut Tx<'_>, id: i64) -> Result<Holds, StoreError> {
    let repositories =
        tx.query_one("SELECT count(*) FROM repository WHERE registry = $1", &values![id])?.get(0)?;
    let sql =
        "SELECT count(*) FROM placement p JOIN repository r ON r.id = p.repository WHERE r.registry = $1";
    Ok(Holds { repositories, placements: tx.query_one(sql, &values![id])?.get(0)? })
}

/// Forgets a registry with its repositories, tags and placements. Images that were in it stay, for they may be elsewhere.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn remove(tx: &mut Tx<'_>, id: i64) -> Result<Holds, StoreError> {
    tx.touch();
    let holds = holds(tx, id)?;
    assessments::forget_registry(tx, id)?;
    changed(tx.execute("DELETE FROM registry WHERE id = $1", &values![id])?, id)?;
    Ok(holds)
}

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is new, and kept now.
    New,
    /// It was there already.
    Replayed,
    /// Its id was there already, with other content.
    Altered,
}

/// Keeps an event's id, so that a second delivery is known. Ids are the registry's own: another one may use the same.
///
/// # Errors
/// What the database says.
pub fn take_event(
    tx: &mut Tx<'_>,
    registry: i64,
    event: &str,
    kind: &str,
    content_hash: &[u8],
    now: Micros,
) -> Result<Taken, StoreError> {
    let id = format!("{registry}/{event}");
    let sql = "INSERT INTO notification_event (id, registry, at, kind, body_hash) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (id) DO NOTHING";
    if tx.execute(sql, &values![id, registry, now, kind, content_hash])? == 1 {
        return Ok(Taken::New);
    }
    let row = tx.query_one("SELECT body_hash FROM notification_event WHERE id = $1", &values![id])?;
    Ok(if row.get::<Vec<u8>>(0)? == content_hash { Taken::Replayed } else { Taken::Altered })
}

/// Forgets the ids of events that came before `before`; says how many.
///
/// # Errors
/// What the database says.
pub fn forget_events(tx: &mut Tx<'_>, before: Micros) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM notification_event WHERE at < $1", &values![before])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_repositories() {
        for (pattern, text, wanted) in [
            ("app", "app", true),
            ("app", "apps", false),
            ("app", "team/app", false),
            ("*", "", true),
            ("*", "team/app", true),
            ("team/*", "team/app", true),
            ("team/*", "team", false),
            ("team/*", "team/a/b", true),
            ("*/app", "a/b/app", true),
            ("*/app", "app", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("", "", true),
            ("", "a", false),
            ("**", "a", true),
        ] {
            assert_eq!(fits(pattern, text), wanted, "{pattern} {text}");
        }
        // Many stars do not take forever.
        assert!(!fits(&"*a".repeat(60), &("a".repeat(59) + &"b".repeat(2000))));
    }

    #[test]
    fn exclusion_wins_and_no_inclusion_means_all() {
        let of = |include: &[&str], exclude: &[&str]| Settings {
            include: include.iter().map(ToString::to_string).collect(),
            exclude: exclude.iter().map(ToString::to_string).collect(),
            ..Settings::default()
        };
        assert!(of(&[], &[]).watches("a/b"));
        assert!(of(&["a/*"], &[]).watches("a/b") && !of(&["a/*"], &[]).watches("b"));
        assert!(!of(&["a/*"], &["*/b"]).watches("a/b") && !of(&[], &["*"]).watches("a"));
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }
}
