//! Apps and their builds: the layers of each image and the document that a scan of it would give.

use std::collections::BTreeMap;

use api::catalogue::{
    Config, Distro, Document, FORMAT, Go, History, Image, Layer, Package, PrivilegedFile, Published, Source,
    VERSION,
};
use model::{ConfigDigest, DiffId, Effect, ManifestDigest, Platform, Problem, ProblemCode};
use package::PackageType;
use store::Micros;

use super::{
    DAY, MONTHS, Plan,
    advisories::time,
    dice::{below, chance, digest, hash, zipf},
    language::{self, POOLS},
    os::{self, RELEASES},
    places::{Placed, TEAMS},
};

/// What a base image brings beside its distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Slim,
    Node,
    Python,
    Java,
}

/// Base images by how many build on them: an index into the releases, and what comes on top.
const LINES: &[(usize, Flavour)] = &[
    (0, Flavour::Node),
    (6, Flavour::Node),
    (0, Flavour::Python),
    (3, Flavour::Java),
    (0, Flavour::Slim),
    (6, Flavour::Slim),
    (8, Flavour::Java),
    (1, Flavour::Python),
    (4, Flavour::Node),
    (0, Flavour::Java),
    (6, Flavour::Python),
    (1, Flavour::Node),
    (5, Flavour::Slim),
    (8, Flavour::Slim),
    (9, Flavour::Java),
    (3, Flavour::Slim),
    (8, Flavour::Python),
    (2, Flavour::Python),
    (1, Flavour::Slim),
    (7, Flavour::Java),
];
/// Months in which base images are built.
const BASE_BUILDS: &[u32] = &[2, 6, 10];

/// One repository's software.
#[derive(Debug)]
pub(crate) struct App {
    number: u32,
    team: usize,
    line: usize,
    /// Index into the pools.
    pool: usize,
    /// Builds, oldest first.
    builds: u32,
    dependencies: Vec<u32>,
    /// It stays on the base with which it began.
    pinned: bool,
    /// It updates the packages of its base.
    upgrades: bool,
    is_root: bool,
}

/// A build of an app.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    app: usize,
    turn: u32,
    at: i64,
}

/// All apps of a fleet.
pub(crate) struct Apps<'a> {
    plan: &'a Plan,
    systems: &'a os::World,
    languages: &'a language::World,
    apps: Vec<App>,
}

/// A layer with what it brings.
struct Made {
    diff_id: DiffId,
    size: u64,
    created_by: String,
    packages: Vec<Package>,
}

impl<'a> Apps<'a> {
    pub(crate) fn new(plan: &'a Plan, systems: &'a os::World, languages: &'a language::World) -> Self {
        let mut apps = Vec::new();
        let mut left = plan.images;
        while left > 0 {
            let number = u32::try_from(apps.len()).unwrap_or(u32::MAX);
            let parts = [plan.seed, 51, u64::from(number)];
            // Old services have many builds, most have a few.
            let builds = (4 + below(25, &[hash(&parts), 1])).min(left);
            left -= builds;
            apps.push(Self::app(plan.seed, number, builds));
        }
        Self { plan, systems, languages, apps }
    }

    fn app(seed: u64, number: u32, builds: u32) -> App {
        let parts = [seed, 52, u64::from(number)];
        let line = zipf(u32::try_from(LINES.len()).unwrap_or(1), &[hash(&parts), 1]) as usize;
        let pool = match LINES[line].1 {
            Flavour::Node => 0,
            Flavour::Python => 1,
            Flavour::Slim => 2,
            Flavour::Java => 3,
        };
        let (least, most) = [(90, 300), (60, 190), (70, 190), (90, 240)][pool];
        let wanted = (least + below(most - least, &[hash(&parts), 2])) as usize;
        let mut dependencies = Vec::with_capacity(wanted);
        let mut seen = std::collections::HashSet::new();
        let mut turn = 0;
        while dependencies.len() < wanted && turn < 50_000 {
            let package = zipf(POOLS[pool].size, &[hash(&parts), 3, turn]);
            turn += 1;
            if seen.insert(package) {
                dependencies.push(package);
            }
        }
        dependencies.sort_unstable();
        App {
            number,
            team: zipf(u32::try_from(TEAMS.len()).unwrap_or(1), &[hash(&parts), 4]) as usize,
            line,
            pool,
            builds,
            dependencies,
            pinned: chance(20, &[hash(&parts), 5]),
            upgrades: chance(10, &[hash(&parts), 6]),
            is_root: chance(55, &[hash(&parts), 7]),
        }
    }

