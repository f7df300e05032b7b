use package::{Catalogue, Origin, PackageIndex};

use super::*;
use crate::testing::{Image, catalogue, names, problems};

fn status(text: &str) -> Catalogue {
    let assembled = catalogue(&[(0, STATUS, text.as_bytes())]);
    assert_eq!(problems(&assembled), [""; 0]);
    assembled.catalogue
}

fn sources(catalogue: &Catalogue) -> Vec<String> {
    let of = |p: &Package| p.source.as_ref().map(|s| format!("{} {}", s.name, s.version)).unwrap();
    catalogue.packages.iter().map(of).collect()
}

#[test]
fn case_1_and_2_sources_with_versions_of_their_own() {
    let catalogue = status(
        "Package: bsdutils\nStatus: install ok installed\nSource: util-linux (2.38.1-5)\nVersion: 1:2.38.1-5+b1\n\n\
         Package: dmsetup\nStatus: install ok installed\nSource: lvm2 (2.03.16-2)\nVersion: 2:1.02.185-2\n\n\
         Package: g++\nStatus: install ok installed\nSource: gcc-defaults (1.203)\nVersion: 4:12.2.0-3\n\n\
         Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.22-1~deb12u1\n\n\
         Package: zsh\nStatus: install ok installed\nVersion: 5.9-4+b2\n",
    );
    assert_eq!(
        sources(&catalogue),
        [
            "util-linux 2.38.1-5",
            "lvm2 2.03.16-2",
            "gcc-defaults 1.203",
            "openssl 3.0.22-1~deb12u1",
            "zsh 5.9-4"
        ]
    );
    assert_eq!(catalogue.packages[0].version, "1:2.38.1-5+b1");
}

#[test]
fn case_6_states() {
    let text: String = [
        ("a", "deinstall ok config-files"),
        ("b", "hold ok installed"),
        ("c", "install ok unpacked"),
        ("d", "install ok half-configured"),
        ("e", "install ok triggers-pending"),
        ("f", "unknown ok not-installed"),
        ("g", "install reinstreq half-installed"),
        ("h", "purge ok config-files"),
    ]
    .iter()
    .map(|(name, state)| format!("Package: {name}\nStatus: {state}\nVersion: 1\n\n"))
    .collect();
    let names: Vec<_> = status(&text).packages.into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["b", "c", "d", "e", "g"]);
}

#[test]
fn case_11_third_parties() {
    let catalogue = status(
        "Package: kubectl\nVersion: 1:528.0.0-0\nMaintainer: Kubernetes Authors <dev@kubernetes.io>\n\n\
         Package: tytso\nVersion: 1-1\nMaintainer: Theodore Y. Ts'o <tytso@mit.edu>\n\n\
         Package: tool\nVersion: 1\nVendor: none\nMaintainer: <root@build>\n",
    );
    let origins: Vec<_> = catalogue.packages.iter().map(|p| p.origin).collect();
    assert_eq!(origins, [Origin::ThirdParty, Origin::ThirdParty, Origin::Distribution]);
}

#[test]
fn one_name_in_two_architectures_is_two_packages() {
    let image = Image::new()
        .file(
            0,
            STATUS,
            "Package: libc6\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.36-9\n\n\
             Package: libc6\nArchitecture: i386\nMulti-Arch: same\nVersion: 2.36-9\n",
        )
        .file(0, "var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib\n/lib/a\n")
        .file(0, "var/lib/dpkg/info/libc6:i386.list", "/.\n/lib\n/lib/b\n");
    let packages = image.catalogue().catalogue.packages;
    let shown: Vec<_> = packages.iter().map(|p| (p.arch.as_deref().unwrap(), &p.evidence[1][..])).collect();
    assert_eq!(
        shown,
        [("amd64", "var/lib/dpkg/info/libc6:amd64.list"), ("i386", "var/lib/dpkg/info/libc6:i386.list")]
    );
}

#[test]
fn built_using_and_dependencies() {
    let catalogue = status(
        "Package: containerd\nVersion: 1.6.20\nBuilt-Using: golang-1.19 (= 1.19.8-2), runc (= 1.1.5+ds1-1)\n\
         Static-Built-Using: rustc (= 1.63.0)\nPre-Depends: dpkg (>= 1.17)\nDepends: runc:any (>= 1) | crun,\n mail\n\n\
         Package: dpkg\nVersion: 1\n\nPackage: exim4\nVersion: 1\nProvides: mail (= 1), other\n\n\
         Package: runc\nVersion: 1\n",
    );
    let containerd = &catalogue.packages[0];
    assert_eq!(
        containerd.detail,
        Detail::Deb {
            built_using: [("golang-1.19", "1.19.8-2"), ("runc", "1.1.5+ds1-1"), ("rustc", "1.63.0")]
                .map(|(a, b)| (a.into(), b.into()))
                .into()
        }
    );
    assert_eq!(containerd.depends_on, [1, 2, 3].map(PackageIndex));
}

