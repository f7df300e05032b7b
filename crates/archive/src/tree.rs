use std::{hash::BuildHasher, sync::Arc};

use foldhash::fast::RandomState;

use crate::{Entry, EntryId, Kind, LayerIndex, table::Table};

mod merge;

pub use merge::merge;

/// Symbolic links that one path may lead through, as in Linux (path_resolution(7)).
pub(crate) const LINKS_MAX: u32 = 40;

/// No node, no event.
const NONE: u32 = u32::MAX;
/// In an event: the path went away.
const REMOVED: u32 = u32::MAX;
/// In an event: a directory that no entry stands for, made because something lies in it.
const IMPLICIT: u32 = u32::MAX - 1;
/// The root.
const ROOT: u32 = 0;

/// What a container of an image would see, and how each path came to be: the layers' indexes laid over one another.
#[derive(Clone, Debug)]
pub struct Tree {
    layers: Vec<Arc<LayerIndex>>,
    nodes: Vec<Slot>,
    events: Vec<Event>,
    table: Table,
    hasher: RandomState,
    /// For each layer and entry the node where it ended up.
    places: Vec<Vec<u32>>,
    /// Nodes that are there, the root not counted.
    visible: usize,
}

/// A path that is or was there: 36 bytes. Those that are there are in their parent's ring of children.
#[derive(Clone, Copy, Debug)]
struct Slot {
    parent: u32,
    /// First child.
    first: u32,
    /// Next sibling.
    next: u32,
    /// Previous sibling; of the first the last.
    prev: u32,
    /// The newest event.
    event: u32,
    /// The name, in the arena of a layer.
    name_layer: u32,
    name_from: u32,
    name_to: u32,
    state: State,
}

/// What stands at a path now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Dir,
    Symlink,
    Other,
}

/// A change of a path by a layer.
#[derive(Clone, Copy, Debug)]
struct Event {
    layer: u32,
    /// An entry of that layer, [`REMOVED`] or [`IMPLICIT`].
    entry: u32,
    /// The event before it.
    before: u32,
    /// Of hard links: the event that made the file that they name.
    origin: u32,
}

/// Something that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'t> {
    /// The layer that it came with, 0 is the base.
    pub layer: u32,
    /// Its entry in that layer, as written there: its `path` may lead through links. `None` for a directory that no
    /// entry stands for.
    pub entry: Option<Entry<'t>>,
    /// Of a hard link: layer and entry of the file that it names, where there is one. Of a file: its own.
    pub content: Option<(u32, EntryId)>,
}

impl Node<'_> {
    /// What it is; a directory where no entry stands for it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.entry.map_or(Kind::Dir, |entry| entry.kind)
    }
}

/// Where an entry of a layer ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Canonical path.
    pub path: String,
    /// It is what stands there at the end: nothing removed or replaced it.
    pub visible: bool,
}

/// What a layer left at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// An entry, or a directory that was made because something lies in it.
    Present,
    /// Nothing any more.
    Removed,
}

impl Tree {
    /// A tree of one layer, such as a walked root file system.
    #[must_use]
    pub fn of_one(index: LayerIndex, budget: &model::Budget) -> (Self, Vec<model::Problem>) {
        merge(&[Arc::new(index)], budget)
    }

    /// The layers, base first.
    #[must_use]
    pub fn layers(&self) -> &[Arc<LayerIndex>] {
        &self.layers
    }

