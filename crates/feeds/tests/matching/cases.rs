//! The cases that a naive scanner gets wrong, on the real records.

use std::collections::BTreeSet;

use model::{ApartReason, Class, FixStatus, Judgement, Severity};
use package::{Catalogue, Detail, GoBinary, GoModule, Origin, Package, PackageIndex, PackageType};
use vulndb::{Context, CoverageState, Match, Verdict};

use crate::real::{assess, database, image, list, os, records, text};

fn deb(binary: (&str, &str), source: (&str, &str)) -> Package {
    os(PackageType::Deb, binary, source)
}

fn bookworm(package: Package) -> Catalogue {
    image("debian", "12", vec![package])
}

fn alma(name: &str, version: &str, source: &str) -> Catalogue {
    let package = Package {
        detail: Detail::Rpm { modularity: None, vendor: Some("AlmaLinux".into()) },
        ..os(PackageType::Rpm, (name, version), (source, version))
    };
    image("almalinux", "8.9", vec![package])
}

fn alpine(name: &str, version: &str, origin: &str) -> Catalogue {
    image("alpine", "3.22.1", vec![os(PackageType::Apk, (name, version), (origin, version))])
}

fn language(kind: PackageType, name: &str, version: &str) -> Catalogue {
    image("", "", vec![Package::new(kind, name, version)])
}

/// A module, or the standard library, in a binary for Linux that does not tell what is linked.
fn go(name: &str, version: &str) -> Package {
    let binary = GoBinary { goos: Some("linux".into()), ..GoBinary::default() };
    Package {
        detail: Detail::Go(GoModule { binary, ..GoModule::default() }),
        ..Package::new(PackageType::Golang, name, version)
    }
}

fn counted(catalogue: &Catalogue) -> Vec<Match> {
    assess(catalogue).matches.into_iter().filter(|found| found.judgement == Judgement::Counts).collect()
}

/// Ids of the findings that count.
fn ids(catalogue: &Catalogue) -> BTreeSet<String> {
    counted(catalogue).into_iter().map(|found| found.id).collect()
}

/// Ids of the records behind them.
fn advisories(catalogue: &Catalogue) -> BTreeSet<String> {
    counted(catalogue).into_iter().flat_map(|found| found.records).map(|record| record.id).collect()
}

/// The fix of a finding; none where there is no such finding.
fn fix(catalogue: &Catalogue, id: &str) -> Option<FixStatus> {
    counted(catalogue).into_iter().find(|found| found.id == id).map(|found| found.fix)
}

fn fixed(version: &str) -> Option<FixStatus> {
    Some(FixStatus::Fixed { version: version.into() })
}

#[test]
fn case_01_the_binarys_epoch_hides_the_source_version() {
    let bsdutils = |source| bookworm(deb(("bsdutils", "1:2.38.1-5+b1"), ("util-linux", source)));
    assert_eq!(fix(&bsdutils("2.38.1-5"), "CVE-2024-28085"), fixed("2.38.1-5+deb12u1"));
    assert_eq!(fix(&bsdutils("2.38.1-5+deb12u1"), "CVE-2024-28085"), None);
}

#[test]
fn case_02_the_source_of_its_own_version_is_looked_up() {
    for (binary, source) in [
        (("dmsetup", "2:1.02.185-2"), ("lvm2", "2.03.16-2")),
        (("g++", "4:12.2.0-3"), ("gcc-defaults", "1.203")),
    ] {
        let catalogue = bookworm(deb(binary, source));
        let why = database().why("CVE-2024-28085", &catalogue, Some(binary.0), &Context::default());
        let lookups: Vec<(&str, &str)> = why.packages[0]
            .lookups
            .iter()
            .map(|lookup| (lookup.name.as_str(), lookup.version.as_str()))
            .collect();
        assert_eq!(lookups, [source, binary]);
        assert_eq!(why.packages[0].verdict, Verdict::NoStatement);
    }
}

#[test]
fn case_03_a_tilde_sorts_before_nothing() {
    let libssl = |version| bookworm(deb(("libssl3", version), ("openssl", version)));
    assert_eq!(fix(&libssl("3.0.22-1~deb12u1"), "CVE-2026-77696"), fixed("3.0.22-1~deb12u2"));
    assert_eq!(fix(&libssl("3.0.22-1"), "CVE-2026-77696"), None);
}

