//! Joins the facts of all layers to one catalogue.

use std::{collections::HashMap, hash::Hash};

use model::{Problem, Problems};
use package::{Catalogue, Distro, Package, PackageIndex};

use crate::{Fact, FileFact, View, lang, os};

mod finish;
mod ownership;

pub(crate) use finish::in_order;
pub(crate) use ownership::{FileTable, Paths};

/// What assembling needs to know beside the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Paths of the programs that the image starts (entry point, command), as far as they are paths.
    pub main_programs: Vec<String>,
}

/// What [`assemble`] gives.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// What could not be read or joined.
    pub problems: Vec<Problem>,
}

/// The catalogue while it is being put together.
pub(crate) struct Draft<'a> {
    /// The merged tree.
    pub(crate) view: &'a dyn View,
    /// All facts, by path, base layer first.
    pub(crate) facts: Facts<'a>,
    /// The distribution.
    pub(crate) distro: Option<Distro>,
    /// Packages found so far; their indices hold until the end, where all are sorted.
    pub(crate) packages: Vec<Package>,
    /// What an OS package owns, as its database writes it: an index into `packages` and its paths.
    pub(crate) owned: Vec<(PackageIndex, Paths<'a>)>,
    /// Paths of what looks like software and has no identity.
    pub(crate) unidentified: Vec<String>,
    /// What could not be read or joined.
    pub(crate) problems: Problems,
}

impl<'a> Draft<'a> {
    fn new(view: &'a dyn View, facts: &'a [FileFact]) -> Self {
        Self {
            view,
            facts: Facts::new(facts),
            distro: None,
            packages: Vec::new(),
            owned: Vec::new(),
            unidentified: Vec::new(),
            problems: Problems::new(),
        }
    }

    /// Adds a package and gives its index.
    pub(crate) fn add(&mut self, package: Package) -> PackageIndex {
        let index = PackageIndex(u32::try_from(self.packages.len()).unwrap_or(u32::MAX));
        self.packages.push(package);
        index
    }
}

/// All facts by path.
pub(crate) struct Facts<'a> {
    by_path: HashMap<&'a str, Vec<&'a FileFact>>,
    in_order: Vec<&'a FileFact>,
}

impl<'a> Facts<'a> {
    fn new(facts: &'a [FileFact]) -> Self {
        let mut in_order: Vec<&FileFact> = facts.iter().collect();
        in_order.sort_by(|a, b| a.path.cmp(&b.path).then(a.layer.cmp(&b.layer)));
        let mut by_path: HashMap<&str, Vec<&FileFact>> = HashMap::with_capacity(facts.len());
        for fact in &in_order {
            by_path.entry(&fact.path).or_default().push(fact);
        }
        Self { by_path, in_order }
    }

    /// The facts that the merged tree shows, sorted by path.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &'a FileFact> + '_ {
        self.in_order.iter().copied().filter(|fact| fact.visible)
    }

    /// What the merged tree shows at `path`.
    pub(crate) fn at(&self, path: &str) -> Option<&'a Fact> {
        self.versions(path).iter().rev().find(|fact| fact.visible).map(|fact| &fact.fact)
    }

    /// All versions of `path`, base layer first, hidden ones too.
    pub(crate) fn versions(&self, path: &str) -> &[&'a FileFact] {
        self.by_path.get(path).map_or(&[], Vec::as_slice)
    }
}

/// The lowest layer since which `holds` is true without a gap up to the top, over the versions of `path`: removed or
/// not holding ends the run. `None` outside images.
pub(crate) fn layer_since(
    draft: &Draft<'_>,
    path: &str,
    mut holds: impl FnMut(&Fact) -> bool,
) -> Option<u32> {
    if !draft.view.layered() {
        return None;
    }
    let mut since = None;
    let versions = draft.facts.versions(path);
    for (layer, present) in draft.view.versions(path).into_iter().rev() {
        let still = present && versions.iter().any(|fact| fact.layer == layer && holds(&fact.fact));
        if !still {
            break;
        }
        since = Some(layer);
    }
    since
}

