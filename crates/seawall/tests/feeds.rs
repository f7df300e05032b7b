//! From feeds to findings: every way in which a database comes to be, and what its sources say together.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime},
};

use serde_json::Value;

const TRACKER: &str = r#"{"openssl":{
    "CVE-2024-0001":{"releases":{"bookworm":{"status":"open","urgency":"low","nodsa":"Too intrusive to backport","nodsa_reason":"ignored"}}},
    "CVE-2024-0002":{"releases":{"bookworm":{"status":"open","urgency":"low","nodsa":"Minor issue","nodsa_reason":"postponed"}}},
    "CVE-2024-0003":{"releases":{"bookworm":{"status":"undetermined","urgency":"not yet assigned"}}},
    "CVE-2024-0004":{"releases":{"bookworm":{"status":"resolved","fixed_version":"0","urgency":"low"}}},
    "CVE-2024-0005":{"releases":{"bookworm":{"status":"open","urgency":"unimportant"}}},
    "CVE-2024-0006":{"releases":{"bookworm":{"status":"open","urgency":"end-of-life"}}},
    "CVE-2024-0007":{"releases":{"bookworm":{"status":"resolved","fixed_version":"3.0.11-1~deb12u2","urgency":"medium"}}}}}"#;

/// Folder, feeds, a system, and places for database and cache.
struct Bench(tempfile::TempDir);

impl Bench {
    /// A small Debian 12, or an Alpine, with one package.
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        bench.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
        bench.write(
            "root/var/lib/dpkg/status",
            "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.11-1~deb12u1\n\
             Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>\n\n",
        );
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The feed of OSV, which says of all CVEs of the tracker that they are open.
    fn osv(&self) {
        let records: Vec<(String, String)> = (1..=7)
            .map(|number| {
                let cve = format!("CVE-2024-000{number}");
                let text = format!(
                    r#"{{"id":"DEBIAN-{cve}","modified":"2026-11-01T00:00:00Z","upstream":["{cve}"],"affected":[{{"package":{{"ecosystem":"Debian:12","name":"openssl"}},
                    "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}}]}}]}}]}}"#
                );
                (format!("DEBIAN-{cve}.json"), text)
            })
            .collect();
        let files: Vec<(&str, &[u8])> =
            records.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        self.write("feeds/Debian/all.zip", zipped(&files));
        self.write("feeds/Debian/sources.txt", "openssl\n");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.with(arguments, &[])
    }

