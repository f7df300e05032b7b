//! The hub: API, console, jobs, registry watchers.
