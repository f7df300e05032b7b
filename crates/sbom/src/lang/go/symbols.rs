//! From the name of a function to the import path of its package (Go's `cmd/internal/objabi`, `debug/gosym`).
//!
//! The runtime defines some functions in the name of packages above it (`time.Sleep`, `os/signal.signal_ignored`): a few
//! packages of the standard library count as linked for that alone. More is found by it, never less.

use std::collections::HashSet;

use memchr::{memchr, memrchr};

use crate::lang::bytes::ReadError;

/// Packages of one binary; the largest seen have 4,000.
const PACKAGES_MAX: usize = 100_000;
/// Longest import path.
const PATH_MAX: usize = 1024;

/// The set of packages that functions belong to.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    /// As written in names; neighbours mostly share theirs, so the last one answers first.
    seen: HashSet<Box<[u8]>>,
    last: Vec<u8>,
}

impl Packages {
    /// Adds the package of the function `name`.
    pub(crate) fn see(&mut self, name: &[u8]) -> Result<(), ReadError> {
        let Some(package) = package_of(name) else { return Ok(()) };
        if package == self.last {
            return Ok(());
        }
        self.last.clear();
        self.last.extend_from_slice(package);
        if !self.seen.contains(package) {
            if self.seen.len() >= PACKAGES_MAX {
                return Err(ReadError::TooLarge {
                    what: "the number of packages",
                    limit: PACKAGES_MAX as u64,
                });
            }
            self.seen.insert(package.into());
        }
        Ok(())
    }

    /// Their import paths, sorted, unescaped.
    pub(crate) fn into_paths(self) -> Vec<String> {
        let mut paths: Vec<String> = self.seen.iter().filter_map(|raw| unescape(raw)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

/// The escaped path before the function's own name: up to the first dot after the last slash, where slashes in type
/// arguments, receivers and anonymous types do not count.
fn package_of(name: &[u8]) -> Option<&[u8]> {
    let plain =
        &name[..name.iter().position(|b| matches!(b, b'[' | b'(' | b'{' | b' ')).unwrap_or(name.len())];
    let base = memrchr(b'/', plain).map_or(0, |slash| slash + 1);
    let dot = base + memchr(b'.', &plain[base..])?;
    let package = &plain[..dot];
    // Made by compiler and linker: `type:.eq.T`, `go:buildid`; before Go 1.20 `type..eq.T`, `go.buildid`, `go.(*struct`.
    let made = package.starts_with(b"type:")
        || package.starts_with(b"go:")
        || matches!(package, b"type" | b"go" | b"");
    (!made && package.len() <= PATH_MAX).then_some(package)
}

/// Undoes `%2e`: dots of the last element, quotes, percent signs, control and non-ASCII bytes are escaped.
fn unescape(raw: &[u8]) -> Option<String> {
    if memchr(b'%', raw).is_none() {
        return valid(raw.to_vec());
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            out.push(byte);
        }
    }
    valid(out)
}

fn valid(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|path| !path.is_empty() && !path.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<String> {
        let mut packages = Packages::default();
        for name in names {
            packages.see(name.as_bytes()).unwrap();
        }
        packages.into_paths()
    }

    #[test]
    fn names_of_functions_give_their_package() {
        for (name, package) in [
            ("main.main", "main"),
            ("main.main.func1.2", "main"),
            ("net/http.(*Server).Serve", "net/http"),
            ("net/http.(*Server).Serve-fm", "net/http"),
            ("net/http.glob..func5", "net/http"),
            ("gopkg.in/yaml%2ev3.(*Decoder).Decode", "gopkg.in/yaml.v3"),
            ("github.com/a/b.v2/c.F", "github.com/a/b.v2/c"),
            ("github.com/a/b.F[...]", "github.com/a/b"),
            ("github.com/a/b.F[go.shape.*github.com/c/d.T]", "github.com/a/b"),
            ("slices.pdqsortCmpFunc[go.shape.struct { net/url.x string }]", "slices"),
            ("github.com/a/b.(*T[...]).M", "github.com/a/b"),
            ("go.uber.org/zap.New", "go.uber.org/zap"),
            ("go/types.(*Checker).Files", "go/types"),
            ("vendor/golang.org/x/net/idna.ToASCII", "vendor/golang.org/x/net/idna"),
            ("runtime/internal/atomic.Load", "runtime/internal/atomic"),
            ("example.com/%c3%a9/x.F", "example.com/é/x"),
        ] {
            assert_eq!(paths(&[name]), [package], "{name}");
        }
    }

    #[test]
    fn names_without_a_package_give_none() {
        for name in [
            "",
            ".",
            "crosscall2",
            "type:.eq.net/http.T",
            "type..eq.[2]net/http.T",
            "type..hash.struct { a/b.T }",
            "go:buildid",
            "go.buildid",
            "go.(*struct { sync.Mutex; a/b.T }).Lock",
            "go:struct { a/b.T }.Lock",
            "a%2",
            "a%zz.F",
            "a%00b.F",
            "a%ff.F",
            "/",
            "[",
            "x/",
        ] {
            assert_eq!(paths(&[name]), [""; 0], "{name}");
        }
    }
}
