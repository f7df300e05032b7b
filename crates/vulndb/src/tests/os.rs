//! Distributions.

use model::{ApartReason, Class, FixStatus, Judgement, Kev, Rating, Severity};
use package::{Detail, Ecosystem, NameKind, Origin, Package, PackageType};

use super::support::*;
use crate::{Coverage, CoverageState, Enrichment, Record, Status};

const DEB: Ecosystem = Ecosystem::Debian;
const ALMA: Ecosystem = Ecosystem::AlmaLinux;
const ALPINE: Ecosystem = Ecosystem::Alpine;

fn debian(cve: &str, package: &str, fixed: &str) -> Record {
    record("osv-debian", &format!("DEBIAN-{cve}"), &[cve])
        .says(statement(DEB, "12", package).fixed("", fixed))
}

fn bookworm(packages: Vec<Package>) -> package::Catalogue {
    image("debian", "12", packages)
}

fn rpm(name: &str, version: &str, label: Option<&str>) -> Package {
    Package {
        detail: Detail::Rpm { modularity: label.map(str::to_owned), vendor: None },
        arch: Some("x86_64".into()),
        ..os(PackageType::Rpm, name, version, name, version)
    }
}

#[test]
fn case_01_the_source_version_is_compared() {
    let database = database(&[debian("CVE-2024-28085", "util-linux", "2.38.1-5+deb12u1")], &[]);
    let package = deb("bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5");
    let found = assess(&database, &bookworm(vec![package]));
    let found = one(&found);
    assert_eq!(found.id, "CVE-2024-28085");
    assert_eq!(found.fix, FixStatus::Fixed { version: "2.38.1-5+deb12u1".into() });
    assert_eq!(found.installed, "2.38.1-5");
    assert_eq!(found.judgement, Judgement::Counts);
    assert_eq!(found.severity, Severity::Unknown);
    assert_eq!(found.records[0].range, ">= 0, < 2.38.1-5+deb12u1");
}

#[test]
fn case_02_the_source_name_is_looked_up() {
    let database = database(
        &[
            debian("CVE-1-1", "lvm2", "2.03.16-3"),
            debian("CVE-1-2", "gcc-defaults", "1.204"),
            debian("CVE-1-3", "gcc-12", "99"),
            debian("CVE-1-4", "dmsetup", "99"),
        ],
        &[],
    );
    let found = assess(
        &database,
        &bookworm(vec![
            deb("dmsetup", "2:1.02.185-2", "lvm2", "2.03.16-2"),
            deb("g++", "4:12.2.0-3", "gcc-defaults", "1.203"),
        ]),
    );
    assert_eq!(counted(&found, 0), ["CVE-1-1"]);
    assert_eq!(counted(&found, 1), ["CVE-1-2"]);
}

#[test]
fn case_03_a_tilde_sorts_before_nothing() {
    let database = database(&[debian("CVE-2026-77696", "openssl", "3.0.22-1~deb12u2")], &[]);
    let of = |version: &str| {
        assess(&database, &bookworm(vec![deb("libssl3", version, "openssl", version)])).matches.len()
    };
    assert_eq!(of("3.0.22-1~deb12u1"), 1);
    assert_eq!(of("3.0.22-1~deb12u2"), 0);
    assert_eq!(of("3.0.22-1"), 0);
}

#[test]
fn case_04_headers_and_tools_hold_no_kernel() {
    let records: Vec<Record> =
        (0..50).map(|n| debian(&format!("CVE-2025-{n}"), "linux", "6.1.190-1")).collect();
    let database = database(&records, &[]);
    let found = assess(
        &database,
        &bookworm(vec![
            deb("linux-libc-dev", "6.1.187-1", "linux", "6.1.187-1"),
            deb("linux-perf", "6.1.187-1", "linux", "6.1.187-1"),
        ]),
    );
    assert_eq!(found.counts.counted, 0);
    assert_eq!(found.counts.apart[&ApartReason::NoKernel], 100);
}

