//! The secure score: now, over time, and of the scopes below.

use super::{Json, Query, wire as convert, within::within};
use crate::{
    AppState, Error,
    assess::{load::controls, scores},
    auth::Caller,
};
use api::{
    Problem,
    control::{Group, RecommendationState},
    score::{Counted, ScopeScore, ScopeScores, Score, ScoreDay, ScoreHistory},
    who::Role,
};
use axum::extract::State;
use model::StateKind;
use posture::{Controls, Day, GroupScore, Points, Ratio, StateCounts};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{Micros, PageRequest, StoreError, Tx, scopes};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Days of a history when nobody asks for another number, and at most.
const DAYS: u32 = 90;
const MOST_DAYS: u32 = 730;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(now)).routes(routes!(history)).routes(routes!(by_scope))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ScoreAsked {
    /// Of this scope and what lies below it; absent: of all that the caller sees.
    scope: Option<String>,
}

/// The secure score
///
/// Always that of now. A group of controls has `max × healthy ÷ (healthy + unhealthy)` points; an asset is healthy for a
/// group only where it is healthy for every control of it. What does not apply, is exempt or could not be assessed is in
/// neither count, and preview controls never count.
#[utoipa::path(get, path = "/api/v1/score", tag = "posture", params(ScoreAsked),
    responses((status = 200, description = "The score", body = Score),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn now(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ScoreAsked>,
) -> Result<Json<Score>, Error> {
    let (within, at) = (within(&caller, asked.scope.as_deref()), state.clock.now());
    Ok(Json(state.read(move |tx| wire(&scores::score(tx, &within)?, at).map(Ok)).await?))
}

/// Points as people see them, with two digits.
pub(super) fn points(points: Points) -> f64 {
    points.to_string().parse().unwrap_or_default()
}

/// A share in percent with one digit.
pub(super) fn percent(ratio: Option<Ratio>) -> Option<f64> {
    ratio.and_then(|ratio| ratio.to_string().parse().ok())
}

/// How assets stand together.
pub(super) fn standing(counts: &StateCounts) -> RecommendationState {
    match counts.state() {
        Some(StateKind::Unhealthy) => RecommendationState::Open,
        Some(StateKind::NotAssessed) => RecommendationState::NotAssessed,
        Some(StateKind::Healthy) => RecommendationState::Completed,
        Some(StateKind::NotApplicable) | None => RecommendationState::NotApplicable,
    }
}

/// The groups that controls of this release belong to.
pub(super) fn groups(score: &posture::Score, controls: &Controls) -> Vec<Group> {
    let used = |group: &&GroupScore| controls.all().iter().any(|control| control.group == group.group);
    score
        .groups
        .iter()
        .filter(used)
        .filter_map(|group| {
            let known = controls.group(group.group)?;
            Some(Group {
                id: known.id.clone(),
                title: known.title.clone(),
                max: group.maximum,
                current: group.current().map(points),
                potential: points(group.potential().unwrap_or_default()),
                healthy: group.assets.healthy,
                unhealthy: group.assets.unhealthy,
                not_assessed: group.assets.not_assessed,
                state: standing(&group.assets),
            })
        })
        .collect()
}

fn wire(score: &posture::Score, at: Micros) -> Result<Score, StoreError> {
    let controls = controls()?;
    let groups = groups(score, controls);
    let sum = |of: fn(&Group) -> u64| groups.iter().map(of).fold(0, u64::saturating_add);
    Ok(Score {
        percent: percent(score.ratio()),
        current: points(score.current()),
        max: score.maximum(),
        counted: Counted { healthy: sum(|group| group.healthy), unhealthy: sum(|group| group.unhealthy) },
        not_assessed: sum(|group| group.not_assessed),
        exempt: score.controls.iter().map(|counts| counts.exempt).fold(0, u64::saturating_add),
        formula: formula(score, controls),
        groups,
        at: convert::time(at),
    })
}

/// How the numbers come about: `Remediate vulnerabilities 6 × 72 ÷ 78 = 5.54; … together 9.54 of 10 points = 95.4 %`.
fn formula(score: &posture::Score, controls: &Controls) -> String {
    let mut parts = Vec::new();
    for group in score.groups.iter().filter(|group| group.maximum > 0) {
        if let (Some(current), Some(known)) = (group.current(), controls.group(group.group)) {
            let (healthy, counted) = (group.assets.healthy, group.counted());
            parts.push(format!("{}: {} × {healthy} ÷ {counted} = {current}", known.title, group.maximum));
        }
    }
    match score.ratio() {
        None => "No asset counts yet, so there is no score.".to_owned(),
        Some(ratio) => {
            format!(
                "{}; together {} of {} points = {ratio} %",
                parts.join("; "),
                score.current(),
                score.maximum()
            )
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HistoryAsked {
    /// Of this scope and what lies below it; absent: of all that the caller sees.
    scope: Option<String>,
    /// So many days until today: 1 to 730; 90 if absent.
    #[param(minimum = 1, maximum = 730)]
    days: Option<u32>,
}

/// The secure score of days
///
/// One number a day, as it was when the day's last change was judged; the last is today, as it is now. Of several scopes
/// the points are added up.
#[utoipa::path(get, path = "/api/v1/score/history", tag = "posture", params(HistoryAsked),
    responses((status = 200, description = "The days", body = ScoreHistory),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<HistoryAsked>,
) -> Result<Json<ScoreHistory>, Error> {
    let days = asked.days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::field("days", format!("must be from 1 to {MOST_DAYS}")));
    }
    let (within, at) = (within(&caller, asked.scope.as_deref()), state.clock.now());
    let items = state
        .read(move |tx| {
            let today = scores::day(at);
            let mut past = days_of(tx, &within, "", today, days)?;
            let score = scores::score(tx, &within)?;
            past.insert(today, (score.current().to_f64(), f64::from(score.maximum()), 0));
            let round = |value: f64, digits: f64| (value * digits).round() / digits;
            let day = |(day, (current, max, _)): (Day, (f64, f64, u64))| ScoreDay {
                day: day.to_string(),
                percent: (max > 0.0).then(|| round(current / max * 100.0, 10.0)),
                current: round(current, 100.0),
                max,
            };
            Ok(Ok(past.into_iter().map(day).collect()))
        })
        .await?;
    Ok(Json(ScoreHistory { items }))
}

/// Points, points at most and unhealthy assets by day, of the snapshots of these scopes added up.
pub(super) fn days_of(
    tx: &mut Tx<'_>,
    within: &[String],
    group: &str,
    today: Day,
    days: u32,
) -> Result<BTreeMap<Day, (f64, f64, u64)>, StoreError> {
    let from = i64::from(today.0) - i64::from(days) + 1;
    let mut past: BTreeMap<Day, (f64, f64, u64)> = BTreeMap::new();
    for scope in within {
        for snapshot in store::scores::history(tx, scope, group, from)? {
            let Ok(day) = i32::try_from(snapshot.day) else { continue };
            let sums = past.entry(Day(day)).or_default();
            sums.0 += snapshot.current;
            sums.1 += snapshot.max;
            sums.2 += snapshot.unhealthy;
        }
    }
    Ok(past)
}

/// The secure scores of the scopes below
///
/// Of those right below the scope that is asked for, or without one of the topmost that the caller sees.
#[utoipa::path(get, path = "/api/v1/score/scopes", tag = "posture", params(ScoreAsked),
    responses((status = 200, description = "The scores", body = ScopeScores),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn by_scope(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ScoreAsked>,
) -> Result<Json<ScopeScores>, Error> {
    let seen = caller.scopes(Role::Viewer);
    // Whoever sees the root sees the scopes right below it; whoever does not sees their own.
    let above = asked.scope.or_else(|| seen.iter().any(String::is_empty).then(String::new));
    let within = within(&caller, above.as_deref());
    let items = state
        .read(move |tx| {
            let scores = scores::by_scope(tx, &within)?;
            let mut items = Vec::new();
            let mut request = PageRequest::first(store::MAX_LIMIT);
            loop {
                let filter = scopes::Filter { within: within.clone() };
                let page = scopes::list(tx, &filter, &request)?;
                for scope in page.items {
                    let shown = match &above {
                        Some(above) => scope.parent.as_deref() == Some(above),
                        None => within.contains(&scope.id),
                    };
                    if !shown {
                        continue;
                    }
                    let score = scores.iter().find(|(known, _)| known.as_str() == scope.id);
                    let score = score.map(|(_, score)| score);
                    items.push(ScopeScore {
                        percent: percent(score.and_then(posture::Score::ratio)),
                        current: points(score.map(posture::Score::current).unwrap_or_default()),
                        max: score.map_or(0, posture::Score::maximum),
                        unhealthy: score
                            .map_or(0, |score| score.groups.iter().map(|group| group.assets.unhealthy).sum()),
                        scope: scope.id,
                        name: scope.name,
                    });
                }
                match page.next {
                    Some(next) => request.after = Some(next),
                    None => return Ok(Ok(items)),
                }
            }
        })
        .await?;
    Ok(Json(ScopeScores { items }))
}
