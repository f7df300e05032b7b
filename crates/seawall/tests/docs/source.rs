//! What the source knows and the pages must tell.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The texts of all sources of the crates, without their tests.
fn sources(root: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders: Vec<PathBuf> = fs::read_dir(root.join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .filter(|path| path.is_dir())
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(path).unwrap();
                let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
                texts.push(text[..end].to_owned());
            }
        }
    }
    texts
}

/// The texts in quotes right behind each `before`.
fn quoted_behind(texts: &[String], before: &str) -> BTreeSet<String> {
    texts
        .iter()
        .flat_map(|text| text.split(before).skip(1))
        .filter_map(|rest| rest.strip_prefix('"')?.split_once('"'))
        .map(|(quoted, _)| quoted.to_owned())
        .collect()
}

/// Every `ProblemCode`.
pub(crate) fn problem_codes(root: &Path) -> BTreeSet<String> {
    quoted_behind(&sources(root), "ProblemCode::new(")
}

/// Every variable of the environment that is asked for by name.
pub(crate) fn environment_variables(root: &Path) -> BTreeSet<String> {
    let texts = sources(root);
    let mut names = BTreeSet::new();
    for before in ["env = ", "var_os(", "env::var("] {
        names.extend(quoted_behind(&texts, before));
    }
    // Names in a list, or given to a function that asks.
    for text in texts.iter().filter(|text| text.contains("var_os(") || text.contains("env::var(")) {
        let quoted = text.split('"').skip(1).step_by(2);
        names.extend(quoted.filter(|word| is_variable(word)).map(ToOwned::to_owned));
    }
    names
}

/// The words by which machines are told why a finding is set apart.
pub(crate) fn reasons_apart(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join("crates/report/src/words.rs")).unwrap();
    let (_, rest) = text.split_once("fn slug(reason: ApartReason)").expect("the function is there");
    let (body, _) = rest.split_once("\n}").unwrap();
    body.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// The folders that a scan of a root file system leaves out, as its page names them: `/proc`, `~/.cache`.
pub(crate) fn folders_left_out(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join("crates/scan/src/walk.rs")).unwrap();
    let table = |name: &str, before: &str| -> Vec<String> {
        let (_, rest) =
            text.split_once(&format!("const {name}: &[(&str, &str)] = &[")).expect("the table is there");
        let (table, _) = rest.split_once("];").unwrap();
        table
            .lines()
            .filter_map(|line| line.trim().strip_prefix("(\"")?.split_once('"'))
            .map(|(folder, _)| format!("{before}{folder}"))
            .collect()
    };
    [table("SKIPPED", "/"), table("SKIPPED_IN_HOME", "~/")].concat().into_iter().collect()
}

/// `XDG_DATA_HOME`, `NO_COLOR`; lower-case variants of the proxies' names are the same variable, and what cargo sets
/// for the build is none.
fn is_variable(word: &str) -> bool {
    word.contains('_')
        && word.len() > 4
        && !word.starts_with("CARGO_")
        && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}
