//! Python: dist-info, egg-info and lock files.

mod lock;
mod metadata;
mod record;
mod requirements;
mod site;

pub(crate) use lock::Lock;
pub(crate) use metadata::Metadata;
pub(crate) use record::Record;
pub(crate) use site::carriers;

use model::{Effect, Problem};
use package::PackageType;

use super::lock::Locked;
use crate::{Fact, FileFact, assembly::Draft, problems, reader::Row};

pub(crate) static READERS: &[Row] = &[
    Row {
        name: "Python package metadata",
        wants: |info| site::is_metadata(info.path),
        peek: None,
        by_content: true,
        // The description, which is not read, makes some of them megabytes long.
        max: 64 << 20,
        in_parts: false,
        read: metadata::read,
    },
    Row {
        name: "list of a Python package's files",
        wants: |info| site::is_record(info.path),
        peek: None,
        by_content: true,
        max: 64 << 20,
        in_parts: false,
        read: record::read,
    },
    Row {
        name: "poetry.lock or uv.lock",
        wants: |info| is_file(info.path, "poetry.lock") || is_file(info.path, "uv.lock"),
        peek: None,
        by_content: true,
        max: 32 << 20,
        in_parts: false,
        read: lock::read_toml,
    },
    Row {
        name: "Pipfile.lock",
        wants: |info| is_file(info.path, "Pipfile.lock"),
        peek: None,
        by_content: true,
        max: 32 << 20,
        in_parts: false,
        read: lock::read_pipfile,
    },
    Row {
        name: "requirements",
        wants: |info| {
            info.path.ends_with(".txt") && info.name().starts_with("requirements")
                // Lists that packages carry are not this tree's.
                && !info.path.contains("-packages/")
        },
        peek: None,
        by_content: true,
        max: 8 << 20,
        in_parts: false,
        read: requirements::read,
    },
];

fn is_file(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    site::assemble(draft);
    let locks: Vec<&FileFact> =
        draft.facts.visible().filter(|file| matches!(file.fact, Fact::PythonLock(_))).collect();
    for file in locks {
        super::lock::assemble(draft, PackageType::Pypi, file, locked);
        if let Fact::PythonLock(lock) = &file.fact {
            includes(draft, file, lock);
        }
    }
}

/// What a requirements file includes is read by its own name, or else said to be missing.
fn includes(draft: &mut Draft<'_>, file: &FileFact, lock: &Lock) {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for include in &lock.includes {
        let path = record::join(folder, include);
        if !matches!(draft.facts.at(&path), Some(Fact::PythonLock(_))) {
            draft.problems.push(Problem::new(
                problems::NOT_FOLLOWED,
                file.path.as_str(),
                Effect::None,
                "it includes other files that are not named requirements….txt or do not lie here; \
                 their packages are not listed",
            ));
        }
    }
}

fn locked(fact: &Fact) -> Option<&[Locked]> {
    match fact {
        Fact::PythonLock(lock) => Some(&lock.packages),
        _ => None,
    }
}

/// The form of a name under which it is compared (PEP 503).
fn normal(name: &str) -> String {
    package::Ecosystem::PyPi.normalise(name)
}

/// The name at the start of a requirement (PEP 508) and the rest; `None` where it does not start with one.
fn name_of(requirement: &str) -> Option<(&str, &str)> {
    let text = requirement.trim_start();
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let first = name.chars().next()?;
    (first.is_ascii_alphanumeric() && name.len() <= super::input::MAX_WORD).then_some((name, rest))
}

#[cfg(test)]
mod tests;
