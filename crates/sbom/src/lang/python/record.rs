//! RECORD and installed-files.txt: which files a package brought. Only those are kept that may hold packages of other
//! languages, or other Python packages, inside.

use model::{Budget, Problems};
use serde::{Deserialize, Serialize};

use crate::{Content, Fact, FileInfo, lang::input};

/// The files of a package that may carry others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// As written: relative to the folder of the packages (RECORD) or to the egg-info (installed-files.txt).
    pub(crate) carriers: Vec<String>,
}

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, u64::MAX, info, problems)?;
    let mut carriers = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let path = match line {
            [b'"', rest @ ..] => rest.split(|&byte| byte == b'"').next(),
            _ => line.split(|&byte| byte == b',').next(),
        };
        let path = path.unwrap_or_default().trim_ascii_end();
        if may_carry(path)
            && let Ok(path) = str::from_utf8(path)
        {
            carriers.push(path.to_owned());
        }
    }
    (!carriers.is_empty()).then_some(Fact::PythonRecord(Record { carriers }))
}

/// Programs, libraries, Java archives, npm packages and vendored Python packages.
fn may_carry(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let ends = |suffix: &[u8]| name.ends_with(suffix);
    if ends(b".py") || ends(b".pyc") {
        return false;
    }
    let extension = name.iter().rposition(|&byte| byte == b'.');
    ends(b".so")
        || memchr::memmem::find(name, b".so.").is_some()
        || ends(b".jar")
        || (name == b"package.json" && memchr::memmem::find(path, b"node_modules/").is_some())
        // The vendored ones; its own lies at the top.
        || (name == b"METADATA" && path.iter().filter(|&&byte| byte == b'/').count() > 1)
        // Programs have no extension; metadata files have none either, but are named in capitals.
        || (extension.is_none() && name.iter().any(u8::is_ascii_lowercase))
}

/// `relative` as seen from `folder`, without `.` and `..`; an absolute one as it is, without its slash.
pub(super) fn join(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let start = if relative.starts_with('/') { "" } else { folder };
    for part in start.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_may_carry_packages() {
        for path in [
            "a/_rust.abi3.so",
            "a/libx.so.1",
            "../../../bin/ruff",
            "p/jars/x.jar",
            "s/_vendor/w-1.dist-info/METADATA",
            "n/node_modules/npm/package.json",
        ] {
            assert!(may_carry(path.as_bytes()), "{path}");
        }
        for path in [
            "a/__init__.py",
            "a-1.dist-info/METADATA",
            "a-1.dist-info/RECORD",
            "a/x.pyi",
            "a/package.json",
            "",
        ] {
            assert!(!may_carry(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn paths() {
        assert_eq!(join("usr/lib/site-packages", "../../bin/x"), "usr/bin/x");
        assert_eq!(join("a", "/opt/x"), "opt/x");
        assert_eq!(join("a", "../../../x"), "x");
        assert_eq!(join("", "./b.txt"), "b.txt");
    }
}
