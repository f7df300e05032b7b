//! The merged tree as the cataloguers see it.

use archive::{Tree, Version};
use sbom::View;

pub(crate) struct TreeView<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) layered: bool,
}

impl View for TreeView<'_> {
    fn exists(&self, path: &str) -> bool {
        self.tree.get(path).is_some()
    }

    fn resolve(&self, path: &str) -> Option<String> {
        self.tree.resolve(path)
    }

    fn canonical(&self, path: &str) -> String {
        let Some((parent, name)) = path.rsplit_once('/') else { return path.to_owned() };
        match self.tree.resolve(parent) {
            Some(parent) if parent.is_empty() => name.to_owned(),
            Some(parent) => format!("{parent}/{name}"),
            None => path.to_owned(),
        }
    }

    fn versions(&self, path: &str) -> Vec<(u32, bool)> {
        self.tree
            .versions(path)
            .into_iter()
            .map(|(layer, version)| (layer, version == Version::Present))
            .collect()
    }

    fn layered(&self) -> bool {
        self.layered
    }
}
