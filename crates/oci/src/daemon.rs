//! Images in a Docker daemon, over its API (Docker Engine API 1.24 and later; no version is asked for, so that the
//! daemon answers in its own).
//!
//! A daemon gives layers only as part of the whole image, which it packs first. So what was read of an image is kept
//! in a [`Memory`](crate::Memory), and an image that is known there is packed only when one of its layers is not.

use std::{path::PathBuf, time::Duration};

use model::{ConfigDigest, DiffId};
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use crate::{
    Blob, Error, Image, Known, Options, Reference, Transfer, config::null_is_default, image::blocking,
    memory::Packing, secret::tame,
};

/// Where a daemon listens when nobody says otherwise.
const SOCKET: &str = "/var/run/docker.sock";
/// Bytes of an answer about images; a host with 10,000 images answers some 10 MB.
const MAX_ANSWER: u64 = 64 << 20;
/// A daemon packs an image before it sends the first byte; large ones take minutes.
const PACKING: Duration = Duration::from_secs(600);

/// An image that a daemon has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DaemonImage {
    /// Its id: the configuration's digest, or the manifest's where the daemon uses containerd's store.
    pub id: String,
    /// `name:tag`; empty for images without one.
    #[serde(default, deserialize_with = "null_is_default")]
    pub repo_tags: Vec<String>,
    /// `name@digest`, for images that came from or went to a registry.
    #[serde(default, deserialize_with = "null_is_default")]
    pub repo_digests: Vec<String>,
    /// Bytes of its layers.
    #[serde(default)]
    pub size: u64,
}

/// Lists the images of a daemon. `host` is as in [`Source::Daemon`](crate::Source::Daemon).
///
/// # Errors
/// When the daemon cannot be reached or its answer not be understood.
pub async fn daemon_images(host: Option<&str>, options: &Options) -> Result<Vec<DaemonImage>, Error> {
    let daemon = Daemon::connect(host, options)?;
    let mut images: Vec<DaemonImage> = daemon.json("images/json", "the list of images").await?;
    for image in &mut images {
        image.tidy();
    }
    Ok(images)
}

impl DaemonImage {
    /// Old daemons write `<none>` where there is no name.
    fn tidy(&mut self) {
        self.repo_tags.retain(|name| !name.contains("<none>"));
        self.repo_digests.retain(|name| !name.contains("<none>"));
    }
}

/// Opens an image: it is packed by the daemon into an unlinked temporary file and read from there.
pub(crate) async fn open(host: Option<&str>, name: &str, options: &Options) -> Result<Image, Error> {
    if !is_id(name) {
        name.parse::<Reference>()?;
    }
    let daemon = Daemon::connect(host, options)?;
    let what = format!("image {} of the Docker daemon at {}", tame(name, 200), daemon.at);
    let Inspected { mut image, root_fs } = daemon.json(&format!("images/{name}/json"), &what).await?;
    image.tidy();
    let mut names = image.repo_tags;
    names.append(&mut image.repo_digests);
    if let Some((id, known)) = remembered(&image.id, &root_fs.layers, options) {
        return Ok(known.into_image(id, names, Packing::new(daemon, id, what)));
    }
    let packed = daemon.packed(name, &what).await?;
    Ok(Image { names, ..packed })
}

/// What is known of the image with this id, if that is of these layers and serves the platform that is asked for.
fn remembered(id: &str, layers: &[DiffId], options: &Options) -> Option<(ConfigDigest, Known)> {
    let id = ConfigDigest(id.parse().ok()?);
    let known = options.memory.as_ref()?.image(id)?;
    let same = known.layers.iter().map(|layer| layer.diff_id).eq(layers.iter().copied());
    let serves = match (&options.platform, &known.config.platform) {
        (Some(wanted), told) => told.as_ref().is_some_and(|told| told.satisfies(wanted)),
        (None, _) => true,
    };
    (same && serves).then_some((id, known))
}

/// The parts of a daemon's answer about one image.
#[derive(Deserialize)]
struct Inspected {
    #[serde(flatten)]
    image: DaemonImage,
    #[serde(rename = "RootFS", default)]
    root_fs: RootFs,
}

#[derive(Default, Deserialize)]
struct RootFs {
    #[serde(rename = "Layers", default, deserialize_with = "null_is_default")]
    layers: Vec<DiffId>,
}

