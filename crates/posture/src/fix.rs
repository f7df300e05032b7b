//! Recommendations by fix: the findings of many images, by the one deed that repairs them.
//!
//! The words are those of a scan's plan, over a fleet: a source package of a distribution's release is one action however
//! many images have it, a binary is one action with all its modules, a package that carries others is one action, and a
//! base that many images were built on is one action with all that comes with it. Every finding that counts stands in
//! exactly one action, or among those without a fix.

mod id;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use model::{Class, Severity};
use package::{Ecosystem, PackageType, VersionOrder};

pub use id::ActionId;

use crate::SeverityCounts;

/// The images of a fleet, by what they carry.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixFleet<'a> {
    /// The images.
    pub images: &'a [FixImage<'a>],
    /// Bases that images were built on and that have a name.
    pub bases: &'a [Base<'a>],
    /// Packages with findings that count.
    pub carriers: &'a [Carrier<'a>],
}

/// An image in one place.
#[derive(Clone, Copy, Debug)]
pub struct FixImage<'a> {
    /// The team that fixes it.
    pub team: Option<&'a str>,
}

/// A base.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// `debian:12-slim`.
    pub name: &'a str,
    /// What to rebuild on where that is known by a name of its own: `debian:12.12`.
    pub newest: Option<&'a str>,
    /// Vulnerabilities that its newest build has, where that build was scanned; sorted. `None`: what a rebuild clears is
    /// predicted from what has a fix.
    pub newest_has: Option<&'a [&'a str]>,
}

/// A package with findings, and the images that have it.
#[derive(Clone, Copy, Debug)]
pub struct Carrier<'a> {
    /// What repairs it where no base does.
    pub deed: Deed,
    /// Type of what is acted upon.
    pub kind: PackageType,
    /// The part's world, which orders its versions.
    pub ecosystem: Option<Ecosystem>,
    /// Distribution and release of these images: a package of the distribution has other versions in another release, so
    /// it is another action.
    pub distribution: Option<(Ecosystem, &'a str)>,
    /// What is acted upon: a source package, a language package, the package that carries this one, the path of a binary.
    pub name: &'a str,
    /// What becomes newer: the package that the findings are about, by the name that advisories use.
    pub part: &'a str,
    /// Its type.
    pub part_kind: PackageType,
    /// Its version.
    pub installed: &'a str,
    /// The base that it came with in these images, as an index into the bases. A package that came with the base in some
    /// images and not in others is two carriers.
    pub base: Option<u32>,
    /// The images, as indices, each once.
    pub images: &'a [u32],
    /// Its findings that count.
    pub findings: &'a [CarrierFinding<'a>],
}

/// A finding of a package.
#[derive(Clone, Copy, Debug)]
pub struct CarrierFinding<'a> {
    /// The name people use.
    pub vulnerability: &'a str,
    /// How bad.
    pub severity: Severity,
    /// What the advisory is about.
    pub class: Class,
    /// Known to be exploited.
    pub exploited: bool,
    /// Probability of exploitation, 0.0 to 1.0.
    pub epss: Option<f64>,
    /// The version that repairs it, where one does.
    pub fixed: Option<&'a str>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Hostile code goes.
    Remove,
    /// The image is built again on the newest build of its base.
    RebuildOnBase,
    /// The package itself is upgraded.
    Upgrade,
    /// Who carries the package is upgraded to a release with newer parts.
    UpgradeCarrier,
    /// The binary is built again with newer parts.
    Rebuild,
}

impl Deed {
    /// A stable slug.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::RebuildOnBase => "rebuild-on-base",
            Self::Upgrade => "upgrade",
            Self::UpgradeCarrier => "upgrade-carrier",
            Self::Rebuild => "rebuild",
        }
    }
}

