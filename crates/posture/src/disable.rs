//! Disable rules: findings that a person said not to count, by criteria. What a rule hides is counted under its name.

mod criteria;

use model::{Class, FixStatus, Severity};
use serde::{Deserialize, Serialize};

pub use criteria::{Criteria, CriteriaError, Match};

use crate::{Scope, Time};

/// A finding as rules look at it. One for each package and vulnerability of the fleet, however many images have it.
#[derive(Clone, Copy, Debug)]
pub struct FindingFacts<'a> {
    /// Its identity, or the record's id.
    pub id: &'a str,
    /// The name people use: the CVE where there is one.
    pub vulnerability: &'a str,
    /// Its other names.
    pub aliases: &'a [String],
    /// One line for people.
    pub title: &'a str,
    /// Package name.
    pub package: &'a str,
    /// Name of the source package, where it differs.
    pub source_package: Option<&'a str>,
    /// Operating system or language.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// What the advisory is about.
    pub class: Class,
    /// Known to be exploited.
    pub exploited: bool,
    /// CVSS v3 base score, 0.0 to 10.0, where there is one.
    pub cvss: Option<f64>,
    /// What the source says about a fix.
    pub fix: FixState,
}

impl FindingFacts<'_> {
    /// The control that it breaks.
    #[must_use]
    pub const fn control(&self) -> &'static str {
        match self.class {
            Class::Malware => "image.malware",
            _ => "image.vulnerabilities",
        }
    }
}

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A package of the distribution.
    Os,
    /// A package of a programming language.
    Language,
}

/// What a source says about a fix, without versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixState {
    /// It is fixed in a version that is to be had.
    FixAvailable,
    /// No fix is known.
    NoFixAvailable,
    /// It is to be fixed later.
    Scheduled,
    /// It will not be fixed.
    WontFix,
    /// The source is still looking into it.
    Unknown,
}

impl From<&FixStatus> for FixState {
    fn from(status: &FixStatus) -> Self {
        match status {
            FixStatus::Fixed { .. } => Self::FixAvailable,
            FixStatus::NoneKnown => Self::NoFixAvailable,
            FixStatus::WontFix { .. } => Self::WontFix,
            FixStatus::Deferred { .. } => Self::Scheduled,
            FixStatus::Investigating => Self::Unknown,
        }
    }
}

/// A rule that hides findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisableRule {
    /// Its identity.
    pub id: String,
    /// Holds for the assets of this scope and those below it.
    pub scope: Scope,
    /// For findings of this control; `None`: of every control that has findings.
    pub control: Option<String>,
    /// Which findings.
    pub criteria: Criteria,
    /// Why.
    pub justification: String,
    /// When it was made: the elder of two rules acts.
    pub created: Time,
    /// From then on it holds no more.
    pub expires: Option<Time>,
}

/// Longest justification or reason, in bytes.
pub(crate) const MAX_REASON: usize = 4000;

impl DisableRule {
    /// Does it hold at `now`?
    #[must_use]
    pub fn is_active(&self, now: Time) -> bool {
        self.expires.is_none_or(|end| now < end)
    }

    /// Is the rule fit to be saved at `now`?
    ///
    /// # Errors
    /// All that is wrong with it, each naming its field.
    pub fn validate(&self, now: Time) -> Result<(), Vec<CriteriaError>> {
        let mut errors = self.criteria.validate();
        let reason = self.justification.trim().len();
        if reason == 0 || reason > MAX_REASON {
            let message = format!("say why in 1 to {MAX_REASON} bytes");
            errors.push(CriteriaError { field: "justification", message });
        }
        if !self.is_active(now) {
            errors.push(CriteriaError { field: "expires", message: "lies in the past".to_owned() });
        }
        if let Some(control) = &self.control
            && !matches!(control.as_str(), "image.vulnerabilities" | "image.malware")
        {
            let message = "only image.vulnerabilities and image.malware have findings to hide".to_owned();
            errors.push(CriteriaError { field: "control", message });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// An image as rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct ImageKey<'a> {
    /// Its scope.
    pub scope: &'a Scope,
    /// Its digests: manifest and configuration.
    pub digests: &'a [String],
    /// `ID` and `VERSION_ID` of its os-release.
    pub os: Option<(&'a str, &'a str)>,
}

/// A finding that a rule hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hidden {
    /// The finding, as an index into those that were given.
    pub finding: u32,
    /// The rule, as an index into those that were given.
    pub rule: usize,
}

/// Rules made ready for many images: what a rule says of a finding is asked once, not for every image.
#[derive(Debug)]
pub struct Disabler<'a> {
    rules: Vec<Ready<'a>>,
}

#[derive(Debug)]
struct Ready<'a> {
    index: usize,
    rule: &'a DisableRule,
    /// For each finding: do the criteria about findings hold? `None`: the rule is not about it at all.
    findings: Vec<Option<bool>>,
}

/// The rules that reach one image, what acts first first.
#[derive(Debug)]
pub(crate) struct Reaching<'d> {
    rules: Vec<(&'d Ready<'d>, bool)>,
}

