//! The hub: API, console, jobs, registry watchers.
//!
//! [`AppState`] holds what handlers share. Each module that has endpoints has a function `routes()`, which [`http`]
//! merges; one registration feeds the router and the OpenAPI document ([`openapi()`]). Who may use an endpoint stands in
//! [`permissions`], and an endpoint that does not stand there cannot be reached. [`listen`] serves the router.

pub mod assess;
pub mod auth;
pub mod console;
pub mod fixes;
pub mod freshness;
pub mod http;
pub mod ingest;
pub mod jobs;
pub mod listen;
pub mod machine;
pub mod matching;
pub mod metrics;
pub mod notices;
pub mod notify;
mod openapi;
pub mod permissions;
mod poll;
pub mod problem;
pub mod problems;
pub mod registries;
pub mod retention;
mod run;
pub mod seal;
mod state;
pub mod worker;

pub use openapi::openapi;
pub use problem::Error;
pub use run::{Engine, Options, Running, run};
pub use state::{AppState, Clock, Settings};
