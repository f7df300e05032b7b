//! Coverage: what is looked at in a scope, what is not, and why. Blind spots are an answer, not an absence.

use super::{Json, Query, wire as convert, within::within};
use crate::{
    AppState, Error,
    assess::{Said, load, scores},
    auth::Caller,
    permissions::covers,
};
use api::{
    Problem,
    coverage::{
        AssetCoverage, CauseCount, Coverage, FeedCoverage, PlanCoverage, ProblemCount, QueueCoverage,
        RegistryCoverage,
    },
    scope::PlanKind,
};
use axum::extract::State;
use model::Effect;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{MAX_LIMIT, Micros, PageRequest, StoreError, Tx, assessments, jobs, matches, registries};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Advisories that did not change for so many days are old: distributions publish every day.
const STALE_DAYS: i64 = 7;
/// The control whose causes tell whether an image could be looked at.
const CONTROL: &str = "image.vulnerabilities";
/// Texts of a kind of cause that are told.
const MOST_TEXTS: usize = 3;
/// Kinds of problem that are told.
const MOST_PROBLEMS: usize = 50;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(coverage))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CoverageAsked {
    /// Of this scope and what lies below it; absent: of all that the caller sees.
    scope: Option<String>,
}

/// Coverage and blind spots
///
/// Plans, images that are assessed and those that are not with their causes, registries, the age of the advisories, the
/// queue, and problems that may hide something.
#[utoipa::path(get, path = "/api/v1/coverage", tag = "posture", params(CoverageAsked),
    responses((status = 200, description = "The coverage", body = Coverage),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn coverage(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<CoverageAsked>,
) -> Result<Json<Coverage>, Error> {
    let (within, now) = (within(&caller, asked.scope.as_deref()), state.clock.now());
    let found = state
        .read(move |tx| {
            let assets = assets(tx, &within)?;
            let causes = causes(tx, &within)?;
            Ok(Ok(Coverage {
                plans: plans(tx, &within, now)?,
                sentence: sentence(&assets, &causes),
                assets,
                causes,
                registries: of_registries(tx, &within)?,
                feeds: feeds(tx, now)?,
                queue: queue(tx)?,
                agents: Vec::new(),
                problems: problems(tx, &within)?,
            }))
        })
        .await?;
    Ok(Json(found))
}

fn assets(tx: &mut Tx<'_>, within: &[String]) -> Result<AssetCoverage, StoreError> {
    // Whether its content could be looked at, which is what the causes below are about.
    let score = scores::score(tx, within)?;
    let at = load::controls()?.find(CONTROL).map(|(index, _)| usize::from(index.0));
    let counts = at.and_then(|at| score.controls.get(at)).map(|counts| counts.assets).unwrap_or_default();
    Ok(AssetCoverage {
        total: counts.total(),
        assessed: counts.healthy + counts.unhealthy,
        not_assessed: counts.not_assessed,
        not_applicable: counts.not_applicable,
    })
}

#[derive(Deserialize)]
struct Cause {
    code: String,
    text: String,
}

/// A row for each kind of cause. An image that has several kinds counts in each, as it does in the list that a row leads to.
fn causes(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<CauseCount>, StoreError> {
    #[derive(Default)]
    struct Kind {
        images: u64,
        texts: BTreeMap<String, u64>,
    }
    let mut kinds: BTreeMap<(String, &'static str), Kind> = BTreeMap::new();
    for (state, causes, count) in assessments::causes(tx, CONTROL, within)? {
        let causes: Vec<Cause> = serde_json::from_str(&causes).unwrap_or_default();
        let mut own: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for cause in causes {
            // Days and numbers in a text would make a cause of each image.
            let text = match cause.code.as_str() {
                posture::Cause::NOT_PULLED => "not pulled lately".to_owned(),
                _ => general(&cause.text),
            };
            own.entry(cause.code).or_default().insert(text);
        }
        for (code, texts) in own {
            let kind = kinds.entry((code, state.as_str())).or_default();
            kind.images += count;
            for text in texts {
                *kind.texts.entry(text).or_default() += count;
            }
        }
    }
    let mut causes: Vec<CauseCount> = kinds
        .into_iter()
        .map(|((code, state), kind)| CauseCount {
            link: format!("/recommendations/{CONTROL}?state={state}&code={code}"),
            cause: most_frequent(kind.texts),
            code,
            count: kind.images,
        })
        .collect();
    causes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    Ok(causes)
}

/// The texts that most images have, and how many more there are.
fn most_frequent(texts: BTreeMap<String, u64>) -> String {
    let mut texts: Vec<(String, u64)> = texts.into_iter().collect();
    texts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = texts.len().saturating_sub(MOST_TEXTS);
    let shown: Vec<String> = texts.into_iter().take(MOST_TEXTS).map(|(text, _)| text).collect();
    let mut shown = shown.join("; ");
    if more > 0 {
        shown.push_str(&format!("; and {more} more"));
    }
    shown
}

/// A text without the number at its beginning: `12 packages: no feed for X` is `packages: no feed for X`.
fn general(text: &str) -> String {
    match text.split_once(' ') {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

fn plans(tx: &mut Tx<'_>, within: &[String], now: Micros) -> Result<Vec<PlanCoverage>, StoreError> {
    let said = Said::read(tx, now)?;
    let mut by_scope: BTreeMap<String, u64> = BTreeMap::new();
    for alike in store::scores::alike(tx, within)? {
        *by_scope.entry(alike.scope).or_default() += alike.assets;
    }
    let (mut on, mut could) = (0, 0);
    for (scope, assets) in by_scope {
        could += assets;
        if said.plans_of(&load::scope(&scope)?).has(posture::Plan::Registries) {
            on += assets;
        }
    }
    let plan = |plan: PlanKind| {
        if plan != PlanKind::Registries {
            let sentence = "This release has no part for it yet.".to_owned();
            return PlanCoverage { plan, on: 0, could: 0, state: "later".to_owned(), sentence };
        }
        let (state, sentence) = match (on, could) {
            (_, 0) => ("empty", "There are no registries or images here yet.".to_owned()),
            (on, could) if on == could => ("on", format!("On for all {could} registries and images.")),
            (0, could) => ("off", format!("Off for all {could} registries and images.")),
            (on, could) => ("partial", format!("On for {on} of {could} registries and images.")),
        };
        PlanCoverage { plan, on, could, state: state.to_owned(), sentence }
    };
    Ok(PlanKind::ALL.into_iter().map(plan).collect())
}

fn of_registries(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<RegistryCoverage>, StoreError> {
    let mut found = Vec::new();
    let mut request = PageRequest::first(MAX_LIMIT);
    loop {
        let page = registries::list(tx, &request)?;
        let seen =
            page.items.iter().filter(|registry| within.iter().any(|scope| covers(scope, &registry.scope)));
        found.extend(seen.map(|registry| RegistryCoverage {
            id: registry.id.to_string(),
            name: registry.name.clone(),
            state: registry.state.as_str().to_owned(),
            detail: registry.detail.clone(),
            since: convert::time(registry.since),
            notified: registry.notified_at.map(convert::time),
        }));
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(found),
        }
    }
}

fn feeds(tx: &mut Tx<'_>, now: Micros) -> Result<FeedCoverage, StoreError> {
    let Some(generation) = matches::generation(tx)? else {
        let sentence = "No advisories are at hand, so nothing can be judged.".to_owned();
        return Ok(FeedCoverage { state: "none".to_owned(), newest: None, sentence });
    };
    let Some(newest) = generation.newest else {
        let sentence = format!("{} advisories, of unknown age.", generation.records);
        return Ok(FeedCoverage { state: "stale".to_owned(), newest: None, sentence });
    };
    let days = now.0.saturating_sub(newest.0) / Micros::DAY;
    let is_stale = days > STALE_DAYS;
    let age = match days {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    };
    let mut sentence = format!("{} advisories, the newest of {age}.", generation.records);
    if is_stale {
        sentence.push_str(" That is old: what was published since is not found.");
    }
    Ok(FeedCoverage {
        state: if is_stale { "stale" } else { "fresh" }.to_owned(),
        newest: Some(convert::time(newest)),
        sentence,
    })
}

fn queue(tx: &mut Tx<'_>) -> Result<QueueCoverage, StoreError> {
    let (mut queue, mut oldest) = (QueueCoverage::default(), None::<Micros>);
    for count in jobs::counts(tx)? {
        match count.state.as_str() {
            "queued" => {
                queue.queued += count.jobs;
                oldest = Some(oldest.map_or(count.oldest, |known| known.min(count.oldest)));
            }
            "dead" => queue.dead += count.jobs,
            _ => {}
        }
    }
    queue.oldest = oldest.map(convert::time);
    Ok(queue)
}

fn problems(tx: &mut Tx<'_>, within: &[String]) -> Result<Vec<ProblemCount>, StoreError> {
    let mut by: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (text, images) in assessments::problems(tx, within)? {
        let problems: Vec<model::Problem> = serde_json::from_str(&text).unwrap_or_default();
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| problem.effect != Effect::None) {
            let count = own.entry(problem.code.as_str()).or_default();
            *count = count.saturating_add(problem.count);
        }
        for (code, count) in own {
            let sums = by.entry(code.to_owned()).or_default();
            sums.0 = sums.0.saturating_add(count.saturating_mul(images));
            sums.1 += images;
        }
    }
    let mut problems: Vec<ProblemCount> =
        by.into_iter().map(|(code, (count, images))| ProblemCount { code, count, images }).collect();
    problems.sort_by(|a, b| b.images.cmp(&a.images).then_with(|| a.code.cmp(&b.code)));
    problems.truncate(MOST_PROBLEMS);
    Ok(problems)
}

fn sentence(assets: &AssetCoverage, causes: &[CauseCount]) -> String {
    if assets.total == 0 {
        return "There are no images here yet: connect a registry, or publish a scan.".to_owned();
    }
    let mut text = format!("{} of {} images are assessed", assets.assessed, assets.total);
    if assets.not_assessed > 0 {
        text.push_str(&format!(", {} could not be", assets.not_assessed));
        let blind = causes.iter().find(|cause| cause.link.contains("state=not_assessed"));
        if let Some(cause) = blind {
            text.push_str(&format!(" (most often: {})", cause.cause));
        }
    }
    if assets.not_applicable > 0 {
        text.push_str(&format!(", {} need not be", assets.not_applicable));
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_without_their_numbers() {
        assert_eq!(general("12 packages: no data for X"), "packages: no data for X");
        assert_eq!(general("not scanned yet"), "not scanned yet");
    }

    #[test]
    fn of_many_texts_the_most_frequent_are_told() {
        let texts = |given: &[(&str, u64)]| {
            most_frequent(given.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect())
        };
        assert_eq!(texts(&[("a", 1)]), "a");
        assert_eq!(texts(&[("a", 1), ("b", 4), ("c", 2), ("d", 1), ("e", 1)]), "b; c; a; and 2 more");
    }
}
