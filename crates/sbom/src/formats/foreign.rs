//! What other tools write beside the standard: Syft, Trivy, cdxgen and cyclonedx-npm.

use package::{Detail, Distro, GoBinary, GoModule, OsRelease, Package, PackageType, Presence, Source};

use super::collect::Item;

/// Prefixes of the properties that are looked at; others are not kept.
pub(super) const PREFIXES: &[&str] = &[
    "seawall:",
    "syft:metadata:",
    "syft:location:",
    "syft:distro:",
    "aquasecurity:trivy:",
    "SrcFile",
    "cdx:npm:",
];

/// Names of distributions that are not the `ID` of their os-release: Trivy's families and full names.
static NAMES: &[(&str, &str)] = &[
    ("alma", "almalinux"),
    ("almalinux os", "almalinux"),
    ("alpine linux", "alpine"),
    ("amazon", "amzn"),
    ("amazon linux", "amzn"),
    ("cbl-mariner", "mariner"),
    ("centos linux", "centos"),
    ("centos stream", "centos"),
    ("debian gnu/linux", "debian"),
    ("fedora linux", "fedora"),
    ("opensuse.leap", "opensuse-leap"),
    ("opensuse leap", "opensuse-leap"),
    ("opensuse.tumbleweed", "opensuse-tumbleweed"),
    ("opensuse tumbleweed", "opensuse-tumbleweed"),
    ("oracle", "ol"),
    ("oracle linux server", "ol"),
    ("red hat enterprise linux", "rhel"),
    ("redhat", "rhel"),
    ("rocky linux", "rocky"),
    ("suse linux enterprise server", "sles"),
    ("vmware photon os", "photon"),
];

/// The distribution that a component of the operating system names.
pub(super) fn distro(item: &Item, description: Option<String>) -> Distro {
    let name = item.property("syft:distro:id").unwrap_or(&item.name).trim().to_lowercase();
    let id = NAMES.iter().find(|(long, _)| *long == name).map_or(name.as_str(), |(_, id)| id).to_owned();
    let version_id = item.property("syft:distro:versionID").or(item.version.as_deref()).unwrap_or_default();
    let mut id_like: Vec<String> =
        (0..8).map_while(|n| item.property(&format!("syft:distro:idLike:{n}"))).map(str::to_owned).collect();
    if let Some(own) = item.property("seawall:os:idLike") {
        id_like.extend(own.split_ascii_whitespace().map(str::to_owned));
    }
    let codename =
        item.property("seawall:os:codename").or_else(|| item.property("syft:distro:versionCodename"));
    Distro {
        os_release: OsRelease {
            id,
            id_like,
            version_id: version_id.to_owned(),
            codename: codename.unwrap_or_default().to_owned(),
            pretty_name: description.unwrap_or_default(),
        },
        distroless: item.property("seawall:os:distroless") == Some("true"),
    }
}

/// Debian's epoch as a qualifier of the package URL, as Trivy writes it.
pub(super) fn epoch(package: &mut Package, purl: &str) {
    if package.kind != PackageType::Deb || package.version.contains(':') {
        return;
    }
    let qualifiers = purl.split_once('?').map_or("", |(_, rest)| rest);
    let epoch = qualifiers.split(['&', '#']).find_map(|pair| pair.strip_prefix("epoch="));
    if let Some(epoch) = epoch.filter(|epoch| *epoch != "0" && epoch.bytes().all(|b| b.is_ascii_digit())) {
        package.version = format!("{epoch}:{}", package.version);
    }
}

/// Takes what properties tell into the package.
pub(super) fn apply(package: &mut Package, item: &Item) {
    evidence(package, item);
    if package.kind.is_os() {
        source(package, item);
    }
    match package.kind {
        PackageType::Rpm => {
            let text = |syft, trivy| item.property(syft).or_else(|| item.property(trivy)).map(str::to_owned);
            let modularity = text("syft:metadata:modularityLabel", "aquasecurity:trivy:Modularitylabel");
            let vendor = text("syft:metadata:vendor", "aquasecurity:trivy:Vendor");
            if modularity.is_some() || vendor.is_some() {
                package.detail = Detail::Rpm { modularity, vendor };
            }
        }
        PackageType::Npm if item.property("cdx:npm:package:development") == Some("true") => {
            package.detail = Detail::Dev;
        }
        PackageType::Golang => {
            if let Some(toolchain) = item.property("syft:metadata:goCompiledVersion") {
                package.detail = Detail::Go(GoModule {
                    main: item.property("syft:metadata:mainModule") == Some(package.name.as_str()),
                    binary: GoBinary { toolchain: toolchain.to_owned(), ..GoBinary::default() },
                    ..GoModule::default()
                });
            }
        }
        _ => {}
    }
    presence(package);
}

