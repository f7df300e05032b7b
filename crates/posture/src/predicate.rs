//! The logic of controls: named predicates over plain facts. A control of `content/controls/` names one and gives it
//! parameters; the predicate says which parameters it takes.

mod image;
mod registry;

use std::str::FromStr;

use crate::{AssetKind, Day, FindingCounts, ImageFacts, ParameterKind, Parameters, RegistryFacts, Verdict};

/// A named predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Predicate {
    /// No vulnerability that counts.
    NoVulnerabilities,
    /// No hostile package.
    NoMalware,
    /// The main process is not root.
    NotRoot,
    /// No value of the configuration looks like a credential.
    NoCredentials,
    /// The distribution still repairs the release.
    SupportedRelease,
    /// Young, or on a base that did not move on.
    FreshBase,
    /// The content can be judged.
    SupportedContent,
    /// A team owns the image.
    ImageOwned,
    /// The registry is reached by verified TLS.
    Tls,
    /// The registry takes nothing from the unknown.
    NoAnonymousWrite,
}

/// What a predicate is given.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// Findings that count: those of the facts, or what disable rules leave of them.
    pub(crate) findings: &'a FindingCounts,
    pub(crate) parameters: &'a Parameters,
    pub(crate) today: Day,
}

impl Predicate {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::NoVulnerabilities,
        Self::NoMalware,
        Self::NotRoot,
        Self::NoCredentials,
        Self::SupportedRelease,
        Self::FreshBase,
        Self::SupportedContent,
        Self::ImageOwned,
        Self::Tls,
        Self::NoAnonymousWrite,
    ];

    /// Its name in content.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoVulnerabilities => "no-vulnerabilities",
            Self::NoMalware => "no-malware",
            Self::NotRoot => "not-root",
            Self::NoCredentials => "no-credentials",
            Self::SupportedRelease => "supported-release",
            Self::FreshBase => "fresh-base",
            Self::SupportedContent => "supported-content",
            Self::ImageOwned => "image-owned",
            Self::Tls => "tls",
            Self::NoAnonymousWrite => "no-anonymous-write",
        }
    }

    /// The kind of asset it judges.
    #[must_use]
    pub const fn asset(self) -> AssetKind {
        match self {
            Self::Tls | Self::NoAnonymousWrite => AssetKind::Registry,
            _ => AssetKind::Image,
        }
    }

    /// The parameters that it takes; a control that names it declares exactly these.
    #[must_use]
    pub const fn parameters(self) -> &'static [(&'static str, ParameterKind)] {
        match self {
            Self::NoVulnerabilities => {
                &[("minimum-severity", ParameterKind::Severity), ("fixable-only", ParameterKind::Flag)]
            }
            Self::NotRoot => &[("numeric", ParameterKind::Flag)],
            Self::SupportedRelease => {
                &[("long-term", ParameterKind::Flag), ("days-before", ParameterKind::Number)]
            }
            Self::FreshBase => &[("days", ParameterKind::Number)],
            Self::NoMalware
            | Self::NoCredentials
            | Self::SupportedContent
            | Self::ImageOwned
            | Self::Tls
            | Self::NoAnonymousWrite => &[],
        }
    }

    /// Judges an image; `None`: it judges another kind of asset.
    pub(crate) fn image(self, facts: &ImageFacts, given: Given<'_>) -> Option<Verdict> {
        Some(match self {
            Self::NoVulnerabilities => image::no_vulnerabilities(facts, given),
            Self::NoMalware => image::no_malware(facts, given),
            Self::NotRoot => image::not_root(facts, given),
            Self::NoCredentials => image::no_credentials(facts),
            Self::SupportedRelease => image::supported_release(facts, given),
            Self::FreshBase => image::fresh_base(facts, given),
            Self::SupportedContent => image::supported_content(facts),
            Self::ImageOwned => image::owned(facts),
            Self::Tls | Self::NoAnonymousWrite => return None,
        })
    }

    /// Judges a registry; `None`: it judges another kind of asset.
    pub(crate) fn registry(self, facts: &RegistryFacts) -> Option<Verdict> {
        match self {
            Self::Tls => Some(registry::tls(facts)),
            Self::NoAnonymousWrite => Some(registry::no_anonymous_write(facts)),
            _ => None,
        }
    }
}

impl FromStr for Predicate {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|predicate| predicate.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|predicate| predicate.as_str()).collect();
            format!("unknown predicate '{name}'; there are {}", names.join(", "))
        })
    }
}
