//! What two images have not in common.

use super::{
    super::{Json, Path, Query},
    visible, wire,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Problem,
    image::{Change, ChangedPackage, Compare, CompareCounts, FindingChange, FindingLite, PackageChange},
};
use axum::extract::State;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::images::{self as stored, FindingOf};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Rows of each list that are shown.
const ROWS: usize = 2000;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(compare))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CompareAsked {
    /// The other image in its place, by id.
    with: String,
}

/// Compare two images
///
/// What the second (`with`) has that the first has not, and the other way round.
#[utoipa::path(get, path = "/api/v1/images/{image}/compare", tag = "fleet",
    params(("image" = String, Path, description = "The first image in its place, by id"), CompareAsked),
    responses((status = 200, description = "What differs", body = Compare),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn compare(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
    Query(asked): Query<CompareAsked>,
) -> Result<Json<Compare>, Error> {
    let visible = visible(&caller);
    let compared = state
        .read(move |tx| {
            let mut sides = Vec::new();
            for id in [&image, &asked.with] {
                let asset = match super::seen(tx, id, &visible)? {
                    Ok(place) => place.asset,
                    Err(error) => return Ok(Err(error)),
                };
                let content = asset.image.unwrap_or(-1);
                sides.push((asset, stored::versions_of(tx, content)?, stored::findings_of(tx, content)?));
            }
            let (Some(b), Some(a)) = (sides.pop(), sides.pop()) else {
                return Ok(Err(Error::internal("a side of the comparison is missing")));
            };
            let (findings, counts) = findings(&a.2, &b.2);
            Ok(Ok(Compare {
                packages: packages(&a.1, &b.1),
                findings,
                counts,
                a: wire::image_row(&a.0),
                b: wire::image_row(&b.0),
            }))
        })
        .await?;
    Ok(Json(compared))
}

/// Kind, name and version.
type Version = (String, String, String);

fn packages(a: &[Version], b: &[Version]) -> Vec<ChangedPackage> {
    let mut all: BTreeMap<(&str, &str), [Vec<&str>; 2]> = BTreeMap::new();
    for (side, list) in [a, b].into_iter().enumerate() {
        for (kind, name, version) in list {
            let versions = all.entry((name, kind)).or_default();
            if let Some(of) = versions.get_mut(side) {
                of.push(version);
            }
        }
    }
    all.into_iter()
        .filter(|(_, [from, to])| from != to)
        .map(|((name, kind), [from, to])| ChangedPackage {
            change: match (from.is_empty(), to.is_empty()) {
                (true, _) => PackageChange::Added,
                (_, true) => PackageChange::Removed,
                (false, false) => PackageChange::Changed,
            },
            kind: kind.to_owned(),
            name: name.to_owned(),
            from: Some(from.join(", ")).filter(|_| !from.is_empty()),
            to: Some(to.join(", ")).filter(|_| !to.is_empty()),
        })
        .take(ROWS)
        .collect()
}

/// A finding is the same in another version of its package.
fn findings(a: &[FindingOf], b: &[FindingOf]) -> (Vec<FindingChange>, CompareCounts) {
    fn by_name(list: &[FindingOf]) -> BTreeMap<(&str, &str, &str), &FindingOf> {
        list.iter()
            .map(|one| ((one.vulnerability.as_str(), one.kind.as_str(), one.name.as_str()), one))
            .collect()
    }
    let (a, b) = (by_name(a), by_name(b));
    let mut counts = CompareCounts::default();
    let mut changes = Vec::new();
    for (key, one) in &b {
        if a.contains_key(key) {
            counts.same += 1;
        } else {
            counts.new += 1;
            changes.push((Change::New, *one));
        }
    }
    for (key, one) in &a {
        if !b.contains_key(key) {
            counts.gone += 1;
            changes.push((Change::Gone, *one));
        }
    }
    changes.sort_by(|(_, a), (_, b)| {
        b.severity.cmp(&a.severity).then_with(|| a.vulnerability.cmp(&b.vulnerability))
    });
    let changes = changes.into_iter().take(ROWS).map(|(change, one)| FindingChange {
        change,
        finding: FindingLite {
            vulnerability: one.vulnerability.clone(),
            severity: one.severity.into(),
            package: one.name.clone(),
            version: one.version.clone(),
            kev: one.kev,
        },
    });
    (changes.collect(), counts)
}
