//! One file an os-release under `tests/data/os-release`; its first line says what it must be recognised as:
//! `#= <name of the row>|<release>|<an OSV ecosystem of the same release>`. Add a file, add a case.

use std::{collections::BTreeSet, fs, path::Path};

use package::{Ecosystem, OsRelease};

/// The few keys that matter, without the escapes that none of these files has.
fn read(text: &str) -> OsRelease {
    let field = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.trim_matches('"').to_owned())
            .unwrap_or_default()
    };
    OsRelease {
        id: field("ID"),
        id_like: field("ID_LIKE").split_whitespace().map(str::to_owned).collect(),
        version_id: field("VERSION_ID"),
        codename: field("VERSION_CODENAME"),
        pretty_name: field("PRETTY_NAME"),
    }
}

#[test]
fn every_distribution_is_recognised_and_agrees_with_osv() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/os-release");
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (head, body) = text.split_once('\n').unwrap();
        let mut expected = head.strip_prefix("#= ").unwrap_or_else(|| panic!("{name}: no '#= '")).split('|');
        let (row, release, osv) =
            (expected.next().unwrap(), expected.next().unwrap(), expected.next().unwrap());

        let found = Ecosystem::from_os_release(&read(body));
        let Some((ecosystem, found_release)) = found else {
            assert_eq!(row, "", "{name}: not recognised");
            continue;
        };
        assert_eq!((ecosystem.row().osv, found_release.as_str()), (row, release), "{name}");
        if !osv.is_empty() {
            let (by_osv, osv_release) = Ecosystem::from_osv(osv).unwrap_or_else(|| panic!("{name}: {osv}"));
            assert_eq!(
                (by_osv, osv_release.unwrap_or_default()),
                (ecosystem, found_release),
                "{name}: {osv}"
            );
        }
        seen.insert(ecosystem);
    }
    let all: BTreeSet<Ecosystem> = package::ecosystem::TABLE
        .iter()
        .filter(|row| !row.os_ids.is_empty())
        .map(|row| row.ecosystem)
        .collect();
    assert_eq!(seen, all, "a row without an os-release to prove it");
}

#[test]
fn a_release_that_cannot_be_told_is_needed_where_there_are_releases() {
    assert!(Ecosystem::Debian.row().release.is_needed());
    assert!(Ecosystem::OpenSuse.row().release.is_needed());
    assert!(!Ecosystem::Wolfi.row().release.is_needed());
    assert!(!Ecosystem::Npm.row().release.is_needed());
}
