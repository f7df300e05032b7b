//! OSV records, as each ecosystem's source writes them.

use model::{Class, Rating, Reference, Severity};
use package::{Ecosystem, VersionOrder, ecosystem::CveField};
use serde::Deserialize;
use serde_json::Value;
use vulndb::{End, Import, Lint, Range, Record, Statement, Status};

#[derive(Deserialize)]
struct Osv {
    id: String,
    #[serde(default)]
    modified: Option<String>,
    published: Option<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    severity: Vec<OsvSeverity>,
    #[serde(default)]
    affected: Vec<Affected>,
    #[serde(default)]
    references: Vec<OsvReference>,
    #[serde(default)]
    database_specific: Value,
}

#[derive(Deserialize)]
struct OsvSeverity {
    score: String,
}

#[derive(Deserialize)]
struct OsvReference {
    #[serde(rename = "type", default)]
    kind: String,
    url: String,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<OsvPackage>,
    #[serde(default)]
    ranges: Vec<OsvRange>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: Value,
    #[serde(default)]
    database_specific: Value,
}

#[derive(Deserialize)]
struct OsvPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct OsvRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Clone, Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// Reads one record of `source`. What of it is not understood goes to `lints` and never matches.
pub(crate) fn read(bytes: &[u8], source: &str, lints: &mut Vec<Lint>) -> Result<Record, serde_json::Error> {
    let osv: Osv = serde_json::from_slice(bytes)?;
    let lint = |lints: &mut Vec<Lint>, code: &str, detail: String| {
        lints.push(Lint { source: source.to_owned(), code: code.to_owned(), record: osv.id.clone(), detail });
    };
    let mut statements = Vec::new();
    let mut cve_field = CveField::Aliases;
    for affected in &osv.affected {
        let Some(package) = &affected.package else { continue };
        let Some((ecosystem, release)) = Ecosystem::from_osv(&package.ecosystem) else {
            lint(lints, "unknown-ecosystem", package.ecosystem.clone());
            continue;
        };
        cve_field = ecosystem.row().cves;
        let ranges = ranges(affected, ecosystem.row().order, &mut |code, detail| {
            lint(lints, code, format!("{}: {detail}", package.name));
        });
        let says_nothing = ranges.is_empty() && affected.versions.is_empty();
        // Without any range a statement would hold for every version: it does only where the source gave none at all.
        if says_nothing && !affected.ranges.is_empty() {
            continue;
        }
        let urgency = affected.ecosystem_specific.get("urgency").and_then(Value::as_str).unwrap_or_default();
        statements.push(Statement {
            ecosystem,
            release,
            package: ecosystem.normalise(&package.name),
            name: ecosystem.row().name,
            module: module(ecosystem, &osv.summary, &ranges),
            status: Status::Affected,
            class: affected_class(affected, urgency),
            ranges,
            versions: affected.versions.clone(),
            severity: urgency.parse().unwrap_or(Severity::Unknown),
            platforms: Vec::new(),
            imports: imports(affected),
        });
    }
    let is_cve = |id: &String| id.starts_with("CVE-");
    let named = match cve_field {
        CveField::Aliases => &osv.aliases,
        CveField::Upstream => &osv.upstream,
        CveField::Related => &osv.related,
    };
    let mut cves: Vec<String> = named.iter().filter(|id| is_cve(id)).cloned().collect();
    if cves.is_empty() {
        // `CVE-…` itself, `DEBIAN-CVE-…`, `ALPINE-CVE-…`.
        cves.extend(osv.id.find("CVE-").map(|at| osv.id[at..].to_owned()));
    }
    cves.sort();
    cves.dedup();
    let cwes = osv.database_specific.get("cwe_ids").and_then(Value::as_array);
    let cwes: Vec<String> =
        cwes.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    Ok(Record {
        source: source.to_owned(),
        class: class(&osv, &cwes),
        ratings: ratings(&osv),
        aliases: osv.aliases.iter().filter(|id| !is_cve(id)).cloned().collect(),
        cves,
        summary: osv.summary,
        published: osv.published,
        modified: osv.modified,
        withdrawn: osv.withdrawn.is_some(),
        cwes,
        references: osv
            .references
            .into_iter()
            .map(|reference| Reference { kind: reference.kind, url: reference.url })
            .collect(),
        statements,
        id: osv.id,
    })
}

/// What an advisory is about, by its source's own signs.
fn class(osv: &Osv, cwes: &[String]) -> Class {
    // CWE-506 is embedded malicious code; OSV's malware records are MAL-….
    if osv.id.starts_with("MAL-") || cwes.iter().any(|cwe| cwe == "CWE-506") {
        return Class::Malware;
    }
    // AlmaLinux: bug-fix and enhancement advisories.
    if osv.id.starts_with("ALBA-") || osv.id.starts_with("ALEA-") {
        return Class::Maintenance;
    }
    Class::Vulnerability
}

