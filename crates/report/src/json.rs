//! JSON: the result for machines.
//!
//! `schemaVersion` grows when a field goes or changes its meaning or type. New fields do not raise it: who reads the
//! document passes over what it does not know. A golden file (`crates/seawall/tests/data/scan.json`) holds the shape.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use model::{
    Class, ConfigDigest, Detail, Evidence, FixStatus, ImageConfig, Judgement, Kev, Layer, ManifestDigest,
    MatchedRecord, Problem, Rating, Severity, Ssvc, State,
};
use scan::Outcome;
use serde::Serialize;

use crate::{Options, words};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    tool_version: &'a str,
    timestamp: &'a str,
    target: &'a str,
    kind: &'a str,
    #[serde(flatten)]
    state: &'a State,
    incomplete: &'a [String],
    image: Option<Image<'a>>,
    privileged_files: Vec<PrivilegedFile<'a>>,
    packages: usize,
    covered: u64,
    gaps: Vec<Gap<'a>>,
    summary: Summary,
    base_image: Option<BaseImage<'a>>,
    actions: Vec<Action<'a>>,
    findings: Vec<Finding<'a>>,
    filtered: usize,
    problems: &'a [Problem],
    skipped: Vec<Skipped<'a>>,
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    config_digest: ConfigDigest,
    manifest_digest: Option<ManifestDigest>,
    names: &'a [String],
    platform: String,
    platforms: Vec<String>,
    config: &'a ImageConfig,
    layers: &'a [Layer],
}

/// Findings that are set apart for one reason.
#[derive(Serialize)]
struct SetApart {
    reason: &'static str,
    findings: u64,
}

/// Distinct vulnerabilities by severity.
#[derive(Serialize)]
struct Severities {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    negligible: u64,
    unknown: u64,
}

/// Sums that agree: `findings = counted + setApart + suppressed`, `counted = fixable + unfixed`,
/// `statements = merged + overruled + rejected + findings`. Filters do not touch them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// Records that hold for a package: what a matcher without rules would list.
    statements: u64,
    merged: u64,
    overruled: u64,
    rejected: u64,
    findings: u64,
    counted: u64,
    fixable: u64,
    unfixed: u64,
    set_apart: u64,
    set_apart_by: Vec<SetApart>,
    suppressed: u64,
    actions: u64,
    /// Rows of a table without classes, ownership and kernel rules, and with them.
    rows_before: u64,
    rows_after: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BaseImage<'a> {
    /// The first so many layers.
    layers: u32,
    rule: &'a str,
    name: Option<&'a str>,
    digest: Option<&'a str>,
    findings: u64,
    fixable: u64,
    of: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Action<'a> {
    action: &'a str,
    package_type: &'a str,
    name: &'a str,
    /// In words.
    remedy: String,
    parts: Vec<Part<'a>>,
    places: &'a [String],
    findings: u64,
    vulnerabilities: Vec<String>,
    severities: Severities,
    exploited: u64,
    epss: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    package_type: &'a str,
    name: &'a str,
    from: &'a [String],
    to: Option<&'a str>,
    findings: u64,
}

#[derive(Serialize)]
struct PrivilegedFile<'a> {
    path: &'a str,
    /// Octal, as `chmod` takes it.
    mode: String,
    uid: u32,
    gid: u32,
}

#[derive(Serialize)]
struct Gap<'a> {
    reason: &'a str,
    blocks: bool,
    packages: usize,
}

#[derive(Serialize)]
struct Skipped<'a> {
    path: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Suppression<'a> {
    by: &'a str,
    reason: &'a str,
    hidden: u64,
    nearest: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    id: &'a str,
    vulnerability: &'a str,
    aliases: &'a [String],
    class: Class,
    severity: Severity,
    severity_source: Option<&'a str>,
    judgement: &'a str,
    reason: Option<&'a str>,
    suppressed_by: Option<&'a str>,
    title: &'a str,
    remedy: &'a str,
    purl: &'a str,
    package: &'a str,
    installed: &'a str,
    owner: Option<&'a str>,
    fix: &'a FixStatus,
    evidence: &'a [Evidence],
    ratings: &'a [Rating],
    cwes: &'a [String],
    kev: Option<&'a Kev>,
    ssvc: Option<&'a Ssvc>,
    epss: Option<(f64, f64)>,
    records: &'a [MatchedRecord],
    disagreement: Option<&'a str>,
}

