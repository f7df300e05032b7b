//! What to do: the findings that count, by the one deed that repairs them.
//!
//! People upgrade source packages, rebuild binaries and edit manifests; they do not repair one CVE of one binary package
//! at a time. So findings are joined by who can act: a source package of the distribution is one action however many
//! binary packages it has, a Go binary is one action with all its modules, an OS package of another vendor or a bundle
//! is one action with all that it carries, and the same language package in many places is one action.

mod place;
mod raise;

use std::collections::{BTreeMap, BTreeSet};

use model::{Class, Detail as FindingDetail, Finding, FixStatus, Judgement, Vulnerability};
use package::{Catalogue, Detail, Ecosystem, Package, PackageType, Presence, VersionOrder};

use crate::Tally;

/// What to do about the findings that count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What repairs them, most urgent first.
    pub actions: Vec<Action>,
    /// Findings that count and that no source has a fix for, as indices into [`crate::Outcome::findings`].
    pub unfixed: Vec<usize>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// What is done.
    pub deed: Deed,
    /// Type of what the findings are about.
    pub kind: PackageType,
    /// What it is done to: a source package, a language package, a bundle, or the path of a binary.
    pub name: String,
    /// What becomes newer; one part, but for binaries and bundles. Most findings first.
    pub parts: Vec<Part>,
    /// Where: application roots, archives, binaries; without repetition. Empty for packages of the distribution.
    pub places: Vec<String>,
    /// The findings that it repairs, as indices into [`crate::Outcome::findings`].
    pub findings: Vec<usize>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Hostile code goes.
    Remove,
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
            Self::Upgrade => "upgrade",
            Self::UpgradeCarrier => "upgrade-carrier",
            Self::Rebuild => "rebuild",
        }
    }
}

/// One package that becomes newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Type.
    pub kind: PackageType,
    /// Name: of the source for OS packages.
    pub name: String,
    /// Versions that are there, oldest first.
    pub from: Vec<String>,
    /// The lowest version that repairs all that can be repaired; `None` where it goes.
    pub to: Option<String>,
    /// Findings that it repairs.
    pub findings: u64,
    /// One of its packages, as an index into the catalogue.
    pub(crate) package: u32,
    /// The order of its versions.
    pub(crate) order: Option<VersionOrder>,
}

impl Action {
    /// What it repairs, counted.
    #[must_use]
    pub fn tally(&self, findings: &[Finding]) -> Tally {
        Tally::of(self.findings.iter().filter_map(|index| findings.get(*index)))
    }
}

/// Who can act, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    deed: Deed,
    /// The type that is acted upon: of the carrier's parts it says nothing.
    kind: Option<PackageType>,
    name: String,
}

impl Plan {
    /// Joins the findings that count by what repairs them. Targets are the highest of the fixed versions: only who has
    /// the database can say whether they hold.
    #[must_use]
    pub fn of(findings: &[Finding], catalogue: &Catalogue) -> Self {
        plan(findings, catalogue, None)
    }
}

/// As [`Plan::of`], with targets that were judged themselves.
pub(crate) fn plan(findings: &[Finding], catalogue: &Catalogue, database: Option<&Targets<'_>>) -> Plan {
    let mut unfixed = Vec::new();
    let mut actions: BTreeMap<Key, Building> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let FindingDetail::Vulnerability(vulnerability) = &finding.detail else { continue };
        if finding.judgement != Judgement::Counts {
            continue;
        }
        let fixed = match &vulnerability.fix {
            FixStatus::Fixed { version } => Some(version.as_str()),
            _ => None,
        };
        let hostile = vulnerability.class == Class::Malware;
        if fixed.is_none() && !hostile {
            unfixed.push(index);
            continue;
        }
        let package = catalogue.packages.get(vulnerability.package_index as usize);
        let key = key(vulnerability, package, catalogue, hostile);
        let fixed = fixed.filter(|_| !hostile);
        actions.entry(key).or_default().add(index, finding, vulnerability, package, catalogue, fixed);
    }
    let mut actions: Vec<Action> = actions.into_iter().map(|(key, building)| building.finish(key)).collect();
    if let Some(targets) = database {
        raise::raise(&mut actions, catalogue, targets);
    }
    let mut actions = same_binaries(actions);
    let mut weighed: Vec<(Tally, Action)> =
        actions.drain(..).map(|action| (action.tally(findings), action)).collect();
    weighed.sort_by(|(a, x), (b, y)| a.order(b).then_with(|| x.name.cmp(&y.name)));
    Plan { actions: weighed.into_iter().map(|(_, action)| action).collect(), unfixed }
}

pub(crate) use raise::Targets;

