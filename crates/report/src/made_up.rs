//! Outcomes made up from a seed, for the tests of all formats: with all that can befall a finding, and hostile names.

use model::{
    ApartReason, Class, ControlId, Detail, Evidence, Finding, FindingId, FixStatus, Judgement, Kev,
    LayerIndex, Problem, Rating, Reference, Severity, State, Suppressed, Vulnerability,
};
use package::{Catalogue, Distro, GoModule, OsRelease, Package, PackageIndex, PackageType, Source};
use scan::{Database, Funnel, Outcome, Plan};

/// Marsaglia's xorshift: enough to vary cases, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }
}

/// A package of a kind, at a place of its own.
fn package(kind: PackageType, number: u64, name: &str) -> Package {
    let mut package = Package::new(kind, name, format!("1.{number}.0"));
    let path = match kind {
        PackageType::Npm => format!("srv/app{number}/node_modules/{name}/package.json"),
        PackageType::Maven => format!("srv/app{number}.war!/WEB-INF/lib/{name}.jar"),
        PackageType::Golang => format!("srv/bin/tool{}", number % 3),
        _ => format!("var/lib/dpkg/status{number}"),
    };
    package.evidence = vec![path];
    if kind == PackageType::Golang {
        package.detail = package::Detail::Go(GoModule::default());
    }
    if kind == PackageType::Deb {
        package.source =
            Some(Source { name: format!("src{}", number % 4), version: package.version.clone() });
    }
    package
}

pub(crate) fn finding(
    index: u32,
    package: &Package,
    id: &str,
    severity: Severity,
    fix: FixStatus,
) -> Finding {
    let evidence = package
        .evidence
        .iter()
        .map(|path| Evidence { path: path.clone(), layer: Some(LayerIndex(index % 3)) })
        .collect();
    Finding {
        id: FindingId(format!("{id}|{index}")),
        control: ControlId::IMAGE_VULNERABILITIES,
        severity,
        title: format!("{id} in {}", package.name),
        remedy: format!("upgrade {}", package.name),
        evidence,
        judgement: Judgement::Counts,
        detail: Detail::Vulnerability(Box::new(Vulnerability {
            id: id.into(),
            aliases: vec![],
            class: Class::Vulnerability,
            summary: "A flaw in something".into(),
            package_type: package.kind.as_str().into(),
            package: package.name.clone(),
            source_package: package.source.as_ref().map(|source| source.name.clone()),
            purl: format!("pkg:{}/{}@{}", package.kind.as_str(), "x", package.version),
            package_index: index,
            owner: None,
            installed: package.version.clone(),
            fix,
            ratings: vec![],
            severity_source: None,
            cwes: vec!["CWE-79".into()],
            kev: None,
            epss: None,
            ssvc: None,
            references: vec![],
            published: None,
            records: vec![],
            disagreement: None,
        })),
    }
}

/// An outcome with all that can befall a finding.
pub(crate) fn outcome(seed: u64) -> Outcome {
    let mut dice = Dice(seed * 2 + 1);
    let kinds =
        [PackageType::Deb, PackageType::Npm, PackageType::Golang, PackageType::Maven, PackageType::Pypi];
    let names =
        ["libssl3", "lodash", "名前", "evil\u{1b}[2Jname", "x\u{202e}y", "org.example:artifact", "stdlib"];
    let mut catalogue = Catalogue {
        distro: Some(Distro {
            os_release: OsRelease { id: "debian".into(), version_id: "12".into(), ..OsRelease::default() },
            distroless: false,
        }),
        ..Catalogue::default()
    };
    for number in 0..12 {
        let (kind, name) = (*dice.one(&kinds), *dice.one(&names));
        let mut package = package(kind, number, name);
        if number > 6 && dice.below(3) == 0 {
            package.owner = Some(PackageIndex(0));
        }
        catalogue.packages.push(package);
    }
    let mut findings = Vec::new();
    for _ in 0..dice.below(120) {
        let index = u32::try_from(dice.below(12)).unwrap_or(0);
        let id = format!("CVE-2024-{}", 1000 + dice.below(40));
        let severity = *dice.one(&Severity::WORST_FIRST);
        let fix = match dice.below(6) {
            0 => FixStatus::NoneKnown,
            1 => FixStatus::WontFix { reason: "minor\u{7}".into() },
            2 => FixStatus::Deferred { reason: String::new() },
            n => FixStatus::Fixed { version: format!("1.{}.{n}", 20 + dice.below(9)) },
        };
        let mut finding = finding(index, &catalogue.packages[index as usize], &id, severity, fix);
        finding.judgement = match dice.below(6) {
            0 => Judgement::Apart(ApartReason::NoKernel),
            1 => Judgement::Apart(ApartReason::NotLinked),
            2 => {
                Judgement::Suppressed(Suppressed { by: "vex\u{1b}".into(), reason: "not\nreachable".into() })
            }
            _ => Judgement::Counts,
        };
        let Detail::Vulnerability(vulnerability) = &mut finding.detail else { continue };
        if dice.below(20) == 0 {
            vulnerability.class = Class::Malware;
        }
        if dice.below(10) == 0 {
            vulnerability.kev =
                Some(Kev { added: "2024-01-01".into(), due: "2024-02-01".into(), ransomware: false });
        }
        if dice.below(2) == 0 {
            vulnerability.ratings = vec![Rating {
                source: "nvd".into(),
                severity: Severity::High,
                score: Some(7.3),
                vector: None,
            }];
            vulnerability.references =
                vec![Reference { kind: "ADVISORY".into(), url: "https://example.org/a b".into() }];
            vulnerability.cwes = (0..20).map(|n| format!("CWE-{n}")).collect();
        }
        if dice.below(3) == 0 {
            vulnerability.epss = Some((0.25, 0.9));
        }
        findings.push(finding);
    }
    let total = findings.len() as u64;
    let mut outcome = Outcome::empty(State::Unhealthy);
    outcome.subject.target = "te\u{9b}st".into();
    let code = scan::problems::UNREADABLE;
    outcome.problems.push(Problem::new(code, "a\u{1b}b", model::Effect::MayHidePackages, "cannot be read"));
    outcome.incomplete.push("1 problem may hide packages".into());
    outcome.plan = Plan::of(&findings, &catalogue);
    outcome.funnel = Funnel { hits: total + 5, merged: 5, findings: total, ..Funnel::default() };
    outcome.findings = findings;
    outcome.catalogue = catalogue;
    outcome.database = Some(Database { newest: None, records: 1, sample: false });
    outcome
}
