//! Languages.

use model::{ApartReason, Class, FixStatus, Judgement};
use package::{
    Confidence, Detail, Ecosystem, GoBinary, GoModule, Package, PackageIndex, PackageType, Presence,
};

use super::support::*;
use crate::{Context, CoverageState, End, Import, Judge, Range, Record};

const GO: Ecosystem = Ecosystem::Go;
const PYPI: Ecosystem = Ecosystem::PyPi;
const NPM: Ecosystem = Ecosystem::Npm;

fn package(kind: PackageType, name: &str, version: &str) -> Package {
    Package::new(kind, name, version)
}

fn ids(records: &[Record], package: &Package) -> Vec<String> {
    let found = assess(&database(records, &[]), &image("", "", vec![package.clone()]));
    counted(&found, 0).into_iter().map(str::to_owned).collect()
}

fn go(name: &str, version: &str, main: bool, linked: Option<&[&str]>) -> Package {
    Package {
        detail: Detail::Go(GoModule {
            main,
            linked: linked.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect()),
            replaces: None,
            binary: GoBinary {
                toolchain: "go1.19.8".into(),
                goos: Some("linux".into()),
                goarch: None,
                cgo: None,
            },
        }),
        ..package(PackageType::Golang, name, version)
    }
}

fn import(path: &str, platforms: &[&str]) -> Import {
    Import { path: path.into(), platforms: platforms.iter().map(|text| (*text).to_owned()).collect() }
}

#[test]
fn case_25_binaries_of_the_distribution_are_one_group() {
    let records: Vec<Record> = (0..80)
        .map(|n| {
            record("osv-go", &format!("GO-{n}"), &[&format!("CVE-{n}")])
                .says(statement(GO, "", "stdlib").fixed("", "1.20.0"))
        })
        .collect();
    let mut stdlib = go("stdlib", "1.19.8", false, None);
    stdlib.owner = Some(PackageIndex(0));
    let mut own = go("stdlib", "1.19.8", false, None);
    own.evidence = vec!["usr/local/bin/own".into()];
    let catalogue = image("debian", "12", vec![deb("containerd", "1.6", "containerd", "1.6"), stdlib, own]);
    let found = assess(&database(&records, &[]), &catalogue);
    assert_eq!(found.counts.apart[&ApartReason::DistributionBinary], 80);
    assert_eq!(found.counts.counted, 80, "one's own binary counts");
    assert_eq!(found.coverage[1], CoverageState::ByOwner);
}

#[test]
fn what_the_distribution_owns_is_judged_by_it_without_a_feed_of_its_language_too() {
    let mut stdlib = go("stdlib", "1.19.8", false, None);
    stdlib.owner = Some(PackageIndex(0));
    let own = go("stdlib", "1.19.8", false, None);
    let catalogue = image("debian", "12", vec![deb("containerd", "1.6", "containerd", "1.6"), stdlib, own]);
    let found = assess(&database(&[], &[]), &catalogue);
    assert_eq!(found.coverage[1..], [CoverageState::ByOwner, CoverageState::NoFeed]);
}

#[test]
fn case_26_toolchains_compare_as_releases() {
    let records = [
        record("osv-go", "GO-1", &["CVE-1"])
            .says(statement(GO, "", "stdlib").fixed("", "1.24.8").fixed("1.25.0", "1.25.13")),
        record("osv-go", "GO-2", &["CVE-2"])
            .says(statement(GO, "", "stdlib").fixed("1.27.0-rc.1", "1.27.0-rc.3")),
    ];
    let of = |version: &str| ids(&records, &go("stdlib", version, false, None));
    assert_eq!(of("go1.25.3"), ["CVE-1"]);
    assert_eq!(of("go1.25.13"), [""; 0]);
    assert_eq!(of("go1.27rc1"), ["CVE-2"]);
    assert_eq!(of("1.27.0-rc.1"), ["CVE-2"]);
    assert_eq!(of("go1.27rc3"), [""; 0]);
    assert_eq!(of("go1.24.7"), ["CVE-1"]);
}

