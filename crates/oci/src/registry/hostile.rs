//! A registry that lies, stalls and points elsewhere. Each test asserts what the operator is told, and that it ends.

mod server;

use std::{
    io::Read as _,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::Engine as _;
use serde_json::json;

use self::server::{Reply, Request, Server, ok, redirect, status};
use super::*;
use crate::{
    manifest::digest_of,
    testing::{Sample, descriptor, index, options},
};

/// Impatient options, so that the tests are quick.
fn impatient() -> Options {
    let mut options = options();
    options.platform = Some("linux/amd64".parse().unwrap());
    options.timeouts.idle = Duration::from_millis(400);
    options.timeouts.connect = Duration::from_secs(3);
    options.timeouts.back_off = Duration::from_secs(4);
    options.retries = 1;
    options
}

/// An honest registry for `sample`, but for what `other` answers.
fn registry(
    sample: &Arc<Sample>,
    other: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let sample = Arc::clone(sample);
    Server::start("127.0.0.1", move |request| other(request).unwrap_or_else(|| honest(&sample, request)))
}

fn honest(sample: &Sample, request: &Request) -> Reply {
    if request.path == "/v2/" {
        return ok(b"{}");
    }
    if request.path.starts_with("/v2/app/manifests/") {
        return ok(&sample.manifest);
    }
    let blob = sample.blobs().into_iter().find(|blob| request.path.ends_with(&digest_of(blob).to_string()));
    match (blob, request.header("range")) {
        (Some(blob), None) => ok(blob),
        (Some(blob), Some(range)) => {
            let from: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
            let told = format!("bytes {from}-{}/{}", blob.len() - 1, blob.len());
            Reply::Answer(206, vec![("Content-Range", told)], blob[from..].to_vec())
        }
        (None, _) => status(404),
    }
}

fn reference(server: &Server) -> Reference {
    format!("{}/app:1", server.address).parse().unwrap()
}

async fn fails(server: &Server, options: &Options) -> Error {
    let begin = Instant::now();
    let error = open(&reference(server), options).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(15), "it took {:?}", begin.elapsed());
    error
}

async fn layer(image: Image) -> Result<Vec<u8>, Error> {
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        match image.open_layer(0)?.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(error.downcast::<Error>().unwrap()),
        }
    })
    .await
    .unwrap()
}

fn sample() -> Arc<Sample> {
    Arc::new(Sample::new("amd64"))
}

