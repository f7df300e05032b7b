use model::{Budget, Effect, Problem, Problems};

use crate::{Content, Fact, lang, os, problems};

/// What is known of a file before its content is read.
#[derive(Clone, Copy, Debug)]
pub struct FileInfo<'a> {
    /// Path from the root, without a leading slash.
    pub path: &'a str,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
}

impl<'a> FileInfo<'a> {
    /// The last component of the path.
    #[must_use]
    pub fn name(&self) -> &'a str {
        // Asked for by most rows of the table for each file of a system: bytes from the end, and no search in words.
        let slash = self.path.bytes().rposition(|byte| byte == b'/');
        slash.and_then(|at| self.path.get(at + 1..)).unwrap_or(self.path)
    }
}

/// A kind of file that a cataloguer reads: its place in `READERS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reader(u8);

/// Do these first bytes look like a file of this kind?
type Fits = fn(&[u8]) -> bool;

/// A row of the table of readers.
pub(crate) struct Row {
    /// For problems and debugging.
    pub(crate) name: &'static str,
    /// By path, size and mode alone: is this file of this kind, as far as can be told?
    pub(crate) wants: fn(&FileInfo<'_>) -> bool,
    /// How many of the first bytes decide, and whether they fit; `None`: the path decides.
    pub(crate) peek: Option<(usize, Fits)>,
    /// Do the facts depend on the content only? Then a hard link to a file that was read has the same facts.
    pub(crate) by_content: bool,
    /// Largest file that is read.
    pub(crate) max: u64,
    /// Is it read here and there, and never held as a whole? Then the budget's `file_bytes`, which bounds what is held,
    /// says nothing of its size.
    pub(crate) in_parts: bool,
    /// Reads one file. `None`: nothing of interest in it.
    pub(crate) read: fn(&FileInfo<'_>, &dyn Content, &Budget, &mut Problems) -> Option<Fact>,
}

/// Every kind of file that is read. The first row that wants a file gets it, so exact paths stand before patterns.
pub(crate) static READERS: &[&[Row]] = &[
    os::os_release::READERS,
    os::dpkg::READERS,
    os::apk::READERS,
    os::rpm::READERS,
    lang::npm::READERS,
    lang::python::READERS,
    lang::go::READERS,
    lang::rust::READERS,
    lang::java::READERS,
    lang::elf::READERS,
];

/// Which reader wants this regular file, if any.
#[must_use]
pub fn interest(info: &FileInfo<'_>) -> Option<Reader> {
    let mut number = 0;
    for rows in READERS {
        for row in *rows {
            if (row.wants)(info) {
                return Some(Reader(number));
            }
            number += 1;
        }
    }
    None
}

impl Row {
    fn allowed(&self, budget: &Budget) -> u64 {
        if self.in_parts { self.max } else { self.max.min(budget.limits().file_bytes) }
    }
}

impl Reader {
    fn row(self) -> &'static Row {
        // A `Reader` is only made by `interest`, from a place in this very table.
        let mut rest = usize::from(self.0);
        for rows in READERS {
            match rows.get(rest) {
                Some(row) => return row,
                None => rest -= rows.len(),
            }
        }
        &READERS[0][0]
    }

    /// How many of a file's first bytes [`Reader::accepts`] wants to see; 0: the path alone decides.
    #[must_use]
    pub fn peek_len(self) -> usize {
        self.row().peek.map_or(0, |(len, _)| len)
    }

    /// Do the first bytes look like a file of this kind? `head` holds [`Reader::peek_len`] bytes, or the whole file
    /// where it is shorter.
    #[must_use]
    pub fn accepts(self, head: &[u8]) -> bool {
        self.row().peek.is_none_or(|(_, fits)| fits(head))
    }

    /// The largest file that is read, in bytes.
    #[must_use]
    pub fn max(self, budget: &Budget) -> u64 {
        self.row().allowed(budget)
    }

    /// Does a hard link to a file that was read have the same facts, whatever its name?
    #[must_use]
    pub fn by_content(self) -> bool {
        self.row().by_content
    }
}

/// Reads one file. `None` where it holds nothing of interest, or could not be read: then `problems` says so.
pub fn extract(
    reader: Reader,
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let row = reader.row();
    let max = row.allowed(budget);
    if content.len() > max {
        problems.push(
            Problem::new(
                problems::TOO_LARGE,
                info.path,
                Effect::MayHidePackages,
                format!("{} of {} bytes is not read; the limit is {max}", row.name, content.len()),
            )
            .with_limit(max),
        );
        return None;
    }
    if let Err(exceeded) = budget.check_time() {
        problems.push(
            Problem::new(problems::LIMIT, info.path, Effect::MayHidePackages, exceeded.to_string())
                .with_limit(exceeded.allowed),
        );
        return None;
    }
    (row.read)(info, content, budget, problems)
}
