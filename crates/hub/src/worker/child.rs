//! The worker's side.

use std::{
    io::{self, Read, Write},
    sync::Arc,
    time::Duration,
};

use model::{Budget, Effect, Problem};
use oci::{Options, Secret, Source, Timeouts};
use scan::{LayerCache, Workers, catalogue_image, catalogue_rootfs};

use super::{Local, Order, Reply, Scanned, frame};
use crate::problems;

/// Bytes of an order: credentials and certificate authorities.
const MAX_ORDER: u64 = 4 << 20;
/// How long a daemon of this machine is waited for: one that works answers soon, and its images wait in a row.
const PATIENCE: Duration = Duration::from_secs(15);

/// Reads one order, scans, and writes the answer. The exit code is 0 when an answer was written, whatever it says.
///
/// The process ends when `input` does: then nobody waits for the answer any more. Its memory and time are limited from
/// outside, by who started it.
pub fn child_main(mut input: impl Read + Send + 'static, output: impl Write) -> u8 {
    let order = frame::read(&mut input, MAX_ORDER).and_then(|bytes| {
        serde_json::from_slice::<Order>(&bytes).map_err(|_| io::ErrorKind::InvalidData.into())
    });
    let Ok(order) = order else { return 2 };
    std::thread::spawn(move || {
        let _ = io::copy(&mut input, &mut io::sink());
        std::process::exit(3);
    });
    let reply = match scan(&order) {
        Ok(scanned) => Reply::Scanned(Box::new(scanned)),
        Err(problem) => Reply::Failed(problem),
    };
    let written =
        serde_json::to_vec(&reply).map_err(io::Error::from).and_then(|bytes| frame::write(output, &bytes));
    u8::from(written.is_err())
}

fn scan(order: &Order) -> Result<Scanned, Problem> {
    let failed = |why: String| {
        Problem::new(problems::SCAN_START, order.reference.as_str(), Effect::MayHidePackages, why)
    };
    let source = match &order.local {
        Some(Local::RootFs(root)) => {
            let found = catalogue_rootfs(root, &workers(order), &Budget::default());
            return found.map(Scanned::from).map_err(|error| failed(error.to_string()));
        }
        Some(Local::Daemon { host, image }) => Source::Daemon { host: host.clone(), image: image.clone() },
        None => Source::Registry(
            order.reference.parse().map_err(|e: oci::Error| e.to_problem(&*order.reference))?,
        ),
    };
    let platform = match &order.platform {
        Some(text) => Some(text.parse().map_err(|_| failed(format!("'{text}' is no platform")))?),
        None => None,
    };
    let workers = workers(order);
    let transfer = Duration::from_secs(order.transfer_seconds);
    let options = Options {
        platform,
        insecure: order.insecure,
        ca_texts: order.authorities.clone(),
        docker_config: None,
        login: order.login.as_ref().map(|(user, password)| (user.clone(), Secret::new(password.as_str()))),
        agent: order.mark.clone(),
        allow_hosts: order.allow_hosts.clone(),
        memory: workers.cache.clone().map(|cache| -> Arc<dyn oci::Memory> { Arc::new(cache) }),
        timeouts: Timeouts {
            transfer,
            idle: if order.local.is_some() { PATIENCE } else { Timeouts::default().idle.min(transfer) },
            back_off: Timeouts::default().back_off.min(transfer),
            ..Timeouts::default()
        },
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| failed(format!("the runtime does not start: {error}")))?;
    let image = runtime
        .block_on(oci::open(&source, &options))
        .map_err(|error| error.to_problem(&*order.reference))?;
    Ok(catalogue_image(&order.reference, &image, &workers, &Budget::default()).into())
}

fn workers(order: &Order) -> Workers {
    let cache = match &order.cache {
        // A cache that cannot be opened costs time, not the result.
        Some(folder) => LayerCache::open(folder, order.cache_bytes).ok(),
        None => None,
    };
    Workers { threads: order.threads.max(1), cache }
}
