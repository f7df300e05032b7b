//! Outcomes made up from a seed: whatever is found, the sums agree, lines fit and nothing steers the terminal.

use model::{
    ApartReason, Class, ControlId, Detail, Evidence, Finding, FindingId, FixStatus, Judgement, Kev, Severity,
    State, Suppressed, Vulnerability,
};
use package::{Catalogue, Distro, GoModule, OsRelease, Package, PackageIndex, PackageType, Source};
use scan::{Database, Funnel, Outcome, Plan, Ruling};

use crate::{Filter, Format, Options, text::width, write};

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
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

pub(crate) fn options() -> Options {
    Options {
        filter: Filter::default(),
        all: false,
        rows: None,
        more: "--all lists them".into(),
        width: 100,
        color: false,
        version: "V".into(),
        timestamp: "T".into(),
        ruling: Ruling::NoGate,
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
    let evidence = package.evidence.iter().map(|path| Evidence { path: path.clone(), layer: None }).collect();
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
        let index = u32::try_from(dice.below(12)).unwrap();
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
        let Detail::Vulnerability(vulnerability) = &mut finding.detail else { unreachable!() };
        if dice.below(20) == 0 {
            vulnerability.class = Class::Malware;
        }
        if dice.below(10) == 0 {
            vulnerability.kev =
                Some(Kev { added: "2024-01-01".into(), due: "2024-02-01".into(), ransomware: false });
        }
        if dice.below(3) == 0 {
            vulnerability.epss = Some((0.25, 0.9));
        }
        findings.push(finding);
    }
    let total = findings.len() as u64;
    let mut outcome = Outcome::empty(State::Unhealthy);
    outcome.subject.target = "te\u{9b}st".into();
    outcome.plan = Plan::of(&findings, &catalogue);
    outcome.funnel = Funnel { hits: total + 5, merged: 5, findings: total, ..Funnel::default() };
    outcome.findings = findings;
    outcome.catalogue = catalogue;
    outcome.database = Some(Database { newest: None, records: 1, sample: false });
    outcome
}

pub(crate) fn rendered(format: Format, outcome: &Outcome, options: &Options) -> String {
    let mut bytes = Vec::new();
    write(format, outcome, options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// All the figures of a line.
fn figures(line: &str) -> Vec<u64> {
    line.replace(',', "").split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn the_sums_agree_whatever_is_found_and_whatever_is_filtered() {
    for seed in 0..200 {
        let outcome = outcome(seed);
        for filter in [
            Filter::default(),
            Filter { severity: Some(Severity::High), ..Filter::default() },
            Filter { fixable: true, ..Filter::default() },
            Filter { classes: vec![Class::Malware], ..Filter::default() },
        ] {
            let options = Options { filter, rows: Some(3), ..options() };
            let table = rendered(Format::Table, &outcome, &options);
            let lines: Vec<&str> = table.lines().collect();
            let Some(at) = lines.iter().position(|line| line.contains(" = ")) else {
                assert!(outcome.findings.is_empty(), "{table}");
                continue;
            };
            let sum = figures(lines[at]);
            assert_eq!(sum[0], outcome.findings.len() as u64, "{table}");
            assert_eq!(sum[0], sum[1..].iter().sum::<u64>(), "{table}");
            let below: u64 = lines[at + 1..]
                .iter()
                .take_while(|line| line.starts_with("  "))
                .map(|line| figures(line)[0])
                .sum();
            assert_eq!(below, sum[0], "{table}");
        }
    }
}

#[test]
fn every_finding_that_counts_stands_in_one_place_of_the_plan() {
    for seed in 0..200 {
        let outcome = outcome(seed);
        let mut placed: Vec<usize> = outcome.plan.unfixed.clone();
        placed.extend(outcome.plan.actions.iter().flat_map(|action| &action.findings));
        placed.sort_unstable();
        let counting: Vec<usize> = (0..outcome.findings.len())
            .filter(|at| outcome.findings[*at].judgement == Judgement::Counts)
            .collect();
        assert_eq!(placed, counting);
        for action in &outcome.plan.actions {
            assert_eq!(
                action.parts.iter().map(|part| part.findings).sum::<u64>(),
                action.findings.len() as u64
            );
        }
    }
}

#[test]
fn lines_fit_and_names_do_not_steer_the_terminal() {
    for seed in 0..60 {
        let outcome = outcome(seed);
        for (columns, limit) in [(1, 80), (80, 80), (100, 100), (500, 120)] {
            for all in [false, true] {
                let options = Options { width: columns, all, ..options() };
                let table = rendered(Format::Table, &outcome, &options);
                for line in table.lines() {
                    assert!(width(line) <= limit, "{} of {limit}: {line}", width(line));
                }
                let steering =
                    |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
                assert!(!table.contains(steering), "{table:?}");
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let outcome = outcome(7);
    let plain = rendered(Format::Table, &outcome, &options());
    let colored = rendered(Format::Table, &outcome, &Options { color: true, ..options() });
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert!(colored.contains('\u{1b}'));
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&stripped), trimmed(&plain));
}

#[test]
fn one_source_is_one_row_with_its_cves_and_the_highest_fix() {
    let mut catalogue = Catalogue { distro: outcome(0).catalogue.distro, ..Catalogue::default() };
    for name in ["libssl3", "libssl-dev", "openssl"] {
        let mut package = Package::new(PackageType::Deb, name, "3.0.9-1");
        package.source = Some(Source { name: "openssl".into(), version: "3.0.9-1".into() });
        catalogue.packages.push(package);
    }
    let fixed = |version: &str| FixStatus::Fixed { version: version.into() };
    let mut findings = Vec::new();
    for (index, package) in (0..).zip(&catalogue.packages) {
        for (id, version) in
            [("CVE-2024-1", "3.0.9-1+deb12u2"), ("CVE-2024-2", "3.0.10-1"), ("CVE-2024-3", "3.0.9-2")]
        {
            findings.push(finding(index, package, id, Severity::High, fixed(version)));
        }
    }
    let mut outcome = outcome(0);
    outcome.plan = Plan::of(&findings, &catalogue);
    outcome.findings = findings;
    outcome.catalogue = catalogue;
    let table = rendered(Format::Table, &outcome, &options());
    let row = table.lines().find(|line| line.starts_with("upgrade")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        words,
        ["upgrade", "openssl", "3.0.9-1", "→", "3.0.10-1", "3", "3", "high", "CVE-2024-1", "+2"]
    );
    assert!(table.contains("9 findings = 9 count"), "{table}");
    let all = rendered(Format::Table, &outcome, &Options { all: true, ..options() });
    assert!(all.contains("packages: libssl-dev, libssl3, openssl"), "{all}");
}

#[test]
fn a_filter_leaves_rows_out_and_says_how_many_findings() {
    let outcome = outcome(11);
    let strict =
        Options { filter: Filter { severity: Some(Severity::Critical), ..Filter::default() }, ..options() };
    let table = rendered(Format::Table, &outcome, &strict);
    assert!(table.contains("left out by --severity, --fixable or --class"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&rendered(Format::Json, &outcome, &strict)).unwrap();
    let sum = |key: &str| json["summary"][key].as_u64().unwrap();
    assert_eq!(sum("findings"), sum("counted") + sum("setApart") + sum("suppressed"));
    assert_eq!(sum("counted"), sum("fixable") + sum("unfixed"));
    assert_eq!(sum("statements"), sum("merged") + sum("overruled") + sum("rejected") + sum("findings"));
    let shown = json["findings"].as_array().unwrap().len() as u64;
    assert_eq!(shown + json["filtered"].as_u64().unwrap(), sum("findings"));
}
