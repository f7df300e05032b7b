//! Registries that are watched, their repositories and tags, and what is asked of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Secret,
    tally::{State, StateCounts, Tally},
};

/// How the watching of a registry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegistryState {
    /// Nobody has looked at it yet.
    New,
    /// The last look went well.
    Ok,
    /// The last look failed.
    Failing,
    /// It is not looked at until someone says so.
    Paused,
}

impl RegistryState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::New, Self::Ok, Self::Failing, Self::Paused];

    /// How it is written on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Paused => "paused",
        }
    }
}

/// A registry that is watched. Its credentials are never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// The id.
    pub id: String,
    /// Its name, a part of its images' asset ids.
    pub name: String,
    /// Its address: `registry.example:5000`.
    pub address: String,
    /// The scope of its images, where no rule says otherwise.
    pub scope: String,
    /// The id of the owner of its images, where no rule says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Patterns of repositories that are watched; none: all.
    pub include: Vec<String>,
    /// Patterns of repositories that are not watched, though `include` has them.
    pub exclude: Vec<String>,
    /// It has a user name and a password.
    pub has_credentials: bool,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Certificate authorities beside the system's are trusted.
    pub has_ca: bool,
    /// Plain HTTP and certificates that do not verify are allowed.
    pub insecure: bool,
    /// Scans and look-ups at once.
    pub concurrency: u32,
    /// Minutes between two looks at its catalogue; 0: none, it tells everything by notifications.
    pub poll_minutes: u32,
    /// Images that were pushed, pulled or imported within so many days are assessed.
    pub window_days: u32,
    /// Private hosts that it may send us to.
    pub allow_hosts: Vec<String>,
    /// How the watching goes.
    pub state: RegistryState,
    /// Why, where that is to be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_detail: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub state_since: String,
    /// When its last notification came; absent: none ever did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub notified: Option<String>,
    /// When the last look at its whole catalogue ended; absent: none did yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub polled: Option<String>,
    /// Does it tell of pulls? Absent: not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tells_pulls: Option<bool>,
    /// Is it spoken to with TLS? Absent: it never answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// Does it take uploads from anybody? Absent: nobody has found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_write: Option<bool>,
    /// Its repositories.
    pub repositories: u64,
    /// Its images that are there.
    pub images: u64,
    /// How its images stand.
    pub states: StateCounts,
    /// The findings of its images; one that is in two images counts twice.
    pub findings: Tally,
    /// Its jobs that wait or run.
    pub queue: u64,
}

/// Connects a registry.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRegistry {
    /// Its name, which stays: lower-case letters, digits, `.`, `_`, `-`.
    #[schema(example = "main", min_length = 1, max_length = 64)]
    pub name: String,
    /// Its address, without a scheme: a host, with a port if it is not the usual one.
    #[schema(example = "registry.example:5000", min_length = 1, max_length = 255)]
    pub address: String,
    /// The scope of its images, where no rule says otherwise; the root if absent.
    #[serde(default)]
    pub scope: String,
    /// The id of the owner of its images, where no rule says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Patterns of repositories that are watched (`*` stands for any text); none: all.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub include: Vec<String>,
    /// Patterns of repositories that are not watched, though `include` has them.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub exclude: Vec<String>,
    /// The user name; with `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub user: Option<String>,
    /// The password or token; with `user`. It is kept encrypted and never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password, max_length = 8192)]
    pub password: Option<Secret>,
    /// Certificate authorities to trust beside the system's, in PEM form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 65_536)]
    pub ca: Option<String>,
    /// Allows plain HTTP and certificates that do not verify. On this machine (loopback) plain HTTP needs no leave.
    #[serde(default)]
    pub insecure: bool,
    /// Scans and look-ups at once; 2 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 64)]
    pub concurrency: Option<u32>,
    /// Minutes between two looks at its catalogue; 15 if absent, 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 10_080)]
    pub poll_minutes: Option<u32>,
    /// Days after its last push, pull or import within which an image is assessed; 30 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub window_days: Option<u32>,
    /// Private hosts that the registry may send us to: its token server, the store of its layers.
    #[serde(default)]
    #[schema(max_items = 32)]
    pub allow_hosts: Vec<String>,
}