#[test]
fn case_04_two_packages_without_a_kernel() {
    let version = "6.1.140-1";
    let packages = ["linux-libc-dev", "linux-perf"];
    let catalogue =
        image("debian", "12", packages.map(|name| deb((name, version), ("linux", version))).into());
    let found = assess(&catalogue);
    assert_eq!(found.counts.counted, 0);
    let apart = found.counts.apart[&ApartReason::NoKernel];
    assert_eq!(apart, found.matches.len() as u64, "all that is said of the kernel, and nothing is lost");
    let one = assess(&bookworm(deb((packages[0], version), ("linux", version)))).matches.len() as u64;
    assert_eq!(apart, 2 * one);
    // 2,017 are left out where the headers are as old as on a machine of 2025.
    assert!(one > 1000, "{one} CVEs of the kernel");
}

#[test]
fn case_10_no_data_for_debian_11() {
    let found = assess(&image("debian", "11", vec![deb(("libssl3", "3.0.0-1"), ("openssl", "3.0.0-1"))]));
    assert_eq!((found.matches.len(), &found.coverage[0]), (0, &CoverageState::NoRelease));
}

#[test]
fn case_11_a_third_partys_package_is_not_debians_and_its_content_is_judged() {
    let nginx = deb(("nginx", "1.20.0-1~bookworm"), ("nginx", "1.20.0-1~bookworm"));
    assert!(!ids(&bookworm(nginx.clone())).is_empty(), "Debian's own of that version would be judged");
    let mut kubectl = Package { origin: Origin::ThirdParty, ..nginx };
    kubectl.name = "kubectl".into();
    let content = Package { owner: Some(PackageIndex(0)), ..go("golang.org/x/net", "v0.5.0") };
    let found = assess(&image("debian", "12", vec![kubectl, content]));
    assert_eq!(found.coverage, [CoverageState::ThirdParty, CoverageState::Covered]);
    assert!(found.matches.iter().all(|found| found.package == PackageIndex(1)));
    assert!(found.counts.counted > 0);
}

#[test]
fn case_13_bug_fixes_and_enhancements_are_no_findings() {
    let glibc = alma("glibc", "2.28-151.el8", "glibc");
    let found = assess(&glibc).matches;
    let of = |id: &str| found.iter().find(|found| found.records.iter().any(|record| record.id == id));
    assert_eq!(of("ALBA-2022:2005").unwrap().judgement, Judgement::Apart(ApartReason::Maintenance));
    let counted = advisories(&glibc);
    assert!(!counted.is_empty() && counted.iter().all(|id| id.starts_with("ALSA-")), "{counted:?}");
}

#[test]
fn case_14_the_binarys_name_is_looked_up() {
    let python = |name| alma(name, "3.6.8-37.el8", "python3");
    let found = counted(&python("platform-python"));
    let found = found.iter().find(|found| found.id == "CVE-2021-3426").unwrap();
    assert_eq!(found.records[0].id, "ALSA-2021:4399");
    assert_eq!(Some(found.fix.clone()), fixed("3.6.8-41.el8"));
    assert_eq!(ids(&python("python3")).len(), 0, "the source's name finds nothing");
}

#[test]
fn case_15_another_streams_fix_does_not_count() {
    let server = |version| alma("postgresql-server", version, "postgresql");
    let here = server("13.14-1.module_el8.9.0+3738+d55e2165.alma.1");
    assert_eq!(fix(&here, "CVE-2024-0985"), None);
    assert!(!advisories(&here).contains("ALSA-2024:0973"));
    let older = "15.5-1.module_el8.9.0+3706+885c732e";
    let mut labelled = server(older);
    labelled.packages[0].detail =
        Detail::Rpm { modularity: Some("postgresql:15:8090020231114113549:a75119d5".into()), vendor: None };
    assert!(advisories(&labelled).contains("ALSA-2024:0973"));
}

#[test]
fn case_16_the_build_tag_names_the_stream() {
    let node = alma("nodejs", "1:18.19.1-1.module_el8.9.0+3753+4de0891b", "nodejs");
    let found = advisories(&node);
    assert!(found.contains("ALSA-2024:2780") && !found.contains("ALSA-2024:1687"), "{found:?}");
    assert_eq!(fix(&node, "CVE-2024-27983"), fixed("1:18.20.2-1.module_el8.9.0+3828+c9fa9644"));
}

