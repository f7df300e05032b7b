//! `artifact-version[-classifier].jar`: what a file name tells.

/// Words that follow a version and are part of it or name a variant of the archive.
const QUALIFIERS: &[&str] = &[
    "alpha",
    "beta",
    "milestone",
    "rc",
    "cr",
    "snapshot",
    "final",
    "ga",
    "release",
    "sp",
    "incubating",
    "jre",
    "android",
    "redhat",
    "java",
    "b",
    "m",
    "ea",
    "pre",
    "preview",
    "build",
    "hotfix",
    "patch",
    "stable",
    "hadoop",
    "jdk",
    "empty",
    "to",
    "avoid",
    "conflict",
    "with",
    "guava",
    "listenablefuture",
];

/// Words that name a variant, not a version.
const CLASSIFIERS: &[&str] = &[
    "sources",
    "javadoc",
    "tests",
    "test",
    "all",
    "shaded",
    "native",
    "linux",
    "osx",
    "windows",
    "x86_64",
    "aarch_64",
    "aarch64",
    "amd64",
    "jar",
    "with",
    "dependencies",
    "exec",
    "boot",
    "runtime",
    "standalone",
    "nodep",
    "plain",
    "fat",
    "uber",
    "jakarta",
    "classes",
    "client",
    "bin",
    "dist",
    "no_aop",
    "nohk2",
    "musl",
    "fedora",
    "riscv64",
    "ppc64le",
    "s390x",
];

/// Artifact and version of a file name without its extension; `None` where no version stands in it.
pub(crate) fn parse(stem: &str) -> Option<(&str, &str)> {
    // OSGi's `name_version` only where no dash does it: `kafka_2.13-3.6.0` is of another kind.
    split(stem, '-').or_else(|| split(stem, '_'))
}

fn split(stem: &str, mark: char) -> Option<(&str, &str)> {
    let starts = stem
        .match_indices(mark)
        .map(|(at, _)| at)
        .filter(|&at| at > 0 && stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    let mut dotted = None;
    for at in starts {
        let rest = &stem[at + 1..];
        if let Some(version) = version(rest) {
            return Some((&stem[..at], version));
        }
        // `log4j-1.2-api-2.14.1`: the last that begins like a version with a dot, whatever follows.
        if rest.split('-').next().is_some_and(|word| word.contains('.')) {
            dotted = Some((&stem[..at], rest));
        }
    }
    dotted
}

/// A text of which every word may stand in a version, without the classifiers at its end.
fn version(text: &str) -> Option<&str> {
    let mut end = text.len();
    let mut first = true;
    for word in text.split('-') {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        let fits = word.starts_with(|c: char| c.is_ascii_digit()) || has_word(QUALIFIERS, word);
        if !first && end == text.len() && !fits && has_word(CLASSIFIERS, word) {
            end = at.checked_sub(1)?;
        } else if !(fits || end < text.len() && has_word(CLASSIFIERS, word)) {
            return None;
        }
        first = false;
    }
    text.get(..end)
}

/// Is it one of the words, perhaps with a number behind it (`rc1`, `beta.2`)?
fn has_word(words: &[&str], word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    words.contains(&lower.as_str()) || (!bare.is_empty() && words.contains(&bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_field() {
        for (stem, expected) in [
            ("log4j-core-2.14.1", Some(("log4j-core", "2.14.1"))),
            ("log4j-1.2-api-2.14.1", Some(("log4j-1.2-api", "2.14.1"))),
            ("guava-31.1-jre", Some(("guava", "31.1-jre"))),
            ("foo-1.0-beta-2", Some(("foo", "1.0-beta-2"))),
            ("foo-1.0-rc1", Some(("foo", "1.0-rc1"))),
            ("commons-lang3-3.12.0-SNAPSHOT", Some(("commons-lang3", "3.12.0-SNAPSHOT"))),
            (
                "netty-transport-native-epoll-4.1.100.Final-linux-x86_64",
                Some(("netty-transport-native-epoll", "4.1.100.Final")),
            ),
            ("kafka_2.13-3.6.0", Some(("kafka_2.13", "3.6.0"))),
            ("org.apache.commons.lang3_3.1.0", Some(("org.apache.commons.lang3", "3.1.0"))),
            ("jstl-1.2", Some(("jstl", "1.2"))),
            (
                "plexus-container-default-1.0-alpha-9-stable-1",
                Some(("plexus-container-default", "1.0-alpha-9-stable-1")),
            ),
            ("catalina", None),
            ("jrt-fs", None),
            ("javax.inject-1", Some(("javax.inject", "1"))),
            ("-1.0", None),
            ("", None),
            ("é-1.0-é", Some(("é", "1.0-é"))),
        ] {
            assert_eq!(parse(stem), expected, "{stem}");
        }
    }
}
