//! Controls: what should hold, as content. One file each in `content/controls/`, one strict loader.

mod embedded;
pub(crate) mod load;
mod parameter;

use std::{collections::BTreeMap, fmt, str::FromStr, sync::OnceLock};

use model::{ControlId, Reference, Severity, StateKind};
use serde::{Deserialize, Serialize};

pub use load::LoadError;
pub use parameter::{Parameter, ParameterError, ParameterKind, Parameters, Value};

use crate::{Day, ImageFacts, Predicate, RegistryFacts, Verdict, predicate::Given};

/// The place of a control in [`Controls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlIndex(pub u16);

/// The place of a group in [`Controls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupIndex(pub u16);

/// What should hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Slug: `image.vulnerabilities`.
    pub id: ControlId,
    /// What it is assessed on.
    pub asset: AssetKind,
    /// The rule in one line: "Images should not run as root".
    pub title: String,
    /// Why, for people.
    pub description: String,
    /// How bad it is where it does not hold.
    pub severity: Severity,
    /// Its group in the secure score.
    pub group: GroupIndex,
    /// The plan that it belongs to.
    pub plan: Plan,
    /// Still being tried: shown, never in the score.
    pub preview: bool,
    /// Its logic.
    pub predicate: Predicate,
    /// What can be set, with defaults and ranges.
    pub parameters: Vec<Parameter>,
    /// What to do, in order.
    pub remediation: Vec<Step>,
    /// Links.
    pub references: Vec<Reference>,
    /// Numbers of standards that ask for the same: `CIS Docker 4.1`.
    pub standards: Vec<String>,
    /// Facts with the state that they give.
    pub cases: Vec<Case>,
}

/// One step of a remediation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    pub task: String,
    /// The exact command or lines.
    pub command: Option<String>,
}

/// A security control of the secure score: controls that are won or lost together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Slug: `remediate-vulnerabilities`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Points that it is worth where everything is healthy.
    pub maximum: u32,
    /// What it is about.
    pub description: String,
}

/// The kinds of asset that controls of this crate are assessed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssetKind {
    /// An image in one place.
    Image,
    /// A registry.
    Registry,
}

impl AssetKind {
    /// Its word: `image`, `registry`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Registry => "registry",
        }
    }
}

/// What is switched on or off for a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// Registries and their images.
    Registries,
    /// Docker hosts.
    Hosts,
    /// Kubernetes clusters.
    Kubernetes,
    /// What happens while containers run.
    Runtime,
}

impl Plan {
    /// All.
    pub const ALL: [Self; 4] = [Self::Registries, Self::Hosts, Self::Kubernetes, Self::Runtime];

    /// Its slug.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registries => "registries",
            Self::Hosts => "hosts",
            Self::Kubernetes => "kubernetes",
            Self::Runtime => "runtime",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(slug: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == slug).ok_or_else(|| {
            format!("unknown plan '{slug}'; there are {}", Self::ALL.map(Self::as_str).join(", "))
        })
    }
}

/// Which plans are on in an asset's scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanSet([bool; 4]);

impl PlanSet {
    /// Everything is on.
    pub const ALL: Self = Self([true; 4]);
    /// Nothing is on.
    pub const NONE: Self = Self([false; 4]);

    /// The same with one plan on or off.
    #[must_use]
    pub const fn with(mut self, plan: Plan, on: bool) -> Self {
        self.0[plan as usize] = on;
        self
    }

    /// Is it on?
    #[must_use]
    pub const fn has(self, plan: Plan) -> bool {
        self.0[plan as usize]
    }
}

/// Facts and what a control must say of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it proves.
    pub name: String,
    /// The day on which it is judged.
    pub today: Day,
    /// The facts.
    pub facts: CaseFacts,
    /// Parameters that differ from the defaults.
    pub parameters: Parameters,
    /// The state that is due.
    pub expect: StateKind,
    /// The code of the first cause that is due; `None`: no cause.
    pub cause: Option<String>,
}

/// The facts of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseFacts {
    /// Of an image.
    Image(Box<ImageFacts>),
    /// Of a registry.
    Registry(RegistryFacts),
}

impl Control {
    /// What the control says of an image; `None`: it is not assessed on images.
    #[must_use]
    pub fn image(&self, facts: &ImageFacts, parameters: &Parameters, today: Day) -> Option<Verdict> {
        self.predicate.image(facts, Given { parameters, today, findings: &facts.findings })
    }

    /// What the control says of a registry; `None`: it is not assessed on registries.
    #[must_use]
    pub fn registry(&self, facts: &RegistryFacts) -> Option<Verdict> {
        self.predicate.registry(facts)
    }