fn is_layer(sample: &Sample, request: &Request) -> bool {
    request.path.ends_with(&digest_of(&sample.layer).to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_registry_is_read_over_plain_http_on_this_machine() {
    let sample = sample();
    let server = registry(&sample, |_| None);
    let image = open(&reference(&server), &impatient()).await.unwrap();
    assert_eq!(image.config_digest.0, sample.config_digest());
    let name = format!("{}/app", server.address);
    assert_eq!(image.names, [format!("{name}:1"), format!("{name}@{}", digest_of(&sample.manifest))]);
    assert_eq!(layer(image).await.unwrap(), sample.layer);
    assert!(server.log()[0].header("user-agent").unwrap().starts_with("seawall/"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stalls_is_left() {
    let sample = sample();
    let server = registry(&sample, |r| r.path.contains("/manifests/").then(|| Reply::Stall(Vec::new())));
    let error = fails(
        &server,
        &Options {
            timeouts: crate::Timeouts { connect: Duration::from_millis(300), ..impatient().timeouts },
            ..impatient()
        },
    )
    .await;
    assert!(matches!(error, Error::Stalled { .. }), "{error}");
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{";
    let server = registry(&sample, |r| r.path.contains("/manifests/").then(|| Reply::Stall(head.to_vec())));
    assert!(matches!(fails(&server, &impatient()).await, Error::Stalled { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_stalls_or_drips_is_left() {
    let sample = sample();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", sample.layer.len()).into_bytes();
    let (stalling, dripping) = (head.clone(), head);
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| is_layer(&of, r).then(|| Reply::Stall(stalling.clone())));
    let image = open(&reference(&server), &impatient()).await.unwrap();
    assert!(matches!(layer(image).await, Err(Error::Stalled { .. })));
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| is_layer(&of, r).then(|| Reply::Drip(dripping.clone())));
    let mut options = impatient();
    options.timeouts.transfer = Duration::from_secs(1);
    let image = open(&reference(&server), &options).await.unwrap();
    let begin = Instant::now();
    assert!(matches!(layer(image).await, Err(Error::Stalled { .. })));
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_layer_is_resumed_where_it_broke() {
    let sample = sample();
    let size = sample.layer.len();
    let part = move |layer: &[u8], from: usize, to: usize| {
        let head = if from == 0 {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
        } else {
            let range = format!("bytes {from}-{}/{size}", size - 1);
            format!("HTTP/1.1 206 X\r\nContent-Range: {range}\r\nContent-Length: {}\r\n\r\n", size - from)
        };
        Reply::Raw([head.as_bytes(), &layer[from..to]].concat())
    };
    let of = Arc::clone(&sample);
    // Breaks twice, at 100 and at 300 bytes.
    let server = registry(&sample, move |r| {
        is_layer(&of, r).then(|| match r.header("range") {
            None => part(&of.layer, 0, 100),
            Some("bytes=100-") => part(&of.layer, 100, 300),
            Some(_) => honest(&of, r),
        })
    });
    let image = open(&reference(&server), &impatient()).await.unwrap();
    assert_eq!(layer(image).await.unwrap(), sample.layer);
    let ranges: Vec<_> =
        server.log().iter().filter_map(|r| r.header("range").map(ToOwned::to_owned)).collect();
    assert_eq!(ranges, ["bytes=100-", "bytes=300-"]);

    // A server that knows no ranges starts anew: what was read already is skipped.
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| {
        is_layer(&of, r).then(|| match r.header("range") {
            None => part(&of.layer, 0, 100),
            Some(_) => ok(&of.layer),
        })
    });
    let image = open(&reference(&server), &impatient()).await.unwrap();
    assert_eq!(layer(image).await.unwrap(), sample.layer);

    // Another range than was asked for would be glued in the wrong place.
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| {
        is_layer(&of, r).then(|| match r.header("range") {
            None => part(&of.layer, 0, 100),
            Some(_) => part(&of.layer, 200, size),
        })
    });
    let image = open(&reference(&server), &impatient()).await.unwrap();
    let error = layer(image).await.unwrap_err().to_string();
    assert!(error.contains("another range"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lies_about_length_are_told() {
    let sample = sample();
    let size = sample.layer.len();
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    let replies: [(&str, Vec<u8>); 4] = [
        ("short, and says so", format!("{head}Content-Length: 5\r\n\r\nshort").into_bytes()),
        ("short, without length", format!("{head}\r\nshort").into_bytes()),
        ("long, and says so", format!("{head}Content-Length: {}\r\n\r\n", size + 9).into_bytes()),
        ("long, without length", [format!("{head}\r\n").as_bytes(), &vec![0; size + 9]].concat()),
    ];
    for (name, reply) in replies {
        let of = Arc::clone(&sample);
        let server = registry(&sample, move |r| is_layer(&of, r).then(|| Reply::Raw(reply.clone())));
        let image = open(&reference(&server), &impatient()).await.unwrap();
        let error = layer(image).await.unwrap_err();
        assert!(
            matches!(error, Error::Length { expected, .. } if expected == size as u64),
            "{name}: {error}"
        );
    }
    // The same for the configuration.
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| {
        r.path.ends_with(&of.config_digest().to_string()).then(|| ok(&of.config[..10]))
    });
    assert!(matches!(fails(&server, &impatient()).await, Error::Length { actual: 10, .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn html_is_called_html() {
    let page = b"<!DOCTYPE html><html>Please sign in</html>";
    let html = |code| Reply::Answer(code, vec![("Content-Type", "text/html".to_owned())], page.to_vec());
    for code in [200, 400] {
        let server = registry(&sample(), move |r| r.path.contains("/manifests/").then(|| html(code)));
        let error = fails(&server, &impatient()).await.to_string();
        assert!(error.contains("HTML") && !error.contains("sign in"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_into_private_networks_are_refused() {
    let trap = Server::start("127.0.0.2", |_| ok(b"secret"));
    let targets = [
        (trap.url("/x"), "loopback"),
        (format!("http://localhost:{}/x", trap.address.port()), "this machine itself"),
        ("http://169.254.169.254/latest/meta-data/?token=s3cret".to_owned(), "metadata"),
        ("http://10.0.0.1/x".to_owned(), "not a public address"),
        ("http://[::1]:80/x".to_owned(), "loopback"),
        ("http://[::ffff:169.254.169.254]/".to_owned(), "link-local"),
        ("file:///etc/passwd".to_owned(), "neither http nor https"),
    ];
    for (target, why) in targets {
        let to = target.clone();
        let server = registry(&sample(), move |r| r.path.contains("/manifests/").then(|| redirect(&to)));
        let error = fails(&server, &impatient()).await;
        assert!(matches!(error, Error::Refused { .. }), "{target}: {error}");
        let text = error.to_string();
        assert!(text.contains(why) && !text.contains("s3cret"), "{target}: {text}");
        assert_eq!(error.to_problem("x").code, crate::problems::ADDRESS_REFUSED);
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_in_circles_end() {
    let server = registry(&sample(), |r| r.path.contains("/manifests/").then(|| redirect(&r.path)));
    let error = fails(&server, &impatient()).await.to_string();
    assert!(error.contains("more than 5 redirects"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_realm_in_a_private_network_is_refused() {
    let trap = Server::start("127.0.0.2", |_| ok(br#"{"token":"t"}"#));
    for realm in ["http://169.254.169.254/token", &trap.url("/token"), "not an address", "gopher://h/"] {
        let challenge = format!(r#"Bearer realm="{realm}",service="s""#);
        let server = registry(&sample(), move |r| {
            r.path
                .contains("/manifests/")
                .then(|| Reply::Answer(401, vec![("WWW-Authenticate", challenge.clone())], Vec::new()))
        });
        let error = fails(&server, &impatient()).await;
        assert!(matches!(error, Error::Refused { .. }), "{realm}: {error}");
    }
    assert_eq!(trap.connections(), 0);
}

/// A configuration file with one entry.
fn logged_in(server: &Server, folder: &tempfile::TempDir, options: Options) -> Options {
    let file = folder.path().join("config.json");
    let auth = base64::engine::general_purpose::STANDARD.encode("ann:s3cret");
    let json = json!({"auths": {server.address.to_string(): {"auth": auth}}});
    std::fs::write(&file, json.to_string()).unwrap();
    Options { docker_config: Some(file), ..options }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_fetched_at_the_same_host_and_renewed() {
    let sample = sample();
    let of = Arc::clone(&sample);
    // Each token serves two requests.
    let served = std::sync::atomic::AtomicU64::new(0);
    let server = registry(&sample, move |r| {
        let host = r.header("host").unwrap();
        if r.path.starts_with("/token") {
            let right = r.header("authorization") == Some("Basic YW5uOnMzY3JldA==")
                && r.path.contains("service=s")
                && r.path.contains("scope=repository%3Aapp%3Apull");
            let token = served.load(std::sync::atomic::Ordering::Relaxed) / 2;
            return Some(if right {
                ok(format!(r#"{{"access_token":"t{token}"}}"#).as_bytes())
            } else {
                status(401)
            });
        }
        if r.path == "/v2/" {
            return None;
        }
        let token = served.load(std::sync::atomic::Ordering::Relaxed) / 2;
        if r.header("authorization") == Some(&format!("Bearer t{token}")) {
            served.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return Some(honest(&of, r));
        }
        let challenge =
            format!(r#"Bearer realm="http://{host}/token",service="s",scope="repository:app:pull,push""#);
        Some(Reply::Answer(401, vec![("WWW-Authenticate", challenge)], Vec::new()))
    });
    let folder = tempfile::tempdir().unwrap();
    let image = open(&reference(&server), &logged_in(&server, &folder, impatient())).await.unwrap();
    assert_eq!(layer(image).await.unwrap(), sample.layer);
    let tokens = server.log().iter().filter(|r| r.path.starts_with("/token")).count();
    assert_eq!(tokens, 2);
    // Without credentials the refusal says what to do.
    let text = fails(&server, &impatient()).await.to_string();
    assert!(text.contains("docker login"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_token_is_posted_for_an_access_token() {
    let sample = sample();
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| {
        if r.path == "/token" {
            let right = r.method == "POST"
                && r.body.contains("grant_type=refresh_token")
                && r.body.contains("refresh_token=id+t0k")
                && r.body.contains("scope=repository%3Aapp%3Apull");
            return Some(if right { ok(br#"{"access_token":"t"}"#) } else { status(400) });
        }
        let challenge = format!(r#"Bearer realm="http://{}/token",service="s""#, r.header("host").unwrap());
        (r.path != "/v2/").then(|| match r.header("authorization") {
            Some("Bearer t") => honest(&of, r),
            _ => Reply::Answer(401, vec![("WWW-Authenticate", challenge)], Vec::new()),
        })
    });
    let folder = tempfile::tempdir().unwrap();
    let options = logged_in(&server, &folder, impatient());
    let json = json!({"auths": {server.address.to_string(): {"identitytoken": "id t0k"}}});
    std::fs::write(options.docker_config.as_ref().unwrap(), json.to_string()).unwrap();
    assert!(open(&reference(&server), &options).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_do_not_follow_to_another_host() {
    let sample = sample();
    let of = Arc::clone(&sample);
    // The honest one goes by the end of the path.
    let seen = Server::start("127.0.0.2", move |r| {
        let path = r.path.split('?').next().unwrap().to_owned();
        honest(&of, &Request { path, ..r.clone() })
    });
    let (of, to) = (Arc::clone(&sample), seen.url(""));
    let server = registry(&sample, move |r| {
        if r.path == "/v2/" {
            return None;
        }
        if r.header("authorization") != Some("Basic YW5uOnMzY3JldA==") {
            let challenge = ("WWW-Authenticate", r#"Basic realm="x""#.to_owned());
            return Some(Reply::Answer(401, vec![challenge], Vec::new()));
        }
        let is_blob = r.path.contains("/blobs/");
        Some(if is_blob { redirect(&format!("{to}{}?X-Signature=abc", r.path)) } else { honest(&of, r) })
    });
    let folder = tempfile::tempdir().unwrap();
    let mut options = logged_in(&server, &folder, impatient());
    // Refused as long as nobody allows it.
    let refused = fails(&server, &options).await;
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("allow the host 127.0.0.2"), "{refused}");
    assert_eq!(seen.connections(), 0);
    options.allow_hosts = vec!["127.0.0.2".to_owned()];
    let image = open(&reference(&server), &options).await.unwrap();
    assert_eq!(layer(image).await.unwrap(), sample.layer);
    let log = seen.log();
    assert_eq!(log.len(), 2);
    assert!(log.iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_not_sent_to_a_foreign_realm() {
    let realm = Server::start("127.0.0.2", |_| status(401));
    let challenge = format!(r#"Bearer realm="{}",service="s""#, realm.url("/token"));
    let server = registry(&sample(), move |r| {
        let challenge = ("WWW-Authenticate", challenge.clone());
        r.path.contains("/manifests/").then(|| Reply::Answer(401, vec![challenge], Vec::new()))
    });
    let folder = tempfile::tempdir().unwrap();
    let mut options = logged_in(&server, &folder, impatient());
    options.allow_hosts = vec!["127.0.0.2".to_owned()];
    let text = fails(&server, &options).await.to_string();
    assert!(text.contains("credentials were not sent"), "{text}");
    assert_eq!(realm.log().len(), 1);
    assert!(realm.log()[0].header("authorization").is_none());
}

/// The sample with its layer elsewhere.
fn foreign(url: &str) -> Arc<Sample> {
    let mut sample = Sample::new("amd64");
    let mut manifest: serde_json::Value = serde_json::from_slice(&sample.manifest).unwrap();
    manifest["layers"][0]["urls"] = json!([url]);
    manifest["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.nondistributable.v1.tar");
    sample.manifest = manifest.to_string().into_bytes();
    Arc::new(sample)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_layer_is_fetched_from_trusted_hosts_only() {
    let trap = Server::start("127.0.0.2", |_| ok(b"secret"));
    for url in ["http://169.254.169.254/latest/meta-data".to_owned(), trap.url("/layer")] {
        let sample = foreign(&url);
        let of = Arc::clone(&sample);
        let server = registry(&sample, move |r| is_layer(&of, r).then(|| status(404)));
        let image = open(&reference(&server), &impatient()).await.unwrap();
        assert!(image.layers[0].foreign);
        let error = layer(image).await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{url}: {error}");
        assert!(error.to_string().contains("foreign layer"), "{error}");
    }
    assert_eq!(trap.connections(), 0);
    // The same host, and a registry that has the layer itself.
    let plain = sample();
    let of = Arc::clone(&plain);
    let files = Server::start("127.0.0.1", move |_| ok(&of.layer));
    let sample = foreign(&files.url("/layer"));
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| is_layer(&of, r).then(|| status(404)));
    let image = open(&reference(&server), &impatient()).await.unwrap();
    assert_eq!(layer(image).await.unwrap(), sample.layer);
    let sample = foreign("http://169.254.169.254/");
    let server = registry(&sample, |_| None);
    let image = open(&reference(&server), &impatient()).await.unwrap();
    assert_eq!(layer(image).await.unwrap(), sample.layer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_without_end_is_left_at_the_limit() {
    let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{";
    let server =
        registry(&sample(), |r| r.path.contains("/manifests/").then(|| Reply::Endless(head.to_vec())));
    let error = fails(&server, &impatient()).await;
    assert!(matches!(error, Error::TooLarge { limit: 4_194_304, .. }), "{error}");
    assert_eq!(error.to_problem("x").limit, Some(4 << 20));
    // What was taken is the limit and what was under way in the sockets.
    assert!(server.sent() < 32 << 20, "{}", server.sent());
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n{";
    let server =
        registry(&sample(), |r| r.path.contains("/manifests/").then(|| Reply::Endless(head.to_vec())));
    assert!(matches!(fails(&server, &impatient()).await, Error::TooLarge { .. }));
    // A token without end, and an error page without end.
    let head = b"HTTP/1.1 403 No\r\nConnection: close\r\n\r\n";
    let server =
        registry(&sample(), |r| r.path.contains("/manifests/").then(|| Reply::Endless(head.to_vec())));
    assert!(matches!(fails(&server, &impatient()).await, Error::Denied { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_digests_are_told() {
    let sample = sample();
    // The registry's own word about a tag.
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| {
        let told = ("Docker-Content-Digest", format!("sha256:{}", "0".repeat(64)));
        r.path.contains("/manifests/").then(|| Reply::Answer(200, vec![told], of.manifest.clone()))
    });
    assert!(matches!(fails(&server, &impatient()).await, Error::Digest { .. }));
    // The operator's word.
    let server = registry(&sample, |_| None);
    let pinned = format!("{}/app@sha256:{}", server.address, "0".repeat(64)).parse().unwrap();
    assert!(matches!(open(&pinned, &impatient()).await, Err(Error::Digest { .. })));
    let pinned = format!("{}/app@{}", server.address, digest_of(&sample.manifest)).parse().unwrap();
    assert!(open(&pinned, &impatient()).await.is_ok());
    // The manifest's word.
    let of = Arc::clone(&sample);
    let server = registry(&sample, move |r| {
        let mut other = of.config.clone();
        other[20] ^= 1;
        r.path.ends_with(&of.config_digest().to_string()).then(|| ok(&other))
    });
    let error = fails(&server, &impatient()).await.to_string();
    assert!(error.contains("the configuration of") && error.contains("has the digest"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_429_ends() {
    let server = registry(&sample(), |r| {
        let hint = ("Retry-After", "1".to_owned());
        r.path.contains("/manifests/").then(|| Reply::Answer(429, vec![hint], Vec::new()))
    });
    let begin = Instant::now();
    let text = fails(&server, &Options { retries: 2, ..impatient() }).await.to_string();
    assert!(text.contains("429") && text.contains("gave up after 3 attempts"), "{text}");
    assert!(begin.elapsed() >= Duration::from_secs(2), "Retry-After was not heard");
    assert_eq!(server.log().iter().filter(|r| r.path.contains("/manifests/")).count(), 3);

    let server = registry(&sample(), |r| {
        let hint = ("Retry-After", "86400".to_owned());
        r.path.contains("/manifests/").then(|| Reply::Answer(503, vec![hint], Vec::new()))
    });
    let text = fails(&server, &impatient()).await.to_string();
    assert!(text.contains("86400 s, which is too long"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_asked_for_again() {
    let sample = sample();
    let tries = std::sync::atomic::AtomicU64::new(0);
    let server = registry(&sample, move |r| {
        let first =
            r.path.contains("/manifests/") && tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        first.then(|| status(503))
    });
    assert!(open(&reference(&server), &impatient()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexes_in_indexes_end() {
    let sample = sample();
    let mut documents = Vec::new();
    let mut top = sample.described(&json!({}));
    for _ in 0..6 {
        let level = index(&[top]);
        top = descriptor("application/vnd.oci.image.index.v1+json", &level);
        documents.push(level);
    }
    let server = registry(&sample, move |r| {
        let tag = r.path.ends_with("/manifests/1").then(|| documents.last()).flatten();
        let found = tag.or_else(|| documents.iter().find(|d| r.path.ends_with(&digest_of(d).to_string())));
        found.map(|document| ok(document))
    });
    let error = fails(&server, &impatient()).await.to_string();
    assert!(error.contains("nested more than 3 deep"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_schema_and_missing_images_are_told() {
    let server = registry(&sample(), |r| {
        let old = br#"{"schemaVersion":1,"name":"app","fsLayers":[],"history":[]}"#;
        r.path.contains("/manifests/").then(|| ok(old))
    });
    let text = fails(&server, &impatient()).await.to_string();
    assert!(text.contains("schema 1"), "{text}");
    let server = registry(&sample(), |r| {
        let said = br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest \u001b[31munknown"}]}"#;
        r.path.contains("/manifests/").then(|| Reply::Answer(404, Vec::new(), said.to_vec()))
    });
    let text = fails(&server, &impatient()).await.to_string();
    assert!(text.contains("MANIFEST_UNKNOWN") && !text.contains('\u{1b}'), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_is_told_at_once() {
    let server = Server::start("127.0.0.1", |_| status(500));
    let reference = reference(&server);
    drop(server);
    let begin = Instant::now();
    let error = open(&reference, &impatient()).await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(3));
}

/// A registry that lists `pages` of repositories, each with a link to the next.
fn lists(pages: &'static [(&'static str, Option<&'static str>)]) -> Server {
    registry(&sample(), move |r| {
        let query = r.path.strip_prefix("/v2/_catalog?")?;
        let number: usize = query.strip_prefix("page=").and_then(|n| n.parse().ok()).unwrap_or(0);
        let (names, next) = pages[number];
        let link = next.map(|next| ("Link", format!("<{next}>; rel=\"next\"")));
        let body = format!(r#"{{"repositories":[{names}]}}"#).into_bytes();
        Some(Reply::Answer(200, link.into_iter().collect(), body))
    })
}

async fn listing(server: &Server) -> Listing {
    Listing::connect(&server.address.to_string(), &impatient()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_read_page_by_page_and_what_is_no_name_is_left_out() {
    let trap = Server::start("127.0.0.2", |_| ok(br#"{"repositories":["evil"]}"#));
    let pages: &[_] = Box::leak(Box::new([
        (r#""app","../etc","team/app""#, Some("/v2/_catalog?page=1")),
        (r#""UPPER","z""#, Some(&*Box::leak(trap.url("/v2/_catalog?page=2").into_boxed_str()))),
        ("null", None),
    ]));
    let server = lists(pages);
    let list = listing(&server).await;
    let first = list.repositories(None).await.unwrap();
    assert_eq!((first.names, first.refused), (vec!["app".to_owned(), "team/app".to_owned()], 1));
    let second = list.repositories(first.next.as_deref()).await.unwrap();
    assert_eq!((second.names.as_slice(), second.refused), (["z".to_owned()].as_slice(), 1));
    // Only the query of the link is taken: the other host is never asked.
    assert!(matches!(list.repositories(second.next.as_deref()).await, Err(Error::Malformed { .. })));
    assert_eq!(trap.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_leads_to_itself_or_never_ends_is_left() {
    let server = lists(&[(r#""a""#, Some("?page=1")), (r#""b""#, Some("?page=1"))]);
    let list = listing(&server).await;
    let first = list.repositories(None).await.unwrap();
    let error = list.repositories(first.next.as_deref()).await.unwrap_err();
    assert!(error.to_string().contains("its next page is itself"), "{error}");
    let head = b"HTTP/1.1 200 OK\r\n\r\n{\"repositories\":[".to_vec();
    let server =
        registry(&sample(), move |r| r.path.contains("_catalog").then(|| Reply::Endless(head.clone())));
    let error = listing(&server).await.repositories(None).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert!(server.sent() < 64 << 20);
    let server = registry(&sample(), |r| r.path.contains("/tags/list").then(|| Reply::Stall(Vec::new())));
    let timeouts = crate::Timeouts { connect: Duration::from_millis(300), ..impatient().timeouts };
    let hasty = Options { timeouts, ..impatient() };
    let list = Listing::connect(&server.address.to_string(), &hasty).await.unwrap();
    let error = list.tags("app", None).await.unwrap_err();
    assert!(matches!(error, Error::Stalled { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_behind_a_tag_is_told() {
    let sample = sample();
    let attestation = json!({"platform": {"os": "unknown", "architecture": "unknown"}});
    let platform = json!({"platform": {"os": "linux", "architecture": "amd64"}});
    let index = index(&[sample.described(&platform), sample.described(&attestation)]);
    let chart = json!({
        "schemaVersion": 2, "layers": [],
        "config": descriptor("application/vnd.cncf.helm.config.v1+json", b"{}"),
    })
    .to_string()
    .into_bytes();
    let (index_digest, chart_text) = (digest_of(&index), chart.clone());
    let server = registry(&sample, move |r| match r.path.as_str() {
        "/v2/app/manifests/index" => Some(ok(&index)),
        "/v2/app/manifests/chart" => Some(ok(&chart_text)),
        "/v2/app/manifests/none" => Some(status(404)),
        "/v2/app/manifests/lie" => Some(Reply::Answer(
            200,
            vec![("Docker-Content-Digest", digest_of(b"other").to_string())],
            chart_text.clone(),
        )),
        _ => None,
    });
    let marked = Options { agent: Some("mark-1\r\nX: y".to_owned()), ..impatient() };
    let list = Listing::connect(&server.address.to_string(), &marked).await.unwrap();
    let manifest = model::ManifestDigest(digest_of(&sample.manifest));
    let image = list.find("app", "1").await.unwrap().unwrap();
    assert_eq!(image, Found::Image { manifest, config: sample.config_digest() });
    let Some(Found::Index { digest, images, others }) = list.find("app", "index").await.unwrap() else {
        panic!("it is an index")
    };
    assert_eq!((digest.0, others), (index_digest, 1));
    let platform = "linux/amd64".parse().ok();
    assert_eq!(images, [Entry { digest: manifest, platform }]);
    let Some(Found::Other { what }) = list.find("app", "chart").await.unwrap() else { panic!("a chart") };
    assert!(what.contains("helm"), "{what}");
    assert_eq!(list.find("app", "none").await.unwrap(), None);
    assert_eq!(list.digest("app", "none").await.unwrap(), None);
    assert!(matches!(list.find("app", "lie").await, Err(Error::Digest { .. })));
    // A server that tells no digest is asked for the content.
    assert_eq!(list.digest("app", "1").await.unwrap(), Some(manifest));
    for request in server.log() {
        let agent = request.header("user-agent").unwrap();
        assert!(agent.ends_with(" (mark-1Xy)"), "{agent}");
    }
    assert!(!list.is_encrypted());
    for bad in ["", "a b", "host/path/x", "user:pass@host"] {
        assert!(Listing::connect(bad, &impatient()).await.is_err(), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_anybody_may_begin_is_told_and_taken_back() {
    let trap = Server::start("127.0.0.2", |_| ok(b""));
    let begun = Arc::new(std::sync::Mutex::new(Vec::new()));
    for (place, taken_back) in
        [("/v2/seawall-probe/blobs/uploads/7?state=x".to_owned(), true), (trap.url("/x"), false)]
    {
        let (asked, location) = (Arc::clone(&begun), place.clone());
        let server = registry(&sample(), move |r| {
            let line = format!("{} {}", r.method, r.path);
            let answer = match line.as_str() {
                "POST /v2/seawall-probe/blobs/uploads/" => {
                    Some(Reply::Answer(202, vec![("Location", location.clone())], Vec::new()))
                }
                "DELETE /v2/seawall-probe/blobs/uploads/7?state=x" => Some(status(204)),
                _ => None,
            };
            asked.lock().unwrap().push(line);
            answer
        });
        assert!(listing(&server).await.lets_anybody_write().await.unwrap(), "{place}");
        let asked = std::mem::take(&mut *begun.lock().unwrap());
        assert_eq!(asked.iter().any(|line| line.starts_with("DELETE")), taken_back, "{asked:?}");
    }
    assert_eq!(trap.connections(), 0, "what it names elsewhere is not asked");
    for (code, wanted) in
        [(401, Some(false)), (403, Some(false)), (405, Some(false)), (500, None), (307, None)]
    {
        let server = registry(&sample(), move |r| (r.method == "POST").then(|| status(code)));
        assert_eq!(listing(&server).await.lets_anybody_write().await.ok(), wanted, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_server_is_no_registry() {
    let server = registry(&sample(), |_| None);
    assert_eq!(listing(&server).await.ping().await.unwrap(), None);
    let server = registry(&sample(), |_| {
        Some(Reply::Answer(200, vec![("Content-Type", "text/html".to_owned())], b"<html>".to_vec()))
    });
    let error = listing(&server).await.ping().await.unwrap_err();
    assert!(error.to_string().contains("no registry"), "{error}");
    let version = ("Docker-Distribution-Api-Version", "registry/2.0".to_owned());
    let server = registry(&sample(), move |_| Some(Reply::Answer(200, vec![version.clone()], Vec::new())));
    assert_eq!(listing(&server).await.ping().await.unwrap().as_deref(), Some("registry/2.0"));
}
