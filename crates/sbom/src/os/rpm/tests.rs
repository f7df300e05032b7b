use package::{Origin, PackageIndex};

use super::*;
use crate::testing::{Image, catalogue, names as shown, problems};

/// Made by `tests/data/rpm/make.sh` with the real rpm and SQLite.
const MAIN: &[u8] = include_bytes!("../../../tests/data/rpm/small.sqlite");
/// Holds one more row.
const LOG: &[u8] = include_bytes!("../../../tests/data/rpm/small.sqlite-wal");

const PATH: &str = "var/lib/rpm/rpmdb.sqlite";
const LOG_PATH: &str = "var/lib/rpm/rpmdb.sqlite-wal";
const ALL: [&str; 3] =
    ["late 2-1", "seed 1.0~rc1-1.module_el8.9.0+1+abcdef01", "seed-libs 2:3.4-1.module_el8.9.0+1+abcdef01"];

#[test]
fn case_19_rows_in_the_log_are_read_and_keys_dropped_in_all_three_places() {
    for folder in FOLDERS {
        let (main, log) = (format!("{folder}{SQLITE}"), format!("{folder}{WAL}"));
        let assembled = catalogue(&[(0, &main, MAIN), (0, &log, LOG)]);
        assert_eq!(shown(&assembled), ALL);
        assert_eq!(problems(&assembled), [""; 0]);
        assert_eq!(shown(&catalogue(&[(0, &main, MAIN)])), ALL[1..]);
        assert_eq!(shown(&catalogue(&[(0, &main, MAIN), (0, &log, b"")])), ALL[1..]);
    }
}

#[test]
fn the_whole_of_a_package() {
    let image = Image::new()
        .file(0, "etc/os-release", "ID=almalinux\nVERSION_ID=8.9\n")
        .file(0, PATH, MAIN)
        .file(1, LOG_PATH, LOG);
    let packages = image.catalogue().catalogue.packages;
    let libs = &packages[2];
    assert_eq!(libs.arch.as_deref(), Some("noarch"));
    assert_eq!(libs.licences, ["BSD and MIT"]);
    let source = libs.source.as_ref().unwrap();
    assert_eq!((&*source.name, &*source.version), ("seed", "1.0~rc1-1.module_el8.9.0+1+abcdef01"));
    assert_eq!(libs.depends_on, [PackageIndex(1)]);
    assert_eq!(libs.evidence, [PATH]);
    assert_eq!(
        libs.detail,
        Detail::Rpm {
            modularity: Some("seed:1:8090020231201:abcdef01".into()),
            vendor: Some("AlmaLinux".into())
        }
    );
    let of: Vec<_> = packages.iter().map(|p| (p.layer, p.origin)).collect();
    assert_eq!(
        of,
        [(Some(1), Origin::ThirdParty), (Some(0), Origin::Distribution), (Some(0), Origin::Distribution)]
    );
}

#[test]
fn a_link_to_the_new_place_in_a_lower_layer_is_followed() {
    let image = Image::new()
        .link(0, "var/lib/rpm", "../../usr/lib/sysimage/rpm")
        .file(0, "usr/lib/sysimage/rpm/rpmdb.sqlite", MAIN)
        .file(1, LOG_PATH, LOG);
    let assembled = image.catalogue();
    assert_eq!(shown(&assembled), ALL);
    assert_eq!(assembled.catalogue.packages[0].evidence, ["usr/lib/sysimage/rpm/rpmdb.sqlite"]);
}

#[test]
fn files_and_their_directories() {
    let mut found = Vec::new();
    let database = Database::open(MAIN, wal::Log::default()).unwrap();
    let outcome = database.rows("Packages", &mut |blob| {
        let files = Header::parse(blob).unwrap().files();
        for (name, dir) in files.names.split_terminator('\0').zip(&files.dir_of) {
            found.push(format!("{}/{name}", files.dirs[*dir as usize]));
        }
    });
    assert_eq!(outcome, sqlite::Outcome::default());
    assert_eq!(found.len(), 44);
    for path in ["usr/bin/seed", "usr/lib/seed-1.dist-info/METADATA", "usr/share/seed/file40"] {
        assert!(found.iter().any(|f| f == path), "{path} in {found:?}");
    }
}

#[test]
fn other_formats_are_named_unless_the_new_database_lies_beside_them() {
    for (name, word) in [("Packages", "Berkeley DB"), ("Packages.db", "ndb")] {
        let path = format!("usr/lib/sysimage/rpm/{name}");
        let assembled = catalogue(&[(0, &path, b"bytes")]);
        assert_eq!(problems(&assembled), [format!("sbom.unsupported-database {path} ×1")]);
        assert_eq!(assembled.problems[0].effect, Effect::MayHidePackages);
        assert!(assembled.problems[0].message.contains(word));
        let both = catalogue(&[(0, &path, b"bytes"), (0, "usr/lib/sysimage/rpm/rpmdb.sqlite", MAIN)]);
        assert_eq!(problems(&both), [""; 0]);
        let removed = Image::new().file(0, &path, "x").file(1, "usr/lib/sysimage/.wh.rpm", "");
        assert_eq!(problems(&removed.catalogue()), [""; 0]);
    }
}

