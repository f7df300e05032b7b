//! The table for people: what to do first, then how much, then what was set apart, then the state and its limits.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use model::{ApartReason, Detail, Effect, Finding, FixStatus, Judgement, Severity, State, Vulnerability};
use scan::{Outcome, Ruling};

use crate::Options;

/// Findings that one upgrade clears.
struct Group<'a> {
    package: &'a str,
    installed: &'a str,
    remedy: &'a str,
    fixed: Option<&'a str>,
    counts: BTreeMap<Severity, u64>,
    exploited: u64,
    ids: Vec<&'a str>,
}

pub(crate) fn write(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    header(outcome, to)?;
    let shown = |finding: &&Finding| options.filter.shows(finding);
    let mut groups: BTreeMap<(&str, &str, &str), Group<'_>> = BTreeMap::new();
    let mut apart: BTreeMap<ApartReason, u64> = BTreeMap::new();
    let mut suppressed = 0_u64;
    let mut counted = 0_u64;
    for finding in outcome.findings.iter().filter(shown) {
        let Detail::Vulnerability(vulnerability) = &finding.detail else { continue };
        match &finding.judgement {
            Judgement::Counts => {
                counted += 1;
                group(&mut groups, finding, vulnerability);
            }
            Judgement::Apart(reason) => *apart.entry(*reason).or_default() += 1,
            Judgement::Suppressed(_) => suppressed += 1,
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_values().collect();
    groups.sort_by(|a, b| rank(b).cmp(&rank(a)).then(a.package.cmp(b.package)));
    rows(&groups, options, to)?;

    writeln!(to)?;
    let unknown = groups.iter().filter_map(|group| group.counts.get(&Severity::Unknown)).sum::<u64>();
    writeln!(to, "{counted} findings count, in {} packages; {unknown} of unknown severity", groups.len())?;
    for (reason, count) in &apart {
        writeln!(to, "{count} set apart: {}", apart_words(*reason))?;
    }
    if suppressed > 0 {
        writeln!(to, "{suppressed} hidden by ignore files and VEX")?;
    }
    let filtered = outcome.findings.iter().filter(|finding| !options.filter.shows(finding)).count();
    if filtered > 0 {
        writeln!(to, "{filtered} left out by --severity, --fixable or --class")?;
    }
    if options.all {
        set_apart(outcome, options, to)?;
    }
    footer(outcome, options, to)
}

fn header(outcome: &Outcome, to: &mut dyn Write) -> io::Result<()> {
    let subject = &outcome.subject;
    write!(to, "{} ({})", plain(&subject.target), subject.kind.as_str())?;
    if let Some(distro) = &outcome.catalogue.distro {
        write!(to, ", {}", plain(&distro.os_release.pretty_name))?;
    }
    if let Some(image) = &subject.image {
        write!(to, ", {}, {} layers", image.platform, image.layers.len())?;
    }
    writeln!(to, ", {} packages\n", outcome.catalogue.packages.len())
}

fn group<'a>(
    groups: &mut BTreeMap<(&'a str, &'a str, &'a str), Group<'a>>,
    finding: &'a Finding,
    vulnerability: &'a Vulnerability,
) {
    let name = vulnerability.source_package.as_deref().unwrap_or(&vulnerability.package);
    let fixed = match &vulnerability.fix {
        FixStatus::Fixed { version } => Some(version.as_str()),
        _ => None,
    };
    let key = (name, vulnerability.installed.as_str(), fixed.unwrap_or(&finding.remedy));
    let group = groups.entry(key).or_insert_with(|| Group {
        package: name,
        installed: &vulnerability.installed,
        remedy: &finding.remedy,
        fixed,
        counts: BTreeMap::new(),
        exploited: 0,
        ids: Vec::new(),
    });
    *group.counts.entry(finding.severity).or_default() += 1;
    group.exploited += u64::from(vulnerability.kev.is_some());
    if !group.ids.contains(&vulnerability.id.as_str()) {
        group.ids.push(&vulnerability.id);
    }
}

/// Worst first: known to be exploited, then fixable, then by severity and number.
fn rank(group: &Group<'_>) -> impl Ord + use<> {
    let of = |severity| group.counts.get(&severity).copied().unwrap_or(0);
    (
        group.exploited,
        group.fixed.is_some(),
        of(Severity::Critical),
        of(Severity::High),
        of(Severity::Medium),
        of(Severity::Low),
        of(Severity::Unknown),
    )
}

fn rows(groups: &[Group<'_>], options: &Options, to: &mut dyn Write) -> io::Result<()> {
    if groups.is_empty() {
        return writeln!(to, "no finding counts");
    }
    let width =
        |texts: &mut dyn Iterator<Item = usize>, least: usize| texts.max().unwrap_or(0).clamp(least, 40);
    let package = width(&mut groups.iter().map(|group| group.package.len()), 7);
    let installed = width(&mut groups.iter().map(|group| group.installed.len()), 9);
    let fixed = width(&mut groups.iter().filter_map(|group| group.fixed).map(str::len), 8);
    writeln!(
        to,
        "{:<package$}  {:<installed$}  {:<fixed$}  {:>4} {:>4} {:>4} {:>4} {:>4}  what",
        "package", "installed", "fixed in", "crit", "high", "med", "low", "?"
    )?;
    let shown = options.rows.unwrap_or(groups.len());
    for group in groups.iter().take(shown) {
        let of = |severity| group.counts.get(&severity).copied().unwrap_or(0);
        let low = of(Severity::Low) + of(Severity::Negligible);
        let first = group.ids.first().copied().unwrap_or_default();
        let more = group.ids.len().saturating_sub(1);
        let mut what = if more == 0 { first.to_owned() } else { format!("{first} and {more} more") };
        if group.exploited > 0 {
            what.push_str(if options.color { "  \u{1b}[1;31mexploited\u{1b}[0m" } else { "  exploited" });
        }
        if group.fixed.is_none() {
            what = format!("{what}: {}", group.remedy);
        }
        writeln!(
            to,
            "{:<package$}  {:<installed$}  {:<fixed$}  {:>4} {:>4} {:>4} {:>4} {:>4}  {what}",
            plain(group.package),
            plain(group.installed),
            plain(group.fixed.unwrap_or("-")),
            of(Severity::Critical),
            of(Severity::High),
            of(Severity::Medium),
            low,
            of(Severity::Unknown),
        )?;
    }
    match groups.len().saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(to, "… and {more} more rows"),
    }
}

fn set_apart(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to)?;
    for finding in outcome.findings.iter().filter(|finding| options.filter.shows(finding)) {
        let reason = match &finding.judgement {
            Judgement::Counts => continue,
            Judgement::Apart(reason) => apart_words(*reason).to_owned(),
            Judgement::Suppressed(by) => format!("{}: {}", by.by, by.reason),
        };
        writeln!(to, "{:<10} {} ({})", finding.severity, plain(&finding.title), plain(&reason))?;
    }
    Ok(())
}

fn footer(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{} packages were judged with data", outcome.coverage.covered)?;
    for gap in &outcome.coverage.gaps {
        writeln!(to, "{} packages were not: {}", gap.packages.len(), plain(&gap.reason))?;
    }
    for entry in &outcome.suppressions {
        if let (0, nearest) = (entry.hidden, &entry.nearest) {
            let near = nearest.as_deref().map_or(String::new(), |near| format!("; nearest: {near}"));
            writeln!(to, "{} hid nothing{}", plain(&entry.by), plain(&near))?;
        }
    }
    for problem in &outcome.problems {
        let effect = if problem.effect == Effect::None { "" } else { " (may hide packages)" };
        writeln!(
            to,
            "problem {}: {} × {}: {}{effect}",
            problem.code,
            problem.count,
            plain(&problem.subject),
            plain(&problem.message)
        )?;
    }
    if !outcome.skipped.is_empty() {
        writeln!(to, "{} folders were left out on purpose (listed in --format json)", outcome.skipped.len())?;
    }
    let causes = match &outcome.state {
        State::NotApplicable(causes) | State::NotAssessed(causes) => causes.as_slice(),
        State::Unhealthy => outcome.incomplete.as_slice(),
        State::Healthy => &[],
    };
    writeln!(to, "\nstate: {}", outcome.state.as_str())?;
    for cause in causes {
        writeln!(to, "  not seen in full: {}", plain(cause))?;
    }
    match &options.ruling {
        Ruling::NoGate => Ok(()),
        Ruling::Passed { unknown } => {
            writeln!(to, "gate: passed; {unknown} findings of unknown severity were let through")
        }
        Ruling::Failed { threshold, findings, unknown } => writeln!(
            to,
            "gate: failed; {findings} findings reach --fail-on {threshold}; {unknown} of unknown severity did not count"
        ),
        Ruling::Incomplete { .. } => {
            writeln!(to, "gate: cannot be judged; see what was not seen, or use --allow-incomplete")
        }
    }
}

/// Why a finding is set apart.
pub(crate) const fn apart_words(reason: ApartReason) -> &'static str {
    match reason {
        ApartReason::NoKernel => "kernel CVEs, and no kernel here that runs",
        ApartReason::DistributionBinary => "in binaries of the distribution, which rebuilds them or not",
        ApartReason::OwnedByDistribution => "in files of distribution packages, judged by the distribution",
        ApartReason::Unimportant => "called unimportant by their source",
        ApartReason::Unmaintained => "about packages that are no longer maintained",
        ApartReason::Maintenance => "bug fixes, enhancements and notices",
        ApartReason::Investigating => "still looked into by their source",
        ApartReason::Probable => "in packages recognised by name only",
        ApartReason::DeclaredOnly => "only declared by lock files",
        ApartReason::NotLinked => "in code that is not in the binary",
    }
}

/// A text from the target without control characters: it must not steer the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
