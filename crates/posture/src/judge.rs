//! Verdicts of assets with everything applied: plans, use, predicates, disable rules, exemptions. The one code that
//! gives assessments and previews.

use std::collections::BTreeMap;

use model::{Class, StateKind};

use crate::{
    AssetKind, Cause, Control, ControlIndex, Controls, DisableRule, Disabler, Exemption, FindingCounts,
    FindingFacts, FixState, Hidden, ImageFacts, ImageKey, ParameterError, Parameters, PlanSet, RegistryFacts,
    Scope, Time, Use, Verdict, predicate::Given,
};

/// What people set.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The controls.
    pub controls: &'a Controls,
    /// Values of parameters that differ from the defaults, by the control's id.
    pub parameters: &'a BTreeMap<String, Parameters>,
    /// Disable rules; those that are over are left out.
    pub rules: &'a [DisableRule],
    /// Exemptions; those that are over are left out.
    pub exemptions: &'a [Exemption],
    /// The moment.
    pub now: Time,
}

/// An image in one place.
#[derive(Clone, Copy)]
pub struct ImageAsset<'a> {
    /// Its id: `registry/main/shop/web@sha256:…`.
    pub id: &'a str,
    /// Its scope.
    pub scope: &'a Scope,
    /// What is on in its scope.
    pub plans: PlanSet,
    /// Digests of its manifest and configuration.
    pub digests: &'a [String],
    /// Its facts; `findings` in them is not read.
    pub facts: &'a ImageFacts,
    /// Its findings that count, as indices into those that the judge was given.
    pub findings: &'a [u32],
}

/// A registry.
#[derive(Clone, Copy)]
pub struct RegistryAsset<'a> {
    /// Its id: `registry/main`.
    pub id: &'a str,
    /// Its scope.
    pub scope: &'a Scope,
    /// What is on in its scope.
    pub plans: PlanSet,
    /// Its facts.
    pub facts: &'a RegistryFacts,
}

/// The verdicts of one asset, and what was hidden on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// A verdict of every control of its kind, in their order.
    pub verdicts: Vec<(ControlIndex, Verdict)>,
    /// Findings that count after disable rules.
    pub counts: FindingCounts,
    /// Findings that disable rules hide.
    pub hidden: Vec<Hidden>,
    /// Verdicts that exemptions changed.
    pub exempted: Vec<Exempted>,
}

/// A verdict that an exemption changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exempted {
    /// The control.
    pub control: ControlIndex,
    /// The exemption, as an index into those that were given.
    pub exemption: usize,
    /// What it would be without.
    pub was: StateKind,
    /// Findings that would count without.
    pub findings: u64,
}

/// Judges assets one by one.
pub struct Judge<'a> {
    settings: Settings<'a>,
    findings: &'a [FindingFacts<'a>],
    disabler: Disabler<'a>,
    /// By the control's place.
    parameters: Vec<Parameters>,
    /// Those that hold, by the control's place, what acts first first.
    exemptions: Vec<Vec<usize>>,
}

