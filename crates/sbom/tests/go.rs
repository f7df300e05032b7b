//! The go command as the judge: what it says of programs that it just built, from modules that this test makes and
//! serves to it from a folder. Needs Go.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the lint's leave for tests does not reach the functions that they share"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use model::{Budget, Problems};
use package::{Detail, GoModule, Package};
use sbom::{Assembled, Fact, FileFact, FileInfo, Options, View, assemble, extract, interest};

#[path = "../src/lang/java/made.rs"]
mod made;
#[path = "../src/testing.rs"]
mod testing;
use testing::{Image, problems};

/// Names and texts of a module's files, go.mod first.
type Files = &'static [(&'static str, &'static str)];

/// Modules as a proxy serves them: path, version, files.
const MODULES: &[(&str, &str, Files)] = &[
    (
        "example.com/dep",
        "v1.2.3",
        &[
            ("go.mod", "module example.com/dep\n\ngo 1.20\n"),
            (
                "dep.go",
                "package dep\n\nimport \"example.com/dep/inner\"\n\n//go:noinline\nfunc Hello() string { return inner.Name() }\n",
            ),
            ("inner/inner.go", "package inner\n\n//go:noinline\nfunc Name() string { return \"dep\" }\n"),
            ("unused/unused.go", "package unused\n\nfunc Never() string { return \"never\" }\n"),
        ],
    ),
    // The last part of its path has a dot, which the linker escapes.
    (
        "example.com/generic.go",
        "v1.0.1",
        &[
            ("go.mod", "module example.com/generic.go\n\ngo 1.20\n"),
            (
                "generic.go",
                "package generic\n\ntype Stack[T any] struct{ all []T }\n\n//go:noinline\nfunc (s *Stack[T]) Push(t T) { s.all = append(s.all, t) }\n\n//go:noinline\nfunc (s *Stack[T]) Len() int { return len(s.all) }\n",
            ),
        ],
    ),
    (
        "example.com/old",
        "v1.0.0",
        &[("go.mod", "module example.com/old\n\ngo 1.20\n"), ("old.go", "package old\n")],
    ),
    (
        "example.com/fork",
        "v1.0.1",
        &[
            ("go.mod", "module example.com/old\n\ngo 1.20\n"),
            ("old.go", "package old\n\n//go:noinline\nfunc Len(s string) int { return len(s) }\n"),
        ],
    ),
];

const GO_MOD: &str = "module example.com/app\n\ngo 1.20\n\nrequire (\n\texample.com/dep v1.2.3\n\texample.com/generic.go v1.0.1\n\texample.com/local v0.0.0\n\texample.com/old v1.0.0\n)\n\nreplace example.com/old => example.com/fork v1.0.1\n\nreplace example.com/local => ./local\n";

const MAIN: &str = r#"package main

import (
	"strconv"
	"strings"

	"example.com/app/internal/greet"
	"example.com/dep"
	"example.com/generic.go"
	"example.com/local"
	"example.com/old"
)

func main() {
	var stack generic.Stack[error]
	stack.Push(nil)
	println(strings.ToUpper(greet.All(dep.Hello(), local.Name())), strconv.Quote("x"), stack.Len(), old.Len("x"))
}
"#;

fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("go")
}

