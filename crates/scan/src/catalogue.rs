//! Source → catalogue, for each kind of target.

use std::{
    io::Read as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use archive::{Kind as EntryKind, Tree, merge};
use model::{Budget, DiffId, Effect, Problem, Problems};
use package::{Catalogue, Presence};
use sbom::{Fact, FileFact, FileInfo, extract};

use crate::{
    Image, Kind, LayerCache, PrivilegedFile, ScanError, Skipped, Subject,
    layer::{self, LayerData},
    problems,
    tree_view::TreeView,
    walk::{self, Wanted},
};

/// A target's packages and facts, before any database is asked.
#[derive(Clone, Debug, Default)]
pub struct Catalogued {
    /// What was scanned.
    pub subject: Subject,
    /// Its packages.
    pub catalogue: Catalogue,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was left out on purpose.
    pub skipped: Vec<Skipped>,
}

/// How cataloguing works.
#[derive(Clone, Debug)]
pub struct Workers {
    /// Threads that read and parse.
    pub threads: usize,
    /// Where results per layer are kept; `None`: nowhere.
    pub cache: Option<LayerCache>,
}

impl Default for Workers {
    /// One thread a processor, no cache.
    fn default() -> Self {
        Self { threads: thread::available_parallelism().map_or(1, usize::from), cache: None }
    }
}

/// Catalogues an image: layers in parallel, each read once, then merged. Call it on a plain thread: it waits for
/// transfers that run on the async runtime.
#[must_use]
pub fn catalogue_image(target: &str, image: &oci::Image, workers: &Workers, budget: &Budget) -> Catalogued {
    let layers: Vec<Mutex<Option<LayerData>>> = image.layers.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = layers.get(number) else { break };
            let data = one_layer(image, number, workers, budget);
            *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(data);
        }
    };
    let threads = workers.threads.clamp(1, image.layers.len().max(1));
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let layers: Vec<LayerData> = layers
        .into_iter()
        .filter_map(|slot| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
        .collect();

    let mut problems = Problems::new();
    problems.extend(image.problems.iter().cloned());
    if let Some((cache, known)) = workers.cache.as_ref().zip(image.to_remember())
        && let Err(error) = cache.put_image(image.config_digest, &known)
    {
        problems.push(not_kept(&error));
    }
    let subject = Subject {
        target: target.to_owned(),
        kind: Kind::Image,
        judged: Some(Presence::Installed),
        image: Some(Image {
            config_digest: image.config_digest,
            manifest_digest: image.manifest_digest,
            names: image.names.clone(),
            platform: image.platform.clone(),
            platforms: image.platforms_available.clone(),
            annotations: image.annotations.clone(),
            config: image.config.clone(),
            layers: image.layers.iter().map(|source| source.layer.clone()).collect(),
        }),
        ..Subject::default()
    };
    let main_programs = main_programs(&image.config);
    finish(subject, layers, true, main_programs, problems, Vec::new(), budget)
}

/// The paths of what an image starts. A bare name is looked for where the default PATH would.
fn main_programs(config: &model::ImageConfig) -> Vec<String> {
    let first = config.entrypoint.first().or_else(|| config.cmd.first());
    let Some(first) = first else { return Vec::new() };
    if first.contains('/') {
        let path = if first.starts_with('/') {
            first.trim_start_matches('/').to_owned()
        } else {
            format!("{}/{first}", config.working_dir.trim_matches('/'))
        };
        return vec![path];
    }
    ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"]
        .iter()
        .map(|folder| format!("{folder}/{first}"))
        .collect()
}

/// Bytes of a blob from which a thread for its digest is worth its start.
const LARGE_LAYER: u64 = 4 << 20;

fn one_layer(image: &oci::Image, number: usize, workers: &Workers, budget: &Budget) -> LayerData {
    let cache = workers.cache.as_ref();
    let Some(source) = image.layers.get(number) else {
        let text = "the image has no such layer";
        return LayerData::unread(Problem::new(problems::UNREADABLE, "layer", Effect::MayHidePackages, text));
    };
    let name = format!("layer {} of {}", number + 1, image.layers.len());
    let expected = source.layer.diff_id;
    let known = cache.and_then(|cache| match source.layer.blob {
        _ if source.vouched => cache.vouched(expected),
        Some(blob) => cache.get(blob, expected),
        None => None,
    });
    if let Some(data) = known {
        return data;
    }
    let open = || {
        image.open_layer(number).map_err(|error| {
            Problem::new(problems::UNREADABLE, name.as_str(), Effect::MayHidePackages, error.to_string())
        })
    };
    // One large layer is what a scan mostly waits for.
    let hash_beside = workers.threads > 1 && source.layer.size >= LARGE_LAYER;
    let mut data = layer::read(open, &name, hash_beside, budget);
    let blob_differs = source.layer.blob.is_some_and(|blob| data.blob.is_some_and(|read| read != blob));
    if blob_differs || data.diff_id.is_some_and(|read| read != expected) {
        return LayerData::unread(mismatch(&name, expected, data.diff_id));
    }
    // Where the source names no blob digest, the one that was computed is as good a key for the next scan.
    let complete = data.blob.is_some() && data.diff_id.is_some() && data.problems.is_empty();
    if let Some(cache) = cache.filter(|_| complete)
        && let Err(error) = cache.put(&data)
    {
        data.problems.push(not_kept(&error));
    }
    data
}

