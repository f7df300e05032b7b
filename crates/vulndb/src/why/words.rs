//! Explanations as sentences.

use std::fmt;

use model::ApartReason;
use package::{NameKind, VersionOrder};

use super::{Explanation, Lookup, Verdict, Why};
use crate::remedy;

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.id;
        match (self.records.as_slice(), self.enriched) {
            ([], false) => writeln!(f, "{id} is not known to this database.")?,
            ([], true) => {
                writeln!(f, "{id} is known by its CVE record only: no source names a package for it.")?;
            }
            (records, _) => {
                let records: Vec<String> =
                    records.iter().take(8).map(|(source, record)| format!("{record} ({source})")).collect();
                let more = self.records.len().saturating_sub(records.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                writeln!(f, "{id} stands in {}{more}.", records.join(", "))?;
            }
        }
        if self.packages.is_empty() {
            match &self.filter {
                Some(name) => writeln!(f, "No package here bears the name {name}.")?,
                None if !self.names.is_empty() => {
                    let mut names: Vec<String> = self
                        .names
                        .iter()
                        .map(|name| format!("{} {} ({})", name.name, name.release, name.ecosystem.row().osv))
                        .map(|text| text.replace("  ", " "))
                        .collect();
                    names.dedup();
                    let more = names.len().saturating_sub(8);
                    names.truncate(8);
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    writeln!(f, "It concerns {}{more}; none of these is here.", names.join(", "))?;
                }
                None => {}
            }
        }
        for package in &self.packages {
            writeln!(f)?;
            package.write(f, id)?;
        }
        for problem in &self.problems {
            writeln!(f, "Problem: {}", problem.message)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn write(&self, f: &mut fmt::Formatter<'_>, id: &str) -> fmt::Result {
        write!(f, "{}: ", self.what)?;
        match self.verdict {
            Verdict::Affected => writeln!(f, "affected by {id}.")?,
            Verdict::Apart(reason) => {
                writeln!(f, "{id} is shown apart and does not count: {}.", apart(reason))?;
            }
            Verdict::NotAffected => writeln!(f, "not affected by {id}.")?,
            Verdict::NoStatement => {
                writeln!(f, "no statement from any source about this package and {id}.")?;
            }
            Verdict::NotAssessed => writeln!(f, "{}.", self.coverage)?,
        }
        for lookup in &self.lookups {
            lookup.write(f)?;
        }
        for note in &self.notes {
            writeln!(f, "  - {note}")?;
        }
        for found in &self.matches {
            write!(f, "  - {}: severity {}", found.id, found.severity)?;
            if let Some(source) = &found.severity_source {
                write!(f, " ({source})")?;
            }
            writeln!(f, ", {}", remedy::status(&found.fix))?;
            if let Some(disagreement) = &found.disagreement {
                writeln!(f, "  - sources disagree: {disagreement}")?;
            }
        }
        match &self.remedy {
            Some(remedy) => writeln!(f, "  > {remedy}"),
            None => Ok(()),
        }
    }
}

impl Lookup {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match (self.kind, self.ecosystem.row().os_ids.is_empty()) {
            (_, true) => "package",
            (NameKind::Source, _) => "source package",
            (NameKind::Binary, _) => "binary package",
        };
        let release = if self.release.is_empty() { String::new() } else { format!(" {}", self.release) };
        write!(f, "  looked up as {kind} {} in {}{release}", self.name, self.ecosystem.row().osv)?;
        match (self.known, self.statements.is_empty()) {
            (false, _) => return writeln!(f, ": no source says anything about that name"),
            (true, true) => return writeln!(f, ": sources speak about it, none about this id"),
            (true, false) => writeln!(f, ", version {} in {}:", self.version, order(self.order))?,
        }
        for said in &self.statements {
            writeln!(
                f,
                "    {} ({}, {}): {} -> {}",
                said.record,
                said.source,
                said.tier.as_str(),
                said.affected,
                said.outcome
            )?;
        }
        Ok(())
    }
}

/// Whose order compares.
fn order(order: VersionOrder) -> &'static str {
    match order {
        VersionOrder::Dpkg => "dpkg's order",
        VersionOrder::Rpm => "rpm's order",
        VersionOrder::Apk => "apk's order",
        VersionOrder::Semver => "semantic versioning's order",
        VersionOrder::Pep440 => "PEP 440's order",
        VersionOrder::Npm => "npm's order",
        VersionOrder::Maven => "Maven's order",
        VersionOrder::Go => "Go's order",
        VersionOrder::RubyGems => "RubyGems' order",
        VersionOrder::NuGet => "NuGet's order",
        VersionOrder::Composer => "Composer's order",
    }
}

fn apart(reason: ApartReason) -> &'static str {
    match reason {
        ApartReason::NoKernel => "a kernel's flaw, and this package holds no kernel that runs here",
        ApartReason::DistributionBinary => {
            "the toolchain or a module of a binary that the distribution builds"
        }
        ApartReason::OwnedByDistribution => {
            "its files belong to a package of the distribution, which judges them"
        }
        ApartReason::Unimportant => "its source calls it unimportant",
        ApartReason::Unmaintained => "the package is no longer maintained; no flaw is known by that record",
        ApartReason::Maintenance => "a bug fix or enhancement, no flaw",
        ApartReason::Investigating => "its source is still looking into it",
        ApartReason::Probable => "the package was recognised by its name only",
        ApartReason::DeclaredOnly => "only declared, and what is installed counts here",
        ApartReason::NotLinked => "the flawed part is not in this binary, or not for this system",
    }
}
