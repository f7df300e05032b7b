use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use model::Platform;

use crate::{Memory, Progress, Reference, Secret};

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a registry.
    Registry(Reference),
    /// In an archive file: of `docker save`, or an OCI layout in a tar; which of them, its content tells. May be
    /// compressed with gzip or zstd as a whole.
    Archive {
        /// The file.
        path: PathBuf,
        /// Which image, where there are several: a tag, full name or digest.
        image: Option<String>,
    },
    /// In a folder with an OCI layout.
    Layout {
        /// The folder.
        path: PathBuf,
        /// Which image, where there are several: a tag, full name or digest.
        image: Option<String>,
    },
    /// In a Docker daemon.
    Daemon {
        /// `unix:///run/docker.sock` or `tcp://host:port`; `None` means `DOCKER_HOST`, then `/var/run/docker.sock`.
        host: Option<String>,
        /// Name or id.
        image: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => write!(f, "{reference}"),
            Self::Archive { path, .. } | Self::Layout { path, .. } => write!(f, "{}", path.display()),
            Self::Daemon { image, .. } => write!(f, "{image} (Docker daemon)"),
        }
    }
}

/// Sizes past which a document is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a manifest or index. Registries accept 4 MiB (OCI distribution specification, "Pushing Manifests").
    pub manifest: u64,
    /// Bytes of an image configuration.
    pub config: u64,
    /// Bytes of an archive that must be stored: inflated, or from a daemon.
    pub archive: u64,
    /// Entries of an archive.
    pub entries: u64,
    /// Indexes inside indexes.
    pub nesting: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { manifest: 4 << 20, config: 16 << 20, archive: 64 << 30, entries: 1_000_000, nesting: 3 }
    }
}

/// How long is waited for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For the next bytes of an answer.
    pub idle: Duration,
    /// For a credential helper program.
    pub helper: Duration,
    /// For all pauses before new attempts of one request together.
    pub back_off: Duration,
    /// For one whole transfer: a server that drips bytes is left after it.
    pub transfer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(60),
            helper: Duration::from_secs(15),
            back_off: Duration::from_secs(120),
            transfer: Duration::from_secs(3600),
        }
    }
}

/// How an image is fetched. The default asks for this machine's platform, trusts the system's certificates and uses
/// the credentials that `docker login` stored.
#[derive(Clone)]
pub struct Options {
    /// The platform; `None` means this machine's, or the only one that there is.
    pub platform: Option<Platform>,
    /// Plain HTTP and unverified certificates for the registry that the operator typed (and for no other host).
    pub insecure: bool,
    /// PEM files with certificate authorities to trust beside the system's.
    pub ca_files: Vec<PathBuf>,
    /// The same, as texts in PEM form.
    pub ca_texts: Vec<String>,
    /// Docker's `config.json`; `None` means no credentials. The default is `$DOCKER_CONFIG/config.json`, else
    /// `~/.docker/config.json`, where that file exists.
    pub docker_config: Option<PathBuf>,
    /// Name and password for the registry, instead of what `docker_config` holds.
    pub login: Option<(String, Secret)>,
    /// Said behind Seawall's name to the registry itself (`User-Agent: seawall/… (…)`), and to no other host: by it a
    /// registry's own notifications tell these requests from others. Letters, digits, `-`, `_` and `.` only; anything else
    /// is left out.
    pub agent: Option<String>,
    /// Hosts (`host`, `host:port`, `*.domain`) that servers and manifests may name though they are private, and that may be sent
    /// the credentials as token realm.
    pub allow_hosts: Vec<String>,
    /// Sizes.
    pub limits: Limits,
    /// Times.
    pub timeouts: Timeouts,
    /// New attempts after a failed one, for each request; of a blob, those that bring no more bytes.
    pub retries: u32,
    /// Hears how transfers go on.
    pub progress: Option<Arc<dyn Progress>>,
    /// Remembers images of daemons that were read before.
    pub memory: Option<Arc<dyn Memory>>,
    /// Where unlinked temporary files are made; `None` means the system's folder for them.
    pub scratch: Option<PathBuf>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("platform", &self.platform)
            .field("insecure", &self.insecure)
            .field("ca_files", &self.ca_files)
            .field("ca_texts", &self.ca_texts.len())
            .field("docker_config", &self.docker_config)
            .field("login", &self.login)
            .field("agent", &self.agent)
            .field("allow_hosts", &self.allow_hosts)
            .field("limits", &self.limits)
            .field("timeouts", &self.timeouts)
            .field("retries", &self.retries)
            .field("scratch", &self.scratch)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            platform: None,
            insecure: false,
            ca_files: Vec::new(),
            ca_texts: Vec::new(),
            docker_config: docker_config(),
            login: None,
            agent: None,
            allow_hosts: Vec::new(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            retries: 5,
            progress: None,
            memory: None,
            scratch: None,
        }
    }
}

fn docker_config() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker")))?;
    Some(folder.join("config.json")).filter(|file| file.is_file())
}
