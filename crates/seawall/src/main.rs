//! The `seawall` binary: arguments, configuration, wiring. What it does stands in the crates below it.

mod cli;
mod cmd;
mod output;
mod paths;
mod progress;
mod when;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

/// The scan could not be done at all.
const EXIT_ERROR: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // One TLS stack for the whole process; a second call is harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let result = match cli.command {
        Command::Scan(args) => cmd::scan::run(&args, &cli.common),
        Command::Why(args) => cmd::why::run(&args, &cli.common),
        Command::Db(args) => cmd::db::run(&args, &cli.common),
        Command::Up(args) => cmd::up::run(&args, &cli.common),
        Command::Worker => Ok(hub::worker::child_main(std::io::stdin(), std::io::stdout())),
        Command::Completions(args) => cmd::shell::completions(&args),
        Command::Man(args) => cmd::shell::man(&args),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(EXIT_ERROR)
        }
    }
}
