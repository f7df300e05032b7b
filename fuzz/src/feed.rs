//! Advisories, and the database that they are compiled to.

use std::{
    cmp::Ordering,
    fs,
    path::{Path, PathBuf},
};

use model::{Class, Rating, Severity};
use package::{Catalogue, Distro, Ecosystem, OsRelease, Package, PackageType, Source};
use vulndb::{
    Builder, Context, Coverage, Database, End, Enrichment, NameHash, Range, Record, Statement, Status,
};

use crate::{images::folder, made, parts, text};

#[path = "../../crates/vulndb/src/hash.rs"]
#[allow(dead_code, reason = "the half that the database's blocks use is enough")]
mod hash;

fn feeds(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let root = folder().join(name);
    let _ = fs::remove_dir_all(&root);
    for (path, data) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, data).expect("it can be written");
    }
    root
}

/// Imports a folder, then asks the database everything.
fn import(root: &Path) {
    let to = root.join("out.db");
    match feeds::import(root, &to, &mut |_| {}) {
        Ok(_) => {
            let database = Database::open(&to).expect("what was just written can be opened");
            database.verify_all().expect("what was just written is whole");
            let names = database.names().expect("they can be listed");
            let (catalogue, context) = (catalogue_of(&names), Context::default());
            let found = database.assess(&catalogue, &context);
            assert_eq!(found.problems, [], "what was just written is no damage");
            for found in found.matches.iter().take(4) {
                let why = database.why(&found.id, &catalogue, None, &context);
                assert!(!why.packages.is_empty(), "{} is found and not explained", found.id);
                let _ = why.to_string();
            }
            let _ = (database.info(), database.lints());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A package for each of these names.
fn catalogue_of(names: &[NameHash]) -> Catalogue {
    let packages = names.iter().take(50).map(|name| {
        let row = name.ecosystem.row();
        let mut package = Package::new(row.package_type, name.name.as_str(), "1.2.3");
        package.source = Some(Source { name: name.name.clone(), version: "1.2.3".to_owned() });
        package
    });
    let release = names.iter().find(|name| !name.release.is_empty());
    let distro = release.map(|name| Distro {
        os_release: OsRelease {
            id: name.ecosystem.row().os_ids.first().map_or("debian", |id| id).to_owned(),
            version_id: name.release.clone(),
            ..OsRelease::default()
        },
        distroless: false,
    });
    Catalogue { distro, packages: packages.collect(), ..Catalogue::default() }
}

/// Records of the OSV bucket.
pub fn osv(data: &[u8]) {
    let parts = parts(data, 3);
    let zip = made::zip(&[("a.json", parts[0]), ("b.json", parts[1]), ("c.json", parts[2])]);
    import(&feeds("osv", &[("Debian/all.zip", &zip)]));
}

const GHSA: &[u8] = br#"{"id":"GHSA-1","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2024-1"],"affected":[{"package":{"ecosystem":"npm","name":"a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}"#;

/// CVE JSON 5, beside a record that names the CVE.
pub fn cve(data: &[u8]) {
    let (cves, npm) = (made::zip(&[("a.json", data)]), made::zip(&[("GHSA-1.json", GHSA)]));
    import(&feeds("cve", &[("CVE/all.zip", &cves), ("npm/all.zip", &npm)]));
}

/// The KEV catalogue.
pub fn kev(data: &[u8]) {
    let npm = made::zip(&[("a.json", b"{}")]);
    import(&feeds("kev", &[("kev/known_exploited_vulnerabilities.json", data), ("npm/all.zip", &npm)]));
}

/// Debian's security tracker.
pub fn tracker(data: &[u8]) {
    import(&feeds("tracker", &[("debian-tracker/data.json", &[br#"{"a":{"CVE-"#, data].concat())]));
}

/// Alpine's secdb.
pub fn secdb(data: &[u8]) {
    import(&feeds("secdb", &[("v3.22/main.json", &[br#"{"distroversion":"#, data].concat())]));
}

/// EPSS scores, compressed or not, beside a record that names the CVE.
pub fn epss(data: &[u8]) {
    let csv = [b"cve,epss,percentile\n", data].concat();
    let npm = made::zip(&[("a.json", GHSA)]);
    import(&feeds("epss", &[("epss/scores.csv", &csv), ("epss/more.csv.gz", data), ("npm/all.zip", &npm)]));
}

/// A file of any kind under a name that tells nothing: what it is, its first bytes say. And what `db update` keeps.
pub fn feed_any(data: &[u8]) {
    let kept = [br#"{"seawallSources":"#, data].concat();
    import(&feeds("any", &[("a/b.json", data), ("sources.json", &kept)]));
}

/// A feed's zip, and the list of packages that it looked at.
pub fn feed_zip(data: &[u8]) {
    import(&feeds("zip", &[("Alpine/all.zip", data), ("Alpine/sources.txt", &data[..data.len().min(64)])]));
}

/// Where the header says where the block hashes are: see `layout.rs` of `vulndb`.
const SUMS_AT: usize = 8 + 4 + 4 + 8 + 8 * 16;

/// A database as a whole. Its hashes are made right first, else nothing behind them would ever be reached: bounds checks
/// alone then stand between a lie and a panic.
pub fn database(data: &[u8]) {
    let mut bytes = data.to_vec();
    let len = bytes.len();
    if len > 4096 {
        let number = |bytes: &[u8], at: usize| {
            bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word) as usize)
        };
        let set = |bytes: &mut [u8], at: usize, value: u64| {
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        };
        set(&mut bytes, 16, len as u64);
        let start = number(&bytes, SUMS_AT).unwrap_or(0).clamp(4096, len);
        let sums: Vec<u8> =
            bytes[4096..start].chunks(4096).flat_map(|block| hash::hash64(block).to_le_bytes()).collect();
        let end = (start + sums.len()).min(len);
        bytes[start..end].copy_from_slice(&sums[..end - start]);
        set(&mut bytes, SUMS_AT + 16, hash::hash64(&sums));
        let own = hash::hash64(&bytes[..4088]);
        set(&mut bytes, 4088, own);
    }
    let Ok(database) = Database::from_bytes(bytes) else { return };
    let mut packages = vec![
        Package::new(PackageType::Npm, "left", "0.3.0"),
        Package::new(PackageType::Deb, "p1", "1.20-1"),
        Package::new(PackageType::Golang, "stdlib", "1.20"),
    ];
    packages[1].source = Some(Source { name: "p1".into(), version: "1.20-1".into() });
    let catalogue = Catalogue { distro: Some(debian()), packages, ..Catalogue::default() };
    let _ = database.assess(&catalogue, &Context::default());
    let _ = database.why("CVE-2024-1", &catalogue, None, &Context::default()).to_string();
    let _ = (database.info(), database.names(), database.lints(), database.verify_all().is_ok());
    let _ = (database.records("D-1"), database.enrichment("CVE-2024-1"));
}

fn debian() -> Distro {
    let os_release = OsRelease { id: "debian".into(), version_id: "12".into(), ..OsRelease::default() };
    Distro { os_release, distroless: false }
}

fn record(statement: Statement) -> Record {
    Record {
        source: "osv-a".into(),
        id: "A-1".into(),
        cves: vec!["CVE-2024-1".into()],
        aliases: Vec::new(),
        class: Class::Vulnerability,
        summary: String::new(),
        published: None,
        modified: None,
        withdrawn: false,
        ratings: Vec::new(),
        cwes: Vec::new(),
        references: Vec::new(),
        statements: vec![statement],
    }
}

fn statement(ecosystem: Ecosystem) -> Statement {
    Statement {
        ecosystem,
        release: None,
        package: "a".into(),
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

fn compiled(records: &[Record], cves: &[Enrichment]) -> Vec<u8> {
    let to = folder().join("compiled.db");
    let mut builder = Builder::new(folder()).expect("it can be begun");
    for record in records {
        builder.add(record).expect("it is kept");
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
        builder.enrich(cve).expect("it is kept");
    }
    builder.finish(&to).expect("it can be written");
    fs::read(&to).expect("it can be read")
}

/// A small sound database, to begin from.
#[must_use]
pub fn sound_database() -> Vec<u8> {
    let records: Vec<Record> = (0..12)
        .map(|n| {
            let mut of = statement(if n % 2 == 0 { Ecosystem::Debian } else { Ecosystem::Npm });
            of.release = (n % 2 == 0).then(|| "12".to_owned());
            of.package = if n % 2 == 0 { format!("p{}", n % 4) } else { "left".to_owned() };
            of.ranges = vec![Range { introduced: None, end: End::Fixed(format!("1.{n}.0")) }];
            let mut record = record(of);
            record.id = format!("D-{n}");
            record.cves = vec![format!("CVE-2024-{n}")];
            record
        })
        .collect();
    let cves: Vec<Enrichment> = (0..6)
        .map(|n| Enrichment { cve: format!("CVE-2024-{n}"), epss: Some((0.1, 0.9)), ..Enrichment::default() })
        .collect();
    compiled(&records, &cves)
}

/// Ecosystems that stand for the version orders.
const ORDERS: &[(Ecosystem, PackageType)] = &[
    (Ecosystem::Npm, PackageType::Npm),
    (Ecosystem::PyPi, PackageType::Pypi),
    (Ecosystem::Maven, PackageType::Maven),
    (Ecosystem::Go, PackageType::Golang),
    (Ecosystem::CratesIo, PackageType::Cargo),
    (Ecosystem::RubyGems, PackageType::Gem),
];

/// Ranges and a version: a match is there exactly where a naive reading of the ranges says so.
pub fn ranges(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    let (ecosystem, kind) = ORDERS[usize::from(choice) % ORDERS.len()];
    let order = ecosystem.row().order;
    let texts: Vec<String> = parts(rest, 6).into_iter().map(text).collect();
    let [version, ranges @ ..] = &texts[..] else { return };
    let Ok(installed) = order.parse(version) else { return };
    // A name's versions are sorted once and looked up there. Maven's own order goes round in circles on a few versions
    // that nobody publishes; for those there is no right place.
    if ecosystem == Ecosystem::Maven && !is_transitive(order, &texts) {
        return;
    }
    let mut of = statement(ecosystem);
    let mut expected = false;
    for (number, pair) in ranges.chunks(2).enumerate() {
        let introduced = Some(pair[0].clone()).filter(|text| !text.is_empty() && text != "0");
        let end = match pair.get(1) {
            Some(text) if !text.is_empty() && number == 0 => End::Fixed(text.clone()),
            Some(text) if !text.is_empty() => End::LastAffected(text.clone()),
            _ => End::Open,
        };
        expected |= in_range(order, &installed, introduced.as_deref(), &end);
        of.ranges.push(Range { introduced, end });
    }
    let database = Database::from_bytes(compiled(&[record(of)], &[])).expect("it is sound");
    let catalogue =
        Catalogue { packages: vec![Package::new(kind, "a", version.as_str())], ..Catalogue::default() };
    let found = database.assess(&catalogue, &Context::default());
    // Versions of a pre-release or without meaning in an ecosystem may be judged otherwise, with a note; never the ranges.
    if !installed.is_prerelease() {
        assert_eq!(found.matches.len() == 1, expected, "{version:?} in {ranges:?} of {ecosystem:?}");
    }
}

/// Do these versions stand in one line?
fn is_transitive(order: package::VersionOrder, texts: &[String]) -> bool {
    let versions: Vec<_> = texts.iter().filter_map(|text| order.parse(text).ok()).collect();
    versions.iter().all(|a| {
        versions.iter().filter(|b| a.compare(b) != Ordering::Greater).all(|b| {
            versions.iter().filter(|c| b.compare(c) != Ordering::Greater).all(|c| {
                // `Less` is the least: one of the two steps up is a step up in all.
                a.compare(c) == a.compare(b).min(b.compare(c))
            })
        })
    })
}

fn in_range(
    order: package::VersionOrder,
    installed: &package::Version,
    introduced: Option<&str>,
    end: &End,
) -> bool {
    let parse = |text: &str| order.parse(text).ok();
    let from = match introduced {
        None => None,
        Some(text) => match parse(text) {
            Some(version) => Some(version),
            None => return false,
        },
    };
    let (to, inclusive) = match end {
        End::Open => (None, false),
        End::Fixed(text) | End::Limit(text) => (parse(text), false),
        End::LastAffected(text) => (parse(text), true),
    };
    if to.is_none() && !matches!(end, End::Open) {
        return false;
    }
    let inverted = match (&from, &to) {
        (Some(from), Some(to)) => match from.compare(to) {
            Ordering::Greater => true,
            Ordering::Equal => !inclusive,
            Ordering::Less => false,
        },
        _ => false,
    };
    !inverted
        && from.is_none_or(|from| installed.compare(&from) != Ordering::Less)
        && to.is_none_or(|to| match installed.compare(&to) {
            Ordering::Less => true,
            Ordering::Equal => inclusive,
            Ordering::Greater => false,
        })
}

/// A CVSS vector of any version: a score is finite and of the scale.
pub fn cvss(data: &[u8]) {
    let mut record = record(statement(Ecosystem::Npm));
    record.ratings.push(Rating {
        source: "ghsa".into(),
        severity: Severity::Unknown,
        score: None,
        vector: Some(text(data)),
    });
    let database = Database::from_bytes(compiled(&[record], &[])).expect("it is sound");
    let catalogue =
        Catalogue { packages: vec![Package::new(PackageType::Npm, "a", "1.0.0")], ..Catalogue::default() };
    let found = database.assess(&catalogue, &Context::default());
    assert_eq!(found.matches.len(), 1);
    for rating in &found.matches[0].ratings {
        assert!(rating.score.is_none_or(|score| (0.0..=10.0).contains(&score)), "{rating:?}");
    }
}
