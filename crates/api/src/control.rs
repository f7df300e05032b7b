//! Controls, recommendations by control, and what controls say of assets.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    exemption::Exemption,
    tally::{Severity, State, StateCounts},
};

/// A group of the secure score, as controls name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupName {
    /// Slug: `remediate-vulnerabilities`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Points that it is worth where everything is healthy.
    pub max: u32,
}

/// What to do about a control that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remediation {
    /// The first thing to do, in words.
    pub text: String,
    /// Everything to do, in order; a command stands behind its step.
    pub steps: Vec<String>,
}

/// What tells more of a control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reference {
    /// What it leads to.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// What can be set on a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it does.
    pub title: String,
    /// The value that holds: a number, yes or no, or a severity.
    pub value: Value,
    /// The value where nothing is set.
    pub default: Value,
    /// The least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// What should hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Control {
    /// Slug: `image.vulnerabilities`.
    #[schema(example = "image.vulnerabilities")]
    pub id: String,
    /// The rule in one line.
    pub title: String,
    /// Why, for people.
    pub description: String,
    /// How bad it is where it does not hold.
    pub severity: Severity,
    /// Its group in the secure score.
    pub group: GroupName,
    /// Still being tried: shown, never in the score.
    pub preview: bool,
    /// The kinds of asset that it is assessed on.
    pub assets: Vec<String>,
    /// What to do where it does not hold.
    pub remediation: Remediation,
    /// Where to read more.
    pub references: Vec<Reference>,
    /// Numbers of standards that ask for the same: `CIS Docker 4.1`.
    pub standards: Vec<String>,
    /// What can be set.
    pub parameters: Vec<Parameter>,
}

/// All controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Controls {
    /// In the order of their ids.
    pub items: Vec<Control>,
}

/// How a recommendation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecommendationState {
    /// Assets are unhealthy.
    Open,
    /// All assets that it concerns are healthy.
    Completed,
    /// It concerns no asset, or all are exempt.
    NotApplicable,
    /// No asset is known to be unhealthy, and some could not be assessed.
    NotAssessed,
}

/// A control with what it says of the assets of a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recommendation {
    /// The control's id.
    pub control: String,
    /// The rule in one line.
    pub title: String,
    /// How bad it is where it does not hold.
    pub severity: Severity,
    /// The slug of its group.
    pub group: String,
    /// Still being tried: shown, never in the score.
    pub preview: bool,
    /// Its assets by state.
    pub states: StateCounts,
    /// Of those that it does not apply to, the ones that an exemption excuses.
    pub exempt: u64,
    /// Findings of it that disable rules hide.
    pub hidden: u64,
    /// Points that would be gained if it alone held everywhere, with two digits.
    pub gain: f64,
    /// The score as it would be then, in percent with one digit; absent where nothing counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// How it stands.
    pub state: RecommendationState,
    /// Since when the longest unhealthy asset is so; told for one recommendation alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub since: Option<String>,
}

/// A group of the secure score with what it has. Numbers are points with two digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Slug.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Points where everything is healthy.
    pub max: u32,
    /// Points that it has; absent where no asset counts: then it is in no sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<f64>,
    /// Points that could be gained.
    pub potential: f64,
    /// Assets that are healthy in every control of the group.
    pub healthy: u64,
    /// Assets that are unhealthy in one at least.
    pub unhealthy: u64,
    /// Assets of which not all could be assessed, in neither count.
    #[serde(rename = "notAssessed")]
    pub not_assessed: u64,
    /// How its controls stand together.
    pub state: RecommendationState,
}

/// Recommendations by control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recommendations {
    /// What gains most first.
    pub items: Vec<Recommendation>,
    /// Their groups, worth most first.
    pub groups: Vec<Group>,
    /// So many recommendations.
    pub total: u64,
}

/// How many assets of a control were unhealthy on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrendDay {
    /// `2026-01-31`, UTC.
    #[schema(format = Date)]
    pub day: String,
    /// Unhealthy assets.
    pub unhealthy: u64,
}

/// One recommendation in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecommendationDetail {
    /// What it is and how it stands.
    #[serde(flatten)]
    pub recommendation: Recommendation,
    /// The control itself.
    pub detail: Control,
    /// Unhealthy assets each day, the oldest first; the last is now.
    pub trend: Vec<TrendDay>,
    /// Exemptions from it that hold, the newest first; at most 50.
    pub exemptions: Vec<Exemption>,
    /// Disable rules that hide findings of it here.
    pub rules: u64,
}

/// What a control says of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssessedAsset {
    /// `image`, `registry`.
    pub kind: String,
    /// The number of its row, for addresses.
    pub id: String,
    /// `registry/main/shop/web@sha256:…`.
    pub asset_id: String,
    /// What people call it: the asset's id without its kind.
    pub name: String,
    /// Its scope.
    pub scope: String,
    /// The team that fixes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// Which of the four states.
    pub state: State,
    /// Why; empty only where it is healthy.
    pub cause: String,
    /// Stable codes of the causes, for filters.
    pub codes: Vec<String>,
    /// What else to know, such as that the registry tells nothing of pulls.
    pub notes: Vec<String>,
    /// Findings that count.
    pub findings: u64,
    /// Findings that disable rules hide.
    pub hidden: u64,
    /// In this state since.
    #[schema(format = DateTime)]
    pub since: String,
    /// When it was judged last.
    #[schema(format = DateTime)]
    pub evaluated: String,
    /// The exemption that acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<String>,
    /// Its page in the console.
    pub link: String,
}

/// An owner, where only its name matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerName {
    /// The id.
    pub id: String,
    /// The team's name.
    pub name: String,
}
