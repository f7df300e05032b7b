use serde::{Deserialize, Serialize};

use crate::{Distro, Package, PackageIndex};

/// All that was found in an image, a file system or a source tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The distribution, where os-release names one.
    pub distro: Option<Distro>,
    /// Packages. Sorted by type, name, version and first evidence: equal inputs give equal catalogues.
    pub packages: Vec<Package>,
    /// Kernels: what a kernel advisory may concern.
    pub kernel: Kernel,
    /// Programs and archives that look like software but could not be identified, by path: never green in silence.
    pub unidentified: Vec<String>,
}

impl Catalogue {
    /// The package at `index`.
    #[must_use]
    pub fn package(&self, index: PackageIndex) -> Option<&Package> {
        self.packages.get(index.0 as usize)
    }
}

/// Which kernel an advisory may concern here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// Release of the booted kernel (`uname -r`), on a host only: images and containers run on another's kernel.
    pub booted: Option<String>,
}
