//! Tables of known facts, the numbered cases that are about versions, and properties. `tests/orders.rs` asks the native tools.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;
use VersionOrder::{Apk, Composer, Dpkg, Go, Maven, Npm, NuGet, Pep440, Rpm, RubyGems, Semver};

/// Each text is older than every one behind it.
fn ascending(order: VersionOrder, texts: &[&str]) {
    let versions: Vec<Version> = texts.iter().map(|text| order.parse(text).unwrap()).collect();
    for (i, a) in versions.iter().enumerate() {
        for (j, b) in versions.iter().enumerate() {
            assert_eq!(a.compare(b), i.cmp(&j), "{order:?}: {} and {}", a.text(), b.text());
            assert_eq!(order.compare(a.text(), b.text()), Ok(i.cmp(&j)));
        }
    }
}

fn equal(order: VersionOrder, sets: &[&[&str]]) {
    for set in sets {
        for a in *set {
            for b in *set {
                assert_eq!(order.compare(a, b), Ok(Ordering::Equal), "{order:?}: {a} and {b}");
            }
        }
    }
}

fn refused(order: VersionOrder, texts: &[&str]) {
    for text in texts {
        let error = VersionError { order, version: (*text).to_owned() };
        assert_eq!(order.parse(text).map(|_| ()), Err(error), "{text:?}");
    }
}

fn prereleases(order: VersionOrder, before: &[&str], not: &[&str]) {
    for text in before {
        assert!(order.parse(text).unwrap().is_prerelease(), "{order:?}: {text}");
    }
    for text in not {
        assert!(!order.parse(text).unwrap().is_prerelease(), "{order:?}: {text}");
    }
}

#[test]
fn dpkg() {
    ascending(
        Dpkg,
        &[
            "1.0~~",
            "1.0~~a",
            "1.0~",
            "1.0~bpo12+1",
            "1.0~rc1",
            "1.0",
            "1.0-0a",
            "1.0-1~deb12u1",
            "1.0-1",
            "1.0-1+b1",
            "1.0-1.1",
            "1.0-2",
            "1.0-10",
            "1.0a",
            "1.0a-1",
            "1.0+dfsg",
            "1.0+dfsg-1",
            "1.0.1",
            "1.2",
            "1.10",
            "9",
            "1:0",
            "1:0.1",
            "2:0~",
            "2:0",
        ],
    );
    equal(
        Dpkg,
        &[
            &["1.0", "0:1.0", "00:1.0", "1.0-0", "1.00", "01.0", " 1.0 "],
            &["1.a", "1.a0"],
            &["1.2.3", "1.02.03"],
        ],
    );
    refused(
        Dpkg,
        &[
            "",
            " ",
            "1.0-",
            "a:1",
            ":1",
            "1:",
            "1:-1",
            "-1:1",
            "2147483648:1",
            "1 2",
            "18446744073709551616:1",
        ],
    );
    assert!(Dpkg.parse("2147483647:1").is_ok());
    prereleases(Dpkg, &[], &["1.0~rc1", "1.0-1~deb12u1"]);
}

#[test]
fn rpm() {
    ascending(
        Rpm,
        &[
            "1.0~alpha",
            "1.0~rc1",
            "1.0~rc1^git1",
            "1.0~rc1.1",
            "1.0",
            "1.0-0",
            "1.0-1",
            "1.0-1.el8",
            "1.0-1.el9_4",
            "1.0-2",
            "1.0-10",
            "1.0^",
            "1.0^git1~pre",
            "1.0^git1",
            "1.0^git1-1",
            "1.0^git2-1",
            "1.0^20230101",
            "1.0a",
            "1.0.1",
            "1.1",
            "1.10",
            "10",
            "1:0",
        ],
    );
    equal(
        Rpm,
        &[
            &["1.0-1", "0:1.0-1", "00:1.0-1", "(none):1.0-1", "1_0-1", "1.00-01", "1..0-1", ":1.0-1"],
            &["1.0", "1.0.", "1.0_"],
            &["1a1", "1.a.1", "1a01"],
        ],
    );
    refused(Rpm, &["", "\t", "1:", "-1", "1 0"]);
    // Only digits before a colon are an epoch.
    assert_eq!(Rpm.compare("a:1", "0:9"), Ok(Ordering::Less));
    prereleases(Rpm, &["1.0~rc1-1"], &["1.0-1~x", "1.0^git1-1"]);
}

