//! Files in which packages write about themselves, as a scan reads them: by path, one at a time, then all together.

use std::{collections::BTreeMap, sync::Arc};

use archive::{Entry, Kind, LayerIndexBuilder, Tree, Version, merge};
use model::Problems;
use package::{parse_purl, purl};
use sbom::{
    Fact, FileFact, FileInfo, Options, View, assemble, extract,
    formats::{DocumentInfo, cyclonedx},
    interest,
};

use crate::{budget, made, parts};

const OS_RELEASE: &str = "etc/os-release";

/// A file of one path.
fn one(path: &str, data: &[u8]) {
    system(&[(path, data)]);
}

/// `var/lib/dpkg/status`.
pub fn dpkg_status(data: &[u8]) {
    let os = b"ID=debian\nVERSION_ID=12\n".as_slice();
    system(&[(OS_RELEASE, os), ("var/lib/dpkg/status", data)]);
}

/// What lies beside it: file lists, check sums, diversions, copyright.
pub fn dpkg_files(data: &[u8]) {
    let parts = parts(data, 5);
    let status = b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n".as_slice();
    system(&[
        ("var/lib/dpkg/status", status),
        ("var/lib/dpkg/info/a.list", parts[0]),
        ("var/lib/dpkg/status.d/b", parts[1]),
        ("var/lib/dpkg/status.d/b.md5sums", parts[2]),
        ("var/lib/dpkg/diversions", parts[3]),
        ("usr/share/doc/a/copyright", parts[4]),
    ]);
}

/// `lib/apk/db/installed`.
pub fn apk(data: &[u8]) {
    let os = b"ID=alpine\nVERSION_ID=3.22.1\n".as_slice();
    system(&[(OS_RELEASE, os), ("lib/apk/db/installed", data)]);
}

/// An rpm database as a whole; what stands behind the first 0xFF pair is its log.
pub fn rpm_sqlite(data: &[u8]) {
    let at = data.windows(4).position(|window| window == b"\xFFWAL").unwrap_or(data.len());
    let (main, log) = data.split_at(at);
    let log = log.get(4..).unwrap_or_default();
    system(&[("var/lib/rpm/rpmdb.sqlite", main), ("var/lib/rpm/rpmdb.sqlite-wal", log)]);
}

/// One header inside a sound database.
pub fn rpm_header(data: &[u8]) {
    one("var/lib/rpm/rpmdb.sqlite", &made::rpm_database(data));
}

/// os-release and the older files about versions.
pub fn os_release(data: &[u8]) {
    let parts = parts(data, 5);
    system(&[
        (OS_RELEASE, parts[0]),
        ("usr/lib/os-release", parts[1]),
        ("etc/debian_version", parts[2]),
        ("etc/alpine-release", parts[3]),
        ("etc/redhat-release", parts[4]),
    ]);
}

/// An installed package.json, and one that carries it.
pub fn npm_manifest(data: &[u8]) {
    let parts = parts(data, 2);
    system(&[
        ("app/node_modules/a/package.json", parts[0]),
        ("app/node_modules/a/node_modules/b/package.json", parts[1]),
    ]);
}

/// package-lock.json.
pub fn npm_lock(data: &[u8]) {
    one("app/package-lock.json", data);
}

/// METADATA and PKG-INFO.
pub fn python_metadata(data: &[u8]) {
    let parts = parts(data, 2);
    system(&[
        ("usr/lib/python3/site-packages/a-1.dist-info/METADATA", parts[0]),
        ("usr/lib/python3/site-packages/b-1.egg-info/PKG-INFO", parts[1]),
    ]);
}

/// RECORD beside METADATA.
pub fn python_record(data: &[u8]) {
    let metadata = b"Metadata-Version: 2.1\nName: a\nVersion: 1\n".as_slice();
    system(&[
        ("usr/lib/python3/site-packages/a-1.dist-info/METADATA", metadata),
        ("usr/lib/python3/site-packages/a-1.dist-info/RECORD", data),
        ("usr/lib/python3/site-packages/a/_vendor/b-1.dist-info/METADATA", metadata),
    ]);
}

