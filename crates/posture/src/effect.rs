//! What a change would do, before it is saved: the fleet judged twice by the code that judges it for real.

use std::collections::BTreeMap;

use model::StateKind;

use crate::{
    DisableRule, Exemption, FindingCounts, FindingFacts, ImageAsset, Judge, Judged, ParameterError,
    RegistryAsset, Score, ScoreBuilder, Settings, StateCounts,
};

/// Assets that are judged together.
#[derive(Clone, Copy, Default)]
pub struct Fleet<'a> {
    /// Findings that count before rules, each once however many images have it.
    pub findings: &'a [FindingFacts<'a>],
    /// Images in their places.
    pub images: &'a [ImageAsset<'a>],
    /// Registries.
    pub registries: &'a [RegistryAsset<'a>],
}

/// A fleet in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Assets by their whole state: one unhealthy control makes an asset unhealthy. Previews are left out.
    pub assets: StateCounts,
    /// Findings that count, over all images.
    pub findings: FindingCounts,
    /// The secure score, with the states by group and by control.
    pub score: Score,
    /// What each rule hides, by its id: one for each image and finding. A rule that hides nothing is there with 0.
    pub hidden: BTreeMap<String, u64>,
    /// What each exemption changes, by its id. One that changes nothing is there with 0.
    pub exempted: BTreeMap<String, ExemptCount>,
}

/// What an exemption changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExemptCount {
    /// Assets that are exempt by it.
    pub assets: u64,
    /// Of them, those that would be unhealthy; the others would not be assessed.
    pub unhealthy: u64,
    /// Findings that would count.
    pub findings: u64,
}

/// Adds assets up.
struct Summing<'a> {
    settings: Settings<'a>,
    builder: ScoreBuilder<'a>,
    summary: Summary,
    /// Of each asset, in the order in which they come.
    states: Vec<StateKind>,
}

impl<'a> Summing<'a> {
    fn new(settings: Settings<'a>) -> Self {
        let builder = ScoreBuilder::new(settings.controls);
        let summary = Summary {
            assets: StateCounts::default(),
            findings: FindingCounts::default(),
            score: builder.clone().finish(),
            hidden: settings.rules.iter().map(|rule| (rule.id.clone(), 0)).collect(),
            exempted: settings
                .exemptions
                .iter()
                .map(|exemption| (exemption.id.clone(), ExemptCount::default()))
                .collect(),
        };
        Self { settings, builder, summary, states: Vec::new() }
    }

    fn add(&mut self, judged: &Judged) {
        let states: Vec<_> = judged.verdicts.iter().map(|(index, verdict)| (*index, verdict.state)).collect();
        self.builder.add(&states, 1);
        let mut whole = StateCounts::default();
        for (index, state) in &states {
            if self.settings.controls.get(*index).is_some_and(|control| !control.preview) {
                whole.add(*state, 1);
            }
        }
        let state = whole.state().unwrap_or(StateKind::NotApplicable);
        self.summary.assets.add(state, 1);
        self.states.push(state);
        self.summary.findings.add(&judged.counts);
        for hidden in &judged.hidden {
            let rule = self.settings.rules.get(hidden.rule);
            if let Some(count) = rule.and_then(|rule| self.summary.hidden.get_mut(&rule.id)) {
                *count = count.saturating_add(1);
            }
        }
        for exempted in &judged.exempted {
            self.builder.exempt(exempted.control, 1);
            let exemption = self.settings.exemptions.get(exempted.exemption);
            let count = exemption.and_then(|exemption| self.summary.exempted.get_mut(&exemption.id));
            if let Some(count) = count {
                count.assets = count.assets.saturating_add(1);
                count.unhealthy =
                    count.unhealthy.saturating_add(u64::from(exempted.was == StateKind::Unhealthy));
                count.findings = count.findings.saturating_add(exempted.findings);
            }
        }
    }

    fn finish(self) -> (Summary, Vec<StateKind>) {
        (Summary { score: self.builder.finish(), ..self.summary }, self.states)
    }
}

/// Judges a fleet and adds it up.
///
/// # Errors
/// When a parameter is none of its control's or out of range.
pub fn summarise(fleet: &Fleet<'_>, settings: Settings<'_>) -> Result<Summary, ParameterError> {
    Ok(sum(fleet, settings)?.0)
}

