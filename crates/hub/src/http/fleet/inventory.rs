//! The inventory.

use super::{
    super::{
        Json, Query,
        export::{self, Asked, Format},
        wire::{self as convert, time},
    },
    visible, wire, words,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Page, Problem,
    inventory::{Asset, AssetKind, InventoryCounts, KindCounts},
    tally::{State as AssetState, StateCounts},
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::{
    assessments::{self, Counts},
    inventory as stored,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(counts))
}

/// The order of assets.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// By asset.
    #[default]
    Name,
    /// Unhealthy ones first, those with most critical findings before others.
    Worst,
    /// First seen last.
    Newest,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InventoryAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only of these kinds, separated by commas: `registry`, `repository`, `image`.
    kind: Option<String>,
    /// This text stands in the asset's id; case does not count.
    text: Option<String>,
    /// Only in one of these states, separated by commas.
    state: Option<String>,
    /// Only in this scope or below it.
    scope: Option<String>,
    /// Only of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// Only this registry and what lies in it, by id.
    registry: Option<String>,
    /// In which order.
    #[param(inline)]
    sort: Option<Sort>,
}

const COLUMNS: &[&str] = &[
    "kind",
    "id",
    "assetId",
    "name",
    "scope",
    "owner.name",
    "state",
    "cause",
    "findings.critical",
    "findings.high",
    "findings.medium",
    "findings.low",
    "findings.fixable",
    "findings.kev",
    "parts.healthy",
    "parts.unhealthy",
    "parts.notApplicable",
    "parts.notAssessed",
    "firstSeen",
    "lastSeen",
];

/// The inventory
///
/// Registries, repositories and images as one list.
#[utoipa::path(get, path = "/api/v1/inventory", tag = "fleet", params(InventoryAsked),
    responses((status = 200, description = "A page of assets", body = Page<Asset>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<InventoryAsked>,
) -> Result<Response, Error> {
    let kinds: Vec<AssetKind> = words("kind", asked.kind.as_deref())?;
    let states: Vec<AssetState> = words("state", asked.state.as_deref())?;
    let unowned = asked.owner.as_deref() == Some("none");
    let filter = stored::Filter {
        kinds: kinds.into_iter().map(kind_of).collect(),
        text: asked.text.unwrap_or_default(),
        states: states.into_iter().map(Into::into).collect(),
        scope: asked.scope.unwrap_or_default(),
        visible: visible(&caller),
        owner: asked.owner.filter(|_| !unowned),
        unowned,
        // A registry that cannot be holds nothing.
        registry: asked.registry.map(|id| super::number("registry", &id).unwrap_or(-1)),
    };
    let order = match asked.sort.unwrap_or_default() {
        Sort::Name => "inventory/name",
        Sort::Worst => "inventory/worst",
        Sort::Newest => "inventory/newest",
    };
    let order = super::order(stored::ORDERS, order);
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "inventory", COLUMNS, move |tx, cursor, limit| {
        let total = cursor.is_none().then(|| stored::count(tx, &filter)).transpose()?;
        let page = stored::list(tx, &filter, &order, &super::request(cursor, limit))?;
        Ok(Page { total, ..convert::page(page, asset) })
    })
    .await
}

const fn kind_of(kind: AssetKind) -> assessments::AssetKind {
    match kind {
        AssetKind::Registry => assessments::AssetKind::Registry,
        AssetKind::Repository => assessments::AssetKind::Repository,
        AssetKind::Image => assessments::AssetKind::Image,
    }
}

const fn kind(kind: assessments::AssetKind) -> AssetKind {
    match kind {
        assessments::AssetKind::Registry => AssetKind::Registry,
        assessments::AssetKind::Repository => AssetKind::Repository,
        assessments::AssetKind::Image => AssetKind::Image,
    }
}

const fn states(counts: &Counts) -> StateCounts {
    StateCounts {
        healthy: counts.healthy,
        unhealthy: counts.unhealthy,
        not_applicable: counts.not_applicable,
        not_assessed: counts.not_assessed,
    }
}

pub(super) fn asset(row: &stored::Asset) -> Asset {
    let (state, cause) = match (&row.image, &row.state) {
        (Some(image), _) => {
            let image = wire::image_row(image);
            (image.state, image.cause)
        }
        (None, Some((state, cause))) => {
            ((*state).into(), Some(cause.clone()).filter(|cause| !cause.is_empty()))
        }
        (None, None) => (AssetState::NotAssessed, Some("not judged yet".to_owned())),
    };
    Asset {
        kind: kind(row.kind),
        id: row.id.to_string(),
        asset_id: row.asset_id.clone(),
        name: match (&row.image, &row.registry) {
            (Some(image), _) => wire::image_name(image),
            (None, Some((_, name))) => name.clone(),
            (None, None) => row.asset_id.clone(),
        },
        scope: row.scope.clone(),
        owner: row.owner.as_ref().map(wire::owner),
        state,
        cause,
        findings: wire::tally(&row.tally),
        parts: states(&row.parts),
        first_seen: time(row.first_seen),
        last_seen: time(row.last_seen),
        link: match (row.kind, &row.registry) {
            (assessments::AssetKind::Repository, Some((registry, _))) => {
                format!("/registries/{registry}/{}", row.id)
            }
            (assessments::AssetKind::Registry | assessments::AssetKind::Repository, _) => {
                format!("/registries/{}", row.id)
            }
            (assessments::AssetKind::Image, _) => format!("/images/{}", row.id),
        },
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CountsAsked {
    /// Only in this scope or below it.
    scope: Option<String>,
    /// Only of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// This text stands in the asset's id; case does not count.
    text: Option<String>,
}

/// How many assets there are
///
/// By kind and state.
#[utoipa::path(get, path = "/api/v1/inventory/counts", tag = "fleet", params(CountsAsked),
    responses((status = 200, description = "The counts", body = InventoryCounts),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn counts(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<CountsAsked>,
) -> Result<Json<InventoryCounts>, Error> {
    let unowned = asked.owner.as_deref() == Some("none");
    let filter = stored::Filter {
        text: asked.text.unwrap_or_default(),
        scope: asked.scope.unwrap_or_default(),
        visible: visible(&caller),
        owner: asked.owner.filter(|_| !unowned),
        unowned,
        ..stored::Filter::default()
    };
    let counts = state.read(move |tx| stored::counts(tx, &filter).map(Ok)).await?;
    let kinds = counts.iter().map(|(of, counts)| KindCounts {
        kind: kind(*of),
        total: counts.healthy + counts.unhealthy + counts.not_applicable + counts.not_assessed,
        states: states(counts),
    });
    Ok(Json(InventoryCounts { kinds: kinds.collect() }))
}
