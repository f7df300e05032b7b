//! apk: lib/apk/db/installed (apk-package(5), installed database).

use std::borrow::Cow;

use model::{Budget, Effect, Problem, Problems};
use package::{Package, PackageType, Source};
use serde::{Deserialize, Serialize};

use super::{
    bytes_of, cut_short, lines,
    links::{Needs, link},
    text_of, vendor, word,
};
use crate::{
    Content, Fact, FileFact, FileInfo,
    assembly::{Draft, FileTable, Paths, lowest_layers},
    problems,
    reader::Row,
};

/// Where the database lies; apk-tools 3 moved it below usr.
const PLACES: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

pub(crate) static READERS: &[Row] = &[Row {
    name: "apk database",
    wants: |info| PLACES.contains(&info.path),
    peek: None,
    by_content: true,
    // A desktop's is about 20 MiB.
    max: 128 << 20,
    in_parts: false,
    read,
}];

/// All packages of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// In the order of the file.
    pub packages: Vec<Entry>,
}

/// One package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `P`.
    pub name: String,
    /// `V`.
    pub version: String,
    /// `A`.
    pub arch: Option<String>,
    /// `o`: the package whose build made this one.
    pub origin: Option<String>,
    /// `L`.
    pub licence: Option<String>,
    /// `m`.
    pub maintainer: String,
    /// `D`, as written.
    pub depends: String,
    /// `p`, as written.
    pub provides: String,
    /// `F` and `R`.
    pub files: FileTable,
}

fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = bytes_of(info, content, problems)?;
    let mut reading = Reading::default();
    for line in lines(&bytes) {
        if line.is_empty() {
            reading.end_stanza();
            if let Err(exceeded) = budget.charge_entries(1) {
                cut_short(info, &exceeded, problems);
                break;
            }
        } else {
            reading.line(line);
        }
    }
    reading.end_stanza();
    if reading.broken > 0 {
        problems.push(
            Problem::new(
                problems::MALFORMED,
                info.path,
                Effect::MayHidePackages,
                "stanzas of apk's database are damaged (no name, no version, or lines that are no fields); \
                 'apk audit --system' on the system tells more",
            )
            .with_count(reading.broken),
        );
    }
    Some(Fact::Apk(Installed { packages: reading.packages }))
}

#[derive(Default)]
struct Reading {
    packages: Vec<Entry>,
    broken: u64,
    entry: Entry,
    started: bool,
    damaged: bool,
}

impl Reading {
    fn line(&mut self, line: &[u8]) {
        self.started = true;
        let [key, b':', value @ ..] = line else {
            self.damaged = true;
            return;
        };
        let text = || text_of(value.trim_ascii());
        match key {
            b'P' => {
                // A stanza that lost its empty line ends where the next package begins.
                if !self.entry.name.is_empty() {
                    self.damaged = true;
                    self.end_stanza();
                    self.started = true;
                }
                self.entry.name = word(value).unwrap_or_default();
            }
            b'V' => self.entry.version = word(value).unwrap_or_default(),
            b'A' => self.entry.arch = word(value),
            b'o' => self.entry.origin = word(value),
            b'L' => self.entry.licence = word(value),
            b'm' => self.entry.maintainer = word(value).unwrap_or_default(),
            b'D' => self.entry.depends = text().into_owned(),
            b'p' => self.entry.provides = text().into_owned(),
            b'F' => self.entry.files.dirs.push(text().trim_matches('/').to_owned()),
            b'R' => {
                let files = &mut self.entry.files;
                if files.dirs.is_empty() {
                    files.dirs.push(String::new());
                }
                files.names.push_str(&text());
                files.names.push('\0');
                files.dir_of.push(u32::try_from(files.dirs.len() - 1).unwrap_or(u32::MAX));
            }
            _ => {}
        }
    }

    fn end_stanza(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        let damaged = std::mem::take(&mut self.damaged);
        if !std::mem::take(&mut self.started) {
            return;
        }
        let whole = !entry.name.is_empty() && !entry.version.is_empty();
        if damaged || !whole {
            self.broken += 1;
        }
        if whole {
            self.packages.push(entry);
        }
    }
}

impl Entry {
    fn key(&self) -> (&str, &str, Option<&str>) {
        (&self.name, &self.version, self.arch.as_deref())
    }
}

