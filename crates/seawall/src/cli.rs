//! What can be typed. Help texts are written to read well at 80 columns.

mod client;
mod fleet;
mod hub;

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser},
};
use model::{Class, Platform, Severity};
use scan::Threshold;

pub(crate) use client::{Doctor, Export, HubArgs, Login, Print, Shown, Token, TokenCommand, TokenCreate};
pub(crate) use fleet::{
    Asked, By, Cve, Images, ImagesCommand, ImagesList, Publish, Recommendations, Registries,
    RegistriesCommand, RegistryArgs, Score,
};
pub(crate) use hub::{Hub, LogFormat};

use crate::when::Age;

const EXAMPLES: &str = "\
Examples:
  seawall up                             this machine and its Docker images
  seawall scan alpine:3.20               an image: of the daemon, or a registry
  seawall scan shop.tar --fail-on high   a gate for a pipeline
  seawall why CVE-2024-3094 debian:12    why it is affected, or why it is not";

const AFTER_SCAN: &str = "\
Exit codes:
  0  done, and no gate was hit
  1  a gate was hit (--fail-on)
  2  the target could not be scanned
  3  a gate was set, but the scan was incomplete or had no data

A SEVERITY is critical, high, medium, low, negligible or unknown.";

const AFTER_UP: &str = "\
The hub listens on 127.0.0.1, on port 7292 or the next that is free, and keeps its
data in ./.seawall, or where --data-dir says.

Exit codes:
  0  it was told to stop, or all was looked at (--exit-when-idle)
  2  it could not start, or there was nothing to judge by";

const TARGET: &str = "Target";
const REACH: &str = "Registry and daemon";
const RUN: &str = "Running";
const GATE: &str = "Gate";
const HIDING: &str = "Ignoring";
const GLOBAL: &str = "Global options";

/// Finds what is vulnerable in images, file systems and sources, and says why.
#[derive(Debug, Parser)]
#[command(name = "seawall", version, max_term_width = 80, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// Folder of the database [default: /var/lib/seawall as root, else ~/.local/share/seawall]
    #[arg(long, global = true, env = "SEAWALL_DATA_DIR", value_name = "DIR", hide_env_values = true, help_heading = GLOBAL)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Folder of fetched feeds and of results per layer [default: /var/cache/seawall as root, else ~/.cache/seawall]
    #[arg(long, global = true, env = "SEAWALL_CACHE_DIR", value_name = "DIR", hide_env_values = true, help_heading = GLOBAL)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Colour: auto, always or never
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN", hide_possible_values = true, help_heading = GLOBAL)]
    pub(crate) color: When,
    /// Say nothing on the way, only the result
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan an image, root file system, source tree or SBOM
    #[command(after_help = AFTER_SCAN)]
    Scan(Box<Scan>),
    /// Explain why a target is affected by a CVE, or why it is not
    Why(Box<Why>),
    /// Run a hub for this machine: console, root file system, Docker images
    #[command(after_help = AFTER_UP)]
    Up(Up),
    /// Run a hub: watch registries, serve the console and the interface
    #[command(after_help = hub::AFTER_HUB)]
    Hub(Box<Hub>),
    /// Check the place where a hub runs, or will
    #[command(after_help = client::AFTER_DOCTOR)]
    Doctor(Box<Doctor>),
    /// Log in to a hub, for the commands that ask one
    Login(Login),
    /// List, connect, check and remove registries of a hub
    Registries(Registries),
    /// List images of a hub, and show one
    Images(Images),
    /// Say what to do first, by fix or by security control
    Recommendations(Box<Recommendations>),
    /// Show the secure score and how it comes about
    Score(Score),
    /// Say which images a CVE hits
    Cve(Box<Cve>),
    /// Write a whole list of a hub as CSV or JSON lines
    Export(Export),
    /// Make, list and revoke tokens of a hub
    Token(Token),
    /// Make and inspect the database of advisories
    Db(Db),
    /// Scan one image for the hub, which gives the order on the input
    #[command(hide = true)]
    Worker,
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, or write one for each command
    Man(Man),
}

/// What is scanned, and how it is reached.
#[derive(Args, Clone, Debug)]
pub(crate) struct Target {
    /// Image name, archive, OCI layout, folder or SBOM file
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// What it is, where that is not to be guessed: registry, docker, archive, layout, rootfs, source, sbom
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true, help_heading = TARGET)]
    pub(crate) kind: Option<KindArg>,
    /// Platform of an image, such as linux/arm64 [default: this machine's]
    #[arg(long, value_name = "OS/ARCH", help_heading = TARGET)]
    pub(crate) platform: Option<Platform>,
    /// Trust the certificate authorities in this PEM file, too
    #[arg(long, value_name = "FILE", help_heading = REACH)]
    pub(crate) ca: Vec<PathBuf>,
    /// Allow plain HTTP and unverified certificates for the registry
    #[arg(long, help_heading = REACH)]
    pub(crate) insecure: bool,
    /// Private host that the registry may send us to
    #[arg(long, value_name = "HOST", help_heading = REACH)]
    pub(crate) allow_host: Vec<String>,
    /// Docker daemon to ask [default: DOCKER_HOST, else its usual socket]
    #[arg(long, value_name = "ADDRESS", help_heading = REACH)]
    pub(crate) docker_host: Option<String>,
    /// Stop after this time and report what was seen
    #[arg(long, value_name = "TIME", default_value = "1h", help_heading = RUN)]
    pub(crate) timeout: Age,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = RUN)]
    pub(crate) threads: Option<u16>,
    /// Read every layer again instead of using the cache
    #[arg(long, help_heading = RUN)]
    pub(crate) no_cache: bool,
}

