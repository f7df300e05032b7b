//! Between the engine's types and those that are sent.

use model::ImageConfig;
use package::{
    Catalogue, Confidence, Detail, GoBinary, GoModule, Kernel, Origin, OsRelease, PackageIndex, Presence,
};

use super::{
    Config, Distro, Document, FORMAT, Go, History, Image, Layer, Linked, Package, PrivilegedFile, Rpm,
    Skipped, Source, VERSION, history::without_values,
};

/// The document of what was catalogued. `cataloguer` is the version of the cataloguers that did it.
#[must_use]
pub fn from_scan(catalogued: &scan::Catalogued, cataloguer: u32) -> Document {
    let subject = &catalogued.subject;
    let catalogue = &catalogued.catalogue;
    Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        cataloguer,
        target: subject.target.clone(),
        kind: subject.kind.as_str().to_owned(),
        declared_counts: subject.judged == Some(Presence::Declared),
        image: subject.image.as_ref().map(image),
        distro: catalogue.distro.as_ref().map(|distro| Distro {
            id: distro.os_release.id.clone(),
            id_like: distro.os_release.id_like.clone(),
            version_id: distro.os_release.version_id.clone(),
            codename: distro.os_release.codename.clone(),
            pretty_name: distro.os_release.pretty_name.clone(),
            distroless: distro.distroless,
        }),
        booted_kernel: catalogue.kernel.booted.clone(),
        packages: catalogue.packages.iter().map(package).collect(),
        unidentified: catalogue.unidentified.clone(),
        privileged_files: subject
            .privileged_files
            .iter()
            .map(|file| PrivilegedFile {
                path: file.path.clone(),
                mode: file.mode,
                uid: file.uid,
                gid: file.gid,
            })
            .collect(),
        problems: catalogued.problems.clone(),
        skipped: catalogued
            .skipped
            .iter()
            .map(|skipped| Skipped { path: skipped.path.clone(), reason: skipped.reason.to_string() })
            .collect(),
        entries: subject.entries,
        published: None,
    }
}

fn image(image: &scan::Image) -> Image {
    let names = &image.config.env_names;
    Image {
        config_digest: image.config_digest,
        manifest_digest: image.manifest_digest,
        names: image.names.clone(),
        platform: image.platform.clone(),
        platforms: image.platforms.clone(),
        annotations: image.annotations.clone(),
        config: config(&image.config),
        layers: image
            .layers
            .iter()
            .map(|layer| Layer {
                diff_id: layer.diff_id,
                blob: layer.blob,
                size: layer.size,
                created_by: layer.created_by.as_deref().map(|step| without_values(step, names)),
            })
            .collect(),
    }
}

fn config(config: &ImageConfig) -> Config {
    Config {
        created: config.created.clone(),
        user: config.user.clone(),
        env_names: config.env_names.clone(),
        credentials: config.credentials.clone(),
        exposed_ports: config.exposed_ports.clone(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        working_dir: config.working_dir.clone(),
        volumes: config.volumes.clone(),
        healthcheck: config.healthcheck.clone(),
        labels: config.labels.clone(),
        history: config
            .history
            .iter()
            .map(|step| History {
                created: step.created.clone(),
                created_by: step.created_by.as_deref().map(|step| without_values(step, &config.env_names)),
                empty_layer: step.empty_layer,
            })
            .collect(),
    }
}

fn package(package: &package::Package) -> Package {
    let mut out = Package {
        kind: package.kind,
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.source.as_ref().map(source),
        arch: package.arch.clone(),
        licences: package.licences.clone(),
        declared: package.presence == Presence::Declared,
        probable: package.confidence == Confidence::Probable,
        third_party: package.origin == Origin::ThirdParty,
        evidence: package.evidence.clone(),
        layer: package.layer,
        owner: package.owner.map(|index| index.0),
        bundled_in: package.bundled_in.map(|index| index.0),
        depends_on: package.depends_on.iter().map(|index| index.0).collect(),
        built_using: Vec::new(),
        rpm: None,
        dev: false,
        go: None,
    };
    match &package.detail {
        Detail::None => {}
        Detail::Deb { built_using } => {
            out.built_using = built_using
                .iter()
                .map(|(name, version)| Source { name: name.clone(), version: version.clone() })
                .collect();
        }
        Detail::Rpm { modularity, vendor } => {
            out.rpm = Some(Rpm { modularity: modularity.clone(), vendor: vendor.clone() });
        }
        Detail::Dev => out.dev = true,
        Detail::Go(module) => {
            out.go = Some(Go {
                linked: module.linked.clone().map(Linked),
                main: module.main,
                replaces: module.replaces.clone(),
                toolchain: module.binary.toolchain.clone(),
                goos: module.binary.goos.clone(),
                goarch: module.binary.goarch.clone(),
                cgo: module.binary.cgo,
            });
        }
    }
    out
}

fn source(source: &package::Source) -> Source {
    Source { name: source.name.clone(), version: source.version.clone() }
}

impl Document {
    /// The catalogue in the engine's types.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        Catalogue {
            distro: self.distro.as_ref().map(|distro| package::Distro {
                os_release: OsRelease {
                    id: distro.id.clone(),
                    id_like: distro.id_like.clone(),
                    version_id: distro.version_id.clone(),
                    codename: distro.codename.clone(),
                    pretty_name: distro.pretty_name.clone(),
                },
                distroless: distro.distroless,
            }),
            packages: self.packages.iter().map(engine_package).collect(),
            kernel: Kernel { booted: self.booted_kernel.clone() },
            unidentified: self.unidentified.clone(),
        }
    }
}

