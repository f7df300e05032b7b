//! Bytes of the file: variable-length numbers and strings, written without choice and read without trust.

/// Bytes that are not what the format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// Writes.
#[derive(Default)]
pub(crate) struct Out(pub(crate) Vec<u8>);

impl Out {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    /// LEB128.
    pub(crate) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    pub(crate) fn size(&mut self, value: usize) {
        self.number(value as u64);
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.size(value.len());
        self.0.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    pub(crate) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
            }
        }
    }

    pub(crate) fn list<T>(&mut self, values: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.size(values.len());
        for value in values {
            write(self, value);
        }
    }

    pub(crate) fn texts(&mut self, values: &[String]) {
        self.list(values, |out, text| out.text(text));
    }

    pub(crate) fn float(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
    }
}

/// Reads; every step is checked against the end.
#[derive(Clone, Copy)]
pub(crate) struct In<'a>(pub(crate) &'a [u8]);

impl<'a> In<'a> {
    pub(crate) fn u8(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    pub(crate) fn index(&mut self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| Malformed)
    }

    /// A count of things of which each takes at least one byte: never more than there are bytes left, so that a
    /// length that lies cannot make a caller reserve memory.
    pub(crate) fn count(&mut self) -> Result<usize> {
        let count = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if count <= self.0.len() { Ok(count) } else { Err(Malformed) }
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let len = self.count()?;
        self.take(len)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    pub(crate) fn owned(&mut self) -> Result<String> {
        self.text().map(str::to_owned)
    }

    pub(crate) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count()?;
        let mut values = Vec::with_capacity(count.min(4096));
        for _ in 0..count {
            values.push(read(self)?);
        }
        Ok(values)
    }

    pub(crate) fn texts(&mut self) -> Result<Vec<String>> {
        self.list(Self::owned)
    }

    pub(crate) fn float(&mut self) -> Result<f64> {
        Ok(f64::from_bits(self.u64()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        let (word, rest) = self.0.split_first_chunk::<8>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*word))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut out = Out::default();
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            out.number(value);
        }
        out.text("grün");
        out.option(Some("x"), Out::text);
        out.option(None::<&str>, Out::text);
        out.float(0.25);
        let mut read = In(&out.0);
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(read.number(), Ok(value));
        }
        assert_eq!(read.text(), Ok("grün"));
        assert_eq!(read.option(In::owned), Ok(Some("x".to_owned())));
        assert_eq!(read.option(In::owned), Ok(None));
        assert_eq!(read.float(), Ok(0.25));
        assert!(read.0.is_empty());
    }

    #[test]
    fn lengths_that_lie_are_malformed() {
        assert_eq!(In(&[200, 1, b'x']).text(), Err(Malformed));
        assert_eq!(In(&[0xFF; 11]).number(), Err(Malformed));
        assert_eq!(In(&[0xFF, 0xFF, 0xFF, 0x7F]).list(In::u8), Err(Malformed));
        assert_eq!(In(&[2]).option(In::u8), Err(Malformed));
    }
}
