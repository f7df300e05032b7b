//! What a registry's notification says (distribution's `application/vnd.docker.distribution.events.v1+json`), read
//! without belief: whatever comes gives events, and a count of what was left out.

use serde::Deserialize;

/// The media type of an envelope; parameters behind it are allowed.
pub const MEDIA_TYPE: &str = "application/vnd.docker.distribution.events.v1+json";
/// Bytes of an envelope. Distribution sends one event each; the largest is a push with a manifest's descriptor.
pub const MAX_BYTES: usize = 1 << 20;
/// Events of one envelope.
const MAX_EVENTS: usize = 1000;
/// Bytes of an event's id, and of an actor's or address's name that is kept as evidence.
const MAX_ID: usize = 200;

/// Manifests and indexes: everything else a registry tells of is a part of one.
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// What happened to a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It was pushed.
    Push,
    /// It was fetched or looked up (GET or HEAD).
    Pull,
    /// It, or one of its tags, was deleted.
    Delete,
}

impl Action {
    /// `push`, `pull`, `delete`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
            Self::Delete => "delete",
        }
    }
}

/// One event about a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The registry's id for it: the same one again is a replay.
    pub id: String,
    /// What happened.
    pub action: Action,
    /// Where.
    pub repository: String,
    /// To which manifest; `None` for a tag that was deleted.
    pub digest: Option<model::ManifestDigest>,
    /// By which tag, where that was told.
    pub tag: Option<String>,
    /// Who asked, by the registry's word.
    pub actor: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
}

/// An envelope that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Events about manifests, in their order.
    pub events: Vec<Event>,
    /// Events about layers and configurations, mounts, and other actions: nothing is missed with them.
    pub other: u64,
    /// Events that break the schema or name something impossible.
    pub refused: u64,
}

/// Why nothing of it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Too many bytes.
    #[error("an envelope is at most {MAX_BYTES} bytes")]
    TooLarge,
    /// Too many events.
    #[error("an envelope holds at most {MAX_EVENTS} events")]
    TooMany,
    /// Not an envelope.
    #[error("this is no {MEDIA_TYPE}: a JSON object with `events`")]
    Schema,
}

