//! The same image by every way, through the real tools: docker-registry, skopeo, dockerd. Its configuration digest
//! and its layers must be equal by all of them. Needs what `scripts/setup test` installs, and root for dockerd.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy.toml allows these in tests, but not in what tests share"
)]

#[path = "sources/image.rs"]
mod image;
#[path = "sources/services.rs"]
mod services;

use std::{
    collections::HashMap,
    io::Read as _,
    path::Path,
    sync::{Arc, Mutex},
};

use model::{Budget, ConfigDigest, Digest, Platform};
use oci::{
    Error, Image, Known, Memory, Options, Progress, Source, Transfer, daemon_images, is_archive,
    is_oci_layout, open,
};
use sha2::{Digest as _, Sha256};

use image::{Made, two_platforms};
use services::{Access, Daemon, Registry, skopeo};

fn options() -> Options {
    Options { docker_config: None, platform: Some("linux/amd64".parse().unwrap()), ..Options::default() }
}

fn registry_source(registry: &Registry, name: &str) -> Source {
    Source::Registry(format!("{}/{name}", registry.address).parse().unwrap())
}

/// Reads every layer, each on a thread of its own, and hashes what is inside it.
async fn diff_ids(image: Image) -> Vec<Digest> {
    let image = Arc::new(image);
    let threads: Vec<_> = (0..image.layers.len())
        .map(|index| {
            let image = Arc::clone(&image);
            std::thread::spawn(move || {
                let source = &image.layers[index];
                let mut stored = Vec::new();
                image.open_layer(index).unwrap().read_to_end(&mut stored).unwrap();
                assert_eq!(stored.len() as u64, source.layer.size);
                if let Some(blob) = source.layer.blob {
                    assert_eq!(Digest::from_bytes(Sha256::digest(&stored).into()), blob.0, "layer {index}");
                }
                let mut plain = Vec::new();
                archive::inflated(&stored[..], &Budget::default()).read_to_end(&mut plain).unwrap();
                Digest::from_bytes(Sha256::digest(&plain).into())
            })
        })
        .collect();
    tokio::task::spawn_blocking(|| threads.into_iter().map(|thread| thread.join().unwrap()).collect())
        .await
        .unwrap()
}

/// Opens `source` and holds it against the image that it was made from.
async fn assert_same(source: Source, options: &Options, made: &Made) -> Image {
    let image = open(&source, options).await.unwrap_or_else(|error| panic!("{source}: {error}"));
    assert_eq!(image.config_digest.0, made.config_digest, "{source}");
    assert!(image.problems.is_empty(), "{source}: {:?}", image.problems);
    assert_eq!(image.config.user, "app", "{source}");
    let told: Vec<Digest> = image.layers.iter().map(|layer| layer.layer.diff_id.0).collect();
    assert_eq!(told, made.diff_ids, "{source}");
    assert_eq!(image.layers[1].layer.created_by.as_deref(), Some("COPY os-release /etc"), "{source}");
    let again = open(&source, options).await.unwrap();
    assert_eq!(diff_ids(image).await, made.diff_ids, "{source}");
    again
}

