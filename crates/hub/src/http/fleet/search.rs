//! Search over everything that has a page.

use super::{
    super::{Json, Query, extract},
    inventory, visible,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Problem,
    search::{Found, FoundItem, FoundKind},
};
use axum::extract::State;
use serde::Deserialize;
use store::{
    PageRequest,
    assessments::AssetKind,
    images::{self, Filter},
    inventory as assets, vulnerabilities,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The longest text that is searched for.
const LONGEST: usize = 200;
/// Hits if nobody asks for another number.
const USUAL: u32 = 20;
/// The most hits.
const MOST: u32 = 50;

/// Pages of the console, with other words under which people look for them.
const PAGES: &[(&str, &str, &str)] = &[
    ("Now", "/", "dashboard home overview score"),
    ("Recommendations", "/recommendations", "fixes controls what to do"),
    ("Inventory", "/inventory", "assets"),
    ("Registries", "/registries", "connect repositories"),
    ("Images", "/images", "containers"),
    ("Vulnerabilities", "/cve", "cve advisories who is hit"),
    ("Software", "/software", "packages versions sbom"),
    ("Workload protections", "/workload", "dashboard"),
    ("Rules and exemptions", "/rules", "disable ignore waiver"),
    ("Scans and queue", "/queue", "jobs"),
    ("Coverage and trust", "/coverage", "blind spots feeds"),
    ("Notices", "/notices", "alerts unread"),
    ("Scopes", "/settings/scopes", "settings"),
    ("Owners", "/settings/owners", "settings teams"),
    ("Plans", "/settings/plans", "settings protection"),
    ("Users", "/settings/users", "settings roles grants"),
    ("Tokens", "/settings/tokens", "settings api publish"),
    ("Feeds", "/settings/feeds", "settings database advisories"),
    ("Webhooks", "/settings/webhooks", "settings slack"),
    ("Audit trail", "/settings/audit", "settings log who changed"),
];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(search))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchAsked {
    /// The text: an id of a vulnerability or its beginning, a part of a name, tag or digest.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    /// The most hits: 1 to 50; 20 if absent.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// Search
///
/// Vulnerabilities, images, packages, repositories, registries and pages of the console.
#[utoipa::path(get, path = "/api/v1/search", tag = "fleet", params(SearchAsked),
    responses((status = 200, description = "What was found", body = Found),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn search(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<SearchAsked>,
) -> Result<Json<Found>, Error> {
    let text = extract::line("q", &asked.q, LONGEST)?;
    let limit = asked.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", format!("must be from 1 to {MOST}")));
    }
    let visible = visible(&caller);
    let few = PageRequest::first((limit / 4).max(3));
    let wanted = text.clone();
    let mut items = state
        .read(move |tx| {
            let mut items = Vec::new();
            let places = Filter { visible: Some(visible.clone()), ..Filter::default() };
            for row in vulnerabilities::beginning(tx, &wanted, few.limit)? {
                let row = vulnerabilities::sums(tx, row, &places)?;
                // One that hits nothing here is found by its page, if the database knows it.
                if row.images > 0 {
                    items.push(FoundItem {
                        kind: FoundKind::Vulnerability,
                        link: format!("/cve/{}", segment(&row.told.id)),
                        title: row.told.id,
                        detail: Some(row.told.summary).filter(|text| !text.is_empty()),
                    });
                }
            }
            let filter = assets::Filter {
                kinds: vec![AssetKind::Registry, AssetKind::Repository],
                text: wanted.clone(),
                visible: visible.clone(),
                ..assets::Filter::default()
            };
            let [by_name, ..] = assets::ORDERS else { return Ok(Ok(items)) };
            for row in assets::list(tx, &filter, by_name, &few)?.items {
                let asset = inventory::asset(&row);
                let kind = match row.kind {
                    AssetKind::Registry => FoundKind::Registry,
                    _ => FoundKind::Repository,
                };
                items.push(FoundItem {
                    kind,
                    title: asset.name,
                    detail: Some(asset.asset_id),
                    link: asset.link,
                });
            }
            let filter = Filter { text: wanted.clone(), visible: Some(visible.clone()), ..Filter::default() };
            let newest = super::order(images::ORDERS, "image/newest");
            for row in images::list(tx, &filter, &newest, &few)?.items {
                items.push(FoundItem {
                    kind: FoundKind::Image,
                    title: super::wire::image_name(&row),
                    link: format!("/images/{}", row.placement),
                    detail: Some(row.asset_id),
                });
            }
            for row in images::software(tx, &wanted, "", &places, &few)?.items {
                items.push(FoundItem {
                    kind: FoundKind::Package,
                    link: format!("/software/{}?name={}", segment(&row.kind), segment(&row.name)),
                    title: row.name,
                    detail: Some(format!("{}, in {} images", row.kind, row.images)),
                });
            }
            Ok(Ok(items))
        })
        .await?;
    let is_there = |items: &[FoundItem]| items.iter().any(|item| item.kind == FoundKind::Vulnerability);
    if !is_there(&items)
        && let Ok((_, told)) = super::vulnerabilities::known(&state, &text).await
    {
        let link = format!("/cve/{}", segment(&told.id));
        let detail = Some("known to the database of advisories".to_owned());
        items.insert(0, FoundItem { kind: FoundKind::Vulnerability, title: told.id, detail, link });
    }
    let lower = text.to_lowercase();
    let pages = PAGES.iter().filter(|(title, _, words)| {
        title.to_lowercase().contains(&lower) || words.split(' ').any(|word| word.starts_with(&lower))
    });
    items.extend(pages.map(|(title, link, _)| FoundItem {
        kind: FoundKind::Page,
        title: (*title).to_owned(),
        detail: None,
        link: (*link).to_owned(),
    }));
    items.truncate(limit as usize);
    Ok(Json(Found { items }))
}

/// A text as one segment of an address, or the value of a parameter.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_ends_where_its_text_ends() {
        assert_eq!(segment("CVE-2026-1"), "CVE-2026-1");
        assert_eq!(segment("@babel/core"), "%40babel%2Fcore");
        assert_eq!(segment("a?b#c é"), "a%3Fb%23c%20%C3%A9");
    }
}
