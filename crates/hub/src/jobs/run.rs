//! Who carries jobs out: so many at once, each under a lease that is kept while it goes on.

use std::time::Duration;

use store::{
    Micros, PageRequest, StoreError,
    jobs::{Claim, Claimed, Lease},
    registries::{self, Registry, RegistryState},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use super::{Failure, Hub, KINDS, Poll, Resolve, Scan, lane};
use crate::{poll, seal::random_token};

/// How long a lease holds without being kept: a hub that died gives its jobs back after it.
const LEASE: i64 = 60 * Micros::SECOND;
/// How often a lease is kept.
const KEEP: Duration = Duration::from_secs(15);
/// How often it is looked whether there is something to do, when there was nothing.
const LOOK: Duration = Duration::from_millis(500);
/// How often it is looked whether a registry's catalogue is to be read, and whether leases ran out.
const ROUND: Duration = Duration::from_secs(5);
/// How long the ids of events are kept: a registry sends again for hours, not for weeks.
const EVENTS: i64 = 30 * Micros::DAY;

/// A registry, as far as its jobs are concerned.
struct Lane {
    name: String,
    /// Jobs at once; 0: none, it is paused.
    limit: u32,
    scope: String,
}

/// Carries jobs out until it is told to stop.
pub struct Runner {
    hub: Hub,
    slots: usize,
    name: String,
    alone: bool,
}

impl Runner {
    /// A runner that carries out `slots` jobs at once.
    ///
    /// # Errors
    /// When the system gives no random bytes for its name.
    pub fn new(hub: Hub, slots: usize) -> Result<Self, crate::seal::SealError> {
        // Another name with each start, so that what an earlier one had is not taken for its own.
        let name = random_token("hub-")?.expose().chars().take(20).collect();
        Ok(Self { hub, slots: slots.max(1), name, alone: false })
    }

    /// Nobody else carries jobs of this store out: what is leased when it begins was left by a hub that ended, and is taken
    /// up at once.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Runs until `stop` says so or is gone. What goes on then is dropped: workers are ended, and the jobs are given to
    /// whoever comes next when their leases have run out.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut going = JoinSet::new();
        let mut round = Instant::now();
        let mut lanes: Vec<Lane> = Vec::new();
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if round <= Instant::now() {
                round = Instant::now() + ROUND;
                match self.round().await {
                    Ok(found) => {
                        self.alone = false;
                        lanes = found;
                    }
                    Err(error) => tracing::warn!(%error, "the store could not be asked for work"),
                }
            }
            while going.len() < self.slots {
                match self.claim(&lanes).await {
                    Ok(Some(job)) => {
                        let hub = self.hub.clone();
                        // Of a registry that is newer than the last round only who sees everything is told.
                        let of = lanes.iter().find(|lane| Some(&lane.name) == job.lane.as_ref());
                        let scope = of.map(|lane| lane.scope.clone()).unwrap_or_default();
                        going.spawn(async move {
                            let id = job.lease.id.to_string();
                            (hub.tell)("job", Some(&id), &scope);
                            one(&hub, &job).await;
                            (hub.tell)("job", Some(&id), &scope);
                        });
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, "no job could be claimed");
                        break;
                    }
                }
            }
            tokio::select! {
                changed = stop.changed() => if changed.is_err() || *stop.borrow() { break },
                Some(_) = going.join_next() => {}
                _ = ticks.tick() => {}
            }
        }
        going.shutdown().await;
    }

    async fn claim(&self, lanes: &[Lane]) -> Result<Option<Claimed>, StoreError> {
        let limits: Vec<_> = lanes.iter().map(|lane| (lane.name.clone(), lane.limit)).collect();
        let (worker, now) = (self.name.clone(), self.hub.now());
        self.hub
            .store
            .write(move |tx| {
                let claim = Claim {
                    worker: &worker,
                    kinds: &KINDS,
                    now,
                    until: now.plus(LEASE),
                    lane_limits: &limits,
                    lane_limit: 2,
                };
                store::jobs::claim(tx, &claim)
            })
            .await
    }

    /// Takes back lost leases, queues the catalogues that are due, and says how many jobs each registry stands at once.
    async fn round(&self) -> Result<Vec<Lane>, StoreError> {
        let (now, left) = (self.hub.now(), self.alone);
        self.hub
            .store
            .write(move |tx| {
                if left {
                    store::jobs::reclaim_all(tx, now)?;
                }
                store::jobs::reclaim(tx, now)?;
                registries::forget_events(tx, now.plus(-EVENTS))?;
                let (mut lanes, mut request) = (Vec::new(), PageRequest::first(store::MAX_LIMIT));
                loop {
                    let page = registries::list(tx, &request)?;
                    for registry in &page.items {
                        if is_due(registry, now) {
                            super::poll(tx, registry.id, now)?;
                        }
                        // A paused one is left alone: its jobs wait.
                        let paused = registry.state == RegistryState::Paused;
                        let limit = if paused { 0 } else { registry.settings.concurrency.clamp(1, 64) };
                        let scope = registry.scope.clone();
                        lanes.push(Lane { name: lane(registry.id), limit, scope });
                    }
                    match page.next {
                        Some(next) => request.after = Some(next),
                        None => return Ok(lanes),
                    }
                }
            })
            .await
    }
}

