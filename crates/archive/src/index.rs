use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use crate::table::Table;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// A file with content of its own.
    File,
    /// A directory.
    Dir,
    /// A symbolic link; the entry's `link` is its text, as written.
    Symlink,
    /// Another name of a file; the entry's `link` is that file's cleaned path.
    Hardlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket (root file systems only, tar has none).
    Socket,
    /// Hides `path` in the layers below (`.wh.NAME`, OCI image specification, layer.md).
    Whiteout,
    /// Hides all that the layers below have in the directory `path` (`.wh..wh..opq`).
    Opaque,
}

impl Kind {
    /// Whiteouts and opaque markers: they stand for an absence and live beside an entry of the same path.
    #[must_use]
    pub const fn is_marker(self) -> bool {
        matches!(self, Self::Whiteout | Self::Opaque)
    }
}

/// The place of an entry in its layer's index, in the order of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub u32);

/// One entry of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number; what [`Tree::place`](crate::Tree::place) takes.
    pub id: EntryId,
    /// Cleaned path relative to the root: `usr/bin/env`. For markers the path that is hidden.
    pub path: &'a str,
    /// What it is.
    pub kind: Kind,
    /// Text of a symbolic link, cleaned target of a hard link.
    pub link: Option<&'a str>,
    /// Permission bits with set-uid, set-gid and sticky (`0o7777`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes of content; of sparse files the apparent size.
    pub size: u64,
}

impl<'a> Entry<'a> {
    /// An entry for [`LayerIndexBuilder::push`], which numbers it: owned by root, empty, without a link.
    #[must_use]
    pub fn new(path: &'a str, kind: Kind, mode: u32) -> Self {
        Self { id: EntryId(u32::MAX), path, kind, link: None, mode, uid: 0, gid: 0, size: 0 }
    }
}

/// An entry as it is kept: 32 bytes, its texts in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    path_at: u32,
    link_at: u32,
    uid: u32,
    gid: u32,
    size: u64,
    path_len: u16,
    link_len: u16,
    mode: u16,
    kind: Kind,
    /// A later entry of the layer has the same path.
    #[serde(skip)]
    replaced: bool,
}

/// Why an entry does not fit into an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexFault {
    /// Its path or link is longer than 65,535 bytes.
    #[error("its path or link is longer than {} bytes", u16::MAX)]
    TooLong,
    /// The index holds as many bytes of paths as it may.
    #[error("the paths of the layer fill more than {ARENA_MAX} bytes")]
    Full,
}

/// Bytes of paths and links in one index: ten times the largest layers seen, and small enough to be held.
const ARENA_MAX: usize = 512 << 20;

/// Every path of one layer: about 44 bytes an entry, and its texts. Iteration is in the order of the archive; of
/// several entries with one path the last is the one that counts.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct LayerIndex {
    arena: String,
    records: Vec<Record>,
    #[serde(skip)]
    table: Table,
    #[serde(skip)]
    hasher: RandomState,
    /// Entries that a later one of the same path replaced.
    #[serde(skip)]
    replaced: usize,
}

