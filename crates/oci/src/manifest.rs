//! Manifests and indexes: OCI image specification 1.1 and Docker's schema 2, which differ in media types only.

use std::collections::BTreeMap;

use model::{Digest, Platform};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::{Error, secret::tame};

/// What Seawall reads, for an `Accept` header.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

const IMAGE_CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// Layers of one image. Docker allows 127; the rest is room, and a bound on what hostile manifests cost.
const MAX_LAYERS: usize = 4096;

/// A pointer to content.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    digest: String,
    pub(crate) size: u64,
    #[serde(default, deserialize_with = "crate::config::null_is_default")]
    pub(crate) urls: Vec<String>,
    #[serde(default)]
    platform: Option<RawPlatform>,
    #[serde(default, deserialize_with = "crate::config::null_is_default")]
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct RawPlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

impl Descriptor {
    /// The digest; other algorithms than SHA-256 are refused by name.
    pub(crate) fn digest(&self, what: &str) -> Result<Digest, Error> {
        self.digest.parse().map_err(|error: model::DigestError| Error::malformed(what, error.to_string()))
    }

    /// The platform, where the descriptor tells a real one.
    pub(crate) fn platform(&self) -> Option<Platform> {
        let raw = self.platform.as_ref()?;
        let known = |text: &str| !text.is_empty() && text != "unknown";
        (known(&raw.os) && known(&raw.architecture)).then(|| Platform {
            os: raw.os.clone(),
            architecture: raw.architecture.clone(),
            variant: raw.variant.clone().filter(|variant| !variant.is_empty()),
        })
    }

    /// Is it an image or an index of images? Attestations sit in indexes under the platform `unknown/unknown`, or
    /// with BuildKit's annotation.
    pub(crate) fn may_be_image(&self) -> bool {
        let attestation = self.annotations.contains_key("vnd.docker.reference.type");
        let unknown =
            self.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown");
        !attestation && !unknown
    }

    /// The name that a layout gives it.
    pub(crate) fn layout_name(&self) -> Option<&str> {
        self.annotations
            .get("org.opencontainers.image.ref.name")
            .or_else(|| self.annotations.get("io.containerd.image.name"))
            .map(String::as_str)
    }
}

/// A manifest of one image.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) annotations: BTreeMap<String, String>,
}

/// What stands behind a tag or digest.
#[derive(Clone, Debug)]
pub(crate) enum Document {
    Manifest(Manifest),
    Index(Vec<Descriptor>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default)]
    schema_version: Option<u64>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    fs_layers: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "crate::config::null_is_default")]
    annotations: BTreeMap<String, String>,
}

/// Reads a manifest or index. Its kind is told by its content, and a document that is both at once is refused: two
/// readers would see two images under one digest (CVE-2021-41190).
pub(crate) fn read(bytes: &[u8], what: &str) -> Result<Document, Error> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| match bytes.trim_ascii_start().first() {
        Some(b'<') => Error::malformed(
            what,
            "it is HTML, not JSON: is the address that of a registry, or does a login page stand before it?",
        ),
        _ => Error::malformed(what, tame(&error.to_string(), 200)),
    })?;
    if raw.fs_layers.is_some() || raw.schema_version == Some(1) {
        return Err(Error::Unsupported {
            what: what.to_owned(),
            why:
                "it is a Docker schema 1 manifest, which no current tool writes: push the image again with a \
                  current client"
                    .to_owned(),
        });
    }
    match (raw.config, raw.layers, raw.manifests) {
        (None, None, Some(manifests)) => Ok(Document::Index(manifests)),
        (Some(config), layers, None) => {
            let layers = layers.unwrap_or_default();
            if !IMAGE_CONFIGS.contains(&config.media_type.as_str()) {
                return Err(Error::Unsupported {
                    what: what.to_owned(),
                    why: format!(
                        "it is no container image but an artifact of type '{}' (a chart, a signature, an \
                         attestation)",
                        tame(&config.media_type, 100)
                    ),
                });
            }
            if layers.len() > MAX_LAYERS {
                return Err(Error::malformed(what, format!("it names more than {MAX_LAYERS} layers")));
            }
            Ok(Document::Manifest(Manifest { config, layers, annotations: raw.annotations }))
        }
        (Some(_), _, Some(_)) | (None, Some(_), Some(_)) => {
            Err(Error::malformed(what, "it is a manifest and an index at once"))
        }
        (None, ..) => Err(Error::malformed(what, "it is neither an image manifest nor an index")),
    }
}

