//! What handlers take out of requests. Everything here answers with a problem when it does not get what it wants.

use super::gate::{BodyLimit, too_large};
use crate::Error;
use api::ProblemKind;
use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::PathRejection},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt as _;
use serde::{Serialize, de::DeserializeOwned};

/// The id of a request: stands in the log, in problems and in the audit trail.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Error::internal("a request without an id"))
    }
}

/// A JSON body, in and out.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            let detail = "send JSON, with the header Content-Type: application/json";
            return Err(Error::new(ProblemKind::UnsupportedMediaType, detail));
        }
        let bytes = bytes(request).await?;
        // The reader has a limit of its own on depth.
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            match error.classify() {
                // Well-formed, but not what is wanted. The reader's text names field, type and place.
                serde_json::error::Category::Data => Error::new(
                    ProblemKind::Invalid,
                    format!("the body does not fit: {}", crate::problem::line(&error.to_string())),
                ),
                _ => Error::new(ProblemKind::BadRequest, format!("the body is no JSON: {place}")),
            }
        })
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The body of a request, as far as its endpoint takes one.
///
/// # Errors
/// It is larger, or does not come.
pub async fn bytes(request: Request) -> Result<Vec<u8>, Error> {
    let limit = request.extensions().get::<BodyLimit>().map_or(0, |limit| limit.0);
    let mut bytes = Vec::new();
    let mut chunks = request.into_body().into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Error::new(ProblemKind::BadRequest, "the body did not come whole"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Parameters behind the `?`.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        no_nul(parts.uri.query().unwrap_or_default())?;
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|error| {
            Error::new(
                ProblemKind::BadRequest,
                format!("the query: {}", crate::problem::line(&error.body_text())),
            )
        })
    }
}

/// Parameters in the path.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        no_nul(parts.uri.path())?;
        axum::extract::Path::<T>::from_request_parts(parts, state).await.map(|path| Self(path.0)).map_err(
            |error| match error {
                // Percent signs that stand for no UTF-8, a number that is none: no such thing can be there.
                PathRejection::FailedToDeserializePathParams(_) => Error::of(ProblemKind::NotFound),
                other => Error::internal(other),
            },
        )
    }
}

/// PostgreSQL's text has no NUL, so nothing that is stored does; asking for one would fail there and not on SQLite.
fn no_nul(text: &str) -> Result<(), Error> {
    if text.contains("%00") {
        return Err(Error::new(ProblemKind::BadRequest, "the address holds a NUL character"));
    }
    Ok(())
}

/// A text of one line that people wrote: trimmed, not empty, at most `most` characters, nothing that steers a terminal.
///
/// # Errors
/// It is not; the answer names `field`.
pub fn line(field: &str, text: &str, most: usize) -> Result<String, Error> {
    let text = line_or_empty(field, text, most)?;
    if text.is_empty() {
        return Err(Error::field(field, "may not be empty"));
    }
    Ok(text)
}

/// As [`line()`], but it may be empty.
///
/// # Errors
/// It is too long or holds control characters; the answer names `field`.
pub fn line_or_empty(field: &str, text: &str, most: usize) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().count() > most {
        return Err(Error::field(field, format!("too long: at most {most} characters")));
    }
    // Among the others: marks that reverse the direction of text, with which one name looks like another.
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if text.chars().any(steers) {
        return Err(Error::field(field, "holds control characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_that_looks_like_what_it_is() {
        assert_eq!(line("name", "  Checkout team ", 64).unwrap(), "Checkout team");
        for wrong in ["", "   ", "two\nlines", "\u{1b}[2J", "nul\0", "abc\u{202e}cba", &"x".repeat(65)] {
            assert!(line("name", wrong, 64).is_err(), "{wrong:?}");
        }
        assert_eq!(line_or_empty("contact", " ", 64).unwrap(), "");
    }
}
