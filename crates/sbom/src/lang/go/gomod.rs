//! go.mod, line by line (<https://go.dev/ref/mod#go-mod-file>).

use serde::{Deserialize, Serialize};

/// What a go.mod requires.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModFile {
    /// Path of the module itself.
    pub module: String,
    /// Required modules, after replacement.
    pub requires: Vec<Require>,
}

/// A required module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Require {
    /// Module path; the replacement's, where it is another module.
    pub path: String,
    /// Version; `(devel)` where a directory stands in for it.
    pub version: String,
    /// The path that was required, where another module replaces it.
    pub replaces: Option<String>,
    /// Marked `// indirect`: nothing of the main module imports it directly.
    pub indirect: bool,
}

struct Replace {
    old: String,
    old_version: Option<String>,
    new: String,
    new_version: Option<String>,
}

/// Reads it; the number is that of lines of `require` and `replace` that are no such thing.
pub(crate) fn parse(text: &str) -> (ModFile, u64) {
    let mut file = ModFile::default();
    let mut replaces = Vec::new();
    let mut broken = 0;
    let mut block: Option<String> = None;
    for line in text.lines() {
        let (code, comment) = match line.find("//") {
            // `//` inside a quoted path is not possible in a valid module path.
            Some(at) => (&line[..at], &line[at + 2..]),
            None => (line, ""),
        };
        let words: Vec<&str> = code.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
        let (verb, arguments) = match (&block, words.as_slice()) {
            (_, []) => continue,
            (Some(_), [")"]) => {
                block = None;
                continue;
            }
            (Some(verb), arguments) => (verb.clone(), arguments),
            (None, [verb, "("]) => {
                block = Some((*verb).to_owned());
                continue;
            }
            (None, [verb, arguments @ ..]) => ((*verb).to_owned(), arguments),
        };
        match (verb.as_str(), arguments) {
            ("module", [path]) => file.module = (*path).to_owned(),
            ("require", [path, version]) => file.requires.push(Require {
                path: (*path).to_owned(),
                version: (*version).to_owned(),
                replaces: None,
                indirect: comment.trim_start().starts_with("indirect"),
            }),
            ("replace", arguments) => match replace(arguments) {
                Some(replace) => replaces.push(replace),
                None => broken += 1,
            },
            ("require", _) => broken += 1,
            // go, toolchain, exclude, retract, tool, ignore, godebug: nothing that is required.
            _ => {}
        }
    }
    for require in &mut file.requires {
        // A replacement of this very version goes before one of all versions.
        let fits = |r: &&Replace| {
            r.old == require.path && r.old_version.as_ref().is_none_or(|v| *v == require.version)
        };
        let Some(replace) = replaces.iter().filter(fits).max_by_key(|r| r.old_version.is_some()) else {
            continue;
        };
        match &replace.new_version {
            Some(version) => {
                require.replaces = Some(std::mem::replace(&mut require.path, replace.new.clone()));
                require.version.clone_from(version);
            }
            None => require.version = super::DEVEL.to_owned(),
        }
    }
    (file, broken)
}

fn replace(words: &[&str]) -> Option<Replace> {
    let (old, new) = match words {
        [old @ .., "=>", new] => (old, (*new, None)),
        [old @ .., "=>", new, version] => (old, (*new, Some((*version).to_owned()))),
        _ => return None,
    };
    let (old, old_version) = match old {
        [path] => (*path, None),
        [path, version] => (*path, Some((*version).to_owned())),
        _ => return None,
    };
    Some(Replace { old: old.to_owned(), old_version, new: new.0.to_owned(), new_version: new.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requires_replacements_and_comments() {
        let (file, broken) = parse(
            "module example.com/app // the app\n\ngo 1.22\ntoolchain go1.22.3\nrequire \"rsc.io/quote\" v1.5.2\nrequire (\n\
             \tgolang.org/x/text v0.3.0 // indirect\n\tb.example/b v1.0.0\n\tc.example/c v1.0.0\n\td.example/d v1.0.0\n)\n\
             replace b.example/b => ../b\nreplace (\n\tc.example/c v1.0.0 => fork.example/c v1.0.1\n\tc.example/c => x.example/x v9.0.0\n\
             \td.example/d v2.0.0 => no.example/no v1.0.0\n)\nexclude e.example/e v1.0.0\nretract [v1.0.0, v1.1.0]\n",
        );
        assert_eq!(broken, 0);
        assert_eq!(file.module, "example.com/app");
        let got: Vec<_> = file
            .requires
            .iter()
            .map(|r| (r.path.as_str(), r.version.as_str(), r.replaces.as_deref(), r.indirect))
            .collect();
        assert_eq!(
            got,
            [
                ("rsc.io/quote", "v1.5.2", None, false),
                ("golang.org/x/text", "v0.3.0", None, true),
                ("b.example/b", "(devel)", None, false),
                ("fork.example/c", "v1.0.1", Some("c.example/c"), false),
                ("d.example/d", "v1.0.0", None, false),
            ]
        );
    }

    #[test]
    fn broken_lines_are_counted() {
        let (file, broken) = parse("require (\n a\n a b c\n)\nreplace x\nreplace => y\nrequire a v1");
        assert_eq!((file.requires.len(), broken), (1, 4));
    }
}
