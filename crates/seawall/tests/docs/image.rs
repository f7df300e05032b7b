//! An image of files that a test has in its hands: as `docker save` writes it, and as an OCI layout.

use std::{fs, path::Path};

use model::Platform;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A layer.
pub(crate) struct Layer {
    /// Path without a leading slash, and content.
    pub(crate) files: Vec<(String, String)>,
    /// The instruction that made it.
    pub(crate) made_by: &'static str,
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tar of files, always the same for the same files (POSIX ustar; names up to 100 bytes).
pub(crate) fn tar<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, content) in files {
        assert!(name.len() <= 100, "{name}");
        let mut header = [0_u8; 512];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, name);
        put(100, "0000644\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", content.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// Writes the image `NAME:1` to `folder`: `NAME.tar` and the layout `NAME-layout`. It is for this machine, so that no
/// page has to say for which.
pub(crate) fn write(folder: &Path, name: &str, layers: &[Layer]) {
    let tars: Vec<Vec<u8>> = layers
        .iter()
        .map(|layer| tar(layer.files.iter().map(|(path, text)| (path.as_str(), text.as_bytes()))))
        .collect();
    let created = "2026-11-01T00:00:00Z";
    let config = json!({
        "architecture": Platform::host().architecture, "variant": Platform::host().variant, "os": "linux",
        "created": created,
        "config": {
            "User": "node", "Env": ["PATH=/usr/bin:/bin"], "Entrypoint": ["node", "/app/server.js"],
            "ExposedPorts": {"8080/tcp": {}},
        },
        "rootfs": {
            "type": "layers",
            "diff_ids": tars.iter().map(|tar| format!("sha256:{}", digest(tar))).collect::<Vec<_>>(),
        },
        "history": layers
            .iter()
            .map(|layer| json!({"created": created, "created_by": layer.made_by}))
            .collect::<Vec<_>>(),
    })
    .to_string();
    save(folder, name, config.as_bytes(), &tars);
    layout(&folder.join(format!("{name}-layout")), config.as_bytes(), &tars);
}

fn save(folder: &Path, name: &str, config: &[u8], tars: &[Vec<u8>]) {
    let config_name = format!("{}.json", digest(config));
    let layer_names: Vec<String> = tars.iter().map(|tar| format!("{}/layer.tar", digest(tar))).collect();
    let manifest = json!([{"Config": config_name, "RepoTags": [format!("{name}:1")], "Layers": layer_names}])
        .to_string();
    let mut files = vec![(config_name.as_str(), config)];
    files.extend(layer_names.iter().map(String::as_str).zip(tars.iter().map(Vec::as_slice)));
    files.push(("manifest.json", manifest.as_bytes()));
    fs::write(folder.join(format!("{name}.tar")), tar(files)).unwrap();
}

fn layout(folder: &Path, config: &[u8], tars: &[Vec<u8>]) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let blob = |kind: &str, bytes: &[u8]| -> Value {
        fs::write(blobs.join(digest(bytes)), bytes).unwrap();
        json!({
            "mediaType": format!("application/vnd.oci.image.{kind}"),
            "digest": format!("sha256:{}", digest(bytes)), "size": bytes.len(),
        })
    };
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob("config.v1+json", config),
        "layers": tars.iter().map(|tar| blob("layer.v1.tar", tar)).collect::<Vec<_>>(),
    })
    .to_string();
    let mut top = blob("manifest.v1+json", manifest.as_bytes());
    top["annotations"] = json!({"org.opencontainers.image.ref.name": "1"});
    let index = json!({"schemaVersion": 2, "manifests": [top]}).to_string();
    fs::write(folder.join("index.json"), index).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}