fn not_kept(error: &std::io::Error) -> Problem {
    Problem::new(problems::CACHE, "layer cache", Effect::None, format!("results were not kept: {error}"))
}

fn mismatch(name: &str, expected: DiffId, read: Option<DiffId>) -> Problem {
    let read = read.map_or_else(|| "other bytes".to_owned(), |read| read.to_string());
    Problem::new(
        problems::DIGEST_MISMATCH,
        name,
        Effect::MayHidePackages,
        format!("is {read}, promised was {expected}; its content is not trusted"),
    )
}

/// Catalogues an installed system.
///
/// # Errors
/// When `root` is no directory that can be read.
pub fn catalogue_rootfs(root: &Path, workers: &Workers, budget: &Budget) -> Result<Catalogued, ScanError> {
    let mut done = catalogue_folder(root, walk::Tree::RootFs, workers, budget)?;
    if root == Path::new("/") {
        done.catalogue.kernel.booted = Some(rustix::system::uname().release().to_string_lossy().into_owned());
    }
    Ok(done)
}

/// Catalogues a project's sources: what lock files and manifests declare.
///
/// # Errors
/// When `root` is no directory that can be read.
pub fn catalogue_sources(root: &Path, workers: &Workers, budget: &Budget) -> Result<Catalogued, ScanError> {
    catalogue_folder(root, walk::Tree::Sources, workers, budget)
}

/// Bytes of a file that are kept once its first ones were asked for: an ELF header and its program headers lie in them.
const HEAD: usize = 1024;

/// A file whose first bytes were read already.
struct Begun<'a> {
    head: &'a [u8],
    file: &'a (std::fs::File, u64),
}

impl sbom::Content for Begun<'_> {
    fn len(&self) -> u64 {
        self.file.1
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let kept =
            usize::try_from(offset).ok().and_then(|from| self.head.get(from..from.checked_add(buf.len())?));
        match kept {
            Some(bytes) => {
                buf.copy_from_slice(bytes);
                Ok(bytes.len())
            }
            None => sbom::Content::read_at(self.file, offset, buf),
        }
    }
}

fn catalogue_folder(
    root: &Path,
    tree: walk::Tree,
    workers: &Workers,
    budget: &Budget,
) -> Result<Catalogued, ScanError> {
    let facts: Mutex<Vec<(String, Fact)>> = Mutex::new(Vec::new());
    let found: Mutex<Problems> = Mutex::new(Problems::new());
    let read = |wanted: &Wanted| {
        let info = FileInfo { path: &wanted.path, size: wanted.content.1, mode: wanted.mode };
        let mut problems = Problems::new();
        let mut head = [0_u8; HEAD];
        let peek = wanted.reader.peek_len().min(head.len());
        let mut got = 0;
        if peek > 0 {
            got = sbom::Content::read_at(&wanted.content, 0, &mut head).unwrap_or(0);
            if got < peek {
                got = sbom::Content::read_full_at(&wanted.content, 0, &mut head[..peek]).unwrap_or(0);
            }
            if !wanted.reader.accepts(&head[..got.min(peek)]) {
                return;
            }
        }
        let content = Begun { head: &head[..got], file: &wanted.content };
        let fact = extract(wanted.reader, &info, &content, budget, &mut problems);
        if let Some(fact) = fact {
            facts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((wanted.path.clone(), fact));
        }
        let problems = problems.into_vec();
        if !problems.is_empty() {
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(problems);
        }
    };
    let walked = if workers.threads <= 1 {
        walk::walk(root, tree, budget, &mut |wanted| read(&wanted))
    } else {
        // Open files wait in the channel: few enough for the smallest limit on open files.
        let (sender, receiver) = crossbeam_channel::bounded::<Wanted>(256);
        thread::scope(|scope| {
            for _ in 1..workers.threads {
                let receiver = receiver.clone();
                let read = &read;
                scope.spawn(move || {
                    for wanted in receiver {
                        read(&wanted);
                    }
                });
            }
            let walked = walk::walk(root, tree, budget, &mut |wanted| {
                // When the others are behind, the walker helps instead of waiting.
                if let Err(error) = sender.try_send(wanted) {
                    read(&error.into_inner());
                }
            });
            drop(sender);
            for wanted in receiver {
                read(&wanted);
            }
            walked
        })
    };
    let walked = walked.map_err(|error| ScanError::Folder { path: root.to_owned(), error })?;
    let mut all = walked.problems;
    all.extend(found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_vec());
    let mut facts: Vec<(String, Fact)> =
        facts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    facts.sort_by(|a, b| a.0.cmp(&b.0));
    let ids = facts
        .into_iter()
        .filter_map(|(path, fact)| walked.index.get(&path).map(|entry| (entry.id, fact)))
        .collect();
    let data = LayerData { index: walked.index, facts: ids, problems: Vec::new(), blob: None, diff_id: None };
    let (kind, judged) = match tree {
        walk::Tree::RootFs => (Kind::RootFs, Presence::Installed),
        walk::Tree::Sources => (Kind::SourceTree, Presence::Declared),
    };
    let subject = Subject {
        target: root.display().to_string(),
        kind,
        judged: Some(judged),
        entries: walked.entries,
        ..Subject::default()
    };
    Ok(finish(subject, vec![data], false, Vec::new(), all, walked.skipped, budget))
}

