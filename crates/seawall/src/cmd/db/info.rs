//! What a database holds, and what of it was not understood.

use std::{io::Write, path::Path};

use anyhow::Result;
use vulndb::{Coverage, Database, MAX_LINTS, SourceInfo};

use crate::when;

/// By source: records, newest change, age, lints, and what there is data for.
pub(super) fn info(database: &Database, path: &Path, out: &mut dyn Write) -> Result<()> {
    let info = database.info();
    writeln!(out, "{}: {} records, {} statements", path.display(), info.records, info.statements)?;
    writeln!(out, "{:<18} {:>8}  {:<10} {:>6} {:>6}  about", "source", "records", "newest", "age", "lints")?;
    for source in &info.sources {
        let newest = source.newest.as_deref();
        let line = format!(
            "{:<18} {:>8}  {:<10} {:>6} {:>6}  {}",
            source.slug,
            source.records.saturating_add(source.enriching),
            newest.and_then(|time| time.get(..10)).unwrap_or("-"),
            newest.and_then(age).unwrap_or_else(|| "-".to_owned()),
            match source.lints.values().sum::<u64>() {
                0 => "-".to_owned(),
                count => count.to_string(),
            },
            about(source)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Days, or hours where it is less than two days.
fn age(time: &str) -> Option<String> {
    let hours = when::now().saturating_sub(when::parse(time)?) / 3600;
    Some(if hours < 48 { format!("{} h", hours.max(0)) } else { format!("{} d", hours / 24) })
}

/// `Debian 11, 12, 13`, `Alpine v3.22 (27 packages)`.
fn about(source: &SourceInfo) -> String {
    if source.coverage.is_empty() && source.enriching > 0 {
        return "CVEs".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut last = None;
    for row in &source.coverage {
        let name = row.ecosystem.row().osv;
        let (release, listed) = (row.release.as_deref(), listed(row));
        parts.push(match release {
            Some(release) if last == Some(name) => format!("{release}{listed}"),
            Some(release) => format!("{name} {release}{listed}"),
            None => format!("{name}{listed}"),
        });
        last = Some(name);
    }
    parts.join(", ")
}

/// Where the source looked at some packages only.
fn listed(row: &Coverage) -> String {
    match row.packages.as_ref().map(Vec::len) {
        None => String::new(),
        Some(1) => " (1 package)".to_owned(),
        Some(count) => format!(" ({count} packages)"),
    }
}

/// Lists lints; what is counted and not kept is said.
pub(super) fn lints(
    database: &Database,
    source: Option<&str>,
    kind: Option<&str>,
    out: &mut dyn Write,
) -> Result<()> {
    let wanted = |of: &str, code: &str| source.is_none_or(|s| s == of) && kind.is_none_or(|k| k == code);
    let mut shown = 0u64;
    for lint in database.lints()?.iter().filter(|lint| wanted(&lint.source, &lint.code)) {
        // One line each, whatever a feed wrote.
        let tame =
            |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        writeln!(out, "{}: {}: {}: {}", lint.source, lint.code, tame(&lint.record), tame(&lint.detail))?;
        shown += 1;
    }
    let mut all = 0u64;
    for info in &database.info().sources {
        for (code, count) in info.lints.iter().filter(|(code, _)| wanted(&info.slug, code)) {
            all += count;
            if *count > MAX_LINTS {
                writeln!(out, "{}: {code}: {} more were counted and not kept", info.slug, count - MAX_LINTS)?;
            }
        }
    }
    writeln!(out, "{all} in all, {shown} shown")?;
    Ok(())
}

/// What a kind of lint means for matching.
pub(super) fn meaning(kind: &str) -> String {
    let effect = match kind {
        "empty-range" | "inverted-range" | "unparsable-version" => "such ranges never match",
        "unknown-ecosystem" | "unknown-release" => "not matched: Seawall has no row for it",
        "duplicate-id" => "all records of that id are kept",
        "contradiction" => "the fix is believed",
        "unrecognised" => "files that are no known feed",
        _ => "left out",
    };
    format!("{kind} ({effect})")
}
