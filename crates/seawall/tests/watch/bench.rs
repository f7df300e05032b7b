//! A hub's watchers on a store of their own, and the place that notifications are sent to.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hub::{
    jobs::{self, CatalogueSink, Hub, Kept, Resolve, Runner, Scan, StoreSink},
    matching::Matcher,
    notify::{Form, Receipt, take},
    registries::new_secrets,
    seal::Sealer,
    worker::{Limits, Scanned, Worker},
};
use model::Problem;
use store::{
    Micros, Store, StoreUrl, Tx,
    placements::{self, Placement, Trigger},
    registries::{self, Registry, RegistryState, Settings},
    values,
};
use tokio::sync::watch;

pub(crate) fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Micros(i64::try_from(since.as_micros()).unwrap())
}

/// The hub's own sink, which judges and stores, with a memory of what it was given.
pub(crate) struct Sink {
    hub: StoreSink,
    scanned: Mutex<Vec<Scanned>>,
    failed: Mutex<Vec<(Scan, Problem)>>,
}

impl Sink {
    pub(crate) fn scanned(&self) -> Vec<Scanned> {
        self.scanned.lock().unwrap().clone()
    }

    pub(crate) fn failed(&self) -> Vec<(Scan, Problem)> {
        self.failed.lock().unwrap().clone()
    }
}

impl CatalogueSink for Sink {
    fn store<'a>(&'a self, job: &'a Scan, scanned: Scanned, now: Micros) -> Kept<'a> {
        Box::pin(async move {
            self.hub.store(job, scanned.clone(), now).await?;
            self.scanned.lock().unwrap().push(scanned);
            Ok(())
        })
    }

    fn failed<'a>(&'a self, job: &'a Scan, problem: &'a Problem, now: Micros) -> Kept<'a> {
        Box::pin(async move {
            self.hub.failed(job, problem, now).await?;
            self.failed.lock().unwrap().push((job.clone(), problem.clone()));
            Ok(())
        })
    }
}

pub(crate) struct Bench {
    folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) sink: Arc<Sink>,
    limits: Limits,
}

impl Bench {
    pub(crate) async fn new(limits: Limits) -> Self {
        // The test's own process speaks TLS with registries, too.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let url: StoreUrl = format!("sqlite:{}", folder.path().join("seawall.db").display()).parse().unwrap();
        let store = Store::open(&url).await.unwrap();
        let file = folder.path().join("sample.db");
        feeds::sample(&file).unwrap();
        let matcher = Matcher::new(store.clone(), Arc::new(vulndb::Database::open(&file).unwrap()));
        let sink = Sink { hub: StoreSink::new(matcher), scanned: Mutex::default(), failed: Mutex::default() };
        Self { folder, store, sink: Arc::new(sink), limits }
    }

    /// A registry without an address yet, and the secret for its notifications.
    pub(crate) async fn reserve(&self, name: &'static str) -> (i64, String) {
        let (settings, secret) = new_secrets(Settings { insecure: true, ..Settings::default() }).unwrap();
        let id = self
            .store
            .write(move |tx| {
                let id = registries::create(tx, name, "none.invalid", "", &settings, now())?;
                registries::set_state(tx, id, RegistryState::Paused, None, now())?;
                Ok(id)
            })
            .await
            .unwrap();
        (id, secret.expose().to_owned())
    }

