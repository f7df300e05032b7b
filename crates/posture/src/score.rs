//! The secure score.
//!
//! A group of controls is worth points. An asset earns its share only when it is healthy for *every* control of the group
//! that counts: `current = maximum × healthy ÷ (healthy + unhealthy)`. What does not apply, what is exempt and preview
//! controls are in neither count; what was not assessed is in neither, and reported beside. A scope's score is the sum of
//! what its groups have over the sum of what they could have, over the groups that have any asset to count.

mod number;

use std::collections::BTreeMap;

use model::StateKind;

pub use number::{Points, Ratio};

use crate::{ControlIndex, Controls, GroupIndex, Scope, StateCounts};

/// A group of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupScore {
    /// Which.
    pub group: GroupIndex,
    /// Points where everything is healthy.
    pub maximum: u32,
    /// Assets, by their state in the whole group.
    pub assets: StateCounts,
}

impl GroupScore {
    /// Assets that count.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        self.assets.healthy.saturating_add(self.assets.unhealthy)
    }

    /// What the group has; `None` where no asset counts: then it is in no sum either.
    #[must_use]
    pub fn current(&self) -> Option<Points> {
        Points::share(self.maximum, self.assets.healthy, self.counted())
    }

    /// What one asset is worth.
    #[must_use]
    pub fn for_each(&self) -> Option<Points> {
        Points::share(self.maximum, 1, self.counted())
    }

    /// What it would gain if every asset that counts were healthy.
    #[must_use]
    pub fn potential(&self) -> Option<Points> {
        Some(Points::of(self.maximum).minus(self.current()?))
    }
}

/// A control within the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlCounts {
    /// Assets by what the control says of them.
    pub assets: StateCounts,
    /// Of those that it does not apply to, the ones that an exemption excuses.
    pub exempt: u64,
    /// Unhealthy assets that would be healthy in the whole group if this control alone were.
    pub lifts: u64,
    /// Unhealthy assets of which nothing else is known to be wrong, but other controls of the group were not assessed.
    pub uncovers: u64,
}

/// The secure score of a set of assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Every group, in the order of [`Controls::groups`].
    pub groups: Vec<GroupScore>,
    /// Every control, in the order of [`Controls::all`].
    pub controls: Vec<ControlCounts>,
    /// Assets that count in one group at least: the weight among several scopes.
    pub weight: u64,
}

impl Score {
    /// Points that it has.
    #[must_use]
    pub fn current(&self) -> Points {
        self.groups.iter().filter_map(GroupScore::current).fold(Points::default(), Points::plus)
    }

    /// Points that it could have.
    #[must_use]
    pub fn maximum(&self) -> u32 {
        let counted = self.groups.iter().filter(|group| group.counted() > 0);
        counted.fold(0, |sum, group| sum.saturating_add(group.maximum))
    }

    /// The score; `None` where nothing counts. No score is not a bad score.
    #[must_use]
    pub fn ratio(&self) -> Option<Ratio> {
        Ratio::of_points(self.current(), self.maximum())
    }

    /// What the score would gain if this control alone were healthy wherever it is unhealthy now, in points of its group.
    ///
    /// An asset that other controls of the group keep unhealthy earns nothing by it. One of which other controls were not
    /// assessed would leave the count.
    #[must_use]
    pub fn gain(&self, control: ControlIndex, controls: &Controls) -> Points {
        let after = self.group_after(control, controls);
        let Some((before, after)) = after else { return Points::default() };
        after.current().unwrap_or_default().minus(before.current().unwrap_or_default())
    }

    /// The score as it would be then.
    #[must_use]
    pub fn with(&self, control: ControlIndex, controls: &Controls) -> Self {
        let mut out = self.clone();
        if let Some((before, after)) = self.group_after(control, controls)
            && let Some(group) = out.groups.iter_mut().find(|group| group.group == before.group)
        {
            *group = after;
        }
        out
    }

    fn group_after(&self, index: ControlIndex, controls: &Controls) -> Option<(GroupScore, GroupScore)> {
        let control = controls.get(index).filter(|control| !control.preview)?;
        let before = *self.groups.iter().find(|group| group.group == control.group)?;
        let counts = self.controls.get(usize::from(index.0))?;
        let mut after = before;
        let leaves = counts.lifts.saturating_add(counts.uncovers);
        after.assets.unhealthy = after.assets.unhealthy.saturating_sub(leaves);
        after.assets.healthy = after.assets.healthy.saturating_add(counts.lifts);
        after.assets.not_assessed = after.assets.not_assessed.saturating_add(counts.uncovers);
        Some((before, after))
    }
}

