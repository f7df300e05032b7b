//! dpkg: status, status.d (distroless), file lists, diversions and the licences in copyright files.

use package::{Detail, Package, PackageType, Source};
use serde::{Deserialize, Serialize};

use crate::{
    Fact, FileFact, FileInfo,
    assembly::{Draft, Paths, lowest_layers},
    os::links::{Needs, link},
    reader::Row,
};

mod copyright;
mod files;
mod status;

/// The database of packages.
const STATUS: &str = "var/lib/dpkg/status";
/// One stanza a file, in images built without dpkg.
const STATUS_D: &str = "var/lib/dpkg/status.d/";
/// File lists and the packages' scripts.
const INFO: &str = "var/lib/dpkg/info/";
/// Files of one package that another moved out of its way.
const DIVERSIONS: &str = "var/lib/dpkg/diversions";
/// `usr/share/doc/PACKAGE/copyright` (Debian policy, 12.5).
const DOC: &str = "usr/share/doc/";

/// dpkg's status of a full desktop is below 10 MiB.
const MAX_STATUS: u64 = 64 << 20;
/// The longest file list in Debian (texlive) is below 1 MiB.
const MAX_LIST: u64 = 32 << 20;
/// Longer copyright files hold thousands of short licence texts (3 % of all); their licences stay unknown.
const MAX_COPYRIGHT: u64 = 128 << 10;

pub(crate) static READERS: &[Row] = &[
    Row {
        name: "dpkg status",
        wants: |info| info.path == STATUS,
        peek: None,
        by_content: true,
        max: MAX_STATUS,
        in_parts: false,
        read: status::read,
    },
    Row {
        name: "dpkg file list",
        wants: |info| info.path.strip_prefix(INFO).is_some_and(|name| name.ends_with(".list")),
        peek: None,
        by_content: true,
        max: MAX_LIST,
        in_parts: false,
        read: files::read_list,
    },
    Row {
        name: "dpkg checksums",
        wants: |info| in_status_d(info).is_some_and(|name| name.ends_with(".md5sums")),
        peek: None,
        by_content: true,
        max: MAX_LIST,
        in_parts: false,
        read: files::read_md5sums,
    },
    Row {
        name: "dpkg status",
        wants: |info| in_status_d(info).is_some(),
        peek: None,
        by_content: true,
        max: MAX_STATUS,
        in_parts: false,
        read: status::read,
    },
    Row {
        name: "dpkg diversions",
        wants: |info| info.path == DIVERSIONS,
        peek: None,
        by_content: true,
        max: MAX_LIST,
        in_parts: false,
        read: files::read_diversions,
    },
    Row {
        name: "copyright",
        wants: |info| {
            info.size <= MAX_COPYRIGHT
                && info.path.strip_prefix(DOC).is_some_and(|rest| {
                    rest.strip_suffix("/copyright").is_some_and(|package| !package.contains('/'))
                })
        },
        peek: None,
        by_content: true,
        max: MAX_COPYRIGHT,
        in_parts: false,
        read: copyright::read,
    },
];

fn in_status_d<'a>(info: &FileInfo<'a>) -> Option<&'a str> {
    info.path.strip_prefix(STATUS_D).filter(|name| !name.contains('/'))
}

/// The packages of a status file that are on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// In the order of the file.
    pub packages: Vec<Entry>,
}

/// One package of a status file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `Package`.
    pub name: String,
    /// `Version`.
    pub version: String,
    /// `Architecture`.
    pub arch: Option<String>,
    /// `Source`, as (name, version where one is given).
    pub source: Option<(String, Option<String>)>,
    /// `Maintainer`.
    pub maintainer: String,
    /// `Vendor`, else `Origin`: left out by distributions, filled in by other packagers.
    pub vendor: Option<String>,
    /// `Built-Using` and `Static-Built-Using`, as written.
    pub built_using: String,
    /// `Pre-Depends` and `Depends`, as written.
    pub depends: String,
    /// `Provides`, as written.
    pub provides: String,
}