/// What to do about the findings of a fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixPlan {
    /// What repairs them, what helps most first: hostile code, then what is known to be exploited, then what clears most
    /// critical findings, most high ones, and so on.
    pub actions: Vec<Action>,
    /// Findings that nothing repairs yet, one for each image.
    pub unfixed: SeverityCounts,
    /// All findings, one for each image: those of the actions and the unfixed.
    pub findings: SeverityCounts,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Stays the same while the target, the findings and the images change.
    pub id: ActionId,
    /// What is done.
    pub deed: Deed,
    /// Type of what is acted upon; `None` for a base.
    pub kind: Option<PackageType>,
    /// What is acted upon.
    pub name: String,
    /// What to rebuild on, for bases.
    pub target: Option<String>,
    /// What becomes newer, most findings first.
    pub parts: Vec<Part>,
    /// Findings that it clears by severity: one for each image, package and vulnerability.
    pub cleared: SeverityCounts,
    /// Distinct vulnerabilities by their worst severity.
    pub vulnerabilities: SeverityCounts,
    /// Of them, known to be exploited.
    pub exploited: u64,
    /// Of them, about hostile code.
    pub malware: u64,
    /// The highest probability of exploitation.
    pub epss: Option<f64>,
    /// The images, as indices, in order.
    pub images: Vec<u32>,
    /// Findings that it clears in each of them, in their order.
    pub per_image: Vec<u32>,
    /// Whose they are, most images first.
    pub teams: Vec<TeamShare>,
    /// What remains in these images once it is done.
    pub remains: Remainder,
    /// Is that measured on the newest build of the base, or predicted from what has a fix?
    pub measured: bool,
}

/// One package that becomes newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Type.
    pub kind: PackageType,
    /// Name, by which advisories know it.
    pub name: String,
    /// Versions that are there, oldest first.
    pub from: Vec<String>,
    /// The lowest version that repairs all that can be repaired; `None` where it goes.
    pub to: Option<String>,
    /// Findings that it clears, one for each image.
    pub findings: u64,
}

/// A team's part of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamShare {
    /// The team; `None`: nobody owns these images.
    pub team: Option<String>,
    /// Images.
    pub images: u64,
    /// Findings that it clears in them.
    pub findings: u64,
}

/// What remains in the images of an action once it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remainder {
    /// Images that have no finding left.
    pub healed: u64,
    /// Images that keep findings.
    pub images: u64,
    /// Findings left in them, one for each image.
    pub findings: u64,
    /// Of them, those that nothing repairs yet.
    pub unfixed: u64,
}

impl Action {
    /// In words: `upgrade lodash to 4.17.21`, `rebuild on debian:12.12`.
    #[must_use]
    pub fn title(&self) -> String {
        let name = &self.name;
        let version = match self.parts.as_slice() {
            [one] => one.to.as_deref(),
            _ => None,
        };
        match (self.deed, version) {
            (Deed::Remove, _) => format!("remove {name}"),
            (Deed::RebuildOnBase, _) => match &self.target {
                Some(target) => format!("rebuild on {target}"),
                None => format!("rebuild on the newest {name}"),
            },
            (Deed::Upgrade, Some(version)) => format!("upgrade {name} to {version}"),
            (Deed::Upgrade, None) => format!("upgrade {name}"),
            (Deed::UpgradeCarrier, _) => format!("upgrade {name} to a release with {}", self.newer()),
            (Deed::Rebuild, _) => format!("rebuild {name} with {}", self.newer()),
        }
    }

    /// The first two parts with their versions, and how many more there are.
    fn newer(&self) -> String {
        let part = |part: &Part| match &part.to {
            Some(version) => format!("{} {version}", part.name),
            None => format!("a newer {}", part.name),
        };
        let mut text: Vec<String> = self.parts.iter().take(2).map(part).collect();
        if self.parts.len() > 2 {
            text.push(format!("{} more", self.parts.len() - 2));
        }
        match text.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => "newer parts".to_owned(),
        }
    }
}

/// Who can act, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    deed: Deed,
    kind: Option<PackageType>,
    distribution: Option<(Ecosystem, &'a str)>,
    name: &'a str,
}

/// How many findings of each image an action clears; all nought between two actions.
struct PerImage {
    counts: Vec<u64>,
}

