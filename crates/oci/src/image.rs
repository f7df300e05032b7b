use std::{collections::BTreeMap, sync::Arc};

use model::{
    BlobDigest, ConfigDigest, Digest, ImageConfig, Layer, ManifestDigest, Platform, Problem, Problems,
};

use crate::{
    Blob, Error, Known, Options, Region,
    config::Config,
    manifest::{Compression, Descriptor, digest_of, layer_kind},
    memory::Packing,
    options::Source,
    platform,
    registry::Session,
};

/// An image whose manifest and configuration were read and verified; its layers are read with
/// [`open_layer`](Self::open_layer).
#[derive(Debug)]
pub struct Image {
    /// The identity of its content.
    pub config_digest: ConfigDigest,
    /// The digest of its manifest, where the source has one (archives of old Docker versions have none).
    pub manifest_digest: Option<ManifestDigest>,
    /// The digest of the index that it was chosen from.
    pub index_digest: Option<ManifestDigest>,
    /// The names under which the source knows it.
    pub names: Vec<String>,
    /// Its platform; this machine's where neither configuration nor index tells.
    pub platform: Platform,
    /// All platforms of the index that it was chosen from.
    pub platforms_available: Vec<Platform>,
    /// Annotations of its manifest, where it has one: what its builder says of it.
    pub annotations: BTreeMap<String, String>,
    /// What it says of itself.
    pub config: ImageConfig,
    /// Its layers, base first.
    pub layers: Vec<LayerSource>,
    /// What could not be read or is worth knowing.
    pub problems: Vec<Problem>,
    /// The registry that has the layers, where one has.
    pub(crate) remote: Option<Remote>,
    /// The daemon that would pack it.
    pub(crate) packing: Option<Packing>,
}

#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) session: Arc<Session>,
    pub(crate) runtime: tokio::runtime::Handle,
}

/// A layer and how to get it.
#[derive(Clone, Debug)]
pub struct LayerSource {
    /// Identity, blob digest, size and instruction. Neither digest is verified here: who reads the bytes hashes them.
    pub layer: Layer,
    /// The media type; empty where the source has none.
    pub media_type: String,
    /// What the media type says; believe the first bytes more.
    pub compression: Compression,
    /// Distributed from elsewhere than the registry (Windows base layers).
    pub foreign: bool,
    /// Its source verified that the content is what [`Layer::diff_id`] says, and is trusted in that: a Docker daemon
    /// hashes what it pulls, loads or builds. What was read of a layer with this diffID before stands in for it.
    pub vouched: bool,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Part of an open file.
    Region(Region),
    /// A file of its own, inside a layout.
    File { path: std::path::PathBuf, len: u64 },
    /// In the registry, or at one of these addresses.
    Remote { digest: Digest, urls: Vec<String> },
    /// In the image that a daemon has yet to pack.
    Packed,
    /// The source does not have it.
    Missing { what: String },
    /// Encrypted.
    Encrypted,
}

impl Image {
    /// The bytes of layer `index` as the source stores them. May be called again for another pass, and for several
    /// layers at once from several threads; a transfer begins at once.
    ///
    /// # Errors
    /// When there is no such layer, or the source does not have it or not in its full length. Later failures come
    /// from the reader; [`Error::in_io`] finds them.
    pub fn open_layer(&self, index: usize) -> Result<Blob, Error> {
        let Some(source) = self.layers.get(index) else {
            return Err(Error::NotFound {
                what: format!("layer {index}"),
                advice: format!("the image has {} layers", self.layers.len()),
            });
        };
        let name = || format!("layer {index} ({})", source.layer.diff_id);
        let full = |len: u64| {
            if len == source.layer.size {
                return Ok(());
            }
            Err(Error::Length { what: name(), expected: source.layer.size, actual: len })
        };
        match &source.place {
            Place::Region(region) => {
                full(region.len)?;
                Ok(Blob::from_region(region.clone()))
            }
            Place::File { path, len } => {
                full(*len)?;
                let file =
                    std::fs::File::open(path).map_err(Error::io(format!("open {}", path.display())))?;
                Ok(Blob::from_region(Region { file: Arc::new(file), offset: 0, len: *len }))
            }
            Place::Remote { digest, urls } => {
                let Some(remote) = &self.remote else {
                    return Err(Error::NotFound {
                        what: name(),
                        advice: "the source has no registry to fetch it from".to_owned(),
                    });
                };
                let session = Arc::clone(&remote.session);
                let wanted = crate::registry::WantedBlob {
                    layer: index,
                    digest: *digest,
                    size: source.layer.size,
                    urls: urls.clone(),
                };
                Ok(Blob::from_transfer(
                    &remote.runtime,
                    |feed| async move { session.blob(wanted, feed).await },
                ))
            }
            Place::Packed => match &self.packing {
                Some(packing) => packing.open_layer(index),
                None => Err(Error::NotFound { what: name(), advice: "the source has no daemon".to_owned() }),
            },
            Place::Missing { what } => Err(Error::NotFound {
                what: format!("{what}, {}", name()),
                advice: "save or copy the image again".to_owned(),
            }),
            Place::Encrypted => {
                Err(Error::Encrypted { layer: name(), media_type: source.media_type.clone() })
            }
        }
    }
}

