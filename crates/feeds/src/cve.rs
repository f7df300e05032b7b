//! CVE JSON 5 records with CISA's ADP container: CVSS, weaknesses, SSVC.

use std::collections::BTreeMap;

use model::{Rating, Severity, Ssvc};
use serde::Deserialize;
use vulndb::Enrichment;

/// The slug.
pub(crate) const SOURCE: &str = "cve";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    cve_metadata: Metadata,
    #[serde(default)]
    containers: Containers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    cve_id: String,
    #[serde(default)]
    state: String,
    date_published: Option<String>,
    date_updated: Option<String>,
}

#[derive(Default, Deserialize)]
struct Containers {
    #[serde(default)]
    cna: Container,
    #[serde(default)]
    adp: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    title: String,
    #[serde(default)]
    provider_metadata: Provider,
    #[serde(default)]
    metrics: Vec<Metric>,
    #[serde(default)]
    problem_types: Vec<ProblemType>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    #[serde(default)]
    short_name: String,
}

#[derive(Deserialize)]
struct ProblemType {
    #[serde(default)]
    descriptions: Vec<Description>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    cwe_id: Option<String>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(rename = "cvssV4_0")]
    v4: Option<Cvss>,
    #[serde(rename = "cvssV3_1")]
    v31: Option<Cvss>,
    #[serde(rename = "cvssV3_0")]
    v30: Option<Cvss>,
    #[serde(rename = "cvssV2_0")]
    v2: Option<Cvss>,
    other: Option<Other>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cvss {
    #[serde(default)]
    base_score: f64,
    vector_string: Option<String>,
}

#[derive(Deserialize)]
struct Other {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    content: Content,
}

#[derive(Default, Deserialize)]
struct Content {
    #[serde(default)]
    options: Vec<BTreeMap<String, String>>,
}

/// Reads one record; gives when it changed, too.
pub(crate) fn read(bytes: &[u8]) -> Result<(Enrichment, Option<String>), serde_json::Error> {
    let document: Document = serde_json::from_slice(bytes)?;
    let mut out = Enrichment {
        cve: document.cve_metadata.cve_id,
        rejected: document.cve_metadata.state == "REJECTED",
        published: document.cve_metadata.date_published.map(utc),
        title: document.containers.cna.title.clone(),
        ..Enrichment::default()
    };
    // Of CNA and CISA the CNA's rating goes first (CISA's own rule for its container).
    let cna =
        (format!("cna:{}", document.containers.cna.provider_metadata.short_name), document.containers.cna);
    let cisa =
        document.containers.adp.into_iter().filter(|adp| adp.provider_metadata.short_name == "CISA-ADP");
    for (source, container) in std::iter::once(cna).chain(cisa.map(|adp| ("cisa-adp".to_owned(), adp))) {
        for metric in container.metrics {
            for cvss in [metric.v4, metric.v31, metric.v30, metric.v2].into_iter().flatten() {
                out.ratings.push(Rating {
                    source: source.clone(),
                    severity: Severity::from_cvss_score(cvss.base_score),
                    score: Some(cvss.base_score),
                    vector: cvss.vector_string,
                });
            }
            if let Some(other) = metric.other.filter(|other| other.kind == "ssvc") {
                let of = |name: &str| {
                    let value = other.content.options.iter().find_map(|option| option.get(name));
                    value.map_or_else(String::new, |value| value.to_lowercase())
                };
                out.ssvc = Some(Ssvc {
                    exploitation: of("Exploitation"),
                    automatable: of("Automatable"),
                    technical_impact: of("Technical Impact"),
                });
            }
        }
        let descriptions = container.problem_types.into_iter().flat_map(|kind| kind.descriptions);
        for cwe in descriptions.filter_map(|description| description.cwe_id) {
            if cwe.starts_with("CWE-") && !out.cwes.contains(&cwe) {
                out.cwes.push(cwe);
            }
        }
    }
    Ok((out, document.cve_metadata.date_updated.map(utc)))
}

/// Some records give times without a zone; they are in UTC.
fn utc(time: String) -> String {
    let zoned = time.ends_with('Z') || time.get(19..).is_some_and(|tail| tail.contains(['+', '-']));
    if zoned || time.len() < 19 { time } else { time + "Z" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cna_goes_before_cisa_and_ssvc_is_lower_case() {
        let text = br#"{"cveMetadata":{"cveId":"CVE-2024-1","state":"PUBLISHED"},"containers":{
            "cna":{"title":"T","providerMetadata":{"shortName":"acme"},"metrics":[{"cvssV3_1":{"baseScore":5.7,"vectorString":"CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:U/C:H/I:N/A:N"}}],
            "problemTypes":[{"descriptions":[{"cweId":"CWE-200"},{"description":"n/a"}]}]},
            "adp":[{"providerMetadata":{"shortName":"CVE"}},{"providerMetadata":{"shortName":"CISA-ADP"},"metrics":[{"cvssV3_1":{"baseScore":9.8}},
            {"other":{"type":"ssvc","content":{"options":[{"Exploitation":"Active"},{"Automatable":"no"},{"Technical Impact":"total"}]}}}]}]}}"#;
        let (record, _) = read(text).unwrap();
        let sources: Vec<&str> = record.ratings.iter().map(|rating| rating.source.as_str()).collect();
        assert_eq!(sources, ["cna:acme", "cisa-adp"]);
        assert_eq!(record.cwes, ["CWE-200"]);
        assert_eq!(record.ssvc.unwrap().exploitation, "active");
        assert!(!record.rejected);
    }

    #[test]
    fn times_without_a_zone_are_utc() {
        let text = br#"{"cveMetadata":{"cveId":"CVE-2024-1","state":"REJECTED","datePublished":"2024-01-02T03:04:05","dateUpdated":"2024-01-02T03:04:05.123Z"}}"#;
        let (record, updated) = read(text).unwrap();
        assert!(record.rejected);
        assert_eq!(record.published.as_deref(), Some("2024-01-02T03:04:05Z"));
        assert_eq!(updated.as_deref(), Some("2024-01-02T03:04:05.123Z"));
        assert_eq!(utc("2024-01-02T03:04:05-05:00".into()), "2024-01-02T03:04:05-05:00");
        assert_eq!(utc("soon".into()), "soon");
    }
}