impl LayerIndex {
    /// The entry that counts at `path` (cleaned); never a marker.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Entry<'_>> {
        self.table
            .find(self.hash(path, Kind::File), |id| self.is_at(id, path, Kind::File))
            .map(|id| self.at(id))
    }

    /// Is there a whiteout for `path`, or an opaque marker in the directory `path`, as `kind` says?
    #[must_use]
    pub fn has_marker(&self, path: &str, kind: Kind) -> bool {
        kind.is_marker() && self.table.find(self.hash(path, kind), |id| self.is_at(id, path, kind)).is_some()
    }

    /// The entry with this number, replaced or not.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<Entry<'_>> {
        (id.0 < self.count()).then(|| self.at(id.0))
    }

    /// Does this entry count, or did a later one of the same path replace it?
    #[must_use]
    pub fn is_live(&self, id: EntryId) -> bool {
        self.records.get(id.0 as usize).is_some_and(|record| !record.replaced)
    }

    /// The entries that count, markers among them, in the order of the archive.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.all().filter(|entry| self.is_live(entry.id))
    }

    /// Every entry in the order of the archive, also those that a later one of the same path replaced.
    pub fn all(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.count()).map(|id| self.at(id))
    }

    /// How many entries count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len() - self.replaced
    }

    /// No entry at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Entries, replaced ones too.
    pub(crate) fn count(&self) -> u32 {
        // Builders stop before the numbers do.
        self.records.len() as u32
    }

    /// Where the path of an entry lies in the text that [`Self::text`] cuts from.
    pub(crate) fn path_span(&self, id: u32) -> (u32, u32) {
        self.records.get(id as usize).map_or((0, 0), |r| (r.path_at, r.path_at + u32::from(r.path_len)))
    }

    /// Where the link of an entry lies.
    pub(crate) fn link_span(&self, id: u32) -> (u32, u32) {
        self.records.get(id as usize).map_or((0, 0), |r| (r.link_at, r.link_at + u32::from(r.link_len)))
    }

    pub(crate) fn kind(&self, id: u32) -> Kind {
        self.records.get(id as usize).map_or(Kind::File, |r| r.kind)
    }

    pub(crate) fn text(&self, from: u32, to: u32) -> &str {
        self.arena.get(from as usize..to as usize).unwrap_or("")
    }

    fn at(&self, id: u32) -> Entry<'_> {
        let Some(record) = self.records.get(id as usize) else {
            return Entry::new("", Kind::File, 0);
        };
        let ((path_from, path_to), (link_from, link_to)) = (self.path_span(id), self.link_span(id));
        Entry {
            id: EntryId(id),
            path: self.text(path_from, path_to),
            kind: record.kind,
            link: matches!(record.kind, Kind::Symlink | Kind::Hardlink)
                .then(|| self.text(link_from, link_to)),
            mode: u32::from(record.mode),
            uid: record.uid,
            gid: record.gid,
            size: record.size,
        }
    }

    fn hash(&self, path: &str, kind: Kind) -> u64 {
        self.hasher.hash_one((class(kind), path))
    }

    fn is_at(&self, id: u32, path: &str, kind: Kind) -> bool {
        let (from, to) = self.path_span(id);
        class(self.kind(id)) == class(kind) && self.text(from, to) == path
    }

    /// Gives the newest record its place in the table.
    fn enter(&mut self, id: u32) {
        let ((from, to), kind) = (self.path_span(id), self.kind(id));
        let hash = self.hash(self.text(from, to), kind);
        let mut table = std::mem::take(&mut self.table);
        let old = table.replace(hash, id, |seen| self.is_at(seen, self.text(from, to), kind));
        self.table = table;
        if let Some(record) = old.and_then(|old| self.records.get_mut(old as usize)) {
            record.replaced = true;
            self.replaced += 1;
        }
    }
}

/// Markers and entries of one path do not replace one another.
fn class(kind: Kind) -> u8 {
    match kind {
        Kind::Whiteout => 1,
        Kind::Opaque => 2,
        _ => 0,
    }
}

impl PartialEq for LayerIndex {
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records && self.arena == other.arena
    }
}

impl Eq for LayerIndex {}

impl std::fmt::Debug for LayerIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

/// What the cache keeps; the table is built anew, and every span is checked.
#[derive(Deserialize)]
struct Stored {
    arena: String,
    records: Vec<Record>,
}

impl TryFrom<Stored> for LayerIndex {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let table = Table::with_capacity(stored.records.len());
        let mut index = Self { arena: stored.arena, records: stored.records, table, ..Self::default() };
        if index.records.len() >= u32::MAX as usize || index.arena.len() > ARENA_MAX {
            return Err("a layer index larger than any that is written");
        }
        for record in &index.records {
            for (at, len) in [(record.path_at, record.path_len), (record.link_at, record.link_len)] {
                let end = at as usize + usize::from(len);
                if index.arena.get(at as usize..end).is_none() {
                    return Err("a layer index with a text outside its arena");
                }
            }
        }
        (0..index.count()).for_each(|id| index.enter(id));
        Ok(index)
    }
}

/// Builds a [`LayerIndex`] entry by entry: from a tar here, from a walked root file system in `scan`.
#[derive(Debug, Default)]
pub struct LayerIndexBuilder {
    index: LayerIndex,
}