/// The sums, and the whole state of each image and then of each registry.
fn sum(fleet: &Fleet<'_>, settings: Settings<'_>) -> Result<(Summary, Vec<StateKind>), ParameterError> {
    let judge = Judge::new(settings, fleet.findings)?;
    let mut sum = Summing::new(settings);
    for image in fleet.images {
        sum.add(&judge.image(image));
    }
    for registry in fleet.registries {
        sum.add(&judge.registry(registry));
    }
    Ok(sum.finish())
}

/// Something that a person is about to save.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new disable rule, or another one in the place of that with its id.
    SetRule(Box<DisableRule>),
    /// A disable rule goes.
    RemoveRule(String),
    /// A new exemption, or another one in the place of that with its id.
    SetExemption(Box<Exemption>),
    /// An exemption goes.
    RemoveExemption(String),
}

impl Change {
    /// Rules and exemptions as they are once the change is saved.
    #[must_use]
    pub fn apply(
        &self,
        rules: &[DisableRule],
        exemptions: &[Exemption],
    ) -> (Vec<DisableRule>, Vec<Exemption>) {
        let (mut rules, mut exemptions) = (rules.to_vec(), exemptions.to_vec());
        match self {
            Self::SetRule(rule) => {
                rules.retain(|old| old.id != rule.id);
                rules.push(rule.as_ref().clone());
            }
            Self::RemoveRule(id) => rules.retain(|rule| rule.id != *id),
            Self::SetExemption(exemption) => {
                exemptions.retain(|old| old.id != exemption.id);
                exemptions.push(exemption.as_ref().clone());
            }
            Self::RemoveExemption(id) => exemptions.retain(|exemption| exemption.id != *id),
        }
        (rules, exemptions)
    }
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// As it is.
    pub before: Summary,
    /// As it will be.
    pub after: Summary,
    /// Assets whose whole state becomes another, in the order of the fleet.
    pub changes: Vec<StateChange>,
}

/// An asset whose whole state becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Its id.
    pub asset: String,
    /// As it is.
    pub before: StateKind,
    /// As it will be.
    pub after: StateKind,
}

/// What `change` does to a fleet that is judged by `settings`.
///
/// # Errors
/// When a parameter is none of its control's or out of range.
pub fn effect(fleet: &Fleet<'_>, settings: Settings<'_>, change: &Change) -> Result<Effect, ParameterError> {
    let (rules, exemptions) = change.apply(settings.rules, settings.exemptions);
    between(fleet, settings, fleet, Settings { rules: &rules, exemptions: &exemptions, ..settings })
}

/// What it does to the same assets, in the same order, to be judged as in `after` instead of as in `before`: as when a plan
/// is switched.
///
/// # Errors
/// When a parameter is none of its control's or out of range.
pub fn between(
    before: &Fleet<'_>,
    as_before: Settings<'_>,
    after: &Fleet<'_>,
    as_after: Settings<'_>,
) -> Result<Effect, ParameterError> {
    let (before_sum, before_states) = sum(before, as_before)?;
    let (after_sum, after_states) = sum(after, as_after)?;
    let ids = before.images.iter().map(|image| image.id);
    let ids = ids.chain(before.registries.iter().map(|registry| registry.id));
    let changes = ids
        .zip(before_states.into_iter().zip(after_states))
        .filter(|(_, (before, after))| before != after)
        .map(|(asset, (before, after))| StateChange { asset: asset.to_owned(), before, after });
    Ok(Effect { changes: changes.collect(), before: before_sum, after: after_sum })
}

#[cfg(test)]
mod tests {
    use model::Severity;

    use super::*;
    use crate::{
        Address, Criteria, PlanSet, RegistryFacts, Scope, Target, Time, builtin,
        disable::tests::{finding, rule},
        exemption::tests::exemption,
        judge::tests::sound,
    };

