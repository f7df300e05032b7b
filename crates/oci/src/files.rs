//! Files by name: in a folder or inside a tar archive.

use std::{
    fs, io,
    io::Read as _,
    path::{Component, Path, PathBuf},
};

use crate::{Error, image::Place};

/// Files of one image source.
pub(crate) trait Files {
    /// The source, for messages.
    fn what(&self) -> &str;

    /// Where a file is and its bytes; `None` when it is not there.
    fn locate(&self, path: &str) -> Result<Option<(Place, u64)>, Error>;

    /// The bytes of a small file; `None` when it is not there.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some((place, len)) = self.locate(path)? else { return Ok(None) };
        let what = || format!("{path} in {}", self.what());
        if len > limit {
            return Err(Error::TooLarge { what: what(), limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        let result = match place {
            Place::Region(region) => crate::Blob::from_region(region).read_to_end(&mut bytes),
            // One byte past the limit tells a file that grew meanwhile.
            Place::File { path, .. } => {
                fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
            }
            Place::Remote { .. } | Place::Packed | Place::Missing { .. } | Place::Encrypted => Ok(0),
        };
        result.map_err(Error::io(what()))?;
        if bytes.len() as u64 > limit {
            return Err(Error::TooLarge { what: what(), limit });
        }
        Ok(Some(bytes))
    }
}

/// A folder. What leads out of it, by `..` or by a link, is refused.
pub(crate) struct Folder {
    root: PathBuf,
    what: String,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let what = path.display().to_string();
        let root = fs::canonicalize(path).map_err(Error::io(format!("open {what}")))?;
        Ok(Self { root, what })
    }
}

impl Files for Folder {
    fn what(&self) -> &str {
        &self.what
    }

    fn locate(&self, path: &str) -> Result<Option<(Place, u64)>, Error> {
        if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Error::malformed(
                self.what.as_str(),
                format!("it names the path '{path}', which leads out of it"),
            ));
        }
        let real = match fs::canonicalize(self.root.join(path)) {
            Ok(real) => real,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(Error::io(format!("open {path} in {}", self.what))(error)),
        };
        if !real.starts_with(&self.root) {
            return Err(Error::malformed(
                self.what.as_str(),
                format!("{path} is a link that leads out of it"),
            ));
        }
        let facts = fs::metadata(&real).map_err(Error::io(format!("open {path} in {}", self.what)))?;
        // A pipe or device would be waited for without end.
        if !facts.is_file() {
            return Err(Error::malformed(self.what.as_str(), format!("{path} is no regular file")));
        }
        Ok(Some((Place::File { path: real, len: facts.len() }, facts.len())))
    }
}
