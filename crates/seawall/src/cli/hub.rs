//! What is typed to run a hub.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgAction, Args, ValueEnum, builder::RangedI64ValueParser};
use store::StoreUrl;

use super::any_path;

const REACHED: &str = "How it is reached";
const WORKS: &str = "How it works";
const KEEPS: &str = "How long it keeps";

pub(super) const AFTER_HUB: &str = "\
Without options the hub listens on 127.0.0.1:7292 over plain HTTP, for this machine
alone. On any other address it needs TLS: --tls-cert and --tls-key, or nothing, and
the hub makes an authority of its own and prints its fingerprint.

Exit codes:
  0  it was told to stop (SIGINT, SIGTERM) and has stopped
  1  a part of it failed; the log says which
  2  it could not start; the message says what to do";

/// `seawall hub`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Hub {
    /// Address and port to listen on
    #[arg(long, env = "SEAWALL_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7292", hide_env_values = true, help_heading = REACHED)]
    pub(crate) listen: SocketAddr,
    /// PEM file with the certificate, and those between it and its authority
    #[arg(long, env = "SEAWALL_TLS_CERT", value_name = "FILE", requires = "tls_key", hide_env_values = true, help_heading = REACHED)]
    pub(crate) tls_cert: Option<PathBuf>,
    /// PEM file with its private key
    #[arg(long, env = "SEAWALL_TLS_KEY", value_name = "FILE", requires = "tls_cert", hide_env_values = true, help_heading = REACHED)]
    pub(crate) tls_key: Option<PathBuf>,
    /// Name or address for the certificate that the hub makes, beside its own; repeatable
    #[arg(long, value_name = "NAME", conflicts_with = "tls_cert", help_heading = REACHED)]
    pub(crate) tls_name: Vec<String>,
    /// Plain HTTP on an address that others reach; must be said twice
    #[arg(long, action = ArgAction::Count, conflicts_with_all = ["tls_cert", "tls_name"], help_heading = REACHED)]
    pub(crate) insecure_http: u8,
    /// Address under which people and registries reach it, where that is another [default: its own]
    #[arg(long, env = "SEAWALL_PUBLIC_URL", value_name = "URL", hide_env_values = true, help_heading = REACHED)]
    pub(crate) public_url: Option<String>,
    /// Store: sqlite:PATH or postgres://USER@HOST/DATABASE [default: a file in the data folder]
    #[arg(long, env = "SEAWALL_STORE", value_name = "URL", hide_env_values = true, help_heading = WORKS)]
    pub(crate) store: Option<StoreUrl>,
    /// Scans and looks at registries at once, 1 to 64 [default: one for each processor]
    #[arg(long, env = "SEAWALL_WORKERS", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64), hide_env_values = true, help_heading = WORKS)]
    pub(crate) workers: Option<u8>,
    /// Database of advisories, watched for a newer one [default: the one in the data folder]
    #[arg(long, env = "SEAWALL_ADVISORIES", value_name = "FILE", value_parser = any_path(), hide_env_values = true, help_heading = WORKS)]
    pub(crate) advisories: Option<PathBuf>,
    /// Days of notices since they happened last
    #[arg(long, env = "SEAWALL_KEEP_NOTICES", value_name = "DAYS", default_value_t = 365, value_parser = days(), hide_env_values = true, help_heading = KEEPS)]
    pub(crate) keep_notices: u32,
    /// Days of webhooks' deliveries
    #[arg(long, env = "SEAWALL_KEEP_DELIVERIES", value_name = "DAYS", default_value_t = 30, value_parser = days(), hide_env_values = true, help_heading = KEEPS)]
    pub(crate) keep_deliveries: u32,
    /// Days of the audit trail [default: all of it]
    #[arg(long, env = "SEAWALL_KEEP_AUDIT", value_name = "DAYS", value_parser = days(), hide_env_values = true, help_heading = KEEPS)]
    pub(crate) keep_audit: Option<u32>,
    /// What is logged: error, warn, info, debug, or hub=debug for a part
    #[arg(long, env = "SEAWALL_LOG", value_name = "FILTER", default_value = "info", hide_env_values = true, help_heading = WORKS)]
    pub(crate) log: String,
    /// Lines of the log: auto (JSON where nobody looks), json or text
    #[arg(long, env = "SEAWALL_LOG_FORMAT", value_enum, value_name = "FORMAT", default_value_t = LogFormat::Auto, hide_env_values = true, hide_possible_values = true, help_heading = WORKS)]
    pub(crate) log_format: LogFormat,
}

fn days() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=36_500)
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// JSON where standard error is no terminal
    Auto,
    /// A JSON object a line
    Json,
    /// For people
    Text,
}