impl Image {
    /// The configuration in the engine's types.
    #[must_use]
    pub fn image_config(&self) -> ImageConfig {
        let config = &self.config;
        ImageConfig {
            platform: Some(self.platform.clone()),
            created: config.created.clone(),
            user: config.user.clone(),
            env_names: config.env_names.clone(),
            credentials: config.credentials.clone(),
            exposed_ports: config.exposed_ports.clone(),
            entrypoint: config.entrypoint.clone(),
            cmd: config.cmd.clone(),
            working_dir: config.working_dir.clone(),
            volumes: config.volumes.clone(),
            healthcheck: config.healthcheck.clone(),
            labels: config.labels.clone(),
            history: config
                .history
                .iter()
                .map(|step| model::History {
                    created: step.created.clone(),
                    created_by: step.created_by.clone(),
                    empty_layer: step.empty_layer,
                })
                .collect(),
        }
    }
}

fn engine_package(package: &Package) -> package::Package {
    let detail = match (&package.go, &package.rpm) {
        (Some(go), _) => Detail::Go(GoModule {
            linked: go.linked.clone().map(|linked| linked.0),
            main: go.main,
            replaces: go.replaces.clone(),
            binary: GoBinary {
                toolchain: go.toolchain.clone(),
                goos: go.goos.clone(),
                goarch: go.goarch.clone(),
                cgo: go.cgo,
            },
        }),
        (None, Some(rpm)) => Detail::Rpm { modularity: rpm.modularity.clone(), vendor: rpm.vendor.clone() },
        (None, None) if !package.built_using.is_empty() => Detail::Deb {
            built_using: package
                .built_using
                .iter()
                .map(|source| (source.name.clone(), source.version.clone()))
                .collect(),
        },
        (None, None) if package.dev => Detail::Dev,
        (None, None) => Detail::None,
    };
    package::Package {
        kind: package.kind,
        name: package.name.clone(),
        version: package.version.clone(),
        source: package
            .source
            .as_ref()
            .map(|source| package::Source { name: source.name.clone(), version: source.version.clone() }),
        arch: package.arch.clone(),
        licences: package.licences.clone(),
        presence: if package.declared { Presence::Declared } else { Presence::Installed },
        confidence: if package.probable { Confidence::Probable } else { Confidence::Certain },
        origin: if package.third_party { Origin::ThirdParty } else { Origin::Distribution },
        evidence: package.evidence.clone(),
        layer: package.layer,
        owner: package.owner.map(PackageIndex),
        bundled_in: package.bundled_in.map(PackageIndex),
        depends_on: package.depends_on.iter().copied().map(PackageIndex).collect(),
        detail,
    }
}
