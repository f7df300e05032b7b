//! The console's files, embedded in the binary: types, entity tags, caching, gzip twins, and the one page behind every
//! page's address. What the files do with the interface is their own affair; the hub only hands them out.

mod page;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header},
};

/// A file of the built console.
struct File {
    /// Path below `console/dist`.
    name: &'static str,
    bytes: &'static [u8],
    /// The same, gzipped, where that is smaller.
    gzip: Option<&'static [u8]>,
    /// Hash of the bytes.
    tag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// Scripts, styles, fonts and data from this hub only, nothing inline, nobody's frame.
pub(crate) const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
                              connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
                              frame-ancestors 'none'";

/// The name of a file in this folder carries a hash of its content: what is cached under it never gets old.
const HASHED: &str = "assets/";

/// Whether the console was built into this binary.
#[must_use]
pub fn is_built() -> bool {
    find(FILES, "index.html").is_some()
}

/// What the console answers to a request, if the request is one for the console: a file, or the page of an address that the
/// page itself understands. `None` is for whoever answers the rest, with the problem "there is no such thing".
///
/// An unknown address gives a browser the console's own "no such page", with status 404. Where the console was not built,
/// its pages say how to build it (503).
#[must_use]
pub fn answer(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response<Body>> {
    answer_from(FILES, method, uri, headers)
}

fn answer_from(files: &[File], method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response<Body>> {
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    let path = uri.path().strip_prefix('/')?;
    let place = page::place(path);
    if place == page::Place::Interface {
        return None;
    }
    let index = find(files, "index.html");
    // The page has its own address, so that it is not in the cache under two.
    if let Some(file) = find(files, path).filter(|file| file.name != "index.html") {
        return Some(serve(file, StatusCode::OK, headers));
    }
    match (place, index) {
        (page::Place::Page, Some(index)) => Some(serve(index, StatusCode::OK, headers)),
        (page::Place::Page, None) => Some(not_built()),
        (_, Some(index)) if wants_page(headers) => Some(serve(index, StatusCode::NOT_FOUND, headers)),
        _ => None,
    }
}

fn find<'a>(files: &'a [File], name: &str) -> Option<&'a File> {
    let at = files.binary_search_by(|file| file.name.cmp(name)).ok()?;
    files.get(at)
}

/// A browser that opens an address names HTML; a script, a picture or a client of the interface does not.
fn wants_page(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok()).any(|accept| {
        accept.split(',').any(|range| range.split(';').next().map(str::trim) == Some("text/html"))
    })
}

fn serve(file: &File, status: StatusCode, headers: &HeaderMap) -> Response<Body> {
    let gzip = file.gzip.filter(|_| takes_gzip(headers));
    // Another encoding is another representation (RFC 9110, 8.8.3.3).
    let tag = format!("\"{}{}\"", file.tag, if gzip.is_some() { "-gz" } else { "" });
    let is_known = status == StatusCode::OK && known(headers, &tag);
    let mut response = if is_known {
        answer_with(StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        answer_with(status, Body::from(gzip.unwrap_or(file.bytes)))
    };
    let out = response.headers_mut();
    if !is_known {
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(file.name)));
        if gzip.is_some() {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    if file.gzip.is_some() {
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    let caching = if file.name.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        // Kept, but asked for each time: the next release's page names other files.
        "no-cache"
    };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

fn answer_with(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let out = response.headers_mut();
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Does the client have this representation (RFC 9110, 13.1.2: weak comparison, `*` is any)?
fn known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok()).any(|tags| {
        tags.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    })
}

/// Does the client take gzip (RFC 9110, 12.5.3)? A weight of 0 is a no.
fn takes_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|codings| codings.to_str().ok()).any(
        |codings| {
            codings.split(',').any(|coding| {
                let mut parts = coding.split(';').map(str::trim);
                let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
                let refused = parts
                    .filter_map(|parameter| parameter.strip_prefix("q=")?.parse::<f32>().ok())
                    .any(|weight| weight <= 0.0);
                is_gzip && !refused
            })
        },
    )
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        // A browser that is told `nosniff` does nothing with it.
        _ => "application/octet-stream",
    }
}

fn not_built() -> Response<Body> {
    const TEXT: &str = "This hub was built without its console.\n\n\
        In the source:  make console   (needs Node 20.19 or newer; `scripts/setup console` brings it)\n\
        then:           cargo build\n\n\
        The interface is there all the same: /api/v1/openapi.json\n";
    let mut response = answer_with(StatusCode::SERVICE_UNAVAILABLE, Body::from(TEXT));
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
