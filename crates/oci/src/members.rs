//! An archive file as files by name: its members are found once, by their headers, and read where they lie.

use std::{fs::File, os::unix::fs::FileExt as _, path::Path, sync::Arc};

use ::archive::tar::{self, index_members};
use model::{Budget, Problem};

use crate::{Error, Options, Region, files::Files, image::Place, secret::tame};

/// Bytes that tell a kind of file: tar's mark stands at 257.
const HEAD: usize = 263;

/// Could this be an image archive: a tar, or something compressed that may be one?
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    if !file.metadata().is_ok_and(|facts| facts.is_file()) {
        return false;
    }
    let head = head_of(&file);
    is_compressed(&head) || head.get(257..262) == Some(b"ustar")
}

fn head_of(file: &File) -> Vec<u8> {
    let mut head = vec![0; HEAD];
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, filled as u64) {
            Ok(n) if n > 0 => filled += n,
            _ => break,
        }
    }
    head.truncate(filled);
    head
}

/// gzip or Zstandard.
fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// An archive and where its members are.
pub(crate) struct Members {
    file: Arc<File>,
    what: String,
    members: tar::Members,
}

impl Members {
    /// Finds the members; one that is compressed as a whole is inflated first, into an unlinked temporary file.
    pub(crate) fn index(file: File, what: String, options: &Options) -> Result<Self, Error> {
        let budget = Budget::new(model::Limits {
            bytes: options.limits.archive,
            entries: options.limits.entries,
            time: options.timeouts.transfer,
            ..model::Limits::default()
        });
        let file =
            if is_compressed(&head_of(&file)) { inflate(file, &what, &budget, options)? } else { file };
        let members = index_members(&file, &what, &budget);
        Ok(Self { file: Arc::new(file), what, members })
    }

    /// What was wrong with the archive.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.members.problems
    }

    /// Why no image was found.
    pub(crate) fn nothing_found(&self) -> Error {
        let why = match self.members.problems.first() {
            Some(problem) => problem.message.clone(),
            None => {
                "it is a tar, but holds neither a manifest.json (docker save) nor an index.json (OCI layout)"
                    .to_owned()
            }
        };
        Error::malformed(self.what.as_str(), tame(&why, 400))
    }
}

impl Files for Members {
    fn what(&self) -> &str {
        &self.what
    }

    fn locate(&self, path: &str) -> Result<Option<(Place, u64)>, Error> {
        let Some(member) = self.members.get(path).filter(|member| member.kind == ::archive::Kind::File)
        else {
            return Ok(None);
        };
        let region = Region { file: Arc::clone(&self.file), offset: member.offset, len: member.size };
        Ok(Some((Place::Region(region), member.size)))
    }
}

/// Makes an unlinked temporary file out of what `source` gives, at most `limit` bytes.
pub(crate) fn store(
    source: impl std::io::Read,
    what: &str,
    limit: u64,
    options: &Options,
) -> Result<File, Error> {
    let folder = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let mut file = tempfile::tempfile_in(&folder)
        .map_err(Error::io(format!("make a temporary file in {}", folder.display())))?;
    // One byte more tells that there is more.
    let mut source = source.take(limit.saturating_add(1));
    let n = std::io::copy(&mut source, &mut file).map_err(|error| match error.downcast::<Error>() {
        Ok(own) => own,
        Err(error) => Error::Io { what: format!("store {what} in {}", folder.display()), source: error },
    })?;
    if n > limit {
        return Err(Error::TooLarge { what: what.to_owned(), limit });
    }
    Ok(file)
}

/// Inflates a whole archive.
fn inflate(file: File, what: &str, budget: &Budget, options: &Options) -> Result<File, Error> {
    let limit = options.limits.archive;
    store(::archive::inflated(file, budget), what, limit, options).map_err(|error| match error {
        Error::Io { source, .. } if met_limit(&source) => {
            Error::TooLarge { what: format!("{what}, inflated,"), limit }
        }
        other => other,
    })
}

/// Did the budget end it?
fn met_limit(error: &std::io::Error) -> bool {
    matches!(error.get_ref(), Some(error) if error.is::<model::Exceeded>())
}
