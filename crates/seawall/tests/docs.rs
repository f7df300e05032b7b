//! The manual is true: what its pages show is what is printed, what they link to is there, and what there is to know
//! stands in them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "docs/bench.rs"]
mod bench;
#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/feed.rs"]
mod feed;
#[path = "docs/hub.rs"]
mod hub;
#[path = "docs/image.rs"]
mod image;
#[path = "docs/page.rs"]
mod page;
#[path = "hub/process.rs"]
#[allow(dead_code, reason = "the suite of the hub uses all of it")]
mod process;
#[path = "docs/registry.rs"]
mod registry;
#[path = "docs/session.rs"]
mod session;
#[path = "docs/source.rs"]
mod source;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use bench::Bench;
use commands::Commands;
use page::Page;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn page(name: &str) -> Page {
    Page::read(&root(), root().join(name))
}

fn none_wrong(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn every_console_block_prints_what_it_shows() {
    let bless = std::env::var_os("SEAWALL_BLESS").is_some();
    let (mut sessions, mut wrong) = (0, Vec::new());
    for page in Page::all(&root()) {
        let blocks = page.blocks();
        if !blocks.iter().any(|block| block.language == "console") {
            continue;
        }
        let mut bench = Bench::new();
        if blocks.iter().any(|block| block.language == "console" && block.text().contains(hub::HUB)) {
            bench.with_hub();
        }
        let mut text: Vec<String> = page.text.lines().map(ToOwned::to_owned).collect();
        // From the last to the first, lines can be put in without moving those that are still to come.
        let mut put: Vec<(usize, usize, Vec<String>)> = Vec::new();
        for block in &blocks {
            if let Some(file) = block.file {
                bench.write(file, &block.text());
            }
            if block.language != "console" {
                continue;
            }
            sessions += 1;
            let (failed, right) = session::run(block, &bench);
            if !failed.is_empty() {
                put.push((block.line - 1, block.lines.len(), right));
            }
            wrong.extend(
                failed.into_iter().map(|wrong| format!("{}:{}: {}", page.name, wrong.line, wrong.difference)),
            );
        }
        if bless && !put.is_empty() {
            for (at, count, right) in put.into_iter().rev() {
                text.splice(at..at + count, right);
            }
            fs::write(&page.path, text.join("\n") + "\n").unwrap();
        }
    }
    assert!(sessions > 0, "no page has a console block");
    none_wrong(
        "what is printed is not what is shown (- shown, + printed); SEAWALL_BLESS=1 writes what is printed",
        &wrong,
    );
}

#[test]
fn other_blocks_parse() {
    let mut wrong = Vec::new();
    for page in Page::all(&root()) {
        for block in page.blocks() {
            let text = block.text();
            let at = format!("{}:{}", page.name, block.line);
            match block.language {
                "yaml" => {
                    if let Err(error) = serde_saphyr::from_str::<Value>(&text) {
                        wrong.push(format!("{at}: {error}"));
                    }
                }
                "json" => {
                    if let Err(error) = serde_json::from_str::<Value>(&text) {
                        wrong.push(format!("{at}: {error}"));
                    }
                }
                "console" | "sh" | "groovy" | "rust" | "text" | "ini" => {}
                other => wrong.push(format!("{at}: nothing looks at blocks of '{other}'")),
            }
        }
    }
    none_wrong("blocks", &wrong);
}

#[test]
fn seawall_has_the_commands_and_options_that_the_pages_use() {
    let commands = Commands::ask();
    let (mut calls, mut wrong) = (0, Vec::new());
    for page in Page::all(&root()) {
        let scripts = page
            .blocks()
            .into_iter()
            .filter(|block| matches!(block.language, "sh" | "yaml" | "groovy" | "console"))
            .map(|block| (block.line, block.text()));
        let spans = page.inline_code().into_iter().map(|(line, code)| (line, code.to_owned()));
        for (line, text) in scripts.chain(spans) {
            let (found, failed) = commands.check(&text);
            calls += found;
            wrong.extend(failed.into_iter().map(|failed| format!("{}:{line}: {failed}", page.name)));
        }
        for (line, code) in page.inline_code() {
            let option = code.split([' ', '=', '[']).next().unwrap_or_default();
            if option.starts_with("--") && !commands.knows(option) {
                wrong.push(format!("{}:{line}: no command has {option}", page.name));
            }
        }
    }
    assert!(calls > 20, "only {calls} calls were found");
    none_wrong("calls of seawall", &wrong);
}

#[test]
fn every_option_stands_in_the_reference() {
    let commands = Commands::ask();
    let reference = page("docs/command-line.md");
    let listed = |title: &str| -> BTreeSet<String> {
        Page::first_cells(reference.section(title))
            .into_iter()
            .flat_map(|(_, code)| code.split([' ', ',', '=']).map(ToOwned::to_owned).collect::<Vec<_>>())
            .filter(|word| word.starts_with("--"))
            .collect()
    };
    let mut wrong = Vec::new();
    let mut compare = |title: &str, options: BTreeSet<&str>| {
        let options: BTreeSet<String> = options.into_iter().map(ToOwned::to_owned).collect();
        let listed = listed(title);
        wrong.extend(options.difference(&listed).map(|option| format!("{title}: {option} is not listed")));
        wrong.extend(listed.difference(&options).map(|option| format!("{title}: there is no {option}")));
    };
    compare("Global options", commands.common());
    for name in commands.names() {
        compare(&format!("seawall {name}"), commands.own(name));
    }
    none_wrong("docs/command-line.md", &wrong);
}

#[test]
fn every_word_that_can_be_given_stands_in_its_page() {
    let mut wrong = Vec::new();
    let mut look = |name: &str, words: &mut dyn Iterator<Item = String>| {
        let page = page(name);
        let told: BTreeSet<&str> = page.inline_code().into_iter().map(|(_, code)| code).collect();
        wrong.extend(
            words.filter(|word| !told.contains(word.as_str())).map(|word| format!("{name} lacks `{word}`")),
        );
    };
    for option in ["--format", "--kind", "--color"] {
        look("docs/command-line.md", &mut commands::words_of("scan", option).into_iter());
    }
    look("docs/targets.md", &mut commands::words_of("scan", "--kind").into_iter());
    let reasons = source::reasons_apart(&root());
    assert!(reasons.contains("no-kernel"), "{reasons:?}");
    look("docs/how-matching-decides.md", &mut reasons.into_iter());
    none_wrong("words", &wrong);
}

/// Compares what a page lists in the first cells of its tables with what the source knows.
fn listed_as_known(name: &str, known: &BTreeSet<String>, what: &str) {
    let page = page(name);
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (line, code) in Page::first_cells(page.prose()) {
        if !seen.insert(code.to_owned()) {
            wrong.push(format!("{name}:{line}: {code} stands twice"));
        } else if !known.contains(code) {
            wrong.push(format!("{name}:{line}: there is no {what} {code}"));
        }
    }
    wrong.extend(known.difference(&seen).map(|missing| format!("{name}: the {what} {missing} is missing")));
    none_wrong(name, &wrong);
}

#[test]
fn every_problem_stands_in_its_page() {
    let codes = source::problem_codes(&root());
    assert!(codes.len() > 50, "{codes:?}");
    listed_as_known("docs/problems.md", &codes, "problem");
}

#[test]
fn every_folder_that_is_left_out_stands_in_its_page() {
    let page = page("docs/targets.md");
    let listed: BTreeSet<String> = Page::first_cells(page.section("Root file systems"))
        .into_iter()
        .map(|(_, folder)| folder.to_owned())
        .collect();
    assert_eq!(listed, source::folders_left_out(&root()), "docs/targets.md, and SKIPPED of the walk");
}

#[test]
fn files_of_the_source_that_pages_name_are_there() {
    let mut wrong = Vec::new();
    for page in Page::all(&root()) {
        for (line, code) in page.inline_code() {
            let is_file = code.ends_with(".rs") || code.starts_with("crates/");
            let folders = ["", "crates/sbom/src"];
            if is_file && !code.contains(' ') && !folders.iter().any(|f| root().join(f).join(code).exists()) {
                wrong.push(format!("{}:{line}: {code}", page.name));
            }
        }
    }
    none_wrong("files that are not there", &wrong);
}

#[test]
fn every_environment_variable_stands_in_the_reference() {
    let variables = source::environment_variables(&root());
    assert!(variables.contains("SEAWALL_DATA_DIR") && variables.contains("DOCKER_CONFIG"), "{variables:?}");
    let page = page("docs/command-line.md");
    let listed: BTreeSet<String> =
        Page::first_cells(page.section("Environment")).into_iter().map(|(_, name)| name.to_owned()).collect();
    let mut wrong: Vec<String> =
        variables.difference(&listed).map(|name| format!("{name} is not listed")).collect();
    // What libraries below read is written down beside it; it is not found in our own source.
    let elsewhere = ["NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR"].map(ToOwned::to_owned).into();
    wrong.extend(listed.difference(&(&variables | &elsewhere)).map(|name| format!("nothing reads {name}")));
    none_wrong("docs/command-line.md, Environment", &wrong);
}

#[test]
fn every_field_of_the_json_stands_in_its_page() {
    let bench = Bench::new();
    let mut found = BTreeSet::new();
    for (target, options) in [
        ("shop.tar", &["--all"][..]),
        ("machine", &["--ignore-file", "ignore"]),
        ("shop", &[]),
        ("old-machine", &[]),
        ("broken", &[]),
    ] {
        bench.write("ignore", "ignore:\n  - id: CVE-2023-5363\n    reason: a test\n");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args(["scan", target, "--format", "json"])
            .args(options)
            .current_dir(bench.path("work"))
            .env_clear()
            .envs(bench.environment())
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        fields(&json, "", &mut found);
    }
    let page = page("docs/json.md");
    let listed: BTreeSet<String> =
        Page::first_cells(page.prose()).into_iter().map(|(_, name)| name.to_owned()).collect();
    // Of lists and maps that are empty here the page may tell more.
    let missing: Vec<String> =
        found.difference(&listed).map(|field| format!("{field} is not explained")).collect();
    none_wrong("docs/json.md", &missing);
}

/// The path of every field: `findings[].fix.status`. What is below `labels` and the like is the target's own.
fn fields(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) if !at.ends_with("labels") => {
            for (key, value) in map {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                found.insert(path.clone());
                fields(value, &path, found);
            }
        }
        Value::Array(list) => {
            for value in list {
                fields(value, &format!("{at}[]"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn links_lead_to_pages_and_headings() {
    let mut wrong = Vec::new();
    let mut pages = Page::all(&root());
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] {
        pages.push(page(name));
    }
    let (mut links, mut index) = (0, BTreeSet::new());
    for page in &pages {
        let folder = page.path.parent().unwrap();
        for (line, text) in page.prose() {
            for rest in text.split("](").skip(1) {
                let Some((link, _)) = rest.split_once(')') else { continue };
                if link.contains("://") {
                    continue;
                }
                links += 1;
                let (file, heading) = link.split_once('#').unwrap_or((link, ""));
                let path = if file.is_empty() { page.path.clone() } else { folder.join(file) };
                let Ok(path) = path.canonicalize() else {
                    wrong.push(format!("{}:{line}: {link} leads nowhere", page.name));
                    continue;
                };
                if page.name == "docs/README.md" {
                    index.insert(path.clone());
                }
                if !heading.is_empty()
                    && !Page::read(&root(), path).anchors().iter().any(|anchor| anchor == heading)
                {
                    wrong.push(format!("{}:{line}: {link}: there is no such heading", page.name));
                }
            }
        }
    }
    assert!(links > 20, "only {links} links were found");
    for page in pages.iter().filter(|page| page.name.starts_with("docs/") && page.name != "docs/README.md") {
        if !index.contains(&page.path) {
            wrong.push(format!("docs/README.md does not lead to {}", page.name));
        }
    }
    none_wrong("links", &wrong);
}
