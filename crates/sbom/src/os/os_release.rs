//! os-release: which distribution this is (os-release(5)).
//!
//! Older and rolling systems leave `VERSION_ID` out: then the distribution's own version file is asked, where it holds
//! a number. Debian testing and unstable have neither: their release stays unknown.

use model::{Budget, Problems};
use package::{Distro, OsRelease};

use super::{bytes_of, lines};
use crate::{Content, Fact, FileInfo, assembly::Draft, reader::Row};

/// Larger than any such file in use by two orders of magnitude.
const MAX: u64 = 1 << 20;

/// Where os-release lies, first wins (os-release(5)).
const PLACES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// Version files of single distributions: path and the `ID` they speak for.
const VERSION_FILES: [(&str, &str); 5] = [
    ("etc/alpine-release", "alpine"),
    ("etc/debian_version", "debian"),
    ("etc/centos-release", "centos"),
    ("etc/fedora-release", "fedora"),
    ("etc/redhat-release", ""),
];

pub(crate) static READERS: &[Row] = &[
    Row {
        name: "os-release",
        wants: wants_os_release,
        peek: None,
        by_content: true,
        max: MAX,
        in_parts: false,
        read: read_os_release,
    },
    Row {
        name: "version file",
        wants: |info| VERSION_FILES.iter().any(|(path, _)| *path == info.path),
        peek: None,
        by_content: false,
        max: MAX,
        in_parts: false,
        read: read_version_file,
    },
];

/// Links lead from the two places to files beside them (`etc/static/os-release`,
/// `usr/lib/os.release.d/os-release-container`); where a link ends is only known after the merge.
fn wants_os_release(info: &FileInfo<'_>) -> bool {
    let name = info.name();
    name == "os-release" || name == "initrd-release" || info.path.starts_with("usr/lib/os.release.d/")
}

fn read_os_release(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    Some(Fact::OsRelease(parse(&bytes_of(info, content, problems)?)))
}

fn read_version_file(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let text = String::from_utf8_lossy(lines(&bytes).next().unwrap_or_default()).trim().to_owned();
    let (_, id) = VERSION_FILES.iter().find(|(path, _)| *path == info.path)?;
    let mut os = OsRelease { id: (*id).to_owned(), pretty_name: clip(&text), ..OsRelease::default() };
    if id.is_empty() {
        // `CentOS release 6.10 (Final)`, `Red Hat Enterprise Linux Server release 6.10 (Santiago)`
        let lower = text.to_ascii_lowercase();
        let known = [
            ("red hat", "rhel"),
            ("centos", "centos"),
            ("fedora", "fedora"),
            ("oracle", "ol"),
            ("almalinux", "almalinux"),
            ("rocky", "rocky"),
        ];
        known.iter().find(|(start, _)| lower.starts_with(start))?.1.clone_into(&mut os.id);
    }
    // The first word that is a version: `12.11`, `3.22.1`, `6.10`; `trixie/sid` has none.
    os.version_id = text
        .split_ascii_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(clip)
        .unwrap_or_default();
    if os.id == "debian" {
        os.version_id.truncate(os.version_id.find('.').unwrap_or(os.version_id.len()));
    }
    Some(Fact::OsRelease(os))
}

/// Fields of identity are shown everywhere: no more of them than a person reads.
fn clip(text: &str) -> String {
    text.chars().take(200).collect()
}

fn parse(bytes: &[u8]) -> OsRelease {
    let mut os = OsRelease::default();
    for line in lines(bytes) {
        let line = line.trim_ascii();
        let Some(equals) = memchr::memchr(b'=', line) else { continue };
        let (key, value) = line.split_at(equals);
        let value = || unquote(&String::from_utf8_lossy(value.get(1..).unwrap_or_default()));
        match key {
            b"ID" => os.id = value().to_ascii_lowercase(),
            b"ID_LIKE" => {
                os.id_like = value().split_ascii_whitespace().map(str::to_ascii_lowercase).take(16).collect();
            }
            b"VERSION_ID" => os.version_id = value(),
            b"VERSION_CODENAME" => os.codename = value(),
            b"PRETTY_NAME" => os.pretty_name = value(),
            _ => {}
        }
    }
    os
}