/// Names in a list of relations: `so:libc.musl-x86_64.so.1 busybox>=1.36 cmd:sh=1.36-r0 !conflict`.
fn names(text: &str) -> Vec<&str> {
    text.split_ascii_whitespace()
        .filter(|one| !one.starts_with('!'))
        .filter_map(|one| one.split(['=', '<', '>', '~', '@']).next())
        .filter(|name| !name.is_empty())
        .collect()
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let databases: Vec<&FileFact> =
        draft.facts.visible().filter(|fact| matches!(fact.fact, Fact::Apk(_))).collect();
    let mut needs = Vec::new();
    for file in databases {
        let Fact::Apk(installed) = &file.fact else { continue };
        let since = lowest_layers(draft, [&file.path], |[fact]| match fact {
            Some(Fact::Apk(installed)) => Some(installed.packages.iter().map(Entry::key).collect()),
            _ => None,
        });
        for entry in &installed.packages {
            let index = draft.add(Package {
                source: Some(Source {
                    name: entry.origin.as_ref().unwrap_or(&entry.name).clone(),
                    version: entry.version.clone(),
                }),
                arch: entry.arch.clone(),
                licences: entry.licence.iter().cloned().collect(),
                origin: vendor::of_apk(&entry.maintainer),
                evidence: vec![file.path.clone()],
                layer: since.of(&entry.key()),
                ..Package::new(PackageType::Apk, &entry.name, &entry.version)
            });
            draft.owned.push((index, Paths::Table(Cow::Borrowed(&entry.files))));
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

#[cfg(test)]
mod tests {
    use package::{Origin, PackageIndex};

    use super::*;
    use crate::testing::{Image, catalogue, names as shown, problems};

    const TEXT: &str = "C:Q1abc=\nP:libcrypto3\nV:3.5.4-r0\nA:x86_64\nS:1\nI:2\nT:Crypto\nU:https://x\nL:Apache-2.0\n\
        o:openssl\nm:Maintainer <maintainer@alpinelinux.org>\nt:1\nc:abc\nD:so:libc.musl-x86_64.so.1\n\
        p:so:libcrypto.so.3=3\nF:etc\nF:etc/ssl\nR:ct_log_list.cnf\nZ:Q1x=\nF:usr\nF:usr/lib\nR:libcrypto.so.3\na:0:0:755\n\n\
        P:musl\nV:1.2.5-r10\nA:x86_64\nL:MIT\no:musl\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\n\n\
        P:ssl_client\nV:1.37.0-r18\no:busybox\nD:so:libcrypto.so.3>=3 !other musl~1.2\n\n";

    #[test]
    fn case_21_the_origin_is_the_source() {
        let assembled = catalogue(&[(0, "lib/apk/db/installed", TEXT.as_bytes())]);
        assert_eq!(problems(&assembled), [""; 0]);
        let packages = assembled.catalogue.packages;
        let sources: Vec<_> = packages
            .iter()
            .map(|p| p.source.as_ref().map(|s| format!("{} {} {}", p.name, s.name, s.version)).unwrap())
            .collect();
        assert_eq!(
            sources,
            ["libcrypto3 openssl 3.5.4-r0", "musl musl 1.2.5-r10", "ssl_client busybox 1.37.0-r18"]
        );
        assert_eq!(packages[0].licences, ["Apache-2.0"]);
        assert_eq!(packages[0].depends_on, [PackageIndex(1)]);
        assert_eq!(packages[2].depends_on, [PackageIndex(0), PackageIndex(1)]);
    }

    #[test]
    fn files_are_kept_with_their_directories() {
        let content: &[u8] = TEXT.as_bytes();
        let info = FileInfo { path: PLACES[0], size: 0, mode: 0 };
        let Some(Fact::Apk(db)) = read(&info, &content, &Budget::default(), &mut Problems::new()) else {
            panic!("no database")
        };
        let files = &db.packages[0].files;
        assert_eq!(files.dirs, ["etc", "etc/ssl", "usr", "usr/lib"]);
        assert_eq!(files.names, "ct_log_list.cnf\0libcrypto.so.3\0");
        assert_eq!(files.dir_of, [1, 3]);
    }

    #[test]
    fn case_11_a_vendors_nginx_is_not_alpines() {
        let text = "P:nginx\nV:1.27.0-r1\nm:NGINX Packaging <nginx-packaging@f5.com>\n";
        let assembled = catalogue(&[(0, "usr/lib/apk/db/installed", text.as_bytes())]);
        assert_eq!(assembled.catalogue.packages[0].origin, Origin::ThirdParty);
    }

    #[test]
    fn a_package_upgraded_in_a_layer_came_with_that_layer() {
        let image = Image::new().file(0, PLACES[0], "P:a\nV:1-r0\n\nP:b\nV:1-r0\n").file(
            1,
            PLACES[0],
            "P:a\nV:2-r0\n\nP:b\nV:1-r0\n\nP:c\nV:1-r0\n",
        );
        let layers: Vec<_> = image.catalogue().catalogue.packages.iter().map(|p| p.layer).collect();
        assert_eq!(layers, [Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn broken_stanzas_are_counted_and_their_neighbours_kept() {
        let text = b"P:a\nV:1\nP:b\nV:2\n\nV:3\n\nnoise\n\nR:file\nP:c\nV:4".to_vec();
        let assembled = catalogue(&[(0, PLACES[0], &text)]);
        assert_eq!(shown(&assembled), ["a 1", "b 2", "c 4"]);
        assert_eq!(problems(&assembled), ["sbom.malformed lib/apk/db/installed ×3"]);
    }
}
