//! The hub as a person runs it: what it prints, what it keeps, what it refuses, and how it ends. Needs root, and what
//! `scripts/setup test` installs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "hub/client.rs"]
mod client_commands;
#[path = "hub/hostile.rs"]
mod hostile;
#[path = "../../store/tests/store/harness.rs"]
#[allow(dead_code, unused_macros, unused_imports, reason = "the suite of the store uses all of it")]
mod postgres;
#[path = "hub/process.rs"]
mod process;

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
    time::{Duration, Instant},
};

use api::{Client, ClientError, ProblemKind, Secret, who};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use process::{Hub, seawall};
use reqwest::Method;
use sha2::{Digest as _, Sha256};

const PASSWORD: &str = "correct horse battery staple";

/// A folder with a small system.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        let status = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\n\
                      Version: 3.0.11-1~deb12u1\nMaintainer: Debian OpenSSL Team <a@lists.debian.org>\n\n";
        bench.write("root/var/lib/dpkg/status", status);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `seawall up` on the small system, with the sample of advisories.
    fn up(&self, more: &[&str]) -> Hub {
        let data = self.path("data");
        fs::create_dir_all(&data).unwrap();
        if !data.join("vulnerabilities.db").exists() {
            feeds::sample(&data.join("vulnerabilities.db")).unwrap();
        }
        let mut command = seawall(self.folder.path());
        command.env("SEAWALL_DATA_DIR", &data).env("SEAWALL_SOURCE", self.path("none"));
        Hub::start(command.args(["up", "--root", "root"]).args(more))
    }

    fn hub(&self, arguments: &[&str]) -> Hub {
        let mut command = seawall(self.folder.path());
        command.env("SEAWALL_DATA_DIR", self.path("data"));
        Hub::start(command.arg("hub").args(arguments))
    }

    /// A hub that is expected to refuse: its message.
    fn refused(&self, arguments: &[&str]) -> String {
        let mut command = seawall(self.folder.path());
        command.env("SEAWALL_DATA_DIR", self.path("data"));
        refusal(&command.arg("hub").args(arguments).output().unwrap())
    }
}

fn refusal(done: &Output) -> String {
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{said}");
    said
}

fn client(base: &str, token: Option<Secret>) -> Client {
    // One TLS stack for the whole process; a second call is harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::new(base, token, None).unwrap()
}

