//! Results for people and machines: table, JSON, SARIF, CycloneDX.
//!
//! Each format is a function of an [`scan::Outcome`] and [`Options`]; none looks at the clock or the terminal.

mod cyclonedx;
mod json;
mod list;
#[cfg(test)]
mod made_up;
mod sarif;
mod style;
mod table;
mod text;
mod words;

use std::io::{self, Write};

use model::{Class, Detail, Finding, FixStatus, Severity};
use scan::{Outcome, Ruling};

pub use list::list;
pub use text::plain;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// All of it, for machines.
    Json,
    /// SARIF 2.1.0: for code scanning and editors.
    Sarif,
    /// CycloneDX 1.6 JSON.
    CycloneDx,
}

/// Which findings are shown. What it leaves out is counted, and the state and the gate do not depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// This severity and worse.
    pub severity: Option<Severity>,
    /// Only with a fix.
    pub fixable: bool,
    /// Only these classes; empty: all.
    pub classes: Vec<Class>,
}

/// How a result is shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which findings.
    pub filter: Filter,
    /// Every finding and every action, with places and packages (table only).
    pub all: bool,
    /// Only so many rows, the most urgent, and a line that counts the others (table only); `None`: all.
    pub rows: Option<usize>,
    /// What to type for the others, in words (table only).
    pub more: String,
    /// Columns of the terminal (table only); lines have 80 to 120.
    pub width: usize,
    /// Colour (table only).
    pub color: bool,
    /// Version of Seawall.
    pub version: String,
    /// Now, RFC 3339.
    pub timestamp: String,
    /// What the gate says.
    pub ruling: Ruling,
}

/// Writes `outcome` in a format.
///
/// # Errors
/// What the writer says.
pub fn write(format: Format, outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(outcome, options, to),
        Format::Json => json::write(outcome, options, to),
        Format::Sarif => sarif::write(outcome, options, to),
        Format::CycloneDx => cyclonedx::write(outcome, options, to),
    }
}

impl Filter {
    /// Is this finding shown?
    fn shows(&self, finding: &Finding) -> bool {
        if self.severity.is_some_and(|least| finding.severity < least) {
            return false;
        }
        let Detail::Vulnerability(vulnerability) = &finding.detail else { return true };
        (!self.fixable || matches!(vulnerability.fix, FixStatus::Fixed { .. }))
            && (self.classes.is_empty() || self.classes.contains(&vulnerability.class))
    }
}

#[cfg(test)]
mod tests;
