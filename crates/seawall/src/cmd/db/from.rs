//! Which feeds a database was made of, so that a start does not import the same again.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use vulndb::Database;

/// Files of a folder of feeds that are looked at; one that has more is imported each time.
const MAX_FILES: usize = 100_000;

/// Beside the database.
fn place(database: &Path) -> PathBuf {
    database.with_extension("from")
}

/// Is the database whole, and made of `feeds` as they are now?
pub(super) fn is_of(database: &Path, feeds: &Path) -> bool {
    let Some(mark) = mark(database, feeds) else { return false };
    fs::read_to_string(place(database)).is_ok_and(|noted| noted == mark)
}

/// Notes what the database was made of. Where that cannot be written, the next start imports again.
pub(super) fn note(database: &Path, feeds: &Path) {
    if let Some(mark) = mark(database, feeds) {
        let _ = fs::write(place(database), mark);
    }
}

/// Which database it is, and of each file of the feeds the path, size and time, whatever their order on disk.
fn mark(database: &Path, feeds: &Path) -> Option<String> {
    let hash = Database::open(database).ok()?.sha256();
    let mut files = Vec::new();
    walk(&feeds.canonicalize().ok()?, &mut files).ok()?;
    files.sort();
    // A change of the importer is a change of what the same files give.
    Some(format!("{hash}\n{}\n{}\n", env!("CARGO_PKG_VERSION"), files.join("\n")))
}

fn walk(path: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let is = fs::metadata(path)?;
    if !is.is_dir() {
        files.push(one(path, &is));
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        if files.len() >= MAX_FILES {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let entry = entry?;
        // A link may lead back up.
        if !entry.file_type()?.is_symlink() || entry.path().is_file() {
            walk(&entry.path(), files)?;
        }
    }
    Ok(())
}

fn one(path: &Path, is: &Metadata) -> String {
    format!("{:?} {} {}.{:09} {}", path, is.len(), is.mtime(), is.mtime_nsec(), is.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_feeds_are_known_again_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let (database, path) = (folder.path().join("v.db"), folder.path().join("feeds"));
        fs::create_dir(&path).unwrap();
        fs::write(path.join("a"), "1").unwrap();
        note(&database, &path);
        assert!(!is_of(&database, &path), "there is no database");
        feeds::sample(&database).unwrap();
        assert!(!is_of(&database, &path), "nothing was noted");
        note(&database, &path);
        assert!(is_of(&database, &path));
        fs::write(path.join("b"), "").unwrap();
        assert!(!is_of(&database, &path), "a file more");
        note(&database, &path);
        fs::write(path.join("a"), "22").unwrap();
        assert!(!is_of(&database, &path), "another content");
        note(&database, &path);
        vulndb::Builder::new(folder.path()).unwrap().finish(&database).unwrap();
        assert!(!is_of(&database, &path), "another database in its place");
    }
}
