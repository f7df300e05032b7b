//! Holds the house to its plan: which crate may use which, under which licences, from which places, in which shape.
//!
//! Needs cargo's metadata and the files of this repository, nothing else. Every exception stands in a table with its
//! reason, and an exception that excuses nothing fails as well, so the tables shrink when the house gets better.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

/// Each crate's floor. A crate uses lower floors only. A new crate gets its line here first.
const FLOORS: &[(&str, u8)] = &[
    ("model", 0),
    ("package", 0),
    ("archive", 1),
    ("sbom", 1),
    ("vulndb", 1),
    ("posture", 1),
    ("secrets", 1),
    ("oci", 2),
    ("feeds", 2),
    ("scan", 2),
    ("report", 2),
    ("store", 2),
    ("api", 2),
    ("hub", 3),
    ("seawall", 4),
    ("bench", 4),
];

/// Edges within a floor, and why each is right.
const SIDEWAYS: &[(&str, &str, &str)] = &[
    ("scan", "oci", "the pipeline starts at a source, and images are opened by oci"),
    (
        "feeds",
        "oci",
        "feeds are fetched by the one HTTP client, under the one set of rules of trust in addresses",
    ),
    ("report", "scan", "a report renders the result that a scan returns"),
    ("api", "scan", "the catalogue document that is sent to a hub is what a scan returns"),
];

/// Licences under which a dependency may come: permissive, without conditions on the whole work.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    // Data only: the list of certificate authorities.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

/// A second TLS or cryptography stack: rustls with aws-lc-rs is the one.
const OTHER_TLS: &[&str] =
    &["openssl", "openssl-sys", "native-tls", "ring", "boring", "boring-sys", "mbedtls", "s2n-tls"];

/// Crates that are there in more than one incompatible version, and whose doing it is.
const DUPLICATES: &[(&str, &str)] = &[
    ("base64", "postgres-protocol has not moved to 0.23 yet"),
    ("fallible-iterator", "a trait of a page: postgres-protocol has 0.2, rusqlite 0.3"),
    ("syn", "zeroize_derive has not moved to 3 yet; both run at build time and are not linked"),
    ("synstructure", "asn1-rs-derive has not moved to 0.14 yet; both run at build time and are not linked"),
    ("tower-http", "reqwest has not moved to 0.7 yet"),
];

/// Source files that may be longer than [`MAX_LINES`], and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// A file past this is more than one concept, unless it is a table.
const MAX_LINES: usize = 800;

/// Files that must name a package registry's host, and why.
const NAMES_A_HOST: &[(&str, &str)] = &[];

/// Package registries are reached through their ordinary clients, whose configuration knows the hosts; a host in a file
/// breaks whoever sits behind a mirror. Split, so that this file does not name them either.
const HOSTS: &[(&str, &str)] = &[
    ("index.crates", "io"),
    ("static.crates", "io"),
    ("registry.npmjs", "org"),
    ("registry.yarnpkg", "com"),
    ("files.pythonhosted", "org"),
    ("pypi.org", "/simple"),
    ("repo.maven.apache", "org"),
    ("repo1.maven", "org"),
    ("proxy.golang", "org"),
    ("sum.golang", "org"),
    ("deb.debian", "org"),
    ("security.debian", "org"),
    ("dl-cdn.alpinelinux", "org"),
];

/// The tags of tests/suites.tsv.
const TAGS: &[&str] = &["unit", "test", "deep", "lint", "step", "always", "root", "feeds"];

fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
    })
}

/// Cargo's view of the workspace and of all that it builds on this platform.
fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let platform = format!("{}-unknown-linux-gnu", env::consts::ARCH);
        let ask = |offline: bool| {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.current_dir(root()).args([
                "metadata",
                "--locked",
                "--format-version=1",
                "--filter-platform",
                &platform,
            ]);
            if offline {
                cargo.arg("--offline");
            }
            cargo.output().expect("cargo can be run")
        };
        // The crates were fetched when this test was built. Only a cache that was cleared since needs the network.
        let mut output = ask(true);
        if !output.status.success() {
            output = ask(false);
        }
        assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON")
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn packages() -> &'static [Value] {
    list(&metadata()["packages"])
}

