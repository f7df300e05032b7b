//! Reading parts of a file at places that the file itself names, and that may be lies.

use std::{borrow::Cow, io};

use model::{Effect, Exceeded, Problem, Problems};

use crate::{Content, problems};

/// Why a part of a file could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The source of the bytes failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file contradicts itself or its format.
    #[error("{0}")]
    Malformed(&'static str),
    /// A limit of the budget was met.
    #[error("{0}")]
    Limit(#[from] Exceeded),
    /// A part is larger than is ever useful.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl ReadError {
    /// Writes the failure down; `what` names the part in words.
    pub(crate) fn report(&self, problems: &mut Problems, path: &str, what: &str, effect: Effect) {
        let (code, limit) = match self {
            Self::Io(_) => (problems::UNREADABLE, None),
            Self::Malformed(_) => (problems::MALFORMED, None),
            Self::Limit(exceeded) => (problems::LIMIT, Some(exceeded.allowed)),
            Self::TooLarge { limit, .. } => (problems::LIMIT, Some(*limit)),
        };
        let mut problem = Problem::new(code, path, effect, format!("{what}: {self}"));
        problem.limit = limit;
        problems.push(problem);
    }
}

/// The `len` bytes at `offset`, borrowed where the content lies in memory. Nothing is allocated before it is known
/// that the file has that many bytes and that they are at most `max`.
pub(crate) fn exact<'a>(
    content: &'a dyn Content,
    offset: u64,
    len: u64,
    max: u64,
    what: &'static str,
) -> Result<Cow<'a, [u8]>, ReadError> {
    if len > max {
        return Err(ReadError::TooLarge { what, limit: max });
    }
    let end = offset.checked_add(len).ok_or(ReadError::Malformed("an offset overflows"))?;
    if end > content.len() {
        return Err(ReadError::Malformed("a part lies outside the file"));
    }
    let want =
        usize::try_from(len).map_err(|_| ReadError::Malformed("a part is too large for this machine"))?;
    if let Some(all) = content.as_bytes() {
        let part = usize::try_from(offset).ok().and_then(|from| all.get(from..)?.get(..want));
        return part.map(Cow::Borrowed).ok_or(ReadError::Malformed("a part lies outside the file"));
    }
    let mut buf = vec![0; want];
    if content.read_full_at(offset, &mut buf)? < want {
        return Err(ReadError::Malformed("the file ends early"));
    }
    Ok(Cow::Owned(buf))
}

/// Calls `each` with the bytes from `offset` to `offset + len` (or the file's end), `CHUNK` at a time, until it says
/// `false`.
pub(crate) fn chunks(
    content: &dyn Content,
    offset: u64,
    len: u64,
    mut each: impl FnMut(&[u8]) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    const CHUNK: u64 = 256 << 10;
    let mut at = offset.min(content.len());
    let end = offset.saturating_add(len).min(content.len());
    while at < end {
        let part = exact(content, at, CHUNK.min(end - at), CHUNK, "a chunk")?;
        if !each(&part)? {
            return Ok(());
        }
        at += part.len() as u64;
    }
    Ok(())
}

/// Byte order and word size of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Most significant byte first.
    pub(crate) big: bool,
    /// Words of 8 bytes, not 4.
    pub(crate) wide: bool,
}

impl Layout {
    /// The 16-bit number at `at`.
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let raw = array(bytes, at)?;
        Some(if self.big { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) })
    }

    /// The 32-bit number at `at`.
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let raw = array(bytes, at)?;
        Some(if self.big { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) })
    }

    /// The 64-bit number at `at`.
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let raw = array(bytes, at)?;
        Some(if self.big { u64::from_be_bytes(raw) } else { u64::from_le_bytes(raw) })
    }

    /// The word at `at`.
    pub(crate) fn word(self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.wide { self.u64(bytes, at) } else { self.u32(bytes, at).map(u64::from) }
    }

    /// Bytes of a word.
    pub(crate) const fn word_len(self) -> usize {
        if self.wide { 8 } else { 4 }
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.get(..N)?.try_into().ok()
}
