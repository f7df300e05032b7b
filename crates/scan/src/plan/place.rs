//! Where a language package lies, as people name it: the application, archive or environment, not the file.

use package::PackageType;

/// The application root, archive or environment of an evidence path; the path itself where there is none.
pub(super) fn of(kind: PackageType, path: &str) -> String {
    let place = match kind {
        PackageType::Maven => path.split_once("!/").map(|(archive, _)| archive),
        PackageType::Npm => before(path, "node_modules"),
        PackageType::Pypi => {
            before(path, "site-packages").or_else(|| before(path, "dist-packages")).map(environment)
        }
        _ => None,
    };
    match place {
        Some("") => "/".to_owned(),
        Some(place) => place.to_owned(),
        None => path.to_owned(),
    }
}

/// What stands before the first component `name`.
fn before<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let mut at = 0;
    for component in path.split('/') {
        if component == name {
            return path.get(..at).map(|before| before.trim_end_matches('/'));
        }
        at += component.len() + 1;
    }
    None
}

/// `srv/venv` of `srv/venv/lib/python3.11`.
fn environment(path: &str) -> &str {
    let cut = |path: &'_ str| -> Option<usize> {
        let (outer, last) = path.rsplit_once('/').unwrap_or(("", path));
        (last.starts_with("python") || last == "lib" || last == "lib64").then_some(outer.len())
    };
    let mut rest = path;
    while let Some(len) = cut(rest) {
        rest = rest.get(..len).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_people_would_open() {
        for (kind, path, place) in [
            (PackageType::Maven, "srv/shop.war!/WEB-INF/lib/a.jar!/META-INF/b", "srv/shop.war"),
            (PackageType::Maven, "srv/a.jar", "srv/a.jar"),
            (PackageType::Npm, "srv/shop/node_modules/a/node_modules/b/package.json", "srv/shop"),
            (PackageType::Npm, "node_modules/a/package.json", "/"),
            (PackageType::Npm, "srv/shop/package-lock.json", "srv/shop/package-lock.json"),
            (PackageType::Pypi, "srv/venv/lib/python3.11/site-packages/a-1.dist-info/METADATA", "srv/venv"),
            (PackageType::Pypi, "usr/lib/python3/dist-packages/a.egg-info/PKG-INFO", "usr"),
            (PackageType::Pypi, "lib/python3/dist-packages/a.egg-info/PKG-INFO", "/"),
            (PackageType::Golang, "srv/bin/greet", "srv/bin/greet"),
        ] {
            assert_eq!(of(kind, path), place, "{path}");
        }
    }
}
