//! A folder or zip of feeds → one database.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use model::Budget;
use package::{Ecosystem, ecosystem::TABLE};
use vulndb::{Builder, Coverage, Enrichment, Lint, Record, Summary};

use crate::{
    carrier::{self, Content, LeftOut, MAX_DOCUMENT, MAX_RECORD, Stop, Visit},
    cve, epss,
    kept::Kept,
    kev, kind,
    kind::Kind,
    osv, secdb,
    sink::{Failed, Sink},
    tracker,
};

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
    /// A file is damaged so that an unknown part of it is missing. The database stays as it was.
    #[error("{path} is broken: {why}; fetch or copy it again")]
    Broken {
        /// The file, as a path inside what was imported.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// More than feeds can be. The database stays as it was.
    #[error("{}: {met}; this is more than all public feeds together", path.display())]
    Limit {
        /// What was imported.
        path: PathBuf,
        /// The limit.
        met: model::Exceeded,
    },
    /// There is no advisory in it.
    #[error(
        "{} holds no advisories; expected are a folder or zip with files such as Debian/all.zip, in the layout of the OSV bucket, or the documents of Debian's security tracker and Alpine's secdb", path.display()
    )]
    Nothing {
        /// The folder or file.
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
    /// What was not understood, in full or in part, by source and kind. `files` stands for files that were left out.
    pub lints: BTreeMap<(String, String), u64>,
}

/// The source of lints about files that were left out.
const FILES: &str = "files";
/// As many bytes tell what a file is.
const HEAD: u64 = 64 << 10;

/// Compiles the feeds of `from`, a folder, a zip of such a folder, or one file of a feed, to a database at `to`, which
/// is replaced when all went well. `each` hears the name of each feed before it is read. What files are recognised is
/// told in this crate's module `kind`; where they lie does not matter.
///
/// # Errors
/// When a file cannot be read or is broken, there are no advisories, there is more than a limit allows, or the
/// database cannot be written. The old database is then as it was.
pub fn import(from: &Path, to: &Path, each: &mut dyn FnMut(&str)) -> Result<Imported, FeedError> {
    import_within(from, to, &Budget::new(carrier::limits()), each)
}

fn import_within(
    from: &Path,
    to: &Path,
    budget: &Budget,
    each: &mut dyn FnMut(&str),
) -> Result<Imported, FeedError> {
    let mut import = Import::new(to, each)?;
    carrier::walk(from, budget, &mut import)?;
    if import.advisories == 0 {
        return Err(FeedError::Nothing { path: from.to_owned() });
    }
    import.finish(to)
}

/// Compiles records that were read elsewhere: each text is one OSV record.
pub(crate) fn import_texts<'t>(
    texts: impl Iterator<Item = &'t str>,
    source: &str,
    to: &Path,
) -> Result<Imported, FeedError> {
    let mut each = |_: &str| {};
    let mut import = Import::new(to, &mut each)?;
    import.sampled = true;
    for text in texts {
        import.osv(text.as_bytes(), source, source)?;
    }
    import.finish(to)
}

/// An import under way.
struct Import<'e> {
    builder: Builder,
    each: &'e mut dyn FnMut(&str),
    /// The feed that was named last.
    named: String,
    /// The folder of the last file with the feed that it stands for: records come folder by folder.
    folder: (String, Feed),
    lints: BTreeMap<(String, String), u64>,
    seen: BTreeMap<(String, Ecosystem, Option<String>), Seen>,
    /// Lists of what a source looked at.
    listed: BTreeMap<String, Vec<String>>,
    /// Repositories of Alpine by release.
    repositories: BTreeMap<String, BTreeSet<String>>,
    /// Sources that enrich: records and newest change.
    enriched: BTreeMap<&'static str, (u64, Option<String>)>,
    /// Hashes of (source, id).
    ids: HashSet<u64>,
    /// When files were fetched, where that was noted.
    kept: Kept,
    /// The document that is being read.
    document: String,
    advisories: u64,
    /// Everything is a sample: silence about a package says nothing.
    sampled: bool,
}

/// What was seen of one release of an ecosystem.
#[derive(Default)]
struct Seen {
    packages: BTreeSet<String>,
    records: u64,
    newest: Option<String>,
    last: Option<String>,
    document: String,
}

/// What a folder stands for.
#[derive(Clone, Default)]
struct Feed {
    /// The source's slug.
    source: String,
    /// Its name for people.
    name: String,
}

impl Feed {
    /// The nearest folder or zip that bears the name of an ecosystem.
    fn of(folder: &str) -> Self {
        let parts = folder.rsplit('/').map(|part| part.strip_suffix(".zip").unwrap_or(part));
        let known = parts.clone().find(|part| TABLE.iter().any(|row| row.osv == *part));
        let named = || folder.rsplit('/').find(|part| !part.is_empty() && *part != "all.zip");
        match known {
            Some(name) => Self { source: format!("osv-{}", slug(name)), name: name.to_owned() },
            None => Self { source: "osv".to_owned(), name: named().unwrap_or("OSV").to_owned() },
        }
    }
}

