//! Does a finding count? Decided by the edge between image and package, after the statements have spoken.

use model::{ApartReason, Class, FixStatus, Judgement};
use package::{Catalogue, Confidence, Origin, Package, PackageType, Presence};

use crate::{Context, Judge, kernel::Role};

/// What of a finding its judgement hangs on.
pub(crate) struct Facts<'a> {
    pub(crate) class: Class,
    pub(crate) fix: &'a FixStatus,
    pub(crate) known_exploited: bool,
    /// At least one statement's part is linked.
    pub(crate) linked: bool,
    /// What the package is to the kernel.
    pub(crate) role: Role,
}

/// The package of the distribution that owns a language package's files, and so judges it. What a third party's
/// package owns is nobody else's to judge, and is matched.
pub(crate) fn owner<'c>(package: &Package, catalogue: &'c Catalogue) -> Option<&'c Package> {
    if package.kind.is_os() {
        return None;
    }
    let owner = catalogue.package(package.owner?)?;
    (owner.kind.is_os() && owner.origin == Origin::Distribution).then_some(owner)
}

/// The first reason that holds; the order is from "this is no flaw" over "it is not here" to "it is not sure".
pub(crate) fn judge(
    package: &Package,
    catalogue: &Catalogue,
    context: &Context,
    facts: &Facts<'_>,
) -> Judgement {
    let apart = |reason| Judgement::Apart(reason);
    match facts.class {
        Class::Maintenance => return apart(ApartReason::Maintenance),
        Class::Unmaintained => return apart(ApartReason::Unmaintained),
        Class::Malware | Class::Vulnerability | Class::Unimportant => {}
    }
    if context.judge == Judge::Installed && package.presence == Presence::Declared {
        return apart(ApartReason::DeclaredOnly);
    }
    if matches!(facts.role, Role::Part | Role::NotRunning) {
        return apart(ApartReason::NoKernel);
    }
    if !facts.linked {
        return apart(ApartReason::NotLinked);
    }
    if owner(package, catalogue).is_some() {
        return apart(match package.kind {
            PackageType::Golang => ApartReason::DistributionBinary,
            _ => ApartReason::OwnedByDistribution,
        });
    }
    if *facts.fix == FixStatus::Investigating {
        return apart(ApartReason::Investigating);
    }
    // CISA saw it exploited: no source's "unimportant" stands against that.
    if facts.class == Class::Unimportant && !facts.known_exploited {
        return apart(ApartReason::Unimportant);
    }
    if package.confidence == Confidence::Probable {
        return apart(ApartReason::Probable);
    }
    Judgement::Counts
}
