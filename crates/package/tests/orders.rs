//! Each version order against its native tool, in one process for all pairs of an order.
//!
//! `SEAWALL_SEED=n` chooses other pairs, `SEAWALL_DEEP=1` twenty times as many. Tools that are no Debian packages are sought
//! under `target/tools`, or under `SEAWALL_TOOLS`: `venv` (Python's packaging), `node_modules` (npm's semver),
//! `java` (maven-artifact's jar). A missing tool is a failure: `scripts/setup test` installs all of them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test; the configuration's leave covers only functions marked as tests, not their helpers"
)]

use std::{
    cmp::Ordering,
    env,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use package::VersionOrder;

fn seed() -> u64 {
    env::var("SEAWALL_SEED").map_or(1, |seed| seed.parse().expect("SEAWALL_SEED is no number"))
}

fn pairs_wanted() -> usize {
    if env::var_os("SEAWALL_DEEP").is_some_and(|deep| deep == "1") { 100_000 } else { 5_000 }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tools() -> PathBuf {
    env::var_os("SEAWALL_TOOLS").map_or_else(|| here().join("../../target/tools"), PathBuf::from)
}

/// SplitMix64: enough for tests, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn number(&mut self) -> String {
        match self.below(12) {
            0 => "0".to_owned(),
            1 if self.one_in(3) => format!("0{}", self.below(20)),
            2 => (self.next() % 100_000_000).to_string(),
            3 => (20_200_101 + self.below(50_000)).to_string(),
            _ => self.below(14).to_string(),
        }
    }

    fn numbers(&mut self, (fewest, most): (usize, usize)) -> String {
        let count = fewest + self.below(most - fewest + 1);
        (0..count).map(|_| self.number()).collect::<Vec<_>>().join(".")
    }

    /// A pattern's parts, each there or not: a version of no particular shape, but of the order's own material.
    fn parts(&mut self, parts: &[(usize, &[&str])]) -> String {
        let mut text = String::new();
        for (one_in, words) in parts {
            if self.one_in(*one_in) {
                text.push_str(self.pick(words));
                if self.below(3) > 0 {
                    text.push_str(&self.number());
                }
            }
        }
        text
    }
}

/// How versions of an order are made.
struct Shape {
    /// Fewest and most numbers with dots between.
    numbers: (usize, usize),
    /// (one in, words): what may follow the numbers, in this order.
    tail: &'static [(usize, &'static [&'static str])],
    prefixes: &'static [&'static str],
    /// What an edit inserts.
    edits: &'static [&'static str],
}