#[derive(Deserialize)]
struct Raw {
    events: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RawEvent {
    id: String,
    action: String,
    target: RawTarget,
    #[serde(default)]
    request: Option<RawRequest>,
    #[serde(default)]
    actor: Option<RawActor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTarget {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    repository: String,
    #[serde(default)]
    tag: Option<String>,
}

#[derive(Deserialize)]
struct RawRequest {
    #[serde(default)]
    addr: Option<String>,
    #[serde(default)]
    useragent: Option<String>,
}

#[derive(Deserialize)]
struct RawActor {
    #[serde(default)]
    name: Option<String>,
}

/// Reads an envelope.
///
/// # Errors
/// When it is too large or none at all. A broken event within a sound envelope is counted, not an error.
pub fn read(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
    let mut envelope = Envelope::default();
    for event in events(bytes)? {
        match event.and_then(|event| sort(serde_json::from_value(event).ok()?).ok()) {
            Some(Some(event)) => envelope.events.push(event),
            Some(None) => envelope.other += 1,
            None => envelope.refused += 1,
        }
    }
    Ok(envelope)
}

/// The events of an envelope, each still unread. Only objects are taken: serde would read a list as a struct, too.
pub(super) fn events(bytes: &[u8]) -> Result<Vec<Option<serde_json::Value>>, EnvelopeError> {
    if bytes.len() > MAX_BYTES {
        return Err(EnvelopeError::TooLarge);
    }
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(EnvelopeError::Schema);
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(|_| EnvelopeError::Schema)?;
    if raw.events.len() > MAX_EVENTS {
        return Err(EnvelopeError::TooMany);
    }
    Ok(raw.events.into_iter().map(|event| event.is_object().then_some(event)).collect())
}

/// An event about a manifest; `None` for one that is about something else, `Err` for one that cannot be.
fn sort(raw: RawEvent) -> Result<Option<Event>, ()> {
    let action = match raw.action.as_str() {
        "push" => Action::Push,
        "pull" => Action::Pull,
        "delete" => Action::Delete,
        _ => return Ok(None),
    };
    let target = raw.target;
    // Distribution tells no media type with a deletion, of a layer neither: what is no manifest of ours is found out later.
    let manifest = match (target.media_type.as_deref().map(bare), action) {
        (Some("") | None, Action::Delete) => true,
        (media_type, _) => media_type.is_some_and(|media_type| MANIFESTS.contains(&media_type)),
    };
    if !manifest {
        return Ok(None);
    }
    let digest = match target.digest.as_deref() {
        None | Some("") => None,
        Some(text) => Some(text.parse::<model::ManifestDigest>().map_err(|_| ())?),
    };
    let tag = target.tag.filter(|tag| !tag.is_empty());
    let (address, user_agent) = raw.request.map_or((None, None), |r| (r.addr, r.useragent));
    let event = Event {
        id: raw.id,
        action,
        repository: target.repository,
        digest,
        tag,
        actor: raw.actor.and_then(|actor| actor.name),
        address,
        user_agent,
    };
    checked(event).map(Some).ok_or(())
}

/// The event, where it can be, with names from outside cut to what is kept.
pub(super) fn checked(event: Event) -> Option<Event> {
    if event.id.is_empty() || event.id.len() > MAX_ID || event.id.chars().any(char::is_control) {
        return None;
    }
    if event.digest.is_none() && (event.action != Action::Delete || event.tag.is_none()) {
        return None;
    }
    // One grammar for repositories and tags: that of references.
    let name = format!("registry.invalid/{}:{}", event.repository, event.tag.as_deref().unwrap_or("x"));
    let parsed: oci::Reference = name.parse().ok()?;
    (parsed.repository() == event.repository).then(|| Event {
        actor: event.actor.and_then(tame),
        address: event.address.and_then(tame),
        user_agent: event.user_agent.and_then(tame),
        ..event
    })
}

/// A media type without its parameters.
fn bare(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Text from outside, as it is kept: one line, no control characters, not longer than a name.
fn tame(text: String) -> Option<String> {
    let mut text = text;
    if text.chars().any(char::is_control) || text.chars().nth(MAX_ID).is_some() {
        text = text.chars().filter(|c| !c.is_control()).take(MAX_ID).collect();
    }
    (!text.is_empty()).then_some(text)
}

/// Did Seawall itself ask? Its user agent carries the registry's mark, which is random and told to that registry only, so
/// that a foreign program that calls itself Seawall counts, and so does another hub's Seawall.
#[must_use]
pub fn is_own(event: &Event, mark: &str) -> bool {
    let Some(agent) = event.user_agent.as_deref() else { return false };
    !mark.is_empty()
        && agent.strip_prefix("seawall/").and_then(|rest| rest.split_once(' ')).is_some_and(|(_, comment)| {
            comment.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) == Some(mark)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

    fn digest() -> String {
        format!("sha256:{}", "ab".repeat(32))
    }

    fn event(changes: &[(&str, Value)]) -> Value {
        let mut event = json!({
            "id": "asdf-asdf", "timestamp": "2026-01-01T00:00:00Z", "action": "push",
            "target": {
                "mediaType": MANIFEST, "size": 1, "digest": digest(), "length": 1, "repository": "team/app",
                "url": "http://h/v2/team/app/manifests/x", "tag": "1",
            },
            "request": {"id": "r", "addr": "192.0.2.1:1", "host": "h", "method": "PUT", "useragent": "skopeo/1"},
            "actor": {"name": "ann"}, "source": {"addr": "h:5000", "instanceID": "i"},
        });
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = if parent.is_empty() { &mut event } else { event.pointer_mut(parent).unwrap() };
            match value {
                Value::Null => drop(parent.as_object_mut().unwrap().remove(key)),
                value => parent[key] = value.clone(),
            }
        }
        event
    }

    fn read_one(changes: &[(&str, Value)]) -> Envelope {
        read(json!({"events": [event(changes)]}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_event_about_a_manifest_is_read_whole() {
        let envelope = read_one(&[]);
        let wanted = Event {
            id: "asdf-asdf".into(),
            action: Action::Push,
            repository: "team/app".into(),
            digest: digest().parse().ok(),
            tag: Some("1".into()),
            actor: Some("ann".into()),
            address: Some("192.0.2.1:1".into()),
            user_agent: Some("skopeo/1".into()),
        };
        assert_eq!(envelope, Envelope { events: vec![wanted], other: 0, refused: 0 });
    }

    #[test]
    fn what_counts_is_told_from_what_does_not_and_from_what_cannot_be() {
        let layer = json!("application/octet-stream");
        // Changes; events, others, refused.
        type Case = (&'static str, Vec<(&'static str, Value)>, (usize, u64, u64));
        let cases: Vec<Case> = vec![
            ("a pull", vec![("/action", json!("pull"))], (1, 0, 0)),
            (
                "a parameter",
                vec![("/target/mediaType", json!(format!("{MANIFEST}; charset=utf-8")))],
                (1, 0, 0),
            ),
            ("an index", vec![("/target/mediaType", json!(MANIFESTS[0]))], (1, 0, 0)),
            ("a layer", vec![("/target/mediaType", layer)], (0, 1, 0)),
            ("no media type", vec![("/target/mediaType", Value::Null)], (0, 1, 0)),
            ("a mount", vec![("/action", json!("mount"))], (0, 1, 0)),
            (
                "a deletion without media type",
                vec![
                    ("/action", json!("delete")),
                    ("/target/mediaType", Value::Null),
                    ("/target/tag", Value::Null),
                ],
                (1, 0, 0),
            ),
            (
                "a deleted tag",
                vec![
                    ("/action", json!("delete")),
                    ("/target/mediaType", json!("")),
                    ("/target/digest", Value::Null),
                ],
                (1, 0, 0),
            ),
            (
                "a deletion of nothing",
                vec![
                    ("/action", json!("delete")),
                    ("/target/mediaType", json!("")),
                    ("/target/digest", Value::Null),
                    ("/target/tag", json!("")),
                ],
                (0, 0, 1),
            ),
            ("no tag", vec![("/target/tag", Value::Null)], (1, 0, 0)),
            ("no request, no actor", vec![("/request", Value::Null), ("/actor", Value::Null)], (1, 0, 0)),
            ("no id", vec![("/id", json!(""))], (0, 0, 1)),
            ("a long id", vec![("/id", json!("x".repeat(201)))], (0, 0, 1)),
            ("an id that is a number", vec![("/id", json!(7))], (0, 0, 1)),
            ("no target", vec![("/target", Value::Null)], (0, 0, 1)),
            ("no digest", vec![("/target/digest", Value::Null)], (0, 0, 1)),
            ("a short digest", vec![("/target/digest", json!("sha256:00"))], (0, 0, 1)),
            ("no repository", vec![("/target/repository", json!(""))], (0, 0, 1)),
            ("a path", vec![("/target/repository", json!("../../etc"))], (0, 0, 1)),
            (
                "a digest for a repository",
                vec![("/target/repository", json!(format!("a@{}", digest())))],
                (0, 0, 1),
            ),
            ("a tag with a line", vec![("/target/tag", json!("a\nb"))], (0, 0, 1)),
        ];
        for (name, changes, wanted) in cases {
            let envelope = read_one(&changes);
            assert_eq!(
                (envelope.events.len(), envelope.other, envelope.refused),
                wanted,
                "{name}: {envelope:?}"
            );
        }
    }

    #[test]
    fn what_is_no_envelope_is_refused_whole() {
        for (bytes, error) in [
            (&b""[..], EnvelopeError::Schema),
            (b"[]", EnvelopeError::Schema),
            (b"{}", EnvelopeError::Schema),
            (br#"[[{"id":"1"}]]"#, EnvelopeError::Schema),
            (br#"{"events":{}}"#, EnvelopeError::Schema),
            (br#"{"events":[]"#, EnvelopeError::Schema),
            (&vec![b' '; MAX_BYTES + 1], EnvelopeError::TooLarge),
            (format!("{{\"events\":[{}1]}}", "1,".repeat(MAX_EVENTS)).as_bytes(), EnvelopeError::TooMany),
            ("[".repeat(100_000).as_bytes(), EnvelopeError::Schema),
        ] {
            assert_eq!(read(bytes), Err(error));
        }
        assert_eq!(read(br#"{"events":[1,null,"x",["1","push",{}]]}"#).unwrap().refused, 4);
    }

    #[test]
    fn what_is_kept_as_evidence_is_one_short_line() {
        let envelope = read_one(&[
            ("/request/useragent", json!("\u{1b}[31m".repeat(500))),
            ("/actor/name", json!("\n")),
        ]);
        let agent = envelope.events[0].user_agent.as_deref().unwrap();
        assert!(agent.len() == MAX_ID && !agent.contains('\u{1b}'), "{agent:?}");
        assert_eq!(envelope.events[0].actor, None);
    }

    #[test]
    fn own_requests_are_told_by_agent_and_mark_together() {
        for (agent, own) in [
            ("seawall/0.1.0 (m4rk)", true),
            ("seawall/9.9 (m4rk)", true),
            ("seawall/0.1.0", false),
            ("seawall/0.1.0 ()", false),
            ("seawall/0.1.0 (other)", false),
            ("seawall/0.1.0 (m4rk) docker/1", false),
            ("docker/1 (m4rk)", false),
            ("docker/1 seawall/0.1.0 (m4rk)", false),
        ] {
            let envelope = read_one(&[("/request/useragent", json!(agent))]);
            assert_eq!(is_own(&envelope.events[0], "m4rk"), own, "{agent}");
            assert!(!is_own(&envelope.events[0], ""), "{agent}");
        }
    }
}
