//! Explanations.

use model::ApartReason;
use package::{Detail, Ecosystem, NameKind, Package, PackageIndex, PackageType};

use super::support::*;
use crate::{Context, CoverageState, Database, Status, Verdict, Why};

const DEB: Ecosystem = Ecosystem::Debian;

fn openssl() -> Database {
    database(
        &[
            record("osv-debian", "DEBIAN-CVE-1-1", &["CVE-1-1"])
                .says(statement(DEB, "12", "openssl").fixed("", "3.0.22-1~deb12u2")),
            record("debian-tracker", "CVE-1-2", &["CVE-1-2"])
                .says(statement(DEB, "12", "openssl").status(Status::NotAffected)),
            record("osv-debian", "DEBIAN-CVE-1-2", &["CVE-1-2"]).says(statement(DEB, "12", "openssl")),
            record("osv-debian", "DEBIAN-CVE-1-3", &["CVE-1-3"]).says(statement(DEB, "12", "linux")),
            record("osv-pypi", "PYSEC-1", &["CVE-1-4"]).says(statement(Ecosystem::PyPi, "", "cryptography")),
        ],
        &[],
    )
}

fn catalogue(release: &str) -> package::Catalogue {
    let mut owned = Package::new(PackageType::Pypi, "cryptography", "38.0.4");
    owned.owner = Some(PackageIndex(0));
    image(
        "debian",
        release,
        vec![
            deb("libssl3", "3.0.22-1~deb12u1", "openssl", "3.0.22-1~deb12u1"),
            deb("bash", "5.2-1", "bash", "5.2-1"),
            deb("linux-libc-dev", "6.1.1-1", "linux", "6.1.1-1"),
            owned,
        ],
    )
}

fn why(id: &str, release: &str, filter: Option<&str>) -> Why {
    openssl().why(id, &catalogue(release), filter, &Context::default())
}

#[test]
fn presence_is_explained() {
    let why = why("cve-1-1", "12", None);
    let [package] = why.packages.as_slice() else { panic!("{why:#?}") };
    assert_eq!(package.verdict, Verdict::Affected);
    let lookup = &package.lookups[0];
    assert_eq!((lookup.kind, lookup.name.as_str()), (NameKind::Source, "openssl"));
    assert_eq!(why.to_string(), "\
cve-1-1 stands in DEBIAN-CVE-1-1 (osv-debian).

libssl3 3.0.22-1~deb12u1 (deb): affected by cve-1-1.
  looked up as source package openssl in Debian 12, version 3.0.22-1~deb12u1 in dpkg's order:
    DEBIAN-CVE-1-1 (osv-debian, curated): >= 0, < 3.0.22-1~deb12u2 -> 3.0.22-1~deb12u1 lies inside: fixed in 3.0.22-1~deb12u2
  looked up as binary package libssl3 in Debian 12: no source says anything about that name
  - CVE-1-1: severity unknown, fixed in 3.0.22-1~deb12u2
  > upgrade libssl3 to 3.0.22-1~deb12u2 (of source openssl)
");
}

#[test]
fn absence_is_explained() {
    let overruled = why("CVE-1-2", "12", None);
    assert_eq!(overruled.packages[0].verdict, Verdict::NotAffected);
    assert!(overruled.to_string().contains("a source of higher precedence says"), "{overruled}");
    assert_eq!(overruled.packages[0].lookups[0].statements.len(), 2);

    let silent = why("CVE-1-1", "12", Some("bash"));
    assert_eq!(silent.packages[0].verdict, Verdict::NoStatement);
    assert!(silent.to_string().contains("no statement from any source about this package and CVE-1-1"));

    let unknown = why("CVE-9-9", "12", Some("bash"));
    assert!(unknown.to_string().starts_with("CVE-9-9 is not known to this database."), "{unknown}");
    assert_eq!(unknown.packages.len(), 1);

    let not_here = why("CVE-1-1", "12", Some("nano"));
    assert!(not_here.to_string().contains("No package here bears the name nano."));

    let release = why("CVE-1-1", "11", None);
    assert_eq!(release.packages[0].verdict, Verdict::NotAssessed);
    assert_eq!(release.packages[0].coverage, CoverageState::NoRelease);
    assert!(release.to_string().contains("not assessed: no data for this release"), "{release}");
}

#[test]
fn rules_are_explained() {
    let kernel = why("CVE-1-3", "12", None);
    assert_eq!(kernel.packages[0].verdict, Verdict::Apart(ApartReason::NoKernel));
    assert!(kernel.to_string().contains("holds no kernel"), "{kernel}");

    let owned = why("CVE-1-4", "12", None);
    assert_eq!(owned.packages[0].verdict, Verdict::Apart(ApartReason::OwnedByDistribution));
    assert!(owned.to_string().contains("its files belong to libssl3"), "{owned}");

    let elsewhere = openssl().why("CVE-1-4", &image("debian", "12", vec![]), None, &Context::default());
    assert!(
        elsewhere.to_string().contains("It concerns cryptography (PyPI); none of these is here."),
        "{elsewhere}"
    );
}

#[test]
fn streams_are_explained() {
    let alma = Ecosystem::AlmaLinux;
    let database = database(
        &[record("osv-almalinux", "ALSA-1", &["CVE-1"]).says(
            statement(alma, "8", "nodejs").module("nodejs:20").fixed("", "1:20.1-1.module_el8.9.0+1+aa"),
        )],
        &[],
    );
    let of = |label: Option<&str>| {
        let version = "1:18.1-1.module_el8.9.0+2+bb";
        let mut package = os(PackageType::Rpm, "nodejs", version, "nodejs", version);
        package.detail = Detail::Rpm { modularity: label.map(str::to_owned), vendor: None };
        database.why("CVE-1", &image("almalinux", "8.9", vec![package]), None, &Context::default())
    };
    let other = of(Some("nodejs:18:8090:x"));
    assert_eq!(other.packages[0].verdict, Verdict::NotAffected);
    assert!(other.to_string().contains("concerns builds of module stream nodejs:20 only"), "{other}");
    let unknown = of(None);
    assert_eq!(unknown.packages[0].verdict, Verdict::NotAssessed);
    assert!(unknown.to_string().contains("which stream this build is of cannot be told"), "{unknown}");
}
