//! Packages, layers and history of an image.

use super::{
    super::{
        Json, Path, Query,
        export::{self, Asked, Format},
        wire::{self as convert, time},
    },
    place, visible, wire,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Page, Problem,
    image::{History, HistoryEvent, ImageTagSpan, Layer, Layers, PackageRow, StateSince},
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::{
    Micros, assessments,
    images::{self, Filter, LayerName},
    matches::{self as stored, ImagePackage, PackageFilter},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Spans of tags that are shown.
const TAGS: u32 = 500;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(packages)).routes(routes!(layers)).routes(routes!(history))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PackagesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// This text stands in the name; case does not count.
    text: Option<String>,
    /// Only of this purl type: `deb`.
    kind: Option<String>,
    /// Only with a finding that counts, or only without.
    vulnerable: Option<bool>,
}

const COLUMNS: &[&str] = &[
    "kind",
    "name",
    "version",
    "purl",
    "layer.position",
    "layer.diffId",
    "paths",
    "findings.critical",
    "findings.high",
    "findings.medium",
    "findings.low",
    "findings.negligible",
    "findings.unknown",
    "coverage",
];

/// Packages of an image
///
/// By name, one row for each place of a package.
#[utoipa::path(get, path = "/api/v1/images/{image}/packages", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id"), PackagesAsked),
    responses((status = 200, description = "A page of packages", body = Page<PackageRow>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn packages(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
    Query(asked): Query<PackagesAsked>,
) -> Result<Response, Error> {
    let image = place(&state, &caller, image).await?.asset.image.unwrap_or(-1);
    let layers = state.read(move |tx| images::layer_names(tx, image).map(Ok)).await?;
    let filter = PackageFilter {
        text: asked.text.unwrap_or_default(),
        kind: asked.kind.unwrap_or_default(),
        vulnerable: asked.vulnerable,
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "packages", COLUMNS, move |tx, cursor, limit| {
        let total = cursor.is_none().then(|| stored::count_packages(tx, image, &filter)).transpose()?;
        let page = stored::packages_of_image(tx, image, &filter, &super::request(cursor, limit))?;
        Ok(Page { total, ..convert::page(page, |row| package(row, &layers)) })
    })
    .await
}

fn package(row: &ImagePackage, layers: &[LayerName]) -> PackageRow {
    PackageRow {
        subject: row.package.subject.to_string(),
        kind: row.package.kind.clone(),
        name: row.package.name.clone(),
        version: row.package.version.clone(),
        purl: row.package.purl.clone(),
        layer: wire::layer(row.package.layer, layers),
        paths: wire::paths(&row.package.evidence),
        findings: wire::tally_lite(&row.tally),
        coverage: row.package.coverage.clone(),
    }
}

/// Layers of an image
///
/// The lowest first, each with what came with it.
#[utoipa::path(get, path = "/api/v1/images/{image}/layers", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id")),
    responses((status = 200, description = "The layers", body = Layers),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn layers(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
) -> Result<Json<Layers>, Error> {
    let image = place(&state, &caller, image).await?.asset.image.unwrap_or(-1);
    let filter = Filter { visible: Some(visible(&caller)), ..Filter::default() };
    let (rows, base) = state
        .read(move |tx| Ok(Ok((images::layer_sums(tx, image, &filter)?, images::base_layers(tx, image)?))))
        .await?;
    let items = rows.iter().map(|row| Layer {
        position: u32::try_from(row.layer.position).unwrap_or_default(),
        diff_id: row.layer.diff_id.clone(),
        created_by: row.layer.created_by.as_deref().map(wire::cut),
        size: wire::count(row.layer.size),
        packages: row.packages,
        findings: wire::tally(&row.tally),
        shared_by: row.shared_by,
        is_base: base.is_some_and(|base| row.layer.position < base),
    });
    Ok(Json(Layers { items: items.collect() }))
}

/// History of an image
///
/// Tags that pointed at it, what happened to it, and since when its controls say what they say.
#[utoipa::path(get, path = "/api/v1/images/{image}/history", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id")),
    responses((status = 200, description = "The history", body = History),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
) -> Result<Json<History>, Error> {
    let place = place(&state, &caller, image).await?;
    let (id, asset_id) = (place.asset.placement, place.asset.asset_id.clone());
    let (tags, mut said) = state
        .read(move |tx| {
            let said = assessments::assessments_of(tx, &[&asset_id])?.remove(&asset_id);
            Ok(Ok((images::tags_of(tx, id, TAGS)?, said.unwrap_or_default())))
        })
        .await?;
    said.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.control.cmp(&b.control)));
    let asset = &place.asset;
    let published = place.publish.as_ref().map(|_| asset.last_seen);
    let detail = published.and(place.publish.as_deref()).and_then(super::images::publish).and_then(|told| {
        let parts = [told.workflow, told.branch, told.commit];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
    });
    let mut events: Vec<(Micros, &str, Option<String>)> = [
        (asset.created_at, "built", Some("as the image says itself".to_owned())),
        (Some(asset.first_seen), "first-seen", None),
        (place.imported_at, "imported", Some("it appeared without a push that was told of".to_owned())),
        (asset.pushed_at, "pushed", None),
        (asset.pulled_at, "pulled", None),
        (published, "published", detail),
        (asset.catalogued_at, "scanned", None),
        (asset.gone, "gone", None),
    ]
    .into_iter()
    .filter_map(|(at, what, detail)| Some((at?, what, detail)))
    .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.0));
    Ok(Json(History {
        tags: tags
            .into_iter()
            .map(|span| ImageTagSpan { tag: span.tag, since: time(span.since), until: span.until.map(time) })
            .collect(),
        events: events
            .into_iter()
            .map(|(at, what, detail)| HistoryEvent { at: time(at), what: what.to_owned(), detail })
            .collect(),
        states: said
            .into_iter()
            .map(|row| StateSince { state: row.state.into(), since: time(row.changed), control: row.control })
            .collect(),
    }))
}
