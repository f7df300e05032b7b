//! The codes of problems that scanning can meet beside those of the engines. A code is never renamed.

use model::ProblemCode;

/// A file, directory or layer could not be read.
pub const UNREADABLE: ProblemCode = ProblemCode::new("scan.unreadable");
/// A limit of the budget was met.
pub const LIMIT: ProblemCode = ProblemCode::new("scan.limit");
/// A layer's bytes are not those that the manifest or configuration promises.
pub const DIGEST_MISMATCH: ProblemCode = ProblemCode::new("scan.digest-mismatch");
/// A hard link's content could not be had.
pub const LOST_LINK: ProblemCode = ProblemCode::new("scan.lost-link");
/// The layer cache could not be used; the scan went on without it.
pub const CACHE: ProblemCode = ProblemCode::new("scan.cache");