/// What a statement says of its own class: RustSec's informational kinds, Debian's urgency.
fn affected_class(affected: &Affected, urgency: &str) -> Option<Class> {
    if urgency == "unimportant" {
        return Some(Class::Unimportant);
    }
    let specific = &affected.database_specific;
    let malicious = specific
        .get("categories")
        .and_then(Value::as_array)
        .is_some_and(|categories| categories.iter().any(|category| category.as_str() == Some("malicious")));
    if malicious {
        return Some(Class::Malware);
    }
    match specific.get("informational").and_then(Value::as_str) {
        Some("unmaintained") => Some(Class::Unmaintained),
        Some("notice") => Some(Class::Maintenance),
        _ => None,
    }
}

fn ratings(osv: &Osv) -> Vec<Rating> {
    let source = osv.id.split('-').next().unwrap_or_default().to_lowercase();
    let mut ratings: Vec<Rating> = osv
        .severity
        .iter()
        .map(|severity| Rating {
            source: source.clone(),
            severity: Severity::Unknown,
            score: None,
            vector: Some(severity.score.clone()),
        })
        .collect();
    // AlmaLinux rates at the head of its summary only.
    let head = osv.summary.split_once(": ").map(|(head, _)| head).filter(|_| osv.id.starts_with("AL"));
    let word = head.or_else(|| osv.database_specific.get("severity").and_then(Value::as_str));
    let score = osv.database_specific.get("cvss_v3_score").and_then(Value::as_f64);
    if let Some(severity) = word.and_then(|word| word.parse().ok()) {
        ratings.push(Rating { source, severity, score, vector: None });
    }
    ratings
}

/// AlmaLinux names the module stream in the summary (`nodejs:18 security update`); it holds for modular builds.
fn module(ecosystem: Ecosystem, summary: &str, ranges: &[Range]) -> Option<String> {
    let modular =
        ranges.iter().any(|range| matches!(&range.end, End::Fixed(version) if version.contains("module")));
    if ecosystem != Ecosystem::AlmaLinux || !modular {
        return None;
    }
    let text = summary.split_once(": ").map_or(summary, |(_, text)| text);
    text.split_whitespace()
        .find(|word| {
            word.split_once(':').is_some_and(|(name, stream)| !name.is_empty() && !stream.is_empty())
        })
        .map(ToOwned::to_owned)
}

fn imports(affected: &Affected) -> Vec<Import> {
    let imports = affected.ecosystem_specific.get("imports").and_then(Value::as_array);
    imports
        .into_iter()
        .flatten()
        .filter_map(|import| {
            let platforms = import.get("goos").and_then(Value::as_array);
            Some(Import {
                path: import.get("path")?.as_str()?.to_owned(),
                platforms: platforms
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(ToOwned::to_owned)
                    .collect(),
            })
        })
        .collect()
}

/// The intervals of all ranges that judge versions. Go's `custom_ranges` stand in for a range that is all versions.
fn ranges(affected: &Affected, order: VersionOrder, lint: &mut dyn FnMut(&str, String)) -> Vec<Range> {
    let custom: Option<Vec<OsvRange>> = affected
        .ecosystem_specific
        .get("custom_ranges")
        .and_then(|custom| serde_json::from_value(custom.clone()).ok());
    let judging: Vec<&OsvRange> = affected.ranges.iter().filter(|range| range.kind != "GIT").collect();
    let everything =
        judging.iter().all(|range| range.events.iter().all(|event| event.introduced.as_deref() == Some("0")));
    let mut out = Vec::new();
    match custom {
        Some(custom) if everything => {
            for range in &custom {
                intervals(&range.events, order, &mut out, lint);
            }
        }
        _ => {
            for range in judging {
                intervals(&range.events, order, &mut out, lint);
            }
        }
    }
    out
}

