//! Who sends what is to be posted, tells open pages of notices, and forgets the old ones.

use std::{collections::BTreeSet, time::Duration};

use store::{
    Micros, StoreError, notices as stored,
    webhooks::{self, Attempted, Due},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use super::send::{self, Sent};
use crate::AppState;

/// How often it is looked whether there is something to send or to tell.
const LOOK: Duration = Duration::from_secs(1);
/// How often old notices and deliveries are forgotten, and the age of advisories is looked at.
const TIDY: Duration = Duration::from_secs(3600);
/// Deliveries at once; one at a time for a webhook, so that a slow receiver holds up no other.
const AT_ONCE: usize = 4;
/// After so long a delivery that was taken and never came to an end is taken again: the hub died meanwhile.
const LEASE: i64 = 120 * Micros::SECOND;
/// How long is waited after each attempt that failed; after the last it is given up.
const PAUSES: [i64; 6] = [10, 60, 300, 1800, 7200, 21600];
/// After so many days without a newer advisory people are told: sources publish every working day.
const STALE_DAYS: i64 = 7;
/// How long notices are kept after they happened last.
const KEEP_NOTICES: i64 = 90 * Micros::DAY;
/// How long deliveries are kept after they ended.
const KEEP_DELIVERIES: i64 = 30 * Micros::DAY;

/// Sends what is to be posted until `stop` says so or is gone. What goes on then is dropped and sent again later.
pub async fn run(state: AppState, mut stop: watch::Receiver<bool>) {
    let mut going: JoinSet<i64> = JoinSet::new();
    let mut busy: BTreeSet<i64> = BTreeSet::new();
    let mut told = state.clock.now();
    let mut tidied: Option<Instant> = None;
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
            tidied = Some(Instant::now());
            if let Err(error) = tidy(&state).await {
                tracing::warn!(%error, "old notices could not be forgotten");
            }
        }
        match tell(&state, told).await {
            Ok(last) => told = last,
            Err(error) => tracing::warn!(%error, "the store could not be asked for notices"),
        }
        while going.len() < AT_ONCE {
            match take(&state, &busy).await {
                Ok(Some(due)) => {
                    let webhook = due.webhook.id;
                    busy.insert(webhook);
                    let state = state.clone();
                    going.spawn(async move {
                        attempt(&state, &due, Again::Later).await;
                        webhook
                    });
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "no delivery could be taken");
                    break;
                }
            }
        }
        tokio::select! {
            changed = stop.changed() => if changed.is_err() || *stop.borrow() { break },
            Some(ended) = going.join_next() => match ended {
                Ok(webhook) => _ = busy.remove(&webhook),
                // It panicked, and nobody knows whose it was: the others wait for a round at most.
                Err(_) => busy.clear(),
            },
            _ = ticks.tick() => {}
        }
    }
    going.shutdown().await;
}

/// Tells open pages of notices that happened since `since`. Gives the time of the last.
async fn tell(state: &AppState, since: Micros) -> Result<Micros, StoreError> {
    let notices = state.store.read(move |tx| stored::since(tx, since, 100)).await?;
    let mut last = since;
    for (id, scope, at) in notices {
        state.tell("notice", Some(&id.to_string()), &scope);
        last = last.max(at);
    }
    Ok(last)
}

async fn tidy(state: &AppState) -> Result<(), StoreError> {
    let now = state.clock.now();
    state
        .store
        .write(move |tx| {
            webhooks::forget(tx, now.plus(-KEEP_DELIVERIES))?;
            stored::forget(tx, now.plus(-KEEP_NOTICES))?;
            let newest = store::matches::generation(tx)?.and_then(|known| known.newest);
            let days = newest.map(|newest| now.0.saturating_sub(newest.0) / Micros::DAY);
            match days.filter(|days| *days > STALE_DAYS) {
                Some(days) => super::stale(tx, days.unsigned_abs(), now),
                None => Ok(()),
            }
        })
        .await
}

async fn take(state: &AppState, busy: &BTreeSet<i64>) -> Result<Option<Due>, StoreError> {
    let (busy, now): (Vec<i64>, _) = (busy.iter().copied().collect(), state.clock.now());
    // Most looks find nothing: they write nothing.
    if !state.store.read(move |tx| webhooks::any_due(tx, now)).await? {
        return Ok(None);
    }
    state.store.write(move |tx| webhooks::take(tx, &busy, now, now.plus(LEASE))).await
}

/// What happens when an attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It is tried again after a pause that grows, so many times.
    Later,
    /// Somebody waits for the answer.
    Never,
}

/// Sends a delivery once and notes what came of it.
pub(crate) async fn attempt(state: &AppState, due: &Due, again: Again) {
    let sent = match secret(state, due) {
        Ok(secret) => {
            let timeout = state.settings.webhook_timeout;
            send::post(&due.webhook, &secret, due.id, &due.body, state.clock.now(), timeout).await
        }
        Err(why) => Sent { status: None, error: Some(why) },
    };
    let now = state.clock.now();
    let pause = usize::try_from(due.attempt).ok().and_then(|attempt| PAUSES.get(attempt.saturating_sub(1)));
    let pause = pause.filter(|_| again == Again::Later);
    let again = pause.map(|seconds| now.plus(seconds * Micros::SECOND));
    if let Some(why) = &sent.error {
        tracing::info!(
            webhook = due.webhook.id,
            delivery = due.id,
            attempt = due.attempt,
            why,
            "not delivered"
        );
    }
    let what = Attempted { status: sent.status, error: sent.error, again };
    let (id, attempt) = (due.id, due.attempt);
    let noted = state.store.write(move |tx| webhooks::attempted(tx, id, attempt, &what, now)).await;
    if let Err(error) = noted {
        // It is taken again when its lease has run out.
        tracing::warn!(%error, "what became of a delivery could not be kept");
    }
    state.tell("webhook", Some(&due.webhook.id.to_string()), &due.webhook.scope);
}

fn secret(state: &AppState, due: &Due) -> Result<oci::Secret, String> {
    let sealed = due.secret.as_deref().ok_or("the webhook has no secret: set one")?;
    state.sealer.open_sealed(&super::owner(due.webhook.id), sealed).map_err(|error| error.to_string())
}
