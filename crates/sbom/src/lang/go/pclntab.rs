//! Which packages are linked, from the names of functions in the line table (Go's `debug/gosym`, `runtime/symtab.go`).
//!
//! Since Go 1.16 all names, those of inlined functions too, stand in one table, which is read from end to end. Before,
//! each function's record points to its name.

use memchr::{memchr, memmem};

use crate::lang::{
    bytes::{Layout, ReadError, chunks, exact},
    elf::file::Elf,
    go::symbols::Packages,
};

/// Longest name that is followed; a longer one is a table that lies.
const NAME_MAX: usize = 1 << 20;
/// Functions of a table before Go 1.16; the largest programs have some 200,000.
const FUNCTIONS_MAX: u64 = 4 << 20;

/// How the table is laid out, by the Go release that introduced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Go1_2,
    Go1_16,
    Go1_18,
}

/// The packages whose functions the table names. `None`: there is no table.
pub(crate) fn packages(elf: &Elf<'_>) -> Result<Option<Packages>, ReadError> {
    let table = match elf.section(|name| name.ends_with(b"gopclntab")) {
        Some(section) => Some((section.offset, section.size)),
        None => search(elf)?,
    };
    let Some((start, size)) = table else { return Ok(None) };
    let end = start.checked_add(size).ok_or(ReadError::Malformed("it overflows"))?.min(elf.content.len());
    let head = exact(elf.content, start, end.saturating_sub(start).min(80), 80, "its header")?;
    let Some((shape, layout)) = header(&head) else {
        return Err(ReadError::Malformed("its header is of no known release of Go"));
    };
    let word = |n: usize| {
        layout.word(&head, 8 + n * layout.word_len()).ok_or(ReadError::Malformed("its header is cut off"))
    };
    let mut packages = Packages::default();
    match shape {
        Shape::Go1_2 => functions(elf, layout, (start, end), word(0)?, &mut packages)?,
        Shape::Go1_16 => names(elf, (start, end), word(2)?, word(3)?, &mut packages)?,
        Shape::Go1_18 => names(elf, (start, end), word(3)?, word(4)?, &mut packages)?,
    }
    Ok(Some(packages))
}

/// Release and byte order by the first eight bytes: magic, two zeros, instruction quantum, pointer size.
fn header(head: &[u8]) -> Option<(Shape, Layout)> {
    let &[a, b, c, d, 0, 0, 1 | 2 | 4, pointer @ (4 | 8)] = head.get(..8)? else { return None };
    let shape = |low: u8| match low {
        0xfb => Some(Shape::Go1_2),
        0xfa => Some(Shape::Go1_16),
        0xf0 | 0xf1 => Some(Shape::Go1_18),
        _ => None,
    };
    let wide = pointer == 8;
    if [b, c, d] == [0xff; 3] {
        return Some((shape(a)?, Layout { big: false, wide }));
    }
    if [a, b, c] == [0xff; 3] {
        return Some((shape(d)?, Layout { big: true, wide }));
    }
    None
}

/// Without sections: the table by its first bytes, anywhere in what is loaded.
fn search(elf: &Elf<'_>) -> Result<Option<(u64, u64)>, ReadError> {
    let finder = memmem::Finder::new(b"\xff\xff\xff\0\0");
    let backwards = memmem::Finder::new(b"\xff\xff\xff");
    for segment in elf.segments() {
        let mut at = segment.offset;
        let mut found = None;
        chunks(elf.content, segment.offset, segment.size, |part| {
            // The table is aligned to 32 bytes, so that its first eight never cross a chunk.
            let little = finder.find_iter(part).filter_map(|i| i.checked_sub(1));
            let big = if elf.layout.big { Some(backwards.find_iter(part)) } else { None };
            found = little
                .chain(big.into_iter().flatten())
                .find(|&i| part.get(i..i + 8).is_some_and(|head| header(head).is_some()))
                .map(|i| at + i as u64);
            at += part.len() as u64;
            Ok(found.is_none())
        })?;
        if let Some(found) = found {
            return Ok(Some((found, segment.size - (found - segment.offset))));
        }
    }
    Ok(None)
}

