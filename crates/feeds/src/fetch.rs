//! Fetches feeds into a folder that [`import`](crate::import) reads: from the public sources, from a mirror with the
//! same layout, or from a folder of another machine.
//!
//! A file takes the place of the last good one in one step, after it was found whole and of the right kind. What fails
//! leaves the last good one; what a source does not have is counted.

mod check;
mod plan;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::UNIX_EPOCH,
};

use oci::{Download, Downloads, Marks};
use time::{
    OffsetDateTime, format_description::well_known::Rfc2822, format_description::well_known::Rfc3339,
};
use url::Url;

pub use plan::PUBLIC;
use plan::{Form, Target, targets};

use crate::kept::{self, Kept, Note};

/// Files that are fetched at the same time.
const PARALLEL: usize = 4;

/// Where feeds come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The public OSV bucket, and the public addresses of the sources beside it.
    Public,
    /// A server with the layout of a folder of feeds; nothing else is asked.
    Mirror(Url),
    /// Such a folder.
    Folder(PathBuf),
}

impl Source {
    /// Reads what a person types: an address with `http`, `https` or `file`, or a folder.
    ///
    /// # Errors
    /// When it is an address with another scheme, or of no server.
    pub fn parse(text: &str) -> Result<Self, FetchError> {
        let wrong = |why: &str| FetchError::Source { text: text.to_owned(), why: why.to_owned() };
        if text.trim_end_matches('/') == PUBLIC {
            return Ok(Self::Public);
        }
        if !text.contains("://") {
            return Ok(Self::Folder(PathBuf::from(text)));
        }
        let mut url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        match url.scheme() {
            "file" => {
                url.to_file_path().map(Self::Folder).map_err(|()| wrong("it is no path of this machine"))
            }
            "http" | "https" => {
                url.set_query(None);
                url.set_fragment(None);
                if !url.path().ends_with('/') {
                    url.set_path(&format!("{}/", url.path()));
                }
                Ok(Self::Mirror(url))
            }
            other => Err(wrong(&format!("{other} is not spoken"))),
        }
    }

    /// Is it reached over a network, and without encryption?
    #[must_use]
    pub fn is_open(&self) -> bool {
        let loopback = |url: &Url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        matches!(self, Self::Mirror(url) if url.scheme() == "http" && !loopback(url))
    }

    /// A name for a folder that keeps the files of this source and of no other.
    #[must_use]
    pub fn folder_name(&self) -> String {
        let text = match self {
            Self::Public => return "public".to_owned(),
            Self::Mirror(url) => {
                let mut url = url.clone();
                // Both fail only on addresses that have no host.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                url.to_string()
            }
            Self::Folder(path) => format!("file:{}", path.display()),
        };
        let mut name = String::new();
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => name.push(char::from(byte)),
                _ => name.push_str(&format!("_{byte:02x}")),
            }
        }
        // A name of a file has at most 255 bytes; the end of a path tells more than its beginning.
        let from = name.len().saturating_sub(200);
        name.split_off(from)
    }
}

/// Why feeds could not be fetched at all.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The source is none.
    #[error("'{text}' is no source of feeds: {why}; give an https address or a folder")]
    Source {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file of this machine cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Not one file could be had, now or before.
    #[error("no feeds from {from}: {why}")]
    Nothing {
        /// The source.
        from: String,
        /// What the first file came to.
        why: String,
    },
}

/// What was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that are new or have changed, with their bytes.
    pub new: Vec<(String, u64)>,
    /// Files that are still the same.
    pub unchanged: Vec<String>,
    /// Files that the source does not have, and never had: no data from it.
    pub missing: Vec<String>,
    /// Files that could not be had.
    pub failed: Vec<FailedFile>,
}

/// A file that could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedFile {
    /// Which.
    pub path: String,
    /// Why.
    pub why: String,
    /// When the last good copy is of, which stays in use; `None`: there is none.
    pub kept: Option<String>,
}

/// What happens while fetching.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// So many files will be asked for.
    Files(u64),
    /// So many bytes came.
    Bytes(u64),
    /// A file is done, whatever came of it.
    Done(&'e str),
}