/// requirements.txt.
pub fn python_requirements(data: &[u8]) {
    one("app/requirements.txt", data);
}

/// poetry.lock and uv.lock: TOML.
pub fn python_toml_lock(data: &[u8]) {
    system(&[("app/poetry.lock", data), ("lib/uv.lock", data)]);
}

/// Pipfile.lock: JSON.
pub fn python_pipfile(data: &[u8]) {
    one("app/Pipfile.lock", data);
}

/// go.mod.
pub fn go_mod(data: &[u8]) {
    one("app/go.mod", data);
}

/// Cargo.lock.
pub fn cargo_lock(data: &[u8]) {
    one("app/Cargo.lock", data);
}

/// A program as a whole.
pub fn elf(data: &[u8]) {
    one("usr/bin/a", data);
}

/// Build information of Go in a sound program.
pub fn go_buildinfo(data: &[u8]) {
    one("usr/bin/a", &made::elf(&[(".go.buildinfo", data)]));
}

/// The module list in sound build information.
pub fn go_modinfo(data: &[u8]) {
    one("usr/bin/a", &made::elf(&[(".go.buildinfo", &made::buildinfo(data))]));
}

/// The line table of Go in a sound program.
pub fn go_pclntab(data: &[u8]) {
    let modules = b"path\texample.com/a\nmod\texample.com/a\tv1.2.3\t\ndep\texample.com/b\tv0.1.0\t\n";
    let information = made::buildinfo(modules);
    one("usr/bin/a", &made::elf(&[(".go.buildinfo", &information), (".gopclntab", data)]));
}

/// Rust's audit section in a sound program: the compressed bytes, or the JSON in them.
pub fn rust_auditable(data: &[u8]) {
    match data.split_first() {
        Some((b'=', json)) => one("usr/bin/a", &made::elf(&[(".dep-v0", &made::zlib(json))])),
        _ => one("usr/bin/a", &made::elf(&[(".dep-v0", data)])),
    }
}

/// A Java archive as a whole.
pub fn java_zip(data: &[u8]) {
    one("app/a-1.0.war", data);
}

/// A manifest, pom.properties and a name in a sound archive.
pub fn java_texts(data: &[u8]) {
    let parts = parts(data, 4);
    let name = crate::text(parts[3]).replace(['/', '\0'], "");
    let zip = made::zip(&[
        ("META-INF/MANIFEST.MF", parts[0]),
        ("META-INF/maven/g/a/pom.properties", parts[1]),
        ("META-INF/maven/g/b/pom.properties", parts[2]),
        ("org/example/a/A.class", b""),
    ]);
    one(&format!("app/{name}.jar"), &zip);
}

/// Places of files that are assembled together.
const PLACES: &[&str] = &[
    "etc/os-release",
    "var/lib/dpkg/status",
    "var/lib/dpkg/info/a.list",
    "var/lib/dpkg/status.d/b",
    "usr/share/doc/a/copyright",
    "lib/apk/db/installed",
    "usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
    "usr/lib/python3/dist-packages/a-1.dist-info/RECORD",
    "usr/lib/python3/dist-packages/a/_vendor/b-2.dist-info/METADATA",
    "app/requirements.txt",
    "app/node_modules/a/package.json",
    "app/node_modules/a/node_modules/b/package.json",
    "app/node_modules/.package-lock.json",
    "app/package-lock.json",
    "app/poetry.lock",
    "app/go.mod",
    "app/Cargo.lock",
];

/// Several files of one system: each part of the input begins with a byte for its place and one for its layer.
pub fn whole_system(data: &[u8]) {
    let mut files: BTreeMap<(u32, &str), &[u8]> = BTreeMap::new();
    for part in data.split(|&byte| byte == 0xFF).take(12) {
        if let [place, layer, content @ ..] = part
            && let Some(path) = PLACES.get(usize::from(*place) % PLACES.len())
        {
            files.insert((u32::from(*layer % 3), path), content);
        }
    }
    let files: Vec<(u32, &str, &[u8])> =
        files.into_iter().map(|((layer, path), content)| (layer, path, content)).collect();
    layered(&files);
}