#[test]
fn case_27_other_systems_and_packages_that_are_not_linked() {
    let windows = record("osv-go", "GO-2023-2185", &["CVE-2023-45283"]).says(crate::Statement {
        imports: vec![import("path/filepath", &["windows"])],
        ..statement(GO, "", "stdlib").fixed("", "1.20.11")
    });
    let http = record("osv-go", "GO-2", &["CVE-2"]).says(crate::Statement {
        imports: vec![import("net/http", &[])],
        ..statement(GO, "", "stdlib").fixed("", "1.20.11")
    });
    let platform = record("osv-go", "GO-3", &["CVE-3"]).says(crate::Statement {
        platforms: vec!["darwin".into()],
        ..statement(GO, "", "stdlib").fixed("", "1.20.11")
    });
    let tool = record("osv-go", "GO-4", &["CVE-4"]).says(statement(GO, "", "toolchain").fixed("", "1.20.11"));
    let records = [windows, http, platform, tool];
    let of = |linked: Option<&[&str]>| ids(&records, &go("stdlib", "1.19.8", false, linked));
    assert_eq!(of(None), ["CVE-2"], "a binary that does not tell is taken to link all");
    assert_eq!(of(Some(&["net/http", "path/filepath"])), ["CVE-2"]);
    assert_eq!(of(Some(&["fmt"])), [""; 0]);
    let found = assess(
        &database(&records, &[]),
        &image(
            "",
            "",
            vec![go("stdlib", "1.19.8", false, Some(&["fmt"])), go("toolchain", "1.19.8", false, None)],
        ),
    );
    assert_eq!(found.counts.apart[&ApartReason::NotLinked], 3);
    assert_eq!(counted(&found, 1), ["CVE-4"]);
}

#[test]
fn case_28_several_branches() {
    let record = record("osv-go", "GO-2024-2629", &["CVE-2024-1442"]).says(
        statement(GO, "", "github.com/grafana/grafana")
            .fixed("8.5.0", "9.5.7")
            .fixed("10.0.0", "10.0.12")
            .fixed("10.3.0", "10.3.4"),
    );
    let database = database(&[record], &[]);
    let of = |version: &str| {
        assess(&database, &image("", "", vec![go("github.com/grafana/grafana", version, false, None)]))
    };
    assert_eq!(of("v13.0.0").matches, []);
    let found = of("v10.3.3");
    assert_eq!(one(&found).fix, FixStatus::Fixed { version: "10.3.4".into() });
    assert_eq!(one(&found).records[0].range, ">= 10.3.0, < 10.3.4");
    assert_eq!(of("v10.3.4").matches, []);
    assert_eq!(of("v8.4.0").matches, []);
}

#[test]
fn case_29_withdrawn_records_never_match() {
    let mut withdrawn = record("osv-pypi", "PYSEC-2023-73", &["CVE-1"]).says(statement(PYPI, "", "redis"));
    withdrawn.withdrawn = true;
    let found = assess(
        &database(&[withdrawn], &[]),
        &image("", "", vec![package(PackageType::Pypi, "redis", "4.0")]),
    );
    assert_eq!((found.matches.len(), found.counts.withdrawn), (0, 1));
}

#[test]
fn case_30_a_main_module_without_a_release_is_unversioned() {
    let records =
        [record("osv-go", "GO-1", &["CVE-1"]).says(statement(GO, "", "example.org/a").fixed("", "1.2.0"))];
    let database = database(&records, &[]);
    let of = |version: &str, main: bool| {
        let found = assess(&database, &image("", "", vec![go("example.org/a", version, main, None)]));
        (found.matches.len(), found.coverage[0].clone())
    };
    assert_eq!(of("(devel)", true), (0, CoverageState::Unversioned));
    assert_eq!(of("v0.0.0-20240101000000-abcdefabcdef", true), (0, CoverageState::Unversioned));
    assert_eq!(of("v0.0.0-20240101000000-abcdefabcdef", false), (1, CoverageState::Covered));
    assert_eq!(of("v1.1.9", true), (1, CoverageState::Covered));
    assert_eq!(of("", false), (0, CoverageState::Unversioned));
}