/// Fetches all feeds of `source` into `folder`. `now` (RFC 3339) dates files that have no date of their own; `options`
/// give times, attempts, authorities and allowed hosts; `each` hears how it goes on.
///
/// # Errors
/// When the folder cannot be written, or holds no feed afterwards: neither fetched now nor before.
pub async fn fetch(
    source: &Source,
    folder: &Path,
    now: &str,
    options: &oci::Options,
    each: Arc<dyn Fn(Event<'_>) + Send + Sync>,
) -> Result<Fetched, FetchError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| FetchError::File { path, error }
    };
    if let Source::Folder(from) = source {
        let metadata = fs::metadata(from).map_err(failed(from))?;
        if !metadata.is_dir() {
            let why = "it is a file; import it with: seawall db import".to_owned();
            return Err(FetchError::Source { text: from.display().to_string(), why });
        }
    }
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let notes = folder.join(kept::NAME);
    // Notes that cannot be read cost a second download, nothing else.
    let known =
        fs::read(&notes).ok().and_then(|bytes| Kept::read(&bytes, kept::NAME).ok()).unwrap_or_default();

    let wanted = targets().into_iter().filter(|target| *source != Source::Public || target.public.is_some());
    let queue: VecDeque<Target> = wanted.collect();
    each(Event::Files(queue.len() as u64));
    let context = Arc::new(Context {
        source: source.clone(),
        folder: folder.to_owned(),
        now: now.to_owned(),
        options: options.clone(),
        each,
        known,
        queue: Mutex::new(queue),
        servers: Mutex::default(),
    });
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..PARALLEL {
        workers.spawn(Arc::clone(&context).work());
    }
    let mut kept = context.known.clone();
    let mut fetched = Fetched::default();
    while let Some(done) = workers.join_next().await {
        // A worker ends early only when it panics; its files then stay as they were.
        for (path, outcome) in done.unwrap_or_default() {
            match outcome {
                Outcome::New(note) => {
                    fetched.new.push((path.clone(), note.bytes));
                    kept.files.insert(path, note);
                }
                Outcome::Unchanged => fetched.unchanged.push(path),
                Outcome::Missing | Outcome::Failed(_) => {
                    let note = kept.files.get(&path).filter(|_| folder.join(&path).is_file());
                    let kept = note.map(|note| note.time.clone());
                    let why = match outcome {
                        Outcome::Failed(why) => why,
                        // The copy stays, so it must be said.
                        _ if kept.is_some() => "the source no longer has it".to_owned(),
                        _ => {
                            fetched.missing.push(path);
                            continue;
                        }
                    };
                    fetched.failed.push(FailedFile { path, why, kept });
                }
            }
        }
    }
    fetched.new.sort();
    fetched.unchanged.sort();
    fetched.missing.sort();
    fetched.failed.sort_by(|a, b| a.path.cmp(&b.path));
    let bytes = serde_json::to_vec_pretty(&kept).unwrap_or_default();
    replace(&notes, |to| fs::write(to, &bytes)).map_err(failed(&notes))?;
    let anything = kept.files.keys().any(|path| folder.join(path).is_file());
    if anything {
        return Ok(fetched);
    }
    let why = match fetched.failed.first() {
        Some(failed) => failed.why.clone(),
        None => "it has none of the files of the OSV bucket's layout, such as Debian/all.zip".to_owned(),
    };
    Err(FetchError::Nothing { from: context.name(), why })
}

/// What came of one file.
enum Outcome {
    New(Note),
    Unchanged,
    Missing,
    Failed(String),
}

/// What the workers share.
struct Context {
    source: Source,
    folder: PathBuf,
    now: String,
    options: oci::Options,
    each: Arc<dyn Fn(Event<'_>) + Send + Sync>,
    known: Kept,
    queue: Mutex<VecDeque<Target>>,
    servers: Mutex<Servers>,
}

/// What is known of servers, by host.
#[derive(Default)]
struct Servers {
    clients: BTreeMap<String, Arc<Downloads>>,
    reached: BTreeSet<String>,
    /// Why one cannot be reached: it is not asked for each of its files again.
    dead: BTreeMap<String, String>,
}

impl Context {
    fn name(&self) -> String {
        match &self.source {
            Source::Public => "the public sources".to_owned(),
            Source::Mirror(url) => url.host_str().unwrap_or_default().to_owned(),
            Source::Folder(path) => path.display().to_string(),
        }
    }

    fn servers(&self) -> MutexGuard<'_, Servers> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(self: Arc<Self>) -> Vec<(String, Outcome)> {
        let mut done = Vec::new();
        loop {
            let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(target) = next else { return done };
            let outcome = match self.one(&target).await {
                Ok(outcome) => outcome,
                Err(why) => Outcome::Failed(why),
            };
            (self.each)(Event::Done(&target.path));
            done.push((target.path, outcome));
        }
    }

