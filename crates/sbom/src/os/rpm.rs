//! rpm: the SQLite database, its write-ahead log, and the headers in it.
//!
//! The database and its log may have been written by different layers, and only the merge tells which of them belong
//! together. So a fact keeps the bytes of its file, without the pages that hold no packages, and [`assemble`] joins
//! them. No C library touches these bytes.

use std::{borrow::Cow, collections::BTreeSet};

use model::{Budget, Effect, Problem, Problems};
use package::{Detail, Package, PackageType, Source};
use serde::{Deserialize, Serialize};

use super::{
    bytes_of,
    links::{Needs, link},
    vendor,
};
use crate::{
    Content, Fact, FileInfo,
    assembly::{Draft, Paths, lowest_layers},
    problems,
    reader::Row,
};

mod bytes;
mod header;
mod sqlite;
mod wal;

use header::Header;
use sqlite::Database;

/// Where rpm keeps its database: of old, since 2020, and in rpm-ostree's trees.
const FOLDERS: [&str; 3] = ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"];
/// The SQLite database.
const SQLITE: &str = "rpmdb.sqlite";
/// Its write-ahead log.
const WAL: &str = "rpmdb.sqlite-wal";
/// Databases in other formats.
const OTHERS: [(&str, &str); 2] = [("Packages.db", "ndb"), ("Packages", "Berkeley DB")];

pub(crate) static READERS: &[Row] = &[
    Row {
        name: "rpm database",
        wants: |info| matches!(in_folder(info), Some(SQLITE | WAL)),
        peek: None,
        by_content: false,
        max: 512 << 20,
        in_parts: false,
        read: read_bytes,
    },
    Row {
        name: "rpm database",
        wants: |info| in_folder(info).is_some_and(|name| format_of(name).is_some()),
        peek: None,
        by_content: false,
        max: u64::MAX,
        in_parts: false,
        read: |info, content, _, _| {
            let format = in_folder(info).and_then(format_of)?;
            (!content.is_empty()).then(|| Fact::Rpm(DatabaseFile::Unsupported(format.to_owned())))
        },
    },
];

fn in_folder<'a>(info: &FileInfo<'a>) -> Option<&'a str> {
    FOLDERS.iter().find_map(|folder| info.path.strip_prefix(folder))
}

fn format_of(name: &str) -> Option<&'static str> {
    OTHERS.iter().find(|(file, _)| *file == name).map(|(_, format)| *format)
}

fn read_bytes(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    (!bytes.is_empty()).then(|| {
        let mut bytes = bytes.into_owned();
        if info.name() == WAL {
            return Fact::Rpm(DatabaseFile::Log(bytes));
        }
        sqlite::clear_other_pages(&mut bytes, "Packages");
        Fact::Rpm(DatabaseFile::Sqlite(bytes))
    })
}

