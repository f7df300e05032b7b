//! What is to be done about registries: looking behind digests that were seen, scanning images, reading catalogues.
//!
//! Jobs lie in the store, in the transaction of what asked for them, and are leased: a hub that dies gives them back. Of
//! jobs for the same thing one waits at a time. A job's lane is its registry, so that a slow one holds up no other.

mod carry;
mod keep;
mod run;

use serde::{Deserialize, Serialize};
use store::{
    Micros, StoreError, Tx,
    placements::{self, Place, Sighting, Trigger},
    registries::Registry,
};

pub(crate) use carry::Failure;
pub use carry::{CatalogueSink, Hub, Kept, SinkError, Tell};
pub use keep::StoreSink;
pub use run::Runner;

/// Something runs it: before all else.
pub const RUNNING: i64 = 30;
/// It was pushed, imported or asked for.
pub const PUSHED: i64 = 20;
/// It is looked at again because it is time.
pub const WEEKLY: i64 = 10;

/// Images that are looked through at once for what is outdated.
const OUTDATED: u32 = 500;

/// Attempts of a job before it is laid aside for people to look at.
const ATTEMPTS: u32 = 5;

/// The kinds of job of this module, as they stand in the store.
pub const KINDS: [&str; 3] = [Resolve::KIND, Scan::KIND, Poll::KIND];

/// To find out what stands behind a digest, and have scanned what it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolve {
    /// The registry's number.
    pub registry: i64,
    /// The repository.
    pub repository: String,
    /// A manifest or index.
    pub digest: String,
    /// The tag that points at it now.
    pub tag: Option<String>,
    /// What made it seen, as the store's word.
    pub trigger: String,
    /// What shows that; JSON.
    pub evidence: String,
    /// When it was seen.
    pub at: Micros,
}

impl Resolve {
    /// Its kind.
    pub const KIND: &'static str = "registry.resolve";

    fn key(&self) -> String {
        format!("resolve/{}/{}@{}/{}", self.registry, self.repository, self.digest, self.trigger)
    }

    pub(crate) fn trigger(&self) -> Trigger {
        Trigger::of(&self.trigger).unwrap_or(Trigger::Poll)
    }
}

/// To scan one image of one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The registry's number.
    pub registry: i64,
    /// The registry's name.
    pub registry_name: String,
    /// The repository.
    pub repository: String,
    /// The image's manifest.
    pub digest: String,
    /// The content's identity, by the manifest's word.
    pub config_digest: String,
    /// Somebody asked for it: it is read again, though its content is known.
    #[serde(default)]
    pub again: bool,
}

impl Scan {
    /// Its kind.
    pub const KIND: &'static str = "registry.scan";

    /// One for each manifest and version of the cataloguers: in how many repositories it lies does not matter.
    fn key(&self) -> String {
        let again = if self.again { "/again" } else { "" };
        format!("scan/{}/{}{again}", self.digest, sbom::CATALOGUER_VERSION)
    }
}

/// To read the next part of a registry's catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The registry's number.
    pub registry: i64,
}

impl Poll {
    /// Its kind.
    pub const KIND: &'static str = "registry.poll";
}

/// Puts a job in its place and gives its number; where one for the same thing waits, it is that one.
fn put(
    tx: &mut Tx<'_>,
    kind: &str,
    key: String,
    registry: i64,
    priority: i64,
    payload: &impl Serialize,
    now: Micros,
) -> Result<i64, StoreError> {
    let payload = serde_json::to_string(payload).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let job = store::jobs::NewJob {
        kind: kind.to_owned(),
        dedupe_key: Some(key),
        lane: Some(lane(registry)),
        priority,
        payload,
        max_attempts: ATTEMPTS,
        not_before: now,
        created: now,
    };
    store::jobs::enqueue(tx, &job).map(|queued| queued.id)
}

/// Ends a job in the transaction of its result: what came of a lease that was lost is not kept.
fn finished(tx: &mut Tx<'_>, lease: &store::jobs::Lease, now: Micros) -> Result<(), StoreError> {
    if store::jobs::finish(tx, lease, now)? {
        return Ok(());
    }
    Err(StoreError::Invalid(
        "the lease was lost: another has the job, and this result is not kept".to_owned(),
    ))
}

fn lane(registry: i64) -> String {
    format!("registry/{registry}")
}

/// Has a digest looked at.
///
/// # Errors
/// What the database says.
pub fn resolve(tx: &mut Tx<'_>, resolve: &Resolve, now: Micros) -> Result<(), StoreError> {
    put(tx, Resolve::KIND, resolve.key(), resolve.registry, PUSHED, resolve, now).map(drop)
}