    /// Paths that are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.visible
    }

    /// Nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.visible == 0
    }

    /// What stands at `path`, through the links of its parents; a link at its end is not followed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Node<'_>> {
        self.node(self.find(path, false)?)
    }

    /// The canonical path of what `path` leads to, through all links, as a process in the container would open it.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<String> {
        self.find(path, true).map(|id| self.path(id))
    }

    /// What `path` leads to, through all links.
    #[must_use]
    pub fn open(&self, path: &str) -> Option<Node<'_>> {
        self.node(self.find(path, true)?)
    }

    /// Where the entry that counts at `path` in `layer`, written as there, ended up.
    #[must_use]
    pub fn canonical(&self, layer: u32, path: &str) -> Option<Place> {
        let entry = self.layers.get(layer as usize)?.get(path)?;
        self.place(layer, entry.id)
    }

    /// Where an entry ended up; `None` for markers and unknown numbers.
    #[must_use]
    pub fn place(&self, layer: u32, entry: EntryId) -> Option<Place> {
        let &id = self.places.get(layer as usize)?.get(entry.0 as usize)?;
        let slot = self.nodes.get(id as usize)?;
        let visible = slot.state != State::Absent
            && self.event(slot.event).is_some_and(|event| (event.layer, event.entry) == (layer, entry.0));
        Some(Place { path: self.path(id), visible })
    }

    /// Is this entry what stands at its place in the end? [`Self::place`] without the path.
    #[must_use]
    pub fn is_visible(&self, layer: u32, entry: EntryId) -> bool {
        let id = self.places.get(layer as usize).and_then(|places| places.get(entry.0 as usize));
        let slot = id.and_then(|&id| self.nodes.get(id as usize)).filter(|slot| slot.state != State::Absent);
        let event = slot.and_then(|slot| self.event(slot.event));
        event.is_some_and(|event| (event.layer, event.entry) == (layer, entry.0))
    }

    /// What each layer that touched `path` left there, base first; `path` as for [`Self::get`], or canonical where it
    /// is gone.
    #[must_use]
    pub fn versions(&self, path: &str) -> Vec<(u32, Version)> {
        let id = self.find(path, false).or_else(|| self.find_gone(path));
        let mut next = id.and_then(|id| self.nodes.get(id as usize)).map_or(NONE, |slot| slot.event);
        let mut versions: Vec<(u32, Version)> = Vec::new();
        while let Some(event) = self.event(next) {
            next = event.before;
            // What a layer left is its last event; events come newest first.
            if versions.last().is_none_or(|&(layer, _)| layer != event.layer) {
                let version = if event.entry == REMOVED { Version::Removed } else { Version::Present };
                versions.push((event.layer, version));
            }
        }
        versions.reverse();
        versions
    }

    /// The lowest layer since which something has been at `path` without a gap, whatever its content.
    #[must_use]
    pub fn since(&self, path: &str) -> Option<u32> {
        let versions = self.versions(path);
        let present = versions.iter().rev().take_while(|&&(_, version)| version == Version::Present);
        present.last().map(|&(layer, _)| layer)
    }

    /// What lies in the directory `path` (links are followed), with names, in the order in which it came.
    pub fn children(&self, path: &str) -> impl Iterator<Item = (&str, Node<'_>)> {
        let first =
            self.find(path, true).and_then(|id| self.nodes.get(id as usize)).map_or(NONE, |slot| slot.first);
        let ring =
            std::iter::successors(Some(first), |&id| self.nodes.get(id as usize).map(|slot| slot.next));
        ring.take_while(|&id| id != NONE).filter_map(|id| Some((self.name(id), self.node(id)?)))
    }

    /// Everything that is there, with canonical paths, parents before what is in them.
    pub fn iter(&self) -> impl Iterator<Item = (String, Node<'_>)> {
        let mut walk = Walk { tree: self, at: ROOT, path: String::new() };
        std::iter::from_fn(move || {
            let id = walk.next()?;
            Some((walk.path.clone(), self.node(id)?))
        })
    }

    /// As [`Self::iter`], without a text of its own for each path.
    pub fn for_each(&self, mut f: impl FnMut(&str, Node<'_>)) {
        let mut walk = Walk { tree: self, at: ROOT, path: String::new() };
        while let Some(id) = walk.next() {
            if let Some(node) = self.node(id) {
                f(&walk.path, node);
            }
        }
    }

    fn node(&self, id: u32) -> Option<Node<'_>> {
        let slot = self.nodes.get(id as usize).filter(|slot| slot.state != State::Absent)?;
        let event = self.event(slot.event)?;
        let entry = self.layers.get(event.layer as usize).and_then(|layer| layer.entry(EntryId(event.entry)));
        let origin = self.event(event.origin).or(Some(event)).filter(|origin| {
            let layer = self.layers.get(origin.layer as usize);
            let entry = layer.and_then(|layer| layer.entry(EntryId(origin.entry)));
            entry.is_some_and(|entry| entry.kind == Kind::File)
        });
        Some(Node {
            layer: event.layer,
            entry,
            content: origin.map(|origin| (origin.layer, EntryId(origin.entry))),
        })
    }

    fn event(&self, id: u32) -> Option<Event> {
        self.events.get(id as usize).copied()
    }

    fn state(&self, id: u32) -> State {
        self.nodes.get(id as usize).map_or(State::Absent, |slot| slot.state)
    }

    fn parent(&self, id: u32) -> u32 {
        self.nodes.get(id as usize).map_or(ROOT, |slot| slot.parent)
    }

    fn name(&self, id: u32) -> &str {
        let Some(slot) = self.nodes.get(id as usize) else { return "" };
        self.layers.get(slot.name_layer as usize).map_or("", |layer| layer.text(slot.name_from, slot.name_to))
    }

    /// The node of a name in a directory, there or not.
    fn child(&self, parent: u32, name: &str) -> Option<u32> {
        let hash = self.hash(parent, name);
        self.table.find(hash, |id| self.parent(id) == parent && self.name(id) == name)
    }

    fn hash(&self, parent: u32, name: &str) -> u64 {
        self.hasher.hash_one((parent, name))
    }

    /// Text of a symbolic link that is there.
    fn link(&self, id: u32) -> &str {
        let event = self.nodes.get(id as usize).and_then(|slot| self.event(slot.event));
        let entry =
            event.and_then(|event| self.layers.get(event.layer as usize)?.entry(EntryId(event.entry)));
        entry.and_then(|entry| entry.link).unwrap_or("")
    }

    /// The node that a path leads to, if it is there.
    fn find(&self, path: &str, follow_last: bool) -> Option<u32> {
        self.walk(path, follow_last, |_| true)
    }

    /// The same; `may_follow` is asked about links on `path` itself, with the part of it up to the link.
    fn walk(&self, path: &str, follow_last: bool, may_follow: impl Fn(&str) -> bool) -> Option<u32> {
        let mut at = ROOT;
        let mut links = 0;
        // What is still to be walked, the nearest last: the rest of `path`, then of links' texts.
        let mut rests = vec![path];
        while let Some(text) = rests.pop() {
            let on_path = rests.is_empty() && links_done(path, text);
            let (name, rest) = text.split_once('/').unwrap_or((text, ""));
            if !rest.is_empty() {
                rests.push(rest);
            }
            match name {
                "" | "." => continue,
                ".." => {
                    at = self.parent(at);
                    continue;
                }
                _ => {}
            }
            if self.state(at) != State::Dir {
                return None;
            }
            let child = self.child(at, name)?;
            match self.state(child) {
                State::Absent => return None,
                State::Symlink if follow_last || !rests.is_empty() => {
                    if on_path && !may_follow(path.get(..path.len() - rest_len(text, name)).unwrap_or("")) {
                        return None;
                    }
                    links += 1;
                    if links > LINKS_MAX {
                        return None;
                    }
                    let link = self.link(child);
                    if link.starts_with('/') {
                        at = ROOT;
                    }
                    rests.push(link);
                }
                _ => at = child,
            }
        }
        Some(at)
    }

    /// The node of a canonical path, there or not.
    fn find_gone(&self, path: &str) -> Option<u32> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(ROOT, |at, name| self.child(at, name))
    }

    fn path(&self, id: u32) -> String {
        let mut names = Vec::new();
        let mut at = id;
        while at != ROOT {
            names.push(self.name(at));
            at = self.parent(at);
        }
        names.reverse();
        names.join("/")
    }
}

/// Is `text` the rest of `path` (and not of a link's text)?
fn links_done(path: &str, text: &str) -> bool {
    std::ptr::eq(path.as_bytes().as_ptr_range().end, text.as_bytes().as_ptr_range().end)
}

/// Bytes of `text` after the name that it starts with.
fn rest_len(text: &str, name: &str) -> usize {
    text.len() - name.len()
}

/// Visits what is there, parents first, without recursion.
struct Walk<'t> {
    tree: &'t Tree,
    at: u32,
    path: String,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<u32> {
        let mut at = self.at;
        let mut next = self.tree.nodes.get(at as usize)?.first;
        while next == NONE {
            if at == ROOT {
                return None;
            }
            let cut = self.path.rfind('/').unwrap_or(0);
            self.path.truncate(cut);
            next = self.tree.nodes.get(at as usize)?.next;
            at = self.tree.parent(at);
        }
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(self.tree.name(next));
        self.at = next;
        Some(next)
    }
}

#[cfg(test)]
mod tests;
