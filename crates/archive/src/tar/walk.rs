use super::{
    BLOCK,
    assemble::{Assembled, Assembler, BadHeader, Extension, Head},
    padding,
};
use crate::stream::{Source, Stop};

/// Walks a tar as a stream. The content of an entry is looked at where it lies, or gone over.
pub(crate) struct Walker<S> {
    pub(crate) source: S,
    assembler: Assembler,
    /// Bytes gone over so far.
    offset: u64,
    /// Where the content of the current entry starts.
    start: u64,
    /// Content of the current entry that is still to come.
    content: u64,
    /// Padding after it.
    padding: u64,
    extension: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    /// The archive's end.
    End,
    /// An entry; its texts are [`Walker::path`] and [`Walker::link`].
    Entry(Assembled),
    /// An extended header that is malformed.
    BadExtension,
    /// An entry of a type that stands for no file.
    Other(u8),
}

/// Why the walk ends early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The stream ends or fails.
    Stop(Stop),
    /// No header where one must be.
    Header {
        /// Where, in bytes of the tar.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl<S: Source> Walker<S> {
    pub(crate) fn new(source: S) -> Self {
        Self {
            source,
            assembler: Assembler::default(),
            offset: 0,
            start: 0,
            content: 0,
            padding: 0,
            extension: Vec::new(),
        }
    }

    /// The current entry's cleaned path.
    pub(crate) fn path(&self) -> &str {
        &self.assembler.path
    }

    /// The current entry's link.
    pub(crate) fn link(&self) -> &str {
        &self.assembler.link
    }

    /// Where the content of the current entry starts, in bytes of the tar.
    pub(crate) fn content_start(&self) -> u64 {
        self.start
    }

    /// The current entry's path while its content is not all gone over.
    pub(crate) fn inside(&self) -> Option<&str> {
        (self.content > 0).then(|| self.path())
    }

    /// Goes over what is left of the current entry, to the next.
    pub(crate) fn next(&mut self) -> Result<Item, Halt> {
        self.skip()?;
        let mut zeros = 0;
        loop {
            let offset = self.offset;
            let head = match self.head()? {
                Some(head) => head.map_err(|BadHeader(what)| Halt::Header { offset, what })?,
                None => return Ok(Item::End),
            };
            match head {
                Head::Zero => {
                    zeros += 1;
                    if zeros == 2 {
                        return Ok(Item::End);
                    }
                }
                Head::Extension(extension, size) => {
                    if !self.extension(extension, size)? {
                        return Ok(Item::BadExtension);
                    }
                    zeros = 0;
                }
                Head::Other(flag, size) => {
                    self.start(size);
                    return Ok(Item::Other(flag));
                }
                Head::Entry(entry) => {
                    if entry.more_map {
                        self.skip_map()?;
                    }
                    self.start(entry.stored);
                    return Ok(Item::Entry(entry));
                }
            }
        }
    }

    /// The content of the current entry that is at hand; reads on when there is none. Empty only at its end.
    pub(crate) fn content(&mut self) -> Result<&[u8], Stop> {
        if self.content == 0 {
            return Ok(&[]);
        }
        let bytes = self.source.fill()?;
        if bytes.is_empty() {
            return Err(Stop::Truncated);
        }
        let n = usize::try_from(self.content).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(..n).unwrap_or_default())
    }

    /// Goes on by `n` bytes of what [`Self::content`] gave.
    pub(crate) fn advance(&mut self, n: usize) {
        self.content = self.content.saturating_sub(n as u64);
        self.consume(n);
    }

    fn start(&mut self, size: u64) {
        self.start = self.offset;
        self.content = size;
        self.padding = padding(size);
    }

    fn consume(&mut self, n: usize) {
        self.source.consume(n);
        self.offset += n as u64;
    }

    fn skip(&mut self) -> Result<(), Stop> {
        loop {
            let n = self.content()?.len();
            if n == 0 {
                break;
            }
            self.advance(n);
        }
        // An archive may end without the last entry's padding.
        while self.padding > 0 {
            let n = self.source.fill()?.len().min(self.padding as usize);
            if n == 0 {
                break;
            }
            self.padding -= n as u64;
            self.consume(n);
        }
        Ok(())
    }

    /// The next header, `None` at the end of the stream.
    fn head(&mut self) -> Result<Option<Result<Head, BadHeader>>, Stop> {
        if let Some(block) = self.source.fill()?.first_chunk::<BLOCK>() {
            let head = self.assembler.head(block);
            self.consume(BLOCK);
            return Ok(Some(head));
        }
        let mut block = [0; BLOCK];
        match self.gather(&mut block)? {
            0 => Ok(None),
            BLOCK => Ok(Some(self.assembler.head(&block))),
            _ if block.iter().all(|&byte| byte == 0) => Ok(None),
            _ => Err(Stop::Truncated),
        }
    }

    /// Copies bytes that lie in two pieces; fewer than asked for at the end.
    fn gather(&mut self, to: &mut [u8]) -> Result<usize, Stop> {
        let mut filled = 0;
        while let Some(rest) = to.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let bytes = self.source.fill()?;
            let n = bytes.len().min(rest.len());
            if n == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (rest.get_mut(..n), bytes.get(..n)) {
                to.copy_from_slice(from);
            }
            filled += n;
            self.consume(n);
        }
        Ok(filled)
    }

    /// Reads an extended header (its size was checked) and its padding.
    fn extension(&mut self, extension: Extension, size: u64) -> Result<bool, Stop> {
        self.start(size);
        let mut bytes = std::mem::take(&mut self.extension);
        bytes.clear();
        loop {
            let piece = self.content()?;
            if piece.is_empty() {
                break;
            }
            bytes.extend_from_slice(piece);
            let n = piece.len();
            self.advance(n);
        }
        self.skip()?;
        let good = self.assembler.extend(extension, &bytes);
        self.extension = bytes;
        Ok(good)
    }

    /// Goes over the rest of an old GNU sparse map: blocks whose byte 504 says whether one more follows.
    fn skip_map(&mut self) -> Result<(), Stop> {
        let mut block = [0; BLOCK];
        loop {
            if self.gather(&mut block)? < BLOCK {
                return Err(Stop::Truncated);
            }
            if block[504] == 0 {
                return Ok(());
            }
        }
    }
}
