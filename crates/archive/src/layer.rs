use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read, Write},
};

use model::{BlobDigest, Budget, DiffId, Effect, Exceeded, Limit, Problem, ProblemCode, Problems};

use crate::{
    Compression, Content, Entry, EntryId, FilePart, IndexFault, Kind, LayerIndex, LayerIndexBuilder,
    MEMORY_MAX, problems,
    stream::{Stop, Stream},
    tar::{Assembled, Fault, Halt, Item, Walker},
};

mod linked;

pub use linked::read_linked;

/// What is to be done with a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// It is gone over.
    Skip,
    /// It is handed over, unless it is larger than `max` bytes: that is a [`problems::FILE_TOO_LARGE`].
    Read {
        /// Bytes that are too many past here. What is larger than [`MEMORY_MAX`] is not held in memory but handed over in a
        /// temporary file, so `max` may be larger than the budget's `file_bytes`.
        max: u64,
    },
    /// So many of its first bytes (at most 64 KiB) decide: [`Select::peeked`].
    Peek(usize),
}

/// Chooses files of a layer, and takes their content.
pub trait Select {
    /// Is the content of this file, or of the file that this hard link names, wanted? Asked for every
    /// [`Kind::File`] and [`Kind::Hardlink`].
    fn wants(&mut self, entry: &Entry<'_>) -> Want;

    /// Decides by the first bytes, after [`Want::Peek`]; fewer where the file is shorter. Another `Peek` skips.
    fn peeked(&mut self, entry: &Entry<'_>, head: &[u8]) -> Want {
        let _ = (entry, head);
        Want::Skip
    }

    /// Takes the content. Called again for a path that occurs again: the entry that counts is the one that the
    /// finished index calls live.
    fn file(&mut self, entry: &Entry<'_>, content: Content<'_>);
}

/// Wants nothing: for the index and the digests alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct SkipAll;

impl Select for SkipAll {
    fn wants(&mut self, _: &Entry<'_>) -> Want {
        Want::Skip
    }

    fn file(&mut self, _: &Entry<'_>, _: Content<'_>) {}
}

/// A hard link that was wanted. Tar keeps the content with the file's first name, and that had gone by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedLink {
    /// The entry of the link.
    pub name: EntryId,
    /// The entry in the same layer that has the content; `None` where it is in a layer below.
    pub target: Option<EntryId>,
    /// The content was handed over under the target's own name.
    pub read: bool,
}

/// What one pass over a layer gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRead {
    /// Every path that was read, up to where reading stopped.
    pub index: LayerIndex,
    /// How it was compressed.
    pub compression: Compression,
    /// Digest of the bytes as they were given; `None` where they were not read to their end.
    pub blob: Option<BlobDigest>,
    /// Bytes as they were given.
    pub blob_len: u64,
    /// Digest of the tar; `None` where it was not inflated to its end.
    pub diff_id: Option<DiffId>,
    /// Bytes of the tar.
    pub tar_len: u64,
    /// Hard links that were wanted; see [`read_linked`].
    pub links: Vec<WantedLink>,
    /// What went wrong. Empty of [`Effect::MayHidePackages`] where everything that was wanted was handed over.
    pub problems: Vec<Problem>,
}

/// Reads a layer: inflates it, hashes it, indexes it and hands over what `select` wants, in one pass and on this
/// thread. `name` is what problems of the layer as a whole call it (`layer 3 of …`).
///
/// Memory: two buffers of 256 KiB, one file of at most [`MEMORY_MAX`] and the index. Nothing that the layer holds
/// makes this fail: see [`LayerRead::problems`].
pub fn read_layer<R: Read, S: Select + ?Sized>(
    source: R,
    name: &str,
    select: &mut S,
    budget: &Budget,
) -> LayerRead {
    read_layer_of(source, Hints::default(), name, select, budget)
}

/// What may make reading a layer faster; nothing of it changes what is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// The part of a file that the source is. Of a layer that is not compressed, content that does not lie in one piece
    /// is then handed over where it lies in the file: nothing is copied.
    pub place: Option<FilePart<'a>>,
    /// There is a processor to spare: what is inflated is hashed on a thread of its own, which ends with the layer. It
    /// takes two buffers more.
    pub hash_beside: bool,
}