fn slug(ecosystem: &str) -> String {
    ecosystem.to_lowercase().replace([' ', '.'], "-")
}

impl<'e> Import<'e> {
    fn new(to: &Path, each: &'e mut dyn FnMut(&str)) -> Result<Self, FeedError> {
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent)
            .map_err(|error| FeedError::Read { path: parent.to_owned(), error })?;
        Ok(Self {
            builder: Builder::new(parent)?,
            each,
            named: String::new(),
            folder: (String::new(), Feed::of("")),
            lints: BTreeMap::new(),
            seen: BTreeMap::new(),
            listed: BTreeMap::new(),
            repositories: BTreeMap::new(),
            enriched: BTreeMap::new(),
            ids: HashSet::new(),
            kept: Kept::default(),
            document: String::new(),
            advisories: 0,
            sampled: false,
        })
    }

    fn finish(mut self, to: &Path) -> Result<Imported, FeedError> {
        for ((source, ecosystem, release), seen) in std::mem::take(&mut self.seen) {
            let listed = self.listed.get(&source);
            let packages = match (listed, ecosystem) {
                _ if self.sampled => Some(seen.packages.into_iter().collect()),
                (Some(listed), _) => Some(listed.clone()),
                // Sources of Alpine name only packages that ever had a fix, and OSV's export only those of `main`:
                // silence about another package says nothing, unless the release was read with both repositories.
                (None, Ecosystem::Alpine) if !self.is_whole(&source, release.as_deref()) => {
                    Some(seen.packages.into_iter().collect())
                }
                (None, _) => None,
            };
            let newest = seen.newest.or_else(|| self.kept.time_of(&seen.document));
            let records = seen.records;
            self.builder.cover(Coverage { source, ecosystem, release, packages, records, newest });
        }
        for (source, (records, newest)) in &self.enriched {
            self.builder.enriched(source, *records, newest.clone());
        }
        Ok(Imported { summary: self.builder.finish(to)?, lints: self.lints })
    }

    /// Were both repositories of a release of Alpine read? `edge` has a third one without advisories.
    fn is_whole(&self, source: &str, release: Option<&str>) -> bool {
        let read =
            release.filter(|release| *release != "edge").and_then(|release| self.repositories.get(release));
        source == secdb::SOURCE
            && read.is_some_and(|read| ["main", "community"].iter().all(|name| read.contains(*name)))
    }

    /// Names the feed, once.
    fn name(&mut self, name: &str) {
        if self.named != name {
            name.clone_into(&mut self.named);
            (self.each)(name);
        }
    }

    fn feed(&mut self, path: &str) -> Feed {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if self.folder.0 != folder {
            self.folder = (folder.to_owned(), Feed::of(folder));
        }
        self.folder.1.clone()
    }

    fn osv(&mut self, bytes: &[u8], source: &str, path: &str) -> Result<(), vulndb::Error> {
        let mut found = Vec::new();
        match osv::read(bytes, source, &mut found) {
            Ok(record) => {
                let mut hash = DefaultHasher::new();
                (source, &record.id).hash(&mut hash);
                if !self.ids.insert(hash.finish()) {
                    found.push(lint(source, "duplicate-id", &record.id, path));
                }
                self.record(&record)?;
            }
            Err(error) => found.push(lint(source, "unreadable", path, &error.to_string())),
        }
        found.into_iter().for_each(|lint| self.lint(lint));
        Ok(())
    }

    fn count(&mut self, source: &'static str, records: u64, newest: Option<String>) {
        let known = self.enriched.entry(source).or_default();
        known.0 = known.0.saturating_add(records);
        known.1 = known.1.take().max(newest);
    }

    fn records(&mut self, kind: Kind, path: &str, bytes: &[u8]) -> Result<(), Failed> {
        match kind {
            Kind::Osv => {
                let feed = self.feed(path);
                self.name(&feed.name);
                self.osv(bytes, &feed.source, path)?;
            }
            Kind::Cve => {
                self.name("CVE");
                match cve::read(bytes) {
                    Ok((enrichment, updated)) => {
                        self.builder.enrich(&enrichment)?;
                        self.count(cve::SOURCE, 1, updated);
                    }
                    Err(error) => self.lint(lint(cve::SOURCE, "unreadable", path, &error.to_string())),
                }
            }
            Kind::Kev => {
                self.name("KEV");
                let catalogue = kev::read(bytes)?;
                for entry in &catalogue.entries {
                    self.builder.enrich(entry)?;
                }
                self.count(kev::SOURCE, catalogue.entries.len() as u64, catalogue.released);
            }
            Kind::Tracker => {
                self.name("Debian's security tracker");
                tracker::read(bytes, self)?;
            }
            Kind::Secdb => {
                self.name("Alpine's secdb");
                if let Some(about) = secdb::read(bytes, path, self)? {
                    self.repositories.entry(about.release).or_default().insert(about.repository);
                }
            }
            Kind::Kept => self.kept = Kept::read(bytes, path)?,
            Kind::Epss => {}
        }
        Ok(())
    }
}