#[test]
fn case_05_a_signed_image_is_judged_as_linux_and_only_the_booted_one_counts() {
    let database = database(&[debian("CVE-2025-1", "linux", "6.1.190-1")], &[]);
    let signed = |abi: &str, version: &str| {
        deb(
            &format!("linux-image-6.1.0-{abi}-amd64"),
            &format!("{version}-1"),
            "linux-signed-amd64",
            &format!("{version}+1"),
        )
    };
    let mut catalogue = bookworm(vec![
        signed("37", "6.1.187"),
        signed("38", "6.1.188"),
        signed("40", "6.1.190"),
        deb("linux-image-amd64", "6.1.190-1", "linux-signed-amd64", "6.1.188+1"),
    ]);
    let found = assess(&database, &catalogue);
    assert_eq!(counted(&found, 0), ["CVE-2025-1"], "in an image each kernel may be started");
    assert_eq!(of(&found, 0).next().unwrap().installed, "6.1.187-1");
    assert_eq!(counted(&found, 1), ["CVE-2025-1"]);
    assert_eq!(of(&found, 2).count(), 0, "6.1.190+1 is 6.1.190-1");
    assert_eq!(counted(&found, 3), [""; 0], "a package that only depends on an image");

    catalogue.kernel.booted = Some("6.1.0-38-amd64".into());
    let found = assess(&database, &catalogue);
    assert_eq!(counted(&found, 0), [""; 0]);
    assert_eq!(of(&found, 0).next().unwrap().judgement, Judgement::Apart(ApartReason::NoKernel));
    assert_eq!(counted(&found, 1), ["CVE-2025-1"]);

    let mut rpms = image(
        "almalinux",
        "9.4",
        vec![
            rpm("kernel-core", "5.14.0-427.el9", None),
            rpm("kernel-core", "5.14.0-428.el9", None),
            rpm("kernel-headers", "5.14.0-427.el9", None),
        ],
    );
    for package in &mut rpms.packages {
        package.source = Some(package::Source { name: "kernel".into(), version: package.version.clone() });
    }
    rpms.kernel.booted = Some("5.14.0-428.el9.x86_64".into());
    let database = super::support::database(
        &[record("osv-almalinux", "ALSA-1", &["CVE-2"])
            .says(statement(ALMA, "9", "kernel-core").fixed("", "5.14.0-500.el9"))
            .says(statement(ALMA, "9", "kernel-headers").fixed("", "5.14.0-500.el9"))],
        &[],
    );
    let found = assess(&database, &rpms);
    assert_eq!((counted(&found, 0).len(), counted(&found, 1).len(), counted(&found, 2).len()), (0, 1, 0));
    assert_eq!(found.counts.matches, 3);
}

#[test]
fn case_05_alpines_kernels_are_judged_as_debians() {
    let fixed = |source: &str| {
        record("osv-alpine", "ALPINE-CVE-2025-1", &["CVE-2025-1"])
            .says(statement(ALPINE, "v3.22", source).fixed("", "6.12.40-r0"))
    };
    let database = database(&[fixed("linux-lts")], &[]);
    let apk = |name: &str, source: &str| os(PackageType::Apk, name, "6.12.31-r0", source, "6.12.31-r0");
    let kernels = vec![
        apk("linux-lts", "linux-lts"),
        apk("linux-virt", "linux-lts"),
        apk("linux-lts-dev", "linux-lts"),
        apk("linux-virt-doc", "linux-lts"),
    ];
    let mut catalogue = image("alpine", "3.22.1", kernels);
    // Nothing runs in an image, and each of its kernels may be started.
    let found = assess(&database, &catalogue);
    let counts: Vec<usize> = (0..4).map(|n| counted(&found, n).len()).collect();
    assert_eq!(counts, [1, 1, 0, 0]);
    assert_eq!(found.counts.apart[&ApartReason::NoKernel], 2);
    // On a host the one that runs.
    catalogue.kernel.booted = Some("6.12.31-0-virt".into());
    let found = assess(&database, &catalogue);
    let counts: Vec<usize> = (0..4).map(|n| counted(&found, n).len()).collect();
    assert_eq!(counts, [0, 1, 0, 0]);
    // Headers alone are no kernel, though their source is called like one.
    let headers = image("alpine", "3.22.1", vec![apk("linux-headers", "linux-headers")]);
    let database = super::support::database(&[fixed("linux-headers")], &[]);
    assert_eq!(assess(&database, &headers).counts.counted, 0);
}

