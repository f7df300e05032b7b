//! The words and sums that all parts of the interface share: severities, states, and how many of each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody says.
    Unknown,
    /// Hardly worth a fix.
    Negligible,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// The worst.
    Critical,
}

impl From<model::Severity> for Severity {
    fn from(severity: model::Severity) -> Self {
        match severity {
            model::Severity::Unknown => Self::Unknown,
            model::Severity::Negligible => Self::Negligible,
            model::Severity::Low => Self::Low,
            model::Severity::Medium => Self::Medium,
            model::Severity::High => Self::High,
            model::Severity::Critical => Self::Critical,
        }
    }
}

impl From<Severity> for model::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Unknown => Self::Unknown,
            Severity::Negligible => Self::Negligible,
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}

/// How an asset stands. What nobody could look at, or what there is no data for, is never healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Looked at, with data, and nothing was found.
    Healthy,
    /// Something is wrong.
    Unhealthy,
    /// It need not be looked at.
    NotApplicable,
    /// Nobody could tell.
    NotAssessed,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Healthy, Self::Unhealthy, Self::NotApplicable, Self::NotAssessed];

    /// How it is written on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::NotApplicable => "not_applicable",
            Self::NotAssessed => "not_assessed",
        }
    }

    /// The state of a word of the store; a word that nobody knows is *not assessed*.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::NotAssessed)
    }
}

impl From<model::StateKind> for State {
    fn from(state: model::StateKind) -> Self {
        match state {
            model::StateKind::Healthy => Self::Healthy,
            model::StateKind::Unhealthy => Self::Unhealthy,
            model::StateKind::NotApplicable => Self::NotApplicable,
            model::StateKind::NotAssessed => Self::NotAssessed,
        }
    }
}

impl From<State> for model::StateKind {
    fn from(state: State) -> Self {
        match state {
            State::Healthy => Self::Healthy,
            State::Unhealthy => Self::Unhealthy,
            State::NotApplicable => Self::NotApplicable,
            State::NotAssessed => Self::NotAssessed,
        }
    }
}

/// Findings: those that count, by severity, and what of them helps to decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Critical ones.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// Negligible ones.
    pub negligible: u64,
    /// Those that nobody rated.
    pub unknown: u64,
    /// Shown apart: in none of the other numbers.
    pub apart: u64,
    /// Of those that count: a fix is to be had.
    pub fixable: u64,
    /// Of those that count: known to be exploited.
    pub kev: u64,
}

/// Findings that count, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TallyLite {
    /// Critical ones.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// Negligible ones.
    pub negligible: u64,
    /// Those that nobody rated.
    pub unknown: u64,
}

/// How many are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateCounts {
    /// Healthy.
    pub healthy: u64,
    /// Unhealthy.
    pub unhealthy: u64,
    /// Not applicable.
    pub not_applicable: u64,
    /// Not assessed.
    pub not_assessed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_on_the_wire_and_in_the_store() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(State::of(state.as_str()), state);
        }
        assert_eq!(State::of("green"), State::NotAssessed);
        for severity in model::Severity::WORST_FIRST {
            let wire = Severity::from(severity);
            assert_eq!(serde_json::to_value(wire).unwrap(), severity.as_str());
            assert_eq!(model::Severity::from(wire), severity);
        }
    }
}
