//! Why a package is affected by something, or is not.

mod words;

use std::collections::BTreeSet;

use model::{ApartReason, Judgement, Problem, Problems};
use package::{Catalogue, Ecosystem, NameKind, Package, PackageIndex, VersionOrder};

use crate::{
    Context, CoverageState, Database, Error, Match, NameHash, Tier,
    assess::{Examined, Run},
    codec::Malformed,
    examine::{Outcome, Placed},
    finding, golang, judge,
    kernel::{self, Role},
    layout::Section,
    lookup::{Os, Query, queries},
    problems, remedy,
    statement::{Hit, View},
};

/// The answer to "why": one explanation for each package that the question may concern.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// The id that was asked about, as given.
    pub id: String,
    /// The package that was asked about.
    pub filter: Option<String>,
    /// Records of the database that bear the id: source and the record's own id.
    pub records: Vec<(String, String)>,
    /// The database knows the CVE by enrichment (ratings, exploitation).
    pub enriched: bool,
    /// Names that those records speak about.
    pub names: Vec<NameHash>,
    /// Packages, in the catalogue's order.
    pub packages: Vec<Explanation>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Why one package is affected, or is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Which package.
    pub package: PackageIndex,
    /// Its type, name and version, as installed.
    pub what: String,
    /// In one word.
    pub verdict: Verdict,
    /// Under which names it was looked up, and what was found.
    pub lookups: Vec<Lookup>,
    /// What the database could say about it.
    pub coverage: CoverageState,
    /// What ownership, kernel, linked packages, presence or precedence did.
    pub notes: Vec<String>,
    /// The findings, where there are some: an advisory's id can stand for several CVEs.
    pub matches: Vec<Match>,
    /// What to do about the first of them.
    pub remedy: Option<String>,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A finding that counts.
    Affected,
    /// A finding that is shown apart.
    Apart(ApartReason),
    /// There are statements, and they say no.
    NotAffected,
    /// No statement from any source about this package and this id, though there is data for it.
    NoStatement,
    /// Nobody can tell: the coverage says why.
    NotAssessed,
}

/// One name under which a package was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The world.
    pub ecosystem: Ecosystem,
    /// Its release, empty where there are none.
    pub release: String,
    /// Source or binary.
    pub kind: NameKind,
    /// The name.
    pub name: String,
    /// The version that was compared.
    pub version: String,
    /// In which order.
    pub order: VersionOrder,
    /// Is anything at all said about this name?
    pub known: bool,
    /// What is said about it by records of the id.
    pub statements: Vec<Said>,
}

/// What one record says about the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The source's slug.
    pub source: String,
    /// The record's id.
    pub record: String,
    /// Its precedence.
    pub tier: Tier,
    /// What the version was compared with, in words.
    pub affected: String,
    /// What came out, in words.
    pub outcome: String,
    /// It holds for this version.
    pub holds: bool,
}

impl Database {
    /// Why packages of `catalogue` are affected by `id` (a CVE, or any record's id), or are not. `filter` is the name
    /// of a package or source package: each that bears it gets an answer; without it those get one that records of the
    /// id could concern.
    #[must_use]
    pub fn why(&self, id: &str, catalogue: &Catalogue, filter: Option<&str>, context: &Context) -> Why {
        let mut why = Why {
            id: id.to_owned(),
            filter: filter.map(str::to_owned),
            records: Vec::new(),
            enriched: false,
            names: Vec::new(),
            packages: Vec::new(),
            problems: Vec::new(),
        };
        let mut trouble = Problems::new();
        if let Err(error) = self.explain(&mut why, catalogue, context) {
            trouble.push(Problem::new(
                problems::DAMAGED,
                "database",
                model::Effect::MayHideFindings,
                format!("not everything about {id} can be read: {error}"),
            ));
        }
        why.problems = trouble.into_vec();
        why
    }

