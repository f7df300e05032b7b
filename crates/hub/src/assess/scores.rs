//! Scores of what was found: sums over assets of which the controls say the same.

use std::collections::BTreeMap;

use posture::{AssetKind, Day, Scope, Score, ScoreBuilder, Time};
use store::{
    Micros, StoreError, Tx,
    assessments::AssetKind as Stored,
    scores::{self, Alike, Snapshot},
};

use super::{
    load::{controls, scope},
    states::{States, states_of},
};

fn read(alike: &Alike) -> Result<Option<States>, StoreError> {
    let kind = match alike.kind {
        Stored::Image => AssetKind::Image,
        Stored::Registry => AssetKind::Registry,
        Stored::Repository => return Ok(None),
    };
    Ok(states_of(controls()?, kind, &alike.states))
}

fn add(builder: &mut ScoreBuilder<'_>, (states, exempt): &States, times: u64) {
    builder.add(states, times);
    for control in exempt {
        builder.exempt(*control, times);
    }
}

/// The score of all assets in these scopes and below them.
///
/// # Errors
/// The store's.
pub fn score(tx: &mut Tx<'_>, within: &[String]) -> Result<Score, StoreError> {
    let mut builder = ScoreBuilder::new(controls()?);
    for alike in scores::alike(tx, within)? {
        if let Some(states) = read(&alike)? {
            add(&mut builder, &states, alike.assets);
        }
    }
    Ok(builder.finish())
}

/// The score of each of these scopes and of each above it, with all that lies below it: of a whole branch.
///
/// # Errors
/// The store's.
pub fn by_scope(tx: &mut Tx<'_>, within: &[String]) -> Result<BTreeMap<Scope, Score>, StoreError> {
    let controls = controls()?;
    let mut builders: BTreeMap<Scope, ScoreBuilder<'_>> = BTreeMap::new();
    for alike in scores::alike(tx, within)? {
        let Some(states) = read(&alike)? else { continue };
        for above in scope(&alike.scope)?.with_those_above() {
            let builder = builders.entry(above).or_insert_with(|| ScoreBuilder::new(controls));
            add(builder, &states, alike.assets);
        }
    }
    Ok(builders.into_iter().map(|(scope, builder)| (scope, builder.finish())).collect())
}

/// The day of a time, in UTC.
#[must_use]
pub fn day(at: Micros) -> Day {
    Time(at.0).day()
}

/// Writes today's snapshots: of each scope with assets in it or below it all groups together, each group that counts, and
/// each control.
///
/// # Errors
/// The store's.
pub fn snapshot(tx: &mut Tx<'_>, now: Micros) -> Result<(), StoreError> {
    let controls = controls()?;
    let day = i64::from(day(now).0);
    let mut rows = Vec::new();
    for (scope, score) in by_scope(tx, &[String::new()])? {
        let scope = scope.as_str();
        if store::scopes::find(tx, scope)?.is_none() {
            // It was deleted since its assets were judged.
            continue;
        }
        let mut row = |group: &str, current: f64, max: u32, healthy, unhealthy| {
            rows.push(Snapshot {
                day,
                scope: scope.to_owned(),
                group: group.to_owned(),
                current,
                max: f64::from(max),
                healthy,
                unhealthy,
            });
        };
        let counted = score.groups.iter().filter(|group| group.counted() > 0);
        let (mut healthy, mut unhealthy) = (0, 0);
        for group in counted {
            let Some(known) = controls.group(group.group) else { continue };
            let current = group.current().unwrap_or_default().to_f64();
            row(&known.id, current, group.maximum, group.assets.healthy, group.assets.unhealthy);
            healthy += group.assets.healthy;
            unhealthy += group.assets.unhealthy;
        }
        row("", score.current().to_f64(), score.maximum(), healthy, unhealthy);
        for (control, counts) in controls.all().iter().zip(&score.controls) {
            row(&control.id.0, 0.0, 0, counts.assets.healthy, counts.assets.unhealthy);
        }
    }
    scores::put(tx, &rows)
}
