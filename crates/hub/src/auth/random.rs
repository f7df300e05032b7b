//! Secrets that the hub makes, and their hashes.

use crate::Error;
use aws_lc_rs::{constant_time, digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 random bits as text: nobody guesses them, so a plain hash of them is safe to keep.
pub(crate) fn text() -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// 64 random bits as 16 hexadecimal digits: an id.
pub(crate) fn id() -> Result<String, Error> {
    Ok(hex(&bytes::<8>()?))
}

fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the system gives no random bytes"))?;
    Ok(bytes)
}

/// SHA-256 of a secret that the hub made, in hexadecimal digits: what is kept of it.
pub(crate) fn hash(secret: &str) -> String {
    hex(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}

/// Whether two hashes are equal, in a time that does not say where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_twice_the_same() {
        let (one, two) = (text().unwrap(), text().unwrap());
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
        assert_eq!(id().unwrap().len(), 16);
    }

    #[test]
    fn a_hash_is_sha_256() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(same(&hash("abc"), &hash("abc")));
        assert!(!same(&hash("abc"), &hash("abd")));
        assert!(!same(&hash("abc"), "ba78"));
    }
}
