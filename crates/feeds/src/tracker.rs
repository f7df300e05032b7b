//! Debian's security tracker, as published in one JSON document: package → CVE → release.
//!
//! The tracker is the distribution's own word and says more than its OSV export: why a flaw is not fixed, what is being
//! looked into, and what was never affected.
//!
//! | tracker | statement |
//! |---|---|
//! | `resolved`, version | affected below it, fixed in it |
//! | `resolved`, version `0` | not affected |
//! | `open` | affected, no fix known |
//! | `open`, `nodsa_reason: ignored` | will not be fixed, with the note |
//! | `open`, `nodsa_reason: postponed` | deferred, with the note |
//! | `open`, `nodsa` alone | deferred: no advisory of its own, perhaps a point release |
//! | `open`, urgency `end-of-life` | will not be fixed: end of life |
//! | `undetermined` | under investigation |
//! | urgency `unimportant` | class unimportant, whatever the status |

use std::{collections::BTreeMap, fmt};

use model::{Class, Reference, Severity};
use package::{Ecosystem, release_of_codename};
use serde::{
    Deserialize, Deserializer as _,
    de::{self, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use vulndb::{End, Lint, Range, Record, Statement, Status};

use crate::sink::{Failed, Sink};

/// The slug.
pub(crate) const SOURCE: &str = "debian-tracker";
/// A description is cut to this many characters: it stands in a line.
const SUMMARY: usize = 200;

#[derive(Deserialize)]
struct Issue {
    #[serde(default)]
    description: String,
    #[serde(default)]
    releases: BTreeMap<String, Release>,
}

#[derive(Deserialize)]
struct Release {
    status: String,
    fixed_version: Option<String>,
    #[serde(default)]
    urgency: String,
    nodsa: Option<String>,
    nodsa_reason: Option<String>,
}

/// Reads the document into `sink`.
///
/// # Errors
/// Where the document ends early or is no JSON: then an unknown part is missing.
pub(crate) fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Failed> {
    let mut failed = None;
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let result = document.deserialize_map(Packages { sink, failed: &mut failed });
    match failed {
        Some(error) => Err(Failed::Database(error)),
        None => Ok(result.and_then(|()| document.end())?),
    }
}

struct Packages<'t> {
    sink: &'t mut dyn Sink,
    failed: &'t mut Option<vulndb::Error>,
}

impl<'de> Visitor<'de> for Packages<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // One package at a time: the document is large, a package is not.
        while let Some((package, issues)) = map.next_entry::<String, &RawValue>()? {
            let issues = match serde_json::from_str::<BTreeMap<String, &RawValue>>(issues.get()) {
                Ok(issues) => issues,
                Err(error) => {
                    self.sink.lint(unreadable(&package, &error));
                    continue;
                }
            };
            for (id, issue) in issues {
                match serde_json::from_str::<Issue>(issue.get()) {
                    Ok(issue) => {
                        let record = record(&package, &id, issue, &mut |lint| self.sink.lint(lint));
                        if let Err(error) = self.sink.record(&record) {
                            *self.failed = Some(error);
                            return Err(de::Error::custom("the database cannot be written"));
                        }
                    }
                    Err(error) => self.sink.lint(unreadable(&format!("{package} {id}"), &error)),
                }
            }
        }
        Ok(())
    }
}

fn unreadable(what: &str, error: &serde_json::Error) -> Lint {
    Lint {
        source: SOURCE.to_owned(),
        code: "unreadable".to_owned(),
        record: what.to_owned(),
        detail: error.to_string(),
    }
}

