//! The database of advisories of a fleet, compiled by the program's own builder.

use std::{borrow::Cow, path::Path};

use model::{Class, Kev, Rating, Reference, Severity, Ssvc};
use package::{Ecosystem, NameKind, PackageType};
use vulndb::{Builder, Coverage, End, Enrichment, Range, Record, Statement, Status};

use super::{
    DAY, Failed, MONTHS, Plan,
    dice::{below, chance, hash, of},
    language::{self, POOLS},
    os::{self, Fate, Flaw, RELEASES, Release, Source},
};

/// The CVE that only the newer database has.
const NEW: &str = "CVE-2026-99999";

/// Compiles a database to `path` and gives the id of the CVE that only the newer one (`newer`) has: one in a source that
/// is in every image of Debian. `filler` advisories are about what no image has, as most are.
pub(crate) fn compile(
    folder: &Path,
    path: &Path,
    systems: &os::World,
    languages: &language::World,
    plan: &Plan,
    filler: u32,
    newer: bool,
) -> Result<String, Failed> {
    let mut builder = Builder::new(folder)?;
    let compiler = Compiler { systems, languages, plan };
    let mut records = [0; 3];
    for release in RELEASES {
        if RELEASES
            .iter()
            .find(|first| first.family == release.family)
            .is_some_and(|first| std::ptr::eq(first, release))
        {
            for source in systems.sources(release) {
                for flaw in &source.flaws {
                    builder.add(&compiler.of_system(release.family, source, flaw))?;
                    records[0] += 1;
                }
            }
        }
    }
    for (at, pool) in POOLS.iter().enumerate() {
        for package in 0..pool.size {
            for advisory in languages.advisories(at, package) {
                builder.add(&compiler.of_language(at, package, advisory))?;
                records[1] += 1;
            }
        }
    }
    for number in 0..filler {
        builder.add(&filling(plan.seed, number))?;
    }
    let known = systems.flaws() + records[1];
    for number in 0..known + filler {
        builder.enrich(&compiler.enrichment(number))?;
    }
    if newer && let Some(source) = systems.sources(&RELEASES[0]).get(1) {
        builder.add(&compiler.new_record(source))?;
    }
    let newest = Some(time(plan.today.0 - DAY / 2));
    for release in RELEASES {
        builder.cover(Coverage {
            source: source_of(release.family).into(),
            ecosystem: release.ecosystem,
            release: Some(release.release.into()),
            packages: None,
            // Floors are those of real feeds; this one stands for one.
            records: 100_000,
            newest: newest.clone(),
        });
    }
    for pool in POOLS {
        builder.cover(Coverage {
            source: "osv".into(),
            ecosystem: pool.ecosystem,
            release: None,
            packages: None,
            records: 100_000,
            newest: newest.clone(),
        });
    }
    builder.enriched("cve", u64::from(known + filler), newest);
    builder.finish(path)?;
    Ok(NEW.to_owned())
}

/// The slug of who speaks of a family of distributions.
fn source_of(family: u32) -> &'static str {
    ["debian-tracker", "ubuntu-osv", "alpine-secdb", "el-errata"]
        .get(family as usize)
        .copied()
        .unwrap_or("osv")
}

/// The CVE of a flaw: numbers of systems first, then of languages, then of the filler.
fn cve(number: u32) -> String {
    format!("CVE-2026-{}", 10_000 + number)
}

/// RFC 3339, to the second.
pub(crate) fn time(micros: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(micros / 1_000_000)
        .ok()
        .and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_default()
}

const WHAT: &[&str] = &[
    "Out-of-bounds read",
    "Use after free",
    "Path traversal",
    "Improper certificate validation",
    "Denial of service by long input",
    "Prototype pollution",
    "Server-side request forgery",
    "Cross-site scripting",
    "Regular expression denial of service",
    "Integer overflow",
    "Improper neutralisation of input",
    "Missing authorization",
];
const CWES: &[&str] =
    &["CWE-125", "CWE-416", "CWE-22", "CWE-295", "CWE-400", "CWE-1321", "CWE-918", "CWE-79"];

struct Compiler<'a> {
    systems: &'a os::World,
    languages: &'a language::World,
    plan: &'a Plan,
}

