use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A control's slug, such as `image.vulnerabilities`. Numbers of standards are data on the control, not its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ControlId(pub Cow<'static, str>);

impl ControlId {
    /// Known vulnerabilities in the packages of an image, container or root file system.
    pub const IMAGE_VULNERABILITIES: Self = Self(Cow::Borrowed("image.vulnerabilities"));
}

/// What an assessment says. Green means "looked at, with data, and clean"; all else says why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "causes", rename_all = "kebab-case")]
pub enum State {
    /// Looked at, with data, and clean.
    Healthy,
    /// Has findings that count.
    Unhealthy,
    /// The control does not concern this asset, and why.
    NotApplicable(Vec<String>),
    /// Could not be judged, and why; findings may stand beside it.
    NotAssessed(Vec<String>),
}

impl State {
    /// `healthy`, `unhealthy`, `not applicable`, `not assessed`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::NotApplicable(_) => "not applicable",
            Self::NotAssessed(_) => "not assessed",
        }
    }
}