/// Names between two offsets of the table, each ended by a zero byte.
fn names(
    elf: &Elf<'_>,
    (start, end): (u64, u64),
    from: u64,
    to: u64,
    packages: &mut Packages,
) -> Result<(), ReadError> {
    if from > to || to > end - start {
        return Err(ReadError::Malformed("its names lie outside of it"));
    }
    let mut rest: Vec<u8> = Vec::new();
    chunks(elf.content, start + from, to - from, |mut part| {
        if !rest.is_empty() {
            let Some(stop) = memchr(0, part) else {
                rest.extend_from_slice(part);
                if rest.len() > NAME_MAX {
                    return Err(ReadError::Malformed("a name does not end"));
                }
                return Ok(true);
            };
            rest.extend_from_slice(&part[..stop]);
            packages.see(&rest)?;
            rest.clear();
            part = &part[stop + 1..];
        }
        while let Some(stop) = memchr(0, part) {
            packages.see(&part[..stop])?;
            part = &part[stop + 1..];
        }
        rest.extend_from_slice(part);
        Ok(true)
    })
}

/// Names by way of the functions' records: (address, offset of the record) pairs, and in the record the offset of the
/// name behind the address.
fn functions(
    elf: &Elf<'_>,
    layout: Layout,
    (start, end): (u64, u64),
    count: u64,
    packages: &mut Packages,
) -> Result<(), ReadError> {
    let word = layout.word_len();
    if count > FUNCTIONS_MAX {
        return Err(ReadError::TooLarge { what: "the number of functions", limit: FUNCTIONS_MAX });
    }
    let table =
        exact(elf.content, start + 8 + word as u64, count * 2 * word as u64, 128 << 20, "its functions")?;
    let mut window = Window::new(elf, start, end);
    for pair in table.chunks_exact(2 * word) {
        let record = layout.word(pair, word).unwrap_or(u64::MAX);
        let name_at = window
            .at(record.saturating_add(word as u64))?
            .and_then(|bytes| layout.u32(bytes, 0))
            .ok_or(ReadError::Malformed("a function lies outside of it"))?;
        let name = window.at(u64::from(name_at))?.ok_or(ReadError::Malformed("a name lies outside of it"))?;
        let name = &name[..memchr(0, name).unwrap_or(name.len())];
        packages.see(name)?;
    }
    Ok(())
}

/// A part of the table that moves with what is asked for: records and names lie close together.
struct Window<'a, 'e> {
    elf: &'e Elf<'a>,
    start: u64,
    end: u64,
    at: u64,
    bytes: Vec<u8>,
}

impl<'a, 'e> Window<'a, 'e> {
    const LEN: u64 = 64 << 10;
    /// At least so much is given where the table has it: a longer name is cut, which no package path is.
    const LEAST: u64 = 4 << 10;

    fn new(elf: &'e Elf<'a>, start: u64, end: u64) -> Self {
        Self { elf, start, end, at: 0, bytes: Vec::new() }
    }

    /// What stands at an offset of the table.
    fn at(&mut self, offset: u64) -> Result<Option<&[u8]>, ReadError> {
        let Some(from) = self.start.checked_add(offset).filter(|&from| from < self.end) else {
            return Ok(None);
        };
        if let Some(all) = self.elf.content.as_bytes() {
            let (from, to) = (
                usize::try_from(from).unwrap_or(usize::MAX),
                usize::try_from(self.end).unwrap_or(usize::MAX),
            );
            return Ok(all.get(from..to.min(all.len())));
        }
        let have = self.at..self.at + self.bytes.len() as u64;
        let need = (from + Self::LEAST).min(self.end);
        if !have.contains(&from) || need > have.end {
            // Some of what lies before comes along: names may stand before their record.
            self.at = from.saturating_sub(Self::LEN / 4).max(self.start);
            let len = Self::LEN.min(self.end - self.at);
            self.bytes = exact(self.elf.content, self.at, len, Self::LEN, "its records")?.into_owned();
        }
        Ok(usize::try_from(from - self.at).ok().and_then(|i| self.bytes.get(i..)))
    }
}