/// Packages of this workspace.
fn members() -> impl Iterator<Item = &'static Value> {
    packages().iter().filter(|p| p["source"].is_null())
}

/// Every file of the repository with its path relative to the root.
fn files() -> &'static BTreeMap<String, PathBuf> {
    fn walk(dir: &Path, prefix: &str, out: &mut BTreeMap<String, PathBuf>) {
        for entry in fs::read_dir(dir).expect("a folder of the repository can be read") {
            let entry = entry.expect("a folder of the repository can be read");
            let name = entry.file_name().into_string().expect("names of files are UTF-8");
            let kind = entry.file_type().expect("the kind of a file can be told");
            if matches!(name.as_str(), "target" | ".git" | "node_modules") {
                continue;
            }
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                // What `cargo fuzz` writes.
                if !matches!(path.as_str(), "fuzz/corpus" | "fuzz/artifacts") {
                    walk(&entry.path(), &format!("{path}/"), out);
                }
            } else if kind.is_file() {
                out.insert(path, entry.path());
            }
        }
    }
    static FILES: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut out = BTreeMap::new();
        walk(root(), "", &mut out);
        out
    })
}

/// The text of every file that is text, by path.
fn texts() -> impl Iterator<Item = (&'static str, String)> {
    files().iter().filter_map(|(name, path)| {
        let bytes = fs::read(path).expect("a file of the repository can be read");
        (!bytes.contains(&0)).then(|| (name.as_str(), String::from_utf8_lossy(&bytes).into_owned()))
    })
}

#[track_caller]
fn none_wrong(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

/// Exceptions that excused nothing.
fn unused<'a>(table: impl IntoIterator<Item = &'a str>, used: &BTreeSet<String>, wrong: &mut Vec<String>) {
    wrong.extend(
        table
            .into_iter()
            .filter(|name| !used.contains(*name))
            .map(|name| format!("{name}: the exception excuses nothing any more, remove it")),
    );
}

#[test]
fn a_crate_uses_lower_floors_only() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for member in members() {
        let name = text(&member["name"]);
        let Some(&floor) = floors.get(name) else {
            wrong.push(format!("{name}: has no floor; give it a line in FLOORS"));
            continue;
        };
        for to in list(&member["dependencies"]).iter().filter(|d| !d["path"].is_null()) {
            let to = text(&to["name"]);
            match floors.get(to) {
                Some(&below) if below < floor => {}
                Some(&same) if same == floor && SIDEWAYS.iter().any(|(a, b, _)| (*a, *b) == (name, to)) => {
                    used.insert(format!("{name} -> {to}"));
                }
                Some(&other) => wrong.push(format!("{name} (floor {floor}) -> {to} (floor {other})")),
                None => wrong.push(format!("{name} -> {to}, which has no floor")),
            }
        }
    }
    let explained: Vec<String> = SIDEWAYS.iter().map(|(a, b, _)| format!("{a} -> {b}")).collect();
    unused(explained.iter().map(String::as_str), &used, &mut wrong);
    let there: BTreeSet<&str> = members().map(|m| text(&m["name"])).collect();
    wrong.extend(
        FLOORS
            .iter()
            .filter(|(n, _)| !there.contains(n))
            .map(|(n, _)| format!("{n}: has a floor but is not there")),
    );
    none_wrong("edges that go up or sideways", &wrong);
}

#[test]
fn every_licence_is_on_the_list() {
    let wrong: Vec<String> = packages()
        .iter()
        .filter(|p| !licence_allowed(text(&p["license"])))
        .map(|p| format!("{} {}: '{}'", text(&p["name"]), text(&p["version"]), text(&p["license"])))
        .collect();
    none_wrong("licences off the list", &wrong);
}

/// Is an SPDX expression satisfied by the list? AND binds tighter than OR; old manifests write `/` for OR.
fn licence_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let allowed = any_of(&words, &mut at);
    allowed && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = all_of(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        // Evaluated in any case: it moves `at`.
        allowed |= all_of(words, at);
    }
    allowed
}

fn all_of(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = one_licence(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one_licence(words, at);
    }
    allowed
}