    /// All builds in the order of their time.
    pub(crate) fn builds(&self) -> Vec<Build> {
        let mut all = Vec::new();
        let span = i64::from(MONTHS) * 30 * DAY;
        for (at, app) in self.apps.iter().enumerate() {
            // The last builds of most apps are of these days; some are not worked on any more.
            let idle = if chance(25, &[self.plan.seed, 53, at as u64]) {
                2 + below(7, &[self.plan.seed, 54, at as u64])
            } else {
                0
            };
            let end = self.plan.today.0 - i64::from(idle) * 30 * DAY;
            let step = (span - i64::from(idle) * 30 * DAY) / i64::from(app.builds + 1);
            for turn in 0..app.builds {
                let shift = i64::from(below(1_000_000, &[self.plan.seed, 55, at as u64, u64::from(turn)]));
                let build = end - i64::from(app.builds - 1 - turn) * step - step / 1_000_000 * shift;
                all.push(Build { app: at, turn, at: build });
            }
        }
        all.sort_by_key(|build| (build.at, build.app, build.turn));
        all
    }

    /// The month of a time, 0 the oldest.
    fn month(&self, at: i64) -> u32 {
        let back = u32::try_from((self.plan.today.0 - at) / (30 * DAY)).unwrap_or(0);
        (MONTHS - 1).saturating_sub(back)
    }

    /// The name of an app's repository.
    pub(crate) fn repository_of(app: &App) -> String {
        format!(
            "{}/{}-{}",
            TEAMS[app.team].prefix,
            ["web", "api", "worker", "gateway", "jobs", "batch"][app.number as usize % 6],
            app.number
        )
    }

    /// A repository that is there.
    pub(crate) fn repository(&self) -> Option<String> {
        self.apps.first().map(Self::repository_of)
    }