/// Since which layer the entries of a database are there.
pub(crate) enum Since<K> {
    /// It has no layers.
    Unknown,
    /// One layer wrote it, with all that is in it.
    One(u32),
    /// Several did.
    Many(HashMap<K, u32>),
}

impl<K: Hash + Eq> Since<K> {
    /// The layer of one entry.
    pub(crate) fn of(&self, key: &K) -> Option<u32> {
        match self {
            Self::Unknown => None,
            Self::One(layer) => Some(*layer),
            Self::Many(layers) => layers.get(key).copied(),
        }
    }
}

/// [`layer_since`] for all entries of a database at once. A database consists of `N` files that layers may write one
/// by one; `keys` gives the entries of one state of them, or `None` where that is no database.
pub(crate) fn lowest_layers<'a, K: Hash + Eq, const N: usize>(
    draft: &Draft<'a>,
    paths: [&str; N],
    keys: impl Fn([Option<&'a Fact>; N]) -> Option<Vec<K>>,
) -> Since<K> {
    if !draft.view.layered() {
        return Since::Unknown;
    }
    let versions = paths.map(|path| (draft.view.versions(path), draft.facts.versions(path)));
    let mut layers: Vec<u32> =
        versions.iter().flat_map(|(versions, _)| versions).map(|(layer, _)| *layer).collect();
    layers.sort_unstable_by(|a, b| b.cmp(a));
    layers.dedup();
    let state = |layer: u32| {
        versions.each_ref().map(|(versions, facts)| {
            let (wrote, present) = versions.iter().rev().find(|(wrote, _)| *wrote <= layer)?;
            facts.iter().find(|fact| *present && fact.layer == *wrote).map(|fact| &fact.fact)
        })
    };
    let Some((&top, below)) = layers.split_first() else { return Since::Unknown };
    if below.first().is_none_or(|&layer| state(layer).iter().all(Option::is_none)) {
        return Since::One(top);
    }
    let Some(entries) = keys(state(top)) else { return Since::Unknown };
    let mut since: HashMap<K, u32> = entries.into_iter().map(|key| (key, top)).collect();
    let mut above = top;
    for &layer in below {
        let Some(entries) = keys(state(layer)) else { break };
        for key in entries {
            // An entry's run goes on only where it reached down to the state above this one.
            if let Some(lowest) = since.get_mut(&key)
                && *lowest == above
            {
                *lowest = layer;
            }
        }
        above = layer;
    }
    Since::Many(since)
}

/// [`lowest_layers`] of a database that is one file: the layer of each entry that the merged tree shows. Empty outside
/// images.
pub(crate) fn layers_since<'a, K: Hash + Eq>(
    draft: &Draft<'a>,
    path: &str,
    keys: impl Fn(&'a Fact) -> Vec<K>,
) -> HashMap<K, u32> {
    match lowest_layers(draft, [path], |[fact]| fact.map(&keys)) {
        Since::Unknown => HashMap::new(),
        Since::One(layer) => {
            draft.facts.at(path).map(keys).into_iter().flatten().map(|key| (key, layer)).collect()
        }
        Since::Many(layers) => layers,
    }
}

/// Joins facts to a catalogue. Equal facts in any order give an equal catalogue.
#[must_use]
pub fn assemble(view: &dyn View, facts: &[FileFact], options: &Options) -> Assembled {
    let mut draft = Draft::new(view, facts);
    os::os_release::assemble(&mut draft);
    os::dpkg::assemble(&mut draft);
    os::apk::assemble(&mut draft);
    os::rpm::assemble(&mut draft);
    lang::npm::assemble(&mut draft);
    lang::python::assemble(&mut draft);
    lang::go::assemble(&mut draft);
    lang::rust::assemble(&mut draft);
    lang::java::assemble(&mut draft);
    lang::carry::assemble(&mut draft);
    finish::finish(draft, options)
}

#[cfg(test)]
mod tests;
