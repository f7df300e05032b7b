//! The mapped file: every access is inside its bounds and inside blocks whose hash was checked.

use std::{
    fs::File,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    Error,
    codec::In,
    error::io,
    hash::hash64,
    layout::{BLOCK, FOOTER, Header, Section, Span},
};

enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// A database file in memory.
pub(crate) struct Map {
    bytes: Bytes,
    header: Header,
    /// One bit a block: its hash was found right.
    checked: Box<[AtomicU64]>,
}

impl Map {
    /// Maps the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(io("open", path))?;
        let len = file.metadata().map_err(io("open", path))?.len();
        if len < BLOCK + FOOTER {
            // An empty file cannot be mapped, and a short one is no database.
            let mut short = Vec::new();
            std::io::Read::read_to_end(&mut std::io::Read::take(&file, BLOCK + FOOTER), &mut short)
                .map_err(io("read", path))?;
            return Self::new(Bytes::Owned(short));
        }
        // SAFETY: a mapping is sound as long as nobody changes the bytes of the file under it. Databases are never
        // written in place: the builder writes a new file beside and renames it over the old name, which leaves the
        // mapped inode as it is. Somebody who writes into the file by other means makes this process read other bytes,
        // which the block hashes, bounds checks and UTF-8 checks of every reader treat as hostile, or, by cutting the
        // file, end with SIGBUS; who can do that can as well replace this program's own file.
        #[expect(unsafe_code, reason = "mapping a file is unsafe by nature; the argument stands above")]
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io("map", path))?;
        Self::new(Bytes::Mapped(map))
    }

    /// The same over bytes in memory.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::new(Bytes::Owned(bytes))
    }

    fn new(bytes: Bytes) -> Result<Self, Error> {
        let all = bytes.as_slice();
        let head = all.get(..4096).unwrap_or(all);
        let header = Header::decode(head, all.len() as u64)?;
        let sums = slice(all, header.sums).ok_or(Error::Corrupt { what: "block hashes", offset: 0 })?;
        let damaged = Error::Corrupt { what: "block hashes", offset: header.sums.offset };
        // The sums end where the footer begins and cover all between the header and themselves.
        let blocks = (header.sums.offset - BLOCK).div_ceil(BLOCK);
        let end = header.sums.offset.checked_add(header.sums.len).and_then(|end| end.checked_add(FOOTER));
        if hash64(sums) != header.sums_hash
            || header.sums.len != blocks * 8
            || end != Some(header.file_len)
            || header.sections.iter().any(|span| span.offset + span.len > header.sums.offset)
        {
            return Err(damaged);
        }
        let words = usize::try_from(blocks.div_ceil(64)).map_err(|_| damaged)?;
        let checked = std::iter::repeat_with(|| AtomicU64::new(0)).take(words).collect();
        Ok(Self { bytes, header, checked })
    }

    /// All bytes, unchecked: for the whole-file hash only.
    pub(crate) fn raw(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of a section.
    pub(crate) fn len(&self, section: Section) -> u64 {
        self.header.sections[section as usize].len
    }

    /// `len` bytes at `offset` of a section, checked.
    pub(crate) fn get(&self, section: Section, offset: u64, len: u64) -> Result<&[u8], Error> {
        let span = self.header.sections[section as usize];
        let corrupt = |at: u64| Error::Corrupt { what: section.name(), offset: at };
        let end = offset.checked_add(len).ok_or(corrupt(span.offset))?;
        if end > span.len {
            return Err(corrupt(span.offset));
        }
        let start = span.offset + offset;
        let found = slice(self.bytes.as_slice(), Span { offset: start, len }).ok_or(corrupt(start))?;
        if len > 0 {
            let first = (start - BLOCK) / BLOCK;
            let last = (start + len - 1 - BLOCK) / BLOCK;
            for block in first..=last {
                if !self.check(block) {
                    return Err(corrupt(BLOCK + block * BLOCK));
                }
            }
        }
        Ok(found)
    }

    /// A whole section, checked.
    pub(crate) fn whole(&self, section: Section) -> Result<&[u8], Error> {
        self.get(section, 0, self.len(section))
    }

    fn check(&self, block: u64) -> bool {
        let Some(word) = usize::try_from(block / 64).ok().and_then(|at| self.checked.get(at)) else {
            return false;
        };
        let bit = 1u64 << (block % 64);
        // Relaxed: the bit guards no other memory, the bytes are the file's; two threads may both hash a block.
        if word.load(Ordering::Relaxed) & bit != 0 {
            return true;
        }
        let start = BLOCK + block * BLOCK;
        let len = BLOCK.min(self.header.sums.offset.saturating_sub(start));
        let all = self.bytes.as_slice();
        let wanted = slice(all, Span { offset: self.header.sums.offset + block * 8, len: 8 })
            .and_then(|sum| In(sum).u64().ok());
        let right = slice(all, Span { offset: start, len }).map(hash64) == wanted && wanted.is_some();
        if right {
            word.fetch_or(bit, Ordering::Relaxed);
        }
        right
    }
}

fn slice(bytes: &[u8], span: Span) -> Option<&[u8]> {
    let start = usize::try_from(span.offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(span.len).ok()?)?)
}
