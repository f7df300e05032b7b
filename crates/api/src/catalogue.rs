//! The catalogue document: what the command line and agents send to a hub, and what the hub's own scans give it. Packages
//! and facts of one target, no verdicts: only the hub matches.
//!
//! The form is its own, so that a change of the engine's types does not change what is sent: [`VERSION`] grows when an
//! older hub could not read it rightly; fields are added with defaults without that. Whoever sends it may be hostile:
//! [`Document::read`] bounds bytes, lists and texts while it reads, and refuses indices that point outside.
//!
//! Values of environment variables and of build arguments are left out: instructions of the history show their names alone.

mod history;
mod read;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use model::{HealthCheck, Platform};
use serde::{Deserialize, Serialize};

pub use read::{ReadError, bounds};
use read::{list, map, some_list};
pub use wire::from_scan;

/// The `format` of every document.
pub const FORMAT: &str = "seawall-catalogue";

/// The version of the form.
pub const VERSION: u32 = 1;

/// A catalogue as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of the cataloguers: a hub that has a newer one's result keeps that.
    pub cataloguer: u32,
    /// As the user typed it.
    pub target: String,
    /// `image`, `rootfs`, `source`, `sbom`.
    pub kind: String,
    /// Are declared packages judged, as in a source tree?
    #[serde(default)]
    pub declared_counts: bool,
    /// What only images have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distro: Option<Distro>,
    /// The release of the booted kernel, on a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booted_kernel: Option<String>,
    /// Packages; others point at them by their place in this list.
    #[serde(deserialize_with = "list::<_, _, { bounds::PACKAGES }>")]
    pub packages: Vec<Package>,
    /// Programs and archives that could not be identified, by path.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::PATHS }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub unidentified: Vec<String>,
    /// Files with the set-uid or set-gid bit.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::PATHS }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub privileged_files: Vec<PrivilegedFile>,
    /// What could not be read.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::PROBLEMS }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub problems: Vec<model::Problem>,
    /// What was left out on purpose.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::PROBLEMS }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub skipped: Vec<Skipped>,
    /// Files and directories seen.
    #[serde(default)]
    pub entries: u64,
    /// Where it was made, when a pipeline sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// Where a pipeline made what it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The workflow's name.
    #[serde(default)]
    pub workflow: String,
    /// The run's address.
    #[serde(default)]
    pub run_url: String,
    /// The branch.
    #[serde(default)]
    pub branch: String,
    /// The commit.
    #[serde(default)]
    pub commit: String,
}

/// What only images have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// The identity of its content.
    pub config_digest: model::ConfigDigest,
    /// The manifest's digest, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<model::ManifestDigest>,
    /// Names it was found under.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::NAMES }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub names: Vec<String>,
    /// Its platform.
    pub platform: Platform,
    /// The platforms that were to be had.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::NAMES }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub platforms: Vec<Platform>,
    /// Annotations of the manifest.
    #[serde(default, deserialize_with = "map", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The configuration.
    #[serde(default)]
    pub config: Config,
    /// The layers, base first.
    #[serde(deserialize_with = "list::<_, _, { bounds::LAYERS }>")]
    pub layers: Vec<Layer>,
}

