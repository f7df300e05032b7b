//! Writes tars for tests, wrong ones too.

use std::io::Write;

use crate::{Content, Entry, Select, Want};

/// A tar in the making.
#[derive(Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A header block: name, type flag, stated size, link.
    pub(crate) fn header(name: &[u8], flag: u8, size: u64, link: &[u8]) -> [u8; 512] {
        let mut block = [0; 512];
        let name = &name[..name.len().min(100)];
        let link = &link[..link.len().min(100)];
        block[..name.len()].copy_from_slice(name);
        block[100..108].copy_from_slice(b"0000755\0");
        block[108..116].copy_from_slice(b"0000001\0");
        block[116..124].copy_from_slice(b"0000002\0");
        block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[156] = flag;
        block[157..157 + link.len()].copy_from_slice(link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        Self::sum(&mut block);
        block
    }

    /// Writes the checksum.
    pub(crate) fn sum(block: &mut [u8; 512]) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An entry of any type with content.
    pub(crate) fn entry(self, name: &[u8], flag: u8, link: &[u8], content: &[u8]) -> Self {
        let header = Self::header(name, flag, content.len() as u64, link);
        let padding = content.len().wrapping_neg() % 512;
        self.raw(&header).raw(content).raw(&vec![0; padding])
    }

    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(name.as_bytes(), b'0', b"", content)
    }

    pub(crate) fn dir(self, name: &str) -> Self {
        self.entry(name.as_bytes(), b'5', b"", b"")
    }

    pub(crate) fn symlink(self, name: &str, to: &str) -> Self {
        self.entry(name.as_bytes(), b'2', to.as_bytes(), b"")
    }

    pub(crate) fn hardlink(self, name: &str, to: &str) -> Self {
        self.entry(name.as_bytes(), b'1', to.as_bytes(), b"")
    }

    /// A PAX header with these records.
    pub(crate) fn pax(self, flag: u8, records: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (key, value) in records {
            let bare = key.len() + value.len() + 3;
            let len = (bare..).find(|len| bare + len.to_string().len() == *len).unwrap();
            body.extend_from_slice(format!("{len} {key}=").as_bytes());
            body.extend_from_slice(value);
            body.push(b'\n');
        }
        self.entry(b"PaxHeader", flag, b"", &body)
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.raw(&[0; 1024]).0
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 3).unwrap()
}

/// Wants what its function says, and keeps what it gets.
pub(crate) struct Keep<F> {
    pub(crate) want: F,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl<F: FnMut(&Entry<'_>) -> Want> Keep<F> {
    pub(crate) fn new(want: F) -> Self {
        Self { want, files: Vec::new() }
    }
}

/// Wants everything.
pub(crate) fn all(_: &Entry<'_>) -> Want {
    Want::Read { max: u64::MAX }
}

impl<F: FnMut(&Entry<'_>) -> Want> Select for Keep<F> {
    fn wants(&mut self, entry: &Entry<'_>) -> Want {
        (self.want)(entry)
    }

    fn peeked(&mut self, _: &Entry<'_>, head: &[u8]) -> Want {
        if head.starts_with(b"\x7fELF") { Want::Read { max: u64::MAX } } else { Want::Skip }
    }

    fn file(&mut self, entry: &Entry<'_>, content: Content<'_>) {
        let mut bytes = vec![0; content.len() as usize + 1];
        let n = crate::ReadAt::read_full_at(&content, 0, &mut bytes).unwrap();
        bytes.truncate(n);
        assert_eq!(n as u64, content.len());
        self.files.push((entry.path.to_owned(), bytes));
    }
}
