//! Findings on a real image with real advisories: what is shown and what is folded add up, and the rows are few.
//! Needs the feeds: `SEAWALL_FEEDS`, which the Makefile sets.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

/// Runs a script of `scripts/fixtures` and gives the folder that it made, or found.
fn fixture(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fixtures").join(name);
    let made = Command::new(&script).output().unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

/// The image with the feeds imported, and the folder of database and cache.
fn bench() -> &'static (PathBuf, tempfile::TempDir) {
    static BENCH: OnceLock<(PathBuf, tempfile::TempDir)> = OnceLock::new();
    BENCH.get_or_init(|| {
        let feeds = std::env::var_os("SEAWALL_FEEDS")
            .expect("SEAWALL_FEEDS names a folder of feeds; run 'make test', or set it");
        let folder = tempfile::tempdir().unwrap();
        let done = seawall(folder.path()).args(["db", "import"]).arg(feeds).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        (fixture("debian-image").join("layout"), folder)
    })
}

fn seawall(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command
        .current_dir(folder)
        .env("SEAWALL_DATA_DIR", folder.join("data"))
        .env("SEAWALL_CACHE_DIR", folder.join("cache"));
    command
}

fn scan(target: &Path, arguments: &[&str]) -> String {
    let done = seawall(bench().1.path()).arg("scan").arg(target).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn json(target: &Path) -> Value {
    serde_json::from_str(&scan(target, &["--format", "json"])).unwrap()
}

fn figures(line: &str) -> Vec<u64> {
    line.replace(',', "").split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
}

/// Sums of JSON and table of one target.
fn sums_agree(target: &Path) {
    let json = json(target);
    let sum = |key: &str| json["summary"][key].as_u64().unwrap();
    let list = |key: &str| json[key].as_array().unwrap();
    assert_eq!(sum("statements"), sum("merged") + sum("overruled") + sum("rejected") + sum("findings"));
    assert_eq!(sum("findings"), sum("counted") + sum("setApart") + sum("suppressed"));
    assert_eq!(sum("counted"), sum("fixable") + sum("unfixed"));
    assert_eq!(sum("findings"), list("findings").len() as u64);
    let repaired: u64 = list("actions").iter().map(|action| action["findings"].as_u64().unwrap()).sum();
    assert_eq!(sum("fixable"), repaired);
    let mut judged: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in list("findings") {
        *judged.entry(finding["judgement"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(judged.get("counts").copied().unwrap_or(0), sum("counted"));
    assert_eq!(judged.get("set-apart").copied().unwrap_or(0), sum("setApart"));

    for arguments in [&[][..], &["--severity", "high"], &["--fixable"], &["--all"]] {
        let table = scan(target, arguments);
        let lines: Vec<&str> = table.lines().collect();
        let at = lines.iter().position(|line| line.contains(" findings = ")).unwrap();
        let head = figures(lines[at]);
        assert_eq!(head[0], sum("findings"), "{arguments:?}");
        assert_eq!(head[0], head[1..].iter().sum::<u64>(), "{arguments:?}");
        let folded: u64 = lines[at + 1..]
            .iter()
            .take_while(|line| line.starts_with(' '))
            .map(|line| figures(line)[0])
            .sum();
        assert_eq!(folded, head[0], "{arguments:?}");
    }
    // As many rows as actions stand in the table that shows all.
    let all = scan(target, &["--all"]);
    let verbs = ["upgrade ", "rebuild ", "remove "];
    let rows = all.lines().filter(|line| verbs.iter().any(|verb| line.starts_with(verb))).count();
    assert_eq!(rows as u64, sum("actions"));
}

#[test]
fn the_sums_agree_on_a_real_image_and_an_installed_system() {
    sums_agree(&bench().0);
    // The tree that the image's first layer was made of: an installed system with an own database of packages.
    sums_agree(&fixture("debian-rootfs").join("rootfs"));
}

#[test]
fn the_rows_of_the_image_are_few_and_each_says_what_to_do() {
    let json = json(&bench().0);
    let sum = |key: &str| json["summary"][key].as_u64().unwrap();
    assert!(sum("rowsAfter") * 5 < sum("rowsBefore"), "{} of {}", sum("rowsAfter"), sum("rowsBefore"));
    let mut keys = BTreeSet::new();
    for action in json["actions"].as_array().unwrap() {
        let text = |key: &str| action[key].as_str().unwrap().to_owned();
        assert!(
            keys.insert((text("action"), text("packageType"), text("name"))),
            "one row a package: {action}"
        );
        for part in action["parts"].as_array().unwrap() {
            assert!(part["to"].is_string(), "{action}");
        }
    }
    // A branch's fix is not taken for a repaired version: 2.13.4 still has CVE-2022-42003.
    let jackson = json["actions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|action| action["name"] == "com.fasterxml.jackson.core:jackson-databind");
    assert_eq!(jackson.unwrap()["parts"][0]["to"], "2.13.4.1");
}

#[test]
fn a_newer_base_would_take_away_what_came_with_it() {
    let json = json(&bench().0);
    let base = &json["baseImage"];
    assert_eq!((base["layers"].as_u64(), base["rule"].as_str()), (Some(1), Some("packages")), "{base}");
    let counting: Vec<&Value> =
        json["findings"].as_array().unwrap().iter().filter(|one| one["judgement"] == "counts").collect();
    let of_base = counting.iter().filter(|finding| finding["evidence"][0]["layer"] == 0);
    assert_eq!(base["findings"].as_u64(), Some(of_base.count() as u64));
    assert_eq!(base["of"].as_u64(), Some(counting.len() as u64));
    assert!(scan(&bench().0, &[]).contains("Rebuild on a newer base: layer 1 brings "));
}

#[test]
fn fingerprints_stay_from_run_to_run() {
    let prints = || -> BTreeSet<String> {
        let log: Value = serde_json::from_str(&scan(&bench().0, &["--format", "sarif"])).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let prints: BTreeSet<String> =
            results.iter().map(|result| result["partialFingerprints"]["seawall/v1"].to_string()).collect();
        assert_eq!(prints.len(), results.len());
        prints
    };
    let first = prints();
    assert!(first.len() > 50, "{}", first.len());
    assert_eq!(first, prints());
}