    /// What a scan of a build gives, and where it lies.
    pub(crate) fn image(&self, build: &Build) -> (Document, Placed) {
        let app = &self.apps[build.app];
        let id = [self.plan.seed, 61, u64::from(app.number), u64::from(build.turn)];
        let month = self.month(build.at);
        let began =
            self.month(self.plan.today.0 - i64::from(MONTHS) * 30 * DAY + i64::from(app.number % 90) * DAY);
        let base_month = BASE_BUILDS
            .iter()
            .rev()
            .find(|base| **base <= if app.pinned { began } else { month })
            .copied()
            .unwrap_or(BASE_BUILDS[0]);
        let (release, flavour) = LINES[app.line];
        let release = &RELEASES[release];
        let mut layers = self.base(app.line, base_month);
        let of_base = layers.len();
        layers.push(self.team(app, base_month));
        if app.upgrades {
            let upgrade = self.upgrade(app, month);
            let replaced: std::collections::HashSet<String> =
                upgrade.packages.iter().map(|package| package.name.clone()).collect();
            for layer in &mut layers {
                layer.packages.retain(|package| !replaced.contains(&package.name));
            }
            layers.push(upgrade);
        }
        layers.extend(self.app_layers(app, build, base_month, month));
        let created = time(build.at);
        let mut history = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            if at == of_base {
                history.push(History {
                    created: None,
                    created_by: Some("CMD [\"sh\"]".into()),
                    empty_layer: true,
                });
            }
            history.push(History {
                created: Some(created.clone()),
                created_by: Some(layer.created_by.clone()),
                empty_layer: false,
            });
        }
        history.push(History {
            created: Some(created.clone()),
            created_by: Some("ENTRYPOINT [\"/app/run\"]".into()),
            empty_layer: true,
        });
        let repository = Self::repository_of(app);
        let tag = format!("1.{}.{}", build.turn / 4, build.turn % 4);
        let manifest = ManifestDigest(digest(&[hash(&id), 2]));
        let name = format!(
            "{}-{}",
            release.image,
            match flavour {
                Flavour::Slim => "slim",
                Flavour::Node => "node",
                Flavour::Python => "python",
                Flavour::Java => "jre",
            }
        );
        let packages = layers.iter().enumerate().flat_map(|(at, layer)| {
            layer
                .packages
                .iter()
                .map(move |package| Package { layer: u32::try_from(at).ok(), ..package.clone() })
        });
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            cataloguer: sbom::CATALOGUER_VERSION,
            target: format!("{repository}:{tag}"),
            kind: "image".to_owned(),
            declared_counts: false,
            distro: Some(Distro {
                id: release.id.into(),
                version_id: release.version_id.into(),
                codename: release.codename.into(),
                pretty_name: release.pretty.into(),
                ..Distro::default()
            }),
            booted_kernel: None,
            packages: packages.collect(),
            image: Some(Image {
                config_digest: ConfigDigest(digest(&[hash(&id), 1])),
                manifest_digest: Some(manifest),
                names: vec![format!("{repository}:{tag}")],
                platform: Platform {
                    os: "linux".into(),
                    architecture: if chance(10, &[hash(&id), 5]) { "arm64" } else { "amd64" }.into(),
                    variant: None,
                },
                platforms: Vec::new(),
                annotations: BTreeMap::from([
                    ("org.opencontainers.image.base.name".to_owned(), format!("docker.io/library/{name}")),
                    (
                        "org.opencontainers.image.base.digest".to_owned(),
                        digest(&[self.plan.seed, 62, app.line as u64, u64::from(base_month)]).to_string(),
                    ),
                ]),
                config: Config {
                    created: Some(created),
                    user: if app.is_root { String::new() } else { "10001".into() },
                    env_names: vec!["PATH".into(), "LANG".into(), "APP_ENV".into()],
                    credentials: Some(Vec::new()),
                    exposed_ports: vec!["8080/tcp".into()],
                    entrypoint: vec!["/app/run".into()],
                    working_dir: "/app".into(),
                    labels: BTreeMap::from([
                        ("org.opencontainers.image.version".to_owned(), tag.clone()),
                        ("team".to_owned(), TEAMS[app.team].name.to_owned()),
                    ]),
                    history,
                    ..Config::default()
                },
                layers: layers
                    .iter()
                    .map(|layer| Layer {
                        diff_id: layer.diff_id,
                        blob: None,
                        size: layer.size,
                        created_by: Some(layer.created_by.clone()),
                    })
                    .collect(),
            }),
            unidentified: if chance(6, &[hash(&id), 3]) { vec!["app/bin/helper".into()] } else { Vec::new() },
            privileged_files: vec![PrivilegedFile {
                path: "usr/bin/su".into(),
                mode: 0o4755,
                uid: 0,
                gid: 0,
            }],
            problems: if chance(2, &[hash(&id), 4]) {
                vec![Problem::new(
                    ProblemCode::new("archive.truncated"),
                    "layer",
                    Effect::MayHidePackages,
                    "a layer ends early: push the image again",
                )]
            } else {
                Vec::new()
            },
            skipped: Vec::new(),
            entries: 4_000 + u64::from(below(20_000, &[hash(&id), 6])),
            published: None::<Published>,
        };
        let config = document.image.as_ref().map(|image| image.config_digest.to_string()).unwrap_or_default();
        let placed = Placed {
            repository,
            manifest: manifest.to_string(),
            config,
            tag,
            at: Micros(build.at),
            is_newest: build.turn + 1 == app.builds,
            parts: hash(&id),
        };
        (document, placed)
    }

    /// Packages of some sources of a release, as they were in a month.
    fn system(&self, release: usize, sources: std::ops::Range<u32>, month: u32, all: bool) -> Vec<Package> {
        let release = &RELEASES[release];
        let mut packages = Vec::new();
        for source in self
            .systems
            .sources(release)
            .get(sources.start as usize..sources.end as usize)
            .unwrap_or_default()
        {
            let version = self.systems.version(release, source, month);
            for binary in source.binaries.iter().take(if all { usize::MAX } else { 1 }) {
                packages.push(os_package(release, &source.name, binary, &version));
            }
        }
        packages
    }

    fn base(&self, line: usize, month: u32) -> Vec<Made> {
        let (at, flavour) = LINES[line];
        let release = &RELEASES[at];
        // Images of one release share its layer, whatever comes on top.
        let id = [self.plan.seed, 71, at as u64, u64::from(month)];
        let small = release.kind == PackageType::Apk;
        let mut layers = vec![Made {
            diff_id: DiffId(digest(&id)),
            size: if small { 3_600_000 } else { 29_000_000 },
            created_by: "ADD rootfs.tar.xz / # buildkit".into(),
            packages: self.system(at, 0..release.base, month, !small),
        }];
        let from = release.base;
        if flavour != Flavour::Slim {
            layers.push(Made {
                diff_id: DiffId(digest(&[hash(&id), 1])),
                size: 22_000_000,
                created_by: "RUN install ca-certificates curl git # buildkit".into(),
                packages: self.system(at, from..from + 14, month, true),
            });
            let (more, word) = match flavour {
                Flavour::Node => (12, "node"),
                Flavour::Python => (16, "python"),
                _ => (20, "java"),
            };
            layers.push(Made {
                diff_id: DiffId(digest(&[hash(&id), 2, more])),
                size: 60_000_000,
                created_by: format!("RUN install {word} # buildkit"),
                packages: self.system(at, from + 14 + more as u32..from + 14 + 2 * more as u32, month, true),
            });
        }
        layers
    }

    fn team(&self, app: &App, month: u32) -> Made {
        let (release, _) = LINES[app.line];
        let from = 110 + u32::try_from(app.team).unwrap_or(0) % 8 * 6;
        Made {
            diff_id: DiffId(digest(&[
                self.plan.seed,
                72,
                app.line as u64,
                u64::from(month),
                app.team as u64,
            ])),
            size: 4_000_000,
            created_by: format!("RUN install tools of {} # buildkit", TEAMS[app.team].name),
            packages: self.system(release, from..from + 6, month, true),
        }
    }

    /// A layer that brings the newest of some packages of the base.
    fn upgrade(&self, app: &App, month: u32) -> Made {
        let (release, _) = LINES[app.line];
        Made {
            diff_id: DiffId(digest(&[
                self.plan.seed,
                73,
                app.line as u64,
                u64::from(month),
                app.team as u64,
            ])),
            size: 9_000_000,
            created_by: "RUN upgrade # buildkit".into(),
            packages: self.system(release, 0..6, month, true),
        }
    }

    fn app_layers(&self, app: &App, build: &Build, base: u32, month: u32) -> Vec<Made> {
        let pool = &POOLS[app.pool];
        let in_binary = pool.kind == PackageType::Golang;
        // Three builds in a row find the layer of dependencies in the cache, unless the base moved on.
        let epoch = if in_binary { build.turn } else { build.turn / 3 };
        let own = [self.plan.seed, 81, u64::from(app.number), u64::from(build.turn)];
        let deps = [self.plan.seed, 82, u64::from(app.number), u64::from(epoch), u64::from(base)];
        // Dependencies are those of when the epoch began, and each lags behind as its team lets it.
        let locked = if in_binary { month } else { month.min(MONTHS * (epoch * 3 + 1) / (app.builds + 1)) };
        let dependencies: Vec<Package> = app
            .dependencies
            .iter()
            .map(|package| {
                let lag = below(9, &[self.plan.seed, 83, u64::from(app.number), u64::from(*package)]);
                let name = language::name(pool, *package);
                let version = self.languages.version(app.pool, *package, locked.saturating_sub(lag));
                let evidence = evidence(pool.kind, &name, &version);
                Package { go: in_binary.then(Go::default), ..bare(pool.kind, name, version, evidence) }
            })
            .collect();
        let name = format!("{}-{}", TEAMS[app.team].prefix.replace('/', "-"), app.number);
        let version = format!("1.{}.{}", build.turn / 4, build.turn % 4);
        let mut packages = match pool.kind {
            PackageType::Maven => {
                vec![bare(pool.kind, format!("com.example:{name}"), version, "app/app.jar".into())]
            }
            PackageType::Golang => Vec::new(),
            kind => {
                let evidence = evidence(kind, &name, &version);
                vec![bare(kind, name, version, evidence)]
            }
        };
        let size = 1_000_000 + u64::from(below(9_000_000, &[hash(&own), 9]));
        if in_binary {
            packages.extend(dependencies);
            return vec![Made {
                diff_id: DiffId(digest(&own)),
                size,
                created_by: "COPY /out/app /usr/local/bin/app # buildkit".into(),
                packages,
            }];
        }
        // What the cache gives is what it gave before: its packages hang on its own key alone.
        vec![
            Made {
                diff_id: DiffId(digest(&[hash(&deps), u64::from(locked)])),
                size: 40_000_000,
                created_by: "RUN install dependencies # buildkit".into(),
                packages: dependencies,
            },
            Made {
                diff_id: DiffId(digest(&own)),
                size,
                created_by: "COPY . /app # buildkit".into(),
                packages,
            },
        ]
    }
}