#[test]
fn apk() {
    ascending(
        Apk,
        &[
            "0.1_alpha",
            "0.1_alpha1",
            "0.1_alpha2",
            "0.1_beta",
            "0.1_pre2",
            "0.1_rc1",
            "0.1_rc1-r1",
            "0.1",
            "0.1-r0",
            "0.1-r1",
            "0.1-r10",
            "0.1~abc",
            "0.1~abd",
            "0.1_cvs20200101",
            "0.1_svn1",
            "0.1_git20240101",
            "0.1_hg2",
            "0.1_p1_alpha",
            "0.1_p1",
            "0.1_p1_p2",
            "0.1_p2",
            "0.1a_rc1",
            "0.1a",
            "0.1b",
            "0.1.0",
            "0.1.01",
            "0.1.011",
            "0.1.02",
            "0.1.1",
            "0.1.9",
            "0.1.10",
            "0.2",
            "0.10",
            "1",
            "1.0",
        ],
    );
    // A leading zero makes a fraction of every component but the first.
    ascending(Apk, &["1.0", "1.01", "1.010", "1.02", "1.1"]);
    equal(Apk, &[&["01.2", "1.2", " 1.2"], &["1_p1", "1_p01"], &["1-r1", "1-r01"]]);
    refused(
        Apk,
        &[
            "", "a", "1.", "1..2", "1a2", "1ab", "1.2A", "1_foo", "1_", "1-1", "1-r", "1-r1-r2", "1~",
            "1~xyz", "1-r1_p1", "1:2", "v1",
        ],
    );
    prereleases(Apk, &["1_alpha", "1_rc2-r0"], &["1", "1_p1", "1_git20240101-r0"]);
}

#[test]
fn semver() {
    ascending(
        Semver,
        &[
            "0.0.0-0",
            "0.0.0",
            "1.0.0-0.3.7",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
            "18446744073709551615.0.0",
            "18446744073709551616.0.0",
        ],
    );
    equal(
        Semver,
        &[
            &["1.0.0", "v1.0.0", "V1", "1", "1.0", "01.00.0", "1.0.0+build.5", " 1.0.0 "],
            &["1.0.0-a+x", "1.0.0-a+y"],
        ],
    );
    refused(
        Semver,
        &[
            "",
            "v",
            "1.",
            "1.0.0.0",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0+",
            "1.0.0-ä",
            "a.b.c",
            "-1",
            "1.0.0 0",
            "1,0",
        ],
    );
    prereleases(Semver, &["1.0.0-rc.1", "0.0.0-0"], &["1.0.0", "1.0.0+rc"]);
}

#[test]
fn npm() {
    ascending(
        Npm,
        &["0.0.0-0", "0.0.0", "1.2.3-alpha", "1.2.3-beta.2", "1.2.3-beta.10", "1.2.3", "1.2.4", "1.10.0"],
    );
    equal(
        Npm,
        &[
            &["1.2.3", "v1.2.3", "=1.2.3", "= v1.2.3", "1.2.3+b", "01.2.3"],
            &["1.2.3-beta", "1.2.3beta"],
            &["1", "1.0", "1.0.0"],
        ],
    );
    // Loose mode lets the pre-release begin within the patch.
    equal(Npm, &[&["1.2.34.5", "1.2.3-4.5"]]);
    // JavaScript's numbers: 2^53 + 1 is 2^53.
    equal(Npm, &[&["1.0.0-9007199254740993", "1.0.0-9007199254740992"]]);
    refused(
        Npm,
        &["", "1.2.3.4", "latest", "1.2.3-a..b", "1.x", "9007199254740992.0.0", "git+ssh://a", "1.2.3 4"],
    );
    assert!(Npm.parse("9007199254740991.0.0").is_ok());
    assert!(Npm.parse(&format!("1.2.3-{}", "a".repeat(250))).is_ok());
    assert!(Npm.parse(&format!("1.2.3-{}", "a".repeat(251))).is_err());
}

