//! requirements.txt: one requirement a line, of which only those pinned with `==` have a version.

use model::{Budget, Effect, Problem, Problems};

use super::{Lock, name_of};
use crate::{
    Content, Fact, FileInfo,
    lang::{input, lock::Locked},
    problems,
};

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    found: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, u64::MAX, info, found)?;
    let text = input::text(&bytes);
    let mut lock = Lock::default();
    let mut strange = 0;
    for line in logical_lines(&text) {
        match parse(&line) {
            Line::Package(name, version) => {
                lock.packages.push(Locked { name, version, ..Locked::default() });
            }
            Line::Include(path) => lock.includes.push(path),
            Line::Nothing => {}
            Line::Strange => strange += 1,
        }
    }
    if strange > 0 {
        found.push(
            Problem::new(
                problems::MALFORMED,
                info.path,
                Effect::None,
                "lines that are no requirement were passed over",
            )
            .with_count(strange),
        );
    }
    lock.packages.dedup();
    (!lock.packages.is_empty() || !lock.includes.is_empty()).then_some(Fact::PythonLock(lock))
}

/// Lines without comments, joined where a backslash says that they go on.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut whole = String::new();
        loop {
            let line = lines.next();
            let part = line.unwrap_or_default();
            let comment = if part.trim_start().starts_with('#') { Some(0) } else { part.find(" #") };
            let part = comment.and_then(|at| part.get(..at)).unwrap_or(part).trim_end();
            match (line, part.strip_suffix('\\')) {
                (None, _) => return (!whole.is_empty()).then_some(whole),
                (Some(_), Some(part)) => whole.push_str(part),
                (Some(_), None) => {
                    whole.push_str(part);
                    return Some(whole);
                }
            }
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    Package(String, String),
    Include(String),
    Nothing,
    Strange,
}

fn parse(line: &str) -> Line {
    let line = line.trim();
    if line.is_empty() {
        return Line::Nothing;
    }
    for option in ["--requirement", "-r"] {
        if let Some(path) = line.strip_prefix(option) {
            let path = path.trim_start_matches(['=', ' ', '\t']);
            return Line::Include(path.trim_matches(['"', '\'']).to_owned());
        }
    }
    if line.starts_with('-') {
        return Line::Nothing;
    }
    // An address: its name stands after `egg=`, if anywhere.
    if line.contains("://")
        && name_of(line).is_none_or(|(_, rest)| !rest.trim_start().starts_with(['@', '[']))
    {
        return match line.split_once("egg=").and_then(|(_, egg)| name_of(egg)) {
            Some((name, _)) => Line::Package(name.to_owned(), String::new()),
            None => Line::Strange,
        };
    }
    let Some((name, rest)) = name_of(line) else { return Line::Strange };
    let mut rest = rest.trim_start();
    if rest.starts_with('[') {
        let Some((_, after)) = rest.split_once(']') else { return Line::Strange };
        rest = after.trim_start();
    }
    let end = rest.find(';').into_iter().chain(rest.find(" --")).min().unwrap_or(rest.len());
    let specifier = rest.get(..end).unwrap_or_default().trim();
    let specifier = specifier.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(specifier);
    if !specifier.is_empty() && !specifier.starts_with(['=', '<', '>', '!', '~', '@']) {
        return Line::Strange;
    }
    let pinned = specifier.strip_prefix("==").map(|version| version.trim_start_matches('=').trim());
    let pinned = pinned.filter(|version| !version.contains([',', '*', ' '])).and_then(input::word);
    Line::Package(name.to_owned(), pinned.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let package = |name: &str, version: &str| Line::Package(name.into(), version.into());
        for (line, want) in [
            ("requests==2.31.0", package("requests", "2.31.0")),
            ("  Flask [async] == 3.0 ; python_version > '3.8'", package("Flask", "3.0")),
            ("a===1.0+local", package("a", "1.0+local")),
            ("b==1.0 --hash=sha256:00 --hash=sha256:11", package("b", "1.0")),
            ("c>=1,<2", package("c", "")),
            ("d==1.*", package("d", "")),
            ("e", package("e", "")),
            ("f @ https://example.org/f-1.0.tar.gz", package("f", "")),
            ("git+https://example.org/g.git@v1#egg=g", package("g", "")),
            ("https://example.org/h-1.0.whl", Line::Strange),
            ("i (==1.0)", package("i", "1.0")),
            ("-r base.txt", Line::Include("base.txt".into())),
            ("--requirement=dev/base.txt", Line::Include("dev/base.txt".into())),
            ("-c constraints.txt", Line::Nothing),
            ("-e .", Line::Nothing),
            ("--index-url https://example.org/simple", Line::Nothing),
            ("This file lists requirements.", Line::Strange),
            ("", Line::Nothing),
        ] {
            assert_eq!(parse(line), want, "{line}");
        }
    }

    #[test]
    fn lines_go_on_and_comments_end_them() {
        let lines: Vec<String> =
            logical_lines("a==1 # why\r\nb==2 \\\n  --hash=x \\\n  --hash=y\n# c==3\nd==4\\").collect();
        assert_eq!(lines, ["a==1", "b==2   --hash=x   --hash=y", "", "d==4"]);
    }
}
