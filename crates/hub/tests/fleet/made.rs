//! Made-up databases and catalogues from a seed: few names and versions, so that they meet often.

use std::collections::BTreeMap;

use model::{Class, ConfigDigest, DiffId, Digest, ImageConfig, Kev, Layer, Platform, Rating, Severity};
use package::{
    Catalogue, Confidence, Detail, Distro, Ecosystem, GoBinary, GoModule, NameKind, Origin, OsRelease,
    Package, PackageIndex, PackageType, Presence, Source,
};
use vulndb::{Builder, Coverage, Database, End, Enrichment, Import, Range, Record, Statement, Status};

/// Numbers from a seed (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

const SOURCES: &[&str] = &["openssl", "linux", "kernel", "nodejs", "linux-signed-amd64", "zlib", "linux-pam"];
const BINARIES: &[&str] = &[
    "openssl",
    "libssl3",
    "linux-image-6.1.0-1-amd64",
    "linux-libc-dev",
    "kernel",
    "kernel-core",
    "nodejs",
    "zlib1g",
    "linux-lts",
];
const MODULES: &[&str] = &["lodash", "requests", "stdlib", "golang.org/x/net", "tar"];
const VERSIONS: &[&str] = &["1.0", "1.5", "2.0", "2.5", "3.0"];
const OS: &[(&str, &str, Ecosystem, &str, PackageType)] = &[
    ("debian", "12", Ecosystem::Debian, "12", PackageType::Deb),
    ("ubuntu", "22.04", Ecosystem::Ubuntu, "22.04", PackageType::Deb),
    ("almalinux", "8.9", Ecosystem::AlmaLinux, "8", PackageType::Rpm),
    ("alpine", "3.22.1", Ecosystem::Alpine, "v3.22", PackageType::Apk),
];
const LANGUAGES: &[(PackageType, Ecosystem)] = &[
    (PackageType::Npm, Ecosystem::Npm),
    (PackageType::Pypi, Ecosystem::PyPi),
    (PackageType::Golang, Ecosystem::Go),
];

/// A record of some source about one or two packages.
pub(crate) fn record(dice: &mut Dice, number: usize) -> Record {
    let statements: Vec<Statement> = (0..1 + dice.below(2)).map(|_| statement(dice)).collect();
    let cve = format!("CVE-2026-{}", 1000 + dice.below(30));
    let os = statements.iter().any(|statement| !statement.ecosystem.row().os_ids.is_empty());
    Record {
        source: if os { "tracker".into() } else { dice.of(&["osv-a", "osv-b"]).into() },
        id: format!("{}-{number}", dice.of(&["ADV", "GHSA", "MAL"])),
        cves: if dice.one_in(5) { Vec::new() } else { vec![cve.clone()] },
        aliases: if dice.one_in(3) { vec![cve] } else { Vec::new() },
        class: dice.of(&[
            Class::Vulnerability,
            Class::Vulnerability,
            Class::Vulnerability,
            Class::Malware,
            Class::Unmaintained,
            Class::Unimportant,
        ]),
        summary: format!("flaw {number}"),
        published: Some("2026-01-02T03:04:05Z".into()),
        modified: None,
        withdrawn: dice.one_in(12),
        ratings: if dice.one_in(2) {
            vec![Rating { source: "x".into(), severity: severity(dice), score: None, vector: None }]
        } else {
            Vec::new()
        },
        cwes: Vec::new(),
        references: Vec::new(),
        statements,
    }
}

fn severity(dice: &mut Dice) -> Severity {
    dice.of(&Severity::WORST_FIRST)
}

