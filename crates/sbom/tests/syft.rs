//! Documents of the real Syft: what it found in a small root file system is what is read from its CycloneDX and its SPDX.
//! Needs Syft: `scripts/setup test` installs it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the lint's leave for tests does not reach the functions that they share"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use model::Budget;
use package::{Catalogue, Package, PackageType, Presence};
use sbom::formats::{Format, detect, read};
use tempfile::TempDir;

const FILES: &[(&str, &str)] = &[
    (
        "etc/os-release",
        "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n",
    ),
    (
        "var/lib/dpkg/status",
        "Package: bsdutils\nStatus: install ok installed\nMaintainer: X <x@debian.org>\nArchitecture: amd64\n\
         Source: util-linux (2.38.1-5)\nVersion: 1:2.38.1-5+b1\n\n\
         Package: tzdata\nStatus: install ok installed\nMaintainer: X <x@debian.org>\nArchitecture: all\nVersion: 2024a-0+deb12u1\n\n",
    ),
    (
        "opt/venv/lib/python3.11/site-packages/JW_Util-2.3.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: JW_Util\nVersion: 2.3\nLicense: MIT\n\nText\n",
    ),
    (
        "opt/venv/lib/python3.11/site-packages/JW_Util-2.3.dist-info/RECORD",
        "JW_Util-2.3.dist-info/METADATA,,\n",
    ),
    (
        "srv/package-lock.json",
        r#"{"name":"app","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"app","version":"1.0.0"},
           "node_modules/@babel/core":{"version":"7.0.0","resolved":"https://example.org/core.tgz"},
           "node_modules/lodash":{"version":"4.17.20","resolved":"https://example.org/lodash.tgz"}}}"#,
    ),
];

fn syft() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = env::var_os("SEAWALL_TOOLS").map_or_else(|| here.join("../../target/tools"), PathBuf::from);
    tools.join("venv/bin/syft")
}

/// The tree, and its documents in both formats.
fn documents() -> (TempDir, [Vec<u8>; 2]) {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("root");
    for (path, text) in FILES {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let [cyclonedx, spdx] = ["cyclonedx.json", "spdx.json"].map(|name| folder.path().join(name));
    let syft = syft();
    let output = Command::new(&syft)
        .arg(format!("dir:{}", root.display()))
        .args(["-o", &format!("cyclonedx-json={}", cyclonedx.display())])
        .args(["-o", &format!("spdx-json={}", spdx.display())])
        .env("SYFT_CHECK_FOR_APP_UPDATE", "false")
        .output()
        .unwrap_or_else(|error| panic!("{} is needed: {error}; run 'scripts/setup test'", syft.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, [cyclonedx, spdx].map(|path| fs::read(path).unwrap()))
}

fn listed(catalogue: &Catalogue) -> Vec<String> {
    let mut names: Vec<String> =
        catalogue.packages.iter().map(|p| format!("{} {} {}", p.kind.as_str(), p.name, p.version)).collect();
    names.retain(|name| name != "npm app 1.0.0");
    names
}

fn named<'a>(catalogue: &'a Catalogue, name: &str) -> &'a Package {
    catalogue.packages.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn both_documents_give_the_packages() {
    let (_folder, [cyclonedx, spdx]) = documents();
    assert_eq!((detect(&cyclonedx), detect(&spdx)), (Some(Format::CycloneDx), Some(Format::Spdx)));
    for (format, bytes) in [("CycloneDX", &cyclonedx), ("SPDX", &spdx)] {
        let (catalogue, problems) = read(bytes, &Budget::default());
        assert_eq!(
            listed(&catalogue),
            [
                "deb bsdutils 1:2.38.1-5+b1",
                "deb tzdata 2024a-0+deb12u1",
                "npm @babel/core 7.0.0",
                "npm lodash 4.17.20",
                // Syft itself normalises names of PyPI.
                "pypi jw-util 2.3",
            ],
            "{format}"
        );
        assert_eq!(problems, [], "{format}");
        let os =
            catalogue.distro.as_ref().map(|d| (d.os_release.id.as_str(), d.os_release.version_id.as_str()));
        assert_eq!(os, Some(("debian", "12")), "{format}");
        let source = named(&catalogue, "bsdutils").source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_str()), ("util-linux", "2.38.1-5"), "{format}");
        assert_eq!(named(&catalogue, "bsdutils").evidence, ["var/lib/dpkg/status"], "{format}");
        assert_eq!(named(&catalogue, "lodash").presence, Presence::Declared, "{format}");
        let installed = named(&catalogue, "jw-util");
        assert_eq!(
            (installed.kind, installed.presence),
            (PackageType::Pypi, Presence::Installed),
            "{format}"
        );
        assert!(catalogue.unidentified.is_empty(), "{format}: {:?}", catalogue.unidentified);
    }
}