/// Runs the go command in the module, away from the network and from the user's settings.
fn go(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let root = scratch();
    let proxy = format!("file://{}", root.join("proxy").display());
    let output = Command::new("go")
        .args(arguments)
        .current_dir(root.join("app"))
        .env("GOPROXY", proxy)
        .env("GOSUMDB", "off")
        .env("GOFLAGS", "-mod=mod -modcacherw")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("GOENV", "off")
        .env("GOMODCACHE", root.join("modules"))
        .env("GOCACHE", root.join("cache"))
        .env("CGO_ENABLED", "0")
        .env("GOOS", "linux")
        .env("GOARCH", "amd64")
        .envs(environment.iter().copied())
        .output()
        .unwrap_or_else(|error| panic!("the go command is needed: {error}; run 'scripts/setup test'"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "go {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Written only where it changed, so that the build cache of the last run serves.
    if fs::read(path).is_ok_and(|old| old == bytes.as_ref()) {
        return;
    }
    fs::write(path, bytes).unwrap();
}

/// The module and its proxy; once, as the tests of this file run side by side.
fn set_up() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let root = scratch();
        for (path, version, files) in MODULES {
            let at = root.join("proxy").join(path).join("@v");
            write(&at.join("list"), format!("{version}\n"));
            write(&at.join(format!("{version}.info")), format!("{{\"Version\":\"{version}\"}}"));
            write(&at.join(format!("{version}.mod")), files[0].1);
            let named: Vec<_> =
                files.iter().map(|(name, text)| (format!("{path}@{version}/{name}"), text)).collect();
            let entries: Vec<_> =
                named.iter().map(|(name, text)| made::file(name, text.as_bytes())).collect();
            write(&at.join(format!("{version}.zip")), made::zip(&entries));
        }
        let app = root.join("app");
        // The go command adds checksums to go.mod's neighbour, and may reorder go.mod itself.
        write(&app.join("go.mod"), GO_MOD);
        write(&app.join("main.go"), MAIN);
        write(
            &app.join("internal/greet/greet.go"),
            "package greet\n\n//go:noinline\nfunc All(a, b string) string { return a + b }\n",
        );
        write(&app.join("local/go.mod"), "module example.com/local\n\ngo 1.20\n");
        write(
            &app.join("local/local.go"),
            "package local\n\n//go:noinline\nfunc Name() string { return \"local\" }\n",
        );
        go(&["mod", "tidy"], &[]);
    });
}

/// Builds the program and gives its bytes and path.
fn build(name: &str, flags: &[&str], environment: &[(&str, &str)]) -> (Vec<u8>, PathBuf) {
    set_up();
    let out = scratch().join("bin").join(name);
    let path = out.to_string_lossy().into_owned();
    let arguments: Vec<&str> =
        ["build", "-o", &path].into_iter().chain(flags.iter().copied()).chain(["."]).collect();
    go(&arguments, environment);
    (fs::read(&out).unwrap(), out)
}

/// `name → (version, details)` of what is in the binary.
fn catalogue(bytes: &[u8]) -> BTreeMap<String, Package> {
    let got: Assembled = Image::new().file(0, "app/bin/app", bytes).catalogue();
    assert_eq!(problems(&got), [""; 0]);
    assert_eq!(got.catalogue.unidentified, [""; 0]);
    got.catalogue.packages.into_iter().map(|package| (package.name.clone(), package)).collect()
}

fn detail(package: &Package) -> &GoModule {
    match &package.detail {
        Detail::Go(module) => module,
        other => panic!("{other:?}"),
    }
}

fn linked(package: &Package) -> BTreeSet<&str> {
    detail(package).linked.as_ref().unwrap().iter().map(String::as_str).collect()
}

/// The facts in the words of `go version -m`, where they are in both.
fn as_go_says(packages: &BTreeMap<String, Package>) -> BTreeSet<String> {
    packages
        .values()
        .filter(|package| package.name != "stdlib")
        .map(|package| {
            let module = detail(package);
            let word = if module.main { "mod" } else { "dep" };
            let path = module.replaces.as_ref().unwrap_or(&package.name);
            format!("{word} {path} => {} {}", package.name, package.version)
        })
        .collect()
}

/// `go version -m` in the same form: a directory's replacement keeps the module's own path.
fn oracle(path: &Path) -> (String, BTreeSet<String>) {
    let said = go(&["version", "-m", &path.to_string_lossy()], &[]);
    let toolchain = said.lines().next().unwrap().rsplit_once(": ").unwrap().1.to_owned();
    let mut modules: Vec<(String, String, String, String)> = Vec::new();
    for line in said.lines().skip(1) {
        let columns: Vec<&str> = line.trim_start_matches('\t').split('\t').collect();
        match columns.as_slice() {
            [word @ ("mod" | "dep"), path, version, ..] => {
                modules.push(((*word).into(), (*path).into(), (*path).into(), (*version).into()));
            }
            ["=>", path, version, ..] => {
                let last = modules.last_mut().unwrap();
                if !path.starts_with('.') {
                    last.2 = (*path).into();
                }
                last.3 = (*version).into();
            }
            _ => {}
        }
    }
    let lines =
        modules.into_iter().map(|(word, path, name, version)| format!("{word} {path} => {name} {version}"));
    (toolchain, lines.collect())
}