fn record(package: &str, id: &str, issue: Issue, say: &mut dyn FnMut(Lint)) -> Record {
    let mut statements = Vec::with_capacity(issue.releases.len());
    for (codename, release) in issue.releases {
        let mut lint = |code: &str, detail: String| {
            say(Lint {
                source: SOURCE.to_owned(),
                code: code.to_owned(),
                record: id.to_owned(),
                detail: format!("{package} in {codename}: {detail}"),
            });
        };
        let number = match codename.as_str() {
            "sid" => "sid",
            name => match release_of_codename("debian", name) {
                Some(number) => number,
                None => {
                    lint("unknown-release", "a release that Seawall does not know".to_owned());
                    continue;
                }
            },
        };
        let mut ranges = Vec::new();
        let status = match (release.status.as_str(), release.fixed_version.as_deref()) {
            ("resolved", Some("0")) => Status::NotAffected,
            ("resolved", Some(version)) => {
                if Ecosystem::Debian.row().order.parse(version).is_err() {
                    lint("unparsable-version", version.to_owned());
                    continue;
                }
                ranges.push(Range { introduced: None, end: End::Fixed(version.to_owned()) });
                Status::Affected
            }
            ("open", _) => open(&release),
            ("undetermined", _) => Status::Investigating,
            (status, _) => {
                lint("unknown-status", format!("status '{status}' without a version"));
                continue;
            }
        };
        // `low**` was Debian's mark for a rating that was set by hand.
        let urgency = release.urgency.trim_end_matches('*');
        statements.push(Statement {
            ecosystem: Ecosystem::Debian,
            release: Some(number.to_owned()),
            package: package.to_owned(),
            name: Ecosystem::Debian.row().name,
            module: None,
            class: (urgency == "unimportant").then_some(Class::Unimportant),
            status,
            ranges,
            versions: Vec::new(),
            severity: urgency.parse().unwrap_or(Severity::Unknown),
            platforms: Vec::new(),
            imports: Vec::new(),
        });
    }
    let is_cve = id.starts_with("CVE-");
    Record {
        source: SOURCE.to_owned(),
        id: id.to_owned(),
        cves: is_cve.then(|| id.to_owned()).into_iter().collect(),
        aliases: Vec::new(),
        class: Class::Vulnerability,
        summary: shortened(&issue.description),
        published: None,
        modified: None,
        withdrawn: false,
        ratings: Vec::new(),
        cwes: Vec::new(),
        references: vec![Reference {
            kind: "ADVISORY".into(),
            url: format!("https://security-tracker.debian.org/tracker/{id}"),
        }],
        statements,
    }
}

