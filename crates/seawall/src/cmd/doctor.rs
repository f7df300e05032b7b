//! `seawall doctor`: eight checks of where a hub runs, before it does or beside it. They change nothing, but for bringing an
//! older store up to date as the hub would.

mod checks;

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::{
    cli::{Common, Doctor, Print},
    cmd::{catalogue, hub},
    output,
};

/// Something is not as a hub needs it.
const ILL: u8 = 1;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// The hub works; somebody should look.
    Warn,
    /// The hub does not work, or not safely.
    Fail,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Found {
    /// The check's name, which does not change.
    name: &'static str,
    verdict: Verdict,
    /// What was seen.
    detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Found {
    fn ok(detail: impl Into<String>) -> Self {
        Self { name: "", verdict: Verdict::Ok, detail: detail.into(), help: None }
    }

    fn warn(detail: impl Into<String>, help: impl Into<String>) -> Self {
        Self { name: "", verdict: Verdict::Warn, detail: detail.into(), help: Some(help.into()) }
    }

    fn fail(detail: impl Into<String>, help: impl Into<String>) -> Self {
        Self { name: "", verdict: Verdict::Fail, detail: detail.into(), help: Some(help.into()) }
    }

    fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

pub(crate) fn run(args: &Doctor, common: &Common) -> Result<u8> {
    let plan = hub::plan(&args.hub, common)?;
    let found = catalogue::runtime()?.block_on(checks::all(&plan));
    let mut out = io::stdout().lock();
    match args.shown.format {
        Print::Json => {
            serde_json::to_writer_pretty(&mut out, &found)?;
            writeln!(out)?;
        }
        Print::Table => {
            for one in &found {
                let word = match one.verdict {
                    Verdict::Ok => "ok",
                    Verdict::Warn => "warn",
                    Verdict::Fail => "FAIL",
                };
                writeln!(out, "{word:<5} {:<12} {}", one.name, report::plain(&one.detail))?;
                if let Some(help) = &one.help {
                    writeln!(out, "      {:<12} → {}", "", report::plain(help))?;
                }
            }
        }
    }
    out.flush()?;
    let ill = found.iter().filter(|one| one.verdict == Verdict::Fail).count();
    if ill > 0 {
        output::note(common, &format!("{ill} of {} checks failed", found.len()));
        return Ok(ILL);
    }
    Ok(0)
}
