//! Sections and segments of an ELF file, read without the rest of it (System V ABI, "Object files").

use std::borrow::Cow;

use memchr::memchr;

use crate::{
    Content,
    lang::bytes::{Layout, ReadError, exact},
};

/// Largest table of section names: real ones have a few KiB.
const NAMES_MAX: u64 = 4 << 20;
/// Largest section or program header table: 65,535 entries of 64 bytes.
const TABLE_MAX: u64 = 4 << 20;
const SHT_NOBITS: u32 = 8;
const PT_LOAD: u32 = 1;
const PF_W: u32 = 2;

/// The first bytes of every ELF file.
pub(crate) const MAGIC: &[u8] = b"\x7fELF";

/// An opened ELF file.
pub(crate) struct Elf<'a> {
    pub(crate) content: &'a dyn Content,
    pub(crate) layout: Layout,
    sections: Vec<Section>,
    names: Cow<'a, [u8]>,
    segments: Vec<Segment>,
    /// A table of it could not be read; what could be is there.
    pub(crate) damage: Option<ReadError>,
}

/// A section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    name: u32,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// A loaded segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    address: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) writable: bool,
}

impl<'a> Elf<'a> {
    /// Reads the header and its tables. `None`: not an ELF file that is linked (`ET_EXEC`, `ET_DYN`).
    pub(crate) fn open(content: &'a dyn Content) -> Result<Option<Self>, ReadError> {
        let mut head = [0; 64];
        let got = content.read_full_at(0, &mut head)?;
        let head = &head[..got];
        if !head.starts_with(MAGIC) {
            return Ok(None);
        }
        let (Some(&class), Some(&data)) = (head.get(4), head.get(5)) else {
            return Err(ReadError::Malformed("the ELF header is cut off"));
        };
        if !matches!(class, 1 | 2) || !matches!(data, 1 | 2) {
            return Err(ReadError::Malformed("the ELF header names no known class or byte order"));
        }
        let layout = Layout { big: data == 2, wide: class == 2 };
        let header = Header::parse(layout, head).ok_or(ReadError::Malformed("the ELF header is cut off"))?;
        if !matches!(header.kind, 2 | 3) {
            return Ok(None);
        }
        let mut elf = Self {
            content,
            layout,
            sections: Vec::new(),
            names: Cow::Borrowed(&[]),
            segments: Vec::new(),
            damage: None,
        };
        if let Err(error) = elf.read_segments(&header) {
            elf.damage = Some(error);
        }
        if let Err(error) = elf.read_sections(&header) {
            elf.sections.clear();
            elf.damage = Some(error);
        }
        Ok(Some(elf))
    }

    fn read_segments(&mut self, header: &Header) -> Result<(), ReadError> {
        let Some(table) =
            self.table(header.segments, header.segment_len, if self.layout.wide { 56 } else { 32 })?
        else {
            return Ok(());
        };
        self.segments = table
            .chunks_exact(usize::from(header.segment_len))
            .filter_map(|raw| Segment::parse(self.layout, raw))
            .collect();
        Ok(())
    }

    fn read_sections(&mut self, header: &Header) -> Result<(), ReadError> {
        let (offset, mut count) = header.sections;
        let (mut names_at, len) = (u32::from(header.names), header.section_len);
        let least = if self.layout.wide { 64 } else { 40 };
        if offset == 0 || len < least {
            return Ok(());
        }
        if count == 0 || names_at == 0xffff {
            // More than 65,279 sections: the real numbers stand in the first section.
            let first = exact(self.content, offset, u64::from(len), 4096, "the first section")?;
            let (size_at, link_at) = if self.layout.wide { (32, 40) } else { (20, 24) };
            if count == 0 {
                count = self.layout.word(&first, size_at).unwrap_or(0);
            }
            if names_at == 0xffff {
                names_at = self.layout.u32(&first, link_at).unwrap_or(0);
            }
        }
        let Some(table) = self.table((offset, count), len, least)? else { return Ok(()) };
        let mut sections = Vec::with_capacity(table.len() / usize::from(len));
        let mut names = None;
        for (number, raw) in table.chunks_exact(usize::from(len)).enumerate() {
            let Some((section, kind)) = Section::parse(self.layout, raw) else { continue };
            if number == names_at as usize {
                names = Some(section);
            }
            if kind != SHT_NOBITS {
                sections.push(section);
            }
        }
        if let Some(names) = names {
            self.names =
                exact(self.content, names.offset, names.size, NAMES_MAX, "the table of section names")?;
        }
        self.sections = sections;
        Ok(())
    }

