//! Does a scan pass? Pure functions of an [`Outcome`], so that pipelines, tests and the hub agree.

use std::{fmt, str::FromStr};

use model::{Class, Detail, Finding, FixStatus, Judgement, Severity, State};

use crate::Outcome;

/// `SEVERITY[:COUNT]`: fail when at least so many findings of that severity or worse count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The least severity.
    pub severity: Severity,
    /// The count that fails; 1 where none is given.
    pub count: u64,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (severity, count) = match text.split_once(':') {
            Some((severity, count)) => {
                let count = count.parse().ok().filter(|count| *count > 0);
                (severity, count.ok_or_else(|| format!("'{text}': the count after ':' is a number from 1"))?)
            }
            None => (text, 1),
        };
        Ok(Self { severity: severity.parse()?, count })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 1 { self.severity.fmt(f) } else { write!(f, "{}:{}", self.severity, self.count) }
    }
}

/// What a gate looks at, and where it closes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Any one of these closes it; none: there is no gate.
    pub fail_on: Vec<Threshold>,
    /// Only findings that have a fix.
    pub fixable: bool,
    /// Only these classes; empty: all that count.
    pub classes: Vec<Class>,
    /// What findings of unknown severity count as.
    pub unknown_as: Option<Severity>,
    /// A scan that could not see everything may pass.
    pub allow_incomplete: bool,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// No gate was set.
    NoGate,
    /// Nothing closes it.
    Passed {
        /// Findings of unknown severity that it let through.
        unknown: u64,
    },
    /// Closed by this threshold, with so many findings.
    Failed {
        /// The first threshold that was reached.
        threshold: Threshold,
        /// Findings that reached it.
        findings: u64,
        /// Findings of unknown severity that did not count towards it.
        unknown: u64,
    },
    /// It cannot be said: the scan did not see everything, or had no data.
    Incomplete {
        /// Why, in words.
        causes: Vec<String>,
    },
}

impl Ruling {
    /// The exit code of the command line: 0 passed or no gate, 1 failed, 3 incomplete. (2 is "could not scan".)
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NoGate | Self::Passed { .. } => 0,
            Self::Failed { .. } => 1,
            Self::Incomplete { .. } => 3,
        }
    }
}

/// The class and the fix of a finding.
fn of_vulnerability(finding: &Finding) -> Option<(Class, &FixStatus)> {
    match &finding.detail {
        Detail::Vulnerability(vulnerability) => Some((vulnerability.class, &vulnerability.fix)),
        _ => None,
    }
}

impl Gate {
    /// Judges an outcome. A gate that is reached fails even where the scan was incomplete: more data cannot open it.
    #[must_use]
    pub fn judge(&self, outcome: &Outcome) -> Ruling {
        if self.fail_on.is_empty() {
            return Ruling::NoGate;
        }
        let mut severities = Vec::new();
        let mut unknown = 0;
        for finding in &outcome.findings {
            if finding.judgement != Judgement::Counts {
                continue;
            }
            if let Some((class, fix)) = of_vulnerability(finding) {
                let fixed = matches!(fix, FixStatus::Fixed { .. });
                let wanted = self.classes.is_empty() || self.classes.contains(&class);
                if !wanted || self.fixable && !fixed {
                    continue;
                }
                // Hostile code is the worst there is, whether or not somebody rated it.
                if class == Class::Malware {
                    severities.push(Severity::Critical);
                    continue;
                }
            }
            match (finding.severity, self.unknown_as) {
                (Severity::Unknown, None) => unknown += 1,
                (Severity::Unknown, Some(severity)) => severities.push(severity),
                (severity, _) => severities.push(severity),
            }
        }
        for threshold in &self.fail_on {
            let findings =
                severities.iter().filter(|severity| **severity >= threshold.severity).count() as u64;
            if findings >= threshold.count {
                return Ruling::Failed { threshold: *threshold, findings, unknown };
            }
        }
        match &outcome.state {
            State::NotAssessed(causes) if !self.allow_incomplete => {
                Ruling::Incomplete { causes: causes.clone() }
            }
            _ if !self.allow_incomplete && !outcome.incomplete.is_empty() => {
                Ruling::Incomplete { causes: outcome.incomplete.clone() }
            }
            _ => Ruling::Passed { unknown },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppress::tests::finding;

    fn outcome(severities: &[Severity], state: State) -> Outcome {
        let findings = severities
            .iter()
            .map(|severity| Finding { severity: *severity, ..finding("CVE-1", "p", "pkg:npm/p@1", "p") })
            .collect();
        Outcome { findings, ..Outcome::empty(state) }
    }

    fn gate(text: &str) -> Gate {
        Gate { fail_on: vec![text.parse().unwrap()], ..Gate::default() }
    }

    #[test]
    fn case_52_unknown_severity_is_let_through_and_counted_unless_told_otherwise() {
        let scan = outcome(&[Severity::Unknown, Severity::Unknown, Severity::Low], State::Unhealthy);
        assert_eq!(gate("high").judge(&scan), Ruling::Passed { unknown: 2 });
        let strict = Gate { unknown_as: Some(Severity::High), ..gate("high") };
        assert_eq!(strict.judge(&scan).exit_code(), 1);
    }

    #[test]
    fn thresholds() {
        let scan = outcome(&[Severity::Medium, Severity::High], State::Unhealthy);
        for (text, code) in [("high", 1), ("high:2", 0), ("medium:2", 1), ("critical", 0)] {
            assert_eq!(gate(text).judge(&scan).exit_code(), code, "{text}");
        }
        assert_eq!(Gate::default().judge(&scan), Ruling::NoGate);
        let fixable = Gate { fixable: true, ..gate("medium") };
        assert_eq!(fixable.judge(&scan).exit_code(), 0, "no fix is known");
        for bad in ["", "high:", "high:0", "high:x", "worse"] {
            assert!(bad.parse::<Threshold>().is_err(), "{bad}");
        }
    }

    #[test]
    fn malware_closes_every_gate_whatever_its_rating() {
        let mut scan = outcome(&[Severity::Unknown], State::Unhealthy);
        for finding in &mut scan.findings {
            let Detail::Vulnerability(vulnerability) = &mut finding.detail else { continue };
            vulnerability.class = Class::Malware;
        }
        assert_eq!(gate("critical").judge(&scan).exit_code(), 1);
    }

    #[test]
    fn an_incomplete_scan_does_not_pass_a_gate_unless_allowed() {
        let scan = outcome(&[], State::NotAssessed(vec!["no data for Debian 11".into()]));
        assert_eq!(gate("high").judge(&scan).exit_code(), 3);
        let lax = Gate { allow_incomplete: true, ..gate("high") };
        assert_eq!(lax.judge(&scan).exit_code(), 0);
        let hit = outcome(&[Severity::Critical], State::NotAssessed(vec!["a layer was unreadable".into()]));
        assert_eq!(gate("high").judge(&hit).exit_code(), 1, "more data cannot open it");
    }
}
