//! The `seawall` binary: arguments, configuration, wiring. What it does stands in the crates below it.

mod cli;
mod client;
mod cmd;
mod output;
mod paths;
mod progress;
mod serve;
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
        Command::Hub(args) => cmd::hub::run(&args, &cli.common),
        Command::Doctor(args) => cmd::doctor::run(&args, &cli.common),
        Command::Login(args) => cmd::login::run(&args),
        Command::Registries(args) => cmd::ask::registries::run(&args),
        Command::Images(args) => cmd::ask::fleet::images(&args),
        Command::Recommendations(args) => cmd::ask::fleet::recommendations(&args),
        Command::Score(args) => cmd::ask::fleet::score(&args),
        Command::Cve(args) => cmd::ask::fleet::cve(&args),
        Command::Export(args) => cmd::ask::export::run(&args),
        Command::Token(args) => cmd::ask::token::run(&args),
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