/// The words of `--kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindArg {
    /// In a registry
    Registry,
    /// In a Docker daemon
    Docker,
    /// Archive of docker save, or an OCI layout in a tar
    Archive,
    /// Folder with an OCI layout
    Layout,
    /// Root file system of an installed system
    Rootfs,
    /// Source tree: lock files and manifests
    Source,
    /// CycloneDX or SPDX JSON
    Sbom,
}

/// `seawall scan`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Scan {
    /// What is printed: table, json, sarif or cyclonedx
    #[arg(long, short, value_enum, default_value_t = Format::Table, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) format: Format,
    /// Also write a file: [FORMAT=]FILE; its ending tells the format: .json, .sarif, .cdx.json, .txt
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Vec<String>,
    /// Show findings of this severity and worse
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<Severity>,
    /// Only findings with a fix, shown and in the gate
    #[arg(long)]
    pub(crate) fixable: bool,
    /// Only this class, shown and in the gate: vulnerability, malware, unmaintained, maintenance, unimportant
    #[arg(long, value_name = "CLASS", value_parser = class)]
    pub(crate) class: Vec<Class>,
    /// Every action and finding, with places and packages
    #[arg(long)]
    pub(crate) all: bool,
    /// Only catalogue packages; ask no database
    #[arg(long)]
    pub(crate) no_match: bool,
    /// Exit with 1 when N findings of this severity or worse count [default N: 1]
    #[arg(long, value_name = "SEVERITY[:N]", help_heading = GATE)]
    pub(crate) fail_on: Vec<Threshold>,
    /// What a finding of unknown severity counts as [default: it is let through]
    #[arg(long, value_name = "SEVERITY", help_heading = GATE)]
    pub(crate) unknown_as: Option<Severity>,
    /// Treat data whose newest record is older as no data, such as 48h or 7d
    #[arg(long, value_name = "AGE", help_heading = GATE)]
    pub(crate) max_db_age: Option<Age>,
    /// Pass a scan that could not see everything
    #[arg(long, help_heading = GATE)]
    pub(crate) allow_incomplete: bool,
    /// Ignore file [default: .seawallignore and .trivyignore of this folder]
    #[arg(long, value_name = "FILE", help_heading = HIDING)]
    pub(crate) ignore_file: Vec<PathBuf>,
    /// OpenVEX document
    #[arg(long, value_name = "FILE", help_heading = HIDING)]
    pub(crate) vex: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) publish: Publish,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Reads the words of `--class`.
fn class(word: &str) -> Result<Class, String> {
    [Class::Malware, Class::Vulnerability, Class::Unmaintained, Class::Maintenance, Class::Unimportant]
        .into_iter()
        .find(|class| class.as_str() == word)
        .ok_or_else(|| "use vulnerability, malware, unmaintained, maintenance or unimportant".to_owned())
}

/// Formats of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// All of it, for machines
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// CycloneDX 1.6 JSON
    Cyclonedx,
}

/// `seawall why`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Why {
    /// CVE, GHSA or the id of any record
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Only packages of this name, also those that no record connects with the id
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// `seawall db`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Db {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Compile a folder of feeds, or a zip of it, into the database
    Import {
        /// Folder in the layout of the OSV bucket, a zip of it, or one file of a feed
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// List what was not understood, too
        #[arg(long)]
        lints: bool,
    },
    /// Fetch the feeds and compile them into the database
    Update(Update),
    /// Say what the database holds, for each source
    Info,
    /// List what was not understood at the import
    Lints {
        /// Only of this source, as `db info` names it
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// Only of this kind, such as empty-range
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
    },
    /// Check every byte of the database
    Verify,
    /// Make a database of 30 famous records that are built in: a sample
    Sample,
}

/// `seawall db update`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Update {
    /// Server or folder with the layout of the OSV bucket [default: the public sources]
    #[arg(long, env = "SEAWALL_SOURCE", value_name = "URL", hide_env_values = true)]
    pub(crate) source: Option<String>,
    /// Trust the certificate authorities in this PEM file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Private host that the source may send us to
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
}

/// `seawall up`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Up {
    /// Folder of feeds, or a zip of it, to import first
    #[arg(long, env = "SEAWALL_FEEDS", value_name = "PATH", hide_env_values = true, value_parser = any_path())]
    pub(crate) feeds: Option<PathBuf>,
    /// Where feeds are fetched from when there is no database [default: the public sources]
    #[arg(long, env = "SEAWALL_SOURCE", value_name = "URL", hide_env_values = true)]
    pub(crate) source: Option<String>,
    /// Root of the system that is scanned
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// Docker daemon whose images are scanned [default: DOCKER_HOST, else its usual socket]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) docker_host: Option<String>,
    /// End when all was looked at, with a page of what was found
    #[arg(long)]
    pub(crate) exit_when_idle: bool,
}

/// A path that may be empty, as a variable that is set to nothing is.
pub(crate) fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// `seawall completions`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `seawall man`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Man {
    /// Write seawall.1 and a page for each command to this folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
