use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The limits of one scan. Every parser takes them through a [`Budget`]; none has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes read after decompression, over the whole scan.
    pub bytes: u64,
    /// Archive entries and directory entries, over the whole scan.
    pub entries: u64,
    /// Decompressed bytes for each compressed byte, per stream, once 1 MiB came out.
    pub ratio: u64,
    /// Bytes of one path.
    pub path_len: u64,
    /// Archives inside archives, JSON inside JSON, links to links.
    pub depth: u64,
    /// Bytes of one file that a parser holds at once.
    pub file_bytes: u64,
    /// Time for the whole scan.
    pub time: Duration,
}

impl Default for Limits {
    /// Generous for the largest images seen in the field (about 60 GB, 3 million entries), small enough to end.
    fn default() -> Self {
        Self {
            bytes: 256 << 30,
            entries: 10_000_000,
            ratio: 1_100,
            path_len: 4096,
            depth: 16,
            file_bytes: 512 << 20,
            time: Duration::from_secs(3600),
        }
    }
}

/// Which limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::entries`].
    Entries,
    /// [`Limits::ratio`].
    Ratio,
    /// [`Limits::path_len`].
    PathLength,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::file_bytes`].
    FileBytes,
    /// [`Limits::time`], in seconds.
    Time,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "total bytes",
            Self::Entries => "entries",
            Self::Ratio => "expansion ratio",
            Self::PathLength => "path length",
            Self::Depth => "nesting",
            Self::FileBytes => "bytes of one file",
            Self::Time => "seconds",
        })
    }
}

/// A limit was met; `allowed` is its value in its own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {allowed} {limit} was met")]
pub struct Exceeded {
    /// Which limit.
    pub limit: Limit,
    /// Its value.
    pub allowed: u64,
}

/// What a scan may still use. Clones share one account, so threads draw on the same budget.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limits: Limits,
    bytes: AtomicU64,
    entries: AtomicU64,
    deadline: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Budget {
    /// Opens an account; time runs from now.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let deadline = Instant::now().checked_add(limits.time);
        Self(Arc::new(Account { limits, bytes: AtomicU64::new(0), entries: AtomicU64::new(0), deadline }))
    }

    /// The limits themselves.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Draws `n` decompressed bytes, and looks at the clock.
    ///
    /// # Errors
    /// When the scan's bytes or its time are used up.
    pub fn charge_bytes(&self, n: u64) -> Result<(), Exceeded> {
        draw(&self.0.bytes, n, self.0.limits.bytes, Limit::Bytes)?;
        self.check_time()
    }

    /// Draws `n` entries.
    ///
    /// # Errors
    /// When the scan's entries are used up.
    pub fn charge_entries(&self, n: u64) -> Result<(), Exceeded> {
        draw(&self.0.entries, n, self.0.limits.entries, Limit::Entries)
    }

    /// Bytes drawn so far.
    #[must_use]
    pub fn bytes_used(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// # Errors
    /// When the scan's time is used up.
    pub fn check_time(&self) -> Result<(), Exceeded> {
        match self.0.deadline {
            Some(deadline) if Instant::now() > deadline => {
                Err(Exceeded { limit: Limit::Time, allowed: self.0.limits.time.as_secs() })
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// When `depth` is past the limit.
    pub fn check_depth(&self, depth: u64) -> Result<(), Exceeded> {
        at_most(depth, self.0.limits.depth, Limit::Depth)
    }

    /// # Errors
    /// When a path of `len` bytes is too long.
    pub fn check_path(&self, len: usize) -> Result<(), Exceeded> {
        at_most(len as u64, self.0.limits.path_len, Limit::PathLength)
    }

    /// # Errors
    /// When a file of `len` bytes is too large to be held.
    pub fn check_file(&self, len: u64) -> Result<(), Exceeded> {
        at_most(len, self.0.limits.file_bytes, Limit::FileBytes)
    }
}

fn draw(account: &AtomicU64, n: u64, allowed: u64, limit: Limit) -> Result<(), Exceeded> {
    let used = account.fetch_add(n, Ordering::Relaxed).saturating_add(n);
    at_most(used, allowed, limit)
}

fn at_most(value: u64, allowed: u64, limit: Limit) -> Result<(), Exceeded> {
    if value <= allowed { Ok(()) } else { Err(Exceeded { limit, allowed }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_draw_on_one_account() {
        let budget = Budget::new(Limits { bytes: 10, entries: 1, ..Limits::default() });
        assert_eq!(budget.clone().charge_bytes(6), Ok(()));
        assert_eq!(budget.charge_bytes(6), Err(Exceeded { limit: Limit::Bytes, allowed: 10 }));
        assert_eq!(budget.charge_entries(1), Ok(()));
        assert_eq!(budget.charge_entries(1), Err(Exceeded { limit: Limit::Entries, allowed: 1 }));
    }

    #[test]
    fn time_ends() {
        let budget = Budget::new(Limits { time: Duration::ZERO, ..Limits::default() });
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(budget.check_time(), Err(Exceeded { limit: Limit::Time, allowed: 0 }));
    }
}
