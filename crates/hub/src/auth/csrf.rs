//! Whether a changing request came from the hub's own pages.
//!
//! A browser attaches cookies by itself, so a cookie alone does not show that the user meant the request. The session's
//! cookie is `SameSite=Strict`; beside it a changing request must carry a header that only same-origin script can set
//! without a preflight, and what the browser says about its origin must be this hub. Requests with a token need none of
//! that: nobody attaches a token by accident.

use crate::Error;
use api::{ProblemKind, REQUEST_HEADER};
use axum::http::{HeaderMap, Uri, header};

/// Refuses a request that another site may have caused.
pub(crate) fn check(headers: &HeaderMap, uri: &Uri) -> Result<(), Error> {
    let refuse = |why: &'static str| Err(Error::new(ProblemKind::CrossSite, why));
    if !headers.contains_key(REQUEST_HEADER) {
        return refuse("a changing request carries the header X-Seawall-Request, with any value");
    }
    // Every current browser sends it, and no script can forge it.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return refuse("the browser says that the request came from another site");
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")));
        // "null", as of sandboxed frames, has no host and is refused.
        if origin.is_none() || origin != host(headers, uri) {
            return refuse("the request's origin is not this hub");
        }
    }
    Ok(())
}

/// The host (and port) that the request was sent to: from HTTP/2's authority, or the Host header.
pub(crate) fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    uri.authority()
        .map(axum::http::uri::Authority::as_str)
        .or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_of_the_hubs_own_pages_and_of_programs_pass() {
        type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);
        let table: &[Row<'_>] = &[
            ("a program", &[("host", "hub:8443"), (REQUEST_HEADER, "1")], true),
            ("no header", &[("host", "hub:8443")], false),
            (
                "the console",
                &[
                    ("host", "hub:8443"),
                    (REQUEST_HEADER, "1"),
                    ("origin", "https://hub:8443"),
                    ("sec-fetch-site", "same-origin"),
                ],
                true,
            ),
            (
                "another origin",
                &[("host", "hub:8443"), (REQUEST_HEADER, "1"), ("origin", "https://evil.example")],
                false,
            ),
            (
                "the same host, another port",
                &[("host", "hub:8443"), (REQUEST_HEADER, "1"), ("origin", "https://hub:9000")],
                false,
            ),
            ("a sandbox", &[("host", "hub:8443"), (REQUEST_HEADER, "1"), ("origin", "null")], false),
            (
                "a sister domain",
                &[("host", "hub:8443"), (REQUEST_HEADER, "1"), ("sec-fetch-site", "same-site")],
                false,
            ),
            ("a link", &[("host", "hub:8443"), (REQUEST_HEADER, "1"), ("sec-fetch-site", "none")], false),
            ("no host", &[(REQUEST_HEADER, "1"), ("origin", "https://hub:8443")], false),
        ];
        for (what, pairs, passes) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in *pairs {
                headers.insert(
                    axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    value.parse().unwrap(),
                );
            }
            let got = check(&headers, &Uri::from_static("/api/v1/users"));
            assert_eq!(got.is_ok(), *passes, "{what}");
        }
    }
}