/// As [`read_layer`], with what is known of the layer and the machine.
pub fn read_layer_of<R: Read, S: Select + ?Sized>(
    source: R,
    hints: Hints<'_>,
    name: &str,
    select: &mut S,
    budget: &Budget,
) -> LayerRead {
    let (stream, stop) = Stream::new(source, hints.hash_beside, budget);
    let mut reading = Reading {
        place: hints.place.filter(|_| stream.plain()),
        walker: Walker::new(stream),
        name,
        select,
        budget,
        builder: LayerIndexBuilder::new(),
        held: Vec::new(),
        read: HashSet::new(),
        links: Vec::new(),
        problems: Problems::new(),
    };
    let halt = match stop {
        Some(stop) => Some(Halt::Stop(stop)),
        None => reading.entries().err(),
    };
    reading.finish(halt)
}

/// Bytes that a [`Want::Peek`] gets at most.
const PEEK_MAX: usize = 64 << 10;

struct Reading<'a, R, S: ?Sized> {
    walker: Walker<Stream<R>>,
    /// A tar that can be read at any place.
    place: Option<FilePart<'a>>,
    name: &'a str,
    select: &'a mut S,
    budget: &'a Budget,
    builder: LayerIndexBuilder,
    /// Content that did not lie in one piece.
    held: Vec<u8>,
    /// Entries whose content was handed over.
    read: HashSet<u32>,
    links: Vec<WantedLink>,
    problems: Problems,
}

