//! A package together with all that its verdict hangs on: judged once for the whole fleet.
//!
//! What the rest of a catalogue does to the verdict on one package is little, and it is gathered here: the distribution
//! (for OS packages), the package that owns its files and the one that carries it inside, the booted kernel and whether
//! `kernel-core` is there (for kernels), and whether declared packages count (for declared ones). Where the files lie and
//! in which layer, which licences, which toolchain: no verdict asks for it, and it is no part of the subject.
//! `findings_through_subjects_are_those_of_the_whole_catalogue` holds this list to the engine.

use aws_lc_rs::digest;
use package::{
    Catalogue, Detail, Distro, GoBinary, GoModule, Kernel, Origin, OsRelease, Package, PackageIndex,
    PackageType, Presence, purl,
};
use serde::{Deserialize, Serialize};
use vulndb::Judge;

/// A package and what of its surroundings its verdict hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The package, without its place: no evidence, layer, licences, edges.
    pub package: Package,
    /// `ID`, `VERSION_ID`, `VERSION_CODENAME` of the distribution; for OS packages only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<Os>,
    /// The package that owns its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Other>,
    /// The package that carries it inside itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Other>,
    /// The release of the booted kernel; for kernels only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booted: Option<String>,
    /// `kernel-core` is there; for the rpm `kernel` only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_kernel_core: bool,
    /// What is declared counts; for declared packages only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared_counts: bool,
}

/// What of a distribution decides which advisories speak of its packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Os {
    /// `ID`.
    pub id: String,
    /// `VERSION_ID`.
    pub version_id: String,
    /// `VERSION_CODENAME`.
    pub codename: String,
}

/// Another package that a verdict names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// Its type.
    pub kind: PackageType,
    /// Its name.
    pub name: String,
    /// Who built it.
    pub origin: Origin,
}

impl Subject {
    /// The subject of the package at `index` of `catalogue`; `None` where there is none.
    #[must_use]
    pub fn of(catalogue: &Catalogue, index: PackageIndex, judge: Judge) -> Option<Self> {
        let package = catalogue.package(index)?;
        let other = |index: Option<PackageIndex>| {
            let other = catalogue.package(index?)?;
            Some(Other { kind: other.kind, name: other.name.clone(), origin: other.origin })
        };
        let os = catalogue.distro.as_ref().filter(|_| package.kind.is_os()).map(|distro| Os {
            id: distro.os_release.id.clone(),
            version_id: distro.os_release.version_id.clone(),
            codename: distro.os_release.codename.clone(),
        });
        let is_kernel =
            package.kind.is_os() && package.source.as_ref().is_some_and(|source| may_be_kernel(&source.name));
        let has_kernel_core = is_kernel
            && package.kind == PackageType::Rpm
            && package.name == "kernel"
            && catalogue
                .packages
                .iter()
                .any(|package| package.kind == PackageType::Rpm && package.name == "kernel-core");
        Some(Self {
            package: bare(package),
            os,
            owner: other(package.owner),
            carrier: other(package.bundled_in),
            booted: catalogue.kernel.booted.clone().filter(|_| is_kernel),
            has_kernel_core,
            declared_counts: judge == Judge::Declared && package.presence == Presence::Declared,
        })
    }

    /// The smallest catalogue that gives the package, at index 0, the verdict that it has in its own.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        let mut packages = vec![self.package.clone()];
        let mut add = |other: &Other| {
            let mut package = Package::new(other.kind, other.name.clone(), "");
            package.origin = other.origin;
            packages.push(package);
            Some(PackageIndex(u32::try_from(packages.len() - 1).unwrap_or(u32::MAX)))
        };
        let owner = self.owner.as_ref().and_then(&mut add);
        let carrier = self.carrier.as_ref().and_then(&mut add);
        if self.has_kernel_core {
            add(&Other {
                kind: PackageType::Rpm,
                name: "kernel-core".to_owned(),
                origin: Origin::Distribution,
            });
        }
        if let Some(package) = packages.first_mut() {
            package.owner = owner;
            package.bundled_in = carrier;
        }
        Catalogue {
            distro: self.os.as_ref().map(|os| Distro {
                os_release: OsRelease {
                    id: os.id.clone(),
                    version_id: os.version_id.clone(),
                    codename: os.codename.clone(),
                    ..OsRelease::default()
                },
                distroless: false,
            }),
            packages,
            kernel: Kernel { booted: self.booted.clone() },
            unidentified: Vec::new(),
        }
    }

    /// How the catalogue is judged.
    #[must_use]
    pub const fn judge(&self) -> Judge {
        if self.declared_counts { Judge::Declared } else { Judge::Installed }
    }

    /// The package URL.
    #[must_use]
    pub fn purl(&self) -> String {
        purl(&self.package, self.catalogue().distro.as_ref())
    }

    /// The subject as it is stored.
    ///
    /// # Errors
    /// None that could happen: every field has a text form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// From what [`Self::to_json`] gave.
    ///
    /// # Errors
    /// When the text is no subject.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The identity of a subject with this text: the first 16 bytes of its SHA-256, which nobody can aim at.
    #[must_use]
    pub fn hash(json: &str) -> [u8; 16] {
        let mut hash = [0; 16];
        for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, json.as_bytes()).as_ref()) {
            *to = *from;
        }
        hash
    }
}

/// Every source package that the engine could take for a kernel's. Wider is safe: it only tells more subjects apart.
fn may_be_kernel(source: &str) -> bool {
    source == "linux" || source == "kernel" || source.starts_with("linux-") || source.starts_with("kernel-")
}

/// A package without what no verdict asks for.
fn bare(package: &Package) -> Package {
    Package {
        kind: package.kind,
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.source.clone(),
        arch: package.arch.clone(),
        licences: Vec::new(),
        presence: package.presence,
        confidence: package.confidence,
        origin: package.origin,
        evidence: Vec::new(),
        layer: None,
        owner: None,
        bundled_in: None,
        depends_on: Vec::new(),
        detail: match &package.detail {
            // Vendor and Built-Using were asked when the catalogue was made.
            Detail::Rpm { modularity, .. } => Detail::Rpm { modularity: modularity.clone(), vendor: None },
            Detail::Go(module) => Detail::Go(GoModule {
                linked: module.linked.clone(),
                main: module.main,
                replaces: None,
                binary: GoBinary { goos: module.binary.goos.clone(), ..GoBinary::default() },
            }),
            Detail::None | Detail::Deb { .. } | Detail::Dev => Detail::None,
        },
    }
}
