//! Sound files around the bytes of a fuzzer, so that these reach a parser that lies deep.

use std::io::{Cursor, Write as _};

/// A tar of these files.
#[must_use]
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        entry(&mut out, name, b'0', "", content);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// One entry: name, type flag, link, content.
pub fn entry(out: &mut Vec<u8>, name: &str, flag: u8, link: &str, content: &[u8]) {
    let mut block = [0; 512];
    let (name, link) = (&name.as_bytes()[..name.len().min(100)], &link.as_bytes()[..link.len().min(100)]);
    block[..name.len()].copy_from_slice(name);
    block[100..124].copy_from_slice(b"0000755\x000000001\x000000002\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    block[136..148].copy_from_slice(b"00000000000\0");
    block[148..156].fill(b' ');
    block[156] = flag;
    block[157..157 + link.len()].copy_from_slice(link);
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out.extend_from_slice(&block);
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
}

/// A PAX record.
#[must_use]
pub fn pax(key: &str, value: &str) -> Vec<u8> {
    let bare = key.len() + value.len() + 3;
    let len = (bare..).find(|len| bare + len.to_string().len() == *len).unwrap_or(bare);
    format!("{len} {key}={value}\n").into_bytes()
}

/// Gzip.
#[must_use]
pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Zlib.
#[must_use]
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// A zip of these files.
#[must_use]
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, ::zip::write::SimpleFileOptions::default()).expect("memory takes it");
        zip.write_all(content).expect("memory takes it");
    }
    zip.finish().expect("memory takes it").into_inner()
}

