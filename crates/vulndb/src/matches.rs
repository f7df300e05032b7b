//! What matching gives.

use std::{collections::BTreeMap, fmt};

use model::{
    ApartReason, Class, FixStatus, Judgement, Kev, MatchedRecord, Problem, Rating, Reference, Severity, Ssvc,
};
use package::{Ecosystem, NameKind, PackageIndex};

/// What counts as there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Judge {
    /// Images, containers and root file systems: by what is installed; what lock files declare is shown apart.
    #[default]
    Installed,
    /// Source trees: by what is declared, and by what is installed in them.
    Declared,
}

/// How a catalogue is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// What counts as there.
    pub judge: Judge,
}

/// One finding: one CVE (or advisory without one) on one package.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Which package.
    pub package: PackageIndex,
    /// The CVE where there is one, else the record's own id.
    pub id: String,
    /// Other ids of the records that matched, sorted; aliases of aliases are not followed.
    pub aliases: Vec<String>,
    /// What kind.
    pub class: Class,
    /// One line; empty where no source has one.
    pub summary: String,
    /// The world in which the package was looked up.
    pub ecosystem: Ecosystem,
    /// Its release, empty where there are none.
    pub release: String,
    /// The name that was looked up.
    pub name: String,
    /// Which of the package's names that is.
    pub name_kind: NameKind,
    /// The version that was compared.
    pub installed: String,
    /// What is to be had.
    pub fix: FixStatus,
    /// The severity that counts.
    pub severity: Severity,
    /// Who gave it.
    pub severity_source: Option<String>,
    /// All ratings, those that count first first.
    pub ratings: Vec<Rating>,
    /// Weaknesses.
    pub cwes: Vec<String>,
    /// Known to be exploited.
    pub kev: Option<Kev>,
    /// Probability of exploitation and its percentile, 0.0 to 1.0.
    pub epss: Option<(f64, f64)>,
    /// CISA's decision points.
    pub ssvc: Option<Ssvc>,
    /// Links, without repetition.
    pub references: Vec<Reference>,
    /// RFC 3339, the earliest that a source tells.
    pub published: Option<String>,
    /// Every record that matched, highest precedence first.
    pub records: Vec<MatchedRecord>,
    /// Where sources of lower or equal precedence say otherwise, in words.
    pub disagreement: Option<String>,
    /// Does it count, and if not, why.
    pub judgement: Judgement,
}

/// What the database could say about a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverageState {
    /// There is data for it, and it was compared.
    Covered,
    /// Files of an OS package of the distribution: its owner's coverage counts.
    ByOwner,
    /// Another vendor's OS package: the distribution's advisories say nothing about it.
    ThirdParty,
    /// There is data for the ecosystem, and none for this release.
    NoRelease,
    /// There is no data for the ecosystem at all, or the distribution is not known to Seawall.
    NoFeed,
    /// The data is a list or a sample in which this package does not stand.
    NoPackage,
    /// Its version is unknown or cannot be compared.
    Unversioned,
    /// It was built in a module stream, or a variant, that cannot be told.
    StreamUnknown,
    /// An OS package, and no distribution is known.
    DistroUnknown,
    /// The database is damaged where this package's data lies.
    Damaged,
}

impl CoverageState {
    /// Was the package judged with data?
    #[must_use]
    pub const fn is_assessed(&self) -> bool {
        matches!(self, Self::Covered | Self::ByOwner)
    }

    /// A stable slug: `no-release`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::ByOwner => "by-owner",
            Self::ThirdParty => "third-party",
            Self::NoRelease => "no-release",
            Self::NoFeed => "no-feed",
            Self::NoPackage => "no-package",
            Self::Unversioned => "unversioned",
            Self::StreamUnknown => "stream-unknown",
            Self::DistroUnknown => "distro-unknown",
            Self::Damaged => "damaged",
        }
    }
}

impl fmt::Display for CoverageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Covered => "matched with data",
            Self::ByOwner => "judged by the package that owns its files",
            Self::ThirdParty => "not assessed: a third party's package",
            Self::NoRelease => "not assessed: no data for this release",
            Self::NoFeed => "not assessed: no feed for this distribution or ecosystem",
            Self::NoPackage => "not assessed: no data for this package",
            Self::Unversioned => "not assessed: its version is unknown",
            Self::StreamUnknown => "not assessed: module stream or build variant unknown",
            Self::DistroUnknown => "not assessed: distribution unknown",
            Self::Damaged => "not assessed: the database is damaged here",
        })
    }
}

/// Numbers that add up: `hits = merged + overruled + rejected + …` is said field by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packages looked at.
    pub packages: u64,
    /// Statements compared.
    pub statements: u64,
    /// (CVE, package, record) triples that hold: what a matcher without rules would print.
    pub hits: u64,
    /// Of `hits`: joined to another of the same CVE and package.
    pub merged: u64,
    /// Of `hits`: a source of higher precedence says that this version is not affected.
    pub overruled: u64,
    /// Of `hits`: the CVE was rejected by who assigns CVEs.
    pub rejected: u64,
    /// Findings: `hits - merged - overruled - rejected`.
    pub matches: u64,
    /// Findings that count.
    pub counted: u64,
    /// Findings shown apart, by reason: `matches - counted` in all.
    pub apart: BTreeMap<ApartReason, u64>,
    /// Statements that would hold and were withdrawn by their source; not among `hits`.
    pub withdrawn: u64,
    /// Statements that would hold for another or an unknown module stream; not among `hits`.
    pub other_stream: u64,
    /// Packages by what the database could say about them.
    pub coverage: BTreeMap<CoverageState, u64>,
}

/// What [`crate::Database::assess`] gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Findings, sorted by package, then by id.
    pub matches: Vec<Match>,
    /// For each package of the catalogue, in its order.
    pub coverage: Vec<CoverageState>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// The numbers.
    pub counts: Counts,
}