fn system(files: &[(&str, &[u8])]) {
    let files: Vec<(u32, &str, &[u8])> = files.iter().map(|&(path, data)| (0, path, data)).collect();
    layered(&files);
}

/// Reads and assembles; then what must hold of any catalogue.
fn layered(files: &[(u32, &str, &[u8])]) {
    let budget = budget();
    let mut problems = Problems::new();
    let mut builders: Vec<LayerIndexBuilder> = (0..3).map(|_| LayerIndexBuilder::new()).collect();
    let mut facts = Vec::new();
    for &(layer, path, data) in files {
        let info = FileInfo { path, size: data.len() as u64, mode: 0o755 };
        let entry = Entry { size: info.size, ..Entry::new(path, Kind::File, 0o755) };
        if builders[layer as usize].push(&entry).is_err() {
            return;
        }
        let Some(reader) = interest(&info) else { continue };
        if reader.accepts(&data[..reader.peek_len().min(data.len())])
            && let Some(fact) = extract(reader, &info, &data, &budget, &mut problems)
        {
            // What the cache keeps comes back as it was.
            let kept = postcard::to_stdvec(&fact).expect("a fact can be written");
            assert_eq!(postcard::from_bytes::<Fact>(&kept).as_ref(), Ok(&fact));
            facts.push(FileFact { path: path.to_owned(), layer, visible: true, fact });
        }
    }
    let indexes: Vec<_> = builders.into_iter().map(|builder| Arc::new(builder.finish())).collect();
    let (tree, _) = merge(&indexes, &budget);
    for fact in &mut facts {
        fact.visible = tree.get(&fact.path).is_some_and(|node| node.layer == fact.layer);
    }
    let assembled =
        assemble(&Merged(&tree), &facts, &Options { main_programs: vec!["usr/bin/a".to_owned()] });
    problems.extend(assembled.problems);
    assert!(problems.as_slice().iter().all(|problem| problem.count > 0 && !problem.message.is_empty()));

    let catalogue = assembled.catalogue;
    let count = catalogue.packages.len();
    for package in &catalogue.packages {
        for index in package.depends_on.iter().chain(&package.owner).chain(&package.bundled_in) {
            assert!((index.0 as usize) < count, "an index past the end");
        }
        if count < 100 {
            readable(package, &catalogue);
        }
    }
    let mut out = Vec::new();
    cyclonedx::write(&catalogue, &DocumentInfo::default(), &mut out).expect("memory takes it");
    if count < 100 {
        serde_json::from_slice::<serde_json::Value>(&out).expect("what is written is JSON");
    }
}

/// The package URL that we write is one that we read.
fn readable(package: &package::Package, catalogue: &package::Catalogue) {
    let text = purl(package, catalogue.distro.as_ref());
    if text.len() > 8192 || package.name.is_empty() {
        return;
    }
    match parse_purl(&text) {
        Ok((read, _)) => assert_eq!(read.kind, package.kind, "{text}"),
        Err(error) => assert!(
            matches!(error.reason, package::PurlReason::Text | package::PurlReason::Name),
            "{package:?} is written as {error}"
        ),
    }
}

/// The merged tree, as `scan` shows it to cataloguers.
struct Merged<'a>(&'a Tree);

impl View for Merged<'_> {
    fn exists(&self, path: &str) -> bool {
        self.0.get(path).is_some()
    }

    fn resolve(&self, path: &str) -> Option<String> {
        self.0.resolve(path)
    }

    fn canonical(&self, path: &str) -> String {
        let Some((parent, name)) = path.rsplit_once('/') else { return path.to_owned() };
        match self.0.resolve(parent) {
            Some(parent) if parent.is_empty() => name.to_owned(),
            Some(parent) => format!("{parent}/{name}"),
            None => path.to_owned(),
        }
    }

    fn versions(&self, path: &str) -> Vec<(u32, bool)> {
        let versions = self.0.versions(path).into_iter();
        versions.map(|(layer, version)| (layer, version == Version::Present)).collect()
    }

    fn layered(&self) -> bool {
        true
    }
}