#[test]
fn case_21_origins_not_names() {
    assert_eq!(fix(&alpine("libcrypto3", "3.5.4-r0", "openssl"), "CVE-2026-22795"), fixed("3.5.5-r0"));
    for (name, version, origin) in
        [("ssl_client", "1.30.0-r0", "busybox"), ("musl-utils", "1.1.0-r0", "musl")]
    {
        let found = assess(&alpine(name, version, origin));
        assert!(found.counts.counted > 0, "{name}");
        assert!(found.matches.iter().all(|found| found.name == origin));
    }
}

#[test]
fn case_22_the_backdoor_of_xz_is_not_here() {
    let debian = bookworm(deb(("xz-utils", "5.4.1-0.2"), ("xz-utils", "5.4.1-0.2")));
    for catalogue in [alpine("xz-libs", "5.8.1-r0", "xz"), debian] {
        assert_eq!(fix(&catalogue, "CVE-2024-3094"), None);
        assert_eq!(assess(&catalogue).coverage, [CoverageState::Covered]);
    }
}

#[test]
fn case_23_community_and_other_branches_have_no_data() {
    assert_eq!(assess(&alpine("chromium", "1-r0", "chromium")).coverage, [CoverageState::NoPackage]);
    for version in ["3.20.3", "3.24_alpha20260101"] {
        let old =
            image("alpine", version, vec![os(PackageType::Apk, ("musl", "1.1-r0"), ("musl", "1.1-r0"))]);
        let found = assess(&old);
        assert_eq!((found.matches.len(), &found.coverage[0]), (0, &CoverageState::NoRelease), "{version}");
    }
}

#[test]
fn case_25_and_27_the_toolchain_of_a_distributions_binary() {
    let containerd = deb(("containerd", "1.6.20~ds1-1+b1"), ("containerd", "1.6.20~ds1-1"));
    let stdlib = Package { owner: Some(PackageIndex(0)), ..go("stdlib", "1.19.8") };
    let found = assess(&image("debian", "12", vec![containerd, stdlib]));
    let of_go: Vec<&Match> = found.matches.iter().filter(|found| found.package == PackageIndex(1)).collect();
    assert!(of_go.iter().all(|found| found.judgement != Judgement::Counts), "outside the score");
    let records = |reason| -> BTreeSet<&str> {
        let apart = of_go.iter().filter(|found| found.judgement == Judgement::Apart(reason));
        apart.flat_map(|found| &found.records).map(|record| record.id.as_str()).collect()
    };
    assert_eq!(records(ApartReason::DistributionBinary).len(), 78, "upstream advisories on Linux");
    let windows = BTreeSet::from(["GO-2023-2185", "GO-2025-3750"]);
    assert_eq!(records(ApartReason::NotLinked), windows, "80 in all, two of them on Windows");
    assert!(of_go.iter().all(|found| found.name == "stdlib"));
    // The go command's own advisories concern the package `toolchain`, which lies where the command lies.
    assert!(!ids(&image("", "", vec![go("toolchain", "1.19.8")])).is_empty());
}

#[test]
fn case_26_releases_and_candidates_of_go() {
    for (version, expected) in
        [("go1.25.3", 35), ("go1.25.13", 0), ("go1.27rc1", 10), ("1.27.0-rc.1", 10), ("go1.27rc3", 0)]
    {
        let catalogue = language(PackageType::Golang, "stdlib", version);
        assert_eq!(advisories(&catalogue).len(), expected, "{version}");
    }
}

