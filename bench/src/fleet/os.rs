//! Distributions: their source packages, what was flawed in them when, and the versions that they had in each month.

use model::Severity;
use package::{Ecosystem, PackageType};

use super::{
    MONTHS,
    dice::{below, chance, hash},
    names,
};

/// A release of a distribution.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) id: &'static str,
    pub(crate) version_id: &'static str,
    pub(crate) codename: &'static str,
    pub(crate) pretty: &'static str,
    pub(crate) ecosystem: Ecosystem,
    /// As advisories write it.
    pub(crate) release: &'static str,
    pub(crate) kind: PackageType,
    /// Releases of one family share their flaws.
    pub(crate) family: u32,
    /// Sources of the smallest image.
    pub(crate) base: u32,
    /// Name of its image.
    pub(crate) image: &'static str,
}

#[rustfmt::skip]
pub(crate) const RELEASES: &[Release] = &[
    Release { id: "debian", version_id: "12", codename: "bookworm", pretty: "Debian GNU/Linux 12 (bookworm)", ecosystem: Ecosystem::Debian, release: "12", kind: PackageType::Deb, family: 0, base: 58, image: "debian:12" },
    Release { id: "debian", version_id: "13", codename: "trixie", pretty: "Debian GNU/Linux 13 (trixie)", ecosystem: Ecosystem::Debian, release: "13", kind: PackageType::Deb, family: 0, base: 56, image: "debian:13" },
    Release { id: "debian", version_id: "11", codename: "bullseye", pretty: "Debian GNU/Linux 11 (bullseye)", ecosystem: Ecosystem::Debian, release: "11", kind: PackageType::Deb, family: 0, base: 58, image: "debian:11" },
    Release { id: "ubuntu", version_id: "22.04", codename: "jammy", pretty: "Ubuntu 22.04.5 LTS", ecosystem: Ecosystem::Ubuntu, release: "22.04", kind: PackageType::Deb, family: 1, base: 64, image: "ubuntu:22.04" },
    Release { id: "ubuntu", version_id: "24.04", codename: "noble", pretty: "Ubuntu 24.04.3 LTS", ecosystem: Ecosystem::Ubuntu, release: "24.04", kind: PackageType::Deb, family: 1, base: 62, image: "ubuntu:24.04" },
    Release { id: "alpine", version_id: "3.21.4", codename: "", pretty: "Alpine Linux v3.21", ecosystem: Ecosystem::Alpine, release: "v3.21", kind: PackageType::Apk, family: 2, base: 12, image: "alpine:3.21" },
    Release { id: "alpine", version_id: "3.22.1", codename: "", pretty: "Alpine Linux v3.22", ecosystem: Ecosystem::Alpine, release: "v3.22", kind: PackageType::Apk, family: 2, base: 12, image: "alpine:3.22" },
    Release { id: "almalinux", version_id: "8.10", codename: "", pretty: "AlmaLinux 8.10 (Cerulean Leopard)", ecosystem: Ecosystem::AlmaLinux, release: "8", kind: PackageType::Rpm, family: 3, base: 80, image: "almalinux:8" },
    Release { id: "almalinux", version_id: "9.6", codename: "", pretty: "AlmaLinux 9.6 (Sage Margay)", ecosystem: Ecosystem::AlmaLinux, release: "9", kind: PackageType::Rpm, family: 3, base: 76, image: "almalinux:9" },
    Release { id: "rocky", version_id: "9.6", codename: "", pretty: "Rocky Linux 9.6 (Blue Onyx)", ecosystem: Ecosystem::RockyLinux, release: "9", kind: PackageType::Rpm, family: 3, base: 76, image: "rockylinux:9" },
];

/// What became of a flaw in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Fixed in this month.
    Fixed(u32),
    /// Known, and no fix.
    Open,
    /// It will not be fixed.
    WontFix,
    /// It is fixed some day.
    Deferred,
    /// It does not concern this release.
    NotAffected,
}

/// A flaw of a source.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    pub(crate) number: u32,
    pub(crate) severity: Severity,
    /// When it became known.
    pub(crate) month: u32,
    pub(crate) unimportant: bool,
}

/// One source package of a family.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    /// Binary packages that are built from it, its namesake first.
    pub(crate) binaries: Vec<String>,
    pub(crate) flaws: Vec<Flaw>,
    upstream: String,
}

/// All sources, by family.
#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    families: Vec<Vec<Source>>,
}

/// Sources of a family.
const SOURCES: u32 = 170;

