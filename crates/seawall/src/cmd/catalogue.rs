//! Target → catalogue, for every command that looks at one.

use std::{fs, io::Read as _, path::Path, sync::Arc};

use anyhow::{Context, Result};
use model::{Budget, Limits};
use scan::{Catalogued, Forced, LayerCache, Target, Workers};

use crate::{
    cli::{self, Common, KindArg},
    output::note,
    paths,
    progress::Bars,
};

/// Catalogues what the user named.
pub(crate) fn run(args: &cli::Target, common: &Common) -> Result<Catalogued> {
    let forced = args.kind.map(|kind| match kind {
        KindArg::Registry => Forced::Registry,
        KindArg::Docker => Forced::Docker,
        KindArg::Archive => Forced::Archive,
        KindArg::Layout => Forced::Layout,
        KindArg::Rootfs => Forced::RootFs,
        KindArg::Source => Forced::Source,
        KindArg::Sbom => Forced::Document,
    });
    let target = Target::recognise(&args.target, forced, args.docker_host.as_deref())?;
    let budget = Budget::new(Limits { time: args.timeout.0, ..Limits::default() });
    let workers = workers(args.threads, args.no_cache, common);
    match target {
        Target::RootFs(path) => Ok(scan::catalogue_rootfs(&path, &workers, &budget)?),
        Target::Sources(path) => Ok(scan::catalogue_sources(&path, &workers, &budget)?),
        Target::Document(path) => Ok(scan::catalogue_document(&path, &budget)?),
        Target::Image(source) => image(&args.target, &[source], args, &workers, &budget, common),
        Target::Named { daemon, registry } => {
            image(&args.target, &[daemon, registry], args, &workers, &budget, common)
        }
    }
}

/// Threads and cache. A cache that cannot be opened is no reason not to scan.
pub(crate) fn workers(threads: Option<u16>, no_cache: bool, common: &Common) -> Workers {
    let mut workers = Workers::default();
    if let Some(threads) = threads {
        workers.threads = usize::from(threads);
    }
    if !no_cache {
        let opened = paths::cache_dir(common).and_then(|folder| {
            let folder = folder.join("layers");
            LayerCache::open(&folder, LayerCache::DEFAULT_MAX_BYTES)
                .with_context(|| format!("{} cannot be used", folder.display()))
        });
        match opened {
            Ok(cache) => workers.cache = Some(cache),
            Err(error) => note(common, &format!("seawall: no layer cache: {error:#}")),
        }
    }
    workers
}

/// What the cache remembers of a daemon's images.
pub(crate) fn memory(workers: &Workers) -> Option<Arc<dyn oci::Memory>> {
    let cache = workers.cache.clone()?;
    Some(Arc::new(cache))
}

/// The runtime on which transfers run.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the network runtime did not start")
}

/// Opens the first of `sources` that has the image, and catalogues it.
fn image(
    target: &str,
    sources: &[oci::Source],
    args: &cli::Target,
    workers: &Workers,
    budget: &Budget,
    common: &Common,
) -> Result<Catalogued> {
    let runtime = runtime()?;
    let bars = Arc::new(Bars::new(common));
    let options = oci::Options {
        platform: args.platform.clone(),
        insecure: args.insecure,
        ca_files: args.ca.clone(),
        allow_hosts: args.allow_host.clone(),
        progress: Some(Arc::<Bars>::clone(&bars)),
        memory: memory(workers),
        ..oci::Options::default()
    };
    let mut failures = Vec::new();
    for source in sources {
        match runtime.block_on(oci::open(source, &options)) {
            Ok(image) => {
                let catalogued = scan::catalogue_image(target, &image, workers, budget);
                bars.clear();
                return Ok(catalogued);
            }
            Err(error) => failures.push(error),
        }
    }
    // Where the daemon does not have it, the registry's answer is the one that matters; both are told.
    let last = failures.pop().context("there is no source for this image")?;
    let mut error = anyhow::Error::new(last);
    if let Some(first) = failures.pop() {
        error = error.context(format!("{target}: not in the Docker daemon ({first}), and"));
    }
    Err(error)
}

/// Reads a file that the user named, at most `limit` bytes of it.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    let failed = || format!("{} cannot be read", path.display());
    let mut text = String::new();
    // A pipe has no size, so what counts is what comes.
    let read = fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_string(&mut text));
    read.with_context(failed)?;
    anyhow::ensure!(
        text.len() as u64 <= limit,
        "{} has more than the {limit} bytes that are read",
        path.display()
    );
    Ok(text)
}
