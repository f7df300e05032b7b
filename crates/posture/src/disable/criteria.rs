use std::{borrow::Cow, collections::BTreeSet};

use model::{Class, Severity};
use serde::{Deserialize, Serialize};

use super::{Category, FindingFacts, FixState, ImageKey};

/// Which findings a rule is about. Criteria that are not given ask nothing; values of one criterion are joined by *or*.
///
/// The first six are those of 2021, the others those that came in 2023. Hostile packages are hidden only where they are
/// named, by `findings` or `cves`: no threshold should ever reach one by chance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Criteria {
    /// Must all criteria hold, or does one do?
    #[serde(rename = "match")]
    pub mode: Match,
    /// Ids of findings, records or vulnerabilities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Operating system or language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Security check: a text in title, package or id; case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// CVSS v3 base score below this. A finding without a score is not hidden by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvss_below: Option<f64>,
    /// Of these severities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// A fix is to be had, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patchable: Option<bool>,
    /// CVE ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cves: Vec<String>,
    /// Digests of images: of the manifest or the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Distributions: `debian` or, with the release, `debian:12`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os_versions: Vec<String>,
    /// Minimum severity: what is rated below it is hidden. What nobody rated is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_severity: Option<Severity>,
    /// Of these fix states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<FixState>,
}

/// How criteria are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// All that are given must hold.
    #[default]
    All,
    /// One that is given must hold.
    Any,
}

/// A criterion that cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct CriteriaError {
    /// The field, as in JSON.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Criteria {
    /// Most values of one list.
    pub const MAX_VALUES: usize = 1000;
    /// Longest value, in bytes.
    pub const MAX_LEN: usize = 256;

    /// The same in one form: values without white space around them, lists that were written with `;` taken apart, sorted
    /// and without repetition, digests and distributions in lower case, CVE ids in upper case.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        let tidy = |values: &mut Vec<String>, form: fn(&str) -> String| {
            let parts = values.iter().flat_map(|value| value.split(';')).map(str::trim);
            let tidied: BTreeSet<String> = parts.filter(|part| !part.is_empty()).map(form).collect();
            *values = tidied.into_iter().collect();
        };
        tidy(&mut self.findings, str::to_owned);
        tidy(&mut self.cves, str::to_uppercase);
        tidy(&mut self.images, str::to_lowercase);
        tidy(&mut self.os_versions, str::to_lowercase);
        self.severities.sort();
        self.severities.dedup();
        self.fix.sort();
        self.fix.dedup();
        self.check = self.check.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        self
    }

    /// All that is wrong; empty: nothing.
    #[must_use]
    pub fn validate(&self) -> Vec<CriteriaError> {
        let mut errors = Vec::new();
        let mut wrong = |field, message: String| errors.push(CriteriaError { field, message });
        for (field, values) in [
            ("findings", &self.findings),
            ("cves", &self.cves),
            ("images", &self.images),
            ("osVersions", &self.os_versions),
        ] {
            if values.len() > Self::MAX_VALUES {
                wrong(field, format!("has {} values; {} are the most", values.len(), Self::MAX_VALUES));
                continue;
            }
            let unfit = |value: &&String| {
                value.trim().is_empty() || value.len() > Self::MAX_LEN || value.chars().any(char::is_control)
            };
            if let Some(value) = values.iter().find(unfit) {
                wrong(field, format!("'{}' is empty, too long or not printable", shown(value)));
            }
        }
        if let Some(value) = self.cves.iter().find(|value| !is_cve(value)) {
            wrong("cves", format!("'{}' is no CVE id; other ids belong into findings", shown(value)));
        }
        if let Some(value) = self.images.iter().find(|value| !is_digest(value)) {
            wrong("images", format!("'{}' is no digest; write sha256: and 64 hex digits", shown(value)));
        }
        if self.check.as_ref().is_some_and(|text| text.len() > Self::MAX_LEN || text.trim().is_empty()) {
            wrong("check", format!("is a text of 1 to {} bytes", Self::MAX_LEN));
        }
        if self.cvss_below.is_some_and(|score| !(score > 0.0 && score <= 10.0)) {
            wrong("cvssBelow", "is a score above 0.0 and up to 10.0".to_owned());
        }
        if matches!(self.minimum_severity, Some(Severity::Unknown | Severity::Negligible)) {
            wrong(
                "minimumSeverity",
                "is critical, high, medium or low: nothing is below the others".to_owned(),
            );
        }
        if self.severities.len() > Severity::WORST_FIRST.len() || self.fix.len() > 5 {
            wrong("severities", "names a severity or fix state twice".to_owned());
        }
        if !self.asks_of_findings() && !self.asks_of_images() {
            wrong("criteria", "the rule would hide everything; give one criterion at least".to_owned());
        }
        errors
    }

    fn asks_of_findings(&self) -> bool {
        !self.findings.is_empty()
            || self.category.is_some()
            || self.check.is_some()
            || self.cvss_below.is_some()
            || !self.severities.is_empty()
            || self.patchable.is_some()
            || !self.cves.is_empty()
            || self.minimum_severity.is_some()
            || !self.fix.is_empty()
    }

    fn asks_of_images(&self) -> bool {
        !self.images.is_empty() || !self.os_versions.is_empty()
    }

    /// What is asked of an image; where nothing is asked of it, it holds under *all* and does not under *any*.
    pub(super) fn image(&self, image: &ImageKey<'_>) -> bool {
        let images = (!self.images.is_empty()).then(|| {
            image
                .digests
                .iter()
                .any(|digest| self.images.iter().any(|wanted| wanted.eq_ignore_ascii_case(digest)))
        });
        let os = (!self.os_versions.is_empty()).then(|| {
            image.os.is_some_and(|(id, version)| {
                self.os_versions.iter().any(|wanted| match wanted.split_once(':') {
                    None => wanted.eq_ignore_ascii_case(id),
                    Some((name, release)) => {
                        name.eq_ignore_ascii_case(id) && crate::scope::below(release, version, &['.'])
                    }
                })
            })
        });
        self.join([images, os].into_iter().flatten())
    }

    fn join(&self, mut held: impl Iterator<Item = bool>) -> bool {
        match self.mode {
            Match::All => held.all(|held| held),
            Match::Any => held.any(|held| held),
        }
    }

    /// The rule from its two halves.
    pub(super) const fn both(&self, finding: bool, image: bool) -> bool {
        match self.mode {
            Match::All => finding && image,
            Match::Any => finding || image,
        }
    }

    /// Made ready for many findings.
    pub(super) fn ready(&self) -> Ready<'_> {
        let lower = |values: &[String]| values.iter().map(|value| value.to_lowercase()).collect();
        Ready {
            criteria: self,
            findings: lower(&self.findings),
            cves: lower(&self.cves),
            check: self.check.as_ref().map(|text| text.to_lowercase()),
        }
    }
}

