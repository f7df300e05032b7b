//! One message on a pipe: four bytes that say what it is, its length, its bytes.

use std::io::{self, Read, Write};

/// What a frame begins with; the last byte grows with its shape.
const MAGIC: [u8; 4] = *b"SWF1";
/// Bytes before the message.
pub(crate) const HEADER: usize = 12;

/// Writes a message.
///
/// # Errors
/// When the other end is gone.
pub fn write(mut to: impl Write, message: &[u8]) -> io::Result<()> {
    to.write_all(&MAGIC)?;
    to.write_all(&(message.len() as u64).to_le_bytes())?;
    to.write_all(message)?;
    to.flush()
}

/// Reads a message of at most `limit` bytes. Memory grows with what came, not with what was promised.
///
/// # Errors
/// When it is no frame, is longer than `limit`, or ends early.
pub fn read(mut from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header)?;
    let length = length(&header, limit)?;
    let mut message = Vec::new();
    from.take(length).read_to_end(&mut message)?;
    if message.len() as u64 != length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the message ends early"));
    }
    Ok(message)
}

/// The length that a header promises.
pub(crate) fn length(header: &[u8; HEADER], limit: u64) -> io::Result<u64> {
    let [a, b, c, d, length @ ..] = *header;
    if [a, b, c, d] != MAGIC {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no message"));
    }
    let length = u64::from_le_bytes(length);
    if length > limit {
        let text = format!("a message of {length} bytes, more than {limit}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_all_else_is_refused() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"hello").unwrap();
        assert_eq!(read(bytes.as_slice(), 5).unwrap(), b"hello");
        assert!(read(bytes.as_slice(), 4).unwrap_err().to_string().contains("more than 4"));
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end], 5).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
        bytes[0] ^= 1;
        assert_eq!(read(bytes.as_slice(), 5).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let lie = [MAGIC.as_slice(), &u64::MAX.to_le_bytes()].concat();
        assert!(read(lie.as_slice(), u64::MAX).is_err(), "a length that lies costs nothing");
    }
}
