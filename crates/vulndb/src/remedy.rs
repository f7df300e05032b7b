//! What to do about a finding, in words.

use model::{ApartReason, FixStatus, Judgement};
use package::{Catalogue, NameKind, Package};

use crate::Match;

/// What a source says about a fix, in words.
pub(crate) fn status(fix: &FixStatus) -> String {
    match fix {
        FixStatus::Fixed { version } => format!("fixed in {version}"),
        FixStatus::NoneKnown => "no fix known".to_owned(),
        FixStatus::WontFix { reason } => with("will not be fixed", reason),
        FixStatus::Deferred { reason } => with("fix deferred", reason),
        FixStatus::Investigating => "under investigation".to_owned(),
    }
}

fn with(what: &str, reason: &str) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}: {reason}") }
}

/// What to do about `found`: "upgrade openssl to 3.0.22-1~deb12u2", "will not be fixed: end of life". `catalogue` is
/// the one that was assessed; it names who carries a bundled package.
#[must_use]
pub fn remedy(found: &Match, package: &Package, catalogue: &Catalogue) -> String {
    match found.judgement {
        Judgement::Apart(ApartReason::Maintenance) => return "nothing to do: no flaw".to_owned(),
        Judgement::Apart(ApartReason::NoKernel) => {
            return "nothing to do: this package holds no kernel that runs here".to_owned();
        }
        Judgement::Apart(ApartReason::NotLinked) => {
            return "nothing to do: the flawed part is not in this binary".to_owned();
        }
        Judgement::Apart(ApartReason::OwnedByDistribution | ApartReason::DistributionBinary) => {
            let owner = package.owner.and_then(|owner| catalogue.package(owner));
            let owner = owner.map_or("the owning package", |owner| owner.name.as_str());
            return format!("upgrade {owner} when the distribution rebuilds it");
        }
        _ => {}
    }
    if found.class == model::Class::Malware {
        return format!("remove {}: it is hostile; treat what it could reach as compromised", package.name);
    }
    if found.class == model::Class::Unmaintained {
        return format!("replace {}: it is no longer maintained", package.name);
    }
    match &found.fix {
        FixStatus::Fixed { version } => match package.bundled_in.and_then(|outer| catalogue.package(outer)) {
            Some(outer) if outer.name == "npm" => {
                format!("bundled in npm: upgrade node or npm to one with {} {version}", package.name)
            }
            Some(outer) => {
                format!("bundled in {0}: upgrade {0} to one with {1} {version}", outer.name, package.name)
            }
            // What a person can install is the binary package; where versions differ the source's is named.
            None if found.name_kind == NameKind::Source && found.name != package.name => {
                format!("upgrade {} to {version} (of source {})", package.name, found.name)
            }
            None => format!("upgrade {} to {version}", package.name),
        },
        other => status(other),
    }
}
