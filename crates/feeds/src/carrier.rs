//! What carries feeds: a folder, a zip of such a folder, or one file. Hands over its files, those of zips inside it
//! too, one after the other and bounded; nothing is unpacked to disk, so a name can lead nowhere.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use model::{Budget, Limits};
use zip::ZipArchive;

use crate::FeedError;

/// One advisory larger than this is none: the largest published one has some 4 MB.
pub(crate) const MAX_RECORD: u64 = 64 << 20;
/// The largest document with many records (Debian's tracker, 70 MB in 2026).
pub(crate) const MAX_DOCUMENT: u64 = 512 << 20;
/// The largest archive inside an archive (the CVE list, 600 MB in 2026).
const MAX_ARCHIVE: u64 = 4 << 30;
/// Zips in zips: the daily CVE list in a carried folder is three deep.
const MAX_DEPTH: u64 = 4;
/// Archives inside archives are held in memory up to this, past it in an unlinked file.
const IN_MEMORY: usize = 32 << 20;

/// The limits of an import: some ten times of all public feeds together in 2026.
pub(crate) fn limits() -> Limits {
    Limits {
        bytes: 128 << 30,
        entries: 16_000_000,
        // Advisories shrink to a tenth; what grows 300-fold is made to.
        ratio: 300,
        depth: MAX_DEPTH,
        file_bytes: MAX_DOCUMENT,
        ..Limits::default()
    }
}

/// Why a file was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// Its name is absolute, climbs with `..`, or is too long.
    OddPath,
    /// It is larger than a file of its kind can be.
    TooLarge,
    /// It grows out of all proportion.
    Expands,
    /// It lies in too many archives.
    TooDeep,
    /// Its bytes are not those that were packed, or it is encrypted.
    Damaged,
}

impl LeftOut {
    /// The lint's code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::OddPath => "odd-path",
            Self::TooLarge => "too-large",
            Self::Expands => "expands-too-much",
            Self::TooDeep => "nested-too-deep",
            Self::Damaged => "damaged-file",
        }
    }
}

/// Hears of each file.
pub(crate) trait Visit {
    /// Is a file of this path worth opening?
    fn wants(&self, path: &str) -> bool;
    /// Takes a file. An `Err` of the reader is for the carrier: the visitor hands it back.
    fn file(&mut self, path: &str, content: &mut Content<'_>) -> Result<(), Stop>;
    /// A file was left out.
    fn left_out(&mut self, path: &str, why: LeftOut, detail: String);
}

/// Why a visit ends.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Reading this file failed; the carrier says why and goes on.
    Read(io::Error),
    /// The import as a whole cannot go on.
    Import(FeedError),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<vulndb::Error> for Stop {
    fn from(error: vulndb::Error) -> Self {
        Self::Import(error.into())
    }
}

/// A file's bytes, counted against the budget.
pub(crate) struct Content<'a> {
    from: Box<dyn Read + 'a>,
    budget: &'a Budget,
    packed: Option<u64>,
    read: u64,
    limit: u64,
}

impl Content<'_> {
    /// No more than `limit` bytes are read from here on.
    pub(crate) fn at_most(&mut self, limit: u64) {
        self.limit = limit;
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.read = self.read.saturating_add(count as u64);
        self.budget.charge_bytes(count as u64).map_err(|met| io::Error::other(Met::Budget(met)))?;
        if self.read > self.limit {
            return Err(io::Error::other(Met::Size(self.limit)));
        }
        let ratio = self.budget.limits().ratio;
        if self.packed.is_some_and(|packed| self.read > (1 << 20) && self.read / ratio > packed) {
            return Err(io::Error::other(Met::Ratio(ratio)));
        }
        Ok(count)
    }
}

/// A limit that ended reading.
#[derive(Debug, thiserror::Error)]
enum Met {
    #[error(transparent)]
    Budget(model::Exceeded),
    #[error("it has more than {0} bytes")]
    Size(u64),
    #[error("it grows more than {0}-fold")]
    Ratio(u64),
}

