//! SARIF 2.1.0 (OASIS, errata 01): for code scanning of forges and for editors.
//!
//! - One *rule* a vulnerability, one *result* a vulnerability and source package (for OS packages: their binaries are in
//!   the result's properties) or place (for language packages). What is set apart is no result: an alert that
//!   asks nobody to act is noise. It is counted in the run's properties.
//! - What ignore files and VEX hide is a result with a `suppression`.
//! - `level`: critical and high are errors, medium and unknown warnings, low and negligible notes.
//! - `security-severity` is the CVSS score of who rated the finding, where it lies in the band of the severity, else the middle of the
//!   band; nothing for what nobody rated, as a number would be made up.
//! - Fingerprints: see `fingerprint` in `result`.
//! - Limits are GitHub's for an upload: 25,000 results a run, 10 tags a rule and 100 locations a result that it shows. What is
//!   past them is left out from the end of the order (worst first), counted, and said in a notification.

mod result;
mod rule;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use model::{Effect, Finding, Judgement, Problem};
use scan::{Kind, Outcome};
use serde::Serialize;
use serde_json::{Value, json};

use result::{Group, ResultObject};

use crate::{Options, text::number};

/// Results of one run that GitHub accepts.
const MAX_RESULTS: usize = 25_000;

/// Where the schema is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: Value,
    invocations: [Value; 1],
    results: Vec<ResultObject<'a>>,
    properties: Value,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<rule::Rule<'a>>,
}

pub(crate) fn write(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, &document(outcome, options, MAX_RESULTS))?;
    writeln!(to)
}

fn document<'a>(outcome: &'a Outcome, options: &'a Options, most: usize) -> Document<'a> {
    let mut groups = result::groups(outcome, options);
    let left_out = groups.len().saturating_sub(most);
    groups.truncate(most);

    let mut rules: BTreeMap<&str, Vec<&Group<'_>>> = BTreeMap::new();
    for group in &groups {
        rules.entry(group.id()).or_default().push(group);
    }
    let places: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(place, id)| (*id, place)).collect();
    let results = groups
        .iter()
        .map(|group| group.object(outcome, places.get(group.id()).copied().unwrap_or(0)))
        .collect();
    let driver = Driver {
        name: "Seawall",
        version: &options.version,
        semantic_version: &options.version,
        rules: rules.iter().map(|(id, groups)| rule::Rule::of(id, groups)).collect(),
    };
    let set_apart = count(outcome, |judgement| matches!(judgement, Judgement::Apart(_)));
    Document {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            automation_details: json!({ "id": category(outcome) }),
            invocations: [invocation(outcome, options, left_out)],
            results,
            properties: json!({
                "state": outcome.state.as_str(),
                "findings": outcome.findings.len(),
                "setApart": set_apart,
                "filtered": outcome.findings.iter().filter(|finding| !options.filter.shows(finding)).count(),
                "leftOut": left_out,
            }),
        }],
    }
}

fn count(outcome: &Outcome, which: impl Fn(&Judgement) -> bool) -> usize {
    outcome.findings.iter().filter(|finding: &&Finding| which(&finding.judgement)).count()
}

/// What tells the runs of one target from those of others: GitHub takes what stands before the last `/` as the category
/// in which a new run replaces the one before.
fn category(outcome: &Outcome) -> String {
    let target: String =
        outcome.subject.target.chars().map(|c| if c.is_control() { '_' } else { c }).take(200).collect();
    let target = target.trim_matches('/');
    let kind = outcome.subject.kind.as_str();
    if target.is_empty() { format!("seawall/{kind}/") } else { format!("seawall/{kind}/{target}/") }
}

fn invocation(outcome: &Outcome, options: &Options, left_out: usize) -> Value {
    let mut notes: Vec<Value> = outcome.problems.iter().map(problem).collect();
    notes.extend(outcome.incomplete.iter().map(|cause| {
        json!({
            "descriptor": { "id": "scan.incomplete" },
            "level": "warning",
            "message": { "text": format!("not seen in full: {cause}") },
        })
    }));
    if left_out > 0 {
        let text = format!(
            "{} results were left out: an upload takes {}; the JSON report has all",
            number(left_out as u64),
            number(MAX_RESULTS as u64)
        );
        notes.push(json!({
            "descriptor": { "id": "report.too-many-results" },
            "level": "warning",
            "message": { "text": text },
        }));
    }
    json!({
        "executionSuccessful": true,
        "endTimeUtc": options.timestamp,
        "toolExecutionNotifications": notes,
    })
}

fn problem(problem: &Problem) -> Value {
    let level = if problem.effect == Effect::None { "note" } else { "warning" };
    json!({
        "descriptor": { "id": problem.code.as_str() },
        "level": level,
        "message": { "text": format!("{}: {} (× {})", problem.subject, problem.message, problem.count) },
    })
}

/// The path of an evidence as a relative URI reference. The target of a source tree stands before it, where it was
/// given relative to here: a forge looks for the file from the root of its repository.
fn uri(outcome: &Outcome, path: &str) -> String {
    let target = outcome.subject.target.trim_start_matches("./").trim_end_matches('/');
    let within = outcome.subject.kind == Kind::SourceTree
        && !target.starts_with('/')
        && !matches!(target, "" | ".")
        && !target.split('/').any(|part| part == "..");
    let full = if within { format!("{target}/{path}") } else { path.to_owned() };
    let mut out = String::with_capacity(full.len());
    for byte in full.trim_start_matches('/').bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'+'
            | b'@'
            | b'=' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    // An empty reference means the document itself.
    if out.is_empty() { "unknown".to_owned() } else { out }
}

#[cfg(test)]
mod tests;