impl Compiler<'_> {
    /// When something of a month was published.
    fn published(&self, month: u32, number: u32) -> String {
        let back = i64::from(MONTHS.saturating_sub(month)) * 30 * DAY - i64::from(number % 29) * DAY;
        time(self.plan.today.0 - back.max(DAY))
    }

    fn of_system(&self, family: u32, source: &Source, flaw: &Flaw) -> Record {
        let id = cve(flaw.number);
        let mut statements = Vec::new();
        for release in RELEASES.iter().filter(|release| release.family == family) {
            let fate = self.systems.fate(release, flaw);
            let binary = release.ecosystem.row().name == NameKind::Binary;
            let names = if binary { source.binaries.clone() } else { vec![source.name.clone()] };
            statements
                .extend(names.into_iter().map(|name| self.statement(release, source, flaw, fate, name)));
        }
        Record {
            source: source_of(family).into(),
            id: id.clone(),
            cves: vec![id],
            aliases: Vec::new(),
            class: Class::Vulnerability,
            summary: format!("{} in {}", of(WHAT, &[u64::from(flaw.number)]), source.name),
            published: Some(self.published(flaw.month, flaw.number)),
            modified: None,
            withdrawn: false,
            ratings: Vec::new(),
            cwes: vec![(*of(CWES, &[u64::from(flaw.number)])).to_owned()],
            references: links(flaw.number),
            statements,
        }
    }

    fn statement(
        &self,
        release: &Release,
        source: &Source,
        flaw: &Flaw,
        fate: Fate,
        name: String,
    ) -> Statement {
        let (status, end) = match fate {
            Fate::Fixed(month) => {
                (Status::Affected, End::Fixed(self.systems.version(release, source, month)))
            }
            Fate::Open => (Status::Affected, End::Open),
            Fate::WontFix => (Status::WontFix("minor issue".into()), End::Open),
            Fate::Deferred => (Status::Deferred("can be fixed by a point release".into()), End::Open),
            Fate::NotAffected => (Status::NotAffected, End::Open),
        };
        Statement {
            ecosystem: release.ecosystem,
            release: Some(release.release.into()),
            package: name,
            name: release.ecosystem.row().name,
            module: None,
            class: flaw.unimportant.then_some(Class::Unimportant),
            status,
            ranges: vec![Range { introduced: None, end }],
            versions: Vec::new(),
            severity: flaw.severity,
            platforms: Vec::new(),
            imports: Vec::new(),
        }
    }

    fn of_language(&self, pool: usize, package: u32, advisory: &language::Advisory) -> Record {
        let world = &POOLS[pool];
        let number = self.systems.flaws() + advisory.number;
        let name = language::name(world, package);
        // One in two hundred names a hostile package, of which one version is bad.
        let hostile = world.kind == PackageType::Npm && advisory.number.is_multiple_of(200);
        let end = match advisory.fixed {
            Some(month) => {
                let version = self.languages.fixed_version(pool, package, month);
                End::Fixed(version.trim_start_matches('v').to_owned())
            }
            None => End::Open,
        };
        let month = advisory.fixed.unwrap_or(MONTHS / 2);
        let hash = hash(&[self.plan.seed, u64::from(advisory.number)]);
        let bad = self.languages.version(pool, package, MONTHS - 1);
        Record {
            source: "osv".into(),
            id: if hostile {
                format!("MAL-2026-{}", advisory.number)
            } else {
                format!("GHSA-{:04x}-{:04x}-{:04x}", hash & 0xffff, hash >> 16 & 0xffff, hash >> 32 & 0xffff)
            },
            cves: if hostile { Vec::new() } else { vec![cve(number)] },
            aliases: if hostile { Vec::new() } else { vec![cve(number)] },
            class: if hostile { Class::Malware } else { Class::Vulnerability },
            summary: if hostile {
                format!("Malicious code in {name}")
            } else {
                format!("{} in {name}", of(WHAT, &[hash]))
            },
            published: Some(self.published(month.saturating_sub(1), number)),
            modified: None,
            withdrawn: chance(1, &[hash, 9]),
            ratings: vec![Rating {
                source: "ghsa".into(),
                severity: if hostile { Severity::Critical } else { advisory.severity },
                score: None,
                vector: None,
            }],
            cwes: vec![(*of(CWES, &[hash])).to_owned()],
            references: links(number),
            statements: vec![Statement {
                ecosystem: world.ecosystem,
                release: None,
                package: world.ecosystem.normalise(&name),
                name: NameKind::Binary,
                module: None,
                class: None,
                status: Status::Affected,
                ranges: if hostile { Vec::new() } else { vec![Range { introduced: None, end }] },
                versions: if hostile { vec![bad] } else { Vec::new() },
                severity: Severity::Unknown,
                platforms: Vec::new(),
                imports: Vec::new(),
            }],
        }
    }

    fn enrichment(&self, number: u32) -> Enrichment {
        let parts = [self.plan.seed, 31, u64::from(number)];
        let exploited = below(1_000, &[hash(&parts), 1]) < 12;
        let score = (f64::from(below(1_000, &[hash(&parts), 2])) / 1_000.0).powi(6);
        Enrichment {
            cve: cve(number),
            title: String::new(),
            ratings: vec![Rating {
                source: "cna:example".into(),
                severity: os::severity(&[hash(&parts), 3]),
                score: None,
                vector: None,
            }],
            cwes: Vec::new(),
            ssvc: chance(20, &[hash(&parts), 4]).then(Ssvc::default),
            kev: exploited.then(|| Kev {
                added: time(self.plan.today.0 - 20 * DAY)[..10].to_owned(),
                due: time(self.plan.today.0 + DAY)[..10].to_owned(),
                ransomware: chance(20, &[hash(&parts), 5]),
            }),
            epss: Some((
                if exploited { score.max(0.6) } else { score },
                f64::from(below(1_000, &[hash(&parts), 2])) / 1_000.0,
            )),
            published: Some(self.published(below(MONTHS, &[hash(&parts), 6]), number)),
            rejected: false,
        }
    }

    /// The advisory of tomorrow: every version in every release of Debian, no fix yet.
    fn new_record(&self, source: &Source) -> Record {
        let flaw = Flaw { number: 0, severity: Severity::Critical, month: MONTHS, unimportant: false };
        let mut record = self.of_system(0, source, &flaw);
        record.id = NEW.into();
        record.cves = vec![NEW.into()];
        record.published = Some(time(self.plan.today.0));
        record.summary = format!("Remote code execution in {}", source.name);
        for statement in &mut record.statements {
            statement.status = Status::Affected;
            statement.class = None;
            statement.ranges = vec![Range { introduced: None, end: End::Open }];
        }
        record
    }
}

