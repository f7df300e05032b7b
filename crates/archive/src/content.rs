use std::{fs::File, io, os::unix::fs::FileExt};

/// A wanted file up to this size is handed over in memory, a larger one in an unlinked temporary file.
pub const MEMORY_MAX: u64 = 16 << 20;

/// Bytes that can be read at any offset.
pub trait ReadAt {
    /// Reads up to `buf.len()` bytes from `offset`; 0 is the end.
    ///
    /// # Errors
    /// What the file system says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Bytes in all.
    ///
    /// # Errors
    /// What the file system says.
    fn len(&self) -> io::Result<u64>;

    /// No bytes at all.
    ///
    /// # Errors
    /// As [`Self::len`].
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Fills as much of `buf` as there are bytes, and says how much that is.
    ///
    /// # Errors
    /// As [`Self::read_at`].
    fn read_full_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_at(offset.saturating_add(filled as u64), rest) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl ReadAt for File {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(self, buf, offset)
    }

    fn len(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }

    fn len(&self) -> io::Result<u64> {
        Ok((*self).len() as u64)
    }
}

/// A part of a file. Where the file ends before it, so do its bytes.
#[derive(Clone, Copy, Debug)]
pub struct FilePart<'a> {
    /// The file.
    pub file: &'a File,
    /// Where the part starts, in bytes.
    pub offset: u64,
    /// Its bytes.
    pub len: u64,
}

impl<'a> FilePart<'a> {
    /// The `len` bytes from `offset` of this part; `None` where it does not have them.
    #[must_use]
    pub fn part(&self, offset: u64, len: u64) -> Option<FilePart<'a>> {
        let fits = offset.checked_add(len).is_some_and(|end| end <= self.len);
        fits.then(|| Self { file: self.file, offset: self.offset.saturating_add(offset), len })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let n = left.min(buf.len());
        if n == 0 {
            return Ok(0);
        }
        let at = self.offset.saturating_add(offset);
        ReadAt::read_at(self.file, at, buf.get_mut(..n).unwrap_or_default())
    }
}

/// The content of one file, for as long as it is looked at.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// In memory.
    Memory(&'a [u8]),
    /// In a part of a file: an unlinked temporary one, the archive itself, or one of a root file system.
    File(FilePart<'a>),
}

impl Content<'_> {
    /// Its bytes, where they are in memory.
    #[must_use]
    pub const fn as_memory(&self) -> Option<&[u8]> {
        match self {
            Self::Memory(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }

    /// Bytes in all.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(part) => part.len,
        }
    }

    /// No bytes at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads up to `buf.len()` bytes from `offset`; 0 is the end.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read_at(offset, buf),
            Self::File(part) => part.read_at(offset, buf),
        }
    }
}

impl ReadAt for Content<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Content::read_at(self, offset, buf)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(Content::len(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn memory_and_file_read_alike() {
        let bytes = b"0123456789";
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"not ours").unwrap();
        file.write_all(bytes).unwrap();
        file.write_all(b"not ours").unwrap();
        let whole = FilePart { file: &file, offset: 0, len: 26 };
        assert!(whole.part(20, 7).is_none() && whole.part(u64::MAX, 1).is_none());
        let part = whole.part(8, 10).unwrap();
        for content in [Content::Memory(bytes), Content::File(part)] {
            let mut buf = [0; 4];
            assert_eq!(content.read_at(8, &mut buf).unwrap(), 2);
            assert_eq!(&buf[..2], b"89");
            assert_eq!(content.read_at(10, &mut buf).unwrap(), 0);
            assert_eq!(content.read_at(u64::MAX, &mut buf).unwrap(), 0);
            assert_eq!(content.read_full_at(1, &mut buf).unwrap(), 4);
            assert_eq!(&buf, b"1234");
            assert_eq!((content.len(), content.is_empty()), (10, false));
        }
        assert_eq!(Content::Memory(bytes).as_memory(), Some(&bytes[..]));
    }
}
