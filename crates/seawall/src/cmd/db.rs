//! `seawall db`, and which database a command works with.

mod from;
mod info;
mod update;

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result};
use feeds::Imported;
use vulndb::Database;

use crate::{
    cli::{Common, Db, DbCommand, Up},
    output::{note, warn},
    paths,
    when::{self, Age},
};

pub(crate) fn run(args: &Db, common: &Common) -> Result<u8> {
    let mut out = io::stdout().lock();
    match &args.command {
        DbCommand::Import { path, lints } => {
            import(path, common)?;
            if *lints {
                info::lints(&open(common)?, None, None, &mut out)?;
            }
        }
        DbCommand::Update(args) => update::run(args, common)?,
        DbCommand::Info => info::info(&open(common)?, &paths::database(common)?, &mut out)?,
        DbCommand::Lints { source, kind } => {
            info::lints(&open(common)?, source.as_deref(), kind.as_deref(), &mut out)?;
        }
        DbCommand::Verify => {
            let path = paths::database(common)?;
            let info = Database::verify(&path)?;
            writeln!(out, "{}: {} bytes are as they were written", path.display(), info.bytes)?;
        }
        DbCommand::Sample => sample(common)?,
    }
    Ok(0)
}

/// Imports a folder or zip of feeds and says what came of it.
fn import(from: &Path, common: &Common) -> Result<()> {
    let path = paths::database(common)?;
    let done = feeds::import(from, &path, &mut |name| note(common, &format!("reading {name}")))?;
    told(&done, &path, common);
    Ok(())
}

fn sample(common: &Common) -> Result<()> {
    let path = paths::database(common)?;
    let done = feeds::sample(&path)?;
    told(&done, &path, common);
    Ok(())
}

fn told(done: &Imported, path: &Path, common: &Common) {
    let (records, statements) = (done.summary.records, done.summary.statements);
    note(common, &format!("{records} records with {statements} statements in {}", path.display()));
    for ((source, kind), count) in &done.lints {
        note(common, &format!("{source}: {count} × {}", info::meaning(kind)));
    }
    if !done.lints.is_empty() {
        note(common, "what they are: seawall db lints");
    }
}

/// Opens the database.
pub(crate) fn open(common: &Common) -> Result<Database> {
    let path = paths::database(common)?;
    anyhow::ensure!(
        path.exists(),
        "there is no vulnerability database at {}; make one with: seawall db update, or without a network: seawall db import DIR",
        path.display()
    );
    let database =
        Database::open(&path).with_context(|| format!("the database {} cannot be used", path.display()))?;
    if is_sample(&database) {
        warn(SAMPLE);
    }
    Ok(database)
}

const SAMPLE: &str = "\
SAMPLE: this database is the sample of 30 famous records that is built in. It
SAMPLE: knows next to nothing, and no result of it is healthy. Get real data:
SAMPLE: seawall db update, or without a network: seawall db import DIR";

fn is_sample(database: &Database) -> bool {
    database.info().sources.iter().any(|source| source.slug == scan::SAMPLE_SOURCE)
}

/// The database of `seawall up`, which has to end in one: the feeds that were named, else the database that is there,
/// else what can be fetched, else the sample.
pub(crate) fn ready(args: &Up, common: &Common) -> Result<Database> {
    // An empty variable is one that is not set.
    let path = paths::database(common)?;
    if let Some(feeds) = args.feeds.as_deref().filter(|feeds| !feeds.as_os_str().is_empty()) {
        if !from::is_of(&path, feeds) {
            import(feeds, common)?;
            from::note(&path, feeds);
        }
        return open(common);
    }
    match Database::open(&path) {
        // A sample is no reason not to look for data again.
        Ok(database) if !is_sample(&database) => return Ok(database),
        Ok(_) => {}
        Err(_) if !path.exists() => {}
        Err(error) => note(common, &format!("{}: {error}", path.display())),
    }
    if let Err(error) = update::first(args.source.as_deref(), common) {
        warn(&format!("no advisories could be fetched: {error:#}"));
        sample(common)?;
    }
    open(common)
}

/// Says so when the newest advisory is older than `limit`, or none has a date: who asks for fresh data gets no guess.
pub(crate) fn older_than(database: &Database, limit: Age) -> Option<String> {
    let info = database.info();
    let Some((newest, then)) = info.newest_advisory().and_then(|newest| Some((newest, when::parse(newest)?)))
    else {
        return Some("no advisory has a date, so nobody knows whether they are fresh".to_owned());
    };
    let age = when::now().saturating_sub(then);
    (age > i64::try_from(limit.0.as_secs()).unwrap_or(i64::MAX)).then(|| {
        format!("the newest record is of {}, more than {limit} old", newest.get(..10).unwrap_or(newest))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_is_known_by_one_name() {
        assert_eq!(feeds::SAMPLE_SOURCE, scan::SAMPLE_SOURCE);
    }
}
