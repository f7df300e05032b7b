//! Targets that hold what they promise.
//!
//! The highest of the fixed versions is not always a repaired one: where a project maintains branches, a fix for 2.12 says
//! nothing about 2.13 (jackson-databind 2.13.4 repairs one flaw and still has another that 2.12.7.1 does not). So the
//! targets are judged themselves, by the same database, and raised until nothing more is to be had.

use model::{FixStatus, Judgement};
use package::{Catalogue, PackageType};
use vulndb::{Context, Database, Judge};

use super::{Action, Part, is_lower};

/// Rounds are bounded: each raises a version, and branches are few.
const ROUNDS: usize = 4;

/// What judges a target.
#[derive(Clone, Copy)]
pub(crate) struct Targets<'d> {
    /// The database that gave the findings.
    pub(crate) database: &'d Database,
    /// What counts as there.
    pub(crate) judge: Judge,
}

/// Raises the targets of all parts until no flaw with a higher fix concerns them.
pub(super) fn raise(actions: &mut [Action], catalogue: &Catalogue, targets: &Targets<'_>) {
    let mut open: Vec<&mut Part> = actions.iter_mut().flat_map(|action| &mut action.parts).collect();
    for _ in 0..ROUNDS {
        open.retain(|part| part.to.is_some());
        if open.is_empty() {
            return;
        }
        let wished = Catalogue {
            distro: catalogue.distro.clone(),
            packages: open.iter().map(|part| upgraded(part, catalogue)).collect(),
            kernel: catalogue.kernel.clone(),
            unidentified: Vec::new(),
        };
        let judged = targets.database.assess(&wished, &Context { judge: targets.judge });
        let mut raised = vec![false; open.len()];
        for found in judged.matches {
            let FixStatus::Fixed { version } = found.fix else { continue };
            let at = found.package.0 as usize;
            let (Some(part), Some(raised)) = (open.get_mut(at), raised.get_mut(at)) else { continue };
            if found.judgement == Judgement::Counts
                && part.to.as_deref().is_some_and(|to| is_lower(part.order, to, &version))
            {
                part.to = Some(version);
                *raised = true;
            }
        }
        let mut raised = raised.into_iter();
        open.retain(|_| raised.next().unwrap_or(false));
    }
}

/// The part's package as it would be.
fn upgraded(part: &Part, catalogue: &Catalogue) -> package::Package {
    let to = part.to.clone().unwrap_or_default();
    let Some(mut package) = catalogue.packages.get(part.package as usize).cloned() else {
        return package::Package::new(PackageType::Generic, "", "");
    };
    // The catalogue that is judged has no other package to point at.
    package.owner = None;
    package.bundled_in = None;
    package.depends_on.clear();
    if let Some(source) = &mut package.source {
        source.version.clone_from(&to);
    }
    package.version = match package.version.starts_with('v') && !to.starts_with('v') {
        true => format!("v{to}"),
        false => to,
    };
    package
}
