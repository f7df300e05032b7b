//! Findings as CycloneDX writes them.

use model::Severity;
use serde::{Serialize, Serializer};

use super::{
    super::{Analysis, Rating, Vulnerability},
    properties::Property,
};

/// All of them.
pub(super) struct Vulnerabilities<'a> {
    /// The list.
    pub(super) list: &'a [Vulnerability],
    /// The `bom-ref` of each package.
    pub(super) refs: &'a [String],
}

impl Vulnerabilities<'_> {
    /// Is there none?
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Serialize for Vulnerabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.list.iter().map(|one| json(one, self.refs)))
    }
}

#[derive(Serialize)]
struct VulnerabilityJson<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ratings: Vec<RatingJson<'a>>,
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    cwes: &'a [u32],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advisories: Vec<Advisory<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<AnalysisJson<'a>>,
    affects: Vec<Affects<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct SourceJson<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Reference<'a> {
    id: &'a str,
    source: SourceJson<'a>,
}

#[derive(Serialize)]
struct RatingJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'a str>,
}

#[derive(Serialize)]
struct Advisory<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct AnalysisJson<'a> {
    state: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
struct Affects<'a> {
    r#ref: &'a str,
}

fn json<'a>(one: &'a Vulnerability, refs: &'a [String]) -> VulnerabilityJson<'a> {
    VulnerabilityJson {
        id: &one.id,
        source: one.source.as_ref().map(|(name, url)| SourceJson { name, url: url.as_deref() }),
        references: one
            .aliases
            .iter()
            .map(|id| Reference { id, source: SourceJson { name: namespace(id), url: None } })
            .collect(),
        ratings: one.ratings.iter().map(rating).collect(),
        cwes: &one.cwes,
        description: one.description.as_deref(),
        recommendation: one.recommendation.as_deref(),
        advisories: one.advisories.iter().map(|url| Advisory { url }).collect(),
        analysis: one.analysis.as_ref().map(|Analysis { state, detail }| AnalysisJson { state, detail }),
        affects: one
            .affects
            .iter()
            .filter_map(|index| refs.get(index.0 as usize))
            .map(|reference| Affects { r#ref: reference })
            .collect(),
        properties: one
            .properties
            .iter()
            .map(|(name, value)| Property { name, value: value.into() })
            .collect(),
    }
}

/// Whose id this is, by its first part.
fn namespace(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

fn rating(rating: &Rating) -> RatingJson<'_> {
    RatingJson {
        source: rating.source.as_ref().map(|name| SourceJson { name, url: None }),
        score: rating.score,
        severity: severity(rating.severity),
        method: rating.method,
        vector: rating.vector.as_deref(),
    }
}

/// CycloneDX's word.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Negligible => "info",
        Severity::Unknown => "unknown",
    }
}
