//! Lock files in TOML with a `[[package]]` table for each package: Cargo.lock, poetry.lock, uv.lock.

use std::fmt;

use model::{Effect, Problems};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::input;
use crate::FileInfo;

/// One `[[package]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Block {
    /// As written.
    pub(crate) name: String,
    /// Empty for packages that the project itself is.
    pub(crate) version: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// Names of what it needs: `name` or, in Cargo.lock, `name version` or `name version (source)`.
    pub(crate) dependencies: Words,
    /// uv: what its extras need.
    pub(crate) optional_dependencies: Groups,
    /// uv: what only its developers need. On the project itself.
    pub(crate) dev_dependencies: Groups,
    /// poetry before 1.5: `main` or `dev`.
    pub(crate) category: String,
    /// poetry since 2.0: the groups that want it.
    pub(crate) groups: Vec<String>,
}

/// Where a package comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// Keys of the table (uv: `registry`, `virtual`, `editable`, `git`), or the scheme before `+` of a text (Cargo).
    pub(crate) kinds: Vec<String>,
}

impl Source {
    /// Is it of this kind?
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kinds.iter().any(|k| k == kind)
    }
}

/// Names, from an array of texts, an array of tables with a `name`, or the keys of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

/// Arrays of names under keys that do not matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups(pub(crate) Vec<String>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    package: Vec<Block>,
}

/// The packages of a lock file. Of a damaged one all packages before the damage are kept, and a problem says so.
pub(crate) fn read(bytes: &[u8], info: &FileInfo<'_>, problems: &mut Problems) -> Vec<Block> {
    let text = input::text(bytes);
    let error = match toml::from_str::<Document>(&text) {
        Ok(document) => return document.package,
        Err(error) => error,
    };
    problems.push(input::malformed(
        info.path,
        Effect::MayHidePackages,
        format_args!("no valid lock file: {}", error.message()),
    ));
    // Everything before the block that holds the damage is whole.
    let damage = error.span().map_or(0, |span| span.start);
    let before = text.get(..damage).unwrap_or_default();
    let whole = before.rfind("\n[[package]]").map_or("", |at| text.get(..at).unwrap_or_default());
    toml::from_str::<Document>(whole).map(|document| document.package).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Source;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a source")
            }

            fn visit_str<E>(self, text: &str) -> Result<Source, E> {
                let scheme = text.split(['+', ':']).next().unwrap_or_default();
                Ok(Source { kinds: vec![scheme.to_owned()] })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Source, A::Error> {
                let mut kinds = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    kinds.push(key);
                }
                Ok(Source { kinds })
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names of packages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Words, A::Error> {
                let mut names = Vec::new();
                while let Some(item) = seq.next_element::<Named>()? {
                    names.extend(item.0);
                }
                Ok(Words(names))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
                let mut names = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    names.push(key);
                }
                Ok(Words(names))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Groups;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("groups of packages")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Groups, A::Error> {
                let mut names = Vec::new();
                while let Some((IgnoredAny, words)) = map.next_entry::<IgnoredAny, Words>()? {
                    names.extend(words.0);
                }
                Ok(Groups(names))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// A text, or the `name` of a table.
struct Named(Option<String>);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a table with a name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Named, E> {
                Ok(Named(Some(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named, A::Error> {
                let mut name = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "name" {
                        name = Some(map.next_value::<String>()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Named(name))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: FileInfo<'_> = FileInfo { path: "app/Cargo.lock", size: 0, mode: 0o644 };

    fn names(text: &str) -> (Vec<String>, usize) {
        let mut problems = Problems::new();
        let blocks = read(text.as_bytes(), &INFO, &mut problems);
        (blocks.into_iter().map(|b| format!("{}@{}", b.name, b.version)).collect(), problems.into_vec().len())
    }

    #[test]
    fn sources_and_dependencies_of_all_shapes() {
        let text = r#"
version = 4
[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["b", "c 2.0.0 (git+https://example.org/c)"]
[[package]]
name = "b"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "x" }, { name = "y", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "c"
version = "2"
groups = ["main", "dev"]
[package.dependencies]
d = ">=1"
e = { version = "*", optional = true }
"#;
        let mut problems = Problems::new();
        let blocks = read(text.as_bytes(), &INFO, &mut problems);
        assert_eq!(problems.into_vec(), []);
        assert_eq!(blocks[0].dependencies.0, ["b", "c 2.0.0 (git+https://example.org/c)"]);
        assert!(blocks[0].source.is("registry"));
        assert!(blocks[1].source.is("editable"));
        assert_eq!(blocks[1].dependencies.0, ["x", "y"]);
        assert_eq!(blocks[1].dev_dependencies.0, ["pytest"]);
        assert_eq!(blocks[2].dependencies.0, ["d", "e"]);
    }

    #[test]
    fn what_stands_before_the_damage_is_kept() {
        let good =
            "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n";
        assert_eq!(names(good), (vec!["a@1".into(), "b@2".into()], 0));
        let cut = &good[..good.len() - 4];
        assert_eq!(names(cut), (vec!["a@1".into()], 1));
        assert_eq!(
            names("\u{feff}[[package]]\r\nname = \"a\"\r\nversion = \"1\"\r\n"),
            (vec!["a@1".into()], 0)
        );
        assert_eq!(names("not toml at all"), (vec![], 1));
        assert_eq!(names(""), (vec![], 0));
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("a = {}1{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(names(&deep), (vec![], 1));
    }
}
