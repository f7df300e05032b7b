use super::JobState;
use crate::{
    Key, Micros, Order, Page, PageRequest, Row, Select, StoreError, ToValue as _, Tx, Value, values,
};

/// A job as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number; later ones have larger numbers.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub dedupe_key: Option<String>,
    /// Its lane.
    pub lane: Option<String>,
    /// Larger goes first.
    pub priority: i64,
    /// What the worker needs to know, as JSON.
    pub payload: String,
    /// Where it stands.
    pub state: JobState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Attempts before it is given up.
    pub max_attempts: u32,
    /// It waits until then.
    pub not_before: Micros,
    /// Who works on it.
    pub leased_by: Option<String>,
    /// Until when.
    pub lease_until: Option<Micros>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created: Micros,
    /// When it was done or given up.
    pub finished: Option<Micros>,
}

/// Which jobs are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In one of these states; empty: in any.
    pub states: Vec<JobState>,
    /// Of one of these kinds; empty: of any.
    pub kinds: Vec<String>,
    /// Of one of these lanes; `None`: of any, and those of none.
    pub lanes: Option<Vec<String>>,
}

/// How many jobs of a kind are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The kind.
    pub kind: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
    /// When the oldest of them was queued: how far the queue is behind.
    pub oldest: Micros,
}

const COLUMNS: &str = "id, kind, dedupe_key, lane, priority, payload_json, state, attempts, max_attempts, not_before, \
                       leased_by, lease_until, last_error, created, finished";
const BY_ID: Order = Order { name: "jobs/by-id", keys: &[Key::up("id")] };

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        dedupe_key: row.get(2)?,
        lane: row.get(3)?,
        priority: row.get(4)?,
        payload: row.get(5)?,
        state: JobState::parse(row.text(6)?)?,
        attempts: row.get(7)?,
        max_attempts: row.get(8)?,
        not_before: row.get(9)?,
        leased_by: row.get(10)?,
        lease_until: row.get(11)?,
        last_error: row.get(12)?,
        created: row.get(13)?,
        finished: row.get(14)?,
    })
}

fn filtered(filter: &Filter) -> Select {
    let mut select = Select::new(COLUMNS, "job");
    let texts = |texts: &[String]| texts.iter().cloned().map(Value::Text).collect::<Vec<_>>();
    if !filter.states.is_empty() {
        select.is_in("state", filter.states.iter().map(|state| state.as_str().to_value()));
    }
    if !filter.kinds.is_empty() {
        select.is_in("kind", texts(&filter.kinds));
    }
    if let Some(lanes) = &filter.lanes {
        select.is_in("lane", texts(lanes));
    }
    select
}

/// Jobs, the oldest first.
///
/// # Errors
/// [`StoreError::Cursor`], the store's.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, request: &PageRequest) -> Result<Page<Job>, StoreError> {
    filtered(filter).page(tx, &BY_ID, request, read)
}

/// How many jobs a list has.
///
/// # Errors
/// The store's.
pub fn count(tx: &mut Tx<'_>, filter: &Filter) -> Result<u64, StoreError> {
    filtered(filter).count(tx)
}

/// The job with this number.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Job>, StoreError> {
    let row = tx.query_opt(&format!("SELECT {COLUMNS} FROM job WHERE id = $1"), &values![id])?;
    row.as_ref().map(read).transpose()
}

/// Does a job with this key wait or run?
///
/// # Errors
/// The store's.
pub fn is_unfinished(tx: &mut Tx<'_>, dedupe_key: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM job WHERE dedupe_key = $1 AND state IN ('queued', 'leased')";
    Ok(tx.query_opt(sql, &values![dedupe_key])?.is_some())
}

/// How many jobs of these lanes (`None`: all jobs) are in each state in which there are any, and when the oldest of them was
/// queued.
///
/// # Errors
/// The store's.
pub fn counts_of(
    tx: &mut Tx<'_>,
    lanes: Option<&[String]>,
) -> Result<Vec<(JobState, u64, Micros)>, StoreError> {
    let mut select = Select::new("state, count(*), min(created)", "job");
    if let Some(lanes) = lanes {
        select.is_in("lane", lanes.iter().cloned().map(Value::Text).collect::<Vec<_>>());
    }
    let rows = select.grouped(tx, "state")?;
    rows.iter().map(|row| Ok((JobState::parse(row.text(0)?)?, row.get(1)?, row.get(2)?))).collect()
}

/// How many jobs there are, by kind and state.
///
/// # Errors
/// The store's.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<Count>, StoreError> {
    tx.query(
        "SELECT kind, state, count(*), min(created) FROM job GROUP BY kind, state ORDER BY kind, state",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(Count {
            kind: row.get(0)?,
            state: JobState::parse(row.text(1)?)?,
            jobs: row.get(2)?,
            oldest: row.get(3)?,
        })
    })
    .collect()
}

/// Is there no job that is worked on or could be?
///
/// # Errors
/// The store's.
pub fn is_idle(tx: &mut Tx<'_>, now: Micros) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM job WHERE state = 'leased' OR (state = 'queued' AND not_before <= $1) LIMIT 1";
    Ok(tx.query_opt(sql, &values![now])?.is_none())
}

/// Queues a job that was given up once more, with all its attempts. `false` when it was not given up.
///
/// # Errors
/// [`StoreError::Duplicate`] when another job with its key waits or runs meanwhile.
pub fn retry(tx: &mut Tx<'_>, id: i64, now: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE job SET state = 'queued', attempts = 0, finished = NULL, not_before = $2 \
               WHERE id = $1 AND state = 'dead'";
    Ok(tx.execute(sql, &values![id, now])? == 1)
}

/// Removes jobs that were done before a time, and those that were given up before another; says how many.
///
/// # Errors
/// The store's.
pub fn prune(tx: &mut Tx<'_>, done: Micros, dead: Micros) -> Result<u64, StoreError> {
    let sql =
        "DELETE FROM job WHERE (state = 'done' AND finished < $1) OR (state = 'dead' AND finished < $2)";
    tx.execute(sql, &values![done, dead])
}