fn archive_source(path: &Path) -> Source {
    Source::Archive { path: path.to_owned(), image: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layouts_and_archives_give_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let made = Made::new("amd64");
    made.write_layout(&at("layout"));
    let layout = Source::Layout { path: at("layout"), image: None };
    assert_same(layout, &options(), &made).await;
    let from = format!("oci:{}:1", at("layout").display());
    skopeo(&["copy", &from, &format!("oci-archive:{}:1", at("oci.tar").display())]);
    skopeo(&["copy", &from, &format!("docker-archive:{}:app:1", at("docker.tar").display())]);
    let oci = assert_same(archive_source(&at("oci.tar")), &options(), &made).await;
    let docker = assert_same(archive_source(&at("docker.tar")), &options(), &made).await;
    assert_eq!(oci.names, ["1"]);
    assert_eq!(docker.names, ["docker.io/library/app:1"]);
    services::run("gzip", &["-k", &at("docker.tar").display().to_string()]);
    assert_same(archive_source(&at("docker.tar.gz")), &options(), &made).await;
    for name in ["oci.tar", "docker.tar", "docker.tar.gz"] {
        assert!(is_archive(&at(name)), "{name}");
    }
    assert!(is_oci_layout(&at("layout")) && !is_archive(&at("layout")));
    let small = Options { limits: oci::Limits { archive: 1000, ..oci::Limits::default() }, ..options() };
    let error = open(&archive_source(&at("docker.tar.gz")), &small).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1000, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_gives_the_same_image_and_the_platform_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let layout = folder.path().join("layout");
    let (amd, arm) = two_platforms(&layout);
    let registry = Registry::start(&Access::Open);
    let from = format!("oci:{}:1", layout.display());
    let to = format!("docker://{}/team/app:1", registry.address);
    skopeo(&["copy", "--all", "--dest-tls-verify=false", &from, &to]);
    let source = registry_source(&registry, "team/app:1");
    let image = assert_same(source.clone(), &options(), &amd).await;
    assert_eq!(image.platforms_available.len(), 2);
    assert_eq!(image.names[0], format!("{}/team/app:1", registry.address));
    let arm64 = Options { platform: Some("linux/arm64/v8".parse::<Platform>().unwrap()), ..options() };
    let other = assert_same(source.clone(), &arm64, &arm).await;
    assert_eq!(other.index_digest, image.index_digest);
    assert_ne!(other.manifest_digest, image.manifest_digest);
    // By the index's digest and by the manifest's own.
    for digest in [image.index_digest.unwrap(), image.manifest_digest.unwrap()] {
        assert_same(registry_source(&registry, &format!("team/app@{digest}")), &options(), &amd).await;
    }
    let s390x = Options { platform: Some("linux/s390x".parse().unwrap()), ..options() };
    let error = open(&source, &s390x).await.unwrap_err().to_string();
    assert!(error.contains("it has linux/amd64, linux/arm64"), "{error}");
    for missing in ["team/app:2", "team/none:1"] {
        let error = open(&registry_source(&registry, missing), &options()).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{missing}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn docker_schema_2_gives_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let made = Made::new("amd64");
    made.write_layout(folder.path());
    let registry = Registry::start(&Access::Open);
    let to = format!("docker://{}/app:1", registry.address);
    let from = format!("oci:{}:1", folder.path().display());
    skopeo(&["copy", "--format", "v2s2", "--dest-tls-verify=false", &from, &to]);
    let image = assert_same(registry_source(&registry, "app:1"), &options(), &made).await;
    assert!(
        image.layers[0].media_type.starts_with("application/vnd.docker."),
        "{}",
        image.layers[0].media_type
    );
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn started(&self, transfer: Transfer, total: Option<u64>) {
        self.0.lock().unwrap().push(format!("started {transfer:?} {}", total.is_some()));
    }
    fn advanced(&self, _: Transfer, bytes: u64) {
        assert!(bytes > 0);
    }
    fn finished(&self, transfer: Transfer) {
        self.0.lock().unwrap().push(format!("finished {transfer:?}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_registry_over_tls_wants_its_authority_and_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let made = Made::new("amd64");
    made.write_layout(&folder.path().join("layout"));
    let registry = Registry::start(&Access::TlsAndPassword);
    let authority = registry.authority.clone().unwrap();
    let from = format!("oci:{}:1", folder.path().join("layout").display());
    let to = format!("docker://{}/app:1", registry.address);
    skopeo(&["copy", "--dest-tls-verify=false", "--dest-creds", "ann:s3cret-of-ann", &from, &to]);
    let source = registry_source(&registry, "app:1");

    let error = open(&source, &options()).await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error}");
    let trusting = Options { ca_files: vec![authority], ..options() };
    let error = open(&source, &trusting).await.unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error}");
    assert!(error.to_string().contains("docker login"), "{error}");

    let config = folder.path().join("config.json");
    let write = |auth: &str| {
        std::fs::write(&config, format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.address))
            .unwrap();
    };
    // ann:wrong, ann:s3cret-of-ann
    write("YW5uOndyb25n");
    let with_password = Options { docker_config: Some(config.clone()), ..trusting };
    let error = open(&source, &with_password).await.unwrap_err().to_string();
    assert!(error.contains("check the credentials") && !error.contains("wrong"), "{error}");
    write("YW5uOnMzY3JldC1vZi1hbm4=");
    let heard = Arc::new(Heard::default());
    let with_password = Options { progress: Some(heard.clone()), ..with_password };
    assert_same(source.clone(), &with_password, &made).await;
    let mut events = heard.0.lock().unwrap().clone();
    events.sort();
    assert_eq!(
        events,
        ["finished Layer(0)", "finished Layer(1)", "started Layer(0) true", "started Layer(1) true"]
    );
    let insecure = Options { insecure: true, ca_files: Vec::new(), ..with_password };
    assert_same(source, &insecure, &made).await;
}

#[derive(Default)]
struct Remembers(Mutex<HashMap<ConfigDigest, Known>>);

impl Memory for Remembers {
    fn image(&self, id: ConfigDigest) -> Option<Known> {
        self.0.lock().unwrap().get(&id).cloned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_docker_daemon_gives_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let made = Made::new("amd64");
    made.write_layout(&folder.path().join("layout"));
    let saved = folder.path().join("docker.tar");
    let from = format!("oci:{}:1", folder.path().join("layout").display());
    skopeo(&["copy", &from, &format!("docker-archive:{}:seawall.example/app:1", saved.display())]);
    let daemon = Daemon::start();
    daemon.docker(&["load", "-i", &saved.display().to_string()]);
    let host = Some(daemon.host.clone());
    let list = daemon_images(host.as_deref(), &options()).await.unwrap();
    assert_eq!(list[0].repo_tags, ["seawall.example/app:1"]);
    assert_eq!(list[0].id, made.config_digest.to_string());
    for image in ["seawall.example/app:1", list[0].id.as_str(), &list[0].id[7..19]] {
        let source = Source::Daemon { host: host.clone(), image: image.to_owned() };
        let image = assert_same(source, &options(), &made).await;
        assert_eq!(image.names, ["seawall.example/app:1"]);
    }
    // What was read once is opened without the daemon packing it, until a layer is wanted.
    let name = Source::Daemon { host: host.clone(), image: "seawall.example/app:1".to_owned() };
    let (remembers, heard) = (Arc::new(Remembers::default()), Arc::new(Heard::default()));
    let with_memory = Options { memory: Some(remembers.clone()), progress: Some(heard.clone()), ..options() };
    let packed = || heard.0.lock().unwrap().iter().filter(|event| event.starts_with("started")).count();
    let first = open(&name, &with_memory).await.unwrap();
    remembers.0.lock().unwrap().insert(first.config_digest, first.to_remember().unwrap());
    assert_eq!(packed(), 1);
    let second = open(&name, &with_memory).await.unwrap();
    assert_eq!((second.config_digest, &second.config), (first.config_digest, &first.config));
    assert_eq!((second.names.clone(), second.platform.clone()), (first.names, first.platform));
    assert!(second.layers.iter().all(|layer| layer.vouched) && second.to_remember().is_none());
    assert_eq!(packed(), 1);
    assert_eq!(diff_ids(second).await, made.diff_ids);
    assert_eq!(packed(), 2, "both layers come from one packing");
    // Another platform than the one that is remembered is refused as ever.
    let arm = Options { platform: Some("linux/arm64".parse().unwrap()), ..with_memory };
    assert!(matches!(open(&name, &arm).await, Err(Error::Platform { .. })));

    let again = folder.path().join("again.tar");
    daemon.docker(&["save", "-o", &again.display().to_string(), "seawall.example/app:1"]);
    assert_same(archive_source(&again), &options(), &made).await;
    let none = Source::Daemon { host, image: "seawall.example/none:1".to_owned() };
    let error = open(&none, &options()).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}