impl<R: Read, S: Select + ?Sized> Reading<'_, R, S> {
    fn entries(&mut self) -> Result<(), Halt> {
        loop {
            match self.walker.next()? {
                Item::End => return Ok(()),
                Item::Entry(entry) => self.entry(&entry)?,
                Item::BadExtension => {
                    let message = "an extended header is malformed; the entry keeps its plain name and size";
                    note(&mut self.problems, problems::BAD_EXTENSION, self.name, message);
                }
                Item::Other(flag) => {
                    self.budget.charge_entries(1).map_err(Stop::from)?;
                    let what =
                        format!("an entry of type '{}' stands for no file; skipped", flag.escape_ascii());
                    self.problems.push(Problem::new(problems::UNKNOWN_ENTRY, self.name, Effect::None, what));
                }
            }
        }
    }

    fn entry(&mut self, entry: &Assembled) -> Result<(), Halt> {
        self.budget.charge_entries(1).map_err(Stop::from)?;
        if let Some(fault) = entry.fault {
            self.dropped(fault);
            return Ok(());
        }
        let (path, link) = (self.walker.path(), self.walker.link());
        let linked = matches!(entry.kind, Kind::Symlink | Kind::Hardlink);
        let mut described = Entry {
            link: linked.then_some(link),
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            ..Entry::new(path, entry.kind, entry.mode)
        };
        let longest = self.budget.check_path(path.len().max(link.len()));
        let pushed = match longest {
            Ok(()) => self.builder.push(&described),
            Err(exceeded) => {
                self.too_long(exceeded.allowed);
                return Ok(());
            }
        };
        match pushed {
            Ok(id) => described.id = id,
            Err(IndexFault::TooLong) => {
                self.too_long(u64::from(u16::MAX));
                return Ok(());
            }
            Err(IndexFault::Full) => {
                let allowed = u64::from(self.builder.index().count());
                return Err(Stop::Exceeded(Exceeded { limit: Limit::Entries, allowed }).into());
            }
        }
        match entry.kind {
            Kind::Hardlink => {
                let want = self.select.wants(&described);
                let id = described.id;
                self.linked(id, want);
                Ok(())
            }
            Kind::File => match self.select.wants(&described) {
                Want::Skip => Ok(()),
                want => self.content(entry, described.id, want),
            },
            _ => Ok(()),
        }
    }

    /// Keeps a wanted hard link for later.
    fn linked(&mut self, name: EntryId, want: Want) {
        if want == Want::Skip {
            return;
        }
        let index = self.builder.index();
        let mut target = index.entry(name);
        // A link to a link: each names an earlier entry, so this ends, and soon.
        for _ in 0..crate::tree::LINKS_MAX {
            match target {
                Some(Entry { kind: Kind::Hardlink, link: Some(link), id, .. }) => {
                    target = index.get(link).filter(|earlier| earlier.id < id);
                }
                _ => break,
            }
        }
        let target = target.filter(|target| target.kind == Kind::File).map(|target| target.id);
        let read = target.is_some_and(|target| self.read.contains(&target.0));
        self.links.push(WantedLink { name, target, read });
    }

    /// Hands over the content of the current entry, if it still is wanted once its first bytes are known.
    fn content(&mut self, entry: &Assembled, id: EntryId, mut want: Want) -> Result<(), Halt> {
        if entry.sparse {
            let message = "the file is stored sparse, and was not read";
            note(&mut self.problems, problems::SPARSE, self.walker.path(), message);
            return Ok(());
        }
        self.held.clear();
        if let Want::Peek(n) = want {
            let n = n.min(PEEK_MAX).min(usize::try_from(entry.size).unwrap_or(usize::MAX));
            let (index, select) = (self.builder.index(), &mut *self.select);
            let Some(described) = index.entry(id) else { return Ok(()) };
            want = match self.walker.content().map_err(Halt::Stop)?.get(..n) {
                Some(head) => select.peeked(&described, head),
                None => {
                    self.hold(n as u64)?;
                    let Some(described) = self.builder.index().entry(id) else { return Ok(()) };
                    self.select.peeked(&described, &self.held)
                }
            };
        }
        let Want::Read { max: allowed } = want else { return Ok(()) };
        if entry.size > allowed {
            self.problems.push(too_large(self.walker.path(), entry.size, allowed));
            return Ok(());
        }
        let start = self.walker.content_start();
        let Some(described) = self.builder.index().entry(id) else { return Ok(()) };
        if self.held.is_empty() {
            // The common case: the whole file lies in the buffer.
            let at_hand = self.walker.content().map_err(Halt::Stop)?;
            if at_hand.len() as u64 == entry.size {
                self.read.insert(id.0);
                self.select.file(&described, Content::Memory(at_hand));
                return Ok(());
            }
        }
        if let Some(part) = self.place.and_then(|place| place.part(start, entry.size)) {
            self.read.insert(id.0);
            self.select.file(&described, Content::File(part));
            return Ok(());
        }
        if entry.size > MEMORY_MAX {
            return self.through_file(entry, id);
        }
        self.hold(entry.size)?;
        self.read.insert(id.0);
        if let Some(described) = self.builder.index().entry(id) {
            self.select.file(&described, Content::Memory(&self.held));
        }
        Ok(())
    }

    /// Copies content until `len` bytes of it are held.
    fn hold(&mut self, len: u64) -> Result<(), Halt> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.held.reserve(len.saturating_sub(self.held.len()).min(MEMORY_MAX as usize));
        while self.held.len() < len {
            let wanted = len - self.held.len();
            let piece = self.walker.content().map_err(Halt::Stop)?;
            let n = piece.len().min(wanted);
            if n == 0 {
                break;
            }
            self.held.extend_from_slice(piece.get(..n).unwrap_or_default());
            self.walker.advance(n);
        }
        Ok(())
    }

    /// Hands over a large file by way of an unlinked temporary one.
    fn through_file(&mut self, entry: &Assembled, id: EntryId) -> Result<(), Halt> {
        match self.spool()? {
            Ok(file) => {
                self.read.insert(id.0);
                if let Some(described) = self.builder.index().entry(id) {
                    let part = FilePart { file: &file, offset: 0, len: entry.size };
                    self.select.file(&described, Content::File(part));
                }
            }
            Err(error) => {
                let message =
                    format!("no temporary file of {} bytes: {error}; free space in TMPDIR", entry.size);
                note(&mut self.problems, problems::TEMPORARY_FILE, self.walker.path(), &message);
            }
        }
        Ok(())
    }

    /// Writes what is held and the rest of the current entry to a temporary file.
    fn spool(&mut self) -> Result<io::Result<File>, Halt> {
        let mut file = match tempfile::tempfile() {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = file.write_all(&self.held) {
            return Ok(Err(error));
        }
        loop {
            let piece = self.walker.content().map_err(Halt::Stop)?;
            let n = piece.len();
            if n == 0 {
                return Ok(Ok(file));
            }
            if let Err(error) = file.write_all(piece) {
                return Ok(Err(error));
            }
            self.walker.advance(n);
        }
    }

    fn dropped(&mut self, fault: Fault) {
        let path = self.walker.path();
        match fault {
            Fault::Nothing => {}
            Fault::Escape => {
                note(
                    &mut self.problems,
                    problems::PATH_ESCAPE,
                    path,
                    "the entry leads out of the root, and was dropped",
                );
            }
            Fault::BadPath => {
                note(
                    &mut self.problems,
                    problems::BAD_PATH,
                    path,
                    "no file system holds such a path; the entry was dropped",
                );
            }
        }
    }

    fn too_long(&mut self, allowed: u64) {
        let message = "the path or link is too long, and the entry was dropped";
        let path = shorten(self.walker.path());
        let problem = Problem::new(problems::PATH_TOO_LONG, path, Effect::MayHidePackages, message);
        self.problems.push(problem.with_limit(allowed));
    }

    fn finish(mut self, halt: Option<Halt>) -> LayerRead {
        // After a fault of the archive the stream goes on for its digests; after a fault of the compression only the
        // blob's; after a met limit or a failed source nothing does.
        let (go_on, inflate) = match &halt {
            None | Some(Halt::Header { .. }) => (true, true),
            Some(Halt::Stop(Stop::Truncated | Stop::Corrupt(_) | Stop::Unsupported(_))) => (true, false),
            Some(Halt::Stop(Stop::Read(_) | Stop::Exceeded(_))) => (false, false),
        };
        match halt {
            None => {}
            Some(Halt::Stop(stop)) => self.problems.push(describe(&stop, self.name, self.walker.inside())),
            Some(Halt::Header { offset, what }) => {
                let message = format!("no tar header at byte {offset}: {what}; later entries were not read");
                note(&mut self.problems, problems::BAD_HEADER, self.name, &message);
            }
        }
        let stream = self.walker.source;
        let compression = stream.compression();
        let end = if go_on { stream.finish(inflate) } else { stream.leave() };
        if let Some(stop) = end.stop {
            self.problems.push(describe(&stop, self.name, None));
        }
        if end.trailing > 0 {
            let message = "bytes after the end of the archive were not looked at";
            let problem = Problem::new(problems::TRAILING_DATA, shorten(self.name), Effect::None, message);
            self.problems.push(problem.with_count(end.trailing));
        }
        LayerRead {
            index: self.builder.finish(),
            compression,
            blob: end.blob,
            blob_len: end.blob_len,
            diff_id: end.diff_id,
            tar_len: end.tar_len,
            links: self.links,
            problems: self.problems.into_vec(),
        }
    }
}

