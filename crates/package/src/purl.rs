//! Package URLs (purl-spec): one package's name across tools.

use crate::{Distro, Package};

/// Why a text is no package URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no package URL: {why}")]
pub struct PurlError {
    /// The text, cut.
    pub text: String,
    /// What is wrong.
    pub why: &'static str,
}

/// The package URL of `package` in an image of `distro`.
#[must_use]
pub fn purl(_package: &Package, _distro: Option<&Distro>) -> String {
    String::new()
}

/// A package from its URL: type, name, version, architecture, source package and distribution as far as they stand in it.
///
/// # Errors
/// When the text is no purl or of a type that Seawall does not know.
pub fn parse_purl(text: &str) -> Result<(Package, Option<Distro>), PurlError> {
    Err(PurlError { text: text.to_owned(), why: "not yet" })
}
