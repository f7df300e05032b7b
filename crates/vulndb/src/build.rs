//! The builder: records in any order, one file out.
//!
//! What records say goes at once to an unnamed file; memory holds 24 bytes a statement, some 60 a record and the names.
//! [`Builder::finish`] sorts those and streams the file. Equal input in any order gives equal bytes.

mod group;
mod spill;
mod write;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use package::Ecosystem;

pub(crate) use write::hex;

use crate::{
    Coverage, Enrichment, Error, Lint, Record,
    codec::Out,
    hash::{hash64, join},
    wire,
};
use spill::{Place, Spill};

/// Collects what sources say and compiles it.
pub struct Builder {
    spill: Spill,
    sources: Vec<String>,
    records: Vec<RecordEntry>,
    /// Ids of records, one after the other: they are sort keys.
    ids: String,
    keys: HashMap<Box<[u8]>, u32, foldhash::fast::FixedState>,
    statements: Vec<StatementEntry>,
    names: Vec<(u64, u32)>,
    cves: Vec<(u64, Place)>,
    coverage: Vec<Coverage>,
    /// Sources that enrich: records and newest change.
    enriching: BTreeMap<String, (u64, Option<String>)>,
    lints: Vec<Lint>,
    lint_counts: HashMap<(String, String), u64, foldhash::fast::FixedState>,
    scratch: Out,
}

struct RecordEntry {
    source: u32,
    id: (u32, u32),
    place: Place,
    /// Of source, record and statements.
    content: u64,
    /// Of source and record.
    own: u64,
    class: model::Class,
    withdrawn: bool,
}

#[derive(Clone, Copy)]
struct StatementEntry {
    key: u32,
    record: u32,
    place: Place,
}

/// What [`Builder::finish`] wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records in the file.
    pub records: u64,
    /// Records that were given twice, equal in every part, and stand once in the file.
    pub duplicates: u64,
    /// Statements in the file.
    pub statements: u64,
    /// (ecosystem, release, name) that statements are about.
    pub names: u64,
    /// CVEs with enrichment.
    pub cves: u64,
    /// Ranges that can never match, as one of their versions is none in the ecosystem's order.
    pub unparsable_ranges: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file's content as its footer has it, lower-case hexadecimal.
    pub sha256: String,
}

/// Lints kept word by word for each source and code; the rest is counted.
pub const MAX_LINTS: u64 = 1000;

impl Builder {
    /// Begins a database; `folder` holds the unnamed working file and should be on the disk where the database will be.
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn new(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            spill: Spill::new(folder)?,
            sources: Vec::new(),
            records: Vec::new(),
            ids: String::new(),
            keys: HashMap::default(),
            statements: Vec::new(),
            names: Vec::new(),
            cves: Vec::new(),
            coverage: Vec::new(),
            enriching: BTreeMap::new(),
            lints: Vec::new(),
            lint_counts: HashMap::default(),
            scratch: Out::default(),
        })
    }

    fn source(&mut self, slug: &str) -> u32 {
        let at = self.sources.iter().position(|known| known == slug).unwrap_or_else(|| {
            self.sources.push(slug.to_owned());
            self.sources.len() - 1
        });
        // Sources are a handful; the cast is checked all the same.
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Adds an advisory. Names are normalised here once more, so that a reader that forgot loses nothing.
    ///
    /// # Errors
    /// When the working file cannot be written, or past four billion statements.
    pub fn add(&mut self, record: &Record) -> Result<(), Error> {
        let source = self.source(&record.source);
        let number = number(self.records.len(), "records")?;
        let mut out = std::mem::take(&mut self.scratch);
        out.0.clear();
        wire::write_record(record, &mut out);
        let own = join(hash64(record.source.as_bytes()), hash64(&out.0));
        let place = self.spill.write(&out.0)?;
        let mut said = Vec::with_capacity(record.statements.len());
        for statement in &record.statements {
            out.0.clear();
            let name = statement.ecosystem.normalise(&statement.package);
            let release = statement.release.as_deref().unwrap_or_default();
            wire::key(statement.ecosystem, release, statement.name, &name, &mut out);
            let mut hash = hash64(&out.0);
            let key = match self.keys.get(out.0.as_slice()) {
                Some(key) => *key,
                None => {
                    let key = number_of(self.keys.len())?;
                    self.keys.insert(out.0.clone().into_boxed_slice(), key);
                    key
                }
            };
            out.0.clear();
            wire::write_statement(statement, &mut out);
            hash = join(hash, hash64(&out.0));
            said.push(hash);
            let place = self.spill.write(&out.0)?;
            self.statements.push(StatementEntry { key, record: number, place });
        }
        said.sort_unstable();
        let content = said.into_iter().fold(own, join);
        let start = number_of(self.ids.len())?;
        self.ids.push_str(&record.id);
        self.records.push(RecordEntry {
            source,
            id: (start, number_of(self.ids.len())?),
            place,
            content,
            own,
            class: record.class,
            withdrawn: record.withdrawn,
        });
        for id in std::iter::once(&record.id).chain(&record.cves).chain(&record.aliases) {
            self.names.push((id_hash(id), number));
        }
        self.scratch = out;
        Ok(())
    }

    /// Adds what is known of a CVE. What several calls say of one CVE is joined: ratings and weaknesses are united,
    /// of other fields the first by content counts.
    ///
    /// # Errors
    /// When the working file cannot be written.
    pub fn enrich(&mut self, cve: &Enrichment) -> Result<(), Error> {
        let mut out = std::mem::take(&mut self.scratch);
        out.0.clear();
        wire::write_enrichment(cve, &mut out);
        let place = self.spill.write(&out.0)?;
        self.scratch = out;
        self.cves.push((id_hash(&cve.cve), place));
        Ok(())
    }

    /// Says what a source has data for. Several rows for one (source, ecosystem, release) are joined.
    pub fn cover(&mut self, coverage: Coverage) {
        self.source(&coverage.source);
        self.coverage.push(coverage);
    }

    /// Says that `records` of a source whose records enrich CVEs were read ([`Builder::enrich`]), the newest changed at
    /// `newest` (RFC 3339). Several calls for one source are joined.
    pub fn enriched(&mut self, source: &str, records: u64, newest: Option<String>) {
        self.source(source);
        let known = self.enriching.entry(source.to_owned()).or_default();
        known.0 = known.0.saturating_add(records);
        known.1 = known.1.take().max(newest);
    }

    /// Notes something in a source that cannot be used. All are counted, the first [`MAX_LINTS`] of each source and
    /// code in the order of records are kept.
    pub fn lint(&mut self, lint: Lint) {
        self.source(&lint.source);
        let count = self.lint_counts.entry((lint.source.clone(), lint.code.clone())).or_default();
        *count += 1;
        // Which are kept is decided by their order at the end, not by the order of the calls; against a source that is
        // nothing but lints memory stays bounded.
        if *count <= MAX_LINTS * 100 {
            self.lints.push(lint);
        }
    }
}

/// The hash under which an id is found: case does not matter.
pub(crate) fn id_hash(id: &str) -> u64 {
    hash64(id.to_ascii_uppercase().as_bytes())
}

fn number(value: usize, what: &'static str) -> Result<u32, Error> {
    u32::try_from(value).map_err(|_| Error::TooLarge { what })
}

fn number_of(value: usize) -> Result<u32, Error> {
    number(value, "statements, names or bytes of ids")
}

/// Is a release or name order of this ecosystem that of rpm?
fn is_rpm(ecosystem: Ecosystem) -> bool {
    ecosystem.row().order == package::VersionOrder::Rpm
}
