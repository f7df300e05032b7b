use super::*;

const MADE: &[File] = &[
    File {
        name: "assets/index-abcdefgh.js",
        bytes: b"let console = 1;",
        gzip: Some(b"\x1f\x8bsmall"),
        tag: "00000000000000aa",
    },
    File { name: "assets/inter-abcdefgh.woff2", bytes: b"wOF2", gzip: None, tag: "00000000000000bb" },
    File {
        name: "index.html",
        bytes: b"<!doctype html>",
        gzip: Some(b"\x1f\x8bpage"),
        tag: "00000000000000cc",
    },
];

fn ask(
    files: &[File],
    path: &'static str,
    headers: &[(header::HeaderName, &'static str)],
) -> Option<Response<Body>> {
    let headers =
        headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    answer_from(files, &Method::GET, &Uri::from_static(path), &headers)
}

fn get(path: &'static str, headers: &[(header::HeaderName, &'static str)]) -> Response<Body> {
    ask(MADE, path, headers).expect("it is the console's")
}

fn value<'a>(response: &'a Response<Body>, name: &header::HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
}

fn body(response: Response<Body>) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).expect("a body").to_vec()
}

#[test]
fn a_file_has_its_type_its_tag_and_a_cache_that_never_gets_old() {
    let response = get("/assets/index-abcdefgh.js", &[]);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(value(&response, &header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(value(&response, &header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(value(&response, &header::ETAG), "\"00000000000000aa\"");
    assert_eq!(value(&response, &header::VARY), "accept-encoding");
    assert_eq!(value(&response, &header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(body(response), b"let console = 1;");
    assert_eq!(value(&get("/assets/inter-abcdefgh.woff2", &[]), &header::CONTENT_TYPE), "font/woff2");
}

#[test]
fn the_page_is_asked_for_each_time_and_allows_nothing_inline() {
    let response = get("/", &[]);
    assert_eq!(value(&response, &header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(value(&response, &header::CACHE_CONTROL), "no-cache");
    let policy = value(&response, &header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn gzip_goes_to_those_who_take_it() {
    for (accepted, gzipped) in [
        ("gzip, deflate, br", true),
        ("br;q=1.0, GZIP;q=0.5", true),
        ("gzip;q=0", false),
        ("gzip; q=0.000", false),
        ("identity", false),
        ("x-gzip-like", false),
    ] {
        let response = get("/assets/index-abcdefgh.js", &[(header::ACCEPT_ENCODING, accepted)]);
        assert_eq!(value(&response, &header::CONTENT_ENCODING) == "gzip", gzipped, "{accepted}");
        assert_eq!(body(response).starts_with(b"\x1f\x8b"), gzipped, "{accepted}");
    }
    let font = get("/assets/inter-abcdefgh.woff2", &[(header::ACCEPT_ENCODING, "gzip")]);
    assert_eq!(value(&font, &header::CONTENT_ENCODING), "", "what has no twin goes as it is");
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    for (tags, status) in [
        ("\"00000000000000aa\"", StatusCode::NOT_MODIFIED),
        ("\"other\", W/\"00000000000000aa\"", StatusCode::NOT_MODIFIED),
        ("*", StatusCode::NOT_MODIFIED),
        ("\"other\"", StatusCode::OK),
        ("\"00000000000000aa-gz\"", StatusCode::OK),
    ] {
        let response = get("/assets/index-abcdefgh.js", &[(header::IF_NONE_MATCH, tags)]);
        assert_eq!(response.status(), status, "{tags}");
        assert_eq!(body(response).is_empty(), status == StatusCode::NOT_MODIFIED, "{tags}");
    }
}

#[test]
fn every_page_is_the_one_page() {
    for path in ["/", "/login", "/settings/users?name=a.b", "/settings/nothing/there"] {
        assert_eq!(body(get(path, &[])), b"<!doctype html>", "{path}");
    }
}

#[test]
fn an_unknown_address_is_a_page_to_a_browser_and_nothing_to_the_rest() {
    let browser = [(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9")];
    let response = get("/no/such/page", &browser);
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(body(response), b"<!doctype html>");
    for path in ["/no/such/page", "/assets/gone-abcdefgh.js", "/index.html"] {
        assert!(ask(MADE, path, &[(header::ACCEPT, "*/*")]).is_none(), "{path}");
    }
}

#[test]
fn the_interface_is_never_answered_with_html() {
    let browser = [(header::ACCEPT, "text/html")];
    for path in ["/api/v1/nothing", "/api", "/healthz", "/readyz", "/metrics"] {
        assert!(ask(MADE, path, &browser).is_none(), "{path}");
    }
    let post = answer_from(MADE, &Method::POST, &Uri::from_static("/"), &HeaderMap::new());
    assert!(post.is_none(), "a page cannot be posted to");
}

#[test]
fn paths_that_climb_find_nothing() {
    for path in ["/../Cargo.toml", "/assets/../index.html", "/assets/%2e%2e/index.html", "//index.html"] {
        assert!(ask(MADE, path, &[]).is_none(), "{path}");
    }
}

#[test]
fn without_a_built_console_the_hub_says_how_to_build_it() {
    let response = ask(&[], "/", &[]).expect("a page");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value(&response, &header::CONTENT_TYPE), "text/plain; charset=utf-8");
    let text = String::from_utf8(body(response)).expect("UTF-8");
    assert!(text.contains("make console") && text.contains("/api/v1/openapi.json"), "{text}");
    assert!(ask(&[], "/api/v1/users", &[]).is_none());
}

#[test]
fn what_is_embedded_is_in_order_and_whole() {
    assert!(FILES.is_sorted_by(|a, b| a.name < b.name), "the search by halves needs an order");
    assert_eq!(is_built(), !FILES.is_empty());
    for file in FILES {
        assert_ne!(media_type(file.name), "application/octet-stream", "{}: has a type", file.name);
        assert!(file.gzip.is_none_or(|gzip| gzip.starts_with(b"\x1f\x8b")), "{}: gzip", file.name);
    }
}