/// Adds assets up to a score.
#[derive(Clone, Debug)]
pub struct ScoreBuilder<'a> {
    controls: &'a Controls,
    score: Score,
}

impl<'a> ScoreBuilder<'a> {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(controls: &'a Controls) -> Self {
        let groups = (0..).map(GroupIndex).zip(controls.groups());
        let groups = groups.map(|(index, group)| GroupScore {
            group: index,
            maximum: group.maximum,
            assets: StateCounts::default(),
        });
        let score = Score {
            groups: groups.collect(),
            controls: vec![ControlCounts::default(); controls.all().len()],
            weight: 0,
        };
        Self { controls, score }
    }

    /// Counts `times` assets of which the controls say `states`. Assets that are in the same states may be counted
    /// together: a fleet has few different ones.
    pub fn add(&mut self, states: &[(ControlIndex, StateKind)], times: u64) {
        for (index, state) in states {
            if let Some(counts) = self.score.controls.get_mut(usize::from(index.0)) {
                counts.assets.add(*state, times);
            }
        }
        let mut counts_somewhere = false;
        for group in &mut self.score.groups {
            let mut of_group = StateCounts::default();
            let mut last_unhealthy = None;
            for (index, state) in states {
                let control = self.controls.get(*index);
                if control.is_none_or(|control| control.preview || control.group != group.group) {
                    continue;
                }
                of_group.add(*state, 1);
                if *state == StateKind::Unhealthy {
                    last_unhealthy = Some(*index);
                }
            }
            // One unhealthy control makes the asset unhealthy, one that was not assessed keeps it from being healthy.
            let Some(state) = of_group.state() else { continue };
            group.assets.add(state, times);
            counts_somewhere |= matches!(state, StateKind::Healthy | StateKind::Unhealthy);
            if of_group.unhealthy != 1 {
                continue;
            }
            let only = last_unhealthy.and_then(|index| self.score.controls.get_mut(usize::from(index.0)));
            if let Some(only) = only {
                let others = if of_group.not_assessed > 0 { &mut only.uncovers } else { &mut only.lifts };
                *others = others.saturating_add(times);
            }
        }
        if counts_somewhere {
            self.score.weight = self.score.weight.saturating_add(times);
        }
    }

    /// Tells that `times` of the assets that a control does not apply to are so by an exemption. Changes no score.
    pub fn exempt(&mut self, control: ControlIndex, times: u64) {
        if let Some(counts) = self.score.controls.get_mut(usize::from(control.0)) {
            counts.exempt = counts.exempt.saturating_add(times);
        }
    }

    /// The score of all that was counted.
    #[must_use]
    pub fn finish(self) -> Score {
        self.score
    }
}

/// The score of every scope that has assets in it or below it: a scope's assets are those of its whole branch.
///
/// Each item is an asset's scope, what the controls say of it, and how many such assets there are.
#[must_use]
pub fn score_by_scope<'s>(
    controls: &Controls,
    assets: impl IntoIterator<Item = (&'s Scope, &'s [(ControlIndex, StateKind)], u64)>,
) -> BTreeMap<Scope, Score> {
    let mut builders: BTreeMap<Scope, ScoreBuilder<'_>> = BTreeMap::new();
    for (scope, states, times) in assets {
        for above in scope.with_those_above() {
            builders.entry(above).or_insert_with(|| ScoreBuilder::new(controls)).add(states, times);
        }
    }
    builders.into_iter().map(|(scope, builder)| (scope, builder.finish())).collect()
}

/// Several scopes at once, two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combined {
    /// Points that the scopes have together.
    pub current: Points,
    /// Points that they could have together.
    pub maximum: u32,
    /// Points over points. `None`: nothing counts.
    pub summed: Option<Ratio>,
    /// The scopes' scores, each weighed by its assets that count. `None`: nothing counts.
    pub weighted: Option<Ratio>,
}

/// Combines the scores of several scopes. It is no plain average: a scope with many assets weighs more. How the product
/// that set the bar weighs is not published; here a scope weighs as much as it has assets that count.
#[must_use]
pub fn combine<'a>(scores: impl IntoIterator<Item = &'a Score>) -> Combined {
    let (mut current, mut maximum) = (Points::default(), 0_u32);
    let mut weighted = Vec::new();
    for score in scores {
        current = current.plus(score.current());
        maximum = maximum.saturating_add(score.maximum());
        weighted.extend(score.ratio().map(|ratio| (ratio, score.weight)));
    }
    Combined {
        current,
        maximum,
        summed: Ratio::of_points(current, maximum),
        weighted: Ratio::weighted(&weighted),
    }
}

#[cfg(test)]
mod tests;
