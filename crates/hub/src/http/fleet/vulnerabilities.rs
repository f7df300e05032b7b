//! Vulnerabilities of the fleet, and who is hit by one.

mod told;

use super::{
    super::{
        Json, Path, Query,
        export::{self, Asked, Format},
        wire::{self as convert, time},
    },
    explain::{self, Explainer},
    visible, wire, words,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Page, Problem,
    image::{LayerPlace, Verdict},
    tally::Severity,
    vulnerability::{Hit, Vulnerability, VulnerabilityRow},
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use store::{
    images::{self, Filter, HitRow, Outcome},
    matches,
    subjects::Name,
    vulnerabilities as stored,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use vulndb::Database;

pub(super) use told::known;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(hits))
}

/// The order of vulnerabilities.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// The worst first.
    #[default]
    Severity,
    /// Those in most images first.
    Images,
    /// First found last.
    Newest,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// This text stands in the id, an alias or the title; case does not count.
    text: Option<String>,
    /// Only of one of these severities, separated by commas.
    severity: Option<String>,
    /// Only what is known to be exploited, or only what is not.
    kev: Option<bool>,
    /// Only where a fix is to be had for some package, or only where for none.
    fixable: Option<bool>,
    /// Only what hits images in this scope or below it.
    scope: Option<String>,
    /// In which order.
    #[param(inline)]
    sort: Option<Sort>,
}

const COLUMNS: &[&str] =
    &["id", "title", "severity", "kev", "epss", "published", "images", "packages", "fixable", "firstSeen"];