#[test]
fn case_28_custom_ranges_of_grafana() {
    let grafana = |version| language(PackageType::Golang, "github.com/grafana/grafana", version);
    assert!(!advisories(&grafana("13.0.0")).contains("GO-2024-2629"));
    let old = counted(&grafana("10.3.3"));
    let old =
        old.iter().find(|found| found.records.iter().any(|record| record.id == "GO-2024-2629")).unwrap();
    assert_eq!(Some(old.fix.clone()), fixed("10.3.4"));
    // Whoever takes `[0,∞)` at its word reports these too.
    let grafana_alone =
        |affected: &&serde_json::Value| text(&affected["package"], "name") == "github.com/grafana/grafana";
    let zero = |range: &serde_json::Value| {
        list(range, "events").iter().all(|event| text(event, "introduced") == "0")
    };
    let found = advisories(&grafana("13.0.0"));
    let mut naive = found.clone();
    for record in records("Go").iter().filter(|record| record.get("withdrawn").is_none()) {
        let mut about = list(record, "affected").iter().filter(grafana_alone);
        if about.any(|affected| list(affected, "ranges").iter().all(zero)) {
            naive.insert(text(record, "id").to_owned());
        }
    }
    assert_eq!((naive.len(), found.len()), (38, 7));
}

#[test]
fn case_29_withdrawn_records_never_match() {
    for (kind, name, version, id) in [
        (PackageType::Golang, "k8s.io/kubernetes", "v1.20.0", "GO-2022-0617"),
        (PackageType::Pypi, "redis", "4.5.0", "PYSEC-2023-73"),
        (PackageType::Cargo, "ring", "0.17.0", "RUSTSEC-2025-0007"),
    ] {
        let catalogue = language(kind, name, version);
        let why = database().why(id, &catalogue, Some(name), &Context::default());
        assert_eq!(why.packages[0].verdict, Verdict::NotAffected, "{id}");
        assert!(why.to_string().contains("withdrawn by its source"), "{why}");
        let all = assess(&catalogue).matches;
        assert!(all.iter().flat_map(|found| &found.records).all(|record| record.id != id));
    }
}

#[test]
fn case_31_experiments_are_releases_and_unknown_toolchains_are_unknown() {
    let stdlib = |version| language(PackageType::Golang, "stdlib", version);
    assert_eq!(ids(&stdlib("go1.23.1 X:nocoverageredesign")), ids(&stdlib("1.23.1")));
    assert!(!ids(&stdlib("1.23.1")).is_empty());
    let unknown = assess(&stdlib("go1.25-20250209-RC00 cl/724953457 +abc"));
    assert_eq!((unknown.matches.len(), &unknown.coverage[0]), (0, &CoverageState::Unversioned));
}

#[test]
fn case_32_what_debian_patched_is_debians_to_judge() {
    let venv = Package::new(PackageType::Pypi, "cryptography", "38.0.4");
    let owned = Package { owner: Some(PackageIndex(0)), ..venv.clone() };
    let version = "38.0.4-3+deb12u1";
    let python = deb(("python3-cryptography", version), ("python-cryptography", version));
    let debian = image("debian", "12", vec![python, owned]);
    let found = assess(&debian);
    let counted = |found: &&Match| found.package == PackageIndex(1) && found.judgement == Judgement::Counts;
    assert_eq!(found.matches.iter().filter(counted).count(), 0);
    assert_eq!(found.coverage[1], CoverageState::ByOwner);
    let free = ids(&image("", "", vec![venv]));
    assert!(free.contains("CVE-2023-49083") && free.contains("CVE-2023-23931"), "{free:?}");
}

#[test]
fn case_34_the_last_affected_version_is_affected() {
    let py = |version| language(PackageType::Pypi, "py", version);
    assert_eq!(fix(&py("1.11.0"), "CVE-2022-42969"), Some(FixStatus::NoneKnown));
    assert_eq!(fix(&py("1.11.1"), "CVE-2022-42969"), None);
}

#[test]
fn case_35_the_fix_of_the_same_branch() {
    for (kind, name, version, id, expected) in [
        (PackageType::Pypi, "urllib3", "1.26.17", "CVE-2023-45803", fixed("1.26.18")),
        (PackageType::Pypi, "urllib3", "2.0.6", "CVE-2023-45803", fixed("2.0.7")),
        (PackageType::Pypi, "urllib3", "1.26.18+local1", "CVE-2023-45803", None),
        (PackageType::Npm, "ansi-regex", "5.0.0", "CVE-2021-3807", fixed("5.0.1")),
        (PackageType::Npm, "path-to-regexp", "0.1.7", "CVE-2024-45296", fixed("0.1.10")),
    ] {
        assert_eq!(fix(&language(kind, name, version), id), expected, "{name} {version}");
    }
}

