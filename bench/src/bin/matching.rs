//! Times matching alone, in one process: opens a database, reads a CycloneDX document, assesses its packages.
//!
//! `matching DATABASE DOCUMENT ROUNDS` prints one JSON object: packages, findings, milliseconds to open the database,
//! of the first assessment (which verifies each block that it touches) and of each later one.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program: its output is its result")]

use std::{env, fs, path::Path, process::ExitCode, time::Instant};

use model::Budget;
use vulndb::{Context, Database};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [database, document, rounds] = arguments.as_slice() else {
        eprintln!("usage: matching DATABASE DOCUMENT ROUNDS");
        return ExitCode::from(2);
    };
    match run(database, document, rounds.parse().unwrap_or(1)) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("matching: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(database: &str, document: &str, rounds: u32) -> Result<String, Box<dyn std::error::Error>> {
    let bytes = fs::read(document)?;
    let (catalogue, problems) = sbom::formats::read(&bytes, &Budget::default());
    if !problems.is_empty() {
        return Err(format!("{document} is not read whole: {problems:?}").into());
    }
    let begin = Instant::now();
    let database = Database::open(Path::new(database))?;
    let open = milliseconds(begin);
    let context = Context::default();
    let mut findings = 0;
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) {
        let begin = Instant::now();
        let assessment = database.assess(&catalogue, &context);
        times.push(milliseconds(begin));
        findings = assessment.matches.len();
    }
    let (first, later) = times.split_first().map_or((0.0, &[][..]), |(first, later)| (*first, later));
    let later: Vec<String> = later.iter().map(|time| format!("{time:.3}")).collect();
    Ok(format!(
        "{{\"packages\": {}, \"findings\": {findings}, \"open\": {open:.3}, \"first\": {first:.3}, \"later\": [{}]}}",
        catalogue.packages.len(),
        later.join(", ")
    ))
}

fn milliseconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1000.0
}
