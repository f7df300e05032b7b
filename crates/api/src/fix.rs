//! Recommendations by fix: one deed, and all that it repairs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    image::{ImageRow, OwnerRef},
    tally::{Severity, TallyLite},
};

/// One thing to do, and what it repairs in all images of the caller's scopes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// Its id: it stays while target, findings and images change.
    pub id: String,
    /// What to do, in words: `upgrade lodash to 4.17.21`, `rebuild on debian:12.12`.
    pub title: String,
    /// What is done: `remove`, `rebuild-on-base`, `upgrade`, `upgrade-carrier`, `rebuild`.
    pub deed: String,
    /// purl type of what is acted upon; absent for a base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is acted upon: a package, the path of a binary, the name of a base.
    pub name: String,
    /// What to rebuild on, for bases, where that is known by a name of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What becomes newer, most findings first; of many the first 20.
    pub parts: Vec<FixPart>,
    /// Findings that it clears: one for each image, package and vulnerability.
    pub clears: TallyLite,
    /// Distinct vulnerabilities.
    pub vulnerabilities: u64,
    /// Of them, known to be exploited.
    pub kev: u64,
    /// Of them, about hostile code.
    pub malware: u64,
    /// The highest probability of exploitation, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<f64>,
    /// Images that have it.
    pub images: u64,
    /// Whose they are, most images first.
    pub owners: Vec<FixOwner>,
    /// What remains in these images once it is done.
    pub remains: Remains,
    /// Whether that is measured on the newest build of the base, which was scanned, or predicted from what has a fix.
    pub measured: bool,
    /// How much of it has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Since when there is something to do.
    #[schema(format = DateTime)]
    pub since: String,
}

/// A package that becomes newer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FixPart {
    /// purl type.
    pub kind: String,
    /// The name that advisories use.
    pub name: String,
    /// Versions that are there, oldest first; of many the first 20.
    pub from: Vec<String>,
    /// The version that repairs all that can be repaired; absent where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Findings that it clears.
    pub findings: u64,
}

/// An owner's part of a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FixOwner {
    /// The team; absent: nobody owns these images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerRef>,
    /// Images.
    pub images: u64,
    /// Findings that it clears in them.
    pub findings: u64,
}

/// What remains in the images of a fix once it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remains {
    /// Images that have no finding left.
    pub healed: u64,
    /// Images that keep findings.
    pub images: u64,
    /// Findings left in them.
    pub findings: u64,
    /// Of them, those that nothing repairs yet.
    pub unfixed: u64,
}

/// How much of a fix has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Images that had it, now or within 30 days.
    pub earlier: u64,
    /// Of them, those in which it is done: repaired, replaced by a newer build, or retired.
    pub arrived: u64,
    /// Of a hundred.
    #[schema(maximum = 100)]
    pub percent: u8,
    /// Since when it is counted.
    #[schema(format = DateTime)]
    pub since: String,
}

/// One fix, with what to do step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixDetail {
    /// The fix.
    #[serde(flatten)]
    pub fix: Fix,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// The vulnerabilities that it clears, the worst first; the first 50.
    pub vulnerabilities_list: Vec<FixVulnerability>,
}

/// A vulnerability that a fix clears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FixVulnerability {
    /// Its name.
    pub id: String,
    /// How bad.
    pub severity: Severity,
    /// Known to be exploited.
    pub kev: bool,
    /// Images in which the fix clears it.
    pub images: u64,
}

/// An image of a fix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FixImage {
    /// The image.
    pub image: ImageRow,
    /// Findings that the fix clears in it, or has cleared.
    pub findings: u64,
    /// Whether it is done: repaired, replaced by a newer build, or retired.
    pub done: bool,
}

/// All fixes, added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixSummary {
    /// Things to do.
    pub actions: u64,
    /// Findings that count: one for each image, package and vulnerability.
    pub findings: u64,
    /// Of them, those that nothing repairs yet.
    pub unfixed: TallyLite,
    /// The time of which all fixes are.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether that is the state of now: something changed meanwhile, and a new reading is being made, if not.
    pub current: bool,
}
