//! Sources that are there, that change, and that lie, stall and point elsewhere.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

/// What a server does.
enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Promises more bytes than it sends, and hangs up.
    Short(u64, Vec<u8>),
    /// Begins, and says no more.
    Stall(Vec<u8>),
}

/// A request: its path, and its headers in lower case.
struct Request {
    path: String,
    headers: Vec<String>,
}

impl Request {
    fn has(&self, header: &str) -> bool {
        self.headers.iter().any(|known| known == header)
    }
}

/// Serves until the process ends; gives its address.
fn serve(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Source {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || talk(stream, &*answer));
        }
    });
    Source::parse(&format!("http://{address}/feeds")).unwrap()
}

fn talk(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Reply) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let mut send = |status: u16, length: u64, headers: &[(&str, String)], body: &[u8]| {
        let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(b"\r\n"));
        let _ = stream.write_all(body);
    };
    match answer(&Request { path, headers }) {
        Reply::Answer(status, headers, body) => send(status, body.len() as u64, &headers, &body),
        Reply::Short(length, body) => send(200, length, &[], &body),
        Reply::Stall(body) => {
            send(200, 1 << 20, &[], &body);
            thread::sleep(Duration::from_secs(20));
        }
    }
}

fn ok(body: Vec<u8>) -> Reply {
    Reply::Answer(200, Vec::new(), body)
}

fn missing() -> Reply {
    Reply::Answer(404, Vec::new(), b"no".to_vec())
}

fn redirect(to: &str) -> Reply {
    Reply::Answer(302, vec![("location", to.to_owned())], Vec::new())
}

