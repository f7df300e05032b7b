//! What concerns the packages of a catalogue.
//!
//! A package is looked up under the names of its ecosystem's row; statements that hold are grouped by CVE; the source
//! nearest to who ships the package decides status and fix; then the edge between image and package (owner, kernel,
//! linked packages, presence) decides whether a finding counts or is shown apart.

use std::{collections::HashMap, rc::Rc};

use foldhash::fast::FixedState;
use model::{Effect, Problem, Problems};
use package::{Catalogue, Package, PackageIndex};

use crate::{
    Assessment, Context, CoverageState, Database, Enrichment, Error, Match,
    codec::{Malformed, Out},
    examine::{Outcome, Placed},
    finding, golang, judge,
    layout::Section,
    lookup::{Os, Query, queries},
    precedence::Tier,
    problems,
    statement::{Hit, Tail, View},
    wire::RecordRef,
};

type Map<K, V> = HashMap<K, V, FixedState>;

/// A statement that holds.
pub(crate) struct Held<'a> {
    pub(crate) placed: usize,
    pub(crate) view: View<'a>,
    pub(crate) hit: Hit,
    pub(crate) tail: Tail<'a>,
    /// Lower counts first.
    pub(crate) rank: Rank,
    pub(crate) record: Rc<RecordRef<'a>>,
}

/// Tier, then Ubuntu Pro after the base system.
pub(crate) type Rank = (Tier, bool);

/// All that holds for one package.
pub(crate) struct Examined<'a> {
    pub(crate) placed: Vec<(Query<'a>, Placed<'a>)>,
    pub(crate) held: Vec<Held<'a>>,
    /// Records that say "not affected", sorted.
    pub(crate) cleared: Vec<Cleared>,
    pub(crate) state: CoverageState,
}

/// A record by which the version is not affected.
#[derive(Clone, Copy)]
pub(crate) struct Cleared {
    pub(crate) record: u32,
    pub(crate) rank: Rank,
    /// In words, not by a range that ends below.
    pub(crate) explicit: bool,
}

/// One run over a catalogue, with what it has read.
pub(crate) struct Run<'a> {
    pub(crate) database: &'a Database,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) context: &'a Context,
    os: &'a Os,
    records: Map<u32, Rc<RecordRef<'a>>>,
    enrichment: Map<Box<str>, Option<Rc<Enrichment>>>,
    scratch: Out,
    pub(crate) assessment: Assessment,
}

