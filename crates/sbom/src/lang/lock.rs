//! What all lock files come to: a list of declared packages, resolved within the file.

use package::{Detail, Package, PackageIndex, PackageType, Presence};
use serde::{Deserialize, Serialize};

use crate::{
    Fact, FileFact,
    assembly::{Draft, lowest_layers},
};

/// A package of a lock file or manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Locked {
    /// As written.
    pub(crate) name: String,
    /// Empty where the file pins none.
    pub(crate) version: String,
    /// Only development needs it.
    pub(crate) dev: bool,
    /// As written.
    pub(crate) licences: Vec<String>,
    /// Places in the same list.
    pub(crate) depends_on: Vec<u32>,
    /// The place of the package that carries it inside itself.
    pub(crate) bundled_in: Option<u32>,
}

/// Adds the packages of the lock file `file`; `of` gives those of any version of it.
pub(crate) fn assemble<'a>(
    draft: &mut Draft<'a>,
    kind: PackageType,
    file: &'a FileFact,
    of: impl Fn(&'a Fact) -> Option<&'a [Locked]>,
) {
    let packages = of(&file.fact).unwrap_or_default();
    let first = draft.packages.len();
    let place = |n: u32| {
        let index = first.checked_add(n as usize)?;
        ((n as usize) < packages.len()).then(|| u32::try_from(index).ok().map(PackageIndex)).flatten()
    };
    let since = lowest_layers(draft, [file.path.as_str()], |[fact]| {
        Some(fact.and_then(&of)?.iter().map(|p| (p.name.as_str(), p.version.as_str())).collect())
    });
    for locked in packages {
        let mut package = Package::new(kind, locked.name.as_str(), locked.version.as_str());
        package.presence = Presence::Declared;
        package.licences.clone_from(&locked.licences);
        package.evidence.push(file.path.clone());
        package.layer = since.of(&(locked.name.as_str(), locked.version.as_str()));
        package.depends_on = locked.depends_on.iter().filter_map(|n| place(*n)).collect();
        package.bundled_in = locked.bundled_in.and_then(place);
        if locked.dev {
            package.detail = Detail::Dev;
        }
        draft.add(package);
    }
}
