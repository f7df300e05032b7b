//! Catalogues as documents: CycloneDX out, CycloneDX and SPDX in.

mod collect;
pub mod cyclonedx;
mod document;
mod foreign;
pub mod spdx;

use model::{Budget, Effect, Problem, Problems};
use package::Catalogue;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};

pub use document::{Analysis, DocumentInfo, Rating, SubjectKind, Vulnerability, urn_uuid};

use crate::{
    json::{Object, Take, Text},
    lang::input,
    problems,
};

/// A format of documents about packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CycloneDX JSON, any version.
    CycloneDx,
    /// SPDX 2.x JSON.
    Spdx,
    /// SPDX 3 JSON-LD: recognised, not read.
    Spdx3,
    /// CycloneDX XML: recognised, not read.
    CycloneDxXml,
    /// SPDX tag-value: recognised, not read.
    SpdxTagValue,
}

impl Format {
    /// For people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx => "CycloneDX JSON",
            Self::Spdx => "SPDX 2 JSON",
            Self::Spdx3 => "SPDX 3 JSON-LD",
            Self::CycloneDxXml => "CycloneDX XML",
            Self::SpdxTagValue => "SPDX tag-value",
        }
    }
}

/// Which format a document is in; `None` where it is none of them. Reads as much of it as that takes.
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<Format> {
    let text = input::text(bytes);
    let text = text.trim_start();
    if text.starts_with('<') {
        let head: String = text.chars().take(2_000).collect();
        return head.contains("cyclonedx.org/schema/bom").then_some(Format::CycloneDxXml);
    }
    if text.starts_with("SPDXVersion:") {
        return Some(Format::SpdxTagValue);
    }
    let mut found = None;
    // The reader gives up as soon as it knows; that is no error here.
    let _ = Object(Look(&mut found)).deserialize(&mut serde_json::Deserializer::from_str(text));
    found
}

struct Look<'f>(&'f mut Option<Format>);

impl<'de> Take<'de> for Look<'_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let found = match key {
            "bomFormat" => {
                let text = map.next_value::<Text>()?.0;
                text.is_some_and(|text| text == "CycloneDX").then_some(Format::CycloneDx)
            }
            "spdxVersion" => {
                let text = map.next_value::<Text>()?.0;
                text.is_some_and(|text| text.starts_with("SPDX-")).then_some(Format::Spdx)
            }
            "@context" => {
                let text = map.next_value::<Text>()?.0;
                text.is_some_and(|text| text.contains("spdx.org/rdf/3")).then_some(Format::Spdx3)
            }
            _ => map.next_value::<IgnoredAny>().map(|_| None)?,
        };
        match found {
            Some(found) => {
                *self.0 = Some(found);
                Err(serde::de::Error::custom("known"))
            }
            None => Ok(()),
        }
    }
}

/// Reads a document of any format. Of one that cannot be read, the problems say what it is and what to do.
#[must_use]
pub fn read(bytes: &[u8], budget: &Budget) -> (Catalogue, Vec<Problem>) {
    match detect(bytes) {
        Some(Format::CycloneDx) => cyclonedx::read(bytes, budget),
        Some(Format::Spdx) => spdx::read(bytes, budget),
        Some(other) => {
            let message = format!("{} is not read; write the document as CycloneDX JSON", other.as_str());
            refused(problems::UNSUPPORTED_DOCUMENT, &message)
        }
        None => refused(problems::MALFORMED, "this is neither CycloneDX nor SPDX JSON"),
    }
}

fn refused(code: model::ProblemCode, message: &str) -> (Catalogue, Vec<Problem>) {
    let problem = Problem::new(code, DOCUMENT, Effect::MayHidePackages, message);
    (Catalogue::default(), vec![problem])
}

/// The subject of problems of a document as a whole.
const DOCUMENT: &str = "document";

/// Is the document small enough to be read? Else the problem says the limit.
fn check_size(bytes: &[u8], budget: &Budget, problems: &mut Problems) -> bool {
    match budget.check_file(bytes.len() as u64) {
        Ok(()) => true,
        Err(exceeded) => {
            problems.push(
                Problem::new(
                    problems::TOO_LARGE,
                    DOCUMENT,
                    Effect::MayHidePackages,
                    format!("the document of {} bytes is not read: {exceeded}", bytes.len()),
                )
                .with_limit(exceeded.allowed),
            );
            false
        }
    }
}

#[cfg(test)]
mod tests;
