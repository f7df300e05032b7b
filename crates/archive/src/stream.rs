use std::{
    io::{self, Read},
    sync::Arc,
};

use model::{BlobDigest, Budget, DiffId, Digest, Exceeded, Limit};
use sha2::{Digest as _, Sha256};

use crate::{
    decode::{Compression, Corrupt, Decoder, Refused, Step},
    digest::Hashing,
};

/// Bytes read and inflated at a time: few system calls, and what was just inflated is hashed and parsed while it is
/// still in the processor's cache.
const CHUNK: usize = 256 << 10;

/// Inflated bytes after which the expansion ratio is looked at: small streams of zeros are no bombs.
const RATIO_FROM: u64 = 1 << 20;

/// Why a stream ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The source failed.
    Read(io::Error),
    /// It ends in the middle.
    Truncated,
    /// It contradicts itself.
    Corrupt(&'static str),
    /// It is compressed in a way that is not read.
    Unsupported(&'static str),
    /// A limit was met.
    Exceeded(Exceeded),
}

impl From<Exceeded> for Stop {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

/// A stream of bytes that is looked at where it lies: what the tar parser reads from.
pub(crate) trait Source {
    /// The bytes at hand; reads on when there are none. Empty only at the end.
    fn fill(&mut self) -> Result<&[u8], Stop>;
    /// Goes on by `n` of the bytes at hand.
    fn consume(&mut self, n: usize);
}

/// Reads, hashes, inflates and hashes again, in one pass.
pub(crate) struct Stream<R> {
    source: R,
    budget: Budget,
    decoder: Decoder,
    input: Box<[u8]>,
    input_at: usize,
    input_end: usize,
    input_done: bool,
    output: Arc<[u8]>,
    output_at: usize,
    output_end: usize,
    /// The compressed stream ended; what follows is hashed and counted.
    ended: bool,
    /// A fault that came after good bytes, kept until those are used.
    fault: Option<Stop>,
    blob: Sha256,
    tar: Hashing,
    blob_len: u64,
    tar_len: u64,
    /// Bytes after the end of the compressed stream that are not zero.
    trailing: u64,
}

/// What a stream was, as far as it was read.
#[derive(Debug)]
pub(crate) struct End {
    /// `None` where it was not read to its end.
    pub(crate) blob: Option<BlobDigest>,
    /// `None` where it was not inflated to its end.
    pub(crate) diff_id: Option<DiffId>,
    pub(crate) blob_len: u64,
    pub(crate) tar_len: u64,
    /// Bytes other than zero after the end of the tar or of the compressed stream.
    pub(crate) trailing: u64,
    /// Why it was not read to its end.
    pub(crate) stop: Option<Stop>,
}

impl<R: Read> Stream<R> {
    /// Reads the first bytes and chooses the decoder. `beside`: what is inflated is hashed on a thread beside.
    pub(crate) fn new(source: R, beside: bool, budget: &Budget) -> (Self, Option<Stop>) {
        let mut stream = Self {
            source,
            budget: budget.clone(),
            decoder: Decoder::None,
            input: vec![0; CHUNK].into(),
            input_at: 0,
            input_end: 0,
            input_done: false,
            output: Arc::default(),
            output_at: 0,
            output_end: 0,
            ended: false,
            fault: None,
            blob: Sha256::new(),
            tar: Hashing::default(),
            blob_len: 0,
            tar_len: 0,
            trailing: 0,
        };
        let stop = stream.start(beside).err();
        (stream, stop)
    }

    fn start(&mut self, beside: bool) -> Result<(), Stop> {
        self.read_input()?;
        self.decoder = match Decoder::for_magic(self.input.get(..self.input_end).unwrap_or_default()) {
            Ok(decoder) => decoder,
            Err(Refused::Unsupported(name)) => return Err(Stop::Unsupported(name)),
            Err(Refused::Failed(error)) => return Err(Stop::Read(error)),
        };
        if self.input_end == 0 {
            return Err(Stop::Truncated);
        }
        if self.plain() {
            self.budget.charge_bytes(self.input_end as u64)?;
            self.tar_len = self.blob_len;
        } else {
            self.output = vec![0; CHUNK].into();
            if beside {
                self.tar = Hashing::beside(CHUNK);
            }
        }
        Ok(())
    }

    /// Not compressed: the bytes of the source are those of the tar.
    pub(crate) fn plain(&self) -> bool {
        matches!(self.decoder, Decoder::None)
    }

    pub(crate) fn compression(&self) -> Compression {
        self.decoder.compression()
    }

    /// Fills the input buffer anew, in large pieces also from a source that gives small ones, and hashes it.
    fn read_input(&mut self) -> Result<(), Stop> {
        self.input_at = 0;
        self.input_end = 0;
        while !self.input_done && self.input_end < CHUNK / 2 {
            match self.source.read(self.input.get_mut(self.input_end..).unwrap_or_default()) {
                Ok(0) => self.input_done = true,
                Ok(n) => self.input_end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::Read(error)),
            }
        }
        let got = self.input.get(..self.input_end).unwrap_or_default();
        self.blob.update(got);
        self.blob_len += got.len() as u64;
        Ok(())
    }

    /// Inflates until the output buffer is full or the stream ends.
    fn inflate(&mut self) -> Result<(), Stop> {
        self.output_at = 0;
        self.output_end = 0;
        self.output = self.tar.free(std::mem::take(&mut self.output));
        let fault = self.fault.take().or_else(|| self.inflate_chunk().err());
        self.tar.update(&self.output, self.output_end);
        self.tar_len += self.output_end as u64;
        self.budget.charge_bytes(self.output_end as u64)?;
        let allowed = self.budget.limits().ratio;
        let used = self.blob_len - (self.input_end - self.input_at) as u64;
        if self.tar_len > RATIO_FROM && self.tar_len / used.max(1) > allowed {
            return Err(Exceeded { limit: Limit::Ratio, allowed }.into());
        }
        match fault {
            // What came before the fault is parsed first.
            Some(fault) if self.output_end > 0 => {
                self.fault = Some(fault);
                Ok(())
            }
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    fn inflate_chunk(&mut self) -> Result<(), Stop> {
        while self.output_end < self.output.len() && !self.ended {
            if self.input_at == self.input_end && !self.input_done {
                self.read_input()?;
            }
            let input = self.input.get(self.input_at..self.input_end).unwrap_or_default();
            if input.is_empty() && self.decoder.at_end() {
                self.ended = true;
                break;
            }
            let output = Arc::get_mut(&mut self.output).and_then(|output| output.get_mut(self.output_end..));
            match self.decoder.step(input, output.unwrap_or_default()) {
                Ok(Step::Did { read: 0, wrote: 0 }) if input.is_empty() => return Err(Stop::Truncated),
                Ok(Step::Did { read: 0, wrote: 0 }) => {
                    return Err(Stop::Corrupt("the decoder makes no headway"));
                }
                Ok(Step::Did { read, wrote }) => {
                    self.input_at += read;
                    self.output_end += wrote;
                }
                Ok(Step::End) => {
                    self.ended = true;
                    self.skip_trailing()?;
                }
                Err(Corrupt(what)) => return Err(Stop::Corrupt(what)),
            }
        }
        Ok(())
    }

    /// Hashes what follows the compressed stream, and counts what is not zero padding.
    fn skip_trailing(&mut self) -> Result<(), Stop> {
        loop {
            let rest = self.input.get(self.input_at..self.input_end).unwrap_or_default();
            self.trailing += used(rest);
            self.read_input()?;
            if self.input_end == 0 {
                return Ok(());
            }
            self.budget.check_time()?;
        }
    }

    /// Reads what is left, so that the digests are those of the whole; without `inflate` only the blob's.
    pub(crate) fn finish(mut self, inflate: bool) -> End {
        let inflated = if inflate { self.drain() } else { Ok(false) };
        let rest = inflated.and_then(|inflated| self.drain_input().map(|()| inflated));
        let (plain, blob, tar) = (self.plain(), self.blob.clone(), std::mem::take(&mut self.tar));
        let mut end = self.leave();
        match rest {
            Ok(inflated) => {
                let blob = Digest::from_bytes(blob.finalize().into());
                end.blob = Some(BlobDigest(blob));
                let tar = if plain { Some(blob) } else { tar.finish() };
                end.diff_id = tar.filter(|_| inflated).map(DiffId);
            }
            Err(stop) => end.stop = Some(stop),
        }
        end
    }

    /// Reads no further.
    pub(crate) fn leave(self) -> End {
        let Self { blob_len, tar_len, trailing, .. } = self;
        End { blob: None, diff_id: None, blob_len, tar_len, trailing, stop: None }
    }

    /// Inflates what is left.
    fn drain(&mut self) -> Result<bool, Stop> {
        loop {
            let rest = self.fill()?;
            let n = rest.len();
            if n == 0 {
                return Ok(true);
            }
            let used = used(rest);
            self.trailing += used;
            self.consume(n);
        }
    }

    fn drain_input(&mut self) -> Result<(), Stop> {
        while !self.input_done {
            self.read_input()?;
            self.budget.check_time()?;
        }
        Ok(())
    }
}

/// Bytes that are no padding.
fn used(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte != 0).count() as u64
}

impl<R: Read> Source for Stream<R> {
    fn fill(&mut self) -> Result<&[u8], Stop> {
        if self.plain() {
            if self.input_at == self.input_end && !self.input_done {
                self.read_input()?;
                self.budget.charge_bytes(self.input_end as u64)?;
                self.tar_len = self.blob_len;
            }
            return Ok(self.input.get(self.input_at..self.input_end).unwrap_or_default());
        }
        if self.output_at == self.output_end {
            self.inflate()?;
        }
        Ok(self.output.get(self.output_at..self.output_end).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        if self.plain() {
            self.input_at = (self.input_at + n).min(self.input_end);
        } else {
            self.output_at = (self.output_at + n).min(self.output_end);
        }
    }
}
