//! What a scan gives: the catalogue, the findings, the state, and all that stands between them and the truth.

use std::{borrow::Cow, collections::BTreeMap};

use model::{ConfigDigest, Finding, ImageConfig, Layer, ManifestDigest, Platform, Problem, State};
use package::{Catalogue, PackageIndex, Presence};
use serde::{Deserialize, Serialize};

use crate::{Base, Plan};

/// The whole result of one scan.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was scanned.
    pub subject: Subject,
    /// Its packages.
    pub catalogue: Catalogue,
    /// All findings, worst first; those that do not count carry the reason.
    pub findings: Vec<Finding>,
    /// What to do about those that count.
    pub plan: Plan,
    /// How statements became findings.
    pub funnel: Funnel,
    /// What a newer base image would repair, where it would help.
    pub base: Option<Base>,
    /// Healthy, unhealthy, or why it could not be told.
    pub state: State,
    /// Why the scan did not see everything, in words; also where findings make the state unhealthy all the same.
    pub incomplete: Vec<String>,
    /// For how many packages there was data, and why not for the others.
    pub coverage: Coverage,
    /// The database that was asked; `None`: only catalogued.
    pub database: Option<Database>,
    /// What could not be read, understood or finished.
    pub problems: Vec<Problem>,
    /// What was left out on purpose.
    pub skipped: Vec<Skipped>,
    /// What ignore files and VEX documents did.
    pub suppressions: Vec<Suppression>,
}

/// What was scanned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// As the user typed it.
    pub target: String,
    /// Image, root file system, source tree or document.
    pub kind: Kind,
    /// Installed packages are judged in images and file systems, declared ones in source trees.
    pub judged: Option<Presence>,
    /// What only images have.
    pub image: Option<Image>,
    /// Files with the set-uid or set-gid bit.
    pub privileged_files: Vec<PrivilegedFile>,
    /// Files and directories seen.
    pub entries: u64,
}

/// The kinds of target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A container image, from wherever.
    Image,
    /// An installed system.
    #[default]
    RootFs,
    /// A project's sources.
    SourceTree,
    /// A CycloneDX or SPDX document.
    Document,
}

impl Kind {
    /// `image`, `rootfs`, `source`, `sbom`: also the words of `--kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::RootFs => "rootfs",
            Self::SourceTree => "source",
            Self::Document => "sbom",
        }
    }
}

/// What only images have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The identity of its content.
    pub config_digest: ConfigDigest,
    /// The manifest's digest, where there is one.
    pub manifest_digest: Option<ManifestDigest>,
    /// Names it was found under.
    pub names: Vec<String>,
    /// The platform that was scanned.
    pub platform: Platform,
    /// The platforms that were to be had.
    pub platforms: Vec<Platform>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// The configuration.
    pub config: ImageConfig,
    /// The layers, base first.
    pub layers: Vec<Layer>,
}

/// A file that runs with its owner's or group's rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivilegedFile {
    /// Path without a leading slash.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// Something left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// Path without a leading slash.
    pub path: String,
    /// Why, in words.
    pub reason: Cow<'static, str>,
}

/// For how many of the judged packages there was data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Packages that were judged with data.
    pub covered: u64,
    /// Packages that could not be judged, by reason.
    pub gaps: Vec<Gap>,
}

/// Packages that could not be judged for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The reason in words: `no data for Debian 11`.
    pub reason: String,
    /// Does it keep the asset from being healthy? Packages outside a source's list do not, a missing release does.
    pub blocks: bool,
    /// The packages.
    pub packages: Vec<PackageIndex>,
}

/// How statements became findings: `hits = merged + overruled + rejected + findings`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Statements that hold for a package, each record on its own: what a matcher without rules would print.
    pub hits: u64,
    /// Of them, joined to another about the same vulnerability and package.
    pub merged: u64,
    /// Of them, overruled by a source nearer to who ships the package.
    pub overruled: u64,
    /// Of them, about a CVE that was rejected by who assigns CVEs.
    pub rejected: u64,
    /// Findings, those set apart and hidden included.
    pub findings: u64,
}

/// The database that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// RFC 3339 time of the newest record.
    pub newest: Option<String>,
    /// Records in it.
    pub records: u64,
    /// It is the built-in sample: famous records for a first look, not a feed.
    pub sample: bool,
}

/// What one entry of an ignore file or one statement of a VEX document did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// `.seawallignore:12`, `vex.json#3`.
    pub by: String,
    /// The reason given.
    pub reason: String,
    /// Findings that it hid.
    pub hidden: u64,
    /// Where it hid nothing: the nearest finding that it might have meant, or why it did not apply.
    pub nearest: Option<String>,
}

impl Outcome {
    /// Nothing found, in this state.
    #[must_use]
    pub fn empty(state: State) -> Self {
        Self {
            subject: Subject::default(),
            catalogue: Catalogue::default(),
            findings: Vec::new(),
            plan: Plan::default(),
            funnel: Funnel::default(),
            base: None,
            state,
            incomplete: Vec::new(),
            coverage: Coverage::default(),
            database: None,
            problems: Vec::new(),
            skipped: Vec::new(),
            suppressions: Vec::new(),
        }
    }
}
