//! The binary as a user meets it: a small system, a small feed, and what is printed, written and returned.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// A folder with a feed, a system, and places for database and cache.
struct Bench {
    folder: tempfile::TempDir,
}

const STATUS: &str = "\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u1
Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>

Package: linux-libc-dev
Status: install ok installed
Architecture: amd64
Source: linux
Version: 6.1.100-1
Maintainer: Debian Kernel Team <debian-kernel@lists.debian.org>

Package: python3-lodash
Status: install ok installed
Architecture: all
Version: 1.0-1
Maintainer: Debian Python Team <team+python@tracker.debian.org>

";

impl Bench {
    /// A system of a Debian release with an npm package in it.
    fn new(release: &str) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write(
            "root/etc/os-release",
            &format!("ID=debian\nVERSION_ID=\"{release}\"\nPRETTY_NAME=\"Debian {release}\"\n"),
        );
        bench.write("root/var/lib/dpkg/status", STATUS);
        bench.write(
            "root/var/lib/dpkg/info/python3-lodash.list",
            "/usr/lib/python3/dist-packages/urllib3-1.26.17.dist-info/METADATA\n",
        );
        let metadata = "Metadata-Version: 2.1\nName: urllib3\nVersion: 1.26.17\n";
        bench.write("root/usr/lib/python3/dist-packages/urllib3-1.26.17.dist-info/METADATA", metadata);
        bench.write(
            "root/opt/app/node_modules/lodash/package.json",
            r#"{"name":"lodash","version":"4.17.20"}"#,
        );
        bench.feed(
            "Debian",
            &[
                ("DEBIAN-CVE-2023-5363", &debian("CVE-2023-5363", "openssl", "3.0.11-1~deb12u2", "high")),
                ("DEBIAN-CVE-2024-0001", &debian("CVE-2024-0001", "linux", "6.1.200-1", "high")),
            ],
        );
        fs::write(bench.path("feeds/Debian/sources.txt"), "openssl\nlinux\npython3-lodash\n").unwrap();
        bench.feed("npm", &[(
            "GHSA-35jh-r3h4-6jhm",
            r#"{"id":"GHSA-35jh-r3h4-6jhm","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2021-23337"],"summary":"Command injection",
            "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"}],
            "affected":[{"package":{"ecosystem":"npm","name":"lodash"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"4.17.21"}]}]}]}"#,
        )]);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn feed(&self, ecosystem: &str, records: &[(&str, &str)]) {
        let folder = self.path(&format!("feeds/{ecosystem}"));
        fs::create_dir_all(&folder).unwrap();
        let mut zip = zip::ZipWriter::new(fs::File::create(folder.join("all.zip")).unwrap());
        for (id, text) in records {
            zip.start_file(format!("{id}.json"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("SEAWALL_DATA_DIR", self.path("data"))
            .env("SEAWALL_CACHE_DIR", self.path("cache"))
            .env_remove("SEAWALL_FEEDS")
            .output()
            .unwrap()
    }

    /// Imports the feed first.
    fn ready(release: &str) -> Self {
        let bench = Self::new(release);
        let done = bench.run(&["db", "import", "feeds"]);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        bench
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let done = self.run(&[&["scan", "root", "--format", "json"], arguments].concat());
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| {
            panic!(
                "{error}: {}{}",
                String::from_utf8_lossy(&done.stdout),
                String::from_utf8_lossy(&done.stderr)
            )
        })
    }
}

fn debian(cve: &str, package: &str, fixed: &str, urgency: &str) -> String {
    format!(
        r#"{{"id":"DEBIAN-{cve}","modified":"2026-11-01T00:00:00Z","upstream":["{cve}"],"affected":[{{"package":{{"ecosystem":"Debian:12","name":"{package}"}},
        "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}],"ecosystem_specific":{{"urgency":"{urgency}"}}}}]}}"#
    )
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Judgement of each finding by the vulnerability's name.
fn judgements(json: &Value) -> Vec<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let mut list: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(finding, "vulnerability"), text(finding, "judgement")))
        .collect();
    list.sort();
    list
}