/// Vulnerabilities
///
/// Those with a finding that counts in an image that the caller may see.
#[utoipa::path(get, path = "/api/v1/vulnerabilities", tag = "fleet", params(ListAsked),
    responses((status = 200, description = "A page of vulnerabilities", body = Page<VulnerabilityRow>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ListAsked>,
) -> Result<Response, Error> {
    let severities: Vec<Severity> = words("severity", asked.severity.as_deref())?;
    let listed = stored::Listed {
        text: asked.text.unwrap_or_default(),
        severities: severities.into_iter().map(Into::into).collect(),
        kev: asked.kev,
        fixable: asked.fixable,
        places: filter(&caller, asked.scope, None),
    };
    let order = match asked.sort.unwrap_or_default() {
        Sort::Severity => "vulnerability/severity",
        Sort::Images => "vulnerability/images",
        Sort::Newest => "vulnerability/newest",
    };
    let order = super::order(stored::ORDERS, order);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let fixes = state.fixes.get(&state).await?;
    let counted = fixes.current.reach(&listed.places);
    let counted = stored::Counted { images: counted, is_current: !fixes.is_old };
    export::list(&state, asked, "vulnerabilities", COLUMNS, move |tx, cursor, limit| {
        let total = cursor.is_none().then(|| stored::count(tx, &listed, Some(&counted))).transpose()?;
        let page = stored::list(tx, &listed, &order, &super::request(cursor, limit), Some(&counted))?;
        Ok(Page { total, ..convert::page(page, row) })
    })
    .await
}

fn row(row: &stored::ListedRow) -> VulnerabilityRow {
    VulnerabilityRow {
        id: row.told.id.clone(),
        title: wire::cut(&row.told.summary),
        severity: row.told.severity.into(),
        kev: row.told.kev,
        epss: row.told.epss,
        published: row.told.published.map(time),
        images: row.images,
        packages: row.packages,
        fixable: row.fixable,
        first_seen: time(row.first_seen),
    }
}

/// Places in a scope that the caller may see, of an owner or (`none`) of nobody.
fn filter(caller: &Caller, scope: Option<String>, owner: Option<String>) -> Filter {
    let unowned = owner.as_deref() == Some("none");
    Filter {
        scope: scope.unwrap_or_default(),
        visible: Some(visible(caller)),
        owner: owner.filter(|_| !unowned),
        unowned,
        ..Filter::default()
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OneAsked {
    /// Count images in this scope or below it only.
    scope: Option<String>,
}

/// One vulnerability
///
/// By its id or any alias, with what it does to the images that the caller may see.
#[utoipa::path(get, path = "/api/v1/vulnerabilities/{id}", tag = "fleet",
    params(("id" = String, Path, description = "The vulnerability, by id or alias"), OneAsked),
    responses((status = 200, description = "All that is known of it", body = Vulnerability),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<OneAsked>,
) -> Result<Json<Vulnerability>, Error> {
    let filter = filter(&caller, asked.scope, None);
    let (database, told) = told::known(&state, &id).await?;
    let names = told::names(&database, &told.id).map_err(Error::internal)?;
    let vulnerability = told.id.clone();
    let here = state
        .read(move |tx| {
            let names = images::name_numbers(tx, &names)?;
            let mut count = |outcome| images::count_hits(tx, &vulnerability, outcome, &filter);
            let (apart, _) = count(Outcome::Hit(Some(false)))?;
            let (not_affected, _) = count(Outcome::NotHit(&names, true))?;
            let (not_assessed, _) = count(Outcome::NotHit(&names, false))?;
            let ((affected, places), owners, packages) = images::affected(tx, &vulnerability, &filter)?;
            Ok(Ok(told::Here { affected, places, apart, not_affected, not_assessed, owners, packages }))
        })
        .await?;
    Ok(Json(told::vulnerability(told, &here)))
}

/// Which hits are shown.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    /// Findings that count.
    Affected,
    /// Findings that are shown apart.
    Apart,
    /// Judged, and not affected.
    NotAffected,
    /// Nobody can tell.
    NotAssessed,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HitsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only with this verdict; absent: findings, those that count and those that are shown apart.
    #[param(inline)]
    verdict: Option<Which>,
    /// Only images of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// Only images in this scope or below it.
    scope: Option<String>,
}

const HIT_COLUMNS: &[&str] = &[
    "image.assetId",
    "image.scope",
    "image.owner.name",
    "image.tags",
    "package.kind",
    "package.name",
    "package.version",
    "package.purl",
    "verdict",
    "reason",
    "fixedVersion",
    "layer.position",
    "layer.diffId",
    "firstSeen",
];

/// Who is hit by a vulnerability, and who is not
///
/// One row for each place of a package of which the vulnerability speaks, by asset.
#[utoipa::path(get, path = "/api/v1/vulnerabilities/{id}/hits", tag = "fleet",
    params(("id" = String, Path, description = "The vulnerability, by id or alias"), HitsAsked),
    responses((status = 200, description = "A page of hits", body = Page<Hit>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn hits(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<HitsAsked>,
) -> Result<Response, Error> {
    let filter = filter(&caller, asked.scope, asked.owner);
    let (database, told) = told::known(&state, &id).await?;
    let names: Vec<Name> = match asked.verdict {
        Some(Which::NotAffected | Which::NotAssessed) => {
            told::names(&database, &told.id).map_err(Error::internal)?
        }
        _ => Vec::new(),
    };
    let (which, id) = (asked.verdict, told.id);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "hits", HIT_COLUMNS, move |tx, cursor, limit| {
        let names = images::name_numbers(tx, &names)?;
        let outcome = match which {
            None => Outcome::Hit(None),
            Some(Which::Affected) => Outcome::Hit(Some(true)),
            Some(Which::Apart) => Outcome::Hit(Some(false)),
            Some(Which::NotAffected) => Outcome::NotHit(&names, true),
            Some(Which::NotAssessed) => Outcome::NotHit(&names, false),
        };
        let is_first = cursor.is_none();
        let (page, total) =
            images::hits_and_count(tx, &id, outcome, &filter, &super::request(cursor, limit))?;
        let total = is_first.then_some(total);
        let reasons = reasons(&database, &id, &page.items);
        Ok(Page { total, ..convert::page(page, |row| hit(row, &reasons, outcome)) })
    })
    .await
}

/// Why subjects without a finding have none, each asked once a page.
fn reasons(database: &Arc<Database>, id: &str, rows: &[HitRow]) -> HashMap<i64, String> {
    let mut reasons = HashMap::new();
    let Ok(explainer) = Explainer::new(database, id) else { return reasons };
    for row in rows.iter().filter(|row| row.verdict.is_none()) {
        let subject = row.package.subject;
        if !reasons.contains_key(&subject)
            && let Some(explanation) = explainer.explanation(&row.context)
        {
            reasons.insert(subject, explain::because(id, &explanation));
        }
    }
    reasons
}

fn hit(row: &HitRow, reasons: &HashMap<i64, String>, outcome: Outcome<'_>) -> Hit {
    let found = row.verdict.as_ref();
    let counts = found.is_some_and(|verdict| verdict.judgement == matches::COUNTS);
    let verdict = match outcome {
        Outcome::Hit(_) if counts => Verdict::Affected,
        Outcome::Hit(_) => Verdict::Apart,
        Outcome::NotHit(_, true) => Verdict::NotAffected,
        Outcome::NotHit(_, false) => Verdict::NotAssessed,
    };
    Hit {
        image: wire::image_row(&row.asset),
        package: wire::package(&row.package),
        verdict,
        reason: match found {
            Some(found) if counts => Some(found.remedy.clone()),
            Some(found) => Some(wire::apart(&found.judgement).to_owned()),
            None => reasons.get(&row.package.subject).cloned(),
        },
        fixed_version: found
            .filter(|found| found.fix_status == matches::FIXED)
            .map(|found| found.fix.clone()),
        layer: row.package.layer.and_then(|position| {
            Some(LayerPlace {
                position: u32::try_from(position).ok()?,
                diff_id: row.layer.0.clone(),
                created_by: row.layer.1.as_deref().map(wire::cut),
            })
        }),
        first_seen: found.map(|found| time(found.first_seen)),
    }
}
