//! Images in their places, and all that is known of one.

mod evidence;
mod parts;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tally::{Severity, State, Tally};

pub use evidence::{Advisory, Evidence, Rating, Verdict, Why};
pub use parts::{
    Change, ChangedPackage, Compare, CompareCounts, FindingChange, FindingLite, History, HistoryEvent,
    ImageTagSpan, Layer, LayerPlace, Layers, PackageChange, PackageRow, StateSince,
};

/// What became of a catalogue that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ingest {
    /// The image in its place.
    pub image: String,
    /// The asset: `published/<name>@sha256:…`.
    pub asset_id: String,
    /// The identity of the content.
    pub config_digest: String,
    /// Packages of the content.
    pub packages: u64,
    /// Its findings now.
    pub findings: Tally,
    /// How it stands; *not assessed* until its controls were judged, which begins at once.
    pub state: State,
    /// The hub has read this content itself, or has the result of newer cataloguers, and keeps that instead of what was
    /// sent.
    pub kept: bool,
}

/// An owner, by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerRef {
    /// The id.
    pub id: String,
    /// The team's name.
    pub name: String,
}

/// An image in one place: an asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageRow {
    /// The image in this place.
    pub id: String,
    /// The asset: `registry/<name>/<repository>@sha256:…`, `published/<name>@sha256:…`.
    pub asset_id: String,
    /// The registry's name; absent where it lies in none that is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// The registry's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<String>,
    /// The repository's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The repository's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<String>,
    /// The manifest.
    pub digest: String,
    /// The identity of its content, once it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_digest: Option<String>,
    /// Tags that point at it now.
    pub tags: Vec<String>,
    /// The scope; the root is empty.
    pub scope: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerRef>,
    /// `ID` of os-release: `debian`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distro: Option<String>,
    /// `VERSION_ID` of os-release: `12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distro_version: Option<String>,
    /// `linux`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// `amd64`, `arm/v7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// How it stands.
    pub state: State,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Its findings.
    pub findings: Tally,
    /// Its packages.
    pub packages: u64,
    /// Bytes of its layers as they are stored.
    pub size: u64,
    /// When it was built, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub created: Option<String>,
    /// When it was first seen here.
    #[schema(format = DateTime)]
    pub first_seen: String,
    /// When it was last seen here.
    #[schema(format = DateTime)]
    pub last_seen: String,
    /// Since when it is not there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub gone: Option<String>,
    /// What made it known or be scanned last: `push`, `pull`, `import`, `poll`, `event`, `manual`, `publish`, `host`.
    pub trigger: String,
    /// The last push that was told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub pushed: Option<String>,
    /// The last pull that was told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub pulled: Option<String>,
    /// When its content was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub scanned: Option<String>,
}

/// All that is known of an image in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageDetail {
    /// What the list has of it.
    #[serde(flatten)]
    pub row: ImageRow,
    /// How many layers it has.
    pub layers_count: u64,
    /// The image it was built on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// What went wrong when it was read.
    pub problems: Vec<ReadingProblem>,
    /// Its configuration, without values of environment variables.
    pub configuration: Configuration,
    /// What showed that it is there, or was scanned: the evidence of `trigger`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub evidence: Option<serde_json::Value>,
    /// Where a pipeline made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish: Option<Publish>,
    /// Other places of the same content, at most 100.
    pub elsewhere: Vec<Elsewhere>,
    /// What each control says of it.
    pub assessments: Vec<Assessed>,
    /// What is not counted, and why.
    pub hidden: Hidden,
}

/// The image on which another was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Base {
    /// Its name, as the image tells it.
    pub name: String,
    /// Its distribution's release, where its layers show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its digest, as the image tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadingProblem {
    /// A stable slug.
    pub code: String,
    /// Where: a path in the image, a layer.
    pub subject: String,
    /// What it does to the answer: `none`, `may-hide-packages`, `may-hide-findings`.
    pub effect: String,
    /// How often it happened.
    pub count: u64,
    /// The limit that was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What happened and what to do about it.
    pub message: String,
}

/// The configuration of an image. Environment variables are left out: values may be secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// User of the main process; absent: root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Entry point.
    pub entrypoint: Vec<String>,
    /// Default arguments.
    pub cmd: Vec<String>,
    /// `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// Labels, by name.
    pub labels: Vec<Label>,
    /// Working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
}

/// A label of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Where a pipeline made an image, as it said itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Publish {
    /// The workflow's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The run's address: `http` or `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// The branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Another place of the same content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Elsewhere {
    /// The image in that place.
    pub id: String,
    /// The asset.
    pub asset_id: String,
    /// Its scope.
    pub scope: String,
}

/// What a control says of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assessed {
    /// The control's id.
    pub control: String,
    /// What should hold.
    pub title: String,
    /// How bad it is if it does not.
    pub severity: Severity,
    /// How the image stands.
    pub state: State,
    /// Why; empty where the state says it all.
    pub cause: String,
    /// In this state since.
    #[schema(format = DateTime)]
    pub since: String,
    /// Findings behind it.
    pub findings: u64,
}

/// What of an image is not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hidden {
    /// Findings that disable rules hide.
    pub rules: u64,
    /// Controls that exemptions excuse here.
    pub exemptions: u64,
    /// Findings that are shown apart, by reason.
    pub apart: Vec<Apart>,
}

/// Findings shown apart for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Apart {
    /// The reason, a slug: `unimportant`.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// A finding: one vulnerability of one package in one place of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The vulnerability: a CVE where there is one.
    pub vulnerability: String,
    /// One line about it; may be empty.
    pub title: String,
    /// The severity that counts for this package.
    pub severity: Severity,
    /// CVSS base score of the rating that counts first and has one, 0 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Known to be exploited.
    pub kev: bool,
    /// Probability of exploitation within 30 days, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<f64>,
    /// The package.
    pub package: FindingPackage,
    /// What the advisory is about: `vulnerability`, `malware`, `unmaintained`, …
    pub class: String,
    /// `counts`, or why it is shown apart.
    pub judgement: String,
    /// `fixed`, `none-known`, `wont-fix`, `deferred`, `investigating`.
    pub fix_status: String,
    /// The version that has the fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_version: Option<String>,
    /// What to do, in words.
    pub remedy: String,
    /// The fix of which it is a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixRef>,
    /// The layer that brought the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerPlace>,
    /// Files that show the package, best first.
    pub paths: Vec<String>,
    /// When the package was first matched with it.
    #[schema(format = DateTime)]
    pub first_seen: String,
    /// What hides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<HiddenBy>,
}

/// The package of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingPackage {
    /// The fleet's id of the package with all that its verdict hangs on.
    pub subject: String,
    /// purl type: `deb`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Name of the source package, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Package URL.
    pub purl: String,
}

/// A fix, by id and in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FixRef {
    /// The id.
    pub id: String,
    /// `upgrade openssl to 3.0.17-1~deb12u2`.
    pub title: String,
}

/// What hides a finding: a disable rule, or an exemption of its control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HiddenBy {
    /// The rule's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The exemption's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<String>,
}