    pub(crate) async fn change(&self, id: i64, change: impl Fn(&mut Settings) + Send + 'static) {
        let work = move |tx: &mut Tx<'_>| {
            let mut registry = registries::get(tx, id)?;
            change(&mut registry.settings);
            registries::change(tx, id, &registry.address, &registry.scope, &registry.settings)
        };
        self.store.write(work).await.unwrap();
    }

    /// Gives it its address; its catalogue is read every `poll` seconds, or never.
    pub(crate) async fn connect(&self, id: i64, address: &str, poll: u64) {
        let address = address.to_owned();
        let work = move |tx: &mut Tx<'_>| {
            let mut registry = registries::get(tx, id)?;
            registry.settings.poll_seconds = poll;
            registries::change(tx, id, &address, "", &registry.settings)?;
            registries::set_state(tx, id, RegistryState::New, None, now())
        };
        self.store.write(work).await.unwrap();
    }

    /// What a person asks for.
    pub(crate) async fn ask_for(&self, id: i64, repository: &str, digest: &str) {
        let resolve = Resolve {
            registry: id,
            repository: repository.to_owned(),
            digest: digest.to_owned(),
            tag: None,
            trigger: Trigger::Manual.as_str().to_owned(),
            evidence: r#"{"by":"ann"}"#.to_owned(),
            at: now(),
        };
        self.store.write(move |tx| jobs::resolve(tx, &resolve, now())).await.unwrap();
    }

    pub(crate) fn run(&self) -> Running {
        let timeouts = oci::Timeouts {
            connect: Duration::from_secs(2),
            idle: Duration::from_secs(2),
            back_off: Duration::from_secs(2),
            ..oci::Timeouts::default()
        };
        let hub = Hub {
            store: self.store.clone(),
            sealer: Arc::new(Sealer::open(self.folder.path()).unwrap()),
            worker: Worker::new(env!("CARGO_BIN_EXE_seawall"), vec!["worker".into()], self.limits.clone()),
            sink: self.sink.clone(),
            cache: None,
            timeouts,
            clock: Arc::new(now),
            tell: Arc::new(|_, _, _| {}),
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(Runner::new(hub, 2).unwrap().run(stopped));
        Running { stop, task }
    }

    pub(crate) async fn registry(&self, id: i64) -> Registry {
        self.store.read(move |tx| registries::get(tx, id)).await.unwrap()
    }

    /// All placements of a repository.
    pub(crate) async fn placements(&self, id: i64, repository: &'static str) -> Vec<Placement> {
        let work = move |tx: &mut Tx<'_>| {
            let Some(number) = placements::find_repository(tx, id, repository)? else {
                return Ok(Vec::new());
            };
            let sql = "SELECT manifest_digest FROM placement WHERE repository = $1 ORDER BY id";
            let mut all = Vec::new();
            for row in tx.query(sql, &values![number])? {
                all.extend(placements::find(tx, number, row.text(0)?)?);
            }
            Ok(all)
        };
        self.store.read(work).await.unwrap()
    }

    /// Tag, digest, and whether it points there now; newest first.
    pub(crate) async fn tags(&self, id: i64, repository: &'static str) -> Vec<(String, String, bool)> {
        let work = move |tx: &mut Tx<'_>| {
            let Some(number) = placements::find_repository(tx, id, repository)? else {
                return Ok(Vec::new());
            };
            placements::tags(tx, number, 100)
        };
        let tags = self.store.read(work).await.unwrap();
        tags.into_iter().map(|t| (t.tag, t.digest, t.until.is_none())).collect()
    }

    pub(crate) async fn wait<T>(&self, what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
        self.wait_async(what, async || ready()).await
    }

    /// Waits until `ready` gives something, at most 60 s.
    pub(crate) async fn wait_async<T>(&self, what: &str, mut ready: impl AsyncFnMut() -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            if let Some(there) = ready().await {
                return there;
            }
            if begin.elapsed() > Duration::from_secs(60) {
                let sql = "SELECT kind, state, attempts, last_error, payload_json FROM job ORDER BY id";
                let jobs = self.store.read(move |tx| tx.query(sql, &[])).await.unwrap();
                panic!("{what} did not come; failed: {:?}; jobs: {jobs:#?}", self.sink.failed());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub(crate) struct Running {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

/// Takes notifications in, as the hub's endpoint does.
pub(crate) struct Post {
    address: SocketAddr,
    sum: Arc<Mutex<Receipt>>,
}

impl Post {
    pub(crate) fn start(bench: &Bench) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sum = Arc::new(Mutex::new(Receipt::default()));
        let (store, total, runtime) = (bench.store.clone(), sum.clone(), tokio::runtime::Handle::current());
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (store, total, runtime) = (store.clone(), total.clone(), runtime.clone());
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    while serve(&mut stream, &store, &total, &runtime).is_some() {}
                });
            }
        });
        Self { address, sum }
    }

    /// What the registry is told of it.
    pub(crate) fn configuration(&self, id: i64, secret: &str) -> String {
        format!(
            "notifications: {{endpoints: [{{name: seawall, url: 'http://{}/{id}', headers: {{Authorization: ['Bearer \
             {secret}']}}, timeout: 5s, threshold: 3, backoff: 1s}}]}}\n",
            self.address
        )
    }

    pub(crate) fn receipt(&self) -> Receipt {
        *self.sum.lock().unwrap()
    }
}

fn serve(
    stream: &mut BufReader<TcpStream>,
    store: &Store,
    sum: &Mutex<Receipt>,
    runtime: &tokio::runtime::Handle,
) -> Option<()> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let id: i64 = line.split(' ').nth(1)?.trim_start_matches('/').parse().ok()?;
    let (mut length, mut secret) = (0, None);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => secret = value.strip_prefix("Bearer ").map(ToOwned::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let taken = runtime.block_on(take(store, id, secret.as_deref(), Form::Distribution, &body, now()));
    let status = match taken {
        Ok(receipt) => {
            let mut sum = sum.lock().unwrap();
            sum.taken += receipt.taken;
            sum.own += receipt.own;
            sum.refused += receipt.refused;
            sum.altered += receipt.altered;
            200
        }
        Err(refusal) => refusal.status(),
    };
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes()).ok()
}