    /// Two images: one has a low finding, the other that and a high one. A registry without TLS.
    fn with_fleet<T>(act: impl FnOnce(&Fleet<'_>) -> T) -> T {
        let facts = sound();
        let scope = Scope::new("org/shop").unwrap();
        let findings = [finding("CVE-1", Severity::Low), finding("CVE-2", Severity::High)];
        let image = |id: &'static str, findings: &'static [u32]| ImageAsset {
            id,
            scope: &scope,
            plans: PlanSet::ALL,
            digests: &[],
            facts: &facts,
            findings,
        };
        let images = [image("registry/main/a@sha256:1", &[0]), image("registry/main/b@sha256:2", &[0, 1])];
        let facts = RegistryFacts { address: Some(Address::Http), anonymous_write: Some(false), owner: None };
        let registries =
            [RegistryAsset { id: "registry/main", scope: &scope, plans: PlanSet::ALL, facts: &facts }];
        act(&Fleet { findings: &findings, images: &images, registries: &registries })
    }

    fn effect_of(rules: &[DisableRule], exemptions: &[Exemption], change: &Change) -> Effect {
        let parameters = BTreeMap::new();
        let controls = builtin().unwrap();
        let settings = Settings { controls, parameters: &parameters, rules, exemptions, now: Time(0) };
        with_fleet(|fleet| {
            let effect = effect(fleet, settings, change).unwrap();
            // The preview is what is then there, by the same code.
            let (rules, exemptions) = change.apply(rules, exemptions);
            let real = summarise(fleet, Settings { rules: &rules, exemptions: &exemptions, ..settings });
            assert_eq!(real.unwrap(), effect.after);
            effect
        })
    }

    fn low() -> DisableRule {
        rule("low", "org", Criteria { severities: vec![Severity::Low], ..Criteria::default() })
    }

    #[test]
    fn a_rule_shows_what_it_hides_and_taking_it_away_shows_the_way_back() {
        let to = effect_of(&[], &[], &Change::SetRule(Box::new(low())));
        assert_eq!(
            (to.before.findings.vulnerabilities.total(), to.after.findings.vulnerabilities.total()),
            (3, 1)
        );
        assert_eq!((to.before.assets.unhealthy, to.after.assets.unhealthy), (3, 2));
        assert_eq!((to.before.hidden.len(), to.after.hidden["low"]), (0, 2));
        assert!(to.before.score.ratio() < to.after.score.ratio());
        let (before, after) = (StateKind::Unhealthy, StateKind::Healthy);
        let change = StateChange { asset: "registry/main/a@sha256:1".into(), before, after };
        assert_eq!(to.changes, [change], "the other image keeps its high finding");
        let back = effect_of(&[low()], &[], &Change::RemoveRule("low".into()));
        assert_eq!((back.before, back.after), (to.after, to.before));
    }

    #[test]
    fn a_rule_that_another_goes_before_hides_nothing_and_says_so() {
        let mut young = low();
        young.id = "young".into();
        young.created = Time(1);
        let effect = effect_of(&[low()], &[], &Change::SetRule(Box::new(young)));
        assert_eq!((effect.after.hidden["low"], effect.after.hidden["young"]), (2, 0));
        assert_eq!(effect.before.score, effect.after.score);
    }

    #[test]
    fn an_exemption_takes_assets_out_of_the_count() {
        let asset = Target::Asset("registry/main/b".into());
        let exemption = exemption("b", "image.vulnerabilities", asset);
        let effect = effect_of(&[], &[], &Change::SetExemption(Box::new(exemption.clone())));
        let group = |summary: &Summary| summary.score.groups[0].assets;
        let (control, _) = builtin().unwrap().find("image.vulnerabilities").unwrap();
        let states = |summary: &Summary| summary.score.controls[usize::from(control.0)].assets;
        assert_eq!((states(&effect.before).unhealthy, states(&effect.after).unhealthy), (2, 1));
        assert_eq!(states(&effect.after).not_applicable, 1);
        assert_eq!(effect.after.score.controls[usize::from(control.0)].exempt, 1);
        // Healthy for the other controls of the group.
        assert_eq!((group(&effect.before).healthy, group(&effect.after).healthy), (0, 1));
        let count = ExemptCount { assets: 1, unhealthy: 1, findings: 2 };
        assert_eq!(effect.after.exempted["b"], count);
        let back = effect_of(&[], &[exemption], &Change::RemoveExemption("b".into()));
        assert_eq!((back.before, back.after), (effect.after, effect.before));
    }
}
