//! What is written holds against the schema that OWASP publishes, as the Python library of the CycloneDX project ships it.
//! Needs that library: `scripts/setup test` installs it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the lint's leave for tests does not reach the functions that they share"
)]

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use model::{Budget, Digest, Layer, Severity};
use package::{
    Catalogue, Confidence, Detail, Distro, GoModule, OsRelease, Package, PackageIndex, PackageType, Presence,
    Source,
};
use sbom::formats::{Analysis, DocumentInfo, Rating, SubjectKind, Vulnerability, cyclonedx, read, urn_uuid};

const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
if errors is not None:
    print(errors)
    sys.exit(1)
";

fn python() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = env::var_os("SEAWALL_TOOLS").map_or_else(|| here.join("../../target/tools"), PathBuf::from);
    tools.join("venv/bin/python3")
}

/// What the validator says; `None` where the document is valid.
fn errors(json: &[u8]) -> Option<String> {
    let python = python();
    let mut child = Command::new(&python)
        .args(["-c", VALIDATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} is needed: {error}; run 'scripts/setup test'", python.display()));
    child.stdin.take().unwrap().write_all(json).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !said.contains("ModuleNotFoundError") && !said.contains("MissingOptionalDependency"),
        "cyclonedx-python-lib[json-validation] is needed in {}; run 'scripts/setup test'\n{said}",
        python.display()
    );
    (!output.status.success()).then(|| format!("{}{said}", String::from_utf8_lossy(&output.stdout)))
}

fn catalogue(packages: usize) -> Catalogue {
    let kinds = [
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
    ];
    let licences: [&[&str]; 4] = [&["MIT"], &["MIT OR Apache-2.0"], &["GPL-2+", "ISC"], &[]];
    let packages = (0..packages)
        .map(|n| {
            let kind = kinds[n % kinds.len()];
            let name = match kind {
                PackageType::Npm => format!("@scope/n{n}"),
                PackageType::Maven => format!("org.example:n{n}"),
                PackageType::Golang => format!("example.org/x/n{n}"),
                PackageType::Composer => format!("vendor/n{n}"),
                _ => format!("n{n}"),
            };
            let mut package = Package::new(kind, name, if n % 7 == 0 { "" } else { "1:2.0~rc1+b1" });
            if kind.is_os() {
                package.source = Some(Source { name: "src \"x\"".into(), version: "1".into() });
                package.arch = Some("amd64".into());
            }
            package.licences = licences[n % 4].iter().map(|&text| text.to_owned()).collect();
            package.evidence = (0..n % 3).map(|m| format!("usr/lib/ü {m}/{n}")).collect();
            package.layer = Some((n % 3) as u32);
            if n % 5 == 0 {
                package.confidence = Confidence::Probable;
                package.presence = Presence::Declared;
            }
            if kind == PackageType::Golang {
                package.detail =
                    Detail::Go(GoModule { linked: Some(vec!["a/b".into()]), ..GoModule::default() });
            }
            if n > 20 {
                package.depends_on = vec![PackageIndex(n as u32 - 1), PackageIndex(n as u32 - 2)];
                package.bundled_in = Some(PackageIndex(n as u32 - 3));
                package.owner = Some(PackageIndex(0));
            }
            package
        })
        .collect();
    Catalogue {
        distro: Some(Distro {
            os_release: OsRelease {
                id: "debian".into(),
                version_id: "12".into(),
                pretty_name: "Debian GNU/Linux 12 (bookworm)".into(),
                ..OsRelease::default()
            },
            distroless: false,
        }),
        packages,
        unidentified: vec!["usr/local/bin/node".into()],
        ..Catalogue::default()
    }
}

fn layers() -> Vec<Layer> {
    (0..3)
        .map(|n| Layer {
            diff_id: model::DiffId(Digest::from_bytes([n; 32])),
            blob: None,
            size: 1,
            created_by: Some(format!("RUN {n}")),
        })
        .collect()
}

fn vulnerability() -> Vulnerability {
    Vulnerability {
        id: "CVE-2024-28085".into(),
        source: Some(("Debian".into(), Some("https://security-tracker.debian.org/".into()))),
        aliases: vec!["DSA-5650-1".into()],
        ratings: Severity::WORST_FIRST
            .iter()
            .map(|&severity| Rating {
                source: Some("NVD".into()),
                severity,
                score: Some(9.8),
                method: Some("CVSSv31"),
                vector: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".into()),
            })
            .collect(),
        cwes: vec![79],
        description: Some("wall".into()),
        recommendation: Some("upgrade".into()),
        advisories: vec!["https://www.debian.org/security/".into()],
        analysis: Some(Analysis { state: "exploitable", detail: "version below the fix".into() }),
        affects: vec![PackageIndex(0), PackageIndex(5)],
        properties: vec![("seawall:class".into(), "vulnerability".into())],
    }
}

fn written(catalogue: &Catalogue, info: &DocumentInfo<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    cyclonedx::write(catalogue, info, &mut out).unwrap();
    out
}

#[test]
fn documents_are_valid() {
    let (layers, vulnerabilities, serial) = (layers(), [vulnerability()], urn_uuid([7; 16]));
    let full = DocumentInfo {
        name: "registry.example.org/app:1",
        version: Some("1"),
        purl: Some("pkg:oci/app@sha256%3Aab?repository_url=registry.example.org/app"),
        digest: Some(Digest::from_bytes([9; 32])),
        tool_version: "0.1.0",
        timestamp: Some("2026-01-01T00:00:00Z"),
        serial_number: Some(&serial),
        layers: &layers,
        vulnerabilities: &vulnerabilities,
        ..DocumentInfo::default()
    };
    assert_eq!(errors(&written(&catalogue(100), &full)), None);
    for kind in [SubjectKind::Host, SubjectKind::FileSystem, SubjectKind::SourceTree] {
        let bare = DocumentInfo { name: "x", kind, ..DocumentInfo::default() };
        assert_eq!(errors(&written(&Catalogue::default(), &bare)), None, "{kind:?}");
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let info = DocumentInfo { name: "x", serial_number: Some("not-a-urn"), ..DocumentInfo::default() };
    assert!(errors(&written(&catalogue(3), &info)).is_some());
}

#[test]
fn ten_thousand_packages_are_written_and_read_back() {
    let catalogue = catalogue(10_000);
    let layers = layers();
    let info = DocumentInfo { name: "x", layers: &layers, ..DocumentInfo::default() };
    let json = written(&catalogue, &info);
    let (back, problems) = read(&json, &Budget::default());
    assert_eq!(back.packages.len(), catalogue.packages.len());
    assert_eq!(problems, []);
    let mut names: Vec<(PackageType, &str)> =
        catalogue.packages.iter().map(|p| (p.kind, p.name.as_str())).collect();
    names.sort_unstable();
    assert!(names.iter().eq(&back.packages.iter().map(|p| (p.kind, p.name.as_str())).collect::<Vec<_>>()));
}
