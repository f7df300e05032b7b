use model::{Budget, Effect, Layer, Limits, Problem};
use package::{
    Catalogue, Confidence, Detail, Distro, GoBinary, GoModule, Kernel, Origin, OsRelease, Package,
    PackageIndex, PackageType, Presence, Source,
};
use proptest::prelude::*;

use super::*;
use crate::assembly::in_order;

fn written(catalogue: &Catalogue, info: &DocumentInfo<'_>) -> String {
    let mut out = Vec::new();
    cyclonedx::write(catalogue, info, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn read_back(catalogue: &Catalogue, info: &DocumentInfo<'_>) -> (Catalogue, Vec<Problem>) {
    read(written(catalogue, info).as_bytes(), &Budget::default())
}

fn codes(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|p| format!("{} {} ×{}", p.code, p.subject, p.count)).collect()
}

fn listed(catalogue: &Catalogue) -> Vec<String> {
    catalogue.packages.iter().map(|p| format!("{} {} {}", p.kind.as_str(), p.name, p.version)).collect()
}

/// One of each kind, with everything that a package can have.
fn sample() -> Catalogue {
    let source = |name: &str, version: &str| Some(Source { name: name.into(), version: version.into() });
    let mut deb = Package::new(PackageType::Deb, "python3-cryptography", "38.0.4-3+deb12u1");
    deb.source = source("python-cryptography", "38.0.4-3+deb12u1");
    deb.arch = Some("amd64".into());
    deb.licences = vec!["Apache-2.0".into(), "GPL-2+ with exception".into()];
    deb.evidence = vec!["var/lib/dpkg/status".into()];
    deb.layer = Some(0);
    deb.detail = Detail::Deb { built_using: vec![("rustc".into(), "1.63.0+dfsg1-2".into())] };
    let mut rpm = Package::new(PackageType::Rpm, "nodejs", "1:18.19.1-1.module_el8.9.0+3753+4de0891b");
    rpm.source = source("nodejs", "18.19.1-1.module_el8.9.0+3753+4de0891b");
    rpm.origin = Origin::ThirdParty;
    rpm.detail =
        Detail::Rpm { modularity: Some("nodejs:18:8090:x".into()), vendor: Some("AlmaLinux".into()) };
    let mut apk = Package::new(PackageType::Apk, "ssl_client", "1.36.1-r2");
    apk.source = source("busybox", "1.36.1-r2");
    let mut npm = Package::new(PackageType::Npm, "npm", "10.9.0");
    npm.evidence = vec!["usr/lib/node_modules/npm/package.json".into()];
    npm.licences = vec!["MIT OR Apache-2.0".into()];
    let mut scoped = Package::new(PackageType::Npm, "@npmcli/fs", "4.0.0");
    scoped.evidence = vec!["usr/lib/node_modules/npm/node_modules/@npmcli/fs/package.json".into()];
    let mut tar = Package::new(PackageType::Npm, "tar", "6.2.1");
    tar.evidence = vec!["usr/lib/node_modules/npm/node_modules/tar/package.json".into()];
    let mut dev = Package::new(PackageType::Npm, "JSONStream", "1.3.5");
    dev.presence = Presence::Declared;
    dev.detail = Detail::Dev;
    dev.evidence = vec!["srv/package-lock.json".into()];
    let mut pypi = Package::new(PackageType::Pypi, "JW_Util", "2.3");
    pypi.evidence = vec!["usr/lib/python3/dist-packages/JW_Util-2.3.dist-info/METADATA".into()];
    let mut go = Package::new(PackageType::Golang, "github.com/Masterminds/semver/v3", "v3.2.1");
    go.evidence = vec!["usr/bin/helm".into()];
    go.layer = Some(1);
    go.detail = Detail::Go(GoModule {
        linked: Some(vec![
            "github.com/Masterminds/semver/v3".into(),
            "github.com/Masterminds/semver/v3/x".into(),
        ]),
        main: true,
        replaces: Some("github.com/old/semver".into()),
        binary: GoBinary {
            toolchain: "go1.23.1 X:nocoverageredesign".into(),
            goos: Some("linux".into()),
            goarch: Some("amd64".into()),
            cgo: Some(false),
        },
    });
    let mut stdlib = Package::new(PackageType::Golang, "stdlib", "1.23.1");
    stdlib.detail = Detail::Go(GoModule { linked: Some(Vec::new()), ..GoModule::default() });
    let mut java = Package::new(PackageType::Maven, "org.apache.logging.log4j:log4j-core", "2.14.1");
    java.confidence = Confidence::Probable;
    java.evidence = vec!["opt/a.war!/WEB-INF/lib/log4j-core-2.14.1.jar".into()];
    let cargo = Package::new(PackageType::Cargo, "ring", "0.17.5");
    let generic = Package::new(PackageType::Generic, "node", "");
    let mut packages = vec![deb, rpm, apk, npm, scoped, tar, dev, pypi, go, stdlib, java, cargo, generic];
    packages = in_order(packages);
    let at = |name: &str| {
        let n = packages.iter().position(|p| p.name == name).unwrap();
        PackageIndex(u32::try_from(n).unwrap())
    };
    let (npm, scoped, tar, pypi, deb) =
        (at("npm"), at("@npmcli/fs"), at("tar"), at("JW_Util"), at("python3-cryptography"));
    packages[npm.0 as usize].depends_on = vec![tar];
    packages[tar.0 as usize].bundled_in = Some(npm);
    packages[scoped.0 as usize].bundled_in = Some(npm);
    packages[pypi.0 as usize].owner = Some(deb);
    Catalogue {
        distro: Some(Distro {
            os_release: OsRelease {
                id: "debian".into(),
                id_like: vec!["a".into(), "b".into()],
                version_id: "12".into(),
                codename: "bookworm".into(),
                pretty_name: "Debian GNU/Linux 12 (bookworm)".into(),
            },
            distroless: true,
        }),
        packages,
        kernel: Kernel { booted: Some("6.1.0-30-amd64".into()) },
        unidentified: vec!["opt/thing".into(), "usr/local/bin/node".into()],
    }
}

#[test]
fn what_is_written_is_read_back() {
    for kind in [SubjectKind::Image, SubjectKind::SourceTree] {
        let info = DocumentInfo { name: "example.org/app:1", kind, ..DocumentInfo::default() };
        let (back, problems) = read_back(&sample(), &info);
        assert_eq!(back, sample());
        assert_eq!(codes(&problems), Vec::<String>::new());
    }
}

#[test]
fn the_document_is_the_same_each_time_and_its_references_are_unique() {
    let mut catalogue = sample();
    // The same package in two places.
    let mut twin = Package::new(PackageType::Npm, "tar", "6.2.1");
    twin.evidence = vec!["zz/node_modules/tar/package.json".into()];
    catalogue.packages.push(twin);
    catalogue.packages = in_order(catalogue.packages);
    let refs = cyclonedx::bom_refs(&catalogue);
    let unique: std::collections::HashSet<&String> = refs.iter().collect();
    assert_eq!(unique.len(), refs.len());
    assert!(refs.contains(&"pkg:npm/tar@6.2.1#2".to_owned()), "{refs:?}");
    let info = DocumentInfo { name: "x", ..DocumentInfo::default() };
    assert_eq!(written(&catalogue, &info), written(&catalogue, &info));
    assert_eq!(read_back(&catalogue, &info).0, catalogue);
}

#[test]
fn the_document_says_subject_layer_evidence_and_findings() {
    let digest: model::Digest = format!("sha256:{}", "ab".repeat(32)).parse().unwrap();
    let layer = |n: u8| Layer {
        diff_id: model::DiffId(model::Digest::from_bytes([n; 32])),
        blob: None,
        size: 1,
        created_by: Some(format!("RUN step {n}")),
    };
    let catalogue = sample();
    let log4j = catalogue.packages.iter().position(|p| p.confidence == Confidence::Probable).unwrap();
    let info = DocumentInfo {
        name: "example.org/app:1",
        version: Some("1"),
        purl: Some("pkg:oci/app"),
        digest: Some(digest),
        tool_version: "0.1.0",
        timestamp: Some("2026-01-01T00:00:00Z"),
        serial_number: Some("urn:uuid:00000000-0000-4000-8000-000000000000"),
        layers: &[layer(0), layer(1)],
        vulnerabilities: &[Vulnerability {
            id: "CVE-2021-44228".into(),
            affects: vec![PackageIndex(u32::try_from(log4j).unwrap())],
            ..Vulnerability::default()
        }],
        ..DocumentInfo::default()
    };
    let json: serde_json::Value = serde_json::from_str(&written(&catalogue, &info)).unwrap();
    assert_eq!(json["metadata"]["component"]["type"], "container");
    assert_eq!(json["metadata"]["component"]["hashes"][0]["content"], "ab".repeat(32));
    let of = |name: &str| {
        json["components"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap().clone()
    };
    let property = |name: &str, key: &str| {
        of(name)["properties"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["name"] == key)
            .map(|p| p["value"].clone())
    };
    let go = "github.com/Masterminds/semver/v3";
    assert_eq!(property(go, "seawall:layer").unwrap(), "1");
    assert_eq!(property(go, "seawall:diffId").unwrap(), format!("sha256:{}", "01".repeat(32)));
    assert_eq!(property(go, "seawall:instruction").unwrap(), "RUN step 1");
    assert_eq!(of(go)["evidence"]["occurrences"][0]["location"], "/usr/bin/helm");
    assert_eq!(of("log4j-core")["group"], "org.apache.logging.log4j");
    assert_eq!(of("log4j-core")["evidence"]["identity"][0]["confidence"], 0.5);
    assert_eq!(of("npm")["licenses"][0]["expression"], "MIT OR Apache-2.0");
    assert_eq!(of("python3-cryptography")["licenses"][0]["license"]["id"], "Apache-2.0");
    assert_eq!(of("python3-cryptography")["licenses"][1]["license"]["name"], "GPL-2+ with exception");
    assert_eq!(json["vulnerabilities"][0]["affects"][0]["ref"], of("log4j-core")["bom-ref"]);
    let needs =
        json["dependencies"].as_array().unwrap().iter().find(|d| d["ref"] == of("npm")["bom-ref"]).unwrap();
    assert_eq!(needs["dependsOn"].as_array().unwrap().len(), 2);
}

#[test]
fn serial_numbers_are_uuids_of_version_4() {
    assert_eq!(urn_uuid([0xff; 16]), "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(urn_uuid([0; 16]), "urn:uuid:00000000-0000-4000-8000-000000000000");
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9][a-zA-Z0-9._+-]{0,12}"
}

fn path() -> impl Strategy<Value = String> {
    "[a-z][ -~]{0,20}[a-z]".prop_map(|path| format!("p/{}", path.replace("//", "/")))
}

fn package() -> impl Strategy<Value = Package> {
    let kinds = proptest::sample::select(vec![
        PackageType::Deb,
        PackageType::Apk,
        PackageType::Rpm,
        PackageType::Npm,
        PackageType::Pypi,
        PackageType::Golang,
        PackageType::Cargo,
        PackageType::Maven,
        PackageType::Gem,
        PackageType::Nuget,
        PackageType::Composer,
        PackageType::Generic,
    ]);
    let names = (kinds, word(), word(), "[0-9][0-9a-z.~+-]{0,10}");
    let texts = (word(), word(), "[ -~]{0,30}", proptest::collection::vec(path(), 0..3));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), proptest::option::of(0..5u32));
    (names, texts, flags).prop_map(
        |((kind, group, name, version), (source, arch, licence, evidence), flags)| {
            let name = match kind {
                PackageType::Npm if flags.0 => format!("@{group}/{name}"),
                PackageType::Golang => format!("{group}/{name}"),
                PackageType::Maven => format!("{group}:{name}"),
                PackageType::Composer => format!("{group}/{name}"),
                _ => name,
            };
            let mut package = Package::new(kind, name, version.clone());
            if kind.is_os() {
                package.source = Some(Source { name: source, version });
                package.arch = Some(arch);
            }
            if !licence.is_empty() {
                package.licences.push(licence);
            }
            let mut seen = std::collections::HashSet::new();
            package.evidence = evidence.into_iter().filter(|path| seen.insert(path.clone())).collect();
            if flags.1 {
                package.presence = Presence::Declared;
            }
            if flags.2 {
                package.confidence = Confidence::Probable;
            }
            package.layer = flags.3;
            package
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_catalogue_is_read_back(packages in proptest::collection::vec(package(), 0..12), links in proptest::collection::vec((0..12usize, 0..12u32, 0..3u8), 0..12)) {
        let mut packages = in_order(packages);
        let count = packages.len();
        for (from, to, kind) in links {
            if from >= count || to as usize >= count || from == to as usize {
                continue;
            }
            match kind {
                0 => packages[from].owner = Some(PackageIndex(to)),
                1 => packages[from].bundled_in = Some(PackageIndex(to)),
                _ => packages[from].depends_on.push(PackageIndex(to)),
            }
        }
        let catalogue = Catalogue { packages: in_order(packages), ..Catalogue::default() };
        let (back, problems) = read_back(&catalogue, &DocumentInfo { name: "x", ..DocumentInfo::default() });
        prop_assert_eq!(back.packages, catalogue.packages);
        prop_assert!(problems.iter().all(|p| p.effect != Effect::MayHidePackages), "{:?}", problems);
    }
}

const TRIVY: &str = r#"{"$schema":"http://cyclonedx.org/schema/bom-1.6.schema.json","bomFormat":"CycloneDX","specVersion":"1.6","version":1,
"metadata":{"component":{"bom-ref":"pkg:oci/x","type":"container","name":"x","purl":"pkg:oci/x@sha256%3Aab"}},
"components":[
 {"bom-ref":"os","type":"operating-system","name":"debian","version":"12.5","properties":[{"name":"aquasecurity:trivy:Class","value":"os-pkgs"}]},
 {"bom-ref":"lock","type":"application","name":"srv/package-lock.json","properties":[{"name":"aquasecurity:trivy:Type","value":"npm"}]},
 {"bom-ref":"pkg:deb/debian/bsdutils@2.38.1-5%2Bb1?arch=amd64&distro=debian-12.5&epoch=1","type":"library","name":"bsdutils","version":"1:2.38.1-5+b1",
  "purl":"pkg:deb/debian/bsdutils@2.38.1-5%2Bb1?arch=amd64&distro=debian-12.5&epoch=1",
  "licenses":[{"license":{"name":"GPL-2.0-or-later"}}],
  "properties":[{"name":"aquasecurity:trivy:SrcName","value":"util-linux"},{"name":"aquasecurity:trivy:SrcVersion","value":"2.38.1"},{"name":"aquasecurity:trivy:SrcRelease","value":"5"}]},
 {"bom-ref":"pkg:deb/debian/dmsetup","type":"library","name":"dmsetup","version":"2:1.02.185-2","purl":"pkg:deb/debian/dmsetup@1.02.185-2?arch=amd64&distro=debian-12.5&epoch=2",
  "properties":[{"name":"aquasecurity:trivy:SrcName","value":"lvm2"},{"name":"aquasecurity:trivy:SrcVersion","value":"2.03.16"},{"name":"aquasecurity:trivy:SrcRelease","value":"2"},{"name":"aquasecurity:trivy:SrcEpoch","value":"1"}]},
 {"bom-ref":"a","type":"library","name":"lodash","version":"4.17.20","purl":"pkg:npm/lodash@4.17.20"},
 {"bom-ref":"b","type":"library","group":"@babel","name":"core","version":"7.0.0","purl":"pkg:npm/%40babel/core@7.0.0",
  "properties":[{"name":"aquasecurity:trivy:FilePath","value":"app/node_modules/@babel/core/package.json"}]}
],
"dependencies":[{"ref":"lock","dependsOn":["a"]},{"ref":"b","dependsOn":["a","nowhere"]},{"ref":"os","dependsOn":["pkg:deb/debian/dmsetup"]}]}"#;

#[test]
fn trivy() {
    let (catalogue, problems) = read(TRIVY.as_bytes(), &Budget::default());
    assert_eq!(codes(&problems), Vec::<String>::new());
    assert_eq!(
        listed(&catalogue),
        [
            "deb bsdutils 1:2.38.1-5+b1",
            "deb dmsetup 2:1.02.185-2",
            "npm @babel/core 7.0.0",
            "npm lodash 4.17.20"
        ]
    );
    let os = &catalogue.distro.as_ref().unwrap().os_release;
    assert_eq!((os.id.as_str(), os.version_id.as_str()), ("debian", "12.5"));
    let sources: Vec<_> =
        catalogue.packages.iter().filter_map(|p| p.source.clone()).map(|s| (s.name, s.version)).collect();
    assert_eq!(sources, [("util-linux".into(), "2.38.1-5".into()), ("lvm2".into(), "1:2.03.16-2".into())]);
    let [_, _, babel, lodash] = &catalogue.packages[..] else { panic!() };
    assert_eq!((babel.presence, lodash.presence), (Presence::Installed, Presence::Declared));
    assert_eq!(lodash.evidence, ["srv/package-lock.json"]);
    assert_eq!(babel.depends_on, [PackageIndex(3)]);
}

fn components(list: &str) -> (Catalogue, Vec<Problem>) {
    let json = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{list}]}}"#);
    read(json.as_bytes(), &Budget::default())
}