fn evidence(kind: PackageType, name: &str, version: &str) -> String {
    match kind {
        PackageType::Npm => format!("app/node_modules/{name}/package.json"),
        PackageType::Pypi => {
            format!("usr/local/lib/python3/site-packages/{name}-{version}.dist-info/METADATA")
        }
        PackageType::Golang => "usr/local/bin/app".into(),
        _ => format!("app/lib/{}-{version}.jar", name.rsplit(':').next().unwrap_or(name)),
    }
}

fn bare(kind: PackageType, name: String, version: String, evidence: String) -> Package {
    Package {
        kind,
        name,
        version,
        source: None,
        arch: None,
        licences: Vec::new(),
        declared: false,
        probable: false,
        third_party: false,
        evidence: vec![evidence],
        layer: None,
        owner: None,
        bundled_in: None,
        depends_on: Vec::new(),
        built_using: Vec::new(),
        rpm: None,
        dev: false,
        go: None,
    }
}

fn os_package(release: &os::Release, source: &str, name: &str, version: &str) -> Package {
    let (arch, evidence) = match release.kind {
        PackageType::Deb => ("amd64", "var/lib/dpkg/status"),
        PackageType::Apk => ("x86_64", "lib/apk/db/installed"),
        _ => ("x86_64", "var/lib/rpm/rpmdb.sqlite"),
    };
    Package {
        source: Some(Source { name: source.to_owned(), version: version.to_owned() }),
        arch: Some(arch.to_owned()),
        ..bare(release.kind, name.to_owned(), version.to_owned(), evidence.to_owned())
    }
}
