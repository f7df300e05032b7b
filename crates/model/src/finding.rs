//! A finding: what makes an asset unhealthy. The common fields serve every engine; what only one knows is [`Detail`].

use std::borrow::Cow;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ControlId, LayerIndex, Severity};

/// A finding's stable identity: the same problem on the same asset keeps it, so that a new rating, fix or alias
/// changes a finding and never closes and reopens it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(pub String);

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One thing that is wrong with an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Stable identity within its asset.
    pub id: FindingId,
    /// The control that it breaks.
    pub control: ControlId,
    /// How bad.
    pub severity: Severity,
    /// One line for people.
    pub title: String,
    /// What to do, in words.
    pub remedy: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
    /// Does it count towards the state, or is it only shown, and why.
    pub judgement: Judgement,
    /// What only its engine knows.
    pub detail: Detail,
}

/// Does a finding count?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It makes the asset unhealthy.
    Counts,
    /// Shown apart, and never counted: the reason in words, such as "no kernel here".
    Apart(ApartReason),
    /// Hidden by something that a person wrote; counted and listed all the same.
    Suppressed(Suppressed),
}

/// Why a finding is shown apart from those that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApartReason {
    /// A kernel's flaw where no kernel is installed (headers, tools) or another one is booted.
    NoKernel,
    /// A flaw of the toolchain in a binary that an OS package owns: the distribution rebuilds it, or not.
    DistributionBinary,
    /// A language package inside files that an OS package owns: judged by the distribution.
    OwnedByDistribution,
    /// The source calls it unimportant.
    Unimportant,
    /// The package is no longer maintained; no flaw is known by that record.
    Unmaintained,
    /// A bug fix or enhancement.
    Maintenance,
    /// The source is still looking into it.
    Investigating,
    /// The package was recognised by name only.
    Probable,
    /// Only declared in a lock file or manifest, where installed packages are judged.
    DeclaredOnly,
    /// The flawed part (Go package, platform) is not in this binary.
    NotLinked,
}

/// Who hid a finding, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// `.seawallignore:12`, `vex:https://…`.
    pub by: String,
    /// The reason given.
    pub reason: String,
}

/// Where a finding was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// Path from the root of the file system, without a leading slash; `a.war!/WEB-INF/lib/b.jar` inside archives.
    pub path: String,
    /// The layer, where there are layers.
    pub layer: Option<LayerIndex>,
}

/// What only one engine knows of a finding.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Detail {
    /// A known vulnerability, malware or other advisory about a package.
    Vulnerability(Box<Vulnerability>),
}

/// What an advisory is about. Only the first two make an asset unhealthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The package itself is hostile.
    Malware,
    /// A flaw that can be exploited.
    Vulnerability,
    /// No longer maintained.
    Unmaintained,
    /// Bug fix, enhancement or notice.
    Maintenance,
    /// A flaw that its source calls unimportant.
    Unimportant,
}

impl Class {
    /// The lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malware => "malware",
            Self::Vulnerability => "vulnerability",
            Self::Unmaintained => "unmaintained",
            Self::Maintenance => "maintenance",
            Self::Unimportant => "unimportant",
        }
    }

    /// Does an advisory of this class make an asset unhealthy?
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Malware | Self::Vulnerability)
    }
}

/// What the source says about a fix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum FixStatus {
    /// Fixed in this version (the package's own for language packages, the source package's for distributions).
    Fixed {
        /// The lowest fixed version of the installed version's branch.
        version: String,
    },
    /// Affected; no fix is known.
    NoneKnown,
    /// The source will not fix it, and why.
    WontFix {
        /// The source's reason, such as "end of life" or "minor issue".
        reason: String,
    },
    /// The source means to fix it later.
    Deferred {
        /// The source's reason.
        reason: String,
    },
    /// The source does not know yet whether it is affected.
    Investigating,
}

/// One rating of one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// Who rates: `debian`, `almalinux`, `ghsa`, `cna:apache`, `cisa-adp`.
    pub source: String,
    /// The word.
    pub severity: Severity,
    /// CVSS base score computed from `vector`, or as given where the source gives no vector.
    pub score: Option<f64>,
    /// CVSS vector as published.
    pub vector: Option<String>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// OSV's kinds: `ADVISORY`, `FIX`, `REPORT`, `WEB`, … They are few: a static text costs a finding nothing.
    pub kind: Cow<'static, str>,
    /// The address.
    pub url: String,
}

/// An entry of CISA's catalogue of known exploited vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kev {
    /// `YYYY-MM-DD`.
    pub added: String,
    /// `YYYY-MM-DD`.
    pub due: String,
    /// Used by ransomware campaigns.
    pub ransomware: bool,
}

/// CISA's decision points (SSVC), lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ssvc {
    /// `none`, `poc`, `active`.
    pub exploitation: String,
    /// `yes`, `no`.
    pub automatable: String,
    /// `partial`, `total`.
    pub technical_impact: String,
}

/// One record that matched, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchedRecord {
    /// The source's slug: `osv-debian`, `debian-tracker`, `alpine-secdb`.
    pub source: String,
    /// The record's id: `DEBIAN-CVE-2024-28085`.
    pub id: String,
    /// The range or version list that matched, in words: `>= 0, < 2.38.1-5+deb12u1`.
    pub range: String,
    /// What it says about a fix.
    pub fix: FixStatus,
    /// Its class.
    pub class: Class,
    /// Its rating word, where it gives one.
    pub severity: Severity,
}

/// An advisory that concerns a package of the asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Vulnerability {
    /// The name people use: the CVE where there is one, else the record's own id.
    pub id: String,
    /// Its other names, not closed transitively.
    pub aliases: Vec<String>,
    /// What kind.
    pub class: Class,
    /// What it is, in one line.
    pub summary: String,
    /// Package type as in purl: `deb`, `npm`.
    pub package_type: String,
    /// Package name as installed.
    pub package: String,
    /// Name that was looked up, where it differs (source package).
    pub source_package: Option<String>,
    /// Package URL.
    pub purl: String,
    /// Index of the package in the catalogue.
    pub package_index: u32,
    /// The OS package that owns its files.
    pub owner: Option<String>,
    /// Installed version, as the version that was compared.
    pub installed: String,
    /// What is to be had.
    pub fix: FixStatus,
    /// All ratings; `Finding::severity` is the one that counts first.
    pub ratings: Vec<Rating>,
    /// Who gave `Finding::severity`.
    pub severity_source: Option<String>,
    /// Weaknesses: `CWE-79`.
    pub cwes: Vec<String>,
    /// Known to be exploited.
    pub kev: Option<Kev>,
    /// Probability of exploitation within 30 days and its percentile, both 0.0 to 1.0.
    pub epss: Option<(f64, f64)>,
    /// CISA's decision points.
    pub ssvc: Option<Ssvc>,
    /// Links.
    pub references: Vec<Reference>,
    /// RFC 3339, where the source tells.
    pub published: Option<String>,
    /// Every record that matched, highest precedence first.
    pub records: Vec<MatchedRecord>,
    /// Where sources of lower or equal precedence say otherwise, in words.
    pub disagreement: Option<String>,
}