#[test]
fn case_07_unimportant_is_listed_apart_and_end_of_life_counts() {
    let mut unimportant = debian("CVE-1-1", "a", "2");
    unimportant.class = Class::Unimportant;
    let by_package = record("debian-tracker", "CVE-1-2", &["CVE-1-2"])
        .says(crate::Statement { class: Some(Class::Unimportant), ..statement(DEB, "12", "a") });
    let end = record("debian-tracker", "CVE-1-3", &["CVE-1-3"])
        .says(statement(DEB, "12", "a").status(Status::WontFix("end of life".into())));
    let database = database(&[unimportant, by_package, end], &[]);
    let found = assess(&database, &bookworm(vec![deb("a", "1", "a", "1")]));
    assert_eq!(counted(&found, 0), ["CVE-1-3"]);
    assert_eq!(found.counts.apart[&ApartReason::Unimportant], 2);
    let end = of(&found, 0).find(|found| found.id == "CVE-1-3").unwrap();
    let catalogue = bookworm(vec![deb("a", "1", "a", "1")]);
    assert_eq!(crate::remedy(end, &catalogue.packages[0], &catalogue), "will not be fixed: end of life");
}

#[test]
fn case_08_the_tracker_says_more_than_osv() {
    let open =
        |cve: &str| record("osv-debian", &format!("DEBIAN-{cve}"), &[cve]).says(statement(DEB, "12", "a"));
    let tracker = |cve: &str, status: Status| {
        record("debian-tracker", cve, &[cve]).says(statement(DEB, "12", "a").status(status))
    };
    let database = database(
        &[
            open("CVE-1-1"),
            open("CVE-1-2"),
            tracker("CVE-1-2", Status::WontFix("minor issue".into())),
            open("CVE-1-3"),
            tracker("CVE-1-3", Status::Deferred("postponed".into())),
            open("CVE-1-4"),
            tracker("CVE-1-4", Status::Investigating),
            open("CVE-1-5"),
            tracker("CVE-1-5", Status::NotAffected),
        ],
        &[],
    );
    let found = assess(&database, &bookworm(vec![deb("a", "1", "a", "1")]));
    let fix = |id: &str| &of(&found, 0).find(|found| found.id == id).unwrap().fix;
    assert_eq!(*fix("CVE-1-1"), FixStatus::NoneKnown);
    assert_eq!(*fix("CVE-1-2"), FixStatus::WontFix { reason: "minor issue".into() });
    assert_eq!(*fix("CVE-1-3"), FixStatus::Deferred { reason: "postponed".into() });
    assert_eq!(*fix("CVE-1-4"), FixStatus::Investigating);
    assert_eq!(counted(&found, 0), ["CVE-1-1", "CVE-1-2", "CVE-1-3"]);
    assert_eq!(found.counts.apart[&ApartReason::Investigating], 1);
    assert_eq!(found.counts.overruled, 1, "the distribution's own word wins over an export of it");
}

#[test]
fn case_09_one_finding_for_one_cve_with_all_records() {
    let database = database(
        &[
            debian("CVE-1-1", "a", "1-2"),
            record("osv-debian", "DSA-1", &["CVE-1-1"]).says(statement(DEB, "12", "a").fixed("", "1-2")),
            record("osv-debian", "DLA-1", &["CVE-1-1"]).says(statement(DEB, "12", "a").fixed("", "1-2")),
        ],
        &[],
    );
    let found = assess(&database, &bookworm(vec![deb("a", "1-1", "a", "1-1")]));
    assert_eq!(found.counts.merged, 2);
    let found = one(&found);
    assert_eq!(found.records.len(), 3);
    assert_eq!(found.aliases, ["DEBIAN-CVE-1-1", "DLA-1", "DSA-1"]);
    assert_eq!(found.disagreement, None);
}