    async fn one(&self, target: &Target) -> Result<Outcome, String> {
        let to = self.folder.join(&target.path);
        let parent = to.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        // The name begins with a dot, so that an import passes over what a crash left.
        let temp = tempfile::NamedTempFile::new_in(parent)
            .map_err(|error| format!("{}: {error}", parent.display()))?;
        let length = fs::metadata(&to).map(|metadata| metadata.len()).ok();
        let known = self.known.files.get(&target.path).filter(|note| Some(note.bytes) == length);
        let note = match &self.source {
            Source::Folder(from) => copied(&from.join(&target.path), temp.path(), target, known)?,
            Source::Mirror(base) => {
                let url = base.join(&target.path.replace(' ', "%20")).map_err(|error| error.to_string())?;
                self.downloaded(&url, temp.path(), target, known).await?
            }
            Source::Public => {
                let url = target.public.as_deref().map(Url::parse);
                let Some(Ok(url)) = url else { return Ok(Outcome::Missing) };
                self.downloaded(&url, temp.path(), target, known).await?
            }
        };
        let mut note = match note {
            Outcome::New(note) => note,
            other => return Ok(other),
        };
        let form: Form = target.form;
        let path = temp.path().to_owned();
        let checked = tokio::task::spawn_blocking(move || check::file(&path, form)).await;
        checked
            .unwrap_or_else(|error| Err(error.to_string()))
            .map_err(|why| format!("{}: {why}", note.url))?;
        if note.time.is_empty() {
            note.time = note.last_modified.as_deref().and_then(rfc_3339).unwrap_or_else(|| self.now.clone());
        }
        temp.persist(&to).map_err(|error| format!("{}: {}", to.display(), error.error))?;
        Ok(Outcome::New(note))
    }

    async fn downloaded(
        &self,
        url: &Url,
        to: &Path,
        target: &Target,
        known: Option<&Note>,
    ) -> Result<Outcome, String> {
        let host = url.origin().ascii_serialization();
        let client = {
            let mut servers = self.servers();
            if let Some(why) = servers.dead.get(&host) {
                return Err(why.clone());
            }
            match servers.clients.get(&host) {
                Some(client) => Arc::clone(client),
                None => {
                    let client =
                        Arc::new(Downloads::new(url, &self.options).map_err(|error| error.to_string())?);
                    servers.clients.insert(host.clone(), Arc::clone(&client));
                    client
                }
            }
        };
        let mut shown = url.clone();
        // Both fail only on addresses that have no host.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        let shown = shown.to_string();
        // Marks of another server say nothing to this one.
        let known = known.filter(|note| note.url == shown);
        let marks = known.map_or_else(Marks::default, |note| Marks {
            etag: note.etag.clone(),
            last_modified: note.last_modified.clone(),
        });
        let each = |bytes| (self.each)(Event::Bytes(bytes));
        match client.get(url, &marks, target.limit, to, &each).await {
            Ok(done) => {
                self.servers().reached.insert(host);
                Ok(match done {
                    Download::Unchanged if marks != Marks::default() => Outcome::Unchanged,
                    Download::Unchanged => {
                        return Err(format!("{shown} says 'not modified' to who has nothing"));
                    }
                    Download::Missing => Outcome::Missing,
                    Download::Whole { marks, bytes } => Outcome::New(Note {
                        url: shown,
                        etag: marks.etag,
                        last_modified: marks.last_modified,
                        time: String::new(),
                        bytes,
                    }),
                })
            }
            Err(error) => {
                let mut servers = self.servers();
                let unreachable = matches!(error, oci::Error::Network { .. } | oci::Error::Stalled { .. });
                if unreachable && !servers.reached.contains(&host) {
                    servers.dead.entry(host).or_insert_with(|| error.to_string());
                }
                Err(error.to_string())
            }
        }
    }
}

/// Copies a file of a folder, unless it is as it was.
fn copied(from: &Path, to: &Path, target: &Target, known: Option<&Note>) -> Result<Outcome, String> {
    let told = |error: io::Error| format!("{}: {error}", from.display());
    let metadata = match fs::metadata(from) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Missing),
        Err(error) => return Err(told(error)),
    };
    if metadata.len() > target.limit {
        return Err(format!("{} is larger than the limit of {} bytes", from.display(), target.limit));
    }
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let etag = changed.map(|time| format!("{}.{:09}", time.as_secs(), time.subsec_nanos()));
    let url = format!("file://{}", from.display());
    if known.is_some_and(|note| note.url == url && note.etag == etag && note.bytes == metadata.len()) {
        return Ok(Outcome::Unchanged);
    }
    let bytes = fs::copy(from, to).map_err(told)?;
    let time = changed
        .and_then(|time| i64::try_from(time.as_secs()).ok())
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default();
    Ok(Outcome::New(Note { url, etag, last_modified: None, time, bytes }))
}

/// Of a date in HTTP (RFC 9110, 5.6.7).
fn rfc_3339(text: &str) -> Option<String> {
    OffsetDateTime::parse(text, &Rfc2822).ok()?.format(&Rfc3339).ok()
}

/// Writes a file beside `path` and puts it in its place.
fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let temp = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    write(temp.path())?;
    temp.persist(path).map_err(|error| error.error)?;
    Ok(())
}
