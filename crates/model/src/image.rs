//! What an image says of itself, beside its packages: read by posture and admission as well as by the scanner.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{BlobDigest, Credential, DiffId};

/// `os/architecture[/variant]`, as in OCI indexes: `linux/arm64/v8`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, `windows`.
    pub os: String,
    /// Go's name of the architecture: `amd64`, `arm64`, `arm`.
    pub architecture: String,
    /// `v7`, `v8`, where the index tells.
    pub variant: Option<String>,
}

impl Platform {
    /// The platform of this machine, always Linux: images run on Linux even where the scanner does not.
    #[must_use]
    pub fn host() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", None),
            "x86" => ("386", None),
            "aarch64" => ("arm64", Some("v8")),
            "arm" => ("arm", Some("v7")),
            "powerpc64" => ("ppc64le", None),
            other => (other, None),
        };
        Self { os: "linux".into(), architecture: architecture.into(), variant: variant.map(Into::into) }
    }

    /// Does an image built for `self` serve a wish for `wanted`? A variant counts only where both tell one.
    #[must_use]
    pub fn satisfies(&self, wanted: &Self) -> bool {
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && match (&self.variant, &wanted.variant) {
                (Some(have), Some(want)) => have == want,
                _ => true,
            }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        let wrong =
            || format!("'{text}' is no platform; write os/architecture[/variant], such as linux/arm64");
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(os), Some(architecture), variant, None) if !os.is_empty() && !architecture.is_empty() => {
                Ok(Self {
                    os: os.into(),
                    architecture: architecture.into(),
                    variant: variant.map(Into::into),
                })
            }
            _ => Err(wrong()),
        }
    }
}

/// The place of a layer in its image, 0 is the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayerIndex(pub u32);

/// One layer of an image, base first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Digest of the uncompressed tar.
    pub diff_id: DiffId,
    /// Digest of the stored blob, where the source names one.
    pub blob: Option<BlobDigest>,
    /// Bytes of the stored blob.
    pub size: u64,
    /// The instruction that made it, from the image's history; `None` where the history does not line up with the
    /// layers (squashed images): an instruction is never invented.
    pub created_by: Option<String>,
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// RFC 3339 time.
    pub created: Option<String>,
    /// The instruction.
    pub created_by: Option<String>,
    /// Made no layer.
    pub empty_layer: bool,
}

/// A container health check: the test command; `["NONE"]` switches an inherited one off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// As in the image configuration: `["CMD", "curl", …]`, `["CMD-SHELL", …]`, `["NONE"]`.
    pub test: Vec<String>,
}

/// The configuration of an image: the facts that controls judge. Values of environment variables are left out, as
/// they may be secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageConfig {
    /// `os/architecture[/variant]` as the configuration states it.
    pub platform: Option<Platform>,
    /// RFC 3339 time of the build.
    pub created: Option<String>,
    /// User of the main process; empty means root.
    pub user: String,
    /// Names of environment variables, without values.
    pub env_names: Vec<String>,
    /// Values anywhere in the configuration that look like credentials; `None`: nobody looked.
    pub credentials: Option<Vec<Credential>>,
    /// `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// Entry point.
    pub entrypoint: Vec<String>,
    /// Default arguments.
    pub cmd: Vec<String>,
    /// Working directory.
    pub working_dir: String,
    /// Declared volumes.
    pub volumes: Vec<String>,
    /// Health check, where one is declared.
    pub healthcheck: Option<HealthCheck>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// History, oldest first.
    pub history: Vec<History>,
}
