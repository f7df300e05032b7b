//! Alpine's secdb: for each release and repository, which version of a package fixed what.
//!
//! Keys of `secfixes` are versions with a fix; the key `0` lists what never concerned the package. A text names one
//! flaw under one or several ids (`CVE-2018-19966 XSA-280 (+ regression fix)`).

use std::collections::BTreeMap;

use model::{Class, Severity};
use package::Ecosystem;
use serde::Deserialize;
use serde_json::Value;
use vulndb::{End, Lint, Range, Record, Statement, Status};

use crate::sink::{Failed, Sink};

/// The slug.
pub(crate) const SOURCE: &str = "alpine-secdb";

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    distroversion: String,
    #[serde(default)]
    reponame: String,
    #[serde(default)]
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// Lists of texts; `null` and single texts occur.
    #[serde(default)]
    secfixes: BTreeMap<String, Value>,
}

/// What a document speaks of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// The release, as `package` spells it.
    pub(crate) release: String,
    /// `main`, `community`.
    pub(crate) repository: String,
}

/// Reads a document into `sink`; `None` where it names no release of Alpine.
///
/// # Errors
/// Where it is broken.
pub(crate) fn read(bytes: &[u8], path: &str, sink: &mut dyn Sink) -> Result<Option<About>, Failed> {
    let document: Document = serde_json::from_slice(bytes)?;
    let version = format!("Alpine:{}", document.distroversion);
    let Some((ecosystem, Some(release))) = Ecosystem::from_osv(&version) else {
        sink.lint(Lint {
            source: SOURCE.to_owned(),
            code: "unknown-release".to_owned(),
            record: path.to_owned(),
            detail: format!("distroversion '{}'", document.distroversion),
        });
        return Ok(None);
    };
    for entry in document.packages {
        for record in records(&entry.pkg, ecosystem, &release, sink) {
            sink.record(&record)?;
        }
    }
    Ok(Some(About { release, repository: document.reponame }))
}

/// One flaw of a package.
#[derive(Default)]
struct Flaw {
    aliases: Vec<String>,
    never: bool,
    fixed: Option<String>,
}

fn records(package: &Package, ecosystem: Ecosystem, release: &str, sink: &mut dyn Sink) -> Vec<Record> {
    let row = ecosystem.row();
    let mut lint = |code: &str, detail: String| {
        sink.lint(Lint {
            source: SOURCE.to_owned(),
            code: code.to_owned(),
            record: package.name.clone(),
            detail: format!("{release}: {detail}"),
        });
    };
    let mut flaws: BTreeMap<String, Flaw> = BTreeMap::new();
    for (version, texts) in &package.secfixes {
        let version = version.trim();
        if version != "0" && row.order.parse(version).is_err() {
            lint("unparsable-version", version.to_owned());
            continue;
        }
        for text in texts_of(texts) {
            let (names, aliases) = ids(text);
            if names.is_empty() {
                lint("no-id", format!("{version}: '{}'", text.chars().take(80).collect::<String>()));
            }
            for name in names {
                let flaw = flaws.entry(name).or_default();
                flaw.aliases.extend(aliases.iter().cloned());
                // Fixed again later: the first fix was not whole.
                let later =
                    |old: &String| row.order.compare(old, version).is_ok_and(std::cmp::Ordering::is_lt);
                if version == "0" {
                    flaw.never = true;
                } else if flaw.fixed.as_ref().is_none_or(later) {
                    flaw.fixed = Some(version.to_owned());
                }
            }
        }
    }
    let mut records = Vec::with_capacity(flaws.len());
    for (id, mut flaw) in flaws {
        if flaw.never && flaw.fixed.is_some() {
            // Who believes the fix is wrong on the safe side.
            lint("contradiction", format!("{id} is called fixed, and no concern of the package"));
        }
        let (status, ranges) = match flaw.fixed {
            Some(version) => (Status::Affected, vec![Range { introduced: None, end: End::Fixed(version) }]),
            None => (Status::NotAffected, Vec::new()),
        };
        flaw.aliases.sort_unstable();
        flaw.aliases.dedup();
        records.push(Record {
            source: SOURCE.to_owned(),
            cves: id.starts_with("CVE-").then(|| id.clone()).into_iter().collect(),
            aliases: flaw.aliases,
            class: Class::Vulnerability,
            summary: String::new(),
            published: None,
            modified: None,
            withdrawn: false,
            ratings: Vec::new(),
            cwes: Vec::new(),
            references: Vec::new(),
            statements: vec![Statement {
                ecosystem,
                release: Some(release.to_owned()),
                package: package.name.clone(),
                name: row.name,
                module: None,
                class: None,
                status,
                ranges,
                versions: Vec::new(),
                severity: Severity::Unknown,
                platforms: Vec::new(),
                imports: Vec::new(),
            }],
            id,
        });
    }
    records
}

fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The flaws that a text names, and their other ids. Each CVE is a flaw; without one the first id is.
fn ids(text: &str) -> (Vec<String>, Vec<String>) {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')'));
    let ids: Vec<String> = words.filter(|word| is_id(word)).map(ToOwned::to_owned).collect();
    let (mut names, mut aliases): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| id.starts_with("CVE-"));
    if names.is_empty() && !aliases.is_empty() {
        names.push(aliases.remove(0));
    }
    (names, aliases)
}

/// `CVE-2021-1`, `XSA-280`, `GHSA-…`, `VSV00001`: capitals first, a digit somewhere.
fn is_id(word: &str) -> bool {
    let capitals = word.bytes().take_while(u8::is_ascii_uppercase).count();
    capitals >= 2
        && word.len() <= 64
        && word.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b':'))
        && word.bytes().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Kept;

    fn of(secfixes: &str) -> Kept {
        let text = format!(
            r#"{{"apkurl":"{{{{urlprefix}}}}/x","archs":["x86_64"],"reponame":"community","urlprefix":"https://example.org","distroversion":"v3.22",
            "packages":[{{"pkg":{{"name":"xen","secfixes":{secfixes}}}}}]}}"#
        );
        let mut kept = Kept::default();
        let about = read(text.as_bytes(), "x.json", &mut kept).unwrap();
        assert_eq!(about, Some(About { release: "v3.22".into(), repository: "community".into() }));
        kept
    }

    #[test]
    fn fixes_and_what_never_concerned_the_package() {
        let kept = of(
            r#"{"0":["CVE-2020-29568"],"4.18.0-r2":["CVE-2024-1 XSA-280 (+ regression fix)","CVE-2024-2 CVE-2024-3"]}"#,
        );
        let ids: Vec<_> = kept.records.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(ids, ["CVE-2020-29568", "CVE-2024-1", "CVE-2024-2", "CVE-2024-3"]);
        assert_eq!(kept.records[0].statements[0].status, Status::NotAffected);
        assert_eq!(kept.records[1].aliases, ["XSA-280"]);
        let statement = &kept.records[1].statements[0];
        assert_eq!(statement.ranges, [Range { introduced: None, end: End::Fixed("4.18.0-r2".into()) }]);
        assert_eq!((statement.package.as_str(), statement.release.as_deref()), ("xen", Some("v3.22")));
    }

    #[test]
    fn a_second_fix_counts_and_a_contradiction_is_told() {
        let kept = of(r#"{"0":["CVE-2024-9"],"1.10-r0":["CVE-2024-9"],"1.9-r3":["CVE-2024-9"]}"#);
        assert_eq!(kept.records.len(), 1);
        let fixed = End::Fixed("1.10-r0".into());
        assert_eq!(kept.records[0].statements[0].ranges[0].end, fixed, "ten is more than nine");
        assert_eq!(kept.lints[0].code, "contradiction");
    }

    #[test]
    fn odd_texts_versions_and_values() {
        let kept = of(
            r#"{"1.0-r0 ":["VSV00001","regression fix",7],"bad version!":["CVE-2024-1"],"1.1-r0":null,"1.2-r0":"CVE-2024-2"}"#,
        );
        let ids: Vec<_> = kept.records.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(ids, ["CVE-2024-2", "VSV00001"]);
        assert!(kept.records[1].cves.is_empty());
        let codes: Vec<_> = kept.lints.iter().map(|lint| lint.code.as_str()).collect();
        assert_eq!(codes, ["no-id", "unparsable-version"]);
    }

    #[test]
    fn another_release_and_a_broken_document() {
        let mut kept = Kept::default();
        let wolfi = br#"{"reponame":"os","urlprefix":"https://packages.example","packages":[{"pkg":{"name":"a","secfixes":{"1-r0":["CVE-2024-1"]}}}]}"#;
        assert!(read(wolfi, "security.json", &mut kept).unwrap().is_none());
        assert_eq!((kept.records.len(), kept.lints[0].code.as_str()), (0, "unknown-release"));
        for text in ["", "{", r#"{"distroversion":"v3.22","packages":[{"pkg":"#, r#"{"packages":7}"#] {
            assert!(read(text.as_bytes(), "x", &mut kept).is_err(), "{text}");
        }
    }
}
