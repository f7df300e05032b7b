use std::str;

use model::{Budget, Effect, Problem, Problems};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, IgnoredAny, MapAccess},
};

use super::place;
use crate::{
    Content, Fact, FileInfo,
    json::{Flag, Licences, Names, Object, Take, Text},
    lang::input,
    problems,
};

/// What the `package.json` of an installed package or of a project says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `name`, where it has one.
    pub(crate) name: Option<String>,
    /// Empty where it has none.
    pub(crate) version: String,
    /// `license` and `licenses`.
    pub(crate) licences: Vec<String>,
    /// Names in `dependencies` and `optionalDependencies`.
    pub(crate) dependencies: Vec<String>,
    /// `bundleDependencies`: what it carries inside itself.
    pub(crate) bundles: Vec<String>,
    /// `private`: npm refuses to publish it.
    pub(crate) private: bool,
}

pub(super) fn read(
    info: &FileInfo<'_>,
    content: &dyn Content,
    _: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, u64::MAX, info, problems)?;
    let mut draft = Draft::default();
    if let Err(error) = draft.parse(input::without_bom(&bytes)) {
        // Node reads what is not UTF-8 all the same.
        let again = str::from_utf8(&bytes).is_err().then(|| {
            draft = Draft::default();
            draft.parse(input::text(&bytes).as_bytes())
        });
        if !matches!(again, Some(Ok(()))) {
            // Outside node_modules it may as well be the template of one.
            let hides = place::of_manifest(info.path).is_some();
            problems.push(input::malformed(
                info.path,
                if hides { Effect::MayHidePackages } else { Effect::None },
                format_args!("no valid JSON: {error}"),
            ));
        }
    }
    if draft.dropped > 0 {
        problems.push(
            Problem::new(
                problems::LIMIT,
                info.path,
                Effect::None,
                format!("only the first {} names of each list of dependencies are kept", Names::MAX),
            )
            .with_limit(Names::MAX as u64)
            .with_count(draft.dropped),
        );
    }
    draft.finish().map(Fact::Npm)
}

/// The manifest while it is read: keys may come in any order and more than once.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    version: Option<String>,
    license: Vec<String>,
    licenses: Vec<String>,
    dependencies: Vec<String>,
    optional: Vec<String>,
    bundles: Vec<String>,
    bundles_all: bool,
    private: bool,
    dropped: u64,
}

impl Draft {
    fn parse(&mut self, json: &[u8]) -> Result<(), serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        Object(&mut *self).deserialize(&mut deserializer)?;
        deserializer.end()
    }

    fn finish(self) -> Option<Manifest> {
        let word = |text: Option<String>| text.as_deref().and_then(input::word).map(str::to_owned);
        let (name, version) = (word(self.name), word(self.version).unwrap_or_default());
        if name.is_none() && version.is_empty() {
            return None;
        }
        let mut dependencies = self.dependencies;
        dependencies.extend(self.optional);
        dependencies.sort_unstable();
        dependencies.dedup();
        let bundles = if self.bundles_all { dependencies.clone() } else { self.bundles };
        let mut licences = self.license;
        licences.extend(self.licenses);
        licences.dedup();
        Some(Manifest { name, version, licences, dependencies, bundles, private: self.private })
    }

    fn names(&mut self, names: Names) -> Vec<String> {
        self.dropped += names.dropped;
        names.names
    }
}

impl<'de> Take<'de> for &mut Draft {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => self.name = map.next_value::<Text>()?.0,
            "version" => self.version = map.next_value::<Text>()?.0,
            "license" => self.license = map.next_value::<Licences>()?.0,
            "licenses" => self.licenses = map.next_value::<Licences>()?.0,
            "dependencies" => {
                let names = map.next_value::<Names>()?;
                self.dependencies = self.names(names);
            }
            "optionalDependencies" => {
                let names = map.next_value::<Names>()?;
                self.optional = self.names(names);
            }
            "private" => self.private = map.next_value::<Flag>()?.0,
            // npm knows both spellings.
            "bundleDependencies" | "bundledDependencies" => {
                let names = map.next_value::<Names>()?;
                self.bundles_all = names.all;
                self.bundles = self.names(names);
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
