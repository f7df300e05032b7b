//! The file: damage, order, formats, what is told about it.

use std::sync::atomic::{AtomicUsize, Ordering};

use model::{Kev, Rating, Reference, Severity};
use package::{Ecosystem, PackageType};

use super::support::*;
use crate::{
    Builder, Context, Coverage, CoverageState, Database, Enrichment, Error, Lint, Record, Status, layout,
};

fn records() -> Vec<Record> {
    (0..60)
        .map(|n| {
            let package = format!("p{}", n % 7);
            let mut next = record("osv-debian", &format!("D-{n}"), &[&format!("CVE-2024-{n}")])
                .says(statement(Ecosystem::Debian, "12", &package).fixed("", &format!("1.{n}-1")))
                .says(statement(Ecosystem::Npm, "", "left").fixed("0.1.0", &format!("0.{n}.1")));
            next.references =
                vec![Reference { kind: "ADVISORY".into(), url: format!("https://example.org/{n}") }];
            next.aliases = vec![format!("GHSA-{n}")];
            next.summary = "x".repeat(n);
            if n % 9 == 0 {
                next.source = "debian-tracker".into();
                next.statements[0].status = Status::NotAffected;
            }
            next
        })
        .collect()
}

fn cves() -> Vec<Enrichment> {
    (0..30)
        .map(|n| Enrichment {
            cve: format!("CVE-2024-{n}"),
            ratings: vec![Rating {
                source: "cna:a".into(),
                severity: Severity::High,
                score: None,
                vector: None,
            }],
            kev: (n == 3).then(|| Kev { added: "a".into(), due: "b".into(), ransomware: true }),
            ..Enrichment::default()
        })
        .collect()
}

fn bytes(records: &[Record], cves: &[Enrichment]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut builder = Builder::new(folder.path()).unwrap();
    for record in records {
        builder.add(record).unwrap();
    }
    for cve in cves {
        builder.enrich(cve).unwrap();
    }
    for (source, ecosystem, release) in
        [("osv-debian", Ecosystem::Debian, Some("12")), ("osv-npm", Ecosystem::Npm, None)]
    {
        builder.cover(Coverage {
            source: source.into(),
            ecosystem,
            release: release.map(str::to_owned),
            packages: None,
            records: 5000,
            newest: None,
        });
    }
    builder.lint(Lint {
        source: "osv-npm".into(),
        code: "empty-range".into(),
        record: "GHSA-1".into(),
        detail: "a".into(),
    });
    builder.finish(&path).unwrap();
    std::fs::read(&path).unwrap()
}

fn catalogue() -> package::Catalogue {
    image(
        "debian",
        "12",
        vec![
            deb("p1", "1.20-1", "p1", "1.20-1"),
            deb("p3", "1.40-1", "p3", "1.40-1"),
            package::Package::new(PackageType::Npm, "left", "0.3.0"),
            package::Package::new(PackageType::Npm, "unknown", "0.30.0"),
        ],
    )
}

#[test]
fn every_byte_flipped_gives_an_error_or_the_right_answer() {
    let sound = bytes(&records()[..24], &cves()[..8]);
    let right = Database::from_bytes(sound.clone()).unwrap();
    right.verify_all().unwrap();
    let catalogue = catalogue();
    let expected = right.assess(&catalogue, &Context::default());
    assert!(expected.matches.len() > 15, "{}", expected.matches.len());
    assert_eq!(expected.problems, []);
    let why = right.why("CVE-2024-10", &catalogue, None, &Context::default());
    let (refused, damaged) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let at = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut other = sound.clone();
                loop {
                    let at = at.fetch_add(1, Ordering::Relaxed);
                    if at >= other.len() {
                        break;
                    }
                    let flip = 1 << (at % 8);
                    other[at] ^= flip;
                    match Database::from_bytes(other.clone()) {
                        Err(_) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(database) => {
                            assert!(database.verify_all().is_err(), "byte {at}");
                            let database = Database::from_bytes(other.clone()).unwrap();
                            let found = database.assess(&catalogue, &Context::default());
                            if found.problems.is_empty() {
                                assert_eq!(found, expected, "byte {at}");
                            } else {
                                damaged.fetch_add(1, Ordering::Relaxed);
                                assert!(found.coverage.contains(&CoverageState::Damaged));
                                assert_eq!(found.problems[0].code, crate::problems::DAMAGED);
                            }
                            let again = database.why("CVE-2024-10", &catalogue, None, &Context::default());
                            assert!(again == why || !again.problems.is_empty(), "byte {at}");
                            let _ = database.names();
                            let _ = database.lints();
                        }
                    }
                    other[at] ^= flip;
                }
            });
        }
    });
    assert!(refused.into_inner() >= 4096, "the header at least");
    assert!(damaged.into_inner() > 0, "blocks are checked when they are touched");
}

