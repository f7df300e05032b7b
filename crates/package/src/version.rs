//! Version orders, each exact to its native tool.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Which order compares two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the name of an ecosystem's order")]
pub enum VersionOrder {
    Dpkg,
    Rpm,
    Apk,
    Semver,
    Pep440,
    Npm,
    Maven,
    Go,
    RubyGems,
    NuGet,
    Composer,
}

/// A text is no version of its order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{version}' is no {order:?} version")]
pub struct VersionError {
    /// The order.
    pub order: VersionOrder,
    /// The text, cut to 100 characters.
    pub version: String,
}

/// A version, parsed once, to be compared many times with others of the same order.
#[derive(Clone, Debug)]
pub struct Version {
    order: VersionOrder,
    text: String,
}

impl VersionOrder {
    /// # Errors
    /// When `text` is no version of this order.
    pub fn parse(self, text: &str) -> Result<Version, VersionError> {
        Ok(Version { order: self, text: text.to_owned() })
    }

    /// Compares two texts.
    ///
    /// # Errors
    /// When one of them is no version of this order.
    pub fn compare(self, a: &str, b: &str) -> Result<Ordering, VersionError> {
        Ok(self.parse(a)?.compare(&self.parse(b)?))
    }
}

impl Version {
    /// Compares with another version of the same order; versions of different orders compare by order.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.order as u8).cmp(&(other.order as u8)).then_with(|| self.text.cmp(&other.text))
    }
}
