//! The binary on a machine as it is: Docker daemons that are there, missing, closed or silent; proxies; mounts and folders that
//! nobody may read. Needs root, and what `scripts/setup test` installs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "machine/proxy.rs"]
mod proxy;
#[path = "../../oci/tests/sources/services.rs"]
mod services;

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use proxy::Proxy;
use serde_json::Value;
use services::{Access, Daemon, NAME, Registry, run, skopeo};

/// A folder with a small system, a feed about it, and places for database and cache.
struct Bench {
    folder: tempfile::TempDir,
}

const STATUS: &str = "\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u1
Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>

";

const ADVISORY: &str = r#"{"id":"DEBIAN-CVE-2023-5363","modified":"2026-11-01T00:00:00Z","upstream":["CVE-2023-5363"],
    "affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.11-1~deb12u2"}]}],
    "ecosystem_specific":{"urgency":"high"}}]}"#;

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
        bench.write("root/var/lib/dpkg/status", STATUS);
        bench.write("feeds/Debian/sources.txt", "openssl\n");
        let file = fs::File::create(bench.path("feeds/Debian/all.zip")).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file("DEBIAN-CVE-2023-5363.json", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(ADVISORY.as_bytes()).unwrap();
        zip.finish().unwrap();
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

    /// The system as a tar.
    fn tar(&self) -> PathBuf {
        let tar = self.path("root.tar");
        run("tar", &["-C", text(&self.path("root")), "-cf", text(&tar), "."]);
        tar
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("SEAWALL_DATA_DIR", self.path("data"))
            .env("SEAWALL_CACHE_DIR", self.path("cache"))
            .env_remove("SEAWALL_FEEDS");
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command
    }

    fn seawall(&self) -> Command {
        self.command(Path::new(env!("CARGO_BIN_EXE_seawall")))
    }

    fn up(&self, host: &str) -> String {
        let feeds = self.path("feeds");
        let mut command = self.seawall();
        command.args(["up", "--exit-when-idle", "--root", "root"]);
        command.args(["--feeds", text(&feeds), "--docker-host", host]);
        said(&command.output().unwrap(), 0)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What was printed, after a look at the exit status.
fn said(done: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{out}{err}");
    out.into_owned()
}

#[test]
fn up_scans_local_images_and_lets_the_daemon_pack_each_once() {
    let bench = Bench::new();
    let daemon = Daemon::start();
    daemon.docker(&["import", text(&bench.tar()), "seawall.test/app:1"]);
    fs::remove_dir_all(bench.path("root/var")).unwrap();
    daemon.docker(&["import", text(&bench.tar()), "seawall.test/empty:1"]);
    bench.write("root/var/lib/dpkg/status", STATUS);

    let line = |page: &str, name: &str| {
        page.lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("no {name}: {page}"))
            .to_owned()
    };
    let packed = || {
        daemon.log().lines().filter(|line| line.contains("Calling GET") && line.contains("/get\"")).count()
    };
    let first = bench.up(&daemon.host);
    assert!(first.contains("2 Docker images"), "{first}");
    let app = line(&first, "seawall.test/app:1");
    assert!(app.contains("unhealthy") && app.contains('1'), "{app}");
    let empty = line(&first, "seawall.test/empty:1");
    assert!(!empty.contains("unhealthy"), "{empty}");
    assert_eq!(packed(), 2, "{}", daemon.log());
    let images = |page: &str| page.split_once("2 Docker images").unwrap().1.to_owned();
    assert_eq!(images(&bench.up(&daemon.host)), images(&first));
    assert_eq!(packed(), 2, "what was read is remembered");

    // The same by name, through scan; and without the cache it is packed again, to the same result.
    let scan = |more: &[&str]| -> Value {
        let mut command = bench.seawall();
        command.args(["scan", "seawall.test/app:1", "--no-match", "--format", "json", "--docker-host"]);
        let done = command.arg(&daemon.host).args(more).output().unwrap();
        let mut json: Value = serde_json::from_str(&said(&done, 0)).unwrap();
        json["timestamp"] = Value::Null;
        json
    };
    let remembered = scan(&[]);
    assert_eq!(packed(), 2);
    assert_eq!(scan(&["--no-cache"]), remembered);
    assert_eq!(packed(), 3);
    // An entry that is gone, or damaged, is read again from the daemon.
    for entry in fs::read_dir(bench.path("cache/layers")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "layer") {
            fs::write(path, "damaged").unwrap();
        }
    }
    assert_eq!(scan(&[]), remembered);
    assert_eq!(packed(), 4);
    assert_eq!(scan(&[]), remembered);
    assert_eq!(packed(), 4);
}

