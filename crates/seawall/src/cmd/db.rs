//! `seawall db`.

use std::io::{self, Write};

use anyhow::{Context, Result};
use vulndb::Database;

use crate::{
    cli::{Common, Db, DbCommand},
    output::note,
    paths,
    when::{self, Age},
};

pub(crate) fn run(args: &Db, common: &Common) -> Result<u8> {
    let path = paths::database(common)?;
    let mut out = io::stdout().lock();
    match &args.command {
        DbCommand::Import { path: folder } => {
            import(folder, common)?;
        }
        DbCommand::Info => {
            let info = open(common)?.info();
            writeln!(out, "{}: {} records, {} statements", path.display(), info.records, info.statements)?;
            writeln!(out, "{:<18} {:>8}  {:<12} {:<22} without", "source", "records", "newest", "about")?;
            for source in &info.sources {
                let newest = source.newest.as_deref().and_then(|time| time.get(..10)).unwrap_or("-");
                let about: Vec<String> = source
                    .coverage
                    .iter()
                    .map(|coverage| match &coverage.release {
                        Some(release) => format!("{} {release}", coverage.ecosystem.row().osv),
                        None => coverage.ecosystem.row().osv.to_owned(),
                    })
                    .collect();
                let lints: u64 = source.lints.values().sum();
                let lints = if lints == 0 { String::new() } else { format!("{lints} not understood") };
                writeln!(
                    out,
                    "{:<18} {:>8}  {newest:<12} {:<22} {lints}",
                    source.slug,
                    source.records,
                    about.join(", ")
                )?;
            }
        }
        DbCommand::Verify => {
            let info = Database::verify(&path)?;
            writeln!(out, "{}: {} bytes are as they were written", path.display(), info.bytes)?;
        }
    }
    Ok(0)
}

/// Imports a folder of feeds and says what came of it.
pub(crate) fn import(folder: &std::path::Path, common: &Common) -> Result<()> {
    let path = paths::database(common)?;
    let done = feeds::import(folder, &path, &mut |name| note(common, &format!("reading {name}")))?;
    note(
        common,
        &format!(
            "{} records with {} statements in {}",
            done.summary.records,
            done.summary.statements,
            path.display()
        ),
    );
    for ((source, kind), count) in &done.lints {
        note(common, &format!("{source}: {count} × {kind}; such ranges never match"));
    }
    Ok(())
}

/// Opens the database.
pub(crate) fn open(common: &Common) -> Result<Database> {
    let path = paths::database(common)?;
    anyhow::ensure!(
        path.exists(),
        "there is no vulnerability database at {}; make one with: seawall db import DIR",
        path.display()
    );
    Database::open(&path).with_context(|| format!("the database {} cannot be used", path.display()))
}

/// Says so when the newest record is older than `limit`.
pub(crate) fn older_than(database: &Database, limit: Age) -> Option<String> {
    let newest = database.info().sources.into_iter().filter_map(|source| source.newest).max()?;
    let age = when::now().saturating_sub(when::parse(&newest)?);
    (age > i64::try_from(limit.0.as_secs()).unwrap_or(i64::MAX)).then(|| {
        format!("the newest record is of {}, more than {limit} old", newest.get(..10).unwrap_or(&newest))
    })
}
