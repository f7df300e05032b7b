//! Coverage: what is looked at, what is not, and why.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::scope::PlanKind;

/// A plan within a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanCoverage {
    /// The plan.
    pub plan: PlanKind,
    /// Assets on which it is on.
    pub on: u64,
    /// Assets on which it could be.
    pub could: u64,
    /// `on`, `partial`, `off`, `empty` (there is nothing that it could protect), `later` (this release has no part for it).
    pub state: String,
    /// In words.
    pub sentence: String,
}

/// Images by whether they are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetCoverage {
    /// All.
    pub total: u64,
    /// Healthy or unhealthy.
    pub assessed: u64,
    /// Could not be judged.
    pub not_assessed: u64,
    /// Need not be.
    pub not_applicable: u64,
}

/// Why images are not assessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CauseCount {
    /// In words.
    pub cause: String,
    /// A stable code: `not-scanned`, `incomplete`, `unsupported`, `not-known`, `plan-off`, `not-pulled`, `exempt`.
    pub code: String,
    /// So many images.
    pub count: u64,
    /// Where they are listed in the console.
    pub link: String,
}

/// How a registry is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistryCoverage {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// `new`, `ok`, `failing`, `paused`.
    pub state: String,
    /// Why it is failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
    /// The last notification; absent: none ever came, so times of pulls are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub notified: Option<String>,
}

/// The data that packages are judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedCoverage {
    /// `fresh`, `stale`, `none`.
    pub state: String,
    /// The newest statement in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub newest: Option<String>,
    /// In words.
    pub sentence: String,
}

/// The queue of scans and looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueCoverage {
    /// Waiting.
    pub queued: u64,
    /// Since when the oldest waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub oldest: Option<String>,
    /// Given up, for people to look at.
    pub dead: u64,
}

/// An agent; this release has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentCoverage {
    /// The name.
    pub name: String,
}

/// A kind of problem that may hide something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemCount {
    /// Its code: the manual's page of problems tells what to do.
    pub code: String,
    /// How often.
    pub count: u64,
    /// In how many images.
    pub images: u64,
}

/// What is looked at in a scope and below it, and what is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// Plans.
    pub plans: Vec<PlanCoverage>,
    /// Images.
    pub assets: AssetCoverage,
    /// Why images are not assessed or need not be, most frequent first.
    pub causes: Vec<CauseCount>,
    /// Registries.
    pub registries: Vec<RegistryCoverage>,
    /// The data.
    pub feeds: FeedCoverage,
    /// The queue.
    pub queue: QueueCoverage,
    /// Agents.
    pub agents: Vec<AgentCoverage>,
    /// Problems that may hide packages or findings, in most images first.
    pub problems: Vec<ProblemCount>,
    /// All of it in one sentence.
    pub sentence: String,
}
