//! Compiling 400,000 records, opening the file, matching 1,000 packages. The data is made, in the shape of real feeds: a
//! few names with thousands of statements (kernels), many with a few, advisories with a hundred packages.
#![expect(clippy::unwrap_used, reason = "a benchmark may end")]

use std::{hint::black_box, path::Path, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use model::{Class, Rating, Reference, Severity};
use package::{Catalogue, Distro, Ecosystem, NameKind, OsRelease, Package, PackageType, Source};
use vulndb::{Builder, Context, Coverage, Database, End, Enrichment, Range, Record, Statement, Status};

const RECORDS: u32 = 400_000;

/// A small generator of numbers, the same at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(bound)).unwrap()
    }
}

fn record(n: u32, numbers: &mut Numbers) -> Record {
    let (ecosystem, source) = match n % 10 {
        0..=4 => (Ecosystem::Debian, "osv-debian"),
        5 => (Ecosystem::AlmaLinux, "osv-almalinux"),
        6..=7 => (Ecosystem::Npm, "osv-npm"),
        8 => (Ecosystem::Go, "osv-go"),
        _ => (Ecosystem::PyPi, "osv-pypi"),
    };
    let packages = if ecosystem == Ecosystem::AlmaLinux { 12 } else { 1 };
    let statements = (0..packages)
        .map(|at| {
            // One Debian record in four is the kernel's, of the rest a few names have many.
            let name = match numbers.below(4) {
                0 if ecosystem == Ecosystem::Debian && n < 40_000 => "linux".to_owned(),
                1 => format!("package-{}", numbers.below(200)),
                _ => format!("package-{}", numbers.below(20_000) + at),
            };
            let (major, minor) = (numbers.below(9), numbers.below(40));
            let fixed = match ecosystem {
                Ecosystem::Debian => format!("{major}.{minor}.{}-1+deb12u1", n % 50),
                Ecosystem::AlmaLinux => format!("{major}.{minor}-{}.el9", n % 50),
                _ => format!("{major}.{minor}.{}", n % 50),
            };
            Statement {
                ecosystem,
                release: match ecosystem {
                    Ecosystem::Debian => Some("12".into()),
                    Ecosystem::AlmaLinux => Some("9".into()),
                    _ => None,
                },
                package: name,
                name: ecosystem.row().name,
                module: None,
                class: None,
                status: Status::Affected,
                ranges: vec![Range { introduced: None, end: End::Fixed(fixed) }],
                versions: Vec::new(),
                severity: Severity::Unknown,
                platforms: Vec::new(),
                imports: Vec::new(),
            }
        })
        .collect();
    Record {
        source: source.into(),
        id: format!("{source}-{n}"),
        cves: vec![format!("CVE-20{:02}-{n}", n % 27)],
        aliases: vec![format!("GHSA-{n:04}-aaaa-bbbb")],
        class: Class::Vulnerability,
        summary: format!("Improper handling of something in part {} leads to something else", n % 1000),
        published: Some("2024-05-06T07:08:09Z".into()),
        modified: Some("2024-06-06T07:08:09Z".into()),
        withdrawn: false,
        ratings: vec![Rating {
            source: "ghsa".into(),
            severity: Severity::Unknown,
            score: None,
            vector: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N".into()),
        }],
        cwes: vec!["CWE-79".into()],
        references: (0..4)
            .map(|at| Reference {
                kind: "WEB".into(),
                url: format!("https://example.org/advisories/{n}/reference/{at}"),
            })
            .collect(),
        statements,
    }
}

fn compile(path: &Path, records: u32) -> vulndb::Summary {
    let mut builder = Builder::new(path.parent().unwrap()).unwrap();
    let mut numbers = Numbers(7);
    for n in 0..records {
        builder.add(&record(n, &mut numbers)).unwrap();
    }
    for n in 0..records / 4 {
        let cve = format!("CVE-20{:02}-{n}", n % 27);
        builder.enrich(&Enrichment { cve, epss: Some((0.1, 0.2)), ..Enrichment::default() }).unwrap();
    }
    for (source, ecosystem, release) in [
        ("osv-debian", Ecosystem::Debian, Some("12")),
        ("osv-npm", Ecosystem::Npm, None),
        ("osv-go", Ecosystem::Go, None),
        ("osv-pypi", Ecosystem::PyPi, None),
    ] {
        builder.cover(Coverage {
            source: source.into(),
            ecosystem,
            release: release.map(str::to_owned),
            packages: None,
            records: 40_000,
            newest: None,
        });
    }
    builder.finish(path).unwrap()
}

/// 1,000 packages: 700 of Debian (two a source), kernel headers, 300 of languages; most are up to date, as they are.
fn catalogue() -> Catalogue {
    let mut numbers = Numbers(3);
    let mut packages = Vec::new();
    for n in 0..699 {
        let name = format!("package-{}", if n % 20 < 2 { n / 20 } else { 300 + n / 2 });
        let minor = if numbers.below(4) == 0 { "7.9" } else { "9.9" };
        packages.push(Package {
            source: Some(Source { name, version: format!("{minor}.9-1") }),
            ..Package::new(PackageType::Deb, format!("binary-{n}"), "1.0")
        });
    }
    packages.push(Package {
        source: Some(Source { name: "linux".into(), version: "8.9.1-1".into() }),
        ..Package::new(PackageType::Deb, "linux-libc-dev", "1.0")
    });
    for n in 0..300 {
        let kind = [PackageType::Npm, PackageType::Golang, PackageType::Pypi][n % 3];
        packages.push(Package::new(kind, format!("package-{}", 100 + n), "8.9.9"));
    }
    let os_release = OsRelease { id: "debian".into(), version_id: "12".into(), ..OsRelease::default() };
    Catalogue { distro: Some(Distro { os_release, distroless: false }), packages, ..Catalogue::default() }
}

fn matching(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let small = folder.path().join("small");
    let catalogue = catalogue();
    let mut group = criterion.benchmark_group("vulndb");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("compile 40,000 records", |bencher| bencher.iter(|| compile(&small, RECORDS / 10)));
    let summary = compile(&path, RECORDS);
    assert_eq!(summary.records, u64::from(RECORDS));
    let mapped = Database::open(&path).unwrap();
    let found = mapped.assess(&catalogue, &Context::default());
    assert_eq!(found.problems, []);
    assert!(found.matches.len() > 500, "{}", found.matches.len());
    group.sample_size(50);
    group.bench_function("open", |bencher| bencher.iter(|| Database::open(black_box(&path)).unwrap()));
    group.bench_function("assess 1,000 packages, mapped", |bencher| {
        bencher.iter(|| mapped.assess(black_box(&catalogue), &Context::default()));
    });
    group.bench_function("open and assess 1,000 packages", |bencher| {
        bencher.iter(|| Database::open(&path).unwrap().assess(black_box(&catalogue), &Context::default()));
    });
    group.finish();
    // Read by a person beside the figures: what was matched.
    let _ = black_box((found.counts, NameKind::Source));
}

criterion_group!(benches, matching);
criterion_main!(benches);