/// The files of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileList {
    /// Paths without a leading slash, each ended by a newline; most directories are left out.
    pub paths: String,
}

/// Files that were moved out of the way of another package's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diversions {
    /// (path in file lists, where it lies instead, the package whose file stays), without leading slashes.
    pub moved: Vec<(String, String, String)>,
}

/// The licences that a copyright file names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copyright {
    /// Sorted, each once.
    pub licences: Vec<String>,
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let databases: Vec<&FileFact> =
        draft.facts.visible().filter(|fact| matches!(fact.fact, Fact::Dpkg(_))).collect();
    if let Some(distro) = &mut draft.distro {
        distro.distroless = !databases.is_empty() && databases.iter().all(|file| file.path != STATUS);
    }
    let mut needs = Vec::new();
    for file in databases {
        let Fact::Dpkg(status) = &file.fact else { continue };
        let since = lowest_layers(draft, [&file.path], |[fact]| match fact {
            Some(Fact::Dpkg(status)) => Some(status.packages.iter().map(Entry::key).collect()),
            _ => None,
        });
        for entry in &status.packages {
            let list = list_of(draft, &file.path, entry);
            let mut package = entry.package();
            package.licences = licences(draft, &entry.name);
            package.layer = since.of(&entry.key());
            package.evidence.push(file.path.clone());
            let list = list.map(|(path, list)| {
                package.evidence.push(path);
                Paths::Lines(&list.paths)
            });
            let index = draft.add(package);
            draft.owned.extend(list.map(|list| (index, list)));
            let names = |text| status::relations(text).map(|(name, _)| name).collect();
            needs.push(Needs {
                package: index,
                name: &entry.name,
                provides: names(&entry.provides),
                depends: names(&entry.depends),
            });
        }
    }
    link(draft, &needs);
}

impl Entry {
    /// What stays the same while a package is only carried along: its name, version and architecture.
    fn key(&self) -> (&str, &str, Option<&str>) {
        (&self.name, &self.version, self.arch.as_deref())
    }

    fn package(&self) -> Package {
        let (name, version) = match &self.source {
            Some((name, version)) => (name, version.as_ref()),
            None => (&self.name, None),
        };
        let source = Source {
            name: name.clone(),
            version: version.map_or_else(|| without_rebuild(&self.version).to_owned(), Clone::clone),
        };
        Package {
            source: Some(source),
            arch: self.arch.clone(),
            origin: super::vendor::of_deb(&self.maintainer, self.vendor.as_deref(), &self.version),
            detail: Detail::Deb { built_using: status::built_using(&self.built_using) },
            ..Package::new(PackageType::Deb, &self.name, &self.version)
        }
    }
}

/// A version without the `+bN` of a rebuild of the binary alone, which the source never has (Debian developer's
/// reference, 5.10.2.1).
fn without_rebuild(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, number)) if !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()) => source,
        _ => version,
    }
}

/// The file list of a package: `info/NAME.list`, `info/NAME:ARCH.list` where several architectures may be installed
/// together, or the checksums beside a stanza of its own.
fn list_of<'a>(draft: &Draft<'a>, status: &str, entry: &Entry) -> Option<(String, &'a FileList)> {
    let at = |path: String| match draft.facts.at(&path) {
        Some(Fact::DpkgList(list)) => Some((path, list)),
        _ => None,
    };
    let Some(folder) = status.strip_suffix("status") else { return at(format!("{status}.md5sums")) };
    at(format!("{folder}info/{}.list", entry.name))
        .or_else(|| at(format!("{folder}info/{}:{}.list", entry.name, entry.arch.as_deref()?)))
}

/// Licences from the package's copyright file; its folder is often a link to that of a sister package.
fn licences(draft: &Draft<'_>, name: &str) -> Vec<String> {
    let path = format!("{DOC}{name}/copyright");
    let fact = draft.facts.at(&path).or_else(|| draft.facts.at(&draft.view.resolve(&path)?));
    match fact {
        Some(Fact::Copyright(copyright)) => copyright.licences.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
