//! What a verdict was made from, as names and hashes: who keeps verdicts knows by them which to make again when the
//! database changes.

use model::Rating;
use package::{Catalogue, Ecosystem, NameKind, Package};

use crate::{
    Database, Enrichment, Error,
    codec::{In, Malformed, Out},
    database::ID_ROW,
    hash::hash64,
    layout::Section,
    lookup::{Os, queries},
    wire,
};

/// A name under which statements are looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The release, empty where there are none.
    pub release: String,
    /// Which name.
    pub kind: NameKind,
    /// The name, normalised.
    pub name: String,
}

/// The names under which `package` of `catalogue` is looked up, best first; none where no database could judge it (a
/// third party's package, an unknown distribution, no version). Names alone: whether a database speaks of them is another
/// question.
#[must_use]
pub fn lookups(package: &Package, catalogue: &Catalogue) -> Vec<NameKey> {
    let os = Os::of(catalogue);
    let queries = queries(package, &os).unwrap_or_default();
    let mut keys: Vec<NameKey> = Vec::with_capacity(queries.len());
    for query in queries {
        let key = NameKey {
            ecosystem: query.ecosystem,
            release: query.release.into_owned(),
            kind: query.kind,
            name: query.name.into_owned(),
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

impl Database {
    /// The hash of all that is said under a name, `None` where nothing is: the [`crate::NameHash::content`] of
    /// [`Database::names`] for one name.
    ///
    /// # Errors
    /// When a part of the file is damaged.
    pub fn content(&self, key: &NameKey) -> Result<Option<u64>, Error> {
        let mut scratch = Out::default();
        let found =
            self.group_with_content(key.ecosystem, &key.release, key.kind, &key.name, &mut scratch)?;
        Ok(found.map(|(content, _)| content))
    }

    /// A hash of what the coverage of an ecosystem says about packages of which no statement speaks: whether it has data,
    /// for which releases, whether that is a feed or a sample, and the lists of packages that were looked at.
    #[must_use]
    pub fn coverage_hash(&self, ecosystem: Ecosystem) -> u64 {
        let floor = u64::from(ecosystem.row().feed_floor);
        let mut releases: Vec<(&str, Option<u64>, Vec<&str>)> = Vec::new();
        for row in self.coverage().iter().filter(|row| row.ecosystem == ecosystem) {
            let release = row.release.as_deref().unwrap_or_default();
            let at = match releases.iter().position(|(known, ..)| *known == release) {
                Some(at) => at,
                None => {
                    releases.push((release, None, Vec::new()));
                    releases.len() - 1
                }
            };
            let Some((_, records, listed)) = releases.get_mut(at) else { continue };
            match &row.packages {
                None => *records = Some(records.unwrap_or(0).saturating_add(row.records)),
                Some(packages) => listed.extend(packages.iter().map(String::as_str)),
            }
        }
        releases.sort_unstable();
        let mut text = String::new();
        for (release, records, mut listed) in releases {
            listed.sort_unstable();
            listed.dedup();
            text.push_str(release);
            text.push(if records.is_some_and(|records| records >= floor) { '\u{1}' } else { '\u{2}' });
            for name in listed {
                text.push('\u{3}');
                text.push_str(name);
            }
        }
        hash64(text.as_bytes())
    }

    /// CVEs that were rejected and that advisories speak of all the same, sorted: their findings are dropped, so a
    /// verdict hangs on them though it does not name them. Reads all that is known of CVEs.
    ///
    /// # Errors
    /// When a part of the file is damaged.
    pub fn rejected(&self) -> Result<Vec<String>, Error> {
        let bad = |_: Malformed| self.corrupt(Section::Cves);
        let bytes = self.section(Section::Cves)?;
        let mut rejected = Vec::new();
        for row in 0..self.section_len(Section::CveIndex) / ID_ROW {
            let mut read = In(self.bytes(Section::CveIndex, row * ID_ROW, ID_ROW)?);
            let _hash = read.u64().map_err(bad)?;
            let offset = read.u64().map_err(bad)?;
            let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..));
            let mut head = In(rest.ok_or_else(|| self.corrupt(Section::Cves))?);
            let len = head.number().map_err(bad)?;
            let body = usize::try_from(len).ok().and_then(|len| head.0.get(..len));
            let mut body = In(body.ok_or_else(|| self.corrupt(Section::Cves))?);
            let known = wire::read_enrichment(&mut body).map_err(bad)?;
            if known.rejected && !self.records_named(&known.cve)?.is_empty() {
                rejected.push(known.cve);
            }
        }
        rejected.sort_unstable();
        rejected.dedup();
        Ok(rejected)
    }
}

impl Enrichment {
    /// A hash of what a verdict hangs on: ratings, known exploitation, rejection. Probabilities of exploitation, which
    /// change every day, titles, weaknesses and decision points are shown and decide nothing.
    #[must_use]
    pub fn verdict_hash(&self) -> u64 {
        let mut text = String::new();
        let mut ratings: Vec<&Rating> = self.ratings.iter().collect();
        ratings.sort_by(|a, b| (&a.source, &a.vector).cmp(&(&b.source, &b.vector)));
        for rating in ratings {
            let score = rating.score.map(f64::to_bits).unwrap_or_default();
            let vector = rating.vector.as_deref().unwrap_or_default();
            text.push_str(&format!(
                "{}\u{1}{}\u{1}{score}\u{1}{vector}\u{2}",
                rating.source, rating.severity
            ));
        }
        text.push(if self.kev.is_some() { 'k' } else { '-' });
        text.push(if self.rejected { 'r' } else { '-' });
        hash64(text.as_bytes())
    }

    /// A hash of all that is known.
    #[must_use]
    pub fn content_hash(&self) -> u64 {
        let mut out = Out::default();
        wire::write_enrichment(self, &mut out);
        hash64(&out.0)
    }
}
