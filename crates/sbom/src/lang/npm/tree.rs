//! The installed tree.

use std::collections::HashMap;

use model::{Effect, Problem};
use package::{Confidence, Package, PackageIndex, PackageType};

use super::{Manifest, place};
use crate::{
    Fact,
    assembly::{Draft, layer_since},
    problems,
};

/// An installed package.
struct Node<'a> {
    folder: &'a str,
    manifest: &'a Manifest,
    package: PackageIndex,
}

pub(super) fn assemble(draft: &mut Draft<'_>) {
    let nodes = add_packages(draft);
    let by_folder: HashMap<&str, usize> =
        nodes.iter().enumerate().map(|(n, node)| (node.folder, n)).collect();
    let mut tree = Tree { nodes: &nodes, by_folder, key: String::new() };
    let edges = tree.edges(draft);
    tree.mark_bundled(draft, &edges);
    for (node, targets) in nodes.iter().zip(&edges) {
        let Some(package) = draft.packages.get_mut(node.package.0 as usize) else { continue };
        package.depends_on.extend(targets.iter().filter_map(|&n| nodes.get(n)).map(|node| node.package));
        package.depends_on.sort_unstable();
        package.depends_on.dedup();
    }
}

fn add_packages<'a>(draft: &mut Draft<'a>) -> Vec<Node<'a>> {
    let found: Vec<_> = draft
        .facts
        .visible()
        .filter_map(|file| match &file.fact {
            Fact::Npm(manifest) => match place::of_manifest(&file.path) {
                Some(folder) => Some((file, manifest, folder)),
                None if is_published(manifest) => Some((file, manifest, place::of_project(&file.path)?)),
                None => None,
            },
            _ => None,
        })
        .collect();
    let mut nodes = Vec::with_capacity(found.len());
    let mut in_pnpm: HashMap<(&str, &str, &str), PackageIndex> = HashMap::new();
    for (file, manifest, folder) in found {
        if let Some(carrier) = place::fixture_of(folder) {
            draft.problems.push(Problem::new(
                problems::FIXTURE,
                carrier,
                Effect::None,
                "packages that lie in a test folder of another package are not installed and not judged",
            ));
            continue;
        }
        let name = manifest.name.as_deref().or_else(|| place::name(folder)).unwrap_or_default();
        let layer = layer_since(
            draft,
            &file.path,
            |fact| matches!(fact, Fact::Npm(m) if m.name == manifest.name && m.version == manifest.version),
        );
        // pnpm keeps one copy for each set of peers; these are one package.
        let copies = folder.find("/.pnpm/").and_then(|at| folder.get(..at));
        let seen = copies.map(|root| (root, name, manifest.version.as_str()));
        let first = seen.and_then(|key| in_pnpm.get(&key).copied());
        let package = if let Some(index) = first {
            if let Some(package) = draft.packages.get_mut(index.0 as usize) {
                package.evidence.push(file.path.clone());
                package.layer = package.layer.min(layer);
            }
            index
        } else {
            let mut package = Package::new(PackageType::Npm, name, manifest.version.as_str());
            package.licences.clone_from(&manifest.licences);
            package.evidence.push(file.path.clone());
            package.layer = layer;
            if manifest.name.is_none() {
                package.confidence = Confidence::Probable;
            }
            let index = draft.add(package);
            if let Some(key) = seen {
                in_pnpm.insert(key, index);
            }
            index
        };
        nodes.push(Node { folder, manifest, package });
    }
    nodes
}

/// Is this an application that npm knows, such as one that an image was made of? What is private or nameless no
/// advisory can be about.
fn is_published(manifest: &Manifest) -> bool {
    !manifest.private && manifest.name.is_some() && !manifest.version.is_empty()
}

struct Tree<'t, 'a> {
    nodes: &'t [Node<'a>],
    by_folder: HashMap<&'a str, usize>,
    /// Folders that are looked up are put together here.
    key: String,
}

impl Tree<'_, '_> {
    /// For each node the nodes that it depends on, found as Node finds them.
    fn edges(&mut self, draft: &Draft<'_>) -> Vec<Vec<usize>> {
        self.nodes
            .iter()
            .map(|node| {
                let names = node.manifest.dependencies.iter();
                names.filter_map(|name| self.find(node.folder, name, draft)).collect()
            })
            .collect()
    }

    /// What `require(name)` in `folder` gives.
    fn find(&mut self, folder: &str, name: &str, draft: &Draft<'_>) -> Option<usize> {
        let slash = if folder.is_empty() { "" } else { "/" };
        if let Some(own) = self.at(&[folder, slash, "node_modules/", name]) {
            return Some(own);
        }
        let linked = folder.contains("/node_modules/.") || folder.starts_with("node_modules/.");
        for modules in place::searched(folder) {
            if let Some(found) = self.at(&[modules, "/", name]) {
                return Some(found);
            }
            // pnpm and linked installs: the neighbours are links to where the packages lie.
            if linked && let Some(target) = draft.view.resolve(&self.key) {
                return self.by_folder.get(target.as_str()).copied();
            }
        }
        None
    }

    fn at(&mut self, parts: &[&str]) -> Option<usize> {
        self.key.clear();
        for part in parts {
            self.key.push_str(part);
        }
        self.by_folder.get(self.key.as_str()).copied()
    }

    /// A package lists what it carries inside itself; it carries what those need too, as far as that lies inside it.
    /// What npm only nested, because two versions were wanted, is not carried and can be upgraded by itself.
    fn mark_bundled(&mut self, draft: &mut Draft<'_>, edges: &[Vec<usize>]) {
        let mut carriers: Vec<usize> =
            (0..self.nodes.len()).filter(|&n| !self.nodes[n].manifest.bundles.is_empty()).collect();
        // Outermost first: the outermost carrier is what can be upgraded.
        carriers.sort_by_key(|&n| self.nodes[n].folder.len());
        let mut carried = vec![false; self.nodes.len()];
        for carrier in carriers {
            let node = &self.nodes[carrier];
            let inside = |folder: &str| {
                folder.strip_prefix(node.folder).is_some_and(|rest| rest.starts_with("/node_modules/"))
            };
            let mut todo: Vec<usize> = node
                .manifest
                .bundles
                .iter()
                .filter_map(|name| self.at(&[node.folder, "/node_modules/", name]))
                .collect();
            while let Some(n) = todo.pop() {
                if carried[n] || !inside(self.nodes[n].folder) {
                    continue;
                }
                carried[n] = true;
                if let Some(package) = draft.packages.get_mut(self.nodes[n].package.0 as usize) {
                    package.bundled_in = Some(node.package);
                }
                todo.extend(&edges[n]);
            }
        }
        // What lies inside a carried package is carried with it, whether or not a list of dependencies leads there.
        let mut rest: Vec<usize> = (0..self.nodes.len()).filter(|&n| !carried[n]).collect();
        rest.sort_by_key(|&n| self.nodes[n].folder.len());
        for n in rest {
            let outer = place::parent(self.nodes[n].folder).and_then(|folder| self.at(&[folder]));
            if let Some(outer) = outer.filter(|&outer| carried[outer]) {
                carried[n] = true;
                let by = draft.packages.get(self.nodes[outer].package.0 as usize).and_then(|p| p.bundled_in);
                if let Some(package) = draft.packages.get_mut(self.nodes[n].package.0 as usize) {
                    package.bundled_in = by;
                }
            }
        }
    }
}
