//! `seawall db update`: fetches feeds, keeps them, compiles them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use feeds::{Event, Fetched, Source};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    cli::{Common, Update},
    cmd::catalogue,
    output::{self, note, warn},
    paths, when,
};

pub(super) fn run(args: &Update, common: &Common) -> Result<()> {
    let options = oci::Options {
        ca_files: args.ca.clone(),
        allow_hosts: args.allow_host.clone(),
        retries: 3,
        ..oci::Options::default()
    };
    update(args.source.as_deref(), &options, common)
}

/// The same in passing, where there is no data yet: who has no network hears so soon.
pub(super) fn first(source: Option<&str>, common: &Common) -> Result<()> {
    let mut options = oci::Options { retries: 1, ..oci::Options::default() };
    options.timeouts.connect = Duration::from_secs(5);
    options.timeouts.back_off = Duration::from_secs(10);
    update(source, &options, common)
}

fn update(source: Option<&str>, options: &oci::Options, common: &Common) -> Result<()> {
    // An empty variable is one that is not set.
    let source = source.filter(|text| !text.is_empty()).map_or(Ok(Source::Public), Source::parse)?;
    if source.is_open() {
        warn("the source is reached without encryption: whoever sits on the way can change what is known");
    }
    let folder = folder(&source, common)?;
    note(common, &format!("fetching feeds into {}", folder.display()));
    let bar = bar(common);
    let heard = bar.clone();
    let each = move |event: Event<'_>| match event {
        Event::Files(count) => heard.set_length(count),
        Event::Bytes(_) => heard.tick(),
        Event::Done(path) => {
            heard.inc(1);
            heard.set_message(path.to_owned());
        }
    };
    let now = when::timestamp(when::now());
    let fetched =
        catalogue::runtime()?.block_on(feeds::fetch(&source, &folder, &now, options, Arc::new(each)));
    bar.finish_and_clear();
    told(&fetched?, common);
    super::import(&folder, common)
}

/// Where the files of a source are kept: of each source apart, so that none fills the gaps of another in silence.
fn folder(source: &Source, common: &Common) -> Result<PathBuf> {
    Ok(paths::cache_dir(common)?.join("feeds").join(source.folder_name()))
}

fn told(fetched: &Fetched, common: &Common) {
    for (path, bytes) in &fetched.new {
        note(common, &format!("fetched {path}, {} kB", bytes.div_ceil(1000)));
    }
    if !fetched.unchanged.is_empty() {
        note(common, &format!("{} files are unchanged", fetched.unchanged.len()));
    }
    if !fetched.missing.is_empty() {
        note(common, &format!("{} files are not there: no data from the source", fetched.missing.len()));
    }
    // Not hidden by --quiet: what is old or absent changes what a scan says.
    let mut last: Option<(&str, u64)> = None;
    for failed in &fetched.failed {
        let kept = match &failed.kept {
            Some(time) => format!("the copy of {} stays in use", time.get(..10).unwrap_or(time)),
            None => "there is no older copy".to_owned(),
        };
        match &mut last {
            Some((why, count)) if *why == failed.why => *count += 1,
            _ => {
                repeated(last);
                warn(&format!("{} was not fetched, {kept}: {}", failed.path, failed.why));
                last = Some((&failed.why, 0));
            }
        }
    }
    repeated(last);
}

fn repeated(last: Option<(&str, u64)>) {
    if let Some((_, count @ 1..)) = last {
        warn(&format!("{count} more files were not fetched for the same reason"));
    }
}

fn bar(common: &Common) -> ProgressBar {
    let target = if common.quiet || !output::is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr_with_hz(10)
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} files  {elapsed}  {msg}") {
        bar.set_style(style);
    }
    bar
}
