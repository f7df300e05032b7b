//! Statements about packages, compiled into one mapped file; matching; why and why not.
//!
//! Sources speak in [`Statement`]s: affected in a range, not affected, will not fix, deferred, under investigation. A
//! [`Builder`] compiles [`Record`]s to a file, a [`Database`] maps it and answers two questions: what concerns the
//! packages of this catalogue ([`Database::assess`]), and why is this package affected, or not ([`Database::why`]).

mod assess;
mod build;
mod codec;
mod coverage;
mod database;
mod error;
mod examine;
mod finding;
mod golang;
mod hash;
mod judge;
mod kernel;
mod layout;
mod lookup;
mod map;
mod matches;
mod names;
mod precedence;
pub mod problems;
mod rating;
mod record;
mod remedy;
mod rpm;
mod statement;
mod why;
mod wire;

#[cfg(test)]
mod tests;

pub use build::{Builder, MAX_LINTS, Summary};
pub use database::{Database, Info, NameHash, SourceInfo};
pub use error::Error;
pub use matches::{Assessment, Context, Counts, CoverageState, Judge, Match};
pub use names::{NameKey, lookups};
pub use precedence::Tier;
pub use record::{Coverage, End, Enrichment, Import, Lint, Range, Record, Statement, Status};
pub use remedy::remedy;
pub use why::{Explanation, Lookup, Said, Verdict, Why};

pub(crate) use model::Class;
