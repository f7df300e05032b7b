//! The database of advisories, and what this hub is.

use super::{Json, jobs::counted, wire as convert};
use crate::{
    AppState, Error,
    auth::Caller,
    freshness::{STALE_DAYS, days, freshness},
    matching::micros,
};
use api::{
    Problem,
    feed::{FeedChange, FeedDatabase, FeedSource, Feeds, StoreKind, System},
    who::Role,
};
use axum::extract::State;
use store::{Dialect, Micros, matches};
use utoipa_axum::{router::OpenApiRouter, routes};
use vulndb::SourceInfo;

/// Changes of the database that are told.
const HISTORY: u32 = 20;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(feeds)).routes(routes!(system))
}

/// The advisories
///
/// The database that the fleet is judged by, what it is made of, and how old it is.
#[utoipa::path(get, path = "/api/v1/feeds", tag = "feeds",
    responses((status = 200, description = "The advisories", body = Feeds),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn feeds(State(state): State<AppState>) -> Result<Json<Feeds>, Error> {
    let now = state.clock.now();
    let info = state.matcher.database().await.info();
    let fresh = freshness(&info, now);
    let known = state.read(|tx| matches::generations(tx, HISTORY).map(Ok)).await?;
    let database = known.first().map(|(id, generation)| FeedDatabase {
        hash: generation.hash.clone(),
        opened: convert::time(generation.opened_at),
        newest: generation.newest.map(convert::time),
        records: generation.records,
        generation: u64::try_from(*id).unwrap_or(0),
    });
    let history = known.iter().map(|(_, generation)| FeedChange {
        hash: generation.hash.clone(),
        opened: convert::time(generation.opened_at),
        records: generation.records,
    });
    Ok(Json(Feeds {
        database,
        sources: info.sources.iter().map(|source| wire(source, now)).collect(),
        history: history.collect(),
        state: fresh.state,
        sentence: fresh.sentence,
    }))
}

fn wire(source: &SourceInfo, now: Micros) -> FeedSource {
    let advisories = source.coverage.iter().filter_map(|row| row.newest.as_deref()).max();
    let newest = advisories.or(source.newest.as_deref()).and_then(micros);
    let age = newest.map(|at| days(at, now));
    let mut ecosystems: Vec<&str> = source.coverage.iter().map(|row| row.ecosystem.row().osv).collect();
    ecosystems.sort_unstable();
    ecosystems.dedup();
    FeedSource {
        name: source.slug.clone(),
        ecosystem: Some(ecosystems.join(", ")).filter(|text| !text.is_empty()),
        records: source.records.saturating_add(source.enriching),
        newest: newest.map(convert::time),
        age_days: age,
        stale: age.is_none_or(|age| age > STALE_DAYS),
    }
}

/// This hub
#[utoipa::path(get, path = "/api/v1/system", tag = "operation",
    responses((status = 200, description = "What it is", body = System),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn system(State(state): State<AppState>, caller: Caller) -> Result<Json<System>, Error> {
    let within = caller.scopes(Role::Viewer);
    let queue = state.read(move |tx| counted(tx, &within).map(Ok)).await?;
    Ok(Json(System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: match state.store.dialect() {
            Dialect::Sqlite => StoreKind::Sqlite,
            Dialect::Postgres => StoreKind::Postgres,
        },
        started: convert::time(state.started),
        workers: u32::try_from(state.workers()).unwrap_or(u32::MAX),
        queue,
        listeners: state.listeners(),
    }))
}