    /// The defaults of its parameters.
    #[must_use]
    pub fn defaults(&self) -> Parameters {
        self.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.default)).collect()
    }

    /// What the control says of a case.
    #[must_use]
    pub fn judge(&self, case: &Case) -> Option<Verdict> {
        match &case.facts {
            CaseFacts::Image(facts) => self.image(facts, &case.parameters, case.today),
            CaseFacts::Registry(facts) => self.registry(facts),
        }
    }
}

/// All controls with their groups, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Controls {
    controls: Vec<Control>,
    groups: Vec<Group>,
    by_id: BTreeMap<String, ControlIndex>,
}

impl Controls {
    /// Every control.
    #[must_use]
    pub fn all(&self) -> &[Control] {
        &self.controls
    }

    /// Every control with its place.
    pub fn indexed(&self) -> impl Iterator<Item = (ControlIndex, &Control)> {
        (0..).map(ControlIndex).zip(&self.controls)
    }

    /// Those that are assessed on a kind of asset.
    pub fn of(&self, asset: AssetKind) -> impl Iterator<Item = (ControlIndex, &Control)> {
        self.indexed().filter(move |(_, control)| control.asset == asset)
    }

    /// The control at `index`.
    #[must_use]
    pub fn get(&self, index: ControlIndex) -> Option<&Control> {
        self.controls.get(usize::from(index.0))
    }

    /// By its slug.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<(ControlIndex, &Control)> {
        let index = *self.by_id.get(id)?;
        self.get(index).map(|control| (index, control))
    }

    /// Groups of the secure score, worth most first.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group at `index`.
    #[must_use]
    pub fn group(&self, index: GroupIndex) -> Option<&Group> {
        self.groups.get(usize::from(index.0))
    }
}

/// The controls that are carried in the binary.
///
/// # Errors
/// When one of them is not what it should be. A test loads them, so a build that passed its tests gives none.
pub fn builtin() -> Result<&'static Controls, LoadError> {
    static BUILTIN: OnceLock<Result<Controls, LoadError>> = OnceLock::new();
    let loaded = BUILTIN.get_or_init(|| Controls::load(embedded::GROUPS, embedded::CONTROLS));
    loaded.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_says_of_its_cases_what_is_due() {
        let controls = builtin().unwrap();
        let mut wrong = Vec::new();
        for control in controls.all() {
            for case in &control.cases {
                let verdict = control.judge(case).unwrap();
                let cause = verdict.causes.first().map(|cause| cause.code.as_ref());
                if (verdict.state, cause) != (case.expect, case.cause.as_deref()) {
                    wrong.push(format!("{}: {}: {verdict:?}", control.id.0, case.name));
                }
                assert!(verdict.state == StateKind::Healthy || !verdict.causes.is_empty(), "{}", case.name);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn the_controls_of_the_product_are_there() {
        let controls = builtin().unwrap();
        let ids: Vec<&str> = controls.all().iter().map(|control| control.id.0.as_ref()).collect();
        assert_eq!(
            ids,
            [
                "image.end-of-life",
                "image.malware",
                "image.no-owner",
                "image.root-user",
                "image.secrets-in-config",
                "image.stale-base",
                "image.unsupported",
                "image.vulnerabilities",
                "registry.anonymous-write",
                "registry.tls",
            ]
        );
        let (index, control) = controls.find("image.vulnerabilities").unwrap();
        assert_eq!(controls.get(index), Some(control));
        assert_eq!(control.id, ControlId::IMAGE_VULNERABILITIES);
        let used: Vec<Predicate> = controls.all().iter().map(|control| control.predicate).collect();
        assert!(Predicate::ALL.iter().all(|predicate| used.contains(predicate)), "no predicate without use");
    }

    /// The weights of the benchmark that the score is compared with; each is a published number.
    #[test]
    fn groups_are_worth_what_the_benchmark_says() {
        let groups = builtin().unwrap().groups();
        let worth: BTreeMap<&str, u32> =
            groups.iter().map(|group| (group.id.as_str(), group.maximum)).collect();
        assert_eq!(
            worth,
            BTreeMap::from([
                ("remediate-vulnerabilities", 6),
                ("apply-system-updates", 6),
                ("remediate-security-configurations", 4),
                ("manage-access-and-permissions", 4),
                ("encrypt-data-at-rest", 4),
                ("encrypt-data-in-transit", 4),
                ("restrict-network-access", 4),
                ("protect-against-denial-of-service", 2),
                ("audit-and-log", 1),
                ("best-practices", 0),
            ])
        );
        assert!(groups.is_sorted_by_key(|group| std::cmp::Reverse(group.maximum)));
    }

    #[test]
    fn plans_are_on_or_off() {
        let plans = PlanSet::ALL.with(Plan::Hosts, false);
        for plan in Plan::ALL {
            assert_eq!(plans.has(plan), plan != Plan::Hosts);
            assert_eq!(plan.as_str().parse(), Ok(plan));
        }
        assert!(!PlanSet::NONE.has(Plan::Kubernetes));
    }
}