#[test]
fn case_10_no_data_for_the_release() {
    let database = database(&[debian("CVE-1-1", "a", "2")], &[]);
    let found = assess(&database, &image("debian", "11", vec![deb("a", "1", "a", "1")]));
    assert_eq!(found.matches, []);
    assert_eq!(found.coverage, [CoverageState::NoRelease]);
    assert_eq!(CoverageState::NoRelease.to_string(), "not assessed: no data for this release");
}

#[test]
fn case_11_third_parties_are_not_judged_but_their_content_is() {
    let database = database(
        &[
            debian("CVE-1-1", "nginx", "99"),
            record("osv-go", "GO-1", &["CVE-1-2"])
                .says(statement(Ecosystem::Go, "", "stdlib").fixed("", "1.25.0")),
        ],
        &[],
    );
    let mut vendor = deb("nginx", "1.2", "nginx", "1.2");
    vendor.origin = Origin::ThirdParty;
    let mut content = Package::new(PackageType::Golang, "stdlib", "1.24.0");
    content.owner = Some(package::PackageIndex(0));
    let found = assess(&database, &bookworm(vec![vendor, content]));
    assert_eq!(found.coverage, [CoverageState::ThirdParty, CoverageState::Covered]);
    assert_eq!(counted(&found, 0), [""; 0]);
    assert_eq!(counted(&found, 1), ["CVE-1-2"]);
}

#[test]
fn case_12_a_fix_of_ubuntu_pro() {
    let base =
        record("osv-ubuntu", "UBUNTU-CVE-1", &["CVE-1"]).says(statement(Ecosystem::Ubuntu, "22.04", "a"));
    let pro = record("osv-ubuntu", "UBUNTU-CVE-1", &["CVE-1"])
        .says(statement(Ecosystem::Ubuntu, "Pro:22.04", "a").fixed("", "1-2ubuntu1+esm1"));
    let database = database(&[base, pro], &[]);
    let of =
        |version: &str| assess(&database, &image("ubuntu", "22.04", vec![deb("a", version, "a", version)]));
    let plain = of("1-2ubuntu1");
    let plain = one(&plain);
    assert_eq!(plain.judgement, Judgement::Counts);
    assert_eq!(
        plain.fix,
        FixStatus::WontFix { reason: "fixed in 1-2ubuntu1+esm1, which needs Ubuntu Pro".into() }
    );
    assert_eq!(of("1-2ubuntu1+esm1").matches, [], "the base still says that it needs a fix");
    let variant = of("1-2ubuntu1+fips1");
    assert_eq!((variant.matches.len(), &variant.coverage[0]), (0, &CoverageState::StreamUnknown));
}

#[test]
fn case_13_bug_fixes_are_no_findings() {
    let mut fix = record("osv-almalinux", "ALBA-2022:2005", &[])
        .says(statement(ALMA, "8", "glibc").fixed("", "2.28-200.el8"));
    fix.class = Class::Maintenance;
    let database = database(&[fix], &[]);
    let found = assess(&database, &image("almalinux", "8.6", vec![rpm("glibc", "2.28-151.el8", None)]));
    assert_eq!(found.counts.counted, 0);
    assert_eq!(one(&found).judgement, Judgement::Apart(ApartReason::Maintenance));
}

#[test]
fn case_14_almalinux_names_binary_packages() {
    let database = database(
        &[record("osv-almalinux", "ALSA-2021:4399", &["CVE-2021-3426"])
            .says(
                statement(ALMA, "8", "platform-python")
                    .fixed("", "3.6.8-41.el8")
                    .fixed("", "3.6.8-41.el8.alma"),
            )
            .says(statement(ALMA, "8", "platform-python").fixed("", "3.6.8-41.el8.alma.1"))],
        &[],
    );
    let of = |version: &str| {
        let mut package = rpm("platform-python", version, None);
        package.source = Some(package::Source { name: "python3".into(), version: version.into() });
        assess(&database, &image("almalinux", "8.5", vec![package]))
    };
    let found = of("3.6.8-37.el8");
    assert_eq!(one(&found).id, "CVE-2021-3426");
    assert_eq!(one(&found).name_kind, NameKind::Binary);
    assert_eq!(one(&found).fix, FixStatus::Fixed { version: "3.6.8-41.el8".into() });
    assert_eq!(of("3.6.8-41.el8").matches, [], "each of the advisory's builds has the fix");
    assert_eq!(of("3.6.8-41.el8.alma").matches, []);
}

