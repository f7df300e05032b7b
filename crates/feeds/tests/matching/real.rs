//! The real feeds, imported once, and read a second time as plain JSON: what the tests expect never passes through the
//! readers that are tested.

use std::{
    env,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use package::{Catalogue, Distro, OsRelease, Package, PackageType, Source};
use serde_json::Value;
use vulndb::{Assessment, Context, Database};

/// The folder of feeds.
pub(crate) fn folder() -> PathBuf {
    let folder = env::var_os("SEAWALL_FEEDS").map(PathBuf::from).expect(
        "SEAWALL_FEEDS is not set: it names the folder of advisories in the layout of the OSV bucket, and the \
         Makefile sets it where there is one beside the clone",
    );
    assert!(folder.join("Debian/all.zip").is_file(), "{} (SEAWALL_FEEDS) holds no feeds", folder.display());
    folder
}

/// The database of all feeds.
pub(crate) fn database() -> &'static Database {
    static DATABASE: OnceLock<Database> = OnceLock::new();
    DATABASE.get_or_init(|| {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("seawall.db");
        feeds::import(&folder(), &path, &mut |_| {}).unwrap();
        // In memory: the folder may go.
        Database::from_bytes(std::fs::read(&path).unwrap()).unwrap()
    })
}

/// Every record of a feed's zip.
pub(crate) fn records(feed: &str) -> Vec<Value> {
    let path = folder().join(feed).join("all.zip");
    let mut zip = zip::ZipArchive::new(std::io::BufReader::new(open(&path))).unwrap();
    let mut records = Vec::with_capacity(zip.len());
    let mut text = Vec::new();
    for number in 0..zip.len() {
        text.clear();
        let mut file = zip.by_index(number).unwrap();
        file.read_to_end(&mut text).unwrap();
        records.push(serde_json::from_slice(&text).unwrap());
    }
    records
}

fn open(path: &Path) -> File {
    File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A field's text; empty where there is none.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A field's list; empty where there is none.
pub(crate) fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field's list of texts.
pub(crate) fn texts<'v>(value: &'v Value, field: &str) -> Vec<&'v str> {
    list(value, field).iter().filter_map(Value::as_str).collect()
}

/// What an image of this distribution holds; an empty `id`: nothing says which.
pub(crate) fn image(id: &str, version: &str, packages: Vec<Package>) -> Catalogue {
    let os_release = OsRelease { id: id.into(), version_id: version.into(), ..OsRelease::default() };
    let distro = (!id.is_empty()).then_some(Distro { os_release, distroless: false });
    Catalogue { distro, packages, ..Catalogue::default() }
}

/// A package of a distribution, and the source it is built from.
pub(crate) fn os(kind: PackageType, (name, version): (&str, &str), (source, built): (&str, &str)) -> Package {
    Package {
        source: Some(Source { name: source.into(), version: built.into() }),
        ..Package::new(kind, name, version)
    }
}

/// What the feeds say of it.
pub(crate) fn assess(catalogue: &Catalogue) -> Assessment {
    let found = database().assess(catalogue, &Context::default());
    assert_eq!(found.problems, []);
    found
}
