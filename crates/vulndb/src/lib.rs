//! Statements about packages, compiled into one mapped file; matching; why and why not.
//!
//! Sources speak in [`Statement`]s: affected in a range, not affected, will not fix, deferred, under investigation. A
//! [`Builder`] compiles [`Record`]s to a file, a [`Database`] maps it and answers two questions: what concerns the
//! packages of this catalogue ([`Database::assess`]), and why is this package affected, or not ([`Database::why`]).

mod record;

pub use record::{Coverage, End, Enrichment, Import, Lint, Range, Record, Statement, Status};