fn shape(order: VersionOrder) -> Shape {
    match order {
        VersionOrder::Dpkg => Shape {
            numbers: (1, 4),
            tail: &[
                (3, &["~rc", "~", "+dfsg", "+really", "a", ".git", "~beta", "+git"]),
                (2, &["-", "-0ubuntu", "-0.", "-1.1+b", "-1~"]),
                (3, &["~deb12u", "+deb12u", "+b", "~bpo12+", "ubuntu", ".", "build"]),
            ],
            prefixes: &["", "", "", "1:", "0:", "2:", "00:"],
            edits: &["~", "+", ".", "-", "a", "Z", "0", "1", "9", "10", "00", ":"],
        },
        VersionOrder::Rpm => Shape {
            numbers: (1, 4),
            tail: &[
                (3, &["~rc", "~", "^git", "^", "^2023", "a", "p", "_", "~~", "^~", "+"]),
                (2, &["-", "-1.el", "-0.", "-1.module_el8.", "-2.fc"]),
                (3, &[".el9_", ".el8", "~", "^", ".alma.", "_"]),
            ],
            prefixes: &["", "", "", "1:", "0:", "2:", "00:", ":"],
            edits: &["~", "^", "+", ".", "-", "_", "a", "Z", "0", "1", "9", "10", "00", ":", ".."],
        },
        VersionOrder::Pep440 => Shape {
            numbers: (1, 4),
            tail: &[
                (3, &["a", ".alpha", "-b", "rc", "c", "_pre", ".preview-", "beta."]),
                (3, &[".post", "-", "-r", "rev", "post."]),
                (4, &[".dev", "-dev", "dev", "_dev_"]),
                (4, &["+", "+ubuntu.", "+a-", "+1_", "+ABC"]),
            ],
            prefixes: &["", "", "", "", "v", "1!", "0!"],
            edits: &[".", "-", "_", "+", "a", "b", "rc", "post", "dev", "0", "1", "9", "10", "!", ".0", "v"],
        },
        VersionOrder::Npm | VersionOrder::Semver | VersionOrder::Go => Shape {
            numbers: (3, 3),
            tail: &[
                (2, &["-alpha", "-", "-rc.", "-beta.", "-0.", "-x-", "-20230101-", "-rc", "-a.b."]),
                (3, &[".", ".a", "-", ".rc", ".0a"]),
                (4, &["+build", "+", "+incompatible", "+x.", "+00"]),
            ],
            prefixes: &["", "", "", "v", "v"],
            edits: &[".", "-", "+", "a", "Z", "0", "1", "9", "10", ".0", "-0", "v", "=", " "],
        },
        VersionOrder::Maven => Shape {
            numbers: (1, 4),
            tail: &[
                (
                    2,
                    &[
                        "-alpha",
                        ".beta",
                        "-rc",
                        "-SNAPSHOT",
                        "a",
                        "m",
                        "-m",
                        ".Final",
                        ".RELEASE",
                        "-ga",
                        "-cr",
                        "-sp",
                    ],
                ),
                (3, &["-", ".", "-jre", ".v2023", "-SNAPSHOT", "-0", ".0", "-alpha", "x", "-b"]),
                (4, &["-SNAPSHOT", ".0", "-", "final", "--", "..", "-1.0-"]),
            ],
            prefixes: &["", "", "", "", "v", "-", "r"],
            edits: &[
                ".",
                "-",
                "a",
                "b",
                "x",
                "0",
                "1",
                "9",
                "10",
                ".0",
                "-0",
                "ga",
                "sp",
                "00000000000",
                "_",
                "rc",
            ],
        },
        VersionOrder::RubyGems => Shape {
            numbers: (1, 5),
            tail: &[
                (3, &[".pre", ".rc", ".beta", "a", ".0.", "-", "-x86", ".B"]),
                (3, &[".", ".0", ".0.0", "a", "-"]),
            ],
            prefixes: &["", "", "", " "],
            edits: &[".", "-", "a", "b", "B", "0", "1", "9", "10", ".0", ".a", "a0"],
        },
        VersionOrder::Composer => Shape {
            numbers: (1, 5),
            tail: &[
                (
                    2,
                    &[
                        "-alpha", "-beta", "RC", "-RC", "-rc.", "-p", "-patch", "pl", "a", "b", "-stable",
                        ".x-dev", "_b",
                    ],
                ),
                (4, &["-", ".", "@dev", "@beta", "-1"]),
                (5, &["-dev", ".dev", "+build", "dev"]),
            ],
            prefixes: &["", "", "", "", "", "", "v", "v", "2023-01-", "20230101", "dev-"],
            edits: &[".", "-", "_", "a", "p", "0", "1", "9", "10", ".0", "-dev", ":", "x", "*", "RC"],
        },
        VersionOrder::Apk | VersionOrder::NuGet => {
            unreachable!("these have no tool on Debian; tables prove them")
        }
    }
}

fn generate(random: &mut Random, shape: &Shape) -> String {
    let numbers = random.numbers(shape.numbers);
    format!("{}{numbers}{}", random.pick(shape.prefixes), random.parts(shape.tail))
}

