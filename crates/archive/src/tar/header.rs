//! One block of 512 bytes as a header (POSIX.1-2017 pax "ustar Interchange Format"; GNU tar manual, "Basic Tar").

use super::BLOCK;

/// A header whose checksum is right.
pub(super) struct Header<'a>(&'a [u8; BLOCK]);

/// Why a block is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotHeader {
    /// All zero: the mark of the end.
    Zero,
    /// The checksum is wrong.
    Checksum,
}

impl<'a> Header<'a> {
    pub(super) fn new(block: &'a [u8; BLOCK]) -> Result<Self, NotHeader> {
        let header = Self(block);
        let Some(wanted) = number(header.field(148, 8)) else { return Err(NotHeader::Checksum) };
        // At most 512 × 255; said so, the sum is made of many bytes at a time.
        let unsigned = block.iter().fold(0_u32, |sum, &byte| sum.wrapping_add(u32::from(byte)));
        if unsigned == 0 {
            return Err(NotHeader::Zero);
        }
        // The checksum's own field counts as eight spaces.
        let own: u32 = header.field(148, 8).iter().map(|&byte| u32::from(byte)).sum();
        let unsigned = unsigned - own + 8 * u32::from(b' ');
        if wanted == u64::from(unsigned) {
            return Ok(header);
        }
        // Some old writers summed signed bytes: each byte from 0x80 on counts 256 less.
        let high = block.iter().enumerate().filter(|&(at, &byte)| byte >= 0x80 && !(148..156).contains(&at));
        let signed = i64::from(unsigned) - 256 * high.count() as i64;
        if i64::try_from(wanted) == Ok(signed) { Ok(header) } else { Err(NotHeader::Checksum) }
    }

    fn field(&self, at: usize, len: usize) -> &'a [u8] {
        self.0.get(at..at + len).unwrap_or_default()
    }

    /// The type flag.
    pub(super) fn flag(&self) -> u8 {
        self.0[156]
    }

    /// The name's two halves, prefix first; the prefix is empty where the format has none.
    pub(super) fn name(&self) -> (&'a [u8], &'a [u8]) {
        let prefix = if self.field(257, 6) != b"ustar\0" {
            &[][..]
        } else if self.field(508, 4) == b"tar\0" {
            self.field(345, 131)
        } else {
            self.field(345, 155)
        };
        (text(prefix), text(self.field(0, 100)))
    }

    /// The link's target.
    pub(super) fn link(&self) -> &'a [u8] {
        text(self.field(157, 100))
    }

    /// Bytes of content in the archive.
    pub(super) fn size(&self) -> Option<u64> {
        number(self.field(124, 12))
    }

    /// Permission bits; unreadable ones are none.
    pub(super) fn mode(&self) -> u32 {
        number(self.field(100, 8)).map_or(0, |mode| (mode & 0o7777) as u32)
    }

    /// Owner; an unreadable or impossible one is nobody's (-1).
    pub(super) fn uid(&self) -> u32 {
        number(self.field(108, 8)).and_then(|uid| u32::try_from(uid).ok()).unwrap_or(u32::MAX)
    }

    /// Group; as [`Self::uid`].
    pub(super) fn gid(&self) -> u32 {
        number(self.field(116, 8)).and_then(|gid| u32::try_from(gid).ok()).unwrap_or(u32::MAX)
    }

    /// An old GNU sparse header: the apparent size, and whether a block with more of the map follows.
    pub(super) fn sparse(&self) -> (Option<u64>, bool) {
        (number(self.field(483, 12)), self.0[482] != 0)
    }
}

/// A field up to its first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// An octal or base-256 number; empty is 0. `None` where it is neither, negative, or past 63 bits.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    match field.split_first() {
        Some((&first, rest)) if first & 0x80 != 0 => {
            if first & 0x40 != 0 {
                return None;
            }
            rest.iter().try_fold(u64::from(first & 0x3f), |value, &byte| {
                if value >> 55 != 0 { None } else { Some(value << 8 | u64::from(byte)) }
            })
        }
        _ => {
            let text = field.trim_ascii_start();
            let end = text.iter().position(|&byte| byte == 0 || byte == b' ').unwrap_or(text.len());
            text.get(..end)?.iter().try_fold(0u64, |value, &byte| match byte {
                b'0'..=b'7' if value >> 60 == 0 => Some(value << 3 | u64::from(byte - b'0')),
                _ => None,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256_and_never_negative() {
        let cases: [(&[u8], Option<u64>); 12] = [
            (b"0000644\0", Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"77777777777\0", Some(0o77_777_777_777)),
            (b"777777777777", Some(0o777_777_777_777)),
            (b"\0\0\0\0", Some(0)),
            (b"        ", Some(0)),
            (b"12x4\0", None),
            (b"-1\0", None),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(2 << 32)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX as u64)),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ];
        for (field, wanted) in cases {
            assert_eq!(number(field), wanted, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn checksums_are_verified_signed_or_unsigned() {
        let mut block = [0; BLOCK];
        assert_eq!(Header::new(&block).err(), Some(NotHeader::Zero));
        block[..3].copy_from_slice(b"a\xe9b");
        let sum = 8 * 32 + 97 + 0xe9 + 98;
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert_eq!(Header::new(&block).map(|h| h.name().1).ok(), Some(&b"a\xe9b"[..]));
        block[148..156].copy_from_slice(format!("{:06o}\0 ", sum - 256).as_bytes());
        assert!(Header::new(&block).is_ok());
        block[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 1).as_bytes());
        assert_eq!(Header::new(&block).err(), Some(NotHeader::Checksum));
    }
}
