//! An unnamed file that holds what need not stay in memory.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{Error, error::io};

/// Where something lies in the spill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    // Two halves, so that the struct needs no padding beside a `u32`: there are millions.
    high: u32,
    low: u32,
    pub(super) len: u32,
}

impl Place {
    fn offset(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

pub(super) struct Spill {
    file: File,
    folder: PathBuf,
    buffer: Vec<u8>,
    written: u64,
}

const BUFFER: usize = 1 << 20;

impl Spill {
    pub(super) fn new(folder: &Path) -> Result<Self, Error> {
        let file = tempfile::tempfile_in(folder).map_err(io("create a working file in", folder))?;
        Ok(Self { file, folder: folder.to_owned(), buffer: Vec::with_capacity(BUFFER), written: 0 })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<Place, Error> {
        let offset = self.written + self.buffer.len() as u64;
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        let len = u32::try_from(bytes.len()).map_err(|_| Error::TooLarge { what: "bytes of one record" })?;
        #[expect(clippy::cast_possible_truncation, reason = "the halves of one number")]
        Ok(Place { high: (offset >> 32) as u32, low: offset as u32, len })
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.file.write_all(&self.buffer).map_err(io("write the working file in", &self.folder))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Reads into `into`, whose content is replaced. Everything must have been flushed.
    pub(super) fn read(&self, place: Place, into: &mut Vec<u8>) -> Result<(), Error> {
        into.clear();
        into.resize(place.len as usize, 0);
        self.file.read_exact_at(into, place.offset()).map_err(io("read the working file in", &self.folder))
    }
}
