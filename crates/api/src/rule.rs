//! Disable rules: findings that are not counted, by criteria.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tally::Severity;

/// How criteria are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// All that are given must hold.
    #[default]
    All,
    /// One that is given must hold.
    Any,
}

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PackageCategory {
    /// A package of the distribution.
    Os,
    /// A package of a programming language.
    Language,
}

/// What a source says about a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FixState {
    /// It is fixed in a version that is to be had.
    FixAvailable,
    /// No fix is known.
    NoFixAvailable,
    /// It is to be fixed later.
    Scheduled,
    /// It will not be fixed.
    WontFix,
    /// The source is still looking into it.
    Unknown,
}

/// Which findings a rule is about. Criteria that are not given ask nothing; values of one criterion are joined by *or*.
/// Hostile packages are hidden only where they are named, by `findings` or `cves`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Criteria {
    /// Must all criteria hold, or does one do?
    #[serde(rename = "match")]
    pub mode: Match,
    /// Ids of records or vulnerabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub findings: Vec<String>,
    /// Operating system or language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<PackageCategory>,
    /// Security check: a text in title, package or id; case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub check: Option<String>,
    /// CVSS v3 base score below this. A finding without a score is not hidden by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0.0, maximum = 10.0)]
    pub cvss_below: Option<f64>,
    /// Of these severities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// A fix is to be had, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patchable: Option<bool>,
    /// CVE ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub cves: Vec<String>,
    /// Digests of images: of the manifest or the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub images: Vec<String>,
    /// Distributions: `debian` or, with the release, `debian:12`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub os_versions: Vec<String>,
    /// Minimum severity: what is rated below it is hidden. What nobody rated is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_severity: Option<Severity>,
    /// Of these fix states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<FixState>,
}

/// A disable rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// It holds here and below.
    pub scope: String,
    /// For findings of this control; absent: of every control that has findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// Which findings.
    pub criteria: Criteria,
    /// Why.
    pub justification: String,
    /// From then on it holds no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// By whom.
    pub created_by: String,
    /// When it was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub removed: Option<String>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<String>,
    /// Findings that it hides now, one for each image and place.
    pub hides: u64,
}

/// Makes a rule, or asks what one would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRule {
    /// What people call it.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// Here and below; empty: everywhere.
    pub scope: String,
    /// For findings of this control: `image.vulnerabilities` or `image.malware`; absent: of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// Which findings: one criterion at least.
    pub criteria: Criteria,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    pub justification: String,
    /// From then on it holds no more; absent: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires: Option<String>,
}

/// A finding that a rule hides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HiddenFinding {
    /// The image in its place.
    pub image: String,
    /// The asset.
    pub asset_id: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// The package.
    pub package: String,
    /// How bad.
    pub severity: Severity,
}