/// Checks bytes against a promised digest.
pub(crate) fn verify(bytes: &[u8], expected: Digest, what: &str) -> Result<(), Error> {
    let actual = digest_of(bytes);
    if actual == expected {
        return Ok(());
    }
    Err(Error::Digest { what: what.to_owned(), expected: expected.to_string(), actual: actual.to_string() })
}

/// SHA-256 of bytes in memory.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// What a layer's media type says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// A plain tar.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// The source does not say: look at the first bytes.
    Unknown,
}

/// Compression, foreign, encrypted.
pub(crate) fn layer_kind(media_type: &str) -> (Compression, bool, bool) {
    let (base, encrypted) = match media_type.strip_suffix("+encrypted") {
        Some(base) => (base, true),
        None => (media_type, false),
    };
    let foreign = base.contains(".foreign.") || base.contains(".nondistributable.");
    let compression = if base.ends_with("+gzip") || base.ends_with(".tar.gzip") {
        Compression::Gzip
    } else if base.ends_with("+zstd") || base.ends_with(".tar.zstd") {
        Compression::Zstd
    } else if base.ends_with(".tar") {
        Compression::None
    } else {
        Compression::Unknown
    };
    (compression, foreign, encrypted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> String {
        match read(json.as_bytes(), "m") {
            Ok(document) => format!("{document:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_no_image_is_refused_by_name() {
        let config =
            r#""config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"d","size":1}"#;
        let cases = [
            ("<html><body>Sign in</body></html>".to_owned(), "it is HTML"),
            (r#"{"schemaVersion":1,"fsLayers":[{"blobSum":"x"}]}"#.to_owned(), "schema 1"),
            (r#"{"schemaVersion":2}"#.to_owned(), "neither"),
            (format!(r#"{{{config},"layers":[],"manifests":[]}}"#), "at once"),
            (
                r#"{"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"d","size":1}}"#.to_owned(),
                "helm",
            ),
            (r#"{"config":{"mediaType":"x","digest":"d","size":-1}}"#.to_owned(), "invalid value"),
            ("[".repeat(10_000), "cannot be understood"),
            (r#"{"a":"#.repeat(10_000), "cannot be understood"),
            (format!(r#"{{{config},"layers":[{}]}}"#, vec![r#"{"digest":"d","size":1}"#; 5000].join(",")), "4096"),
            (format!(r#"{{{config},"layers":[]}}"#), "Manifest"),
        ];
        for (json, part) in cases {
            let text = said(&json);
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn media_types_of_layers() {
        use Compression::{Gzip, None, Unknown, Zstd};
        let cases = [
            ("application/vnd.oci.image.layer.v1.tar", (None, false, false)),
            ("application/vnd.oci.image.layer.v1.tar+gzip", (Gzip, false, false)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", (Zstd, false, false)),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", (Gzip, false, false)),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", (Gzip, true, false)),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", (Gzip, true, false)),
            ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", (Gzip, false, true)),
            ("application/x-other", (Unknown, false, false)),
        ];
        for (media_type, kind) in cases {
            assert_eq!(layer_kind(media_type), kind, "{media_type}");
        }
    }

    #[test]
    fn attestations_are_no_images() {
        let json = r#"{"manifests":[
            {"digest":"a","size":1,"platform":{"os":"linux","architecture":"amd64"}},
            {"digest":"b","size":1,"platform":{"os":"unknown","architecture":"unknown"}},
            {"digest":"c","size":1,"annotations":{"vnd.docker.reference.type":"attestation-manifest"}},
            {"digest":"d","size":1,"annotations":null,"urls":null}]}"#;
        let Ok(Document::Index(list)) = read(json.as_bytes(), "i") else { panic!("no index") };
        let images: Vec<_> = list.iter().filter(|d| d.may_be_image()).map(|d| d.digest.as_str()).collect();
        assert_eq!(images, ["a", "d"]);
        assert!(list[0].digest("x").unwrap_err().to_string().contains("not a sha256 digest"));
    }
}
