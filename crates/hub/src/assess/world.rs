//! The fleet's packages and what was found in them, each once however many images have it. What was read under one turn
//! of the store's lock on catalogues is good as long as the turn stands, so an engine keeps it from batch to batch.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use model::{Class, Rating, Severity};
use package::{Ecosystem, PackageType};
use posture::{Category, FindingFacts, FixState};
use serde::Deserialize;
use store::{StoreError, Tx, judging};
use vulndb::CoverageState;

/// Packages of units that are kept at most; beyond it all is read anew. At 16 bytes each it is what matters for memory.
const MOST_PLACES: usize = 3_000_000;

/// A package, as far as judging asks.
#[derive(Debug)]
pub(crate) struct Package {
    name: String,
    source: Option<String>,
    category: Category,
    /// What its ecosystem is called; empty for packages of a distribution.
    pub(crate) ecosystem: &'static str,
    pub(crate) coverage: CoverageState,
    pub(crate) is_declared: bool,
    /// What was found in it: places in the world's findings.
    pub(crate) findings: Range<u32>,
}

/// Something that was found in a package.
#[derive(Debug)]
struct Found {
    package: u32,
    vulnerability: u32,
    severity: Severity,
    class: Class,
    fix: FixState,
    kev: bool,
}

/// What rules ask of a vulnerability.
#[derive(Debug)]
struct Told {
    id: String,
    aliases: Vec<String>,
    title: String,
    cvss: Option<f64>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct World {
    turn: i64,
    /// By unit: number of the package in it, and the package.
    units: HashMap<i64, Vec<(i64, u32)>>,
    places: usize,
    packages: Vec<Package>,
    package_of: HashMap<i64, u32>,
    findings: Vec<Found>,
    vulnerabilities: Vec<Told>,
    vulnerability_of: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    ratings: Vec<Rating>,
}

impl World {
    /// Has these units at hand, as the transaction sees them.
    pub(crate) fn read(&mut self, tx: &mut Tx<'_>, units: &BTreeSet<i64>) -> Result<(), StoreError> {
        let turn = judging::turn(tx)?;
        if turn != self.turn || self.places > MOST_PLACES {
            *self = Self { turn, ..Self::default() };
        }
        let missing: Vec<i64> = units.iter().filter(|unit| !self.units.contains_key(unit)).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let places = judging::packages_of_units(tx, &missing)?;
        let subjects: BTreeSet<i64> = places
            .iter()
            .map(|(_, _, subject)| *subject)
            .filter(|subject| !self.package_of.contains_key(subject))
            .collect();
        self.read_packages(tx, &subjects.into_iter().collect::<Vec<_>>())?;
        for unit in missing {
            self.units.insert(unit, Vec::new());
        }
        self.places += places.len();
        for (unit, place, subject) in places {
            if let (Some(of_unit), Some(package)) = (self.units.get_mut(&unit), self.package_of.get(&subject))
            {
                of_unit.push((place, *package));
            }
        }
        Ok(())
    }

