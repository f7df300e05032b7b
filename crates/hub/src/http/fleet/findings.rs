//! Findings of an image.

use super::{
    super::{
        Path, Query,
        export::{self, Asked, Format},
        wire as convert,
    },
    place, wire, words,
};
use crate::{AppState, Error, assess::hides, auth::Caller};
use api::{
    Page, Problem,
    image::{Finding, FixRef, HiddenBy},
    tally::Severity,
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use std::collections::HashMap;
use store::{
    assessments,
    images::{self, LayerName},
    matches::{self as stored, FindingFilter, FindingRow},
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The order of findings.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// What counts, the worst, what is exploited, what has a fix first.
    #[default]
    Severity,
    /// By package.
    Package,
    /// First found last.
    Newest,
}

/// Which findings are shown.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Judged {
    /// Those that count.
    #[default]
    Counts,
    /// Those that are shown apart.
    Apart,
    /// Both.
    All,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FindingsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only of one of these severities, separated by commas.
    severity: Option<String>,
    /// This text stands in the id, the title or the package's name; case does not count.
    text: Option<String>,
    /// Only of packages of this name or source package.
    package: Option<String>,
    /// Only what this fix repairs, by id.
    fix: Option<String>,
    /// Only with a fix, or only without.
    fixable: Option<bool>,
    /// Only what is known to be exploited, or only what is not.
    kev: Option<bool>,
    /// What counts (if absent), what is shown apart, or both.
    #[param(inline)]
    judgement: Option<Judged>,
    /// In which order.
    #[param(inline)]
    sort: Option<Sort>,
}

const COLUMNS: &[&str] = &[
    "vulnerability",
    "title",
    "severity",
    "score",
    "kev",
    "epss",
    "package.kind",
    "package.name",
    "package.version",
    "package.sourceName",
    "package.purl",
    "class",
    "judgement",
    "fixStatus",
    "fixedVersion",
    "remedy",
    "fix.title",
    "layer.position",
    "layer.diffId",
    "paths",
    "firstSeen",
];

/// Findings of an image
///
/// One row for each vulnerability of each package in each place of the image.
#[utoipa::path(get, path = "/api/v1/images/{image}/findings", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id"), FindingsAsked),
    responses((status = 200, description = "A page of findings", body = Page<Finding>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
    Query(asked): Query<FindingsAsked>,
) -> Result<Response, Error> {
    let severities: Vec<Severity> = words("severity", asked.severity.as_deref())?;
    let mut filter = FindingFilter {
        severities: severities.into_iter().map(Into::into).collect(),
        counts: match asked.judgement.unwrap_or_default() {
            Judged::Counts => Some(true),
            Judged::Apart => Some(false),
            Judged::All => None,
        },
        fixable: asked.fixable,
        kev: asked.kev,
        layer: None,
        text: asked.text.unwrap_or_default(),
        package: asked.package.unwrap_or_default(),
        pairs: None,
    };
    let order = match asked.sort.unwrap_or_default() {
        Sort::Severity => "finding/worst",
        Sort::Package => "finding/package",
        Sort::Newest => "finding/newest",
    };
    let order = super::order(stored::FINDING_ORDERS, order);
    // What was not read yet has no findings, and says so by its state.
    let asset = place(&state, &caller, image).await?.asset;
    let (image, placement, now) = (asset.image.unwrap_or(-1), asset.placement, state.clock.now());
    let mut beside = state
        .read(move |tx| {
            let said = assessments::assessments_of(tx, &[&asset.asset_id])?.remove(&asset.asset_id);
            let exempted =
                said.into_iter().flatten().filter_map(|row| Some((row.control, row.exempted?.exemption)));
            Ok(Ok(Beside {
                fixes: HashMap::new(),
                layers: images::layer_names(tx, image)?,
                rules: hides::of_image(tx, placement, now)?,
                exemptions: exempted.collect(),
            }))
        })
        .await?;
    beside.fixes = fixes(&state, placement).await?;
    filter.pairs = asked.fix.map(|fix| {
        let of_fix = beside.fixes.iter().filter(|(_, (id, _))| *id == fix);
        of_fix.map(|(key, _)| key.clone()).collect()
    });
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(&state, asked, "findings", COLUMNS, move |tx, cursor, limit| {
        let total = cursor.is_none().then(|| stored::count_of_image(tx, image, &filter)).transpose()?;
        let page = stored::of_image(tx, image, &filter, &order, &super::request(cursor, limit))?;
        Ok(Page { total, ..convert::page(page, |row| finding(row, &beside)) })
    })
    .await
}

/// By subject and vulnerability, id and title of the fix that repairs a finding.
type Fixes = HashMap<(i64, String), (String, String)>;

/// The fixes of an image's findings, as they stand in the fleet.
async fn fixes(state: &AppState, placement: i64) -> Result<Fixes, Error> {
    let current = state.fixes.get(state).await?.current;
    tokio::task::spawn_blocking(move || current.of_place(placement)).await.map_err(Error::internal)
}

/// What findings are shown with.
#[derive(Clone)]
struct Beside {
    fixes: Fixes,
    layers: Vec<LayerName>,
    /// By package and vulnerability, the rule that hides it.
    rules: hides::HiddenBy,
    /// By control, the exemption that excuses it here.
    exemptions: HashMap<String, i64>,
}

impl Beside {
    /// What hides a finding that would count: a rule, or an exemption of its control.
    fn hides(&self, row: &FindingRow) -> Option<HiddenBy> {
        if row.found.judgement != stored::COUNTS {
            return None;
        }
        let key = (row.package.name.clone(), row.found.vulnerability.clone());
        if let Some(rule) = self.rules.get(&key) {
            return Some(HiddenBy { rule: Some(rule.to_string()), exemption: None });
        }
        let control = if row.found.class == "malware" { "image.malware" } else { "image.vulnerabilities" };
        let exemption = self.exemptions.get(control)?;
        Some(HiddenBy { rule: None, exemption: Some(exemption.to_string()) })
    }
}

fn finding(row: &FindingRow, beside: &Beside) -> Finding {
    let found = &row.found;
    let fixed = found.fix_status == stored::FIXED;
    Finding {
        vulnerability: found.vulnerability.clone(),
        title: wire::cut(&row.summary),
        severity: found.severity.into(),
        score: wire::score(&row.detail),
        kev: found.kev,
        epss: row.epss,
        package: wire::package(&row.package),
        class: found.class.clone(),
        judgement: found.judgement.clone(),
        fix_status: found.fix_status.clone(),
        fixed_version: fixed.then(|| found.fix.clone()),
        remedy: found.remedy.clone(),
        fix: beside
            .fixes
            .get(&(row.package.subject, found.vulnerability.clone()))
            .map(|(id, title)| FixRef { id: id.clone(), title: title.clone() }),
        layer: wire::layer(row.package.layer, &beside.layers),
        paths: wire::paths(&row.package.evidence),
        first_seen: convert::time(row.first_seen),
        hidden_by: beside.hides(row),
    }
}
