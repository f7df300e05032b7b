//! Under which names a package is looked up.

use std::borrow::Cow;

use package::{Catalogue, Ecosystem, NameKind, Origin, Package, PackageType, ecosystem::Release};

use crate::{CoverageState, golang, kernel};

/// One lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query<'c> {
    pub(crate) ecosystem: Ecosystem,
    pub(crate) release: Cow<'c, str>,
    pub(crate) kind: NameKind,
    pub(crate) name: Cow<'c, str>,
    pub(crate) version: Cow<'c, str>,
    /// Fixes of Ubuntu Pro: only who subscribed gets them.
    pub(crate) pro: bool,
}

/// What is known of the distribution, worked out once for a catalogue.
pub(crate) struct Os {
    pub(crate) known: Option<(Ecosystem, String)>,
    pub(crate) named: bool,
}

impl Os {
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let distro = catalogue.distro.as_ref();
        Self {
            known: distro.and_then(|distro| Ecosystem::from_os_release(&distro.os_release)),
            named: distro.is_some(),
        }
    }
}

/// The lookups of a package, or why there are none.
pub(crate) fn queries<'c>(package: &'c Package, os: &'c Os) -> Result<Vec<Query<'c>>, CoverageState> {
    if package.kind.is_os() { of_os(package, os) } else { of_language(package) }
}

fn of_os<'c>(package: &'c Package, os: &'c Os) -> Result<Vec<Query<'c>>, CoverageState> {
    if !os.named {
        return Err(CoverageState::DistroUnknown);
    }
    if package.origin == Origin::ThirdParty {
        return Err(CoverageState::ThirdParty);
    }
    let Some((ecosystem, release)) = &os.known else { return Err(CoverageState::NoFeed) };
    let row = ecosystem.row();
    if row.package_type != package.kind {
        // An rpm on Debian: no distribution speaks for it.
        return Err(CoverageState::ThirdParty);
    }
    if release.is_empty() && !matches!(row.release, Release::Rolling | Release::None) {
        return Err(CoverageState::NoRelease);
    }
    let (source, source_version) = match &package.source {
        Some(source) => (Cow::Borrowed(source.name.as_str()), Cow::Borrowed(source.version.as_str())),
        None => (Cow::Borrowed(package.name.as_str()), Cow::Borrowed(package.version.as_str())),
    };
    let (source, source_version) = match kernel::unsigned(&source, &source_version) {
        Some((name, version)) if package.kind == PackageType::Deb => (Cow::Owned(name), Cow::Owned(version)),
        _ => (source, source_version),
    };
    if package.version.is_empty() && source_version.is_empty() {
        return Err(CoverageState::Unversioned);
    }
    if *ecosystem == Ecosystem::Ubuntu && is_variant(&source_version) {
        return Err(CoverageState::StreamUnknown);
    }
    let by_source = Query {
        ecosystem: *ecosystem,
        release: Cow::Borrowed(release),
        kind: NameKind::Source,
        name: source,
        version: source_version,
        pro: false,
    };
    let by_binary = Query {
        kind: NameKind::Binary,
        name: Cow::Borrowed(&package.name),
        version: Cow::Borrowed(&package.version),
        ..by_source.clone()
    };
    let mut queries = match row.name {
        NameKind::Source => vec![by_source, by_binary],
        NameKind::Binary => vec![by_binary, by_source],
    };
    if *ecosystem == Ecosystem::Ubuntu {
        let pro: Vec<Query<'_>> = queries
            .iter()
            .map(|query| Query { release: Cow::Owned(format!("Pro:{release}")), pro: true, ..query.clone() })
            .collect();
        queries.extend(pro);
    }
    Ok(queries)
}

/// Ubuntu's certified and real-time builds have fixes of their own that the public statements do not tell.
fn is_variant(version: &str) -> bool {
    let version = version.to_ascii_lowercase();
    version.contains("fips") || version.contains("realtime")
}

fn of_language(package: &Package) -> Result<Vec<Query<'_>>, CoverageState> {
    let Some(ecosystem) = Ecosystem::of_language(package.kind) else { return Err(CoverageState::NoFeed) };
    let name = match ecosystem {
        Ecosystem::PyPi | Ecosystem::NuGet | Ecosystem::Packagist => {
            Cow::Owned(ecosystem.normalise(&package.name))
        }
        _ => Cow::Borrowed(package.name.as_str()),
    };
    let version = match (ecosystem, package.name.as_str()) {
        (Ecosystem::Go, "stdlib" | "toolchain") => {
            golang::toolchain(&package.version).ok_or(CoverageState::Unversioned)?
        }
        (Ecosystem::Go, _) if golang::is_unversioned(package) => return Err(CoverageState::Unversioned),
        _ if package.version.is_empty() => return Err(CoverageState::Unversioned),
        _ => Cow::Borrowed(package.version.as_str()),
    };
    Ok(vec![Query {
        ecosystem,
        release: Cow::Borrowed(""),
        kind: NameKind::Binary,
        name,
        version,
        pro: false,
    }])
}