/// Changes a registry: what is absent stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChangeRegistry {
    /// Its address. The credentials are for the old one: give them again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The scope of its images, where no rule says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The id of the owner of its images; empty takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Patterns of repositories that are watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// Patterns of repositories that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
    /// The user name; with `password`. Both empty take the credentials away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password or token; with `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<Secret>,
    /// Certificate authorities in PEM form; empty takes them away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Plain HTTP and certificates that do not verify are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Scans and look-ups at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 64)]
    pub concurrency: Option<u32>,
    /// Minutes between two looks at its catalogue; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 10_080)]
    pub poll_minutes: Option<u32>,
    /// Days after its last push, pull or import within which an image is assessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub window_days: Option<u32>,
    /// Private hosts that the registry may send us to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_hosts: Option<Vec<String>>,
}

/// A registry that was connected, with what it must be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeRegistry {
    /// The registry.
    pub registry: Registry,
    /// The secret for its notifications: in this answer and nowhere else.
    #[schema(value_type = String)]
    pub events_secret: Secret,
    /// How it is told to send them.
    pub notifications: Notifications,
}

/// A new secret for a registry's notifications; the one before is dead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsSecret {
    /// The secret: in this answer and nowhere else.
    #[schema(value_type = String)]
    pub events_secret: Secret,
    /// How the registry is told to send notifications.
    pub notifications: Notifications,
}

/// How a registry is told to send notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// Where to.
    pub url: String,
    /// With these headers; the secret is in them.
    pub headers: Vec<Header>,
    /// The part of docker-registry's configuration, in YAML; the secret is in it.
    #[schema(value_type = String)]
    pub example: Secret,
}

/// A header of HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    #[schema(value_type = String)]
    pub value: Secret,
}

/// What a look at an address showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// A registry answers, and takes the credentials.
    pub reached: bool,
    /// What was seen, or what to do about it.
    pub detail: String,
    /// What it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Is it spoken to with TLS?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// Does it take uploads from anybody? Absent: it could not be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_write: Option<bool>,
}

/// What goes with a registry when it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// Its repositories, with the history of their tags.
    pub repositories: u64,
    /// Its images; their content stays where it lies elsewhere too.
    pub images: u64,
    /// What controls say of them.
    pub assessments: u64,
    /// Its jobs that wait or run.
    pub jobs: u64,
    /// The same in one sentence.
    pub sentence: String,
}

/// What became of the events of one delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Taken in.
    pub taken: u64,
    /// Seawall's own pulls: they do not count.
    pub own: u64,
    /// Delivered before.
    pub replayed: u64,
    /// With the id of one that was delivered before, but other content: not taken in.
    pub altered: u64,
    /// In repositories that are not watched.
    pub unwatched: u64,
    /// About no manifest.
    pub other: u64,
    /// Broken: not taken in.
    pub refused: u64,
}

/// Events in the plain form, for what sends none of a registry's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlainEvents {
    /// At most 1000.
    #[schema(max_items = 1000)]
    pub events: Vec<PlainEvent>,
}

/// Something that happened in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlainEvent {
    /// An id that is given once in a registry: the same again is a replay.
    #[schema(max_length = 200)]
    pub id: String,
    /// `push`, `pull` or `delete`.
    #[schema(example = "push")]
    pub action: String,
    /// The repository.
    pub repository: String,
    /// The manifest's digest; a deletion may name a tag instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// The id.
    pub id: String,
    /// Its registry's id.
    pub registry: String,
    /// Its registry's name.
    pub registry_name: String,
    /// Its name.
    pub name: String,
    /// Its images that are there and that the caller may see.
    pub images: u64,
    /// Its tags that point somewhere.
    pub tags: u64,
    /// The worst state of its images.
    pub state: State,
    /// How its images stand.
    pub states: StateCounts,
    /// The findings of its images; one that is in two images counts twice.
    pub findings: Tally,
    /// When one of its images was last seen.
    #[schema(format = DateTime)]
    pub last_seen: String,
}

/// A tag, and what it points at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// The tag.
    pub tag: String,
    /// The manifest or index that it points at.
    pub digest: String,
    /// The image; of an index, the first of its images. Absent: it is not known yet, or it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Since when it points there.
    #[schema(format = DateTime)]
    pub since: String,
    /// How the image stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The image's findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Tally>,
}

/// A span of time in which a tag pointed somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagSpan {
    /// The tag.
    pub tag: String,
    /// The manifest or index.
    pub digest: String,
    /// From when on.
    #[schema(format = DateTime)]
    pub since: String,
    /// Until when; absent: it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}