#[test]
fn pep440() {
    // The order that the specification prints.
    ascending(
        Pep440,
        &[
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1.10",
            "2013.10",
            "1!1.0",
        ],
    );
    equal(
        Pep440,
        &[
            &["1", "1.0", "1.0.0", "v1.0", "0!1", "01", " 1.0\n"],
            &["1.0a1", "1.0.alpha.1", "1.0-A_1", "1.0alpha01"],
            &["1.0rc1", "1.0c1", "1.0.pre1", "1.0-preview_1"],
            &["1.0.post1", "1.0-1", "1.0.rev1", "1.0-r1"],
            &["1.0a0", "1.0a", "1.0a."],
            &["1.0+abc.1", "1.0+ABC-1", "1.0+abc_01"],
        ],
    );
    refused(
        Pep440,
        &[
            "",
            "2004d",
            "1.0-",
            "1.0--1",
            "1.0+",
            "1.0+a..b",
            "1.0.x",
            "french toast",
            "1!",
            "1.0é",
            "!1",
            "1..0",
        ],
    );
    prereleases(Pep440, &["1.0a1", "1.0.dev3", "1.0rc1.post2"], &["1.0", "1.0.post1", "1.0+dev"]);
}

#[test]
fn maven() {
    ascending(
        Maven,
        &[
            "1-alpha",
            "1-alpha-2",
            "1-alpha-10",
            "1-beta",
            "1-m3",
            "1-rc",
            "1-rc2",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-abc",
            "1-xyz",
            "1-1",
            "1-2",
            "1.1-SNAPSHOT",
            "1.1",
            "1.2",
            "1.10",
            "2",
        ],
    );
    ascending(Maven, &["2.0.0.Alpha1", "2.0.0.Beta1", "2.0.0.CR1", "2.0.0.Final", "2.0.1.Final"]);
    ascending(Maven, &["31.0-android", "31.0-jre", "31.1-android"]);
    equal(
        Maven,
        &[
            &["1", "1.0", "1.0.0", "1-ga", "1.final", "1.0-RELEASE", "1-0", "1..0", "1.", "1-"],
            &["1-a1", "1-alpha-1", "1alpha1", "1.0.0.ALPHA1"],
            &["1-cr2", "1-rc2"],
            &["1.01", "1.1", "1.001"],
        ],
    );
    // Every text is a version; only one that says nothing is refused.
    refused(Maven, &["", "  "]);
    for text in ["-", ".", "${project.version}", "é1", "1é", "--1.-.", "\u{660}1"] {
        assert_eq!(Maven.compare(text, text), Ok(Ordering::Equal), "{text}");
    }
    prereleases(Maven, &["1-rc1", "1.0-SNAPSHOT", "2.0.0.Beta1"], &["1", "1-sp1", "1.0.Final", "31.0-jre"]);
}

#[test]
fn go() {
    ascending(
        Go,
        &[
            "v0.0.0-20190101000000-abcdef123456",
            "v0.0.0-20200101000000-0123456789ab",
            "v0.0.0",
            "v1.2.3-0.20200101000000-abcdef123456",
            "v1.2.3-pre",
            "v1.2.3-pre.0.20200101000000-abcdef123456",
            "v1.2.3-rc.1",
            "v1.2.3",
            "v1.2.4-0.20200101000000-abcdef123456",
            "v1.10.0",
            "v2.0.0+incompatible",
        ],
    );
    equal(Go, &[&["1.0.0", "v1.0.0", "v1", "1.0", "v1.0.0+incompatible"], &["0", "v0.0.0"]]);
    refused(
        Go,
        &[
            "",
            "v",
            "(devel)",
            "go1.2.3",
            "v01.0.0",
            "1.2.3.4",
            "v1-pre",
            "v1.2-pre",
            "v1.2.3-01",
            "v1.2.3-",
            "vv1",
            "latest",
        ],
    );
    prereleases(
        Go,
        &["v0.0.0-20190101000000-abcdef123456", "1.27.0-rc.1"],
        &["v1.0.0", "v2.0.0+incompatible"],
    );
}