/// A database whose block hashes are right and whose content is not: bounds checks alone stand between it and a panic.
#[test]
fn content_that_lies_behind_right_hashes_never_panics() {
    let sound = bytes(&records()[..24], &cves()[..8]);
    let catalogue = catalogue();
    let header = layout::Header::decode(&sound[..4096], sound.len() as u64).unwrap();
    for at in (4096..usize::try_from(header.sums.offset).unwrap()).step_by(3) {
        for flip in [0xFFu8, 0x80, 0x01] {
            let mut other = sound.clone();
            other[at] ^= flip;
            let database = Database::from_bytes(rehash(other, header));
            if let Ok(database) = database {
                let _ = database.assess(&catalogue, &Context::default());
                let _ = database.why("CVE-2024-10", &catalogue, None, &Context::default()).to_string();
                let _ = (database.names(), database.lints(), database.enrichment("CVE-2024-3"));
            }
        }
    }
}

fn rehash(mut bytes: Vec<u8>, header: layout::Header) -> Vec<u8> {
    let (start, end) = (header.sums.offset as usize, (header.sums.offset + header.sums.len) as usize);
    let sums: Vec<u8> =
        bytes[4096..start].chunks(4096).flat_map(|block| crate::hash::hash64(block).to_le_bytes()).collect();
    bytes[start..end].copy_from_slice(&sums);
    let header = layout::Header { sums_hash: crate::hash::hash64(&sums), ..header };
    bytes[..4096].copy_from_slice(&header.encode());
    bytes
}

#[test]
fn a_cut_file_is_refused_at_every_length() {
    let sound = bytes(&records()[..5], &[]);
    for len in (0..sound.len()).step_by(97).chain([sound.len() - 1]) {
        assert!(Database::from_bytes(sound[..len].to_vec()).is_err(), "{len}");
    }
    let mut grown = sound.clone();
    grown.push(0);
    assert!(Database::from_bytes(grown).is_err());
}

#[test]
fn errors_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Database::open(&folder.path().join("none")).err().unwrap();
    assert!(missing.to_string().starts_with("cannot open"), "{missing}");
    let path = folder.path().join("text");
    std::fs::write(&path, "hello").unwrap();
    let error = Database::open(&path).err().unwrap();
    assert_eq!(error.to_string(), "this is no Seawall database; give a file that `seawall db import` wrote");
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Database::open(&path), Err(Error::NotADatabase)));
    let mut other = bytes(&records()[..1], &[]);
    other[8] = 99;
    let hash = crate::hash::hash64(&other[..4088]);
    other[4088..4096].copy_from_slice(&hash.to_le_bytes());
    std::fs::write(&path, &other).unwrap();
    let error = Database::open(&path).err().unwrap();
    assert!(matches!(error, Error::Version { found: 99, expected: layout::FORMAT }));
    assert!(error.to_string().contains("import the sources again"), "{error}");
}

#[test]
fn order_does_not_matter() {
    let (records, cves) = (records(), cves());
    let sound = bytes(&records, &cves);
    let mut other: Vec<Record> = records.iter().rev().cloned().collect();
    other.rotate_left(17);
    other.push(records[3].clone());
    let mut cves: Vec<Enrichment> = cves.into_iter().rev().collect();
    cves.rotate_left(5);
    assert!(sound == bytes(&other, &cves), "equal input in any order gives equal bytes");
}

