//! Why a package is affected, or is not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FindingPackage, LayerPlace};
use crate::tally::Severity;

/// What came out for a package and a vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Affected, and it counts.
    Affected,
    /// Shown apart: it does not count.
    Apart,
    /// Not affected.
    NotAffected,
    /// Nobody can tell: there is no data that could judge the package.
    NotAssessed,
}

/// Why a package of an image is affected by a vulnerability, or is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The answer in one sentence.
    pub sentence: String,
    /// The vulnerability, as it was asked for.
    pub vulnerability: String,
    /// The package.
    pub package: FindingPackage,
    /// The layer that brought the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerPlace>,
    /// Files that show the package, best first.
    pub paths: Vec<String>,
    /// The instruction that made the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// What sources say about the package and this vulnerability, whether it holds or not.
    pub advisories: Vec<Advisory>,
    /// Ratings, the one that counts first.
    pub ratings: Vec<Rating>,
    /// What else decided, step by step: names it was looked up under, who owns it, what is linked, who overruled whom.
    pub reasons: Vec<String>,
    /// What came out.
    pub verdict: Verdict,
}

/// What one record of a source says about a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Advisory {
    /// The source.
    pub source: String,
    /// The record's id there.
    pub id: String,
    /// A page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What came out of comparing the version with it, in words.
    pub statement: String,
    /// Affected versions, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// The version that has the fix by this record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Its own rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// It holds for this version.
    pub holds: bool,
}

/// A rating of a vulnerability by one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rating {
    /// Who rates.
    pub source: String,
    /// The word.
    pub severity: Severity,
    /// CVSS base score, 0 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// CVSS vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
}

/// Why an image is affected by a vulnerability, or is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// The vulnerability, as it was asked for.
    pub vulnerability: String,
    /// Whether a finding counts.
    pub affected: bool,
    /// The answer in one sentence.
    pub sentence: String,
    /// The packages that the vulnerability could concern, those that are affected first; at most 200.
    pub packages: Vec<Evidence>,
    /// Packages of the image, all of which were considered.
    pub considered: u64,
}