/// Is it time to read this registry's catalogue? At once for a new one and for one whose look was broken off.
fn is_due(registry: &Registry, now: Micros) -> bool {
    let every = registry.settings.poll_seconds;
    if every == 0 || registry.state == RegistryState::Paused {
        return false;
    }
    let pause = i64::try_from(every).unwrap_or(i64::MAX).saturating_mul(Micros::SECOND);
    registry.poll_cursor.is_some() || registry.polled_at.is_none_or(|at| at.plus(pause) <= now || at > now)
}

/// Carries one job out and says what became of it.
async fn one(hub: &Hub, job: &Claimed) {
    let lease = &job.lease;
    let result = tokio::select! {
        result = carry(hub, job) => result,
        () = keep(hub, lease) => {
            tracing::warn!(job = lease.id, "the lease was lost, the work is dropped");
            return;
        }
    };
    let Err(failure) = result else { return };
    tracing::info!(job = lease.id, kind = job.kind, why = failure.why, "a job failed");
    let (lease, now) = (lease.clone(), hub.now());
    let said =
        hub.store.write(move |tx| store::jobs::fail(tx, &lease, now, &failure.why, failure.hopeless)).await;
    if let Err(error) = said {
        // Its lease runs out then.
        tracing::warn!(%error, "what became of a job could not be kept");
    }
}

async fn carry(hub: &Hub, job: &Claimed) -> Result<(), Failure> {
    let broken = |error: serde_json::Error| Failure { why: error.to_string(), hopeless: true };
    let text = &job.payload;
    match job.kind.as_str() {
        Resolve::KIND => hub.resolve(&serde_json::from_str(text).map_err(broken)?, &job.lease).await,
        Scan::KIND => hub.scan(&serde_json::from_str(text).map_err(broken)?, &job.lease).await,
        Poll::KIND => {
            let poll: Poll = serde_json::from_str(text).map_err(broken)?;
            while poll::step(hub, poll.registry).await? {}
            let (lease, now) = (job.lease.clone(), hub.now());
            hub.store.write(move |tx| super::finished(tx, &lease, now)).await?;
            Ok(())
        }
        other => Err(Failure { why: format!("nobody knows jobs of the kind '{other}'"), hopeless: true }),
    }
}

/// Keeps the lease; returns when it was lost.
async fn keep(hub: &Hub, lease: &Lease) {
    loop {
        tokio::time::sleep(KEEP).await;
        let (lease, until) = (lease.clone(), hub.now().plus(LEASE));
        // A store that is away for a moment is not a lease that was lost.
        if let Ok(false) = hub.store.write(move |tx| store::jobs::heartbeat(tx, &lease, until)).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use store::registries::Settings;

    use super::*;

    #[test]
    fn catalogues_are_due_by_their_time() {
        let registry = |polled: Option<i64>, cursor: bool, every: u64, state: RegistryState| Registry {
            id: 1,
            name: "r".to_owned(),
            address: "h".to_owned(),
            scope: String::new(),
            settings: Settings { poll_seconds: every, ..Settings::default() },
            has_secret: false,
            created: Micros(0),
            state,
            detail: None,
            since: Micros(0),
            poll_cursor: cursor.then(String::new),
            polled_at: polled.map(|seconds| Micros(seconds * Micros::SECOND)),
            notified_at: None,
            tells_pulls: None,
            owner: None,
        };
        let now = Micros(1000 * Micros::SECOND);
        for (polled, cursor, every, state, due) in [
            (None, false, 900, RegistryState::New, true),
            (None, false, 0, RegistryState::New, false),
            (None, false, 900, RegistryState::Paused, false),
            (Some(100), false, 900, RegistryState::Ok, true),
            (Some(101), false, 900, RegistryState::Ok, false),
            (Some(999), true, 900, RegistryState::Failing, true),
            // The clock was set back.
            (Some(5000), false, 900, RegistryState::Ok, true),
            (Some(999), false, u64::MAX, RegistryState::Ok, false),
        ] {
            assert_eq!(
                is_due(&registry(polled, cursor, every, state), now),
                due,
                "{polled:?} {every} {state:?}"
            );
        }
    }
}