    fn explain(&self, why: &mut Why, catalogue: &Catalogue, context: &Context) -> Result<(), Error> {
        let numbers = self.records_named(&why.id)?;
        for (record, names) in self.records(&why.id)? {
            why.records.push((record.source, record.id));
            why.names.extend(names);
        }
        why.names.sort_unstable();
        why.names.dedup();
        why.enriched = self.enrichment(&why.id)?.is_some();
        let spoken: BTreeSet<(Ecosystem, NameKind, &str)> =
            why.names.iter().map(|name| (name.ecosystem, name.kind, name.name.as_str())).collect();
        let os = Os::of(catalogue);
        let mut run = Run::new(self, catalogue, context, &os);
        let mut packages = Vec::new();
        for (index, package) in (0u32..).zip(&catalogue.packages) {
            let wanted = match &why.filter {
                Some(filter) => is_named(package, filter),
                None => may_concern(package, &os, &spoken),
            };
            if wanted {
                packages.push(run.explain(PackageIndex(index), package, &why.id, &numbers, &os)?);
            }
        }
        why.packages = packages;
        Ok(())
    }
}

fn is_named(package: &Package, name: &str) -> bool {
    package.name == name || package.source.as_ref().is_some_and(|source| source.name == name)
}

fn may_concern(package: &Package, os: &Os, spoken: &BTreeSet<(Ecosystem, NameKind, &str)>) -> bool {
    match queries(package, os) {
        // The release does not matter: "no data for yours" is an answer too.
        Ok(queries) => {
            queries.iter().any(|query| spoken.contains(&(query.ecosystem, query.kind, &*query.name)))
        }
        Err(_) => spoken.iter().any(|(ecosystem, _, name)| {
            ecosystem.row().package_type == package.kind && is_named(package, name)
        }),
    }
}

impl<'a> Run<'a> {
    fn explain(
        &mut self,
        index: PackageIndex,
        package: &'a Package,
        id: &str,
        numbers: &[u32],
        os: &'a Os,
    ) -> Result<Explanation, Error> {
        let found = self.examine(package)?;
        let mut lookups = Vec::new();
        for query in queries(package, os).unwrap_or_default() {
            lookups.push(self.lookup(&query, &found, numbers)?);
        }
        let mut matches = Vec::new();
        finding::of(self, index, package, &found, &mut matches)?;
        matches.retain(|found| {
            found.id.eq_ignore_ascii_case(id)
                || found.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
        });
        let mut notes = self.notes(package);
        let said: Vec<&Said> = lookups.iter().flat_map(|lookup| &lookup.statements).collect();
        let verdict =
            match matches.iter().map(|found| &found.judgement).min_by_key(|judgement| match judgement {
                Judgement::Counts => 0,
                _ => 1,
            }) {
                Some(Judgement::Apart(reason)) => Verdict::Apart(*reason),
                Some(_) => Verdict::Affected,
                None if !found.state.is_assessed() => Verdict::NotAssessed,
                None if said.is_empty() => Verdict::NoStatement,
                None => Verdict::NotAffected,
            };
        if matches.is_empty() && said.iter().any(|said| said.holds) {
            notes.push(match self.enrichment(id)? {
                Some(known) if known.rejected => format!("{id} was rejected by who assigns CVEs"),
                _ => "a source of higher precedence says that this version is not affected, and it counts"
                    .to_owned(),
            });
        }
        let remedy = matches.first().map(|found| remedy(found, package, self.catalogue));
        Ok(Explanation {
            package: index,
            what: format!("{} {} ({})", package.name, package.version, package.kind.as_str()),
            verdict,
            lookups,
            coverage: found.state,
            notes,
            matches,
            remedy,
        })
    }

    fn lookup(&mut self, query: &Query<'a>, found: &Examined<'a>, numbers: &[u32]) -> Result<Lookup, Error> {
        let placed = found.placed.iter().find(|(known, _)| known == query).map(|(_, placed)| placed);
        let damaged = |_: Malformed| self.database.corrupt(Section::Groups);
        let mut statements = Vec::new();
        if let Some(placed) = placed {
            for view in placed.group.statements().map_err(damaged)? {
                let view = view.map_err(damaged)?;
                if numbers.binary_search(&view.record).is_ok() {
                    let mut said = said(placed, &view, &query.version).map_err(damaged)?;
                    said.source = self.database.slug(view.source).to_owned();
                    said.record = self.database.record(view.record)?.0.id.to_owned();
                    statements.push(said);
                }
            }
        }
        Ok(Lookup {
            ecosystem: query.ecosystem,
            release: query.release.to_string(),
            kind: query.kind,
            name: query.name.to_string(),
            version: query.version.to_string(),
            order: query.ecosystem.row().order,
            known: placed.is_some(),
            statements,
        })
    }