/// One edit away: a character less, some more, or others instead.
fn neighbour(random: &mut Random, shape: &Shape, text: &str) -> String {
    let mut text = text.to_owned();
    let at = random.below(text.len() + 1);
    match random.below(5) {
        0 if at < text.len() => {
            text.remove(at);
        }
        1 if at < text.len() => text.replace_range(at..=at, random.pick(shape.edits)),
        2 => text.push_str(random.pick(shape.edits)),
        3 => text.push_str(&random.parts(shape.tail)),
        _ => text.insert_str(at, random.pick(shape.edits)),
    }
    text
}

/// Half more than are wanted, as the tool may refuse some. A pair that we refuse is kept now and then: the tool must refuse
/// it too.
fn pairs(order: VersionOrder) -> Vec<(String, String)> {
    let shape = shape(order);
    let mut random = Random(seed() ^ ((order as u64) << 32));
    let mut pairs = Vec::new();
    while pairs.len() < pairs_wanted() * 3 / 2 {
        let a = generate(&mut random, &shape);
        let b = if pairs.len() % 2 == 0 {
            neighbour(&mut random, &shape, &a)
        } else {
            generate(&mut random, &shape)
        };
        // Some tools take an empty text for 0; here it is no version.
        let is_blank = a.trim().is_empty() || b.trim().is_empty();
        if !is_blank && (order.compare(&a, &b).is_ok() || random.one_in(20)) {
            pairs.push(if random.one_in(2) { (a, b) } else { (b, a) });
        }
    }
    pairs
}

/// Runs a tool on all pairs; one answer a line.
fn ask(mut command: Command, what: &str, pairs: &[(String, String)]) -> Vec<String> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(
            |error| panic!("{what} cannot be started ({error}): run `scripts/setup test`, which installs it"),
        );
    let input: String = pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{what} fails: run `scripts/setup test`, which installs it\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Holds our order to the tool's answers. What the tool refuses may be refused or tolerated here; what it reads must be read,