#[test]
fn components_without_identity_are_counted_and_listed() {
    let (catalogue, problems) = components(
        r#"{"type":"library","name":"left","version":"1"},{"type":"application","group":"g","name":"app"},
           {"type":"file","name":"/etc/passwd"},{"type":"container","name":"c"},
           {"type":"library","name":"swift","purl":"pkg:swift/x/y@1"},{"type":"library","name":"bad","purl":"nonsense"},
           {"type":"library","name":7,"version":{}},17,
           {"type":"library","name":"ok","purl":"pkg:npm/ok@1"}"#,
    );
    assert_eq!(listed(&catalogue), ["npm ok 1"]);
    assert_eq!(catalogue.unidentified, ["", "7", "bad", "g/app", "left@1", "swift"]);
    assert_eq!(
        codes(&problems),
        [
            "sbom.no-identity components without package URL ×4",
            "sbom.no-identity pkg:swift ×1",
            "sbom.no-identity nonsense ×1"
        ]
    );
}

#[test]
fn case_50_no_distribution_is_no_distribution() {
    let (catalogue, _) =
        components(r#"{"type":"library","name":"libssl3","purl":"pkg:deb/libssl3@3.0.22-1"}"#);
    assert_eq!(catalogue.distro, None);
    assert_eq!(listed(&catalogue), ["deb libssl3 3.0.22-1"]);
    // From the package URL, where no component names it.
    let (catalogue, problems) = components(
        r#"{"type":"library","name":"libssl3","purl":"pkg:deb/debian/libssl3@3.0.22-1?distro=debian-12&upstream=openssl"},
           {"type":"library","name":"x","purl":"pkg:deb/debian/x@1?distro=debian-12"},
           {"type":"library","name":"y","purl":"pkg:deb/ubuntu/y@1?distro=ubuntu-22.04"}"#,
    );
    let os = catalogue.distro.unwrap().os_release;
    assert_eq!((os.id.as_str(), os.version_id.as_str()), ("debian", "12"));
    assert_eq!(codes(&problems), ["sbom.distro-conflict document ×1"]);
    assert_eq!(
        catalogue.packages[0].source,
        Some(Source { name: "openssl".into(), version: "3.0.22-1".into() })
    );
}

#[test]
fn a_document_that_knows_no_sources_says_so() {
    let list: Vec<String> =
        (0..20).map(|n| format!(r#"{{"name":"p{n}","purl":"pkg:deb/debian/p{n}@1"}}"#)).collect();
    let (catalogue, problems) = components(&list.join(","));
    assert_eq!(codes(&problems), ["sbom.no-sources document ×20"]);
    assert_eq!(catalogue.packages[0].source, Some(Source { name: "p0".into(), version: "1".into() }));
}

#[test]
fn nested_components_are_found_down_to_the_limit() {
    let mut nested = r#"{"name":"deep","purl":"pkg:npm/deep@1"}"#.to_owned();
    for n in 0..10 {
        nested = format!(r#"{{"name":"n{n}","purl":"pkg:npm/n{n}@1","components":[{nested}]}}"#);
    }
    assert_eq!(components(&nested).0.packages.len(), 11);
    for n in 10..10_000 {
        nested = format!(r#"{{"name":"n","components":[{nested}]}}"#);
        if n == 30 {
            break;
        }
    }
    let (_, problems) = components(&nested);
    assert!(codes(&problems).contains(&"sbom.nesting document ×1".to_owned()), "{problems:?}");
    assert_eq!(problems.iter().find(|p| p.code == problems::NESTING).unwrap().limit, Some(16));
}

#[test]
fn hostile_documents_are_bounded() {
    let deep = format!(
        r#"{{"bomFormat":"CycloneDX","x":{}1{},"components":[{{"name":"a","purl":"pkg:npm/a@1"}}]}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(listed(&read(deep.as_bytes(), &Budget::default()).0), ["npm a 1"]);
    let open = format!(r#"{{"bomFormat":"CycloneDX","components":{}"#, "[".repeat(100_000));
    assert_eq!(codes(&read(open.as_bytes(), &Budget::default()).1), ["sbom.malformed document ×1"]);
    let broken = r#"{"bomFormat":"CycloneDX","components":[{"name":"a","purl":"pkg:npm/a@1"},{"name":"b","purl":"pkg:n"#;
    let (catalogue, problems) = read(broken.as_bytes(), &Budget::default());
    assert_eq!(listed(&catalogue), ["npm a 1"]);
    assert_eq!(codes(&problems), ["sbom.malformed document ×1"]);

    let many: Vec<String> =
        (0..100).map(|n| format!(r#"{{"name":"p{n}","purl":"pkg:npm/p{n}@1"}}"#)).collect();
    let json = format!(r#"{{"bomFormat":"CycloneDX","components":[{}]}}"#, many.join(","));
    let few = Budget::new(Limits { entries: 10, ..Limits::default() });
    let (catalogue, problems) = read(json.as_bytes(), &few);
    assert_eq!(catalogue.packages.len(), 10);
    assert_eq!(codes(&problems), ["sbom.limit document ×90"]);
    assert_eq!(problems[0].limit, Some(10));
    let small = Budget::new(Limits { file_bytes: 100, ..Limits::default() });
    assert_eq!(codes(&read(json.as_bytes(), &small).1), ["sbom.too-large document ×1"]);
    let many: Vec<String> = (0..200_010).map(|n| format!(r#"{{"purl":"pkg:npm/p{n}@1"}}"#)).collect();
    let json = format!(r#"{{"bomFormat":"CycloneDX","components":[{}]}}"#, many.join(","));
    let (catalogue, problems) = read(json.as_bytes(), &Budget::default());
    assert_eq!(catalogue.packages.len(), 200_000);
    assert_eq!(codes(&problems), ["sbom.limit components ×10"]);
    assert_eq!(problems[0].limit, Some(200_000));
}

#[test]
fn dependencies_of_a_document_are_bounded() {
    let needs = vec![r#""b""#; 1_000_007].join(",");
    let json = format!(
        r#"{{"bomFormat":"CycloneDX","components":[{{"bom-ref":"a","name":"a","purl":"pkg:npm/a@1"}},
        {{"bom-ref":"b","name":"b","purl":"pkg:npm/b@1"}}],"dependencies":[{{"ref":"a","dependsOn":[{needs}]}}]}}"#
    );
    let (catalogue, problems) =
        read(json.as_bytes(), &Budget::new(Limits { entries: u64::MAX, ..Limits::default() }));
    assert_eq!(listed(&catalogue), ["npm a 1", "npm b 1"]);
    assert_eq!(catalogue.packages[0].depends_on, [PackageIndex(1)]);
    assert_eq!(codes(&problems), ["sbom.limit dependencies ×7"]);
    assert_eq!(problems[0].limit, Some(1_000_000));
}

#[test]
fn formats_are_told_apart() {
    for (text, want) in [
        (r#"{"bomFormat":"CycloneDX"}"#, Some(Format::CycloneDx)),
        ("\u{feff} \n{\"components\":[{\"a\":[]}],\"bomFormat\":\"CycloneDX\"", Some(Format::CycloneDx)),
        (r#"{"spdxVersion":"SPDX-2.3","packages":[]}"#, Some(Format::Spdx)),
        (r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}"#, Some(Format::Spdx3)),
        (
            r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6">"#,
            Some(Format::CycloneDxXml),
        ),
        ("SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", Some(Format::SpdxTagValue)),
        (r#"{"name":"x"}"#, None),
        ("<html>", None),
        ("", None),
        ("[1]", None),
    ] {
        assert_eq!(detect(text.as_bytes()), want, "{text}");
    }
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(TRIVY.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(detect(&utf16), Some(Format::CycloneDx));
    assert_eq!(read(&utf16, &Budget::default()).0.packages.len(), 4);
    for text in
        ["SPDXVersion: SPDX-2.3\n", r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#]
    {
        let (_, problems) = read(text.as_bytes(), &Budget::default());
        assert_eq!(codes(&problems), ["sbom.unsupported-document document ×1"]);
        assert_eq!(problems[0].effect, Effect::MayHidePackages);
        assert!(problems[0].message.contains("CycloneDX JSON"), "{}", problems[0].message);
    }
    assert_eq!(codes(&read(b"<html>", &Budget::default()).1), ["sbom.malformed document ×1"]);
    let future =
        read(br#"{"bomFormat":"CycloneDX","specVersion":"2.0","components":[]}"#, &Budget::default());
    assert_eq!(codes(&future.1), ["sbom.unsupported-document document ×1"]);
}

const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"x","packages":[
 {"SPDXID":"root","name":"example.org/app","versionInfo":"1","primaryPackagePurpose":"CONTAINER","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:oci/app@sha256%3Aab"}]},
 {"SPDXID":"os","name":"alpine","versionInfo":"3.22.1","primaryPackagePurpose":"OPERATING-SYSTEM"},
 {"SPDXID":"ssl","name":"ssl_client","versionInfo":"1.36.1-r2","licenseDeclared":"GPL-2.0-only","licenseConcluded":"NOASSERTION",
  "sourceInfo":"acquired package info from APK DB: /lib/apk/db/installed",
  "externalRefs":[{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a"},{"referenceCategory":"PACKAGE_MANAGER","referenceType":"purl","referenceLocator":"pkg:apk/alpine/ssl_client@1.36.1-r2?arch=x86_64&distro=alpine-3.22.1&upstream=busybox"}]},
 {"SPDXID":"musl","name":"musl-utils","versionInfo":"1.2.5-r1","sourceInfo":"built package from: musl 1.2.5-r1",
  "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:apk/alpine/musl-utils@1.2.5-r1"}]},
 {"SPDXID":"named","name":"mystery","versionInfo":"NOASSERTION"},
 {"SPDXID":"dir","name":"/some/folder"}
],"relationships":[
 {"spdxElementId":"SPDXRef-DOCUMENT","relatedSpdxElement":"dir","relationshipType":"DESCRIBES"},
 {"spdxElementId":"ssl","relatedSpdxElement":"musl","relationshipType":"DEPENDS_ON"}]}"#;

#[test]
fn spdx() {
    let (catalogue, problems) = read(SPDX.as_bytes(), &Budget::default());
    assert_eq!(listed(&catalogue), ["apk musl-utils 1.2.5-r1", "apk ssl_client 1.36.1-r2"]);
    let [musl, ssl] = &catalogue.packages[..] else { panic!() };
    assert_eq!(musl.source, Some(Source { name: "musl".into(), version: "1.2.5-r1".into() }));
    assert_eq!(ssl.source, Some(Source { name: "busybox".into(), version: "1.36.1-r2".into() }));
    assert_eq!(ssl.evidence, ["lib/apk/db/installed"]);
    assert_eq!(ssl.licences, ["GPL-2.0-only"]);
    assert_eq!(ssl.depends_on, [PackageIndex(0)]);
    assert_eq!(catalogue.distro.unwrap().os_release.version_id, "3.22.1");
    assert_eq!(catalogue.unidentified, ["mystery"]);
    assert_eq!(codes(&problems), ["sbom.no-identity components without package URL ×1"]);
    let cut = &SPDX[..SPDX.find(r#"{"SPDXID":"musl""#).unwrap()];
    let (catalogue, problems) = read(cut.as_bytes(), &Budget::default());
    assert_eq!(listed(&catalogue), ["apk ssl_client 1.36.1-r2"]);
    assert_eq!(codes(&problems), ["sbom.malformed document ×1"]);
}