#[test]
fn exit_0_with_a_table_that_says_what_to_do_and_what_was_set_apart() {
    let bench = Bench::ready("12");
    let done = bench.run(&["scan", "root"]);
    assert_eq!(code(&done), 0, "{}", err(&done));
    let table = out(&done);
    let row =
        table.lines().find(|line| line.starts_with("upgrade openssl")).unwrap_or_else(|| panic!("{table}"));
    for part in ["3.0.11-1~deb12u1 → 3.0.11-1~deb12u2", "1 high", "CVE-2023-5363"] {
        assert!(row.contains(part), "{row}");
    }
    assert!(table.contains("upgrade lodash 4.17.20 → 4.17.21 in opt/app"), "{table}");
    assert!(table.contains("  1  kernel CVEs, no kernel runs here (1 CVE: 1 high)"), "{table}");
    assert!(table.contains("3 findings = 2 count + 1 set apart + 0 hidden"), "{table}");
    assert!(table.contains("State: unhealthy"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn exit_1_when_a_gate_is_hit_and_0_when_it_is_not() {
    let bench = Bench::ready("12");
    for (arguments, expect) in [
        (&["--fail-on", "high"][..], 1),
        (&["--fail-on", "high:2"], 1),
        (&["--fail-on", "high:3", "--allow-incomplete"], 0),
        (&["--fail-on", "critical", "--allow-incomplete"], 0),
    ] {
        let done = bench.run(&[&["scan", "root"], arguments].concat());
        assert_eq!(code(&done), expect, "{arguments:?}\n{}{}", out(&done), err(&done));
    }
}

#[test]
fn exit_2_when_nothing_can_be_scanned_and_the_message_says_what_to_do() {
    let bench = Bench::new("12");
    let no_database = bench.run(&["scan", "root"]);
    assert_eq!(code(&no_database), 2);
    assert!(err(&no_database).contains("seawall db import DIR"), "{}", err(&no_database));
    assert_eq!(code(&bench.run(&["db", "import", "root"])), 2, "a folder without feeds");
    assert_eq!(code(&bench.run(&["scan", "root", "--no-match"])), 0, "a catalogue needs no database");
    let nothing = bench.run(&["scan", "./missing", "--no-match"]);
    assert_eq!(code(&nothing), 2);
    assert!(err(&nothing).contains("there is no such file or folder"), "{}", err(&nothing));
    assert_eq!(code(&bench.run(&["scan", "root", "--no-match", "-o", "result"])), 2, "no format can be told");
}

#[test]
fn case_10_exit_3_when_there_is_no_data_for_the_release() {
    let bench = Bench::ready("11");
    let done = bench.run(&["scan", "root", "--fail-on", "critical"]);
    assert_eq!(code(&done), 3, "{}", out(&done));
    assert!(out(&done).contains("no data for Debian 11"), "{}", out(&done));
    let json = bench.json(&[]);
    assert_eq!(
        judgements(&json),
        [("CVE-2021-23337".into(), "counts".into())],
        "no Debian package was matched"
    );
    // The three dpkg packages and the Python package that one of them owns.
    let gap =
        json["gaps"].as_array().unwrap().iter().find(|gap| gap["reason"] == "no data for Debian 11").unwrap();
    assert_eq!((gap["packages"].as_u64(), gap["blocks"].as_bool()), (Some(4), Some(true)));
    let old = Bench::ready("12").run(&["scan", "root", "--fail-on", "critical", "--max-db-age", "1s"]);
    assert_eq!(code(&old), 3, "old data is no data: {}", out(&old));
}

#[test]
fn ignore_files_and_vex_hide_with_a_trace_and_never_pass_over_a_mistake() {
    let bench = Bench::ready("12");
    let of = |json: &Value, id: &str| judgements(json).into_iter().find(|(name, _)| name == id).unwrap().1;
    bench.write(".seawallignore", "ignore:\n  - id: CVE-2023-5363\n    reason: not reachable\n  - id: CVE-2021-23338\n    reason: a slip\n");
    bench.write(".trivyignore", "CVE-2021-23337\n");
    let json = bench.json(&[]);
    assert_eq!(of(&json, "CVE-2023-5363"), "suppressed");
    let by = |id: &str| {
        let findings = json["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["vulnerability"] == id).unwrap()["suppressedBy"].clone()
    };
    assert_eq!(by("CVE-2023-5363"), ".seawallignore:2");
    assert_eq!(by("CVE-2021-23337"), ".trivyignore:1");
    let slip = json["suppressions"].as_array().unwrap().iter().find(|s| s["reason"] == "a slip").unwrap();
    assert!(slip["nearest"].as_str().unwrap().starts_with("CVE-2021-23337 in"), "{slip}");
    fs::remove_file(bench.path(".trivyignore")).unwrap();
    bench.write(".seawallignore", "ignore:\n  - id: CVE-2023-5363\n    reson: a slip\n");
    let wrong = bench.run(&["scan", "root"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("reson"), "{}", err(&wrong));
    fs::remove_file(bench.path(".seawallignore")).unwrap();
    bench.write(
        "vex.json",
        r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","author":"a","timestamp":"2026-01-01T00:00:00Z","statements":[
        {"vulnerability":{"name":"CVE-2021-23337"},"products":[{"@id":"pkg:npm/lodash@4.17.20"}],"status":"not_affected","justification":"vulnerable_code_not_present"}]}"#,
    );
    assert_eq!(of(&bench.json(&["--vex", "vex.json"]), "CVE-2021-23337"), "suppressed");
}

#[test]
fn files_get_the_format_of_their_ending_and_an_sbom_can_be_scanned_again() {
    let bench = Bench::ready("12");
    let done = bench.run(&["scan", "root", "-o", "bom.cdx.json", "-o", "result.json", "-o", "table=result"]);
    assert_eq!(code(&done), 0, "{}", err(&done));
    let read = |name: &str| fs::read_to_string(bench.path(name)).unwrap();
    let bom: Value = serde_json::from_str(&read("bom.cdx.json")).unwrap();
    assert_eq!(bom["specVersion"], "1.6");
    assert_eq!(read("result"), out(&done));
    assert!(serde_json::from_str::<Value>(&read("result.json")).is_ok());
    let again = bench.run(&["scan", "bom.cdx.json", "--format", "json"]);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["kind"], "sbom");
    assert_eq!(judgements(&again), judgements(&bench.json(&[])), "the same answer from the document");
}

#[test]
fn up_prints_a_page_and_says_how_much_more_there_is() {
    let bench = Bench::new("12");
    let names: Vec<String> = (0..30).map(|n| format!("pkg{n}")).collect();
    let status = names.iter().map(|name| {
        format!("Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1-1\nMaintainer: A <a@debian.org>\n\n")
    });
    bench.write("root/var/lib/dpkg/status", &status.collect::<String>());
    let records: Vec<(String, String)> = names
        .iter()
        .map(|name| (format!("D-{name}"), debian(&format!("CVE-2024-1{}", &name[3..]), name, "1-2", "high")))
        .collect();
    let records: Vec<(&str, &str)> = records.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    bench.feed("Debian", &records);
    let host = "unix:///nowhere.sock";
    let done =
        bench.run(&["up", "--exit-when-idle", "--feeds", "feeds", "--root", "root", "--docker-host", host]);
    assert_eq!(code(&done), 0, "{}", err(&done));
    let page = out(&done);
    let rows = page.lines().filter(|line| line.starts_with("upgrade ")).count();
    assert_eq!(rows, 20, "{page}");
    // 30 packages and lodash.
    assert!(page.contains("… 11 more actions repair 11 findings"), "{page}");
    assert!(page.contains("seawall scan root --all"), "{page}");
    assert!(page.contains("Docker images were not looked at"), "{page}");
}

#[test]
fn why_explains_presence_and_absence() {
    let bench = Bench::ready("12");
    let present = out(&bench.run(&["why", "CVE-2023-5363", "root"]));
    assert!(present.contains("openssl") && present.contains("3.0.11-1~deb12u2"), "{present}");
    let absent = out(&bench.run(&["why", "CVE-1999-0001", "root", "--package", "libssl3"]));
    assert!(!absent.trim().is_empty() && absent.contains("CVE-1999-0001"), "{absent}");
}

#[test]
fn the_json_is_what_it_was() {
    let bench = Bench::ready("12");
    let mut json = bench.json(&[]);
    json["timestamp"] = "T".into();
    json["toolVersion"] = "V".into();
    let text = serde_json::to_string_pretty(&json).unwrap() + "\n";
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scan.json");
    if std::env::var_os("SEAWALL_BLESS").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &text).unwrap();
    }
    let wanted = fs::read_to_string(&golden).unwrap();
    assert!(
        text == wanted,
        "the JSON changed; read the change, raise schemaVersion where a field changed its meaning, and run with SEAWALL_BLESS=1\n{text}"
    );
}

#[test]
fn help_fits_80_columns_and_completions_and_manual_are_there() {
    let bench = Bench::new("12");
    for arguments in [
        &["--help"][..],
        &["scan", "--help"],
        &["db", "import", "--help"],
        &["why", "--help"],
        &["up", "--help"],
        &["hub", "--help"],
        &["token", "create", "--help"],
    ] {
        let help = out(&bench.run(arguments));
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
    assert!(out(&bench.run(&["scan", "--help"])).contains("Exit codes:"));
    assert!(out(&bench.run(&["completions", "bash"])).contains("_seawall"));
    assert!(out(&bench.run(&["man"])).starts_with(".ie"));
}
