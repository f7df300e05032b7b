//! Rust: the audit section of binaries, and Cargo.lock.

mod auditable;
mod cargo_lock;

use model::{Budget, Effect, Problems};
use package::{Package, PackageType};

pub(crate) use self::auditable::{Audit, Crate};
use crate::{
    Fact, FileFact, FileInfo,
    assembly::{Draft, layers_since},
    lang::{
        elf::{Binary, file::Elf},
        lock,
    },
};

#[cfg(test)]
pub(crate) use self::auditable::packed as packed_for_tests;
pub(crate) use self::cargo_lock::{Lock, READERS};

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
        match &fact.fact {
            Fact::Elf(Binary { rust: Some(audit), .. }) => add_binary(draft, fact, audit),
            Fact::CargoLock(_) => lock::assemble(draft, PackageType::Cargo, fact, |fact| match fact {
                Fact::CargoLock(lock) => Some(&lock.packages),
                _ => None,
            }),
            _ => {}
        }
    }
}

fn add_binary(draft: &mut Draft<'_>, file: &FileFact, audit: &Audit) {
    let layers = layers_since(draft, &file.path, |fact| match fact {
        Fact::Elf(Binary { rust: Some(audit), .. }) => audit.crates.iter().map(key).collect(),
        _ => Vec::new(),
    });
    let places: Vec<_> = audit
        .crates
        .iter()
        .map(|krate| {
            let mut package = Package::new(PackageType::Cargo, &krate.name, &krate.version);
            package.evidence.push(file.path.clone());
            package.layer = layers.get(&key(krate)).copied();
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

fn key(krate: &Crate) -> (&str, &str) {
    (&krate.name, &krate.version)
}
