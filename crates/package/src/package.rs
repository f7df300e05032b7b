use serde::{Deserialize, Serialize};

/// The type of a package, as purl names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageType {
    /// Debian and its family.
    Deb,
    /// Alpine, Wolfi, Chainguard.
    Apk,
    /// Red Hat's family, SUSE, Amazon, Azure Linux, Photon.
    Rpm,
    /// JavaScript.
    Npm,
    /// Python.
    Pypi,
    /// Go modules; the standard library and toolchain are the packages `stdlib` and `toolchain`.
    Golang,
    /// Rust crates.
    Cargo,
    /// Java; the name is `group:artifact`.
    Maven,
    /// Ruby.
    Gem,
    /// .NET.
    Nuget,
    /// PHP.
    Composer,
    /// A program recognised without a package manager.
    Generic,
}

impl PackageType {
    /// purl's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Golang => "golang",
            Self::Cargo => "cargo",
            Self::Maven => "maven",
            Self::Gem => "gem",
            Self::Nuget => "nuget",
            Self::Composer => "composer",
            Self::Generic => "generic",
        }
    }

    /// A package of the operating system, which owns files and is judged by its distribution.
    #[must_use]
    pub const fn is_os(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm)
    }
}

/// The place of a package in its [`crate::Catalogue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackageIndex(pub u32);

/// Found installed, or only named by a lock file or manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Its files are there.
    Installed,
    /// A lock file or manifest names it.
    Declared,
}

/// How sure the cataloguer is of name and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The package's own metadata says so.
    Certain,
    /// Derived from a manifest or a file name: shown apart, never a gate failure by itself.
    Probable,
}

/// Who built an OS package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The distribution, or nothing says otherwise.
    Distribution,
    /// Another vendor: never judged by the distribution's advisories.
    ThirdParty,
}

/// The source package of an OS package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// `util-linux` for `bsdutils`.
    pub name: String,
    /// `2.38.1-5` for `1:2.38.1-5+b1`: the binary's epoch and rebuild do not count.
    pub version: String,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// purl type.
    pub kind: PackageType,
    /// Name as its own metadata writes it (`group:artifact`, `@scope/name`, `github.com/a/b`), not normalised.
    pub name: String,
    /// Full native version: `1:2.38.1-5+b1`, `0:3.6.8-37.el8` (rpm: with the epoch only where there is one), `v1.2.3` for Go.
    /// Empty where none is known.
    pub version: String,
    /// Source package, for OS packages; always filled for them, with the binary's own name and version where the
    /// metadata names no other.
    pub source: Option<Source>,
    /// Architecture in the package manager's own word.
    pub arch: Option<String>,
    /// Licences as written, SPDX or not.
    pub licences: Vec<String>,
    /// Installed or declared.
    pub presence: Presence,
    /// How sure name and version are.
    pub confidence: Confidence,
    /// Distribution or third party, for OS packages.
    pub origin: Origin,
    /// Files that show it, best first: path from the root without a leading slash, `a.war!/WEB-INF/lib/b.jar` inside
    /// archives.
    pub evidence: Vec<String>,
    /// The lowest layer since which it is there without a gap; `None` outside images and where unknown.
    pub layer: Option<u32>,
    /// The OS package that owns the evidence.
    pub owner: Option<PackageIndex>,
    /// The language package that carries it inside itself (`npm` for `npm/node_modules/tar`).
    pub bundled_in: Option<PackageIndex>,
    /// Direct dependencies, as far as known.
    pub depends_on: Vec<PackageIndex>,
    /// What only this type has.
    pub detail: Detail,
}

impl Package {
    /// An installed, certain package with nothing else known.
    pub fn new(kind: PackageType, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: version.into(),
            source: None,
            arch: None,
            licences: Vec::new(),
            presence: Presence::Installed,
            confidence: Confidence::Certain,
            origin: Origin::Distribution,
            evidence: Vec::new(),
            layer: None,
            owner: None,
            bundled_in: None,
            depends_on: Vec::new(),
            detail: Detail::None,
        }
    }
}

/// What only one type of package has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// A Debian package.
    Deb {
        /// `(source, version)` pairs of `Built-Using` and `Static-Built-Using`.
        built_using: Vec<(String, String)>,
    },
    /// An rpm.
    Rpm {
        /// `nodejs:18:8090020230718…:…`, where the package was built in a module.
        modularity: Option<String>,
        /// Vendor tag.
        vendor: Option<String>,
    },
    /// A npm package of a lock file that only development needs.
    Dev,
    /// A Go module in a binary: which of its packages are linked.
    Go(GoModule),
}

/// A Go module (or `stdlib`) as a binary holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoModule {
    /// Import paths of its linked packages; `None` where the binary does not tell (stripped of its line table).
    pub linked: Option<Vec<String>>,
    /// It is the main module of its binary.
    pub main: bool,
    /// The module path before `replace`.
    pub replaces: Option<String>,
    /// What the binary was built with.
    pub binary: GoBinary,
}

/// How a Go binary was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoBinary {
    /// `go1.25.3`, as written, with experiments.
    pub toolchain: String,
    /// `linux`, where the settings tell.
    pub goos: Option<String>,
    /// `amd64`.
    pub goarch: Option<String>,
    /// `CGO_ENABLED=1`.
    pub cgo: Option<bool>,
}
