//! The file's frame.
//!
//! ```text
//! 0        header: magic, format, file length, sections (offset, length), place and hash of the sums, own hash
//! 4096     data: the sections, one after the other
//! …        sums: one 64-bit hash for each 4 KiB block of the data
//! end-32   SHA-256 of data, sums and header, in this order
//! ```
//!
//! Opening checks the header and the sums; a block of the data is hashed when it is first touched. So every byte that
//! an answer rests on was checked, and opening costs little however large the file is.

use crate::{Error, codec::In, hash::hash64};

/// First bytes of the file.
pub(crate) const MAGIC: &[u8; 8] = b"SEAWALL\xDB";
/// Grows with every change of the format or of a version order: positions of versions are compiled in.
pub(crate) const FORMAT: u32 = 3;
/// Bytes of the header, and of a block.
pub(crate) const BLOCK: u64 = 4096;
/// Bytes of the footer.
pub(crate) const FOOTER: u64 = 32;

/// The parts of the data, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Sources, coverage, lints.
    Facts,
    /// Names, sorted by hash.
    Names,
    /// What is said about each name.
    Groups,
    /// Where each record lies.
    RecordIndex,
    /// Records.
    Records,
    /// Ids of records, sorted by hash.
    Ids,
    /// CVEs with enrichment, sorted by hash.
    CveIndex,
    /// Enrichment.
    Cves,
}

/// How many there are.
pub(crate) const SECTIONS: usize = 8;

impl Section {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Facts => "sources and coverage",
            Self::Names => "table of names",
            Self::Groups => "statements",
            Self::RecordIndex => "index of records",
            Self::Records => "records",
            Self::Ids => "table of ids",
            Self::CveIndex => "index of CVEs",
            Self::Cves => "CVEs",
        }
    }
}

/// A run of bytes; `offset` counts from the beginning of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// The header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) file_len: u64,
    pub(crate) sections: [Span; SECTIONS],
    pub(crate) sums: Span,
    pub(crate) sums_hash: u64,
}

impl Header {
    /// The header's block.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&(SECTIONS as u32).to_le_bytes());
        out.extend_from_slice(&self.file_len.to_le_bytes());
        for span in self.sections.iter().chain([&self.sums]) {
            out.extend_from_slice(&span.offset.to_le_bytes());
            out.extend_from_slice(&span.len.to_le_bytes());
        }
        out.extend_from_slice(&self.sums_hash.to_le_bytes());
        out.resize(4096 - 8, 0);
        let hash = hash64(&out);
        out.extend_from_slice(&hash.to_le_bytes());
        out
    }

    /// Reads and checks a header of a file of `actual` bytes.
    pub(crate) fn decode(block: &[u8], actual: u64) -> Result<Self, Error> {
        let damaged = |_| Error::Corrupt { what: "header", offset: 0 };
        let mut read = In(block);
        if read.take(MAGIC.len()) != Ok(MAGIC) {
            return Err(Error::NotADatabase);
        }
        let found = read.u32().map_err(damaged)?;
        let (body, mut end) = block
            .split_at_checked(4096 - 8)
            .map(|(body, end)| (body, In(end)))
            .ok_or(Error::Corrupt { what: "header, the file is cut short", offset: block.len() as u64 })?;
        // An honest header of another format is told from a damaged one by its hash, which all formats share.
        if end.u64().map_err(damaged)? != hash64(body) {
            return Err(Error::Corrupt { what: "header", offset: 0 });
        }
        if found != FORMAT {
            return Err(Error::Version { found, expected: FORMAT });
        }
        let count = read.u32().map_err(damaged)?;
        let file_len = read.u64().map_err(damaged)?;
        if file_len != actual || count as usize != SECTIONS {
            return Err(Error::Corrupt { what: "length, the file is cut short or grew", offset: actual });
        }
        let mut spans = [Span::default(); SECTIONS + 1];
        for span in &mut spans {
            *span = Span { offset: read.u64().map_err(damaged)?, len: read.u64().map_err(damaged)? };
            let end = span.offset.checked_add(span.len);
            if span.offset < BLOCK || end.is_none_or(|end| end > file_len) {
                return Err(Error::Corrupt { what: "section table", offset: 0 });
            }
        }
        let sums_hash = read.u64().map_err(damaged)?;
        let [a, b, c, d, e, f, g, h, sums] = spans;
        Ok(Self { file_len, sections: [a, b, c, d, e, f, g, h], sums, sums_hash })
    }
}