/// save where the tool reads anything (`reads_anything`) and we refuse what no package can have.
fn hold(order: VersionOrder, pairs: &[(String, String)], answers: &[String], reads_anything: bool) {
    assert_eq!(answers.len(), pairs.len(), "answers of the tool");
    let mut compared = 0;
    let mut wrong = Vec::new();
    for ((a, b), answer) in pairs.iter().zip(answers) {
        let expected = match answer.as_str() {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            ">" => Ordering::Greater,
            "!" => continue,
            other => panic!("'{other}' is no answer"),
        };
        match order.compare(a, b) {
            Ok(found) if found == expected => compared += 1,
            Err(_) if reads_anything => {}
            found => wrong.push(format!("{a:?} {answer} {b:?}, but here: {found:?}")),
        }
        if let (Ok(x), Ok(y)) = (order.parse(a), order.parse(b)) {
            assert_eq!(y.compare(&x), x.compare(&y).reverse(), "{a:?} {b:?}");
        }
    }
    println!("{order:?}: {compared} of {} pairs compared, seed {}", pairs.len(), seed());
    assert!(
        wrong.is_empty(),
        "{} of {} {order:?} pairs differ (SEAWALL_SEED={}):\n{}",
        wrong.len(),
        pairs.len(),
        seed(),
        wrong.iter().take(30).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
    assert!(compared >= pairs_wanted(), "only {compared} of {} pairs could be compared", pairs.len());
}

fn script(program: impl Into<OsString>, file: &str) -> Command {
    let mut command = Command::new(program.into());
    command.arg(here().join("tests/tools").join(file));
    command
}

#[test]
fn dpkg_as_apt() {
    let pairs = pairs(VersionOrder::Dpkg);
    // Not the first python3 of PATH: the module belongs to the system's.
    let answers = ask(script("/usr/bin/python3", "dpkg_order.py"), "apt's order (python3-apt)", &pairs);
    hold(VersionOrder::Dpkg, &pairs, &answers, true);
}

#[test]
fn rpm_as_rpm() {
    let pairs = pairs(VersionOrder::Rpm);
    let answers = ask(script("/usr/bin/python3", "rpm_order.py"), "rpm's order (python3-rpm)", &pairs);
    hold(VersionOrder::Rpm, &pairs, &answers, true);
}

#[test]
fn pep440_as_packaging() {
    let pairs = pairs(VersionOrder::Pep440);
    let python = tools().join("venv/bin/python3");
    let answers = ask(script(python, "pep440_order.py"), "Python's order (packaging)", &pairs);
    hold(VersionOrder::Pep440, &pairs, &answers, false);
}

fn node(mode: &str, pairs: &[(String, String)]) -> Vec<String> {
    let mut command = script("node", "semver_order.js");
    command.arg(mode).env("NODE_PATH", tools().join("node_modules"));
    ask(command, "npm's order (semver)", pairs)
}

#[test]
fn npm_as_node_semver() {
    let pairs = pairs(VersionOrder::Npm);
    hold(VersionOrder::Npm, &pairs, &node("loose", &pairs), false);
}

#[test]
fn semver_as_strict_node_semver() {
    let pairs = pairs(VersionOrder::Semver);
    hold(VersionOrder::Semver, &pairs, &node("strict", &pairs), false);
}

#[test]
fn go_as_x_mod_semver() {
    let pairs = pairs(VersionOrder::Go);
    let mut command = Command::new("go");
    command.args(["run", "."]).current_dir(here().join("tests/tools/go-semver"));
    let answers = ask(command, "Go's order (golang.org/x/mod/semver)", &pairs);
    hold(VersionOrder::Go, &pairs, &answers, false);
}

#[test]
fn rubygems_as_gem_version() {
    let pairs = pairs(VersionOrder::RubyGems);
    let answers = ask(script("ruby", "rubygems_order.rb"), "RubyGems' order (ruby)", &pairs);
    hold(VersionOrder::RubyGems, &pairs, &answers, false);
}

#[test]
fn maven_as_comparable_version() {
    let pairs = pairs(VersionOrder::Maven);
    let folder = tools().join("java");
    let jar = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("maven-artifact-3."))
        })
        .unwrap_or_else(|| {
            panic!(
                "no maven-artifact jar in {}: run `scripts/setup test`, which installs it",
                folder.display()
            )
        });
    // Its main program compares each argument with the one before, so every second answer is one of ours. A command
    // line holds so many arguments.
    let mut answers = Vec::new();
    for some in pairs.chunks(10_000) {
        let mut command = Command::new("java");
        command.arg("-XX:TieredStopAtLevel=1").arg("-cp").arg(&jar);
        command.arg("org.apache.maven.artifact.versioning.ComparableVersion");
        command.args(some.iter().flat_map(|(a, b)| [a, b]));
        let lines = ask(command, "Maven's order (java, maven-artifact)", &[]);
        let signs = lines.iter().filter(|line| line.starts_with("   ")).map(|line| {
            let sign = line.split_whitespace().rev().nth(1).expect("a comparison");
            if sign == "==" { "=".to_owned() } else { sign.to_owned() }
        });
        answers.extend(signs.step_by(2));
    }
    hold(VersionOrder::Maven, &pairs, &answers, true);
}

#[test]
fn composer_as_composer_semver() {
    let mut pairs = pairs(VersionOrder::Composer);
    // Since 3.4 composer/semver reads a date with two small groups at its end, where Debian 12's 3.3 sees a branch.
    let may_be_both = |version: &str| {
        let digits = version.trim_start_matches('v').bytes().take_while(u8::is_ascii_digit).count();
        digits > 5 && version.to_ascii_lowercase().ends_with("dev")
    };
    pairs.retain(|(a, b)| !may_be_both(a) && !may_be_both(b));
    let mut command = script("php", "composer_order.php");
    command.arg("/usr/share/php/Composer/Semver/autoload.php");
    let answers = ask(command, "Composer's order (php-cli, php-composer-semver)", &pairs);
    hold(VersionOrder::Composer, &pairs, &answers, false);
}
