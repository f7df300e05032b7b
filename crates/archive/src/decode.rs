use serde::{Deserialize, Serialize};
use zstd::stream::raw::{Decoder as Zstd, InBuffer, Operation, OutBuffer};

use crate::inflate::Gzip;

/// How a layer is compressed, told by its first bytes; what a media type claims does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all: blob digest and diffID are the same.
    #[default]
    None,
    /// gzip, also in several members (as stargz writes it).
    Gzip,
    /// Zstandard, also in several frames.
    Zstd,
}

/// What a decoder did.
pub(crate) enum Step {
    /// Read and wrote this much.
    Did {
        /// Bytes of input used.
        read: usize,
        /// Bytes of output written.
        wrote: usize,
    },
    /// What follows is not part of the compressed stream.
    End,
}

/// Compressed data that contradicts itself.
pub(crate) struct Corrupt(pub(crate) &'static str);

/// A streaming decoder.
pub(crate) enum Decoder {
    None,
    Gzip(Box<Gzip>),
    Zstd(Frames),
}

/// Why no decoder can be chosen.
pub(crate) enum Refused {
    /// A compression that is known and not read.
    Unsupported(&'static str),
    /// The decoder could not be made.
    Failed(std::io::Error),
}

impl Decoder {
    /// The decoder for a stream that starts with these bytes (six are enough).
    pub(crate) fn for_magic(magic: &[u8]) -> Result<Self, Refused> {
        Ok(match magic {
            [0x1f, 0x8b, ..] => Self::Gzip(Box::new(Gzip::new())),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Self::Zstd(Frames::new().map_err(Refused::Failed)?)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => return Err(Refused::Unsupported("xz")),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => return Err(Refused::Unsupported("bzip2")),
            [0x04, 0x22, 0x4d, 0x18, ..] => return Err(Refused::Unsupported("lz4")),
            _ => Self::None,
        })
    }

    pub(crate) fn compression(&self) -> Compression {
        match self {
            Self::None => Compression::None,
            Self::Gzip(_) => Compression::Gzip,
            Self::Zstd(_) => Compression::Zstd,
        }
    }

    /// May the input end here?
    pub(crate) fn at_end(&self) -> bool {
        match self {
            Self::None => true,
            Self::Gzip(gzip) => gzip.at_end(),
            Self::Zstd(frames) => frames.between,
        }
    }

    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        match self {
            Self::None => Ok(Step::End),
            Self::Gzip(gzip) => gzip.step(input, output),
            Self::Zstd(frames) => frames.step(input, output),
        }
    }
}

/// Zstandard frames. The library refuses windows over 128 MiB, which bounds its memory.
pub(crate) struct Frames {
    decoder: Zstd<'static>,
    /// Between two frames.
    between: bool,
}

impl Frames {
    fn new() -> std::io::Result<Self> {
        Ok(Self { decoder: Zstd::new()?, between: false })
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Corrupt> {
        if self.between && !input.is_empty() && !starts_frame(input) {
            return Ok(Step::End);
        }
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(output);
        let hint = self
            .decoder
            .run(&mut from, &mut to)
            .map_err(|_| Corrupt("a Zstandard frame contradicts itself or needs a window over 128 MiB"))?;
        let (read, wrote) = (from.pos(), to.pos());
        if read > 0 || wrote > 0 {
            self.between = hint == 0;
        }
        Ok(Step::Did { read, wrote })
    }
}

/// Could these bytes, of which there may be fewer than four, start a frame?
fn starts_frame(input: &[u8]) -> bool {
    let starts = |magic: [u8; 4], skip: usize| {
        input.iter().zip(magic).skip(skip).all(|(&byte, wanted)| byte == wanted)
    };
    starts([0x28, 0xb5, 0x2f, 0xfd], 0)
        || input.first().is_some_and(|byte| byte >> 4 == 5) && starts([0x50, 0x2a, 0x4d, 0x18], 1)
}