#[test]
fn up_says_why_images_were_not_looked_at_and_goes_on() {
    let bench = Bench::new();
    let about_docker = |page: &str| {
        assert!(page.contains("openssl"), "the rest of the page: {page}");
        let told = page.lines().find(|line| line.contains("Docker images were not looked at"));
        told.unwrap_or_else(|| panic!("{page}")).to_owned()
    };
    let missing = bench.path("missing.sock");
    let told = about_docker(&bench.up(&format!("unix://{}", missing.display())));
    assert!(told.contains("there is no such socket") && told.contains(text(&missing)), "{told}");

    // Nobody listens any more.
    let left = bench.path("left.sock");
    drop(UnixListener::bind(&left).unwrap());
    let told = about_docker(&bench.up(&format!("unix://{}", left.display())));
    assert!(told.contains("the daemon is not running"), "{told}");

    // One that takes connections and says nothing.
    let silent = bench.path("silent.sock");
    let listener = UnixListener::bind(&silent).unwrap();
    let begin = Instant::now();
    let told = about_docker(&bench.up(&format!("unix://{}", silent.display())));
    assert!(told.contains("sent nothing for 15 s"), "{told}");
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    drop(listener);

    let told = about_docker(&bench.up("ssh://host"));
    assert!(told.contains("only unix:// and tcp://"), "{told}");

    // One whose socket belongs to others.
    let closed = bench.path("closed.sock");
    let _listener = UnixListener::bind(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o600)).unwrap();
    let host = format!("unix://{}", closed.display());
    let done = as_nobody(
        &bench,
        &["up", "--exit-when-idle", "--root", "root", "--feeds", "feeds", "--docker-host", &host],
    );
    let told = about_docker(&said(&done, 0));
    assert!(told.contains("this user may not use the socket"), "{told}");
}

#[test]
fn up_leaves_a_daemon_that_falls_silent_after_its_list() {
    let bench = Bench::new();
    let socket = bench.path("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let n = stream.read(&mut request).unwrap_or(0);
            if request[..n].starts_with(b"GET /images/json ") {
                let id = |digit: &str| format!("sha256:{}", digit.repeat(64));
                let list = format!(
                    r#"[{{"Id":"{}","RepoTags":["a:1"]}},{{"Id":"{}","RepoTags":["b:1"]}},{{"Id":"{}","RepoTags":null}}]"#,
                    id("a"),
                    id("b"),
                    id("c")
                );
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", list.len());
                stream.write_all((head + &list).as_bytes()).unwrap();
            } else {
                held.push(stream);
            }
        }
    });
    let begin = Instant::now();
    let page = bench.up(&format!("unix://{}", socket.display()));
    let told = page.split_once("3 Docker images").unwrap_or_else(|| panic!("{page}")).1;
    assert!(
        told.contains("a:1") && told.contains("not assessed") && told.contains("sent nothing for 15 s"),
        "{told}"
    );
    assert!(!told.contains("b:1") && told.contains("2 more were not asked for"), "{told}");
    assert!(begin.elapsed() < Duration::from_secs(45), "{:?}", begin.elapsed());
}

