//! From images to repositories to registries: one state for the whole, with the counts of the parts beside it.

use model::StateKind;
use serde::{Deserialize, Serialize};

/// How many parts are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateCounts {
    /// Unhealthy.
    pub unhealthy: u64,
    /// Not assessed.
    pub not_assessed: u64,
    /// Healthy.
    pub healthy: u64,
    /// Not applicable.
    pub not_applicable: u64,
}

impl StateCounts {
    /// Counts `times` parts in `state`.
    pub fn add(&mut self, state: StateKind, times: u64) {
        let count = match state {
            StateKind::Unhealthy => &mut self.unhealthy,
            StateKind::NotAssessed => &mut self.not_assessed,
            StateKind::Healthy => &mut self.healthy,
            StateKind::NotApplicable => &mut self.not_applicable,
        };
        *count = count.saturating_add(times);
    }

    /// So many are in `state`.
    #[must_use]
    pub const fn get(&self, state: StateKind) -> u64 {
        match state {
            StateKind::Unhealthy => self.unhealthy,
            StateKind::NotAssessed => self.not_assessed,
            StateKind::Healthy => self.healthy,
            StateKind::NotApplicable => self.not_applicable,
        }
    }

    /// All parts.
    #[must_use]
    pub fn total(&self) -> u64 {
        StateKind::ALL.iter().fold(0, |sum, state| sum.saturating_add(self.get(*state)))
    }

    /// The state of the whole: the first that any part is in of unhealthy, not assessed, healthy, not applicable.
    /// `None`: there are no parts.
    #[must_use]
    pub fn state(&self) -> Option<StateKind> {
        StateKind::ALL.into_iter().find(|state| self.get(*state) > 0)
    }
}

/// The state of a whole: a repository by its images, a registry by its repositories.
///
/// Counts are of the leaves (images), so a registry's numbers are the sum of its repositories'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollUp {
    /// The leaves.
    pub counts: StateCounts,
}

impl RollUp {
    /// Rolls leaves up.
    pub fn of(states: impl IntoIterator<Item = StateKind>) -> Self {
        let mut counts = StateCounts::default();
        for state in states {
            counts.add(state, 1);
        }
        Self { counts }
    }

    /// Rolls wholes up to a larger one.
    pub fn of_all<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut counts = StateCounts::default();
        for part in parts {
            for state in StateKind::ALL {
                counts.add(state, part.counts.get(state));
            }
        }
        Self { counts }
    }

    /// The state; a whole without parts is not applicable: there is nothing that could be wrong or right.
    #[must_use]
    pub fn state(&self) -> StateKind {
        self.counts.state().unwrap_or(StateKind::NotApplicable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_wins_then_what_nobody_saw_then_what_is_right() {
        use StateKind::{Healthy, NotApplicable, NotAssessed, Unhealthy};
        for (parts, state) in [
            (&[Healthy, NotAssessed, Unhealthy, NotApplicable][..], Unhealthy),
            (&[Healthy, NotAssessed, NotApplicable], NotAssessed),
            (&[NotApplicable, Healthy], Healthy),
            (&[NotApplicable], NotApplicable),
            (&[], NotApplicable),
        ] {
            let whole = RollUp::of(parts.iter().copied());
            assert_eq!(whole.state(), state, "{parts:?}");
            assert_eq!(whole.counts.total(), parts.len() as u64, "all counts are kept");
        }
    }

    #[test]
    fn a_registry_is_the_sum_of_its_repositories() {
        let one = RollUp::of([StateKind::Healthy, StateKind::Healthy]);
        let other = RollUp::of([StateKind::NotAssessed]);
        let registry = RollUp::of_all([&one, &other]);
        assert_eq!(registry.state(), StateKind::NotAssessed);
        assert_eq!((registry.counts.healthy, registry.counts.not_assessed), (2, 1));
    }
}
