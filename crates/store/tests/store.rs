//! One suite on both databases: every test here runs on SQLite and on a PostgreSQL server that the suite starts.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy.toml allows these in tests, but not in what tests share"
)]

#[path = "store/access.rs"]
mod access;
#[path = "store/fixes.rs"]
mod fixes;
#[path = "store/fleet.rs"]
mod fleet;
#[path = "store/golden.rs"]
mod golden;
#[path = "store/harness.rs"]
mod harness;
#[path = "store/hits.rs"]
mod hits;
#[path = "store/hosts.rs"]
mod hosts;
#[path = "store/jobs.rs"]
mod jobs;
#[path = "store/migrations.rs"]
mod migrations;
#[path = "store/notices.rs"]
mod notices;
#[path = "store/pages.rs"]
mod pages;
#[path = "store/posture.rs"]
mod posture;
#[path = "store/removal.rs"]
mod removal;
#[path = "store/restart.rs"]
mod restart;
#[path = "store/retention.rs"]
mod retention;
#[path = "store/scopes.rs"]
mod scopes;
#[path = "store/transactions.rs"]
mod transactions;
#[path = "store/watched.rs"]
mod watched;
