use std::{fs, io::Read as _};

use serde_json::json;

use super::*;
use crate::testing::{Sample, descriptor, index, named, options, platform, tar, write_layout};

fn open(folder: &Path, image: Option<&str>) -> Result<Image, Error> {
    open_folder(folder, image, &options())
}

fn amd64() -> Options {
    Options { platform: Some("linux/amd64".parse().unwrap()), ..options() }
}

#[test]
fn a_layout_gives_configuration_and_layers() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Sample::new("amd64");
    write_layout(folder.path(), &index(&[sample.described(&named("app:1"))]), &sample.blobs());
    assert!(is_oci_layout(folder.path()));
    let image = open(folder.path(), None).unwrap();
    assert_eq!(image.config_digest.0, sample.config_digest());
    assert_eq!(image.manifest_digest.unwrap().0, manifest::digest_of(&sample.manifest));
    assert_eq!((image.names.as_slice(), image.index_digest), (&["app:1".to_owned()][..], None));
    assert_eq!(image.platform.to_string(), "linux/amd64");
    assert_eq!(image.layers[0].layer.created_by.as_deref(), Some("COPY hostname /etc"));
    let base = image.annotations.get("org.opencontainers.image.base.name").map(String::as_str);
    assert_eq!(base, Some("docker.io/library/debian:12"));
    assert!(image.problems.is_empty());
    for _pass in 0..2 {
        let mut blob = image.open_layer(0).unwrap();
        assert_eq!(blob.region().unwrap().len, sample.layer.len() as u64);
        let mut bytes = Vec::new();
        blob.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, sample.layer);
    }
    assert!(matches!(image.open_layer(1), Err(Error::NotFound { .. })));
}

#[test]
fn nested_indexes_are_followed_to_the_platform() {
    let folder = tempfile::tempdir().unwrap();
    let (amd, arm) = (Sample::new("amd64"), Sample::new("arm64"));
    let inner = index(&[
        amd.described(&platform("amd64")),
        arm.described(&platform("arm64")),
        amd.described(&platform("unknown")),
    ]);
    let mut outer = descriptor("application/vnd.oci.image.index.v1+json", &inner);
    outer["annotations"] = json!({"org.opencontainers.image.ref.name": "app:1"});
    let blobs: Vec<&[u8]> = amd.blobs().into_iter().chain(arm.blobs()).chain([inner.as_slice()]).collect();
    write_layout(folder.path(), &index(&[outer]), &blobs);
    for (wanted, sample) in [("linux/amd64", &amd), ("linux/arm64/v8", &arm)] {
        let options = Options { platform: Some(wanted.parse().unwrap()), ..options() };
        let image = open_folder(folder.path(), None, &options).unwrap();
        assert_eq!(image.config_digest.0, sample.config_digest());
        assert_eq!(image.index_digest.unwrap().0, manifest::digest_of(&inner));
        let available: Vec<_> = image.platforms_available.iter().map(ToString::to_string).collect();
        assert_eq!(available, ["linux/amd64", "linux/arm64"]);
    }
    let options = Options { platform: Some("linux/s390x".parse().unwrap()), ..options() };
    let error = open_folder(folder.path(), None, &options).unwrap_err().to_string();
    assert!(error.contains("no image for linux/s390x; it has linux/amd64, linux/arm64"), "{error}");
}

#[test]
fn one_of_several_images_must_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (Sample::new("amd64"), Sample::new("arm64"));
    let blobs: Vec<&[u8]> = one.blobs().into_iter().chain(two.blobs()).collect();
    let list = index(&[one.described(&named("app:1")), two.described(&named("docker.io/library/app:2"))]);
    write_layout(folder.path(), &list, &blobs);
    let error = open(folder.path(), None).unwrap_err();
    assert!(matches!(error, Error::Choice { .. }), "{error}");
    assert!(error.to_string().contains("app:1, docker.io/library/app:2"), "{error}");
    let digest = manifest::digest_of(&two.manifest).to_string();
    for (choice, sample) in [("app:1", &one), ("2", &two), ("app:2", &two), (&digest, &two)] {
        let image = open(folder.path(), Some(choice)).unwrap();
        assert_eq!(image.config_digest.0, sample.config_digest(), "{choice}");
    }
    // Two names of one image are none.
    let twice = index(&[one.described(&named("app:1")), one.described(&named("app:latest"))]);
    write_layout(folder.path(), &twice, &[]);
    assert_eq!(open(folder.path(), None).unwrap().config_digest.0, one.config_digest());
    write_layout(folder.path(), &list, &[]);
    let error = open(folder.path(), Some("3")).unwrap_err().to_string();
    assert!(error.contains("'3'") && error.contains("it holds app:1"), "{error}");
}

#[test]
fn the_only_platform_is_taken_and_said_unless_another_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Sample::new("s390x");
    write_layout(folder.path(), &index(&[sample.described(&platform("s390x"))]), &sample.blobs());
    let image = open(folder.path(), None).unwrap();
    assert_eq!(image.problems[0].code, crate::problems::OTHER_PLATFORM);
    assert!(matches!(open_folder(folder.path(), None, &amd64()), Err(Error::Platform { .. })));
    // Told by the configuration only.
    write_layout(folder.path(), &index(&[sample.described(&json!({}))]), &[]);
    assert!(open(folder.path(), None).unwrap().problems.is_empty());
    assert!(matches!(open_folder(folder.path(), None, &amd64()), Err(Error::Platform { .. })));
}

