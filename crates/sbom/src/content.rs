use std::{fs::File, io, os::unix::fs::FileExt};

/// The bytes of one file, with random access: in memory, in a temporary file or on the disk that is scanned.
pub trait Content {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Is there nothing in it?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads up to `buf.len()` bytes at `offset`; 0 at the end. Short reads are allowed.
    ///
    /// # Errors
    /// What the source says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// The whole content, where it lies in memory anyway.
    fn as_bytes(&self) -> Option<&[u8]> {
        None
    }

    /// Fills as much of `buf` as the content has at `offset`, and says how much that was.
    ///
    /// # Errors
    /// What the source says.
    fn read_full_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.read_at(offset + done as u64, &mut buf[done..])? {
                0 => break,
                n => done += n,
            }
        }
        Ok(done)
    }

    /// Copies the whole content, at most `limit` bytes of it.
    ///
    /// # Errors
    /// What the source says.
    fn to_vec(&self, limit: u64) -> io::Result<Vec<u8>> {
        let want = usize::try_from(self.len().min(limit)).unwrap_or(usize::MAX);
        if let Some(bytes) = self.as_bytes() {
            return Ok(bytes[..want.min(bytes.len())].to_vec());
        }
        let mut out = vec![0; want];
        let got = self.read_full_at(0, &mut out)?;
        out.truncate(got);
        Ok(out)
    }
}

impl Content for [u8] {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl Content for &[u8] {
    fn len(&self) -> u64 {
        Content::len(*self)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Content::read_at(*self, offset, buf)
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// A file and its length, as seen when it was opened.
impl Content for (File, u64) {
    fn len(&self) -> u64 {
        self.1
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(&self.0, buf, offset)
    }
}
