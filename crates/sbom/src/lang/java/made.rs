//! Zip archives for tests, truthful or lying.

use std::io::Read;

/// An entry as it is written.
pub(crate) struct File<'a> {
    /// Name.
    pub(crate) name: &'a str,
    /// Content.
    pub(crate) data: &'a [u8],
    /// Deflated, not stored.
    pub(crate) deflate: bool,
}

/// A deflated file.
pub(crate) fn file<'a>(name: &'a str, data: &'a [u8]) -> File<'a> {
    File { name, data, deflate: true }
}

/// An archive of these files.
pub(crate) fn zip(files: &[File<'_>]) -> Vec<u8> {
    zip_with(files, |_| {}, false)
}

/// What the central directory says of an entry.
#[derive(Clone, Default)]
pub(crate) struct Said {
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) offset: u32,
}

/// An archive whose central directory says what `lie` makes of the truth; with zip64's numbers and end record where
/// `wide`.
pub(crate) fn zip_with(files: &[File<'_>], lie: impl Fn(&mut Said), wide: bool) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for file in files {
        let mut packed = Vec::new();
        if file.deflate {
            let level = flate2::Compression::new(6);
            flate2::read::DeflateEncoder::new(file.data, level).read_to_end(&mut packed).unwrap();
        } else {
            packed.extend_from_slice(file.data);
        }
        let mut crc = flate2::Crc::new();
        crc.update(file.data);
        let mut said = Said {
            flags: 0,
            method: if file.deflate { 8 } else { 0 },
            crc: crc.sum(),
            packed: packed.len() as u32,
            size: file.data.len() as u32,
            offset: out.len() as u32,
        };
        let common = |said: &Said, packed: u32, size: u32| {
            let mut raw = [20, said.flags, said.method, 0, 0].map(u16::to_le_bytes).concat();
            raw.extend([said.crc, packed, size].map(u32::to_le_bytes).concat());
            raw.extend((file.name.len() as u16).to_le_bytes());
            raw
        };
        out.extend(b"PK\x03\x04");
        out.extend(common(&said, said.packed, said.size));
        out.extend([0, 0]);
        out.extend_from_slice(file.name.as_bytes());
        out.extend(packed);
        lie(&mut said);
        central.extend(b"PK\x01\x02\x14\x00");
        let extra = if wide {
            let numbers = [said.size, said.packed, said.offset].map(|n| u64::from(n).to_le_bytes()).concat();
            [&[9, 9, 1, 0, 7, 1, 0, 24, 0], numbers.as_slice()].concat()
        } else {
            Vec::new()
        };
        let short = |n| if wide { u32::MAX } else { n };
        central.extend(common(&said, short(said.packed), short(said.size)));
        central.extend((extra.len() as u16).to_le_bytes());
        central.extend([0; 10]);
        central.extend(short(said.offset).to_le_bytes());
        central.extend_from_slice(file.name.as_bytes());
        central.extend(extra);
    }
    let (at, len, count) = (out.len(), central.len(), files.len());
    out.extend(central);
    if wide {
        let record = out.len() as u64;
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend([count as u64, count as u64, len as u64, at as u64].map(u64::to_le_bytes).concat());
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(record.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = if wide { u16::MAX } else { count as u16 };
    out.extend([count, count].map(u16::to_le_bytes).concat());
    let short = |n: usize| if wide { u32::MAX } else { n as u32 };
    out.extend([short(len), short(at)].map(u32::to_le_bytes).concat());
    out.extend([0, 0]);
    out
}
