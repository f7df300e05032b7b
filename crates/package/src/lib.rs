//! Packages, purls, ecosystems and version orders: what cataloguers write and matching reads.
//!
//! [`Package`] is one package as it was found; [`Catalogue`] is all that was found in an image, file system or source
//! tree. [`ecosystem`] is the one table that says, for each ecosystem, how its names, versions and advisories behave.

mod catalogue;
mod distro;
pub mod ecosystem;
mod package;
mod purl;
mod version;

pub use catalogue::{Catalogue, Kernel};
pub use distro::{Distro, OsRelease};
pub use ecosystem::{Ecosystem, NameKind};
pub use package::{
    Confidence, Detail, GoBinary, GoModule, Origin, Package, PackageIndex, PackageType, Presence, Source,
};
pub use purl::{PurlError, PurlReason, parse_purl, purl, release_of_codename};
pub use version::{Version, VersionError, VersionOrder, go_toolchain_version};
