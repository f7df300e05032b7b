use std::collections::{BTreeMap, BTreeSet};

use model::{Detail, Judgement, Severity};
use scan::{Kind, Outcome};
use serde_json::Value;

use super::{result::fingerprint, *};
use crate::{
    made_up,
    tests::{options, rendered},
};

fn run(outcome: &Outcome) -> Value {
    let text = rendered(crate::Format::Sarif, outcome, &options());
    let mut log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    log["runs"][0].take()
}

/// Fingerprint → what it is about.
fn fingerprints(run: &Value) -> BTreeMap<String, String> {
    let results = run["results"].as_array().unwrap();
    let all: BTreeMap<String, String> = results
        .iter()
        .map(|result| {
            let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned();
            (print, result["message"]["text"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(all.len(), results.len(), "each result has its own");
    all
}

#[test]
fn rules_results_and_levels_agree() {
    for seed in 0..80 {
        let outcome = made_up::outcome(seed);
        let run = run(&outcome);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "one rule a vulnerability");
        let mut used = BTreeSet::new();
        let mut findings = 0;
        for result in run["results"].as_array().unwrap() {
            let place = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[place]["id"], result["ruleId"]);
            used.insert(place);
            findings += result["properties"]["findings"].as_u64().unwrap();
            let level = match result["properties"]["severity"].as_str().unwrap() {
                "critical" | "high" => "error",
                "medium" | "unknown" => "warning",
                _ => "note",
            };
            assert_eq!(result["level"], level);
            for location in result["locations"].as_array().unwrap() {
                let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.is_empty() && !uri.starts_with('/'), "{uri}");
                assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%+@=".contains(&b)), "{uri}");
            }
        }
        assert_eq!(used.len(), rules.len(), "no rule without a result");
        let properties = &run["properties"];
        let apart = properties["setApart"].as_u64().unwrap();
        assert_eq!(findings + apart, outcome.findings.len() as u64);
        for rule in rules {
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
            let Some(score) = rule["properties"]["security-severity"].as_str() else { continue };
            let number: f64 = score.parse().unwrap();
            assert!((0.0..=10.0).contains(&number) && score.split_once('.').unwrap().1.len() == 1, "{score}");
            let level = match Severity::from_cvss_score(number) {
                Severity::Critical | Severity::High => "error",
                Severity::Medium => "warning",
                _ => "note",
            };
            assert_eq!(rule["defaultConfiguration"]["level"], level, "the number says what the level says");
        }
    }
}

#[test]
fn fingerprints_hang_on_no_order_version_or_rating() {
    for seed in 0..40 {
        let mut outcome = made_up::outcome(seed);
        let before = fingerprints(&run(&outcome));
        outcome.findings.reverse();
        let reversed = fingerprints(&run(&outcome));
        assert_eq!(before.keys().collect::<Vec<_>>(), reversed.keys().collect::<Vec<_>>());
        for finding in &mut outcome.findings {
            finding.severity = Severity::Low;
            let Detail::Vulnerability(vulnerability) = &mut finding.detail else { continue };
            vulnerability.installed.push_str("+1");
            vulnerability.kev = None;
        }
        let newer = fingerprints(&run(&outcome));
        assert_eq!(before.keys().collect::<Vec<_>>(), newer.keys().collect::<Vec<_>>());
    }
}

#[test]
fn the_recipe_of_a_fingerprint_stays_what_it_is() {
    let outcome = made_up::outcome(3);
    let package = &outcome.catalogue.packages[0];
    let mut finding = made_up::finding(0, package, "CVE-2024-1", Severity::Low, model::FixStatus::NoneKnown);
    finding.evidence = vec![model::Evidence { path: "srv/a".into(), layer: None }];
    let Detail::Vulnerability(vulnerability) = &mut finding.detail else { panic!() };
    vulnerability.package_type = "npm".into();
    vulnerability.package = "a".into();
    vulnerability.source_package = None;
    let vulnerability = vulnerability.clone();
    // printf 'seawall/v1\nCVE-2024-1\nnpm\na\nsrv/a' | sha256sum
    assert_eq!(
        fingerprint(&finding, &vulnerability),
        "1d2714a67fd28c659c6f06ce288f97bf611d7d409b1eef737c8413fa6e620c2d"
    );
}

#[test]
fn what_is_hidden_is_a_result_with_a_suppression_and_what_is_set_apart_is_none() {
    let outcome = made_up::outcome(5);
    let run = run(&outcome);
    let hidden: u64 = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["suppressions"].is_array())
        .map(|result| {
            assert_eq!(result["suppressions"][0]["kind"], "external");
            result["properties"]["findings"].as_u64().unwrap()
        })
        .sum();
    let suppressed = outcome
        .findings
        .iter()
        .filter(|finding| matches!(finding.judgement, Judgement::Suppressed(_)))
        .count();
    assert!(suppressed > 0);
    assert_eq!(hidden, suppressed as u64);
}

#[test]
fn past_the_limit_the_rest_is_counted_and_said() {
    let outcome = made_up::outcome(7);
    let options = options();
    let whole = serde_json::to_value(document(&outcome, &options, usize::MAX)).unwrap();
    let cut = serde_json::to_value(document(&outcome, &options, 3)).unwrap();
    let all = whole["runs"][0]["results"].as_array().unwrap();
    let kept = cut["runs"][0]["results"].as_array().unwrap();
    assert_eq!(kept.len(), 3);
    assert_eq!(cut["runs"][0]["properties"]["leftOut"], all.len() - 3);
    let notes = &cut["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert!(notes.to_string().contains("report.too-many-results"), "{notes}");
    assert_eq!(whole["runs"][0]["properties"]["leftOut"], 0);
}

#[test]
fn paths_of_a_source_tree_start_where_the_repository_does() {
    let mut outcome = made_up::outcome(0);
    for (kind, target, path, expect) in [
        (Kind::SourceTree, ".", "package-lock.json", "package-lock.json"),
        (Kind::SourceTree, "./services/shop/", "package-lock.json", "services/shop/package-lock.json"),
        (Kind::SourceTree, "/srv/checkout", "go.mod", "go.mod"),
        (Kind::SourceTree, "../other", "go.mod", "go.mod"),
        (Kind::Image, "shop:1", "usr/lib/a b:c%", "usr/lib/a%20b%3Ac%25"),
        (Kind::Image, "shop:1", "", "unknown"),
    ] {
        outcome.subject.kind = kind;
        outcome.subject.target = target.into();
        assert_eq!(uri(&outcome, path), expect);
    }
}
