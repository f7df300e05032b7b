//! A registry that lies, hangs and points elsewhere. What the operator typed is trusted, what a server names is not; and
//! whatever it does is that registry's trouble alone.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use api::{
    Page,
    job::{Job, JobState},
    registry::RegistryState,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::world::World;

/// What a request is answered with: status, headers, body; `None`: nothing, ever.
type Reply = Option<(u16, Vec<(&'static str, String)>, Vec<u8>)>;

/// A server on loopback that answers as it is told, and notes what it was asked. It ends with the process.
struct Server {
    address: String,
    connections: Arc<AtomicU64>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(host: &str, answer: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (connections, asked) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, note, answer) = (Arc::clone(&connections), Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let (note, answer) = (Arc::clone(&note), Arc::clone(&answer));
                thread::spawn(move || one(stream, &note, &*answer));
            }
        });
        Self { address, connections, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One request on one connection.
fn one(mut stream: TcpStream, note: &Mutex<Vec<String>>, answer: &dyn Fn(&str, &str) -> Reply) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut header, mut secret) = (String::new(), String::new(), String::new());
    if reader.read_line(&mut line).is_err() {
        return;
    }
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        if header.to_ascii_lowercase().starts_with("authorization:") {
            secret = header.trim().to_owned();
        }
        header.clear();
    }
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    note.lock().unwrap().push(format!("{method} {path} {secret}").trim().to_owned());
    match answer(method, path) {
        None => thread::sleep(std::time::Duration::from_secs(600)),
        Some((status, headers, body)) => {
            let mut head =
                format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            let _ = stream.write_all(format!("{head}\r\n").as_bytes());
            if method != "HEAD" {
                let _ = stream.write_all(&body);
            }
        }
    }
}

fn ok(body: &[u8]) -> Reply {
    Some((200, Vec::new(), body.to_vec()))
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_registry_points_is_not_gone_to_unless_it_was_allowed() {
    let mut world = World::start().await;
    // Stands for a service of the inner network, such as the one that gives credentials to machines of a cloud.
    let inner = Server::start("127.0.0.2", |_, _| ok(br#"{"token":"inner","repositories":["stolen"]}"#));
    let at = inner.address.clone();
    let realm = format!("Bearer realm=\"http://{at}/token\",service=\"x\"");
    let redirects = {
        let at = at.clone();
        Server::start("127.0.0.1", move |_, path| match path {
            "/v2/" => ok(b"{}"),
            _ => Some((307, vec![("Location", format!("http://{at}{path}"))], Vec::new())),
        })
    };
    let asks = Server::start("127.0.0.1", move |_, _| {
        Some((401, vec![("WWW-Authenticate", realm.clone())], Vec::new()))
    });
    let login = json!({"user": "ann", "password": "s3cret-of-ann"});
    let mut ids = Vec::new();
    for (name, server) in [("redirects", &redirects), ("asks", &asks)] {
        let mut more = login.clone();
        more["address"] = json!(server.address);
        ids.push(world.connect(name, more).await.registry.id);
    }
    let check = json!({"name": "x", "address": asks.address, "user": "ann", "password": "s3cret-of-ann"});
    let seen: api::registry::Check = world.post("/api/v1/registries/check", check).await.ok(200);
    assert!(!seen.reached && seen.detail.contains("not contacted"), "{seen:?}");
    world.work();
    for id in &ids {
        let failing = world
            .wait("its failure", async |w| {
                Some(w.registry_now(id).await).filter(|r| r.state == RegistryState::Failing)
            })
            .await;
        let why = failing.state_detail.unwrap();
        assert!(why.contains("not contacted") && why.contains("127.0.0.2"), "{why}");
    }
    assert_eq!(inner.connections.load(Ordering::Relaxed), 0, "{:?}", inner.asked());

    // The operator's word opens it, for this host; credentials stay at home.
    let path = format!("/api/v1/registries/{}", ids[0]);
    let _: serde_json::Value = world.patch(&path, json!({"allowHosts": ["127.0.0.2"]})).await.ok(200);
    let _: serde_json::Value = world.post(&format!("{path}/poll"), json!({})).await.ok(202);
    world.hub.clock.advance(120);
    world.wait("a visit", async |_| (inner.connections.load(Ordering::Relaxed) > 0).then_some(())).await;
    let asked = inner.asked();
    assert!(asked.iter().any(|line| line.contains("/v2/_catalog")), "{asked:?}");
    assert!(asked.iter().all(|line| !line.to_ascii_lowercase().contains("authorization")), "{asked:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_liar_gives_is_given_up_shown_and_tried_again_when_asked() {
    let mut world = World::start().await;
    let config =
        br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.to_vec();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len()},
    });
    let manifest = manifest.to_string().into_bytes();
    let wanted = digest(&manifest);
    let honest = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (is_honest, told) = (Arc::clone(&honest), wanted.clone());
    let server = Server::start("127.0.0.1", move |method, path| {
        let kind = ("Content-Type", MANIFEST.to_owned());
        match path {
            "/v2/" => ok(b"{}"),
            "/v2/_catalog?n=100" => ok(br#"{"repositories":["app"]}"#),
            "/v2/app/tags/list?n=100" => ok(br#"{"name":"app","tags":["1"]}"#),
            path if path.starts_with("/v2/app/manifests/") => {
                // Promises one manifest and gives another, until it is honest.
                let body = match method == "HEAD" || is_honest.load(Ordering::Relaxed) {
                    true => manifest.clone(),
                    false => [manifest.as_slice(), b" "].concat(),
                };
                Some((200, vec![kind, ("Docker-Content-Digest", told.clone())], body))
            }
            path if path.ends_with(&digest(&config)) => ok(&config),
            _ => Some((404, Vec::new(), Vec::new())),
        }
    });
    // One that takes connections and never says a word holds up no other.
    let silent = Server::start("127.0.0.1", |_, _| None);
    let stalls = world.connect("stalls", json!({"address": silent.address})).await.registry.id;
    let id = world.connect("liar", json!({"address": server.address})).await.registry.id;
    world.work();
    // The clock stands, so that no lease runs out meanwhile.
    let failing =
        async |w: &World| Some(w.registry_now(&stalls).await.state).filter(|s| *s == RegistryState::Failing);
    world.wait("its failure", failing).await;
    let dead: Job = world
        .wait("the end of its attempts", async |w| {
            // Between attempts it rests for longer and longer.
            w.hub.clock.advance(30);
            let page: Page<Job> =
                w.get(&format!("/api/v1/jobs?state=dead&registry={id}&kind=resolve")).await.ok(200);
            page.items.into_iter().next()
        })
        .await;
    assert_eq!((dead.state, dead.attempts), (JobState::Dead, dead.max_attempts), "{dead:?}");
    assert!(dead.error.as_ref().unwrap().contains("damaged or replaced"), "{dead:?}");
    assert!(dead.finished.is_some() && dead.subject.contains(&wanted), "{dead:?}");
    let counts: api::job::JobCounts = world.get("/api/v1/jobs/counts").await.ok(200);
    assert!(counts.dead >= 1, "{counts:?}");

    honest.store(true, Ordering::Relaxed);
    let path = format!("/api/v1/jobs/{}/retry", dead.id);
    let again: Job = world.post(&path, json!({})).await.ok(200);
    assert_eq!((again.state, again.attempts), (JobState::Queued, 0));
    world
        .wait("the image", async |w| w.tags(&id, "app").await.into_iter().find(|t| t.findings.is_some()))
        .await;
    assert_eq!(world.post(&path, json!({})).await.status, 409, "it was done");
    world.end().await;
}
