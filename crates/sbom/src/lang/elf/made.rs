//! ELF files of a few hundred bytes for tests: any class and byte order, with sections or only with a segment.

use crate::lang::bytes::Layout;

/// All four layouts.
pub(crate) const LAYOUTS: [Layout; 4] = [
    Layout { big: false, wide: true },
    Layout { big: true, wide: true },
    Layout { big: false, wide: false },
    Layout { big: true, wide: false },
];

/// Where the file is loaded: the byte at offset n has the address BASE + n.
pub(crate) const BASE: u64 = 0x40_0000;

impl Layout {
    /// `value` in `len` bytes of this byte order.
    pub(crate) fn bytes(self, value: u64, len: usize) -> Vec<u8> {
        if self.big { value.to_be_bytes()[8 - len..].to_vec() } else { value.to_le_bytes()[..len].to_vec() }
    }

    /// A word.
    pub(crate) fn word_bytes(self, value: u64) -> Vec<u8> {
        self.bytes(value, self.word_len())
    }
}

/// The offset of the n-th part that [`elf`] is given, each aligned to 32 bytes behind the headers.
pub(crate) fn offset_of(parts: &[(&str, Vec<u8>)], n: usize) -> u64 {
    parts[..n].iter().fold(128, |at, (_, data)| (at + data.len() as u64).next_multiple_of(32))
}

/// An executable of these `(section, content)`; without a section table where `sections` is false.
pub(crate) fn elf(layout: Layout, parts: &[(&str, Vec<u8>)], sections: bool) -> Vec<u8> {
    let (word, half) = (|value| layout.word_bytes(value), |value| layout.bytes(value, 2));
    let full = |value| layout.bytes(value, 4);
    let mut names = b"\0".to_vec();
    let mut body = vec![0; 128];
    let mut table = vec![vec![0; if layout.wide { 64 } else { 40 }]];
    let section = |name: u64, kind: u64, offset: u64, size: u64| {
        let mut raw =
            [full(name), full(kind), word(2), word(BASE + offset), word(offset), word(size)].concat();
        raw.resize(if layout.wide { 64 } else { 40 }, 0);
        raw
    };
    for (n, (name, data)) in parts.iter().enumerate() {
        let offset = offset_of(parts, n);
        body.resize(offset as usize, 0);
        body.extend_from_slice(data);
        table.push(section(names.len() as u64, 1, offset, data.len() as u64));
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    let loaded = body.len() as u64;
    table.push(section(names.len() as u64, 3, loaded, names.len() as u64 + 10));
    names.extend_from_slice(b".shstrtab\0");
    body.extend_from_slice(&names);
    let count = table.len() as u64;
    let table_at = body.len() as u64;
    body.extend(table.concat());
    let (head_len, segment_len, section_len) = if layout.wide { (64, 56, 64) } else { (52, 32, 40) };
    let mut head = b"\x7fELF".to_vec();
    head.extend([if layout.wide { 2 } else { 1 }, if layout.big { 2 } else { 1 }, 1]);
    head.resize(16, 0);
    head.extend(
        [
            half(2),
            half(62),
            full(1),
            word(BASE),
            word(head_len),
            word(if sections { table_at } else { 0 }),
            full(0),
        ]
        .concat(),
    );
    let (count, names_at) = if sections { (count, count - 1) } else { (0, 0) };
    head.extend(
        [half(head_len), half(segment_len), half(1), half(section_len), half(count), half(names_at)].concat(),
    );
    // One segment, readable and writable, of the whole file.
    let (kind, flags, place) =
        (full(1), full(6), [word(0), word(BASE), word(BASE), word(loaded), word(loaded)].concat());
    head.extend(if layout.wide {
        [kind, flags, place, word(32)].concat()
    } else {
        [kind, place, flags, word(32)].concat()
    });
    body[..head.len()].copy_from_slice(&head);
    if !sections {
        body.truncate(loaded as usize);
    }
    body
}
