//! What is to be done about registries, for people: the queue, what was given up, and scans that are asked for.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    registries::words,
    wire as convert,
};
use crate::{
    AppState, Error,
    auth::{Caller, Trail},
    jobs::{self as work, PUSHED, Poll, RUNNING, Resolve, Scan, WEEKLY},
};
use api::{
    Order, Page, Problem, ProblemKind,
    job::{Job, JobCounts, JobKind, JobState, Priority},
    who::Role,
};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use store::{
    StoreError, Tx,
    jobs::{self as stored, JobState as StoredState},
    placements, registries, watched,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(retry))
        .routes(routes!(scan))
}

const KINDS: [(&str, &str); 3] = [("resolve", Resolve::KIND), ("scan", Scan::KIND), ("poll", Poll::KIND)];

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only those in these states, separated by commas: `queued`, `leased`, `done`, `dead`.
    #[param(example = "queued,leased")]
    state: Option<String>,
    /// Only of these kinds, separated by commas: `resolve`, `scan`, `poll`.
    #[param(example = "scan")]
    kind: Option<String>,
    /// Only of the registry with this id.
    registry: Option<String>,
}

/// The registries whose jobs the caller may see; `None`: all.
fn lanes(
    tx: &mut Tx<'_>,
    within: &[String],
    registry: Option<&str>,
) -> Result<Option<Vec<String>>, StoreError> {
    let everything = within.iter().any(String::is_empty);
    if everything && registry.is_none() {
        return Ok(None);
    }
    let mut lanes: Vec<String> =
        registries::of_scopes(tx, within)?.into_iter().map(|id| format!("registry/{id}")).collect();
    if let Some(registry) = registry {
        lanes.retain(|lane| lane.strip_prefix("registry/") == Some(registry));
    }
    Ok(Some(lanes))
}

/// Jobs
///
/// Those of registries of the caller's scopes, the newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(JobsAsked),
    responses((status = 200, description = "A page of jobs", body = Page<Job>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<JobsAsked>,
) -> Result<Response, Error> {
    let within = caller.scopes(Role::Viewer);
    let known = StoredState::ALL.map(StoredState::as_str);
    let states = words(asked.state.as_deref(), "state", &known)?;
    let states: Vec<_> =
        StoredState::ALL.into_iter().filter(|s| states.iter().any(|word| word == s.as_str())).collect();
    let kinds = words(asked.kind.as_deref(), "kind", &KINDS.map(|(word, _)| word))?;
    let kinds: Vec<String> = KINDS
        .iter()
        .filter(|(word, _)| kinds.iter().any(|kind| kind == word))
        .map(|(_, kind)| (*kind).to_owned())
        .collect();
    let registry = asked.registry;
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &[
        "id",
        "kind",
        "subject",
        "registry",
        "image",
        "priority",
        "state",
        "attempts",
        "maxAttempts",
        "created",
        "notBefore",
        "finished",
        "error",
    ];
    export::list(&state, asked, "jobs", columns, move |tx, cursor, limit| {
        let lanes = lanes(tx, &within, registry.as_deref())?;
        let filter = stored::Filter { states: states.clone(), kinds: kinds.clone(), lanes };
        let page = stored::list(tx, &filter, &convert::ask(cursor, limit, Order::Desc))?;
        let total = if cursor.is_none() { Some(stored::count(tx, &filter)?) } else { None };
        let items = page.items.iter().map(|job| wire(tx, job, &within)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next.map(|next| next.0), total })
    })
    .await
}

fn wire(tx: &mut Tx<'_>, job: &stored::Job, within: &[String]) -> Result<Job, StoreError> {
    let registry = job.lane.as_deref().and_then(|lane| lane.strip_prefix("registry/")).map(ToOwned::to_owned);
    let number = registry.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default();
    // A job may outlive its registry for a moment.
    let name = registries::name_of(tx, number)?.unwrap_or_default();
    let (kind, subject, asset) = match job.kind.as_str() {
        Resolve::KIND => match serde_json::from_str::<Resolve>(&job.payload) {
            Ok(job) => {
                let subject = format!("{name}/{}@{}", job.repository, job.digest);
                (JobKind::Resolve, subject, Some(placements::asset_id(&name, &job.repository, &job.digest)))
            }
            Err(_) => (JobKind::Resolve, name, None),
        },
        Scan::KIND => match serde_json::from_str::<Scan>(&job.payload) {
            Ok(job) => {
                let subject = format!("{name}/{}@{}", job.repository, job.digest);
                (JobKind::Scan, subject, Some(placements::asset_id(&name, &job.repository, &job.digest)))
            }
            Err(_) => (JobKind::Scan, name, None),
        },
        Poll::KIND => (JobKind::Poll, format!("the catalogue of {name}"), None),
        other => (JobKind::Other, crate::problem::line(other), None),
    };
    let image = match asset {
        Some(asset) => placements::of_asset(tx, &asset)?
            .filter(|place| within.iter().any(|scope| crate::permissions::covers(scope, &place.scope)))
            .map(|place| place.id.to_string()),
        None => None,
    };
    let waits = job.state == StoredState::Queued && job.not_before > job.created;
    Ok(Job {
        id: job.id.to_string(),
        kind,
        subject,
        registry,
        image,
        priority: match job.priority {
            priority if priority >= RUNNING => Priority::Running,
            priority if priority >= PUSHED => Priority::Pushed,
            WEEKLY => Priority::Weekly,
            _ => Priority::Normal,
        },
        state: match job.state {
            StoredState::Queued => JobState::Queued,
            StoredState::Leased => JobState::Leased,
            StoredState::Done => JobState::Done,
            StoredState::Dead => JobState::Dead,
        },
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        created: convert::time(job.created),
        not_before: waits.then(|| convert::time(job.not_before)),
        finished: job.finished.map(convert::time),
        error: job.last_error.as_deref().map(crate::problem::long_line),
    })
}

