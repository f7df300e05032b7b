//! The hub: API, console, jobs, registry watchers.

pub mod console;
pub mod ingest;
pub mod jobs;
pub mod matching;
pub mod notify;
mod poll;
pub mod problems;
pub mod registries;
pub mod seal;
pub mod worker;