/// A value as a shell would read it: single quotes are literal, double quotes and bare words know the backslash.
fn unquote(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len().min(800));
    let mut quote = None;
    let mut chars = raw.chars();
    // Clipped while reading: the value may be a megabyte long.
    while let (Some(c), true) = (chars.next(), out.len() < 800) {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None) => out.extend(chars.next()),
            ('\\', Some('"')) => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => {}
            },
            (c, None) if c.is_ascii_whitespace() => break,
            (c, _) => out.push(c),
        }
    }
    clip(out.trim())
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let at = |path: &str| {
        let path = draft.view.resolve(path)?;
        match draft.facts.at(&path) {
            Some(Fact::OsRelease(os)) => Some(os),
            _ => None,
        }
    };
    let mut os = PLACES.iter().find_map(|path| at(path)).cloned();
    if os.as_ref().is_none_or(|os| os.version_id.is_empty()) {
        let fallback = VERSION_FILES
            .iter()
            .filter_map(|(path, _)| at(path))
            .find(|file| os.as_ref().is_none_or(|os| os.id == file.id));
        match (&mut os, fallback) {
            (Some(os), Some(file)) => os.version_id.clone_from(&file.version_id),
            (none, Some(file)) => *none = Some(file.clone()),
            (_, None) => {}
        }
    }
    // An os-release without an ID means `linux` (os-release(5)): it names no distribution.
    draft.distro =
        os.filter(|os| !os.id.is_empty()).map(|os_release| Distro { os_release, distroless: false });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Image, catalogue};

    #[test]
    fn values_are_read_as_a_shell_reads_them() {
        for (raw, value) in [
            ("debian", "debian"),
            ("\"12\"", "12"),
            ("'Debian GNU/Linux'", "Debian GNU/Linux"),
            (r#""a \"b\" \$c \d""#, r#"a "b" $c \d"#),
            (r"a\ b c", "a b"),
            ("\"open", "open"),
            ("", ""),
        ] {
            assert_eq!(unquote(raw), value, "{raw}");
        }
        assert_eq!(unquote(&"x".repeat(1 << 20)).len(), 200);
    }

    fn version(files: &[(u32, &str, &[u8])]) -> Option<(String, String)> {
        catalogue(files).catalogue.distro.map(|d| (d.os_release.id, d.os_release.version_id))
    }

    fn is(id: &str, version: &str) -> Option<(String, String)> {
        Some((id.into(), version.into()))
    }

    #[test]
    fn version_files_speak_only_where_os_release_is_silent() {
        let debian: (u32, &str, &[u8]) = (0, "etc/os-release", b"ID=debian\n");
        assert_eq!(version(&[debian, (0, "etc/debian_version", b"trixie/sid\n")]), is("debian", ""));
        assert_eq!(version(&[debian, (0, "etc/debian_version", b"12.11\n")]), is("debian", "12"));
        assert_eq!(
            version(&[
                (0, "etc/os-release", b"ID=ubuntu\nVERSION_ID=22.04"),
                (0, "etc/debian_version", b"11.1")
            ]),
            is("ubuntu", "22.04")
        );
        assert_eq!(
            version(&[(0, "etc/os-release", b"ID=kali\n"), (0, "etc/debian_version", b"12.1")]),
            is("kali", "")
        );
        assert_eq!(
            version(&[(0, "etc/redhat-release", b"CentOS release 6.10 (Final)\n")]),
            is("centos", "6.10")
        );
        assert_eq!(version(&[(0, "etc/alpine-release", b"3.1.4\n")]), is("alpine", "3.1.4"));
        assert_eq!(version(&[(0, "etc/os-release", b"NAME=x\n")]), None);
        assert_eq!(version(&[]), None);
    }

    #[test]
    fn case_43_os_release_is_a_link_into_a_lower_layer() {
        let image = Image::new().file(0, "usr/lib/os-release", "ID=alpine\nVERSION_ID=3.22.1\n").link(
            1,
            "etc/os-release",
            "../usr/lib/os-release",
        );
        let os = image.catalogue().catalogue.distro.unwrap().os_release;
        assert_eq!((os.id.as_str(), os.version_id.as_str()), ("alpine", "3.22.1"));
        let image = Image::new()
            .file(0, "usr/lib/os.release.d/os-release-container", "ID=fedora\nVERSION_ID=41\n")
            .link(0, "usr/lib/os-release", "os.release.d/os-release-container")
            .link(1, "etc/os-release", "/usr/lib/os-release");
        assert_eq!(image.catalogue().catalogue.distro.unwrap().os_release.id, "fedora");
    }
}