pub(crate) fn write(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&model::Finding> =
        outcome.findings.iter().filter(|finding| options.filter.shows(finding)).collect();
    let document = Document {
        schema_version: 1,
        tool_version: &options.version,
        timestamp: &options.timestamp,
        target: &outcome.subject.target,
        kind: outcome.subject.kind.as_str(),
        state: &outcome.state,
        incomplete: &outcome.incomplete,
        image: outcome.subject.image.as_ref().map(|image| Image {
            config_digest: image.config_digest,
            manifest_digest: image.manifest_digest,
            names: &image.names,
            platform: image.platform.to_string(),
            platforms: image.platforms.iter().map(ToString::to_string).collect(),
            config: &image.config,
            layers: &image.layers,
        }),
        privileged_files: outcome
            .subject
            .privileged_files
            .iter()
            .map(|file| PrivilegedFile {
                path: &file.path,
                mode: format!("{:04o}", file.mode),
                uid: file.uid,
                gid: file.gid,
            })
            .collect(),
        packages: outcome.catalogue.packages.len(),
        covered: outcome.coverage.covered,
        gaps: outcome
            .coverage
            .gaps
            .iter()
            .map(|gap| Gap { reason: &gap.reason, blocks: gap.blocks, packages: gap.packages.len() })
            .collect(),
        summary: summary(outcome),
        base_image: outcome.base.as_ref().map(|base| BaseImage {
            layers: base.layers,
            rule: base.rule.as_str(),
            name: base.name.as_deref(),
            digest: base.digest.as_deref(),
            findings: base.findings,
            fixable: base.fixable,
            of: base.of,
        }),
        actions: outcome.plan.actions.iter().map(|one| action(one, &outcome.findings)).collect(),
        filtered: outcome.findings.len() - shown.len(),
        findings: shown.into_iter().filter_map(finding).collect(),
        problems: &outcome.problems,
        skipped: outcome.skipped.iter().map(|s| Skipped { path: &s.path, reason: &s.reason }).collect(),
        suppressions: outcome
            .suppressions
            .iter()
            .map(|s| Suppression {
                by: &s.by,
                reason: &s.reason,
                hidden: s.hidden,
                nearest: s.nearest.as_deref(),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *to, &document)?;
    writeln!(to)
}

fn summary(outcome: &Outcome) -> Summary {
    let mut set_apart_by: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut suppressed = 0;
    for finding in &outcome.findings {
        match &finding.judgement {
            Judgement::Counts => {}
            Judgement::Apart(reason) => *set_apart_by.entry(words::slug(*reason)).or_default() += 1,
            Judgement::Suppressed(_) => suppressed += 1,
        }
    }
    let fixable = outcome.plan.actions.iter().map(|action| action.findings.len() as u64).sum();
    let unfixed = outcome.plan.unfixed.len() as u64;
    let funnel = &outcome.funnel;
    Summary {
        statements: funnel.hits,
        merged: funnel.merged,
        overruled: funnel.overruled,
        rejected: funnel.rejected,
        findings: outcome.findings.len() as u64,
        counted: fixable + unfixed,
        fixable,
        unfixed,
        set_apart: set_apart_by.values().sum(),
        set_apart_by: set_apart_by
            .into_iter()
            .map(|(reason, findings)| SetApart { reason, findings })
            .collect(),
        suppressed,
        actions: outcome.plan.actions.len() as u64,
        rows_before: funnel.hits,
        rows_after: words::rows(outcome),
    }
}

fn action<'a>(action: &'a scan::Action, findings: &[model::Finding]) -> Action<'a> {
    let tally = action.tally(findings);
    let of = |severity| tally.severities.get(&severity).copied().unwrap_or(0);
    let severities = Severities {
        critical: of(Severity::Critical),
        high: of(Severity::High),
        medium: of(Severity::Medium),
        low: of(Severity::Low),
        negligible: of(Severity::Negligible),
        unknown: of(Severity::Unknown),
    };
    Action {
        action: action.deed.as_str(),
        package_type: action.kind.as_str(),
        name: &action.name,
        remedy: words::action(action, usize::MAX),
        parts: action
            .parts
            .iter()
            .map(|part| Part {
                package_type: part.kind.as_str(),
                name: &part.name,
                from: &part.from,
                to: part.to.as_deref(),
                findings: part.findings,
            })
            .collect(),
        places: &action.places,
        findings: tally.findings,
        vulnerabilities: tally.ids,
        severities,
        exploited: tally.exploited,
        epss: tally.epss,
    }
}

fn finding(finding: &model::Finding) -> Option<Finding<'_>> {
    let Detail::Vulnerability(vulnerability) = &finding.detail else { return None };
    let (judgement, reason, suppressed_by) = match &finding.judgement {
        Judgement::Counts => ("counts", None, None),
        Judgement::Apart(reason) => ("set-apart", Some(words::slug(*reason)), None),
        Judgement::Suppressed(by) => ("suppressed", Some(by.reason.as_str()), Some(by.by.as_str())),
    };
    Some(Finding {
        id: &finding.id.0,
        vulnerability: &vulnerability.id,
        aliases: &vulnerability.aliases,
        class: vulnerability.class,
        severity: finding.severity,
        severity_source: vulnerability.severity_source.as_deref(),
        judgement,
        reason,
        suppressed_by,
        title: &finding.title,
        remedy: &finding.remedy,
        purl: &vulnerability.purl,
        package: &vulnerability.package,
        installed: &vulnerability.installed,
        owner: vulnerability.owner.as_deref(),
        fix: &vulnerability.fix,
        evidence: &finding.evidence,
        ratings: &vulnerability.ratings,
        cwes: &vulnerability.cwes,
        kev: vulnerability.kev.as_ref(),
        ssvc: vulnerability.ssvc.as_ref(),
        epss: vulnerability.epss,
        records: &vulnerability.records,
        disagreement: vulnerability.disagreement.as_deref(),
    })
}
