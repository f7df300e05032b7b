//! What went wrong, as RFC 9457 wants it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kinds of errors. Each has a stable `type` URI; a client decides by it, not by the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// 400: the request is not what HTTP or JSON allow, or a cursor is not one of ours.
    BadRequest,
    /// 401: nobody is logged in, or the token is not valid (any more).
    Unauthenticated,
    /// 401: name and password do not belong together.
    WrongCredentials,
    /// 403: the caller is known and may not do this.
    Forbidden,
    /// 403: the request came from a page of another site.
    CrossSite,
    /// 404: there is no such thing, or the caller may not know of it.
    NotFound,
    /// 405: the address is right, the method is not.
    MethodNotAllowed,
    /// 409: it would contradict what is stored: a name that is taken, the last owner.
    Conflict,
    /// 413: the body is larger than this address takes.
    TooLarge,
    /// 415: the body is not of the media type that this address takes.
    UnsupportedMediaType,
    /// 421: the host name of the request is not one of this hub's.
    Misdirected,
    /// 422: well-formed, but a field's value is not acceptable; `errors` names each.
    Invalid,
    /// 429: too many attempts; `Retry-After` says when the next is worth it.
    TooManyRequests,
    /// 500: the hub's own fault; the log has the detail under the request's id.
    Internal,
    /// 503: the hub is full or a part it needs does not answer; worth another try.
    Unavailable,
    /// 503: the request took longer than it may.
    TimedOut,
}

impl ProblemKind {
    /// All kinds, in the order of their status.
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::Unauthenticated,
        Self::WrongCredentials,
        Self::Forbidden,
        Self::CrossSite,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Misdirected,
        Self::Invalid,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
        Self::TimedOut,
    ];

    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::BadRequest => ("urn:seawall:problem:bad-request", 400, "The request is malformed"),
            Self::Unauthenticated => ("urn:seawall:problem:unauthenticated", 401, "Log in first"),
            Self::WrongCredentials => {
                ("urn:seawall:problem:wrong-credentials", 401, "Name or password is wrong")
            }
            Self::Forbidden => ("urn:seawall:problem:forbidden", 403, "Your role does not allow this"),
            Self::CrossSite => {
                ("urn:seawall:problem:cross-site", 403, "The request did not come from this hub's own pages")
            }
            Self::NotFound => ("urn:seawall:problem:not-found", 404, "There is no such thing"),
            Self::MethodNotAllowed => {
                ("urn:seawall:problem:method-not-allowed", 405, "The address does not take this method")
            }
            Self::Conflict => ("urn:seawall:problem:conflict", 409, "It contradicts what is there"),
            Self::TooLarge => ("urn:seawall:problem:too-large", 413, "The body is too large"),
            Self::UnsupportedMediaType => {
                ("urn:seawall:problem:unsupported-media-type", 415, "The body is of another media type")
            }
            Self::Misdirected => {
                ("urn:seawall:problem:misdirected", 421, "The hub does not answer to this host name")
            }
            Self::Invalid => ("urn:seawall:problem:invalid", 422, "A value is not acceptable"),
            Self::TooManyRequests => ("urn:seawall:problem:too-many-requests", 429, "Too many requests"),
            Self::Internal => ("urn:seawall:problem:internal", 500, "The hub failed"),
            Self::Unavailable => ("urn:seawall:problem:unavailable", 503, "The hub cannot answer now"),
            Self::TimedOut => ("urn:seawall:problem:timed-out", 503, "The request took too long"),
        }
    }

    /// The stable `type` URI.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// The `title`: the same for every problem of the kind.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The kind with this `type` URI; none for a kind that a newer hub knows.
    #[must_use]
    pub fn of(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == uri)
    }
}

/// An error, in the media type `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The stable URI of the kind of problem; decide by this.
    #[serde(rename = "type")]
    #[schema(example = "urn:seawall:problem:not-found")]
    pub uri: String,
    /// What the kind of problem is called.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What exactly is wrong here, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The id under which the hub's log has this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The fields that are not acceptable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// The field, as a path into the body: `rules[2].scope`.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem of this kind without particulars.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            uri: kind.uri().to_owned(),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: None,
            request_id: None,
            errors: Vec::new(),
        }
    }

    /// The kind; none if this client is older than the hub.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        ProblemKind::of(&self.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_found_by_its_uri_and_by_no_other() {
        let uris: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.uri()).collect();
        assert_eq!(uris.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::of(kind.uri()), Some(kind));
            assert!((400..600).contains(&kind.status()), "{kind:?}");
        }
        assert_eq!(ProblemKind::of("about:blank"), None);
    }

    #[test]
    fn a_problem_has_the_members_of_rfc_9457() {
        let problem = Problem { detail: Some("no image 'x'".into()), ..Problem::new(ProblemKind::NotFound) };
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "urn:seawall:problem:not-found", "title": "There is no such thing", "status": 404,
                "detail": "no image 'x'",
            })
        );
    }
}
