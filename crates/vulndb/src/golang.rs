//! Go's versions: toolchains, builds without a release, packages that are linked or not.

use std::borrow::Cow;

use package::{Detail, GoModule, Package, VersionOrder, go_toolchain_version};

use crate::statement::Tail;

/// A toolchain's version in the form of advisories, from the form of a binary (`go1.27rc1`) or of a bill of materials
/// (`v1.19.8`, `1.20`). `None` for development builds and names that are no release: they are unknown, not version 0.
pub(crate) fn toolchain(text: &str) -> Option<Cow<'_, str>> {
    if text.starts_with("go") {
        return go_toolchain_version(text).map(Cow::Owned);
    }
    let word = text.strip_prefix('v').unwrap_or(text);
    match VersionOrder::Go.parse(word) {
        Ok(_) => Some(Cow::Borrowed(word)),
        Err(_) => go_toolchain_version(&format!("go{word}")).map(Cow::Owned),
    }
}

/// A module whose version says nothing about releases: `(devel)`, none, or a main module built from a commit without
/// a release before it. Dependencies of such a form are comparable: their fixes are given in it too.
pub(crate) fn is_unversioned(package: &Package) -> bool {
    let version = package.version.as_str();
    if version.is_empty() || version == "(devel)" {
        return true;
    }
    let main = matches!(&package.detail, Detail::Go(GoModule { main: true, .. }));
    main && version.strip_prefix('v').unwrap_or(version).starts_with("0.0.0-")
}

/// Does the binary hold what a statement is about: is one of its packages linked, on this system? What the binary
/// does not tell is taken as there.
pub(crate) fn is_linked(package: &Package, tail: &Tail<'_>) -> bool {
    let Detail::Go(module) = &package.detail else { return true };
    let here = |platforms: &[&str]| {
        let goos = module.binary.goos.as_deref();
        platforms.is_empty() || goos.is_none_or(|goos| platforms.contains(&goos))
    };
    if !here(&tail.platforms) {
        return false;
    }
    tail.imports.is_empty()
        || tail.imports.iter().any(|(path, platforms)| {
            let linked = module.linked.as_ref();
            here(platforms) && linked.is_none_or(|linked| linked.iter().any(|linked| linked == path))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_31_toolchains() {
        let of = |text| toolchain(text).map(Cow::into_owned);
        assert_eq!(of("go1.23.1 X:nocoverageredesign").as_deref(), Some("1.23.1"));
        assert_eq!(of("go1.25-20250209-RC00 cl/724953457 +abc"), None);
        assert_eq!(of("devel go1.26-f00 Mon"), None);
        assert_eq!(of("go1.27rc1").as_deref(), Some("1.27.0-rc.1"));
        assert_eq!(of("1.27.0-rc.1").as_deref(), Some("1.27.0-rc.1"));
        assert_eq!(of("go1.20").as_deref(), Some("1.20.0"));
        assert_eq!(of("1.20").as_deref(), Some("1.20"));
        assert_eq!(of("v1.19.8").as_deref(), Some("1.19.8"));
        assert_eq!(of("1.19.8").as_deref(), Some("1.19.8"));
        assert_eq!(of("go"), None);
        assert_eq!(of(""), None);
        assert_eq!(of("go1"), None);
        assert_eq!(of("go1.x"), None);
    }
}
