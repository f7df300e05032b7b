//! The hub: API, console, jobs, registry watchers.

pub mod ingest;
pub mod matching;