#[test]
fn what_is_no_database_is_said() {
    let cut = &MAIN[..5000];
    for (bytes, count) in [(&b"SQLite format 4"[..], 1), (b"x", 1), (cut, 1)] {
        let assembled = catalogue(&[(0, PATH, bytes)]);
        assert!(assembled.problems.iter().all(|p| p.effect == Effect::MayHidePackages));
        assert_eq!(assembled.problems.len(), count, "{:?}", assembled.problems);
    }
    let other = [MAIN, &[0; 1024]].concat();
    assert_eq!(shown(&catalogue(&[(0, PATH, &other), (0, LOG_PATH, b"not a log")])), ALL[1..]);
}

#[test]
fn pages_without_packages_are_not_kept() {
    let info = FileInfo { path: PATH, size: MAIN.len() as u64, mode: 0 };
    let mut found = Problems::new();
    let Some(Fact::Rpm(DatabaseFile::Sqlite(kept))) =
        read_bytes(&info, &MAIN, &Budget::default(), &mut found)
    else {
        panic!("a database");
    };
    assert_eq!(kept.len(), MAIN.len());
    let cleared = kept.chunks(1024).filter(|page| page.iter().all(|byte| *byte == 0)).count();
    assert!(cleared > 0, "of {} pages", kept.len() / 1024);
    assert_eq!(shown(&catalogue(&[(0, PATH, &kept), (0, LOG_PATH, LOG)])), ALL);
    // Damage anywhere in the table leaves all as it was.
    let mut damaged = MAIN.to_vec();
    sqlite::clear_other_pages(&mut damaged, "Nothing");
    assert_eq!(damaged, MAIN);
}

/// The log as SQLite would recover it: cut anywhere it gives the old rows, whole the new one.
#[test]
fn a_torn_log_is_used_up_to_its_last_commit() {
    let rows = |log: &[u8]| {
        let assembled = catalogue(&[(0, PATH, MAIN), (0, LOG_PATH, log)]);
        (shown(&assembled).len(), assembled.problems.len())
    };
    assert_eq!(rows(LOG), (3, 0));
    for len in (1..LOG.len()).step_by(97) {
        let (found, told) = rows(&LOG[..len]);
        let whole_frames = len >= 32 && (len - 32).checked_rem(1024 + 24) == Some(0);
        assert_eq!(found, 2, "{len}");
        assert!(told == 1 || whole_frames || len < 32 || (len - 32) % 1048 < 24, "{len}");
    }
    // Frames of an earlier run behind the end, with another salt: not of this log, and nothing to worry about.
    let mut stale = LOG.to_vec();
    let mut old = LOG[32..32 + 1048].to_vec();
    old[8] ^= 1;
    stale.extend(old);
    assert_eq!(rows(&stale), (3, 0));
}

#[test]
fn every_byte_flipped_ends_soon_without_a_panic_and_never_invents_packages_in_number() {
    let info = FileInfo { path: PATH, size: 0, mode: 0 };
    for at in 0..MAIN.len() + LOG.len() {
        let (mut main, mut log) = (MAIN.to_vec(), LOG.to_vec());
        match main.get_mut(at) {
            Some(byte) => *byte ^= 0xff,
            None => log[at - MAIN.len()] ^= 0xff,
        }
        let mut entries = 0;
        let log = wal::read(&log);
        if let Ok(database) = Database::open(&main, log) {
            let outcome = database.rows("Packages", &mut |blob| {
                entries += u32::from(Header::parse(blob).and_then(|h| Entry::new(&h)).is_some());
            });
            assert!(outcome.damaged < 600, "{outcome:?} with byte {at} flipped");
        }
        assert!(entries <= 16, "{} rows with byte {at} of {} flipped", entries, info.path);
    }
}

/// A database of `pages` made by hand: what SQLite never writes.
fn hostile(pages: &[Vec<u8>]) -> Vec<u8> {
    let mut first = vec![0; 1024];
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&1024_u16.to_be_bytes());
    // sqlite_schema with one row: ("table", "Packages", "Packages", 2).
    let record = [&[5, 23, 29, 29, 1][..], b"tablePackagesPackages", &[2]].concat();
    let cell = [&[u8::try_from(record.len()).unwrap(), 1], &record[..]].concat();
    let at = 1024 - cell.len();
    first[at..].copy_from_slice(&cell);
    first[100] = 0x0d;
    first[104] = 1;
    first[108..110].copy_from_slice(&u16::try_from(at).unwrap().to_be_bytes());
    pages.iter().fold(first, |all, page| [all, page.clone()].concat())
}

