//! Just enough of SQLite's file format to list the rows of one table: the b-tree of tables, overflow pages and records
//! (the database file format, sections 1 and 2). Every page is visited once at most, so a file cannot send the reader
//! in circles or make it read more than the file holds.

use super::wal::Log;

/// Rows that are read: twenty times as many as the largest systems have packages.
pub(super) const MAX_ROWS: u64 = 200_000;

const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

/// A database and the pages of its log.
pub(super) struct Database<'a> {
    main: &'a [u8],
    log: Log<'a>,
    page_size: usize,
    /// Bytes of a page that hold content.
    usable: usize,
}

/// How reading a table ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Pages and cells that could not be followed.
    pub(super) damaged: u64,
    /// There were more than [`MAX_ROWS`].
    pub(super) limited: bool,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes).map(usize::from)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// A variable-length integer of one to nine bytes, and how many those were.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (n, &byte) in bytes.iter().take(9).enumerate() {
        if n == 8 {
            return Some((value << 8 | u64::from(byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, n + 1));
        }
    }
    None
}

impl<'a> Database<'a> {
    /// Looks at the header of a database, which the log may have a newer version of.
    ///
    /// # Errors
    /// In words for people: it is no SQLite database, or the log belongs to another one.
    pub(super) fn open(main: &'a [u8], log: Log<'a>) -> Result<Self, String> {
        let header = log.pages.get(&1).copied().unwrap_or(main);
        if header.get(..16) != Some(b"SQLite format 3\0") {
            return Err("is no SQLite database; no package of this system is known".to_owned());
        }
        let page_size = match u16_at(header, 16) {
            Some(1) => 65536,
            Some(size) if size.is_power_of_two() && size >= 512 => size,
            _ => return Err("has an impossible page size; no package of this system is known".to_owned()),
        };
        if log.page_size != 0 && log.page_size != page_size {
            return Err(
                "and its write-ahead log have different page sizes and do not belong together".to_owned()
            );
        }
        let reserved = header.get(20).copied().map_or(0, usize::from);
        let usable = page_size - reserved;
        // SQLite's own lower bound; below it the arithmetic of overflow pages has no sense.
        if usable < 480 {
            return Err("reserves more of each page than SQLite allows".to_owned());
        }
        Ok(Self { main, log, page_size, usable })
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        if let Some(page) = self.log.pages.get(&number) {
            return Some(page);
        }
        let at = usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(self.page_size)?;
        self.main.get(at..at.checked_add(self.page_size)?)
    }

    /// Calls `visit` with the first blob of every row of `table`.
    pub(super) fn rows(&self, table: &str, visit: &mut dyn FnMut(&[u8])) -> Outcome {
        self.walk(table, visit).outcome
    }

    fn walk(&self, table: &str, visit: &mut dyn FnMut(&[u8])) -> Walk<'_, 'a> {
        let mut walk = Walk { database: self, seen: Seen::new(self), outcome: Outcome::default(), rows: 0 };
        let mut root = None;
        walk.table(1, &mut |record| {
            let mut columns = Columns::new(record);
            let (kind, name) = (columns.next().flatten(), columns.next().flatten());
            if kind == Some(b"table") && name == Some(table.as_bytes()) {
                // Root page, after the table's name.
                let number = columns.nth(1).flatten().filter(|bytes| bytes.len() <= 4);
                root = number.map(|bytes| bytes.iter().fold(0, |n, &byte| n << 8 | u32::from(byte)));
            }
        });
        match root {
            Some(root) => {
                walk.rows = 0;
                walk.table(root, &mut |record| {
                    // The first column is the row's number, kept as NULL.
                    // What is no header is counted by whom it is shown to.
                    visit(Columns::new(record).nth(1).flatten().unwrap_or_default());
                });
            }
            None => walk.outcome.damaged += 1,
        }
        walk
    }
}

/// Clears every page of a database that is no part of `table`, nor of the list of tables: an rpm database is indices for
/// the greater part. A log that is laid over it later can lead to no cleared page: SQLite writes to the log each page
/// that it takes into a table. Damage of any kind leaves all as it is.
pub(super) fn clear_other_pages(main: &mut [u8], table: &str) {
    let Ok(database) = Database::open(main, Log::default()) else { return };
    let Walk { seen, outcome, .. } = database.walk(table, &mut |_| {});
    if outcome != Outcome::default() {
        return;
    }
    let page_size = database.page_size;
    for (number, page) in (1_u32..).zip(main.chunks_mut(page_size)) {
        if !seen.has(number) {
            page.fill(0);
        }
    }
}

/// A walk through the pages of a database.
struct Walk<'d, 'a> {
    database: &'d Database<'a>,
    seen: Seen,
    outcome: Outcome,
    rows: u64,
}

