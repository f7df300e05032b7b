//! Why an image is affected by a vulnerability, or is not.

use super::{
    super::{Json, Path, Query},
    explain::{Asked, Explainer},
    place, wire,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Problem,
    image::{Evidence, Verdict, Why},
};
use axum::extract::State;
use serde::Deserialize;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use store::{
    images::{self, LayerName},
    matches, subjects,
    subjects::PackageRow,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use vulndb::Database;

/// Packages that one answer explains.
const PACKAGES: usize = 200;
/// The longest id of a vulnerability.
const LONGEST: usize = 128;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(evidence)).routes(routes!(why))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EvidenceAsked {
    /// The vulnerability, by id or alias.
    vulnerability: String,
    /// The package: `package.subject` of a finding.
    subject: String,
}

/// Why a package is affected, or is not
#[utoipa::path(get, path = "/api/v1/images/{image}/evidence", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id"), EvidenceAsked),
    responses((status = 200, description = "The evidence", body = Evidence),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn evidence(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
    Query(asked): Query<EvidenceAsked>,
) -> Result<Json<Evidence>, Error> {
    let id = vulnerability_id(&asked.vulnerability)?;
    let image = place(&state, &caller, image).await?.asset.image.unwrap_or(-1);
    let subject = super::number("package", &asked.subject)?;
    let (row, context, layers) = state
        .read(move |tx| {
            // One package may lie in several places; what is true of one is true of all.
            let row = matches::places_of_subject(tx, image, subject)?.into_iter().next();
            let context = subjects::contexts(tx, &[subject])?.into_iter().next();
            let layers = images::layer_names(tx, image)?;
            Ok(match (row, context) {
                (Some(row), Some((_, context))) => Ok((row, context, layers)),
                _ => Err(Error::not_found("package", &asked.subject)),
            })
        })
        .await?;
    let database = state.matcher.database().await;
    let evidence = tokio::task::spawn_blocking(move || {
        let explainer = Explainer::new(&database, &id)?;
        Ok::<_, vulndb::Error>(explainer.evidence(asked_of(&row, &context, &layers)))
    });
    evidence.await.map_err(Error::internal)?.map(Json).map_err(Error::internal)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WhyAsked {
    /// The vulnerability, by id or alias.
    vulnerability: String,
}

/// Why an image is affected, or is not
///
/// Every package that the vulnerability could concern is explained, a "no" like a "yes".
#[utoipa::path(get, path = "/api/v1/images/{image}/why", tag = "fleet",
    params(("image" = String, Path, description = "The image in its place, by id"), WhyAsked),
    responses((status = 200, description = "The answer", body = Why),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn why(
    State(state): State<AppState>,
    caller: Caller,
    Path(image): Path<String>,
    Query(asked): Query<WhyAsked>,
) -> Result<Json<Why>, Error> {
    let id = vulnerability_id(&asked.vulnerability)?;
    let asset = place(&state, &caller, image).await?.asset;
    let (image, considered) = (asset.image.unwrap_or(-1), wire::count(asset.packages));
    let database = state.matcher.database().await;
    let spoken = Spoken::of(&database, &id).map_err(Error::internal)?;
    let (names, named) = (spoken.names(), id.clone());
    let (rows, contexts, layers) = state
        .read(move |tx| {
            let rows = matches::concerned(tx, image, &named, &names)?;
            let mut numbers: Vec<i64> = rows.iter().map(|row| row.package.subject).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let contexts: HashMap<i64, String> = subjects::contexts(tx, &numbers)?.into_iter().collect();
            Ok(Ok((rows, contexts, images::layer_names(tx, image)?)))
        })
        .await?;
    let read = asset.catalogued_at.is_some();
    let why = tokio::task::spawn_blocking(move || {
        let explainer = Explainer::new(&database, &id)?;
        let mut seen = BTreeSet::new();
        let mut packages: Vec<Evidence> = rows
            .iter()
            .filter(|row| spoken.speaks_of(row) && seen.insert(row.package.place))
            .take(PACKAGES)
            .filter_map(|row| {
                let context = contexts.get(&row.package.subject)?;
                Some(explainer.evidence(asked_of(&row.package, context, &layers)))
            })
            .collect();
        packages.sort_by_key(|evidence| rank(evidence.verdict));
        let sentence = if read {
            sentence(&id, &packages, &spoken)
        } else {
            format!("whether this image is affected by {id} is not known: its content was not read yet.")
        };
        Ok::<_, vulndb::Error>(Why {
            vulnerability: id,
            affected: packages.iter().any(|evidence| evidence.verdict == Verdict::Affected),
            sentence,
            packages,
            considered,
        })
    });
    why.await.map_err(Error::internal)?.map(Json).map_err(Error::internal)
}

/// An id that could be one.
pub(super) fn vulnerability_id(text: &str) -> Result<String, Error> {
    let text = super::super::extract::line("vulnerability", text, LONGEST)?;
    Ok(text)
}

fn asked_of<'a>(row: &PackageRow, context: &'a str, layers: &[LayerName]) -> Asked<'a> {
    Asked {
        package: wire::package(row),
        context,
        layer: wire::layer(row.layer, layers),
        paths: wire::paths(&row.evidence),
    }
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Affected => 0,
        Verdict::Apart => 1,
        Verdict::NotAssessed => 2,
        Verdict::NotAffected => 3,
    }
}

