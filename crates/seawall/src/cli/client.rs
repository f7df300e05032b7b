//! What is typed to ask a hub.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand, ValueEnum};

const HUB: &str = "The hub";

/// Which hub is asked.
#[derive(Args, Clone, Debug)]
pub(crate) struct HubArgs {
    /// Address of the hub [default: the one that was logged in to]
    #[arg(long, env = "SEAWALL_HUB", value_name = "URL", hide_env_values = true, help_heading = HUB)]
    pub(crate) hub: Option<String>,
    /// File with the token [default: SEAWALL_TOKEN, else the one of the login]
    #[arg(long, value_name = "FILE", help_heading = HUB)]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file with the authorities to trust for the hub, and no others
    #[arg(long, env = "SEAWALL_HUB_CA", value_name = "FILE", hide_env_values = true, help_heading = HUB)]
    pub(crate) hub_ca: Option<PathBuf>,
    /// Send the token unencrypted to another machine
    #[arg(long, help_heading = HUB)]
    pub(crate) insecure_http: bool,
}

/// How an answer is printed.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// What is printed: table or json
    #[arg(long, short, value_enum, default_value_t = Print::Table, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) format: Print,
}

/// The words of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Print {
    /// For people
    Table,
    /// As the hub gave it
    Json,
}

/// `seawall login`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Login {
    /// Address of the hub.
    // Told as a help text: rustdoc wants a link of it, which a terminal would show with its brackets.
    #[arg(
        value_name = "URL",
        required_unless_present = "forget",
        help = "Address of the hub, such as https://hub.example:7292"
    )]
    pub(crate) url: Option<String>,
    /// Log in with name and password, and make a token for this machine
    #[arg(long, value_name = "NAME", conflicts_with = "forget")]
    pub(crate) user: Option<String>,
    /// Days until that token ends
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650), requires = "user")]
    pub(crate) days: u32,
    /// Forget hub and token
    #[arg(long, conflicts_with = "url")]
    pub(crate) forget: bool,
    /// PEM file with the authorities to trust for the hub, and no others
    #[arg(long, env = "SEAWALL_HUB_CA", value_name = "FILE", hide_env_values = true)]
    pub(crate) hub_ca: Option<PathBuf>,
    /// Send the token unencrypted to another machine
    #[arg(long)]
    pub(crate) insecure_http: bool,
}

/// `seawall token`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and print it once
    Create(TokenCreate),
    /// List tokens
    List {
        #[command(flatten)]
        who: AsUser,
        #[command(flatten)]
        shown: Shown,
    },
    /// End a token for good
    Revoke {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        who: AsUser,
    },
}

/// As whom a hub is asked that gives no tokens to tokens.
#[derive(Args, Clone, Debug)]
pub(crate) struct AsUser {
    /// Your name; the password comes from standard input [default: who logged in]
    #[arg(long, env = "SEAWALL_USER", value_name = "NAME", hide_env_values = true)]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
}

/// `seawall token create`.
#[derive(Args, Clone, Debug)]
pub(crate) struct TokenCreate {
    /// What it is for
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What it may do: viewer, security_reader, security_admin, owner, publish, notify, metrics; behind a colon the scope; repeatable
    #[arg(long, value_name = "ROLE[:SCOPE]", required = true, action = ArgAction::Append)]
    pub(crate) grant: Vec<String>,
    /// Days until it ends
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    #[command(flatten)]
    pub(crate) who: AsUser,
    #[command(flatten)]
    pub(crate) shown: Shown,
}

pub(super) const AFTER_DOCTOR: &str = "\
Give it what the hub is given: it checks what that hub would use.

Exit codes:
  0  nothing failed
  1  a check failed
  2  what was typed makes no sense";

/// `seawall doctor`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) hub: super::Hub,
}

/// `seawall export`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Export {
    /// Which list, as its address has it: images, audit, images/12/findings
    #[arg(value_name = "LIST")]
    pub(crate) list: String,
    /// Filters, as the list knows them: severity=critical,high
    #[arg(value_name = "NAME=VALUE")]
    pub(crate) filters: Vec<String>,
    /// csv or jsonl
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t = ExportFormat::Csv, hide_possible_values = true)]
    pub(crate) format: ExportFormat,
    /// Write a file, which appears whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
}

/// Formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Comma-separated values
    Csv,
    /// A JSON object a line
    Jsonl,
}

impl ExportFormat {
    /// The word on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}
