//! The fleet's software: package → versions → images.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tally::TallyLite;

/// One name of the fleet's software.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Software {
    /// purl type: `deb`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Versions that are there.
    pub versions: u64,
    /// Images in their places that have one.
    pub images: u64,
    /// Vulnerabilities that concern one and count.
    pub vulnerabilities: u64,
}

/// The versions of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SoftwareVersions {
    /// Those in most images first; at most 500.
    pub items: Vec<SoftwareVersion>,
}

/// A version of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SoftwareVersion {
    /// The version; empty where none is known.
    pub version: String,
    /// Images in their places that have it.
    pub images: u64,
    /// Vulnerabilities that concern it and count, each once.
    pub findings: TallyLite,
}
