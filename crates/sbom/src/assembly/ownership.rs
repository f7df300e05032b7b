//! Which OS package owns a file.
//!
//! A database lists up to half a million paths, of which a few thousand matter: those that show a language package or
//! that the image starts. So the wanted paths are indexed by base name, and of the owned paths only those with a
//! wanted base name are looked at.

use std::{borrow::Cow, collections::HashMap};

use package::PackageIndex;
use serde::{Deserialize, Serialize};

use super::Draft;

/// The paths that one OS package owns, without leading slashes.
#[derive(Clone, Debug)]
pub(crate) enum Paths<'a> {
    /// Each ended by a newline.
    Lines(&'a str),
    /// Directories and the names in them.
    Table(Cow<'a, FileTable>),
}

/// Paths as directories and names in them, as rpm and apk keep them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTable {
    /// Directories, with neither a leading nor a trailing slash; the root is empty.
    pub dirs: Vec<String>,
    /// File names, each ended by a NUL.
    pub names: String,
    /// For each name the place of its directory in `dirs`.
    pub dir_of: Vec<u32>,
}

impl Paths<'_> {
    /// Calls `visit` with directory and base name of every path.
    fn each(&self, mut visit: impl FnMut(&str, &str)) {
        match self {
            Self::Lines(text) => {
                let mut start = 0;
                for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
                    let (dir, base) = split(&text[start..end]);
                    visit(dir, base);
                    start = end + 1;
                }
            }
            Self::Table(table) => {
                for (name, dir) in table.names.split_terminator('\0').zip(&table.dir_of) {
                    if let Some(dir) = table.dirs.get(*dir as usize) {
                        visit(dir, name);
                    }
                }
            }
        }
    }
}

fn split(path: &str) -> (&str, &str) {
    match memchr::memrchr(b'/', path.as_bytes()) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    }
}

fn join(dir: &str, base: &str) -> String {
    if dir.is_empty() { base.to_owned() } else { format!("{dir}/{base}") }
}

/// The owners of `wanted` (canonical paths), as far as they have one. Where several packages list a file, the first
/// in the order of `draft.owned` has it.
pub(super) fn owners<'w>(
    draft: &Draft<'_>,
    wanted: impl Iterator<Item = &'w str>,
) -> HashMap<&'w str, PackageIndex> {
    let mut by_base: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut sieve = Sieve::new();
    for path in wanted {
        let (_, base) = split(path);
        let paths = by_base.entry(base).or_default();
        if !paths.contains(&path) {
            paths.push(path);
        }
        sieve.add(base);
    }
    let diversions = Diversions::new(draft);
    for base in diversions.bases() {
        sieve.add(base);
    }
    let mut owners: HashMap<&str, PackageIndex> = HashMap::new();
    let mut real_dirs: HashMap<String, String> = HashMap::new();
    if by_base.is_empty() {
        return owners;
    }
    for (package, paths) in &draft.owned {
        paths.each(|dir, base| {
            if !sieve.may_have(base) {
                return;
            }
            let moved = diversions.of(draft, *package, dir, base);
            let (dir, base) = moved.map_or((dir, base), split);
            let Some(candidates) = by_base.get(base) else { return };
            let path = join(dir, base);
            let mut hit = candidates.iter().find(|candidate| ***candidate == path);
            if hit.is_none() {
                // Listed as lib/x where lib is a link to usr/lib.
                let real = match real_dirs.get(dir) {
                    Some(real) => real,
                    None => {
                        let real = draft.view.canonical(&path);
                        real_dirs.entry(dir.to_owned()).or_insert_with(|| split(&real).0.to_owned())
                    }
                };
                if real != dir {
                    let path = join(real, base);
                    hit = candidates.iter().find(|candidate| ***candidate == path);
                }
            }
            if let Some(path) = hit {
                owners.entry(path).or_insert(*package);
            }
        });
    }
    owners
}

/// dpkg's diversions: paths of file lists that lie elsewhere.
struct Diversions<'a>(HashMap<&'a str, (&'a str, &'a str)>);

impl<'a> Diversions<'a> {
    fn new(draft: &Draft<'a>) -> Self {
        let mut map = HashMap::new();
        for fact in draft.facts.visible() {
            if let crate::Fact::DpkgDiversions(diversions) = &fact.fact {
                for (from, to, by) in &diversions.moved {
                    map.insert(from.as_str(), (to.as_str(), by.as_str()));
                }
            }
        }
        Self(map)
    }

    fn bases(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.0.keys().map(|from| split(from).1)
    }

    /// Where the file of `package` lies, if it was moved away for another package's.
    fn of(&self, draft: &Draft<'_>, package: PackageIndex, dir: &str, base: &str) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let (to, by) = self.0.get(join(dir, base).as_str())?;
        let name = draft.packages.get(package.0 as usize).map(|package| package.name.as_str());
        (name != Some(by)).then_some(*to)
    }
}

/// A set of base names that may answer "yes" wrongly but never "no": one load for each of half a million names.
struct Sieve(Box<[u64; 1024]>);

impl Sieve {
    fn new() -> Self {
        Self(Box::new([0; 1024]))
    }

    fn place(base: &str) -> (usize, u64) {
        // The tail tells names apart better than the head (`lib…`, `python3-…`); the length does the rest.
        let tail = match base.as_bytes().last_chunk() {
            Some(tail) => u64::from_le_bytes(*tail),
            None => base.bytes().fold(0, |tail, byte| tail << 8 | u64::from(byte)),
        };
        let mixed = (tail ^ (base.len() as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = mixed >> 48;
        ((place >> 6) as usize, 1 << (place & 63))
    }

    fn add(&mut self, base: &str) {
        let (word, bit) = Self::place(base);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn may_have(&self, base: &str) -> bool {
        let (word, bit) = Self::place(base);
        self.0.get(word).is_none_or(|word| word & bit != 0)
    }
}
