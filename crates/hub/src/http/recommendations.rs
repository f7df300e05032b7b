//! Controls, and what they recommend.

use super::{
    Json, Path, Query, exemptions,
    export::{self, Asked, Format},
    score::{days_of, groups, percent, points, standing},
    wire as convert,
    within::within,
};
use crate::{
    AppState, Error,
    assess::{Said, load, scores},
    auth::Caller,
};
use api::{
    Order, Page, Problem,
    control::{
        AssessedAsset, Control, Controls, GroupName, OwnerName, Parameter, Recommendation,
        RecommendationDetail, RecommendationState, Recommendations, Reference, Remediation, TrendDay,
    },
    tally::{Severity, State as AssetState, StateCounts},
};
use axum::{extract::State, response::Response};
use model::StateKind;
use posture::ControlIndex;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use store::{
    PageRequest, StoreError, Tx,
    assessments::{self, AssessedRow, AssetKind, Filter},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Days of a trend.
const TREND: u32 = 30;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(controls))
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(assets))
}

/// Controls
///
/// All that assets are judged by: what should hold, why, what to do where it does not, and what can be set.
#[utoipa::path(get, path = "/api/v1/controls", tag = "posture",
    responses((status = 200, description = "The controls", body = Controls),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn controls() -> Result<Json<Controls>, Error> {
    let controls = load::controls()?;
    let said = Said::default();
    let items = controls.all().iter().map(|control| control_wire(controls, control, &said));
    Ok(Json(Controls { items: items.collect() }))
}

fn value(value: posture::Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn control_wire(controls: &posture::Controls, control: &posture::Control, said: &Said) -> Control {
    let group = controls.group(control.group);
    let id: &str = &control.id.0;
    let set = said.parameters.get(id);
    let parameters = control.parameters.iter().map(|parameter| {
        let own = set.and_then(|set| set.iter().find(|(name, _)| *name == parameter.name));
        Parameter {
            name: parameter.name.clone(),
            title: parameter.description.clone(),
            value: value(own.map_or(parameter.default, |(_, value)| value)),
            default: value(parameter.default),
            min: parameter.minimum,
            max: parameter.maximum,
        }
    });
    let steps = control.remediation.iter().map(|step| match &step.command {
        Some(command) => format!("{}\n{command}", step.task),
        None => step.task.clone(),
    });
    Control {
        id: id.to_owned(),
        title: control.title.clone(),
        description: control.description.clone(),
        severity: control.severity.into(),
        group: GroupName {
            id: group.map(|group| group.id.clone()).unwrap_or_default(),
            title: group.map(|group| group.title.clone()).unwrap_or_default(),
            max: group.map_or(0, |group| group.maximum),
        },
        preview: control.preview,
        assets: vec![control.asset.as_str().to_owned()],
        remediation: Remediation {
            text: control.remediation.first().map(|step| step.task.clone()).unwrap_or_default(),
            steps: steps.collect(),
        },
        references: control
            .references
            .iter()
            .map(|reference| Reference { title: host(&reference.url), url: reference.url.clone() })
            .collect(),
        standards: control.standards.clone(),
        parameters: parameters.collect(),
    }
}

/// What an address is called where nothing else is known of it: its host.
fn host(address: &str) -> String {
    url::Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned()))
        .unwrap_or_else(|| address.to_owned())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecommendationsAsked {
    /// Of this scope and what lies below it; absent: of all that the caller sees.
    scope: Option<String>,
    /// `open`, `completed`, `not_applicable`, `not_assessed`, several joined by commas; `all`, if absent.
    state: Option<String>,
    /// Of these groups: slugs joined by commas.
    group: Option<String>,
    /// Of these severities, joined by commas.
    severity: Option<String>,
    /// This text stands in the title or the id; case does not matter.
    text: Option<String>,
}

/// The parts of a list that was joined by commas, each read.
pub(super) fn words<T>(
    field: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
    allowed: &str,
) -> Result<Vec<T>, Error> {
    text.into_iter()
        .flat_map(|text| text.split(','))
        .map(|word| read(word).ok_or_else(|| Error::field(field, format!("must be of {allowed}"))))
        .collect()
}

fn state_word(word: &str) -> Option<RecommendationState> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

fn severity_word(word: &str) -> Option<Severity> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// Recommendations by control
///
/// What gains most first, with their groups of the secure score.
#[utoipa::path(get, path = "/api/v1/recommendations", tag = "posture", params(RecommendationsAsked),
    responses((status = 200, description = "The recommendations", body = Recommendations),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<RecommendationsAsked>,
) -> Result<Json<Recommendations>, Error> {
    let states = asked.state.as_deref().filter(|state| *state != "all");
    let states = words("state", states, state_word, "open, completed, not_applicable, not_assessed and all")?;
    let severities = words(
        "severity",
        asked.severity.as_deref(),
        severity_word,
        "critical, high, medium, low, negligible and unknown",
    )?;
    let of_groups: Vec<String> =
        asked.group.iter().flat_map(|group| group.split(',')).map(ToOwned::to_owned).collect();
    let text = asked.text.unwrap_or_default().to_lowercase();
    let within = within(&caller, asked.scope.as_deref());
    let found = state
        .read(move |tx| {
            let (items, groups) = all(tx, &within)?;
            let shown = |item: &Recommendation| {
                (states.is_empty() || states.contains(&item.state))
                    && (severities.is_empty() || severities.contains(&item.severity))
                    && (of_groups.is_empty() || of_groups.contains(&item.group))
                    && (text.is_empty()
                        || item.title.to_lowercase().contains(&text)
                        || item.control.contains(&text))
            };
            let items: Vec<Recommendation> = items.into_iter().filter(shown).collect();
            Ok(Ok(Recommendations { total: items.len() as u64, items, groups }))
        })
        .await?;
    Ok(Json(found))
}

fn all(
    tx: &mut Tx<'_>,
    within: &[String],
) -> Result<(Vec<Recommendation>, Vec<api::control::Group>), StoreError> {
    let controls = load::controls()?;
    let score = scores::score(tx, within)?;
    let hidden: HashMap<String, u64> = store::scores::hidden(tx, within)?.into_iter().collect();
    let items = posture::recommendations(&score, controls)
        .into_iter()
        .filter_map(|one| {
            let control = controls.get(one.control)?;
            let id: &str = &control.id.0;
            Some(Recommendation {
                control: id.to_owned(),
                title: control.title.clone(),
                severity: control.severity.into(),
                group: controls.group(one.group).map(|group| group.id.clone()).unwrap_or_default(),
                preview: control.preview,
                states: counts(&one.counts.assets),
                exempt: one.counts.exempt,
                hidden: hidden.get(id).copied().unwrap_or_default(),
                gain: points(one.gain),
                score: percent(one.score),
                state: standing(&one.counts.assets),
                since: None,
            })
        })
        .collect();
    Ok((items, groups(&score, controls)))
}

/// Counts as the wire has them.
pub(super) fn counts(counts: &posture::StateCounts) -> StateCounts {
    StateCounts {
        healthy: counts.healthy,
        unhealthy: counts.unhealthy,
        not_applicable: counts.not_applicable,
        not_assessed: counts.not_assessed,
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OneAsked {
    /// Of this scope and what lies below it; absent: of all that the caller sees.
    scope: Option<String>,
}

/// The control of that id.
fn find(id: &str) -> Result<(ControlIndex, &'static posture::Control), Error> {
    load::controls()?.find(id).ok_or_else(|| Error::not_found("control", id))
}

/// A recommendation
///
/// The control, how it stands, how that changed, and what is excused or hidden.
#[utoipa::path(get, path = "/api/v1/recommendations/{control}", tag = "posture",
    params(("control" = String, Path, description = "The control's id"), OneAsked),
    responses((status = 200, description = "The recommendation", body = RecommendationDetail),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<OneAsked>,
) -> Result<Json<RecommendationDetail>, Error> {
    let (_, control) = find(&id)?;
    let (within, now) = (within(&caller, asked.scope.as_deref()), state.clock.now());
    let found = state
        .read(move |tx| {
            let (items, _) = all(tx, &within)?;
            let Some(mut recommendation) = items.into_iter().find(|item| item.control == id) else {
                return Ok(Err(Error::not_found("control", &id)));
            };
            recommendation.since = store::scores::unhealthy_since(tx, &id, &within)?.map(convert::time);
            let today = scores::day(now);
            let mut trend = days_of(tx, &within, &id, today, TREND)?;
            trend.insert(today, (0.0, 0.0, recommendation.states.unhealthy));
            let filter = store::exemptions::Filter {
                control: Some(id.clone()),
                within: within.clone(),
                active: Some((true, now)),
            };
            let exempted = store::exemptions::list(tx, &filter, &PageRequest::first(50))?;
            let exempted = exempted.items.iter().map(|row| exemptions::wire(tx, row));
            let exempted = exempted.collect::<Result<_, _>>()?;
            let said = Said::read(tx, now)?;
            let filter = store::disable_rules::Filter { within: within.clone(), active: Some((true, now)) };
            let mut rules = 0;
            for rule in store::disable_rules::list(tx, &filter, &PageRequest::first(store::MAX_LIMIT))?.items
            {
                let own = rule.made.control.as_deref();
                let has_findings = matches!(id.as_str(), "image.vulnerabilities" | "image.malware");
                rules += u64::from(has_findings && own.is_none_or(|own| own == id));
            }
            Ok(Ok(RecommendationDetail {
                detail: control_wire(load::controls()?, control, &said),
                trend: trend
                    .into_iter()
                    .map(|(day, (_, _, unhealthy))| TrendDay { day: day.to_string(), unhealthy })
                    .collect(),
                exemptions: exempted,
                rules,
                recommendation,
            }))
        })
        .await?;
    Ok(Json(found))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AssetsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// In these states, joined by commas: `healthy`, `unhealthy`, `not_applicable`, `not_assessed`.
    state: Option<String>,
    /// Of this scope and what lies below it.
    scope: Option<String>,
    /// Of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// This text stands in the asset's id.
    text: Option<String>,
    /// With a cause of this code.
    code: Option<String>,
}

/// Assets of a recommendation
///
/// What the control says of each, those with most findings first.
#[utoipa::path(get, path = "/api/v1/recommendations/{control}/assets", tag = "posture",
    params(("control" = String, Path, description = "The control's id"), AssetsAsked),
    responses((status = 200, description = "A page of assets", body = Page<AssessedAsset>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn assets(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<AssetsAsked>,
) -> Result<Response, Error> {
    find(&id)?;
    let allowed = "healthy, unhealthy, not_applicable and not_assessed";
    let states = words("state", asked.state.as_deref(), |word| word.parse::<StateKind>().ok(), allowed)?;
    let slug = |text: &String| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if asked.code.as_ref().is_some_and(|code| !slug(code)) {
        return Err(Error::field("code", "must be lower-case words joined by '-'"));
    }
    let filter = Filter {
        control: id,
        states,
        within: within(&caller, asked.scope.as_deref()),
        owner: asked.owner.map(|owner| if owner == "none" { String::new() } else { owner }),
        text: asked.text.unwrap_or_default(),
        code: asked.code,
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &[
        "kind",
        "id",
        "assetId",
        "scope",
        "owner",
        "state",
        "cause",
        "codes",
        "notes",
        "findings",
        "hidden",
        "since",
        "evaluated",
        "exemption",
    ];
    export::list(&state, asked, "assets", columns, move |tx, cursor, limit| {
        let total = if cursor.is_none() { Some(assessments::count(tx, &filter)?) } else { None };
        let page = assessments::list(tx, &filter, &convert::ask(cursor, limit, Order::Asc))?;
        Ok(Page { total, ..convert::page(page, assessed) })
    })
    .await
}

/// A cause as it is stored.
#[derive(Deserialize)]
struct Cause {
    code: String,
    text: String,
}

fn assessed(row: &AssessedRow) -> AssessedAsset {
    let causes: Vec<Cause> = serde_json::from_str(&row.says.causes).unwrap_or_default();
    let texts: Vec<&str> = causes.iter().map(|cause| cause.text.as_str()).collect();
    let codes: BTreeSet<&str> = causes.iter().map(|cause| cause.code.as_str()).collect();
    AssessedAsset {
        kind: row.kind.as_str().to_owned(),
        id: row.number.to_string(),
        asset_id: row.asset_id.clone(),
        name: name(&row.asset_id),
        scope: row.scope.clone(),
        owner: row.owner.as_ref().map(|(id, name)| OwnerName { id: id.clone(), name: name.clone() }),
        state: AssetState::of(row.says.state.as_str()),
        cause: texts.join("; "),
        codes: codes.into_iter().map(ToOwned::to_owned).collect(),
        notes: serde_json::from_str(&row.says.notes).unwrap_or_default(),
        findings: row.says.findings,
        hidden: row.says.hidden,
        since: convert::time(row.says.changed),
        evaluated: convert::time(row.evaluated),
        exemption: row.says.exempted.map(|by| by.exemption.to_string()),
        link: match row.kind {
            AssetKind::Image => format!("/images/{}", row.number),
            AssetKind::Repository => "/inventory".to_owned(),
            AssetKind::Registry => format!("/registries/{}", row.number),
        },
    }
}

/// What people call an asset: its id without its kind.
pub(super) fn name(asset: &str) -> String {
    asset.split_once('/').map_or(asset, |(_, name)| name).to_owned()
}
