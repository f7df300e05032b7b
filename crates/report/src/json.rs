//! JSON: the result for machines. `schemaVersion` grows when a field changes its meaning or goes.

use std::io::{self, Write};

use model::{
    Class, ConfigDigest, Detail, Evidence, FixStatus, ImageConfig, Judgement, Kev, Layer, ManifestDigest,
    MatchedRecord, Problem, Rating, Severity, Ssvc, State,
};
use scan::Outcome;
use serde::Serialize;

use crate::Options;

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
    judgement: String,
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
        filtered: outcome.findings.len() - shown.len(),
        findings: shown.into_iter().filter_map(finding).collect(),
        problems: &outcome.problems,
        skipped: outcome.skipped.iter().map(|s| Skipped { path: &s.path, reason: s.reason }).collect(),
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

fn finding(finding: &model::Finding) -> Option<Finding<'_>> {
    let Detail::Vulnerability(vulnerability) = &finding.detail else { return None };
    Some(Finding {
        id: &finding.id.0,
        vulnerability: &vulnerability.id,
        aliases: &vulnerability.aliases,
        class: vulnerability.class,
        severity: finding.severity,
        severity_source: vulnerability.severity_source.as_deref(),
        judgement: match &finding.judgement {
            Judgement::Counts => "counts".to_owned(),
            Judgement::Apart(reason) => crate::table::apart_words(*reason).to_owned(),
            Judgement::Suppressed(by) => format!("suppressed by {}", by.by),
        },
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
