//! A hub in a process of its own, what is sent to it, and the moment of its end.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use store::StoreUrl;

use crate::{PATIENCE, images::Images};

/// Random numbers that are the same for the same seed (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % most
    }

    pub(crate) fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

pub(crate) struct Storm<'a> {
    images: &'a Images,
    folder: tempfile::TempDir,
    url: String,
    port: u16,
    client: reqwest::Client,
    session: String,
    registry: String,
    secret: String,
    hub: Option<Child>,
    next: usize,
    /// Events that were sent and not answered: a registry sends them again. Id and digest.
    open: Vec<(String, String)>,
    /// Events that were answered with success.
    pub(crate) acknowledged: BTreeSet<(String, String)>,
    /// Answers that never came.
    pub(crate) unanswered: u32,
    /// Events that were sent once more although they were answered.
    pub(crate) repeated: u32,
}

impl<'a> Storm<'a> {
    /// Starts a hub, makes its first owner, and connects the registry.
    pub(crate) async fn begin(url: &StoreUrl, images: &'a Images) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        feeds::sample(&folder.path().join("advisories")).unwrap();
        // Free now; if another program takes it, the hub does not start and the test says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let mut storm = Self {
            images,
            folder,
            url: spelled(url),
            port,
            client,
            session: String::new(),
            registry: String::new(),
            secret: String::new(),
            hub: None,
            next: 0,
            open: Vec::new(),
            acknowledged: BTreeSet::new(),
            unanswered: 0,
            repeated: 0,
        };
        let link = storm.start(true).expect("a new hub prints the link of its set-up");
        storm.ready().await;
        let setup = json!({"link": link, "name": "root", "password": "correct horse battery staple"});
        let (headers, _) = storm.call("POST", "/api/v1/setup", &setup).await;
        let cookie = headers["set-cookie"].to_str().unwrap();
        storm.session = cookie.split(';').next().unwrap().to_owned();
        let registry =
            json!({"name": "storm", "address": images.address, "pollMinutes": 0, "concurrency": 4});
        let (_, made) = storm.call("POST", "/api/v1/registries", &registry).await;
        storm.registry = made["registry"]["id"].as_str().unwrap().to_owned();
        storm.secret = made["eventsSecret"].as_str().unwrap().to_owned();
        // Its catalogue is not read: only what is told counts.
        storm.idle().await;
        storm.kill();
        storm
    }

    /// Starts the hub; gives the secret of the set-up link, where one is waited for.
    fn start(&mut self, first: bool) -> Option<String> {
        let log =
            std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args([
                "hub",
                "--listen",
                &format!("127.0.0.1:{}", self.port),
                "--store",
                &self.url,
                "--workers",
                "2",
            ])
            .arg("--advisories")
            .arg(self.folder.path().join("advisories"))
            .arg("--data-dir")
            .arg(self.folder.path().join("data"))
            .arg("--cache-dir")
            .arg(self.folder.path().join("cache"))
            .args(["--log", "warn"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        self.hub = Some(child);
        let mut link = None;
        if first {
            let mut line = String::new();
            while output.read_line(&mut line).is_ok_and(|read| read > 0) {
                if let Some((_, secret)) = line.trim().split_once("/setup#") {
                    link = Some(secret.to_owned());
                    break;
                }
                line.clear();
            }
        }
        // Read on, so that it never waits for us.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        link
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Waits until it answers.
    async fn ready(&mut self) {
        let begin = Instant::now();
        loop {
            let answer = self.client.get(self.address("/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let ended = self.hub.as_mut().unwrap().try_wait().unwrap();
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(ended.is_none(), "the hub ended by itself: {}", log());
            assert!(begin.elapsed() < PATIENCE, "the hub does not answer: {}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> (HeaderMap, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, self.address(path)).header(api::REQUEST_HEADER, "1");
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.header("cookie", &self.session).send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        (headers, serde_json::from_str(&text).unwrap())
    }

    /// Ends it as a power cut would.
    fn kill(&mut self) {
        let mut hub = self.hub.take().unwrap();
        hub.kill().unwrap();
        hub.wait().unwrap();
    }

    /// One life of the hub: it is started, sent what happened meanwhile, and killed while it works.
    pub(crate) async fn round(&mut self, dice: &mut Dice, early: bool) {
        self.start(false);
        if early {
            tokio::time::sleep(Duration::from_millis(dice.below(400))).await;
            self.kill();
            return;
        }
        self.ready().await;
        let end = Instant::now() + Duration::from_millis(30 + dice.below(900));
        let mut sent = 0;
        while Instant::now() < end {
            // A storm, but one that can be worked off in the end.
            if sent < 8 {
                let again = dice.one_in(4).then(|| self.acknowledged.iter().next_back().cloned()).flatten();
                let is_again = again.is_some();
                let event = again.or_else(|| self.open.pop()).unwrap_or_else(|| self.new_event());
                sent += u32::from(!is_again);
                // The moment of the end may lie within the request.
                let late = tokio::time::timeout_at(end.into(), self.send(&event)).await;
                match late {
                    Ok(Some(receipt)) => self.answered(event, &receipt, is_again),
                    Ok(None) | Err(_) => {
                        self.unanswered += 1;
                        if !is_again {
                            self.open.push(event);
                        }
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(dice.below(40))).await;
        }
        self.kill();
    }

    fn answered(&mut self, event: (String, String), receipt: &Value, is_again: bool) {
        let of = |word: &str| receipt[word].as_u64().unwrap();
        assert_eq!(of("taken") + of("replayed"), 1, "{receipt}");
        if is_again {
            assert_eq!(of("replayed"), 1, "what was acknowledged is known: {event:?} {receipt}");
            self.repeated += 1;
        }
        self.acknowledged.insert(event);
    }

    fn new_event(&mut self) -> (String, String) {
        self.next += 1;
        (format!("event-{:06}", self.next), self.images.push(self.next))
    }

    /// Sends one event; the receipt, if the answer is a success.
    async fn send(&self, (id, digest): &(String, String)) -> Option<Value> {
        let body = json!({"events": [{
            "id": id, "action": "push",
            "target": {
                "mediaType": "application/vnd.oci.image.manifest.v1+json", "repository": "app", "digest": digest, "tag": id,
            },
            "request": {"useragent": "storm"}, "actor": {"name": "ann"},
        }]});
        let path = format!("/api/v1/registries/{}/notifications", self.registry);
        let answer =
            self.client.post(self.address(&path)).bearer_auth(&self.secret).json(&body).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.json().await.ok()
    }

    /// Waits until nothing waits or runs.
    async fn idle(&self) {
        let begin = Instant::now();
        loop {
            let (_, counts) = self.call("GET", "/api/v1/jobs/counts", &Value::Null).await;
            if counts["queued"] == 0 && counts["leased"] == 0 {
                return;
            }
            assert!(begin.elapsed() < PATIENCE * 5, "the queue does not empty: {counts}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The last life: what was not answered is sent once more, all is worked off and judged, and the hub is told to stop.
    /// Gives what was acknowledged.
    pub(crate) async fn finish(&mut self) -> BTreeSet<(String, String)> {
        self.start(false);
        self.ready().await;
        while let Some(event) = self.open.pop() {
            let receipt = self.send(&event).await.expect("a hub that is well answers");
            self.answered(event, &receipt, false);
        }
        self.idle().await;
        let begin = Instant::now();
        loop {
            let path = format!("/api/v1/registries/{}", self.registry);
            let (_, registry) = self.call("GET", &path, &Value::Null).await;
            let states = &registry["states"];
            let judged =
                ["healthy", "unhealthy"].iter().map(|word| states[*word].as_u64().unwrap()).sum::<u64>();
            if registry["images"].as_u64() == Some(judged) {
                break;
            }
            assert!(begin.elapsed() < PATIENCE, "not all is judged: {registry}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mut hub = self.hub.take().unwrap();
        let ended = Command::new("kill").arg(hub.id().to_string()).status().unwrap();
        assert!(ended.success());
        let status = hub.wait().unwrap();
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        assert!(status.success(), "it was told to stop: {status}; {log}");
        self.acknowledged.clone()
    }
}

impl Drop for Storm<'_> {
    fn drop(&mut self) {
        if let Some(mut hub) = self.hub.take() {
            let _ = hub.kill();
            let _ = hub.wait();
        }
    }
}

/// A store's address as the command line takes it: a socket's folder is no host.
fn spelled(url: &StoreUrl) -> String {
    let shown = url.to_string();
    match shown.strip_prefix("postgres://").and_then(|rest| rest.split_once("@/")) {
        Some((user, rest)) => format!("postgres:///{rest}&user={user}"),
        None => shown,
    }
}
