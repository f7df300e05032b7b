//! The log: lines for people on a terminal, a JSON object a line elsewhere. Each line of a request carries its id.

use std::io::{self, IsTerminal};

use anyhow::{Result, anyhow};
use tracing_subscriber::{EnvFilter, fmt};

use crate::cli::LogFormat;

/// Sets the log up, on standard error. `filter` is what is logged, in the words of `tracing` (`info`, `hub=debug`).
pub(crate) fn begin(format: LogFormat, filter: &str) -> Result<()> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| {
        anyhow!("--log '{filter}': {error}; write error, warn, info or debug, or hub=debug for a part")
    })?;
    let json = match format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let log = fmt().with_env_filter(parsed).with_writer(io::stderr).with_ansi(false);
    let begun = if json {
        log.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        log.try_init()
    };
    begun.map_err(|error| anyhow!("the log cannot be set up: {error}"))
}