/// Packages in whose name the runtime defines functions (`//go:linkname local package.name`): those are linked without
/// the package itself.
fn lent_by_runtime() -> BTreeSet<String> {
    let root = go(&["env", "GOROOT"], &[]);
    let sources = fs::read_dir(Path::new(root.trim()).join("src/runtime")).unwrap();
    let mut lent = BTreeSet::new();
    for source in
        sources.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "go"))
    {
        let text = fs::read_to_string(source).unwrap();
        let names = text.lines().filter_map(|line| line.strip_prefix("//go:linkname ")?.split(' ').nth(1));
        lent.extend(names.filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned())));
    }
    lent
}

#[test]
fn builds_of_all_kinds_say_what_go_says_of_them() {
    let started = Instant::now();
    type Kind = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);
    let kinds: [Kind; 6] = [
        ("plain", &[], &[]),
        ("stripped", &["-ldflags=-s -w", "-trimpath"], &[]),
        ("pie", &["-buildmode=pie"], &[]),
        ("arm64", &[], &[("GOARCH", "arm64")]),
        ("386", &["-ldflags=-s -w"], &[("GOARCH", "386")]),
        ("s390x", &[], &[("GOARCH", "s390x")]),
    ];
    set_up();
    let lent = lent_by_runtime();
    for (name, flags, environment) in kinds {
        let (bytes, path) = build(name, flags, environment);
        let packages = catalogue(&bytes);
        let (toolchain, modules) = oracle(&path);
        assert_eq!(as_go_says(&packages), modules, "{name}");

        let stdlib = detail(&packages["stdlib"]);
        assert_eq!(stdlib.binary.toolchain, toolchain, "{name}");
        let version = toolchain.split(' ').next().unwrap().trim_start_matches("go");
        assert_eq!(packages["stdlib"].version, version, "{name}");
        assert_eq!(
            (stdlib.binary.goos.as_deref(), stdlib.binary.cgo),
            (Some("linux"), Some(false)),
            "{name}"
        );
        let arch = environment.first().map_or("amd64", |(_, arch)| arch);
        assert_eq!(stdlib.binary.goarch.as_deref(), Some(arch), "{name}");

        for (module, expected) in [
            ("example.com/app", &["example.com/app", "example.com/app/internal/greet"][..]),
            ("example.com/dep", &["example.com/dep", "example.com/dep/inner"]),
            ("example.com/generic.go", &["example.com/generic.go"]),
            ("example.com/local", &["example.com/local"]),
            ("example.com/fork", &["example.com/fork"]),
        ] {
            assert_eq!(linked(&packages[module]), expected.iter().copied().collect(), "{name}: {module}");
        }
        // Of the standard library what is linked is a part of what is depended on: packages of constants only, and
        // those of which nothing is called, are not.
        let depended = go(&["list", "-deps", "."], environment);
        let depended: BTreeSet<&str> = depended.lines().chain(lent.iter().map(String::as_str)).collect();
        let linked = linked(&packages["stdlib"]);
        let extra: Vec<_> = linked.difference(&depended).collect();
        assert!(extra.is_empty(), "{name}: {extra:?}");
        for package in ["strings", "strconv", "runtime", "unicode/utf8", "internal/bytealg"] {
            assert!(linked.contains(package), "{name}: {package}");
        }
        assert!(!linked.contains("net/http"), "{name}");
    }
    assert!(started.elapsed() < Duration::from_secs(300), "{:?}", started.elapsed());
}