fn one_licence(words: &[&str], at: &mut usize) -> bool {
    let Some(&word) = words.get(*at) else { return false };
    *at += 1;
    if word == "(" {
        let allowed = any_of(words, at);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return allowed && closed;
    }
    let mut licence = word.to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{word} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    LICENCES.contains(&licence.as_str())
}

#[test]
fn licence_expressions_are_understood() {
    for (expression, allowed) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only AND MIT", true),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(MIT AND GPL-3.0-only) OR (GPL-2.0-only AND MIT)", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
        ("GPL-2.0-only WITH LLVM-exception", false),
        ("", false),
        ("MIT OR", true),
        ("(MIT", false),
        ("MIT MIT", false),
    ] {
        assert_eq!(licence_allowed(expression), allowed, "{expression}");
    }
}

/// What is really built, as (name, version). Cargo's metadata would also list packages that only a weak feature names
/// (`ring?/std`), which nobody compiles; `cargo tree` resolves features.
fn built(edges: &str) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--workspace", "--locked", "--offline", "--prefix=none", "--edges", edges])
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    // `name v1.2.3 (proc-macro) (*)`
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name.to_owned(), rest.split_whitespace().next().unwrap_or_default().to_owned()))
        .collect()
}

#[test]
fn there_is_one_tls_stack() {
    // What is linked and what builds it; a test may bring another peer.
    let built = built("normal,build");
    assert!(built.len() > 50, "the graph was read: {} packages", built.len());
    let mut wrong: Vec<String> = built
        .iter()
        .filter(|(name, _)| OTHER_TLS.contains(&name.as_str()))
        .map(|(name, version)| format!("{name} {version} (see `cargo tree -i {name}`)"))
        .collect();
    let rustls: Vec<&str> =
        built.iter().filter(|(name, _)| name == "rustls").map(|(_, v)| v.as_str()).collect();
    if rustls.len() > 1 {
        wrong.push(format!("more than one rustls: {}", rustls.join(", ")));
    }
    none_wrong("a second TLS stack", &wrong);
}

#[test]
fn a_crate_is_there_in_one_version() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in built("normal,build,dev") {
        versions.entry(name).or_default().insert(compatible(&version));
    }
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (name, versions) in versions.iter().filter(|(_, v)| v.len() > 1) {
        if DUPLICATES.iter().any(|(known, _)| known == name) {
            used.insert(name.clone());
        } else {
            wrong.push(format!("{name}: {}", versions.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
    }
    unused(DUPLICATES.iter().map(|(name, _)| *name), &used, &mut wrong);
    none_wrong("crates in more than one incompatible version (see `cargo tree -d`)", &wrong);
}

/// What cargo holds compatible: `1.2.3` → `1`, `0.4.1` → `0.4`.
fn compatible(version: &str) -> String {
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some("0"), Some(minor)) => format!("0.{minor}"),
        (Some(major), _) => major.to_owned(),
        _ => version.to_owned(),
    }
}

#[test]
fn anyhow_is_used_by_the_binary_alone() {
    let wrong: Vec<String> = members()
        .filter(|m| text(&m["name"]) != "seawall")
        .filter(|m| list(&m["dependencies"]).iter().any(|d| text(&d["name"]) == "anyhow"))
        .map(|m| format!("{}: errors of a library have types", text(&m["name"])))
        .collect();
    none_wrong("anyhow outside the binary", &wrong);
}

#[test]
fn manifests_follow_the_workspace() {
    let mut wrong = Vec::new();
    for (name, text) in texts().filter(|(n, _)| n.starts_with("crates/") && n.ends_with("/Cargo.toml")) {
        let (mut section, mut lints) = (String::new(), false);
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                line.trim_matches(['[', ']']).clone_into(&mut section);
                if section.contains("dependencies.") {
                    wrong.push(format!("{name}: [{section}]: write a dependency on one line"));
                }
            } else if section.ends_with("dependencies") && !line.is_empty() && !line.starts_with('#') {
                let follows = line.contains("workspace = true");
                if line.contains('=') && !follows {
                    wrong.push(format!("{name}: '{line}': versions stand in the root manifest only"));
                }
            } else if section == "lints" && line == "workspace = true" {
                lints = true;
            }
        }
        if !lints {
            wrong.push(format!("{name}: lacks `[lints] workspace = true`"));
        }
    }
    none_wrong("manifests", &wrong);
}

