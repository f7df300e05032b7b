//! OpenVEX 0.2 (and the 0.0 form, where a vulnerability is a bare text): who says that a product is not affected.
//!
//! A statement silences only its own product. The newest statement of an author about a product wins; while two
//! authors contradict each other nothing is silenced, and the report says so.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Rule, RuleSubject, SuppressError, purl_pattern};
use crate::Subject;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Names of the vulnerability.
    pub(crate) names: Vec<String>,
    author: String,
    /// RFC 3339, compared as text: OpenVEX times are UTC in practice.
    time: String,
    products: Vec<Product>,
    status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Product {
    ids: Vec<String>,
    subcomponents: Vec<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    NotAffected,
    Affected,
    Fixed,
    UnderInvestigation,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    author: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    last_updated: String,
    statements: Vec<RawStatement>,
}

#[derive(Deserialize)]
struct RawStatement {
    vulnerability: RawVulnerability,
    #[serde(default)]
    products: Vec<RawProduct>,
    status: Status,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    last_updated: String,
    #[serde(default)]
    justification: String,
    #[serde(default)]
    impact_statement: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawVulnerability {
    Name(String),
    Full {
        #[serde(default)]
        name: String,
        #[serde(default)]
        aliases: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawProduct {
    Id(String),
    Full {
        #[serde(rename = "@id", default)]
        id: String,
        #[serde(default)]
        identifiers: HashMap<String, String>,
        #[serde(default)]
        hashes: HashMap<String, String>,
        #[serde(default)]
        subcomponents: Vec<RawProduct>,
    },
}

impl RawProduct {
    fn ids(&self) -> Vec<String> {
        match self {
            Self::Id(id) => vec![id.clone()],
            Self::Full { id, identifiers, hashes, .. } => {
                let hashes = hashes
                    .iter()
                    .filter(|(algorithm, _)| matches!(algorithm.as_str(), "sha-256" | "sha256"))
                    .map(|(_, hash)| format!("sha256:{hash}"));
                let purl = identifiers.get("purl").cloned();
                std::iter::once(id.clone()).filter(|id| !id.is_empty()).chain(purl).chain(hashes).collect()
            }
        }
    }
}

impl From<RawProduct> for Product {
    fn from(raw: RawProduct) -> Self {
        let ids = raw.ids();
        let subcomponents = match raw {
            RawProduct::Id(_) => Vec::new(),
            RawProduct::Full { subcomponents, .. } => subcomponents.iter().map(RawProduct::ids).collect(),
        };
        Self { ids, subcomponents }
    }
}

/// Reads a document; `name` is how its statements are named in reports.
///
/// # Errors
/// When it is no OpenVEX document.
pub fn parse(text: &str, name: &str) -> Result<Vec<Rule>, SuppressError> {
    let document: Document = serde_json::from_str(text).map_err(|error| SuppressError {
        file: name.to_owned(),
        message: format!("not an OpenVEX document: {error}"),
    })?;
    let own_time = if document.last_updated.is_empty() { document.timestamp } else { document.last_updated };
    Ok(document
        .statements
        .into_iter()
        .enumerate()
        .map(|(number, raw)| {
            let names = match raw.vulnerability {
                RawVulnerability::Name(name) => vec![name],
                RawVulnerability::Full { name, aliases } => std::iter::once(name).chain(aliases).collect(),
            };
            let time = [raw.last_updated, raw.timestamp].into_iter().find(|time| !time.is_empty());
            let reason = [raw.justification, raw.impact_statement]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(": ");
            Rule {
                by: format!("{name}#{}", number + 1),
                reason: if reason.is_empty() { raw.status.as_str().to_owned() } else { reason },
                subject: RuleSubject::Vex(Statement {
                    names: names.into_iter().filter(|name| !name.is_empty()).collect(),
                    author: document.author.clone(),
                    time: time.unwrap_or_else(|| own_time.clone()),
                    products: raw.products.into_iter().map(Into::into).collect(),
                    status: raw.status,
                }),
                expires: None,
            }
        })
        .collect())
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under investigation",
        }
    }

    const fn silences(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

impl Statement {
    /// Why this statement never hides anything, if so.
    pub(crate) fn why_mute(&self) -> Option<String> {
        if self.products.is_empty() {
            return Some("the statement names no product".to_owned());
        }
        (!self.status.silences()).then(|| format!("the status '{}' hides nothing", self.status.as_str()))
    }

    /// Does it speak about the package of `purl` in this very target?
    pub(crate) fn concerns(&self, subject: &Subject, purl: &str) -> bool {
        self.products.iter().any(|product| {
            let is_target = product.ids.iter().any(|id| is_target(id, subject));
            if product.subcomponents.is_empty() {
                return is_target || product.ids.iter().any(|id| purl_pattern::covers(id, purl));
            }
            is_target
                && product.subcomponents.iter().any(|ids| ids.iter().any(|id| purl_pattern::covers(id, purl)))
        })
    }

    /// Speaks about the same thing as `other`: a name in common, and a product in common.
    fn meets(&self, other: &Self) -> bool {
        self.names.iter().any(|name| other.names.contains(name))
            && self.products.iter().any(|a| {
                other.products.iter().any(|b| {
                    a.ids.iter().any(|id| b.ids.contains(id))
                        && (a.subcomponents.is_empty()
                            || b.subcomponents.is_empty()
                            || a.subcomponents.iter().any(|ids| b.subcomponents.contains(ids)))
                })
            })
    }
}

/// Is this product id the scanned target: its digest, its name, or an `oci` package URL of it?
fn is_target(id: &str, subject: &Subject) -> bool {
    if id == subject.target {
        return true;
    }
    let Some(image) = &subject.image else { return false };
    let digests = || {
        [Some(image.config_digest.to_string()), image.manifest_digest.map(|digest| digest.to_string())]
            .into_iter()
            .flatten()
    };
    if image.names.iter().any(|name| name == id) || digests().any(|digest| id == digest) {
        return true;
    }
    let Some(oci) = id.strip_prefix("pkg:oci/").or_else(|| id.strip_prefix("pkg:docker/")) else {
        return id.split_once('@').is_some_and(|(_, digest)| digests().any(|own| own == digest));
    };
    let (path, _qualifiers) = oci.split_once('?').unwrap_or((oci, ""));
    let (name, version) = path.split_once('@').map_or((path, None), |(name, version)| (name, Some(version)));
    match version {
        Some(version) => {
            let version = version.replace("%3A", ":").replace("%3a", ":");
            digests().any(|own| own == version)
        }
        // A product without a version is every version of it: the last component of the repository is its name.
        None => image.names.iter().any(|own| {
            let repository = own.split('@').next().unwrap_or(own);
            let last = repository.rsplit('/').next().unwrap_or(repository);
            last.split(':').next() == Some(name)
        }),
    }
}

/// For each rule, by its place, that a newer statement or another author overrules: why.
pub(crate) fn overruled(rules: &[Rule]) -> HashMap<usize, String> {
    let statements: Vec<(usize, &Statement, &Rule)> = rules
        .iter()
        .enumerate()
        .filter_map(|(number, rule)| match &rule.subject {
            RuleSubject::Vex(statement) => Some((number, statement, rule)),
            RuleSubject::Entry { .. } => None,
        })
        .collect();
    let mut out = HashMap::new();
    for (number, statement, _) in &statements {
        if !statement.status.silences() {
            continue;
        }
        for (other_number, other, other_rule) in &statements {
            if number == other_number || other.status.silences() || !statement.meets(other) {
                continue;
            }
            let same_author = statement.author == other.author;
            let newer = (&other.time, other_number) > (&statement.time, number);
            let why = match (same_author, newer) {
                (true, true) => {
                    format!("overruled by the newer {}: {}", other_rule.by, other.status.as_str())
                }
                (true, false) => continue,
                (false, _) => {
                    format!("contradicted by {} ({}): {}", other_rule.by, other.author, other.status.as_str())
                }
            };
            out.insert(*number, why);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use model::{Detail, Judgement};

    use super::*;
    use crate::suppress::{apply, tests::finding};

    fn document(author: &str, time: &str, product: &str, status: &str) -> String {
        format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","author":"{author}","timestamp":"{time}","version":1,
            "statements":[{{"vulnerability":{{"name":"CVE-2024-1"}},"products":[{{"@id":"{product}"}}],"status":"{status}",
            "justification":"vulnerable_code_not_present"}}]}}"#
        )
    }

    fn hidden(documents: &[String]) -> (bool, Vec<Option<String>>) {
        let rules: Vec<Rule> = documents.iter().flat_map(|text| parse(text, "vex.json").unwrap()).collect();
        let mut findings = vec![finding("CVE-2024-1", "a", "pkg:npm/a@1", "p")];
        assert!(matches!(findings[0].detail, Detail::Vulnerability(_)));
        let report = apply(&mut findings, &Subject::default(), &rules, "2026-01-01");
        (
            matches!(findings[0].judgement, Judgement::Suppressed(_)),
            report.into_iter().map(|entry| entry.nearest).collect(),
        )
    }

    #[test]
    fn case_46_vex_silences_its_own_product_only() {
        assert!(hidden(&[document("a", "2024", "pkg:npm/a@1", "not_affected")]).0);
        assert!(hidden(&[document("a", "2024", "pkg:npm/a", "fixed")]).0);
        let (silenced, nearest) = hidden(&[document("a", "2024", "pkg:npm/b@1", "not_affected")]);
        assert!(!silenced);
        assert!(nearest[0].as_deref().unwrap().contains("not the statement's product"), "{nearest:?}");
    }

    #[test]
    fn case_46_newest_wins_and_investigation_never_silences() {
        let no = |time| document("a", time, "pkg:npm/a@1", "not_affected");
        assert!(!hidden(&[document("a", "2024", "pkg:npm/a@1", "under_investigation")]).0);
        assert!(!hidden(&[no("2024"), document("a", "2025", "pkg:npm/a@1", "affected")]).0);
        assert!(hidden(&[document("a", "2024", "pkg:npm/a@1", "affected"), no("2025")]).0);
    }

    #[test]
    fn case_46_contradicting_authors_are_shown() {
        let (silenced, nearest) = hidden(&[
            document("vendor", "2025", "pkg:npm/a@1", "not_affected"),
            document("user", "2024", "pkg:npm/a@1", "affected"),
        ]);
        assert!(!silenced);
        assert!(nearest[0].as_deref().unwrap().contains("contradicted by vex.json#1 (user)"), "{nearest:?}");
    }

    #[test]
    fn an_image_is_a_product_by_digest_and_by_name() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let subject = Subject {
            image: Some(crate::Image {
                config_digest: digest.parse().unwrap(),
                manifest_digest: None,
                names: vec!["registry.example/team/app:1.0".into()],
                platform: model::Platform::host(),
                platforms: vec![],
                annotations: std::collections::BTreeMap::new(),
                config: model::ImageConfig::default(),
                layers: vec![],
            }),
            ..Subject::default()
        };
        for (id, expect) in [
            (format!("pkg:oci/app@{digest}"), true),
            (format!("pkg:oci/app@sha256%3A{}", "ab".repeat(32)), true),
            ("pkg:oci/app".to_owned(), true),
            ("pkg:oci/other".to_owned(), false),
            (format!("pkg:oci/app@sha256:{}", "cd".repeat(32)), false),
            ("registry.example/team/app:1.0".to_owned(), true),
        ] {
            assert_eq!(is_target(&id, &subject), expect, "{id}");
        }
    }
}
