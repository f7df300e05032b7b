//! The mapped database: opening, looking up, telling what is in it.

use std::{collections::BTreeMap, path::Path};

use package::{Ecosystem, NameKind};
use sha2::{Digest, Sha256};

use crate::{
    Coverage, Enrichment, Error, Lint, Record,
    build::{hex, id_hash},
    codec::{In, Malformed, Out},
    hash::hash64,
    layout::{FORMAT, Section, Span},
    map::Map,
    statement::Group,
    wire::{self, RecordRef},
};

const NAME_ROW: u64 = 32;
pub(crate) const ID_ROW: u64 = 16;

/// A compiled database, mapped. Cheap to open, safe to share between threads.
pub struct Database {
    map: Map,
    pub(crate) facts: Facts,
}

/// What is decoded at opening.
pub(crate) struct Facts {
    pub(crate) sources: Vec<(String, u64, u64)>,
    pub(crate) coverage: Vec<Coverage>,
    lint_counts: Vec<(String, String, u64)>,
    lints_at: usize,
    records: u64,
    statements: u64,
    names: u64,
    cves: u64,
    unparsable_ranges: u64,
    /// Source, records and newest change of what enriches CVEs.
    enriching: Vec<(String, u64, Option<String>)>,
}

/// What a database holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// Version of the file's format.
    pub format: u32,
    /// Bytes.
    pub bytes: u64,
    /// Advisories.
    pub records: u64,
    /// What they say about packages.
    pub statements: u64,
    /// (ecosystem, release, name) that they speak about.
    pub names: u64,
    /// CVEs with ratings, exploitation or other enrichment.
    pub cves: u64,
    /// Ranges that never match, as a bound is no version.
    pub unparsable_ranges: u64,
    /// By source, sorted by slug.
    pub sources: Vec<SourceInfo>,
}

/// What a database holds of one source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    /// The source's slug.
    pub slug: String,
    /// Advisories, withdrawn ones among them.
    pub records: u64,
    /// Withdrawn ones.
    pub withdrawn: u64,
    /// Records about CVEs rather than packages: ratings, exploitation.
    pub enriching: u64,
    /// Newest change in the data, RFC 3339, as its reader told.
    pub newest: Option<String>,
    /// What it has data for.
    pub coverage: Vec<Coverage>,
    /// Lints of the import by code.
    pub lints: BTreeMap<String, u64>,
}

impl Info {
    /// The newest change among advisories, RFC 3339. Ratings and catalogues of exploited CVEs are refreshed daily and
    /// would make old advisories look new, so they do not count.
    #[must_use]
    pub fn newest_advisory(&self) -> Option<&str> {
        let rows = self.sources.iter().flat_map(|source| &source.coverage);
        rows.filter_map(|row| row.newest.as_deref()).max()
    }
}

/// One name that statements are about, with a hash of all that is said: two databases that agree in it say the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameHash {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The release, empty where there are none.
    pub release: String,
    /// Which name.
    pub kind: NameKind,
    /// The name.
    pub name: String,
    /// Of the statements and their records. Enrichment by CVE is not in it.
    pub content: u64,
}

