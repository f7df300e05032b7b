//! Codes of this crate's problems.

use model::ProblemCode;

/// The database is damaged where data about a package lies; findings may be missing. Import or copy it again.
pub const DAMAGED: ProblemCode = ProblemCode::new("vulndb.damaged");
