//! Recommendations by security control: what is unhealthy, and what repairing it would gain.

use model::StateKind;

use crate::{ControlCounts, ControlIndex, Controls, GroupIndex, Points, Ratio, Score};

/// A control with unhealthy assets, or with assets that could not be assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// The control.
    pub control: ControlIndex,
    /// Its group.
    pub group: GroupIndex,
    /// Its assets by state.
    pub counts: ControlCounts,
    /// Points that the group would gain if this control alone were healthy wherever it is unhealthy.
    pub gain: Points,
    /// The score as it would be then; `None` where nothing counts.
    pub score: Option<Ratio>,
}

impl Recommendation {
    /// Is anything to be done? A control whose assets are all healthy or not applicable is a completed recommendation.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.counts.assets.get(StateKind::Unhealthy) > 0
    }
}

/// Every control as a recommendation, what gains most first; of the same gain the one with more unhealthy assets, then
/// the worse, then by id.
#[must_use]
pub fn recommendations(score: &Score, controls: &Controls) -> Vec<Recommendation> {
    let mut out: Vec<Recommendation> = controls
        .indexed()
        .zip(&score.controls)
        .map(|((index, control), counts)| Recommendation {
            control: index,
            group: control.group,
            counts: *counts,
            gain: score.gain(index, controls),
            score: score.with(index, controls).ratio(),
        })
        .collect();
    out.sort_by(|a, b| {
        let severity = |one: &Recommendation| controls.get(one.control).map(|control| control.severity);
        b.gain
            .cmp(&a.gain)
            .then(b.counts.assets.unhealthy.cmp(&a.counts.assets.unhealthy))
            .then_with(|| severity(b).cmp(&severity(a)))
            .then(a.control.cmp(&b.control))
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ScoreBuilder, builtin};

    #[test]
    fn what_gains_most_is_first_and_a_preview_gains_nothing() {
        let controls = builtin().unwrap();
        let index = |id: &str| controls.find(id).unwrap().0;
        let [root, cve, stale, owner] =
            ["image.root-user", "image.vulnerabilities", "image.stale-base", "image.no-owner"].map(index);
        let mut builder = ScoreBuilder::new(controls);
        use StateKind::{Healthy, Unhealthy};
        builder.add(&[(root, Unhealthy), (cve, Healthy), (stale, Unhealthy), (owner, Unhealthy)], 3);
        builder.add(&[(root, Healthy), (cve, Unhealthy), (stale, Unhealthy), (owner, Healthy)], 1);
        let score = builder.finish();
        let list = recommendations(&score, controls);
        assert_eq!(list.len(), controls.all().len());
        let open: Vec<_> =
            list.iter().filter(|one| one.is_open()).map(|one| (one.control, one.gain.to_string())).collect();
        let gain = |text: &str| text.to_owned();
        // 4 × 3/4, 6 × 1/4, and two worth nothing of which one is a preview.
        assert_eq!(
            open,
            [(root, gain("3.00")), (cve, gain("1.50")), (stale, gain("0.00")), (owner, gain("0.00"))]
        );
        assert_eq!(list[0].score.unwrap().to_string(), "85.0", "(4 + 4.5) of 10");
    }
}
