use package::{Confidence, Detail, Package, PackageType, Presence};

use crate::{
    Assembled,
    testing::{Image, catalogue, names, problems},
};

fn one<'a>(assembled: &'a Assembled, name: &str, version: &str) -> &'a Package {
    let mut found = assembled.catalogue.packages.iter().filter(|p| p.name == name && p.version == version);
    let package = found.next().unwrap_or_else(|| panic!("no {name} {version} in {:?}", names(assembled)));
    assert!(found.next().is_none(), "two of {name} {version}");
    package
}

fn needs(assembled: &Assembled, package: &Package) -> Vec<String> {
    let of = |index| assembled.catalogue.package(index).map(|p| format!("{} {}", p.name, p.version));
    let mut names: Vec<String> = package.depends_on.iter().filter_map(|&index| of(index)).collect();
    names.sort();
    names
}

fn carrier<'a>(assembled: &'a Assembled, package: &Package) -> Option<&'a str> {
    package.bundled_in.and_then(|index| assembled.catalogue.package(index)).map(|p| p.name.as_str())
}

#[test]
fn installed_packages_scopes_licences_and_the_nearest_dependency() {
    let got = catalogue(&[
        (0, "app/package.json", br#"{"name":"my-app","version":"9.9.9","private":true,"dependencies":{"a":"*"}}"#),
        (0, "app/node_modules/a/package.json",
            br#"{"name":"a","version":"1.0.0","license":"MIT","dependencies":{"b":"1","@s/c":"*"},"devDependencies":{"d":"*"}}"#),
        (0, "app/node_modules/a/node_modules/b/package.json", br#"{"name":"b","version":"1.5.0","license":{"type":"ISC","url":"x"}}"#),
        (0, "app/node_modules/b/package.json", br#"{"name":"b","version":"2.0.0","licenses":[{"type":"MIT"},"Apache-2.0"]}"#),
        (0, "app/node_modules/@s/c/package.json", br#"{"version":"3.0.0","name":"@s/c","optionalDependencies":{"b":"2"}}"#),
        (0, "app/node_modules/d/package.json", br#"{"name":"d","version":"1.0.0-rc.1","license":7}"#),
        (0, "app/node_modules/a/dist/esm/package.json", br#"{"type":"module"}"#),
        (0, "app/node_modules/.package-lock.json", br#"{"packages":{"node_modules/zz":{"version":"1.0.0"}}}"#),
    ]);
    assert_eq!(names(&got), ["@s/c 3.0.0", "a 1.0.0", "b 1.5.0", "b 2.0.0", "d 1.0.0-rc.1"]);
    assert_eq!(problems(&got), Vec::<String>::new());
    let a = one(&got, "a", "1.0.0");
    assert_eq!(a.kind, PackageType::Npm);
    assert_eq!((a.presence, a.confidence), (Presence::Installed, Confidence::Certain));
    assert_eq!(a.evidence, ["app/node_modules/a/package.json"]);
    assert_eq!(a.licences, ["MIT"]);
    assert_eq!(a.layer, Some(0));
    assert_eq!(needs(&got, a), ["@s/c 3.0.0", "b 1.5.0"]);
    assert_eq!(needs(&got, one(&got, "@s/c", "3.0.0")), ["b 2.0.0"]);
    assert_eq!(one(&got, "b", "1.5.0").licences, ["ISC"]);
    assert_eq!(one(&got, "b", "2.0.0").licences, ["MIT", "Apache-2.0"]);
    assert_eq!(one(&got, "d", "1.0.0-rc.1").licences, Vec::<String>::new());
    // Nested because two versions were wanted, not carried inside.
    assert_eq!(carrier(&got, one(&got, "b", "1.5.0")), None);
}

#[test]
fn an_application_outside_node_modules_is_a_package_where_npm_could_know_it() {
    let got = catalogue(&[
        (0, "var/lib/ghost/package.json", br#"{"name":"ghost","version":"5.2.0","dependencies":{"a":"1"}}"#),
        (0, "var/lib/ghost/node_modules/a/package.json", br#"{"name":"a","version":"1.0.0"}"#),
        (0, "package.json", br#"{"name":"root","version":"1.0.0","dependencies":{"r":"1"}}"#),
        (0, "node_modules/r/package.json", br#"{"name":"r","version":"1.0.0"}"#),
        (0, "srv/private/package.json", br#"{"name":"p","version":"1.0.0","private":true}"#),
        (0, "srv/nameless/package.json", br#"{"version":"1.0.0"}"#),
        (0, "srv/unversioned/package.json", br#"{"name":"u","type":"module"}"#),
        (0, "srv/x/test/package.json", br#"{"name":"t","version":"1.0.0"}"#),
        (0, "srv/template/package.json", br#"{"name": {{name}} }"#),
    ]);
    assert_eq!(names(&got), ["a 1.0.0", "ghost 5.2.0", "r 1.0.0", "root 1.0.0"]);
    assert_eq!(one(&got, "ghost", "5.2.0").presence, Presence::Installed);
    assert_eq!(needs(&got, one(&got, "ghost", "5.2.0")), ["a 1.0.0"]);
    assert_eq!(needs(&got, one(&got, "root", "1.0.0")), ["r 1.0.0"]);
    // A template is told, and hides nothing.
    assert_eq!(got.problems.len(), 1);
    assert_eq!(
        (got.problems[0].subject.as_str(), got.problems[0].effect),
        ("srv/template/package.json", model::Effect::None)
    );
}

#[test]
fn case_38_bundled_in_npm() {
    let npm = "usr/local/lib/node_modules/npm";
    let got = Image::new()
        .file(
            0,
            &format!("{npm}/package.json"),
            r#"{"name":"npm","version":"10.9.0","bundleDependencies":["tar"],"dependencies":{"tar":"^6","late":"1"}}"#,
        )
        .file(0, &format!("{npm}/node_modules/tar/package.json"), r#"{"name":"tar","version":"6.2.1","dependencies":{"minipass":"^5","yallist":"4"}}"#)
        .file(0, &format!("{npm}/node_modules/minipass/package.json"), r#"{"name":"minipass","version":"5.0.0"}"#)
        .file(0, &format!("{npm}/node_modules/tar/node_modules/yallist/package.json"), r#"{"name":"yallist","version":"4.0.0"}"#)
        .file(0, &format!("{npm}/node_modules/tar/node_modules/orphan/package.json"), r#"{"name":"orphan","version":"0.1.0"}"#)
        .file(0, &format!("{npm}/node_modules/late/package.json"), r#"{"name":"late","version":"1.0.0"}"#)
        .file(1, "app/node_modules/tar/package.json", r#"{"name":"tar","version":"4.0.0"}"#)
        .catalogue();
    for (name, version, by) in [
        ("tar", "6.2.1", Some("npm")),
        ("minipass", "5.0.0", Some("npm")),
        ("yallist", "4.0.0", Some("npm")),
        ("orphan", "0.1.0", Some("npm")),
        ("late", "1.0.0", None),
        ("npm", "10.9.0", None),
        ("tar", "4.0.0", None),
    ] {
        assert_eq!(carrier(&got, one(&got, name, version)), by, "{name}");
    }
    assert_eq!(one(&got, "tar", "6.2.1").layer, Some(0));
    assert_eq!(one(&got, "tar", "4.0.0").layer, Some(1));
}

#[test]
fn all_dependencies_are_bundled_where_the_list_is_true() {
    let got = catalogue(&[
        (
            0,
            "node_modules/x/package.json",
            br#"{"name":"x","version":"1.0.0","bundledDependencies":true,"dependencies":{"y":"*"}}"#,
        ),
        (0, "node_modules/x/node_modules/y/package.json", br#"{"name":"y","version":"1.0.0"}"#),
    ]);
    assert_eq!(carrier(&got, one(&got, "y", "1.0.0")), Some("x"));
}

#[test]
fn case_38_fixtures_and_what_is_only_declared_are_not_installed() {
    let got = catalogue(&[
        (0, "app/package.json", br#"{"name":"app","private":true,"version":"1.0.0","devDependencies":{"mocha":"*"}}"#),
        (0, "app/test/fixtures/evil/package.json", br#"{"name":"evil","version":"6.6.6"}"#),
        (0, "app/node_modules/resolve/package.json", br#"{"name":"resolve","version":"1.22.0"}"#),
        (0, "app/node_modules/resolve/test/fixture/package.json", br#"{"name":"fixture","version":"6.6.6"}"#),
        (0, "app/node_modules/resolve/test/deep/node_modules/mock/package.json", br#"{"name":"mock","version":"6.6.6"}"#),
        (0, "app/package-lock.json",
            br#"{"lockfileVersion":3,"packages":{"":{"name":"app"},"node_modules/mocha":{"version":"10.0.0","dev":true}}}"#),
    ]);
    let installed: Vec<&str> = got
        .catalogue
        .packages
        .iter()
        .filter(|p| p.presence == Presence::Installed)
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(installed, ["resolve"]);
    let mocha = one(&got, "mocha", "10.0.0");
    assert_eq!((mocha.presence, &mocha.detail), (Presence::Declared, &Detail::Dev));
    assert_eq!(problems(&got), ["sbom.fixture app/node_modules/resolve ×1"]);
}

#[test]
fn pnpm_keeps_one_package_for_all_sets_of_peers_and_links_dependencies() {
    let store = "app/node_modules/.pnpm";
    let a = r#"{"name":"a","version":"1.0.0","dependencies":{"b":"1"}}"#;
    let got = Image::new()
        .file(0, &format!("{store}/a@1.0.0_p1/node_modules/a/package.json"), a)
        .file(0, &format!("{store}/a@1.0.0_p2/node_modules/a/package.json"), a)
        .file(0, &format!("{store}/b@1.0.0/node_modules/b/package.json"), r#"{"name":"b","version":"1.0.0"}"#)
        .link(0, &format!("{store}/a@1.0.0_p1/node_modules/b"), "../../b@1.0.0/node_modules/b")
        .link(0, "app/node_modules/a", ".pnpm/a@1.0.0_p1/node_modules/a")
        .catalogue();
    assert_eq!(names(&got), ["a 1.0.0", "b 1.0.0"]);
    let a = one(&got, "a", "1.0.0");
    assert_eq!(a.evidence.len(), 2);
    assert_eq!(needs(&got, a), ["b 1.0.0"]);
}

#[test]
fn the_layer_is_that_of_the_version() {
    let v = |v: &str| format!(r#"{{"name":"a","version":"{v}"}}"#);
    let path = "node_modules/a/package.json";
    let layer = |image: Image| image.catalogue().catalogue.packages.first().and_then(|p| p.layer);
    assert_eq!(layer(Image::new().file(0, path, v("1")).file(2, path, v("1"))), Some(0));
    assert_eq!(layer(Image::new().file(0, path, v("1")).file(2, path, v("2"))), Some(2));
    let gap = Image::new().file(0, path, v("1")).file(1, "node_modules/.wh.a", "").file(2, path, v("1"));
    assert_eq!(layer(gap), Some(2));
    assert_eq!(layer(Image::root().file(0, path, v("1"))), None);
}

#[test]
fn odd_manifests() {
    let read = |json: &[u8]| catalogue(&[(0, "node_modules/dir/package.json", json)]);
    let name_of = |json: &[u8]| names(&read(json)).join(",");
    for (json, want) in [
        (&b"\xef\xbb\xbf{\"name\":\"a\",\"version\":\"1\"}"[..], "a 1"),
        (b"{\r\n\"name\": \"a\",\r\n\"version\": \"1\"\r\n}\r\n", "a 1"),
        (b"{\"author\":\"Andr\xe9\",\"name\":\"a\",\"version\":\"1\"}", "a 1"),
        (b"{\"name\":\"a\",\"version\":\"1\",\"name\":\"b\"}", "b 1"),
        (b"{\"name\":\"a\",\"version\":null}", "a "),
        (b"{\"name\":{\"x\":[1]},\"version\":\"1\"}", "dir 1"),
        (b"{\"version\":\" 1.0.0 \"}", "dir 1.0.0"),
        (b"{\"type\":\"module\"}", ""),
        (b"[]", ""),
        (b"\"text\"", ""),
        (b"null", ""),
    ] {
        let got = read(json);
        assert_eq!(names(&got).join(","), want, "{}", String::from_utf8_lossy(json));
        assert_eq!(problems(&got), Vec::<String>::new(), "{}", String::from_utf8_lossy(json));
    }
    assert_eq!(read(b"{\"version\":\"1\"}").catalogue.packages[0].confidence, Confidence::Probable);
    // Names are case-sensitive and kept as they are.
    assert_eq!(name_of(b"{\"name\":\"JSONStream\",\"version\":\"1\"}"), "JSONStream 1");
}

#[test]
fn damaged_manifests_are_problems_and_keep_what_was_read() {
    let read = |json: &[u8]| {
        let got = catalogue(&[(0, "node_modules/dir/package.json", json)]);
        (names(&got).join(","), problems(&got))
    };
    let malformed = vec!["sbom.malformed node_modules/dir/package.json ×1".to_owned()];
    assert_eq!(read(b""), (String::new(), malformed.clone()));
    assert_eq!(read(b"{\"name\":\"a\",\"version\":\"1\",\"des"), ("a 1".into(), malformed.clone()));
    assert_eq!(read(b"{\"name\":\"a\",\"version\":\"1\"} trailing"), ("a 1".into(), malformed.clone()));
    // 10,000 deep: ignored where nobody looks, refused where it is looked at.
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(
        read(format!(r#"{{"x":{deep},"name":"a","version":"1"}}"#).as_bytes()),
        ("a 1".into(), vec![])
    );
    assert_eq!(
        read(format!(r#"{{"name":"a","version":"1","license":{deep}}}"#).as_bytes()),
        ("a 1".into(), malformed)
    );
}

#[test]
fn size_is_bounded() {
    let long = "x".repeat(5 << 20);
    let got = catalogue(&[(
        0,
        "node_modules/a/package.json",
        format!(r#"{{"name":"a","version":"1","d":"{long}"}}"#).as_bytes(),
    )]);
    assert_eq!(names(&got), Vec::<String>::new());
    assert_eq!(problems(&got), ["sbom.too-large node_modules/a/package.json ×1"]);
    assert_eq!(got.problems[0].limit, Some(4 << 20));
    // A name of a megabyte is no name.
    let got = catalogue(&[(
        0,
        "node_modules/a/package.json",
        format!(r#"{{"name":"{}","version":"1"}}"#, &long[..1 << 20]).as_bytes(),
    )]);
    assert_eq!(names(&got), ["a 1"]);
    // Lists of dependencies are cut, and that is said.
    let many: Vec<String> = (0..3_000).map(|n| format!(r#""d{n}":"1""#)).collect();
    let json = format!(r#"{{"name":"a","version":"1","dependencies":{{{}}}}}"#, many.join(","));
    let got = catalogue(&[(0, "node_modules/a/package.json", json.as_bytes())]);
    assert_eq!(problems(&got), ["sbom.limit node_modules/a/package.json ×1000"]);
}

const V1: &str = r#"{"name":"app","version":"1.0.0","lockfileVersion":1,"requires":true,"dependencies":{
  "a":{"version":"1.0.0","requires":{"b":"^1.0.0"},"dependencies":{"b":{"version":"1.5.0"}}},
  "b":{"version":"2.0.0","dev":true},
  "alias":{"version":"npm:@s/real@3.0.0"},
  "git":{"version":"git+ssh://git@example.org/x.git#abc"},
  "local":{"version":"file:../local"},
  "carrier":{"version":"1.0.0","dependencies":{"in":{"version":"4.0.0","bundled":true}}}
}}"#;

const V3: &str = r#"{"name":"app","lockfileVersion":3,"packages":{
  "":{"name":"app","version":"1.0.0","dependencies":{"a":"1"}},
  "node_modules/a":{"version":"1.0.0","license":"MIT","dependencies":{"b":"^1.0.0"}},
  "node_modules/a/node_modules/b":{"version":"1.5.0"},
  "node_modules/b":{"version":"2.0.0","dev":true},
  "node_modules/alias":{"name":"@s/real","version":"3.0.0"},
  "node_modules/ws":{"resolved":"packages/ws","link":true},
  "packages/ws":{"version":"0.0.1"},
  "packages/ws/node_modules/b":{"version":"2.0.0"},
  "node_modules/carrier":{"version":"1.0.0"},
  "node_modules/carrier/node_modules/in":{"version":"4.0.0","inBundle":true},
  "node_modules/carrier/node_modules/in/node_modules/deep":{"version":"5.0.0","inBundle":true}
}}"#;

#[test]
fn lock_files_of_version_1() {
    let got = catalogue(&[(0, "app/package-lock.json", V1.as_bytes())]);
    assert_eq!(
        names(&got),
        ["@s/real 3.0.0", "a 1.0.0", "b 1.5.0", "b 2.0.0", "carrier 1.0.0", "git ", "in 4.0.0"]
    );
    assert_eq!(problems(&got), Vec::<String>::new());
    assert_eq!(needs(&got, one(&got, "a", "1.0.0")), ["b 1.5.0"]);
    assert_eq!(one(&got, "b", "2.0.0").detail, Detail::Dev);
    assert_eq!(carrier(&got, one(&got, "in", "4.0.0")), Some("carrier"));
    assert!(got.catalogue.packages.iter().all(|p| p.presence == Presence::Declared));
    assert!(got.catalogue.packages.iter().all(|p| p.evidence == ["app/package-lock.json"]));
}

#[test]
fn lock_files_of_versions_2_and_3() {
    let got = catalogue(&[(0, "app/package-lock.json", V3.as_bytes())]);
    let want = ["@s/real 3.0.0", "a 1.0.0", "b 1.5.0", "b 2.0.0", "carrier 1.0.0", "deep 5.0.0", "in 4.0.0"];
    assert_eq!(names(&got), want);
    assert_eq!(one(&got, "a", "1.0.0").licences, ["MIT"]);
    assert_eq!(needs(&got, one(&got, "a", "1.0.0")), ["b 1.5.0"]);
    // Wanted by production elsewhere.
    assert_eq!(one(&got, "b", "2.0.0").detail, Detail::None);
    assert_eq!(carrier(&got, one(&got, "in", "4.0.0")), Some("carrier"));
    assert_eq!(carrier(&got, one(&got, "deep", "5.0.0")), Some("carrier"));
    // Version 2 has both forms: nothing is counted twice.
    let dependencies = &V1[V1.find("\"dependencies\"").unwrap()..V1.rfind('}').unwrap()];
    let both = format!("{},{dependencies}}}", &V3[..V3.rfind('}').unwrap()]);
    assert_eq!(names(&catalogue(&[(0, "package-lock.json", both.as_bytes())])), want);
}

#[test]
fn shrinkwrap_wins_and_locks_of_installed_packages_do_not_count() {
    let lock = |name: &str| {
        format!(r#"{{"lockfileVersion":3,"packages":{{"node_modules/{name}":{{"version":"1.0.0"}}}}}}"#)
    };
    let got = Image::new()
        .file(0, "app/package-lock.json", lock("lock"))
        .file(0, "app/npm-shrinkwrap.json", lock("shrinkwrap"))
        .file(0, "other/package-lock.json", lock("other"))
        .file(0, "app/node_modules/x/package-lock.json", lock("published"))
        .catalogue();
    assert_eq!(names(&got), ["other 1.0.0", "shrinkwrap 1.0.0"]);
}

#[test]
fn layers_of_locked_packages() {
    let lock = |names: &[&str]| {
        let entries: Vec<String> =
            names.iter().map(|name| format!(r#""node_modules/{name}":{{"version":"1.0.0"}}"#)).collect();
        format!(r#"{{"lockfileVersion":3,"packages":{{{}}}}}"#, entries.join(","))
    };
    let got = Image::new()
        .file(0, "package-lock.json", lock(&["a"]))
        .file(1, "package-lock.json", lock(&["a", "b"]))
        .file(2, "package-lock.json", lock(&["a", "b", "c"]))
        .catalogue();
    let layers: Vec<_> = got.catalogue.packages.iter().map(|p| (p.name.as_str(), p.layer)).collect();
    assert_eq!(layers, [("a", Some(0)), ("b", Some(1)), ("c", Some(2))]);
}

#[test]
fn damaged_locks_keep_what_stands_before_the_damage() {
    let read = |json: &str| {
        let got = catalogue(&[(0, "package-lock.json", json.as_bytes())]);
        (names(&got).join(","), problems(&got))
    };
    let malformed = vec!["sbom.malformed package-lock.json ×1".to_owned()];
    let cut = &V3[..V3.find("\"node_modules/alias\"").unwrap()];
    assert_eq!(read(cut), ("a 1.0.0,b 1.5.0,b 2.0.0".into(), malformed.clone()));
    let cut = &V1[..V1.find("\"alias\"").unwrap()];
    assert_eq!(read(cut), ("a 1.0.0,b 1.5.0,b 2.0.0".into(), malformed.clone()));
    assert_eq!(read("<!doctype html>"), (String::new(), malformed.clone()));
    // 10,000 deep.
    let deep =
        format!(r#"{{"dependencies":{}{}"#, r#"{"a":{"version":"1","dependencies":"#.repeat(10_000), "1");
    let (found, said) = read(&deep);
    assert_eq!((found.as_str(), said), ("a 1", malformed));
}

#[test]
fn the_number_of_locked_packages_is_bounded() {
    let entries: Vec<String> =
        (0..200_001).map(|n| format!(r#""node_modules/p{n}":{{"version":"1"}}"#)).collect();
    let json = format!(r#"{{"packages":{{{}}}}}"#, entries.join(","));
    let got = catalogue(&[(0, "package-lock.json", json.as_bytes())]);
    assert_eq!(got.catalogue.packages.len(), 200_000);
    assert_eq!(problems(&got), ["sbom.limit package-lock.json ×1"]);
}
