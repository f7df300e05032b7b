//! What is to be done about registries, and how far it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits, perhaps for a time after a failure.
    Queued,
    /// A worker has it.
    Leased,
    /// Done.
    Done,
    /// Given up: look at its error, and let it be tried again.
    Dead,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// What stands behind a digest is looked up.
    Resolve,
    /// An image is scanned.
    Scan,
    /// A registry's catalogue is read.
    Poll,
    /// Something else.
    Other,
}

/// What goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// It is looked at again because it is time.
    Weekly,
    /// Anything else.
    Normal,
    /// It was pushed, imported or asked for.
    Pushed,
    /// Something runs it.
    Running,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The id.
    pub id: String,
    /// What is done.
    pub kind: JobKind,
    /// To what, in words.
    pub subject: String,
    /// The registry's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// The image's id, where it is known already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What goes first.
    pub priority: Priority,
    /// Where it stands.
    pub state: JobState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Attempts after which it is given up.
    pub max_attempts: u32,
    /// When it was queued.
    #[schema(format = DateTime)]
    pub created: String,
    /// It waits until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
    /// When it was done or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub finished: Option<String>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How many jobs stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobCounts {
    /// Waiting.
    pub queued: u64,
    /// Being worked on.
    pub leased: u64,
    /// Done; they are kept for a week.
    pub done: u64,
    /// Given up; they are kept for a month.
    pub dead: u64,
    /// When the oldest that waits was queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub oldest_queued: Option<String>,
}
