//! Which files belong to which package.

use model::{Budget, Problems};

use super::{Diversions, FileList};
use crate::{
    Content, Fact, FileInfo,
    os::{bytes_of, lines},
};

pub(super) fn read_list(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut paths = String::with_capacity(text.len());
    let mut rest = lines(text.as_bytes()).peekable();
    while let Some(line) = rest.next() {
        // A directory stands right before something in it; the rare others do no harm.
        let directory =
            rest.peek().is_some_and(|next| next.get(line.len()) == Some(&b'/') && next.starts_with(line));
        if !directory {
            push(&mut paths, line);
        }
    }
    paths.shrink_to_fit();
    Some(Fact::DpkgList(FileList { paths }))
}

/// `<32 hex digits>  usr/bin/x`.
pub(super) fn read_md5sums(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut paths = String::with_capacity(text.len());
    for line in text.lines() {
        if let Some((_, path)) = line.split_once(' ') {
            push(&mut paths, path.trim_start().as_bytes());
        }
    }
    Some(Fact::DpkgList(FileList { paths }))
}

fn push(paths: &mut String, line: &[u8]) {
    // Both callers cut valid text at line ends, so this borrows.
    let line = String::from_utf8_lossy(line);
    let path = line.trim_start_matches("./").trim_start_matches('/');
    if !path.is_empty() && path != "." {
        paths.push_str(path);
        paths.push('\n');
    }
}

/// Three lines each: path, where it goes, the package whose file stays (`:` for the administrator's own).
pub(super) fn read_diversions(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let mut moved = Vec::new();
    while let (Some(from), Some(to), Some(by)) = (lines.next(), lines.next(), lines.next()) {
        let path = |text: &str| text.trim_start_matches('/').to_owned();
        moved.push((path(from), path(to), by.to_owned()));
    }
    Some(Fact::DpkgDiversions(Diversions { moved }))
}
