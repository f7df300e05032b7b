//! Where and how the Go linker leaves its build information (Go's `debug/buildinfo`, `cmd/link`).

use memchr::memmem;

use crate::lang::{
    bytes::{ReadError, exact},
    elf::file::Elf,
};

const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
const HEADER: u64 = 32;
/// The linker aligns the header to this.
const ALIGN: usize = 16;
/// How much of the data segment is searched where there are no sections: the linker puts it at the beginning.
const SEARCH: u64 = 64 << 10;
/// Longest module information; the largest binaries seen have 100 KiB.
const TEXT_MAX: u64 = 16 << 20;
/// Sentinels of 16 bytes before and after the module information.
const FRAME: usize = 16;

/// The two texts of the build information, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// `go1.25.3`; empty where only pointers are there that lead nowhere.
    pub(crate) toolchain: String,
    /// Lines of module information, without their frame; empty where built without modules.
    pub(crate) modules: String,
}

/// Finds and decodes it. `None`: not built by Go 1.13 or later.
pub(crate) fn find(elf: &Elf<'_>) -> Result<Option<Raw>, ReadError> {
    let (start, size) = match elf.section(|name| name == b".go.buildinfo") {
        Some(section) => (section.offset, section.size),
        // With section names but none of Go's it is no Go binary; only without them is it worth a search.
        None if elf.has_sections() && elf.section(|name| name.ends_with(b"gopclntab")).is_none() => {
            return Ok(None);
        }
        None => match elf.segments().iter().find(|segment| segment.writable) {
            Some(segment) => (segment.offset, segment.size),
            None => return Ok(None),
        },
    };
    let head = exact(elf.content, start, size.min(SEARCH), SEARCH, "the data segment")?;
    let Some(at) = memmem::find_iter(&head, MAGIC).find(|at| at % ALIGN == 0) else { return Ok(None) };
    let at = start + at as u64;
    let header = exact(elf.content, at, HEADER, HEADER, "the header")?;
    let (pointer_len, flags) = (header[14], header[15]);
    let (toolchain, framed) = if flags & 2 != 0 {
        let (toolchain, next) = inline_text(elf, at + HEADER)?;
        (toolchain, inline_text(elf, next)?.0)
    } else {
        if usize::from(pointer_len) != elf.layout.word_len() || (flags & 1 != 0) != elf.layout.big {
            return Err(ReadError::Malformed("its pointers are not those of the file"));
        }
        let pointer = |n: usize| elf.layout.word(&header, 16 + n * elf.layout.word_len()).unwrap_or(0);
        (pointed_text(elf, pointer(0))?, pointed_text(elf, pointer(1))?)
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Some(Raw { toolchain: text(&toolchain), modules: text(unframe(&framed)) }))
}

/// A text behind its length in base 128, and where it ends.
fn inline_text(elf: &Elf<'_>, at: u64) -> Result<(Vec<u8>, u64), ReadError> {
    let room = elf.content.len().saturating_sub(at).min(10);
    let raw = exact(elf.content, at, room, 10, "a length")?;
    let (mut len, mut read) = (0_u64, 0);
    for byte in raw.iter() {
        let low = u64::from(byte & 0x7f);
        let shift = 7 * read;
        if shift == 63 && low > 1 {
            return Err(ReadError::Malformed("a length overflows"));
        }
        len |= low << shift;
        read += 1;
        if byte & 0x80 == 0 {
            let text = exact(elf.content, at + read, len, TEXT_MAX, "the build information")?;
            return Ok((text.into_owned(), at + read + len));
        }
    }
    Err(ReadError::Malformed("a length does not end"))
}

/// The Go string (pointer, length) that lies at an address. Empty where nothing is loaded from the file there, as in
/// position-independent programs whose pointers the loader writes.
fn pointed_text(elf: &Elf<'_>, address: u64) -> Result<Vec<u8>, ReadError> {
    let Some(at) = elf.offset_of(address) else { return Ok(Vec::new()) };
    let word = elf.layout.word_len();
    let header = exact(elf.content, at, 2 * word as u64, 16, "a string header")?;
    let (Some(data), Some(len)) = (elf.layout.word(&header, 0), elf.layout.word(&header, word)) else {
        return Ok(Vec::new());
    };
    let Some(at) = elf.offset_of(data) else { return Ok(Vec::new()) };
    Ok(exact(elf.content, at, len, TEXT_MAX, "the build information")?.into_owned())
}

fn unframe(framed: &[u8]) -> &[u8] {
    match framed.len().checked_sub(FRAME) {
        Some(end) if end > FRAME && framed.get(end - 1) == Some(&b'\n') => &framed[FRAME..end],
        _ => &[],
    }
}