/// A full or short id.
fn is_id(name: &str) -> bool {
    let hex = name.strip_prefix("sha256:").unwrap_or(name);
    (4..=64).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[derive(Clone)]
pub(crate) struct Daemon {
    client: Client,
    base: Url,
    at: String,
    options: Options,
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Daemon {
    fn connect(host: Option<&str>, options: &Options) -> Result<Self, Error> {
        let from_environment = || std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        let at = host
            .map(ToOwned::to_owned)
            .or_else(from_environment)
            .unwrap_or_else(|| format!("unix://{SOCKET}"));
        let builder = Client::builder()
            .user_agent(concat!("seawall/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(options.timeouts.connect);
        let unsupported = |why: &str| Error::Unsupported { what: tame(&at, 200), why: why.to_owned() };
        let (builder, base) = if let Some(path) = at.strip_prefix("unix://") {
            (builder.unix_socket(PathBuf::from(path)), "http://docker/".to_owned())
        } else if let Some(address) = at.strip_prefix("tcp://") {
            (builder, format!("http://{address}/"))
        } else {
            return Err(unsupported(
                "only unix:// and tcp:// daemons are read; forward the socket (ssh -L) instead",
            ));
        };
        let base = Url::parse(&base).map_err(|_| unsupported("this is no address of a daemon"))?;
        let client =
            builder.build().map_err(|error| Error::Network { url: at.clone(), why: error.to_string() })?;
        Ok(Self { client, base, at, options: options.clone() })
    }

    async fn get(&self, path: &str, what: &str, patience: Duration) -> Result<Response, Error> {
        let url = self.base.join(path).map_err(|error| Error::malformed(path, error.to_string()))?;
        let sent = tokio::time::timeout(patience, self.client.get(url).send()).await;
        let response = sent.map_err(|_| self.stalled(patience))?.map_err(|error| self.network(error))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::NOT_FOUND => Err(Error::NotFound {
                what: what.to_owned(),
                advice: "pull it, or look at `docker images`".to_owned(),
            }),
            status => Err(Error::Http { url: self.at.clone(), status: status.as_u16(), said: String::new() }),
        }
    }

    async fn json<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<T, Error> {
        let patience = self.options.timeouts.idle;
        let mut response = self.get(path, what, patience).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            if (bytes.len() + chunk.len()) as u64 > MAX_ANSWER {
                return Err(Error::TooLarge { what: what.to_owned(), limit: MAX_ANSWER });
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|error| Error::malformed(what, tame(&error.to_string(), 200)))
    }

    async fn chunk(&self, response: &mut Response) -> Result<Option<bytes::Bytes>, Error> {
        let patience = self.options.timeouts.idle;
        let chunk = tokio::time::timeout(patience, response.chunk()).await;
        chunk.map_err(|_| self.stalled(patience))?.map_err(|error| self.network(error))
    }

    /// Lets the daemon pack an image, and opens what it packed.
    pub(crate) async fn packed(&self, name: &str, what: &str) -> Result<Image, Error> {
        let file = self.export(name, what).await?;
        let what = what.to_owned();
        let opened = blocking(&self.options, move |options| crate::saved::open(file, what, None, options));
        let mut image = opened.await?;
        for layer in &mut image.layers {
            layer.vouched = true;
        }
        Ok(image)
    }

    /// Packs an image into a file.
    async fn export(&self, name: &str, what: &str) -> Result<std::fs::File, Error> {
        let mut response = self.get(&format!("images/{name}/get"), what, PACKING).await?;
        let progress = self.options.progress.clone();
        if let Some(progress) = &progress {
            progress.started(Transfer::Export, response.content_length());
        }
        let daemon = self.clone();
        let blob = Blob::from_transfer(&tokio::runtime::Handle::current(), |feed| async move {
            while let Some(chunk) = daemon.chunk(&mut response).await? {
                if let Some(progress) = &daemon.options.progress {
                    progress.advanced(Transfer::Export, chunk.len() as u64);
                }
                if !feed.send(chunk).await {
                    break;
                }
            }
            Ok(())
        });
        let title = what.to_owned();
        let stored = blocking(&self.options, move |options| {
            crate::members::store(blob, &title, options.limits.archive, options)
        });
        let stored = stored.await;
        if let Some(progress) = &progress {
            progress.finished(Transfer::Export);
        }
        stored
    }

    fn stalled(&self, patience: Duration) -> Error {
        Error::Stalled { url: self.at.clone(), seconds: patience.as_secs() }
    }

    fn network(&self, error: reqwest::Error) -> Error {
        let advice = advice(&error);
        let url = Url::parse("http://docker/").unwrap_or_else(|_| self.base.clone());
        match crate::registry::network(&url, error) {
            Error::Network { why, .. } => {
                Error::Network { url: self.at.clone(), why: advice.map_or(why, ToOwned::to_owned) }
            }
            other => other,
        }
    }
}

/// What a failure to connect means, in words that help.
fn advice(error: &reqwest::Error) -> Option<&'static str> {
    use std::io::ErrorKind;
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        match error.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
            Some(ErrorKind::NotFound) => {
                return Some("there is no such socket: no Docker daemon runs here, or it listens elsewhere");
            }
            Some(ErrorKind::PermissionDenied) => {
                return Some("this user may not use the socket: run as root or as a member of its group");
            }
            Some(ErrorKind::ConnectionRefused) => {
                return Some("nobody listens there: the daemon is not running");
            }
            _ => source = error.source(),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_names() {
        for id in ["abcd", "0123456789ab", &format!("sha256:{}", "a".repeat(64))] {
            assert!(is_id(id), "{id}");
        }
        for name in ["abc", "debian", "a/b", &"a".repeat(65), "../containers", "abcd?x=1"] {
            assert!(!is_id(name), "{name}");
        }
    }

    #[tokio::test]
    async fn a_daemon_that_is_not_there_is_named() {
        let options = Options { docker_config: None, ..Options::default() };
        let error =
            daemon_images(Some("unix:///nonexistent/docker.sock"), &options).await.unwrap_err().to_string();
        assert!(
            error.contains("/nonexistent/docker.sock") && error.contains("there is no such socket"),
            "{error}"
        );
        let error = daemon_images(Some("ssh://host"), &options).await.unwrap_err().to_string();
        assert!(error.contains("only unix://"), "{error}");
    }
}
