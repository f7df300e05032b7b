//! What readers of text files share: bytes without a copy where they lie in memory, text whatever its encoding, and
//! the problem that says that a file is damaged.

use std::borrow::Cow;

use model::{Effect, Problem, Problems};

use crate::{Content, FileInfo, problems};

/// The first `max` bytes of the file; `None`, with a problem, where it cannot be read.
pub(crate) fn bytes<'a>(
    content: &'a dyn Content,
    max: u64,
    info: &FileInfo<'_>,
    problems: &mut Problems,
) -> Option<Cow<'a, [u8]>> {
    if let Some(bytes) = content.as_bytes() {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        return Some(Cow::Borrowed(bytes.get(..max).unwrap_or(bytes)));
    }
    match content.to_vec(max) {
        Ok(bytes) => Some(Cow::Owned(bytes)),
        Err(error) => {
            problems.push(Problem::new(
                problems::UNREADABLE,
                info.path,
                Effect::MayHidePackages,
                format!("could not be read: {error}; check the file and its permissions"),
            ));
            None
        }
    }
}

/// The bytes without a UTF-8 byte order mark, which editors on Windows leave in JSON and metadata files.
pub(crate) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Text of any encoding: what is not UTF-8 becomes U+FFFD, as names and versions are ASCII anyway. UTF-16 is what
/// shells on Windows write when they redirect.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..).unwrap_or_default().chunks_exact(2);
        let units = units.filter_map(|pair| pair.try_into().ok()).map(unit);
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, ..] => Cow::Owned(utf16(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => Cow::Owned(utf16(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(without_bom(bytes)),
    }
}

/// Says that a file is damaged. `why` is one clause; what could be read of the file was kept.
pub(crate) fn malformed(path: &str, effect: Effect, why: impl std::fmt::Display) -> Problem {
    Problem::new(problems::MALFORMED, path, effect, format!("{why}; what could be read of it was kept"))
}

/// The longest name or version that is believed: registries allow about 214 characters.
pub(crate) const MAX_WORD: usize = 512;

/// A name or version as it may be believed: trimmed, not empty, not endless.
pub(crate) fn word(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= MAX_WORD).then_some(text)
}