impl<'a> Disabler<'a> {
    /// Makes those of `rules` ready that hold at `now`. Order where several reach one finding: the nearest scope acts,
    /// of the same scope the eldest rule.
    #[must_use]
    pub fn new(rules: &'a [DisableRule], findings: &[FindingFacts<'_>], now: Time) -> Self {
        let mut ready: Vec<Ready<'a>> = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.is_active(now))
            .map(|(index, rule)| {
                let ready = rule.criteria.ready();
                let hits = |finding: &FindingFacts<'_>| {
                    let meant = rule.control.as_deref().is_none_or(|control| control == finding.control());
                    meant.then(|| ready.finding(finding)).flatten()
                };
                Ready { index, rule, findings: findings.iter().map(hits).collect() }
            })
            .collect();
        ready.sort_by(|a, b| {
            let nearest = b.rule.scope.depth().cmp(&a.rule.scope.depth());
            nearest.then(a.rule.created.cmp(&b.rule.created)).then_with(|| a.rule.id.cmp(&b.rule.id))
        });
        Self { rules: ready }
    }

    pub(crate) fn reaching<'d>(&'d self, image: &ImageKey<'_>) -> Reaching<'d> {
        let reach = self.rules.iter().filter(|ready| ready.rule.scope.holds(image.scope));
        Reaching { rules: reach.map(|ready| (ready, ready.rule.criteria.image(image))).collect() }
    }

    /// The findings of an image that rules hide, in the order in which they are given.
    #[must_use]
    pub fn hidden(&self, image: &ImageKey<'_>, findings: &[u32]) -> Vec<Hidden> {
        let reaching = self.reaching(image);
        findings.iter().filter_map(|finding| reaching.hides(*finding)).collect()
    }
}

impl Reaching<'_> {
    /// The rule that hides a finding.
    pub(crate) fn hides(&self, finding: u32) -> Option<Hidden> {
        let acts = |(ready, image): &&(&Ready<'_>, bool)| {
            let finding = ready.findings.get(finding as usize).copied().flatten();
            finding.is_some_and(|finding| ready.rule.criteria.both(finding, *image))
        };
        self.rules.iter().find(acts).map(|(ready, _)| Hidden { finding, rule: ready.index })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn finding(vulnerability: &'static str, severity: Severity) -> FindingFacts<'static> {
        FindingFacts {
            id: vulnerability,
            vulnerability,
            aliases: &[],
            title: "Heap overflow in parser",
            package: "libxml2-dev",
            source_package: Some("libxml2"),
            category: Category::Os,
            severity,
            class: Class::Vulnerability,
            exploited: false,
            cvss: None,
            fix: FixState::FixAvailable,
        }
    }

    pub(crate) fn rule(id: &str, scope: &str, criteria: Criteria) -> DisableRule {
        DisableRule {
            id: id.to_owned(),
            scope: Scope::new(scope).unwrap(),
            control: None,
            criteria,
            justification: "accepted".to_owned(),
            created: Time(0),
            expires: None,
        }
    }

    fn severities(severity: Severity) -> Criteria {
        Criteria { severities: vec![severity], ..Criteria::default() }
    }

    #[test]
    fn of_several_rules_the_nearest_then_the_eldest_acts() {
        let low = || severities(Severity::Low);
        let mut rules = vec![
            rule("far", "org", low()),
            rule("young", "org/shop", low()),
            rule("elder", "org/shop", low()),
            rule("elsewhere", "org/other", low()),
            rule("over", "org/shop", low()),
        ];
        rules[1].created = Time(20);
        rules[2].created = Time(10);
        rules[4].expires = Some(Time(50));
        let findings = [finding("CVE-1", Severity::Low), finding("CVE-2", Severity::High)];
        let disabler = Disabler::new(&rules, &findings, Time(50));
        let hidden = |scope: &str| {
            let scope = Scope::new(scope).unwrap();
            let image = ImageKey { scope: &scope, digests: &[], os: None };
            let hidden = disabler.hidden(&image, &[0, 1]);
            hidden.iter().map(|hidden| (hidden.finding, rules[hidden.rule].id.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(hidden("org/shop/web"), [(0, "elder")]);
        assert_eq!(hidden("org"), [(0, "far")]);
        assert_eq!(hidden("elsewhere"), []);
    }

    #[test]
    fn a_rule_is_for_its_control() {
        let mut malware = finding("MAL-1", Severity::Critical);
        malware.class = Class::Malware;
        let mut rules =
            [rule("r", "org", Criteria { findings: vec!["MAL-1".into()], ..Criteria::default() })];
        let scope = Scope::new("org").unwrap();
        let image = ImageKey { scope: &scope, digests: &[], os: None };
        assert_eq!(Disabler::new(&rules, &[malware], Time(0)).hidden(&image, &[0]).len(), 1);
        rules[0].control = Some("image.vulnerabilities".to_owned());
        assert_eq!(Disabler::new(&rules, &[malware], Time(0)).hidden(&image, &[0]), []);
    }

    #[test]
    fn a_rule_without_reason_or_in_the_past_is_not_saved() {
        let mut rule = rule("r", "org", severities(Severity::Low));
        assert_eq!(rule.validate(Time(5)), Ok(()));
        rule.justification = " ".to_owned();
        rule.expires = Some(Time(5));
        rule.control = Some("image.root-user".to_owned());
        let errors = rule.validate(Time(5)).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["justification", "expires", "control"]);
    }
}
