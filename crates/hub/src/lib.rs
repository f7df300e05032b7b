//! The hub: API, console, jobs, registry watchers.

pub mod console;
pub mod ingest;
pub mod matching;
