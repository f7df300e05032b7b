//! Go: build information of binaries, the packages linked into them, and go.mod.

mod buildinfo;
mod gomod;
mod modinfo;
mod pclntab;
mod symbols;

use model::{Budget, Effect, Problem, Problems};
use package::{Detail, GoBinary, GoModule, Package, PackageType, Presence, go_toolchain_version};
use serde::{Deserialize, Serialize};

pub(crate) use self::gomod::ModFile;
use crate::{
    Content, Fact, FileFact, FileInfo,
    assembly::{Draft, layers_since},
    lang::{
        bytes::ReadError,
        elf::{Binary, file::Elf},
        input,
    },
    problems,
    reader::Row,
};

/// The version of a module that was built from a directory.
pub(crate) const DEVEL: &str = "(devel)";

/// A real go.mod has a few KiB.
const GO_MOD_MAX: u64 = 4 << 20;

pub(crate) static READERS: &[Row] = &[Row {
    name: "go.mod",
    wants: |info| info.name() == "go.mod" && !is_cached(info.path),
    peek: None,
    by_content: true,
    max: GO_MOD_MAX,
    in_parts: false,
    read: read_go_mod,
}];

/// How a Go binary was built, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Toolchain and target.
    pub binary: GoBinary,
    /// Import path of the main package.
    pub path: String,
    /// Modules, the main one first.
    pub modules: Vec<Module>,
    /// Linked packages of the standard library; `None` where the binary does not tell.
    pub stdlib: Option<Vec<String>>,
    /// Linked packages that no named module has, as in binaries built without modules: nobody can tell their versions.
    pub unattributed: u32,
}

/// A module of a binary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Module path; the replacement's, where another module replaces it.
    pub path: String,
    /// Version as written; `(devel)` where built from a directory.
    pub version: String,
    /// It is the main module.
    pub main: bool,
    /// The path that was required, where another module replaces it.
    pub replaces: Option<String>,
    /// Linked packages, by the path of this module; `None` where the binary does not tell.
    pub linked: Option<Vec<String>>,
}

/// Module caches and vendored trees hold the go.mod of others: nobody here declares what stands in them.
fn is_cached(path: &str) -> bool {
    ["pkg/mod/", "vendor/", "testdata/"]
        .iter()
        .any(|dir| path.starts_with(dir) || path.contains(&format!("/{dir}")))
}