impl LayerIndexBuilder {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry; its `id` is set by the builder and returned. The path must be clean (see
    /// [`clean_path`](crate::clean_path)), and so must a hard link's target.
    ///
    /// # Errors
    /// When the entry does not fit; the index is unchanged then.
    pub fn push(&mut self, entry: &Entry<'_>) -> Result<EntryId, IndexFault> {
        let index = &mut self.index;
        let link = entry.link.unwrap_or("");
        let path_len = u16::try_from(entry.path.len()).map_err(|_| IndexFault::TooLong)?;
        let link_len = u16::try_from(link.len()).map_err(|_| IndexFault::TooLong)?;
        let id = index.count();
        if index.arena.len() + entry.path.len() + link.len() > ARENA_MAX || id >= u32::MAX - 2 {
            return Err(IndexFault::Full);
        }
        // Bounded by ARENA_MAX.
        let path_at = index.arena.len() as u32;
        index.arena.push_str(entry.path);
        let link_at = index.arena.len() as u32;
        index.arena.push_str(link);
        index.records.push(Record {
            path_at,
            link_at,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            path_len,
            link_len,
            mode: (entry.mode & 0o7777) as u16,
            kind: entry.kind,
            replaced: false,
        });
        index.enter(id);
        Ok(EntryId(id))
    }

    /// What was added so far.
    #[must_use]
    pub fn index(&self) -> &LayerIndex {
        &self.index
    }

    /// The finished index.
    #[must_use]
    pub fn finish(mut self) -> LayerIndex {
        self.index.arena.shrink_to_fit();
        self.index.records.shrink_to_fit();
        self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> LayerIndex {
        let mut builder = LayerIndexBuilder::new();
        for entry in [
            Entry { size: 3, uid: 7, gid: 8, ..Entry::new("a/b", Kind::File, 0o104_755) },
            Entry { link: Some("../b"), ..Entry::new("a/l", Kind::Symlink, 0o777) },
            Entry::new("a/b", Kind::Whiteout, 0),
            Entry::new("a", Kind::Opaque, 0),
            Entry { size: 4, ..Entry::new("a/b", Kind::File, 0o644) },
        ] {
            builder.push(&entry).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn the_last_entry_of_a_path_counts_and_markers_stand_beside_it() {
        let index = sample();
        let entry = index.get("a/b").unwrap();
        assert_eq!((entry.size, entry.id, entry.mode), (4, EntryId(4), 0o644));
        assert!(!index.is_live(EntryId(0)) && index.is_live(EntryId(4)));
        assert_eq!(index.entry(EntryId(0)).map(|e| (e.mode, e.uid, e.gid)), Some((0o4755, 7, 8)));
        assert_eq!(index.get("a/l").and_then(|e| e.link), Some("../b"));
        assert!(index.has_marker("a/b", Kind::Whiteout) && index.has_marker("a", Kind::Opaque));
        assert!(!index.has_marker("a", Kind::Whiteout) && index.get("a").is_none());
        assert_eq!((index.len(), index.iter().count(), index.all().count()), (4, 4, 5));
    }

    #[test]
    fn an_index_survives_the_cache_and_a_forged_one_is_refused() {
        let index = sample();
        let bytes = postcard::to_allocvec(&index).unwrap();
        let back: LayerIndex = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(back, index);
        assert_eq!(back.get("a/b"), index.get("a/b"));
        assert_eq!(back.len(), 4);
        let mut read = 0;
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 0x55;
            if let Ok(index) = postcard::from_bytes::<LayerIndex>(&forged) {
                read += index.iter().map(|e| e.path.len()).sum::<usize>();
            }
        }
        assert!(read > 0);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut builder = LayerIndexBuilder::new();
        let long = "x".repeat(usize::from(u16::MAX) + 1);
        assert_eq!(builder.push(&Entry::new(&long, Kind::File, 0)), Err(IndexFault::TooLong));
        assert!(builder.index().is_empty());
    }

    #[test]
    fn an_entry_takes_at_most_sixty_bytes_beside_its_path() {
        assert_eq!(size_of::<Record>(), 32);
        // Slots of eight bytes, three quarters full at most and three eighths after growth.
        assert!(size_of::<Record>() + 8 * 8 / 3 <= 60);
    }
}