#[test]
fn case_31_an_unknown_toolchain_is_not_version_zero() {
    let records =
        [record("osv-go", "GO-1", &["CVE-1"]).says(statement(GO, "", "stdlib").fixed("", "1.24.0"))];
    let database = database(&records, &[]);
    let of = |version: &str| {
        let found = assess(&database, &image("", "", vec![go("stdlib", version, false, None)]));
        (found.matches.len(), found.coverage[0].clone())
    };
    assert_eq!(of("go1.23.1 X:nocoverageredesign"), (1, CoverageState::Covered));
    assert_eq!(of("go1.25-20250209-RC00 cl/724953457 +x"), (0, CoverageState::Unversioned));
}

#[test]
fn case_32_files_of_the_distribution_are_judged_by_it() {
    let records = [record("osv-pypi", "PYSEC-1", &["CVE-2023-49083"])
        .says(statement(PYPI, "", "cryptography").fixed("3.1", "41.0.6"))];
    let mut owned = package(PackageType::Pypi, "cryptography", "38.0.4");
    owned.owner = Some(PackageIndex(0));
    let venv = package(PackageType::Pypi, "cryptography", "38.0.4");
    let owner = deb("python3-cryptography", "38.0.4-3+deb12u1", "python-cryptography", "38.0.4-3+deb12u1");
    let found = assess(&database(&records, &[]), &image("debian", "12", vec![owner, owned, venv]));
    assert_eq!(of(&found, 1).next().unwrap().judgement, Judgement::Apart(ApartReason::OwnedByDistribution));
    assert_eq!(counted(&found, 2), ["CVE-2023-49083"]);
}

#[test]
fn case_34_last_affected_is_inclusive() {
    let mut last = statement(PYPI, "", "py");
    last.ranges = vec![Range { introduced: None, end: End::LastAffected("1.11.0".into()) }];
    let database = database(&[record("osv-pypi", "PYSEC-2022-42969", &["CVE-2022-42969"]).says(last)], &[]);
    let of =
        |version: &str| assess(&database, &image("", "", vec![package(PackageType::Pypi, "py", version)]));
    let found = of("1.11.0");
    assert_eq!(one(&found).fix, FixStatus::NoneKnown);
    assert_eq!(one(&found).records[0].range, ">= 0, <= 1.11.0");
    assert_eq!(of("1.11.1").matches, []);
}

#[test]
fn case_35_the_fix_of_the_same_branch() {
    let database = database(
        &[
            record("osv-pypi", "PYSEC-1", &["CVE-1"])
                .says(statement(PYPI, "", "urllib3").fixed("", "1.26.18").fixed("2.0.0", "2.0.7")),
            record("osv-npm", "GHSA-1", &["CVE-2"])
                .says(statement(NPM, "", "path-to-regexp").fixed("0.2.0", "1.9.0"))
                .says(statement(NPM, "", "path-to-regexp").fixed("", "0.1.10")),
        ],
        &[],
    );
    let fix = |kind, name: &str, version: &str| {
        let found = assess(&database, &image("", "", vec![package(kind, name, version)]));
        found.matches.first().map(|found| found.fix.clone())
    };
    let fixed = |version: &str| Some(FixStatus::Fixed { version: version.into() });
    assert_eq!(fix(PackageType::Pypi, "urllib3", "1.26.17"), fixed("1.26.18"));
    assert_eq!(fix(PackageType::Pypi, "urllib3", "2.0.6"), fixed("2.0.7"));
    assert_eq!(fix(PackageType::Pypi, "urllib3", "1.26.18+local1"), None);
    assert_eq!(fix(PackageType::Npm, "path-to-regexp", "0.1.7"), fixed("0.1.10"));
    assert_eq!(fix(PackageType::Npm, "path-to-regexp", "1.8.0"), fixed("1.9.0"));
}

