//! The database of advisories that the fleet is judged by, and what the hub is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::job::JobCounts;

/// How old the advisories are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeedState {
    /// Young enough to be relied on.
    Fresh,
    /// Too old: new vulnerabilities may be missed.
    Stale,
    /// There are none.
    None,
}

/// The database of advisories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Feeds {
    /// The one that the fleet is judged by; absent: there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<FeedDatabase>,
    /// What it is made of.
    pub sources: Vec<FeedSource>,
    /// The databases that were used, the newest first.
    pub history: Vec<FeedChange>,
    /// How old it is.
    pub state: FeedState,
    /// The same in one sentence.
    pub sentence: String,
}

/// A database of advisories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedDatabase {
    /// Its content's SHA-256.
    pub hash: String,
    /// Since when the fleet is judged by it.
    #[schema(format = DateTime)]
    pub opened: String,
    /// When its newest advisory was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub newest: Option<String>,
    /// Advisories.
    pub records: u64,
    /// The number of this change.
    pub generation: u64,
}

/// A source of advisories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeedSource {
    /// Its name.
    pub name: String,
    /// What it speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<String>,
    /// Its records.
    pub records: u64,
    /// When its newest record was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    /// How many days ago that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
    /// It is too old to be relied on.
    pub stale: bool,
}

/// A change of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedChange {
    /// The content's SHA-256.
    pub hash: String,
    /// From when on the fleet was judged by it.
    #[schema(format = DateTime)]
    pub opened: String,
    /// Advisories.
    pub records: u64,
}

/// Which database the hub keeps its rows in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// What this hub is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct System {
    /// Its release.
    pub version: String,
    /// What it keeps its rows in.
    pub store: StoreKind,
    /// Since when it runs.
    #[schema(format = DateTime)]
    pub started: String,
    /// Jobs that it carries out at once; 0: none, it only answers.
    pub workers: u32,
    /// Its jobs.
    pub queue: JobCounts,
    /// Where it is reached.
    pub listeners: Vec<String>,
}
