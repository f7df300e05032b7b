//! What is forgotten after a time, once a day. Jobs and the ids of events are forgotten by who makes them.

use std::time::Duration;

use store::{Micros, StoreError, retention};
use tokio::sync::watch;

use crate::{AppState, auth::Trail};

/// How often it is looked whether a day has passed: the clock may be set.
const LOOK: Duration = Duration::from_secs(60);
/// Rows of one transaction: others wait no longer than for these.
const PORTION: u32 = 1_000;

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days of a notice since it happened last.
    pub notices: u32,
    /// Days of a delivery of a webhook that ended.
    pub deliveries: u32,
    /// Days of the audit trail; `None`: all of it.
    pub audit: Option<u32>,
}

impl Default for Keep {
    /// A year of notices, a month of deliveries, the whole audit trail: whoever must show who did what, must show all.
    fn default() -> Self {
        Self { notices: 365, deliveries: 30, audit: None }
    }
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Notices.
    pub notices: u64,
    /// Deliveries of webhooks.
    pub deliveries: u64,
    /// Entries of the audit trail.
    pub audit: u64,
}

/// Goes on until the hub stops; the first time at once.
pub async fn run(state: AppState, mut stop: watch::Receiver<bool>, keep: Keep) {
    let mut last: Option<Micros> = None;
    loop {
        let now = state.clock.now();
        if last.is_none_or(|last| last.plus(Micros::DAY) <= now || last > now) {
            match once(&state, keep, now).await {
                Ok(forgotten) => {
                    last = Some(now);
                    if forgotten != Forgotten::default() {
                        tracing::info!(?forgotten, "what is old was forgotten");
                    }
                }
                Err(error) => tracing::warn!(%error, "what is old was not forgotten; it is tried again"),
            }
        }
        tokio::select! {
            stopped = stop.wait_for(|stop| *stop) => { drop(stopped); return; }
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Forgets what is older than it is kept. A clock that is ahead would forget too much, so that the newest time of the
/// store bounds what counts as now.
///
/// # Errors
/// The store's; what was forgotten until then stays so.
pub async fn once(state: &AppState, keep: Keep, now: Micros) -> Result<Forgotten, StoreError> {
    let newest = state.store.read(retention::newest).await?;
    // A hub notes something every day that it runs: the last entry is not far behind.
    let now = newest.map_or(now, |newest| now.min(newest.plus(Micros::DAY)));
    let before = |days: u32| now.plus(-i64::from(days).saturating_mul(Micros::DAY));
    let (notices, deliveries) = (before(keep.notices), before(keep.deliveries));
    let mut forgotten = state
        .store
        .write(move |tx| {
            Ok(Forgotten {
                notices: store::notices::forget(tx, notices)?,
                deliveries: store::webhooks::forget(tx, deliveries)?,
                audit: 0,
            })
        })
        .await?;
    if let Some(days) = keep.audit {
        let before = before(days);
        loop {
            let done = state.store.write(move |tx| retention::audit(tx, before, PORTION)).await?;
            forgotten.audit += done;
            if done < u64::from(PORTION) {
                break;
            }
        }
        if forgotten.audit > 0 {
            // That entries went is itself one.
            let (trail, count) = (Trail::hub(state.clock.now()), forgotten.audit);
            let after = serde_json::json!({ "forgotten": count, "days": days });
            state
                .store
                .write(move |tx| trail.note(tx, "audit.forget", "audit", None::<&()>, Some(&after)))
                .await?;
        }
    }
    Ok(forgotten)
}
