use std::io::{self, Read};

use model::Budget;

use crate::stream::{Source as _, Stop, Stream};

/// A compressed file (gzip or Zstandard, told by its first bytes; anything else is handed through) as the bytes
/// inside it: for archives that are compressed as a whole. Every inflated byte is drawn from `budget`.
pub fn inflated<R: Read>(source: R, budget: &Budget) -> impl Read {
    let (stream, stop) = Stream::new(source, false, budget);
    Inflated { stream, stop }
}

struct Inflated<R> {
    stream: Stream<R>,
    /// What is wrong from the start.
    stop: Option<Stop>,
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(stop) = self.stop.take() {
            return Err(error(stop));
        }
        let bytes = self.stream.fill().map_err(error)?;
        let n = bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), bytes.get(..n)) {
            to.copy_from_slice(from);
        }
        self.stream.consume(n);
        Ok(n)
    }
}

fn error(stop: Stop) -> io::Error {
    match stop {
        Stop::Read(error) => error,
        Stop::Truncated => {
            io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed data ends in the middle")
        }
        Stop::Corrupt(what) => io::Error::new(io::ErrorKind::InvalidData, what),
        Stop::Unsupported(name) => io::Error::new(
            io::ErrorKind::Unsupported,
            format!("it is compressed with {name}, which is not read"),
        ),
        Stop::Exceeded(exceeded) => io::Error::other(exceeded),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use model::{Exceeded, Limits};

    use super::*;

    #[test]
    fn inflates_and_stops_at_faults_and_limits() {
        let plain: Vec<u8> = (0..100_000_u32).flat_map(|n| (n % 251).to_le_bytes()).collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let gzip = gzip.finish().unwrap();
        let read = |bytes: &[u8], limits: Limits| {
            let mut out = Vec::new();
            inflated(bytes, &Budget::new(limits)).read_to_end(&mut out).map(|_| out)
        };
        assert_eq!(read(&gzip, Limits::default()).unwrap(), plain);
        let cut = read(&gzip[..gzip.len() / 2], Limits::default()).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        let limit = read(&gzip, Limits { bytes: 1000, ..Limits::default() }).unwrap_err();
        assert!(limit.get_ref().unwrap().is::<Exceeded>(), "{limit}");
    }
}
