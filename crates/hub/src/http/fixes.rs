//! Recommendations by fix.

mod steps;
mod wire;

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    wire as convert,
};
use crate::{
    AppState, Error,
    auth::Caller,
    fixes::{Affected, Answer, View, Wanted},
};
use api::{
    Page, Problem,
    fix::{Fix, FixDetail, FixImage, FixSummary, FixVulnerability},
    who::Role,
};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};
use store::{StoreError, Tx, images, scopes};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The time of which an answer is; another header says when it is not that of now.
const AS_OF: HeaderName = HeaderName::from_static("x-seawall-as-of");
/// Something changed since [`AS_OF`], and a new reading is being made.
const STALE: HeaderName = HeaderName::from_static("x-seawall-stale");
/// Vulnerabilities that are listed with a fix.
const VULNERABILITIES: usize = 50;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(summary))
        .routes(routes!(one))
        .routes(routes!(affected))
}

/// The order of fixes.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// What helps most first: hostile code, then what is known to be exploited, then what clears most critical findings.
    #[default]
    Most,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FixesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only in this scope and those below it.
    scope: Option<String>,
    /// Only in images of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// Only these deeds, separated by commas: `remove`, `rebuild-on-base`, `upgrade`, `upgrade-carrier`, `rebuild`.
    deed: Option<String>,
    /// This text stands in the title or in the name of a part; case does not count.
    text: Option<String>,
    /// Only what clears something that is known to be exploited, or only what does not.
    kev: Option<bool>,
    /// In which order.
    #[param(inline)]
    sort: Option<Sort>,
}

/// What the caller sees of it.
fn wanted(caller: &Caller, scope: Option<String>, owner: Option<String>) -> Wanted {
    Wanted {
        visible: caller.scopes(Role::Viewer),
        scope: scope.unwrap_or_default(),
        owner: owner.map(|owner| (owner != "none").then_some(owner)),
    }
}

/// One row of the list: an action of the plan, or a fix that is done and in no action any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Action(usize),
    Finished(usize),
}

/// The plan of what is wanted, of a reading.
async fn view(answer: &Answer, wanted: &Wanted) -> Result<Arc<View>, Error> {
    // One that nobody asked for yet is made: not on a thread that answers others.
    let (current, wanted) = (Arc::clone(&answer.current), wanted.clone());
    tokio::task::spawn_blocking(move || current.view(&wanted)).await.map_err(Error::internal)
}

/// Says in headers of which time an answer is.
fn dated(mut response: Response, answer: &Answer) -> Response {
    if let Ok(at) = HeaderValue::from_str(&convert::time(answer.current.at)) {
        response.headers_mut().insert(AS_OF, at);
    }
    if answer.is_old {
        response.headers_mut().insert(STALE, HeaderValue::from_static("true"));
    }
    response
}

/// Which rows a list has.
struct Filter {
    deeds: Vec<String>,
    text: String,
    kev: Option<bool>,
}

impl Filter {
    fn rows(&self, view: &View) -> Vec<Row> {
        let actions = view.plan.actions.iter().zip(&view.arrived).enumerate();
        let shown = actions.filter(|(_, (action, arrived))| {
            arrived.is_some()
                && self.is_deed(action.deed.as_str())
                && self.kev.is_none_or(|kev| kev == (action.exploited > 0))
                && (self.has_text(&action.title())
                    || action.parts.iter().any(|part| self.has_text(&part.name)))
        });
        let finished = view.finished.iter().enumerate().filter(|(_, finished)| {
            // Whether it was known to be exploited was said while it was open.
            self.kev.is_none() && self.is_deed(&finished.shown.deed) && self.has_text(&finished.shown.title)
        });
        shown.map(|(at, _)| Row::Action(at)).chain(finished.map(|(at, _)| Row::Finished(at))).collect()
    }

    fn is_deed(&self, deed: &str) -> bool {
        self.deeds.is_empty() || self.deeds.iter().any(|wanted| wanted == deed)
    }

    fn has_text(&self, text: &str) -> bool {
        self.text.is_empty() || text.to_lowercase().contains(&self.text)
    }
}

/// Where a list in memory goes on: behind a row, known by its id; where that is gone, behind as many rows as there were.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// Of which list.
    list: String,
    after: String,
    rows: usize,
}

impl Cursor {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str, list: &str) -> Result<Self, StoreError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| StoreError::Cursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| StoreError::Cursor)?;
        if cursor.list == list { Ok(cursor) } else { Err(StoreError::Cursor) }
    }
}

