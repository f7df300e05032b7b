//! A folder of feeds → one database.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use package::Ecosystem;
use vulndb::{Builder, Coverage, Lint, Summary};

use crate::{cve, kev, osv};

/// Why feeds could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no feed in the folder.
    #[error("{} holds no feed; expected are folders such as Debian/all.zip, in the layout of the OSV bucket", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// The database cannot be written.
    #[error(transparent)]
    Database(#[from] vulndb::Error),
}

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// The database.
    pub summary: Summary,
    /// Records that were not understood, in full or in part, by source and kind.
    pub lints: BTreeMap<(String, String), u64>,
}

/// One record larger than this is no advisory: the largest published one has some 4 MB.
const MAX_RECORD: u64 = 64 << 20;

/// Compiles the feeds of `folder` to a database at `to`, which is replaced when all went well. `each` hears the name of
/// each feed before it is read.
///
/// # Errors
/// When a feed's zip cannot be read, the folder holds none, or the database cannot be written.
pub fn import(folder: &Path, to: &Path, each: &mut dyn FnMut(&str)) -> Result<Imported, FeedError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| FeedError::Read { path, error }
    };
    let parent = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(failed(parent))?;
    let mut builder = Builder::new(parent)?;
    let mut lints = BTreeMap::new();
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed(folder))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    names.sort();
    let mut feeds = 0;
    for path in names {
        let zip = path.join("all.zip");
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !zip.is_file() {
            continue;
        }
        each(name);
        feeds += 1;
        if name == "CVE" {
            each_record(&zip, &mut |bytes, file| {
                match cve::read(bytes) {
                    Ok(enrichment) => builder.enrich(&enrichment)?,
                    Err(error) => count(&mut builder, &mut lints, unreadable("cve", file, &error)),
                }
                Ok(())
            })?;
            continue;
        }
        let source = format!("osv-{}", name.to_lowercase().replace([' ', '.'], "-"));
        let mut seen: BTreeMap<(Ecosystem, Option<String>), Seen> = BTreeMap::new();
        each_record(&zip, &mut |bytes, file| {
            let mut found = Vec::new();
            match osv::read(bytes, &source, &mut found) {
                Ok(record) => {
                    for statement in &record.statements {
                        let seen = seen.entry((statement.ecosystem, statement.release.clone())).or_default();
                        seen.packages.insert(statement.package.clone());
                        if seen.last.as_ref() != Some(&record.id) {
                            seen.records += 1;
                            seen.last = Some(record.id.clone());
                        }
                        seen.newest = seen.newest.take().max(record.modified.clone());
                    }
                    builder.add(&record)?;
                }
                Err(error) => found.push(unreadable(&source, file, &error)),
            }
            for lint in found {
                count(&mut builder, &mut lints, lint);
            }
            Ok(())
        })?;
        let listed = listed(&path.join("sources.txt")).map_err(failed(&path.join("sources.txt")))?;
        for ((ecosystem, release), seen) in seen {
            let packages = match (&listed, ecosystem) {
                (Some(listed), _) => Some(listed.clone()),
                // The OSV export of Alpine has only packages of `main` that ever had a fix: silence about another
                // package says nothing.
                (None, Ecosystem::Alpine) => Some(seen.packages.into_iter().collect()),
                (None, _) => None,
            };
            let (records, newest, source) = (seen.records, seen.newest, source.clone());
            builder.cover(Coverage { source, ecosystem, release, packages, records, newest });
        }
    }
    let catalogue = folder.join("kev/known_exploited_vulnerabilities.json");
    if catalogue.is_file() {
        each("kev");
        let bytes = fs::read(&catalogue).map_err(failed(&catalogue))?;
        let entries = kev::read(&bytes).map_err(|error| failed(&catalogue)(error.into()))?;
        for entry in entries {
            builder.enrich(&entry)?;
        }
    }
    if feeds == 0 {
        return Err(FeedError::Nothing { path: folder.to_owned() });
    }
    Ok(Imported { summary: builder.finish(to)?, lints })
}

/// What was seen of one release of an ecosystem.
#[derive(Default)]
struct Seen {
    packages: BTreeSet<String>,
    records: u64,
    newest: Option<String>,
    last: Option<String>,
}

fn unreadable(source: &str, file: &str, error: &serde_json::Error) -> Lint {
    Lint {
        source: source.to_owned(),
        code: "unreadable".to_owned(),
        record: file.to_owned(),
        detail: error.to_string(),
    }
}

fn count(builder: &mut Builder, lints: &mut BTreeMap<(String, String), u64>, lint: Lint) {
    *lints.entry((lint.source.clone(), lint.code.clone())).or_default() += 1;
    builder.lint(lint);
}

/// The packages that a source looked at, one a line; `#` starts a comment.
fn listed(path: &Path) -> io::Result<Option<Vec<String>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(path)?;
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(Some(names.map(ToOwned::to_owned).collect()))
}

/// Takes one file of a zip: its bytes and its name.
type Take<'a> = &'a mut dyn FnMut(&[u8], &str) -> Result<(), vulndb::Error>;

/// Hands over each file of a zip.
fn each_record(zip: &Path, read: Take<'_>) -> Result<(), FeedError> {
    let failed = |error: io::Error| FeedError::Read { path: zip.to_owned(), error };
    let file = io::BufReader::with_capacity(1 << 18, File::open(zip).map_err(failed)?);
    let mut archive = zip::ZipArchive::new(file).map_err(|error| failed(error.into()))?;
    let mut bytes = Vec::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).map_err(|error| failed(error.into()))?;
        let name = entry.name().map(std::borrow::Cow::into_owned).map_err(|error| failed(error.into()))?;
        if !name.ends_with(".json") {
            continue;
        }
        bytes.clear();
        entry.by_ref().take(MAX_RECORD).read_to_end(&mut bytes).map_err(failed)?;
        read(&bytes, &name)?;
    }
    Ok(())
}