    fn table(
        &self,
        (offset, count): (u64, u64),
        len: u16,
        least: u16,
    ) -> Result<Option<Cow<'a, [u8]>>, ReadError> {
        if offset == 0 || count == 0 || len < least {
            return Ok(None);
        }
        let size =
            count.checked_mul(u64::from(len)).ok_or(ReadError::Malformed("a header table overflows"))?;
        exact(self.content, offset, size, TABLE_MAX, "a header table").map(Some)
    }

    /// The first section whose name fits.
    pub(crate) fn section(&self, fits: impl Fn(&[u8]) -> bool) -> Option<Section> {
        self.sections.iter().copied().find(|section| fits(self.name(section)))
    }

    fn name(&self, section: &Section) -> &[u8] {
        let rest = self.names.get(section.name as usize..).unwrap_or_default();
        &rest[..memchr(0, rest).unwrap_or(rest.len())]
    }

    /// Has it a readable section table at all?
    pub(crate) fn has_sections(&self) -> bool {
        !self.sections.is_empty() && !self.names.is_empty()
    }

    /// The loaded segments.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where the byte at a virtual address stands in the file.
    pub(crate) fn offset_of(&self, address: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let within = address.checked_sub(segment.address)?;
            (within < segment.size).then(|| segment.offset.checked_add(within)).flatten()
        })
    }
}

struct Header {
    kind: u16,
    segments: (u64, u64),
    segment_len: u16,
    sections: (u64, u64),
    section_len: u16,
    names: u16,
}

impl Header {
    fn parse(layout: Layout, raw: &[u8]) -> Option<Self> {
        let word = layout.word_len();
        // e_type, e_machine, e_version, then three words (entry, phoff, shoff), e_flags and six half words.
        let halves = 24 + 3 * word + 4;
        let half = |n: usize| layout.u16(raw, halves + 2 * n);
        Some(Self {
            kind: layout.u16(raw, 16)?,
            segments: (layout.word(raw, 24 + word)?, u64::from(half(2)?)),
            segment_len: half(1)?,
            sections: (layout.word(raw, 24 + 2 * word)?, u64::from(half(4)?)),
            section_len: half(3)?,
            names: half(5)?,
        })
    }
}

impl Section {
    fn parse(layout: Layout, raw: &[u8]) -> Option<(Self, u32)> {
        let word = layout.word_len();
        let section = Self {
            name: layout.u32(raw, 0)?,
            offset: layout.word(raw, 8 + 2 * word)?,
            size: layout.word(raw, 8 + 3 * word)?,
        };
        Some((section, layout.u32(raw, 4)?))
    }
}

impl Segment {
    fn parse(layout: Layout, raw: &[u8]) -> Option<Self> {
        let word = layout.word_len();
        // The 64-bit layout has the flags second, the 32-bit layout has them last but one.
        let (flags_at, offset_at) = if layout.wide { (4, 8) } else { (24, 4) };
        if layout.u32(raw, 0)? != PT_LOAD {
            return None;
        }
        Some(Self {
            offset: layout.word(raw, offset_at)?,
            address: layout.word(raw, offset_at + word)?,
            size: layout.word(raw, offset_at + 3 * word)?,
            writable: layout.u32(raw, flags_at)? & PF_W != 0,
        })
    }
}