fn key(
    vulnerability: &Vulnerability,
    package: Option<&Package>,
    catalogue: &Catalogue,
    hostile: bool,
) -> Key {
    let own = |deed| {
        let name = vulnerability.source_package.as_deref().unwrap_or(&vulnerability.package);
        let kind = package.map(|package| package.kind);
        Key { deed, kind, name: name.to_owned() }
    };
    let Some(package) = package else { return own(Deed::Upgrade) };
    if hostile {
        return own(Deed::Remove);
    }
    let carried = |carrier: &Package| Key {
        deed: Deed::UpgradeCarrier,
        kind: Some(carrier.kind),
        name: carrier.name.clone(),
    };
    let carrier = |index: Option<package::PackageIndex>| index.and_then(|index| catalogue.package(index));
    if let Some(owner) = carrier(package.owner) {
        return carried(owner);
    }
    if let Some(outer) = carrier(package.bundled_in) {
        return carried(outer);
    }
    let in_binary = matches!(package.detail, Detail::Go(_)) && package.presence == Presence::Installed;
    match package.evidence.first().filter(|_| in_binary) {
        Some(path) => Key { deed: Deed::Rebuild, kind: Some(package.kind), name: path.clone() },
        None => own(Deed::Upgrade),
    }
}

/// An action whose findings are still coming.
#[derive(Default)]
struct Building {
    kind: Option<PackageType>,
    parts: BTreeMap<(PackageType, String), PartBuilding>,
    places: BTreeSet<String>,
    findings: Vec<usize>,
}

struct PartBuilding {
    from: BTreeSet<String>,
    to: Option<String>,
    order: Option<VersionOrder>,
    findings: u64,
    package: u32,
}

impl Building {
    fn add(
        &mut self,
        index: usize,
        finding: &Finding,
        vulnerability: &Vulnerability,
        package: Option<&Package>,
        catalogue: &Catalogue,
        fixed: Option<&str>,
    ) {
        let kind = package.map_or(PackageType::Generic, |package| package.kind);
        self.kind.get_or_insert(kind);
        self.findings.push(index);
        if !kind.is_os() {
            let evidence = finding.evidence.first();
            self.places.extend(evidence.map(|evidence| place::of(kind, &evidence.path)));
        }
        let name = vulnerability.source_package.as_deref().unwrap_or(&vulnerability.package);
        let part = self.parts.entry((kind, name.to_owned())).or_insert_with(|| PartBuilding {
            from: BTreeSet::new(),
            to: None,
            order: order(kind, catalogue),
            findings: 0,
            package: vulnerability.package_index,
        });
        part.findings += 1;
        part.from.insert(vulnerability.installed.clone());
        if let Some(version) = fixed
            && part.to.as_deref().is_none_or(|old| is_lower(part.order, old, version))
        {
            part.to = Some(version.to_owned());
        }
    }

    fn finish(self, key: Key) -> Action {
        let mut parts: Vec<Part> = self
            .parts
            .into_iter()
            .map(|((kind, name), part)| {
                let mut from: Vec<String> = part.from.into_iter().collect();
                if let Some(order) = part.order {
                    from.sort_by(|a, b| order.compare(a, b).unwrap_or_else(|_| a.cmp(b)));
                }
                let PartBuilding { to, order, findings, package, .. } = part;
                Part { kind, name, from, to, findings, package, order }
            })
            .collect();
        parts.sort_by(|a, b| b.findings.cmp(&a.findings).then_with(|| a.name.cmp(&b.name)));
        Action {
            deed: key.deed,
            kind: self.kind.unwrap_or(PackageType::Generic),
            name: key.name,
            parts,
            places: self.places.into_iter().collect(),
            findings: self.findings,
        }
    }
}

/// The order of versions: the distribution's for its packages, the language's for others.
fn order(kind: PackageType, catalogue: &Catalogue) -> Option<VersionOrder> {
    let ecosystem = if kind.is_os() {
        let os = &catalogue.distro.as_ref()?.os_release;
        Ecosystem::from_os_release(os)?.0
    } else {
        Ecosystem::of_language(kind)?
    };
    Some(ecosystem.row().order)
}

/// Is `old` below `new`? Where that cannot be told, no.
fn is_lower(order: Option<VersionOrder>, old: &str, new: &str) -> bool {
    order.is_some_and(|order| order.compare(old, new).is_ok_and(std::cmp::Ordering::is_lt))
}

/// Name, versions and target of a part.
type Change = (String, Vec<String>, Option<String>);

