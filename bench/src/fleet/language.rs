//! Packages of languages: their versions by month, and their advisories.

use model::Severity;
use package::{Ecosystem, PackageType};

use super::{
    MONTHS,
    dice::{below, chance, hash},
    names, os,
};

/// A world of packages.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) kind: PackageType,
    pub(crate) ecosystem: Ecosystem,
    pub(crate) size: u32,
}

pub(crate) const POOLS: &[Pool] = &[
    Pool { kind: PackageType::Npm, ecosystem: Ecosystem::Npm, size: 2_400 },
    Pool { kind: PackageType::Pypi, ecosystem: Ecosystem::PyPi, size: 900 },
    Pool { kind: PackageType::Golang, ecosystem: Ecosystem::Go, size: 700 },
    Pool { kind: PackageType::Maven, ecosystem: Ecosystem::Maven, size: 1_100 },
];

/// An advisory about a package.
#[derive(Debug)]
pub(crate) struct Advisory {
    /// Counted over all pools.
    pub(crate) number: u32,
    pub(crate) severity: Severity,
    /// The month of the version with the fix; `None`: there is none.
    pub(crate) fixed: Option<u32>,
}

/// All that was ever published.
#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    advisories: Vec<Vec<Vec<Advisory>>>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut number = 0;
        let advisories = (0_u64..)
            .zip(POOLS)
            .map(|(at, pool)| {
                (0..pool.size)
                    .map(|package| {
                        let parts = [seed, 21, at, u64::from(package)];
                        let count = if chance(11, &parts) { 1 + below(2, &[hash(&parts), 1]) } else { 0 };
                        (0..count)
                            .map(|turn| {
                                number += 1;
                                let parts = [hash(&parts), 2, u64::from(turn)];
                                Advisory {
                                    number,
                                    severity: os::severity(&[hash(&parts), 1]),
                                    fixed: (!chance(7, &[hash(&parts), 2]))
                                        .then(|| 1 + below(MONTHS, &[hash(&parts), 3])),
                                }
                            })
                            .collect()
                    })
                    .collect()
            })
            .collect();
        Self { seed, advisories }
    }

    /// The advisories about a package of a pool.
    pub(crate) fn advisories(&self, pool: usize, package: u32) -> &[Advisory] {
        self.advisories.get(pool).and_then(|pool| pool.get(package as usize)).map_or(&[], Vec::as_slice)
    }

    /// The version of a package that was the newest in a month. Each month has one.
    pub(crate) fn version(&self, pool: usize, package: u32, month: u32) -> String {
        let parts = [self.seed, 22, pool as u64, u64::from(package)];
        let (major, minor) = (1 + below(6, &[hash(&parts), 1]), below(20, &[hash(&parts), 2]));
        // Some have a release each month, some one in half a year.
        let pace = 1 + below(6, &[hash(&parts), 3]);
        let go = if POOLS.get(pool).is_some_and(|pool| pool.kind == PackageType::Golang) { "v" } else { "" };
        format!(
            "{go}{major}.{}.{}",
            minor + month / pace,
            below(4, &[hash(&parts), 4, u64::from(month / pace)])
        )
    }

    /// The version that has the fix of an advisory: it always differs from the one before.
    pub(crate) fn fixed_version(&self, pool: usize, package: u32, month: u32) -> String {
        let before = self.version(pool, package, month.saturating_sub(1));
        (month..MONTHS + 12)
            .map(|month| self.version(pool, package, month))
            .find(|version| *version != before)
            .unwrap_or(before)
    }
}

/// The name of a package of a pool.
pub(crate) fn name(pool: &Pool, package: u32) -> String {
    names::language(pool.kind, package)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_fixes_are_higher() {
        let world = World::new(3);
        for (at, pool) in POOLS.iter().enumerate() {
            let names: BTreeSet<String> =
                (0..pool.size).map(|package| pool.ecosystem.normalise(&name(pool, package))).collect();
            assert_eq!(names.len(), pool.size as usize, "{:?}", pool.kind);
            let order = pool.ecosystem.row().order;
            for package in 0..200 {
                for month in 1..MONTHS {
                    let before = order.parse(&world.version(at, package, month - 1)).unwrap();
                    let fixed = order.parse(&world.fixed_version(at, package, month)).unwrap();
                    assert_eq!(before.compare(&fixed), std::cmp::Ordering::Less);
                }
            }
        }
    }
}