impl FixPlan {
    /// Joins the findings of a fleet by what repairs them. Takes time in proportion to carriers × their images, and to
    /// carriers × their findings, never to findings × images. Indices that lead nowhere count nothing.
    #[must_use]
    pub fn of(fleet: &FixFleet<'_>) -> Self {
        let mut plan = Self::default();
        let mut actions: BTreeMap<Key<'_>, Building<'_>> = BTreeMap::new();
        let mut all = vec![0_u64; fleet.images.len()];
        let mut unfixed = vec![0_u64; fleet.images.len()];
        for carrier in fleet.carriers {
            let images = carrier.images.iter().filter(|image| (**image as usize) < fleet.images.len());
            let times = images.count() as u64;
            let mut without = 0_u64;
            for finding in carrier.findings {
                plan.findings.add(finding.severity, times);
                match key(fleet, carrier, finding) {
                    Some(key) => actions.entry(key).or_default().add(carrier, finding, times),
                    None => {
                        plan.unfixed.add(finding.severity, times);
                        without += 1;
                    }
                }
            }
            add_to(&mut all, carrier.images, carrier.findings.len() as u64);
            add_to(&mut unfixed, carrier.images, without);
        }
        let mut scratch = PerImage { counts: vec![0; fleet.images.len()] };
        let finished = actions.into_iter();
        plan.actions = finished
            .map(|(key, building)| building.finish(key, fleet, &mut scratch, &all, &unfixed))
            .collect();
        plan.actions.sort_by(order::what_helps_most);
        plan
    }

    /// The id of the action in which a finding of a carrier stands; `None`: nothing repairs it yet.
    #[must_use]
    pub fn action_of(
        fleet: &FixFleet<'_>,
        carrier: &Carrier<'_>,
        finding: &CarrierFinding<'_>,
    ) -> Option<ActionId> {
        key(fleet, carrier, finding).map(|key| ActionId::of(&key))
    }
}

fn add_to(counts: &mut [u64], images: &[u32], times: u64) {
    if times == 0 {
        return;
    }
    for image in images {
        if let Some(count) = counts.get_mut(*image as usize) {
            *count = count.saturating_add(times);
        }
    }
}

/// What repairs a finding; `None`: nothing does yet.
fn key<'a>(fleet: &FixFleet<'a>, carrier: &Carrier<'a>, finding: &CarrierFinding<'_>) -> Option<Key<'a>> {
    let own = |deed, name| Key {
        deed,
        kind: Some(carrier.kind),
        distribution: carrier.distribution.filter(|_| carrier.kind.is_os()),
        name,
    };
    if finding.class == Class::Malware {
        return Some(own(Deed::Remove, carrier.part));
    }
    finding.fixed?;
    let base = carrier.base.and_then(|index| fleet.bases.get(index as usize)).filter(|base| {
        // A newest build that was scanned and still has the flaw repairs nothing: then it is upgraded in the image.
        base.newest_has.is_none_or(|has| has.binary_search(&finding.vulnerability).is_err())
    });
    Some(match base {
        Some(base) => Key { deed: Deed::RebuildOnBase, kind: None, distribution: None, name: base.name },
        None => own(carrier.deed, carrier.name),
    })
}

/// An action whose findings are still coming.
#[derive(Default)]
struct Building<'a> {
    /// Carriers that it is about with the number of their findings that it clears.
    carriers: Vec<(&'a Carrier<'a>, u64)>,
    parts: BTreeMap<(PackageType, &'a str), PartBuilding<'a>>,
    vulnerabilities: BTreeMap<&'a str, One>,
    cleared: SeverityCounts,
}

#[derive(Default)]
struct PartBuilding<'a> {
    from: BTreeSet<&'a str>,
    to: Option<&'a str>,
    order: Option<VersionOrder>,
    findings: u64,
}

/// What is known of one vulnerability over all its findings.
#[derive(Clone, Copy)]
struct One {
    severity: Severity,
    exploited: bool,
    malware: bool,
    epss: Option<f64>,
}

