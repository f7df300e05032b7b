//! gzip (RFC 1952) around raw deflate. The engine that inflates is named here and nowhere else.

use crc32fast::Hasher as Crc;
use flate2::{Decompress, FlushDecompress, Status};

use crate::decode::{Corrupt, Step};

/// Bytes of one gzip header; file name and comment are the only parts without a length of their own.
const HEADER_MAX: usize = 64 << 10;

const MULTI_PART: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;

/// A gzip stream of any number of members.
pub(crate) struct Gzip {
    engine: Decompress,
    /// Header or trailer bytes so far, where they do not come in one piece.
    held: Vec<u8>,
    part: Part,
    crc: Crc,
    /// Bytes of the member so far, as its trailer counts them: modulo 2³².
    size: u32,
    members: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Body,
    Trailer,
}

impl Gzip {
    pub(crate) fn new() -> Self {
        Self {
            engine: Decompress::new(false),
            held: Vec::new(),
            part: Part::Header,
            crc: Crc::new(),
            size: 0,
            members: 0,
        }
    }

    /// May the input end here?
    pub(crate) fn at_end(&self) -> bool {
        self.part == Part::Header && self.held.is_empty() && self.members > 0
    }

    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        match self.part {
            Part::Header => self.header(input),
            Part::Body => self.body(input, output),
            Part::Trailer => self.trailer(input).map(|read| Step::Did { read, wrote: 0 }),
        }
    }

    fn header(&mut self, input: &[u8]) -> Result<Step, Corrupt> {
        if self.members > 0 && self.held.is_empty() && input.first() != Some(&0x1f) {
            return Ok(Step::End);
        }
        let before = self.held.len();
        self.held.extend_from_slice(input.get(..input.len().min(HEADER_MAX)).unwrap_or_default());
        match header_len(&self.held)? {
            Some(len) => {
                self.held.clear();
                self.engine.reset(false);
                self.crc.reset();
                self.size = 0;
                self.part = Part::Body;
                Ok(Step::Did { read: len.saturating_sub(before), wrote: 0 })
            }
            None if self.held.len() > HEADER_MAX => Err(Corrupt("a gzip header without an end")),
            None => Ok(Step::Did { read: self.held.len() - before, wrote: 0 }),
        }
    }

    fn body(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        let (read, wrote) = (self.engine.total_in(), self.engine.total_out());
        let status = self
            .engine
            .decompress(input, output, FlushDecompress::None)
            .map_err(|_| Corrupt("a deflate block contradicts itself"))?;
        let read = (self.engine.total_in() - read) as usize;
        let wrote = (self.engine.total_out() - wrote) as usize;
        self.crc.update(output.get(..wrote).unwrap_or_default());
        self.size = self.size.wrapping_add(wrote as u32);
        if status != Status::StreamEnd {
            return Ok(Step::Did { read, wrote });
        }
        self.part = Part::Trailer;
        let taken = self.trailer(input.get(read..).unwrap_or_default())?;
        Ok(Step::Did { read: read + taken, wrote })
    }

    /// Checks what the member's end says; returns how much of the input it took.
    fn trailer(&mut self, input: &[u8]) -> Result<usize, Corrupt> {
        let wanted = input.len().min(8 - self.held.len());
        self.held.extend_from_slice(input.get(..wanted).unwrap_or_default());
        if let Some((crc, size)) = self.held.split_first_chunk::<4>()
            && let Some(size) = size.first_chunk::<4>()
        {
            if u32::from_le_bytes(*crc) != self.crc.clone().finalize() {
                return Err(Corrupt("a gzip member's checksum (CRC-32) is wrong"));
            }
            if u32::from_le_bytes(*size) != self.size {
                return Err(Corrupt("a gzip member's length is wrong"));
            }
            self.held.clear();
            self.members += 1;
            self.part = Part::Header;
        }
        Ok(wanted)
    }
}

/// Bytes of the header that `bytes` starts with, `None` where it is not all there.
fn header_len(bytes: &[u8]) -> Result<Option<usize>, Corrupt> {
    for (at, wanted) in [0x1f, 0x8b, 8].into_iter().enumerate() {
        if bytes.get(at).is_some_and(|&byte| byte != wanted) {
            return Err(Corrupt("a gzip member starts wrong"));
        }
    }
    let Some(&flags) = bytes.get(3) else { return Ok(None) };
    if flags & 0xe0 != 0 {
        return Err(Corrupt("a gzip header has reserved flags"));
    }
    let mut len = 10;
    if flags & EXTRA != 0 {
        let Some(size) = bytes.get(len..).and_then(|rest| rest.first_chunk::<2>()) else { return Ok(None) };
        len += 2 + usize::from(u16::from_le_bytes(*size));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let rest = bytes.get(len..).unwrap_or_default();
            let Some(end) = rest.iter().position(|&byte| byte == 0) else { return Ok(None) };
            len += end + 1;
        }
    }
    if flags & MULTI_PART != 0 {
        len += 2;
    }
    Ok((bytes.len() >= len).then_some(len))
}
