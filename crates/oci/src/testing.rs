//! Small images for this crate's tests, made by hand.

use std::{fs, path::Path};

use model::Digest;
use serde_json::{Value, json};

use crate::{Options, manifest::digest_of};

/// Options without anything from the machine that the test runs on.
pub(crate) fn options() -> Options {
    Options { docker_config: None, ..Options::default() }
}

/// A tar of plain members; a path that ends in `@` is a symbolic link to its content.
pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, content) in members {
        let mut header = [0u8; 512];
        let link = path.strip_suffix('@');
        header[..link.unwrap_or(path).len()].copy_from_slice(link.unwrap_or(path).as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[108..115].copy_from_slice(b"0000000");
        header[116..123].copy_from_slice(b"0000000");
        let size = if link.is_some() { 0 } else { content.len() };
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = if link.is_some() { b'2' } else { b'0' };
        if link.is_some() {
            header[157..157 + content.len()].copy_from_slice(content);
        }
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        if link.is_none() {
            out.extend_from_slice(content);
            out.resize(out.len().next_multiple_of(512), 0);
        }
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// One image: a configuration and a plain layer.
pub(crate) struct Sample {
    pub(crate) layer: Vec<u8>,
    pub(crate) config: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
}

impl Sample {
    pub(crate) fn new(architecture: &str) -> Self {
        let layer = tar(&[("etc/hostname", architecture.as_bytes())]);
        let config = json!({
            "os": "linux", "architecture": architecture, "config": {"User": "app"},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(&layer)]},
            "history": [{"created_by": "COPY hostname /etc"}],
        });
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
            "annotations": {"org.opencontainers.image.base.name": "docker.io/library/debian:12"},
        });
        Self { layer, config, manifest: manifest.to_string().into_bytes() }
    }

    pub(crate) fn config_digest(&self) -> Digest {
        digest_of(&self.config)
    }

    pub(crate) fn blobs(&self) -> [&[u8]; 3] {
        [&self.layer, &self.config, &self.manifest]
    }

    /// Its descriptor in an index.
    pub(crate) fn described(&self, extra: &Value) -> Value {
        let mut descriptor = descriptor("application/vnd.oci.image.manifest.v1+json", &self.manifest);
        if let (Some(to), Some(from)) = (descriptor.as_object_mut(), extra.as_object()) {
            to.extend(from.clone());
        }
        descriptor
    }
}

pub(crate) fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest_of(bytes), "size": bytes.len()})
}

pub(crate) fn index(manifests: &[Value]) -> Vec<u8> {
    json!({"schemaVersion": 2, "manifests": manifests}).to_string().into_bytes()
}

pub(crate) fn platform(architecture: &str) -> Value {
    json!({"platform": {"os": "linux", "architecture": architecture}})
}

pub(crate) fn named(name: &str) -> Value {
    json!({"annotations": {"org.opencontainers.image.ref.name": name}})
}

/// Writes a layout.
pub(crate) fn write_layout(folder: &Path, index: &[u8], blobs: &[&[u8]]) {
    fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    fs::write(folder.join("index.json"), index).unwrap();
    for blob in blobs {
        fs::write(folder.join("blobs/sha256").join(digest_of(blob).hex()), blob).unwrap();
    }
}
