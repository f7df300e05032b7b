//! Dependencies by name, turned into links between installed packages.

use std::collections::{HashMap, HashSet};

use package::PackageIndex;

use crate::assembly::Draft;

/// Installed packages that provide one name, past which the name links to none of them: a name that half the system
/// provides tells nothing, and would make linking quadratic.
const MAX_PROVIDERS: usize = 64;

/// What one package offers and wants, by name.
pub(super) struct Needs<'a> {
    pub(super) package: PackageIndex,
    pub(super) name: &'a str,
    pub(super) provides: Vec<&'a str>,
    pub(super) depends: Vec<&'a str>,
}

/// Fills `depends_on`. Of alternatives all that are installed count.
pub(super) fn link(draft: &mut Draft<'_>, packages: &[Needs<'_>]) {
    let mut by_name: HashMap<&str, Vec<PackageIndex>> = HashMap::with_capacity(packages.len() * 2);
    for needs in packages {
        for name in std::iter::once(&needs.name).chain(&needs.provides) {
            let providers = by_name.entry(name).or_default();
            if providers.last() != Some(&needs.package) && providers.len() <= MAX_PROVIDERS {
                providers.push(needs.package);
            }
        }
    }
    for needs in packages {
        let mut seen = HashSet::new();
        let found: Vec<PackageIndex> = needs
            .depends
            .iter()
            .filter_map(|name| by_name.get(name))
            .filter(|providers| providers.len() <= MAX_PROVIDERS)
            .flatten()
            .copied()
            .filter(|other| *other != needs.package && seen.insert(*other))
            .collect();
        if let Some(package) = draft.packages.get_mut(needs.package.0 as usize) {
            package.depends_on = found;
        }
    }
}
