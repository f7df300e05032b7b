use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::{ConfigDigest, ImageConfig, Layer, Platform};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::{Blob, Error, Image, LayerSource, daemon::Daemon, image::Place, manifest::layer_kind};

/// Remembers images of daemons. A daemon must pack a whole image before a byte of it can be read; one whose
/// configuration is known is opened without that, and packed only when a layer is read.
pub trait Memory: Send + Sync {
    /// What the image with this identity says of itself, where that was read and verified before.
    fn image(&self, id: ConfigDigest) -> Option<Known>;
}

/// What a configuration says; its digest stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The facts of the image.
    pub config: ImageConfig,
    /// Its layers, base first.
    pub layers: Vec<Layer>,
}

impl Known {
    /// The image, of which nothing is there yet.
    pub(crate) fn into_image(self, id: ConfigDigest, names: Vec<String>, packing: Packing) -> Image {
        let (compression, foreign, _) = layer_kind("");
        let layers = self.layers.into_iter().map(|layer| LayerSource {
            layer,
            media_type: String::new(),
            compression,
            foreign,
            vouched: true,
            place: Place::Packed,
        });
        Image {
            config_digest: id,
            manifest_digest: None,
            index_digest: None,
            names,
            platform: self.config.platform.clone().unwrap_or_else(Platform::host),
            platforms_available: Vec::new(),
            // Archives of daemons have none.
            annotations: BTreeMap::new(),
            layers: layers.collect(),
            config: self.config,
            problems: Vec::new(),
            remote: None,
            packing: Some(packing),
        }
    }
}

/// An image that a daemon packs when first one of its layers is wanted.
#[derive(Debug)]
pub(crate) struct Packing {
    daemon: Daemon,
    id: ConfigDigest,
    what: String,
    runtime: Handle,
    packed: Mutex<Option<Result<Arc<Image>, String>>>,
}

impl Packing {
    pub(crate) fn new(daemon: Daemon, id: ConfigDigest, what: String) -> Self {
        Self { daemon, id, what, runtime: Handle::current(), packed: Mutex::new(None) }
    }

    /// Opens a layer, after the daemon packed the image for whoever came first. Waits on a plain thread.
    pub(crate) fn open_layer(&self, index: usize) -> Result<Blob, Error> {
        let mut packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        let image =
            packed.get_or_insert_with(|| self.pack().map(Arc::new).map_err(|error| error.to_string()));
        let image = image.clone();
        drop(packed);
        match image {
            Ok(image) => image.open_layer(index),
            Err(why) => Err(Error::Malformed { what: self.what.clone(), why }),
        }
    }

    fn pack(&self) -> Result<Image, Error> {
        let image = self.runtime.block_on(self.daemon.packed(&self.id.to_string(), &self.what))?;
        if image.config_digest == self.id {
            return Ok(image);
        }
        Err(Error::Digest {
            what: self.what.clone(),
            expected: self.id.to_string(),
            actual: image.config_digest.to_string(),
        })
    }
}
