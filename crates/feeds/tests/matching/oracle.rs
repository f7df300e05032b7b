//! The native order of versions, told by the native tool: apt, rpm, Python's packaging, npm's semver, Go, RubyGems, Maven,
//! Composer.

use std::{
    cmp::Ordering,
    env,
    ffi::OsString,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use package::VersionOrder;

/// Versions side by side: the tool is asked about each pair.
pub(crate) type Pair = (String, String);

/// What the tool says of each pair; `None` for an order without a tool on Debian (apk, NuGet), and for a pair that the
/// tool refuses.
pub(crate) fn ask(order: VersionOrder, pairs: &[Pair]) -> Option<Vec<Option<Ordering>>> {
    let lines = match order {
        // Not the first python3 of PATH: the modules belong to the system's.
        VersionOrder::Dpkg => run(script("/usr/bin/python3", "dpkg_order.py"), pairs),
        VersionOrder::Rpm => run(script("/usr/bin/python3", "rpm_order.py"), pairs),
        VersionOrder::Pep440 => run(script(tools().join("venv/bin/python3"), "pep440_order.py"), pairs),
        VersionOrder::Npm => run(node("loose"), pairs),
        VersionOrder::Semver => run(node("strict"), pairs),
        VersionOrder::Go => {
            let mut command = Command::new("go");
            command.args(["run", "."]).current_dir(scripts().join("go-semver"));
            run(command, pairs)
        }
        VersionOrder::RubyGems => run(script("ruby", "rubygems_order.rb"), pairs),
        VersionOrder::Maven => maven(pairs),
        VersionOrder::Composer => {
            let mut command = script("php", "composer_order.php");
            command.arg("/usr/share/php/Composer/Semver/autoload.php");
            run(command, pairs)
        }
        VersionOrder::Apk | VersionOrder::NuGet => return None,
    };
    assert_eq!(lines.len(), pairs.len(), "answers of the tool for {order:?}");
    let sign = |line: &String| match line.as_str() {
        "<" => Some(Ordering::Less),
        "=" | "==" => Some(Ordering::Equal),
        ">" => Some(Ordering::Greater),
        "!" => None,
        other => panic!("'{other}' is no answer"),
    };
    Some(lines.iter().map(sign).collect())
}

/// The scripts with which `package` holds its orders to the same tools.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../package/tests/tools")
}

fn tools() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools");
    env::var_os("SEAWALL_TOOLS").map_or(usual, PathBuf::from)
}

fn script(program: impl Into<OsString>, file: &str) -> Command {
    let mut command = Command::new(program.into());
    command.arg(scripts().join(file));
    command
}

fn node(mode: &str) -> Command {
    let mut command = script("node", "semver_order.js");
    command.arg(mode).env("NODE_PATH", tools().join("node_modules"));
    command
}

/// Its main program compares each argument with the one before, so every second answer is one of ours.
fn maven(pairs: &[Pair]) -> Vec<String> {
    let folder = tools().join("java");
    let jar = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("maven-artifact-3."))
        })
        .unwrap_or_else(|| panic!("no maven-artifact jar in {}: run `scripts/setup test`", folder.display()));
    let mut command = Command::new("java");
    command.arg("-XX:TieredStopAtLevel=1").arg("-cp").arg(&jar);
    command.arg("org.apache.maven.artifact.versioning.ComparableVersion");
    command.args(pairs.iter().flat_map(|(a, b)| [a, b]));
    let lines = run(command, &[]);
    let signs = lines.iter().filter(|line| line.starts_with("   "));
    signs.map(|line| line.split_whitespace().rev().nth(1).unwrap().to_owned()).step_by(2).collect()
}

fn run(mut command: Command, pairs: &[Pair]) -> Vec<String> {
    let what = format!("{command:?}");
    let what: String = what.chars().take(200).collect();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{what} cannot be started ({error}): run `scripts/setup test`"));
    let input: String = pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} fails: run `scripts/setup test`, which installs it\n{error}");
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
