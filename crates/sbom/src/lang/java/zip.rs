//! Zip archives through their central directory (PKWARE's APPNOTE.TXT): only entries that are asked for are inflated,
//! and an entry that is stored is read where it lies.

use std::io::{self, Read};

use flate2::{Crc, read::DeflateDecoder};
use memchr::memmem;
use model::{Budget, Exceeded, Limit};

use crate::{
    Content,
    lang::bytes::{Layout, ReadError, exact},
};

const LITTLE: Layout = Layout { big: false, wide: true };
const END: &[u8; 4] = b"PK\x05\x06";
const END_LEN: u64 = 22;
const END64: &[u8; 4] = b"PK\x06\x06";
const END64_LEN: u64 = 56;
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const LOCATOR_LEN: u64 = 20;
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const CENTRAL_LEN: usize = 46;
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const LOCAL_LEN: u64 = 30;
/// A record of the central directory with the longest name, extra field and comment fits.
const CHUNK: u64 = 256 << 10;
/// From how many inflated bytes on the ratio counts.
const RATIO_FROM: u64 = 1 << 20;

/// An entry that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Name, with forward slashes.
    pub(crate) name: String,
    encrypted: bool,
    method: u16,
    crc: u32,
    packed: u64,
    /// Size after inflating, as the directory states it.
    pub(crate) size: u64,
    offset: u64,
}

/// The central directory, as far as it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// Entries that `keep` chose, by their place in the archive.
    pub(crate) entries: Vec<Entry>,
    /// Entries that overlap an earlier one, which no packer writes: left out.
    pub(crate) overlapping: u64,
    /// Entries that the archive announces and does not have.
    pub(crate) missing: u64,
}

struct Span {
    start: u64,
    end: u64,
    /// What to add to offsets: bytes before the archive, such as a shell script that starts it.
    bias: u64,
    entries: u64,
}

/// Reads the central directory; `keep` sees the name of every entry. `None`: not a zip archive.
pub(crate) fn directory(
    content: &dyn Content,
    budget: &Budget,
    mut keep: impl FnMut(&[u8]) -> bool,
) -> Result<Option<Directory>, ReadError> {
    let Some(span) = find(content)? else { return Ok(None) };
    let mut directory = Directory::default();
    let mut seen = 0_u64;
    let mut at = span.start;
    while at < span.end {
        let part = exact(content, at, CHUNK.min(span.end - at), CHUNK, "the central directory")?;
        let mut rest: &[u8] = &part;
        let mut here = 0;
        while rest.starts_with(CENTRAL)
            && let Some((len, name)) = record(rest)
        {
            here += 1;
            if keep(name) {
                directory.entries.push(entry(&rest[..len], name, span.bias)?);
            }
            rest = &rest[len..];
        }
        budget.charge_entries(here)?;
        budget.check_time()?;
        seen += here;
        let consumed = (part.len() - rest.len()) as u64;
        at += consumed;
        if consumed == 0 {
            // Something else than entries: a signature, or damage. The count tells.
            break;
        }
    }
    directory.missing = span.entries.saturating_sub(seen);
    directory.entries.sort_by_key(|entry| entry.offset);
    let mut free = 0;
    let before = directory.entries.len();
    directory.entries.retain(|entry| {
        let apart = entry.offset >= free;
        if apart {
            free = entry.offset.saturating_add(LOCAL_LEN).saturating_add(entry.packed);
        }
        apart
    });
    directory.overlapping = (before - directory.entries.len()) as u64;
    Ok(Some(directory))
}

/// The length of the first record and its name, if all of it is there.
fn record(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let part = |at| LITTLE.u16(bytes, at).map(usize::from);
    let name = part(28)?;
    let len = CENTRAL_LEN + name + part(30)? + part(32)?;
    Some((len, bytes.get(..len)?.get(CENTRAL_LEN..CENTRAL_LEN + name)?))
}