/// Notes a problem that may hide packages.
fn note(problems: &mut Problems, code: ProblemCode, subject: &str, message: &str) {
    problems.push(Problem::new(code, shorten(subject), Effect::MayHidePackages, message));
}

/// The problem that an early end is.
fn describe(stop: &Stop, subject: &str, inside: Option<&str>) -> Problem {
    let (code, mut message) = match stop {
        Stop::Read(error) => {
            (problems::READ_FAILED, format!("reading failed: {error}; the rest was not read"))
        }
        Stop::Truncated => {
            (problems::TRUNCATED, "it ends in the middle; fetch it again, the rest is missing".to_owned())
        }
        Stop::Corrupt(what) => (problems::CORRUPT, format!("{what}; fetch it again, the rest was not read")),
        Stop::Unsupported(name) => (
            problems::COMPRESSION,
            format!("it is compressed with {name}, which is not read; use gzip or zstd"),
        ),
        Stop::Exceeded(exceeded) => {
            (problems::of_limit(exceeded.limit), format!("{exceeded}; the rest was not read"))
        }
    };
    if let Some(path) = inside {
        message = format!("in {}: {message}", shorten(path));
    }
    let problem = Problem::new(code, shorten(subject), Effect::MayHidePackages, message);
    match stop {
        Stop::Exceeded(exceeded) => problem.with_limit(exceeded.allowed),
        _ => problem,
    }
}

/// A wanted file that has more bytes than are read.
fn too_large(path: &str, size: u64, allowed: u64) -> Problem {
    let message = format!("the file has {size} bytes, and was not read");
    let problem = Problem::new(problems::FILE_TOO_LARGE, shorten(path), Effect::MayHidePackages, message);
    problem.with_limit(allowed)
}

/// Subjects are for people: a hostile path of 4 KiB is cut.
pub(crate) fn shorten(subject: &str) -> String {
    const MAX: usize = 256;
    match subject.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", subject.get(..end).unwrap_or("")),
        None => subject.to_owned(),
    }
}

#[cfg(test)]
mod tests;