impl<'a> Building<'a> {
    fn add(&mut self, carrier: &'a Carrier<'a>, finding: &'a CarrierFinding<'a>, times: u64) {
        match self.carriers.last_mut() {
            // A carrier's findings come one after the other.
            Some((last, count)) if std::ptr::eq(*last, carrier) => *count += 1,
            _ => self.carriers.push((carrier, 1)),
        }
        self.cleared.add(finding.severity, times);
        let part = self.parts.entry((carrier.part_kind, carrier.part)).or_default();
        part.order = part.order.or(carrier.ecosystem.map(|ecosystem| ecosystem.row().order));
        part.findings = part.findings.saturating_add(times);
        part.from.insert(carrier.installed);
        if finding.class != Class::Malware
            && let Some(version) = finding.fixed
            && part.to.is_none_or(|old| order::is_lower(part.order, old, version))
        {
            part.to = Some(version);
        }
        let one = self.vulnerabilities.entry(finding.vulnerability).or_insert(One {
            severity: finding.severity,
            exploited: false,
            malware: false,
            epss: None,
        });
        if order::urgency(finding.severity) > order::urgency(one.severity) {
            one.severity = finding.severity;
        }
        one.exploited |= finding.exploited;
        one.malware |= finding.class == Class::Malware;
        one.epss = order::higher(one.epss, finding.epss);
    }

    fn finish(
        self,
        key: Key<'_>,
        fleet: &FixFleet<'_>,
        scratch: &mut PerImage,
        all: &[u64],
        unfixed: &[u64],
    ) -> Action {
        let mut images = Vec::new();
        for (carrier, count) in &self.carriers {
            for image in carrier.images {
                let Some(cleared) = scratch.counts.get_mut(*image as usize) else { continue };
                if *cleared == 0 {
                    images.push(*image);
                }
                *cleared = cleared.saturating_add(*count);
            }
        }
        images.sort_unstable();
        let mut remains = Remainder::default();
        let mut teams: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
        let mut per_image = Vec::with_capacity(images.len());
        for image in &images {
            let at = *image as usize;
            let Some(cleared) = scratch.counts.get_mut(at).map(std::mem::take) else { continue };
            per_image.push(u32::try_from(cleared).unwrap_or(u32::MAX));
            let left = all.get(at).copied().unwrap_or_default().saturating_sub(cleared);
            if left == 0 {
                remains.healed += 1;
            } else {
                remains.images += 1;
                remains.findings = remains.findings.saturating_add(left);
                remains.unfixed =
                    remains.unfixed.saturating_add(unfixed.get(at).copied().unwrap_or_default());
            }
            let share = teams.entry(fleet.images.get(at).and_then(|image| image.team)).or_default();
            share.0 += 1;
            share.1 = share.1.saturating_add(cleared);
        }
        let mut teams: Vec<TeamShare> = teams
            .into_iter()
            .map(|(team, (images, findings))| TeamShare { team: team.map(str::to_owned), images, findings })
            .collect();
        teams.sort_by(|a, b| b.images.cmp(&a.images).then_with(|| a.team.cmp(&b.team)));
        let mut vulnerabilities = SeverityCounts::default();
        for one in self.vulnerabilities.values() {
            vulnerabilities.add(one.severity, 1);
        }
        let base = (key.deed == Deed::RebuildOnBase)
            .then(|| fleet.bases.iter().find(|base| base.name == key.name))
            .flatten();
        Action {
            id: ActionId::of(&key),
            deed: key.deed,
            kind: key.kind,
            name: key.name.to_owned(),
            target: base.and_then(|base| base.newest).map(str::to_owned),
            parts: order::parts(self.parts),
            cleared: self.cleared,
            exploited: self.vulnerabilities.values().filter(|one| one.exploited).count() as u64,
            malware: self.vulnerabilities.values().filter(|one| one.malware).count() as u64,
            epss: self.vulnerabilities.values().fold(None, |highest, one| order::higher(highest, one.epss)),
            vulnerabilities,
            images,
            per_image,
            teams,
            remains,
            measured: base.is_some_and(|base| base.newest_has.is_some()),
        }
    }
}

#[cfg(test)]
mod tests;
