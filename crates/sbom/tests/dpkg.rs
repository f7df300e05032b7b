//! This machine's dpkg as the judge: the same packages, sources and owners. Needs a Debian machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the lint's leave for tests does not reach the functions that they share"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use package::PackageType;
use sbom::{Assembled, FileFact, FileInfo, Options, View, assemble, extract, interest};

#[path = "../src/testing.rs"]
mod testing;
use testing::Image;

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}; run 'scripts/setup test'"));
    String::from_utf8(output.stdout).unwrap()
}

/// dpkg's database of this machine, the metadata of its Python packages and some Go programs.
fn this_machine() -> Image {
    let mut image = Image::root();
    for dir in ["lib", "bin", "sbin"] {
        if let Ok(target) = fs::read_link(Path::new("/").join(dir)) {
            image = image.link(0, dir, &target.to_string_lossy());
        }
    }
    let mut add = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        image = std::mem::replace(&mut image, Image::new()).file(
            0,
            path.to_string_lossy().trim_start_matches('/'),
            bytes,
        );
    };
    add(Path::new("/var/lib/dpkg/status"));
    add(Path::new("/var/lib/dpkg/diversions"));
    for entry in fs::read_dir("/var/lib/dpkg/info").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "list") {
            add(&path);
        }
    }
    for program in ["containerd", "runc", "umoci", "skopeo", "docker-registry"] {
        for folder in ["/usr/bin", "/usr/sbin"] {
            let path = Path::new(folder).join(program);
            if path.is_file() {
                add(&path);
            }
        }
    }
    for entry in fs::read_dir("/usr/lib/python3/dist-packages").into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".egg-info") || name.ends_with(".dist-info") {
            for file in [path.clone(), path.join("PKG-INFO"), path.join("METADATA")] {
                if file.is_file() {
                    add(&file);
                }
            }
        }
    }
    image
}

#[test]
fn packages_sources_and_architectures_equal_dpkg_query() {
    let assembled = this_machine().catalogue();
    assert_eq!(testing::problems(&assembled), [""; 0]);
    let mut ours: Vec<String> = assembled
        .catalogue
        .packages
        .iter()
        .filter(|package| package.kind == PackageType::Deb)
        .map(|package| {
            let source = package.source.as_ref().unwrap();
            let arch = package.arch.as_deref().unwrap_or_default();
            [&*package.name, &package.version, arch, &source.name, &source.version].join("\t")
        })
        .collect();
    ours.sort();
    let format = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n";
    let mut theirs: Vec<String> = run("dpkg-query", &["-W", "-f", format])
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(state, _)| !matches!(*state, "not-installed" | "config-files"))
        .map(|(_, rest)| rest.to_owned())
        .collect();
    theirs.sort();
    assert!(theirs.len() > 100, "a Debian machine has more packages than {}", theirs.len());
    let (ours, theirs) = (ours.join("\n"), theirs.join("\n"));
    assert!(ours == theirs, "ours:\n{ours}\ntheirs:\n{theirs}");
}

#[test]
fn owners_equal_dpkg_search() {
    let catalogue = this_machine().catalogue().catalogue;
    let found: Vec<_> = catalogue.packages.iter().filter(|p| !p.kind.is_os()).collect();
    assert!(!found.is_empty(), "Go programs of Debian are needed; run 'scripts/setup test'");
    let paths: BTreeSet<String> = found.iter().map(|p| format!("/{}", p.evidence[0])).collect();
    let mut arguments = vec!["-S"];
    arguments.extend(paths.iter().map(String::as_str));
    let owners: BTreeMap<String, String> = run("dpkg-query", &arguments)
        .lines()
        .filter(|line| !line.starts_with("diversion by"))
        .filter_map(|line| line.split_once(": /"))
        .map(|(owner, path)| (path.to_owned(), owner.split([',', ':']).next().unwrap().to_owned()))
        .collect();
    assert!(!owners.is_empty());
    for package in found {
        let ours = package.owner.and_then(|index| catalogue.package(index)).map(|owner| owner.name.as_str());
        let path = &package.evidence[0];
        assert_eq!(ours, owners.get(path).map(String::as_str), "{path}");
    }
}
