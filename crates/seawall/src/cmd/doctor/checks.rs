//! The eight checks.

use std::{
    fs,
    io::{self, Write as _},
    net::TcpListener,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use hub::{
    listen::{self, Security},
    seal::{KEY_FILE, Sealer},
    worker::{Limits, Local, Order, Worker},
};
use store::{Micros, Store, StoreUrl};
use vulndb::Database;

use super::Found;
use crate::{
    serve::{Plan, folder, store_url},
    when,
};

/// Free bytes below which somebody should look, and below which the store soon cannot write.
const LOW: u64 = 1 << 30;
const FULL: u64 = 100 << 20;
/// Days after which advisories are old, and after which they say little.
const OLD: i64 = 3;
const STALE: i64 = 14;
/// The store of another machine may be a little ahead of this clock, in µs.
const AHEAD: i64 = 300 * Micros::SECOND;
/// Seconds before a certificate's end from which on somebody should look: 30 days.
const EXPIRES_SOON: i64 = 30 * 86_400;
/// Before this release was made no clock can be right: 2026-01-01.
const BORN: i64 = 1_767_225_600;
/// How long the store is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// All of them, in the order in which one stands on the other.
pub(super) async fn all(plan: &Plan) -> Vec<Found> {
    let url = store_url(plan.store.as_ref(), &plan.folder);
    let (store, opened) = store(&url).await;
    let mut found = vec![
        data_folder(&plan.folder).called("data-folder"),
        key_file(&plan.folder).called("key-file"),
        disk_space(&[&plan.folder, &plan.cache]).called("disk-space"),
        store.called("store"),
        clock(opened.as_ref()).await.called("clock"),
        advisories(&plan.database).called("advisories"),
        listener(plan).await.called("listener"),
        worker().await.called("worker"),
    ];
    if let Some(store) = opened {
        store.close().await;
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.verdict as u8));
    found
}

fn data_folder(folder: &Path) -> Found {
    let shown = folder.display();
    let is = match fs::metadata(folder) {
        Ok(is) => is,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Found::warn(format!("{shown} is not there yet"), "the hub makes it at its first start");
        }
        Err(error) => return Found::fail(format!("{shown}: {error}"), "let the hub's user read it"),
    };
    if !is.is_dir() {
        return Found::fail(format!("{shown} is no folder"), "name a folder with --data-dir");
    }
    let probe = tempfile::Builder::new().prefix(".doctor-").tempfile_in(folder);
    let written = probe.and_then(|mut file| file.write_all(b"x"));
    if let Err(error) = written {
        return Found::fail(
            format!("{shown} cannot be written: {error}"),
            "give it to the user that the hub runs as",
        );
    }
    if is.mode() & 0o007 != 0 {
        return Found::warn(
            format!("{shown} is open to other users (mode {:o})", is.mode() & 0o777),
            format!("chmod 700 {shown}"),
        );
    }
    Found::ok(format!("{shown} can be written, mode {:o}", is.mode() & 0o777))
}

fn key_file(folder: &Path) -> Found {
    let path = folder.join(KEY_FILE);
    let shown = path.display();
    let is = match fs::metadata(&path) {
        Ok(is) => is,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Found::warn(
                format!("{shown} is not there"),
                "the hub makes one at its first start; after that its loss costs the registries' credentials: back it up",
            );
        }
        Err(error) => return Found::fail(format!("{shown}: {error}"), "let the hub's user read it"),
    };
    match Sealer::open(folder) {
        Err(error) => Found::fail(error.to_string(), "put it back from the backup"),
        Ok(_) if is.mode() & 0o077 != 0 => Found::fail(
            format!("{shown} can be read by others (mode {:o})", is.mode() & 0o777),
            format!("chmod 600 {shown}, and change the registries' passwords"),
        ),
        Ok(key) => Found::ok(format!("{shown}, key {}", key.key_id())),
    }
}

fn disk_space(places: &[&PathBuf]) -> Found {
    let mut least: Option<(u64, String)> = None;
    for place in places {
        // Of what is not there yet, the folder in which it will be.
        let Some(there) = place.ancestors().find(|folder| folder.is_dir()) else { continue };
        let Ok(is) = rustix::fs::statvfs(there) else { continue };
        let free = is.f_bavail.saturating_mul(is.f_frsize);
        if least.as_ref().is_none_or(|(least, _)| free < *least) {
            least = Some((free, there.display().to_string()));
        }
    }
    let Some((free, place)) = least else {
        return Found::warn("no folder can be asked", "look with df");
    };
    let said = format!("{} MB free at {place}", free / 1_000_000);
    match free {
        ..FULL => Found::fail(said, "free some: the hub refuses changes when the disk is full"),
        FULL..LOW => Found::warn(said, "free some, or give the data folder a larger disk"),
        _ => Found::ok(said),
    }
}

async fn store(url: &StoreUrl) -> (Found, Option<Store>) {
    // Opening would make the file.
    if let Some(path) = url.to_string().strip_prefix("sqlite:")
        && !Path::new(path).exists()
    {
        return (Found::warn(format!("{url} is not there yet"), "the hub makes it at its first start"), None);
    }
    match tokio::time::timeout(PATIENCE, Store::open(url)).await {
        Err(_) => (
            Found::fail(format!("{url} does not answer within {} s", PATIENCE.as_secs()), "is it running?"),
            None,
        ),
        Ok(Err(error)) => (Found::fail(error.to_string(), "see --store, and docs/hub.md"), None),
        Ok(Ok(store)) => {
            let newest = store::MIGRATIONS.last().map_or(0, |migration| migration.number);
            (Found::ok(format!("{url} answers and is at migration {newest}")), Some(store))
        }
    }
}

