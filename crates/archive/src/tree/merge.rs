use std::sync::Arc;

use model::{Budget, Effect, Exceeded, Problem, Problems};

use super::{Event, IMPLICIT, LINKS_MAX, NONE, REMOVED, ROOT, Slot, State, Tree};
use crate::{EntryId, Kind, LayerIndex, layer::shorten, problems, table::Table};

/// Entries after which the clock is looked at.
const CLOCK_EVERY: u32 = 4096;

/// Lays layers over one another, base first, as a runtime does: whiteouts and opaque markers first and only against
/// the layers below, wherever in the archive they stand; then the entries in the order of the archive. An entry goes
/// where the links above it lead, inside the root; what is no directory but has something below it becomes one.
#[must_use]
pub fn merge(layers: &[Arc<LayerIndex>], budget: &Budget) -> (Tree, Vec<Problem>) {
    let entries = layers.iter().map(|layer| layer.count() as usize).sum::<usize>();
    let root = Slot {
        parent: ROOT,
        first: NONE,
        next: NONE,
        prev: NONE,
        event: 0,
        name_layer: 0,
        name_from: 0,
        name_to: 0,
        state: State::Dir,
    };
    let mut tree = Tree {
        layers: layers.to_vec(),
        nodes: Vec::with_capacity(entries + entries / 16 + 1),
        events: Vec::with_capacity(entries + entries / 16 + 1),
        table: Table::with_capacity(entries + entries / 16 + 1),
        hasher: foldhash::fast::RandomState::default(),
        places: Vec::with_capacity(layers.len()),
        visible: 0,
    };
    tree.nodes.push(root);
    tree.events.push(Event { layer: 0, entry: IMPLICIT, before: NONE, origin: NONE });
    let mut merging = Merging {
        tree,
        layers,
        budget,
        layer: 0,
        rests: Vec::new(),
        known: None,
        changed: 0,
        steps: 0,
        problems: Problems::new(),
    };
    for (number, layer) in (0u32..).zip(layers) {
        merging.layer = number;
        merging.tree.places.push(vec![NONE; layer.count() as usize]);
        if let Err(exceeded) = merging.markers(layer).and_then(|()| merging.entries(layer)) {
            let message = format!("{exceeded}; the layers above were not merged to their end");
            let subject = format!("layer {number}");
            let problem =
                Problem::new(problems::of_limit(exceeded.limit), subject, Effect::MayHidePackages, message);
            merging.problems.push(problem.with_limit(exceeded.allowed));
            break;
        }
    }
    (merging.tree, merging.problems.into_vec())
}

struct Merging<'a> {
    tree: Tree,
    layers: &'a [Arc<LayerIndex>],
    budget: &'a Budget,
    layer: u32,
    /// What is still to be walked of a path, the nearest last.
    rests: Vec<Span>,
    /// The last directory that was walked to, and its node, while no directory or link changed.
    known: Option<(&'a str, u32, u64)>,
    /// How often a directory or link went away.
    changed: u64,
    /// Work done, for the clock.
    steps: u32,
    problems: Problems,
}

/// A text in the arena of a layer.
#[derive(Clone, Copy)]
struct Span {
    layer: u32,
    from: u32,
    to: u32,
}

impl<'a> Merging<'a> {
    /// Takes away what the layer's markers hide.
    fn markers(&mut self, layer: &'a LayerIndex) -> Result<(), Exceeded> {
        // All of them, in the order of the archive: of a marker that occurs twice the first may take away a link that
        // a marker between them would go through.
        for marker in layer.all().filter(|entry| entry.kind.is_marker()) {
            self.tick()?;
            // A link below that this layer replaces with a directory leads nowhere for this layer's markers.
            let may_follow = |path: &str| layer.get(path).is_none_or(|entry| entry.kind != Kind::Dir);
            if marker.kind == Kind::Opaque {
                if let Some(id) = self.tree.walk(marker.path, true, may_follow)
                    && self.tree.state(id) == State::Dir
                {
                    self.clear(id);
                }
            } else if let Some(id) = self.tree.walk(marker.path, false, may_follow)
                && id != ROOT
            {
                self.remove(id);
            }
        }
        Ok(())
    }