#[test]
fn rubygems() {
    ascending(
        RubyGems,
        &[
            "1.0.a",
            "1.0.a.2",
            "1.0.a10",
            "1.0.b1",
            "1.0.pre",
            "1.0.rc1",
            "1.0",
            "1.0.0.1",
            "1.0.1.pre",
            "1.0.1",
            "1.9",
            "1.10",
        ],
    );
    equal(
        RubyGems,
        &[
            &["1", "1.0", "1.0.0", " 1 ", "01"],
            &["1.0-1", "1.pre.1", "1.0.pre1"],
            &["1.a", "1.0.a.0"],
            &["1.0a", "1.0.a"],
        ],
    );
    ascending(RubyGems, &["1.0.B", "1.0.a"]);
    refused(RubyGems, &["", " ", "a", "1.", ".1", "1..2", "1a", "1_2", "1.0-", "1+2", "1.0é", "v1"]);
    prereleases(RubyGems, &["1.0.rc1", "1.0-x86"], &["1.0"]);
}

#[test]
fn nuget() {
    ascending(
        NuGet,
        &[
            "1.0.0--5",
            "1.0.0-0",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-10.a",
            "1.0.0-4294967296",
            "1.0.0-ALPHA",
            "1.0.0-alpha.1",
            "1.0.0-Beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc",
            "1.0.0",
            "1.0.0.1-a",
            "1.0.0.1",
            "1.0.1",
            "1.10",
            "2",
            "2147483647",
        ],
    );
    equal(
        NuGet,
        &[
            &["1", "1.0", "1.0.0", "1.0.0.0", "01.00", "1.0.0+abc", " 1 . 0 "],
            &["1.0-RC", "1.0.0-rc", "1.0.0-Rc+x"],
        ],
    );
    refused(
        NuGet,
        &[
            "",
            "v1",
            "1.0.0.0.0",
            "1.",
            "1.0-",
            "1.0-a..b",
            "1.0-01",
            "1.0+",
            "2147483648",
            "1.0-ä",
            "1.0-a_b",
            "1.-1",
        ],
    );
    prereleases(NuGet, &["1.0-rc"], &["1.0", "1.0+rc"]);
}

#[test]
fn composer() {
    ascending(
        Composer,
        &[
            "1.0-dev",
            "1.0-alpha",
            "1.0-alpha1",
            "1.0-alpha2",
            "1.0-beta",
            "1.0b2",
            "1.0-RC1-dev",
            "1.0-RC1",
            "1.0",
            "1.0-patch1",
            "1.0pl2",
            "1.0.1",
            "1.2",
            "1.10",
            "1.x-dev",
            "2.0.0.1",
            "20230131",
        ],
    );
    ascending(Composer, &["2023-01-31", "2023-02-01", "2023.02.01.12"]);
    equal(
        Composer,
        &[
            &[
                "1",
                "v1.0",
                "1.0.0",
                "1.0.0.0",
                "1.0-stable",
                "1.0.0+build",
                "1.0@beta",
                "1.0 as 2.0",
                " 1.0 ",
                "1.0-",
            ],
            &["1.0-b2", "1.0.0beta2", "1.0_BETA.2", "1.0-beta-2"],
            &["1.0-RC1", "1.0rc1"],
            &["1.x-dev", "1.9999999.9999999.9999999-dev", "v1.X.x-dev", "1.*-dev"],
            &["2023-01-31", "2023:01:31"],
        ],
    );
    refused(
        Composer,
        &[
            "",
            "dev-main",
            "DEV-x",
            "master",
            "trunk",
            "default",
            "1.0.0.0.0",
            "1.0-foo",
            "a",
            "1.0-beta_1",
            "1..0",
            "1.0 2.0",
            "feature-dev",
            "1.x",
            "123456.1.1.1.1",
        ],
    );
    prereleases(Composer, &["1.0-beta1", "1.0-dev", "1.x-dev"], &["1.0", "1.0-patch1", "1.0-stable"]);
}