fn evidence(package: &mut Package, item: &Item) {
    if package.evidence.is_empty() {
        let own = |name: &str| {
            (name.starts_with("syft:location:") && name.ends_with(":path"))
                || name == "aquasecurity:trivy:FilePath"
                || name == "SrcFile"
        };
        package.evidence =
            item.properties.iter().filter(|(name, _)| own(name)).map(|(_, path)| path.clone()).collect();
    }
    for path in &mut package.evidence {
        let from_root = path.trim_start_matches('/');
        if from_root.len() < path.len() {
            *path = from_root.to_owned();
        }
    }
    let mut seen = std::collections::HashSet::new();
    package.evidence.retain(|path| !path.is_empty() && seen.insert(path.clone()));
}

fn source(package: &mut Package, item: &Item) {
    let syft = || {
        let name =
            item.property("syft:metadata:source").or_else(|| item.property("syft:metadata:originPackage"))?;
        Some((name.to_owned(), item.property("syft:metadata:sourceVersion").unwrap_or_default().to_owned()))
    };
    let trivy = || {
        let part = |name: &str| item.property(&format!("aquasecurity:trivy:{name}")).unwrap_or_default();
        let name = item.property("aquasecurity:trivy:SrcName")?;
        let mut version = part("SrcVersion").to_owned();
        if !part("SrcRelease").is_empty() {
            version = format!("{version}-{}", part("SrcRelease"));
        }
        if !matches!(part("SrcEpoch"), "" | "0") {
            version = format!("{}:{version}", part("SrcEpoch"));
        }
        Some((name.to_owned(), version))
    };
    let rpm = || {
        let file = item.property("syft:metadata:sourceRpm")?.strip_suffix(".src.rpm")?;
        let (rest, release) = file.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        Some((name.to_owned(), format!("{version}-{release}")))
    };
    if let Some((name, version)) = syft().or_else(trivy).or_else(rpm).filter(|(name, _)| !name.is_empty()) {
        let version = if version.is_empty() { package.version.clone() } else { version };
        package.source = Some(Source { name, version });
    }
}

/// Is a source package named that is not the package itself?
pub(super) fn tells_source(package: &Package) -> bool {
    package.source.as_ref().is_some_and(|source| source.name != package.name)
}

/// A language package that only lock files and manifests show is declared, not installed.
pub(super) fn presence(package: &mut Package) {
    if !package.kind.is_os()
        && !package.evidence.is_empty()
        && package.evidence.iter().all(|path| is_manifest(path))
    {
        package.presence = Presence::Declared;
    }
}

fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let inside_package = path.contains("node_modules/");
    matches!(
        name,
        "package-lock.json"
            | "npm-shrinkwrap.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "bun.lock"
            | "poetry.lock"
            | "uv.lock"
            | "pdm.lock"
            | "Pipfile"
            | "Pipfile.lock"
            | "pyproject.toml"
            | "setup.py"
            | "Cargo.lock"
            | "Cargo.toml"
            | "go.mod"
            | "go.sum"
            | "Gemfile"
            | "Gemfile.lock"
            | "composer.json"
            | "composer.lock"
            | "pom.xml"
            | "build.gradle"
            | "gradle.lockfile"
            | "packages.lock.json"
            | "packages.config"
            | "conan.lock"
    ) || (name == "package.json" && !inside_package)
        || (name.starts_with("requirements") && path.ends_with(".txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_and_what_is_installed() {
        for path in ["package-lock.json", "a/requirements-dev.txt", "src/package.json", "x/pom.xml"] {
            assert!(is_manifest(path), "{path}");
        }
        for path in ["node_modules/a/package.json", "a-1.dist-info/METADATA", "opt/a.jar", "bin/requirements"]
        {
            assert!(!is_manifest(path), "{path}");
        }
    }

    #[test]
    fn distributions_by_other_names() {
        let of = |name: &str| distro(&Item { name: name.into(), ..Item::default() }, None).os_release.id;
        assert_eq!(of("redhat"), "rhel");
        assert_eq!(of("Debian GNU/Linux"), "debian");
        assert_eq!(of("wolfi"), "wolfi");
        assert!(NAMES.iter().all(|(long, id)| long.to_lowercase() == *long && long != id));
    }
}