#[test]
fn case_36_names_are_normalised_on_both_sides() {
    let records = [
        record("osv-pypi", "PYSEC-1", &["CVE-1"]).says(statement(PYPI, "", "jw.util")),
        record("osv-nuget", "GHSA-1", &["CVE-2"]).says(statement(Ecosystem::NuGet, "", "newtonsoft.json")),
        record("osv-npm", "GHSA-2", &["CVE-3"]).says(statement(NPM, "", "JSONStream")),
    ];
    assert_eq!(ids(&records, &package(PackageType::Pypi, "JW_Util", "1")), ["CVE-1"]);
    assert_eq!(ids(&records, &package(PackageType::Nuget, "Newtonsoft.Json", "1.0.0")), ["CVE-2"]);
    assert_eq!(ids(&records, &package(PackageType::Npm, "JSONStream", "1.0.0")), ["CVE-3"]);
    assert_eq!(ids(&records, &package(PackageType::Npm, "jsonstream", "1.0.0")), [""; 0]);
}

#[test]
fn case_37_one_id_from_two_ecosystems() {
    let records = [
        record("osv-npm", "GHSA-p6mc-m468-83gw", &["CVE-2020-8203"])
            .says(statement(NPM, "", "lodash").fixed("3.7.0", "4.17.19")),
        record("osv-rubygems", "GHSA-p6mc-m468-83gw", &["CVE-2020-8203"])
            .says(statement(Ecosystem::RubyGems, "", "lodash-rails").fixed("", "4.17.21")),
    ];
    assert_eq!(ids(&records, &package(PackageType::Npm, "lodash", "4.17.15")), ["CVE-2020-8203"]);
    assert_eq!(ids(&records, &package(PackageType::Gem, "lodash-rails", "4.17.15")), ["CVE-2020-8203"]);
    // The same two in one source.
    let mut one_source = records.clone();
    one_source[1].source = "osv-npm".into();
    assert_eq!(ids(&one_source, &package(PackageType::Npm, "lodash", "4.17.15")), ["CVE-2020-8203"]);
    assert_eq!(ids(&one_source, &package(PackageType::Gem, "lodash-rails", "4.17.15")), ["CVE-2020-8203"]);
}

#[test]
fn case_38_bundled_packages_are_upgraded_with_their_carrier() {
    let records =
        [record("osv-npm", "GHSA-1", &["CVE-1"]).says(statement(NPM, "", "tar").fixed("", "6.2.1"))];
    let mut tar = package(PackageType::Npm, "tar", "6.1.0");
    tar.bundled_in = Some(PackageIndex(0));
    let catalogue = image("", "", vec![package(PackageType::Npm, "npm", "9.0.0"), tar]);
    let found = assess(&database(&records, &[]), &catalogue);
    assert_eq!(
        crate::remedy(one(&found), &catalogue.packages[1], &catalogue),
        "bundled in npm: upgrade node or npm to one with tar 6.2.1"
    );
}

#[test]
fn declared_packages_count_in_source_trees_only() {
    let records =
        [record("osv-npm", "GHSA-1", &["CVE-1"]).says(statement(NPM, "", "tar").fixed("", "6.2.1"))];
    let mut tar = package(PackageType::Npm, "tar", "6.1.0");
    tar.presence = Presence::Declared;
    let catalogue = image("", "", vec![tar]);
    let database = database(&records, &[]);
    let of = |judge| database.assess(&catalogue, &Context { judge }).matches[0].judgement.clone();
    assert_eq!(of(Judge::Installed), Judgement::Apart(ApartReason::DeclaredOnly));
    assert_eq!(of(Judge::Declared), Judgement::Counts);
}