/// Walks over what lies at `root`.
pub(crate) fn walk(root: &Path, budget: &Budget, visit: &mut dyn Visit) -> Result<(), FeedError> {
    let failed = |error| FeedError::Read { path: root.to_owned(), error };
    let walk = &mut Walk { budget, visit, seen: BTreeSet::new(), root };
    if fs::metadata(root).map_err(failed)?.is_dir() {
        return walk.folder(root, "", 0);
    }
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = File::open(root).map_err(failed)?;
    let mut magic = [0; 4];
    let count = file.read(&mut magic).map_err(failed)?;
    file.rewind().map_err(failed)?;
    // `Debian/all.zip` by itself is still Debian's, and the list of what it looked at still lies beside it.
    let whole = fs::canonicalize(root).map_err(failed)?;
    let beside = whole.parent().filter(|_| name == "all.zip");
    let name = match beside.and_then(Path::file_name) {
        Some(folder) => format!("{}/{name}", folder.to_string_lossy()),
        None => name,
    };
    if let Some(list) = beside.map(|folder| folder.join("sources.txt")).filter(|list| list.is_file()) {
        walk.plain(&list, &name.replace("all.zip", "sources.txt"))?;
    }
    // A zip whatever it is called.
    if magic.get(..count) == Some(b"PK\x03\x04") {
        return walk.zip(BufReader::with_capacity(1 << 18, file), stem_as_folder(&name).as_str(), 1);
    }
    walk.plain(root, &name)
}

/// `Debian.zip` stands for a folder `Debian`; `feeds.zip` for nothing. The visitor looks for names it knows.
fn stem_as_folder(name: &str) -> String {
    format!("{}/", name.strip_suffix(".zip").unwrap_or(name))
}

