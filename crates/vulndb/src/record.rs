//! What sources say, in one shape. Readers in `feeds` write it; the builder compiles it.

use model::{Class, Kev, Rating, Reference, Severity, Ssvc};
use package::{Ecosystem, NameKind};

/// One advisory of one source.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The source's slug: `osv-debian`, `debian-tracker`, `alpine-secdb`.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// The CVEs that it is about; empty where it has none, then its own id names the finding.
    pub cves: Vec<String>,
    /// Its other ids, as the source writes them.
    pub aliases: Vec<String>,
    /// What it is about.
    pub class: Class,
    /// One line.
    pub summary: String,
    /// RFC 3339.
    pub published: Option<String>,
    /// RFC 3339.
    pub modified: Option<String>,
    /// Taken back by its source: kept so that an open finding can close with that reason, never matched.
    pub withdrawn: bool,
    /// Ratings for all of its packages.
    pub ratings: Vec<Rating>,
    /// `CWE-79`.
    pub cwes: Vec<String>,
    /// Links.
    pub references: Vec<Reference>,
    /// What it says about packages.
    pub statements: Vec<Statement>,
}

/// What one record says about one package.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The world of the name and the versions.
    pub ecosystem: Ecosystem,
    /// Release as in [`package::Ecosystem::from_os_release`]; `None` for languages and rolling distributions.
    pub release: Option<String>,
    /// Name, normalised by [`package::Ecosystem::normalise`].
    pub package: String,
    /// Which of a package's names that is.
    pub name: NameKind,
    /// `nodejs:18`: the statement concerns builds of this module stream only.
    pub module: Option<String>,
    /// Its class for this package, where that differs from the record's (Debian's `unimportant` is said package by
    /// package).
    pub class: Option<Class>,
    /// What it says.
    pub status: Status,
    /// Affected (or, by `status`, otherwise judged) where a version lies in one of these …
    pub ranges: Vec<Range>,
    /// … or is one of these. Both empty: every version.
    pub versions: Vec<String>,
    /// The source's own word for this package (Debian's urgency), `Unknown` where there is none.
    pub severity: Severity,
    /// Concerns only programs built for these systems (Go's GOOS); empty: all.
    pub platforms: Vec<String>,
    /// Concerns only binaries that link one of these; empty: all (Go).
    pub imports: Vec<Import>,
}

/// What a source says about a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Affected within the ranges; fixed where a range ends in [`End::Fixed`].
    Affected,
    /// Looked at, and not affected.
    NotAffected,
    /// Affected, and not to be fixed: the reason.
    WontFix(String),
    /// Affected, and to be fixed later: the reason.
    Deferred(String),
    /// Not known yet.
    Investigating,
}

/// A half-open interval of versions, in the ecosystem's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// First affected version; `None`: from the beginning.
    pub introduced: Option<String>,
    /// Where it ends.
    pub end: End,
}

/// Where a range ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nowhere: no fix is known.
    Open,
    /// Before this version, which has the fix.
    Fixed(String),
    /// With this version, inclusive; the fix is unknown.
    LastAffected(String),
    /// Before this version, which need not have a fix.
    Limit(String),
}

/// A Go package that must be linked for a statement to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Import path.
    pub path: String,
    /// Systems it concerns; empty: all.
    pub platforms: Vec<String>,
}

/// What is known of a CVE beside advisories.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enrichment {
    /// Its id.
    pub cve: String,
    /// A title, where the record has one.
    pub title: String,
    /// Ratings of the CNA and of CISA's ADP container.
    pub ratings: Vec<Rating>,
    /// `CWE-79`.
    pub cwes: Vec<String>,
    /// CISA's decision points.
    pub ssvc: Option<Ssvc>,
    /// Known to be exploited.
    pub kev: Option<Kev>,
    /// Score and percentile, 0.0 to 1.0.
    pub epss: Option<(f64, f64)>,
    /// RFC 3339.
    pub published: Option<String>,
    /// The CVE was rejected.
    pub rejected: bool,
}

/// What a source has data for: silence about anything else means nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The source's slug.
    pub source: String,
    /// The world it speaks of.
    pub ecosystem: Ecosystem,
    /// The release; `None` for languages and rolling distributions.
    pub release: Option<String>,
    /// The packages it looked at, normalised; `None`: all of the ecosystem and release.
    pub packages: Option<Vec<String>>,
    /// Records that were read.
    pub records: u64,
    /// Newest change in the data, RFC 3339.
    pub newest: Option<String>,
}

/// Something in a source that cannot be used as it stands, found at import: an empty or inverted range, a version that
/// is none, an unknown ecosystem, a duplicate id. Such ranges never match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// The source's slug.
    pub source: String,
    /// What kind, a stable slug: `empty-range`, `inverted-range`, `unparsable-version`, `unknown-ecosystem`, `duplicate-id`.
    pub code: String,
    /// The record's id.
    pub record: String,
    /// One line: which package, which text.
    pub detail: String,
}
