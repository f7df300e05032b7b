use package::OsRelease;
use serde::{Deserialize, Serialize};

use crate::{lang, os};

/// What one file says, by itself. Kept in the layer cache: a change of shape needs a new
/// [`crate::CATALOGUER_VERSION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each holds the facts of the module it names")]
pub enum Fact {
    OsRelease(OsRelease),
    Dpkg(os::dpkg::Status),
    DpkgList(os::dpkg::FileList),
    DpkgDiversions(os::dpkg::Diversions),
    Copyright(os::dpkg::Copyright),
    Apk(os::apk::Installed),
    Rpm(os::rpm::DatabaseFile),
    Npm(lang::npm::Manifest),
    NpmLock(lang::npm::Lock),
    Python(lang::python::Metadata),
    PythonRecord(lang::python::Record),
    PythonLock(lang::python::Lock),
    Elf(lang::elf::Binary),
    GoMod(lang::go::ModFile),
    CargoLock(lang::rust::Lock),
    Jar(lang::java::Archive),
}

/// A fact and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFact {
    /// Canonical path in the merged tree, as of the layer that wrote it.
    pub path: String,
    /// The layer that wrote it; 0 for a root file system.
    pub layer: u32,
    /// Is this the version that the merged tree shows?
    pub visible: bool,
    /// What it says.
    pub fact: Fact,
}
