//! `seawall up`: a hub for this machine. The console answers at once; the machine is looked at behind it.

mod page;
mod port;

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use hub::{
    listen::Security,
    machine::{Look, Machine},
    retention::Keep,
};
use store::{assessments, jobs};
use vulndb::Database;

use crate::{
    cli::{Common, LogFormat, Up},
    cmd::{catalogue, db},
    output::note,
    paths,
    serve::{Opened, Plan, Serving, logs, signals::Signals},
};
use page::Page;

/// The folder of a hub's data, where --data-dir names none: the clone, or wherever one stands.
const FOLDER: &str = ".seawall";
/// How often it is looked whether the daemon has other images.
const IMAGES: Duration = Duration::from_secs(300);
/// How often the root file system is read again, counted in looks at the images.
const ROOT_EVERY: u32 = 72;
/// How often it is looked whether something that is waited for has come.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &Up, common: &Common) -> Result<u8> {
    logs::begin(LogFormat::Text, "warn")?;
    let runtime = catalogue::runtime()?;
    let done = runtime.block_on(up(args, common));
    // An import that goes on writes beside the database; it may end where it stands.
    runtime.shutdown_timeout(LOOK);
    done
}

/// The data folder, and the database of advisories: `seawall scan` shall find that, too.
fn places(common: &Common) -> Result<(PathBuf, PathBuf)> {
    let folder = common.data_dir.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    Ok((folder, paths::database(common)?))
}

async fn up(args: &Up, common: &Common) -> Result<u8> {
    let mut signals = Signals::new()?;
    let (folder, database) = places(common)?;
    if database.exists() && Database::open(&database).is_err() {
        // A hub opens no database that is damaged. By this one nothing can be judged, so it is made anew first.
        ready(args, common).await?;
    }
    let cache = paths::cache_dir(common)?.join("layers");
    let plan = Plan {
        addresses: port::addresses(&folder),
        store: None,
        security: Security::Plain { said: 0 },
        public_url: None,
        database,
        cache: cache.clone(),
        slots: 2,
        keep: Keep::default(),
        folder,
    };
    let mut opened = match Opened::open(plan).await {
        Ok(opened) => opened,
        Err(error) => return Err(error),
    };
    if !opened.has_data && opened.was_judged().await? {
        // What is known would be taken back by a database of nothing, and come again as new.
        opened.judge_by(ready(args, common).await?).await?;
    }
    let mut serving = opened.serve().await?;
    hello(&serving).await?;
    let machine = Machine {
        name: name(),
        root: args.root.clone(),
        daemon: args.docker_host.clone().or_else(docker_host),
        cache: Some(cache),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let state = serving.state.clone();
    let worker = serving.worker.clone();
    let work = async {
        let database = ready(args, common).await?;
        judged_by(&state, &database).await?;
        let page = Arc::new(Mutex::new(Page::new(args, Arc::new(database))));
        look(&machine, &state, &worker, Look::All, &page, common).await?;
        if args.exit_when_idle {
            idle(&state).await?;
            return Ok::<_, anyhow::Error>(page);
        }
        note(common, "all was looked at; the console goes on until Ctrl-C");
        for round in 1_u32.. {
            tokio::time::sleep(IMAGES).await;
            let what = if round % ROOT_EVERY == 0 { Look::All } else { Look::NewImages };
            let quiet = Common { quiet: true, ..common.clone() };
            look(&machine, &state, &worker, what, &page, &quiet).await?;
        }
        Ok(page)
    };
    let ended = tokio::select! {
        () = signals.next() => Ok(None),
        error = serving.failed() => Err(error),
        done = work => done.map(Some),
    };
    signals.end_at_once();
    serving.end().await;
    if let Some(page) = ended? {
        let page = page.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = io::BufWriter::new(io::stdout().lock());
        page.write(common, &mut out)?;
        out.flush()?;
    }
    Ok(0)
}

/// The database of advisories, made or fetched where that is needed.
async fn ready(args: &Up, common: &Common) -> Result<Database> {
    let (args, common) = (args.clone(), common.clone());
    tokio::task::spawn_blocking(move || db::ready(&args, &common)).await.context("the import broke off")?
}

/// Waits until the fleet is judged by this database: the hub watches its file.
async fn judged_by(state: &hub::AppState, database: &Database) -> Result<()> {
    let hash = database.sha256();
    loop {
        let generation = state.store.read(store::matches::generation).await?;
        if generation.is_some_and(|generation| generation.hash == hash) {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn look(
    machine: &Machine,
    state: &hub::AppState,
    worker: &hub::worker::Worker,
    what: Look,
    page: &Arc<Mutex<Page>>,
    common: &Common,
) -> Result<()> {
    let (page, common) = (Arc::clone(page), common.clone());
    let mut told = move |told: hub::machine::Told<'_>| {
        let mut page = page.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = page.hear(told) {
            note(&common, &line);
        }
    };
    Ok(machine.look(state, worker, what, &mut told).await?)
}

/// Waits until no job is there that could be done now, and everything is judged.
async fn idle(state: &hub::AppState) -> Result<()> {
    loop {
        let now = state.clock.now();
        let idle = state
            .store
            .read(move |tx| {
                Ok(jobs::is_idle(tx, now)?
                    && assessments::due_placements(tx, 1)?.is_empty()
                    && assessments::due_registries(tx)?.is_empty())
            })
            .await?;
        if idle {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn hello(serving: &Serving) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Console      {}", serving.base)?;
    if let Some(link) = serving.setup_link().await? {
        writeln!(out, "Set-up link  {link}")?;
    }
    out.flush()?;
    Ok(())
}

/// What Docker's own client asks, where nothing else was said.
fn docker_host() -> Option<String> {
    std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty())
}

/// The machine's name as a part of an id: what could end the part is left out.
fn name() -> String {
    let uname = rustix::system::uname();
    let name: String = uname
        .nodename()
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' })
        .take(64)
        .collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}
