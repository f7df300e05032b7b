//! OSV records, as each ecosystem's source writes them.

mod intervals;

use model::{Class, Rating, Reference, Severity};
use package::{Ecosystem, PackageType, VersionOrder, ecosystem::CveField};

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

#[derive(Deserialize)]
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
        let Some(package) = &affected.package else {
            lint(lints, "no-package", "an affected part names no package".to_owned());
            continue;
        };
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
            // Ranges of versions were spoken of already.
            if affected.ranges.iter().all(|range| range.kind == "GIT") {
                lint(lints, "git-only", format!("{}: commits alone judge no version", package.name));
            }
            continue;
        }
        let urgency = affected.ecosystem_specific.get("urgency").and_then(Value::as_str).unwrap_or_default();
        let modules = modules(ecosystem, &osv.summary, &ranges);
        let statement = Statement {
            ecosystem,
            release,
            package: ecosystem.normalise(&package.name),
            name: ecosystem.row().name,
            module: None,
            status: Status::Affected,
            class: affected_class(affected, urgency),
            ranges,
            versions: affected.versions.clone(),
            severity: urgency.parse().unwrap_or(Severity::Unknown),
            platforms: Vec::new(),
            imports: imports(affected),
        };
        if modules.is_empty() {
            statements.push(statement);
        } else {
            let of = |module| Statement { module: Some(module), ..statement.clone() };
            statements.extend(modules.into_iter().map(of));
        }
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
            .map(|reference| Reference { kind: reference.kind.into(), url: reference.url })
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
    // AlmaLinux rates at the head of its summary only, some early ones at its end: `… security update (Important)`.
    let of_alma = Some(osv.summary.as_str()).filter(|_| osv.id.starts_with("AL"));
    let head = of_alma.and_then(|text| text.split_once(": ")).map(|(head, _)| head);
    let tail = of_alma.and_then(|text| text.strip_suffix(')')?.rsplit_once('(')).map(|(_, tail)| tail);
    let is_rating = |word: &&str| word.parse::<Severity>().is_ok();
    let word = head
        .filter(is_rating)
        .or(tail.filter(is_rating))
        .or_else(|| osv.database_specific.get("severity").and_then(Value::as_str));
    let score = osv.database_specific.get("cvss_v3_score").and_then(Value::as_f64);
    if let Some(severity) = word.and_then(|word| word.parse().ok()) {
        ratings.push(Rating { source, severity, score, vector: None });
    }
    ratings
}

/// The Red Hat family names module streams in the summary (`nodejs:18 security update`, `idm:DL1 and idm:client …`,
/// `httpd:2.4/mod_http2 …`); they hold for modular builds.
fn modules(ecosystem: Ecosystem, summary: &str, ranges: &[Range]) -> Vec<String> {
    let is_modular = |version: &str| version.contains("module_el") || version.contains("module+el");
    let modular = ranges.iter().any(|range| matches!(&range.end, End::Fixed(version) if is_modular(version)));
    if ecosystem.row().package_type != PackageType::Rpm || !modular {
        return Vec::new();
    }
    let mut streams: Vec<String> = Vec::new();
    for word in summary.split_whitespace() {
        let word = word.trim_end_matches([',', ';', '.', ')']).trim_start_matches('(');
        let Some((name, stream)) = word.split_once(':') else { continue };
        let stream = stream.split('/').next().unwrap_or_default();
        if name.is_empty() || stream.is_empty() || stream.contains(':') {
            continue;
        }
        let named = format!("{name}:{stream}");
        if !streams.contains(&named) {
            streams.push(named);
        }
    }
    streams
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
                intervals::of(&range.events, order, &mut out, lint);
            }
        }
        _ => {
            for range in judging {
                intervals::of(&range.events, order, &mut out, lint);
            }
        }
    }
    intervals::join(&mut out, order);
    out
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
        let (inverted, lints) = record(&text(r#"{"introduced":"2.0.0"},{"fixed":"1.0.0"}"#));
        assert!(lints.iter().any(|lint| lint.code == "inverted-range"), "{lints:?}");
        assert!(inverted.statements.is_empty(), "what is inverted never matches");
    }

    #[test]
    fn branches_that_touch_are_one() {
        let of = |events: &str| {
            let text = format!(
                r#"{{"id":"X","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"ranges":[{{"type":"SEMVER","events":[{events}]}}]}}]}}"#
            );
            let (record, lints) = record(&text);
            assert_eq!(lints, []);
            let ranges = record.statements.into_iter().next().unwrap().ranges;
            ranges
                .into_iter()
                .map(|range| (range.introduced.unwrap_or_default(), range.end))
                .collect::<Vec<_>>()
        };
        let fixed = |introduced: &str, version: &str| (introduced.to_owned(), End::Fixed(version.to_owned()));
        assert_eq!(
            of(r#"{"introduced":"2.0.0"},{"fixed":"2.0.7"},{"introduced":"0"},{"fixed":"1.26.18"}"#),
            [fixed("", "1.26.18"), fixed("2.0.0", "2.0.7")]
        );
        // What is fixed in 3.1.1 and comes in with 3.1.1 again is fixed in neither.
        for events in [
            r#"{"introduced":"0"},{"fixed":"3.1.1"},{"introduced":"3.1.1"},{"fixed":"3.1.3"}"#,
            r#"{"introduced":"3.1.1"},{"introduced":"0"},{"fixed":"3.1.3"},{"fixed":"3.1.1"}"#,
        ] {
            assert_eq!(of(events), [fixed("", "3.1.3")]);
        }
        assert_eq!(
            of(r#"{"introduced":"1.0.0"},{"last_affected":"1.0.0"}"#),
            [("1.0.0".to_owned(), End::LastAffected("1.0.0".to_owned()))]
        );
        assert_eq!(
            of(
                r#"{"introduced":"0"},{"fixed":"1.0.0"}]},{"type":"SEMVER","events":[{"introduced":"0.9.0"},{"fixed":"1.4.0"}"#
            ),
            [fixed("", "1.4.0")]
        );
    }

    #[test]
    fn an_advisory_can_concern_several_streams() {
        let of = |summary: &str| {
            let text = format!(
                r#"{{"id":"ALSA-1","summary":"{summary}","affected":[{{"package":{{"ecosystem":"AlmaLinux:8","name":"a"}},
                "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"1-1.module_el8.6.0+1+ab"}}]}}]}}]}}"#
            );
            let modules = record(&text).0.statements.into_iter().map(|statement| statement.module);
            modules.map(Option::unwrap_or_default).collect::<Vec<_>>()
        };
        assert_eq!(of("Moderate: idm:DL1 and idm:client security update"), ["idm:DL1", "idm:client"]);
        assert_eq!(of("Important: httpd:2.4/mod_http2 security update"), ["httpd:2.4"]);
        assert_eq!(of("ALSA-2022:5468: php:8.0 security update (Important)"), ["php:8.0"]);
        assert_eq!(of("Important: varnish security update"), [""]);
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