/// Copies of one binary are one action: the same parts in the same versions that become the same.
fn same_binaries(actions: Vec<Action>) -> Vec<Action> {
    let mut out: Vec<Action> = Vec::with_capacity(actions.len());
    let mut seen: BTreeMap<Vec<Change>, usize> = BTreeMap::new();
    for action in actions {
        if action.deed != Deed::Rebuild {
            out.push(action);
            continue;
        }
        let signature =
            action.parts.iter().map(|part| (part.name.clone(), part.from.clone(), part.to.clone())).collect();
        let first = *seen.entry(signature).or_insert(out.len());
        match out.get_mut(first) {
            Some(same) => {
                for (part, more) in same.parts.iter_mut().zip(&action.parts) {
                    part.findings += more.findings;
                }
                same.places.extend(action.places);
                same.findings.extend(action.findings);
            }
            None => out.push(action),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use package::{GoModule, PackageIndex};

    use super::*;
    use crate::suppress::tests::finding;

    type Found<'a> = (PackageType, &'a str, &'a str, &'a str, Option<u32>, &'a str);

    /// A catalogue of `(kind, name, version, evidence, owner)` with a finding for each, fixed in the last text.
    fn plan_of(packages: &[Found<'_>]) -> Plan {
        let mut catalogue = Catalogue::default();
        let mut findings = Vec::new();
        for (index, (kind, name, version, path, owner, fixed)) in (0..).zip(packages) {
            let mut package = Package::new(*kind, *name, *version);
            package.evidence = vec![(*path).to_owned()];
            package.owner = owner.map(PackageIndex);
            if *kind == PackageType::Golang {
                package.detail = Detail::Go(GoModule::default());
            }
            catalogue.packages.push(package);
            let mut finding = finding(&format!("CVE-{index}"), name, "pkg:x/y@1", path);
            let FindingDetail::Vulnerability(vulnerability) = &mut finding.detail else { continue };
            vulnerability.package_index = index;
            vulnerability.installed = (*version).to_owned();
            vulnerability.fix = match *fixed {
                "" => FixStatus::NoneKnown,
                fixed => FixStatus::Fixed { version: fixed.to_owned() },
            };
            findings.push(finding);
        }
        Plan::of(&findings, &catalogue)
    }

    fn said(plan: &Plan) -> Vec<(Deed, &str, usize, usize)> {
        plan.actions
            .iter()
            .map(|action| (action.deed, action.name.as_str(), action.parts.len(), action.places.len()))
            .collect()
    }

    #[test]
    fn a_binary_is_one_action_with_its_modules_and_so_are_its_copies() {
        let modules = |path: &'static str| {
            [
                (PackageType::Golang, "stdlib", "1.22.1", path, None, "1.22.9"),
                (PackageType::Golang, "stdlib", "1.22.1", path, None, "1.23.4"),
                (PackageType::Golang, "golang.org/x/net", "v0.20.0", path, None, "0.33.0"),
            ]
        };
        let plan = plan_of(&[modules("bin/a"), modules("opt/a")].concat());
        assert_eq!(said(&plan), [(Deed::Rebuild, "bin/a", 2, 2)]);
        let parts: Vec<_> = plan.actions[0]
            .parts
            .iter()
            .map(|part| (part.name.as_str(), part.to.as_deref(), part.findings))
            .collect();
        assert_eq!(parts, [("stdlib", Some("1.23.4"), 4), ("golang.org/x/net", Some("0.33.0"), 2)]);
        assert_eq!(plan.actions[0].findings.len(), 6);
    }

    #[test]
    fn what_another_package_carries_is_repaired_by_it() {
        let plan = plan_of(&[
            (PackageType::Deb, "vendor-tool", "1", "status", None, ""),
            (PackageType::Golang, "stdlib", "1.22.1", "opt/a", Some(0), "1.22.9"),
            (PackageType::Pypi, "pip", "1", "opt/lib/python3/site-packages/pip", Some(0), "2"),
        ]);
        assert_eq!(said(&plan), [(Deed::UpgradeCarrier, "vendor-tool", 2, 2)]);
        assert_eq!(plan.unfixed, [0]);
    }

    #[test]
    fn one_package_in_many_places_and_versions_is_one_action() {
        let plan = plan_of(&[
            (PackageType::Pypi, "pip", "23.2.1", "a/lib/python3.11/site-packages/pip/METADATA", None, "23.3"),
            (PackageType::Pypi, "pip", "9.0", "b/lib/python3.11/site-packages/pip/METADATA", None, "23.3"),
            (PackageType::Npm, "pip", "1.0.0", "c/node_modules/pip/package.json", None, "1.0.1"),
        ]);
        let mut actions = said(&plan);
        actions.sort();
        assert_eq!(actions, [(Deed::Upgrade, "pip", 1, 1), (Deed::Upgrade, "pip", 1, 2)]);
        let pypi = plan.actions.iter().find(|action| action.kind == PackageType::Pypi).unwrap();
        assert_eq!(pypi.parts[0].from, ["9.0", "23.2.1"], "by version, not by text");
        assert_eq!(pypi.places, ["a", "b"]);
    }
}
