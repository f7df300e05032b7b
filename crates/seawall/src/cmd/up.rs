//! `seawall up`: this machine and its Docker images, in one summary.

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::Result;
use model::{Budget, Judgement};
use scan::{Catalogued, Judging, Outcome};

use crate::{
    cli::{Common, Up},
    cmd::{catalogue, db},
    output::{self, note},
    when,
};

/// How long a daemon is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// As many rows as a person reads in a minute.
const ROWS: usize = 20;

pub(crate) fn run(args: &Up, common: &Common) -> Result<u8> {
    let database = db::ready(args, common)?;
    let workers = catalogue::workers(None, false, common);
    note(common, &format!("scanning {}", args.root.display()));
    let system = scan::catalogue_rootfs(&args.root, &workers, &Budget::default())?;
    let today = when::today();
    let judge = |catalogued: Catalogued| {
        scan::judge(
            catalogued,
            &Judging { database: Some(&database), rules: &[], today: &today, stale: None },
        )
    };
    let outcome = judge(system);
    let options = report::Options {
        filter: report::Filter::default(),
        all: false,
        rows: Some(ROWS),
        more: format!("seawall scan {} --all", args.root.display()),
        width: output::width(),
        color: output::colored(common),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        timestamp: when::timestamp(when::now()),
        ruling: scan::Ruling::NoGate,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    report::write(report::Format::Table, &outcome, &options, &mut out)?;
    out.flush()?;

    let runtime = catalogue::runtime()?;
    // A daemon on this machine answers soon; one that does not must not hold up the page.
    let timeouts = oci::Timeouts { idle: PATIENCE, ..oci::Timeouts::default() };
    let fetching = oci::Options { timeouts, memory: catalogue::memory(&workers), ..oci::Options::default() };
    let host = args.docker_host.as_deref();
    match runtime.block_on(oci::daemon_images(host, &fetching)) {
        Err(error) => writeln!(out, "\nDocker images were not looked at: {error}")?,
        Ok(images) => {
            writeln!(out, "\n{} Docker images", images.len())?;
            let name = |image: oci::DaemonImage| {
                (image.repo_tags.into_iter().next().unwrap_or_else(|| image.id.clone()), image.id)
            };
            let mut images: Vec<(String, String)> = images.into_iter().map(name).collect();
            images.sort();
            let mut images = images.into_iter();
            while let Some((name, id)) = images.next() {
                let source = oci::Source::Daemon { host: args.docker_host.clone(), image: id };
                match runtime.block_on(oci::open(&source, &fetching)) {
                    Ok(opened) => {
                        let outcome =
                            judge(scan::catalogue_image(&name, &opened, &workers, &Budget::default()));
                        writeln!(out, "  {name:<40} {}", line(&outcome))?;
                    }
                    Err(error) => {
                        writeln!(out, "  {name:<40} not assessed: {error}")?;
                        // A daemon that hangs would be waited for once for each of its images.
                        if matches!(error, oci::Error::Stalled { .. }) {
                            if images.len() > 0 {
                                writeln!(out, "  {} more were not asked for", images.len())?;
                            }
                            break;
                        }
                    }
                }
                out.flush()?;
            }
        }
    }
    out.flush()?;
    Ok(0)
}

fn line(outcome: &Outcome) -> String {
    let counted = outcome.findings.iter().filter(|finding| finding.judgement == Judgement::Counts).count();
    let packages = outcome.catalogue.packages.len();
    format!("{}; {counted} findings that count in {packages} packages", outcome.state.as_str())
}
