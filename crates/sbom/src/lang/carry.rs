//! Packages inside packages of another language: crates in a wheel's extension module, a Go program in a npm package.
//! What helps there is an upgrade of the one that carries them.

use std::collections::HashMap;

use package::{PackageIndex, PackageType};

use super::{npm, python};
use crate::assembly::Draft;

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let in_python = python::carriers(draft);
    let in_npm: HashMap<String, PackageIndex> = draft
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.kind == PackageType::Npm)
        .flat_map(|(n, package)| package.evidence.iter().map(move |path| (n, path)))
        .filter_map(|(n, path)| {
            let folder = path.strip_suffix("/package.json")?;
            Some((folder.to_owned(), PackageIndex(u32::try_from(n).ok()?)))
        })
        .collect();
    if in_python.is_empty() && in_npm.is_empty() {
        return;
    }
    for (n, package) in draft.packages.iter_mut().enumerate() {
        if package.kind.is_os() || package.bundled_in.is_some() {
            continue;
        }
        let Some(path) = package.evidence.first() else { continue };
        let path = path.split_once("!/").map_or(path.as_str(), |(file, _)| file);
        let carrier = in_python.get(path).copied().or_else(|| {
            let nearest = npm::folder_of(path).filter(|_| package.kind != PackageType::Npm)?;
            in_npm.get(nearest).copied()
        });
        package.bundled_in = carrier.filter(|carrier| carrier.0 as usize != n);
    }
}