#[test]
fn source_files_are_in_shape() {
    let ignore = concat!("#[", "ignore");
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (name, text) in texts().filter(|(n, _)| n.ends_with(".rs")) {
        if name.ends_with("/mod.rs") {
            wrong.push(format!("{name}: write `foo.rs` beside `foo/`"));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            if LONG_FILES.iter().any(|(known, _)| *known == name) {
                used.insert(name.to_owned());
            } else {
                wrong.push(format!("{name}: {lines} lines, at most {MAX_LINES}"));
            }
        }
        if let Some(line) = text.lines().position(|l| l.contains(ignore)) {
            wrong.push(format!("{name}:{}: a test that is ignored proves nothing", line + 1));
        }
    }
    unused(LONG_FILES.iter().map(|(name, _)| *name), &used, &mut wrong);
    none_wrong("source files", &wrong);
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let beside = concat!("../", "shared");
    let hosts: Vec<String> = HOSTS
        .iter()
        .map(|(a, b)| if b.starts_with('/') { format!("{a}{b}") } else { format!("{a}.{b}") })
        .collect();
    // Where this clone lies, and what lies beside it.
    let here = root().to_string_lossy().into_owned();
    let shared = root().parent().map(|p| p.join("shared").to_string_lossy().into_owned()).unwrap_or_default();
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (name, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            let at = format!("{name}:{}", number + 1);
            if line.contains(beside) && !matches!(name, "Makefile" | ".ci/run") {
                wrong.push(format!("{at}: names {beside}; use SEAWALL_FEEDS"));
            }
            // A clone in / or in a folder of one letter would match by chance.
            if here.len() > 4 && line.contains(&here)
                || shared.len() > "/shared".len() && line.contains(&shared)
            {
                wrong.push(format!("{at}: names a path of this machine"));
            }
            for host in hosts.iter().filter(|h| line.contains(h.as_str())) {
                if NAMES_A_HOST.iter().any(|(known, _)| *known == name) {
                    used.insert(name.to_owned());
                } else {
                    wrong.push(format!("{at}: names {host}"));
                }
            }
        }
    }
    unused(NAMES_A_HOST.iter().map(|(name, _)| *name), &used, &mut wrong);
    none_wrong("places that only some machines know", &wrong);
}

#[test]
fn no_file_holds_a_conflict() {
    let mut wrong = Vec::new();
    for (name, text) in texts() {
        // A lone `=======` may underline a heading; these two stand nowhere else.
        let marks = ["<".repeat(7) + " ", ">".repeat(7) + " "];
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.starts_with(mark)) {
                wrong.push(format!("{name}:{}", number + 1));
            }
        }
    }
    none_wrong("marks of a merge that was not finished", &wrong);
}

#[test]
fn links_in_texts_lead_somewhere() {
    let mut wrong = Vec::new();
    for (name, text) in texts().filter(|(name, _)| name.ends_with(".md")) {
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        for rest in text.split("](").skip(1) {
            let Some((link, _)) = rest.split_once(')') else { continue };
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") && !root().join(folder).join(file).exists() {
                wrong.push(format!("{name}: {link}"));
            }
        }
    }
    none_wrong("links to nothing", &wrong);
}