fn entry(record: &[u8], name: &[u8], bias: u64) -> Result<Entry, ReadError> {
    const CUT: ReadError = ReadError::Malformed("an entry of the central directory is cut off");
    let half = |at| LITTLE.u16(record, at).ok_or(CUT);
    let word = |at| LITTLE.u32(record, at).ok_or(CUT);
    let extra_at = CENTRAL_LEN + name.len();
    let extra = record.get(extra_at..extra_at + usize::from(half(30)?)).ok_or(CUT)?;
    let mut large = zip64(extra);
    let mut wide = |at| {
        let short = word(at)?;
        if short != u32::MAX {
            return Ok(u64::from(short));
        }
        let long = LITTLE.u64(large, 0).ok_or(CUT)?;
        large = &large[8..];
        Ok::<u64, ReadError>(long)
    };
    let (size, packed, offset) = (wide(24)?, wide(20)?, wide(42)?);
    Ok(Entry {
        name: String::from_utf8_lossy(name).replace('\\', "/"),
        encrypted: half(8)? & 1 != 0,
        method: half(10)?,
        crc: word(16)?,
        packed,
        size,
        offset: offset.checked_add(bias).ok_or(ReadError::Malformed("an entry's offset overflows"))?,
    })
}

/// The numbers that do not fit into 32 bits: size, packed size and offset, each only where its short form is full.
fn zip64(mut extra: &[u8]) -> &[u8] {
    while let (Some(id), Some(len)) = (LITTLE.u16(extra, 0), LITTLE.u16(extra, 2)) {
        let Some(field) = extra.get(4..4 + usize::from(len)) else { break };
        if id == 1 {
            return field;
        }
        extra = &extra[4 + usize::from(len)..];
    }
    &[]
}

/// Finds the end record, and by it the central directory.
fn find(content: &dyn Content) -> Result<Option<Span>, ReadError> {
    // The end record stands before a comment of at most 65,535 bytes.
    let tail_len = content.len().min(END_LEN + 0xffff);
    let tail = exact(content, content.len() - tail_len, tail_len, tail_len, "the archive's end")?;
    let Some(at) = memmem::rfind_iter(&tail, END).find(|&at| at as u64 + END_LEN <= tail_len) else {
        return Ok(None);
    };
    let raw = &tail[at..];
    let mut end = End {
        at: content.len() - tail_len + at as u64,
        entries: u64::from(LITTLE.u16(raw, 10).unwrap_or(0)),
        size: u64::from(LITTLE.u32(raw, 12).unwrap_or(0)),
        offset: u64::from(LITTLE.u32(raw, 16).unwrap_or(0)),
    };
    if (end.entries == 0xffff || end.size == 0xffff_ffff || end.offset == 0xffff_ffff)
        && let Some(end64) = end64(content, end.at)?
    {
        end = end64;
    }
    let start = end
        .at
        .checked_sub(end.size)
        .ok_or(ReadError::Malformed("the central directory is larger than the file"))?;
    let bias = start
        .checked_sub(end.offset)
        .ok_or(ReadError::Malformed("the central directory does not stand where its end says"))?;
    Ok(Some(Span { start, end: end.at, bias, entries: end.entries }))
}

/// What an end record says, and where it stands.
struct End {
    at: u64,
    entries: u64,
    size: u64,
    offset: u64,
}

/// The record for large archives. `None`: there is none, and the short numbers are meant as they are.
fn end64(content: &dyn Content, end_at: u64) -> Result<Option<End>, ReadError> {
    let Some(locator_at) = end_at.checked_sub(LOCATOR_LEN) else { return Ok(None) };
    let locator = exact(content, locator_at, LOCATOR_LEN, LOCATOR_LEN, "the zip64 locator")?;
    if !locator.starts_with(LOCATOR) {
        return Ok(None);
    }
    // Directly before the locator, where every packer writes it; else where the locator says.
    let stated = LITTLE.u64(&locator, 8).unwrap_or(u64::MAX);
    for at in [locator_at.checked_sub(END64_LEN), Some(stated)].into_iter().flatten() {
        if at.checked_add(END64_LEN).is_none_or(|end| end > locator_at) {
            continue;
        }
        let record = exact(content, at, END64_LEN, END64_LEN, "the zip64 end record")?;
        if record.starts_with(END64) {
            let number = |at| LITTLE.u64(&record, at).unwrap_or(0);
            return Ok(Some(End { at, entries: number(32), size: number(40), offset: number(48) }));
        }
    }
    Err(ReadError::Malformed("the zip64 end record is not there"))
}