#[test]
fn damage_is_told() {
    let sample = Sample::new("amd64");
    let made = || {
        let folder = tempfile::tempdir().unwrap();
        write_layout(folder.path(), &index(&[sample.described(&json!({}))]), &sample.blobs());
        folder
    };
    let blob = |folder: &Path, bytes: &[u8]| folder.join(blob_path(manifest::digest_of(bytes)));
    let said = |folder: &Path| open(folder, None).unwrap_err().to_string();

    let folder = made();
    let mut flipped = sample.config.clone();
    flipped[10] ^= 1;
    fs::write(blob(folder.path(), &sample.config), flipped).unwrap();
    assert!(said(folder.path()).contains("has the digest"), "{}", said(folder.path()));

    let folder = made();
    fs::write(blob(folder.path(), &sample.manifest), "{}").unwrap();
    assert!(said(folder.path()).contains("2 bytes, not the"));

    let folder = made();
    fs::remove_file(blob(folder.path(), &sample.manifest)).unwrap();
    assert!(said(folder.path()).contains("incomplete"));

    // A layer that is gone or short costs that layer, not the image.
    let folder = made();
    fs::remove_file(blob(folder.path(), &sample.layer)).unwrap();
    assert!(matches!(open(folder.path(), None).unwrap().open_layer(0), Err(Error::NotFound { .. })));
    fs::write(blob(folder.path(), &sample.layer), "short").unwrap();
    assert!(matches!(open(folder.path(), None).unwrap().open_layer(0), Err(Error::Length { actual: 5, .. })));

    for (file, content, part) in [
        ("index.json", "not json", "cannot be understood"),
        ("index.json", r#"{"manifests":[]}"#, "names no images"),
        ("oci-layout", r#"{"imageLayoutVersion":"7"}"#, "version '7'"),
        ("oci-layout", "{}", "imageLayoutVersion"),
    ] {
        let folder = made();
        fs::write(folder.path().join(file), content).unwrap();
        let text = said(folder.path());
        assert!(text.contains(part), "{part}: {text}");
    }
    let folder = made();
    fs::write(folder.path().join("index.json"), vec![b' '; 5 << 20]).unwrap();
    assert!(said(folder.path()).contains("limit of 4194304 bytes"));
}

#[test]
fn links_and_digests_do_not_lead_out() {
    let sample = Sample::new("amd64");
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), &sample.config).unwrap();
    write_layout(folder.path(), &index(&[sample.described(&json!({}))]), &[&sample.layer, &sample.manifest]);
    let place = folder.path().join(blob_path(sample.config_digest()));
    std::os::unix::fs::symlink(outside.path(), &place).unwrap();
    let error = open(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("leads out of it"), "{error}");
    fs::remove_file(&place).unwrap();
    // A pipe would be waited for.
    fs::create_dir(&place).unwrap();
    let error = open(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("no regular file"), "{error}");
    for digest in ["sha256:../../../../etc/passwd", "sha512:00", "../x"] {
        let list = json!({"manifests": [{"digest": digest, "size": 1}]}).to_string();
        fs::write(folder.path().join("index.json"), list).unwrap();
        assert!(matches!(open(folder.path(), None), Err(Error::Malformed { .. })), "{digest}");
    }
}

#[test]
fn indexes_in_indexes_end() {
    let sample = Sample::new("amd64");
    let mut blobs: Vec<Vec<u8>> = sample.blobs().iter().map(|blob| blob.to_vec()).collect();
    let mut top = sample.described(&json!({}));
    for _ in 0..4 {
        let level = index(&[top]);
        top = descriptor("application/vnd.oci.image.index.v1+json", &level);
        blobs.push(level);
    }
    let folder = tempfile::tempdir().unwrap();
    let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
    write_layout(folder.path(), &index(&[top]), &blobs);
    let error = open(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("nested more than 3 deep"), "{error}");
}

#[test]
fn an_encrypted_layer_is_a_problem() {
    let mut sample = Sample::new("amd64");
    let text = String::from_utf8(sample.manifest).unwrap();
    sample.manifest = text.replace("layer.v1.tar\"", "layer.v1.tar+encrypted\"").into_bytes();
    let folder = tempfile::tempdir().unwrap();
    write_layout(folder.path(), &index(&[sample.described(&json!({}))]), &sample.blobs());
    let image = open(folder.path(), None).unwrap();
    assert_eq!(image.problems[0].code, crate::problems::ENCRYPTED_LAYER);
    assert_eq!(image.problems[0].effect, model::Effect::MayHidePackages);
    assert!(matches!(image.open_layer(0), Err(Error::Encrypted { .. })));
}

#[test]
fn layers_and_configuration_must_fit() {
    let mut sample = Sample::new("amd64");
    let layer = descriptor("application/vnd.oci.image.layer.v1.tar", &tar(&[]));
    let mut manifest: serde_json::Value = serde_json::from_slice(&sample.manifest).unwrap();
    manifest["layers"].as_array_mut().unwrap().push(layer);
    sample.manifest = manifest.to_string().into_bytes();
    let folder = tempfile::tempdir().unwrap();
    write_layout(folder.path(), &index(&[sample.described(&json!({}))]), &sample.blobs());
    let error = open(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("names 2 layers, the configuration 1"), "{error}");
}