/// How many jobs stand where
#[utoipa::path(get, path = "/api/v1/jobs/counts", tag = "jobs",
    responses((status = 200, description = "The counts", body = JobCounts),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn counts(State(state): State<AppState>, caller: Caller) -> Result<Json<JobCounts>, Error> {
    let within = caller.scopes(Role::Viewer);
    Ok(Json(state.read(move |tx| counted(tx, &within).map(Ok)).await?))
}

/// How many jobs of registries of these scopes stand where.
pub(super) fn counted(tx: &mut Tx<'_>, within: &[String]) -> Result<JobCounts, StoreError> {
    let lanes = lanes(tx, within, None)?;
    let mut counts = JobCounts::default();
    for (state, number, oldest) in stored::counts_of(tx, lanes.as_deref())? {
        match state {
            StoredState::Queued => {
                counts.queued = number;
                counts.oldest_queued = Some(convert::time(oldest));
            }
            StoredState::Leased => counts.leased = number,
            StoredState::Done => counts.done = number,
            StoredState::Dead => counts.dead = number,
        }
    }
    Ok(counts)
}

/// Try a job again that was given up
///
/// With all its attempts, at once.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/retry", tag = "jobs",
    params(("id" = String, Path, description = "The job's id")),
    responses((status = 200, description = "The job as it is now", body = Job),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<Json<Job>, Error> {
    let (job, scope) = state
        .write(move |tx| {
            let within = caller.scopes(Role::Viewer);
            let none = || Error::not_found("job", &id);
            let Some(job) = (match id.parse() {
                Ok(number) => stored::find(tx, number)?,
                Err(_) => None,
            }) else {
                return Ok(Err(none()));
            };
            let registry = job.lane.as_deref().and_then(|lane| lane.strip_prefix("registry/")?.parse().ok());
            let scope = match registry {
                Some(registry) => registries::scope_of(tx, registry)?,
                None => Some(String::new()),
            };
            let Some(scope) = scope.filter(|scope| caller.may(Role::Viewer, scope)) else {
                return Ok(Err(none()));
            };
            if let Err(error) = caller.require(Role::SecurityAdmin, &scope) {
                return Ok(Err(error));
            }
            if job.state != StoredState::Dead {
                return Ok(Err(Error::new(ProblemKind::Conflict, "it was not given up")));
            }
            if let Some(key) = &job.dedupe_key
                && stored::is_unfinished(tx, key)?
            {
                return Ok(Err(Error::new(
                    ProblemKind::Conflict,
                    "a newer job for the same thing waits or runs",
                )));
            }
            let before = wire(tx, &job, &within)?;
            stored::retry(tx, job.id, trail.now)?;
            let Some(job) = stored::find(tx, job.id)? else { return Ok(Err(none())) };
            let after = wire(tx, &job, &within)?;
            trail.note(tx, "job.retry", &format!("job/{}", job.id), Some(&before), Some(&after))?;
            Ok(Ok((after, scope)))
        })
        .await?;
    state.tell("job", Some(&job.id), &scope);
    Ok(Json(job))
}

/// Scan an image now
///
/// Its bytes are read again, before all that waits. For new advisories this is not needed: what is known is judged by them at
/// once.
#[utoipa::path(post, path = "/api/v1/images/{image}/scan", tag = "jobs",
    params(("image" = String, Path, description = "The image's id")),
    responses((status = 202, description = "The job", body = Job),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn scan(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(image): Path<String>,
) -> Result<(StatusCode, Json<Job>), Error> {
    let (job, scope) = state
        .write(move |tx| {
            let within = caller.scopes(Role::Viewer);
            let none = || Error::not_found("image", &image);
            let Some(found) = (match image.parse() {
                Ok(number) => watched::image(tx, number)?,
                Err(_) => None,
            }) else {
                return Ok(Err(none()));
            };
            if !caller.may(Role::Viewer, &found.scope) {
                return Ok(Err(none()));
            }
            if let Err(error) = caller.require(Role::SecurityAdmin, &found.scope) {
                return Ok(Err(error));
            }
            let conflict = |why: &'static str| Ok(Err(Error::new(ProblemKind::Conflict, why)));
            let Some((registry, repository)) = &found.lies_in else {
                return conflict("it lies in no registry that is connected: it is sent by who scans it");
            };
            if found.gone {
                return conflict("it is not in its registry any more");
            }
            let registry = registries::get(tx, *registry)?;
            let config = placements::named(tx, &registry.name, repository, &found.digest)?.into_iter().next();
            let Some(config_digest) = config else {
                return conflict("nobody knows yet what it is: wait for its job");
            };
            let evidence = serde_json::json!({"by": trail.actor()}).to_string();
            placements::asked_for(tx, found.id, &evidence)?;
            let job = Scan {
                registry: registry.id,
                registry_name: registry.name.clone(),
                repository: repository.clone(),
                digest: found.digest.clone(),
                config_digest,
                again: true,
            };
            let id = work::scan(tx, &job, RUNNING, trail.now)?;
            let Some(job) = stored::find(tx, id)? else { return Ok(Err(none())) };
            let job = wire(tx, &job, &within)?;
            trail.note(tx, "image.scan", &found.asset_id, None::<&()>, Some(&job))?;
            Ok(Ok((job, registry.scope)))
        })
        .await?;
    state.tell("job", Some(&job.id), &scope);
    Ok((StatusCode::ACCEPTED, Json(job)))
}
