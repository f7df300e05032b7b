use serde::{Deserialize, Serialize};

/// The fields of `os-release` that say which distribution and release this is (os-release(5)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsRelease {
    /// `ID`, lower case.
    pub id: String,
    /// `ID_LIKE`, in its order.
    pub id_like: Vec<String>,
    /// `VERSION_ID`, empty for rolling releases.
    pub version_id: String,
    /// `VERSION_CODENAME`.
    pub codename: String,
    /// `PRETTY_NAME`.
    pub pretty_name: String,
}

/// A distribution and its release as advisories name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distro {
    /// What os-release says.
    pub os_release: OsRelease,
    /// `var/lib/dpkg/status.d` instead of `status`: a distroless image.
    pub distroless: bool,
}
