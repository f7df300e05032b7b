//! What can go wrong with the file itself.

use std::path::PathBuf;

/// A database could not be written, opened or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}; check that the folder exists, is writable and has room", path.display())]
    Io {
        /// `create`, `open`, `write`, …
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a database at all.
    #[error("this is no Seawall database; give a file that `seawall db import` wrote")]
    NotADatabase,
    /// Written by another version of the format.
    #[error(
        "the database has format {found}, this program reads format {expected}; import the sources again with this program"
    )]
    Version {
        /// What the file says.
        found: u32,
        /// What this program writes and reads.
        expected: u32,
    },
    /// Bytes are not those that were written.
    #[error("the database is damaged ({what}, at byte {offset}); import or copy it again")]
    Corrupt {
        /// Which part.
        what: &'static str,
        /// Where in the file.
        offset: u64,
    },
    /// More than the format can hold.
    #[error("too much for one database: {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
    },
}

/// An I/O error with its place.
pub(crate) fn io<'a>(
    action: &'static str,
    path: &'a std::path::Path,
) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |source| Error::Io { action, path: path.to_owned(), source }
}
