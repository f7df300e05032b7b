//! The header of an rpm as its database keeps it: an index of typed tags and a store of values (RPM V4 format,
//! "Header"). All numbers are big-endian; every offset and count in it may lie.

use crate::{
    assembly::FileTable,
    os::{MAX_WORD, text_of, word},
};

pub(super) const NAME: u32 = 1000;
pub(super) const VERSION: u32 = 1001;
pub(super) const RELEASE: u32 = 1002;
pub(super) const EPOCH: u32 = 1003;
pub(super) const VENDOR: u32 = 1011;
pub(super) const LICENSE: u32 = 1014;
pub(super) const ARCH: u32 = 1022;
const FILESTATES: u32 = 1029;
pub(super) const SOURCERPM: u32 = 1044;
pub(super) const PROVIDENAME: u32 = 1047;
pub(super) const REQUIRENAME: u32 = 1049;
const DIRINDEXES: u32 = 1116;
const BASENAMES: u32 = 1117;
const DIRNAMES: u32 = 1118;
pub(super) const MODULARITYLABEL: u32 = 5096;

const INT8: u32 = 2;
const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18NSTRING: u32 = 9;

/// The file lies there as another package brought it.
const STATE_REPLACED: u8 = 1;

/// A header whose index lies inside its bytes.
pub(super) struct Header<'a> {
    /// Entries of 16 bytes: tag, type, offset into the store, count.
    index: &'a [[u8; 16]],
    store: &'a [u8],
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

impl<'a> Header<'a> {
    /// `None` where the lengths at its start do not fit the bytes.
    pub(super) fn parse(blob: &'a [u8]) -> Option<Self> {
        let entries = usize::try_from(u32_at(blob, 0)?).ok()?;
        let store_len = usize::try_from(u32_at(blob, 4)?).ok()?;
        let index_len = entries.checked_mul(16)?;
        let (index, rest) = blob.get(8..)?.split_at_checked(index_len)?;
        let (index, _) = index.as_chunks();
        Some(Self { index, store: rest.get(..store_len)? })
    }

    /// Type, count and everything from the value on.
    fn find(&self, tag: u32) -> Option<(u32, usize, &'a [u8])> {
        let entry = self.index.iter().find(|entry| u32_at(*entry, 0) == Some(tag))?;
        let at = usize::try_from(u32_at(entry, 8)?).ok()?;
        let count = usize::try_from(u32_at(entry, 12)?).ok()?;
        Some((u32_at(entry, 4)?, count, self.store.get(at..)?))
    }

    /// A text of one line. rpm writes `(none)` where a field was left open.
    pub(super) fn text(&self, tag: u32) -> Option<String> {
        let (STRING | I18NSTRING | STRING_ARRAY, 1.., value) = self.find(tag)? else { return None };
        let window = value.get(..MAX_WORD + 1).unwrap_or(value);
        word(window.get(..memchr::memchr(0, window)?)?).filter(|text| text != "(none)")
    }

    pub(super) fn number(&self, tag: u32) -> Option<u32> {
        let (INT32, 1.., value) = self.find(tag)? else { return None };
        u32_at(value, 0)
    }

    /// The bytes of an array of strings, each ended by a NUL; shorter than `count` where that lies.
    fn strings(&self, tag: u32) -> Option<(usize, &'a [u8])> {
        let (STRING_ARRAY, count, value) = self.find(tag)? else { return None };
        let mut end = 0;
        let mut have = 0;
        for at in memchr::memchr_iter(0, value).take(count) {
            end = at + 1;
            have += 1;
        }
        Some((have, value.get(..end)?))
    }

    /// The names of an array of strings, each ended by a NUL, neighbours that are equal once.
    pub(super) fn names(&self, tag: u32) -> String {
        let Some((_, bytes)) = self.strings(tag) else { return String::new() };
        let text = text_of(bytes);
        let mut out = String::with_capacity(text.len());
        let mut last = "";
        for name in text.split_terminator('\0') {
            if name != last {
                out.push_str(name);
                out.push('\0');
                last = name;
            }
        }
        out
    }

    /// The files that are there as this package brought them.
    pub(super) fn files(&self) -> FileTable {
        let (Some((count, names)), Some((_, dirs)), Some((INT32, indices, index))) =
            (self.strings(BASENAMES), self.strings(DIRNAMES), self.find(DIRINDEXES))
        else {
            return FileTable::default();
        };
        let (index, _) = index.as_chunks::<4>();
        let dir_of = index.iter().take(indices.min(count)).map(|bytes| u32::from_be_bytes(*bytes));
        let dirs = text_of(dirs);
        let dirs = dirs.split_terminator('\0').map(|dir| dir.trim_matches('/').to_owned()).collect();
        let names = text_of(names);
        let states = match self.find(FILESTATES) {
            Some((INT8, have, states)) => states.get(..have).unwrap_or(states),
            _ => &[],
        };
        if !states.contains(&STATE_REPLACED) {
            return FileTable { dirs, names: names.into_owned(), dir_of: dir_of.collect() };
        }
        let mut table = FileTable { dirs, ..FileTable::default() };
        for (n, (name, dir)) in names.split_terminator('\0').zip(dir_of).enumerate() {
            if states.get(n) != Some(&STATE_REPLACED) {
                table.names.push_str(name);
                table.names.push('\0');
                table.dir_of.push(dir);
            }
        }
        table
    }
}