/// One file of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DatabaseFile {
    /// `rpmdb.sqlite`.
    Sqlite(#[serde(with = "bytes")] Vec<u8>),
    /// `rpmdb.sqlite-wal`.
    Log(#[serde(with = "bytes")] Vec<u8>),
    /// A format that is not read yet, by name.
    Unsupported(String),
}

/// What identifies a package in a database: name, version, architecture.
type Key = (String, String, String);

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let files: Vec<_> = draft.facts.visible().filter(|fact| matches!(fact.fact, Fact::Rpm(_))).collect();
    let mut read_folders = BTreeSet::new();
    for file in &files {
        let Fact::Rpm(DatabaseFile::Sqlite(main)) = &file.fact else { continue };
        let log_path = format!("{}-wal", file.path);
        let log = match draft.facts.at(&log_path) {
            Some(Fact::Rpm(DatabaseFile::Log(log))) => Some(log.as_slice()),
            _ => None,
        };
        if add_packages(draft, &file.path, main, &log_path, log) {
            read_folders.insert(folder(&file.path));
        }
    }
    for file in files {
        // Beside a SQLite database that is in use, an older one is left over from before rpm's change of format.
        if let Fact::Rpm(DatabaseFile::Unsupported(format)) = &file.fact
            && !read_folders.contains(folder(&file.path))
        {
            draft.problems.push(Problem::new(
                problems::UNSUPPORTED,
                &file.path,
                Effect::MayHidePackages,
                format!(
                    "rpm databases in {format} format are not read yet, so no package of this system is known; \
                     'rpmdb --rebuilddb' with the SQLite backend (rpm 4.16 and later) converts it"
                ),
            ));
        }
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Reads one database and its log; were there packages in it?
fn add_packages(draft: &mut Draft<'_>, path: &str, main: &[u8], log_path: &str, log: Option<&[u8]>) -> bool {
    let mut damage = 0;
    let mut entries = Vec::new();
    let distro_id = draft.distro.as_ref().map(|d| d.os_release.id.clone()).unwrap_or_default();
    let mut log = log.map(wal::read).unwrap_or_default();
    if let Some(why) = log.problem.take() {
        draft.problems.push(Problem::new(problems::MALFORMED, log_path, Effect::MayHidePackages, why));
    }
    let limited = match Database::open(main, log) {
        Ok(database) => {
            let outcome = database.rows("Packages", &mut |blob| match Header::parse(blob) {
                Some(header) => match Entry::new(&header) {
                    Some(entry) => entries.extend(entry.is_package().then_some(entry)),
                    None => damage += 1,
                },
                None => damage += 1,
            });
            damage += outcome.damaged;
            outcome.limited
        }
        Err(why) => {
            draft.problems.push(Problem::new(problems::MALFORMED, path, Effect::MayHidePackages, why));
            false
        }
    };
    if damage > 0 {
        draft.problems.push(
            Problem::new(
                problems::MALFORMED,
                path,
                Effect::MayHidePackages,
                "pages or headers of the rpm database are damaged, the packages in them are not known; \
                 'rpmdb --verifydb' and 'rpmdb --rebuilddb' on the system help",
            )
            .with_count(damage),
        );
    }
    if limited {
        draft.problems.push(
            Problem::new(
                problems::LIMIT,
                path,
                Effect::MayHidePackages,
                "the rpm database has more rows than any system; the rest is not read",
            )
            .with_limit(sqlite::MAX_ROWS),
        );
    }
    let since = lowest_layers(draft, [path, log_path], |state| match state {
        [Some(Fact::Rpm(DatabaseFile::Sqlite(main))), log] => Some(keys(main, log)),
        _ => None,
    });
    let found = !entries.is_empty();
    let mut indices = Vec::with_capacity(entries.len());
    for entry in &mut entries {
        let index = draft.add(Package {
            source: Some(entry.source()),
            arch: entry.arch.clone(),
            licences: entry.licence.iter().cloned().collect(),
            origin: vendor::of_rpm(entry.vendor.as_deref(), &distro_id),
            evidence: vec![path.to_owned()],
            layer: since.of(&entry.key()),
            detail: Detail::Rpm { modularity: entry.modularity.clone(), vendor: entry.vendor.clone() },
            ..Package::new(PackageType::Rpm, &entry.name, &entry.version)
        });
        draft.owned.push((index, Paths::Table(Cow::Owned(std::mem::take(&mut entry.files)))));
        indices.push(index);
    }
    let needs: Vec<Needs<'_>> = entries
        .iter()
        .zip(indices)
        .map(|(entry, package)| Needs {
            package,
            name: &entry.name,
            provides: names(&entry.provides),
            depends: names(&entry.requires),
        })
        .collect();
    link(draft, &needs);
    found
}

/// The names in a text of names that NULs end.
fn names(text: &str) -> Vec<&str> {
    text.split_terminator('\0').filter(|name| !name.is_empty()).collect()
}

/// The packages of one state of the database, to find since when each is there.
fn keys(main: &[u8], log: Option<&Fact>) -> Vec<Key> {
    let log = match log {
        Some(Fact::Rpm(DatabaseFile::Log(log))) => wal::read(log),
        _ => wal::Log::default(),
    };
    let mut keys = Vec::new();
    if let Ok(database) = Database::open(main, log) {
        database.rows("Packages", &mut |blob| {
            keys.extend(Header::parse(blob).and_then(|header| Some(Entry::identity(&header)?.key())));
        });
    }
    keys
}

/// One package.
#[derive(Debug, Default)]
struct Entry {
    name: String,
    version: String,
    arch: Option<String>,
    licence: Option<String>,
    vendor: Option<String>,
    modularity: Option<String>,
    source_rpm: Option<String>,
    files: crate::assembly::FileTable,
    /// Each name ended by a NUL.
    provides: String,
    requires: String,
}

impl Entry {
    /// Name, version and architecture only. `None` without a name or a version.
    fn identity(header: &Header<'_>) -> Option<Self> {
        let name = header.text(header::NAME)?;
        let (version, release) = (header.text(header::VERSION)?, header.text(header::RELEASE)?);
        let version = match header.number(header::EPOCH) {
            Some(epoch) => format!("{epoch}:{version}-{release}"),
            None => format!("{version}-{release}"),
        };
        Some(Self { name, version, arch: header.text(header::ARCH), ..Self::default() })
    }

    fn new(header: &Header<'_>) -> Option<Self> {
        Some(Self {
            licence: header.text(header::LICENSE),
            vendor: header.text(header::VENDOR),
            modularity: header.text(header::MODULARITYLABEL),
            source_rpm: header.text(header::SOURCERPM),
            files: header.files(),
            provides: header.names(header::PROVIDENAME),
            requires: header.names(header::REQUIRENAME),
            ..Self::identity(header)?
        })
    }

    /// Keys of trusted signers are kept as packages without content.
    fn is_package(&self) -> bool {
        self.name != "gpg-pubkey"
    }

    fn key(&self) -> Key {
        (self.name.clone(), self.version.clone(), self.arch.clone().unwrap_or_default())
    }

    /// From `bash-5.1.8-6.el9.src.rpm`; the package itself where it names no source.
    fn source(&self) -> Source {
        let of = |text: &str| {
            let (stem, _) = text.strip_suffix(".rpm")?.rsplit_once('.')?;
            let (rest, release) = stem.rsplit_once('-')?;
            let (name, version) = rest.rsplit_once('-')?;
            (!name.is_empty())
                .then(|| Source { name: name.to_owned(), version: format!("{version}-{release}") })
        };
        self.source_rpm
            .as_deref()
            .and_then(of)
            .unwrap_or_else(|| Source { name: self.name.clone(), version: self.version.clone() })
    }
}

#[cfg(test)]
mod tests;
