//! What a target is: recognised from its text and from what lies there, or forced by the user.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use crate::{Kind, ScanError};

/// What is to be scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An image.
    Image(oci::Source),
    /// A name that may be an image in the local Docker daemon or in a registry: the daemon is asked first.
    Named {
        /// The image in the daemon.
        daemon: oci::Source,
        /// The image in its registry.
        registry: oci::Source,
    },
    /// An installed system.
    RootFs(PathBuf),
    /// A project's sources.
    Sources(PathBuf),
    /// A CycloneDX or SPDX document.
    Document(PathBuf),
}

/// How a target is to be taken, where it is not to be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is a word of --kind, explained there")]
pub enum Forced {
    Registry,
    Docker,
    Archive,
    Layout,
    RootFs,
    Source,
    Document,
}

impl Target {
    /// The kind of its outcome.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Image(_) | Self::Named { .. } => Kind::Image,
            Self::RootFs(_) => Kind::RootFs,
            Self::Sources(_) => Kind::SourceTree,
            Self::Document(_) => Kind::Document,
        }
    }

    /// Takes `text` as the user forces it, or finds out what it is. `daemon` is the address of a Docker daemon other
    /// than the usual one.
    ///
    /// # Errors
    /// When it is nothing that can be scanned: what it was taken for, and what would be taken.
    pub fn recognise(text: &str, forced: Option<Forced>, daemon: Option<&str>) -> Result<Self, ScanError> {
        let path = || PathBuf::from(text);
        match forced {
            Some(Forced::Registry) => Ok(Self::Image(registry(text)?)),
            Some(Forced::Docker) => Ok(Self::Image(in_daemon(text, daemon))),
            Some(Forced::Archive) => {
                let (path, image) = split_image(text);
                no_pipe(&path)?;
                Ok(Self::Image(oci::Source::Archive { path, image }))
            }
            Some(Forced::Layout) => {
                let (path, image) = split_image(text);
                Ok(Self::Image(oci::Source::Layout { path, image }))
            }
            Some(Forced::RootFs) => Ok(Self::RootFs(path())),
            Some(Forced::Source) => Ok(Self::Sources(path())),
            Some(Forced::Document) => {
                no_pipe(&path())?;
                Ok(Self::Document(path()))
            }
            None => Self::guess(text, daemon),
        }
    }

    fn guess(text: &str, daemon: Option<&str>) -> Result<Self, ScanError> {
        let (path, image) = split_image(text);
        no_pipe(&path)?;
        match std::fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => {
                if oci::is_oci_layout(&path) {
                    return Ok(Self::Image(oci::Source::Layout { path, image }));
                }
                // `text` may hold a colon that is part of a folder's name: `split_image` leaves such paths whole.
                return Ok(if is_root_fs(&path) { Self::RootFs(path) } else { Self::Sources(path) });
            }
            Ok(_) if oci::is_archive(&path) => {
                return Ok(Self::Image(oci::Source::Archive { path, image }));
            }
            Ok(_) if is_json(&path) => return Ok(Self::Document(path)),
            Ok(_) => {
                return Err(ScanError::Target(format!(
                    "{} is no image archive and no CycloneDX or SPDX JSON; a target is an image name, such an archive, \
                     an OCI layout, a folder or such a document",
                    path.display()
                )));
            }
            Err(_) => {}
        }
        if text.starts_with(['/', '.', '~']) {
            return Err(ScanError::Target(format!("{text}: there is no such file or folder")));
        }
        Ok(Self::Named { daemon: in_daemon(text, daemon), registry: registry(text)? })
    }
}

fn registry(text: &str) -> Result<oci::Source, ScanError> {
    let reference = text
        .parse()
        .map_err(|error| ScanError::Target(format!("{text} is no file, folder or image name: {error}")))?;
    Ok(oci::Source::Registry(reference))
}

fn in_daemon(text: &str, host: Option<&str>) -> oci::Source {
    oci::Source::Daemon { host: host.map(ToOwned::to_owned), image: text.to_owned() }
}

/// `path[:image]`, where only the part before the last colon exists.
fn split_image(text: &str) -> (PathBuf, Option<String>) {
    let whole = PathBuf::from(text);
    if whole.exists() {
        return (whole, None);
    }
    // A tag or a name: `out.tar:app:1.0` has two colons after the path.
    let mut at = text.len();
    while let Some(colon) = text[..at].rfind(':') {
        let path = Path::new(&text[..colon]);
        if path.exists() {
            return (path.to_owned(), Some(text[colon + 1..].to_owned()));
        }
        at = colon;
    }
    (whole, None)
}

/// An installed system has os-release or a package database.
fn is_root_fs(path: &Path) -> bool {
    ["etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "lib/apk/db/installed", "var/lib/rpm"]
        .iter()
        .any(|inside| std::fs::symlink_metadata(path.join(inside)).is_ok())
}

/// Starts like a JSON object, after white space and a byte order mark.
/// A pipe or device would be waited for, or read, without end.
fn no_pipe(path: &Path) -> Result<(), ScanError> {
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() && !meta.is_dir() => Err(ScanError::Target(format!(
            "{} is a pipe, socket or device; write what it gives to a file, and scan that",
            path.display()
        ))),
        _ => Ok(()),
    }
}

fn is_json(path: &Path) -> bool {
    let mut head = [0; 512];
    let read = File::open(path).and_then(|mut file| file.read(&mut head)).unwrap_or(0);
    let head = head.get(..read).unwrap_or_default();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.trim_ascii_start().first() == Some(&b'{')
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_and_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("root/etc")).unwrap();
        fs::write(at("root/etc/os-release"), "ID=debian").unwrap();
        fs::create_dir_all(at("project")).unwrap();
        fs::write(at("bom.json"), "\u{feff} {\"bomFormat\":\"CycloneDX\"}").unwrap();
        fs::write(at("notes.txt"), "hello").unwrap();
        fs::create_dir_all(at("layout")).unwrap();
        fs::write(at("layout/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        fs::write(at("layout/index.json"), "{}").unwrap();
        let guess = |name: &str| Target::recognise(&at(name).display().to_string(), None, None);
        assert_eq!(guess("root").unwrap(), Target::RootFs(at("root")));
        assert_eq!(guess("project").unwrap(), Target::Sources(at("project")));
        assert_eq!(guess("bom.json").unwrap(), Target::Document(at("bom.json")));
        assert_eq!(
            guess("layout:app:1.0").unwrap(),
            Target::Image(oci::Source::Layout { path: at("layout"), image: Some("app:1.0".into()) })
        );
        assert!(guess("notes.txt").unwrap_err().to_string().contains("no image archive"));
        assert!(guess("missing").unwrap_err().to_string().contains("no such file"));
    }

    #[test]
    fn names_are_asked_of_the_daemon_first_and_kinds_can_be_forced() {
        let Target::Named { daemon, registry } = Target::recognise("debian:12", None, None).unwrap() else {
            panic!("a name");
        };
        assert_eq!(daemon, oci::Source::Daemon { host: None, image: "debian:12".into() });
        assert!(matches!(registry, oci::Source::Registry(_)));
        assert!(Target::recognise("no such image!", None, None).is_err());
        let forced = |kind| Target::recognise(".", Some(kind), None).unwrap();
        assert_eq!(forced(Forced::RootFs), Target::RootFs(".".into()));
        assert_eq!(forced(Forced::Source), Target::Sources(".".into()));
    }
}
