//! Packages beside those that dpkg and Syft find, on a real image of Debian with an npm tree that carries bundled
//! packages, a Python environment, a Go binary with replaced modules, and nested Java archives. Every difference stands
//! in `data/parity.tsv` with its reason. Needs root (debootstrap) and what `scripts/setup test` installs.

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
};

use serde_json::Value;

/// Runs a script of `scripts/fixtures` and gives the folder that it made, or found.
fn fixture(name: &str) -> PathBuf {
    let script = here().join("../../scripts/fixtures").join(name);
    let made = Command::new(&script).output().unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a program prints.
fn output(command: &mut Command) -> Vec<u8> {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} is needed ({error}): run scripts/setup test"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

fn by_seawall(image: &Path) -> BTreeSet<Purl> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(["scan", "--no-match", "--no-cache", "--format", "cyclonedx"]).arg(image);
    purls(&serde_json::from_slice(&output(&mut command)).unwrap())
}

/// Syft in a namespace without network.
fn by_syft(image: &Path) -> BTreeSet<Purl> {
    let tools = env::var_os("SEAWALL_TOOLS").map_or_else(|| here().join("../../target/tools"), PathBuf::from);
    let mut command = Command::new("unshare");
    command.arg("--net").arg(tools.join("venv/bin/syft")).arg(format!("docker-archive:{}", image.display()));
    command.args(["--quiet", "--output", "cyclonedx-json"]).env("SYFT_CHECK_FOR_APP_UPDATE", "false");
    purls(&serde_json::from_slice(&output(&mut command)).unwrap())
}

/// What a package is, without what tools put behind it in words of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Purl {
    kind: String,
    name: String,
    version: String,
    arch: String,
}

impl Purl {
    fn parse(text: &str) -> Self {
        let (front, qualifiers) = text.split_once('?').unwrap_or((text, ""));
        let front = front.split('#').next().unwrap();
        let (kind, rest) = front.strip_prefix("pkg:").unwrap().split_once('/').unwrap();
        let (name, version) = rest.rsplit_once('@').unwrap_or((rest, ""));
        let arch = qualifiers.split('&').find_map(|pair| pair.strip_prefix("arch=")).unwrap_or_default();
        Self { kind: kind.to_owned(), name: plain(name), version: plain(version), arch: arch.to_owned() }
    }
}

/// Without percent signs: tools do not agree on what must be escaped.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.get(..2)).flatten();
        let escaped = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}

fn purls(bom: &Value) -> BTreeSet<Purl> {
    let components = bom["components"].as_array().unwrap().iter();
    components.filter_map(|component| component["purl"].as_str().map(Purl::parse)).collect()
}

/// The lines of `parity.tsv`: (type, name, version, who).
fn explained() -> BTreeSet<[String; 4]> {
    let file = here().join("tests/data/parity.tsv");
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut all = BTreeSet::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let [kind, name, version, who, why] = fields[..] else { panic!("five columns: {line}") };
        assert!(["seawall", "syft"].contains(&who) && why.len() > 10, "{line}");
        assert!(all.insert([kind, name, version, who].map(str::to_owned)), "twice: {line}");
    }
    all
}

#[test]
fn packages_are_those_of_dpkg_and_of_syft_but_for_explained_differences() {
    let image = fixture("debian-image").join("image.tar");
    let debian = fixture("debian-rootfs");
    let (ours, syft) = (by_seawall(&image), by_syft(&image));

    let table = fs::read_to_string(debian.join("packages.tsv")).unwrap();
    let dpkg: BTreeSet<Purl> = table
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Purl {
                kind: "deb".to_owned(),
                name: format!("debian/{}", fields[0]),
                version: fields[1].to_owned(),
                arch: fields[2].to_owned(),
            }
        })
        .collect();
    assert!(dpkg.len() >= 300, "{} packages", dpkg.len());
    let of_deb =
        |all: &BTreeSet<Purl>| all.iter().filter(|p| p.kind == "deb").cloned().collect::<BTreeSet<_>>();
    assert_eq!(of_deb(&ours), dpkg, "Seawall and dpkg-query");
    assert_eq!(of_deb(&syft), dpkg, "Syft and dpkg-query");

    // An image without much to differ about would prove nothing.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for purl in &syft {
        *counts.entry(&purl.kind).or_default() += 1;
    }
    println!("by type, as Syft counts: {counts:?}");
    for (kind, least) in [("npm", 200), ("pypi", 20), ("golang", 5), ("maven", 8)] {
        assert!(counts.get(kind).is_some_and(|n| *n >= least), "{kind}: {counts:?}");
    }

    let differs =
        |purl: &Purl, who: &str| [purl.kind.clone(), purl.name.clone(), purl.version.clone(), who.to_owned()];
    let mut found: BTreeSet<[String; 4]> = syft.difference(&ours).map(|purl| differs(purl, "syft")).collect();
    found.extend(ours.difference(&syft).map(|purl| differs(purl, "seawall")));
    let explained = explained();
    let unexplained: Vec<_> = found.difference(&explained).collect();
    let outdated: Vec<_> = explained.difference(&found).collect();
    assert!(unexplained.is_empty(), "differences without a reason in parity.tsv: {unexplained:#?}");
    assert!(outdated.is_empty(), "reasons in parity.tsv that no longer apply: {outdated:#?}");
}
