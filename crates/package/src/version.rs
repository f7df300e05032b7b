//! Version orders, each exact to its native tool.
//!
//! A text is parsed once into a [`Version`]; comparing two of them reads both texts in place and allocates nothing. Every
//! order is total but Maven's, which the tool itself lets go in circles for odd texts. Where a native tool refuses a text, so do we, save for a few tolerances that advisories need: white
//! space around a text never counts, and each module names its own. The tests under `tests/orders.rs` hold each order against the tool itself.
//!
//! A range that starts at OSV's `introduced: "0"` starts before every version: that is for the reader of ranges to
//! know, for in most orders there are versions below `0` (`0~rc1`, `0-alpha`).

mod apk;
mod composer;
mod dpkg;
mod go;
mod maven;
mod npm;
mod nuget;
mod pep440;
mod rpm;
mod rubygems;
mod semver;
mod text;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

pub use go::go_toolchain_version;

/// Longer texts are no versions. The longest in public feeds has fewer than 200 bytes.
const MAX_LENGTH: usize = 4096;

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
    text: Box<str>,
    key: Key,
}

/// What an order knows of a parsed text: mostly where its parts lie in it.
trait Order: Sized {
    /// `None` when `text` is no version. `text` is neither empty nor longer than [`MAX_LENGTH`].
    fn parse(text: &str) -> Option<Self>;
    /// Both keys with the texts that they were parsed from.
    fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering;
    /// Does the version say that it comes before a release?
    fn is_prerelease(&self, text: &str) -> bool;
}

macro_rules! orders {
    ($($name:ident = $module:ident),* $(,)?) => {
        #[derive(Clone, Debug)]
        enum Key {
            $($name($module::Key),)*
        }

        impl Key {
            fn parse(order: VersionOrder, text: &str) -> Option<Self> {
                match order {
                    $(VersionOrder::$name => $module::Key::parse(text).map(Self::$name),)*
                }
            }

            fn order(&self) -> VersionOrder {
                match self {
                    $(Self::$name(_) => VersionOrder::$name,)*
                }
            }

            fn compare(&self, text: &str, other: &Self, other_text: &str) -> Ordering {
                match (self, other) {
                    $((Self::$name(a), Self::$name(b)) => a.compare(text, b, other_text),)*
                    _ => (self.order() as u8).cmp(&(other.order() as u8)),
                }
            }

            fn is_prerelease(&self, text: &str) -> bool {
                match self {
                    $(Self::$name(key) => key.is_prerelease(text),)*
                }
            }
        }

        impl VersionOrder {
            /// All orders.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

orders! {
    Dpkg = dpkg,
    Rpm = rpm,
    Apk = apk,
    Semver = semver,
    Pep440 = pep440,
    Npm = npm,
    Maven = maven,
    Go = go,
    RubyGems = rubygems,
    NuGet = nuget,
    Composer = composer,
}

impl VersionOrder {
    fn key(self, text: &str) -> Result<Key, VersionError> {
        Some(text)
            .filter(|text| !text.trim_ascii().is_empty() && text.len() <= MAX_LENGTH)
            .and_then(|text| Key::parse(self, text))
            .ok_or_else(|| VersionError { order: self, version: text.chars().take(100).collect() })
    }

    /// Parses `text`.
    ///
    /// # Errors
    /// When `text` is no version of this order. Empty texts and those of more than 4,096 bytes are none.
    pub fn parse(self, text: &str) -> Result<Version, VersionError> {
        Ok(Version { key: self.key(text)?, text: text.into() })
    }

    /// Compares two texts without keeping them.
    ///
    /// # Errors
    /// When one of them is no version of this order.
    pub fn compare(self, a: &str, b: &str) -> Result<Ordering, VersionError> {
        Ok(self.key(a)?.compare(a, &self.key(b)?, b))
    }
}

impl Version {
    /// Compares with another version of the same order; versions of different orders compare by order.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.key.compare(&self.text, &other.key, &other.text)
    }

    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its order.
    #[must_use]
    pub fn order(&self) -> VersionOrder {
        self.key.order()
    }

    /// Does it say of itself that it comes before a release (`1.0-rc.1`, `1.0.dev3`, `1.0_alpha`, `1.0~rc1` of an rpm)? Never
    /// for dpkg, where `~` marks backports (`~deb12u1`) as often.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.key.is_prerelease(&self.text)
    }
}

#[cfg(test)]
mod tests;
