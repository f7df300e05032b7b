//! What is done once a day.

use std::time::Duration;

use store::{MAX_LIMIT, Micros, PageRequest, registries};

use super::rest;
use crate::{AppState, jobs};

/// How often it is looked whether a day has passed: the clock may be set.
const LOOK: Duration = Duration::from_secs(60);
/// How long jobs that were done are kept for people to look at.
const DONE: i64 = 7 * Micros::DAY;
/// How long jobs that were given up are kept.
const DEAD: i64 = 30 * Micros::DAY;

/// Goes on until the hub stops; the first time at once.
pub(super) async fn run(state: AppState) {
    let mut stop = state.stopping();
    let mut last: Option<Micros> = None;
    loop {
        let now = state.clock.now();
        if last.is_none_or(|last| last.plus(Micros::DAY) <= now || last > now) {
            match once(&state, now).await {
                Ok(()) => last = Some(now),
                Err(error) => tracing::warn!(%error, "the daily upkeep was not done; it is tried again"),
            }
        }
        if rest(&mut stop, LOOK).await {
            return;
        }
    }
}

async fn once(state: &AppState, now: Micros) -> Result<(), store::StoreError> {
    state.store.write(move |tx| store::jobs::prune(tx, now.plus(-DONE), now.plus(-DEAD))).await?;
    let mut request = PageRequest::first(MAX_LIMIT);
    loop {
        let asked = request.clone();
        let page = state.store.read(move |tx| registries::list(tx, &asked)).await?;
        for registry in page.items {
            state.store.write(move |tx| jobs::outdated(tx, &registry, now)).await?;
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(()),
        }
    }
}
