//! What is typed to ask a hub about its fleet.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{HubArgs, Shown};

const FILTERS: &str = "Which";

/// A hub, and how its answer is printed.
#[derive(Args, Clone, Debug)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
}

/// How much of a list is printed.
#[derive(Args, Clone, Debug)]
pub(crate) struct Part {
    /// Rows, 1 to 500
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) limit: u16,
}

/// `seawall images`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Images {
    #[command(subcommand)]
    pub(crate) command: ImagesCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ImagesCommand {
    /// List images, the worst first
    List(Box<ImagesList>),
    /// Show one image and its findings, the worst first
    Show {
        /// Its id, as the list has it
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        part: Part,
        #[command(flatten)]
        asked: Asked,
    },
}

/// `seawall images list`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImagesList {
    /// Part of the name, a tag or a digest
    #[arg(long, value_name = "TEXT", help_heading = FILTERS)]
    pub(crate) text: Option<String>,
    /// With findings of these severities, such as critical,high
    #[arg(long, value_name = "SEVERITIES", help_heading = FILTERS)]
    pub(crate) severity: Option<String>,
    /// In these states: healthy, unhealthy, not_applicable, not_assessed
    #[arg(long, value_name = "STATES", help_heading = FILTERS)]
    pub(crate) state: Option<String>,
    /// Hit by this CVE
    #[arg(long, value_name = "ID", help_heading = FILTERS)]
    pub(crate) cve: Option<String>,
    /// With this package
    #[arg(long, value_name = "NAME", help_heading = FILTERS)]
    pub(crate) package: Option<String>,
    /// In this repository
    #[arg(long, value_name = "NAME", help_heading = FILTERS)]
    pub(crate) repository: Option<String>,
    /// In this scope and below it
    #[arg(long, value_name = "SCOPE", help_heading = FILTERS)]
    pub(crate) scope: Option<String>,
    /// With a finding that is known to be exploited
    #[arg(long, help_heading = FILTERS)]
    pub(crate) kev: bool,
    /// With a finding that has a fix
    #[arg(long, help_heading = FILTERS)]
    pub(crate) fixable: bool,
    #[command(flatten)]
    pub(crate) part: Part,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// `seawall recommendations`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Recommendations {
    /// What is listed: fix or control
    #[arg(long, value_enum, value_name = "BY", default_value_t = By::Fix, hide_possible_values = true)]
    pub(crate) by: By,
    /// In this scope and below it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) part: Part,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// The words of `--by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// By what repairs them
    Fix,
    /// By security control
    Control,
}

/// `seawall score`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Score {
    /// Of this scope with all below it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// `seawall cve`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Cve {
    /// CVE, GHSA or any other name of it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// In this scope and below it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) part: Part,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// `seawall registries`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Registries {
    #[command(subcommand)]
    pub(crate) command: RegistriesCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RegistriesCommand {
    /// List registries and how they are
    List {
        #[command(flatten)]
        asked: Asked,
    },
    /// Connect a registry; its password comes from standard input
    Add(Box<RegistryArgs>),
    /// Try to reach a registry, and connect nothing
    Check(Box<RegistryArgs>),
    /// Remove a registry with all that was seen in it, after saying what that is
    Remove {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// Do it; without this it is only said what would go
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        hub: HubArgs,
    },
}

/// `seawall registries add`, `seawall registries check`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RegistryArgs {
    /// Its name here, a part of images' ids
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Its address, such as registry.example:5000
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// Scope in which its images are, where no rule says otherwise
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Repositories that are watched; `*` is any text; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// Repositories that are not; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Name to log in with; the password comes from standard input
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// PEM file with authorities to trust for the registry
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Allow plain HTTP and unverified certificates for the registry
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Scans and look-ups at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) concurrency: Option<u32>,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// What a scan sends to a hub, beside its catalogue.
#[derive(Args, Clone, Debug)]
pub(crate) struct Publish {
    /// Send what was catalogued to a hub
    #[arg(long, help_heading = PUBLISH)]
    pub(crate) publish: bool,
    /// Scope in which the hub puts it, for a token of several [default: the token's]
    #[arg(long, value_name = "SCOPE", requires = "publish", help_heading = PUBLISH)]
    pub(crate) publish_scope: Option<String>,
    /// Workflow that built it [default: of GitHub's or GitLab's variables, as the next three]
    #[arg(long, value_name = "NAME", requires = "publish", help_heading = PUBLISH)]
    pub(crate) workflow: Option<String>,
    /// Address of the run
    #[arg(long, value_name = "URL", requires = "publish", help_heading = PUBLISH)]
    pub(crate) run_url: Option<String>,
    /// Branch
    #[arg(long, value_name = "NAME", requires = "publish", help_heading = PUBLISH)]
    pub(crate) branch: Option<String>,
    /// Commit
    #[arg(long, value_name = "ID", requires = "publish", help_heading = PUBLISH)]
    pub(crate) commit: Option<String>,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
}

const PUBLISH: &str = "Publishing";
