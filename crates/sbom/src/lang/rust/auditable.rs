//! The audit section that `cargo auditable` adds: zlib-compressed JSON
//! (<https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>).

use std::io::Read;

use flate2::read::ZlibDecoder;
use model::Budget;
use serde::{Deserialize, Serialize};

use crate::lang::{
    bytes::{ReadError, exact},
    elf::file::Elf,
};

/// Largest section and largest JSON; real ones have some 10 KiB.
pub(crate) const MAX: u64 = 8 << 20;

/// The crates that a binary was built from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Crates that run in it, in the section's order; those of build scripts are left out.
    pub crates: Vec<Crate>,
}

/// A crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crate {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// It is the program itself.
    pub root: bool,
    /// Places in [`Audit::crates`] of its direct dependencies.
    pub dependencies: Vec<u32>,
}

#[derive(Deserialize)]
struct Document {
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    dependencies: Vec<usize>,
    #[serde(default)]
    root: bool,
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Runtime,
    Build,
    /// A kind of a later format: counted as installed, so that nothing is missed.
    #[serde(other)]
    Other,
}

/// Finds and reads the section. `None`: there is none.
pub(crate) fn find(elf: &Elf<'_>, budget: &Budget) -> Result<Option<Audit>, ReadError> {
    let Some(section) = elf.section(|name| name == b".dep-v0") else { return Ok(None) };
    let packed = exact(elf.content, section.offset, section.size, MAX, "the audit section")?;
    let json = inflate(&packed, budget)?;
    parse(&json).map(Some)
}

fn inflate(packed: &[u8], budget: &Budget) -> Result<Vec<u8>, ReadError> {
    let mut json = Vec::new();
    ZlibDecoder::new(packed)
        .take(MAX + 1)
        .read_to_end(&mut json)
        .map_err(|_| ReadError::Malformed("the audit section is not zlib data"))?;
    budget.charge_bytes(json.len() as u64)?;
    if json.len() as u64 > MAX {
        return Err(ReadError::TooLarge { what: "the inflated audit section", limit: MAX });
    }
    Ok(json)
}

fn parse(json: &[u8]) -> Result<Audit, ReadError> {
    let document: Document = serde_json::from_slice(json)
        .map_err(|_| ReadError::Malformed("the audit section is not as documented"))?;
    let mut places = vec![None; document.packages.len()];
    let mut next = 0_u32;
    for (place, entry) in places.iter_mut().zip(&document.packages) {
        if entry.kind != Kind::Build {
            *place = Some(next);
            next += 1;
        }
    }
    let kept = document.packages.into_iter().filter(|entry| entry.kind != Kind::Build);
    let crates = kept.map(|entry| Crate {
        name: entry.name,
        version: entry.version,
        root: entry.root,
        dependencies: entry
            .dependencies
            .into_iter()
            .filter_map(|i| places.get(i).copied().flatten())
            .collect(),
    });
    Ok(Audit { crates: crates.collect() })
}

/// The bytes of a section that holds `json`.
#[cfg(test)]
pub(crate) fn packed(json: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::ZlibEncoder::new(json, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_dependencies_are_not_installed_and_edges_follow() {
        let audit = parse(
            br#"{"packages":[{"name":"a","version":"1.0.0","source":"local","dependencies":[1,2,9],"root":true},
            {"name":"cc","version":"1.1.0","source":"crates.io","kind":"build"},
            {"name":"b","version":"2.0.0","source":"crates.io","kind":"tomorrow"}],"format":7}"#,
        )
        .unwrap();
        assert_eq!(audit.crates.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(audit.crates[0].dependencies, [1]);
        assert!(audit.crates[0].root);
        assert!(parse(b"{").is_err());
    }
}