impl Database {
    /// What concerns the packages of `catalogue`, and what the database had no data for. Reads no clock and no file but
    /// the mapped one; equal input gives equal output.
    #[must_use]
    pub fn assess(&self, catalogue: &Catalogue, context: &Context) -> Assessment {
        let os = Os::of(catalogue);
        let mut run = Run::new(self, catalogue, context, &os);
        let mut trouble = Problems::new();
        for (index, package) in (0u32..).zip(&catalogue.packages) {
            let state = run.package(PackageIndex(index), package).unwrap_or_else(|error| {
                trouble.push(Problem::new(
                    problems::DAMAGED,
                    "database",
                    Effect::MayHideFindings,
                    format!("statements about {} cannot be read: {error}", package.name),
                ));
                CoverageState::Damaged
            });
            *run.assessment.counts.coverage.entry(state.clone()).or_default() += 1;
            run.assessment.coverage.push(state);
        }
        let mut assessment = run.assessment;
        assessment.counts.packages = catalogue.packages.len() as u64;
        assessment.problems = trouble.into_vec();
        assessment
    }
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        database: &'a Database,
        catalogue: &'a Catalogue,
        context: &'a Context,
        os: &'a Os,
    ) -> Self {
        Self {
            database,
            catalogue,
            context,
            os,
            records: Map::default(),
            enrichment: Map::default(),
            scratch: Out::default(),
            assessment: Assessment::default(),
        }
    }

    /// Adds the findings of one package; a package whose data is damaged adds none.
    fn package(&mut self, index: PackageIndex, package: &'a Package) -> Result<CoverageState, Error> {
        let found = self.examine(package)?;
        // The distribution judges it, whether or not its language has a feed.
        let state = if judge::owner(package, self.catalogue).is_some() {
            CoverageState::ByOwner
        } else {
            found.state.clone()
        };
        if !found.held.is_empty() {
            let mut matches = std::mem::take(&mut self.assessment.matches);
            let before = matches.len();
            let done = finding::of(self, index, package, &found, &mut matches);
            if done.is_err() {
                matches.truncate(before);
            }
            for found in matches.get(before..).unwrap_or_default() {
                self.count(found);
            }
            self.assessment.matches = matches;
            done?;
        }
        Ok(state)
    }

    fn count(&mut self, found: &Match) {
        let counts = &mut self.assessment.counts;
        counts.matches += 1;
        match found.judgement {
            model::Judgement::Apart(reason) => *counts.apart.entry(reason).or_default() += 1,
            _ => counts.counted += 1,
        }
    }

    /// Looks a package up and compares every statement.
    pub(crate) fn examine(&mut self, package: &'a Package) -> Result<Examined<'a>, Error> {
        let database = self.database;
        let damaged = |_: Malformed| database.corrupt(Section::Groups);
        let mut found = Examined {
            placed: Vec::new(),
            held: Vec::new(),
            cleared: Vec::new(),
            state: CoverageState::Covered,
        };
        let queries = match queries(package, self.os) {
            Ok(queries) => queries,
            Err(state) => {
                found.state = state;
                return Ok(found);
            }
        };
        let Some(first) = queries.first().cloned() else { return Ok(found) };
        let order = first.ecosystem.row().order;
        let mut parsed: Option<(String, Option<package::Version>)> = None;
        let mut comparable = true;
        for query in queries {
            let group = database.group(
                query.ecosystem,
                &query.release,
                query.kind,
                &query.name,
                &mut self.scratch,
            )?;
            let Some(group) = group else { continue };
            if parsed.as_ref().is_none_or(|(text, _)| *text != *query.version) {
                parsed = Some((query.version.to_string(), order.parse(&query.version).ok()));
            }
            let version = parsed.as_ref().and_then(|(_, version)| version.as_ref());
            comparable &= version.is_some();
            let placed = Placed::new(group, &query, version, package).map_err(damaged)?;
            self.compare(
                &placed,
                &query,
                found.placed.len(),
                &mut found.held,
                &mut found.cleared,
                &mut found.state,
            )?;
            found.placed.push((query, placed));
        }
        if found.placed.is_empty() {
            comparable = order.parse(&first.version).is_ok();
        }
        if !comparable {
            found.state = CoverageState::Unversioned;
        } else if found.state == CoverageState::Covered {
            let spoken = !found.placed.is_empty();
            found.state = database.coverage_of(first.ecosystem, &first.release, &first.name, spoken);
        }
        found.held.sort_by_key(|held| (held.rank, held.view.record));
        found.cleared.sort_unstable_by_key(|cleared| cleared.record);
        Ok(found)
    }

    fn compare(
        &mut self,
        placed: &Placed<'a>,
        query: &Query<'a>,
        at: usize,
        held: &mut Vec<Held<'a>>,
        cleared: &mut Vec<Cleared>,
        state: &mut CoverageState,
    ) -> Result<(), Error> {
        let database = self.database;
        let damaged = |_: Malformed| database.corrupt(Section::Groups);
        for view in placed.group.statements().map_err(damaged)? {
            let view = view.map_err(damaged)?;
            self.assessment.counts.statements += 1;
            let rank = (view.tier, query.pro);
            match placed.outcome(&view).map_err(damaged)? {
                Outcome::Outside => {
                    if !view.withdrawn() {
                        cleared.push(Cleared { record: view.record, rank, explicit: false });
                    }
                }
                Outcome::OtherStream(_) => self.assessment.counts.other_stream += 1,
                Outcome::StreamUnknown(_) => {
                    self.assessment.counts.other_stream += 1;
                    *state = CoverageState::StreamUnknown;
                }
                Outcome::Withdrawn => self.assessment.counts.withdrawn += 1,
                Outcome::Holds(..) if view.status == 1 => {
                    cleared.push(Cleared { record: view.record, rank, explicit: true });
                }
                Outcome::Holds(hit, tail) => {
                    let record = self.record(view.record)?;
                    held.push(Held { placed: at, view, hit, tail, rank, record });
                }
            }
        }
        Ok(())
    }

    /// A record, read once.
    pub(crate) fn record(&mut self, number: u32) -> Result<Rc<RecordRef<'a>>, Error> {
        if let Some(record) = self.records.get(&number) {
            return Ok(Rc::clone(record));
        }
        let record = Rc::new(self.database.record(number)?.0);
        self.records.insert(number, Rc::clone(&record));
        Ok(record)
    }

    /// What is known of a CVE, read once.
    pub(crate) fn enrichment(&mut self, cve: &str) -> Result<Option<Rc<Enrichment>>, Error> {
        if let Some(known) = self.enrichment.get(cve) {
            return Ok(known.clone());
        }
        let known = self.database.enrichment(cve)?.map(Rc::new);
        self.enrichment.insert(cve.into(), known.clone());
        Ok(known)
    }

    /// Is a statement's part in the binary?
    pub(crate) fn is_linked(package: &Package, tail: &Tail<'_>) -> bool {
        golang::is_linked(package, tail)
    }
}