fn statement(dice: &mut Dice) -> Statement {
    let os = dice.one_in(2);
    let (ecosystem, release, name, package) = if os {
        let (_, _, ecosystem, release, _) = dice.of(OS);
        let release = if ecosystem == Ecosystem::Ubuntu && dice.one_in(4) { "Pro:22.04" } else { release };
        match ecosystem.row().name {
            NameKind::Source => (ecosystem, Some(release.to_owned()), NameKind::Source, dice.of(SOURCES)),
            NameKind::Binary => (ecosystem, Some(release.to_owned()), NameKind::Binary, dice.of(BINARIES)),
        }
    } else {
        (dice.of(LANGUAGES).1, None, NameKind::Binary, dice.of(MODULES))
    };
    Statement {
        ecosystem,
        release,
        package: package.into(),
        name,
        module: (ecosystem == Ecosystem::AlmaLinux && dice.one_in(3)).then(|| "nodejs:18".to_owned()),
        class: None,
        status: dice.of(&[
            Status::Affected,
            Status::Affected,
            Status::Affected,
            Status::NotAffected,
            Status::WontFix("minor".into()),
            Status::Deferred("later".into()),
            Status::Investigating,
        ]),
        ranges: vec![Range {
            introduced: dice.one_in(2).then(|| dice.of(VERSIONS).to_owned()),
            end: if dice.one_in(4) { End::Open } else { End::Fixed(dice.of(VERSIONS).into()) },
        }],
        versions: Vec::new(),
        severity: severity(dice),
        platforms: Vec::new(),
        imports: if ecosystem == Ecosystem::Go && dice.one_in(2) {
            vec![Import { path: dice.of(&["net/http", "crypto/x509"]).into(), platforms: Vec::new() }]
        } else {
            Vec::new()
        },
    }
}

pub(crate) fn enrichment(dice: &mut Dice, number: usize) -> Enrichment {
    Enrichment {
        cve: format!("CVE-2026-{}", 1000 + number),
        ratings: vec![Rating { source: "cna:x".into(), severity: severity(dice), score: None, vector: None }],
        kev: dice.one_in(4).then(|| Kev {
            added: "2026-01-01".into(),
            due: "2026-02-01".into(),
            ransomware: false,
        }),
        epss: Some((dice.below(100) as f64 / 100.0, 0.5)),
        rejected: dice.one_in(8),
        ..Enrichment::default()
    }
}

/// What a database is made of.
#[derive(Clone)]
pub(crate) struct Feeds {
    pub(crate) records: Vec<Record>,
    pub(crate) cves: Vec<Enrichment>,
    /// OS releases that are covered.
    pub(crate) covered: Vec<Ecosystem>,
}

impl Feeds {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        Self {
            records: (0..80).map(|number| record(dice, number)).collect(),
            cves: (0..30).filter(|number| number % 3 != 0).map(|number| enrichment(dice, number)).collect(),
            covered: vec![
                Ecosystem::Debian,
                Ecosystem::Ubuntu,
                Ecosystem::AlmaLinux,
                Ecosystem::Npm,
                Ecosystem::Go,
            ],
        }
    }

    pub(crate) fn database(&self) -> Database {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let mut builder = Builder::new(folder.path()).unwrap();
        for record in &self.records {
            builder.add(record).unwrap();
        }
        for cve in &self.cves {
            builder.enrich(cve).unwrap();
        }
        for ecosystem in &self.covered {
            let release = OS.iter().find(|os| os.2 == *ecosystem).map(|os| os.3.to_owned());
            builder.cover(Coverage {
                source: "tracker".into(),
                ecosystem: *ecosystem,
                release,
                packages: None,
                records: 1_000_000,
                newest: None,
            });
        }
        builder.finish(&path).unwrap();
        Database::from_bytes(std::fs::read(&path).unwrap()).unwrap()
    }
}

fn package(dice: &mut Dice, os: PackageType) -> Package {
    if dice.one_in(2) {
        let mut package = Package::new(os, dice.of(BINARIES), dice.of(VERSIONS));
        package.source = (!dice.one_in(6))
            .then(|| Source { name: dice.of(SOURCES).into(), version: dice.of(VERSIONS).into() });
        package.arch = dice.one_in(2).then(|| "x86_64".to_owned());
        package.origin = if dice.one_in(6) { Origin::ThirdParty } else { Origin::Distribution };
        if os == PackageType::Rpm && dice.one_in(3) {
            package.detail = Detail::Rpm {
                modularity: Some(dice.of(&["nodejs:18:1:a", "nodejs:16:1:a"]).into()),
                vendor: None,
            };
        }
        package.evidence = vec!["var/lib/db".into()];
        return package;
    }
    let (kind, _) = dice.of(LANGUAGES);
    let version =
        if dice.one_in(12) { "" } else { dice.of(&["1.0.0", "1.5.0", "2.0.0", "2.5.0", "v2.0.0", "v1.5.0"]) };
    let mut package = Package::new(kind, dice.of(MODULES), version);
    package.presence = if dice.one_in(5) { Presence::Declared } else { Presence::Installed };
    package.confidence = if dice.one_in(6) { Confidence::Probable } else { Confidence::Certain };
    package.evidence = vec![format!("app/{}", dice.below(4))];
    if kind == PackageType::Golang {
        package.detail = Detail::Go(GoModule {
            linked: (!dice.one_in(3)).then(|| vec![dice.of(&["net/http", "os"]).to_owned()]),
            main: dice.one_in(5),
            replaces: None,
            binary: GoBinary {
                goos: Some("linux".into()),
                toolchain: "go1.25".into(),
                ..GoBinary::default()
            },
        });
    }
    package
}

