//! Images in their places.

mod detail;

use super::{
    super::{
        Json, Path, Query,
        export::{self, Asked, Format},
        wire as convert,
    },
    visible, wire, words,
};
use crate::{AppState, Error, auth::Caller, fixes::Wanted};
use api::{
    Page, Problem,
    image::{ImageDetail, ImageRow},
    tally::{Severity, State as AssetState},
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::images as stored;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// What a pipeline said of what it sent, as it is stored.
pub(super) fn publish(text: &str) -> Option<api::image::Publish> {
    detail::publish(text)
}

/// The order of images.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    /// Most critical findings first, then most high ones, and so on.
    #[default]
    Worst,
    /// By asset.
    Name,
    /// First seen last.
    Newest,
    /// Most findings with a fix first.
    Fixable,
    /// Most packages first.
    Packages,
}

impl Sort {
    fn order(self) -> store::Order {
        let name = match self {
            Self::Worst => "image/worst",
            Self::Name => "image/name",
            Self::Newest => "image/newest",
            Self::Fixable => "image/fixable",
            Self::Packages => "image/packages",
        };
        super::order(stored::ORDERS, name)
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ImagesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// This text stands in the asset's id, or is a tag that points at it now; case does not count.
    text: Option<String>,
    /// Only in this registry, by id.
    registry: Option<String>,
    /// Only in repositories of this name.
    repository: Option<String>,
    /// Only with findings of one of these severities, separated by commas.
    severity: Option<String>,
    /// Only in one of these states, separated by commas.
    state: Option<String>,
    /// Only those that this vulnerability hits, by id or alias, where it counts.
    cve: Option<String>,
    /// Only with a package of this name.
    package: Option<String>,
    /// Only with a package of this purl type.
    package_kind: Option<String>,
    /// Only with a package in this version.
    package_version: Option<String>,
    /// Only of this owner, by id; `none`: of nobody.
    owner: Option<String>,
    /// Only in this scope or below it.
    scope: Option<String>,
    /// Only of this distribution, or release: `debian`, `debian:12`.
    distro: Option<String>,
    /// Only with findings that are known to be exploited, or only without.
    kev: Option<bool>,
    /// Only with findings for which a fix is to be had, or only without.
    fixable: Option<bool>,
    /// Only what was made known by this: `push`, `pull`, `import`, `poll`, `event`, `manual`, `publish`, `host`.
    trigger: Option<String>,
    /// Only those in which this fix has something to repair, by id.
    fix: Option<String>,
    /// Also what is not there any more.
    gone: Option<bool>,
    /// In which order.
    #[param(inline)]
    sort: Option<Sort>,
}

impl ImagesAsked {
    fn filter(&self, caller: &Caller) -> Result<stored::Filter, Error> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        // A registry that cannot be has no images.
        let registry = self.registry.as_ref().map(|id| super::number("registry", id).unwrap_or(-1));
        let severities: Vec<Severity> = words("severity", self.severity.as_deref())?;
        let states: Vec<AssetState> = words("state", self.state.as_deref())?;
        let unowned = self.owner.as_deref() == Some("none");
        Ok(stored::Filter {
            text: text(&self.text),
            registry,
            repository: text(&self.repository),
            severities: severities.into_iter().map(Into::into).collect(),
            states: states.into_iter().map(Into::into).collect(),
            cve: text(&self.cve),
            package: text(&self.package),
            package_kind: text(&self.package_kind),
            package_version: text(&self.package_version),
            owner: self.owner.clone().filter(|_| !unowned),
            unowned,
            scope: text(&self.scope),
            visible: Some(visible(caller)),
            distro: text(&self.distro),
            kev: self.kev,
            fixable: self.fixable,
            trigger: text(&self.trigger),
            gone: self.gone.unwrap_or_default(),
            places: None,
        })
    }
}

/// The places in which a fix has something to repair, of those that the caller may see in the scope that is asked for.
async fn of_fix(
    state: &AppState,
    caller: &Caller,
    asked: &ImagesAsked,
    fix: String,
) -> Result<Vec<i64>, Error> {
    let wanted =
        Wanted { visible: visible(caller), scope: asked.scope.clone().unwrap_or_default(), owner: None };
    let current = state.fixes.get(state).await?.current;
    let places = tokio::task::spawn_blocking(move || current.holding(&fix, &current.view(&wanted)));
    places.await.map_err(Error::internal)
}

const COLUMNS: &[&str] = &[
    "id",
    "assetId",
    "registry",
    "repository",
    "digest",
    "configDigest",
    "tags",
    "scope",
    "owner.name",
    "distro",
    "distroVersion",
    "os",
    "arch",
    "state",
    "cause",
    "findings.critical",
    "findings.high",
    "findings.medium",
    "findings.low",
    "findings.negligible",
    "findings.unknown",
    "findings.apart",
    "findings.fixable",
    "findings.kev",
    "packages",
    "size",
    "created",
    "firstSeen",
    "lastSeen",
    "gone",
    "trigger",
    "pushed",
    "pulled",
    "scanned",
];

/// Images
///
/// One row for each place of an image.
#[utoipa::path(get, path = "/api/v1/images", tag = "fleet", params(ImagesAsked),
    responses((status = 200, description = "A page of images", body = Page<ImageRow>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<ImagesAsked>,
) -> Result<Response, Error> {
    let mut filter = asked.filter(&caller)?;
    if let Some(fix) = &asked.fix {
        filter.places = Some(of_fix(&state, &caller, &asked, fix.clone()).await?);
    }
    let order = asked.sort.unwrap_or_default().order();
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "images", COLUMNS, move |tx, cursor, limit| {
        let total = cursor.is_none().then(|| stored::count(tx, &filter)).transpose()?;
        let page = stored::list(tx, &filter, &order, &super::request(cursor, limit))?;
        Ok(Page { total, ..convert::page(page, wire::image_row) })
    })
    .await
}

/// One image
#[utoipa::path(get, path = "/api/v1/images/{image}", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id")),
    responses((status = 200, description = "All that is known of it", body = ImageDetail),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
) -> Result<Json<ImageDetail>, Error> {
    let visible = visible(&caller);
    let detail = state
        .read(move |tx| match super::seen(tx, &image, &visible)? {
            Ok(place) => detail::of(tx, &place, &visible).map(Ok),
            Err(error) => Ok(Err(error)),
        })
        .await?;
    Ok(Json(detail))
}
