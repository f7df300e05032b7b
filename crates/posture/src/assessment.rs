//! A control's verdict on an asset over time: since when it is so.

use model::StateKind;
use serde::{Deserialize, Serialize};

use crate::{Time, Verdict};

/// What a control says of an asset, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// The newest verdict.
    pub verdict: Verdict,
    /// First evaluated.
    pub first_evaluated: Time,
    /// Last evaluated.
    pub last_evaluated: Time,
    /// In this state since then. A new cause or count in the same state does not move it.
    pub changed: Time,
}

/// What a new verdict did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The first verdict on this asset.
    First(StateKind),
    /// The state is as it was.
    Same,
    /// The state is another.
    Turned {
        /// What it was.
        from: StateKind,
        /// What it is.
        to: StateKind,
    },
}

impl Transition {
    /// Did it become unhealthy just now? That is worth a notice.
    #[must_use]
    pub const fn turned_unhealthy(self) -> bool {
        matches!(self, Self::First(StateKind::Unhealthy) | Self::Turned { to: StateKind::Unhealthy, .. })
    }
}

/// The assessment that follows when `verdict` is given at `now`.
///
/// A clock that went back moves no time back: what was evaluated before stays evaluated before.
#[must_use]
pub fn assess(previous: Option<&Assessment>, verdict: Verdict, now: Time) -> (Assessment, Transition) {
    let Some(previous) = previous else {
        let transition = Transition::First(verdict.state);
        let times = Assessment { verdict, first_evaluated: now, last_evaluated: now, changed: now };
        return (times, transition);
    };
    let now = now.max(previous.last_evaluated);
    let (from, to) = (previous.verdict.state, verdict.state);
    let (changed, transition) = match from == to {
        true => (previous.changed, Transition::Same),
        false => (now, Transition::Turned { from, to }),
    };
    let first_evaluated = previous.first_evaluated;
    (Assessment { verdict, first_evaluated, last_evaluated: now, changed }, transition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cause;

    fn unhealthy(findings: u64) -> Verdict {
        Verdict::unhealthy(Cause::new("test", format!("{findings} findings")), findings)
    }

    #[test]
    fn since_when_moves_with_the_state_alone() {
        let (first, transition) = assess(None, unhealthy(3), Time(10));
        assert_eq!(transition, Transition::First(StateKind::Unhealthy));
        let (second, transition) = assess(Some(&first), unhealthy(2), Time(20));
        assert_eq!(transition, Transition::Same);
        assert_eq!(second.verdict.findings, 2);
        assert_eq!((second.first_evaluated.0, second.last_evaluated.0, second.changed.0), (10, 20, 10));
        let (third, transition) = assess(Some(&second), Verdict::healthy(), Time(30));
        assert_eq!(transition, Transition::Turned { from: StateKind::Unhealthy, to: StateKind::Healthy });
        assert_eq!((third.first_evaluated.0, third.last_evaluated.0, third.changed.0), (10, 30, 30));
        assert!(!transition.turned_unhealthy());
        assert!(assess(Some(&third), unhealthy(1), Time(31)).1.turned_unhealthy());
    }

    #[test]
    fn a_clock_that_goes_back_moves_no_time_back() {
        let (first, _) = assess(None, Verdict::healthy(), Time(100));
        let (second, _) = assess(Some(&first), unhealthy(1), Time(50));
        assert_eq!((second.last_evaluated.0, second.changed.0), (100, 100));
    }
}
