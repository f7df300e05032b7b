//! The secure score.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::control::Group;

/// Assets that count in a group, summed over groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counted {
    /// Healthy.
    pub healthy: u64,
    /// Unhealthy.
    pub unhealthy: u64,
}

/// The score of a scope with all below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// In percent with one digit; absent where nothing counts. No score is not a bad score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Points that it has, with two digits.
    pub current: f64,
    /// Points that it could have.
    pub max: u32,
    /// Every group that is worth points or has assets, worth most first.
    pub groups: Vec<Group>,
    /// Assets that count, one for each group.
    pub counted: Counted,
    /// Assets, one for each group, that could not be assessed: in neither count, and never green.
    pub not_assessed: u64,
    /// Assets, one for each control, that are exempt.
    pub exempt: u64,
    /// How the numbers come about, in words.
    pub formula: String,
    /// When it was asked: it is always that of now.
    #[schema(format = DateTime)]
    pub at: String,
}

/// The score of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreDay {
    /// `2026-01-31`, UTC.
    #[schema(format = Date)]
    pub day: String,
    /// In percent with one digit; absent where nothing counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Points that it had.
    pub current: f64,
    /// Points that it could have had.
    pub max: f64,
}

/// The score of days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreHistory {
    /// The oldest first; the last is today, as it is now.
    pub items: Vec<ScoreDay>,
}

/// The score of a scope below another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScopeScore {
    /// The scope's path.
    pub scope: String,
    /// What people call it.
    pub name: String,
    /// In percent with one digit; absent where nothing counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Points that it has.
    pub current: f64,
    /// Points that it could have.
    pub max: u32,
    /// Unhealthy assets, one for each group.
    pub unhealthy: u64,
}

/// The scores of the scopes right below another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScopeScores {
    /// By path.
    pub items: Vec<ScopeScore>,
}
