//! How errors leave the hub: as problems, with their inner detail kept in the log.

use api::{FieldProblem, Problem, ProblemKind};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{borrow::Cow, fmt};
use store::StoreError;

/// Why a handler did not do what was asked.
#[derive(Debug)]
pub struct Error {
    kind: ProblemKind,
    detail: Option<Cow<'static, str>>,
    fields: Vec<FieldProblem>,
    /// Seconds after which another try is worth it.
    retry_after: Option<u64>,
    /// For the log only.
    inner: Option<String>,
}

impl Error {
    /// An error of this kind; `detail` is shown to the caller and says what to do.
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..Self::of(kind) }
    }

    /// An error of this kind of which there is no more to say.
    #[must_use]
    pub fn of(kind: ProblemKind) -> Self {
        Self { kind, detail: None, fields: Vec::new(), retry_after: None, inner: None }
    }

    /// The hub's own fault: `inner` goes to the log, the caller learns the request's id.
    pub fn internal(inner: impl fmt::Display) -> Self {
        Self { inner: Some(inner.to_string()), ..Self::of(ProblemKind::Internal) }
    }

    /// A part that the hub needs does not answer: `inner` goes to the log.
    pub fn unavailable(inner: impl fmt::Display) -> Self {
        Self { inner: Some(inner.to_string()), retry_after: Some(5), ..Self::of(ProblemKind::Unavailable) }
    }

    /// There is no `what` with this id, or none that the caller may see.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(ProblemKind::NotFound, format!("there is no {what} '{}' that you may see", shown(id)))
    }

    /// One field's value is not acceptable.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            fields: vec![FieldProblem { field: field.into(), message: message.into() }],
            ..Self::of(ProblemKind::Invalid)
        }
    }

    /// Several fields' values are not acceptable.
    #[must_use]
    pub fn fields(fields: Vec<FieldProblem>) -> Self {
        Self { fields, ..Self::of(ProblemKind::Invalid) }
    }

    /// Says in seconds when another try is worth it.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// The kind of problem.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cursor => Self::new(
                ProblemKind::BadRequest,
                "this cursor does not belong to this list and order; begin again without one",
            ),
            // Handlers look before they write; this is what two who did so at once meet.
            StoreError::Duplicate(_) => Self::new(ProblemKind::Conflict, "it is there already"),
            StoreError::Constraint(_) => Self::new(
                ProblemKind::Conflict,
                "something that it hangs on was changed meanwhile: look again",
            ),
            StoreError::NotFound { .. } => Self::of(ProblemKind::NotFound),
            StoreError::Invalid(what) => Self::new(ProblemKind::Invalid, what),
            StoreError::Busy(_)
            | StoreError::Conflict { .. }
            | StoreError::Lost(_)
            | StoreError::CommitUnknown(_)
            | StoreError::Full
            | StoreError::Closed => Self::unavailable(error),
            other => Self::internal(other),
        }
    }
}

/// The first 64 characters, without those that steer a terminal: what came from outside is never repeated whole.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// One line of another library's words: at most 200 characters, none that steer a terminal.
pub(crate) fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// As [`line`], for what says what to do about it: at most 600 characters.
pub(crate) fn long_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(600).collect()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Some(inner) = &self.inner {
            // The span of the request has its id.
            tracing::error!(target: "hub::http", error = %inner, "request failed");
        }
        let problem = Problem {
            detail: self.detail.map(Cow::into_owned),
            errors: self.fields,
            ..Problem::new(self.kind)
        };
        let mut response = respond(&problem);
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if problem.status == 401 {
            // RFC 9110 wants a challenge. A browser asks nobody for a bearer token, so no dialogue opens.
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"seawall\""));
        }
        response
    }
}

/// Renders a problem. The request's id is put in by the outermost middleware, which knows it.
fn respond(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    let mut response = (status, [kind], body).into_response();
    response.extensions_mut().insert(problem.clone());
    response
}

/// The media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Puts the request's id into a response that is a problem.
pub(crate) fn with_request_id(response: Response, name: &HeaderName, id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Ok(value) = HeaderValue::from_str(id) {
        parts.headers.insert(name.clone(), value);
    }
    let Some(mut problem) = parts.extensions.remove::<Problem>() else {
        return Response::from_parts(parts, body);
    };
    problem.request_id = Some(id.to_owned());
    let mut rendered = respond(&problem);
    for (name, value) in &parts.headers {
        // What describes the body describes the one before, which may be compressed.
        if ![header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING].contains(name) {
            rendered.headers_mut().append(name.clone(), value.clone());
        }
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inner_is_not_shown() {
        let response = Error::internal("password=hunter2 at /var/lib").into_response();
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!(problem.status, 500);
        assert_eq!(problem.detail, None);
    }

    #[test]
    fn what_came_from_outside_is_repeated_in_part_and_without_control_characters() {
        assert_eq!(shown("\u{1b}[31mred\n"), "[31mred");
        assert_eq!(shown(&"x".repeat(1000)).len(), 64);
    }
}