impl Sink for Import<'_> {
    fn record(&mut self, record: &Record) -> Result<(), vulndb::Error> {
        self.advisories += 1;
        for statement in &record.statements {
            let key = (record.source.clone(), statement.ecosystem, statement.release.clone());
            let seen = self.seen.entry(key).or_default();
            // Names are kept only where they will say what there is data for.
            if (self.sampled || statement.ecosystem == Ecosystem::Alpine)
                && !seen.packages.contains(&statement.package)
            {
                seen.packages.insert(statement.package.clone());
            }
            if seen.last.as_ref() != Some(&record.id) {
                seen.records += 1;
                seen.last = Some(record.id.clone());
            }
            if record.modified > seen.newest {
                seen.newest.clone_from(&record.modified);
            }
            if seen.document != self.document {
                seen.document.clone_from(&self.document);
            }
        }
        self.builder.add(record)
    }

    fn enrich(&mut self, known: &Enrichment) -> Result<(), vulndb::Error> {
        self.builder.enrich(known)
    }

    fn lint(&mut self, lint: Lint) {
        *self.lints.entry((lint.source.clone(), lint.code.clone())).or_default() += 1;
        self.builder.lint(lint);
    }
}

impl Visit for Import<'_> {
    fn wants(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let plain = name.strip_suffix(".gz").unwrap_or(name);
        // The tracker's own address ends in `data/json`.
        let feed =
            plain.ends_with(".json") || plain.ends_with(".csv") || name == "json" || name == "sources.txt";
        (feed || name.ends_with(".zip")) && !NO_FEEDS.contains(&plain)
    }

    fn file(&mut self, path: &str, content: &mut Content<'_>) -> Result<(), Stop> {
        if path.rsplit('/').next() == Some("sources.txt") {
            let mut text = String::new();
            content.read_to_string(&mut text)?;
            let source = self.feed(path).source;
            self.listed.insert(source, names(&text));
            return Ok(());
        }
        let mut bytes = Vec::new();
        let read = content.by_ref().take(HEAD).read_to_end(&mut bytes);
        let kind = kind::of(&bytes);
        if let Err(error) = read {
            let many = kind.is_some_and(Kind::has_many);
            return Err(if many { broken(path, error.into()) } else { error.into() });
        }
        let Some(kind) = kind else {
            self.lint(lint(FILES, "unrecognised", path, "no feed that Seawall knows"));
            return Ok(());
        };
        let many = kind.has_many();
        content.at_most(if many { MAX_DOCUMENT } else { MAX_RECORD });
        path.clone_into(&mut self.document);
        if kind == Kind::Epss {
            self.name("EPSS");
            let mut lines = BufReader::new(io::Cursor::new(bytes).chain(content));
            let scores = epss::read(&mut lines, path, self).map_err(|failed| broken(path, failed))?;
            self.count(epss::SOURCE, scores.records, scores.day);
            return Ok(());
        }
        match content.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if many => return Err(broken(path, error.into())),
            Err(error) => return Err(error.into()),
        }
        self.records(kind, path, &bytes).map_err(|failed| broken(path, failed))
    }

    fn left_out(&mut self, path: &str, why: LeftOut, detail: String) {
        self.lint(lint(FILES, why.code(), path, &detail));
    }
}

/// Files that lie beside feeds and are none: this layout's manifest, and the lists of changes of the CVE list.
const NO_FEEDS: &[&str] = &["manifest.json", "delta.json", "deltaLog.json", "recent_activities.json"];

fn lint(source: &str, code: &str, record: &str, detail: &str) -> Lint {
    Lint {
        source: source.to_owned(),
        code: code.to_owned(),
        record: record.to_owned(),
        detail: detail.to_owned(),
    }
}

/// A document with many records that cannot be read to its end: nobody knows what is missing.
fn broken(path: &str, failed: Failed) -> Stop {
    match failed {
        Failed::Database(error) => Stop::Import(error.into()),
        Failed::Json(error) => {
            Stop::Import(FeedError::Broken { path: path.to_owned(), why: error.to_string() })
        }
        Failed::Read(error) => {
            Stop::Import(FeedError::Broken { path: path.to_owned(), why: error.to_string() })
        }
    }
}

/// The packages that a source looked at, one a line, sorted; `#` starts a comment.
fn names(text: &str) -> Vec<String> {
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut names: Vec<String> = names.map(ToOwned::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