#[test]
fn case_36_names_as_each_registry_compares_them() {
    for name in ["JW_Util", "jw.util", "jw-util"] {
        assert!(ids(&language(PackageType::Pypi, name, "2.2")).contains("CVE-2020-13388"), "{name}");
    }
    for name in ["newtonsoft.json", "Newtonsoft.Json"] {
        let found = advisories(&language(PackageType::Nuget, name, "12.0.1"));
        assert!(found.contains("GHSA-5crp-9r3c-p9vr"), "{name}");
    }
    assert!(!ids(&language(PackageType::Npm, "lodash", "4.17.0")).is_empty());
    assert!(ids(&language(PackageType::Npm, "Lodash", "4.17.0")).is_empty(), "another package");
}

#[test]
fn case_36_a_listed_text_that_is_no_version_is_found_word_by_word() {
    let jw = |version| ids(&language(PackageType::Pypi, "jw.util", version));
    assert!(jw("-class.-jw.util.version.Version-").contains("CVE-2020-13388"));
    assert!(jw("-class.-jw.util.version.Other-").is_empty());
}

#[test]
fn case_37_one_id_in_two_feeds_is_the_union() {
    for (kind, name, version, fix) in [
        (PackageType::Npm, "lodash", "4.17.19", "4.17.20"),
        (PackageType::Gem, "lodash-rails", "4.17.18", "4.17.19"),
    ] {
        let found = counted(&language(kind, name, version));
        let found = found
            .iter()
            .find(|found| found.records.iter().any(|record| record.id == "GHSA-p6mc-m468-83gw"))
            .unwrap_or_else(|| panic!("{name} is not found"));
        assert_eq!(Some(found.fix.clone()), fixed(fix));
    }
}

#[test]
fn case_39_malware_and_prereleases() {
    for (name, version) in
        [("event-stream", "3.3.6"), ("flatmap-stream", "0.0.1"), ("ua-parser-js", "0.7.29")]
    {
        let found = counted(&language(PackageType::Npm, name, version));
        let found = found.iter().find(|found| found.class == Class::Malware);
        let found = found.unwrap_or_else(|| panic!("{name} {version} is no malware"));
        assert!(found.id.starts_with("GHSA-"), "it has no CVE: {}", found.id);
    }
    let minimist = language(PackageType::Npm, "minimist", "1.2.6-beta.1");
    assert_eq!(fix(&minimist, "CVE-2021-44906"), fixed("1.2.6"));
}

#[test]
fn case_40_log4shell() {
    let log4j = |artifact: &str, version| {
        let name = format!("org.apache.logging.log4j:{artifact}");
        fix(&language(PackageType::Maven, &name, version), "CVE-2021-44228")
    };
    assert_eq!(log4j("log4j-core", "2.14.1"), fixed("2.15.0"));
    assert_eq!(log4j("log4j-core", "2.12.1"), fixed("2.12.2"));
    for version in ["2.12.2", "2.3.1", "2.15.0"] {
        assert_eq!(log4j("log4j-core", version), None, "{version}");
    }
    assert_eq!(log4j("log4j-api", "2.14.1"), None);
}

#[test]
fn case_47_listed_versions_and_routing_by_the_packages_ecosystem() {
    let gratient = |version| advisories(&language(PackageType::Pypi, "gratient", version));
    assert!(gratient("0.5").contains("PYSEC-2024-1"));
    assert!(gratient("0.6").is_empty());
    // Both stand in NuGet.zip.
    assert_eq!(fix(&language(PackageType::Npm, "moment", "2.29.1"), "CVE-2022-24785"), fixed("2.29.2"));
    assert_eq!(fix(&language(PackageType::Nuget, "moment.js", "2.29.1"), "CVE-2022-24785"), fixed("2.29.2"));
}

#[test]
fn case_52_debian_findings_of_unknown_severity_say_so() {
    let openssl = bookworm(deb(("libssl3", "3.0.9-1"), ("openssl", "3.0.9-1")));
    let found = counted(&openssl);
    let unknown = found.iter().filter(|found| found.severity == Severity::Unknown).count();
    println!("openssl 3.0.9-1: {unknown} of {} findings are not rated by anybody", found.len());
    assert!(unknown > 0 && unknown < found.len());
    for found in &found {
        assert_eq!(found.severity == Severity::Unknown, found.severity_source.is_none(), "{}", found.id);
    }
}
