//! What `seawall up` tells: a line as each thing is done, and with `--exit-when-idle` the page at the end.

use std::{io::Write, sync::Arc};

use anyhow::Result;
use hub::machine::{Kind, Told};
use model::Judgement;
use scan::{Judging, Outcome};
use vulndb::Database;

use crate::{
    cli::{Common, Up},
    output, when,
};

/// As many rows as a person reads in a minute.
const ROWS: usize = 20;

/// What was found, as it is told.
pub(super) struct Page {
    root: String,
    /// Only with `--exit-when-idle` something is kept: the console has it all.
    keeps: bool,
    database: Arc<Database>,
    system: Option<Outcome>,
    failed: Option<String>,
    images: Vec<String>,
    /// How many images there are, or why nobody knows.
    listed: Option<Result<usize, String>>,
}

impl Page {
    pub(super) fn new(args: &Up, database: Arc<Database>) -> Self {
        Self {
            root: args.root.display().to_string(),
            keeps: args.exit_when_idle,
            database,
            system: None,
            failed: None,
            images: Vec::new(),
            listed: None,
        }
    }

    /// Hears how the look goes on; gives a line that is worth telling now.
    pub(super) fn hear(&mut self, told: Told<'_>) -> Option<String> {
        match told {
            Told::Images(count) => {
                self.listed = Some(Ok(count));
                None
            }
            Told::NoImages(why) => {
                let line = format!("Docker images were not looked at: {why}");
                self.listed = Some(Err(why));
                (!self.keeps).then_some(line)
            }
            Told::Begins(name) => Some(format!("scanning {name}")),
            Told::Done(name, kind, scanned) => {
                let today = when::today();
                let judging =
                    Judging { database: Some(&self.database), rules: &[], today: &today, stale: None };
                let outcome = scan::judge((*scanned).into(), &judging);
                let said = format!("{name:<40} {}", line(&outcome));
                match kind {
                    Kind::RootFs if self.keeps => self.system = Some(outcome),
                    Kind::Image if self.keeps => self.images.push(said),
                    Kind::RootFs | Kind::Image => return Some(format!("  {said}")),
                }
                None
            }
            Told::Failed(name, kind, problem) => {
                let said = format!("{name:<40} not assessed: {}", problem.message);
                match kind {
                    Kind::RootFs if self.keeps => self.failed = Some(said),
                    Kind::Image if self.keeps => self.images.push(said),
                    Kind::RootFs | Kind::Image => return Some(format!("  {said}")),
                }
                None
            }
            Told::Left(count) => {
                let said = format!("{count} more were not asked for");
                if self.keeps {
                    self.images.push(said);
                    return None;
                }
                Some(format!("  {said}"))
            }
        }
    }

    /// The page: the system, then a line for each image.
    pub(super) fn write(&self, common: &Common, out: &mut dyn Write) -> Result<()> {
        if let Some(outcome) = &self.system {
            let options = report::Options {
                filter: report::Filter::default(),
                all: false,
                rows: Some(ROWS),
                more: format!("seawall scan {} --all", self.root),
                width: output::width(),
                color: output::colored(common),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                timestamp: when::timestamp(when::now()),
                ruling: scan::Ruling::NoGate,
            };
            report::write(report::Format::Table, outcome, &options, out)?;
        }
        if let Some(failed) = &self.failed {
            writeln!(out, "{}", report::plain(failed))?;
        }
        match &self.listed {
            Some(Ok(count)) => writeln!(out, "\n{count} Docker images")?,
            Some(Err(why)) => writeln!(out, "\nDocker images were not looked at: {}", report::plain(why))?,
            None => {}
        }
        for image in &self.images {
            writeln!(out, "  {}", report::plain(image))?;
        }
        Ok(())
    }
}

fn line(outcome: &Outcome) -> String {
    let counted = outcome.findings.iter().filter(|finding| finding.judgement == Judgement::Counts).count();
    let packages = outcome.catalogue.packages.len();
    format!("{}; {counted} findings that count in {packages} packages", outcome.state.as_str())
}
