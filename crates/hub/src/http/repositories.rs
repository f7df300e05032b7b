//! Repositories of registries, and where their tags point.

use super::{
    Json, Path, Query,
    export::{self, Asked, Format},
    registries::{seen, states, tally},
    wire as convert,
};
use crate::{AppState, Error, auth::Caller};
use api::{
    Order, Page, Problem,
    registry::{Repository, Tag, TagSpan},
    tally::{State as AssetState, StateCounts},
    who::Role,
};
use axum::{extract::State, response::Response};
use serde::Deserialize;
use store::{
    StoreError, Tx,
    watched::{self, RepositoryFilter, RepositorySort},
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(tags))
        .routes(routes!(history))
}

fn wire(repository: &watched::Repository) -> Repository {
    let counts = states(repository.images.states);
    Repository {
        id: repository.id.to_string(),
        registry: repository.registry.to_string(),
        registry_name: repository.registry_name.clone(),
        name: repository.name.clone(),
        images: repository.images.images,
        tags: repository.tags,
        state: worst(&counts),
        states: counts,
        findings: tally(&repository.images.findings),
        last_seen: convert::time(repository.last_seen),
    }
}

/// The state of a whole by its parts. Without any there is nothing to look at.
fn worst(counts: &StateCounts) -> AssetState {
    match counts {
        counts if counts.unhealthy > 0 => AssetState::Unhealthy,
        counts if counts.not_assessed > 0 => AssetState::NotAssessed,
        counts if counts.healthy > 0 => AssetState::Healthy,
        _ => AssetState::NotApplicable,
    }
}

/// How repositories are ordered.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// By name.
    #[default]
    Name,
    /// Those with most unhealthy images first.
    Worst,
    /// Those that were seen last first.
    Newest,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RepositoriesAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only those with this in their name.
    #[param(max_length = 200)]
    text: Option<String>,
    /// Which first: by `name` if absent.
    #[param(inline)]
    sort: Option<Sort>,
}

