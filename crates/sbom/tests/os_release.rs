//! Every os-release that the table of ecosystems is proven with, read from an image: from `etc`, from `usr/lib`, and
//! through a link into a lower layer (case 43).

use std::{fs, path::Path};

use package::Ecosystem;
use sbom::{Assembled, FileFact, FileInfo, Options, View, assemble, extract, interest};

#[path = "../src/testing.rs"]
mod testing;
use testing::Image;

#[test]
fn every_distribution_is_told_wherever_its_os_release_lies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../package/tests/data/os-release");
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (head, body) = text.split_once('\n').unwrap();
        let expected: Vec<&str> = head.strip_prefix("#= ").unwrap().split('|').take(2).collect();
        let images = [
            Image::new().file(0, "etc/os-release", body),
            Image::new().file(0, "usr/lib/os-release", body),
            Image::new()
                .file(0, "usr/lib/os-release", body)
                .file(1, "etc/os-release", "ID=other\nVERSION_ID=0\n")
                .link(2, "etc/os-release", "../usr/lib/os-release"),
        ];
        for image in images {
            let distro = image.catalogue().catalogue.distro;
            let found = distro.as_ref().and_then(|distro| Ecosystem::from_os_release(&distro.os_release));
            let found = found.map(|(ecosystem, release)| (ecosystem.row().osv, release));
            let found = found.as_ref().map_or(["", ""], |(name, release)| [*name, release]);
            assert_eq!(found.as_slice(), expected, "{name}");
        }
        seen += 1;
    }
    assert!(seen >= 15, "only {seen} records");
}