/// Walks the events in the order of their versions: each introduction opens an interval, the next end closes it.
fn intervals(
    events: &[Event],
    order: VersionOrder,
    out: &mut Vec<Range>,
    lint: &mut dyn FnMut(&str, String),
) {
    let mut sorted: Vec<(Option<String>, End)> = Vec::with_capacity(events.len());
    for event in events {
        let (text, end) = match event.clone() {
            Event { introduced: Some(version), .. } => (version, End::Open),
            Event { fixed: Some(version), .. } => (version.clone(), End::Fixed(version)),
            Event { last_affected: Some(version), .. } => (version.clone(), End::LastAffected(version)),
            Event { limit: Some(version), .. } => (version.clone(), End::Limit(version)),
            _ => continue,
        };
        if text == "*" {
            continue;
        }
        let start = text == "0" && matches!(end, End::Open);
        if !start && order.parse(&text).is_err() {
            lint("unparsable-version", text);
            return;
        }
        sorted.push(((!start).then_some(text), end));
    }
    sorted.sort_by(|(a, _), (b, _)| match (a, b) {
        (None, None) => std::cmp::Ordering::Equal,
        (None, _) => std::cmp::Ordering::Less,
        (_, None) => std::cmp::Ordering::Greater,
        (Some(a), Some(b)) => order.compare(a, b).unwrap_or(std::cmp::Ordering::Equal),
    });
    let mut open: Option<Option<String>> = None;
    for (version, end) in sorted {
        match (end, open.take()) {
            (End::Open, None) => open = Some(version),
            (End::Open, already) => open = already,
            (end, Some(introduced)) => {
                let empty = !matches!(end, End::LastAffected(_)) && introduced == version;
                if empty {
                    lint("empty-range", version.unwrap_or_default());
                } else {
                    out.push(Range { introduced, end });
                }
            }
            (_, None) => lint("inverted-range", version.unwrap_or_default()),
        }
    }
    if let Some(introduced) = open {
        out.push(Range { introduced, end: End::Open });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> (Record, Vec<Lint>) {
        let mut lints = Vec::new();
        let record = read(text.as_bytes(), "osv-test", &mut lints).unwrap();
        (record, lints)
    }

    #[test]
    fn a_debian_record_names_its_cve_in_upstream() {
        let (record, lints) = record(
            r#"{"id":"DEBIAN-CVE-2024-28085","upstream":["CVE-2024-28085"],"affected":[{"package":{"ecosystem":"Debian:12","name":"util-linux"},
            "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.38.1-5+deb12u1"}]}],"ecosystem_specific":{"urgency":"high"}}]}"#,
        );
        assert!(lints.is_empty());
        assert_eq!(record.cves, ["CVE-2024-28085"]);
        let statement = &record.statements[0];
        assert_eq!((statement.release.as_deref(), statement.severity), (Some("12"), Severity::High));
        assert_eq!(
            statement.ranges,
            [Range { introduced: None, end: End::Fixed("2.38.1-5+deb12u1".into()) }]
        );
    }

    #[test]
    fn git_ranges_never_judge_and_odd_ranges_are_lints() {
        let text = |events: &str| {
            format!(
                r#"{{"id":"X","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"ranges":[{{"type":"GIT","events":[{{"introduced":"0"}}]}},{{"type":"SEMVER","events":[{events}]}}]}}]}}"#
            )
        };
        let (empty, lints) = record(&text(r#"{"introduced":"1.0.0"},{"fixed":"1.0.0"}"#));
        assert!(empty.statements.is_empty());
        assert_eq!(lints[0].code, "empty-range");
        let (_, lints) = record(&text(r#"{"introduced":"2.0.0"},{"fixed":"1.0.0"}"#));
        assert!(lints.iter().any(|lint| lint.code == "inverted-range"), "{lints:?}");
        let (branches, _) = record(&text(
            r#"{"introduced":"2.0.0"},{"fixed":"2.0.7"},{"introduced":"0"},{"fixed":"1.26.18"}"#,
        ));
        assert_eq!(branches.statements[0].ranges.len(), 2);
    }

    #[test]
    fn case_13_39_classes() {
        let of = |id: &str, specific: &str| {
            record(&format!(r#"{{"id":"{id}","database_specific":{specific},"affected":[]}}"#)).0.class
        };
        assert_eq!(of("ALBA-2022:2005", "{}"), Class::Maintenance);
        assert_eq!(of("ALSA-2022:2005", "{}"), Class::Vulnerability);
        assert_eq!(of("GHSA-1", r#"{"cwe_ids":["CWE-506"]}"#), Class::Malware);
    }

    #[test]
    fn case_28_custom_ranges_stand_in_for_everything() {
        let (record, _) = record(
            r#"{"id":"GO-2024-2629","aliases":["CVE-2024-1442"],"affected":[{"package":{"ecosystem":"Go","name":"github.com/grafana/grafana"},
            "ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],
            "ecosystem_specific":{"custom_ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"8.5.0"},{"fixed":"10.3.4"}]}]}}]}"#,
        );
        assert_eq!(
            record.statements[0].ranges,
            [Range { introduced: Some("8.5.0".into()), end: End::Fixed("10.3.4".into()) }]
        );
    }
}
