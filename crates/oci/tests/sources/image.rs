//! A small image with busybox in it, written as a layout by hand.

use std::{fs, io::Write as _, path::Path, process::Command};

use model::Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) struct Made {
    pub(crate) config_digest: Digest,
    pub(crate) diff_ids: Vec<Digest>,
    config: Vec<u8>,
    manifest: Vec<u8>,
    layers: Vec<Vec<u8>>,
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()})
}

/// What `tar` makes of a folder.
fn tar_of(folder: &Path) -> Vec<u8> {
    let made = Command::new("tar").args(["--sort=name", "-c", "-C"]).arg(folder).arg(".").output();
    let made = made.expect("tar is needed");
    assert!(made.status.success(), "tar: {}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

impl Made {
    pub(crate) fn new(architecture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (base, top) = (folder.path().join("base"), folder.path().join("top"));
        fs::create_dir_all(base.join("bin")).unwrap();
        fs::create_dir_all(top.join("etc")).unwrap();
        fs::copy("/bin/busybox", base.join("bin/busybox"))
            .expect("busybox-static is needed: run scripts/setup test");
        std::os::unix::fs::symlink("busybox", base.join("bin/sh")).unwrap();
        fs::write(top.join("etc/os-release"), format!("ID=test\nVARIANT={architecture}\n")).unwrap();
        let plain = [tar_of(&base), tar_of(&top)];
        let layers: Vec<Vec<u8>> = plain
            .iter()
            .map(|tar| {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(tar).unwrap();
                gzip.finish().unwrap()
            })
            .collect();
        let diff_ids: Vec<Digest> = plain.iter().map(|tar| digest(tar)).collect();
        let config = json!({
            "architecture": architecture, "os": "linux", "created": "2026-01-01T00:00:00Z",
            "config": {"User": "app", "Env": ["PATH=/bin"], "Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [
                {"created": "2026-01-01T00:00:00Z", "created_by": "COPY busybox /bin"},
                {"created": "2026-01-01T00:00:00Z", "created_by": "USER app", "empty_layer": true},
                {"created": "2026-01-01T00:00:00Z", "created_by": "COPY os-release /etc"},
            ],
        });
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": described("application/vnd.oci.image.config.v1+json", &config),
            "layers": layers.iter()
                .map(|layer| described("application/vnd.oci.image.layer.v1.tar+gzip", layer))
                .collect::<Vec<_>>(),
        });
        let manifest = manifest.to_string().into_bytes();
        Self { config_digest: digest(&config), diff_ids, config, manifest, layers }
    }

    fn descriptor(&self) -> Value {
        described("application/vnd.oci.image.manifest.v1+json", &self.manifest)
    }

    fn write_blobs(&self, folder: &Path) {
        let layers = self.layers.iter().map(Vec::as_slice);
        for blob in layers.chain([self.config.as_slice(), self.manifest.as_slice()]) {
            write_blob(folder, blob);
        }
    }

    /// Writes a layout with this image as `1`.
    pub(crate) fn write_layout(&self, folder: &Path) {
        self.write_blobs(folder);
        write_index(folder, self.descriptor());
    }
}

fn write_blob(folder: &Path, blob: &[u8]) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(digest(blob).hex()), blob).unwrap();
}

fn write_index(folder: &Path, mut top: Value) {
    top["annotations"] = json!({"org.opencontainers.image.ref.name": "1"});
    let index = json!({"schemaVersion": 2, "manifests": [top]});
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

/// Writes a layout with an index for two platforms as `1`.
pub(crate) fn two_platforms(folder: &Path) -> (Made, Made) {
    let (amd, arm) = (Made::new("amd64"), Made::new("arm64"));
    let entry = |made: &Made, architecture: &str| {
        let mut descriptor = made.descriptor();
        descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
        descriptor
    };
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type,
        "manifests": [entry(&amd, "amd64"), entry(&arm, "arm64")],
    });
    let index = index.to_string().into_bytes();
    amd.write_blobs(folder);
    arm.write_blobs(folder);
    write_blob(folder, &index);
    write_index(folder, described(media_type, &index));
    (amd, arm)
}