/// Repositories of a registry
///
/// Those that hold an image that the caller may see; who may see the registry's scope sees all.
#[utoipa::path(get, path = "/api/v1/registries/{id}/repositories", tag = "registries",
    params(("id" = String, Path, description = "The registry's id"), RepositoriesAsked),
    responses((status = 200, description = "A page of repositories", body = Page<Repository>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<RepositoriesAsked>,
) -> Result<Response, Error> {
    let within = caller.scopes(Role::Viewer);
    let registry = state.read(move |tx| seen(tx, &caller, &id)).await?;
    let filter =
        RepositoryFilter { registry: registry.id, within, text: asked.text.filter(|text| !text.is_empty()) };
    let sort = match asked.sort.unwrap_or_default() {
        Sort::Name => RepositorySort::Name,
        Sort::Worst => RepositorySort::Worst,
        Sort::Newest => RepositorySort::Newest,
    };
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &[
        "id",
        "registry",
        "registryName",
        "name",
        "images",
        "tags",
        "state",
        "states",
        "findings",
        "lastSeen",
    ];
    export::list(&state, asked, "repositories", columns, move |tx, cursor, limit| {
        let page = watched::repositories(tx, &filter, sort, &convert::ask(cursor, limit, Order::Asc))?;
        let total = if cursor.is_none() { Some(watched::count_repositories(tx, &filter)?) } else { None };
        Ok(Page { total, ..convert::page(page, wire) })
    })
    .await
}

/// The repository with this id, if the caller may see it.
fn visible(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &str,
) -> Result<Result<watched::Repository, Error>, StoreError> {
    let none = || Error::not_found("repository", id);
    let Ok(number) = id.parse::<i64>() else { return Ok(Err(none())) };
    Ok(watched::repository(tx, number, &caller.scopes(Role::Viewer))?.ok_or_else(none))
}

/// A repository
#[utoipa::path(get, path = "/api/v1/repositories/{id}", tag = "registries",
    params(("id" = String, Path, description = "The repository's id")),
    responses((status = 200, description = "The repository", body = Repository),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn one(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Repository>, Error> {
    Ok(Json(wire(&state.read(move |tx| visible(tx, &caller, &id)).await?)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TagsAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only tags with this in them.
    #[param(max_length = 200)]
    text: Option<String>,
}

/// Tags of a repository
///
/// Those that point somewhere now, by name.
#[utoipa::path(get, path = "/api/v1/repositories/{id}/tags", tag = "registries",
    params(("id" = String, Path, description = "The repository's id"), TagsAsked),
    responses((status = 200, description = "A page of tags", body = Page<Tag>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn tags(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<TagsAsked>,
) -> Result<Response, Error> {
    let within = caller.scopes(Role::Viewer);
    let repository = state.read(move |tx| visible(tx, &caller, &id)).await?.id;
    let text = asked.text.filter(|text| !text.is_empty());
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    let columns = &["tag", "digest", "image", "since", "state", "findings"];
    export::list(&state, asked, "tags", columns, move |tx, cursor, limit| {
        let ask = convert::ask(cursor, limit, Order::Asc);
        let page = watched::current(tx, repository, text.as_deref(), &within, &ask)?;
        let total =
            if cursor.is_none() { Some(watched::count_tags(tx, repository, text.as_deref())?) } else { None };
        let mut items = Vec::with_capacity(page.items.len());
        for tag in &page.items {
            let image = match tag.placement {
                Some(placement) => watched::stands(tx, placement)?,
                None => None,
            };
            items.push(Tag {
                tag: tag.tagged.tag.clone(),
                digest: tag.tagged.digest.clone(),
                image: tag.placement.map(|id| id.to_string()),
                since: convert::time(tag.tagged.since),
                state: image.as_ref().map(|image| AssetState::of(&image.state)),
                findings: image.and_then(|image| image.findings).as_ref().map(tally),
            });
        }
        Ok(Page { items, next: page.next.map(|next| next.0), total })
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HistoryAsked {
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// One page of JSON, or all rows as CSV or JSON lines.
    format: Option<Format>,
    /// Only this tag.
    tag: Option<String>,
}

/// The history of a repository's tags
///
/// What each tag pointed at and when, newest first.
#[utoipa::path(get, path = "/api/v1/repositories/{id}/history", tag = "registries",
    params(("id" = String, Path, description = "The repository's id"), HistoryAsked),
    responses((status = 200, description = "A page of spans", body = Page<TagSpan>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<HistoryAsked>,
) -> Result<Response, Error> {
    let repository = state.read(move |tx| visible(tx, &caller, &id)).await?.id;
    let tag = asked.tag;
    let asked = Asked { cursor: asked.cursor, limit: asked.limit, format: asked.format };
    export::list(
        &state,
        asked,
        "tag-history",
        &["tag", "digest", "since", "until"],
        move |tx, cursor, limit| {
            let ask = convert::ask(cursor, limit, Order::Asc);
            let page = watched::history(tx, repository, tag.as_deref(), &ask)?;
            Ok(convert::page(page, |span| TagSpan {
                tag: span.tag.clone(),
                digest: span.digest.clone(),
                since: convert::time(span.since),
                until: span.until.map(convert::time),
            }))
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_is_as_its_worst_part_and_nothing_is_never_healthy() {
        let counts = |healthy, unhealthy, not_applicable, not_assessed| StateCounts {
            healthy,
            unhealthy,
            not_applicable,
            not_assessed,
        };
        assert_eq!(worst(&counts(9, 1, 9, 9)), AssetState::Unhealthy);
        assert_eq!(worst(&counts(9, 0, 9, 1)), AssetState::NotAssessed);
        assert_eq!(worst(&counts(1, 0, 9, 0)), AssetState::Healthy);
        assert_eq!(worst(&counts(0, 0, 0, 0)), AssetState::NotApplicable);
    }
}