#[test]
fn case_39_malware_has_no_cve_and_needs_no_range() {
    let mut listed = statement(NPM, "", "event-stream");
    listed.versions = vec!["3.3.6".into()];
    let mut malware =
        record("osv-npm", "GHSA-mh6f", &[]).says(listed).says(statement(NPM, "", "flatmap-stream"));
    malware.class = Class::Malware;
    let minimist = record("osv-npm", "GHSA-xvch", &["CVE-2021-44906"])
        .says(statement(NPM, "", "minimist").fixed("1.0.0", "1.2.6"));
    let records = [malware, minimist];
    assert_eq!(ids(&records, &package(PackageType::Npm, "event-stream", "3.3.6")), ["GHSA-mh6f"]);
    assert_eq!(ids(&records, &package(PackageType::Npm, "event-stream", "3.3.5")), [""; 0]);
    assert_eq!(ids(&records, &package(PackageType::Npm, "flatmap-stream", "0.0.1")), ["GHSA-mh6f"]);
    assert_eq!(ids(&records, &package(PackageType::Npm, "minimist", "1.2.6-beta.1")), ["CVE-2021-44906"]);
    assert_eq!(ids(&records, &package(PackageType::Npm, "minimist", "1.2.6")), [""; 0]);
    let catalogue = image("", "", vec![package(PackageType::Npm, "flatmap-stream", "0.0.1")]);
    let found = assess(&database(&records, &[]), &catalogue);
    assert_eq!(one(&found).class, Class::Malware);
    assert!(
        crate::remedy(one(&found), &catalogue.packages[0], &catalogue).starts_with("remove flatmap-stream")
    );
}

#[test]
fn case_40_log4j() {
    let name = "org.apache.logging.log4j:log4j-core";
    let records = [record("osv-maven", "GHSA-jfh8", &["CVE-2021-44228"]).says(
        statement(Ecosystem::Maven, "", name)
            .fixed("2.13.0", "2.15.0")
            .fixed("2.4", "2.12.2")
            .fixed("2.0-beta9", "2.3.1"),
    )];
    for (version, count) in [("2.14.1", 1), ("2.12.1", 1), ("2.12.2", 0), ("2.3.1", 0), ("2.15.0", 0)] {
        assert_eq!(ids(&records, &package(PackageType::Maven, name, version)).len(), count, "{version}");
    }
    let api = package(PackageType::Maven, "org.apache.logging.log4j:log4j-api", "2.14.1");
    assert_eq!(ids(&records, &api), [""; 0]);
}

#[test]
fn case_47_listed_versions_and_limits() {
    let mut listed = statement(PYPI, "", "gratient");
    listed.versions = vec!["0.5".into()];
    let mut limited = statement(PYPI, "", "limited");
    limited.ranges = vec![Range { introduced: Some("1.0".into()), end: End::Limit("2.0".into()) }];
    let records = [
        record("osv-pypi", "PYSEC-2024-1", &[]).says(listed),
        record("osv-pypi", "PYSEC-2", &["CVE-2"]).says(limited),
    ];
    assert_eq!(ids(&records, &package(PackageType::Pypi, "gratient", "0.5")), ["PYSEC-2024-1"]);
    assert_eq!(
        ids(&records, &package(PackageType::Pypi, "gratient", "0.5.0")),
        ["PYSEC-2024-1"],
        "equal in PEP 440"
    );
    assert_eq!(ids(&records, &package(PackageType::Pypi, "gratient", "0.6")), [""; 0]);
    assert_eq!(ids(&records, &package(PackageType::Pypi, "limited", "1.9")), ["CVE-2"]);
    assert_eq!(ids(&records, &package(PackageType::Pypi, "limited", "2.0")), [""; 0]);
    assert_eq!(ids(&records, &package(PackageType::Pypi, "limited", "0.9")), [""; 0]);
}

#[test]
fn case_48_what_is_only_probable_is_shown_apart() {
    let records = [record("osv-maven", "GHSA-1", &["CVE-1"]).says(statement(Ecosystem::Maven, "", "g:a"))];
    let mut jar = package(PackageType::Maven, "g:a", "1.0");
    jar.confidence = Confidence::Probable;
    let found = assess(&database(&records, &[]), &image("", "", vec![jar]));
    assert_eq!(one(&found).judgement, Judgement::Apart(ApartReason::Probable));
}

#[test]
fn case_51_an_alias_or_rating_that_comes_later_changes_no_identity() {
    let before = record("osv-npm", "GHSA-1", &["CVE-1"]).says(statement(NPM, "", "a"));
    let mut after = before.clone().says(statement(NPM, "", "b"));
    after.aliases = vec!["SNYK-1".into()];
    after.statements[0].ranges = vec![range("", "2.0.0")];
    let of = |record: Record| {
        let found =
            assess(&database(&[record], &[]), &image("", "", vec![package(PackageType::Npm, "a", "1.0.0")]));
        (one(&found).id.clone(), one(&found).package)
    };
    assert_eq!(of(before), of(after));
}

