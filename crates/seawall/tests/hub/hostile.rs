//! What a hub must survive: a store of a newer program, a full disk, a store that restarts under load.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use api::{Client, ClientError, ProblemKind, Secret, who::MadeToken};
use reqwest::Method;
use serde_json::{Value, json};
use store::{MIGRATIONS, Migration, Store, StoreUrl};

use super::{
    Bench, PASSWORD, client,
    postgres::Server,
    process::{Hub, seawall},
    redeem,
};

/// Migrations of a program that is one step ahead.
fn newer() -> &'static [Migration] {
    let mut all = MIGRATIONS.to_vec();
    all.push(Migration {
        number: 9_999,
        name: "future",
        sql: "CREATE TABLE of_tomorrow (id BIGINT NOT NULL) STRICT;",
    });
    Box::leak(all.into_boxed_slice())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_a_newer_program_wrote_is_refused_by_name_and_left_as_it_is() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let bench = Bench::new();
    fs::create_dir_all(bench.path("data")).unwrap();
    let sqlite = StoreUrl::sqlite(bench.path("data/hub.db"));
    let database = server.database().await;
    let folder = server.folder.display().to_string();
    let text = format!("postgres:///{database}?host={folder}&port={}&user=postgres", server.port);
    for (url, arguments) in [(sqlite, vec![]), (text.parse().unwrap(), vec!["--store", text.as_str()])] {
        let store = Store::open_at(&url, newer()).await.unwrap();
        store.close().await;
        let said = bench.refused(&[&["--listen", "127.0.0.1:0"], arguments.as_slice()].concat());
        for part in ["newer Seawall", "9999_future", "restore the backup"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        Store::open_at(&url, newer()).await.expect("the newer program still opens it").close().await;
    }
}

/// An owner's token.
async fn owner(base: &str, link: &str) -> Client {
    redeem(base, link).await;
    let session = client(base, None).login("root", Secret::new(PASSWORD)).await.unwrap();
    let new = json!({"name": "test", "grants": [{"scope": "", "role": "owner"}]});
    let made: MadeToken = session.change(Method::POST, "/api/v1/tokens", &new).await.unwrap();
    client(base, Some(made.secret))
}

async fn make_owner(client: &Client, name: &str) -> Result<(), ClientError> {
    let body = json!({"name": name, "contact": "x".repeat(200)});
    client.change::<_, Value>(Method::POST, "/api/v1/owners", &body).await.map(drop)
}