    fn with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("SEAWALL_DATA_DIR", self.path("data"))
            .env("SEAWALL_CACHE_DIR", self.path("cache"))
            .env_remove("SEAWALL_FEEDS")
            .env_remove("SEAWALL_SOURCE")
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> Output {
        let done = self.run(arguments);
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}{}", out(&done), err(&done));
        done
    }

    /// The result of a scan, and its exit code.
    fn scan(&self, arguments: &[&str]) -> (Value, i32) {
        let done = self.run(&[&["scan", "root", "--format", "json"], arguments].concat());
        (serde_json::from_slice(&done.stdout).unwrap(), done.status.code().unwrap())
    }

    /// `up` until all was looked at, in its own system, with no daemon.
    fn up(&self, environment: &[(&str, &str)]) -> Output {
        let up = ["up", "--exit-when-idle", "--root", "root", "--docker-host", "unix:///nonexistent"];
        self.with(&up, environment)
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A web server that we did not write, over a folder; ends with the test.
struct Web {
    server: Child,
    address: String,
}

/// The same behind TLS: folder, certificate, key.
const TLS: &str = "
import functools, http.server, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
print('serving (https://127.0.0.1:%d/)' % server.server_address[1])
server.serve_forever()
";

impl Web {
    fn serve(folder: &Path) -> Self {
        let mut python = Command::new("python3");
        python.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(folder);
        Self::start(python)
    }

    fn serve_tls(folder: &Path, certificate: &Path, key: &Path) -> Self {
        let mut python = Command::new("python3");
        python.args(["-u", "-c", TLS]).args([folder, certificate, key]);
        Self::start(python)
    }

    fn start(mut python: Command) -> Self {
        let mut server = python
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 can be run; scripts/setup test installs it");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // "Serving HTTP on 127.0.0.1 port 8000 (http://127.0.0.1:8000/) ..."
        let address = line.split(['(', ')']).nth(1).unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { server, address }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1/";

/// Vulnerability, judgement, status of the fix, and how many records, of each finding.
fn findings(json: &Value) -> Vec<(String, String, String, usize)> {
    let mut all: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&finding["vulnerability"]),
                text(&finding["judgement"]),
                text(&finding["fix"]["status"]),
                finding["records"].as_array().unwrap().len(),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn cases_07_08_09_the_tracker_is_the_distributions_word_beside_its_osv_export() {
    let bench = Bench::new();
    bench.osv();
    bench.write("feeds/debian-tracker/data.json", TRACKER);
    bench.good(&["db", "import", "feeds"]);
    let (json, _) = bench.scan(&["--all"]);
    let found = findings(&json);
    let of = |number: u32| found.iter().find(|finding| finding.0 == format!("CVE-2024-000{number}"));
    let brief =
        |number| of(number).map(|(_, judgement, fix, records)| (judgement.as_str(), fix.as_str(), *records));
    assert_eq!(brief(1), Some(("counts", "wont-fix", 2)), "{found:?}");
    assert_eq!(brief(2), Some(("counts", "deferred", 2)), "{found:?}");
    assert_eq!(brief(3), Some(("set-apart", "investigating", 2)), "{found:?}");
    assert_eq!(brief(4), None, "not affected: {found:?}");
    assert_eq!(brief(5), Some(("set-apart", "none-known", 2)), "{found:?}");
    assert_eq!(brief(6), Some(("counts", "wont-fix", 2)), "{found:?}");
    assert_eq!(brief(7), Some(("counts", "fixed", 2)), "{found:?}");
    let why = |cve: &str| out(&bench.run(&["why", cve, "root"]));
    assert!(why("CVE-2024-0001").contains("Too intrusive to backport"), "{}", why("CVE-2024-0001"));
    assert!(why("CVE-2024-0006").contains("end of life"), "{}", why("CVE-2024-0006"));
    assert!(why("CVE-2024-0004").contains("debian-tracker"), "{}", why("CVE-2024-0004"));
}

#[test]
fn case_23_a_community_package_of_alpine_is_judged_by_secdb() {
    let bench = Bench::new();
    bench.write("root/etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME=\"Alpine Linux v3.22\"\n");
    fs::remove_dir_all(bench.path("root/var")).unwrap();
    bench.write(
        "root/lib/apk/db/installed",
        "P:redis\nV:8.0.1-r0\nA:x86_64\no:redis\n\nP:quiet\nV:1.0-r0\nA:x86_64\no:quiet\n\n",
    );
    let secdb = |repository: &str, package: &str| {
        format!(
            r#"{{"reponame":"{repository}","distroversion":"v3.22","packages":[{{"pkg":{{"name":"{package}","secfixes":{{"8.0.2-r0":["CVE-2025-0001"],"0":["CVE-2025-0002"]}}}}}}]}}"#
        )
    };
    bench.write("feeds/alpine-secdb/v3.22/main.json", secdb("main", "openssl"));
    bench.write("feeds/alpine-secdb/v3.22/community.json", secdb("community", "redis"));
    bench.good(&["db", "import", "feeds"]);
    let (json, _) = bench.scan(&[]);
    let found = findings(&json);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0.as_str(), found[0].2.as_str()), ("CVE-2025-0001", "fixed"));
}

#[test]
fn a_carried_zip_gives_the_same_database_and_lints_are_listed_on_request() {
    let bench = Bench::new();
    bench.osv();
    let odd = r#"{"id":"GHSA-1","affected":[{"package":{"ecosystem":"npm","name":"a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.0.0"}]}]}]}"#;
    bench.write("feeds/npm/all.zip", zipped(&[("GHSA-1.json", odd.as_bytes())]));
    bench.write(
        "feeds/epss/scores.csv",
        "#model_version:v1,score_date:2026-11-24T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,0.5,0.9\n",
    );
    let counted = err(&bench.good(&["db", "import", "feeds"]));
    assert!(counted.contains("osv-npm: 1 × empty-range (such ranges never match)"), "{counted}");
    let of_folder = fs::read(bench.path("data/vulnerabilities.db")).unwrap();
    let carried: Vec<(&str, Vec<u8>)> =
        ["Debian/all.zip", "Debian/sources.txt", "npm/all.zip", "epss/scores.csv"]
            .into_iter()
            .map(|name| (name, fs::read(bench.path("feeds").join(name)).unwrap()))
            .collect();
    let carried: Vec<(&str, &[u8])> = carried.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    bench.write("feeds.zip", zipped(&carried));
    let listed = out(&bench.good(&["db", "import", "feeds.zip", "--lints"]));
    assert!(listed.contains("osv-npm: empty-range: GHSA-1: a: 1.0.0"), "{listed}");
    assert!(fs::read(bench.path("data/vulnerabilities.db")).unwrap() == of_folder, "another database");
    let listed = out(&bench.good(&["db", "lints", "--source", "osv-npm", "--kind", "inverted-range"]));
    assert_eq!(listed, "0 in all, 0 shown\n");
    let info = out(&bench.good(&["db", "info"]));
    let line =
        |source: &str| info.lines().find(|line| line.starts_with(source)).unwrap_or_else(|| panic!("{info}"));
    assert!(line("osv-debian").ends_with("Debian 12 (1 package)"), "{info}");
    assert!(line("epss").contains(" 1  2026-11-24 "), "{info}");
    let npm: Vec<&str> = line("osv-npm").split_whitespace().collect();
    assert_eq!(npm, ["osv-npm", "1", "-", "-", "1"], "records, newest, age, lints");
    bench.good(&["db", "verify"]);
}

#[test]
fn a_broken_feed_is_named_and_the_old_database_stays() {
    let bench = Bench::new();
    bench.osv();
    bench.good(&["db", "import", "feeds"]);
    let before = fs::read(bench.path("data/vulnerabilities.db")).unwrap();
    bench.write("feeds/debian-tracker/data.json", TRACKER.get(..TRACKER.len() - 5).unwrap());
    let done = bench.run(&["db", "import", "feeds"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("debian-tracker/data.json is broken"), "{}", err(&done));
    assert!(fs::read(bench.path("data/vulnerabilities.db")).unwrap() == before, "another database");
}

#[test]
fn update_fetches_a_mirror_keeps_it_and_outlives_it() {
    let bench = Bench::new();
    bench.osv();
    bench.write("feeds/debian-tracker/data.json", TRACKER);
    // A server tells the second in which a file changed: what changes below must not do so in the same one.
    let yesterday = SystemTime::now() - Duration::from_secs(86_400);
    for name in ["Debian/all.zip", "Debian/sources.txt", "debian-tracker/data.json"] {
        let file = fs::File::options().append(true).open(bench.path("feeds").join(name)).unwrap();
        file.set_modified(yesterday).unwrap();
    }
    let web = Web::serve(&bench.path("feeds"));
    let address = web.address.clone();
    let update = || bench.run(&["db", "update", "--source", &address]);
    let first = update();
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    for told in ["fetched Debian/all.zip", "fetched debian-tracker/data.json", "no data from the source"] {
        assert!(err(&first).contains(told), "{told}: {}", err(&first));
    }
    assert_eq!(findings(&bench.scan(&["--all"]).0).len(), 6);
    let second = update();
    assert!(err(&second).contains("3 files are unchanged"), "{}", err(&second));

    bench.write("feeds/Debian/all.zip", "<html>Sign in to the network</html>");
    let third = bench.run(&["db", "update", "--quiet", "--source", &address]);
    assert_eq!(third.status.code(), Some(0), "{}", err(&third));
    assert!(err(&third).contains("Debian/all.zip was not fetched, the copy of 20"), "{}", err(&third));
    assert!(err(&third).contains("no whole zip file"), "{}", err(&third));

    drop(web);
    let fourth = update();
    assert_eq!(fourth.status.code(), Some(0), "{}", err(&fourth));
    assert!(err(&fourth).contains("more files were not fetched for the same reason"), "{}", err(&fourth));
    assert_eq!(findings(&bench.scan(&["--all"]).0).len(), 6, "the last good copies are in use");

    let nobody = bench.run(&["db", "update", "--source", NOBODY]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(err(&nobody).contains("no feeds from 127.0.0.1"), "{}", err(&nobody));
    let folder = bench.run(&["db", "update", "--source", "feeds"]);
    assert_eq!(folder.status.code(), Some(0), "{}", err(&folder));
}

#[test]
fn update_speaks_tls_and_trusts_whom_it_is_told_to() {
    let bench = Bench::new();
    bench.osv();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    bench.write("cert.pem", made.cert.pem());
    bench.write("key.pem", made.signing_key.serialize_pem());
    let web = Web::serve_tls(&bench.path("feeds"), &bench.path("cert.pem"), &bench.path("key.pem"));
    let stranger = bench.run(&["db", "update", "--source", &web.address]);
    assert_eq!(stranger.status.code(), Some(2));
    assert!(err(&stranger).contains("certificate"), "{}", err(&stranger));
    let known = bench.run(&["db", "update", "--source", &web.address, "--ca", "cert.pem"]);
    assert_eq!(known.status.code(), Some(0), "{}", err(&known));
    assert!(err(&known).contains("fetched Debian/all.zip"), "{}", err(&known));
}

#[test]
fn without_a_source_the_public_ones_are_asked_through_the_proxy() {
    let bench = Bench::new();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let hosts = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in proxy.incoming().flatten() {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            // "CONNECT host:443 HTTP/1.1"
            hosts.lock().unwrap().extend(line.split([' ', ':']).nth(1).map(ToOwned::to_owned));
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let done = bench.with(&["db", "update"], &[("HTTPS_PROXY", &address), ("NO_PROXY", "")]);
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("no feeds from the public sources"), "{}", err(&done));
    let asked: Vec<String> = asked.lock().unwrap().iter().cloned().collect();
    assert_eq!(
        asked,
        [
            "epss.empiricalsecurity.com",
            "osv-vulnerabilities.storage.googleapis.com",
            "secdb.alpinelinux.org",
            "security-tracker.debian.org",
            "www.cisa.gov",
        ]
    );
}

#[test]
fn up_takes_the_feeds_that_are_named_else_the_database_else_the_network_else_the_sample() {
    let bench = Bench::new();
    bench.osv();

    // Nothing at all: the sample, loudly.
    let done = bench.up(&[("SEAWALL_SOURCE", NOBODY)]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(err(&done).contains("no advisories could be fetched"), "{}", err(&done));
    assert!(err(&done).contains("SAMPLE: "), "{}", err(&done));
    assert!(out(&done).contains("the built-in sample of famous records"), "{}", out(&done));

    // A sample never makes anything healthy, and no gate passes on it.
    bench.write("clean/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    bench.write(
        "clean/var/lib/dpkg/status",
        "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9:9-1\n\n",
    );
    let clean = bench.run(&["scan", "clean", "--fail-on", "low", "--quiet"]);
    assert_eq!(clean.status.code(), Some(3), "{}", out(&clean));
    assert!(err(&clean).contains("SAMPLE: ") && !out(&clean).contains("State: healthy"), "{}", out(&clean));

    let dated = bench.run(&["scan", "clean", "--max-db-age", "9999d"]);
    assert!(out(&dated).contains("no advisory has a date"), "{}", out(&dated));

    // A sample is no database to stay with: with a source there is a real one.
    let web = Web::serve(&bench.path("feeds"));
    let done = bench.up(&[("SEAWALL_SOURCE", &web.address)]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(
        err(&done).contains("fetched Debian/all.zip") && !err(&done).contains("SAMPLE"),
        "{}",
        err(&done)
    );

    // What is there is used; nobody is asked.
    drop(web);
    let done = bench.up(&[("SEAWALL_SOURCE", NOBODY)]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(!err(&done).contains("fetch"), "{}", err(&done));

    // Feeds that are named go first.
    let feeds = bench.path("feeds");
    let done = bench.up(&[("SEAWALL_FEEDS", feeds.to_str().unwrap()), ("SEAWALL_SOURCE", NOBODY)]);
    assert!(err(&done).contains("reading Debian") && !err(&done).contains("fetch"), "{}", err(&done));
    let empty = bench.up(&[("SEAWALL_FEEDS", ""), ("SEAWALL_SOURCE", "")]);
    assert_eq!(empty.status.code(), Some(0), "an empty variable is none: {}", err(&empty));
    let missing = bench.up(&[("SEAWALL_FEEDS", "/nowhere")]);
    assert_eq!(missing.status.code(), Some(2), "feeds that were named and are not there are a mistake");
}

#[test]
fn a_database_that_cannot_be_read_is_replaced_by_up_and_refused_by_scan() {
    let bench = Bench::new();
    bench.write("data/vulnerabilities.db", "something else");
    assert_eq!(bench.run(&["scan", "root"]).status.code(), Some(2));
    let done = bench.up(&[("SEAWALL_SOURCE", NOBODY)]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(err(&done).contains("no Seawall database") && err(&done).contains("SAMPLE"), "{}", err(&done));
    bench.good(&["db", "sample"]);
}
