//! Cargo.lock: every crate of a workspace, resolved.

use std::collections::HashMap;

use model::{Budget, Effect, Problems};
use serde::{Deserialize, Serialize};

use crate::{
    Content, Fact, FileInfo,
    lang::{bytes::ReadError, input, lock::Locked, toml_lock},
    reader::Row,
};

/// The largest real ones have some 500 KiB.
const MAX: u64 = 16 << 20;

pub(crate) static READERS: &[Row] = &[Row {
    name: "Cargo.lock",
    // cargo's own cache and vendored sources hold the lock files of others.
    wants: |info| {
        info.name() == "Cargo.lock"
            && !["cargo/registry/", "cargo/git/", "vendor/"].iter().any(|dir| info.path.contains(dir))
    },
    peek: None,
    by_content: true,
    max: MAX,
    in_parts: false,
    read,
}];

/// Crates of a Cargo.lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// In the file's order, without the workspace's own crates.
    pub(crate) packages: Vec<Locked>,
}

fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, MAX, info, problems)?;
    if let Err(exceeded) = budget.charge_bytes(bytes.len() as u64) {
        ReadError::from(exceeded).report(problems, info.path, "Cargo.lock", Effect::MayHidePackages);
        return None;
    }
    let blocks = toml_lock::read(&bytes, info, problems);
    // The workspace's own crates have no source, and nobody publishes advisories about them.
    let kept: Vec<_> = blocks
        .iter()
        .filter(|block| block.source != toml_lock::Source::default())
        .filter_map(|block| Some((input::word(&block.name)?, input::word(&block.version)?, block)))
        .collect();
    let mut places: HashMap<&str, Vec<(&str, u32)>> = HashMap::new();
    for (number, (name, version, _)) in (0..).zip(&kept) {
        places.entry(name).or_default().push((version, number));
    }
    let packages = kept.iter().map(|(name, version, block)| Locked {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        depends_on: block.dependencies.0.iter().filter_map(|text| place(text, &places)).collect(),
        ..Locked::default()
    });
    Some(Fact::CargoLock(Lock { packages: packages.collect() }))
}

/// A dependency is named `name`, or `name version` where there are several versions, or `name version (source)`.
fn place(text: &str, places: &HashMap<&str, Vec<(&str, u32)>>) -> Option<u32> {
    let mut words = text.split(' ');
    let versions = places.get(words.next()?)?;
    let found = match words.next() {
        Some(version) => versions.iter().find(|(known, _)| *known == version),
        None => versions.first(),
    };
    found.map(|(_, place)| *place)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Image, names, problems};

    const LOCK: &str = r#"# made by cargo
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["serde", "syn 2.0.1"]

[[package]]
name = "serde"
version = "1.0.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["syn 1.0.9"]

[[package]]
name = "syn"
version = "1.0.9"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "syn"
version = "2.0.1"
source = "git+https://example.org/syn#abc"
"#;

    #[test]
    fn crates_are_declared_with_their_edges_and_the_workspace_is_left_out() {
        let got = Image::new().file(0, "src/app/Cargo.lock", LOCK).catalogue();
        assert_eq!(names(&got), ["serde 1.0.1", "syn 1.0.9", "syn 2.0.1"]);
        let packages = &got.catalogue.packages;
        assert!(packages.iter().all(|package| package.presence == package::Presence::Declared));
        assert_eq!(packages[0].depends_on, [package::PackageIndex(1)]);
        assert_eq!(problems(&got), [""; 0]);
    }

    #[test]
    fn a_cut_lock_file_is_a_problem_and_keeps_what_came_before() {
        let cut = &LOCK[..LOCK.len() - 8];
        let got = Image::new().file(0, "Cargo.lock", cut).catalogue();
        assert_eq!(names(&got), ["serde 1.0.1", "syn 1.0.9"]);
        assert_eq!(problems(&got), ["sbom.malformed Cargo.lock ×1"]);
    }
}