fn read_go_mod(
    info: &FileInfo<'_>,
    content: &dyn Content,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Fact> {
    let bytes = input::bytes(content, GO_MOD_MAX, info, problems)?;
    if let Err(exceeded) = budget.charge_bytes(bytes.len() as u64) {
        ReadError::from(exceeded).report(problems, info.path, "go.mod", Effect::MayHidePackages);
        return None;
    }
    let (file, broken) = gomod::parse(&input::text(&bytes));
    if broken > 0 {
        problems.push(
            Problem::new(
                problems::MALFORMED,
                info.path,
                Effect::MayHidePackages,
                "lines of go.mod that require or replace nothing were skipped; run 'go mod tidy'",
            )
            .with_count(broken),
        );
    }
    Some(Fact::GoMod(file))
}

/// What Go's linker left in a binary; `None`: not built by Go.
pub(crate) fn read_binary(
    elf: &Elf<'_>,
    info: &FileInfo<'_>,
    budget: &Budget,
    problems: &mut Problems,
) -> Option<Build> {
    let raw = match buildinfo::find(elf) {
        Ok(Some(raw)) => raw,
        // Before Go 1.13 only the line table tells that Go built it.
        Ok(None) => {
            elf.section(|name| name == b".gopclntab")?;
            buildinfo::Raw::default()
        }
        Err(error) => {
            error.report(problems, info.path, "Go's build information", Effect::MayHidePackages);
            elf.section(|name| name.ends_with(b"gopclntab"))?;
            buildinfo::Raw::default()
        }
    };
    let linked = match pclntab::packages(elf) {
        Ok(linked) => linked.map(symbols::Packages::into_paths),
        Err(error) => {
            // Without it all packages of a module count as linked: more is found, not less.
            error.report(problems, info.path, "Go's line table", Effect::None);
            None
        }
    };
    if let Err(exceeded) = budget.check_time() {
        ReadError::from(exceeded).report(problems, info.path, "Go's line table", Effect::MayHidePackages);
        return None;
    }
    let named = modinfo::parse(&raw.modules);
    if named.strange > 0 {
        problems.push(
            Problem::new(
                problems::MALFORMED,
                info.path,
                Effect::MayHidePackages,
                "lines of Go's module information were not understood",
            )
            .with_count(named.strange),
        );
    }
    Some(build(raw.toolchain, named, linked))
}

fn build(toolchain: String, named: modinfo::ModInfo, linked: Option<Vec<String>>) -> Build {
    let has_table = linked.is_some();
    let mut stdlib = Vec::new();
    let mut unattributed = 0;
    let mut of_module: Vec<Vec<String>> = vec![Vec::new(); named.modules.len()];
    let main = named.modules.iter().position(|module| module.main);
    // Sorted by path: the module of a package is the longest of its prefixes that is there.
    let mut by_path: Vec<(&str, usize)> =
        named.modules.iter().enumerate().map(|(i, module)| (module.path.as_str(), i)).collect();
    by_path.sort_unstable();
    for package in linked.into_iter().flatten() {
        if package == "main" {
            // Without a main module it is a program of single files, which no advisory knows.
            if let Some(list) = main.and_then(|i| of_module.get_mut(i)) {
                list.push(if named.path.is_empty() { package } else { named.path.clone() });
            }
            continue;
        }
        match module_of(&package, &by_path).and_then(|i| of_module.get_mut(i)) {
            Some(list) => list.push(package),
            None if !package.split('/').next().unwrap_or_default().contains('.') => stdlib.push(package),
            None => unattributed += 1,
        }
    }
    let modules = named.modules.into_iter().zip(of_module).map(|(module, mut packages)| {
        let (path, version, replaces) = match module.replacement {
            // A directory stands in for it: its own path says more than the directory's.
            Some((path, _)) if is_directory(&path) => (module.path, DEVEL.to_owned(), None),
            Some((path, version)) if path != module.path => {
                // Its advisories name its packages by its own path, whatever the program imports them by.
                for package in &mut packages {
                    if let Some(rest) = package.strip_prefix(&module.path) {
                        *package = format!("{path}{rest}");
                    }
                }
                (path, version, Some(module.path))
            }
            Some((path, version)) => (path, version, None),
            None => (module.path, module.version, None),
        };
        packages.sort_unstable();
        packages.dedup();
        Module { path, version, main: module.main, replaces, linked: has_table.then_some(packages) }
    });
    Build {
        modules: modules.collect(),
        binary: GoBinary { toolchain, goos: named.goos, goarch: named.goarch, cgo: named.cgo },
        path: named.path,
        stdlib: has_table.then_some(stdlib),
        unattributed,
    }
}

/// Replacements by directory begin with a dot or a slash (go.mod reference, "replace directive").
fn is_directory(path: &str) -> bool {
    path.starts_with(['.', '/'])
}

/// The module with the longest path that is `package` or a parent of it.
fn module_of(package: &str, by_path: &[(&str, usize)]) -> Option<usize> {
    let mut prefix = package;
    loop {
        if let Ok(at) = by_path.binary_search_by(|(path, _)| (*path).cmp(prefix)) {
            return by_path.get(at).map(|(_, module)| *module);
        }
        prefix = &prefix[..prefix.rfind('/')?];
    }
}

pub(crate) fn assemble(draft: &mut Draft<'_>) {
    let facts: Vec<&FileFact> = draft.facts.visible().collect();
    for fact in facts {
        match &fact.fact {
            Fact::Elf(Binary { go: Some(build), .. }) => add_binary(draft, fact, build),
            Fact::GoMod(file) => add_go_mod(draft, fact, file),
            _ => {}
        }
    }
}

fn add_binary(draft: &mut Draft<'_>, file: &FileFact, build: &Build) {
    let layers = layers_since(draft, &file.path, |fact| match fact {
        Fact::Elf(Binary { go: Some(build), .. }) => {
            // The standard library's version is the toolchain's.
            let stdlib = ("", build.binary.toolchain.as_str());
            std::iter::once(stdlib).chain(build.modules.iter().map(key)).collect()
        }
        _ => Vec::new(),
    });
    let layer = layers.get(&("", build.binary.toolchain.as_str())).copied();
    if build.unattributed > 0 {
        draft.unidentified.push(file.path.clone());
    }
    let version = go_toolchain_version(&build.binary.toolchain).unwrap_or_default();
    let detail = |linked: &Option<Vec<String>>, main, replaces: &Option<String>| {
        Detail::Go(GoModule {
            linked: linked.clone(),
            main,
            replaces: replaces.clone(),
            binary: build.binary.clone(),
        })
    };
    let add = |draft: &mut Draft<'_>, name: &str, version: &str, layer, detail| {
        let mut package = Package::new(PackageType::Golang, name, version);
        package.evidence.push(file.path.clone());
        package.layer = layer;
        package.detail = detail;
        draft.add(package)
    };
    add(draft, "stdlib", &version, layer, detail(&build.stdlib, false, &None));
    if build.path == "cmd/go" {
        // Where the go command lies, so does the toolchain that advisories call `toolchain`.
        add(draft, "toolchain", &version, layer, detail(&None, false, &None));
    }
    let mut main = None;
    let mut dependencies = Vec::new();
    for module in &build.modules {
        let layer = layers.get(&key(module)).copied();
        let index = add(
            draft,
            &module.path,
            &module.version,
            layer,
            detail(&module.linked, module.main, &module.replaces),
        );
        if module.main {
            main = Some(index);
        } else {
            dependencies.push(index);
        }
    }
    // Build information is flat: what is known is that the main module needs them all.
    if let Some(main) = main.and_then(|main| draft.packages.get_mut(main.0 as usize)) {
        main.depends_on = dependencies;
    }
}

fn key(module: &Module) -> (&str, &str) {
    (&module.path, &module.version)
}

fn add_go_mod(draft: &mut Draft<'_>, file: &FileFact, go_mod: &ModFile) {
    let layers = layers_since(draft, &file.path, |fact| match fact {
        Fact::GoMod(go_mod) => {
            go_mod.requires.iter().map(|r| (r.path.as_str(), r.version.as_str())).collect()
        }
        _ => Vec::new(),
    });
    for require in &go_mod.requires {
        let mut package = Package::new(PackageType::Golang, &require.path, &require.version);
        package.presence = Presence::Declared;
        package.evidence.push(file.path.clone());
        package.layer = layers.get(&(require.path.as_str(), require.version.as_str())).copied();
        package.detail = Detail::Go(GoModule { replaces: require.replaces.clone(), ..GoModule::default() });
        draft.add(package);
    }
}
