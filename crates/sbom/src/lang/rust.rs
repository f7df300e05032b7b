//! Rust: the audit section of binaries, and Cargo.lock.

mod auditable;

use model::{Budget, Effect, Problems};
use package::{Package, PackageType};
use serde::{Deserialize, Serialize};

pub(crate) use self::auditable::{Audit, Crate};
use crate::{
    Fact, FileFact, FileInfo,
    assembly::{Draft, layer_since},
    lang::elf::{Binary, file::Elf},
    reader::Row,
};

pub(crate) static READERS: &[Row] = &[];

/// Facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {}

/// What `cargo auditable` left in a binary; `None`: nothing.
pub(crate) fn read_binary(
    elf: &Elf<'_>,
    info: &FileInfo<'_>,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Audit> {
    match auditable::find(elf, budget) {
        Ok(audit) => audit,
        Err(error) => {
            error.report(problems, info.path, "the audit section of a Rust program", Effect::MayHidePackages);
            None
        }
    }
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let facts: Vec<&FileFact> = draft.facts.visible().collect();
    for fact in facts {
        if let Fact::Elf(Binary { rust: Some(audit), .. }) = &fact.fact {
            add_binary(draft, fact, audit);
        }
    }
}

fn add_binary(draft: &mut Draft<'_>, file: &FileFact, audit: &Audit) {
    let places: Vec<_> = audit
        .crates
        .iter()
        .map(|krate| {
            let mut package = Package::new(PackageType::Cargo, &krate.name, &krate.version);
            package.evidence.push(file.path.clone());
            package.layer = layer_since(draft, &file.path, |fact| has_crate(fact, krate));
            draft.add(package)
        })
        .collect();
    for (krate, index) in audit.crates.iter().zip(&places) {
        if let Some(package) = draft.packages.get_mut(index.0 as usize) {
            package.depends_on =
                krate.dependencies.iter().filter_map(|&i| places.get(i as usize).copied()).collect();
        }
    }
}

fn has_crate(fact: &Fact, wanted: &Crate) -> bool {
    matches!(fact, Fact::Elf(Binary { rust: Some(audit), .. })
        if audit.crates.iter().any(|krate| krate.name == wanted.name && krate.version == wanted.version))
}
