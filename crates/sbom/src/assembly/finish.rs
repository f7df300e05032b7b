//! The last step: owners, programs that nobody accounts for, order and duplicates.

use std::collections::HashSet;

use package::{Catalogue, Package, PackageIndex};

use super::{Assembled, Draft, Options, ownership::owners};
use crate::Fact;

/// Where a command without a slash is looked for, in the order of the usual PATH of images.
const PATH: [&str; 6] = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"];

pub(super) fn finish(mut draft: Draft<'_>, options: &Options) -> Assembled {
    let programs: Vec<String> =
        options.main_programs.iter().filter_map(|name| program(&draft, name)).collect();
    let owned = owners(
        &draft,
        draft
            .packages
            .iter()
            .filter(|package| !package.kind.is_os())
            .flat_map(|package| &package.evidence)
            .chain(&draft.unidentified)
            .map(|path| on_disk(path))
            .chain(programs.iter().map(String::as_str)),
    );
    let found: Vec<Option<PackageIndex>> = draft
        .packages
        .iter()
        .map(|package| {
            if package.kind.is_os() {
                return None;
            }
            package.evidence.iter().find_map(|path| owned.get(on_disk(path)).copied())
        })
        .collect();
    let identified: HashSet<&str> =
        draft.packages.iter().flat_map(|package| &package.evidence).map(|path| on_disk(path)).collect();
    let nameless: Vec<String> = programs
        .iter()
        .filter(|path| !owned.contains_key(path.as_str()) && !identified.contains(path.as_str()))
        .filter(|path| matches!(draft.facts.at(path), Some(Fact::Elf(_))))
        .cloned()
        .collect();
    // What an OS package owns is identified by it.
    let mut unidentified: Vec<String> =
        draft.unidentified.iter().filter(|path| !owned.contains_key(on_disk(path))).cloned().collect();
    unidentified.extend(nameless);
    for (package, owner) in draft.packages.iter_mut().zip(found) {
        if owner.is_some() {
            package.owner = owner;
        }
    }
    unidentified.sort();
    unidentified.dedup();
    let catalogue = Catalogue {
        distro: draft.distro,
        packages: in_order(draft.packages),
        unidentified,
        ..Catalogue::default()
    };
    Assembled { catalogue, problems: draft.problems.into_vec() }
}

/// The file on the disk that holds this evidence: `a.war` for `a.war!/WEB-INF/lib/b.jar`.
fn on_disk(evidence: &str) -> &str {
    evidence.split_once("!/").map_or(evidence, |(file, _)| file)
}

/// Where the program lies that an image starts as `name`.
fn program(draft: &Draft<'_>, name: &str) -> Option<String> {
    if name.contains('/') {
        return draft.view.resolve(name.trim_start_matches('/'));
    }
    PATH.iter().find_map(|dir| draft.view.resolve(&format!("{dir}/{name}")))
}

/// Sorts packages, drops those that say the same as another, and follows both in every link between packages.
pub(crate) fn in_order(packages: Vec<Package>) -> Vec<Package> {
    type Key<'a> = (package::PackageType, &'a str, &'a str, &'a [String], Option<&'a str>, package::Presence);
    fn key(package: &Package) -> Key<'_> {
        let Package { kind, name, version, evidence, arch, presence, .. } = package;
        (*kind, name, version, evidence, arch.as_deref(), *presence)
    }
    let mut old: Vec<(usize, Package)> = packages.into_iter().enumerate().collect();
    old.sort_by(|(_, a), (_, b)| key(a).cmp(&key(b)));
    let mut places = vec![PackageIndex(0); old.len()];
    let mut sorted: Vec<Package> = Vec::with_capacity(old.len());
    for (was, package) in old {
        match sorted.last_mut() {
            Some(last) if key(last) == key(&package) => {
                last.depends_on.extend(package.depends_on);
                if last.licences.is_empty() {
                    last.licences = package.licences;
                }
                last.owner = last.owner.or(package.owner);
                last.bundled_in = last.bundled_in.or(package.bundled_in);
            }
            _ => sorted.push(package),
        }
        let now = u32::try_from(sorted.len() - 1).unwrap_or(u32::MAX);
        if let Some(place) = places.get_mut(was) {
            *place = PackageIndex(now);
        }
    }
    let place = |index: PackageIndex| places.get(index.0 as usize).copied();
    for (now, package) in sorted.iter_mut().enumerate() {
        package.owner = package.owner.and_then(place);
        package.bundled_in = package.bundled_in.and_then(place).filter(|other| other.0 as usize != now);
        package.depends_on = package.depends_on.iter().filter_map(|&other| place(other)).collect();
        package.depends_on.sort_unstable();
        package.depends_on.dedup();
    }
    sorted
}