/// What records of a vulnerability speak of.
struct Spoken {
    /// Ecosystem, kind and name.
    names: BTreeSet<(String, &'static str, String)>,
    /// In words: `openssl (Debian 12)`.
    words: Vec<String>,
    /// The database has a record or knows the CVE otherwise.
    known: bool,
}

impl Spoken {
    fn of(database: &Arc<Database>, id: &str) -> Result<Self, vulndb::Error> {
        let records = database.records(id)?;
        let known = !records.is_empty() || database.enrichment(id)?.is_some();
        let (mut names, mut words) = (BTreeSet::new(), BTreeSet::new());
        for name in records.into_iter().flat_map(|(_, names)| names) {
            let world = format!("{} {}", name.ecosystem.row().osv, name.release);
            words.insert(format!("{} ({})", name.name, world.trim_end()));
            names.insert((name.ecosystem.row().osv.to_owned(), wire::name_kind(name.kind), name.name));
        }
        Ok(Self { names, words: words.into_iter().collect(), known })
    }

    fn names(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.names.iter().map(|(_, _, name)| name).collect();
        names.into_iter().cloned().collect()
    }

    /// Has it a finding, or is it looked up under one of the names, of whatever release? "No data for yours" is an answer
    /// too. What is looked up under no name at all is asked by its own.
    fn speaks_of(&self, row: &matches::Concerned) -> bool {
        let Some((ecosystem, kind, name)) = &row.looked_up else { return true };
        self.names.iter().any(|(e, k, n)| e == ecosystem && k == kind && n == name)
    }
}

fn sentence(id: &str, packages: &[Evidence], spoken: &Spoken) -> String {
    let of = |verdict: Verdict| packages.iter().filter(move |evidence| evidence.verdict == verdict);
    let named = |verdict: Verdict| {
        let mut names: Vec<String> =
            of(verdict).map(|e| format!("{} {}", e.package.name, e.package.version)).collect();
        names.dedup();
        let more = names.len().saturating_sub(3);
        names.truncate(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    if of(Verdict::Affected).next().is_some() {
        return format!("this image is affected by {id} through {}.", named(Verdict::Affected));
    }
    if of(Verdict::NotAssessed).next().is_some() {
        return format!(
            "whether this image is affected by {id} is not known: {} cannot be judged.",
            named(Verdict::NotAssessed)
        );
    }
    if of(Verdict::Apart).next().is_some() {
        return format!(
            "this image has {}, which {id} concerns, and it does not count here.",
            named(Verdict::Apart)
        );
    }
    if let Some(first) = packages.first() {
        return format!("this image is not affected by {id}: {}", first.sentence);
    }
    match (spoken.known, spoken.words.as_slice()) {
        (false, _) => format!("{id} is not known to the database of advisories."),
        (true, []) => format!("no source names a package for {id}, so no image can be matched with it."),
        (true, words) => {
            let more = words.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let some: Vec<&str> = words.iter().take(8).map(String::as_str).collect();
            format!(
                "this image is not affected by {id}: it concerns {}{more}, and none of these is in it.",
                some.join(", ")
            )
        }
    }
}