#[test]
fn case_01_the_source_version_is_compared() {
    assert_eq!(Dpkg.compare("2.38.1-5", "2.38.1-5+deb12u1"), Ok(Ordering::Less));
    assert_eq!(
        Dpkg.compare("1:2.38.1-5+b1", "2.38.1-5+deb12u1"),
        Ok(Ordering::Greater),
        "the binary's epoch hides it"
    );
}

#[test]
fn case_03_a_tilde_sorts_before_nothing() {
    ascending(Dpkg, &["3.0.22-1~deb12u1", "3.0.22-1~deb12u2", "3.0.22-1"]);
}

#[test]
fn case_15_and_16_module_builds() {
    ascending(Rpm, &["13.14-1.module_el8.9.0+3738+d55e2165.alma.1", "15.6-1.module_el8.9.0+3740+4ec4a6b2"]);
    ascending(
        Rpm,
        &[
            "1:18.19.1-1.module_el8.9.0+3753+4de0891b",
            "1:18.20.2-1.module_el8.9.0+3775+d8460d29",
            "1:20.11.1-1",
        ],
    );
}

#[test]
fn case_20_evr() {
    ascending(Rpm, &["1.0~rc1", "1.0", "1.0^git1", "1.0.1"]);
    equal(Rpm, &[&["0:1.0-1", "1.0-1"]]);
}

#[test]
fn case_21_and_22_alpine() {
    ascending(Apk, &["3.5.4-r0", "3.5.5-r0"]);
    ascending(Apk, &["5.6.1-r2", "5.8.1-r0"]);
}

#[test]
fn case_26_and_31_go_toolchains() {
    for (text, version) in [
        ("go1.25.3", Some("1.25.3")),
        ("go1.19.8", Some("1.19.8")),
        ("go1.20", Some("1.20.0")),
        ("go1.27rc1", Some("1.27.0-rc.1")),
        ("go1.21beta2", Some("1.21.0-beta.2")),
        ("go1.23.1 X:nocoverageredesign", Some("1.23.1")),
        ("go1.20.12 (Red Hat 1.20.12-1.el9)", Some("1.20.12")),
        ("go1.22.4-corp.1", Some("1.22.4")),
        ("go1.25-20250209-RC00 cl/724776014", None),
        ("devel go1.26-1b291b70df Wed Jun 11", None),
        ("devel +abcdef", None),
        ("go1", None),
        ("go", None),
        ("", None),
        ("1.25.3", None),
        ("go1.25.3é", None),
        ("go1.99999999999999999999", None),
    ] {
        assert_eq!(go_toolchain_version(text).as_deref(), version, "{text}");
    }
    ascending(Go, &["1.27.0-rc.1", "1.27.0-rc.3", "1.27.0"]);
    ascending(Go, &["1.25.3", "1.25.13"]);
}

#[test]
fn case_30_what_is_unversioned() {
    refused(Go, &["(devel)"]);
    assert!(Go.parse("v0.0.0-20240101000000-abcdef123456").unwrap().is_prerelease());
}

#[test]
fn case_34_and_35_python_and_npm() {
    ascending(Pep440, &["1.11.0", "1.11.1"]);
    ascending(Pep440, &["1.26.17", "1.26.18", "1.26.18+local1", "2.0.6", "2.0.7"]);
    ascending(Npm, &["0.1.7", "0.1.10"]);
    ascending(Npm, &["1.2.6-beta.1", "1.2.6"]);
}

