//! Matching against the real feeds: every record at every boundary, the cases that a naive scanner gets wrong, and what apt
//! itself offers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test; the configuration's leave covers only functions marked as tests, not their helpers"
)]

#[path = "matching/boundaries.rs"]
mod boundaries;
#[path = "matching/cases.rs"]
mod cases;
#[path = "matching/expected.rs"]
mod expected;
#[path = "matching/neighbours.rs"]
mod neighbours;
#[path = "matching/numbers.rs"]
mod numbers;
#[path = "matching/offered.rs"]
mod offered;
#[path = "matching/oracle.rs"]
mod oracle;
#[path = "matching/real.rs"]
mod real;
#[path = "matching/said.rs"]
mod said;