/// Criteria with their texts in lower case.
pub(super) struct Ready<'a> {
    criteria: &'a Criteria,
    findings: BTreeSet<String>,
    cves: BTreeSet<String>,
    check: Option<String>,
}

impl Ready<'_> {
    /// What is asked of a finding; where nothing is asked of it, it holds under *all* and does not under *any*.
    /// `None`: it is hostile and not named, so nothing hides it.
    pub(super) fn finding(&self, finding: &FindingFacts<'_>) -> Option<bool> {
        let criteria = self.criteria;
        let names = || {
            let own = [finding.id, finding.vulnerability];
            own.into_iter().chain(finding.aliases.iter().map(String::as_str)).map(lower)
        };
        let by_id = (!self.findings.is_empty()).then(|| names().any(|name| self.findings.contains(&*name)));
        let by_cve = (!self.cves.is_empty()).then(|| names().any(|name| self.cves.contains(&*name)));
        if finding.class == Class::Malware && by_id != Some(true) && by_cve != Some(true) {
            return None;
        }
        let check = self.check.as_ref().map(|text| {
            let texts = [finding.title, finding.package, finding.source_package.unwrap_or_default()];
            texts.into_iter().map(lower).chain(names()).any(|found| found.contains(text.as_str()))
        });
        let severity =
            (!criteria.severities.is_empty()).then(|| criteria.severities.contains(&finding.severity));
        let below = criteria
            .minimum_severity
            .map(|least| finding.severity != Severity::Unknown && finding.severity < least);
        let fixable = finding.fix == FixState::FixAvailable;
        Some(
            criteria.join(
                [
                    by_id,
                    by_cve,
                    check,
                    severity,
                    below,
                    criteria.category.map(|category| category == finding.category),
                    criteria.cvss_below.map(|limit| finding.cvss.is_some_and(|score| score < limit)),
                    criteria.patchable.map(|patchable| patchable == fixable),
                    (!criteria.fix.is_empty()).then(|| criteria.fix.contains(&finding.fix)),
                ]
                .into_iter()
                .flatten(),
            ),
        )
    }
}

