//! Licences from `usr/share/doc/PACKAGE/copyright`.

use std::collections::BTreeSet;

use model::{Budget, Problems};

use super::Copyright;
use crate::{
    Content, Fact, FileInfo,
    os::{bytes_of, lines, word},
};

/// Licences of one package that are kept: some name a thousand short texts.
const MAX: usize = 64;

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let licences = if bytes.starts_with(b"Format") { machine_readable(&bytes) } else { by_reference(&bytes) };
    (!licences.is_empty()).then(|| Fact::Copyright(Copyright { licences: licences.into_iter().collect() }))
}

/// The short names of `License:` fields (machine-readable debian/copyright, version 1.0).
fn machine_readable(bytes: &[u8]) -> BTreeSet<String> {
    let mut licences = BTreeSet::new();
    for line in lines(bytes) {
        if let Some(value) = line.strip_prefix(b"License:")
            && let Some(name) = word(value)
            && licences.len() < MAX
        {
            licences.insert(name);
        }
    }
    licences
}

/// Free text refers to the licences that base-files brings: `/usr/share/common-licenses/GPL-2`.
fn by_reference(bytes: &[u8]) -> BTreeSet<String> {
    const FOLDER: &[u8] = b"/usr/share/common-licenses/";
    let mut licences = BTreeSet::new();
    for at in memchr::memmem::find_iter(bytes, FOLDER) {
        let rest = bytes.get(at + FOLDER.len()..).unwrap_or_default();
        let end = rest
            .iter()
            .position(|c| !(c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'+')))
            .unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        // A full stop ends the sentence, not the name.
        let name = name.strip_suffix(b".").unwrap_or(name);
        if let Some(name) = word(name)
            && licences.len() < MAX
        {
            licences.insert(name);
        }
    }
    licences
}