impl Image {
    /// What a [`Memory`](crate::Memory) should keep of it, so that its daemon need not pack it again; `None` for images
    /// of other sources, and for those that came from memory.
    #[must_use]
    pub fn to_remember(&self) -> Option<Known> {
        let vouched = !self.layers.is_empty() && self.layers.iter().all(|layer| layer.vouched);
        (vouched && self.packing.is_none() && self.problems.is_empty()).then(|| Known {
            config: self.config.clone(),
            layers: self.layers.iter().map(|source| source.layer.clone()).collect(),
        })
    }
}

/// What was found out before an image is put together.
pub(crate) struct Parts {
    /// The source, for messages.
    pub(crate) what: String,
    pub(crate) names: Vec<String>,
    pub(crate) manifest_digest: Option<ManifestDigest>,
    pub(crate) index_digest: Option<ManifestDigest>,
    pub(crate) available: Vec<Platform>,
    /// The platform that the index tells.
    pub(crate) platform: Option<Platform>,
    pub(crate) problems: Problems,
}

/// One stored layer, before it meets its identity.
pub(crate) struct Stored {
    pub(crate) media_type: String,
    pub(crate) blob: Option<Digest>,
    pub(crate) size: u64,
    pub(crate) place: Place,
}

impl Stored {
    /// From a manifest's descriptor.
    pub(crate) fn new(descriptor: &Descriptor, digest: Digest, place: Place) -> Self {
        Self { media_type: descriptor.media_type.clone(), blob: Some(digest), size: descriptor.size, place }
    }
}

/// Puts an image together, or says why its parts do not fit.
pub(crate) fn assemble(
    parts: Parts,
    config_bytes: &[u8],
    config: Config,
    stored: Vec<Stored>,
    options: &Options,
) -> Result<Image, Error> {
    let Parts { what, names, manifest_digest, index_digest, available, platform, mut problems } = parts;
    if stored.len() != config.layers.len() {
        return Err(Error::malformed(
            what,
            format!("the manifest names {} layers, the configuration {}", stored.len(), config.layers.len()),
        ));
    }
    let told = config.facts.platform.clone().or(platform);
    if let (Some(told), Some(wanted)) = (&told, &options.platform)
        && platform::choose(&[Some(told.clone())], wanted).is_none()
    {
        return Err(Error::Platform { what, wanted: wanted.clone(), available: vec![told.clone()] });
    }
    let layers = config
        .layers
        .into_iter()
        .zip(stored)
        .enumerate()
        .map(|(index, ((diff_id, created_by), stored))| {
            let (compression, foreign, encrypted) = layer_kind(&stored.media_type);
            let place = if encrypted {
                let error =
                    Error::Encrypted { layer: index.to_string(), media_type: stored.media_type.clone() };
                problems.push(error.to_problem(format!("layer {index}")));
                Place::Encrypted
            } else {
                stored.place
            };
            let layer = Layer { diff_id, blob: stored.blob.map(BlobDigest), size: stored.size, created_by };
            LayerSource { layer, media_type: stored.media_type, compression, foreign, vouched: false, place }
        })
        .collect();
    Ok(Image {
        config_digest: ConfigDigest(digest_of(config_bytes)),
        manifest_digest,
        index_digest,
        names,
        platform: told.unwrap_or_else(Platform::host),
        platforms_available: available,
        annotations: BTreeMap::new(),
        config: config.facts,
        layers,
        problems: problems.into_vec(),
        remote: None,
        packing: None,
    })
}

/// Checks a document's length against its descriptor.
pub(crate) fn check_size(bytes: &[u8], descriptor: &Descriptor, what: &str) -> Result<(), Error> {
    if bytes.len() as u64 == descriptor.size {
        return Ok(());
    }
    Err(Error::Length { what: what.to_owned(), expected: descriptor.size, actual: bytes.len() as u64 })
}

/// Opens an image: reads and verifies manifest and configuration, not its layers. Must be called inside a
/// multi-threaded tokio runtime, which also carries the later transfers.
///
/// # Errors
/// When there is no such image, it cannot be read, or what is read is not what was promised.
pub async fn open(source: &Source, options: &Options) -> Result<Image, Error> {
    match source {
        Source::Registry(reference) => crate::registry::open(reference, options).await,
        Source::Archive { path, image } => {
            let (path, image) = (path.clone(), image.clone());
            blocking(options, move |options| crate::saved::open_file(&path, image.as_deref(), options)).await
        }
        Source::Layout { path, image } => {
            let (path, image) = (path.clone(), image.clone());
            blocking(options, move |options| crate::layout::open_folder(&path, image.as_deref(), options))
                .await
        }
        Source::Daemon { host, image } => crate::daemon::open(host.as_deref(), image, options).await,
    }
}

/// Runs file work beside the async tasks.
pub(crate) async fn blocking<T: Send + 'static>(
    options: &Options,
    work: impl FnOnce(&Options) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let options = options.clone();
    tokio::task::spawn_blocking(move || work(&options)).await.unwrap_or_else(|error| {
        Err(Error::Io { what: "the reading thread".to_owned(), source: std::io::Error::other(error) })
    })
}