/// A 64-bit little-endian program with these sections, all in one loaded segment.
#[must_use]
pub fn elf(parts: &[(&str, &[u8])]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    let mut names = b"\0".to_vec();
    let mut body = vec![0; 128];
    let mut table = vec![0; 64];
    let section = |table: &mut Vec<u8>, name: usize, kind: u32, offset: usize, size: usize| {
        let words = [2, BASE + offset as u64, offset as u64, size as u64];
        table.extend((name as u32).to_le_bytes());
        table.extend(kind.to_le_bytes());
        words.iter().for_each(|word| table.extend(word.to_le_bytes()));
        table.resize(table.len().next_multiple_of(64), 0);
    };
    for (name, data) in parts {
        body.resize(body.len().next_multiple_of(32), 0);
        section(&mut table, names.len(), 1, body.len(), data.len());
        body.extend_from_slice(data);
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    let loaded = body.len() as u64;
    section(&mut table, names.len(), 3, body.len(), names.len() + 10);
    names.extend_from_slice(b".shstrtab\0");
    body.extend_from_slice(&names);
    let (count, table_at) = (table.len() / 64, body.len() as u64);
    body.extend(table);
    let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    [BASE, 64, table_at].iter().for_each(|word| head.extend(word.to_le_bytes()));
    head.extend(0u32.to_le_bytes());
    [64, 56, 1, 64, count, count - 1].iter().for_each(|half| head.extend((*half as u16).to_le_bytes()));
    head.extend(1u32.to_le_bytes());
    head.extend(6u32.to_le_bytes());
    [0, BASE, BASE, loaded, loaded, 32].iter().for_each(|word| head.extend(word.to_le_bytes()));
    body[..head.len()].copy_from_slice(&head);
    body
}

/// Go's build information as since 1.18, with this list of modules.
#[must_use]
pub fn buildinfo(modules: &[u8]) -> Vec<u8> {
    let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
    data.resize(32, 0);
    let framed = [
        b"0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6",
        modules,
        b"\xf92C1\x86\x18 r\x00\x82B\x10A\x16\xd8\xf2",
    ]
    .concat();
    for text in [b"go1.24.1".as_slice(), &framed] {
        let mut len = text.len();
        while len >= 0x80 {
            data.push(len as u8 | 0x80);
            len >>= 7;
        }
        data.push(len as u8);
        data.extend_from_slice(text);
    }
    data
}

/// An SQLite database (file format, sections 1 and 2) whose one row of `Packages` holds `blob`: a page of the schema, a
/// page of the table, pages of overflow.
#[must_use]
pub fn rpm_database(blob: &[u8]) -> Vec<u8> {
    const PAGE: usize = 4096;
    let varint = |value: usize| {
        let mut out = vec![(value & 0x7f) as u8];
        let mut rest = value >> 7;
        while rest > 0 {
            out.insert(0, rest as u8 & 0x7f | 0x80);
            rest >>= 7;
        }
        out
    };
    let record = |columns: &[(usize, &[u8])]| {
        let types: Vec<u8> = columns.iter().flat_map(|(kind, _)| varint(*kind)).collect();
        let mut record = varint(types.len() + 1);
        record.extend(types);
        columns.iter().for_each(|(_, bytes)| record.extend_from_slice(bytes));
        record
    };
    let sql = b"CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)";
    let text = |len: usize| 13 + 2 * len;
    let schema = record(&[
        (text(5), b"table"),
        (text(8), b"Packages"),
        (text(8), b"Packages"),
        (1, &[2]),
        (text(sql.len()), sql),
    ]);
    let row = record(&[(0, b""), (12 + 2 * blob.len(), blob)]);
    // How much of a record stays in its leaf: section 1.6.
    let (most, least) = (PAGE - 35, (PAGE - 12) * 32 / 255 - 23);
    let stays = match row.len() {
        len if len <= most => len,
        len => Some(least + (len - least) % (PAGE - 4)).filter(|&len| len <= most).unwrap_or(least),
    };
    let (inline, overflow) = row.split_at(stays);
    let mut cell = [varint(row.len()), varint(1), inline.to_vec()].concat();
    if !overflow.is_empty() {
        cell.extend(3u32.to_be_bytes());
    }
    let leaf = |page: &mut [u8], at: usize, cell: &[u8]| {
        let start = page.len() - cell.len();
        page[start..].copy_from_slice(cell);
        page[at] = 0x0d;
        page[at + 3..at + 5].copy_from_slice(&1u16.to_be_bytes());
        page[at + 5..at + 7].copy_from_slice(&(start as u16).to_be_bytes());
        page[at + 8..at + 10].copy_from_slice(&(start as u16).to_be_bytes());
    };
    let chunks: Vec<&[u8]> = overflow.chunks(PAGE - 4).collect();
    let mut out = vec![0; PAGE * (2 + chunks.len())];
    out[..16].copy_from_slice(b"SQLite format 3\0");
    out[16..24].copy_from_slice(&[(PAGE >> 8) as u8, 0, 1, 1, 0, 64, 32, 32]);
    let schema_cell = [varint(schema.len()), varint(1), schema].concat();
    leaf(&mut out[..PAGE], 100, &schema_cell);
    leaf(&mut out[PAGE..2 * PAGE], 0, &cell);
    for (number, chunk) in chunks.iter().enumerate() {
        let page = &mut out[PAGE * (2 + number)..][..PAGE];
        let next = if number + 1 < chunks.len() { number as u32 + 4 } else { 0 };
        page[..4].copy_from_slice(&next.to_be_bytes());
        page[4..4 + chunk.len()].copy_from_slice(chunk);
    }
    out
}

/// An rpm header: (tag, type, count, bytes).
#[must_use]
pub fn rpm_header(entries: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, kind, count, bytes) in entries {
        if *kind == 4 {
            store.resize(store.len().next_multiple_of(4), 0);
        }
        [*tag, *kind, store.len() as u32, *count].iter().for_each(|n| index.extend(n.to_be_bytes()));
        store.extend_from_slice(bytes);
    }
    let mut out = (entries.len() as u32).to_be_bytes().to_vec();
    out.extend((store.len() as u32).to_be_bytes());
    out.extend(index);
    out.extend(store);
    out
}