impl Database {
    /// Maps the database at `path`. Reads the header, the block hashes and the table of sources, nothing else.
    ///
    /// # Errors
    /// When it cannot be read, is none, is damaged there, or has another format.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::new(Map::open(path)?)
    }

    /// The same over bytes in memory.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::new(Map::from_bytes(bytes)?)
    }

    fn new(map: Map) -> Result<Self, Error> {
        let facts = read_facts(In(map.whole(Section::Facts)?)).map_err(|_| corrupt(&map, Section::Facts))?;
        for (section, row) in [
            (Section::Names, NAME_ROW),
            (Section::Ids, ID_ROW),
            (Section::CveIndex, ID_ROW),
            (Section::RecordIndex, 8),
        ] {
            if !map.len(section).is_multiple_of(row) {
                return Err(corrupt(&map, section));
            }
        }
        Ok(Self { map, facts })
    }

    /// Hashes the whole file against its footer and every block against its hash.
    ///
    /// # Errors
    /// When it cannot be read or is damaged anywhere.
    pub fn verify(path: &Path) -> Result<Info, Error> {
        let database = Self::open(path)?;
        database.verify_all()?;
        Ok(database.info())
    }

    /// The same for a database that is open.
    ///
    /// # Errors
    /// When it is damaged anywhere.
    pub fn verify_all(&self) -> Result<(), Error> {
        let raw = self.map.raw();
        let header_len = 4096;
        let damaged = Error::Corrupt { what: "whole-file hash", offset: 0 };
        let Some((head, rest)) = raw.split_at_checked(header_len) else { return Err(damaged) };
        let Some((body, footer)) = rest.split_last_chunk::<32>() else { return Err(damaged) };
        let mut digest = Sha256::new();
        digest.update(body);
        digest.update(head);
        if digest.finalize().as_slice() != footer.as_slice() {
            return Err(damaged);
        }
        for section in [
            Section::Facts,
            Section::Names,
            Section::Groups,
            Section::RecordIndex,
            Section::Records,
            Section::Ids,
            Section::CveIndex,
            Section::Cves,
        ] {
            self.map.whole(section)?;
        }
        Ok(())
    }

    /// The digest in the footer: the identity of this database's content.
    #[must_use]
    pub fn sha256(&self) -> String {
        self.map.raw().last_chunk::<32>().map(|footer| hex(footer)).unwrap_or_default()
    }

    /// What is in it.
    #[must_use]
    pub fn info(&self) -> Info {
        let facts = &self.facts;
        let sources = facts
            .sources
            .iter()
            .map(|(slug, records, withdrawn)| {
                let coverage: Vec<Coverage> =
                    facts.coverage.iter().filter(|row| &row.source == slug).cloned().collect();
                let enriching = facts.enriching.iter().find(|(source, ..)| source == slug);
                let newest = enriching.and_then(|(.., newest)| newest.clone());
                SourceInfo {
                    enriching: enriching.map_or(0, |(_, records, _)| *records),
                    slug: slug.clone(),
                    records: *records,
                    withdrawn: *withdrawn,
                    newest: coverage.iter().filter_map(|row| row.newest.clone()).max().max(newest),
                    coverage,
                    lints: facts
                        .lint_counts
                        .iter()
                        .filter(|(source, ..)| source == slug)
                        .map(|(_, code, count)| (code.clone(), *count))
                        .collect(),
                }
            })
            .collect();
        Info {
            format: FORMAT,
            bytes: self.map.header().file_len,
            records: facts.records,
            statements: facts.statements,
            names: facts.names,
            cves: facts.cves,
            unparsable_ranges: facts.unparsable_ranges,
            sources,
        }
    }

    /// Lints of the import, sorted by source and code; the first [`crate::MAX_LINTS`] of each.
    ///
    /// # Errors
    /// When that part of the file is damaged.
    pub fn lints(&self) -> Result<Vec<Lint>, Error> {
        let facts = self.map.whole(Section::Facts)?;
        let mut read = In(facts.get(self.facts.lints_at..).unwrap_or_default());
        read.list(wire::read_lint).map_err(|_| self.corrupt(Section::Facts))
    }

    /// Every name that statements are about, with the hash of what is said: who compares two databases knows which
    /// packages to match again.
    ///
    /// # Errors
    /// When a part of the file is damaged.
    pub fn names(&self) -> Result<Vec<NameHash>, Error> {
        let rows = self.map.len(Section::Names) / NAME_ROW;
        let mut names = Vec::with_capacity(usize::try_from(rows).unwrap_or(0));
        for row in 0..rows {
            let (content, group) = self.group_at(row)?;
            names.push(NameHash {
                ecosystem: group.ecosystem,
                release: group.release.to_owned(),
                kind: group.kind,
                name: group.name.to_owned(),
                content,
            });
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(crate) fn corrupt(&self, section: Section) -> Error {
        corrupt(&self.map, section)
    }

    fn group_at(&self, row: u64) -> Result<(u64, Group<'_>), Error> {
        let bad = |_: Malformed| self.corrupt(Section::Names);
        let mut read = In(self.map.get(Section::Names, row.saturating_mul(NAME_ROW), NAME_ROW)?);
        let _hash = read.u64().map_err(bad)?;
        let content = read.u64().map_err(bad)?;
        let offset = read.u64().map_err(bad)?;
        let len = read.u32().map_err(bad)?;
        let bytes = self.map.get(Section::Groups, offset, len.into())?;
        Ok((content, Group::read(bytes).map_err(|_| self.corrupt(Section::Groups))?))
    }

    pub(crate) fn section(&self, section: Section) -> Result<&[u8], Error> {
        self.map.whole(section)
    }

    pub(crate) fn section_len(&self, section: Section) -> u64 {
        self.map.len(section)
    }

    pub(crate) fn bytes(&self, section: Section, offset: u64, len: u64) -> Result<&[u8], Error> {
        self.map.get(section, offset, len)
    }

    /// What is said about a name; `name` is normalised.
    pub(crate) fn group(
        &self,
        ecosystem: Ecosystem,
        release: &str,
        kind: NameKind,
        name: &str,
        scratch: &mut Out,
    ) -> Result<Option<Group<'_>>, Error> {
        Ok(self.group_with_content(ecosystem, release, kind, name, scratch)?.map(|(_, group)| group))
    }

    /// The same with the hash of what is said.
    pub(crate) fn group_with_content(
        &self,
        ecosystem: Ecosystem,
        release: &str,
        kind: NameKind,
        name: &str,
        scratch: &mut Out,
    ) -> Result<Option<(u64, Group<'_>)>, Error> {
        scratch.0.clear();
        wire::key(ecosystem, release, kind, name, scratch);
        let hash = hash64(&scratch.0);
        let rows = self.map.len(Section::Names) / NAME_ROW;
        let mut row = self.first(Section::Names, NAME_ROW, rows, hash)?;
        while row < rows && self.hash_at(Section::Names, NAME_ROW, row)? == hash {
            let (content, group) = self.group_at(row)?;
            if group.ecosystem == ecosystem
                && group.kind == kind
                && group.release == release
                && group.name == name
            {
                return Ok(Some((content, group)));
            }
            row += 1;
        }
        Ok(None)
    }

    /// The first row whose hash is not below `hash`. Hashes are spread evenly, so a guess by proportion lands near;
    /// the bounds shrink at every step, and after a few guesses plain bisection ends it.
    fn first(&self, section: Section, width: u64, rows: u64, hash: u64) -> Result<u64, Error> {
        let (mut lo, mut hi) = (0u64, rows);
        let (mut low_hash, mut high_hash) = (0u64, u64::MAX);
        let mut guesses = 0;
        while lo < hi {
            let span = hi - lo;
            let middle = if guesses < 6 && high_hash > low_hash && span > 8 {
                guesses += 1;
                let part = u128::from(hash.saturating_sub(low_hash)) * u128::from(span)
                    / u128::from(high_hash - low_hash);
                lo + u64::try_from(part).unwrap_or(0).min(span - 1)
            } else {
                lo + span / 2
            };
            let found = self.hash_at(section, width, middle)?;
            if found < hash {
                lo = middle + 1;
                low_hash = found;
            } else {
                hi = middle;
                high_hash = found;
            }
        }
        Ok(lo)
    }

    fn hash_at(&self, section: Section, width: u64, row: u64) -> Result<u64, Error> {
        In(self.map.get(section, row.saturating_mul(width), 8)?).u64().map_err(|_| self.corrupt(section))
    }

    /// The slug of a source.
    pub(crate) fn slug(&self, source: u32) -> &str {
        self.facts.sources.get(source as usize).map_or("", |(slug, ..)| slug)
    }

    /// A record in place; what is left to read are the groups that it speaks in.
    pub(crate) fn record(&self, number: u32) -> Result<(RecordRef<'_>, In<'_>), Error> {
        let bad = |_: Malformed| self.corrupt(Section::Records);
        let mut index = In(self.map.get(Section::RecordIndex, u64::from(number) * 8, 16)?);
        let (from, to) = (index.u64().map_err(bad)?, index.u64().map_err(bad)?);
        let len = to.checked_sub(from).ok_or_else(|| self.corrupt(Section::RecordIndex))?;
        let mut read = In(self.map.get(Section::Records, from, len)?);
        let source = read.index().map_err(bad)?;
        let record = RecordRef::read(&mut read, self.slug(source)).map_err(bad)?;
        Ok((record, read))
    }

    /// Numbers of the records that bear an id as their own, as CVE or as alias; sorted.
    pub(crate) fn records_named(&self, id: &str) -> Result<Vec<u32>, Error> {
        let hash = id_hash(id);
        let rows = self.map.len(Section::Ids) / ID_ROW;
        let mut row = self.first(Section::Ids, ID_ROW, rows, hash)?;
        let mut records = Vec::new();
        while row < rows {
            let mut read = In(self.map.get(Section::Ids, row * ID_ROW, ID_ROW)?);
            let bad = |_: Malformed| self.corrupt(Section::Ids);
            if read.u64().map_err(bad)? != hash {
                break;
            }
            let number = read.u32().map_err(bad)?;
            if self.record(number)?.0.bears(id) {
                records.push(number);
            }
            row += 1;
        }
        Ok(records)
    }

    /// Every record that bears an id as its own, as CVE or as alias, without statements; and the names that it speaks about.
    ///
    /// # Errors
    /// When a part of the file is damaged.
    pub fn records(&self, id: &str) -> Result<Vec<(Record, Vec<NameHash>)>, Error> {
        self.records_named(id)?
            .into_iter()
            .map(|number| {
                let (record, mut rest) = self.record(number)?;
                let groups = rest.list(In::index).map_err(|_| self.corrupt(Section::Records))?;
                let names = groups
                    .into_iter()
                    .map(|row| {
                        let (content, group) = self.group_at(row.into())?;
                        Ok(NameHash {
                            ecosystem: group.ecosystem,
                            release: group.release.to_owned(),
                            kind: group.kind,
                            name: group.name.to_owned(),
                            content,
                        })
                    })
                    .collect::<Result<_, Error>>()?;
                Ok((record.to_record().map_err(|_| self.corrupt(Section::Records))?, names))
            })
            .collect()
    }

    /// What is known of a CVE beside advisories.
    ///
    /// # Errors
    /// When a part of the file is damaged.
    pub fn enrichment(&self, cve: &str) -> Result<Option<Enrichment>, Error> {
        let hash = id_hash(cve);
        let rows = self.map.len(Section::CveIndex) / ID_ROW;
        let mut row = self.first(Section::CveIndex, ID_ROW, rows, hash)?;
        while row < rows {
            let bad = |_: Malformed| self.corrupt(Section::Cves);
            let mut read = In(self.map.get(Section::CveIndex, row * ID_ROW, ID_ROW)?);
            if read.u64().map_err(bad)? != hash {
                break;
            }
            let offset = read.u64().map_err(bad)?;
            let rest = self.map.len(Section::Cves).saturating_sub(offset);
            let mut head = In(self.map.get(Section::Cves, offset, rest.min(10))?);
            let before = head.0.len();
            let len = head.number().map_err(bad)?;
            let start = offset + (before - head.0.len()) as u64;
            let mut body = In(self.map.get(Section::Cves, start, len)?);
            let found = wire::read_enrichment(&mut body).map_err(bad)?;
            if found.cve.eq_ignore_ascii_case(cve) {
                return Ok(Some(found));
            }
            row += 1;
        }
        Ok(None)
    }
}

fn corrupt(map: &Map, section: Section) -> Error {
    let Span { offset, .. } = map.header().sections[section as usize];
    Error::Corrupt { what: section.name(), offset }
}

fn read_facts(mut read: In<'_>) -> Result<Facts, Malformed> {
    let all = read.0.len();
    let sources = read.list(|read| Ok((read.owned()?, read.number()?, read.number()?)))?;
    let coverage = read.list(wire::read_coverage)?;
    let lint_counts = read.list(|read| Ok((read.owned()?, read.owned()?, read.number()?)))?;
    let records = read.number()?;
    let statements = read.number()?;
    let names = read.number()?;
    let cves = read.number()?;
    let unparsable_ranges = read.number()?;
    let enriching = read.list(|read| Ok((read.owned()?, read.number()?, read.option(In::owned)?)))?;
    // Lints come last and are decoded on request only.
    let lints_at = all - read.0.len();
    Ok(Facts {
        sources,
        coverage,
        lint_counts,
        lints_at,
        records,
        statements,
        names,
        cves,
        unparsable_ranges,
        enriching,
    })
}