fn nodejs() -> crate::Database {
    let alsa = |id: &str, cve: &str, module: &str, fixed: &str| {
        record("osv-almalinux", id, &[cve])
            .says(statement(ALMA, "8", "nodejs").module(module).fixed("", fixed))
    };
    database(
        &[
            alsa("ALSA-2024:1510", "CVE-1-1", "nodejs:18", "1:18.19.1-1.module_el8.9.0+3753+4de0891b"),
            alsa("ALSA-2024:1687", "CVE-1-2", "nodejs:20", "1:20.11.1-1.module_el8.9.0+3775+d8460d35"),
            alsa("ALSA-2024:2780", "CVE-1-3", "nodejs:18", "1:18.20.2-1.module_el8.9.0+3788+aaaaaaaa"),
        ],
        &[],
    )
}

#[test]
fn case_15_another_stream_is_not_compared() {
    let alsa = |id: &str, module: &str, fixed: &str| {
        record("osv-almalinux", id, &["CVE-2024-0985"])
            .says(statement(ALMA, "8", "postgresql-server").module(module).fixed("", fixed))
    };
    let database = database(
        &[
            alsa("ALSA-2024:0973", "postgresql:15", "15.6-1.module_el8.9.0+3739+514705ed.alma.1"),
            alsa("ALSA-2024:0975", "postgresql:13", "13.14-1.module_el8.9.0+3738+d55e2165.alma.1"),
        ],
        &[],
    );
    let of = |version: &str, label: Option<&str>| {
        assess(&database, &image("almalinux", "8.9", vec![rpm("postgresql-server", version, label)]))
    };
    assert_eq!(of("13.14-1.module_el8.9.0+3738+d55e2165.alma.1", None).matches, []);
    assert_eq!(of("13.14-1.module_el8.9.0+3738+d55e2165.alma.1", Some("postgresql:13:8090:x")).matches, []);
    let older = of("13.11-1.module_el8.8.0+1+aaaaaaaa", Some("postgresql:13:8080:x"));
    assert_eq!(one(&older).records[0].id, "ALSA-2024:0975");
}

#[test]
fn case_16_the_stream_follows_from_the_label_or_the_build_tag() {
    let database = nodejs();
    for label in [None, Some("nodejs:18:8090020240301:abc")] {
        let package = rpm("nodejs", "1:18.19.1-1.module_el8.9.0+3753+4de0891b", label);
        let found = assess(&database, &image("almalinux", "8.9", vec![package]));
        assert_eq!(one(&found).id, "CVE-1-3");
        assert_eq!(found.coverage, [CoverageState::Covered]);
        assert_eq!(found.counts.other_stream, 1);
    }
}

#[test]
fn case_17_an_unknown_stream_is_not_assessed() {
    let package = rpm("nodejs", "1:18.1.0-1.module_el8.5.0+1+deadbeef", None);
    let found = assess(&nodejs(), &image("almalinux", "8.9", vec![package]));
    assert_eq!(found.matches, []);
    assert_eq!(found.coverage, [CoverageState::StreamUnknown]);
    // A build outside modules is not what these advisories are about.
    let found = assess(&nodejs(), &image("almalinux", "8.9", vec![rpm("nodejs", "1:16.1.0-1.el8", None)]));
    assert_eq!((found.matches.len(), &found.coverage[0]), (0, &CoverageState::Covered));
}

#[test]
fn case_20_no_feed() {
    let database = nodejs();
    for id in ["amzn", "ol", "fedora", "plan9"] {
        let found = assess(&database, &image(id, "2", vec![rpm("a", "1", None)]));
        assert_eq!(found.coverage, [CoverageState::NoFeed], "{id}");
    }
}

