//! A real image: Debian by debootstrap with an npm tree, a Python environment, a Go binary and a war, in five layers.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// Runs a script of `scripts/fixtures` and gives the folder that it made, or found.
fn fixture(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fixtures").join(name);
    let made = Command::new(&script).output().unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

/// Scans without matching, with a cache of its own.
fn scan(target: &Path, cache: &Path, format: &str) -> Value {
    let done = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["scan", "--no-match", "--format", format])
        .arg(target)
        .env("SEAWALL_CACHE_DIR", cache)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut json: Value = serde_json::from_slice(&done.stdout).unwrap();
    if format == "json" {
        json["timestamp"] = Value::Null;
    }
    json
}

/// `(purl without its qualifiers, layer)` of each component of a purl type, sorted.
fn components(bom: &Value, kind: &str) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> = bom["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|component| {
            let purl = component["purl"].as_str()?.strip_prefix(kind)?;
            let properties = component["properties"].as_array();
            let layer = properties
                .into_iter()
                .flatten()
                .find(|property| property["name"] == "seawall:layer")
                .map_or("", |property| property["value"].as_str().unwrap());
            Some((purl.split('?').next().unwrap().to_owned(), layer.to_owned()))
        })
        .collect();
    list.sort();
    list
}

#[test]
fn packages_of_the_image_are_those_of_dpkg_by_every_way_to_it() {
    let image = fixture("debian-image");
    let debian = fixture("debian-rootfs");
    let cache = tempfile::tempdir().unwrap();
    let by_layout = scan(&image.join("layout"), cache.path(), "cyclonedx");
    let by_archive = scan(&image.join("image.tar"), cache.path(), "cyclonedx");

    let mut ours: Vec<(&str, &str)> = by_layout["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|component| {
            component["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:deb/debian/"))
        })
        .map(|component| (component["name"].as_str().unwrap(), component["version"].as_str().unwrap()))
        .collect();
    ours.sort_unstable();
    let table = fs::read_to_string(debian.join("packages.tsv")).unwrap();
    let mut dpkg: Vec<(&str, &str)> = table
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|fields| (fields[0], fields[1]))
        .collect();
    dpkg.sort_unstable();
    assert!(dpkg.len() >= 300, "{} packages", dpkg.len());
    assert_eq!(ours, dpkg);

    for kind in ["pkg:deb/", "pkg:npm/", "pkg:pypi/", "pkg:golang/", "pkg:maven/"] {
        let found = components(&by_layout, kind);
        assert!(!found.is_empty(), "{kind}");
        assert_eq!(found, components(&by_archive, kind));
    }
    let layer_of = |kind: &str, start: &str| {
        let found = components(&by_layout, kind);
        found.iter().find(|(purl, _)| purl.starts_with(start)).map(|(_, layer)| layer.clone())
    };
    assert_eq!(layer_of("pkg:deb/", "debian/openssl@").as_deref(), Some("0"));
    assert_eq!(layer_of("pkg:npm/", "lodash@4.17.20").as_deref(), Some("1"));
    assert_eq!(layer_of("pkg:pypi/", "urllib3@1.26.17").as_deref(), Some("2"));
    assert_eq!(layer_of("pkg:maven/", "org.apache.logging.log4j/log4j-core@2.14.1").as_deref(), Some("3"));
    // What the last layer takes back is gone as an installed package, and its manifest still declares it.
    let evidence = by_layout["components"].as_array().unwrap().iter().filter(|component| {
        component["name"] == "minimist"
            && component.to_string().contains("node_modules/minimist/package.json")
    });
    assert_eq!(evidence.count(), 0);
}

#[test]
fn a_cached_scan_gives_the_same_and_a_damaged_cache_is_read_anew() {
    let layout = fixture("debian-image").join("layout");
    let cache = tempfile::tempdir().unwrap();
    let first = scan(&layout, cache.path(), "json");
    assert_eq!(first["image"]["config"]["user"], "1000:1000");
    assert_eq!(first["image"]["config"]["exposedPorts"][0], "8080/tcp");
    assert!(!first.to_string().contains("not-a-secret"), "values of environment variables are left out");
    let files = first["privilegedFiles"].as_array().unwrap();
    assert!(files.iter().any(|file| file["path"] == "usr/bin/passwd" && file["mode"] == "4755"), "{files:?}");

    let entries = || {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(cache.path().join("layers")).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    };
    assert_eq!(entries().len(), 5);
    assert_eq!(scan(&layout, cache.path(), "json"), first);
    for entry in entries() {
        let mut bytes = fs::read(&entry).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&entry, bytes).unwrap();
    }
    assert_eq!(scan(&layout, cache.path(), "json"), first);
}

#[test]
fn two_scans_at_once_share_a_cache() {
    let layout = fixture("debian-image").join("layout");
    let cache = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
        command.args(["scan", "--no-match", "--format", "json"]).arg(&layout);
        command.env("SEAWALL_CACHE_DIR", cache.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let both = [start(), start()].map(|child| {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut json: Value = serde_json::from_slice(&done.stdout).unwrap();
        json["timestamp"] = Value::Null;
        json
    });
    assert_eq!(both[0]["problems"].as_array().map(Vec::len), Some(0), "{}", both[0]["problems"]);
    assert_eq!(both[0], both[1]);
    assert_eq!(scan(&layout, cache.path(), "json"), both[0]);
    assert_eq!(fs::read_dir(cache.path().join("layers")).unwrap().count(), 5, "nothing half-written is left");
}
