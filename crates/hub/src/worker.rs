//! Scans in processes of their own: bytes from outside are never parsed in the hub.
//!
//! The hub starts its own program again with the hidden command `worker`, gives it one [`Order`] on its input and reads one
//! [`Scanned`] from its output, each a [frame]. The order, credentials included, is neither in the arguments nor
//! in the environment, which other users of the machine may read. A worker only catalogues: judging needs the database and
//! no foreign bytes, and stays with the hub.
//!
//! What holds a worker, however it behaves:
//! - *memory*: the hub sets the limit on its address space (`RLIMIT_AS`) before it sends the order, so that an allocation
//!   past it fails at once, and looks at its resident memory ten times a second, for address space is a coarse measure
//!   (threads and allocators reserve more than they touch). A control group would be exact, but needs rights that a hub
//!   started by a user, or in a container, does not have.
//! - *time*: processor time by `RLIMIT_CPU`, wall-clock time by the hub.
//! - *output*: a frame has a bound, and so has what is kept of its error output.
//! - it is the head of a process group of its own, which is killed as a whole when it is done or has to go; and it ends
//!   itself when its input ends, which happens when the hub is killed.
//!
//! Whatever goes wrong is a [`Problem`] of that image and of nothing else.

mod child;
pub mod frame;
mod parent;

use std::{fmt, path::PathBuf, time::Duration};

use model::Problem;
use package::Catalogue;
use serde::{Deserialize, Serialize};

pub use child::child_main;
pub use parent::Worker;

/// What a worker is to scan.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    /// The image: `registry/repository@sha256:…`. Of what lies on this machine, the name that it goes by.
    pub reference: String,
    /// Something on this machine in place of an image in a registry.
    pub local: Option<Local>,
    /// The platform, for a reference to an index; `None`: there is one image only.
    pub platform: Option<String>,
    /// Name and password for the registry.
    pub login: Option<(String, String)>,
    /// The registry's mark, for the user agent.
    pub mark: Option<String>,
    /// Certificate authorities to trust beside the system's, in PEM form.
    pub authorities: Vec<String>,
    /// Plain HTTP and unverified certificates are allowed.
    pub insecure: bool,
    /// Private hosts that the registry may send us to.
    pub allow_hosts: Vec<String>,
    /// Where results per layer are kept; `None`: nowhere.
    pub cache: Option<PathBuf>,
    /// Bytes that the cache may fill.
    pub cache_bytes: u64,
    /// Threads that read layers.
    pub threads: usize,
    /// How long one transfer, and the wait for the next bytes, may take, in seconds.
    pub transfer_seconds: u64,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("reference", &self.reference)
            .field("platform", &self.platform)
            .field("login", &self.login.as_ref().map(|(user, _)| user))
            .finish_non_exhaustive()
    }
}

impl Order {
    /// To scan `reference` without credentials, with one thread and no cache.
    #[must_use]
    pub fn new(reference: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            local: None,
            platform: None,
            login: None,
            mark: None,
            authorities: Vec::new(),
            insecure: false,
            allow_hosts: Vec::new(),
            cache: None,
            cache_bytes: scan::LayerCache::DEFAULT_MAX_BYTES,
            threads: 1,
            transfer_seconds: 600,
        }
    }
}

/// What lies on the machine on which the worker runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Local {
    /// An installed system.
    RootFs(PathBuf),
    /// An image of a Docker daemon.
    Daemon {
        /// The daemon's address, as in [`oci::Source::Daemon`]; a worker does not know `DOCKER_HOST`.
        host: Option<String>,
        /// The image's id.
        image: String,
    },
}

/// What a worker found: a target's packages and facts, before any database is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scanned {
    /// The target.
    pub subject: scan::Subject,
    /// Its packages.
    pub catalogue: Catalogue,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was left out on purpose; of an image nothing is.
    pub skipped: Vec<scan::Skipped>,
}

impl From<Scanned> for scan::Catalogued {
    fn from(scanned: Scanned) -> Self {
        let Scanned { subject, catalogue, problems, skipped } = scanned;
        Self { subject, catalogue, problems, skipped }
    }
}

impl From<scan::Catalogued> for Scanned {
    fn from(catalogued: scan::Catalogued) -> Self {
        let scan::Catalogued { subject, catalogue, problems, skipped } = catalogued;
        Self { subject, catalogue, problems, skipped }
    }
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    /// It scanned the image.
    Scanned(Box<Scanned>),
    /// It could not open the image; the problem says why.
    Failed(Problem),
}

/// What a worker may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of resident memory.
    pub memory: u64,
    /// Bytes of address space.
    pub address_space: u64,
    /// Processor time.
    pub cpu: Duration,
    /// Time from start to result.
    pub time: Duration,
    /// Bytes of its answer.
    pub reply: u64,
}

impl Default for Limits {
    /// Room for the largest images that were measured, many times over: a scan of an image of 1 GB takes less than 150 MB
    /// and some seconds beside its transfer.
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            address_space: 4 << 30,
            cpu: Duration::from_secs(900),
            time: Duration::from_secs(2400),
            reply: 256 << 20,
        }
    }
}
