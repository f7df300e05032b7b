//! What registries, archives and layouts say about an image.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use oci::{Image, Options, Reference, Source, Timeouts, open};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::{budget, made, parts, text};

/// A folder in memory, where there is one.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("seawall-fuzz-").tempdir_in(parent);
        folder.expect("a folder can be made").keep()
    })
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("it starts")
    })
}

fn options() -> Options {
    Options {
        docker_config: None,
        retries: 0,
        scratch: Some(folder().to_owned()),
        limits: oci::Limits { archive: 32 << 20, entries: 10_000, ..oci::Limits::default() },
        timeouts: Timeouts {
            connect: Duration::from_millis(200),
            idle: Duration::from_millis(200),
            helper: Duration::from_millis(200),
            back_off: Duration::from_millis(1),
            transfer: Duration::from_secs(2),
        },
        ..Options::default()
    }
}

fn check(image: Result<Image, oci::Error>) {
    match image {
        Ok(image) => {
            let catalogued = scan::catalogue_image(
                "x",
                &image,
                &scan::Workers { threads: 1, ..scan::Workers::default() },
                &budget(),
            );
            let _ = catalogued.problems.len();
        }
        Err(error) => {
            let told = error.to_string();
            assert!(!told.is_empty() && !told.contains('\u{1b}'), "{told:?} would act on a terminal");
        }
    }
}

fn blob(root: &Path, data: &[u8]) -> String {
    let hex: String = Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(root.join("blobs/sha256").join(&hex), data).expect("it can be written");
    hex
}

fn layout(name: &str) -> PathBuf {
    let root = folder().join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("blobs/sha256")).expect("it can be made");
    fs::write(root.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#).expect("it can be written");
    root
}

fn open_layout(root: &Path) {
    let source = Source::Layout { path: root.to_owned(), image: None };
    check(runtime().block_on(open(&source, &options())));
}

fn descriptor(kind: &str, hex: &str, len: usize) -> String {
    format!(r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"sha256:{hex}","size":{len}}}"#)
}

/// `oci-layout` and `index.json`.
pub fn index(data: &[u8]) {
    let parts = parts(data, 2);
    let root = layout("index");
    fs::write(root.join("index.json"), parts[0]).expect("it can be written");
    if !parts[1].is_empty() {
        fs::write(root.join("oci-layout"), parts[1]).expect("it can be written");
    }
    open_layout(&root);
}

/// A manifest, or an index in its place.
pub fn manifest(data: &[u8]) {
    let root = layout("manifest");
    let hex = blob(&root, data);
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        descriptor("manifest.v1+json", &hex, data.len())
    );
    fs::write(root.join("index.json"), index).expect("it can be written");
    open_layout(&root);
}

/// An image's configuration.
pub fn config(data: &[u8]) {
    let root = layout("config");
    let config = blob(&root, data);
    let layer = made::tar(&[("a", b"b")]);
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
        descriptor("config.v1+json", &config, data.len()),
        descriptor("layer.v1.tar", &blob(&root, &layer), layer.len())
    );
    let hex = blob(&root, manifest.as_bytes());
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        descriptor("manifest.v1+json", &hex, manifest.len())
    );
    fs::write(root.join("index.json"), index).expect("it can be written");
    open_layout(&root);
}

fn open_archive(data: &[u8]) {
    let path = folder().join("archive.tar");
    fs::write(&path, data).expect("it can be written");
    let _ = oci::is_archive(&path);
    let source = Source::Archive { path, image: None };
    check(runtime().block_on(open(&source, &options())));
}

/// An archive as a whole, compressed or not.
pub fn archive(data: &[u8]) {
    open_archive(data);
}

/// `manifest.json` and the configuration of a `docker save` archive.
pub fn saved(data: &[u8]) {
    let parts = parts(data, 2);
    let layer = made::tar(&[("a", b"b")]);
    open_archive(&made::tar(&[
        ("config.json", parts[1]),
        ("layer.tar", &layer),
        ("manifest.json", parts[0]),
    ]));
}

/// An image's name.
pub fn reference(data: &[u8]) {
    let text = text(data);
    let Ok(reference) = text.parse::<Reference>() else { return };
    let written = reference.to_string();
    let again = written.parse::<Reference>().expect("what is written is a name");
    assert_eq!(reference, again, "{text:?} is written as {written:?}");
    assert!(!reference.registry().contains('/') && !reference.repository().contains(".."));
    let _ = (reference.api_host(), reference.tag(), reference.digest(), reference.name());
    let _ = text.parse::<model::Platform>();
}

/// Docker's `config.json`. The registry is a port of this machine where nobody listens; helpers are not found.
pub fn docker_config(data: &[u8]) {
    let path = folder().join("config.json");
    fs::write(&path, data).expect("it can be written");
    let reference = "localhost:1/a:b".parse::<Reference>().expect("it is a name");
    let options = Options { docker_config: Some(path), insecure: true, ..options() };
    check(runtime().block_on(open(&Source::Registry(reference), &options)));
}

/// What the server says next.
static ANSWERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// A server that says what it was told, one answer a connection, whatever it is asked.
fn server(data: &[u8]) -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    let mut answers: Vec<Vec<u8>> = parts(data, 5).into_iter().map(answer).collect();
    answers.reverse();
    *ANSWERS.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    *PORT.get_or_init(|| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        thread::spawn(move || listener.incoming().filter_map(Result::ok).for_each(serve));
        port
    })
}

/// A whole answer, or a body.
fn answer(part: &[u8]) -> Vec<u8> {
    if part.starts_with(b"HTTP/") {
        return part.to_vec();
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\n\r\n",
        part.len()
    );
    [head.as_bytes(), part].concat()
}

fn serve(mut stream: TcpStream) {
    let mut asked = Vec::new();
    let mut buffer = [0; 4096];
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => asked.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    let next = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).pop();
    // Who asks may have gone.
    let _ = stream.write_all(&next.unwrap_or_default());
}

/// A registry that answers anything: status, headers, challenges, tokens, manifests, blobs.
pub fn registry(data: &[u8]) {
    let reference = format!("127.0.0.1:{}/a:b", server(data)).parse::<Reference>().expect("it is a name");
    let options = Options { insecure: true, ..options() };
    check(runtime().block_on(open(&Source::Registry(reference), &options)));
}

/// A registry whose lists and manifests are anything.
pub fn listing(data: &[u8]) {
    let port = server(data);
    let _ = runtime().block_on(async {
        let options = Options { insecure: true, ..options() };
        let listing = oci::Listing::connect(&format!("127.0.0.1:{port}"), &options).await?;
        let page = listing.repositories(None).await?;
        assert!(page.names.iter().all(|name| format!("h.test/{name}:x").parse::<Reference>().is_ok()));
        let tags = listing.tags("a", page.next.as_deref()).await?;
        assert!(tags.names.iter().all(|tag| format!("h.test/a:{tag}").parse::<Reference>().is_ok()));
        listing.find("a", "b").await
    });
}

/// A Docker daemon that answers anything.
pub fn daemon(data: &[u8]) {
    let host = Some(format!("tcp://127.0.0.1:{}", server(data)));
    let _ = runtime().block_on(oci::daemon_images(host.as_deref(), &options()));
    let source = Source::Daemon { host, image: "a:b".to_owned() };
    check(runtime().block_on(open(&source, &options())));
}