#[test]
fn records_join_on_cves_and_on_ids_that_they_share_directly() {
    let a = statement(PYPI, "", "a").fixed("", "2.0");
    let ghsa = record("osv-pypi", "GHSA-1", &["CVE-1"]).says(statement(PYPI, "", "a").fixed("", "2.1"));
    let pysec = record("osv-pypi", "PYSEC-1", &["CVE-1"]).says(a.clone());
    let mut without = record("osv-pypi", "PYSEC-2", &[]).says(a.clone());
    without.aliases = vec!["GHSA-1".into(), "X-9".into()];
    // Shares an id with PYSEC-2 only: not closed transitively, a finding of its own.
    let mut distant = record("osv-pypi", "PYSEC-3", &[]).says(a);
    distant.aliases = vec!["X-9".into()];
    let database = database(&[ghsa, pysec, without, distant], &[]);
    let found = assess(&database, &image("", "", vec![package(PackageType::Pypi, "a", "1.0")]));
    let [joined, alone] = found.matches.as_slice() else { panic!("{:#?}", found.matches) };
    assert_eq!(joined.id, "CVE-1");
    assert_eq!(joined.aliases, ["GHSA-1", "PYSEC-1", "PYSEC-2", "X-9"]);
    let order: Vec<&str> = joined.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(order, ["PYSEC-1", "PYSEC-2", "GHSA-1"], "curated before aggregated");
    assert_eq!(joined.fix, FixStatus::Fixed { version: "2.0".into() });
    assert_eq!(joined.disagreement.as_deref(), Some("osv-pypi (GHSA-1) says fixed in 2.1"));
    assert_eq!(alone.id, "PYSEC-3");
}

#[test]
fn unmaintained_is_shown_apart() {
    let mut notice = record("osv-crates", "RUSTSEC-1", &[]).says(statement(Ecosystem::CratesIo, "", "a"));
    notice.class = Class::Unmaintained;
    let catalogue = image("", "", vec![package(PackageType::Cargo, "a", "1.0.0")]);
    let found = assess(&database(&[notice], &[]), &catalogue);
    assert_eq!(one(&found).judgement, Judgement::Apart(ApartReason::Unmaintained));
    assert_eq!(
        crate::remedy(one(&found), &catalogue.packages[0], &catalogue),
        "replace a: it is no longer maintained"
    );
}

#[test]
fn versions_that_are_none_are_counted_and_bad_ranges_never_match() {
    let records = [
        record("osv-npm", "GHSA-1", &["CVE-1"]).says(statement(NPM, "", "a").fixed("", "not a version")),
        record("osv-npm", "GHSA-2", &["CVE-2"]).says(statement(NPM, "", "a").fixed("2.0.0", "1.0.0")),
    ];
    let database = database(&records, &[]);
    assert_eq!(database.info().unparsable_ranges, 1);
    let of = |version: &str| {
        let found = assess(&database, &image("", "", vec![package(PackageType::Npm, "a", version)]));
        (found.matches.len(), found.coverage[0].clone())
    };
    assert_eq!(of("1.5.0"), (0, CoverageState::Covered));
    assert_eq!(of("what is this"), (0, CoverageState::Unversioned));
}

#[test]
fn a_sample_is_no_feed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut builder = crate::Builder::new(folder.path()).unwrap();
    builder.add(&record("osv-npm", "GHSA-1", &["CVE-1"]).says(statement(NPM, "", "a"))).unwrap();
    builder.cover(crate::Coverage {
        source: "osv-npm".into(),
        ecosystem: NPM,
        release: None,
        packages: None,
        records: 34,
        newest: None,
    });
    builder.finish(&path).unwrap();
    let database = crate::Database::open(&path).unwrap();
    let packages = vec![package(PackageType::Npm, "a", "1.0.0"), package(PackageType::Npm, "b", "1.0.0")];
    let found = assess(&database, &image("", "", packages));
    assert_eq!(found.coverage, [CoverageState::Covered, CoverageState::NoPackage]);
}
