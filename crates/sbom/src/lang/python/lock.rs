//! poetry.lock, uv.lock and Pipfile.lock.

use std::collections::HashMap;

use model::{Budget, Effect, Problems};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, IgnoredAny, MapAccess},
};

use super::normal;
use crate::{
    Content, Fact, FileInfo,
    json::{Object, Take, Text},
    lang::{
        input,
        lock::Locked,
        toml_lock::{self, Block},
    },
};

/// The packages of a lock or requirements file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// In the file's order.
    pub(crate) packages: Vec<Locked>,
    /// Other files that a requirements file includes, as written.
    pub(crate) includes: Vec<String>,
}

pub(super) fn read_toml(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, u64::MAX, info, problems)?;
    let blocks = toml_lock::read(&bytes, info, problems);
    Some(Fact::PythonLock(Lock { packages: resolve(&blocks), includes: Vec::new() }))
}

/// The project itself and its workspace members, in uv.lock.
fn is_project(block: &Block) -> bool {
    ["virtual", "editable", "directory"].iter().any(|kind| block.source.is(kind))
}

fn resolve(blocks: &[Block]) -> Vec<Locked> {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::with_capacity(blocks.len());
    for (n, block) in blocks.iter().enumerate() {
        by_name.entry(normal(&block.name)).or_default().push(n);
    }
    let find = |name: &String| by_name.get(&normal(name)).map_or(&[][..], Vec::as_slice);
    let projects: Vec<usize> = (0..blocks.len()).filter(|&n| blocks.get(n).is_some_and(is_project)).collect();
    let needed = reached(blocks, &projects, &find);
    // Places in the list that is given: without the projects.
    let mut places = Vec::with_capacity(blocks.len());
    let mut next = 0;
    for block in blocks {
        let listed = !is_project(block) && input::word(&block.name).is_some();
        places.push(listed.then_some(next));
        next += u32::from(listed);
    }
    let mut packages = Vec::with_capacity(blocks.len());
    for (n, block) in blocks.iter().enumerate() {
        if places.get(n).copied().flatten().is_none() {
            continue;
        }
        let by_group = block.category == "dev"
            || (!block.groups.is_empty() && !block.groups.iter().any(|group| group == "main"));
        let unreached = !projects.is_empty() && !needed.get(n).copied().unwrap_or(false);
        let mut depends_on: Vec<u32> = block
            .dependencies
            .0
            .iter()
            .flat_map(&find)
            .filter_map(|&target| places.get(target).copied().flatten())
            .collect();
        depends_on.sort_unstable();
        depends_on.dedup();
        packages.push(Locked {
            name: block.name.clone(),
            version: block.version.clone(),
            dev: by_group || unreached,
            depends_on,
            ..Locked::default()
        });
    }
    packages
}

/// Which blocks the projects need without their development groups.
fn reached<'b>(blocks: &[Block], projects: &[usize], find: &impl Fn(&String) -> &'b [usize]) -> Vec<bool> {
    let mut reached = vec![false; blocks.len()];
    let mut todo = projects.to_vec();
    while let Some(n) = todo.pop() {
        let (Some(block), Some(seen)) = (blocks.get(n), reached.get_mut(n)) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        let names = block.dependencies.0.iter().chain(&block.optional_dependencies.0);
        todo.extend(names.flat_map(find));
    }
    reached
}

pub(super) fn read_pipfile(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, u64::MAX, info, problems)?;
    let mut lock = Lock::default();
    let mut deserializer = serde_json::Deserializer::from_slice(input::without_bom(&bytes));
    let parsed = Object(Pipfile(&mut lock.packages)).deserialize(&mut deserializer);
    if let Err(error) = parsed.and_then(|()| deserializer.end()) {
        problems.push(input::malformed(
            info.path,
            Effect::MayHidePackages,
            format_args!("no valid Pipfile.lock: {error}"),
        ));
    }
    Some(Fact::PythonLock(lock))
}

struct Pipfile<'p>(&'p mut Vec<Locked>);

impl<'de> Take<'de> for Pipfile<'_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "_meta" => map.next_value::<IgnoredAny>().map(|_| ()),
            // Beside `default` and `develop` there may be named groups, which production does not install.
            _ => map.next_value_seed(Object(Group { packages: self.0, dev: key != "default" })),
        }
    }
}

struct Group<'p> {
    packages: &'p mut Vec<Locked>,
    dev: bool,
}

impl<'de> Take<'de> for Group<'_> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut entry = Pinned::default();
        map.next_value_seed(Object(&mut entry))?;
        if let Some(name) = input::word(key).filter(|_| !entry.local) {
            let version = entry.version.unwrap_or_default();
            let version = version.trim_start_matches('=').trim().to_owned();
            self.packages.push(Locked { name: name.to_owned(), version, dev: self.dev, ..Locked::default() });
        }
        Ok(())
    }
}

#[derive(Default)]
struct Pinned {
    version: Option<String>,
    /// A folder of the project itself.
    local: bool,
}

impl<'de> Take<'de> for &mut Pinned {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "version" => self.version = map.next_value::<Text>()?.0,
            "path" => {
                self.local = true;
                map.next_value::<IgnoredAny>()?;
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
