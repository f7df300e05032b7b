//! What can be typed, as `--help` tells it, and what the pages tell of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// The commands with their options, as `--help` of each names them.
pub(crate) struct Commands {
    /// By the words after `seawall`, such as `db import`.
    options: BTreeMap<String, BTreeSet<String>>,
}

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_seawall")).args(words).arg("--help").output().unwrap();
    assert!(output.status.success(), "seawall {} --help fails", words.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// Options that stand at the begin of a line of `--help`: `-f`, `--format`.
fn options(help: &str) -> BTreeSet<String> {
    help.lines()
        .filter_map(|line| line.trim_start().strip_prefix('-').map(|_| line.trim_start()))
        .flat_map(|line| {
            let spelt: Vec<String> = line
                .split("  ")
                .next()
                .unwrap_or_default()
                .split(", ")
                .map(|option| option.split([' ', '=', '.']).next().unwrap_or_default().to_owned())
                .collect();
            spelt
        })
        .filter(|option| is_option(option))
        .collect()
}

/// `-f`, `--format`; not `---` or `- item`.
fn is_option(word: &str) -> bool {
    let name = word.strip_prefix("--").filter(|name| name.len() > 1).or_else(|| word.strip_prefix('-'));
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    }) && (word.starts_with("--") || word.len() == 2)
}

/// Names of commands in a help text.
fn subcommands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // The text of a command may go on below, farther in.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(ToOwned::to_owned))
        .filter(|name| name != "help")
        .collect()
}

impl Commands {
    /// Asks the binary.
    pub(crate) fn ask() -> Self {
        let mut all = BTreeMap::new();
        let top = help(&[]);
        all.insert(String::new(), options(&top));
        for name in subcommands(&top) {
            let text = help(&[&name]);
            for inner in subcommands(&text) {
                all.insert(format!("{name} {inner}"), options(&help(&[&name, &inner])));
            }
            all.insert(name, options(&text));
        }
        assert!(all.contains_key("scan") && all.contains_key("db import"), "{:?}", all.keys());
        Self { options: all }
    }

    /// The commands that do something themselves: `scan`, `db import`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let is_group = |name: &str| self.options.keys().any(|other| other.starts_with(&format!("{name} ")));
        self.options.keys().map(String::as_str).filter(move |name| !name.is_empty() && !is_group(name))
    }

    /// The options that every command has, in their long form.
    pub(crate) fn common(&self) -> BTreeSet<&str> {
        long(&self.options[""])
    }

    /// The options of one command that not every one has, in their long form.
    pub(crate) fn own(&self, name: &str) -> BTreeSet<&str> {
        &long(&self.options[name]) - &self.common()
    }

    /// Has any command this option?
    pub(crate) fn knows(&self, option: &str) -> bool {
        self.options.values().any(|options| options.contains(option))
    }

    /// What is wrong with a text in which `seawall` is called: commands that there are not, options that the command
    /// has not. Gives the number of calls as well.
    pub(crate) fn check(&self, text: &str) -> (usize, Vec<String>) {
        let (mut calls, mut wrong) = (0, Vec::new());
        for words in seawall_calls(text) {
            calls += 1;
            let (first, second) = (words.first().copied(), words.get(1).copied());
            let name = match (first, second) {
                (Some(first), Some(second)) if self.options.contains_key(&format!("{first} {second}")) => {
                    format!("{first} {second}")
                }
                (Some(first), _) if !first.starts_with('-') => first.to_owned(),
                _ => String::new(),
            };
            let Some(options) = self.options.get(&name) else {
                wrong.push(format!("there is no command 'seawall {name}'"));
                continue;
            };
            for word in &words {
                let option = word.split('=').next().unwrap_or_default();
                if is_option(option) && !options.contains(option) {
                    wrong.push(format!("'seawall {name}' has no {option}"));
                }
            }
        }
        (calls, wrong)
    }
}

/// The words that an option takes, as the error about a wrong one tells them.
pub(crate) fn words_of(command: &str, option: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args([command, "target", option, "no such word"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let words = error.split_once("possible values: ").and_then(|(_, rest)| rest.split_once(']'));
    let (words, _) = words.unwrap_or_else(|| panic!("{option} takes any word: {error}"));
    words.split(", ").map(ToOwned::to_owned).collect()
}

fn long(options: &BTreeSet<String>) -> BTreeSet<&str> {
    options.iter().map(String::as_str).filter(|option| option.starts_with("--")).collect()
}

/// The words after each `seawall` that is called in a script, up to the end of the command.
fn seawall_calls(text: &str) -> Vec<Vec<&str>> {
    let mut calls = Vec::new();
    // A backslash at the end of a line goes on with the next.
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        let goes_on = line.trim_end().ends_with('\\');
        let mut call = open.take();
        for word in line.split_whitespace().filter(|word| *word != "\\") {
            let plain = word.trim_matches(['\'', '"', '`', '(', ')', ',', '[', ']', '|']);
            match &mut call {
                None if plain == "seawall" || plain.ends_with("/seawall") => call = Some(Vec::new()),
                None => {}
                Some(_) if matches!(word, "|" | "||" | "&&" | ";" | "#" | ">" | "2>") => {
                    calls.extend(call.take());
                }
                Some(typed) => typed.push(plain),
            }
        }
        if goes_on {
            open = call;
        } else {
            calls.extend(call);
        }
    }
    calls.extend(open);
    // `seawall` alone in a sentence, a path or a volume is no call.
    calls.retain(|call| call.first().is_some_and(|word| !word.is_empty() && !word.starts_with('/')));
    calls
}

#[test]
fn calls_are_found_in_scripts() {
    let text = "run: |\n  seawall db import feeds && seawall scan \\\n    \"$IMAGE\" --fail-on high | tee x\nsh 'seawall scan a -o b.json'\n";
    assert_eq!(
        seawall_calls(text),
        [
            vec!["db", "import", "feeds"],
            vec!["scan", "$IMAGE", "--fail-on", "high"],
            vec!["scan", "a", "-o", "b.json"]
        ]
    );
}

#[test]
fn options_are_found_in_help() {
    let help = "Options:\n  -f, --format <F>  Format; see --all\n      --all         List\n          - table: x\n  -h, --help\n";
    let found: Vec<String> = options(help).into_iter().collect();
    assert_eq!(found, ["--all", "--format", "--help", "-f", "-h"]);
}