fn finish(
    mut subject: Subject,
    layers: Vec<LayerData>,
    layered: bool,
    main_programs: Vec<String>,
    mut problems: Problems,
    skipped: Vec<Skipped>,
    budget: &Budget,
) -> Catalogued {
    let mut indexes = Vec::with_capacity(layers.len());
    let mut facts = Vec::with_capacity(layers.len());
    for layer in layers {
        problems.extend(layer.problems);
        indexes.push(Arc::new(layer.index));
        facts.push(layer.facts);
    }
    if layered {
        subject.entries = indexes.iter().map(|index| index.len() as u64).sum();
    }
    let (tree, merging) = merge(&indexes, budget);
    problems.extend(merging);
    let mut placed = Vec::new();
    for (number, facts) in facts.into_iter().enumerate() {
        let layer = u32::try_from(number).unwrap_or(u32::MAX);
        for (id, fact) in facts {
            if let Some(place) = tree.place(layer, id) {
                placed.push(FileFact { path: place.path, layer, visible: place.visible, fact });
            }
        }
    }
    subject.privileged_files = privileged_files(&tree);
    let view = TreeView { tree: &tree, layered };
    let assembled = sbom::assemble(&view, &placed, &sbom::Options { main_programs });
    problems.extend(assembled.problems);
    Catalogued { subject, catalogue: assembled.catalogue, problems: problems.into_vec(), skipped }
}

/// Files with the set-uid or set-gid bit.
fn privileged_files(tree: &Tree) -> Vec<PrivilegedFile> {
    let mut files = Vec::new();
    tree.for_each(|path, node| {
        let Some(entry) = node.entry else { return };
        if matches!(entry.kind, EntryKind::File | EntryKind::Hardlink) && entry.mode & 0o6000 != 0 {
            let (mode, uid, gid) = (entry.mode, entry.uid, entry.gid);
            files.push(PrivilegedFile { path: path.to_owned(), mode, uid, gid });
        }
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Documents larger than this are not read: the largest SBOMs of the field have some 100 MB.
const MAX_DOCUMENT: u64 = 512 << 20;

/// Reads a CycloneDX or SPDX document. All that it lists is judged.
///
/// # Errors
/// When the file cannot be read, or is no such document.
pub fn catalogue_document(path: &Path, budget: &Budget) -> Result<Catalogued, ScanError> {
    let failed = |error| ScanError::File { path: path.to_owned(), error };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_DOCUMENT {
        return Err(failed(std::io::Error::other(format!(
            "it has {size} bytes; {MAX_DOCUMENT} are read at most"
        ))));
    }
    let mut bytes = Vec::new();
    // No more than was seen, should it grow meanwhile.
    std::fs::File::open(path).and_then(|file| file.take(size).read_to_end(&mut bytes)).map_err(failed)?;
    if sbom::formats::detect(&bytes).is_none() {
        return Err(ScanError::Target(format!("{} is no CycloneDX or SPDX JSON document", path.display())));
    }
    let (catalogue, problems) = sbom::formats::read(&bytes, budget);
    let subject = Subject {
        target: path.display().to_string(),
        kind: Kind::Document,
        judged: Some(Presence::Declared),
        ..Subject::default()
    };
    Ok(Catalogued { subject, catalogue, problems, skipped: Vec::new() })
}