    fn read_packages(&mut self, tx: &mut Tx<'_>, subjects: &[i64]) -> Result<(), StoreError> {
        let counted = judging::counted(tx, subjects)?;
        let unknown: BTreeSet<&str> = counted
            .iter()
            .map(|found| found.vulnerability.as_str())
            .filter(|id| !self.vulnerability_of.contains_key(*id))
            .collect();
        let unknown: Vec<String> = unknown.into_iter().map(ToOwned::to_owned).collect();
        for told in judging::told(tx, &unknown)? {
            self.vulnerability_of.insert(told.id.clone(), number(self.vulnerabilities.len()));
            self.vulnerabilities.push(Told {
                cvss: cvss(&told.detail),
                aliases: serde_json::from_str(&told.aliases).unwrap_or_default(),
                title: told.summary,
                id: told.id,
            });
        }
        let mut of_subject: HashMap<i64, Range<u32>> = HashMap::new();
        let rows = judging::packages(tx, subjects)?;
        let first = self.packages.len();
        for (at, row) in rows.iter().enumerate() {
            self.package_of.insert(row.subject, number(first + at));
        }
        for found in &counted {
            let (Some(package), Some(vulnerability)) = (
                self.package_of.get(&found.subject).copied(),
                self.vulnerability_of.get(&found.vulnerability).copied(),
            ) else {
                continue;
            };
            let at = number(self.findings.len());
            // Those of one subject come together.
            of_subject.entry(found.subject).or_insert(at..at).end = at + 1;
            self.findings.push(Found {
                package,
                vulnerability,
                severity: found.severity,
                class: class(&found.class),
                fix: fix(&found.fix_status),
                kev: found.kev,
            });
        }
        for row in rows {
            let kind = kind(&row.kind);
            let is_os = kind.is_some_and(PackageType::is_os);
            let ecosystem = kind.filter(|_| !is_os).and_then(Ecosystem::of_language);
            self.packages.push(Package {
                source: (!row.source.is_empty() && row.source != row.name).then_some(row.source),
                name: row.name,
                category: if is_os { Category::Os } else { Category::Language },
                ecosystem: match (ecosystem, kind) {
                    (Some(ecosystem), _) => ecosystem.row().osv,
                    (None, Some(kind)) if !is_os => kind.as_str(),
                    _ => "",
                },
                coverage: coverage(&row.coverage),
                is_declared: row.presence == "declared",
                findings: of_subject.remove(&row.subject).unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// The packages of a unit that has been [read](Self::read): the number in the unit, and the package.
    pub(crate) fn packages(&self, unit: i64) -> impl Iterator<Item = (i64, &Package)> {
        let of_unit = self.units.get(&unit).map_or(&[][..], Vec::as_slice);
        of_unit.iter().filter_map(|(place, package)| {
            Some((*place, self.packages.get(usize::try_from(*package).ok()?)?))
        })
    }

    /// A finding, as rules look at it.
    pub(crate) fn finding(&self, index: u32) -> Option<FindingFacts<'_>> {
        let found = self.findings.get(index as usize)?;
        let package = self.packages.get(found.package as usize)?;
        let told = self.vulnerabilities.get(found.vulnerability as usize)?;
        Some(FindingFacts {
            id: &told.id,
            vulnerability: &told.id,
            aliases: &told.aliases,
            title: &told.title,
            package: &package.name,
            source_package: package.source.as_deref(),
            category: package.category,
            severity: found.severity,
            class: found.class,
            exploited: found.kev,
            cvss: told.cvss,
            fix: found.fix,
        })
    }
}

/// Places in lists that the store bounds far below.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn kind(word: &str) -> Option<PackageType> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// The worst base score of version 3 that a source gives: a threshold hides nothing that somebody rates above it.
fn cvss(detail: &str) -> Option<f64> {
    let detail: Detail = serde_json::from_str(detail).ok()?;
    detail
        .ratings
        .iter()
        .filter(|rating| rating.vector.as_deref().is_some_and(|vector| vector.starts_with("CVSS:3")))
        .filter_map(|rating| rating.score)
        .reduce(f64::max)
}

fn class(word: &str) -> Class {
    [Class::Malware, Class::Unmaintained, Class::Maintenance, Class::Unimportant]
        .into_iter()
        .find(|class| class.as_str() == word)
        .unwrap_or(Class::Vulnerability)
}

fn fix(word: &str) -> FixState {
    match word {
        store::matches::FIXED => FixState::FixAvailable,
        "none-known" => FixState::NoFixAvailable,
        "wont-fix" => FixState::WontFix,
        "deferred" => FixState::Scheduled,
        _ => FixState::Unknown,
    }
}

/// A word that this release does not know is no data.
fn coverage(word: &str) -> CoverageState {
    use CoverageState as State;
    [
        State::Covered,
        State::ByOwner,
        State::ThirdParty,
        State::NoRelease,
        State::NoPackage,
        State::Unversioned,
        State::StreamUnknown,
        State::DistroUnknown,
        State::Damaged,
    ]
    .into_iter()
    .find(|state| state.as_str() == word)
    .unwrap_or(State::NoFeed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_store_are_those_that_were_written() {
        for status in ["fixed", "none-known", "wont-fix", "deferred", "investigating"] {
            let wanted = match status {
                "fixed" => FixState::FixAvailable,
                "none-known" => FixState::NoFixAvailable,
                "wont-fix" => FixState::WontFix,
                "deferred" => FixState::Scheduled,
                _ => FixState::Unknown,
            };
            assert_eq!(fix(status), wanted);
        }
        assert_eq!(class("malware"), Class::Malware);
        assert_eq!(coverage("covered"), CoverageState::Covered);
        assert_eq!(coverage("no-feed"), CoverageState::NoFeed);
        assert!(!coverage("from the future").is_assessed());
        assert_eq!(kind("deb"), Some(PackageType::Deb));
        assert_eq!(kind("from the future"), None);
    }

    #[test]
    fn the_worst_rating_of_version_3_counts() {
        let detail = r#"{"ratings": [
            {"source": "a", "severity": "high", "score": 9.9, "vector": "CVSS:4.0/AV:N"},
            {"source": "b", "severity": "medium", "score": 5.0, "vector": "CVSS:3.1/AV:L"},
            {"source": "c", "severity": "high", "score": 7.5, "vector": "CVSS:3.0/AV:N"},
            {"source": "d", "severity": "low", "score": null, "vector": null}]}"#;
        assert_eq!(cvss(detail), Some(7.5));
        assert_eq!((cvss("{}"), cvss("not json")), (None, None));
    }
}
