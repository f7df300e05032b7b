//! A stream of what changes, for pages that are open.

use super::outer::Actor;
use crate::{AppState, Error, auth::Caller};
use api::{Problem, ProblemKind, event::Event, who::Role};
use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures_util::stream;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How long one stream lasts. The browser then opens another, which asks again who may see what: a session that ended
/// or a grant that was taken back is obeyed within this time.
const LASTS: Duration = Duration::from_secs(300);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// A stream of what changes
///
/// Server-sent events: `change` carries an event as JSON; `lost` says that so many came that some were dropped, so
/// everything should be asked for again. A stream ends after five minutes; open another.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    responses((status = 200, description = "The stream", body = Event, content_type = "text/event-stream"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn events(State(state): State<AppState>, caller: Caller) -> Result<Response, Error> {
    let place = Arc::clone(&state.streams).try_acquire_owned().map_err(|_| {
        Error::new(ProblemKind::Unavailable, "too many streams of events are open").retry_after(30)
    })?;
    let open = Open {
        place: Count { _place: place, gauge: state.metrics.stream() },
        events: state.subscribe(),
        stopping: state.stopping(),
        until: Instant::now() + LASTS,
        caller: caller.clone(),
    };
    open.place.gauge.inc();
    let stream = stream::unfold(open, |mut open| async move {
        let event = open.next().await?;
        Some((Ok::<_, Infallible>(event), open))
    });
    let mut response = Sse::new(stream).keep_alive(KeepAlive::default()).into_response();
    response.extensions_mut().insert(Actor(caller.actor()));
    Ok(response)
}

struct Open {
    place: Count,
    events: Receiver<Event>,
    stopping: tokio::sync::watch::Receiver<bool>,
    until: Instant,
    caller: Caller,
}

/// Holds a stream's place until the stream is dropped.
struct Count {
    _place: tokio::sync::OwnedSemaphorePermit,
    gauge: prometheus_client::metrics::gauge::Gauge,
}

impl Drop for Count {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

impl Open {
    /// The next event that the caller may know of; none at the end.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            let received = tokio::select! {
                received = self.events.recv() => received,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = sleep_until(self.until) => return None,
            };
            match received {
                Ok(event) if self.caller.may(Role::Viewer, &event.scope) => {
                    return sse::Event::default().event("change").json_data(&event).ok();
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Some(sse::Event::default().event("lost").data("")),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
