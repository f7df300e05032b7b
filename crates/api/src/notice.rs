//! Notices: what people should know.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tally::Severity;

/// Something that people should know: one notice however often it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What kind of thing happened: `recommendation` (one turned unhealthy), `finding` (a dangerous one is new),
    /// `registry` (one fails), `feeds` (advisories are old).
    pub kind: String,
    /// How bad.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// A sentence; may be empty.
    pub detail: String,
    /// Where; empty: the whole hub.
    pub scope: String,
    /// When it happened first.
    #[schema(format = DateTime)]
    pub first: String,
    /// When it happened last.
    #[schema(format = DateTime)]
    pub last: String,
    /// How many things it happened to.
    pub count: u64,
    /// Whether the caller has seen it. What happens again after a day of quiet is unread again.
    pub seen: bool,
    /// The path of the console's page about it.
    pub link: String,
}

/// How many notices the caller has not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeCount {
    /// Unread ones.
    pub unread: u64,
}
