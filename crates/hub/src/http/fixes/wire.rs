//! A fix as the wire has it.

use super::{super::wire::time, Row, owner};
use crate::fixes::{Arrived, Current, View};
use api::{
    fix::{Fix, FixOwner, FixPart, Progress, Remains},
    image::OwnerRef,
    tally::TallyLite,
};
use posture::{Action, Deed, Part, SeverityCounts};
use std::collections::HashMap;
use store::{StoreError, Tx, scopes};

/// Parts, and versions of a part, that are given with a fix: a binary may have hundreds of modules.
const MOST: usize = 20;

/// The words of deeds.
pub(super) const DEEDS: [&str; 5] = [
    Deed::Remove.as_str(),
    Deed::RebuildOnBase.as_str(),
    Deed::Upgrade.as_str(),
    Deed::UpgradeCarrier.as_str(),
    Deed::Rebuild.as_str(),
];

pub(super) fn tally(counts: &SeverityCounts) -> TallyLite {
    let SeverityCounts { critical, high, medium, low, negligible, unknown } = *counts;
    TallyLite { critical, high, medium, low, negligible, unknown }
}

/// The id of a row.
pub(super) fn id(view: &View, row: Row) -> &str {
    match row {
        Row::Action(at) => view.plan.actions.get(at).map_or("", |action| action.id.0.as_str()),
        Row::Finished(at) => view.finished.get(at).map_or("", |finished| finished.id.as_str()),
    }
}

/// A row of the list.
pub(super) fn fix(
    tx: &mut Tx<'_>,
    current: &Current,
    view: &View,
    row: Row,
    owners: &mut HashMap<String, Option<scopes::Owner>>,
) -> Result<Fix, StoreError> {
    let since = time(current.since(id(view, row)));
    match row {
        Row::Finished(at) => Ok(finished(view, at, since)),
        Row::Action(at) => {
            let action = view.plan.actions.get(at);
            let action = action.ok_or_else(|| StoreError::Invalid("there is no such fix".to_owned()))?;
            let arrived = view.arrived.get(at).copied().flatten();
            let mut shares = Vec::with_capacity(action.teams.len());
            for share in &action.teams {
                let owner = match &share.team {
                    None => None,
                    Some(id) => Some(match owner(tx, id, owners)? {
                        Some(owner) => OwnerRef { id: owner.id, name: owner.name },
                        None => OwnerRef { id: id.clone(), name: id.clone() },
                    }),
                };
                shares.push(FixOwner { owner, images: share.images, findings: share.findings });
            }
            Ok(open(action, arrived, shares, since))
        }
    }
}

fn open(action: &Action, arrived: Option<Arrived>, owners: Vec<FixOwner>, since: String) -> Fix {
    Fix {
        id: action.id.0.clone(),
        title: crate::problem::line(&action.title()),
        deed: action.deed.as_str().to_owned(),
        kind: action.kind.map(|kind| kind.as_str().to_owned()),
        name: action.name.clone(),
        target: action.target.clone(),
        parts: action.parts.iter().take(MOST).map(part).collect(),
        clears: tally(&action.cleared),
        vulnerabilities: action.vulnerabilities.total(),
        kev: action.exploited,
        malware: action.malware,
        epss: action.epss.map(rounded),
        images: action.images.len() as u64,
        owners,
        remains: Remains {
            healed: action.remains.healed,
            images: action.remains.images,
            findings: action.remains.findings,
            unfixed: action.remains.unfixed,
        },
        measured: action.measured,
        progress: arrived.map(progress),
        since,
    }
}

/// It is kept in single precision; its source gives five digits.
fn rounded(epss: f64) -> f64 {
    (epss * 100_000.0).round() / 100_000.0
}

fn part(part: &Part) -> FixPart {
    FixPart {
        kind: part.kind.as_str().to_owned(),
        name: part.name.clone(),
        from: part.from.iter().take(MOST).cloned().collect(),
        to: part.to.clone(),
        findings: part.findings,
    }
}

fn progress(arrived: Arrived) -> Progress {
    let percent = (arrived.arrived * 100).checked_div(arrived.earlier).unwrap_or(100);
    Progress {
        earlier: arrived.earlier,
        arrived: arrived.arrived,
        percent: u8::try_from(percent.min(100)).unwrap_or(100),
        since: time(arrived.since),
    }
}

fn finished(view: &View, at: usize, since: String) -> Fix {
    let done = view.finished.get(at);
    let shown = done.map(|done| done.shown.clone()).unwrap_or_default();
    Fix {
        id: done.map(|done| done.id.clone()).unwrap_or_default(),
        title: crate::problem::line(&shown.title),
        deed: shown.deed,
        kind: shown.kind,
        name: shown.name,
        target: shown.target,
        parts: Vec::new(),
        clears: TallyLite::default(),
        vulnerabilities: 0,
        kev: 0,
        malware: 0,
        epss: None,
        images: 0,
        owners: Vec::new(),
        remains: Remains::default(),
        measured: false,
        progress: done.map(|done| progress(done.arrived)),
        since,
    }
}
