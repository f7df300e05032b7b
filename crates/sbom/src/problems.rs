//! The codes of problems that cataloguing can meet. A code is never renamed.

use model::ProblemCode;

/// A package database or metadata file is damaged; what could be read of it was kept.
pub const MALFORMED: ProblemCode = ProblemCode::new("sbom.malformed");
/// A file is larger than the limit for its kind and was not read.
pub const TOO_LARGE: ProblemCode = ProblemCode::new("sbom.too-large");
/// A file could not be read.
pub const UNREADABLE: ProblemCode = ProblemCode::new("sbom.unreadable");
/// A package database in a format that is not supported yet (ndb, Berkeley DB).
pub const UNSUPPORTED: ProblemCode = ProblemCode::new("sbom.unsupported-database");
/// Archives inside archives past the limit.
pub const NESTING: ProblemCode = ProblemCode::new("sbom.nesting");
/// A limit of the budget was met while a file was read.
pub const LIMIT: ProblemCode = ProblemCode::new("sbom.limit");
/// Packages in a test folder of another package, which are not installed.
pub const FIXTURE: ProblemCode = ProblemCode::new("sbom.fixture");
/// A manifest includes another file of requirements that was not read.
pub const NOT_FOLLOWED: ProblemCode = ProblemCode::new("sbom.include-not-followed");
/// A document in a format that is recognised and not read (SPDX 3, XML, tag-value).
pub const UNSUPPORTED_DOCUMENT: ProblemCode = ProblemCode::new("sbom.unsupported-document");
/// Components of a document that have no package URL, or one of a type that is not known: they cannot be judged.
pub const NO_IDENTITY: ProblemCode = ProblemCode::new("sbom.no-identity");
/// A document that tells the source of no OS package: those built from a source of another name are not found.
pub const NO_SOURCES: ProblemCode = ProblemCode::new("sbom.no-sources");
/// Parts of a document that name different distributions.
pub const DISTRO_CONFLICT: ProblemCode = ProblemCode::new("sbom.distro-conflict");
