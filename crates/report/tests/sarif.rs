//! What is written holds against the schema of SARIF 2.1.0, as Microsoft's SARIF SDK ships it. Needs that schema and a Python
//! with `jsonschema`: `scripts/setup test` installs both.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the lint's leave for tests does not reach the functions that they share"
)]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use report::{Filter, Format, Options};
use scan::{Kind, Outcome, Ruling};

#[path = "../src/made_up.rs"]
mod made_up;

const VALIDATE: &str = "
import json, sys
from jsonschema import Draft4Validator, FormatChecker
with open(sys.argv[1]) as file: schema = json.load(file)
validator = Draft4Validator(schema, format_checker=FormatChecker())
wrong = 0
for name in sys.argv[2:]:
    with open(name) as file: document = json.load(file)
    for error in list(validator.iter_errors(document))[:5]:
        print(name, list(error.absolute_path), error.message[:300])
        wrong += 1
sys.exit(wrong > 0)
";

fn tools() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    env::var_os("SEAWALL_TOOLS").map_or_else(|| here.join("../../target/tools"), PathBuf::from)
}

/// What the validator says; `None` where all documents are valid.
fn errors(documents: &[String]) -> Option<String> {
    let schema = tools().join("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    assert!(schema.is_file(), "{} is needed; run 'scripts/setup test'", schema.display());
    let python = tools().join("venv/bin/python3");
    let folder = tempfile::tempdir().unwrap();
    let files = documents.iter().enumerate().map(|(number, document)| {
        let file = folder.path().join(format!("{number}.sarif"));
        std::fs::write(&file, document).unwrap();
        file
    });
    let output =
        Command::new(&python).args(["-c", VALIDATE]).arg(&schema).args(files).output().unwrap_or_else(
            |error| panic!("{} is needed: {error}; run 'scripts/setup test'", python.display()),
        );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("ModuleNotFoundError"), "jsonschema is needed; run 'scripts/setup test'\n{said}");
    (!output.status.success()).then(|| format!("{}{said}", String::from_utf8_lossy(&output.stdout)))
}

fn sarif(outcome: &Outcome) -> String {
    let options = Options {
        filter: Filter::default(),
        all: false,
        rows: None,
        more: String::new(),
        width: 100,
        color: false,
        version: "0.1.0".into(),
        timestamp: "2026-01-02T03:04:05Z".into(),
        ruling: Ruling::NoGate,
    };
    let mut bytes = Vec::new();
    report::write(Format::Sarif, outcome, &options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_valid_whatever_is_found() {
    let kinds = [Kind::Image, Kind::RootFs, Kind::SourceTree, Kind::Document];
    let documents: Vec<String> = (0..24)
        .zip(kinds.into_iter().cycle())
        .map(|(seed, kind)| {
            let mut outcome = made_up::outcome(seed);
            outcome.subject.kind = kind;
            sarif(&outcome)
        })
        .collect();
    assert_eq!(errors(&documents), None);
}

#[test]
fn the_validator_finds_what_is_wrong() {
    let good = sarif(&made_up::outcome(4));
    for (from, to) in [
        ("\"2.1.0\"", "\"2.2.0\""),
        ("\"startLine\": 1", "\"startLine\": 0"),
        ("\"level\": \"", "\"level\": \"x"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(errors(&[good.replace(from, to)]).is_some(), "{to}");
    }
}
