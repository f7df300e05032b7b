//! Results: a vulnerability in a source package, or in a language package at a place.

use std::collections::{BTreeMap, BTreeSet};

use model::{Detail, Finding, Judgement, Severity, Vulnerability};
use scan::{Kind, Outcome, urgency};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::uri;
use crate::Options;

/// Locations of a result that GitHub shows.
const MAX_LOCATIONS: usize = 100;

/// Findings that are one result.
pub(super) struct Group<'a> {
    pub(super) findings: Vec<&'a Finding>,
    pub(super) vulnerability: &'a Vulnerability,
    fingerprint: String,
    /// Which one of those with the same fingerprint, from 1.
    occurrence: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultObject<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Value,
    locations: Vec<Value>,
    partial_fingerprints: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
    properties: Value,
}

/// `level` of a severity.
pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Unknown => "warning",
        Severity::Low | Severity::Negligible => "note",
    }
}

/// The fingerprint of a finding: SHA-256, in hex, of the five lines `seawall/v1`, name of the vulnerability, type of the package,
/// its name (of the source for OS packages), and its place (first evidence; empty for OS packages). Neither version nor
/// severity, fix or layer are part of it, nor the order of anything: the same problem in the same place keeps it from run
/// to run. Where one place has several versions of a package, an occurrence number behind a colon tells them
/// apart, as GitHub's own fingerprints do.
pub(super) fn fingerprint(finding: &Finding, vulnerability: &Vulnerability) -> String {
    let place = match is_os(vulnerability) {
        true => "",
        false => finding.evidence.first().map_or("", |evidence| evidence.path.as_str()),
    };
    let text =
        ["seawall/v1", &vulnerability.id, &vulnerability.package_type, name(vulnerability), place].join("\n");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_os(vulnerability: &Vulnerability) -> bool {
    matches!(vulnerability.package_type.as_str(), "deb" | "rpm" | "apk")
}

/// The name that people upgrade.
pub(super) fn name(vulnerability: &Vulnerability) -> &str {
    vulnerability.source_package.as_deref().unwrap_or(&vulnerability.package)
}

/// Who hid it, where somebody did.
type HiddenBy<'a> = Option<(&'a str, &'a str)>;

/// The results, in the order of the findings.
pub(super) fn groups<'a>(outcome: &'a Outcome, options: &Options) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: BTreeMap<(String, &str, HiddenBy<'_>), usize> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| options.filter.shows(finding)) {
        let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
        let hidden = match &finding.judgement {
            Judgement::Counts => None,
            Judgement::Suppressed(by) => Some((by.by.as_str(), by.reason.as_str())),
            Judgement::Apart(_) => continue,
        };
        let fingerprint = fingerprint(finding, vulnerability);
        let key = (fingerprint.clone(), vulnerability.installed.as_str(), hidden);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.findings.push(finding),
            None => {
                groups.push(Group { findings: vec![finding], vulnerability, fingerprint, occurrence: 1 });
            }
        }
    }
    // The key sorts by version behind the fingerprint, so numbers do not hang on the order of findings.
    let mut before: Option<String> = None;
    let mut occurrence = 0;
    for ((fingerprint, _, _), place) in places {
        occurrence = if before.as_ref() == Some(&fingerprint) { occurrence + 1 } else { 1 };
        if let Some(group) = groups.get_mut(place) {
            group.occurrence = occurrence;
        }
        before = Some(fingerprint);
    }
    groups
}

impl<'a> Group<'a> {
    pub(super) fn id(&self) -> &'a str {
        &self.vulnerability.id
    }

    /// The most urgent severity of its findings.
    pub(super) fn severity(&self) -> Severity {
        let severities = self.findings.iter().map(|finding| finding.severity);
        severities.max_by_key(|severity| urgency(*severity)).unwrap_or(Severity::Unknown)
    }

    /// What to do, as its first finding says it.
    pub(super) fn remedy(&self) -> &'a str {
        self.findings.first().map_or("", |finding| finding.remedy.as_str())
    }

    fn packages(&self) -> BTreeSet<&'a str> {
        let names = self.findings.iter().filter_map(|finding| match &finding.detail {
            Detail::Vulnerability(vulnerability) => Some(vulnerability.package.as_str()),
            _ => None,
        });
        names.collect()
    }

    pub(super) fn object(&self, outcome: &Outcome, rule_index: usize) -> ResultObject<'a> {
        let vulnerability = self.vulnerability;
        let severity = self.severity();
        let mut text =
            format!("{} {} has {}", name(vulnerability), vulnerability.installed, vulnerability.id);
        if !vulnerability.summary.is_empty() {
            text.push_str(": ");
            text.push_str(&vulnerability.summary);
        }
        if !self.remedy().is_empty() {
            text = format!("{}. Remedy: {}.", text.trim_end_matches('.'), self.remedy());
        }
        let suppressions = match self.findings.first().map(|finding| &finding.judgement) {
            Some(Judgement::Suppressed(by)) => vec![json!({
                "kind": "external",
                "status": "accepted",
                "justification": format!("{}: {}", by.by, by.reason),
            })],
            _ => Vec::new(),
        };
        ResultObject {
            rule_id: self.id(),
            rule_index,
            level: level(severity),
            message: json!({ "text": text }),
            locations: self.locations(outcome),
            partial_fingerprints: json!({
                "primaryLocationLineHash": format!("{}:{}", self.fingerprint, self.occurrence),
                "seawall/v1": format!("{}:{}", self.fingerprint, self.occurrence),
            }),
            suppressions,
            properties: json!({
                "packages": self.packages(),
                "purl": vulnerability.purl,
                "installed": vulnerability.installed,
                "fix": vulnerability.fix,
                "severity": severity,
                "findings": self.findings.len(),
                "exploited": vulnerability.kev.is_some(),
                "epss": vulnerability.epss.map(|(probability, _)| probability),
            }),
        }
    }

    /// Where it was seen, each file once. The file of an archive is the outermost; the path inside is a logical location.
    fn locations(&self, outcome: &Outcome) -> Vec<Value> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut locations = Vec::new();
        let evidence = self.findings.iter().flat_map(|finding| &finding.evidence);
        for evidence in evidence {
            if locations.len() >= MAX_LOCATIONS {
                break;
            }
            if seen.insert(&evidence.path) {
                locations.push(location(outcome, &evidence.path, evidence.layer.map(|layer| layer.0)));
            }
        }
        if locations.is_empty() {
            // A document has no files; the finding is in the document.
            let path = match outcome.subject.kind {
                Kind::Document => outcome.subject.target.as_str(),
                _ => "",
            };
            locations.push(location(outcome, path, None));
        }
        locations
    }
}

fn location(outcome: &Outcome, path: &str, layer: Option<u32>) -> Value {
    let outer = path.split_once("!/").map_or(path, |(outer, _)| outer);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(outcome, outer) },
            // Packages have no line; GitHub wants one.
            "region": { "startLine": 1 },
        },
    });
    if outer != path {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": path, "kind": "resource" }]);
    }
    if let Some(layer) = layer {
        location["message"] = json!({ "text": format!("in layer {}", layer + 1) });
    }
    location
}