/// Why something open is open.
fn open(release: &Release) -> Status {
    if release.urgency == "end-of-life" {
        return Status::WontFix("end of life".to_owned());
    }
    let note = release.nodsa.as_deref().map(str::trim).unwrap_or_default();
    let or = |word: &str| if note.is_empty() { word.to_owned() } else { note.to_owned() };
    match (release.nodsa_reason.as_deref(), &release.nodsa) {
        (Some("ignored"), _) => Status::WontFix(or("ignored by Debian")),
        (Some("postponed"), _) => Status::Deferred(or("postponed by Debian")),
        (_, Some(_)) if note.is_empty() => Status::Deferred("no advisory of its own".to_owned()),
        (_, Some(_)) => Status::Deferred(format!("no advisory of its own: {note}")),
        _ => Status::Affected,
    }
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    match line.char_indices().nth(SUMMARY) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default().trim_end()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Kept;

    fn of(text: &str) -> Kept {
        let mut kept = Kept::default();
        read(text.as_bytes(), &mut kept).unwrap();
        kept
    }

    fn release(body: &str) -> Statement {
        let text = format!(r#"{{"dpkg":{{"CVE-2024-1":{{"releases":{{"bookworm":{{{body}}}}}}}}}}}"#);
        of(&text).records.remove(0).statements.remove(0)
    }

    #[test]
    fn case_08_why_a_flaw_is_open() {
        let cases = [
            (r#""status":"open","urgency":"not yet assigned""#, Status::Affected),
            (
                r#""status":"open","urgency":"low","nodsa":"Minor issue","nodsa_reason":"ignored""#,
                Status::WontFix("Minor issue".into()),
            ),
            (
                r#""status":"open","urgency":"low","nodsa":"Fix along in next DLA","nodsa_reason":"postponed""#,
                Status::Deferred("Fix along in next DLA".into()),
            ),
            (
                r#""status":"open","urgency":"low","nodsa":"Minor issue","nodsa_reason":"""#,
                Status::Deferred("no advisory of its own: Minor issue".into()),
            ),
            (r#""status":"undetermined","urgency":"not yet assigned""#, Status::Investigating),
            (r#""status":"open","urgency":"end-of-life""#, Status::WontFix("end of life".into())),
            (r#""status":"resolved","fixed_version":"0","urgency":"unimportant""#, Status::NotAffected),
            (r#""status":"resolved","fixed_version":"1.21.1-1","urgency":"medium""#, Status::Affected),
        ];
        for (body, status) in cases {
            let statement = release(body);
            assert_eq!(statement.status, status, "{body}");
            assert_eq!((statement.release.as_deref(), statement.versions.len()), (Some("12"), 0));
        }
        let fixed = release(r#""status":"resolved","fixed_version":"1.21.1-1","urgency":"medium**""#);
        assert_eq!(fixed.ranges, [Range { introduced: None, end: End::Fixed("1.21.1-1".into()) }]);
        assert_eq!(fixed.severity, Severity::Medium);
        let open = release(r#""status":"open","urgency":"unimportant""#);
        assert_eq!((open.class, open.ranges.len()), (Some(Class::Unimportant), 0));
    }

    #[test]
    fn releases_ids_and_texts() {
        let kept = of(&format!(
            r#"{{"acpid":{{"TEMP-0000000-A1":{{"releases":{{"trixie":{{"status":"open","urgency":"low"}}}}}},
            "CVE-2011-2777":{{"scope":"local","debianbug":1,"description":"{}","releases":{{
            "sid":{{"status":"resolved","repositories":{{"sid":"1:2.0"}},"fixed_version":"1:2.0.10-1","urgency":"low"}},
            "forky":{{"status":"resolved","fixed_version":"1:2.0.10-1","urgency":"low"}}}}}}}},"none":{{}}}}"#,
            "é".repeat(300)
        ));
        assert!(kept.lints.is_empty());
        let ids: Vec<_> = kept.records.iter().map(|record| (record.id.as_str(), record.cves.len())).collect();
        assert_eq!(ids, [("CVE-2011-2777", 1), ("TEMP-0000000-A1", 0)]);
        assert_eq!(kept.records[0].summary.chars().count(), SUMMARY + 1);
        let releases: Vec<_> =
            kept.records[0].statements.iter().filter_map(|statement| statement.release.as_deref()).collect();
        assert_eq!(releases, ["14", "sid"]);
    }

    #[test]
    fn what_is_odd_is_a_lint_and_the_rest_is_read() {
        let kept = of(
            r#"{"a":[],"b":{"CVE-2024-1":7,"CVE-2024-2":{"releases":{"bookworm":{"status":"resolved","urgency":"low"},
            "etch-and-a-half":{"status":"open"},"trixie":{"status":"resolved","fixed_version":"not a version"},
            "bullseye":{"status":"open"}}}}}"#,
        );
        let codes: Vec<_> = kept.lints.iter().map(|lint| lint.code.as_str()).collect();
        assert_eq!(
            codes,
            ["unreadable", "unreadable", "unknown-status", "unknown-release", "unparsable-version"]
        );
        assert_eq!(kept.records.len(), 1);
        assert_eq!(kept.records[0].statements.len(), 1, "bullseye");
    }

    #[test]
    fn a_document_that_ends_early_is_an_error() {
        for text in [r#"{"a":{"CVE-2024-1":{"releases":{}}}"#, r#"{"a":{}} trailing"#, "[]", "{\"a\":{\"C"] {
            assert!(read(text.as_bytes(), &mut Kept::default()).is_err(), "{text}");
        }
        let deep = format!("{{\"a\":{{\"CVE-2024-1\":{}{}}}}}", "[".repeat(9000), "]".repeat(9000));
        let _ = read(deep.as_bytes(), &mut Kept::default());
    }
}
