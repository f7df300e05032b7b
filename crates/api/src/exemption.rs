//! Exemptions, and what a change does before it is saved.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tally::{State, StateCounts, TallyLite};

/// The kinds of excuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Something outside Seawall's sight takes care of it.
    Mitigated,
    /// The risk is accepted.
    Waiver,
}

impl Category {
    /// The word on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mitigated => "mitigated",
            Self::Waiver => "waiver",
        }
    }
}

/// What an exemption changes now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExemptionEffect {
    /// Assets that are exempt by it.
    pub assets: u64,
    /// Of them, those that would be unhealthy; the others could not be assessed.
    pub unhealthy: u64,
    /// Findings that would count.
    pub findings: u64,
}

/// A control that need not hold somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exemption {
    /// The id.
    pub id: String,
    /// The control's id.
    pub control: String,
    /// The control in one line.
    pub control_title: String,
    /// Where it holds: on this scope and below it. Absent: on an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where it holds: on this asset and what is inside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
    /// What kind of excuse.
    pub category: Category,
    /// Why.
    pub reason: String,
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
    /// What it changes now.
    pub effect: ExemptionEffect,
}

/// Makes an exemption, or asks what one would do. Exactly one of `scope` and `assetId` is given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewExemption {
    /// The control's id.
    #[schema(example = "image.root-user")]
    pub control: String,
    /// On this scope and below it; empty: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// On this asset and what is inside it: a registry, a repository, an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, example = "registry/main/shop/web")]
    pub asset_id: Option<String>,
    /// What kind of excuse.
    pub category: Category,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    pub reason: String,
    /// From then on it holds no more; absent: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires: Option<String>,
}

/// Assets by state, before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetsChange {
    /// As it is.
    pub before: StateCounts,
    /// As it would be.
    pub after: StateCounts,
}

/// Findings that count, before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingsChange {
    /// As it is.
    pub before: TallyLite,
    /// As it would be.
    pub after: TallyLite,
}

/// The score, before and after: of the scope where the change is made, with all below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScoreChange {
    /// In percent; absent where nothing counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// In percent; absent where nothing would count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// Points that it has.
    pub current_before: f64,
    /// Points that it would have.
    pub current_after: f64,
    /// Points that it could have.
    pub max: u32,
}

/// An asset that would be in another state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetChange {
    /// The asset.
    pub asset_id: String,
    /// What people call it.
    pub name: String,
    /// As it is.
    pub before: State,
    /// As it would be.
    pub after: State,
}

/// What a change would do: the assets judged twice, by the code that judges them for real.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Effect {
    /// Assets of the scope by state.
    pub assets: AssetsChange,
    /// Their findings.
    pub findings: FindingsChange,
    /// The score.
    pub score: ScoreChange,
    /// Findings that it would hide, one for each image and place; of an exemption those that would no longer count.
    pub hides: u64,
    /// Assets that would be in another state: the first 20.
    pub changes: Vec<AssetChange>,
    /// How many they are in all.
    pub changed: u64,
    /// What it does not do, so that nobody is surprised.
    pub not: Vec<String>,
    /// All of it in one sentence.
    pub sentence: String,
}
