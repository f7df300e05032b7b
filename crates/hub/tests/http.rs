//! The HTTP face over real connections: lists, bad input, limits, headers, TLS, shutdown.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "support/hub.rs"]
mod support;

use api::{Page, ProblemKind, scope::Scope, who::TokenRole};
use hub::{Settings, listen};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};
use support::{Hub, Who};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Sends bytes as they are and reads until the other side closes.
async fn raw(hub: &Hub, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(hub.address).await.unwrap();
    // The hub may close before it has read all: that is an answer too.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.expect("it ends");
    String::from_utf8_lossy(&answer).into_owned()
}

fn plain(_: &std::path::Path) -> listen::Security {
    listen::Security::Plain { said: 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_gives_every_row_once_whatever_the_page() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let mut made = BTreeSet::new();
    for number in 0..23 {
        let slug = format!("team-{number}");
        hub.scope(&owner, &slug).await;
        made.insert(slug);
    }
    for limit in [1, 5, 23, 500] {
        let mut got = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/scopes?limit={limit}{cursor}");
            let page: Page<Scope> = hub.get(&owner, &path).await.ok(200);
            assert!(page.items.len() <= limit);
            got.extend(page.items.into_iter().map(|scope| scope.id).filter(|id| !id.is_empty()));
            let Some(next) = page.next else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(got.iter().cloned().collect::<BTreeSet<_>>(), made, "limit {limit}");
        assert_eq!(got.len(), made.len(), "limit {limit}");
        assert!(got.is_sorted(), "limit {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_all_rows_and_no_formula() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    // More than a page.
    for number in 0..520 {
        let body = json!({"name": format!("=HYPERLINK(\"http://evil.example/{number}\")"), "contact": "a,b"});
        let _: Value = hub.post(&owner, "/api/v1/owners", &body).await.ok(201);
    }
    let csv = hub.get(&owner, "/api/v1/owners?format=csv").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"owners.csv\"");
    let text = csv.text();
    let lines: Vec<_> = text.split("\r\n").collect();
    assert_eq!(lines[0], "id,name,contact");
    assert_eq!(lines.len(), 1 + 520 + 1);
    for line in &lines[1..521] {
        let cells = line.split_once(',').unwrap().1;
        assert!(cells.starts_with("\"'=HYPERLINK(\"\"http://evil.example/"), "{line}");
        assert!(cells.ends_with(",\"a,b\""), "{line}");
    }
    let jsonl = hub.get(&owner, "/api/v1/owners?format=jsonl").await;
    let text = jsonl.text();
    let ids: BTreeSet<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 520);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_cursors_and_wrong_queries_are_refused() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "one").await;
    hub.scope(&owner, "two").await;
    let page: Page<Scope> = hub.get(&owner, "/api/v1/scopes?limit=1").await.ok(200);
    let cursor = page.next.unwrap();
    let mut queries = vec![
        "cursor=x".to_owned(),
        "cursor=AAAA".to_owned(),
        format!("cursor={}", "A".repeat(6000)),
        format!("cursor={}x", cursor),
        format!("cursor={}", &cursor[..cursor.len() - 2]),
        "cursor=%F0%9F%92%A9".to_owned(),
        "limit=0".to_owned(),
        "limit=501".to_owned(),
        "limit=-1".to_owned(),
        "limit=many".to_owned(),
        "limit=99999999999999999999".to_owned(),
        "format=xml".to_owned(),
        "nonsense=1".to_owned(),
        "below=%00".to_owned(),
        "limit=1&limit=2".to_owned(),
    ];
    // Every byte of a cursor turned: it is either refused or harmless, never a failure.
    queries.extend((0..cursor.len()).map(|at| {
        let mut bytes = cursor.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        format!("turned=0&cursor={}", String::from_utf8(bytes).unwrap()).replace("turned=0&", "")
    }));
    for query in queries {
        for list in ["scopes", "owners", "users", "audit", "grants", "tokens"] {
            let answer = hub.get(&owner, &format!("/api/v1/{list}?{query}")).await;
            assert!(answer.status < 500, "{list}?{query}: {}", answer.text());
            if answer.status != 200 {
                assert!(matches!(answer.problem().0, 400 | 422), "{list}?{query}: {}", answer.text());
            }
        }
    }
    for query in ["cursor=x", "limit=0", "limit=501", "format=xml", "nonsense=1", "below=%00"] {
        assert_ne!(hub.get(&owner, &format!("/api/v1/scopes?{query}")).await.status, 200, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_what_is_wanted_are_refused() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let send = |kind: &'static str, body: Vec<u8>| {
        let request =
            hub.request(&owner, Method::POST, "/api/v1/scopes").header("content-type", kind).body(body);
        async move { Hub::send(request).await.problem() }
    };
    let json = "application/json";
    let right = br#"{"parent":"","slug":"x","name":"x"}"#;
    for (what, kind, body, expected) in [
        ("a form", "application/x-www-form-urlencoded", right.to_vec(), ProblemKind::UnsupportedMediaType),
        (
            "text, as a form of another site can send",
            "text/plain",
            right.to_vec(),
            ProblemKind::UnsupportedMediaType,
        ),
        ("nothing", json, Vec::new(), ProblemKind::BadRequest),
        ("half", json, right[..20].to_vec(), ProblemKind::BadRequest),
        ("no UTF-8", json, vec![b'"', 0xff, 0xfe, b'"'], ProblemKind::BadRequest),
        ("10,000 deep", json, "[".repeat(10_000).into_bytes(), ProblemKind::Invalid),
        (
            "10,000 deep in a field that nobody knows",
            json,
            format!("{{\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(),
            ProblemKind::Invalid,
        ),
        ("another type", json, b"[]".to_vec(), ProblemKind::Invalid),
        ("a number too much", json, br#"{"parent":"","slug":1,"name":"x"}"#.to_vec(), ProblemKind::Invalid),
        ("a field too few", json, br#"{"parent":""}"#.to_vec(), ProblemKind::Invalid),
        (
            "a field too many",
            json,
            br#"{"parent":"","slug":"x","name":"x","admin":true}"#.to_vec(),
            ProblemKind::Invalid,
        ),
        ("a NUL", json, br#"{"parent":"","slug":"x","name":"a\u0000b"}"#.to_vec(), ProblemKind::Invalid),
        (
            "a NUL in an id",
            json,
            br#"{"parent":"\u0000","slug":"x","name":"x"}"#.to_vec(),
            ProblemKind::Invalid,
        ),
        (
            "a path that climbs",
            json,
            br#"{"parent":"","slug":"..","name":"x"}"#.to_vec(),
            ProblemKind::Invalid,
        ),
        (
            "control characters",
            json,
            "{\"parent\":\"\",\"slug\":\"x\",\"name\":\"\\u001b[2J\"}".as_bytes().to_vec(),
            ProblemKind::Invalid,
        ),
        (
            "a name of 100 kB",
            json,
            format!("{{\"parent\":\"\",\"slug\":\"x\",\"name\":\"{}\"}}", "x".repeat(100_000)).into_bytes(),
            ProblemKind::Invalid,
        ),
        ("too much", json, vec![b' '; 300 << 10], ProblemKind::TooLarge),
    ] {
        assert_eq!(send(kind, body).await.1, expected, "{what}");
    }
    // Announced as small (or not at all) and then without end.
    let Who::Session(cookie) = &owner else { unreachable!() };
    let mut endless = format!(
        "POST /api/v1/scopes HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\nx-seawall-request: 1\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )
    .into_bytes();
    for _ in 0..100 {
        endless.extend_from_slice(format!("{:x}\r\n{}\r\n", 10_000, " ".repeat(10_000)).as_bytes());
    }
    let answer = raw(&hub, &endless).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let list: Page<Scope> = hub.get(&owner, "/api/v1/scopes").await.ok(200);
    assert!(list.items.iter().all(|scope| scope.id.is_empty()), "none of it was obeyed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_or_too_much_of_it_is_cut() {
    let limits = listen::Limits { head: Duration::from_millis(500), ..listen::Limits::default() };
    let hub = Hub::with(Settings::default(), limits, plain).await;
    let many: String = (0..1000).map(|n| format!("x-header-{n}: 1\r\n")).collect();
    for (what, bytes, status) in [
        ("1,000 fields", format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"), "431"),
        ("1 MB in a field", format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "x".repeat(1 << 20)), "431"),
        ("a path of 1 MB", format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "x".repeat(1 << 20)), "4"),
        ("no HTTP", "\u{16}\u{3}\u{1}\u{2}\0hello".to_owned(), "400"),
        (
            "two lengths",
            "POST /api/v1/login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx".to_owned(),
            "400",
        ),
        ("half a head", "GET / HTTP/1.1\r\nhost: loc".to_owned(), ""),
        ("no host", "GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned(), "421"),
        (
            "percent signs of no UTF-8",
            "GET /api/v1/users/%ff%fe HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".to_owned(),
            "404",
        ),
    ] {
        let started = Instant::now();
        let answer = raw(&hub, bytes.as_bytes()).await;
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        let expected = if status.is_empty() { String::new() } else { format!("HTTP/1.1 {status}") };
        // A connection that was closed with bytes unread may lose the answer; it is closed all the same.
        assert!(answer.starts_with(&expected) || answer.is_empty(), "{what}: {answer}");
    }
    // One byte at a time: the head as a whole has a time.
    let mut stream = TcpStream::connect(hub.address).await.unwrap();
    let started = Instant::now();
    let mut cut = false;
    for byte in "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: very very very slow\r\n".bytes() {
        if stream.write_all(&[byte]).await.is_err() {
            cut = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let mut rest = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    assert!(cut || !rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(hub.get(&Who::Nobody, "/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_and_the_headers_that_protect_the_browser() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    for (method, path, status) in [
        (Method::GET, "/healthz", 200),
        (Method::GET, "/readyz", 200),
        (Method::GET, "/api/v1/me", 200),
        (Method::GET, "/api/v1/openapi.json", 200),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/api/v1/nowhere", 404),
        (Method::GET, "/api/v1/users/0000000000000000", 404),
        (Method::DELETE, "/api/v1/me", 405),
        (Method::from_bytes(b"PROPFIND").unwrap(), "/", 404),
        (Method::POST, "/api/v1/users", 415),
    ] {
        let answer = Hub::send(hub.request(&owner, method.clone(), path)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        if status >= 400 {
            answer.problem();
        }
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        let csp = header("content-security-policy");
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{csp}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("x-request-id").len() >= 8);
        assert_eq!(path.starts_with("/api"), answer.headers.get("cache-control").is_some(), "{path}");
    }
    let with_id =
        |id: &'static str| Hub::send(hub.request(&owner, Method::GET, "/healthz").header("x-request-id", id));
    assert_eq!(with_id("trace-1234567890").await.headers["x-request-id"], "trace-1234567890");
    assert_ne!(with_id("{\"injected\":true}").await.headers["x-request-id"], "{\"injected\":true}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_reach_nothing() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let body = json!({"parent": "", "slug": "x", "name": "x"});
    for (what, headers) in [
        ("another origin", vec![("origin", "https://evil.example")]),
        ("a sandbox", vec![("origin", "null")]),
        ("a neighbour", vec![("sec-fetch-site", "same-site")]),
        ("another site", vec![("sec-fetch-site", "cross-site")]),
    ] {
        let mut request = hub.request(&owner, Method::POST, "/api/v1/scopes").json(&body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(Hub::send(request).await.problem(), (403, ProblemKind::CrossSite), "{what}");
    }
    let preflight = hub
        .client
        .request(Method::OPTIONS, format!("{}/api/v1/scopes", hub.base))
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-seawall-request");
    let answer = Hub::send(preflight).await;
    assert!(
        answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")),
        "none is granted"
    );
    let rebound = hub.client.get(format!("{}/healthz", hub.base)).header("host", "evil.example");
    assert_eq!(
        Hub::send(rebound).await.problem(),
        (421, ProblemKind::Misdirected),
        "a name that points here"
    );
    let own = hub
        .request(&owner, Method::POST, "/api/v1/scopes")
        .header("origin", &hub.base)
        .header("sec-fetch-site", "same-origin")
        .json(&body);
    assert_eq!(Hub::send(own).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_for_who_takes_it() {
    let hub = Hub::start().await;
    let request =
        hub.request(&Who::Nobody, Method::GET, "/api/v1/openapi.json").header("accept-encoding", "gzip");
    let packed = Hub::send(request).await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    let whole = hub.get(&Who::Nobody, "/api/v1/openapi.json").await;
    assert!(whole.headers.get("content-encoding").is_none());
    assert!(packed.body.len() * 4 < whole.body.len());
    // The id of the request is put into a problem outside of the compression: the body must be what its headers say.
    let request = hub.request(&Who::Nobody, Method::GET, "/api/v1/me").header("accept-encoding", "gzip");
    let refused = Hub::send(request).await;
    assert!(refused.headers.get("content-encoding").is_none());
    assert_eq!(refused.problem(), (401, ProblemKind::Unauthenticated));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manual_lists_the_metrics() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let (scraper, _) = hub.token(&owner, &[("", TokenRole::Metrics)]).await;
    hub.login("root").await;
    // What never happened is not listed.
    let told = hub.post(&Who::Nobody, "/api/v1/registries/1/notifications", &json!({"events": []})).await;
    assert_eq!(told.status, 401, "{}", told.text());
    let answer = hub.get(&scraper, "/metrics").await;
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert!(text.contains("seawall_logins_total{result=\"Accepted\"} 1"), "{text}");
    assert!(text.ends_with("# EOF\n"));
    let manual =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md")).unwrap();
    let listed: BTreeSet<&str> = manual
        .lines()
        .filter_map(|line| line.strip_prefix("| `seawall_"))
        .filter_map(|rest| rest.split('`').next())
        .collect();
    let given: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE seawall_"))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    assert_eq!(listed, given, "docs/metrics.md lists what /metrics gives");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_to_those_who_may_see_them() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "shop").await;
    hub.scope(&owner, "bank").await;
    let (viewer, _) = hub.token(&owner, &[("shop", TokenRole::Viewer)]).await;
    let mut stream = hub.request(&viewer, Method::GET, "/api/v1/events").send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    for scope in ["bank", "shop"] {
        let path = format!("/api/v1/scopes/{scope}");
        let answer = hub.change(&owner, Method::PATCH, &path, &json!({"name": "renamed"})).await;
        assert_eq!(answer.status, 200);
    }
    let mut text = String::new();
    while !text.contains("\n\n") {
        let chunk =
            timeout(Duration::from_secs(10), stream.chunk()).await.expect("an event").unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(text.starts_with("event: change\ndata: {\"topic\":\"scope\",\"id\":\"shop\""), "{text}");
    // Stopping ends the stream; without that the hub would wait for it.
    let started = Instant::now();
    let ended = tokio::spawn(async move { while let Ok(Some(_)) = stream.chunk().await {} });
    hub.stop().await;
    ended.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_for_the_loopback_address() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let limits = listen::Limits::default();
    for said in [0, 1] {
        let error = listen::bind(everywhere, &listen::Security::Plain { said }, limits).await.unwrap_err();
        assert!(error.to_string().contains("say twice"), "{error}");
    }
    let twice = listen::bind(everywhere, &listen::Security::Plain { said: 2 }, limits).await.unwrap();
    assert_eq!(twice.scheme(), "http");
    let taken =
        listen::bind(twice.address(), &listen::Security::Plain { said: 2 }, limits).await.unwrap_err();
    assert!(taken.to_string().contains("another address or port"), "{taken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tls_the_cookie_is_bound_to_the_host() {
    let hub = Hub::with(Settings::default(), listen::Limits::default(), |folder| {
        listen::Security::Generated { folder: folder.join("tls"), names: vec!["hub.example".to_owned()] }
    })
    .await;
    assert_eq!(hub.fingerprint.as_ref().unwrap().split(':').count(), 32);
    let owner = hub.owner().await;
    let Who::Session(cookie) = &owner else { unreachable!() };
    assert!(cookie.starts_with("__Host-seawall="), "{cookie}");
    let answer = hub.get(&owner, "/api/v1/me").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["strict-transport-security"], "max-age=15768000");
    // Who does not trust the authority does not get in, and who speaks plain HTTP is not answered.
    let stranger = reqwest::Client::builder().no_proxy().resolve("localhost", hub.address).build().unwrap();
    assert!(stranger.get(format!("{}/healthz", hub.base)).send().await.is_err());
    let answer = raw(&hub, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(!answer.contains("200"), "{answer}");
    // The same certificate as files.
    let pem = std::fs::read(hub.folder.path().join("tls/ca.pem")).unwrap();
    let client = api::Client::new(&hub.base, None, Some(&pem)).unwrap();
    let health: api::ops::Health = client.get("/healthz", &[]).await.unwrap();
    assert_eq!(health.status, "ok");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_come_holds_no_place() {
    let limits =
        listen::Limits { connections: 2, head: Duration::from_millis(300), ..listen::Limits::default() };
    let hub = Hub::with(Settings::default(), limits, |folder| listen::Security::Generated {
        folder: folder.join("tls"),
        names: Vec::new(),
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        idle.push(TcpStream::connect(hub.address).await.unwrap());
    }
    let answer = timeout(Duration::from_secs(10), hub.get(&Who::Nobody, "/healthz")).await.expect("its turn");
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_do_nothing_make_room_for_others() {
    let limits =
        listen::Limits { connections: 2, head: Duration::from_millis(300), ..listen::Limits::default() };
    let hub = Hub::with(Settings::default(), limits, plain).await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        idle.push(TcpStream::connect(hub.address).await.unwrap());
    }
    let answer = timeout(Duration::from_secs(10), hub.get(&Who::Nobody, "/healthz")).await.expect("its turn");
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_when_the_hub_stops_is_answered() {
    let hub = Hub::start().await;
    hub.owner().await;
    hub.clock.advance(60);
    // A login hashes: it takes tens of milliseconds.
    let login = hub
        .request(&Who::Nobody, Method::POST, "/api/v1/login")
        .json(&json!({"name": "root", "password": support::PASSWORD}));
    let running = tokio::spawn(Hub::send(login));
    tokio::time::sleep(Duration::from_millis(25)).await;
    let (client, url) = (hub.client.clone(), format!("{}/healthz", hub.base));
    hub.stop().await;
    assert_eq!(running.await.unwrap().status, 200);
    assert!(client.get(url).send().await.is_err(), "nobody listens any more");
}
