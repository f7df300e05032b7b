use std::{borrow::Cow, fmt, str::FromStr};

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

    /// Which of the four, without the causes.
    #[must_use]
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::Healthy => StateKind::Healthy,
            Self::Unhealthy => StateKind::Unhealthy,
            Self::NotApplicable(_) => StateKind::NotApplicable,
            Self::NotAssessed(_) => StateKind::NotAssessed,
        }
    }
}

/// Which of the four states: what is stored, counted and filtered by. The order is that of a roll-up, what wins first:
/// one unhealthy part makes the whole unhealthy, and what nobody looked at keeps it from being healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    /// Has findings that count.
    Unhealthy,
    /// Could not be judged.
    NotAssessed,
    /// Looked at, with data, and clean.
    Healthy,
    /// The control does not concern the asset.
    NotApplicable,
}

impl StateKind {
    /// All, in the order of a roll-up.
    pub const ALL: [Self; 4] = [Self::Unhealthy, Self::NotAssessed, Self::Healthy, Self::NotApplicable];

    /// The word in databases, JSON and addresses: `healthy`, `unhealthy`, `not_applicable`, `not_assessed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unhealthy => "unhealthy",
            Self::NotAssessed => "not_assessed",
            Self::Healthy => "healthy",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for StateKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
            format!("unknown state '{word}'; use healthy, unhealthy, not_applicable or not_assessed")
        })
    }
}
