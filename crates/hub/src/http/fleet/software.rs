//! The fleet's software.

use super::{
    super::{
        Json, Query,
        export::{self, Asked, Format},
        wire as convert,
    },
    visible, wire,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Page, Problem,
    software::{Software, SoftwareVersion, SoftwareVersions},
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::images::{self as stored, Filter};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(versions))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SoftwareAsked {
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
    /// Only in images in this scope or below it.
    scope: Option<String>,
}

/// Software
///
/// Packages by name, with what has them and what is known against them.
#[utoipa::path(get, path = "/api/v1/software", tag = "fleet", params(SoftwareAsked),
    responses((status = 200, description = "A page of software", body = Page<Software>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<SoftwareAsked>,
) -> Result<Response, Error> {
    let filter = filter(&caller, asked.scope);
    let (text, kind) = (asked.text.unwrap_or_default(), asked.kind.unwrap_or_default());
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["kind", "name", "versions", "images", "vulnerabilities"];
    export::list(&state, asked, "software", columns, move |tx, cursor, limit| {
        let page = stored::software(tx, &text, &kind, &filter, &super::request(cursor, limit))?;
        let total =
            cursor.is_none().then(|| stored::count_software(tx, &text, &kind, &filter)).transpose()?;
        let row = |row: &stored::SoftwareRow| Software {
            kind: row.kind.clone(),
            name: row.name.clone(),
            versions: row.versions,
            images: row.images,
            vulnerabilities: row.vulnerabilities,
        };
        Ok(Page { total, ..convert::page(page, row) })
    })
    .await
}

/// Places in a scope that the caller may see.
fn filter(caller: &Caller, scope: Option<String>) -> Filter {
    Filter { scope: scope.unwrap_or_default(), visible: Some(visible(caller)), ..Filter::default() }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct VersionsAsked {
    /// purl type: `deb`.
    kind: String,
    /// The name.
    name: String,
    /// Only in images in this scope or below it.
    scope: Option<String>,
}

/// The versions of one package
#[utoipa::path(get, path = "/api/v1/software/versions", tag = "fleet", params(VersionsAsked),
    responses((status = 200, description = "The versions", body = SoftwareVersions),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn versions(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<VersionsAsked>,
) -> Result<Json<SoftwareVersions>, Error> {
    let filter = filter(&caller, asked.scope);
    let (kind, name) = (asked.kind, asked.name);
    let named = name.clone();
    let rows = state.read(move |tx| stored::versions(tx, &kind, &name, &filter).map(Ok)).await?;
    if rows.is_empty() {
        return Err(Error::not_found("package", &named));
    }
    let items = rows.iter().map(|row| SoftwareVersion {
        version: row.version.clone(),
        images: row.images,
        findings: wire::tally_lite(&row.tally),
    });
    Ok(Json(SoftwareVersions { items: items.collect() }))
}
