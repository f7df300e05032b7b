//! Work that waits, is leased to a worker for a time, and is done or given up.
//!
//! A job is done at least once: whoever holds a lease that ran out may still be at work when another gets the job. What
//! it then says comes too late ([`finish`] gives `false`), so a result is written in the transaction that finishes.

mod claim;
mod list;

pub use claim::{Claim, Claimed, claim, reclaim, reclaim_all};
pub use list::{
    Count, Filter, Job, count, counts, counts_of, find, is_idle, is_unfinished, list, prune, retry,
};

use crate::{Micros, StoreError, Tx, values};

/// The first pause after a failure; it doubles with each.
const PAUSE: i64 = 15 * Micros::SECOND;

/// The longest pause.
const LONGEST: i64 = 3_600 * Micros::SECOND;

/// How much of an error is kept, in bytes.
const ERROR: usize = 4_096;

/// A job to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// What kind of work: `scan`, `poll`.
    pub kind: String,
    /// Of jobs with one key, one is unfinished: a second one is the first. `None`: each is its own.
    pub dedupe_key: Option<String>,
    /// Jobs of one lane share a bound on how many run at once, such as a registry's. `None`: no bound.
    pub lane: Option<String>,
    /// Larger goes first; among equals, the one that was queued first.
    pub priority: i64,
    /// What the worker needs to know, as JSON.
    pub payload: String,
    /// How often it is tried before it is given up; at least 1.
    pub max_attempts: u32,
    /// Not before this time.
    pub not_before: Micros,
    /// Now.
    pub created: Micros,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// Waits, perhaps for a time after a failure.
    Queued,
    /// A worker has it.
    Leased,
    /// Done.
    Done,
    /// Given up.
    Dead,
}

impl JobState {
    /// All.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Leased, Self::Done, Self::Dead];

    /// The word in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::Invalid(format!("a job's state is not '{text}'")))
    }
}

/// What became of a job that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job, be it the new one or the one that is there.
    pub id: i64,
    /// It was not there before.
    pub is_new: bool,
}

/// The right to work on a job. Another attempt at the same job is another lease, even by the same worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub id: i64,
    /// Who works.
    pub worker: String,
    /// Which attempt it is, from 1.
    pub attempt: u32,
}

/// Queues a job, or finds the unfinished one with its key, whose priority then is the larger of the two.
///
/// # Errors
/// [`StoreError::Constraint`] when `max_attempts` is 0.
pub fn enqueue(tx: &mut Tx<'_>, job: &NewJob) -> Result<Enqueued, StoreError> {
    if let Some(key) = &job.dedupe_key {
        let there = tx.query_opt(
            "UPDATE job SET priority = CASE WHEN priority < $2 THEN $2 ELSE priority END \
             WHERE dedupe_key = $1 AND state IN ('queued', 'leased') RETURNING id",
            &values![key, job.priority],
        )?;
        if let Some(row) = there {
            return Ok(Enqueued { id: row.get(0)?, is_new: false });
        }
    }
    // Where another transaction queues the same key at once, this meets its row: PostgreSQL lets it wait, and the whole
    // transaction runs again and finds that row.
    let made = tx.query_opt(
        "INSERT INTO job (kind, dedupe_key, lane, priority, payload_json, max_attempts, not_before, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (dedupe_key) WHERE state IN ('queued', 'leased') AND dedupe_key IS NOT NULL DO NOTHING RETURNING id",
        &values![
            job.kind,
            job.dedupe_key,
            job.lane,
            job.priority,
            job.payload,
            job.max_attempts,
            job.not_before,
            job.created
        ],
    )?;
    match made {
        Some(row) => Ok(Enqueued { id: row.get(0)?, is_new: true }),
        None => Err(StoreError::Conflict { attempts: 1 }),
    }
}

/// Keeps a lease until a later time; `false` when it was lost, and the work is to be dropped.
///
/// # Errors
/// The store's.
pub fn heartbeat(tx: &mut Tx<'_>, lease: &Lease, until: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE job SET lease_until = $4 WHERE id = $1 AND leased_by = $2 AND attempts = $3 AND state = 'leased'";
    Ok(tx.execute(sql, &values![lease.id, lease.worker, lease.attempt, until])? == 1)
}

/// The job is done. `false` when the lease was lost: what was worked out is then not to be kept, so fail the transaction.
///
/// # Errors
/// The store's.
pub fn finish(tx: &mut Tx<'_>, lease: &Lease, now: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE job SET state = 'done', finished = $4, leased_by = NULL, lease_until = NULL, last_error = NULL \
               WHERE id = $1 AND leased_by = $2 AND attempts = $3 AND state = 'leased'";
    Ok(tx.execute(sql, &values![lease.id, lease.worker, lease.attempt, now])? == 1)
}

/// The attempt failed: the job waits for a while that doubles each time, or is given up. Where trying again is useless
/// (`hopeless`), it is given up at once. Says what became of it; `None` when the lease was lost.
///
/// # Errors
/// The store's.
pub fn fail(
    tx: &mut Tx<'_>,
    lease: &Lease,
    now: Micros,
    error: &str,
    hopeless: bool,
) -> Result<Option<JobState>, StoreError> {
    let row = tx.query_opt(
        "SELECT max_attempts FROM job WHERE id = $1 AND leased_by = $2 AND attempts = $3 AND state = 'leased'",
        &values![lease.id, lease.worker, lease.attempt],
    )?;
    let Some(row) = row else { return Ok(None) };
    let dead = hopeless || lease.attempt >= row.get(0)?;
    give_back(tx, lease, now, error, dead).map(Some)
}

/// Ends an attempt without success.
fn give_back(
    tx: &mut Tx<'_>,
    lease: &Lease,
    now: Micros,
    error: &str,
    dead: bool,
) -> Result<JobState, StoreError> {
    let state = if dead { JobState::Dead } else { JobState::Queued };
    tx.execute(
        "UPDATE job SET state = $2, not_before = $3, finished = $4, last_error = $5, leased_by = NULL, \
         lease_until = NULL WHERE id = $1",
        &values![lease.id, state.as_str(), now.plus(pause(lease)), dead.then_some(now), shortened(error)],
    )?;
    Ok(state)
}

/// How long a job waits after an attempt, in µs: up to a fifth more than the power of two, and not the same for jobs that
/// failed together, so that they do not come back together.
fn pause(lease: &Lease) -> i64 {
    let doubled = PAUSE.saturating_mul(1_i64 << lease.attempt.saturating_sub(1).min(20)).min(LONGEST);
    doubled + doubled / 5 * (lease.id.wrapping_mul(7_919).rem_euclid(100)) / 100
}

fn shortened(error: &str) -> &str {
    let mut end = error.len().min(ERROR);
    while !error.is_char_boundary(end) {
        end -= 1;
    }
    error.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_differ_from_job_to_job() {
        let of = |id, attempt| pause(&Lease { id, worker: String::new(), attempt });
        assert_eq!(of(0, 1), PAUSE);
        assert_eq!(of(0, 2), 2 * PAUSE);
        assert_eq!(of(0, 40), LONGEST);
        assert!((0..1000).all(|id| (PAUSE..=PAUSE * 6 / 5).contains(&of(id, 1))));
        assert_ne!(of(1, 1), of(2, 1));
    }

    #[test]
    fn a_long_error_is_cut_between_characters() {
        let long = "ü".repeat(ERROR);
        assert_eq!(shortened(&long).len(), ERROR);
        assert_eq!(shortened(&format!("x{long}")).len(), ERROR - 1);
        assert_eq!(shortened("short"), "short");
    }
}