/// Runs the binary as somebody without rights, who may write where the bench has its data.
fn as_nobody(bench: &Bench, arguments: &[&str]) -> Output {
    let program = bench.path("seawall");
    // By a process of its own: a file that this one has open for writing is handed to whatever another test starts
    // meanwhile, and cannot be executed until that has ended.
    run("cp", &[env!("CARGO_BIN_EXE_seawall"), text(&program)]);
    for name in ["data", "cache"] {
        fs::create_dir_all(bench.path(name)).unwrap();
        run("chown", &["-R", "65534:65534", text(&bench.path(name))]);
    }
    fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = bench.command(Path::new("setpriv"));
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(arguments);
    command.output().expect("setpriv is needed: run scripts/setup test")
}

/// Names and versions of a CycloneDX document's packages, sorted.
fn purls(bom: &Value) -> Vec<String> {
    let components = bom["components"].as_array().unwrap().iter();
    let purl = |component: &Value| Some(component["purl"].as_str()?.split('?').next()?.to_owned());
    let mut all: Vec<String> = components.filter_map(purl).collect();
    all.sort();
    all
}

#[test]
fn folders_that_nobody_may_read_are_problems_and_an_incomplete_scan() {
    let bench = Bench::new();
    bench.write("root/srv/closed/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    bench.write("root/srv/open/node_modules/b/package.json", r#"{"name":"b","version":"1.0.0"}"#);
    bench.write("root/srv/file/node_modules/c/package.json", r#"{"name":"c","version":"1.0.0"}"#);
    for closed in ["root/srv/closed", "root/srv/file/node_modules/c/package.json"] {
        fs::set_permissions(bench.path(closed), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let scan = |format: &str| -> Value {
        let done = as_nobody(&bench, &["scan", "root", "--no-match", "--format", format]);
        serde_json::from_str(&said(&done, 0)).unwrap()
    };
    assert_eq!(purls(&scan("cyclonedx")), ["pkg:deb/debian/libssl3@3.0.11-1~deb12u1", "pkg:npm/b@1.0.0"]);
    let json = scan("json");
    let mut problems: Vec<(&str, &str, &str)> = json["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| ["code", "subject", "effect"].map(|key| problem[key].as_str().unwrap()).into())
        .collect();
    problems.sort_unstable();
    assert_eq!(
        problems,
        [
            ("scan.unreadable", "srv/closed", "may-hide-packages"),
            ("scan.unreadable", "srv/file/node_modules/c/package.json", "may-hide-packages"),
        ]
    );
}

#[test]
fn other_file_systems_are_left_out_and_what_is_left_out_is_counted_and_listed() {
    let bench = Bench::new();
    for path in ["var/lib/docker/overlay2/x", "var/cache/apt", "proc/1", "root/.cache/pip", "usr/share"] {
        bench.write(&format!("root/{path}/node_modules/a/package.json"), r#"{"name":"a","version":"1.0.0"}"#);
    }
    for path in ["mnt/data", "bound"] {
        fs::create_dir_all(bench.path(&format!("root/{path}"))).unwrap();
    }
    let scan = |format: &str| {
        let script = r#"mount -t tmpfs none root/mnt/data && mkdir -p root/mnt/data/node_modules/m &&
            echo '{"name":"m","version":"1.0.0"}' >root/mnt/data/node_modules/m/package.json &&
            mount --bind root/mnt/data root/bound && exec "$0" scan root --no-match --format "$1""#;
        let mut command = bench.command(Path::new("unshare"));
        command.args(["--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_seawall"), format]);
        said(&command.output().unwrap(), 0)
    };
    let json: Value = serde_json::from_str(&scan("json")).unwrap();
    let skipped: Vec<(&str, &str)> = json["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skipped| (skipped["path"].as_str().unwrap(), skipped["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        skipped,
        [
            ("bound", "another file system"),
            ("mnt/data", "another file system"),
            ("proc", "kernel interface"),
            ("root/.cache", "package manager's cache"),
            ("var/cache", "package manager's cache"),
            ("var/lib/docker", "container data"),
        ]
    );
    let bom = serde_json::from_str(&scan("cyclonedx")).unwrap();
    assert_eq!(purls(&bom), ["pkg:deb/debian/libssl3@3.0.11-1~deb12u1", "pkg:npm/a@1.0.0"]);
    assert!(bom.to_string().contains("usr/share/node_modules/a/package.json"));
    let table = scan("table");
    assert!(table.contains("Left out on purpose: 6 folders"), "{table}");
}

#[test]
fn registries_are_reached_through_the_proxy_and_past_it_and_its_password_shows_nowhere() {
    let bench = Bench::new();
    let registry = Registry::start(&Access::TlsAndPassword);
    let (layout, tar) = (bench.path("layout"), bench.tar());
    let image = format!("{}:1", layout.display());
    run("umoci", &["init", "--layout", text(&layout)]);
    run("umoci", &["new", "--image", &image]);
    run("umoci", &["raw", "add-layer", "--image", &image, text(&tar)]);
    let to = format!("docker://{}/app:1", registry.address);
    skopeo(&[
        "copy",
        "--quiet",
        "--dest-tls-verify=false",
        "--dest-creds",
        "ann:s3cret-of-ann",
        &format!("oci:{image}"),
        &to,
    ]);
    // ann:s3cret-of-ann
    let entry = r#"{"auth":"YW5uOnMzY3JldC1vZi1hbm4="}"#;
    bench.write(
        "docker/config.json",
        &format!(r#"{{"auths":{{"{NAME}":{entry},"{}":{entry}}}}}"#, registry.address),
    );
    let scan = |name: &str, variables: &[(&str, &str)]| {
        let mut command = bench.seawall();
        command.args(["scan", "--kind", "registry", "--no-match", "--no-cache", "--format", "cyclonedx"]);
        command.arg("--ca").arg(registry.authority.as_ref().unwrap()).arg(format!("{name}/app:1"));
        command.env("DOCKER_CONFIG", bench.path("docker")).envs(variables.iter().copied());
        let done = command.output().unwrap();
        let all = [done.stdout.as_slice(), &done.stderr].concat();
        let all = String::from_utf8_lossy(&all).into_owned();
        assert!(!all.contains("pr0xy-s3cret") && !all.contains("cHIweHk"), "{all}");
        (done.status.code().unwrap(), all)
    };

    let proxy = Proxy::start(&registry.address, Some("proxy-user:pr0xy-s3cret"));
    let address = format!("http://proxy-user:pr0xy-s3cret@{}", proxy.address);
    let (code, all) = scan(NAME, &[("HTTPS_PROXY", &address)]);
    assert_eq!(code, 0, "{all}");
    assert!(all.contains("libssl3"), "{all}");
    let asked = proxy.taken();
    assert!(!asked.is_empty() && asked.iter().all(|target| *target == format!("{NAME}:443")), "{asked:?}");

    // NO_PROXY: straight to a name that does not exist.
    for spared in [NAME, ".seawall.test", "seawall.test", "*"] {
        let (code, all) = scan(NAME, &[("HTTPS_PROXY", &address), ("NO_PROXY", spared)]);
        assert_eq!((code, proxy.taken().len()), (2, 0), "{spared}: {all}");
        assert!(all.contains(NAME), "{spared}: {all}");
    }
    // This machine's own addresses are never sent to a proxy.
    let (code, all) = scan(&registry.address, &[("HTTPS_PROXY", &address), ("ALL_PROXY", &address)]);
    assert_eq!((code, proxy.taken().len()), (0, 0), "{all}");

    // A wrong password, a proxy that is gone, one that is none.
    let wrong = format!("http://proxy-user:wrong-pr0xy-s3cret@{}", proxy.address);
    let (code, all) = scan(NAME, &[("HTTPS_PROXY", &wrong)]);
    assert_eq!(code, 2, "{all}");
    assert!(all.contains("proxy"), "{all}");
    drop(proxy);
    let (code, all) = scan(NAME, &[("https_proxy", &address)]);
    assert_eq!(code, 2, "{all}");
    assert!(all.contains(NAME), "{all}");
}
