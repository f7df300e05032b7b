//! The vocabulary of Seawall: what every engine takes and reports, and nothing that does work.
//!
//! An *asset* has a *control* assessed on it, with *findings*; what could not be looked at is a [`Problem`].
//! Engines take a [`Budget`] and return `(T, Vec<Problem>)`: a broken part never aborts a scan and never panics.

mod budget;
mod credential;
mod digest;
mod finding;
mod image;
mod problem;
mod severity;
mod state;

pub use budget::{Budget, Exceeded, Limit, Limits};
pub use credential::{Credential, CredentialKind, CredentialPlace};
pub use digest::{BlobDigest, ConfigDigest, DiffId, Digest, DigestError, ManifestDigest};
pub use finding::{
    ApartReason, Class, Detail, Evidence, Finding, FindingId, FixStatus, Judgement, Kev, MatchedRecord,
    Rating, Reference, Ssvc, Suppressed, Vulnerability,
};
pub use image::{HealthCheck, History, ImageConfig, Layer, LayerIndex, Platform};
pub use problem::{Effect, Problem, ProblemCode, Problems};
pub use severity::Severity;
pub use state::{ControlId, State, StateKind};