#[test]
fn case_21_the_origin_is_looked_up() {
    let secdb = |cve: &str, package: &str, fixed: &str| {
        record("alpine-secdb", cve, &[cve]).says(statement(ALPINE, "v3.22", package).fixed("", fixed))
    };
    let database = database(
        &[
            secdb("CVE-2026-22795", "openssl", "3.5.5-r0"),
            secdb("CVE-1-1", "busybox", "1.37.0-r19"),
            secdb("CVE-1-2", "musl", "1.2.5-r11"),
        ],
        &[],
    );
    let apk = |name: &str, version: &str, origin: &str| os(PackageType::Apk, name, version, origin, version);
    let found = assess(
        &database,
        &image(
            "alpine",
            "3.22.1",
            vec![
                apk("libcrypto3", "3.5.4-r0", "openssl"),
                apk("ssl_client", "1.37.0-r18", "busybox"),
                apk("musl-utils", "1.2.5-r10", "musl"),
                apk("libssl3", "3.5.5-r0", "openssl"),
            ],
        ),
    );
    assert_eq!(counted(&found, 0), ["CVE-2026-22795"]);
    assert_eq!(counted(&found, 1), ["CVE-1-1"]);
    assert_eq!(counted(&found, 2), ["CVE-1-2"]);
    assert_eq!(of(&found, 3).count(), 0);
    let catalogue = image("alpine", "3.22.1", vec![apk("libcrypto3", "3.5.4-r0", "openssl")]);
    assert_eq!(
        crate::remedy(&found.matches[0], &catalogue.packages[0], &catalogue),
        "upgrade libcrypto3 to 3.5.5-r0 (of source openssl)"
    );
}

#[test]
fn case_22_what_was_never_affected() {
    let database = database(
        &[
            record("alpine-secdb", "CVE-2024-3094", &["CVE-2024-3094"])
                .says(statement(ALPINE, "v3.22", "xz").status(Status::NotAffected)),
            record("debian-tracker", "CVE-2024-3094", &["CVE-2024-3094"])
                .says(statement(DEB, "12", "xz-utils").status(Status::NotAffected)),
        ],
        &[],
    );
    let xz = os(PackageType::Apk, "xz-libs", "5.8.1-r0", "xz", "5.8.1-r0");
    assert_eq!(assess(&database, &image("alpine", "3.22.0", vec![xz])).matches, []);
    assert_eq!(
        assess(&database, &bookworm(vec![deb("xz-utils", "5.4.1-0.2", "xz-utils", "5.4.1-0.2")])).matches,
        []
    );
}

#[test]
fn case_23_packages_outside_the_list_have_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut builder = crate::Builder::new(folder.path()).unwrap();
    builder
        .add(
            &record("osv-alpine", "ALPINE-1", &["CVE-1"])
                .says(statement(ALPINE, "v3.22", "a").fixed("", "2-r0")),
        )
        .unwrap();
    builder.cover(Coverage {
        source: "osv-alpine".into(),
        ecosystem: ALPINE,
        release: Some("v3.22".into()),
        packages: Some(vec!["clean".into(), "a".into()]),
        records: 1,
        newest: Some("2026-01-01T00:00:00Z".into()),
    });
    builder.finish(&path).unwrap();
    let database = crate::Database::open(&path).unwrap();
    let apk = |name: &str| os(PackageType::Apk, name, "1-r0", name, "1-r0");
    let packages = vec![apk("a"), apk("clean"), apk("community")];
    let found = assess(&database, &image("alpine", "3.22.0", packages.clone()));
    assert_eq!(found.coverage, [CoverageState::Covered, CoverageState::Covered, CoverageState::NoPackage]);
    for version in ["3.20.0", "3.23_alpha20250612"] {
        let found = assess(&database, &image("alpine", version, packages.clone()));
        assert_eq!(found.coverage, vec![CoverageState::NoRelease; 3]);
        assert_eq!(found.matches, []);
    }
    let info = database.info();
    assert_eq!(info.sources[0].newest.as_deref(), Some("2026-01-01T00:00:00Z"));
}

