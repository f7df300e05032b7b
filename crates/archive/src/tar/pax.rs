//! PAX extended headers: records of the form `LENGTH KEY=VALUE\n` (POSIX.1-2017 pax, "pax Extended Header").

/// What extended headers say about an entry; only what is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    /// Some `GNU.sparse.…` key: the content in the archive is not the file's.
    pub(super) sparse: bool,
    /// The name of a sparse file; `path` is then made up.
    pub(super) sparse_path: Option<Vec<u8>>,
    /// Apparent size of a sparse file.
    pub(super) sparse_size: Option<u64>,
}

impl Pax {
    /// Forgets everything, and keeps the memory.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the records of one extended header; `false` where they are malformed (those before the fault count).
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> bool {
        // Some writers pad the last record with NUL bytes inside the stated size.
        while bytes.iter().any(|&byte| byte != 0) {
            let Some((record, rest)) = split_record(bytes) else { return false };
            let Some(equals) = record.iter().position(|&byte| byte == b'=') else { return false };
            let (key, value) = record.split_at(equals);
            if !self.set(key, value.get(1..).unwrap_or_default()) {
                return false;
            }
            bytes = rest;
        }
        true
    }

    /// An empty value takes the key back.
    fn set(&mut self, key: &[u8], value: &[u8]) -> bool {
        let text = || (!value.is_empty()).then(|| value.to_vec());
        match key {
            b"path" => self.path = text(),
            b"linkpath" => self.link = text(),
            b"size" => return decimal(value, &mut self.size),
            b"uid" => return id(value, &mut self.uid),
            b"gid" => return id(value, &mut self.gid),
            b"GNU.sparse.name" => {
                self.sparse = true;
                self.sparse_path = text();
            }
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => {
                self.sparse = true;
                return decimal(value, &mut self.sparse_size);
            }
            key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {}
        }
        true
    }
}

/// The first record, without length and newline, and what follows it.
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // Twenty digits hold any length; a longer run is no number.
    let space = bytes.iter().take(21).position(|&byte| byte == b' ')?;
    let mut len = None;
    decimal(bytes.get(..space)?, &mut len);
    let len = usize::try_from(len?).ok().filter(|&len| len <= bytes.len() && len > space + 1)?;
    let (record, rest) = bytes.split_at(len);
    let (newline, record) = record.split_last()?;
    (*newline == b'\n').then_some((record.get(space + 1..)?, rest))
}

fn decimal(text: &[u8], to: &mut Option<u64>) -> bool {
    if text.is_empty() {
        *to = None;
        return true;
    }
    let value = text.iter().try_fold(0u64, |value, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit)).filter(|&value| value <= i64::MAX as u64)
    });
    *to = value.or(*to);
    value.is_some()
}

/// Ids past 32 bits are nobody's (-1).
fn id(text: &[u8], to: &mut Option<u32>) -> bool {
    let mut wide = None;
    let good = decimal(text, &mut wide);
    *to = wide.map(|id| u32::try_from(id).unwrap_or(u32::MAX));
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_and_lying_lengths_refused() {
        let mut pax = Pax::default();
        assert!(
            pax.read(
                b"12 path=a=b\n17 linkpath=../c\n10 size=7\n30 SCHILY.xattr.user.x=binary\n8 uid=5\n\0\0"
            )
        );
        assert_eq!(pax.path.as_deref(), Some(&b"a=b"[..]));
        assert_eq!(pax.link.as_deref(), Some(&b"../c"[..]));
        assert_eq!((pax.size, pax.uid, pax.gid), (Some(7), Some(5), None));
        assert!(pax.read(b"8 path=\n8 size=\n"));
        assert_eq!((pax.path, pax.size), (None, None));

        for bad in [
            &b"99 path=a\n"[..],
            b"9 path=a",
            b"8 path=a\n",
            b"x path=a\n",
            b"0 \n",
            b"2 \n",
            b"7 path\n",
            b"11 size=-1\n",
            b"29 size=9999999999999999999\n",
            b"1111111111111111111111111111111111 a=b\n",
        ] {
            assert!(!Pax::default().read(bad), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn sparse_keys_are_seen() {
        let mut pax = Pax::default();
        assert!(pax.read(b"22 GNU.sparse.major=1\n21 GNU.sparse.name=f\n26 GNU.sparse.realsize=99\n"));
        assert!(pax.sparse);
        assert_eq!((pax.sparse_path.as_deref(), pax.sparse_size), (Some(&b"f"[..]), Some(99)));
    }
}