/// Has an image scanned; gives the job's number.
///
/// # Errors
/// What the database says.
pub fn scan(tx: &mut Tx<'_>, scan: &Scan, priority: i64, now: Micros) -> Result<i64, StoreError> {
    put(tx, Scan::KIND, scan.key(), scan.registry, priority, scan, now)
}

/// Has the next part of a registry's catalogue read.
///
/// # Errors
/// What the database says.
pub fn poll(tx: &mut Tx<'_>, registry: i64, now: Micros) -> Result<(), StoreError> {
    put(tx, Poll::KIND, format!("poll/{registry}"), registry, WEEKLY, &Poll { registry }, now).map(drop)
}

/// Has a registry's whole catalogue read now, from the beginning.
///
/// # Errors
/// What the database says.
pub fn poll_now(tx: &mut Tx<'_>, registry: i64, now: Micros) -> Result<(), StoreError> {
    store::registries::begin_anew(tx, registry)?;
    put(tx, Poll::KIND, format!("poll/{registry}"), registry, PUSHED, &Poll { registry }, now).map(drop)
}

/// Something was seen at a digest. What is known is noted at once; behind what is not, a job looks.
///
/// # Errors
/// What the database says.
pub fn seen(tx: &mut Tx<'_>, registry: &Registry, what: &Resolve, now: Micros) -> Result<(), StoreError> {
    let repository = placements::repository(tx, registry.id, &what.repository, now)?;
    if let Some(tag) = &what.tag {
        placements::tag(tx, repository, tag, &what.digest, what.at)?;
    }
    let mut known = placements::manifests_of(tx, &registry.name, &what.repository, &what.digest)?;
    if placements::find(tx, repository, &what.digest)?.is_some() {
        known = vec![what.digest.clone()];
    }
    if known.is_empty() {
        return resolve(tx, what, now);
    }
    for digest in known {
        let config = placements::named(tx, &registry.name, &what.repository, &digest)?.into_iter().next();
        let Some(config_digest) = config else {
            resolve(tx, what, now)?;
            continue;
        };
        place(tx, registry, repository, what, &digest, &config_digest, now)?;
    }
    Ok(())
}

/// Notes one image where it lies, and has it scanned if its content is not known.
pub(crate) fn place(
    tx: &mut Tx<'_>,
    registry: &Registry,
    repository: i64,
    what: &Resolve,
    digest: &str,
    config_digest: &str,
    now: Micros,
) -> Result<Place, StoreError> {
    let rules = store::scopes::rules(tx)?;
    let belongs = store::scopes::assign(
        &rules,
        &registry.name,
        &what.repository,
        &registry.scope,
        registry.owner.as_deref(),
    );
    let sighting = Sighting {
        registry: &registry.name,
        repository,
        repository_name: &what.repository,
        digest,
        scope: &belongs.scope,
        owner: belongs.owner.as_deref(),
        trigger: what.trigger(),
        evidence: &what.evidence,
        at: what.at,
    };
    let id = placements::see(tx, &sighting)?.id;
    let place = Place { id, scope: belongs.scope.clone() };
    placements::name(tx, &registry.name, &what.repository, digest, config_digest)?;
    if placements::is_catalogued(tx, config_digest, sbom::CATALOGUER_VERSION)? {
        crate::notices::link(tx, digest, config_digest, now)?;
        return Ok(place);
    }
    let job = Scan {
        registry: registry.id,
        registry_name: registry.name.clone(),
        repository: what.repository.clone(),
        digest: digest.to_owned(),
        config_digest: config_digest.to_owned(),
        again: false,
    };
    scan(tx, &job, PUSHED, now)?;
    Ok(place)
}

/// Has scanned again what older cataloguers read, and what failed a week ago or earlier. Nothing else needs it: new
/// advisories are matched with what is known.
///
/// # Errors
/// What the database says.
pub fn outdated(tx: &mut Tx<'_>, registry: &Registry, now: Micros) -> Result<(), StoreError> {
    let failed = now.plus(-7 * Micros::DAY);
    let mut after = 0;
    loop {
        let old = placements::outdated(tx, registry.id, sbom::CATALOGUER_VERSION, failed, after, OUTDATED)?;
        let Some((last, _)) = old.last() else { return Ok(()) };
        after = last.id;
        for (placement, config_digest) in old {
            let job = Scan {
                registry: registry.id,
                registry_name: registry.name.clone(),
                repository: placement.repository,
                digest: placement.digest,
                config_digest,
                again: false,
            };
            scan(tx, &job, WEEKLY, now)?;
        }
    }
}
