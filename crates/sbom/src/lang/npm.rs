//! npm: installed trees and lock files.

mod lock;
mod manifest;
mod place;
mod tree;

pub(crate) use lock::Lock;
pub(crate) use manifest::Manifest;

use super::lock::Locked;
use crate::{Fact, FileFact, assembly::Draft, reader::Row};

pub(crate) static READERS: &[Row] = &[
    Row {
        name: "package.json",
        wants: |info| place::of_manifest(info.path).or_else(|| place::of_project(info.path)).is_some(),
        peek: None,
        by_content: true,
        // The largest published ones carry their read-me and have some hundred KiB.
        max: 4 << 20,
        in_parts: false,
        read: manifest::read,
    },
    Row {
        name: "npm lock file",
        wants: |info| {
            (is_file(info.path, "package-lock.json") || is_file(info.path, "npm-shrinkwrap.json"))
                // A lock file inside a published package says nothing of this tree: npm itself ignores it.
                && !place::inside_modules(info.path)
        },
        peek: None,
        by_content: true,
        max: 64 << 20,
        in_parts: false,
        read: lock::read,
    },
];

fn is_file(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    tree::assemble(draft);
    let locks: Vec<&FileFact> =
        draft.facts.visible().filter(|file| matches!(file.fact, Fact::NpmLock(_))).collect();
    for file in locks {
        // npm reads npm-shrinkwrap.json where both are there.
        let shrinkwrap = file.path.strip_suffix("package-lock.json").is_some_and(|folder| {
            matches!(draft.facts.at(&format!("{folder}npm-shrinkwrap.json")), Some(Fact::NpmLock(_)))
        });
        if !shrinkwrap {
            super::lock::assemble(draft, package::PackageType::Npm, file, locked);
        }
    }
}

/// The folder of the package that a file belongs to: the nearest one in a `node_modules`.
pub(crate) fn folder_of(path: &str) -> Option<&str> {
    place::around(path)
}

fn locked(fact: &Fact) -> Option<&[Locked]> {
    match fact {
        Fact::NpmLock(lock) => Some(&lock.packages),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
