//! Each distribution that has a record under `crates/package/tests/data/os-release`, scanned with a database that knows
//! Debian 12 alone: its packages are catalogued, and it is never called healthy for want of data. Add a record, add a
//! case.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

const DPKG: &str = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88.1-10\n\n";
const APK: &str = "P:curl\nV:8.14.1-r1\nA:x86_64\no:curl\n\n";
const ADVISORY: &str = r#"{"id":"DEBIAN-CVE-2023-38545","modified":"2026-11-01T00:00:00Z","upstream":["CVE-2023-38545"],
    "affected":[{"package":{"ecosystem":"Debian:12","name":"curl"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"7.88.1-10+deb12u4"}]}]}]}"#;

fn crates(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn seawall(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let done = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(arguments)
        .current_dir(folder)
        .env("SEAWALL_DATA_DIR", folder.join("data"))
        .env("SEAWALL_CACHE_DIR", folder.join("cache"))
        .env_remove("SEAWALL_FEEDS")
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

#[test]
fn a_distribution_without_data_is_not_assessed_and_the_result_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("feeds/Debian")).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(folder.join("feeds/Debian/all.zip")).unwrap());
    zip.start_file("DEBIAN-CVE-2023-38545.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(ADVISORY.as_bytes()).unwrap();
    zip.finish().unwrap();
    fs::write(folder.join("feeds/Debian/sources.txt"), "curl\n").unwrap();
    seawall(folder, &["db", "import", "feeds"]);

    let records = fs::read_dir(crates("package/tests/data/os-release")).unwrap();
    let rpm = fs::read(crates("sbom/tests/data/rpm/small.sqlite")).unwrap();
    let mut seen = BTreeSet::new();
    for record in records {
        let path = record.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (head, os_release) = text.split_once('\n').unwrap();
        let mut told = head.strip_prefix("#= ").unwrap().split('|');
        let (row, release) = (told.next().unwrap(), told.next().unwrap());
        let root = folder.join(&name);
        write(&root.join("etc/os-release"), os_release);
        match row {
            // A distribution that nobody knows, with packages all the same.
            "Debian" | "Ubuntu" | "" => write(&root.join("var/lib/dpkg/status"), DPKG),
            "Alpine" | "Wolfi" | "Chainguard" => write(&root.join("lib/apk/db/installed"), APK),
            _ => write(&root.join("var/lib/rpm/rpmdb.sqlite"), &rpm),
        }
        let json: Value =
            serde_json::from_slice(&seawall(folder, &["scan", &name, "--format", "json"])).unwrap();
        assert_ne!(json["packages"], 0, "{name}: {json}");
        if (row, release) == ("Debian", "12") {
            assert_eq!(json["summary"]["counted"], 1, "{name}: {json}");
        } else {
            assert_eq!(json["state"], "not-assessed", "{name}: {json}");
            assert_eq!((&json["covered"], &json["summary"]["findings"]), (&0.into(), &0.into()), "{name}");
            let gap = json["gaps"][0]["reason"].as_str().unwrap_or_else(|| panic!("{name}: {json}"));
            let pretty = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
            let said = pretty.is_some_and(|pretty| gap.contains(pretty.trim_matches('"')))
                || gap.contains("unknown distribution")
                // The rpms of the record were built for AlmaLinux, and say so.
                || gap.contains("third-party packages");
            assert!(said, "{name}: {gap}");
        }
        seen.insert(row.to_owned());
    }
    assert!(seen.len() > 15, "{seen:?}");
}