fn zipped(text: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    zip.start_file("one.json", SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn record(id: &str) -> Vec<u8> {
    zipped(&format!(r#"{{"id":"{id}","affected":[]}}"#))
}

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("kept")
    }

    fn fetch(&self, source: &Source) -> Result<Fetched, FetchError> {
        let mut options = oci::Options { docker_config: None, retries: 1, ..oci::Options::default() };
        options.timeouts.idle = Duration::from_millis(300);
        options.timeouts.connect = Duration::from_secs(2);
        options.timeouts.back_off = Duration::from_secs(3);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(fetch(source, &self.folder(), "2026-11-24T00:00:00Z", &options, Arc::new(|_| {})))
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.folder().join(path)).unwrap()
    }
}

/// The one failure.
fn failure(fetched: &Fetched) -> &FailedFile {
    assert_eq!(fetched.failed.len(), 1, "{fetched:?}");
    &fetched.failed[0]
}

#[test]
fn a_mirror_is_fetched_once_and_asked_with_its_marks_after_that() {
    let source = serve(|request| match request.path.as_str() {
        "/feeds/Rocky%20Linux/all.zip" if request.has("if-none-match: \"v1\"") => {
            Reply::Answer(304, Vec::new(), Vec::new())
        }
        "/feeds/Rocky%20Linux/all.zip" => {
            Reply::Answer(200, vec![("etag", "\"v1\"".to_owned())], record("RLSA-1"))
        }
        "/feeds/Debian/all.zip" if request.has("if-modified-since: fri, 20 nov 2026 10:00:00 gmt") => {
            Reply::Answer(304, Vec::new(), Vec::new())
        }
        "/feeds/Debian/all.zip" => {
            let modified = vec![("last-modified", "Fri, 20 Nov 2026 10:00:00 GMT".to_owned())];
            Reply::Answer(200, modified, record("DSA-1"))
        }
        "/feeds/Debian/sources.txt" => ok(b"openssl\n".to_vec()),
        "/feeds/debian-tracker/data.json" => ok(br#"{"a":{"CVE-2024-1":{"releases":{}}}}"#.to_vec()),
        _ => missing(),
    });
    let bench = Bench::new();
    let first = bench.fetch(&source).unwrap();
    let new: Vec<_> = first.new.iter().map(|(path, _)| path.as_str()).collect();
    let all = ["Debian/all.zip", "Debian/sources.txt", "Rocky Linux/all.zip", "debian-tracker/data.json"];
    assert_eq!(new, all);
    assert!(first.failed.is_empty() && first.missing.len() > 20, "{first:?}");
    assert_eq!(bench.read("Debian/all.zip"), record("DSA-1"));
    let second = bench.fetch(&source).unwrap();
    assert_eq!(second.unchanged, ["Debian/all.zip", "Rocky Linux/all.zip"]);
    assert_eq!(second.new.len(), 2, "what has no marks is fetched again");
    let kept = Kept::read(&bench.read(kept::NAME), kept::NAME).unwrap();
    assert_eq!(kept.time_of("Debian/all.zip").as_deref(), Some("2026-11-20T10:00:00Z"));
    assert_eq!(kept.time_of("debian-tracker/data.json").as_deref(), Some("2026-11-24T00:00:00Z"));

    // A file that was changed by hand is fetched again, whatever the marks say.
    fs::write(bench.folder().join("Rocky Linux/all.zip"), "changed").unwrap();
    let third = bench.fetch(&source).unwrap();
    assert!(third.new.iter().any(|(path, _)| path == "Rocky Linux/all.zip"), "{third:?}");
    assert_eq!(bench.read("Rocky Linux/all.zip"), record("RLSA-1"));
}

#[test]
fn whatever_a_source_does_the_last_good_copy_stays() {
    let bench = Bench::new();
    let state = Arc::new(Mutex::new(0usize));
    let now = Arc::clone(&state);
    let (good, cut) = (record("DSA-1"), record("DSA-2").split_at(40).0.to_vec());
    let other = zipped(r#"{"name":"lodash"}"#);
    let whole = good.clone();
    let source = serve(move |request| {
        if request.path == "/feeds/round" {
            return redirect("/feeds/round");
        }
        if request.path != "/feeds/Debian/all.zip" {
            return missing();
        }
        match *now.lock().unwrap() {
            0 => ok(whole.clone()),
            1 => Reply::Stall(b"PK".to_vec()),
            2 => Reply::Short(10_000, b"PK\x03\x04".to_vec()),
            3 => ok(cut.clone()),
            4 => Reply::Answer(
                200,
                vec![("content-type", "text/html; charset=utf-8".into())],
                b"<html>".to_vec(),
            ),
            5 => ok(b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec()),
            6 => redirect("http://127.0.0.2/Debian/all.zip"),
            7 => redirect("https://127.0.0.2/Debian/all.zip"),
            8 => redirect("https://169.254.169.254/latest/meta-data"),
            9 => redirect("https://localhost/Debian/all.zip"),
            10 => redirect("file:///etc/passwd"),
            11 => Reply::Short(9 << 30, Vec::new()),
            12 => Reply::Answer(503, vec![("retry-after", "0".into())], Vec::new()),
            13 => Reply::Answer(403, Vec::new(), Vec::new()),
            14 => ok(Vec::new()),
            15 => ok(other.clone()),
            16 => Reply::Answer(304, Vec::new(), Vec::new()),
            17 => redirect("/feeds/round"),
            18 => missing(),
            _ => Reply::Answer(302, Vec::new(), Vec::new()),
        }
    });
    let first = bench.fetch(&source).unwrap();
    assert_eq!(first.new.len(), 1, "{first:?}");
    let told = [
        "sent nothing for",
        "end of file before message length",
        "no whole zip file",
        "with an HTML page",
        "no whole zip file",
        "unencrypted",
        "this machine itself",
        "link-local",
        "this machine itself",
        "names file:///etc/passwd",
        "larger than the limit",
        "answers 503; gave up after 2 attempts",
        "answers 403",
        "no whole zip file",
        "another kind",
        "who has nothing",
        "more than 5 redirects",
        "the source no longer has it",
        "a redirect without a valid address",
    ];
    for (number, told) in told.into_iter().enumerate() {
        *state.lock().unwrap() = number + 1;
        let begin = Instant::now();
        let fetched = bench.fetch(&source).unwrap();
        assert!(begin.elapsed() < Duration::from_secs(10), "{told}: {:?}", begin.elapsed());
        let failed = failure(&fetched);
        assert!(failed.why.contains(told), "case {}: '{told}' in {}", number + 1, failed.why);
        assert_eq!(failed.kept.as_deref(), Some("2026-11-24T00:00:00Z"));
        assert_eq!(bench.read("Debian/all.zip"), good, "{told}");
        let left: Vec<_> = fs::read_dir(bench.folder().join("Debian")).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "nothing half-fetched is left: {left:?}");
    }
}

#[test]
fn a_redirect_within_the_host_is_followed() {
    let source = serve(|request| match request.path.as_str() {
        "/feeds/npm/all.zip" => redirect("/elsewhere.zip"),
        "/elsewhere.zip" => ok(record("GHSA-1")),
        _ => missing(),
    });
    assert_eq!(Bench::new().fetch(&source).unwrap().new.len(), 1);
}

#[test]
fn what_cannot_be_reached_is_told_once_and_soon() {
    let begin = Instant::now();
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let source = Source::parse(&format!("http://{nobody}/")).unwrap();
    let failed = Bench::new().fetch(&source).unwrap_err().to_string();
    assert!(failed.contains("no feeds from 127.0.0.1") && failed.contains("refused"), "{failed}");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());

    let empty = serve(|_| missing());
    let failed = Bench::new().fetch(&empty).unwrap_err().to_string();
    assert!(failed.contains("none of the files"), "{failed}");
}

#[test]
fn a_folder_is_a_source_too() {
    let from = tempfile::tempdir().unwrap();
    fs::create_dir(from.path().join("Debian")).unwrap();
    fs::write(from.path().join("Debian/all.zip"), record("DSA-1")).unwrap();
    let bench = Bench::new();
    let source = Source::parse(&format!("file://{}", from.path().display())).unwrap();
    assert_eq!(source, Source::parse(&from.path().display().to_string()).unwrap());
    assert_eq!(bench.fetch(&source).unwrap().new.len(), 1);
    assert_eq!(bench.fetch(&source).unwrap().unchanged, ["Debian/all.zip"]);
    fs::write(from.path().join("Debian/all.zip"), "half a fil").unwrap();
    let fetched = bench.fetch(&source).unwrap();
    assert!(failure(&fetched).why.contains("no whole zip file"), "{fetched:?}");
    assert_eq!(bench.read("Debian/all.zip"), record("DSA-1"));
    let file = Source::parse(&from.path().join("Debian/all.zip").display().to_string()).unwrap();
    assert!(bench.fetch(&file).unwrap_err().to_string().contains("seawall db import"));
}

#[test]
fn sources_as_people_type_them() {
    assert_eq!(Source::parse(PUBLIC).unwrap(), Source::Public);
    assert_eq!(Source::parse(&format!("{PUBLIC}/")).unwrap(), Source::Public);
    let mirror = Source::parse("https://user:secret@feeds.example/osv?token=1").unwrap();
    assert!(!mirror.folder_name().contains("secret"), "{}", mirror.folder_name());
    assert_ne!(
        Source::parse("https://a.example/b/c").unwrap().folder_name(),
        Source::parse("https://a.example/b-c").unwrap().folder_name()
    );
    let long = Source::parse(&format!("https://a.example/{}", "x".repeat(500))).unwrap();
    assert!(long.folder_name().len() <= 200);
    for (text, open) in [
        ("http://a.example/", true),
        ("https://a.example/", false),
        ("http://127.0.0.1:8000/", false),
        ("http://[::1]/", false),
        ("http://localhost/", false),
        ("/mnt/feeds", false),
        (PUBLIC, false),
    ] {
        assert_eq!(Source::parse(text).unwrap().is_open(), open, "{text}");
    }
    for text in ["ftp://a.example/", "https://", "unix:///run/docker.sock"] {
        assert!(Source::parse(text).is_err(), "{text}");
    }
}