/// The configuration of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// RFC 3339 time of the build.
    pub created: Option<String>,
    /// User of the main process; empty means root.
    pub user: String,
    /// Names of environment variables, without values.
    #[serde(deserialize_with = "list::<_, _, { bounds::NAMES }>")]
    pub env_names: Vec<String>,
    /// Values that look like credentials, by place and kind; absent where nobody looked. No value is ever among them.
    #[serde(
        deserialize_with = "some_list::<_, _, { bounds::NAMES }>",
        skip_serializing_if = "Option::is_none"
    )]
    pub credentials: Option<Vec<model::Credential>>,
    /// `80/tcp`.
    #[serde(deserialize_with = "list::<_, _, { bounds::NAMES }>")]
    pub exposed_ports: Vec<String>,
    /// Entry point.
    #[serde(deserialize_with = "list::<_, _, { bounds::NAMES }>")]
    pub entrypoint: Vec<String>,
    /// Default arguments.
    #[serde(deserialize_with = "list::<_, _, { bounds::NAMES }>")]
    pub cmd: Vec<String>,
    /// Working directory.
    pub working_dir: String,
    /// Declared volumes.
    #[serde(deserialize_with = "list::<_, _, { bounds::NAMES }>")]
    pub volumes: Vec<String>,
    /// Health check, where one is declared.
    pub healthcheck: Option<HealthCheck>,
    /// Labels.
    #[serde(deserialize_with = "map")]
    pub labels: BTreeMap<String, String>,
    /// History, oldest first.
    #[serde(deserialize_with = "list::<_, _, { bounds::LAYERS }>")]
    pub history: Vec<History>,
}

/// A step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct History {
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The instruction, without values of variables and arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// It made no layer.
    pub empty_layer: bool,
}

/// A layer of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Digest of the uncompressed tar.
    pub diff_id: model::DiffId,
    /// Digest of the stored blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<model::BlobDigest>,
    /// Bytes of the stored blob.
    #[serde(default)]
    pub size: u64,
    /// The instruction that made it, without values of variables and arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

/// A distribution and its release (os-release(5)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Distro {
    /// `ID`.
    pub id: String,
    /// `ID_LIKE`.
    #[serde(deserialize_with = "list::<_, _, { bounds::NAMES }>")]
    pub id_like: Vec<String>,
    /// `VERSION_ID`.
    pub version_id: String,
    /// `VERSION_CODENAME`.
    pub codename: String,
    /// `PRETTY_NAME`.
    pub pretty_name: String,
    /// A distroless image.
    pub distroless: bool,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Path without a leading slash.
    pub path: String,
    /// Why, in words.
    pub reason: String,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// purl type.
    #[serde(rename = "type")]
    pub kind: package::PackageType,
    /// Name as its own metadata writes it.
    pub name: String,
    /// Native version; empty where none is known.
    #[serde(default)]
    pub version: String,
    /// Source package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Architecture in the package manager's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Licences as written.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::NAMES }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub licences: Vec<String>,
    /// Only named by a lock file or manifest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared: bool,
    /// Recognised by a manifest or a file name only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probable: bool,
    /// Built by another vendor than the distribution.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub third_party: bool,
    /// Files that show it, best first.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::NAMES }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub evidence: Vec<String>,
    /// Place of its layer in the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<u32>,
    /// The OS package that owns its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u32>,
    /// The language package that carries it inside itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundled_in: Option<u32>,
    /// Direct dependencies, as far as known.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::EDGES }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub depends_on: Vec<u32>,
    /// `Built-Using` and `Static-Built-Using` of a Debian package.
    #[serde(
        default,
        deserialize_with = "list::<_, _, { bounds::EDGES }>",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub built_using: Vec<Source>,
    /// Module label and vendor of an rpm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpm: Option<Rpm>,
    /// A npm package that only development needs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dev: bool,
    /// A Go module in a binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go: Option<Go>,
}

/// A source package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Name.
    pub name: String,
    /// Version.
    #[serde(default)]
    pub version: String,
}

/// What only rpms have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rpm {
    /// Module label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modularity: Option<String>,
    /// Vendor tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// What only modules in Go binaries have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Go {
    /// Import paths of its linked packages; `None`: the binary does not tell.
    pub linked: Option<Linked>,
    /// The main module of its binary.
    pub main: bool,
    /// The module path before `replace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The toolchain, as written.
    pub toolchain: String,
    /// GOOS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goos: Option<String>,
    /// GOARCH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goarch: Option<String>,
    /// CGO_ENABLED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgo: Option<bool>,
}

/// A bounded list of import paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Linked(#[serde(deserialize_with = "list::<_, _, { bounds::EDGES }>")] pub Vec<String>);
