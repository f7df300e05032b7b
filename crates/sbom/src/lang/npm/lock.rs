//! package-lock.json and npm-shrinkwrap.json, versions 1 to 3.

use std::collections::HashMap;

use model::{Budget, Effect, Problem, Problems};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, IgnoredAny, MapAccess},
};

use super::place;
use crate::{
    Content, Fact, FileInfo,
    json::{Flag, Licences, Names, Object, Take, Text},
    lang::{input, lock::Locked},
    problems,
};

/// The packages of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// One for each name, version and carrier.
    pub(crate) packages: Vec<Locked>,
}

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    found: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, u64::MAX, info, found)?;
    let mut document = Document::default();
    let mut deserializer = serde_json::Deserializer::from_slice(input::without_bom(&bytes));
    let parsed = Object(&mut document).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Err(error) = parsed {
        found.push(input::malformed(
            info.path,
            Effect::MayHidePackages,
            format_args!("no valid lock file: {error}"),
        ));
    }
    // Version 2 has both; `packages` is the newer and fuller one.
    let entries = if document.packages.list.is_empty() { document.dependencies } else { document.packages };
    if entries.dropped > 0 {
        found.push(
            Problem::new(
                problems::LIMIT,
                info.path,
                Effect::MayHidePackages,
                format!("only the first {MAX_ENTRIES} packages, or {MAX_PLACES} bytes of paths, are read"),
            )
            .with_limit(MAX_ENTRIES as u64)
            .with_count(entries.dropped),
        );
    }
    Some(Fact::NpmLock(Lock { packages: resolve(entries.list) }))
}

#[derive(Default)]
struct Document {
    /// Versions 2 and 3: by place, `node_modules/a/node_modules/b`.
    packages: Entries,
    /// Version 1: nested; brought to the same form.
    dependencies: Entries,
}

#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// Length of all places together.
    bytes: usize,
    dropped: u64,
}

/// The largest real lock files have some ten thousand packages.
const MAX_ENTRIES: usize = 200_000;
/// Places of nested packages repeat those above them: without a limit a small file could make gigabytes of them.
const MAX_PLACES: usize = 64 << 20;

impl Entries {
    /// Adds an entry and gives its place in the list; `None` past the limits.
    fn add(&mut self, place: &[&str]) -> Option<usize> {
        let length: usize = place.iter().map(|part| part.len()).sum();
        if self.list.len() >= MAX_ENTRIES || self.bytes + length > MAX_PLACES {
            self.dropped += 1;
            return None;
        }
        self.bytes += length;
        self.list.push(Entry { place: place.concat(), ..Entry::default() });
        Some(self.list.len() - 1)
    }
}

#[derive(Default)]
struct Entry {
    /// The folder it would lie in.
    place: String,
    /// Where it differs from the place's: aliases.
    name: Option<String>,
    version: Option<String>,
    licences: Vec<String>,
    needs: Vec<String>,
    dev: bool,
    bundled: bool,
    link: bool,
}

impl<'de> Take<'de> for &mut Document {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "packages" => map.next_value_seed(Object(Packages(&mut self.packages))),
            "dependencies" => {
                map.next_value_seed(Object(Dependencies { entries: &mut self.dependencies, within: None }))
            }
            _ => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

struct Packages<'e>(&'e mut Entries);

impl<'de> Take<'de> for Packages<'_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match self.0.add(&[key]) {
            Some(at) => map.next_value_seed(Object(Fields { entries: self.0, at, nested: false })),
            None => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

struct Dependencies<'e> {
    entries: &'e mut Entries,
    /// The package whose dependencies these are.
    within: Option<usize>,
}

impl<'de> Take<'de> for Dependencies<'_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let above = self.within.and_then(|at| self.entries.list.get(at)).map(|entry| entry.place.clone());
        let place: &[&str] = match &above {
            Some(above) => &[above.as_str(), "/node_modules/", key],
            None => &["node_modules/", key],
        };
        match self.entries.add(place) {
            Some(at) => map.next_value_seed(Object(Fields { entries: self.entries, at, nested: true })),
            None => map.next_value::<IgnoredAny>().map(|_| ()),
        }
    }
}

struct Fields<'e> {
    entries: &'e mut Entries,
    at: usize,
    /// Version 1: `dependencies` holds packages, not names.
    nested: bool,
}