#[test]
fn distroless_has_a_stanza_a_file() {
    let image = Image::new()
        .file(0, "etc/os-release", "ID=debian\nVERSION_ID=12\n")
        .file(0, "var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
        .file(0, "var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/issue\n")
        .file(1, "var/lib/dpkg/status.d/libssl3", "Package: libssl3\nSource: openssl\nVersion: 3.0.11-1\n");
    let assembled = image.catalogue();
    assert_eq!(names(&assembled), ["base-files 12.4", "libssl3 3.0.11-1"]);
    assert!(assembled.catalogue.distro.unwrap().distroless);
    let layers: Vec<_> = assembled.catalogue.packages.iter().map(|p| p.layer).collect();
    assert_eq!(layers, [Some(0), Some(1)]);
    assert_eq!(assembled.catalogue.packages[0].evidence[1], "var/lib/dpkg/status.d/base.md5sums");
}

#[test]
fn a_package_has_the_lowest_layer_since_which_it_is_there_without_a_gap() {
    let stanza = |name: &str, version: u32| format!("Package: {name}\nVersion: {version}\n\n");
    let image = Image::new()
        .file(0, STATUS, [stanza("stays", 1), stanza("gap", 1), stanza("grows", 1)].concat())
        .file(1, STATUS, [stanza("stays", 1), stanza("grows", 2)].concat())
        .file(2, STATUS, [stanza("stays", 1), stanza("gap", 1), stanza("grows", 2)].concat())
        .file(
            3,
            STATUS,
            [stanza("stays", 1), stanza("gap", 1), stanza("grows", 2), stanza("new", 1)].concat(),
        );
    let layers: Vec<_> =
        image.catalogue().catalogue.packages.iter().map(|p| format!("{} {:?}", p.name, p.layer)).collect();
    assert_eq!(layers, ["gap Some(2)", "grows Some(1)", "new Some(3)", "stays Some(0)"]);
}

#[test]
fn a_removed_database_has_no_packages_and_a_file_system_no_layers() {
    let text = "Package: a\nVersion: 1\n";
    let removed = Image::new().file(0, STATUS, text).file(1, "var/lib/dpkg/.wh.status", "");
    assert_eq!(names(&removed.catalogue()), [""; 0]);
    let root = Image::root().file(0, STATUS, text);
    assert_eq!(root.catalogue().catalogue.packages[0].layer, None);
}

#[test]
fn licences_of_both_kinds_of_copyright_files() {
    let image = Image::new()
        .file(0, STATUS, "Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n\nPackage: c\nVersion: 1\n")
        .file(
            0,
            "usr/share/doc/a/copyright",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\n\
             License: GPL-2+\n text\n\nLicense: Expat\nLicense:\n",
        )
        .file(0, "usr/share/doc/b/copyright", "see /usr/share/common-licenses/LGPL-2.1.\n")
        .link(0, "usr/share/doc/c", "b");
    let licences: Vec<_> = image.catalogue().catalogue.packages.into_iter().map(|p| p.licences).collect();
    assert_eq!(licences, [vec!["Expat", "GPL-2+"], vec!["LGPL-2.1"], vec!["LGPL-2.1"]]);
}

#[test]
fn broken_stanzas_are_counted_and_their_neighbours_kept() {
    let text = [
        b"Package: good\nVersion: 1\n\n".to_vec(),
        b"Version: 1\nStatus: install ok installed\n\n".to_vec(),
        b"Package: noversion\nStatus: install ok installed\n\n".to_vec(),
        b"\xff\xfe\x00\x01 nothing\n\n".to_vec(),
        b"Package: first\nVersion: 1\nPackage: second\nVersion: 2\n\n".to_vec(),
        [b"Package: ".as_slice(), &vec![b'x'; 5000], b"\nVersion: 1\n\n"].concat(),
        b"Package: last\nVersion: 1".to_vec(),
    ]
    .concat();
    let assembled = catalogue(&[(0, STATUS, &text)]);
    assert_eq!(names(&assembled), ["first 1", "good 1", "last 1", "second 2"]);
    assert_eq!(problems(&assembled), ["sbom.malformed var/lib/dpkg/status ×5"]);
    assert_eq!(assembled.problems[0].effect, model::Effect::MayHidePackages);
}

#[test]
fn a_line_without_end_and_a_database_past_its_limits_end_in_time() {
    let mut text = b"Package: a\nVersion: 1\nDescription: ".to_vec();
    text.resize(60 << 20, b'x');
    assert_eq!(names(&catalogue(&[(0, STATUS, &text)])), ["a 1"]);
    text.resize(65 << 20, b'\n');
    let assembled = catalogue(&[(0, STATUS, &text)]);
    assert_eq!(problems(&assembled), ["sbom.too-large var/lib/dpkg/status ×1"]);
    let many = Image::new().limits(model::Limits { entries: 10, ..model::Limits::default() }).file(
        0,
        STATUS,
        "Package: a\nVersion: 1\n\n".repeat(1000),
    );
    assert_eq!(problems(&many.catalogue()), ["sbom.limit var/lib/dpkg/status ×1"]);
}