/// A page of a list in memory.
fn page<'r, T>(
    rows: &'r [T],
    id: impl Fn(&T) -> String,
    list: &str,
    cursor: Option<&str>,
    limit: u32,
) -> Result<(&'r [T], Option<String>), StoreError> {
    let from = match cursor {
        None => 0,
        Some(cursor) => {
            let cursor = Cursor::read(cursor, list)?;
            rows.iter().position(|row| id(row) == cursor.after).map_or(cursor.rows, |at| at + 1)
        }
    };
    let to = from.saturating_add(limit as usize).min(rows.len());
    let some = rows.get(from.min(to)..to).unwrap_or_default();
    let more = some.last().filter(|_| to < rows.len());
    let next = more.map(|row| Cursor { list: list.to_owned(), after: id(row), rows: to }.write());
    Ok((some, next))
}

const COLUMNS: &[&str] = &[
    "id",
    "title",
    "deed",
    "kind",
    "name",
    "target",
    "clears.critical",
    "clears.high",
    "clears.medium",
    "clears.low",
    "clears.negligible",
    "clears.unknown",
    "vulnerabilities",
    "kev",
    "malware",
    "epss",
    "images",
    "remains.healed",
    "remains.images",
    "remains.findings",
    "remains.unfixed",
    "measured",
    "progress.earlier",
    "progress.arrived",
    "progress.percent",
    "since",
];