#[test]
fn different_orders_never_look_equal() {
    for (i, a) in VersionOrder::ALL.iter().enumerate() {
        for (j, b) in VersionOrder::ALL.iter().enumerate() {
            let (x, y) = (a.parse("1.0.0").unwrap(), b.parse("1.0.0").unwrap());
            assert_eq!((x.order(), x.compare(&y)), (*a, i.cmp(&j)));
        }
    }
}

#[test]
fn long_texts_are_refused_and_errors_cut() {
    for order in VersionOrder::ALL {
        let long = "1".repeat(MAX_LENGTH + 1);
        let error = order.parse(&long).unwrap_err();
        assert_eq!((error.order, error.version.len()), (*order, 100));
    }
    let digits = "9".repeat(MAX_LENGTH);
    for order in [Dpkg, Rpm, Apk, Semver, Pep440, Maven, Go, RubyGems] {
        assert_eq!(order.compare(&digits, "9"), Ok(Ordering::Greater), "{order:?}");
    }
    // The deepest nesting that fits.
    let deep = "1-".repeat(MAX_LENGTH / 2);
    assert_eq!(Maven.compare(&deep, "1"), Ok(Ordering::Greater));
}

/// Texts of the orders' own material, and three that differ little, for order only shows among neighbours.
fn neighbours() -> impl Strategy<Value = (VersionOrder, [String; 3])> {
    let piece = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "10",
        "01",
        "00",
        ".",
        ".",
        ".0",
        "-",
        "~",
        "^",
        "+",
        "_",
        ":",
        "a",
        "b",
        "rc",
        "rc1",
        "alpha",
        "-alpha",
        "pre",
        "dev",
        "post",
        "_p",
        "_rc",
        "-r1",
        "-1",
        "SNAPSHOT",
        "final",
        "sp",
        "x",
        " ",
        "v",
        "!",
        "é",
        "9007199254740993",
    ]);
    let orders = prop::sample::select(VersionOrder::ALL);
    let pieces = |most| prop::collection::vec(piece.clone(), 0..most).prop_map(|pieces| pieces.concat());
    (orders, pieces(5), pieces(3), pieces(3), pieces(3)).prop_map(|(order, head, a, b, c)| {
        (order, [format!("1{head}{a}"), format!("1{head}{b}"), format!("1{head}{c}")])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn orders_are_orders((order, texts) in neighbours()) {
        let versions: Vec<Version> = texts.iter().filter_map(|text| order.parse(text).ok()).collect();
        for a in &versions {
            prop_assert_eq!(a.compare(a), Ordering::Equal);
            for b in &versions {
                prop_assert_eq!(a.compare(b), b.compare(a).reverse(), "{} {}", a.text(), b.text());
                prop_assert_eq!(order.compare(a.text(), b.text()), Ok(a.compare(b)));
                for c in &versions {
                    // Maven's own order has circles (see its module).
                    if order != Maven && a.compare(b).is_le() && b.compare(c).is_le() {
                        prop_assert!(a.compare(c).is_le(), "{} {} {}", a.text(), b.text(), c.text());
                    }
                }
            }
        }
    }

    #[test]
    fn no_text_does_harm(order in prop::sample::select(VersionOrder::ALL), a in ".{0,40}", b in "\\PC{0,20}") {
        if let (Ok(x), Ok(y)) = (order.parse(&a), order.parse(&b)) {
            prop_assert_eq!(x.compare(&y), y.compare(&x).reverse());
            let _ = x.is_prerelease();
        }
        let _ = go_toolchain_version(&a);
    }
}

/// Documented in the module: a word sorts before a list, though one may be newer and the other older than nothing.
#[test]
fn maven_goes_in_circles_as_the_tool_does() {
    assert_eq!(Maven.compare("1.sp.1", "1"), Ok(Ordering::Greater));
    assert_eq!(Maven.compare("1", "1-alpha"), Ok(Ordering::Greater));
    assert_eq!(Maven.compare("1.sp.1", "1-alpha"), Ok(Ordering::Less));
}