    /// What is true of the package whatever the statements say.
    fn notes(&self, package: &Package) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(owner) = judge::owner(package, self.catalogue) {
            notes.push(format!(
                "its files belong to {} {}, a package of the distribution: the distribution's statements judge it",
                owner.name, owner.version
            ));
        }
        match kernel::role(package, self.catalogue) {
            Role::None => {}
            Role::Image => notes.push("it holds the kernel".to_owned()),
            Role::NotRunning => notes.push(format!(
                "it holds a kernel that is installed and not running (booted: {})",
                self.catalogue.kernel.booted.as_deref().unwrap_or("unknown")
            )),
            Role::Part => notes.push("it is built from the kernel's source and holds no kernel".to_owned()),
        }
        if golang::is_unversioned(package) && package.kind == package::PackageType::Golang {
            notes.push("it was built without a release: it is never compared with fixed releases".to_owned());
        }
        notes
    }
}

fn said<'a>(placed: &Placed<'a>, view: &View<'a>, version: &str) -> Result<Said, Malformed> {
    let group = &placed.group;
    let (ranges, listed) = view.parts()?;
    let mut affected: Vec<String> =
        ranges.iter().map(|range| range.words(group)).collect::<Result<_, _>>()?;
    match listed.as_slice() {
        [] => {}
        [at] => affected.push(format!("= {}", group.version(*at)?)),
        more => affected.push(format!("one of {} listed versions", more.len())),
    }
    if affected.is_empty() {
        affected.push("every version".to_owned());
    }
    let mut holds = false;
    let outcome = match placed.outcome(view)? {
        Outcome::Holds(hit, tail) => {
            let which = hit.words(group)?;
            if view.status == 1 {
                match hit {
                    Hit::Range(_) if affected.len() > 1 => format!("{version} is not affected ({which})"),
                    _ => format!("{version} is not affected"),
                }
            } else {
                holds = true;
                let status = remedy::status(&view.fix(group, placed.position, hit, tail.reason)?);
                let conditions = conditions(&tail.platforms, &tail.imports);
                let place = match hit {
                    Hit::All => "is one of them".to_owned(),
                    Hit::Listed(_) => "is listed".to_owned(),
                    // With one range there is nothing to tell apart.
                    Hit::Range(_) if affected.len() == 1 => "lies inside".to_owned(),
                    Hit::Range(_) => format!("lies in {which}"),
                };
                format!("{version} {place}: {status}{conditions}")
            }
        }
        Outcome::Outside => format!("{version} lies outside"),
        Outcome::OtherStream(module) => match module {
            Some(module) => format!("concerns builds of module stream {module} only"),
            None => "concerns builds of another kind (modular or not)".to_owned(),
        },
        Outcome::StreamUnknown(module) => format!(
            "concerns module stream {}; which stream this build is of cannot be told",
            module.unwrap_or("(unnamed)")
        ),
        Outcome::Withdrawn => "was withdrawn by its source".to_owned(),
    };
    Ok(Said {
        source: String::new(),
        record: String::new(),
        tier: view.tier,
        affected: affected.join(" or "),
        outcome,
        holds,
    })
}

fn conditions(platforms: &[&str], imports: &[(&str, Vec<&str>)]) -> String {
    let mut words = String::new();
    if !platforms.is_empty() {
        words.push_str(&format!("; on {} only", platforms.join(", ")));
    }
    if !imports.is_empty() {
        let paths: Vec<String> = imports
            .iter()
            .map(
                |(path, on)| {
                    if on.is_empty() { (*path).to_owned() } else { format!("{path} on {}", on.join(", ")) }
                },
            )
            .collect();
        words.push_str(&format!("; only where one of these is linked: {}", paths.join("; ")));
    }
    words
}
