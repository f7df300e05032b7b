use serde_json::{Value, json};

use super::{Document, ReadError, bounds};

fn document() -> Value {
    let digest = |n: u8| format!("sha256:{}", format!("{n:02x}").repeat(32));
    json!({
        "format": "seawall-catalogue", "version": 1, "cataloguer": 2, "target": "app:1", "kind": "image",
        "image": {
            "configDigest": digest(1),
            "platform": {"os": "linux", "architecture": "amd64", "variant": null},
            "config": {"envNames": ["PATH"], "labels": {"a": "b"}, "history": [{"createdBy": "COPY . /"}]},
            "layers": [{"diffId": digest(2), "size": 5}],
        },
        "distro": {"id": "debian", "versionId": "12"},
        "packages": [
            {"type": "deb", "name": "openssl", "version": "3.0", "source": {"name": "openssl", "version": "3.0"}, "layer": 0},
            {"type": "npm", "name": "tar", "version": "6.0.0", "owner": 0, "bundledIn": 2, "evidence": ["a/b"], "probable": true},
            {"type": "golang", "name": "stdlib", "version": "go1.25", "declared": true, "dependsOn": [1],
             "go": {"linked": ["net/http"], "main": true, "goos": "linux"}},
            {"type": "rpm", "name": "x", "rpm": {"modularity": "nodejs:18:1:a"}, "thirdParty": true},
            {"type": "deb", "name": "y", "builtUsing": [{"name": "z", "version": "1"}]},
        ],
    })
}

fn read(document: &Value) -> Result<Document, ReadError> {
    Document::read(document.to_string().as_bytes())
}

#[test]
fn what_is_written_is_read_again() {
    let document = read(&document()).unwrap();
    let again = Document::read(&serde_json::to_vec(&document).unwrap()).unwrap();
    assert_eq!(again, document);
    let catalogue = document.catalogue();
    assert_eq!(catalogue.packages.len(), 5);
    assert_eq!(catalogue.packages[1].owner, Some(package::PackageIndex(0)));
    assert_eq!(catalogue.packages[2].presence, package::Presence::Declared);
    assert_eq!(catalogue.packages[3].origin, package::Origin::ThirdParty);
    // Fields of a later sender are passed over.
    let mut later = self::document();
    later["somethingNew"] = json!({"a": [1]});
    assert_eq!(read(&later).unwrap(), document);
}

#[test]
fn what_no_honest_sender_writes_is_refused_by_name() {
    type Edit = fn(&mut Value);
    let edits: &[(Edit, &str)] = &[
        (|d| d["format"] = json!("sarif"), "'sarif' is not the format"),
        (|d| d["version"] = json!(2), "has version 2, this hub reads up to 1"),
        (|d| d["version"] = json!(0), "has version 0"),
        (|d| d["version"] = json!(-1), "no catalogue document"),
        (|d| d["kind"] = json!("planet"), "'planet' is not known"),
        (|d| d["kind"] = json!("rootfs"), "'rootfs' has an image"),
        (|d| d["image"] = json!(null), "'image' has no image"),
        (|d| d["image"]["configDigest"] = json!("sha256:00"), "not a sha256 digest"),
        (
            |d| d["packages"][0]["layer"] = json!(1),
            "package 0 of the catalogue points at layer 1, and there are 1",
        ),
        (
            |d| d["packages"][1]["owner"] = json!(5),
            "package 1 of the catalogue points at package 5, and there are 5",
        ),
        (|d| d["packages"][1]["bundledIn"] = json!(4_294_967_295_u32), "points at package 4294967295"),
        (|d| d["packages"][2]["dependsOn"] = json!([1, 9]), "points at package 9"),
        (|d| d["packages"][0]["name"] = json!(""), "package 0 has no name"),
        (|d| d["packages"][0]["name"] = json!("n".repeat(bounds::NAME + 1)), "has 4097 bytes"),
        (|d| d["packages"][1]["evidence"] = json!(["p".repeat(bounds::NAME + 1)]), "has 4097 bytes"),
        (|d| d["packages"][2]["go"]["linked"] = json!(["p".repeat(bounds::NAME + 1)]), "has 4097 bytes"),
        (|d| d["packages"][1]["evidence"] = json!(vec!["p"; bounds::NAMES + 1]), "more than 4096 entries"),
        (|d| d["packages"][2]["dependsOn"] = json!(vec![0; bounds::EDGES + 1]), "more than 20000 entries"),
        (
            |d| d["packages"] = json!(vec![json!({"type": "npm", "name": "a"}); bounds::PACKAGES + 1]),
            "more than 200000",
        ),
        (
            |d| d["image"]["layers"] = json!(vec![d["image"]["layers"][0].clone(); bounds::LAYERS + 1]),
            "more than 1024",
        ),
        (
            |d| d["image"]["config"]["labels"]["a"] = json!("l".repeat(bounds::TEXT + 1)),
            "a label of the catalogue has 65537",
        ),
        (|d| d["unidentified"] = json!(vec!["a"; bounds::PATHS + 1]), "more than 100000"),
        (|d| d["packages"][0]["type"] = json!("cake"), "unknown variant `cake`"),
    ];
    for (edit, expected) in edits {
        let mut document = document();
        edit(&mut document);
        let error = read(&document).expect_err(expected).to_string();
        assert!(error.contains(expected), "wanted '{expected}', got '{error}'");
    }
}

#[test]
fn long_deep_and_broken_texts_end_without_harm() {
    assert_eq!(Document::read(&vec![b' '; bounds::BYTES + 1]), Err(ReadError::TooLong(bounds::BYTES + 1)));
    let deep = format!(r#"{{"format":"seawall-catalogue","version":1,"x":{}"#, "[".repeat(1 << 20));
    for text in ["", "[]", "{", "\u{feff}{}", &deep, "null", r#"{"format":1}"#] {
        assert!(matches!(Document::read(text.as_bytes()), Err(ReadError::Form(_))), "{text:.40}");
    }
}
