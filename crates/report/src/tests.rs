//! Whatever is found, the sums agree, lines fit and nothing steers the terminal.

use model::{Class, FixStatus, Judgement, Severity};
use package::{Catalogue, Package, PackageType, Source};
use scan::{Outcome, Plan, Ruling};

use crate::{
    Filter, Format, Options,
    made_up::{finding, outcome},
    text::width,
    write,
};

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

#[test]
fn the_modules_of_a_binary_stand_beneath_its_row() {
    let mut catalogue = Catalogue::default();
    let mut findings = Vec::new();
    for (index, name) in (0..).zip(["stdlib", "golang.org/x/net", "golang.org/x/crypto", "golang.org/x/text"])
    {
        let mut package = Package::new(PackageType::Golang, name, "1.20.0");
        package.evidence = vec!["usr/bin/tool".into()];
        package.detail = package::Detail::Go(package::GoModule::default());
        findings.push(finding(
            index,
            &package,
            "CVE-2024-1",
            Severity::High,
            FixStatus::Fixed { version: "1.21.0".into() },
        ));
        catalogue.packages.push(package);
    }
    let mut outcome = outcome(0);
    outcome.plan = Plan::of(&findings, &catalogue);
    outcome.findings = findings;
    outcome.catalogue = catalogue;
    let table = rendered(Format::Table, &outcome, &Options { width: 80, ..options() });
    let lines: Vec<&str> = table.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("rebuild")).unwrap();
    assert!(lines[at].starts_with("rebuild usr/bin/tool with Go ≥ 1.21.0  "), "{table}");
    assert_eq!(lines[at + 1], "    golang.org/x/crypto ≥ 1.21.0, golang.org/x/net ≥ 1.21.0 … 1 more");
}