    /// Puts the layer's entries in their places.
    fn entries(&mut self, layer: &'a LayerIndex) -> Result<(), Exceeded> {
        for id in 0..layer.count() {
            let kind = layer.kind(id);
            if kind.is_marker() {
                continue;
            }
            self.tick()?;
            let (from, to) = layer.path_span(id);
            let path = layer.text(from, to);
            let (above, name) = crate::path::split_last(path);
            let parent = match self.known {
                Some((known, node, changed)) if changed == self.changed && known == above => node,
                _ => {
                    let span = Span { layer: self.layer, from, to: from + above.len() as u32 };
                    let node = self.directory(span)?;
                    self.known = Some((above, node, self.changed));
                    node
                }
            };
            let span = Span { layer: self.layer, from: to - name.len() as u32, to };
            let node = self.node(parent, span);
            let origin = if kind == Kind::Hardlink { self.origin(layer, id) } else { NONE };
            self.put(node, kind, id, origin);
            if let Some(place) = self.tree.places.last_mut().and_then(|places| places.get_mut(id as usize)) {
                *place = node;
            }
        }
        Ok(())
    }

    /// The event that made the file that a hard link names.
    fn origin(&mut self, layer: &'a LayerIndex, id: u32) -> u32 {
        let (from, to) = layer.link_span(id);
        let target = layer.text(from, to);
        let event = self
            .tree
            .find(target, false)
            .and_then(|node| self.tree.nodes.get(node as usize))
            .map(|s| s.event);
        let Some(event) = event else {
            let path = layer.entry(EntryId(id)).map_or("", |entry| entry.path);
            let message = format!("the hard link names {}, which is not there", shorten(target));
            self.problems.push(Problem::new(problems::DANGLING_LINK, shorten(path), Effect::None, message));
            return NONE;
        };
        match self.tree.event(event) {
            Some(Event { origin, .. }) if origin != NONE => origin,
            _ => event,
        }
    }

    /// Walks to a directory through links, and makes what is missing.
    fn directory(&mut self, path: Span) -> Result<u32, Exceeded> {
        let layers = self.layers;
        let mut at = ROOT;
        let mut links = 0;
        self.rests.clear();
        self.rests.push(path);
        while let Some(span) = self.rests.pop() {
            let text = text(layers, span);
            let name = text.split_once('/').map_or(text, |(name, _)| name);
            let rest = Span { from: span.from + name.len() as u32 + 1, ..span };
            if rest.from < span.to {
                self.rests.push(rest);
            }
            match name {
                "" | "." => continue,
                ".." => {
                    at = self.tree.parent(at);
                    continue;
                }
                _ => {}
            }
            self.tick()?;
            let span = Span { to: span.from + name.len() as u32, ..span };
            let child = match self.tree.child(at, name) {
                Some(child) => child,
                None => {
                    self.budget.charge_entries(1)?;
                    self.node(at, span)
                }
            };
            match self.tree.state(child) {
                State::Dir => at = child,
                State::Symlink if links < LINKS_MAX => {
                    links += 1;
                    let target = self.target(child);
                    if text_starts_at_root(layers, target) {
                        at = ROOT;
                    }
                    if target.from < target.to {
                        self.rests.push(target);
                    }
                }
                state => {
                    if state == State::Symlink {
                        let message =
                            "symbolic links above an entry lead in a circle; the last became a directory";
                        let path = shorten(crate::tree::merge::text(layers, path));
                        let problem = Problem::new(problems::LINK_LOOP, path, Effect::None, message);
                        self.problems.push(problem.with_limit(u64::from(LINKS_MAX)));
                    }
                    self.put(child, Kind::Dir, IMPLICIT, NONE);
                    at = child;
                }
            }
        }
        Ok(at)
    }

    /// Where the text of a link lies that is there.
    fn target(&self, id: u32) -> Span {
        let event = self.tree.nodes.get(id as usize).and_then(|slot| self.tree.event(slot.event));
        let span = event.and_then(|event| {
            let (from, to) = self.layers.get(event.layer as usize)?.link_span(event.entry);
            Some(Span { layer: event.layer, from, to })
        });
        span.unwrap_or(Span { layer: 0, from: 0, to: 0 })
    }

    /// The node of a name in a directory, made where there was none; that does not make it be there.
    fn node(&mut self, parent: u32, name: Span) -> u32 {
        let text = text(self.layers, name);
        if let Some(id) = self.tree.child(parent, text) {
            return id;
        }
        let id = self.tree.nodes.len() as u32;
        let hash = self.tree.hash(parent, text);
        self.tree.nodes.push(Slot {
            parent,
            first: NONE,
            next: NONE,
            prev: NONE,
            event: NONE,
            name_layer: name.layer,
            name_from: name.from,
            name_to: name.to,
            state: State::Absent,
        });
        self.tree.table.insert(hash, id);
        id
    }