async fn clock(store: Option<&Store>) -> Found {
    let now = when::now();
    let said = when::timestamp(now);
    if now < BORN {
        return Found::fail(
            format!("it says {said}, which is before this release was made"),
            "set it, and let NTP keep it",
        );
    }
    let Some(store) = store else { return Found::ok(said) };
    match store.read(store::retention::newest).await {
        Ok(Some(newest)) if newest.0 > now.saturating_mul(Micros::SECOND).saturating_add(AHEAD) => {
            Found::fail(
                format!(
                    "it says {said}, and the store has an entry of {}",
                    when::timestamp(newest.0 / Micros::SECOND)
                ),
                "one of the two was or is wrong: set the clock, and let NTP keep it",
            )
        }
        Ok(_) => Found::ok(format!("{said}, not behind the store")),
        Err(error) => Found::warn(format!("{said}; the store was not asked: {error}"), "see the check store"),
    }
}

fn advisories(path: &Path) -> Found {
    let shown = path.display();
    if !path.exists() {
        return Found::fail(
            format!("{shown} is not there: nothing can be judged"),
            "seawall db update, or without a network: seawall db import DIR",
        );
    }
    let database = match Database::open(path) {
        Ok(database) => database,
        Err(error) => return Found::fail(format!("{shown}: {error}"), "seawall db update"),
    };
    let info = database.info();
    if info.sources.iter().any(|source| source.slug == scan::SAMPLE_SOURCE) {
        return Found::fail(format!("{shown} is the sample that is built in"), "seawall db update");
    }
    let Some(newest) = info.newest_advisory().and_then(when::parse) else {
        return Found::warn(format!("{shown}: no advisory has a date"), "look with seawall db info");
    };
    let days = when::now().saturating_sub(newest) / 86_400;
    let said = format!("{} records, the newest is {days} days old", info.records);
    if days <= OLD {
        Found::ok(said)
    } else if days <= STALE {
        Found::warn(said, "run seawall db update daily")
    } else {
        Found::fail(said, "run seawall db update daily; what was published since is not found")
    }
}

async fn listener(plan: &Plan) -> Found {
    let Some(address) = plan.addresses.first().copied() else {
        return Found::fail("there is no address", "name one with --listen");
    };
    // The certificate, on a port that is free. The authority of the hub's own is made by the hub, not here.
    if !matches!(plan.security, Security::Generated { .. }) {
        let mut elsewhere = address;
        elsewhere.set_port(0);
        if let Err(error) = listen::bind(elsewhere, &plan.security, listen::Limits::default()).await {
            return Found::fail(error.to_string(), "see --listen, --tls-cert and --tls-key");
        }
    }
    let over = match &plan.security {
        Security::Plain { .. } => "plain HTTP",
        Security::Files { .. } => "TLS with the certificate that was given",
        Security::Generated { .. } => "TLS with an authority of its own",
    };
    if let Some(ended) = certificate(&plan.security, when::now()) {
        return ended;
    }
    match TcpListener::bind(address) {
        Ok(_) => Found::ok(format!("{address} is free, for {over}")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && folder::is_taken(&plan.folder) => {
            Found::ok(format!("a hub of this folder is running; {address} is in use, {over}"))
        }
        Err(error) => Found::fail(
            format!("{address} cannot be used: {error}"),
            "stop what uses it, or name another with --listen",
        ),
    }
}

/// What is wrong with how long the certificate still holds at `now` (seconds of Unix time), if something is.
fn certificate(security: &Security, now: i64) -> Option<Found> {
    let expiry = match listen::expiry(security) {
        Ok(expiry) => expiry?,
        Err(error) => return Some(Found::fail(error.to_string(), "see --tls-cert and --tls-key")),
    };
    let left = expiry.at.unix_timestamp().saturating_sub(now);
    let (file, end) = (expiry.path.display(), when::timestamp(expiry.at.unix_timestamp()));
    let help = match security {
        Security::Generated { .. } => {
            "remove ca.pem and ca.key in its folder and start the hub again: it makes a new authority, which clients must \
             then be told to trust"
        }
        _ => "have it renewed, and start the hub again: it reads it at its start",
    };
    if left < 0 {
        Some(Found::fail(format!("the certificate in {file} ended on {end}: clients refuse it"), help))
    } else if left < EXPIRES_SOON {
        let days = left / 86_400;
        Some(Found::warn(format!("the certificate in {file} ends on {end}, in {days} days"), help))
    } else {
        None
    }
}

/// A scan of an empty folder, as the hub has it done.
async fn worker() -> Found {
    let help =
        "workers are this program again: may it be run, and has the machine memory and processes left?";
    let done = async {
        let folder = tempfile::tempdir()?;
        let mut order = Order::new("doctor");
        order.local = Some(Local::RootFs(folder.path().to_owned()));
        let limits = Limits { time: PATIENCE, ..Limits::default() };
        let worker = Worker::of_this_program(limits)?;
        worker.run(&order).await.map_err(|problem| io::Error::other(problem.message))
    };
    match done.await {
        Ok(_) => Found::ok("a scan runs in a process of its own"),
        Err(error) => Found::fail(error.to_string(), help),
    }
}