#[test]
fn what_is_known_of_a_cve_is_joined() {
    let rated = Enrichment {
        cve: "CVE-1".into(),
        title: "A flaw".into(),
        ratings: vec![Rating { source: "cna:a".into(), severity: Severity::Low, score: None, vector: None }],
        cwes: vec!["CWE-79".into()],
        ..Enrichment::default()
    };
    let exploited = Enrichment {
        cve: "cve-1".into(),
        kev: Some(Kev { added: "2025-01-01".into(), due: String::new(), ransomware: false }),
        cwes: vec!["CWE-20".into()],
        ..Enrichment::default()
    };
    let likely = Enrichment { cve: "CVE-1".into(), epss: Some((0.5, 0.9)), ..Enrichment::default() };
    let database = Database::from_bytes(bytes(&[], &[likely, exploited, rated])).unwrap();
    let known = database.enrichment("CVE-1").unwrap().unwrap();
    assert_eq!((known.title.as_str(), known.epss), ("A flaw", Some((0.5, 0.9))));
    assert_eq!(known.cwes, ["CWE-20", "CWE-79"]);
    assert!(known.kev.is_some() && known.ratings.len() == 1);
    assert_eq!(database.info().cves, 1);
    assert_eq!(database.enrichment("CVE-2").unwrap(), None);
}

#[test]
fn what_is_in_it_is_told() {
    let database = Database::from_bytes(bytes(&records(), &cves())).unwrap();
    let info = database.info();
    assert_eq!((info.records, info.statements, info.cves), (60, 120, 30));
    let sources: Vec<(&str, u64)> =
        info.sources.iter().map(|source| (source.slug.as_str(), source.records)).collect();
    assert_eq!(sources, [("debian-tracker", 7), ("osv-debian", 53), ("osv-npm", 0)]);
    assert_eq!(info.sources[2].lints["empty-range"], 1);
    assert_eq!(database.lints().unwrap()[0].record, "GHSA-1");
    let found = database.records("ghsa-7").unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0.id, "D-7");
    assert_eq!(found[0].1.iter().map(|name| name.name.as_str()).collect::<Vec<_>>(), ["p0", "left"]);
}

#[test]
fn the_content_hash_changes_with_what_is_said_and_only_then() {
    let before = Database::from_bytes(bytes(&records(), &[])).unwrap().names().unwrap();
    let mut changed = records();
    changed[10].statements[0].ranges = vec![range("", "9-1")];
    changed.push(record("osv-debian", "NEW", &["CVE-9"]).says(statement(Ecosystem::Debian, "12", "new")));
    let after = Database::from_bytes(bytes(&changed, &[])).unwrap().names().unwrap();
    let differ: Vec<&str> =
        after.iter().filter(|name| !before.contains(name)).map(|name| name.name.as_str()).collect();
    assert_eq!(differ, ["new", "p3"]);
}

#[test]
fn ratings_of_today_do_not_make_old_advisories_look_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut builder = Builder::new(folder.path()).unwrap();
    builder.cover(Coverage {
        source: "osv-debian".into(),
        ecosystem: Ecosystem::Debian,
        release: Some("12".into()),
        packages: None,
        records: 1,
        newest: Some("2024-01-01T00:00:00Z".into()),
    });
    builder.enriched("epss", 2, Some("2026-11-24T00:00:00Z".into()));
    builder.enriched("epss", 3, Some("2026-11-23T00:00:00Z".into()));
    builder.finish(&path).unwrap();
    let info = Database::open(&path).unwrap().info();
    let epss = info.sources.iter().find(|source| source.slug == "epss").unwrap();
    assert_eq!((epss.enriching, epss.newest.as_deref()), (5, Some("2026-11-24T00:00:00Z")));
    assert_eq!(info.newest_advisory(), Some("2024-01-01T00:00:00Z"));
}