#[test]
fn without_a_section_table_the_same_is_found() {
    for (name, environment) in [("no-table", &[][..]), ("no-table-386", &[("GOARCH", "386")])] {
        let (mut bytes, _) = build(name, &[], environment);
        let whole = catalogue(&bytes);
        let (offset, word, count) = if bytes[4] == 2 { (40, 8, 60) } else { (32, 4, 48) };
        bytes[offset..offset + word].fill(0);
        bytes[count..count + 4].fill(0);
        assert_eq!(catalogue(&bytes), whole, "{name}");
    }
}

#[test]
fn real_headers_with_every_byte_flipped_are_bounded_and_never_a_panic() {
    let (mut bytes, _) = build("flipped", &["-ldflags=-s -w"], &[]);
    let info = FileInfo { path: "app", size: bytes.len() as u64, mode: 0o755 };
    let reader = interest(&info).unwrap();
    let number = |at: usize, len: usize| {
        let mut raw = [0; 8];
        raw[..len].copy_from_slice(&bytes[at..at + len]);
        u64::from_le_bytes(raw) as usize
    };
    let (segments, sections) = (number(32, 8), number(40, 8));
    let (segment_bytes, section_bytes) = (number(54, 2) * number(56, 2), number(58, 2) * number(60, 2));
    let find = |magic: &[u8]| bytes.windows(magic.len()).position(|part| part == magic).unwrap();
    let build_info = find(b"\xff Go buildinf:");
    let line_table = find(&[0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]);
    let places: Vec<usize> = (0..64)
        .chain(segments..segments + segment_bytes)
        .chain(sections..sections + section_bytes)
        .chain(build_info..build_info + 64)
        .chain(line_table..line_table + 80)
        .collect();
    assert!(places.len() > 1000, "{}", places.len());
    let mut slowest = Duration::ZERO;
    for at in places {
        for mask in [0xff, 0x01] {
            bytes[at] ^= mask;
            let started = Instant::now();
            let mut problems = Problems::new();
            let fact: Option<Fact> =
                extract(reader, &info, &bytes.as_slice(), &Budget::default(), &mut problems);
            slowest = slowest.max(started.elapsed());
            drop(fact);
            bytes[at] ^= mask;
        }
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[test]
fn case_30_a_main_module_without_a_version_keeps_its_word() {
    let (bytes, _) = build("devel", &["-buildvcs=false"], &[]);
    let packages = catalogue(&bytes);
    let app = &packages["example.com/app"];
    assert_eq!((app.version.as_str(), detail(app).main), ("(devel)", true));
    assert_eq!(packages["example.com/local"].version, "(devel)");
    let fork = &packages["example.com/fork"];
    assert_eq!(
        (fork.version.as_str(), detail(fork).replaces.as_deref()),
        ("v1.0.1", Some("example.com/old"))
    );
    assert_eq!(app.depends_on.len(), 4);
}

#[test]
fn the_go_command_itself_is_the_toolchain() {
    set_up();
    let root = go(&["env", "GOROOT"], &[]);
    let bytes = fs::read(Path::new(root.trim()).join("bin/go")).unwrap();
    let packages = catalogue(&bytes);
    assert_eq!(packages["toolchain"].version, packages["stdlib"].version);
    assert!(!packages["stdlib"].version.is_empty());
}

#[test]
fn go_mod_declares_what_the_go_command_lists() {
    set_up();
    let text = fs::read(scratch().join("app/go.mod")).unwrap();
    let got = Image::new().file(0, "src/go.mod", &text).catalogue();
    assert_eq!(problems(&got), [""; 0]);
    let ours: BTreeSet<String> =
        got.catalogue.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
    let format = "{{if not .Main}}{{if .Replace}}{{if .Replace.Version}}{{.Replace.Path}} {{.Replace.Version}}{{else}}{{.Path}} (devel){{end}}{{else}}{{.Path}} {{.Version}}{{end}}{{end}}";
    let said = go(&["list", "-m", "-f", format, "all"], &[]);
    let listed: BTreeSet<String> = said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    assert_eq!(ours, listed);
    assert!(got.catalogue.packages.iter().all(|package| package.presence == package::Presence::Declared));
}
