//! What predicates look at. Whoever stores assets fills these; `None` always means *not known*, never *no*.

use model::{Credential, Severity};
use serde::{Deserialize, Serialize};

use crate::Day;

/// The facts of an image in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageFacts {
    /// Was it used lately?
    #[serde(rename = "use")]
    pub usage: Use,
    /// Was its content read? Else no control of its content can say anything.
    pub scanned: bool,
    /// Why its content cannot be judged, in words: Windows, a distribution without a feed. Empty: it can.
    pub unsupported: Vec<String>,
    /// Why the look was not complete, in words: problems that may hide packages, releases without data; of what was not
    /// scanned, why the scan failed. Empty: it was complete, or is still to come.
    pub incomplete: Vec<String>,
    /// Findings that count. [`crate::Judge`] looks at the findings themselves instead, after disable rules.
    pub findings: FindingCounts,
    /// Does the database hold records of hostile packages?
    pub malware_records: bool,
    /// User of the main process as the configuration has it; empty means root.
    pub user: Option<String>,
    /// Values in the configuration that look like credentials; `None`: nobody looked. Values are never here.
    pub credentials: Option<Vec<Credential>>,
    /// Day of the build. Fixed stand-ins of reproducible builds (before 2000) are to be left out.
    pub created: Option<Day>,
    /// The base image, where it is known.
    pub base: Option<BaseFacts>,
    /// The distribution, where one is named.
    pub distribution: Option<Distribution>,
    /// It has no distribution at all: a single program on an empty base.
    pub without_distribution: bool,
    /// The team that fixes it.
    pub owner: Option<String>,
}

/// When an image was last used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Pushed, imported or pulled within the window.
    #[default]
    Recent,
    /// The registry tells nothing of pulls, so the image is judged as if it were used.
    PullTimeUnknown,
    /// Not pulled since this day, which is before the window.
    NotSince(Day),
}

/// Findings that count, by what controls ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FindingCounts {
    /// Vulnerabilities by severity.
    pub vulnerabilities: SeverityCounts,
    /// Of them, those that a fix is to be had for.
    pub fixable: SeverityCounts,
    /// Of them, known to be exploited.
    pub exploited: u64,
    /// About hostile code.
    pub malware: u64,
}

impl FindingCounts {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        for severity in Severity::WORST_FIRST {
            self.vulnerabilities.add(severity, other.vulnerabilities.get(severity));
            self.fixable.add(severity, other.fixable.get(severity));
        }
        self.exploited = self.exploited.saturating_add(other.exploited);
        self.malware = self.malware.saturating_add(other.malware);
    }
}

/// Counts by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the severity of its name")]
pub struct SeverityCounts {
    pub critical: u64,
    pub high: u64,
    pub medium: u64,
    pub low: u64,
    pub negligible: u64,
    pub unknown: u64,
}

impl SeverityCounts {
    /// Counts `times` findings.
    pub fn add(&mut self, severity: Severity, times: u64) {
        let count = match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Negligible => &mut self.negligible,
            Severity::Unknown => &mut self.unknown,
        };
        *count = count.saturating_add(times);
    }

    /// So many have this severity.
    #[must_use]
    pub const fn get(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Negligible => self.negligible,
            Severity::Unknown => self.unknown,
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        Severity::WORST_FIRST.iter().fold(0, |sum, severity| sum.saturating_add(self.get(*severity)))
    }

    /// Those of `least` or worse, and those that nobody rated: unrated is not harmless.
    #[must_use]
    pub fn from(&self, least: Severity) -> Self {
        let mut out = Self::default();
        for severity in Severity::WORST_FIRST {
            if severity >= least || severity == Severity::Unknown {
                out.add(severity, self.get(severity));
            }
        }
        out
    }

    /// In words, worst first: `2 critical, 5 high`.
    #[must_use]
    pub fn words(&self) -> String {
        let words: Vec<String> = Severity::WORST_FIRST
            .iter()
            .map(|severity| (self.get(*severity), severity))
            .filter(|(count, _)| *count > 0)
            .map(|(count, severity)| format!("{count} {severity}"))
            .collect();
        words.join(", ")
    }
}

/// What is known of an image's base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BaseFacts {
    /// `debian:12-slim`.
    pub name: String,
    /// Since when that name points to newer content than this image was built on; `None`: it does not.
    pub moved: Option<Day>,
    /// Was it looked up where the name points to? Else `moved` says nothing.
    pub checked: bool,
}

/// The distribution of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Distribution {
    /// `ID` of os-release: `debian`.
    pub id: String,
    /// `VERSION_ID` of os-release: `12`; empty for rolling releases.
    pub version: String,
    /// Name for people: `Debian 12`.
    pub name: String,
    /// When its support ends; see [`crate::Releases`].
    pub end_of_life: EndOfLife,
}

/// When a distribution stops repairing a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EndOfLife {
    /// Nobody told us.
    #[default]
    Unknown,
    /// It has no releases that end.
    Rolling,
    /// On a day.
    #[serde(rename_all = "kebab-case")]
    On {
        /// Last day of the distribution's own security support.
        support: Day,
        /// Last day of long-term support that all users get without a contract, where there is such.
        #[serde(default)]
        long_term: Option<Day>,
    },
}

/// The facts of a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegistryFacts {
    /// How it is reached; `None`: it never answered.
    pub address: Option<Address>,
    /// Did it take an upload from somebody who gave no credentials? `None`: nothing was seen either way.
    pub anonymous_write: Option<bool>,
    /// The team that runs it.
    pub owner: Option<String>,
}

/// How a registry is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// TLS with a certificate that was verified.
    Https,
    /// TLS with a certificate that nobody verified.
    HttpsUnverified,
    /// Plain HTTP.
    Http,
    /// Plain HTTP to this machine itself.
    HttpLoopback,
}
