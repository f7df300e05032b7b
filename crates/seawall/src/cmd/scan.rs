//! `seawall scan`.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result};
use report::Filter;
use scan::{Gate, Judging, Ruling, suppress};

use crate::{
    cli::{Common, Format, Scan},
    cmd::catalogue::{self, read_text},
    cmd::{db, publish},
    output::{self, OutputFile, note},
    when,
};

/// Rows of the table: what a person reads before the rest becomes a list. `--all` shows every one.
const ROWS: usize = 40;

/// An ignore file or VEX document is small; one that is not is a mistake.
const MAX_RULES_FILE: u64 = 64 << 20;

pub(crate) fn run(args: &Scan, common: &Common) -> Result<u8> {
    // What can be wrong is said before the work, not after it.
    let outputs = args.output.iter().map(|text| OutputFile::parse(text)).collect::<Result<Vec<_>>>()?;
    let rules = rules(args)?;
    let database = if args.no_match { None } else { Some(db::open(common)?) };
    let stale = database.as_ref().and_then(|database| {
        let limit = args.max_db_age?;
        db::older_than(database, limit)
    });

    let catalogued = catalogue::run(&args.target, common)?;
    let judging = Judging {
        database: database.as_ref(),
        rules: &rules,
        today: &when::today(),
        stale: stale.as_deref(),
    };
    let document = args.publish.publish.then(|| publish::document(&catalogued, &args.publish));
    let outcome = scan::judge(catalogued, &judging);
    let gate = Gate {
        fail_on: args.fail_on.clone(),
        fixable: args.fixable,
        classes: args.class.clone(),
        unknown_as: args.unknown_as,
        allow_incomplete: args.allow_incomplete,
    };
    let ruling = gate.judge(&outcome);

    let mut options = report::Options {
        filter: Filter { severity: args.severity, fixable: args.fixable, classes: args.class.clone() },
        all: args.all,
        rows: Some(ROWS),
        more: "--all lists them".to_owned(),
        width: output::PIPE_WIDTH,
        color: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        timestamp: when::timestamp(when::now()),
        ruling: ruling.clone(),
    };
    for file in &outputs {
        let mut bytes = Vec::new();
        report::write(format(file.format), &outcome, &options, &mut bytes)?;
        output::write_file(&file.path, &bytes)?;
    }
    options.color = output::colored(common);
    options.width = output::width();
    let mut out = io::BufWriter::new(io::stdout().lock());
    report::write(format(args.format), &outcome, &options, &mut out)
        .context("the result cannot be written")?;
    out.flush().context("the result cannot be written")?;
    if args.format != Format::Table {
        // The table says it itself.
        note_ruling(&ruling, common);
    }
    if let Some(document) = document {
        publish::send(&document, &args.publish, common)?;
    }
    Ok(ruling.exit_code())
}

/// The report's word for a format.
pub(crate) const fn format(format: Format) -> report::Format {
    match format {
        Format::Table => report::Format::Table,
        Format::Json => report::Format::Json,
        Format::Sarif => report::Format::Sarif,
        Format::Cyclonedx => report::Format::CycloneDx,
    }
}

fn note_ruling(ruling: &Ruling, common: &Common) {
    match ruling {
        Ruling::NoGate => {}
        Ruling::Passed { unknown: 0 } => note(common, "gate: passed"),
        Ruling::Passed { unknown } => {
            note(common, &format!("gate: passed; {unknown} findings of unknown severity were let through"));
        }
        Ruling::Failed { threshold, findings, .. } => {
            note(common, &format!("gate: failed; {findings} findings reach --fail-on {threshold}"));
        }
        Ruling::Incomplete { causes } => {
            note(common, &format!("gate: cannot be judged; {}", causes.join("; ")));
        }
    }
}

/// The rules of all files: those named, else those that lie here.
fn rules(args: &Scan) -> Result<Vec<suppress::Rule>> {
    let mut rules = Vec::new();
    let mut ignore_files = args.ignore_file.clone();
    if ignore_files.is_empty() {
        let here = [".seawallignore", ".trivyignore"].into_iter().filter(|name| Path::new(name).is_file());
        ignore_files.extend(here.map(Into::into));
    }
    for path in &ignore_files {
        let text = read_text(path, MAX_RULES_FILE)?;
        let name = path.display().to_string();
        if path.file_name().is_some_and(|name| name == ".trivyignore") {
            rules.extend(suppress::parse_trivyignore(&text, &name));
        } else {
            rules.extend(suppress::parse_ignore_file(&text, &name)?);
        }
    }
    for path in &args.vex {
        let text = read_text(path, MAX_RULES_FILE)?;
        rules.extend(suppress::parse_openvex(&text, &path.display().to_string())?);
    }
    Ok(rules)
}
