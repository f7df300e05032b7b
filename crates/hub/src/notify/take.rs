//! Taking events in: what they say is in the store, or nothing is, before they are answered.

use aws_lc_rs::digest;
use store::{
    Micros, Store, StoreError, Tx, placements,
    registries::{self, Registry, Taken},
};

use super::{
    envelope::{self, Action, Envelope, EnvelopeError, Event},
    generic,
};
use crate::{
    jobs::{self, Resolve},
    seal::token_matches,
};

/// In which form events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Distribution's own.
    Distribution,
    /// The plain one.
    Plain,
}

/// What became of the events of one delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Taken in.
    pub taken: u64,
    /// Our own pulls.
    pub own: u64,
    /// Delivered before.
    pub replayed: u64,
    /// With the id of one that was delivered before, but other content.
    pub altered: u64,
    /// In repositories that are not watched.
    pub unwatched: u64,
    /// About no manifest.
    pub other: u64,
    /// Broken.
    pub refused: u64,
}

/// Why a delivery is refused as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No registry has this number.
    #[error("there is no such registry")]
    UnknownRegistry,
    /// The secret is missing or wrong.
    #[error(
        "the secret is missing or wrong: send `Authorization: Bearer …` with the one that was shown when the registry was connected, or make a new one"
    )]
    Unauthorized,
    /// It is no envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Nothing was kept; it should be sent again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The HTTP status that says so.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownRegistry => 404,
            Self::Unauthorized => 401,
            Self::Envelope(EnvelopeError::TooLarge) => 413,
            Self::Envelope(_) => 400,
            Self::Store(_) => 503,
        }
    }

    /// The word under which it is counted.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::UnknownRegistry => "unknown-registry",
            Self::Unauthorized => "unauthorized",
            Self::Envelope(EnvelopeError::TooLarge | EnvelopeError::TooMany) => "too-large",
            Self::Envelope(EnvelopeError::Schema) => "schema",
            Self::Store(_) => "store",
        }
    }
}

/// Takes one delivery in. When this returns a receipt, the change is committed.
///
/// `secret` is what stands behind `Bearer` in the request. It is looked at before the body is.
///
/// # Errors
/// Why nothing was taken in.
pub async fn take(
    store: &Store,
    registry: i64,
    secret: Option<&str>,
    form: Form,
    body: &[u8],
    now: Micros,
) -> Result<Receipt, Refusal> {
    knows(store, registry, secret).await?;
    take_known(store, registry, form, body, now).await
}

/// Does the sender know the registry's secret? Compared in the same time whatever is wrong with it.
///
/// # Errors
/// [`Refusal::UnknownRegistry`], [`Refusal::Unauthorized`]: whoever asks from outside is to learn the same of both.
pub async fn knows(store: &Store, registry: i64, secret: Option<&str>) -> Result<Registry, Refusal> {
    let found = store.read(move |tx| registries::get(tx, registry)).await;
    let found = match found {
        Ok(found) => found,
        Err(StoreError::NotFound { .. }) => {
            // As much work as for one that is known.
            let _ = token_matches(secret.unwrap_or_default(), &[0; 32]);
            return Err(Refusal::UnknownRegistry);
        }
        Err(error) => return Err(error.into()),
    };
    let kept = unhex(&found.settings.events_hash).ok_or(Refusal::Unauthorized)?;
    if !secret.is_some_and(|secret| token_matches(secret, &kept)) {
        return Err(Refusal::Unauthorized);
    }
    Ok(found)
}

/// Takes one delivery in from somebody who [`knows`] the secret, or may send by other means. When this returns a
/// receipt, the change is committed.
///
/// # Errors
/// Why nothing was taken in.
pub async fn take_known(
    store: &Store,
    registry: i64,
    form: Form,
    body: &[u8],
    now: Micros,
) -> Result<Receipt, Refusal> {
    let envelope = match form {
        Form::Distribution => envelope::read(body)?,
        Form::Plain => generic::read(body)?,
    };
    Ok(store.write(move |tx| apply(tx, registry, &envelope, form, now)).await?)
}

fn apply(
    tx: &mut Tx<'_>,
    registry: i64,
    envelope: &Envelope,
    form: Form,
    now: Micros,
) -> Result<Receipt, StoreError> {
    // Read again: it may have been changed or removed since.
    let registry = registries::get(tx, registry)?;
    let mut receipt = Receipt { other: envelope.other, refused: envelope.refused, ..Receipt::default() };
    let mut pulls = false;
    for event in &envelope.events {
        pulls |= event.action == Action::Pull;
        // Before anything is kept of them: our own requests would fill the table.
        if envelope::is_own(event, &registry.settings.mark) && event.action == Action::Pull {
            receipt.own += 1;
            continue;
        }
        if !registry.settings.watches(&event.repository) {
            receipt.unwatched += 1;
            continue;
        }
        match registries::take_event(tx, registry.id, &event.id, event.action.as_str(), &content(event), now)?
        {
            Taken::Replayed => receipt.replayed += 1,
            Taken::Altered => receipt.altered += 1,
            Taken::New => {
                one(tx, &registry, event, form, now)?;
                receipt.taken += 1;
            }
        }
    }
    registries::notified(tx, registry.id, pulls, now)?;
    Ok(receipt)
}

/// What an event does.
fn one(
    tx: &mut Tx<'_>,
    registry: &Registry,
    event: &Event,
    form: Form,
    now: Micros,
) -> Result<(), StoreError> {
    if event.action == Action::Delete {
        let Some(repository) = placements::find_repository(tx, registry.id, &event.repository)? else {
            return Ok(());
        };
        match (event.digest, event.tag.as_deref()) {
            (Some(digest), _) => drop(placements::retire(tx, repository, &digest.to_string(), now)?),
            (None, Some(tag)) => drop(placements::untag(tx, repository, tag, now)?),
            (None, None) => {}
        }
        return Ok(());
    }
    // Read without a digest only for deletions.
    let Some(digest) = event.digest else { return Ok(()) };
    let trigger = match (event.action, form) {
        (Action::Pull, _) => placements::Trigger::Pull,
        (_, Form::Distribution) => placements::Trigger::Push,
        (_, Form::Plain) => placements::Trigger::Event,
    };
    let evidence = serde_json::json!({
        "event": event.id, "actor": event.actor, "address": event.address, "userAgent": event.user_agent,
        "tag": event.tag,
    });
    let resolve = Resolve {
        registry: registry.id,
        repository: event.repository.clone(),
        digest: digest.to_string(),
        tag: event.tag.clone().filter(|_| event.action == Action::Push),
        trigger: trigger.as_str().to_owned(),
        evidence: evidence.to_string(),
        at: now,
    };
    jobs::seen(tx, registry, &resolve, now)
}

/// A hash over all that an event says.
fn content(event: &Event) -> Vec<u8> {
    let text = format!("{event:?}");
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.is_ascii() {
        return None;
    }
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks(2).map(digits).collect()
}

#[cfg(test)]
mod tests;