async fn owners(client: &Client) -> Vec<String> {
    let rows: Vec<Value> = client.all("/api/v1/owners", &[]).await.unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_changes_and_loses_nothing() {
    let bench = Bench::new();
    // In a namespace of its own a small file system lies where the data does.
    let script = "mount -t tmpfs -o size=6m,mode=700 none data && dd if=/dev/zero of=data/filler bs=64k count=64 status=none; \
                  exec \"$0\" hub --listen 127.0.0.1:0 --log warn";
    fs::create_dir_all(bench.path("data")).unwrap();
    let program = env!("CARGO_BIN_EXE_seawall");
    let mut command = Command::new("unshare");
    command.env("SEAWALL_DATA_DIR", "data").env("SEAWALL_CACHE_DIR", bench.path("cache"));
    command.current_dir(bench.folder.path()).args(["--mount", "sh", "-c", script, program]);
    let hub = Hub::start(&mut command);
    let base = hub.said("Console ");
    let ask = owner(&base, &hub.said("Set-up link ")).await;
    let mut made = Vec::new();
    let refused = loop {
        let name = format!("team-{}", made.len());
        match make_owner(&ask, &name).await {
            Ok(()) => made.push(name),
            Err(error) => break error,
        }
        assert!(made.len() < 20_000, "the disk does not fill");
    };
    let ClientError::Problem(problem) = &refused else { panic!("{refused:?}") };
    assert_eq!(problem.kind(), Some(ProblemKind::Unavailable), "{problem:?}");
    // What was acknowledged is there, and can be read.
    let there = owners(&ask).await;
    assert!(made.iter().all(|name| there.contains(name)), "{} of {}", there.len(), made.len());
    // Space comes back: it goes on by itself.
    let filler = format!("/proc/{}/root{}", hub.pid(), bench.path("data/filler").display());
    fs::remove_file(&filler).unwrap_or_else(|error| panic!("{filler}: {error}"));
    let end = Instant::now() + Duration::from_secs(20);
    while let Err(error) = make_owner(&ask, "after").await {
        assert!(Instant::now() < end, "{error:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    hub.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarted_under_load_loses_nothing_that_was_acknowledged() {
    let server = Arc::new(tokio::task::spawn_blocking(Server::start).await.unwrap());
    let bench = Bench::new();
    let database = server.database().await;
    let url =
        format!("postgres:///{database}?host={}&port={}&user=postgres", server.folder.display(), server.port);
    let hub = bench.hub(&["--listen", "127.0.0.1:0", "--log", "warn", "--store", &url]);
    let base = hub.said("Console ");
    let ask = owner(&base, &hub.said("Set-up link ")).await;
    let until = Instant::now() + Duration::from_secs(8);
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let ask = ask.clone();
            tokio::spawn(async move {
                let (mut kept, mut refused) = (Vec::new(), 0);
                for n in 0.. {
                    if Instant::now() > until {
                        break;
                    }
                    let name = format!("team-{writer}-{n}");
                    match make_owner(&ask, &name).await {
                        Ok(()) => kept.push(name),
                        Err(ClientError::Problem(problem)) => {
                            assert!(
                                matches!(
                                    problem.kind(),
                                    // Whether it took place is not known then: the name may be taken by itself.
                                    Some(
                                        ProblemKind::Unavailable
                                            | ProblemKind::TimedOut
                                            | ProblemKind::TooManyRequests
                                    )
                                ),
                                "{problem:?}"
                            );
                            refused += 1;
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
                (kept, refused)
            })
        })
        .collect();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let server = Arc::clone(&server);
        tokio::task::spawn_blocking(move || {
            server.tell("stop");
            std::thread::sleep(Duration::from_millis(500));
            server.tell("start");
        })
        .await
        .unwrap();
    }
    let mut kept = Vec::new();
    for writer in writers {
        kept.extend(writer.await.unwrap().0);
    }
    assert!(kept.len() > 40, "{}", kept.len());
    let end = Instant::now() + Duration::from_secs(20);
    while ask.get::<Value>("/readyz", &[]).await.is_err() {
        assert!(Instant::now() < end, "it does not become ready again: {}", hub.errors());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let there = owners(&ask).await;
    let lost: Vec<_> = kept.iter().filter(|name| !there.contains(name)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    hub.stop();
}

#[test]
fn doctor_names_what_is_wrong_and_what_to_do() {
    let bench = Bench::new();
    let doctor = |arguments: &[&str]| {
        let mut command = seawall(bench.folder.path());
        command
            .env("SEAWALL_DATA_DIR", bench.path("data"))
            .args(["doctor", "--format", "json"])
            .args(arguments);
        let done = command.output().unwrap();
        let found: Vec<Value> = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&done.stderr)));
        let verdict = move |name: &str| {
            let row = found.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}"));
            assert!(row["verdict"] == "ok" || row["help"].is_string(), "{row}");
            row["verdict"].as_str().unwrap().to_owned()
        };
        (done.status.code().unwrap(), verdict)
    };
    let names =
        ["data-folder", "key-file", "disk-space", "store", "clock", "advisories", "listener", "worker"];
    // Nothing is there yet.
    let (code, of) = doctor(&["--listen", "127.0.0.1:0"]);
    assert_eq!((code, of("advisories").as_str(), of("worker").as_str()), (1, "fail", "ok"));
    for name in names {
        of(name);
    }
    assert!(!bench.path("data").exists(), "it makes nothing");
    // What a hub leaves is right, but for the advisories, which are the sample.
    bench.up(&[]).stop_when("all was looked at");
    let (code, of) = doctor(&["--listen", "127.0.0.1:0"]);
    assert_eq!((code, of("advisories").as_str()), (1, "fail"));
    for name in ["key-file", "store", "clock", "listener", "worker"] {
        assert_eq!(of(name), "ok", "{name}");
    }
    // A key that others can read, a certificate that is none, a store of tomorrow's.
    Command::new("chmod").args(["644", bench.path("data/seal.key").to_str().unwrap()]).status().unwrap();
    bench.write("cert.pem", "nothing");
    let (code, of) = doctor(&[
        "--listen",
        "0.0.0.0:0",
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "cert.pem",
        "--store",
        "sqlite:root/etc/os-release",
    ]);
    assert_eq!(code, 1);
    for name in ["key-file", "listener", "store"] {
        assert_eq!(of(name), "fail", "{name}");
    }
    assert!(Path::new(&bench.path("data/hub.db")).exists());
    // A certificate that is right, that soon ends, that has ended.
    for (days, verdict) in [(31, "ok"), (29, "warn"), (-1, "fail")] {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
        params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(days);
        bench.write("cert.pem", &params.self_signed(&key).unwrap().pem());
        bench.write("key.pem", &key.serialize_pem());
        let (_, of) = doctor(&["--listen", "0.0.0.0:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
        assert_eq!(of("listener"), verdict, "{days} days");
    }
}
