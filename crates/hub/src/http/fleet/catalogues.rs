//! What pipelines send.

use super::{
    super::{Json, Query, extract},
    wire,
};
use crate::{
    AppState, Error,
    auth::{Caller, Trail, missing},
    ingest::{self, IngestError, Sender},
    matching::MatchError,
    permissions::covers,
};
use api::{
    Problem, ProblemKind,
    catalogue::Document,
    image::Ingest,
    tally::State as AssetState,
    who::{Role, TokenRole},
};
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
};
use serde::Deserialize;
use serde_json::json;
use store::{StoreError, images, published, scopes};
use tokio::sync::Semaphore;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Documents that are held in memory at a time: each may be as large as its bound. Others wait.
static READING: Semaphore = Semaphore::const_new(4);

/// The longest name of what is published, in characters.
const LONGEST_NAME: usize = 200;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(publish))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PublishAsked {
    /// The scope to publish in. May be absent where the caller may publish in one only, or in the root.
    scope: Option<String>,
}

/// Send a catalogue
///
/// What `seawall scan --publish` sends: packages and facts of one target, no verdicts; the hub matches. It appears as an
/// asset in the scope, beside what registries show of the same content. It never takes the place of what the hub has read
/// itself. Needs a token with the duty to publish, or a security admin.
#[utoipa::path(post, path = "/api/v1/catalogues", tag = "fleet", params(PublishAsked),
    request_body(content = Object, description = "A catalogue document: `format` seawall-catalogue, `version` 1; at most 64 MiB",
        content_type = "application/json"),
    responses((status = 201, description = "What became of it", body = Ingest),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Query(asked): Query<PublishAsked>,
    request: Request,
) -> Result<(StatusCode, Json<Ingest>), Error> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.and_then(|kind| kind.split(';').next()).map(str::trim) != Some("application/json") {
        let detail = "send the catalogue as JSON, with the header Content-Type: application/json";
        return Err(Error::new(ProblemKind::UnsupportedMediaType, detail));
    }
    let scope = scope(&caller, asked.scope)?;
    let place = READING.acquire().await.map_err(Error::unavailable)?;
    let bytes = extract::bytes(request).await?;
    // Parsing a large document takes long enough to hold up others on this thread.
    let document =
        tokio::task::spawn_blocking(move || Document::read(&bytes)).await.map_err(Error::internal)?;
    let document = document
        .map_err(|error| Error::new(ProblemKind::Invalid, crate::problem::line(&error.to_string())))?;
    if document.cataloguer > sbom::CATALOGUER_VERSION {
        let detail = "it was made by newer cataloguers than this hub knows: update the hub";
        return Err(Error::new(ProblemKind::Invalid, detail));
    }
    let wanted = scope.clone();
    state
        .read(move |tx| {
            let found = scopes::find(tx, &wanted)?;
            Ok(found.map(drop).ok_or_else(|| Error::not_found("scope", &wanted)))
        })
        .await?;
    let made = keep(&state, &caller, trail, document, scope.clone()).await?;
    drop(place);
    state.assess_soon();
    state.tell("image", Some(&made.image), &scope);
    Ok((StatusCode::CREATED, Json(made)))
}

/// Where the caller publishes.
fn scope(caller: &Caller, asked: Option<String>) -> Result<String, Error> {
    let may =
        |scope: &str| caller.has_duty(TokenRole::Publish, scope) || caller.may(Role::SecurityAdmin, scope);
    if let Some(scope) = asked {
        return if may(&scope) { Ok(scope) } else { Err(missing(Role::SecurityAdmin, &scope)) };
    }
    if may("") {
        return Ok(String::new());
    }
    let on_duty = caller.grants().iter().map(|(scope, _)| scope.clone()).filter(|scope| may(scope));
    let mut scopes: Vec<String> = on_duty.chain(caller.scopes(Role::SecurityAdmin)).collect();
    scopes.sort();
    scopes.dedup();
    let topmost: Vec<&String> = scopes
        .iter()
        .filter(|scope| !scopes.iter().any(|above| above != *scope && covers(above, scope)))
        .collect();
    match topmost.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(missing(Role::SecurityAdmin, "")),
        _ => Err(Error::field("scope", "you may publish in several scopes: say in which")),
    }
}

async fn keep(
    state: &AppState,
    caller: &Caller,
    trail: Trail,
    document: Document,
    scope: String,
) -> Result<Ingest, Error> {
    let name = name(&document);
    // What is no image is told from others by name alone, so that of another scope must not be meant.
    let identity = ingest::identity(&document, &format!("published/{scope}\0{name}"));
    let manifest = document.image.as_ref().and_then(|image| image.manifest_digest.as_ref());
    let digest = manifest.map_or_else(|| identity.clone(), ToString::to_string);
    let asset_id = format!("published/{name}@{digest}");
    let publish = serde_json::to_string(&document.published).map_err(Error::internal)?;
    let (caller, now) = (caller.clone(), trail.now);
    let asset = format!("published/{scope}\0{name}");
    let done = ingest::put_and(&state.matcher, &document, &asset, Sender::Other, now, move |tx, done| {
        let there = published::find(tx, &asset_id)?;
        if let Some((_, other)) = &there
            && *other != scope
            && !caller.has_duty(TokenRole::Publish, other)
            && !caller.may(Role::SecurityAdmin, other)
        {
            return Err(StoreError::Invalid(
                "the same content was published under this name in another scope, where you may not publish"
                    .to_owned(),
            ));
        }
        // A rule for any registry says whose it is; the scope is where the caller publishes.
        let owner = scopes::assign(&scopes::rules(tx)?, "", &name, &scope, None).owner;
        let place = published::keep(
            tx,
            &published::Published {
                asset_id: &asset_id,
                image: done.image,
                digest: &digest,
                scope: &scope,
                owner: owner.as_deref(),
                publish: &publish,
                at: now,
            },
        )?;
        if there.is_none() {
            crate::notices::placed(tx, &[place], now)?;
        }
        let row = images::by_numbers(tx, &[place])?.remove(&place);
        let made = Ingest {
            image: place.to_string(),
            asset_id: asset_id.clone(),
            config_digest: identity.clone(),
            packages: row.as_ref().map_or(0, |row| wire::count(row.packages)),
            findings: row.as_ref().map(|row| wire::tally(&row.tally)).unwrap_or_default(),
            state: row.as_ref().map_or(AssetState::NotAssessed, |row| wire::image_row(row).state),
            kept: done.kept_newer,
        };
        let after =
            json!({"scope": scope, "configDigest": identity, "packages": made.packages, "kept": made.kept});
        trail.note(tx, "catalogue.publish", &asset_id, None::<&()>, Some(&after))?;
        Ok(made)
    });
    done.await.map_err(refused)
}

/// The name under which a document is kept: what it was found under, without what steers a terminal or reverses text, and
/// without a digest, which follows anyway.
fn name(document: &Document) -> String {
    let names = document.image.iter().flat_map(|image| &image.names);
    let name = names.chain([&document.target]).find(|name| !name.trim().is_empty());
    let name = name.map(String::as_str).unwrap_or_default();
    let name = name.split_once("@sha256:").map_or(name, |(name, _)| name);
    let fit = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = name.trim().chars().filter(fit).take(LONGEST_NAME).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

fn refused(error: IngestError) -> Error {
    match error {
        IngestError::Store(error) | IngestError::Match(MatchError::Store(error)) => error.into(),
        IngestError::Match(error) => Error::internal(error),
        IngestError::Json(error) => Error::internal(error),
    }
}