pub(crate) fn severity(parts: &[u64]) -> Severity {
    match below(100, parts) {
        0..6 => Severity::Critical,
        6..32 => Severity::High,
        32..74 => Severity::Medium,
        74..92 => Severity::Low,
        92..97 => Severity::Negligible,
        _ => Severity::Unknown,
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut number = 0;
        let families = (0_u32..4)
            .map(|family| {
                (0..SOURCES)
                    .map(|at| {
                        let parts = [seed, 1, u64::from(family), u64::from(at)];
                        let name = names::os(at);
                        let more = [0, 0, 1, 1, 1, 2, 3][below(7, &[hash(&parts), 1]) as usize];
                        let short = name.trim_start_matches("lib");
                        let others =
                            [format!("lib{short}1"), format!("{name}-common"), format!("{name}-data")];
                        let binaries =
                            std::iter::once(name.clone()).chain(others.into_iter().take(more)).collect();
                        // What is everywhere is looked at most.
                        let count = match at {
                            0..14 => 1 + below(3, &[hash(&parts), 2]),
                            _ if chance(18, &[hash(&parts), 2]) => 1 + below(2, &[hash(&parts), 3]),
                            _ => 0,
                        };
                        let flaws = (0..count)
                            .map(|flaw| {
                                number += 1;
                                let parts = [hash(&parts), 4, u64::from(flaw)];
                                Flaw {
                                    number,
                                    severity: severity(&[hash(&parts), 1]),
                                    month: below(MONTHS, &[hash(&parts), 2]),
                                    unimportant: family == 0 && chance(8, &[hash(&parts), 3]),
                                }
                            })
                            .collect();
                        let [a, b, c] = [1, 2, 3]
                            .map(|turn| below([9, 30, 12][turn - 1], &[hash(&parts), 5, turn as u64]));
                        Source { name, binaries, flaws, upstream: format!("{}.{b}.{c}", a + 1) }
                    })
                    .collect()
            })
            .collect();
        Self { seed, families }
    }

    /// The sources of a release's family.
    pub(crate) fn sources(&self, release: &Release) -> &[Source] {
        self.families.get(release.family as usize).map_or(&[], Vec::as_slice)
    }

    /// How many flaws there are in all.
    pub(crate) fn flaws(&self) -> u32 {
        self.families.iter().flatten().flat_map(|source| &source.flaws).count().try_into().unwrap_or(u32::MAX)
    }

    /// What became of a flaw in a release.
    pub(crate) fn fate(&self, release: &Release, flaw: &Flaw) -> Fate {
        let parts = [
            self.seed,
            2,
            u64::from(flaw.number),
            hash(&[release.version_id.len() as u64, release.base.into()]),
        ];
        match below(100, &parts) {
            0..80 => Fate::Fixed(flaw.month + below(2, &[hash(&parts), 1])),
            80..85 => Fate::Open,
            85..89 => Fate::WontFix,
            89..93 => Fate::Deferred,
            _ => Fate::NotAffected,
        }
    }

    /// The version of a source in a release at the end of a month.
    pub(crate) fn version(&self, release: &Release, source: &Source, month: u32) -> String {
        let mut months: Vec<u32> = source
            .flaws
            .iter()
            .filter_map(|flaw| match self.fate(release, flaw) {
                Fate::Fixed(at) if at <= month => Some(at),
                _ => None,
            })
            .collect();
        months.sort_unstable();
        months.dedup();
        let updates = months.len();
        let upstream = &source.upstream;
        match (release.kind, release.id) {
            (PackageType::Deb, "debian") if updates == 0 => format!("{upstream}-2"),
            (PackageType::Deb, "debian") => format!("{upstream}-2+deb{}u{updates}", release.release),
            (PackageType::Deb, _) => format!(
                "{upstream}-1ubuntu{}",
                if updates == 0 { "1".to_owned() } else { format!("1.{updates}") }
            ),
            (PackageType::Apk, _) => format!("{upstream}-r{updates}"),
            _ => format!("{upstream}-{}.el{}", 10 + updates, release.release),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_gives_a_higher_version_in_its_order() {
        let world = World::new(1);
        let mut compared = 0;
        for release in RELEASES {
            let order = release.ecosystem.row().order;
            for source in world.sources(release) {
                for flaw in &source.flaws {
                    let Fate::Fixed(month) = world.fate(release, flaw) else { continue };
                    let after = order.parse(&world.version(release, source, month)).unwrap();
                    if month > 0 {
                        let before = order.parse(&world.version(release, source, month - 1)).unwrap();
                        assert_eq!(
                            before.compare(&after),
                            std::cmp::Ordering::Less,
                            "{} {}",
                            release.id,
                            source.name
                        );
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 200, "only {compared} pairs");
    }
}