/// Fixes
///
/// What repairs the findings of the caller's images, what helps most first. Each finding that has a fix stands in exactly one.
/// The header `X-Seawall-As-Of` has the time of which the answer is, `X-Seawall-Stale` is there when something changed since.
#[utoipa::path(get, path = "/api/v1/fixes", tag = "fixes", params(FixesAsked),
    responses((status = 200, description = "A page of fixes", body = Page<Fix>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<FixesAsked>,
) -> Result<Response, Error> {
    // There is one order so far: the plan's own.
    let Sort::Most = asked.sort.unwrap_or_default();
    let deeds = asked.deed.unwrap_or_default();
    let filter = Filter {
        deeds: deeds.split(',').map(str::trim).filter(|deed| !deed.is_empty()).map(str::to_owned).collect(),
        text: asked.text.unwrap_or_default().to_lowercase(),
        kev: asked.kev,
    };
    if let Some(deed) = filter.deeds.iter().find(|deed| !wire::DEEDS.contains(&deed.as_str())) {
        let message = format!("'{}' is none of {}", crate::problem::shown(deed), wire::DEEDS.join(", "));
        return Err(Error::field("deed", message));
    }
    let wanted = wanted(&caller, asked.scope, asked.owner);
    let answer = state.fixes.get(&state).await?;
    let view = view(&answer, &wanted).await?;
    let rows = Arc::new(filter.rows(&view));
    // A cursor belongs to its filters.
    let Filter { deeds, text, kev } = filter;
    let list = format!("fixes {:?} {:?} {deeds:?} {text:?} {kev:?}", wanted.scope, wanted.owner);
    let list = crate::seal::hex(&crate::seal::token_hash(&list)).chars().take(16).collect::<String>();
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let current = Arc::clone(&answer.current);
    let response = export::list(&state, asked, "fixes", COLUMNS, move |tx, cursor, limit| {
        let id = |row: &Row| wire::id(&view, *row).to_owned();
        let (some, next) = page(&rows, id, &list, cursor, limit)?;
        let mut owners = HashMap::new();
        let items = some
            .iter()
            .map(|row| wire::fix(tx, &current, &view, *row, &mut owners))
            .collect::<Result<_, _>>()?;
        Ok(Page { items, next, total: cursor.is_none().then_some(rows.len() as u64) })
    });
    Ok(dated(response.await?, &answer))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ScopeAsked {
    /// Only in this scope and those below it.
    scope: Option<String>,
}

/// All fixes added up
#[utoipa::path(get, path = "/api/v1/fixes/summary", tag = "fixes", params(ScopeAsked),
    responses((status = 200, description = "The sums", body = FixSummary),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn summary(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ScopeAsked>,
) -> Result<Json<FixSummary>, Error> {
    let answer = state.fixes.get(&state).await?;
    let view = view(&answer, &wanted(&caller, asked.scope, None)).await?;
    let filter = Filter { deeds: Vec::new(), text: String::new(), kev: None };
    Ok(Json(FixSummary {
        actions: filter.rows(&view).len() as u64,
        findings: view.plan.findings.total(),
        unfixed: wire::tally(&view.plan.unfixed),
        at: convert::time(answer.current.at),
        current: !answer.is_old,
    }))
}

/// The row of a fix, if the caller sees it.
fn row(view: &View, id: &str) -> Option<Row> {
    let finished = || view.finished.iter().position(|finished| finished.id == id).map(Row::Finished);
    view.find(id).map(Row::Action).or_else(finished)
}

/// One fix
///
/// With what to do step by step, and the vulnerabilities that it clears.
#[utoipa::path(get, path = "/api/v1/fixes/{id}", tag = "fixes",
    params(("id" = String, Path, description = "The fix's id"), ScopeAsked),
    responses((status = 200, description = "The fix", body = FixDetail),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<ScopeAsked>,
) -> Result<Json<FixDetail>, Error> {
    let wanted = wanted(&caller, asked.scope, None);
    let answer = state.fixes.get(&state).await?;
    let view = view(&answer, &wanted).await?;
    let row = row(&view, &id).ok_or_else(|| Error::not_found("fix", &id))?;
    let current = Arc::clone(&answer.current);
    state
        .read(move |tx| {
            let fix = wire::fix(tx, &current, &view, row, &mut HashMap::new())?;
            let (steps, cleared) = match row {
                Row::Action(at) => match view.plan.actions.get(at) {
                    Some(action) => {
                        (steps::of(action), current.vulnerabilities(action, &wanted, VULNERABILITIES))
                    }
                    None => (Vec::new(), Vec::new()),
                },
                Row::Finished(_) => (Vec::new(), Vec::new()),
            };
            let vulnerabilities_list = cleared
                .into_iter()
                .map(|one| FixVulnerability {
                    id: one.id,
                    severity: one.severity.into(),
                    kev: one.kev,
                    images: one.images,
                })
                .collect();
            Ok(Ok(FixDetail { fix, steps, vulnerabilities_list }))
        })
        .await
        .map(Json)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImagesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only in this scope and those below it.
    scope: Option<String>,
    /// Only images of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// Only those in which it is done, or only those in which it is not.
    done: Option<bool>,
}

/// Images of a fix
///
/// Those that have it, and those in which it has arrived within 30 days.
#[utoipa::path(get, path = "/api/v1/fixes/{id}/images", tag = "fixes",
    params(("id" = String, Path, description = "The fix's id"), ImagesAsked),
    responses((status = 200, description = "A page of images", body = Page<FixImage>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn affected(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<ImagesAsked>,
) -> Result<Response, Error> {
    let answer = state.fixes.get(&state).await?;
    let all = view(&answer, &wanted(&caller, None, None)).await?;
    if row(&all, &id).is_none() {
        return Err(Error::not_found("fix", &id));
    }
    let wanted = wanted(&caller, asked.scope, asked.owner);
    let view = view(&answer, &wanted).await?;
    let mut places: Vec<Affected> = answer.current.places(&id, &view, &wanted);
    places.retain(|place| asked.done.is_none_or(|done| done == place.done));
    let list = format!("fix {id} {:?} {:?} {:?}", wanted.scope, wanted.owner, asked.done);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["image.id", "image.assetId", "image.scope", "image.owner.name", "findings", "done"];
    let places = Arc::new(places);
    let response = export::list(&state, asked, "images", columns, move |tx, cursor, limit| {
        let (some, next) = page(&places, |place| place.place.to_string(), &list, cursor, limit)?;
        let ids: Vec<i64> = some.iter().map(|place| place.place).collect();
        let rows = images::by_numbers(tx, &ids)?;
        let row = |place: &Affected| {
            let image = super::fleet::image_row(rows.get(&place.place)?);
            Some(FixImage { image, findings: place.findings, done: place.done })
        };
        let total = cursor.is_none().then_some(places.len() as u64);
        Ok(Page { items: some.iter().filter_map(row).collect(), next, total })
    });
    Ok(dated(response.await?, &answer))
}

/// The owner with this id, each read once.
fn owner(
    tx: &mut Tx<'_>,
    id: &str,
    known: &mut HashMap<String, Option<scopes::Owner>>,
) -> Result<Option<scopes::Owner>, StoreError> {
    if !known.contains_key(id) {
        known.insert(id.to_owned(), scopes::find_owner(tx, id)?);
    }
    Ok(known.get(id).cloned().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_list_that_changes_meanwhile_repeat_nothing() {
        let id = |row: &u32| row.to_string();
        let (some, next) = page(&[1, 2, 3, 4, 5], id, "l", None, 2).unwrap();
        assert_eq!(some, [1, 2]);
        let next = next.unwrap();
        let (some, _) = page(&[0, 1, 2, 3, 4, 5], id, "l", Some(&next), 2).unwrap();
        assert_eq!(some, [3, 4], "one more came before");
        let (some, next) = page(&[1, 3, 4], id, "l", Some(&next), 2).unwrap();
        assert_eq!(
            (some, next),
            (&[4][..], None),
            "the row is gone: as many rows as there were are passed over"
        );
        assert!(page(&[1], id, "other", Some("e30"), 2).is_err());
        let (some, next) = page::<u32>(&[], id, "l", None, 2).unwrap();
        assert!(some.is_empty() && next.is_none());
    }
}