#[test]
fn a_name_s_content_is_that_of_the_list_and_changes_with_what_is_said() {
    let before = super::support::database(&records(), &cves());
    let names = before.names().unwrap();
    assert!(names.len() > 5);
    let key = |name: &crate::NameHash| crate::NameKey {
        ecosystem: name.ecosystem,
        release: name.release.clone(),
        kind: name.kind,
        name: name.name.clone(),
    };
    for name in &names {
        assert_eq!(before.content(&key(name)).unwrap(), Some(name.content));
    }
    let mut other = key(&names[0]);
    other.name.push('x');
    assert_eq!(before.content(&other).unwrap(), None);

    // One record about p3 more: p3 says something else, and nothing else does.
    let mut more = records();
    more.push(
        record("osv-debian", "D-99", &["CVE-2024-99"])
            .says(statement(Ecosystem::Debian, "12", "p3").fixed("", "9")),
    );
    let after = super::support::database(&more, &cves());
    let changed: Vec<&str> = names
        .iter()
        .filter(|name| after.content(&key(name)).unwrap() != Some(name.content))
        .map(|name| name.name.as_str())
        .collect();
    assert_eq!(changed, ["p3"]);
}

#[test]
fn what_a_verdict_hangs_on_is_told_from_what_is_shown() {
    let one = Enrichment { cve: "CVE-2024-1".into(), epss: Some((0.1, 0.2)), ..Enrichment::default() };
    let daily = Enrichment { epss: Some((0.3, 0.4)), title: "a title".into(), ..one.clone() };
    assert_eq!(one.verdict_hash(), daily.verdict_hash());
    assert_ne!(one.content_hash(), daily.content_hash());
    let kev = Kev { added: "2024-01-01".into(), due: "2024-02-01".into(), ransomware: false };
    let rating = Rating { source: "cna:a".into(), severity: Severity::High, score: None, vector: None };
    for other in [
        Enrichment { rejected: true, ..one.clone() },
        Enrichment { kev: Some(kev), ..one.clone() },
        Enrichment { ratings: vec![rating], ..one.clone() },
    ] {
        assert_ne!(other.verdict_hash(), one.verdict_hash(), "{other:?}");
    }
}

#[test]
fn rejected_cves_are_told_where_advisories_speak_of_them() {
    let mut cves = cves();
    cves[3].rejected = true;
    cves[5].rejected = true;
    cves.push(Enrichment { cve: "CVE-2024-7000".into(), rejected: true, ..Enrichment::default() });
    let database = super::support::database(&records(), &cves);
    assert_eq!(database.rejected().unwrap(), ["CVE-2024-3", "CVE-2024-5"]);
}

#[test]
fn the_hash_of_coverage_changes_with_what_silence_means() {
    /// Release, listed packages, records.
    type Row<'a> = (Option<&'a str>, Option<Vec<String>>, u64);
    let of = |rows: &[Row<'_>]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let mut builder = Builder::new(folder.path()).unwrap();
        for (release, packages, records) in rows {
            builder.cover(Coverage {
                source: "s".into(),
                ecosystem: Ecosystem::Debian,
                release: release.map(str::to_owned),
                packages: packages.clone(),
                records: *records,
                newest: None,
            });
        }
        builder.finish(&path).unwrap();
        let database = Database::from_bytes(std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(database.coverage_hash(Ecosystem::Npm), of_nothing());
        database.coverage_hash(Ecosystem::Debian)
    };
    let feed = of(&[(Some("12"), None, 5_000)]);
    assert_eq!(of(&[(Some("12"), None, 6_000)]), feed, "more records of a feed");
    let others = [
        of(&[]),
        of(&[(Some("12"), None, 3)]),
        of(&[(Some("11"), None, 5_000)]),
        of(&[(Some("12"), None, 5_000), (Some("11"), None, 5_000)]),
        of(&[(Some("12"), Some(vec!["a".into()]), 5_000)]),
        of(&[(Some("12"), Some(vec!["b".into()]), 5_000)]),
    ];
    for (at, other) in others.iter().enumerate() {
        assert!(*other != feed && !others[..at].contains(other), "{at}");
    }
}

fn of_nothing() -> u64 {
    crate::hash::hash64(b"")
}
