//! What a change leaves in the audit trail.

use super::Caller;
use crate::{AppState, Error, http::RequestId};
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;
use store::{Micros, StoreError, Tx, audit};

/// Who changes something, when, and under which request. A handler that changes takes it as an argument and calls
/// [`note`](Trail::note) in the transaction of the change, so that there is never one without the other.
#[derive(Clone, Debug)]
pub struct Trail {
    /// When.
    pub now: Micros,
    actor: String,
    request_id: Option<String>,
}

impl Trail {
    /// The trail of what the hub does by itself: a job, a rule that expires.
    #[must_use]
    pub fn hub(now: Micros) -> Self {
        Self { now, actor: "hub".to_owned(), request_id: None }
    }

    /// The trail of somebody whom the gate did not know yet: who logs in, who redeems the set-up link.
    pub(crate) fn of_user(name: &str, now: Micros, request_id: RequestId) -> Self {
        Self { now, actor: format!("user/{name}"), request_id: Some(request_id.0) }
    }

    /// Who changes it, as the trail writes it: `user/jane`.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Writes that `action` (`user.create`) was done to `subject` (`user/jane`): what was there before and what is there
    /// since. Neither may hold a secret.
    ///
    /// # Errors
    /// The store fails.
    pub fn note<B: Serialize, A: Serialize>(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        subject: &str,
        before: Option<&B>,
        after: Option<&A>,
    ) -> Result<(), StoreError> {
        audit::record(
            tx,
            &audit::NewEntry {
                at: self.now,
                actor: self.actor.clone(),
                action: action.to_owned(),
                subject: subject.to_owned(),
                before: before.map(json),
                after: after.map(json),
                undo_of: None,
                request_id: self.request_id.clone(),
            },
        )
    }

    /// Writes that the change of `entry` was taken back: what was there before and what is there since, as JSON.
    ///
    /// # Errors
    /// The store fails, or the change was taken back already.
    pub(crate) fn note_undo(
        &self,
        tx: &mut Tx<'_>,
        entry: &audit::Entry,
        before: &str,
        after: &str,
    ) -> Result<audit::Entry, StoreError> {
        audit::record(
            tx,
            &audit::NewEntry {
                at: self.now,
                actor: self.actor.clone(),
                action: UNDO.to_owned(),
                subject: entry.subject.clone(),
                before: Some(before.to_owned()),
                after: Some(after.to_owned()),
                undo_of: Some(entry.id),
                request_id: self.request_id.clone(),
            },
        )?;
        audit::undo_of(tx, entry.id)?.ok_or_else(|| StoreError::not_found("entry", entry.id.to_string()))
    }
}

/// See [`Trail::note_undo`].
const UNDO: &str = "undo";

/// Wire types always render; if one did not, the trail says so instead of losing the change.
fn json(value: impl Serialize) -> String {
    serde_json::to_string(&value).unwrap_or_else(|error| format!("{{\"unreadable\":\"{error}\"}}"))
}

impl FromRequestParts<AppState> for Trail {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let id = RequestId::from_request_parts(parts, state).await?;
        Ok(Self { now: state.clock.now(), actor: caller.actor(), request_id: Some(id.0) })
    }
}