impl<'de> Take<'de> for Fields<'_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if self.nested && key == "dependencies" {
            return map
                .next_value_seed(Object(Dependencies { entries: self.entries, within: Some(self.at) }));
        }
        let Some(entry) = self.entries.list.get_mut(self.at) else {
            return map.next_value::<IgnoredAny>().map(|_| ());
        };
        match key {
            "name" => entry.name = map.next_value::<Text>()?.0,
            "version" => entry.version = map.next_value::<Text>()?.0,
            "license" => entry.licences = map.next_value::<Licences>()?.0,
            // `devOptional` is needed by an optional dependency too, so it may be there in production.
            "dev" => entry.dev = map.next_value::<Flag>()?.0,
            "bundled" | "inBundle" => entry.bundled = map.next_value::<Flag>()?.0,
            "link" => entry.link = map.next_value::<Flag>()?.0,
            "requires" | "dependencies" | "optionalDependencies" => {
                entry.needs.extend(map.next_value::<Names>()?.names);
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Name and version of an entry; `None` for the project itself, its workspaces and links to them.
fn identity(entry: &Entry) -> Option<(String, String)> {
    let by_place = place::name(&entry.place)?;
    if entry.link {
        return None;
    }
    let written = entry.version.as_deref().map(str::trim).unwrap_or_default();
    // Version 1 writes an alias as `npm:NAME@VERSION`.
    if let Some((name, version)) = written.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
        return Some((input::word(name)?.to_owned(), version.to_owned()));
    }
    if written.starts_with("file:") || written.starts_with("link:") {
        return None;
    }
    let name = input::word(entry.name.as_deref().unwrap_or(by_place))?;
    // A git or tarball address in version 1: which version that is, nobody knows.
    let version = if written.contains([':', '/']) || written.len() > input::MAX_WORD { "" } else { written };
    Some((name.to_owned(), version.to_owned()))
}

/// Finds what each needs, as Node would, and makes one of equal ones.
fn resolve(entries: Vec<Entry>) -> Vec<Locked> {
    let named: Vec<(Entry, (String, String))> = entries
        .into_iter()
        .filter_map(|entry| {
            let identity = identity(&entry)?;
            Some((entry, identity))
        })
        .collect();
    let by_place: HashMap<&str, usize> =
        named.iter().enumerate().map(|(n, (entry, _))| (entry.place.as_str(), n)).collect();

    let carrier = |mut n: usize| {
        // Up to the first that is not in the bundle itself. Places get shorter, so this ends.
        let (entry, _) = named.get(n)?;
        if !entry.bundled {
            return None;
        }
        while let Some((entry, _)) = named.get(n).filter(|(entry, _)| entry.bundled) {
            n = *by_place.get(place::parent(&entry.place)?)?;
        }
        Some(n)
    };
    let carriers: Vec<Option<usize>> = (0..named.len()).map(carrier).collect();

    // One place in the list for each name, version and carrier.
    let mut packages: Vec<Locked> = Vec::with_capacity(named.len());
    let mut index: HashMap<(&str, &str, Option<usize>), u32> = HashMap::with_capacity(named.len());
    let mut list_place = Vec::with_capacity(named.len());
    for ((entry, (name, version)), carrier) in named.iter().zip(&carriers) {
        let next = u32::try_from(packages.len()).unwrap_or(u32::MAX);
        let at = *index.entry((name, version, *carrier)).or_insert(next);
        if at == next {
            packages.push(Locked {
                name: name.clone(),
                version: version.clone(),
                dev: entry.dev,
                licences: entry.licences.clone(),
                ..Locked::default()
            });
        } else if let Some(package) = packages.get_mut(at as usize) {
            package.dev &= entry.dev;
        }
        list_place.push(at);
    }

    let mut key = String::new();
    let mut find = |folder: &str, name: &str| {
        let own = [folder, "/node_modules/", name];
        let mut look = |parts: &[&str]| {
            key.clear();
            parts.iter().for_each(|part| key.push_str(part));
            by_place.get(key.as_str()).copied()
        };
        look(&own).or_else(|| place::searched(folder).find_map(|modules| look(&[modules, "/", name])))
    };
    for (n, (entry, _)) in named.iter().enumerate() {
        let found: Vec<u32> = entry
            .needs
            .iter()
            .filter_map(|name| find(&entry.place, name))
            .filter_map(|target| list_place.get(target).copied())
            .collect();
        let carrier = carriers.get(n).copied().flatten().and_then(|c| list_place.get(c).copied());
        let Some(package) = list_place.get(n).and_then(|&at| packages.get_mut(at as usize)) else { continue };
        package.depends_on.extend(found);
        package.depends_on.sort_unstable();
        package.depends_on.dedup();
        package.bundled_in = carrier;
    }
    packages
}
