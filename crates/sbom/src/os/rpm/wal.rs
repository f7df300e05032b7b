//! SQLite's write-ahead log (the database file format, section 4): pages that were committed but not yet copied into
//! the database. What counts is exactly what SQLite would recover: frames from the start on whose salts and running
//! checksums are right, up to the last commit among them.

use std::collections::HashMap;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The two magic numbers differ in the byte order of checksums only.
const MAGIC: u32 = 0x377f_0682;

/// The committed pages of a log.
#[derive(Debug, Default)]
pub(super) struct Log<'a> {
    /// Size of its pages, 0 where it has none.
    pub(super) page_size: usize,
    /// Pages by number.
    pub(super) pages: HashMap<u32, &'a [u8]>,
    /// What is wrong with it, where that is more than frames left over from before the last checkpoint.
    pub(super) problem: Option<String>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk().copied()).map_or(0, u32::from_be_bytes)
}

/// SQLite's running checksum over pairs of words.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Checksum(u32, u32);

impl Checksum {
    fn over(mut self, bytes: &[u8], big_endian: bool) -> Self {
        let (pairs, _) = bytes.as_chunks::<8>();
        for [a, b, c, d, e, f, g, h] in pairs {
            let (first, second) = ([*a, *b, *c, *d], [*e, *f, *g, *h]);
            let word = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
            self.0 = self.0.wrapping_add(word(first)).wrapping_add(self.1);
            self.1 = self.1.wrapping_add(word(second)).wrapping_add(self.0);
        }
        self
    }

    fn at(bytes: &[u8], at: usize) -> Self {
        Self(u32_at(bytes, at), u32_at(bytes, at + 4))
    }
}

/// Reads a whole log.
pub(super) fn read(bytes: &[u8]) -> Log<'_> {
    let mut log = Log::default();
    if bytes.is_empty() {
        return log;
    }
    let mut broken = |why: &str| {
        log.problem =
            Some(format!("the rpm database's write-ahead log {why}; packages installed last may be missing"));
    };
    let Some((header, mut rest)) = bytes.split_at_checked(HEADER) else {
        broken("is shorter than its header");
        return log;
    };
    let magic = u32_at(header, 0);
    let big_endian = magic & 1 == 1;
    let page_size = usize::try_from(u32_at(header, 8)).unwrap_or(0);
    if magic & !1 != MAGIC || !page_size.is_power_of_two() || !(512..=65536).contains(&page_size) {
        broken("has a header that is none");
        return log;
    }
    let mut sum = Checksum::default().over(header.get(..24).unwrap_or_default(), big_endian);
    if sum != Checksum::at(header, 24) {
        broken("has a header that fails its checksum");
        return log;
    }
    let mut pending: Vec<(u32, &[u8])> = Vec::new();
    let mut pages = HashMap::new();
    let mut number = 0_u64;
    while let Some((head, tail)) = rest.split_at_checked(FRAME_HEADER) {
        // Another salt: a frame from before the log was last restarted.
        if head.get(8..16) != header.get(16..24) {
            break;
        }
        let Some((page, tail)) = tail.split_at_checked(page_size) else {
            broken("ends inside a page");
            break;
        };
        sum = sum.over(head.get(..8).unwrap_or_default(), big_endian).over(page, big_endian);
        if sum != Checksum::at(head, 16) {
            broken(&format!("is damaged from frame {} on", number + 1));
            break;
        }
        number += 1;
        pending.push((u32_at(head, 0), page));
        // The size of the database after this frame; not 0 marks a commit.
        if u32_at(head, 4) != 0 {
            pages.extend(pending.drain(..));
        }
        rest = tail;
    }
    log.page_size = page_size;
    log.pages = pages;
    log
}
