//! Where packages lie: `node_modules/NAME` and `node_modules/@SCOPE/NAME`.

const MODULES: &str = "node_modules";

/// The folder of the package whose `package.json` this is; `None` where the path is not that of an installed package,
/// such as a `package.json` deeper inside one that only sets the module type.
pub(super) fn of_manifest(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/package.json")?;
    is_package(folder).then_some(folder)
}

/// The folder of the project whose `package.json` this is: outside every `node_modules`, and no fixture of a test.
/// Empty for the root of the tree.
pub(super) fn of_project(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("package.json")?;
    let folder = if folder.is_empty() { folder } else { folder.strip_suffix('/')? };
    let fits = |part: &str| part != MODULES && !FIXTURES.contains(&part);
    folder.split('/').all(fits).then_some(folder)
}

/// Is this folder directly in a `node_modules`, with a scope or without?
fn is_package(folder: &str) -> bool {
    let Some((above, name)) = folder.rsplit_once('/') else { return false };
    // npm and pnpm keep their own things under names with a dot: `.bin`, `.pnpm`, `.cache`.
    if name.is_empty() || name.starts_with('.') {
        return false;
    }
    if is_modules(above) {
        return !name.starts_with('@');
    }
    let (above, scope) = above.rsplit_once('/').unwrap_or(("", above));
    scope.starts_with('@') && is_modules(above)
}

/// Is the last component `node_modules`?
fn is_modules(folder: &str) -> bool {
    folder.strip_suffix(MODULES).is_some_and(|above| above.is_empty() || above.ends_with('/'))
}

/// Is any folder of the path a `node_modules`?
pub(super) fn inside_modules(path: &str) -> bool {
    modules(path).next().is_some()
}

/// The path up to and with each `node_modules` in it, outermost first.
fn modules(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices(MODULES).filter_map(|(at, _)| up_to(path, at))
}

/// The same, innermost first.
fn modules_upwards(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices(MODULES).filter_map(|(at, _)| up_to(path, at))
}

/// The path up to the `node_modules` at `at`, where that is a whole component with something below it.
fn up_to(path: &str, at: usize) -> Option<&str> {
    let end = at + MODULES.len();
    let starts = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    let ends = path.as_bytes().get(end) == Some(&b'/');
    if starts && ends { path.get(..end) } else { None }
}

/// Most `node_modules` that are looked at on the way up: npm's deepest trees have about ten, and a path that a
/// hostile image makes may have hundreds.
const MAX_LEVELS: usize = 32;

/// The `node_modules` folders in which Node looks for what the package in `folder` requires, besides that package's
/// own: nearest first.
pub(super) fn searched(folder: &str) -> impl Iterator<Item = &str> {
    modules_upwards(folder).take(MAX_LEVELS)
}

/// The folder of the package that `folder` is nested in: `a/node_modules/b` → `a`.
pub(super) fn parent(folder: &str) -> Option<&str> {
    let modules = modules_upwards(folder).next()?;
    modules.strip_suffix(MODULES)?.strip_suffix('/')
}

/// The folder of the package that a file lies in.
pub(super) fn around(path: &str) -> Option<&str> {
    let modules = modules_upwards(path).next()?;
    let inside = path.get(modules.len() + 1..)?;
    let parts = if inside.starts_with('@') { 2 } else { 1 };
    let (at, _) = inside.match_indices('/').nth(parts - 1)?;
    path.get(..modules.len() + 1 + at)
}

/// The name by the folder: `x` or `@scope/x`.
pub(super) fn name(folder: &str) -> Option<&str> {
    let modules = modules_upwards(folder).next()?;
    folder.get(modules.len() + 1..)
}

/// Folders in which packages keep what their tests work on.
const FIXTURES: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "__fixtures__",
    "testdata",
    "example",
    "examples",
];

/// The folder of the package that carries `folder` as a fixture of its tests: below a package, in a test folder.
pub(super) fn fixture_of(folder: &str) -> Option<&str> {
    let mut outer: Option<&str> = None;
    for modules in modules(folder) {
        if let Some(outer) = outer {
            // Between one `node_modules` and the next: the package's own folder first, then what lies in it.
            let between = modules.get(outer.len() + 1..).unwrap_or_default();
            let own = if between.starts_with('@') { 2 } else { 1 };
            if between.split('/').skip(own).any(|part| FIXTURES.contains(&part)) {
                let length: usize = between.split('/').take(own).map(|part| part.len() + 1).sum();
                return modules.get(..outer.len() + length);
            }
        }
        outer = Some(modules);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_installed_packages() {
        for (path, folder) in [
            ("app/node_modules/a/package.json", Some("app/node_modules/a")),
            ("node_modules/@s/a/package.json", Some("node_modules/@s/a")),
            (
                "node_modules/.pnpm/a@1/node_modules/a/package.json",
                Some("node_modules/.pnpm/a@1/node_modules/a"),
            ),
            ("app/package.json", None),
            ("package.json", None),
            ("node_modules/package.json", None),
            ("node_modules/@s/package.json", None),
            ("node_modules/.cache/package.json", None),
            ("node_modules/a/dist/esm/package.json", None),
            ("node_modules/a/package.json5", None),
            ("my_node_modules/a/package.json", None),
            ("node_modules/a/b-package.json", None),
        ] {
            assert_eq!(of_manifest(path), folder, "{path}");
        }
    }

    #[test]
    fn folders_of_projects() {
        for (path, folder) in [
            ("package.json", Some("")),
            ("srv/shop/package.json", Some("srv/shop")),
            ("usr/share/nodejs/@s/a/package.json", Some("usr/share/nodejs/@s/a")),
            ("srv/shop/my-package.json", None),
            ("srv/shop/node_modules/a/package.json", None),
            ("srv/shop/node_modules/a/dist/package.json", None),
            ("srv/shop/test/fixtures/a/package.json", None),
            ("usr/share/doc/a/examples/package.json", None),
        ] {
            assert_eq!(of_project(path), folder, "{path}");
        }
    }

    #[test]
    fn up_the_tree() {
        let folder = "app/node_modules/a/node_modules/@s/b";
        assert_eq!(
            searched(folder).collect::<Vec<_>>(),
            ["app/node_modules/a/node_modules", "app/node_modules"]
        );
        assert_eq!(parent(folder), Some("app/node_modules/a"));
        assert_eq!(parent("node_modules/a"), None);
        assert_eq!(parent("app/node_modules/a"), Some("app"));
        assert_eq!(name(folder), Some("@s/b"));
        assert_eq!(around("x/node_modules/@s/b/bin/c"), Some("x/node_modules/@s/b"));
        assert_eq!(around("node_modules/b/c"), Some("node_modules/b"));
        assert_eq!(around("node_modules/b"), None);
        assert!(searched(&"node_modules/a/".repeat(10_000)).count() <= MAX_LEVELS);
    }

    #[test]
    fn fixtures() {
        for (folder, carrier) in [
            ("node_modules/a/test/node_modules/b", Some("node_modules/a")),
            ("x/node_modules/@s/a/lib/__fixtures__/p/node_modules/b", Some("x/node_modules/@s/a")),
            ("node_modules/a/node_modules/b", None),
            ("node_modules/test/node_modules/b", None),
            ("node_modules/@s/test/node_modules/b", None),
            ("test/node_modules/b", None),
            ("node_modules/.pnpm/a@1/node_modules/a", None),
        ] {
            assert_eq!(fixture_of(folder), carrier, "{folder}");
        }
    }
}
