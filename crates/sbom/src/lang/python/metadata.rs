//! The core metadata of an installed package: headers as in mail, then a description.

use std::borrow::Cow;

use model::{Budget, Effect, Problem, Problems};
use serde::{Deserialize, Serialize};

use crate::{Content, Fact, FileInfo, json::Names, lang::input, problems};

/// What METADATA or PKG-INFO says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// As written.
    pub(crate) name: Option<String>,
    /// As written.
    pub(crate) version: Option<String>,
    /// `License-Expression`, else a short `License`, else the classifiers.
    pub(crate) licences: Vec<String>,
    /// Names in `Requires-Dist` that no extra brings.
    pub(crate) requires: Vec<String>,
}

/// The headers of nearly all packages fit in the first, of all real ones in the second.
const FIRST: u64 = 64 << 10;
const MOST: u64 = 4 << 20;

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    found: &mut Problems,
) -> Option<Fact> {
    let mut bytes = input::bytes(content, FIRST, info, found)?;
    if headers(&bytes).is_none() && content.len() > FIRST {
        bytes = input::bytes(content, MOST, info, found)?;
        if headers(&bytes).is_none() && content.len() > MOST {
            found.push(
                Problem::new(
                    problems::LIMIT,
                    info.path,
                    Effect::None,
                    format!("only the first {MOST} bytes of its headers are read"),
                )
                .with_limit(MOST),
            );
        }
    }
    Some(Fact::Python(parse(headers(&bytes).unwrap_or(&bytes))))
}

/// The bytes before the first empty line; `None` where there is none.
fn headers(bytes: &[u8]) -> Option<&[u8]> {
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        if matches!(bytes.get(start..end), Some(b"" | b"\r")) {
            return bytes.get(..start);
        }
        start = end + 1;
    }
    None
}

fn parse(headers: &[u8]) -> Metadata {
    let text = input::text(headers);
    let mut metadata = Metadata::default();
    let (mut licence, mut long, mut expression) = (None, false, None);
    let mut classifiers = Vec::new();
    let mut last = "";
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            // Only a licence's text goes over lines.
            long |= last.eq_ignore_ascii_case("license") && !line.trim().is_empty();
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        last = key;
        let value = value.trim();
        let known = !value.is_empty() && value != "UNKNOWN";
        match key.to_ascii_lowercase().as_str() {
            "name" if metadata.name.is_none() => metadata.name = input::word(value).map(str::to_owned),
            "version" if metadata.version.is_none() => {
                metadata.version = input::word(value).map(str::to_owned);
            }
            "license" if known => licence = Some(value),
            "license-expression" if known => expression = Some(value),
            "classifier" => {
                if let Some(name) = value.strip_prefix("License :: ") {
                    classifiers.push(name.rsplit(" :: ").next().unwrap_or(name));
                }
            }
            "requires-dist" => metadata.requires.extend(required(value)),
            _ => {}
        }
    }
    metadata.requires.sort_unstable();
    metadata.requires.dedup();
    metadata.requires.truncate(Names::MAX);
    let short = licence.filter(|text| !long && text.len() <= 200);
    metadata.licences = match (expression, short) {
        (Some(one), _) | (None, Some(one)) => vec![one.to_owned()],
        (None, None) => {
            classifiers.into_iter().filter(|name| *name != "OSI Approved").map(str::to_owned).collect()
        }
    };
    // A licence that is only there as a text: its first line is mostly its title.
    if metadata.licences.is_empty()
        && let Some(title) = licence.filter(|text| text.len() <= 200)
    {
        metadata.licences.push(title.to_owned());
    }
    metadata
}

/// The name in a requirement that holds without any extra.
fn required(requirement: &str) -> Option<String> {
    let (name, rest) = super::name_of(requirement)?;
    let marker = rest.split_once(';').map_or("", |(_, marker)| marker);
    let extra = marker.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "extra");
    (!extra).then(|| name.to_owned())
}

/// Name and version by the name of the folder or file: `Name-1.0.dist-info`, `Name-1.0-py3.11.egg-info`, `Name.egg-info`.
pub(super) fn by_folder(name: &str) -> Option<(Cow<'_, str>, &str)> {
    let stem = [".dist-info", ".egg-info", ".egg"].iter().find_map(|suffix| name.strip_suffix(suffix))?;
    let mut parts = stem.split('-');
    let name = parts.next().filter(|name| !name.is_empty())?;
    Some((Cow::Borrowed(name), parts.next().unwrap_or_default()))
}
