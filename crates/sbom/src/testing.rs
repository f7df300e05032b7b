//! Images and file systems in memory, to test cataloguers end to end: every file goes through [`crate::interest`],
//! [`crate::extract`] and [`crate::assemble`] as in a scan.

use std::collections::BTreeMap;

use model::{Budget, Limits, Problems};

use crate::{Assembled, FileFact, FileInfo, Options, View, assemble, extract, interest};

/// What a path holds.
#[derive(Clone, Debug)]
enum Node {
    File,
    Link(String),
}

/// An image of in-memory layers; layers are filled base first.
///
/// A directory is there as soon as something in it is. A base name of `.wh.NAME` removes NAME, as in a layer's tar.
pub(crate) struct Image {
    live: BTreeMap<String, (u32, Node)>,
    history: BTreeMap<String, Vec<(u32, bool)>>,
    facts: Vec<FileFact>,
    problems: Problems,
    options: Options,
    layered: bool,
    budget: Budget,
}

impl Image {
    /// An image without files.
    pub(crate) fn new() -> Self {
        Self {
            live: BTreeMap::new(),
            history: BTreeMap::new(),
            facts: Vec::new(),
            problems: Problems::new(),
            options: Options::default(),
            layered: true,
            budget: Budget::default(),
        }
    }

    /// One file system without layers.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn root() -> Self {
        Self { layered: false, ..Self::new() }
    }

    /// The same under other limits; they hold for files added from now on.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.budget = Budget::new(limits);
        self
    }

    /// The programs that the image starts.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn starts(mut self, programs: &[&str]) -> Self {
        self.options.main_programs = programs.iter().map(|&p| p.to_owned()).collect();
        self
    }

    /// A file with mode 0755.
    pub(crate) fn file(mut self, layer: u32, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(name) = name.strip_prefix(".wh.") {
            let gone = self.canonical(&join(parent, name));
            self.clear(layer, &gone, true);
            return self;
        }
        let canonical = self.put(layer, path, Node::File);
        let info = FileInfo { path, size: bytes.len() as u64, mode: 0o755 };
        let Some(reader) = interest(&info) else { return self };
        if reader.accepts(&bytes[..reader.peek_len().min(bytes.len())])
            && let Some(fact) = extract(reader, &info, &bytes, &self.budget, &mut self.problems)
        {
            self.facts.push(FileFact { path: canonical, layer, visible: true, fact });
        }
        self
    }

    /// A symbolic link.
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn link(mut self, layer: u32, path: &str, target: &str) -> Self {
        self.put(layer, path, Node::Link(target.to_owned()));
        self
    }

    /// The catalogue, with the problems of reading before those of joining.
    pub(crate) fn catalogue(mut self) -> Assembled {
        let mut facts = std::mem::take(&mut self.facts);
        for fact in &mut facts {
            fact.visible =
                matches!(self.live.get(&fact.path), Some((layer, Node::File)) if *layer == fact.layer);
        }
        let mut assembled = assemble(&self, &facts, &self.options);
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(assembled.problems);
        assembled.problems = problems.into_vec();
        assembled
    }

    /// The facts of all files, as they are given to [`crate::assemble`].
    #[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
    pub(crate) fn take_facts(&mut self) -> Vec<FileFact> {
        let mut facts = std::mem::take(&mut self.facts);
        for fact in &mut facts {
            fact.visible =
                matches!(self.live.get(&fact.path), Some((layer, Node::File)) if *layer == fact.layer);
        }
        facts
    }

    fn put(&mut self, layer: u32, path: &str, node: Node) -> String {
        let canonical = self.canonical(path);
        self.clear(layer, &canonical, false);
        self.live.insert(canonical.clone(), (layer, node));
        self.history.entry(canonical.clone()).or_default().push((layer, true));
        canonical
    }

    fn clear(&mut self, layer: u32, path: &str, itself: bool) {
        let inside = format!("{path}/");
        let below = self.live.range(inside.clone()..).map(|(key, _)| key);
        let mut gone: Vec<String> = below.take_while(|key| key.starts_with(&inside)).cloned().collect();
        if itself && self.live.contains_key(path) {
            gone.push(path.to_owned());
        }
        for key in gone {
            self.live.remove(&key);
            self.history.entry(key).or_default().push((layer, false));
        }
    }

    fn walk(&self, path: &str, follow_last: bool) -> Option<String> {
        let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    done.truncate(done.rfind('/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let here = join(&done, &part);
            match self.live.get(&here) {
                Some((_, Node::Link(target))) if follow_last || rest.iter().any(|p| !p.is_empty()) => {
                    links += 1;
                    if links > 40 {
                        return None;
                    }
                    if target.starts_with('/') {
                        done.clear();
                    }
                    rest.extend(target.split('/').rev().map(str::to_owned));
                }
                _ => done = here,
            }
        }
        Some(done)
    }
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

impl View for Image {
    fn exists(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.live.contains_key(path)
            || self.live.range(inside.clone()..).next().is_some_and(|(key, _)| key.starts_with(&inside))
    }

    fn resolve(&self, path: &str) -> Option<String> {
        self.walk(path, true).filter(|path| self.exists(path))
    }

    fn canonical(&self, path: &str) -> String {
        self.walk(path, false).unwrap_or_else(|| path.to_owned())
    }

    fn versions(&self, path: &str) -> Vec<(u32, bool)> {
        self.history.get(path).cloned().unwrap_or_default()
    }

    fn layered(&self) -> bool {
        self.layered
    }
}

/// The catalogue of an image of these `(layer, path, bytes)`, base layer first.
#[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
pub(crate) fn catalogue(files: &[(u32, &str, &[u8])]) -> Assembled {
    files.iter().fold(Image::new(), |image, (layer, path, bytes)| image.file(*layer, path, bytes)).catalogue()
}

/// `name version` of every package, in the catalogue's order.
#[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
pub(crate) fn names(assembled: &Assembled) -> Vec<String> {
    assembled.catalogue.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect()
}

/// `code subject ×count` of every problem.
#[allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
pub(crate) fn problems(assembled: &Assembled) -> Vec<String> {
    assembled.problems.iter().map(|p| format!("{} {} ×{}", p.code, p.subject, p.count)).collect()
}