/// In lower case, without a copy where it is so already.
fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// The beginning of a value, for messages.
fn shown(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// `CVE-2024-12345`: four digits, then four or more.
fn is_cve(text: &str) -> bool {
    let mut parts = text.split('-');
    let word = parts.next().is_some_and(|word| word.eq_ignore_ascii_case("cve"));
    let mut digits = |least: usize, most: usize| {
        parts.next().is_some_and(|part| {
            (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    word && digits(4, 4) && digits(4, 19) && parts.next().is_none()
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.eq_ignore_ascii_case("sha256")
            && hex.len() == 64
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scope, disable::tests::finding};

    fn hits(criteria: &Criteria, finding: &FindingFacts<'_>, image: &ImageKey<'_>) -> bool {
        let finding = criteria.ready().finding(finding);
        finding.is_some_and(|finding| criteria.both(finding, criteria.image(image)))
    }

    fn of(json: &str) -> Criteria {
        serde_json::from_str::<Criteria>(json).unwrap().normalised()
    }

    #[test]
    fn each_criterion_hides_what_it_says() {
        let scope = Scope::new("org").unwrap();
        let digests = [format!("sha256:{}", "ab".repeat(32))];
        let image = ImageKey { scope: &scope, digests: &digests, os: Some(("debian", "12.5")) };
        let aliases = ["GHSA-aaaa".to_owned()];
        let mut one = finding("CVE-2024-0001", Severity::Medium);
        one.aliases = &aliases;
        one.id = "CVE-2024-0001|deb|libxml2-dev|amd64|";
        one.cvss = Some(6.4);
        for (json, expect) in [
            (r#"{"findings":["cve-2024-0001"]}"#, true),
            (r#"{"findings":["ghsa-AAAA"]}"#, true),
            (r#"{"findings":["CVE-2024-0001|deb|libxml2-dev|amd64|"]}"#, true),
            (r#"{"findings":["CVE-2024-00011"]}"#, false),
            (r#"{"category":"os"}"#, true),
            (r#"{"category":"language"}"#, false),
            (r#"{"check":"OVERFLOW in"}"#, true),
            (r#"{"check":"xml2-dev"}"#, true),
            (r#"{"check":"ghsa-aa"}"#, true),
            (r#"{"check":"openssl"}"#, false),
            (r#"{"cvssBelow":6.5}"#, true),
            (r#"{"cvssBelow":6.4}"#, false),
            (r#"{"severities":["low","medium"]}"#, true),
            (r#"{"severities":["unknown"]}"#, false),
            (r#"{"patchable":true}"#, true),
            (r#"{"patchable":false}"#, false),
            (r#"{"cves":["CVE-2024-9999; cve-2024-0001"]}"#, true),
            (r#"{"minimumSeverity":"high"}"#, true),
            (r#"{"minimumSeverity":"medium"}"#, false),
            (r#"{"fix":["fix-available"]}"#, true),
            (r#"{"fix":["wont-fix","no-fix-available"]}"#, false),
            (r#"{"osVersions":["Debian"]}"#, true),
            (r#"{"osVersions":["debian:12"]}"#, true),
            (r#"{"osVersions":["debian:1"]}"#, false),
            (r#"{"osVersions":["alpine"]}"#, false),
            // Joined: all must hold, or one does.
            (r#"{"cvssBelow":6.5,"category":"language"}"#, false),
            (r#"{"match":"any","cvssBelow":6.5,"category":"language"}"#, true),
            (r#"{"category":"os","osVersions":["alpine"]}"#, false),
            (r#"{"match":"any","category":"language","osVersions":["debian"]}"#, true),
            (r#"{"match":"any","category":"language","osVersions":["alpine"]}"#, false),
        ] {
            let criteria = of(json);
            assert_eq!(criteria.validate(), [], "{json}");
            assert_eq!(hits(&criteria, &one, &image), expect, "{json}");
        }
        let by_digest =
            Criteria { images: vec![digests[0].to_uppercase()], ..Criteria::default() }.normalised();
        assert!(by_digest.validate().is_empty() && hits(&by_digest, &one, &image));
        let no_os = ImageKey { os: None, digests: &[], ..image };
        assert!(!hits(&by_digest, &one, &no_os) && !hits(&of(r#"{"osVersions":["debian"]}"#), &one, &no_os));
    }

    #[test]
    fn what_nobody_rated_is_below_no_threshold() {
        let scope = Scope::new("org").unwrap();
        let image = ImageKey { scope: &scope, digests: &[], os: None };
        let unrated = finding("CVE-2024-0001", Severity::Unknown);
        for json in [r#"{"minimumSeverity":"critical"}"#, r#"{"cvssBelow":10.0}"#] {
            assert!(!hits(&of(json), &unrated, &image), "{json}");
        }
        assert!(hits(&of(r#"{"severities":["unknown"]}"#), &unrated, &image), "unless it is named");
    }

    #[test]
    fn hostile_packages_are_hidden_by_name_alone() {
        let scope = Scope::new("org").unwrap();
        let image = ImageKey { scope: &scope, digests: &[], os: Some(("debian", "12")) };
        let mut malware = finding("MAL-2024-1", Severity::Low);
        malware.class = Class::Malware;
        for (json, expect) in [
            (r#"{"severities":["low"]}"#, false),
            (r#"{"check":"libxml2"}"#, false),
            (r#"{"findings":["MAL-2024-1"]}"#, true),
            (r#"{"match":"any","findings":["MAL-2024-2"],"severities":["low"]}"#, false),
            (r#"{"findings":["MAL-2024-1"],"severities":["high"]}"#, false),
            // A whole image is named, not the package.
            (r#"{"osVersions":["debian"]}"#, false),
            (r#"{"match":"any","osVersions":["debian"]}"#, false),
        ] {
            assert_eq!(hits(&of(json), &malware, &image), expect, "{json}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let long = format!(r#"{{"check":"{}"}}"#, "a".repeat(257));
        let many = format!(
            r#"{{"findings":["{}"]}}"#,
            (0..1001).map(|n| n.to_string()).collect::<Vec<_>>().join(";")
        );
        for (json, field) in [
            ("{}", "criteria"),
            (r#"{"match":"any"}"#, "criteria"),
            (r#"{"findings":[";"]}"#, "criteria"),
            (r#"{"cves":["GHSA-1"]}"#, "cves"),
            (r#"{"cves":["CVE-24-1234"]}"#, "cves"),
            (r#"{"images":["latest"]}"#, "images"),
            (r#"{"cvssBelow":0}"#, "cvssBelow"),
            (r#"{"cvssBelow":10.1}"#, "cvssBelow"),
            (r#"{"minimumSeverity":"unknown"}"#, "minimumSeverity"),
            (r#"{"findings":["a\u0000b"]}"#, "findings"),
            (&long, "check"),
            (&many, "findings"),
        ] {
            let errors = of(json).validate();
            assert_eq!(errors.first().map(|error| error.field), Some(field), "{json}");
        }
        for wrong in [r#"{"severity":"low"}"#, r#"{"fix":["soon"]}"#, r#"{"match":"none"}"#] {
            assert!(serde_json::from_str::<Criteria>(wrong).is_err(), "{wrong}");
        }
        let criteria = of(r#"{"cves":["CVE-2024-0002","CVE-2024-0001"],"cvssBelow":6.5}"#);
        let text = serde_json::to_string(&criteria).unwrap();
        assert_eq!(text, r#"{"match":"all","cvssBelow":6.5,"cves":["CVE-2024-0001","CVE-2024-0002"]}"#);
        assert_eq!(of(&text), criteria);
    }
}