/// Redeems the link.
async fn redeem(base: &str, link: &str) -> who::Me {
    let (address, secret) = link.split_once("/setup#").unwrap();
    assert_eq!(address, base);
    let body =
        who::Setup { link: Secret::new(secret), name: "root".to_owned(), password: Secret::new(PASSWORD) };
    client(base, None).change(Method::POST, "/api/v1/setup", &body).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_prints_its_address_at_once_keeps_its_data_and_ends_when_told() {
    let bench = Bench::new();
    let hub = bench.up(&[]);
    let base = hub.said("Console ");
    assert!(hub.started.elapsed() < Duration::from_secs(10), "{:?}", hub.started.elapsed());
    assert!(base.starts_with("http://localhost:"), "{base}");
    let link = hub.said("Set-up link ");
    redeem(&base, &link).await;
    hub.errs("all was looked at");
    assert!(hub.errors().contains("findings that count"), "{}", hub.errors());
    for (name, mode) in [("", 0o755), ("seal.key", 0o600)] {
        let is = fs::metadata(bench.path("data").join(name)).unwrap().permissions().mode() & 0o777;
        assert!(is & !mode == 0, "{name} {is:o}");
    }
    let second = seawall(bench.folder.path())
        .env("SEAWALL_DATA_DIR", bench.path("data"))
        .args(["up", "--root", "root"])
        .output()
        .unwrap();
    let said = refusal(&second);
    assert!(said.contains(&format!("process {}", hub.pid())) && said.contains("--data-dir"), "{said}");
    hub.stop();

    let hub = bench.up(&[]);
    assert_eq!(hub.said("Console "), base, "the same port again");
    let ask = client(&base, None);
    let setup: who::SetupState = ask.get("/api/v1/setup", &[]).await.unwrap();
    assert!(!setup.needed);
    let login = who::Login { name: "root".to_owned(), password: Secret::new(PASSWORD) };
    let me: who::Me = ask.change(Method::POST, "/api/v1/login", &login).await.unwrap();
    assert_eq!(me.name, "root");
    assert_eq!(hub.line("Set-up link ", Duration::from_millis(500)), None, "there is an owner already");
    hub.stop();
}

#[test]
fn a_port_that_is_taken_is_passed_over() {
    let bench = Bench::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    bench.write("data/port", &format!("{port}\n"));
    let hub = bench.up(&[]);
    let base = hub.said("Console ");
    assert!(!base.ends_with(&format!(":{port}")), "{base}");
    hub.stop();
    let now: u16 = fs::read_to_string(bench.path("data/port")).unwrap().trim().parse().unwrap();
    assert!(base.ends_with(&format!(":{now}")), "{base} {now}");
}

#[test]
fn ctrl_c_in_the_middle_of_a_scan_leaves_no_process_behind() {
    let bench = Bench::new();
    let data = bench.path("data");
    fs::create_dir_all(&data).unwrap();
    feeds::sample(&data.join("vulnerabilities.db")).unwrap();
    // The real root takes a moment.
    let mut command = seawall(bench.folder.path());
    command.env("SEAWALL_DATA_DIR", &data).env("SEAWALL_SOURCE", bench.path("none"));
    let mut hub = Hub::start(command.args(["up", "--root", "/"]));
    let end = Instant::now() + Duration::from_secs(30);
    let children = loop {
        let children = hub.children();
        if !children.is_empty() {
            break children;
        }
        assert!(Instant::now() < end, "no scan begins: {}", hub.errors());
        std::thread::sleep(Duration::from_millis(2));
    };
    let begun = Instant::now();
    hub.signal("TERM");
    assert_eq!(hub.ended().code(), Some(0), "{}", hub.errors());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for pid in children {
        let path = format!("/proc/{pid}");
        let end = Instant::now() + Duration::from_secs(2);
        while Path::new(&path).exists() {
            assert!(Instant::now() < end, "process {pid} lives");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn exit_when_idle_ends_with_the_page_and_nothing_else_is_printed_in_between() {
    let bench = Bench::new();
    let mut command = seawall(bench.folder.path());
    let data = bench.path("data");
    fs::create_dir_all(&data).unwrap();
    feeds::sample(&data.join("vulnerabilities.db")).unwrap();
    command.env("SEAWALL_DATA_DIR", &data).env("SEAWALL_SOURCE", bench.path("none"));
    let done = command.args(["up", "--root", "root", "--exit-when-idle"]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(0), "{out}{err}");
    assert!(out.starts_with("Console      http://localhost:"), "{out}");
    assert!(out.contains("root (rootfs), ") && out.contains("State: "), "{out}");
    assert!(out.contains("Docker images were not looked at: "), "{out}");
    assert!(err.contains("SAMPLE"), "{err}");
}

#[test]
fn other_addresses_than_loopback_need_tls_or_the_same_word_twice() {
    let bench = Bench::new();
    let said = bench.refused(&["--listen", "0.0.0.0:0", "--insecure-http"]);
    assert!(said.contains("plain HTTP would show passwords") && said.contains("twice"), "{said}");
    let said = bench.refused(&["--listen", "0.0.0.0:0", "--tls-cert", "cert.pem"]);
    assert!(said.contains("--tls-key"), "{said}");
    bench.write("cert.pem", "nothing\n");
    bench.write("key.pem", "nothing\n");
    let said = bench.refused(&["--listen", "0.0.0.0:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    assert!(said.contains("cert.pem is not usable") && said.contains("CERTIFICATE"), "{said}");
    let said = bench.refused(&["--tls-cert", "none.pem", "--tls-key", "key.pem"]);
    assert!(said.contains("none.pem"), "{said}");
    let said = bench.refused(&["--public-url", "hub.example"]);
    assert!(said.contains("--public-url") && said.contains("https://HOST"), "{said}");
    let said = bench.refused(&["--store", "mysql://x"]);
    assert!(said.contains("sqlite:") && said.contains("postgres://"), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let said = bench.refused(&["--listen", &taken.local_addr().unwrap().to_string()]);
    assert!(said.contains("cannot listen on") && said.contains("choose another"), "{said}");

    let hub = bench.hub(&["--listen", "0.0.0.0:0", "--insecure-http", "--insecure-http"]);
    assert!(hub.said("Console ").starts_with("http://0.0.0.0:"));
    hub.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authority_that_a_hub_makes_is_the_one_whose_fingerprint_it_prints() {
    let bench = Bench::new();
    let arguments = ["--listen", "0.0.0.0:0", "--tls-name", "hub.seawall.test"];
    let hub = bench.hub(&arguments);
    let base = hub.said("Console ").replace("0.0.0.0", "localhost");
    let authority = PathBuf::from(hub.said("Authority "));
    let fingerprint = hub.said("Fingerprint ");
    let pem = fs::read_to_string(&authority).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let hash = Sha256::digest(STANDARD.decode(body).unwrap());
    let pairs: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(fingerprint, pairs.join(":"));
    // Without the authority the hub is not believed.
    let untold = client(&base, None).get::<who::SetupState>("/api/v1/setup", &[]).await;
    assert!(matches!(untold, Err(ClientError::Network { .. })), "{untold:?}");
    let told = Client::new(&base, None, Some(pem.as_bytes())).unwrap();
    assert!(told.get::<who::SetupState>("/api/v1/setup", &[]).await.unwrap().needed);
    hub.stop();
    let hub = bench.hub(&arguments);
    assert_eq!(hub.said("Fingerprint "), fingerprint, "who trusts it once trusts it at the next start");
    hub.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_json_where_nobody_looks_and_has_the_ids_of_requests() {
    let bench = Bench::new();
    let hub = bench.hub(&["--listen", "127.0.0.1:0"]);
    let base = hub.said("Console ");
    let refused = client(&base, Some(Secret::new("swt_no"))).me().await;
    let Err(ClientError::Problem(problem)) = refused else { panic!("{refused:?}") };
    assert_eq!(problem.kind(), Some(ProblemKind::Unauthenticated));
    let id = problem.request_id.clone().unwrap();
    hub.errs(&id);
    let log = hub.errors();
    let line = log.lines().find(|line| line.contains(&id)).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    assert_eq!(line["status"], 401, "{line}");
    assert_eq!(line["path"], "/api/v1/me", "{line}");
    assert_eq!(line["span"]["id"], id.as_str(), "{line}");
    assert!(!log.contains("swt_no"), "a token is in the log: {log}");
    hub.stop();
}