fn rows(bytes: &[u8]) -> (u64, sqlite::Outcome) {
    let mut rows = 0;
    let database = Database::open(bytes, wal::Log::default()).unwrap();
    let outcome = database.rows("Packages", &mut |_| rows += 1);
    (rows, outcome)
}

#[test]
fn pages_that_lead_in_circles_are_visited_once() {
    let mut inner = vec![0; 1024];
    inner[0] = 0x05;
    inner[4] = 200;
    for cell in 0..200 {
        inner[12 + 2 * cell] = 2; // every cell at 0x0200: child 3
    }
    inner[0x200 + 3] = 3;
    inner[8 + 3] = 2; // right-most child: itself
    let mut leaf = inner.clone();
    leaf[0x200 + 3] = 2;
    let (found, outcome) = rows(&hostile(&[inner, leaf]));
    assert_eq!(found, 0);
    assert!(outcome.damaged > 200, "{outcome:?}");
}

#[test]
fn cells_and_overflow_chains_that_share_bytes_are_read_once() {
    // 500 cells that are one and the same cell of 900 bytes, and cells whose overflow chain is the page itself.
    let mut same = vec![0; 1024];
    same[0] = 0x0d;
    same[3..5].copy_from_slice(&500_u16.to_be_bytes());
    for cell in 0..500 {
        same[9 + 2 * cell] = 100;
    }
    same[100..103].copy_from_slice(&[0x87, 0x04, 1]); // 900 bytes, row 1
    let (found, outcome) = rows(&hostile(&[same]));
    // The cell lies over two pointers, one of which then leads to an empty record.
    assert!(found <= 2, "{found}");
    assert!(outcome.damaged >= 498);
    let mut chain = vec![0; 1024];
    chain[0] = 0x0d;
    chain[4] = 1;
    chain[9] = 100;
    chain[100..106].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x7f, 1]); // 32 GiB, row 1
    let (found, outcome) = rows(&hostile(&[chain]));
    assert_eq!((found, outcome.damaged), (0, 1));
}

#[test]
fn headers_that_lie_about_counts_and_offsets_are_bounded() {
    let entry =
        |tag: u32, kind: u32, at: u32, count: u32| [tag, kind, at, count].map(u32::to_be_bytes).concat();
    let header = |entries: &[Vec<u8>], store: &[u8]| {
        [
            u32::try_from(entries.len()).unwrap().to_be_bytes().to_vec(),
            u32::try_from(store.len()).unwrap().to_be_bytes().to_vec(),
            entries.concat(),
            store.to_vec(),
        ]
        .concat()
    };
    let blob = header(
        &[
            entry(header::NAME, 6, 0, 1),
            entry(header::VERSION, 6, u32::MAX, 1),
            entry(header::RELEASE, 6, 2, 0),
            entry(header::ARCH, 6, 4, 1),
            entry(header::EPOCH, 4, 3, 1),
            entry(header::PROVIDENAME, 8, 0, u32::MAX),
            entry(1117, 8, 0, u32::MAX),
            entry(1118, 8, 0, 1),
            entry(1116, 4, 0, u32::MAX),
        ],
        b"a\0b\0x",
    );
    let header = Header::parse(&blob).unwrap();
    assert_eq!(header.text(header::NAME).as_deref(), Some("a"));
    assert_eq!(header.text(header::VERSION), None);
    assert_eq!(header.text(header::RELEASE), None);
    assert_eq!(header.text(header::ARCH), None, "no end");
    assert_eq!(header.number(header::EPOCH), None);
    assert_eq!(header.names(header::PROVIDENAME), "a\0b\0");
    assert_eq!(header.files().names, "a\0b\0");
    assert!(Entry::new(&header).is_none());
    assert!(Header::parse(&[0xff; 64]).is_none());
    assert!(Header::parse(&[]).is_none());
}

#[test]
fn sources_from_the_names_of_source_rpms() {
    let source = |text: &str| {
        let entry = Entry {
            name: "own".into(),
            version: "1-1".into(),
            source_rpm: Some(text.into()),
            ..Entry::default()
        };
        let source = entry.source();
        format!("{} {}", source.name, source.version)
    };
    assert_eq!(source("python3-3.6.8-37.el8.src.rpm"), "python3 3.6.8-37.el8");
    assert_eq!(source("a-b-1-2.nosrc.rpm"), "a-b 1-2");
    for odd in ["", "x.rpm", "nothing", "-1-2.src.rpm"] {
        assert_eq!(source(odd), "own 1-1", "{odd}");
    }
}

#[test]
fn facts_survive_the_cache() {
    let fact = Fact::Rpm(DatabaseFile::Log(vec![0, 1, 255]));
    let text = serde_json::to_string(&fact).unwrap();
    assert_eq!(serde_json::from_str::<Fact>(&text).unwrap(), fact);
}