    /// Puts an entry at a node; what was there goes, but a directory stays under a directory.
    fn put(&mut self, id: u32, kind: Kind, entry: u32, origin: u32) {
        let new = match kind {
            Kind::Dir => State::Dir,
            Kind::Symlink => State::Symlink,
            _ => State::Other,
        };
        let old = self.tree.state(id);
        match old {
            State::Absent => self.attach(id),
            State::Dir if new != State::Dir => self.clear(id),
            _ => {}
        }
        if matches!(old, State::Dir | State::Symlink) && !(old == State::Dir && new == State::Dir) {
            self.changed += 1;
        }
        if let Some(slot) = self.tree.nodes.get_mut(id as usize) {
            slot.state = new;
        }
        self.note(id, entry, origin);
    }

    fn note(&mut self, id: u32, entry: u32, origin: u32) {
        let number = self.tree.events.len() as u32;
        if let Some(slot) = self.tree.nodes.get_mut(id as usize) {
            self.tree.events.push(Event { layer: self.layer, entry, before: slot.event, origin });
            slot.event = number;
        }
    }

    /// Takes a node that is there away, with all that is in it.
    fn remove(&mut self, id: u32) {
        self.clear(id);
        self.detach(id);
        self.gone(id);
    }

    /// Takes away all that is in a directory.
    fn clear(&mut self, id: u32) {
        let mut at = id;
        loop {
            let first = self.tree.nodes.get(at as usize).map_or(NONE, |slot| slot.first);
            if first != NONE {
                at = first;
                continue;
            }
            if at == id {
                return;
            }
            let up = self.tree.parent(at);
            self.detach(at);
            self.gone(at);
            at = up;
        }
    }

    fn gone(&mut self, id: u32) {
        if matches!(self.tree.state(id), State::Dir | State::Symlink) {
            self.changed += 1;
        }
        if let Some(slot) = self.tree.nodes.get_mut(id as usize) {
            slot.state = State::Absent;
        }
        self.note(id, REMOVED, NONE);
    }

    /// Adds a node at the end of its parent's ring.
    fn attach(&mut self, id: u32) {
        let nodes = &mut self.tree.nodes;
        let parent = nodes.get(id as usize).map_or(ROOT, |slot| slot.parent);
        let first = nodes.get(parent as usize).map_or(NONE, |slot| slot.first);
        let last = nodes.get(first as usize).map_or(id, |slot| slot.prev);
        if first == NONE {
            if let Some(parent) = nodes.get_mut(parent as usize) {
                parent.first = id;
            }
        } else {
            if let Some(last) = nodes.get_mut(last as usize) {
                last.next = id;
            }
            if let Some(first) = nodes.get_mut(first as usize) {
                first.prev = id;
            }
        }
        if let Some(slot) = nodes.get_mut(id as usize) {
            slot.next = NONE;
            slot.prev = last;
        }
        self.tree.visible += 1;
    }

    /// Takes a node out of its parent's ring.
    fn detach(&mut self, id: u32) {
        let nodes = &mut self.tree.nodes;
        let Some(&Slot { parent, next, prev, .. }) = nodes.get(id as usize) else { return };
        let first = nodes.get(parent as usize).map_or(NONE, |slot| slot.first);
        if first == id {
            if let Some(parent) = nodes.get_mut(parent as usize) {
                parent.first = next;
            }
        } else if let Some(before) = nodes.get_mut(prev as usize) {
            before.next = next;
        }
        // The last one is known by the first: either the next sibling's `prev` or, at the end, the first's.
        let after = if next == NONE { first } else { next };
        if after != id
            && let Some(after) = nodes.get_mut(after as usize)
        {
            after.prev = prev;
        }
        self.tree.visible -= 1;
    }

    fn tick(&mut self) -> Result<(), Exceeded> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(CLOCK_EVERY) { self.budget.check_time() } else { Ok(()) }
    }
}

fn text(layers: &[Arc<LayerIndex>], span: Span) -> &str {
    layers.get(span.layer as usize).map_or("", |layer| layer.text(span.from, span.to))
}

fn text_starts_at_root(layers: &[Arc<LayerIndex>], span: Span) -> bool {
    text(layers, span).starts_with('/')
}
