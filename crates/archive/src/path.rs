//! Paths as text: cleaned, relative to the root, and lossless where the bytes are no UTF-8.
//!
//! A byte `b` that is no part of valid UTF-8 becomes the private-use character U+10FF00 + `b`. Characters from that
//! very range (U+10FF80 to U+10FFFF) that do occur in a name are taken apart into four such bytes, so two different
//! byte strings never give the same text. Backslashes and percent signs stay as they are: names such as systemd's
//! `dev-disk\x2d…` must equal what package databases say about them.

use std::borrow::Cow;

/// Why a name is no path inside the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It holds a NUL byte.
    #[error("it holds a NUL byte")]
    Nul,
    /// Its `..` parts lead above the root.
    #[error("it leads out of the root")]
    Escape,
    /// It names the root itself.
    #[error("it names the root")]
    Root,
}

/// First of the characters that stand for stray bytes (byte 0x80).
const STRAY: u32 = 0x10_FF00;

/// The text for a name in bytes; see the module for how bytes outside UTF-8 are kept.
#[must_use]
pub fn decode_path(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        // Every character of the reserved range starts with this byte.
        Ok(text) if !bytes.contains(&0xF4) => Cow::Borrowed(text),
        _ => Cow::Owned(decode_stray(bytes)),
    }
}

fn decode_stray(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c as u32 >= STRAY + 0x80 {
                let mut utf8 = [0; 4];
                c.encode_utf8(&mut utf8).bytes().for_each(|byte| push_stray(&mut text, byte));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|&byte| push_stray(&mut text, byte));
    }
    text
}

fn push_stray(text: &mut String, byte: u8) {
    // Only bytes from 0x80 on come here, and U+10FF80 to U+10FFFF are all characters.
    text.extend(char::from_u32(STRAY + u32::from(byte)));
}

/// The bytes that [`decode_path`] was given.
#[must_use]
pub fn encode_path(text: &str) -> Cow<'_, [u8]> {
    if !text.as_bytes().contains(&0xF4) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(STRAY).map(u8::try_from) {
            Some(Ok(byte)) if byte >= 0x80 => bytes.push(byte),
            _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// Writes the cleaned form of `name` to `out`: relative to the root, no empty, `.` or `..` parts, `a/../b` is `b`.
///
/// # Errors
/// A [`PathFault`]; `out` is then of no use.
pub fn clean_path(name: &[u8], out: &mut String) -> Result<(), PathFault> {
    out.clear();
    if name.contains(&0) {
        return Err(PathFault::Nul);
    }
    let text = decode_path(name);
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => match out.rfind('/') {
                Some(slash) => out.truncate(slash),
                None if out.is_empty() => return Err(PathFault::Escape),
                None => out.clear(),
            },
            part => {
                if !out.is_empty() {
                    out.push('/');
                }
                out.push_str(part);
            }
        }
    }
    if out.is_empty() { Err(PathFault::Root) } else { Ok(()) }
}

/// A path as its directory and its last part; the directory of `a` is empty.
pub(crate) fn split_last(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_never_leave_the_root() {
        let cases: [(&[u8], Result<&str, PathFault>); 14] = [
            (b"usr/bin/x", Ok("usr/bin/x")),
            (b"/usr//bin/./x", Ok("usr/bin/x")),
            (b"./usr/lib/", Ok("usr/lib")),
            (b"a/../b", Ok("b")),
            (b"a/b/../../c/d", Ok("c/d")),
            (b"..", Err(PathFault::Escape)),
            (b"/../etc/passwd", Err(PathFault::Escape)),
            (b"a/../../b", Err(PathFault::Escape)),
            (b"./", Err(PathFault::Root)),
            (b"", Err(PathFault::Root)),
            (b"a/..", Err(PathFault::Root)),
            (b"a\0b", Err(PathFault::Nul)),
            (b"..a/...", Ok("..a/...")),
            (b"system-a\\x2db.slice", Ok("system-a\\x2db.slice")),
        ];
        for (name, wanted) in cases {
            let mut out = "left over".to_owned();
            let got = clean_path(name, &mut out).map(|()| out.as_str());
            assert_eq!(got, wanted, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn names_outside_utf8_are_kept_and_do_not_collide() {
        let names: [&[u8]; 7] = [
            b"caf\xe9",
            "café".as_bytes(),
            "caf\u{10ffe9}".as_bytes(),
            "\u{10ffff}\u{10ff80}\u{10ff7f}".as_bytes(),
            b"\xf4\x8f\xbf\xff",
            b"\xff\xfe\xf4",
            "\u{100000}".as_bytes(),
        ];
        let texts: Vec<String> = names.iter().map(|name| decode_path(name).into_owned()).collect();
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(&*encode_path(text), names[i]);
            assert!(!texts[..i].contains(text), "{text:?}");
        }
    }
}