#[test]
fn case_24_wolfi_has_no_releases() {
    let database = database(
        &[record("osv-wolfi", "CGA-1", &["CVE-1"])
            .says(statement(Ecosystem::Wolfi, "", "a").fixed("", "2-r0"))],
        &[],
    );
    let apk = os(PackageType::Apk, "a", "1-r0", "a", "1-r0");
    assert_eq!(assess(&database, &image("wolfi", "20230201", vec![apk.clone()])).matches.len(), 1);
    assert_eq!(
        assess(&database, &image("chainguard", "20230201", vec![apk])).coverage,
        [CoverageState::NoFeed]
    );
}

#[test]
fn case_50_no_distribution_is_known() {
    let database = database(&[debian("CVE-1-1", "a", "2")], &[]);
    let found = assess(&database, &image("", "", vec![deb("a", "1", "a", "1")]));
    assert_eq!((found.matches.len(), &found.coverage[0]), (0, &CoverageState::DistroUnknown));
}

#[test]
fn case_52_ratings_of_all_and_exploitation_lifts() {
    let rating = |source: &str, vector: &str| Rating {
        source: source.into(),
        severity: Severity::Unknown,
        score: None,
        vector: Some(vector.into()),
    };
    let critical = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let enriched = |cve: &str, kev: bool| Enrichment {
        cve: cve.into(),
        ratings: vec![
            rating("cisa-adp", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"),
            rating("cna:mitre", critical),
        ],
        kev: kev.then(|| Kev { added: "2025-01-01".into(), due: "2025-02-01".into(), ransomware: false }),
        ..Enrichment::default()
    };
    let unimportant = |cve: &str| {
        record("debian-tracker", cve, &[cve]).says(crate::Statement {
            class: Some(Class::Unimportant),
            severity: Severity::Negligible,
            ..statement(DEB, "12", "a")
        })
    };
    let database = database(
        &[unimportant("CVE-1-1"), unimportant("CVE-1-2"), debian("CVE-1-3", "a", "2")],
        &[enriched("CVE-1-1", false), enriched("CVE-1-2", true), enriched("CVE-1-3", false)],
    );
    let found = assess(&database, &bookworm(vec![deb("a", "1", "a", "1")]));
    let [apart, lifted, plain] = found.matches.as_slice() else { panic!("{found:#?}") };
    assert_eq!(apart.judgement, Judgement::Apart(ApartReason::Unimportant));
    assert_eq!((apart.severity, apart.severity_source.as_deref()), (Severity::Negligible, Some("debian")));
    assert_eq!(apart.ratings.len(), 3, "both are shown");
    assert_eq!(apart.ratings[1].score, Some(9.8));
    assert_eq!(lifted.judgement, Judgement::Counts);
    assert_eq!((lifted.class, lifted.severity), (Class::Vulnerability, Severity::Critical));
    assert!(lifted.disagreement.as_deref().unwrap().contains("known to be exploited"));
    assert_eq!((plain.severity, plain.severity_source.as_deref()), (Severity::Critical, Some("cna:mitre")));
}

#[test]
fn a_newer_source_wins_by_the_installed_fix() {
    // The export still says open, the distribution has fixed it in what is installed.
    let database = database(
        &[
            record("osv-debian", "DEBIAN-CVE-1", &["CVE-1"]).says(statement(DEB, "12", "a")),
            record("debian-tracker", "CVE-1", &["CVE-1"]).says(statement(DEB, "12", "a").fixed("", "1-2")),
        ],
        &[],
    );
    let of = |version: &str| assess(&database, &bookworm(vec![deb("a", version, "a", version)]));
    assert_eq!(of("1-2").counts.overruled, 1);
    let older = of("1-1");
    let older = one(&older);
    assert_eq!(older.fix, FixStatus::Fixed { version: "1-2".into() });
    assert_eq!(older.disagreement.as_deref(), Some("osv-debian (DEBIAN-CVE-1) says no fix known"));
}

#[test]
fn a_rejected_cve_is_no_finding() {
    let rejected = Enrichment { cve: "CVE-1-1".into(), rejected: true, ..Enrichment::default() };
    let database = database(&[debian("CVE-1-1", "a", "2")], &[rejected]);
    let found = assess(&database, &bookworm(vec![deb("a", "1", "a", "1")]));
    assert_eq!((found.matches.len(), found.counts.rejected), (0, 1));
}