#[test]
fn every_test_is_in_a_suite_with_a_budget() {
    let suites = fs::read_to_string(root().join("tests/suites.tsv")).expect("tests/suites.tsv is there");
    let (mut wrong, mut seen, mut commands) = (Vec::new(), BTreeSet::new(), Vec::new());
    for line in suites.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        if !seen.insert(columns[0]) {
            wrong.push(format!("{}: stands twice", columns[0]));
        }
        match columns[..] {
            [whole, seconds] if whole.starts_with('=') => {
                if !TAGS.contains(&&whole[1..]) || seconds.parse::<u32>().is_err() {
                    wrong.push(format!("'{line}': wants =TAG and seconds"));
                }
            }
            [_, tags, seconds, command] => {
                wrong.extend(
                    tags.split(',')
                        .filter(|t| !TAGS.contains(t))
                        .map(|t| format!("'{line}': unknown tag '{t}'")),
                );
                if !seconds.parse::<u32>().is_ok_and(|s| s > 0) {
                    wrong.push(format!("'{line}': the budget is no number of seconds"));
                }
                commands.push(command);
            }
            _ => wrong.push(format!("'{line}': wants four columns, separated by one tab each")),
        }
    }
    // Suites select by `--test NAME` over the workspace, so names are unique in it.
    let mut tests = BTreeMap::new();
    for member in members() {
        for target in list(&member["targets"]).iter().filter(|t| text(&t["kind"][0]) == "test") {
            let (name, of) = (text(&target["name"]), text(&member["name"]));
            if let Some(other) = tests.insert(name, of) {
                wrong.push(format!("crates {of} and {other} both have a test '{name}'"));
            }
            let selected = commands.iter().any(|command| {
                let words: Vec<&str> = command.split_whitespace().collect();
                words.windows(2).any(|pair| pair == ["--test", name])
            });
            if !selected {
                wrong.push(format!(
                    "crates/{of}/tests/{name}.rs: no suite of tests/suites.tsv runs it (--test {name})"
                ));
            }
        }
    }
    assert!(tests.contains_key("house"), "the tests were listed");
    none_wrong("suites", &wrong);
}

/// Folders all of whose files stand in the table of parsers; of others those that parse.
const PARSERS: &[&str] = &[
    "crates/api/src/catalogue",
    "crates/archive/src/",
    "crates/feeds/src/",
    "crates/hub/src/notify/",
    "crates/oci/src/",
    "crates/package/src/purl",
    "crates/package/src/version/",
    "crates/sbom/src/formats",
    "crates/sbom/src/lang",
    "crates/sbom/src/os",
    "crates/scan/src/suppress/",
];

/// Files that only tests are built from.
fn of_tests(name: &str) -> bool {
    name.split('/').any(|part| matches!(part, "tests.rs" | "testing.rs" | "made.rs" | "tests"))
        || name.contains("/hostile")
}

#[test]
fn every_parser_is_fuzzed() {
    let table = fs::read_to_string(root().join("fuzz/parsers.tsv")).expect("fuzz/parsers.tsv is there");
    let targets: BTreeSet<&str> =
        files().keys().filter_map(|name| name.strip_prefix("fuzz/src/bin/")?.strip_suffix(".rs")).collect();
    let (mut wrong, mut listed, mut reached) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let Some((file, by)) = line.split_once('\t') else {
            wrong.push(format!("'{line}': wants two columns, separated by one tab"));
            continue;
        };
        if !files().contains_key(file) {
            wrong.push(format!("{file}: is no more; take its line out of fuzz/parsers.tsv"));
        }
        listed.insert(file);
        if by.starts_with("- ") {
            continue;
        }
        for target in by.split(' ') {
            reached.insert(target);
            if !targets.contains(target) {
                wrong.push(format!("{file}: there is no fuzz/src/bin/{target}.rs"));
            }
        }
    }
    for file in files().keys().filter(|name| name.ends_with(".rs") && !of_tests(name)) {
        if PARSERS.iter().any(|folder| file.starts_with(folder)) && !listed.contains(file.as_str()) {
            wrong.push(format!(
                "{file}: add it to fuzz/parsers.tsv with the fuzz target that reaches it, or with '- ' and why none has to"
            ));
        }
    }
    for target in targets.difference(&reached) {
        wrong.push(format!("fuzz/src/bin/{target}.rs: no parser of fuzz/parsers.tsv names it"));
    }
    for target in &targets {
        let text =
            fs::read_to_string(&files()[&format!("fuzz/src/bin/{target}.rs")]).expect("it can be read");
        if !text.contains(&format!("target!(\"{target}\", ")) {
            wrong.push(format!("fuzz/src/bin/{target}.rs: gives its seeds another name"));
        }
    }
    none_wrong("parsers and fuzz targets", &wrong);
}
