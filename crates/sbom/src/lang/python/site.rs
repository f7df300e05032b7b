//! Installed packages, wherever their metadata lies: site-packages, dist-packages, a virtual environment, a folder that
//! `pip install --target` filled.

use std::collections::HashMap;

use package::{Confidence, Package, PackageIndex, PackageType};

use super::{Metadata, metadata, normal, record};
use crate::{
    Fact, FileFact,
    assembly::{Draft, layer_since},
    lang::input,
};

/// `X.dist-info/METADATA`, `X.egg-info/PKG-INFO`, `X.egg/EGG-INFO/PKG-INFO` or a file `X.egg-info`.
pub(super) fn is_metadata(path: &str) -> bool {
    if let Some(folder) = path.strip_suffix("/METADATA") {
        folder.ends_with(".dist-info")
    } else if let Some(folder) = path.strip_suffix("/PKG-INFO") {
        folder.ends_with(".egg-info") || folder.ends_with(".egg/EGG-INFO")
    } else {
        path.ends_with(".egg-info")
    }
}

/// `X.dist-info/RECORD` or `X.egg-info/installed-files.txt`.
pub(super) fn is_record(path: &str) -> bool {
    path.strip_suffix("/RECORD").is_some_and(|folder| folder.ends_with(".dist-info"))
        || path.strip_suffix("/installed-files.txt").is_some_and(|folder| folder.ends_with(".egg-info"))
}

/// The folder that holds the package's metadata folder or file, and the latter's name.
fn place(path: &str) -> (&str, &str) {
    let path = path.strip_suffix("/METADATA").or_else(|| path.strip_suffix("/PKG-INFO")).unwrap_or(path);
    let path = path.strip_suffix("/EGG-INFO").unwrap_or(path);
    path.rsplit_once('/').unwrap_or(("", path))
}

pub(super) fn assemble(draft: &mut Draft<'_>) {
    let found: Vec<(&FileFact, &Metadata)> = draft
        .facts
        .visible()
        .filter_map(|file| match &file.fact {
            Fact::Python(metadata) => Some((file, metadata)),
            _ => None,
        })
        .collect();
    let mut sites: HashMap<&str, Site> = HashMap::new();
    let mut needs = Vec::new();
    for (file, metadata) in found {
        let (folder, entry) = place(&file.path);
        let by_folder = metadata::by_folder(entry);
        let name = match (&metadata.name, &by_folder) {
            (Some(name), _) => name.as_str(),
            (None, Some((name, _))) => name,
            (None, None) => {
                draft.problems.push(input::malformed(
                    &file.path,
                    model::Effect::MayHidePackages,
                    "Python metadata without a name",
                ));
                continue;
            }
        };
        let version = metadata.version.as_deref().or(by_folder.as_ref().map(|(_, v)| *v)).unwrap_or_default();
        let layer = layer_since(
            draft,
            &file.path,
            |fact| matches!(fact, Fact::Python(m) if m.name == metadata.name && m.version == metadata.version),
        );
        let site = sites.entry(folder).or_default();
        let versions = site.by_name.entry(normal(name)).or_default();
        // dist-info and egg-info of one package beside each other.
        if let Some((_, index)) = versions.iter().find(|(seen, _)| seen == version) {
            if let Some(package) = draft.packages.get_mut(index.0 as usize) {
                package.evidence.push(file.path.clone());
                package.layer = package.layer.min(layer);
            }
            continue;
        }
        let mut package = Package::new(PackageType::Pypi, name, version);
        package.licences.clone_from(&metadata.licences);
        package.evidence.push(file.path.clone());
        package.layer = layer;
        if metadata.name.is_none() || metadata.version.is_none() {
            package.confidence = Confidence::Probable;
        }
        let index = draft.add(package);
        versions.push((version.to_owned(), index));
        needs.push((folder, index, &metadata.requires));
    }
    for (folder, index, requires) in &needs {
        let Some(site) = sites.get(folder) else { continue };
        let targets: Vec<PackageIndex> =
            requires.iter().filter_map(|name| site.find(name)).filter(|target| target != index).collect();
        if let Some(package) = draft.packages.get_mut(index.0 as usize) {
            package.depends_on.extend(targets);
            package.depends_on.sort_unstable();
            package.depends_on.dedup();
        }
    }
    for (folder, index, _) in &needs {
        if let Some(carrier) = vendored_by(&sites, folder)
            && let Some(package) = draft.packages.get_mut(index.0 as usize)
        {
            package.bundled_in = Some(carrier);
        }
    }
}

/// The packages of one folder.
#[derive(Default)]
struct Site {
    /// By normal name: versions.
    by_name: HashMap<String, Vec<(String, PackageIndex)>>,
}

impl Site {
    fn find(&self, name: &str) -> Option<PackageIndex> {
        self.by_name.get(&normal(name))?.first().map(|(_, index)| *index)
    }
}

/// The package that carries `SITE/NAME/_vendor` inside itself.
fn vendored_by(sites: &HashMap<&str, Site>, folder: &str) -> Option<PackageIndex> {
    let (site, name) = folder.strip_suffix("/_vendor")?.rsplit_once('/')?;
    sites.get(site)?.find(name)
}

/// The files of installed packages that may hold packages of other languages inside: path → package.
pub(crate) fn carriers(draft: &Draft<'_>) -> HashMap<String, PackageIndex> {
    let by_folder: HashMap<&str, PackageIndex> = draft
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.kind == PackageType::Pypi)
        .flat_map(|(n, package)| package.evidence.iter().map(move |path| (n, path)))
        .filter_map(|(n, path)| Some((path.rsplit_once('/')?.0, PackageIndex(u32::try_from(n).ok()?))))
        .collect();
    let mut carriers = HashMap::new();
    for file in draft.facts.visible() {
        let Fact::PythonRecord(record) = &file.fact else { continue };
        let Some((folder, _)) = file.path.rsplit_once('/') else { continue };
        let Some(&index) = by_folder.get(folder) else { continue };
        // RECORD counts from the folder above, installed-files.txt from its own.
        let base = match folder.strip_suffix(".dist-info") {
            Some(_) => folder.rsplit_once('/').map_or("", |(above, _)| above),
            None => folder,
        };
        for path in &record.carriers {
            carriers.entry(record::join(base, path)).or_insert(index);
        }
    }
    carriers
}
