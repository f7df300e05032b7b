//! Packages of the operating system, which own files.

use std::borrow::Cow;

use model::{Effect, Exceeded, Problem, Problems};

use crate::{Content, FileInfo, problems};

pub(crate) mod apk;
pub(crate) mod dpkg;
mod links;
pub(crate) mod os_release;
pub(crate) mod rpm;
mod vendor;

/// Longest name, version or architecture that is believed; package managers' own limits are far below.
const MAX_WORD: usize = 1024;

/// The whole content of a file, without a copy where it lies in memory. `None` where it cannot be read: `problems` says so.
fn bytes_of<'a>(
    info: &FileInfo<'_>,
    content: &'a dyn Content,
    problems: &mut Problems,
) -> Option<Cow<'a, [u8]>> {
    if let Some(bytes) = content.as_bytes() {
        return Some(Cow::Borrowed(bytes));
    }
    match content.to_vec(content.len()) {
        Ok(bytes) => Some(Cow::Owned(bytes)),
        Err(error) => {
            problems.push(Problem::new(
                problems::UNREADABLE,
                info.path,
                Effect::MayHidePackages,
                format!("could not be read: {error}"),
            ));
            None
        }
    }
}

/// The rest of a database is not read because a limit was met.
fn cut_short(info: &FileInfo<'_>, exceeded: &Exceeded, problems: &mut Problems) {
    problems.push(
        Problem::new(
            problems::LIMIT,
            info.path,
            Effect::MayHidePackages,
            format!("{exceeded}; the rest of the packages is not read"),
        )
        .with_limit(exceeded.allowed),
    );
}

/// [`String::from_utf8_lossy`], but several times as fast where all is valid.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Lines without their newline; the last one may lack it.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, tail) = match memchr::memchr(b'\n', rest) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?),
            None => (rest, &[][..]),
        };
        rest = tail;
        Some(line)
    })
}

/// A word of a package database: trimmed, valid text, not empty, not absurdly long.
fn word(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.trim_ascii();
    (!bytes.is_empty() && bytes.len() <= MAX_WORD).then(|| text_of(bytes).into_owned())
}