/// Packages of a distribution that nothing in particular holds together.
pub(crate) fn catalogue(dice: &mut Dice) -> Catalogue {
    let (id, version, _, _, kind) = dice.of(OS);
    let mut packages: Vec<Package> = (0..1 + dice.below(12)).map(|_| package(dice, kind)).collect();
    let count = packages.len();
    for package in &mut packages {
        let mut other = || Some(PackageIndex(dice.below(count) as u32));
        if !package.kind.is_os() {
            let (owner, carrier) = (other(), other());
            package.owner = owner.filter(|_| dice.one_in(3));
            package.bundled_in = carrier.filter(|_| dice.one_in(3));
        }
    }
    let os_release = OsRelease {
        id: id.into(),
        version_id: version.into(),
        pretty_name: "Some OS".into(),
        ..OsRelease::default()
    };
    let mut catalogue = Catalogue {
        distro: (!dice.one_in(8)).then_some(Distro { os_release, distroless: false }),
        packages,
        ..Catalogue::default()
    };
    if dice.one_in(4) {
        catalogue.kernel.booted = Some(dice.of(&["6.1.0-1-amd64", "1.0.x86_64", "5.0"]).into());
    }
    catalogue
}

pub(crate) fn digest(number: usize) -> Digest {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Digest::from_bytes(bytes)
}

/// What layers bring, from which images are made: layer `n` always brings the same, and images drop or change some of it.
pub(crate) fn layers(dice: &mut Dice) -> Vec<Vec<Package>> {
    (0..8).map(|_| (0..dice.below(10)).map(|_| package(dice, PackageType::Deb)).collect()).collect()
}

/// An image of some of the layers.
pub(crate) fn image(dice: &mut Dice, number: usize, layers: &[Vec<Package>]) -> scan::Catalogued {
    let chosen: Vec<usize> = (0..1 + dice.below(5)).map(|_| dice.below(layers.len())).collect();
    let mut packages = Vec::new();
    for (position, layer) in chosen.iter().enumerate() {
        if chosen[..position].contains(layer) {
            continue;
        }
        for package in &layers[*layer] {
            if dice.one_in(8) {
                continue;
            }
            let mut package = package.clone();
            package.layer = Some(position as u32);
            if dice.one_in(20) {
                package.layer = None;
            }
            packages.push(package);
        }
    }
    // The same package twice in one place.
    if let Some(first) = packages.first().filter(|_| dice.one_in(3)).cloned() {
        packages.push(first);
    }
    let count = packages.len();
    for package in &mut packages {
        if !package.kind.is_os() && dice.one_in(6) {
            package.owner = Some(PackageIndex(dice.below(count) as u32));
        }
    }
    let os_release = OsRelease { id: "debian".into(), version_id: "12".into(), ..OsRelease::default() };
    scan::Catalogued {
        subject: scan::Subject {
            target: format!("image {number}"),
            kind: scan::Kind::Image,
            judged: Some(Presence::Installed),
            image: Some(scan::Image {
                config_digest: ConfigDigest(digest(number)),
                manifest_digest: None,
                names: Vec::new(),
                platform: Platform { os: "linux".into(), architecture: "amd64".into(), variant: None },
                platforms: Vec::new(),
                annotations: BTreeMap::new(),
                config: ImageConfig::default(),
                layers: chosen
                    .iter()
                    .map(|layer| Layer {
                        diff_id: DiffId(digest(1_000_000 + layer)),
                        blob: None,
                        size: 10,
                        created_by: None,
                    })
                    .collect(),
            }),
            ..scan::Subject::default()
        },
        catalogue: Catalogue {
            distro: Some(Distro { os_release, distroless: false }),
            packages,
            ..Catalogue::default()
        },
        problems: Vec::new(),
        skipped: Vec::new(),
    }
}
