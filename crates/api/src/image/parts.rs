//! Packages, layers and history of an image, and what two images have not in common.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ImageRow;
use crate::tally::{Severity, State, Tally, TallyLite};

/// The layer that brought something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerPlace {
    /// 0 is the lowest.
    pub position: u32,
    /// Digest of the uncompressed layer.
    pub diff_id: String,
    /// The instruction that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

/// A package of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackageRow {
    /// The fleet's id of the package with all that its verdict hangs on.
    pub subject: String,
    /// purl type: `deb`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Package URL.
    pub purl: String,
    /// The layer that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerPlace>,
    /// Files that show it, best first.
    pub paths: Vec<String>,
    /// Its findings that count.
    pub findings: TallyLite,
    /// What the database could say about it, a slug: `covered`, `no-feed`, …
    pub coverage: String,
}

/// The layers of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Layers {
    /// The lowest first.
    pub items: Vec<Layer>,
}

/// A layer of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// 0 is the lowest.
    pub position: u32,
    /// Digest of the uncompressed layer.
    pub diff_id: String,
    /// The instruction that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Bytes as stored.
    pub size: u64,
    /// Packages of this image that came with it.
    pub packages: u64,
    /// Findings of this image that came with it.
    pub findings: Tally,
    /// Images in places that the caller may see which have this layer at this position, this one among them.
    pub shared_by: u64,
    /// It is a part of the base that the image was built on.
    pub is_base: bool,
}

/// What happened to an image in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// Tags that point or pointed at it, newest first; at most 500.
    pub tags: Vec<ImageTagSpan>,
    /// Events, newest first.
    pub events: Vec<HistoryEvent>,
    /// What each control says, and since when.
    pub states: Vec<StateSince>,
}

/// A tag and how long it pointed at the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageTagSpan {
    /// The tag.
    pub tag: String,
    /// From when on.
    #[schema(format = DateTime)]
    pub since: String,
    /// Until when; absent: it does now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// Something that happened to an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEvent {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// `built`, `first-seen`, `imported`, `pushed`, `pulled`, `published`, `scanned`, `gone`.
    pub what: String,
    /// More of it, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A control's state since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateSince {
    /// The control's id.
    pub control: String,
    /// The state.
    pub state: State,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

/// What two images have not in common. Lists have at most 2,000 rows each; the counts are of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Compare {
    /// The first.
    pub a: ImageRow,
    /// The second.
    pub b: ImageRow,
    /// Packages that differ, by name.
    pub packages: Vec<ChangedPackage>,
    /// Findings that differ, the worst first.
    pub findings: Vec<FindingChange>,
    /// How many findings differ.
    pub counts: CompareCounts,
}

/// How a package of the second image stands to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PackageChange {
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
    /// Both have it, in other versions.
    Changed,
}

/// A package that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangedPackage {
    /// How.
    pub change: PackageChange,
    /// purl type.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version in the first; several are separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Version in the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// How a finding of the second image stands to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Only the second has it.
    New,
    /// Only the first has it.
    Gone,
}

/// A finding that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingChange {
    /// How.
    pub change: Change,
    /// The finding.
    pub finding: FindingLite,
}

/// A finding in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingLite {
    /// The vulnerability.
    pub vulnerability: String,
    /// The severity that counts.
    pub severity: Severity,
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Known to be exploited.
    pub kev: bool,
}

/// Findings of two images, by vulnerability and package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CompareCounts {
    /// Only the second has them.
    pub new: u64,
    /// Only the first has them.
    pub gone: u64,
    /// Both have them.
    pub same: u64,
}