impl Walk<'_, '_> {
    /// Calls `visit` with every record below `root`, in the order of row numbers.
    fn table(&mut self, root: u32, visit: &mut dyn FnMut(&[u8])) {
        let mut stack = Vec::new();
        self.push(&mut stack, root);
        let mut buffer = Vec::new();
        while let Some(number) = stack.pop() {
            let Some(page) = self.database.page(number) else {
                self.outcome.damaged += 1;
                continue;
            };
            // The first page begins with the header of the database.
            let start = if number == 1 { 100 } else { 0 };
            let kind = page.get(start).copied();
            let cells = u16_at(page, start + 3).unwrap_or(0);
            let (pointers, leaf) = match kind {
                Some(LEAF) => (start + 8, true),
                Some(INTERIOR) => (start + 12, false),
                _ => {
                    self.outcome.damaged += 1;
                    continue;
                }
            };
            // A count that lies past the page is damage once, not for each cell that is not there.
            let fitting = page.len().saturating_sub(pointers) / 2;
            if cells > fitting {
                self.outcome.damaged += 1;
            }
            let cells = cells.min(fitting);
            if leaf {
                // Cells do not overlap: together they are no larger than their page.
                let mut room = self.database.page_size;
                for cell in 0..cells {
                    self.rows += 1;
                    if self.rows > MAX_ROWS {
                        self.outcome.limited = true;
                        return;
                    }
                    let at = u16_at(page, pointers + 2 * cell);
                    match at.and_then(|at| self.record(page.get(at..)?, &mut room, &mut buffer)) {
                        Some(record) => visit(record),
                        None => self.outcome.damaged += 1,
                    }
                }
                continue;
            }
            // Pushed last to first, so that the stack gives them back in order.
            self.push(&mut stack, u32_at(page, start + 8).unwrap_or(0));
            for cell in (0..cells).rev() {
                let child = u16_at(page, pointers + 2 * cell).and_then(|at| u32_at(page, at));
                self.push(&mut stack, child.unwrap_or(0));
            }
        }
    }

    fn push(&mut self, stack: &mut Vec<u32>, page: u32) {
        if self.seen.first_time(page) {
            stack.push(page);
        } else {
            self.outcome.damaged += 1;
        }
    }

    /// The whole record of a leaf's cell, its overflow pages joined in `buffer`.
    fn record<'b>(&mut self, cell: &'b [u8], room: &mut usize, buffer: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        let (size, n) = varint(cell)?;
        let (_row, m) = varint(cell.get(n..)?)?;
        let size = usize::try_from(size).ok()?;
        let payload = cell.get(n + m..)?;
        let usable = self.database.usable;
        let most = usable - 35;
        if size <= most {
            *room = room.checked_sub(size)?;
            return payload.get(..size);
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let fitting = least + (size - least) % (usable - 4);
        let local = if fitting <= most { fitting } else { least };
        *room = room.checked_sub(local)?;
        buffer.clear();
        buffer.extend_from_slice(payload.get(..local)?);
        let mut next = u32_at(payload, local)?;
        while buffer.len() < size {
            let page = if self.seen.first_time(next) { self.database.page(next)? } else { return None };
            next = u32_at(page, 0)?;
            let want = (size - buffer.len()).min(usable - 4);
            buffer.extend_from_slice(page.get(4..4 + want)?);
        }
        Some(buffer)
    }
}

/// The pages that were visited: in a sound database no page has two places.
struct Seen {
    bits: Vec<u64>,
    pages: usize,
}

impl Seen {
    fn new(database: &Database<'_>) -> Self {
        // No sound tree names a page behind the end, nor page 0.
        let pages = database.main.len() / database.page_size + database.log.pages.len();
        Self { bits: vec![0; pages / 64 + 1], pages }
    }

    fn has(&self, page: u32) -> bool {
        let page = page as usize;
        self.bits.get(page / 64).is_some_and(|word| word & 1 << (page % 64) != 0)
    }

    fn first_time(&mut self, page: u32) -> bool {
        let page = page as usize;
        let Some(word) = self.bits.get_mut(page / 64).filter(|_| (1..=self.pages).contains(&page)) else {
            return false;
        };
        let bit = 1 << (page % 64);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
}

/// The values of a record, as bytes; `None` for NULL and for numbers kept in the type itself.
struct Columns<'r> {
    types: &'r [u8],
    values: &'r [u8],
}

impl<'r> Columns<'r> {
    fn new(record: &'r [u8]) -> Self {
        let of = || {
            let (header, n) = varint(record)?;
            let header = usize::try_from(header).ok()?;
            Some(Self { types: record.get(n..header)?, values: record.get(header..)? })
        };
        of().unwrap_or(Self { types: &[], values: &[] })
    }
}

impl<'r> Iterator for Columns<'r> {
    type Item = Option<&'r [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, n) = varint(self.types)?;
        self.types = self.types.get(n..)?;
        let len = match kind {
            0 | 8 | 9 => return Some(None),
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let (value, rest) = self.values.split_at_checked(usize::try_from(len).ok()?)?;
        self.values = rest;
        Some(Some(value))
    }
}