struct Walk<'a> {
    budget: &'a Budget,
    visit: &'a mut dyn Visit,
    /// Folders that were entered: links among them can form loops.
    seen: BTreeSet<PathBuf>,
    root: &'a Path,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: u64) -> Result<(), FeedError> {
        let failed = |error| FeedError::Read { path: folder.to_owned(), error };
        if !self.seen.insert(folder.canonicalize().map_err(failed)?) {
            return Ok(());
        }
        let mut entries = fs::read_dir(folder)
            .and_then(|entries| {
                entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()
            })
            .map_err(failed)?;
        entries.sort();
        for name in entries {
            self.entry()?;
            let path = folder.join(&name);
            let Some(name) = name.to_str() else {
                self.visit.left_out(
                    &path.to_string_lossy(),
                    LeftOut::OddPath,
                    "its name is not UTF-8".into(),
                );
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let below = format!("{prefix}{name}");
            // A link that leads nowhere is no feed.
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.is_dir() {
                if depth >= 16 {
                    self.visit.left_out(&below, LeftOut::TooDeep, "more than 16 folders".into());
                    continue;
                }
                self.folder(&path, &format!("{below}/"), depth + 1)?;
            } else if metadata.is_file() && self.visit.wants(&below) {
                self.plain(&path, &below)?;
            }
        }
        Ok(())
    }

    /// A file of the disk. One that is there and cannot be read ends the import: what is left would look whole.
    fn plain(&mut self, path: &Path, name: &str) -> Result<(), FeedError> {
        let failed = |error| FeedError::Read { path: path.to_owned(), error };
        let file = BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?);
        if name.ends_with(".zip") {
            return self.zip(file, &format!("{name}/"), 1);
        }
        let packed = path.metadata().map_err(failed)?.len();
        match self.hand(name, Box::new(file), packed) {
            Err(Stop::Read(error)) => self.give_up(name, &error),
            Err(Stop::Import(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    fn zip<R: Read + Seek>(&mut self, file: R, prefix: &str, depth: u64) -> Result<(), FeedError> {
        let here = prefix.trim_end_matches('/');
        let broken = |error: zip::result::ZipError| FeedError::Broken {
            path: here.to_owned(),
            why: format!("it is no whole zip file ({error})"),
        };
        let mut archive = ZipArchive::new(file).map_err(broken)?;
        for number in 0..archive.len() {
            self.entry()?;
            let mut entry = match archive.by_index(number) {
                Ok(entry) => entry,
                Err(error) => {
                    let name = format!("{prefix}#{number}");
                    self.visit.left_out(&name, LeftOut::Damaged, error.to_string());
                    continue;
                }
            };
            if !entry.is_file() {
                continue;
            }
            let packed = entry.compressed_size();
            let name = match entry.name() {
                Ok(name) if is_plain(&name) => format!("{prefix}{name}"),
                Ok(name) => {
                    self.visit.left_out(
                        &format!("{prefix}{name}"),
                        LeftOut::OddPath,
                        "a path that climbs".into(),
                    );
                    continue;
                }
                Err(error) => {
                    self.visit.left_out(&format!("{prefix}#{number}"), LeftOut::OddPath, error.to_string());
                    continue;
                }
            };
            if !self.visit.wants(&name) {
                continue;
            }
            if !name.ends_with(".zip") {
                match self.hand(&name, Box::new(&mut entry), packed) {
                    Err(Stop::Read(error)) => self.give_up(&name, &error)?,
                    Err(Stop::Import(error)) => return Err(error),
                    Ok(()) => {}
                }
                continue;
            }
            if self.budget.check_depth(depth + 1).is_err() {
                self.visit.left_out(&name, LeftOut::TooDeep, format!("more than {MAX_DEPTH} archives"));
                continue;
            }
            let inner = {
                let mut content = self.content(Box::new(&mut entry), packed, MAX_ARCHIVE);
                let mut inner = tempfile::spooled_tempfile(IN_MEMORY);
                io::copy(&mut content, &mut inner).and_then(|_| inner.rewind()).map(|()| inner)
            };
            drop(entry);
            match inner {
                // A zip in a zip borrows the walk, not the outer archive.
                Ok(inner) => self.nested(inner, &format!("{name}/"), depth + 1)?,
                Err(error) => self.give_up(&name, &error)?,
            }
        }
        Ok(())
    }

    /// The same through one type: a zip in a zip in a zip would else be a type without end.
    fn nested(&mut self, file: tempfile::SpooledTempFile, prefix: &str, depth: u64) -> Result<(), FeedError> {
        self.zip(BufReader::new(file), prefix, depth)
    }

    fn content<'c>(&'c self, from: Box<dyn Read + 'c>, packed: u64, limit: u64) -> Content<'c> {
        Content { from, budget: self.budget, packed: Some(packed), read: 0, limit }
    }

    /// Gives a file to the visitor, without its gzip.
    fn hand<'c>(&'c mut self, name: &str, from: Box<dyn Read + 'c>, packed: u64) -> Result<(), Stop> {
        let (name, from): (&str, Box<dyn Read + 'c>) = match name.strip_suffix(".gz") {
            Some(inner) => (inner, Box::new(BufReader::new(MultiGzDecoder::new(from)))),
            None => (name, from),
        };
        let mut content =
            Content { from, budget: self.budget, packed: Some(packed), read: 0, limit: MAX_RECORD };
        self.visit.file(name, &mut content)
    }

    /// Counts what cannot be read, unless it is the whole import that must end.
    fn give_up(&mut self, name: &str, error: &io::Error) -> Result<(), FeedError> {
        let why = match error.get_ref().and_then(|inner| inner.downcast_ref::<Met>()) {
            Some(Met::Budget(met)) => {
                return Err(FeedError::Limit { path: self.root.to_owned(), met: *met });
            }
            Some(Met::Size(_)) => LeftOut::TooLarge,
            Some(Met::Ratio(_)) => LeftOut::Expands,
            None => LeftOut::Damaged,
        };
        self.visit.left_out(name, why, error.to_string());
        Ok(())
    }

    fn entry(&self) -> Result<(), FeedError> {
        let met = self.budget.charge_entries(1).and_then(|()| self.budget.check_time());
        met.map_err(|met| FeedError::Limit { path: self.root.to_owned(), met })
    }
}

/// Relative, without climbing, and no longer than a path can be.
fn is_plain(name: &str) -> bool {
    name.len() <= 4096
        && !name.starts_with('/')
        && !name.contains(['\\', '\0'])
        && name.split('/').all(|part| !part.is_empty() && part != "..")
}