impl<'a> Judge<'a> {
    /// Makes everything ready; `findings` are those of the fleet, each once however many images have it.
    ///
    /// # Errors
    /// When a parameter is none of its control's or out of range.
    pub fn new(settings: Settings<'a>, findings: &'a [FindingFacts<'a>]) -> Result<Self, ParameterError> {
        let Settings { controls, rules, exemptions, now, .. } = settings;
        let mut parameters = Vec::with_capacity(controls.all().len());
        let mut by_control = Vec::with_capacity(controls.all().len());
        for control in controls.all() {
            parameters.push(match settings.parameters.get(control.id.0.as_ref()) {
                Some(set) => control.parameters_with(set)?,
                None => control.defaults(),
            });
            let mut of_control: Vec<(usize, &Exemption)> = exemptions
                .iter()
                .enumerate()
                .filter(|(_, exemption)| exemption.control == control.id.0 && exemption.is_active(now))
                .collect();
            of_control.sort_by(|(_, a), (_, b)| a.precedence(b));
            by_control.push(of_control.into_iter().map(|(index, _)| index).collect());
        }
        let disabler = Disabler::new(rules, findings, now);
        Ok(Self { settings, findings, disabler, parameters, exemptions: by_control })
    }

    /// The verdicts of an image.
    #[must_use]
    pub fn image(&self, asset: &ImageAsset<'_>) -> Judged {
        let os = asset.facts.distribution.as_ref();
        let os = os.map(|distribution| (distribution.id.as_str(), distribution.version.as_str()));
        let reaching = self.disabler.reaching(&ImageKey { scope: asset.scope, digests: asset.digests, os });
        let mut judged = Judged::default();
        for index in asset.findings {
            match (reaching.hides(*index), self.findings.get(*index as usize)) {
                (Some(hidden), _) => judged.hidden.push(hidden),
                (None, Some(finding)) => count(&mut judged.counts, finding),
                (None, None) => {}
            }
        }
        let counts = judged.counts;
        let judge = |control: &Control, parameters: &Parameters| {
            if let Use::NotSince(day) = asset.facts.usage {
                let text = format!("not pulled since {day}");
                return Some(Verdict::not_applicable(Cause::new(Cause::NOT_PULLED, text)));
            }
            let given = Given { parameters, today: self.settings.now.day(), findings: &counts };
            let mut verdict = control.predicate.image(asset.facts, given)?;
            if asset.facts.usage == Use::PullTimeUnknown {
                verdict.notes.push("pull time unknown".into());
            }
            Some(verdict)
        };
        self.controls(AssetKind::Image, asset.id, asset.scope, asset.plans, &mut judged, judge);
        judged
    }

    /// The verdicts of a registry.
    #[must_use]
    pub fn registry(&self, asset: &RegistryAsset<'_>) -> Judged {
        let mut judged = Judged::default();
        let judge = |control: &Control, _: &Parameters| control.predicate.registry(asset.facts);
        self.controls(AssetKind::Registry, asset.id, asset.scope, asset.plans, &mut judged, judge);
        judged
    }

    fn controls(
        &self,
        kind: AssetKind,
        id: &str,
        scope: &Scope,
        plans: PlanSet,
        judged: &mut Judged,
        judge: impl Fn(&Control, &Parameters) -> Option<Verdict>,
    ) {
        for (index, control) in self.settings.controls.of(kind) {
            let at = usize::from(index.0);
            let Some(parameters) = self.parameters.get(at) else { continue };
            let verdict = if plans.has(control.plan) {
                judge(control, parameters)
            } else {
                let text = format!("the plan {} is off in {scope}", control.plan);
                Some(Verdict::not_applicable(Cause::new(Cause::PLAN_OFF, text)))
            };
            let Some(verdict) = verdict else { continue };
            let exemption = self.exemption(at, id, scope, verdict.state);
            judged.verdicts.push((
                index,
                match exemption {
                    Some((exemption, by)) => {
                        let (was, findings) = (verdict.state, verdict.findings);
                        judged.exempted.push(Exempted { control: index, exemption, was, findings });
                        Verdict { notes: verdict.notes, ..Verdict::not_applicable(by) }
                    }
                    None => verdict,
                },
            ));
        }
    }

    /// The exemption that acts. What is healthy needs none and keeps its state, so that exempting never takes points
    /// away; what does not apply anyway keeps its own cause.
    fn exemption(&self, control: usize, id: &str, scope: &Scope, state: StateKind) -> Option<(usize, Cause)> {
        if !matches!(state, StateKind::Unhealthy | StateKind::NotAssessed) {
            return None;
        }
        let reaching = self.exemptions.get(control)?.iter().find_map(|index| {
            let exemption = self.settings.exemptions.get(*index)?;
            exemption.reaches(id, scope).then_some((*index, exemption))
        });
        let (index, exemption) = reaching?;
        let mut text = format!("exempt: {}", exemption.category.words());
        if let Some(end) = exemption.expires {
            text.push_str(&format!(" until {}", end.day()));
        }
        Some((index, Cause::new(Cause::EXEMPT, text)))
    }
}

/// Adds a finding that counts.
fn count(counts: &mut FindingCounts, finding: &FindingFacts<'_>) {
    match finding.class {
        Class::Malware => counts.malware = counts.malware.saturating_add(1),
        Class::Vulnerability => {
            counts.vulnerabilities.add(finding.severity, 1);
            if finding.fix == FixState::FixAvailable {
                counts.fixable.add(finding.severity, 1);
            }
            counts.exploited = counts.exploited.saturating_add(u64::from(finding.exploited));
        }
        // Shown apart by whoever judged the finding: no reason to be unhealthy.
        Class::Unmaintained | Class::Maintenance | Class::Unimportant => {}
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use model::Severity;

    use super::*;
    use crate::{
        Criteria, Plan, Target, builtin,
        disable::tests::{finding, rule},
        exemption::tests::exemption,
    };

    pub(crate) fn sound() -> ImageFacts {
        ImageFacts {
            scanned: true,
            malware_records: true,
            user: Some("app".into()),
            credentials: Some(Vec::new()),
            created: Some(crate::Day(0)),
            without_distribution: true,
            owner: Some("shop".into()),
            ..ImageFacts::default()
        }
    }

    struct World {
        rules: Vec<DisableRule>,
        exemptions: Vec<Exemption>,
        facts: ImageFacts,
        plans: PlanSet,
    }

    impl World {
        fn new() -> Self {
            Self { rules: Vec::new(), exemptions: Vec::new(), facts: sound(), plans: PlanSet::ALL }
        }

        fn judge(&self) -> (Judged, BTreeMap<String, (StateKind, String)>) {
            let controls = builtin().unwrap();
            let findings = [finding("CVE-1", Severity::Low), finding("CVE-2", Severity::High)];
            let parameters = BTreeMap::new();
            let Self { rules, exemptions, .. } = self;
            let settings = Settings { controls, parameters: &parameters, rules, exemptions, now: Time(0) };
            let judge = Judge::new(settings, &findings).unwrap();
            let scope = Scope::new("org/shop").unwrap();
            let judged = judge.image(&ImageAsset {
                id: "registry/main/shop/web@sha256:00",
                scope: &scope,
                plans: self.plans,
                digests: &[],
                facts: &self.facts,
                findings: &[0, 1],
            });
            let states = judged.verdicts.iter().map(|(index, verdict)| {
                let id = controls.get(*index).unwrap().id.0.clone().into_owned();
                (id, (verdict.state, verdict.cause()))
            });
            let states = states.collect();
            (judged, states)
        }

        fn vulnerabilities(&self) -> (StateKind, String) {
            self.judge().1["image.vulnerabilities"].clone()
        }
    }

    fn state(kind: StateKind, cause: &str) -> (StateKind, String) {
        (kind, cause.to_owned())
    }

    #[test]
    fn findings_make_unhealthy_until_rules_hide_them_all() {
        let mut world = World::new();
        assert_eq!(world.vulnerabilities(), state(StateKind::Unhealthy, "1 high, 1 low"));
        let of = |severity| Criteria { severities: vec![severity], ..Criteria::default() };
        world.rules.push(rule("low", "org", of(Severity::Low)));
        assert_eq!(world.vulnerabilities(), state(StateKind::Unhealthy, "1 high"));
        world.rules.push(rule("high", "org", of(Severity::High)));
        assert_eq!(world.vulnerabilities(), state(StateKind::Healthy, ""));
        let (judged, _) = world.judge();
        assert_eq!(judged.hidden, [Hidden { finding: 0, rule: 0 }, Hidden { finding: 1, rule: 1 }]);
        // A rule hides what was found, never what was not looked at.
        world.facts.incomplete.push("a layer could not be read".into());
        assert_eq!(world.vulnerabilities(), state(StateKind::NotAssessed, "a layer could not be read"));
    }

    #[test]
    fn of_several_exemptions_the_nearest_acts_and_the_others_do_not_count() {
        let mut world = World::new();
        let on = |id: &str, target| exemption(id, "image.vulnerabilities", target);
        world.exemptions = vec![
            on("org", Target::Scope(Scope::new("org").unwrap())),
            on("shop", Target::Scope(Scope::new("org/shop").unwrap())),
            on("repository", Target::Asset("registry/main/shop/web".into())),
        ];
        for nearest in ["repository", "shop", "org"] {
            let (judged, states) = world.judge();
            let acting = judged.exempted.first().unwrap();
            assert_eq!(world.exemptions[acting.exemption].id, nearest);
            assert_eq!((judged.exempted.len(), acting.was, acting.findings), (1, StateKind::Unhealthy, 2));
            let expect = state(StateKind::NotApplicable, "exempt: risk accepted");
            assert_eq!(states["image.vulnerabilities"], expect);
            world.exemptions.retain(|exemption| exemption.id != nearest);
        }
        assert_eq!(world.vulnerabilities().0, StateKind::Unhealthy);
    }

    #[test]
    fn an_exemption_that_is_over_does_nothing_and_what_is_healthy_needs_none() {
        let mut world = World::new();
        let scope = Target::Scope(Scope::new("org").unwrap());
        world.exemptions = vec![
            exemption("over", "image.vulnerabilities", scope.clone()),
            exemption("healthy", "image.root-user", scope),
        ];
        world.exemptions[0].expires = Some(Time(0));
        let (judged, states) = world.judge();
        assert_eq!(judged.exempted, []);
        assert_eq!(states["image.vulnerabilities"].0, StateKind::Unhealthy);
        assert_eq!(states["image.root-user"].0, StateKind::Healthy);
    }

    #[test]
    fn a_plan_that_is_off_and_an_image_that_nobody_pulls_do_not_apply() {
        let mut world = World::new();
        world.facts.usage = Use::NotSince("2026-01-02".parse().unwrap());
        let (_, states) = world.judge();
        let expect = state(StateKind::NotApplicable, "not pulled since 2026-01-02");
        assert!(states.len() > 5 && states.values().all(|found| *found == expect), "{states:?}");
        world.plans = PlanSet::ALL.with(Plan::Registries, false);
        let expect = state(StateKind::NotApplicable, "the plan registries is off in org/shop");
        assert!(world.judge().1.values().all(|found| *found == expect));
        world = World::new();
        world.facts.usage = Use::PullTimeUnknown;
        let (judged, states) = world.judge();
        assert_eq!(states["image.vulnerabilities"].0, StateKind::Unhealthy);
        assert!(judged.verdicts.iter().all(|(_, verdict)| verdict.notes == ["pull time unknown"]));
    }
}
