//! Events of registries that send none of their own form: what a script, a webhook's relay or another product can send.

use serde::Deserialize;

use super::envelope::{Action, Envelope, EnvelopeError, Event, checked, events};

#[derive(Deserialize)]
struct RawEvent {
    id: String,
    action: String,
    repository: String,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    actor: Option<String>,
}

/// Reads `{"events": [{"id", "action": "push" | "pull" | "delete", "repository", "digest", "tag", "actor"}]}`.
///
/// # Errors
/// When it is too large or none at all. A broken event within is counted, not an error.
pub fn read(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
    let mut envelope = Envelope::default();
    for event in events(bytes)? {
        match event.and_then(|event| sort(serde_json::from_value(event).ok()?)) {
            Some(event) => envelope.events.push(event),
            None => envelope.refused += 1,
        }
    }
    Ok(envelope)
}

fn sort(raw: RawEvent) -> Option<Event> {
    let action =
        [Action::Push, Action::Pull, Action::Delete].into_iter().find(|a| a.as_str() == raw.action)?;
    checked(Event {
        id: raw.id,
        action,
        repository: raw.repository,
        digest: match raw.digest.as_deref() {
            None | Some("") => None,
            Some(text) => Some(text.parse().ok()?),
        },
        tag: raw.tag.filter(|tag| !tag.is_empty()),
        actor: raw.actor,
        address: None,
        user_agent: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::envelope::MAX_BYTES;

    #[test]
    fn plain_events_are_held_to_the_same_rules() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let text = format!(
            r#"{{"events":[
                {{"id":"1","action":"push","repository":"a/b","digest":"{digest}","tag":"1","actor":"ci"}},
                {{"id":"2","action":"delete","repository":"a/b","tag":"1"}},
                {{"id":"3","action":"push","repository":"a/b"}},
                {{"id":"4","action":"mount","repository":"a/b","digest":"{digest}"}},
                {{"id":"5","action":"pull","repository":"../b","digest":"{digest}"}},
                {{"id":"","action":"pull","repository":"b","digest":"{digest}"}},
                7]}}"#
        );
        let envelope = read(text.as_bytes()).unwrap();
        assert_eq!((envelope.events.len(), envelope.other, envelope.refused), (2, 0, 5), "{envelope:?}");
        assert_eq!(envelope.events[0].actor.as_deref(), Some("ci"));
        assert_eq!(envelope.events[1].action, Action::Delete);
        assert_eq!(read(b"{}"), Err(EnvelopeError::Schema));
        assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(EnvelopeError::TooLarge));
    }
}
