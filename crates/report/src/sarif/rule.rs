//! Rules: one for each vulnerability that a result names.

use std::collections::BTreeSet;

use model::{Severity, Vulnerability};
use scan::urgency;
use serde::Serialize;
use serde_json::{Value, json};

use super::result::{Group, level, name};

/// Tags of a rule that GitHub shows.
const MAX_TAGS: usize = 10;

/// Characters of a description that GitHub shows.
const MAX_TEXT: usize = 1_000;

/// Packages that the help lists.
const MAX_HELP: usize = 50;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    id: &'a str,
    short_description: Value,
    full_description: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    help: Value,
    default_configuration: Value,
    properties: Value,
}

impl<'a> Rule<'a> {
    /// The rule of vulnerability `id` from its results.
    pub(super) fn of(id: &'a str, groups: &[&Group<'a>]) -> Self {
        let worst = groups.iter().max_by_key(|group| urgency(group.severity()));
        let severity = worst.map_or(Severity::Unknown, |group| group.severity());
        let summary =
            groups.iter().map(|group| group.vulnerability.summary.as_str()).find(|text| !text.is_empty());
        let short = summary.map_or_else(|| id.to_owned(), |summary| format!("{id}: {summary}"));
        let short: String = short.chars().take(MAX_TEXT).collect();
        let mut properties = json!({ "tags": tags(groups), "precision": "very-high" });
        let score = worst.and_then(|worst| security_severity(worst.vulnerability, severity));
        if let Some(score) = score {
            properties["security-severity"] = json!(format!("{score:.1}"));
        }
        Self {
            id,
            short_description: json!({ "text": short }),
            full_description: json!({ "text": short }),
            help_uri: help_uri(id, groups),
            help: help(id, groups),
            default_configuration: json!({ "level": level(severity) }),
            properties,
        }
    }
}

/// The score that agrees with the severity: of who gave it first, else the highest of the band, else its middle.
fn security_severity(vulnerability: &Vulnerability, severity: Severity) -> Option<f64> {
    let middle = match severity {
        Severity::Critical => 9.5,
        Severity::High => 8.0,
        Severity::Medium => 5.5,
        Severity::Low => 2.0,
        Severity::Negligible => 0.0,
        Severity::Unknown => return None,
    };
    let scores = || {
        vulnerability.ratings.iter().filter_map(|rating| {
            let score = rating.score.filter(|score| Severity::from_cvss_score(*score) == severity)?;
            Some((score, Some(&rating.source) == vulnerability.severity_source.as_ref()))
        })
    };
    let own = scores().find(|(_, own)| *own).map(|(score, _)| score);
    let highest = || scores().map(|(score, _)| score).max_by(f64::total_cmp);
    Some(own.or_else(highest).unwrap_or(middle).clamp(0.0, 10.0))
}

fn tags(groups: &[&Group<'_>]) -> Vec<String> {
    let mut tags = vec!["security".to_owned()];
    tags.extend(groups.first().map(|group| group.vulnerability.class.as_str().to_owned()));
    if groups.iter().any(|group| group.vulnerability.kev.is_some()) {
        tags.push("known-exploited".to_owned());
    }
    let cwes: BTreeSet<String> = groups
        .iter()
        .flat_map(|group| &group.vulnerability.cwes)
        .map(|cwe| format!("external/cwe/{}", cwe.to_ascii_lowercase()))
        .collect();
    tags.extend(cwes);
    tags.truncate(MAX_TAGS);
    tags
}

/// The advisory, else the page of the CVE.
fn help_uri(id: &str, groups: &[&Group<'_>]) -> Option<String> {
    let links = || groups.iter().flat_map(|group| &group.vulnerability.references);
    let good = |url: &str| {
        url.starts_with("https://")
            && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
    };
    let advisory =
        links().find(|link| link.kind == "ADVISORY" && good(&link.url)).map(|link| link.url.clone());
    advisory.or_else(|| {
        let digits = id.strip_prefix("CVE-")?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        plain.then(|| format!("https://www.cve.org/CVERecord?id={id}"))
    })
}

/// What to do about it in each package.
fn help(id: &str, groups: &[&Group<'_>]) -> Value {
    let mut remedies: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for group in groups {
        let vulnerability = group.vulnerability;
        remedies.insert((name(vulnerability), vulnerability.installed.as_str(), group.remedy()));
    }
    let more = remedies.len().saturating_sub(MAX_HELP);
    let mut text = format!("{id}\n");
    let mut markdown = format!("**{}**\n\n", escape(id));
    for (name, installed, remedy) in remedies.into_iter().take(MAX_HELP) {
        text.push_str(&format!("{name} {installed}: {remedy}\n"));
        markdown.push_str(&format!("- {} {}: {}\n", escape(name), escape(installed), escape(remedy)));
    }
    if more > 0 {
        text.push_str(&format!("and {more} more\n"));
        markdown.push_str(&format!("- and {more} more\n"));
    }
    json!({ "text": text, "markdown": markdown })
}

/// A text from outside in Markdown: no markup, no links, no HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '!' | '#' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
