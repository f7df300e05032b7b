//! Which files belong to which package.

use model::{Budget, Problems};

use super::{Diversions, FileList};
use crate::{
    Content, Fact, FileInfo,
    os::{bytes_of, text_of},
};

pub(super) fn read_list(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let text = text_of(&bytes);
    let mut paths = String::with_capacity(text.len() + 1);
    let mut line = "";
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
        let next = &text[start..end];
        // A directory stands right before something in it; the rare others do no harm.
        let directory = next.as_bytes().get(line.len()) == Some(&b'/') && next.starts_with(line);
        if !directory {
            push(&mut paths, line);
        }
        line = next;
        start = end + 1;
    }
    push(&mut paths, line);
    push(&mut paths, &text[start..]);
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
    let text = text_of(&bytes);
    let mut paths = String::with_capacity(text.len());
    for line in text.lines() {
        if let Some((_, path)) = line.split_once(' ') {
            push(&mut paths, path.trim_start());
        }
    }
    Some(Fact::DpkgList(FileList { paths }))
}

fn push(paths: &mut String, line: &str) {
    let path = line.strip_prefix('/').or_else(|| line.strip_prefix("./")).unwrap_or(line);
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
    let text = text_of(&bytes);
    let mut lines = text.lines();
    let mut moved = Vec::new();
    while let (Some(from), Some(to), Some(by)) = (lines.next(), lines.next(), lines.next()) {
        let path = |text: &str| text.trim_start_matches('/').to_owned();
        moved.push((path(from), path(to), by.to_owned()));
    }
    Some(Fact::DpkgDiversions(Diversions { moved }))
}
