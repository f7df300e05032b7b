use std::io::{Read as _, Seek as _, Write as _};

use serde_json::json;

use super::*;
use crate::testing::{Sample, index, named, options, tar};

fn archive(bytes: &[u8], image: Option<&str>) -> Result<Image, Error> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    open(file, "app.tar".to_owned(), image, &options())
}

fn layer(image: &Image) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.open_layer(0).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// The old form, with its list at the end and a layer that is a link to another folder's.
fn old(sample: &Sample) -> Vec<u8> {
    let config = format!("{}.json", sample.config_digest().hex());
    let list = json!([{"Config": config, "RepoTags": ["app:1"], "Layers": ["bbb/layer.tar"]}]).to_string();
    tar(&[
        ("aaa/layer.tar", &sample.layer),
        ("bbb/layer.tar@", b"../aaa/layer.tar"),
        (&config, &sample.config),
        ("manifest.json", list.as_bytes()),
    ])
}

#[test]
fn the_old_form_is_read_with_its_list_at_the_end_and_its_links() {
    let sample = Sample::new("amd64");
    let image = archive(&old(&sample), None).unwrap();
    assert_eq!(image.config_digest.0, sample.config_digest());
    assert_eq!((image.names.as_slice(), image.manifest_digest), (&["app:1".to_owned()][..], None));
    assert_eq!(image.layers[0].layer.blob, None);
    assert_eq!(layer(&image), sample.layer);
    assert!(image.open_layer(0).unwrap().region().is_some());
}

#[test]
fn the_new_form_tells_blob_digests_and_media_types() {
    let sample = Sample::new("amd64");
    let blob = format!("blobs/sha256/{}", manifest::digest_of(&sample.layer).hex());
    let config = format!("blobs/sha256/{}", sample.config_digest().hex());
    let mut sources = serde_json::Map::new();
    sources.insert(
        manifest::digest_of(&sample.layer).to_string(),
        crate::testing::descriptor("application/vnd.oci.image.layer.v1.tar", &sample.layer),
    );
    let list =
        json!([{"Config": config, "RepoTags": null, "Layers": [blob], "LayerSources": sources}]).to_string();
    let image = archive(
        &tar(&[("manifest.json", list.as_bytes()), (&blob, &sample.layer), (&config, &sample.config)]),
        None,
    )
    .unwrap();
    assert_eq!(image.layers[0].layer.blob.unwrap().0, manifest::digest_of(&sample.layer));
    assert_eq!(image.layers[0].compression, manifest::Compression::None);
    assert_eq!(layer(&image), sample.layer);
}

#[test]
fn a_layout_in_a_tar_is_read() {
    let sample = Sample::new("amd64");
    let list = index(&[sample.described(&named("1"))]);
    let names: Vec<String> =
        sample.blobs().iter().map(|b| format!("blobs/sha256/{}", manifest::digest_of(b).hex())).collect();
    let mut members: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(sample.blobs()).collect();
    members.push(("./index.json", &list));
    members.push(("./oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#));
    let image = archive(&tar(&members), Some("1")).unwrap();
    assert_eq!(image.config_digest.0, sample.config_digest());
    assert_eq!(layer(&image), sample.layer);
}

#[test]
fn one_of_several_must_be_chosen() {
    let (one, two) = (Sample::new("amd64"), Sample::new("arm64"));
    let list = json!([
        {"Config": "one.json", "RepoTags": ["app:1"], "Layers": ["one.tar"]},
        {"Config": "two.json", "RepoTags": ["reg.example/team/app:2"], "Layers": ["two.tar"]},
    ]);
    let bytes = tar(&[
        ("one.json", &one.config),
        ("two.json", &two.config),
        ("one.tar", &one.layer),
        ("two.tar", &two.layer),
        ("manifest.json", list.to_string().as_bytes()),
    ]);
    let error = archive(&bytes, None).unwrap_err().to_string();
    assert!(error.contains("choose one: app:1, reg.example/team/app:2"), "{error}");
    for (choice, sample) in [("docker.io/library/app:1", &one), ("2", &two), ("reg.example/team/app:2", &two)]
    {
        assert_eq!(
            archive(&bytes, Some(choice)).unwrap().config_digest.0,
            sample.config_digest(),
            "{choice}"
        );
    }
    assert!(matches!(archive(&bytes, Some("app:9")), Err(Error::NotFound { .. })));
}

#[test]
fn damage_is_told() {
    let sample = Sample::new("amd64");
    let whole = old(&sample);
    // Cut anywhere: an error that says so, or an image whose layer is not what it claims; never a panic.
    for at in (0..whole.len()).step_by(97) {
        match archive(&whole[..at], None) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(image) => assert_eq!(image.config_digest.0, sample.config_digest()),
        }
    }
    let cut = archive(&whole[..1600], None).unwrap_err().to_string();
    assert!(cut.contains("ends in the middle"), "{cut}");
    let config = format!("{}.json", sample.config_digest().hex());
    let cases: &[(&[u8], &str)] = &[
        (b"", "neither a manifest.json"),
        (b"not a tar at all", "ends in the middle"),
        (&[0xff; 2048], "no tar header"),
        (&tar(&[("a", b"b")]), "neither a manifest.json"),
        (&tar(&[("manifest.json", b"{}")]), "cannot be understood"),
        (&tar(&[("manifest.json", b"[]")]), "holds no image"),
        (&tar(&[("manifest.json", br#"[{"Config":"../../etc/passwd","Layers":[]}]"#)]), "was not found"),
        (
            &tar(&[("manifest.json", format!(r#"[{{"Config":"{config}"}}]"#).as_bytes()), (&config, b"{}")]),
            "has the digest",
        ),
    ];
    for (bytes, part) in cases {
        let text = archive(bytes, None).unwrap_err().to_string();
        assert!(text.contains(part), "{part}: {text}");
    }
    // A missing layer costs that layer only.
    let list = json!([{"Config": config, "Layers": ["gone.tar"]}]).to_string();
    let image =
        archive(&tar(&[("manifest.json", list.as_bytes()), (&config, &sample.config)]), None).unwrap();
    let error = image.open_layer(0).unwrap_err().to_string();
    assert!(error.contains("gone.tar"), "{error}");
}

#[test]
fn links_that_turn_in_circles_end() {
    let sample = Sample::new("amd64");
    let list = json!([{"Config": "c.json", "Layers": ["a"]}]).to_string();
    let image = archive(
        &tar(&[("a@", b"b"), ("b@", b"a"), ("c.json", &sample.config), ("manifest.json", list.as_bytes())]),
        None,
    )
    .unwrap();
    assert!(matches!(image.open_layer(0), Err(Error::NotFound { .. })));
}