fn links(number: u32) -> Vec<Reference> {
    vec![Reference {
        kind: Cow::Borrowed("ADVISORY"),
        url: format!("https://advisories.example/{}", cve(number)),
    }]
}

/// An advisory about what no image has.
fn filling(seed: u64, number: u32) -> Record {
    let hash = hash(&[seed, 41, u64::from(number)]);
    let id = format!("GHSA-{:04x}-fill-{number}", hash & 0xffff);
    Record {
        source: "osv".into(),
        id,
        cves: Vec::new(),
        aliases: Vec::new(),
        class: Class::Vulnerability,
        summary: format!("{} in unheard-of-{number}", of(WHAT, &[hash])),
        published: Some("2025-01-02T03:04:05Z".into()),
        modified: None,
        withdrawn: false,
        ratings: vec![Rating {
            source: "ghsa".into(),
            severity: os::severity(&[hash]),
            score: None,
            vector: None,
        }],
        cwes: Vec::new(),
        references: links(number),
        statements: vec![Statement {
            ecosystem: Ecosystem::Npm,
            release: None,
            package: format!("unheard-of-{number}"),
            name: NameKind::Binary,
            module: None,
            class: None,
            status: Status::Affected,
            ranges: vec![Range { introduced: None, end: End::Fixed("2.0.0".into()) }],
            versions: Vec::new(),
            severity: Severity::Unknown,
            platforms: Vec::new(),
            imports: Vec::new(),
        }],
    }
}
