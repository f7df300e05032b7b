//! Short ways to say records, packages and catalogues.

use model::{Class, Judgement, Severity};
use package::{Catalogue, Distro, Ecosystem, OsRelease, Package, PackageIndex, PackageType, Source};

use crate::{
    Assessment, Builder, Context, Coverage, Database, End, Enrichment, Match, Range, Record, Statement,
    Status,
};

/// A record about one CVE.
pub(super) fn record(source: &str, id: &str, cves: &[&str]) -> Record {
    Record {
        source: source.into(),
        id: id.into(),
        cves: cves.iter().map(|cve| (*cve).to_owned()).collect(),
        aliases: Vec::new(),
        class: Class::Vulnerability,
        summary: String::new(),
        published: None,
        modified: None,
        withdrawn: false,
        ratings: Vec::new(),
        cwes: Vec::new(),
        references: Vec::new(),
        statements: Vec::new(),
    }
}

/// A statement "every version".
pub(super) fn statement(ecosystem: Ecosystem, release: &str, package: &str) -> Statement {
    Statement {
        ecosystem,
        release: (!release.is_empty()).then(|| release.to_owned()),
        package: package.into(),
        name: ecosystem.row().name,
        module: None,
        class: None,
        status: Status::Affected,
        ranges: Vec::new(),
        versions: Vec::new(),
        severity: Severity::Unknown,
        platforms: Vec::new(),
        imports: Vec::new(),
    }
}

/// `[introduced, fixed)`, with empty texts for none.
pub(super) fn range(introduced: &str, fixed: &str) -> Range {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Range { introduced: some(introduced), end: some(fixed).map_or(End::Open, End::Fixed) }
}

impl Record {
    /// With one statement more.
    pub(super) fn says(mut self, statement: Statement) -> Self {
        self.statements.push(statement);
        self
    }
}

impl Statement {
    pub(super) fn fixed(mut self, introduced: &str, fixed: &str) -> Self {
        self.ranges.push(range(introduced, fixed));
        self
    }

    pub(super) fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    pub(super) fn module(mut self, module: &str) -> Self {
        self.module = Some(module.into());
        self
    }
}

/// A database of these, with full coverage of every (source, ecosystem, release) that they name.
pub(super) fn database(records: &[Record], cves: &[Enrichment]) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let mut builder = Builder::new(folder.path()).unwrap();
    for record in records {
        builder.add(record).unwrap();
        for statement in &record.statements {
            builder.cover(Coverage {
                source: record.source.clone(),
                ecosystem: statement.ecosystem,
                release: statement.release.clone(),
                packages: None,
                records: 1_000_000,
                newest: None,
            });
        }
    }
    for cve in cves {
        builder.enrich(cve).unwrap();
    }
    builder.finish(&path).unwrap();
    Database::from_bytes(std::fs::read(&path).unwrap()).unwrap()
}

/// A catalogue of an image of this distribution.
pub(super) fn image(id: &str, version: &str, packages: Vec<Package>) -> Catalogue {
    let os_release = OsRelease { id: id.into(), version_id: version.into(), ..OsRelease::default() };
    let distro = (!id.is_empty()).then_some(Distro { os_release, distroless: false });
    Catalogue { distro, packages, ..Catalogue::default() }
}

/// An OS package with its source.
pub(super) fn os(
    kind: PackageType,
    name: &str,
    version: &str,
    source: &str,
    source_version: &str,
) -> Package {
    Package {
        source: Some(Source { name: source.into(), version: source_version.into() }),
        ..Package::new(kind, name, version)
    }
}

pub(super) fn deb(name: &str, version: &str, source: &str, source_version: &str) -> Package {
    os(PackageType::Deb, name, version, source, source_version)
}

pub(super) fn assess(database: &Database, catalogue: &Catalogue) -> Assessment {
    let found = database.assess(catalogue, &Context::default());
    let counts = &found.counts;
    assert_eq!(counts.matches, found.matches.len() as u64);
    assert_eq!(counts.hits, counts.merged + counts.overruled + counts.rejected + counts.matches);
    assert_eq!(counts.matches, counts.counted + counts.apart.values().sum::<u64>());
    assert_eq!(found.coverage.len(), catalogue.packages.len());
    assert_eq!(counts.coverage.values().sum::<u64>(), catalogue.packages.len() as u64);
    found
}

/// Ids that count for the package at `index`.
pub(super) fn counted(found: &Assessment, index: u32) -> Vec<&str> {
    of(found, index)
        .filter(|found| found.judgement == Judgement::Counts)
        .map(|found| found.id.as_str())
        .collect()
}

pub(super) fn of(found: &Assessment, index: u32) -> impl Iterator<Item = &Match> {
    found.matches.iter().filter(move |found| found.package == PackageIndex(index))
}

pub(super) fn one(found: &Assessment) -> &Match {
    assert_eq!(found.matches.len(), 1, "{:#?}", found.matches);
    &found.matches[0]
}
