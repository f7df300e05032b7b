use super::{JobState, Lease, give_back};
use crate::{Dialect, Micros, StoreError, ToValue, Tx, Value, values};

/// Held on PostgreSQL while a job is chosen: two that count a lane at once would both find room in it.
const LOCK: i64 = crate::migrate::LOCK + 1;

/// Who wants which job.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Who works: different for each worker and each start of it.
    pub worker: &'a str,
    /// These kinds only.
    pub kinds: &'a [&'a str],
    /// Now.
    pub now: Micros,
    /// Until when the lease holds.
    pub until: Micros,
    /// How many jobs of a lane may run at once, where it is not [`Self::lane_limit`].
    pub lane_limits: &'a [(String, u32)],
    /// How many jobs of any other lane may run at once.
    pub lane_limit: u32,
}

/// A job that was leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The right to work on it.
    pub lease: Lease,
    /// Its kind.
    pub kind: String,
    /// Its lane.
    pub lane: Option<String>,
    /// What the worker needs to know, as JSON.
    pub payload: String,
    /// How often it is tried before it is given up.
    pub max_attempts: u32,
    /// When it was queued.
    pub created: Micros,
}

impl Claim<'_> {
    fn limit(&self, lane: &str) -> u64 {
        let own = self.lane_limits.iter().find(|(name, _)| name == lane);
        own.map_or(self.lane_limit, |(_, limit)| *limit).into()
    }
}

/// Leases the next job that waits: of the largest priority, and the oldest among those. The attempt counts from now on,
/// so that a job whose worker dies each time is given up too.
///
/// It is the first that its transaction does.
///
/// # Errors
/// The store's; on PostgreSQL also when the transaction has read something before.
pub fn claim(tx: &mut Tx<'_>, claim: &Claim<'_>) -> Result<Option<Claimed>, StoreError> {
    if tx.dialect() == Dialect::Postgres {
        // With one snapshot for the whole transaction, what others leased while the lock was waited for would not be seen.
        tx.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", &[])?;
        tx.query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", &values![LOCK])?;
    }
    let mut values: Vec<Value> = values![claim.now].to_vec();
    let mut list = |items: Vec<Value>| {
        let marks: Vec<String> = (1..=items.len()).map(|n| format!("${}", values.len() + n)).collect();
        values.extend(items);
        marks.join(", ")
    };
    let kinds = list(claim.kinds.iter().map(ToValue::to_value).collect());
    if kinds.is_empty() {
        return Ok(None);
    }
    let mut full = Vec::new();
    for row in tx.query(
        "SELECT lane, count(*) FROM job WHERE state = 'leased' AND lane IS NOT NULL GROUP BY lane",
        &[],
    )? {
        if row.get::<u64>(1)? >= claim.limit(row.text(0)?) {
            full.push(row.get(0)?);
        }
    }
    let lanes = match full.len() {
        0 => String::new(),
        _ => format!("AND (lane IS NULL OR lane NOT IN ({}))", list(full)),
    };
    // A job that is being heartbeaten or finished is not waited for; it is no candidate anyway.
    let lock = if tx.dialect() == Dialect::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let next = format!(
        "SELECT id FROM job WHERE state = 'queued' AND not_before <= $1 AND kind IN ({kinds}) {lanes} \
         ORDER BY priority DESC, id LIMIT 1 {lock}"
    );
    let Some(next) = tx.query_opt(&next, &values)? else { return Ok(None) };
    let row = tx.query_one(
        "UPDATE job SET state = 'leased', attempts = attempts + 1, leased_by = $2, lease_until = $3 WHERE id = $1 \
         RETURNING id, attempts, kind, lane, payload_json, max_attempts, created",
        &values![next.get::<i64>(0)?, claim.worker, claim.until],
    )?;
    Ok(Some(Claimed {
        lease: Lease { id: row.get(0)?, worker: claim.worker.to_owned(), attempt: row.get(1)? },
        kind: row.get(2)?,
        lane: row.get(3)?,
        payload: row.get(4)?,
        max_attempts: row.get(5)?,
        created: row.get(6)?,
    }))
}

/// Attempts that a job gets at most, however often it was interrupted: one that ends the hub each time is given up too.
const MOST_ATTEMPTS: u32 = 20;

/// Takes back every job that is leased: whoever had one is known to be gone. That is no fault of the job, so it gets one more
/// attempt, and does not wait. Says how many.
///
/// # Errors
/// The store's.
pub fn reclaim_all(tx: &mut Tx<'_>, now: Micros) -> Result<u64, StoreError> {
    let error = "the hub ended while it worked on it";
    let sql = "UPDATE job SET state = 'dead', finished = $1, last_error = $2, leased_by = NULL, lease_until = NULL \
               WHERE state = 'leased' AND attempts >= $3";
    let dead = tx.execute(sql, &values![now, error, MOST_ATTEMPTS])?;
    let sql = "UPDATE job SET state = 'queued', not_before = $1, last_error = $2, leased_by = NULL, lease_until = NULL, \
               max_attempts = CASE WHEN max_attempts < $3 THEN max_attempts + 1 ELSE max_attempts END WHERE state = 'leased'";
    Ok(dead + tx.execute(sql, &values![now, error, MOST_ATTEMPTS])?)
}

/// Takes back the jobs whose lease has run out: their workers died or hang. Says what became of each.
///
/// # Errors
/// The store's.
pub fn reclaim(tx: &mut Tx<'_>, now: Micros) -> Result<Vec<(i64, JobState)>, StoreError> {
    let lost = tx.query(
        "SELECT id, leased_by, attempts, max_attempts FROM job WHERE state = 'leased' AND lease_until <= $1 ORDER BY id",
        &values![now],
    )?;
    lost.iter()
        .map(|row| {
            let lease = Lease { id: row.get(0)?, worker: row.get(1)?, attempt: row.get(2)? };
            let error = format!("worker {} did not finish and was not heard of any more", lease.worker);
            let dead = lease.attempt >= row.get(3)?;
            Ok((lease.id, give_back(tx, &lease, now, &error, dead)?))
        })
        .collect()
}