impl Entry {
    /// Where its data begins: behind its local header.
    fn data(&self, content: &dyn Content) -> Result<u64, ReadError> {
        if self.encrypted {
            return Err(ReadError::Malformed("an entry is encrypted"));
        }
        let header = exact(content, self.offset, LOCAL_LEN, LOCAL_LEN, "a local header")?;
        if !header.starts_with(LOCAL) {
            return Err(ReadError::Malformed("an entry is not where the directory says"));
        }
        let part = |at| LITTLE.u16(&header, at).map_or(0, u64::from);
        Ok(self.offset + LOCAL_LEN + part(26) + part(28))
    }

    /// The part of the archive that is the entry, if it is stored as it is.
    pub(crate) fn stored<'a>(&self, content: &'a dyn Content) -> Result<Option<Part<'a>>, ReadError> {
        if self.method != 0 {
            return Ok(None);
        }
        let start = self.data(content)?;
        if self.packed != self.size || start.checked_add(self.size).is_none_or(|end| end > content.len()) {
            return Err(ReadError::Malformed("a stored entry lies outside the archive"));
        }
        Ok(Some(Part { content, start, len: self.size }))
    }

    /// The entry's bytes, at most `max`.
    pub(crate) fn read(
        &self,
        content: &dyn Content,
        budget: &Budget,
        max: u64,
    ) -> Result<Vec<u8>, ReadError> {
        if self.size > max {
            return Err(ReadError::TooLarge { what: "an entry", limit: max });
        }
        let bytes = match (self.stored(content)?, self.method) {
            (Some(part), _) => {
                budget.charge_bytes(part.len)?;
                exact(&part, 0, part.len, max, "an entry")?.into_owned()
            }
            (None, 8) => self.inflate(content, budget)?,
            _ => return Err(ReadError::Malformed("an entry is packed by a method other than deflate")),
        };
        let mut crc = Crc::new();
        crc.update(&bytes);
        if bytes.len() as u64 != self.size || crc.sum() != self.crc {
            return Err(ReadError::Malformed("an entry's bytes are not those that the directory describes"));
        }
        Ok(bytes)
    }

    fn inflate(&self, content: &dyn Content, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        const STEP: u64 = 1 << 20;
        let start = self.data(content)?;
        if start.checked_add(self.packed).is_none_or(|end| end > content.len()) {
            return Err(ReadError::Malformed("an entry lies outside the archive"));
        }
        let mut reader = DeflateDecoder::new_with_buf(
            Part { content, start, len: self.packed }.reader(),
            vec![0; usize::try_from(self.packed.clamp(512, 64 << 10)).unwrap_or(512)],
        );
        // Deflate gives at most 1,032 bytes for one: what a size that lies could make us allocate is bounded by the file.
        let room = self.size.min(self.packed.saturating_mul(1032));
        let mut out = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        loop {
            let left = self.size + 1 - out.len() as u64;
            let before = out.len();
            reader
                .by_ref()
                .take(left.min(STEP))
                .read_to_end(&mut out)
                .map_err(|_| ReadError::Malformed("an entry is not deflated data"))?;
            let got = (out.len() - before) as u64;
            budget.charge_bytes(got)?;
            let total = out.len() as u64;
            let allowed = budget.limits().ratio;
            if total > RATIO_FROM && total > allowed.saturating_mul(self.packed) {
                return Err(Exceeded { limit: Limit::Ratio, allowed }.into());
            }
            if got < left.min(STEP) || total > self.size {
                return Ok(out);
            }
        }
    }
}

/// A part of another content.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    content: &'a dyn Content,
    start: u64,
    len: u64,
}

impl<'a> Part<'a> {
    fn reader(self) -> PartReader<'a> {
        PartReader { part: self, at: 0 }
    }
}

impl Content for Part<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = buf.len().min(left);
        self.content.read_at(self.start.saturating_add(offset), &mut buf[..want])
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let (start, len) = (usize::try_from(self.start).ok()?, usize::try_from(self.len).ok()?);
        self.content.as_bytes()?.get(start..)?.get(..len)
    }
}

struct PartReader<'a> {
    part: Part<'a>,
    at: u64,
}

impl Read for PartReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.part.read_at(self.at, buf)?;
        self.at += got as u64;
        Ok(got)
    }
}
