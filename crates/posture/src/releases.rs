//! When distributions stop repairing their releases: a table of facts, `content/releases/end-of-life.yaml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{Day, Distribution, EndOfLife, LoadError, control::load::File as ContentFile};

const FILE: (&str, &str) =
    ("content/releases/end-of-life.yaml", include_str!("../../../content/releases/end-of-life.yaml"));

/// The table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Releases(BTreeMap<String, Line>);

/// A distribution.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    name: String,
    source: String,
    rolling: bool,
    releases: Vec<Release>,
}

/// A release of a distribution.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// As `VERSION_ID` of os-release begins: `12`, `3.22`.
    pub release: String,
    /// Last day of the distribution's own security support.
    pub support: Day,
    /// Last day of long-term support that all users get without a contract.
    pub long_term: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    distributions: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    source: String,
    #[serde(default)]
    rolling: bool,
    #[serde(default)]
    releases: Vec<Spanned<Release>>,
}

impl Releases {
    fn load((name, text): (&str, &str)) -> Result<Self, LoadError> {
        let file = ContentFile { name };
        let read: File = file.read(text)?;
        let mut lines = BTreeMap::new();
        for entry in read.distributions {
            let wrong = |message: &str| file.wrong(&entry, message);
            if entry.value.rolling != entry.value.releases.is_empty() {
                return Err(wrong("a distribution has releases or is rolling"));
            }
            if !entry.value.source.starts_with("https://") {
                return Err(wrong("the source is no https address"));
            }
            let mut seen = BTreeSet::new();
            for release in &entry.value.releases {
                if !seen.insert(&release.value.release) {
                    return Err(file.wrong(release, "the release is there twice"));
                }
                if release.value.long_term.is_some_and(|end| end < release.value.support) {
                    return Err(file.wrong(release, "long-term support ends after the support"));
                }
            }
            let twice = lines.contains_key(&entry.value.id).then(|| wrong("the distribution is there twice"));
            let Entry { id, name, source, rolling, releases } = entry.value;
            let releases = releases.into_iter().map(|release| release.value).collect();
            lines.insert(id, Line { name, source, rolling, releases });
            if let Some(error) = twice {
                return Err(error);
            }
        }
        Ok(Self(lines))
    }

    /// When the release that os-release names as `ID` and `VERSION_ID` ends.
    #[must_use]
    pub fn end_of_life(&self, id: &str, version: &str) -> EndOfLife {
        let Some(line) = self.0.get(id) else { return EndOfLife::Unknown };
        if line.rolling {
            return EndOfLife::Rolling;
        }
        let of = |release: &&Release| {
            version
                .strip_prefix(&release.release)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        line.releases.iter().find(of).map_or(EndOfLife::Unknown, |release| EndOfLife::On {
            support: release.support,
            long_term: release.long_term,
        })
    }

    /// The facts of a distribution: `pretty` is what os-release calls it, else the table's name with the version.
    #[must_use]
    pub fn distribution(&self, id: &str, version: &str, pretty: &str) -> Distribution {
        let name = match (pretty, self.0.get(id)) {
            ("", Some(line)) => format!("{} {version}", line.name),
            ("", None) => format!("{id} {version}"),
            (pretty, _) => pretty.to_owned(),
        };
        Distribution {
            id: id.to_owned(),
            version: version.to_owned(),
            name: name.trim_end().to_owned(),
            end_of_life: self.end_of_life(id, version),
        }
    }

    /// Where the dates of a distribution come from.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|line| line.source.as_str())
    }
}

/// The table that is carried in the binary.
///
/// # Errors
/// When it is not what it should be. A test loads it, so a build that passed its tests gives none.
pub fn releases() -> Result<&'static Releases, LoadError> {
    static RELEASES: OnceLock<Result<Releases, LoadError>> = OnceLock::new();
    RELEASES.get_or_init(|| Releases::load(FILE)).as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_the_release_that_it_begins_with() {
        let releases = releases().unwrap();
        let day = |text: &str| text.parse::<Day>().unwrap();
        for (id, version, expect) in [
            ("debian", "12", Some(("2026-06-10", Some("2028-06-30")))),
            ("alpine", "3.19.1", Some(("2025-11-01", None))),
            ("alpine", "3.1", None),
            ("rhel", "8.10", Some(("2029-05-31", None))),
            ("rhel", "80", None),
            ("amzn", "2", Some(("2026-06-30", None))),
            ("amzn", "2023", Some(("2029-06-30", None))),
            ("debian", "", None),
            ("exotic", "1", None),
        ] {
            let expect = expect.map_or(EndOfLife::Unknown, |(support, long_term)| EndOfLife::On {
                support: day(support),
                long_term: long_term.map(day),
            });
            assert_eq!(releases.end_of_life(id, version), expect, "{id} {version}");
        }
        assert_eq!(releases.end_of_life("wolfi", "20230201"), EndOfLife::Rolling);
        assert_eq!(releases.distribution("debian", "12", "").name, "Debian 12");
        assert_eq!(releases.distribution("wolfi", "", "").name, "Wolfi");
        assert_eq!(releases.distribution("x", "1", "X One").name, "X One");
        assert!(releases.source("debian").is_some_and(|source| source.starts_with("https://")));
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        for (text, line) in [
            ("distributions:\n  - {id: a, name: A, source: 'https://a/'}\n", 2),
            ("distributions:\n  - {id: a, name: A, source: 'http://a/', rolling: true}\n", 2),
            ("distributions:\n  - {id: a, name: A, source: 'https://a/', rolled: true}\n", 2),
            (
                "distributions:\n  - id: a\n    name: A\n    source: https://a/\n    releases:\n      \
                 - {release: '1', support: 2020-01-01, long-term: 2019-01-01}\n",
                6,
            ),
            (
                "distributions:\n  - {id: a, name: A, source: 'https://a/', rolling: true}\n  \
                 - {id: a, name: A, source: 'https://a/', rolling: true}\n",
                3,
            ),
        ] {
            assert_eq!(Releases::load(("f.yaml", text)).unwrap_err().line, line, "{text}");
        }
    }
}
