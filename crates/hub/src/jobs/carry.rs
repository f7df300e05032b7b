//! Carrying jobs out.

use std::{pin::Pin, sync::Arc};

use model::{Effect, Problem};
use oci::{Found, Listing};
use store::{
    Micros, Store, StoreError,
    jobs::Lease,
    placements::{self, Place},
    registries,
};

use super::{ATTEMPTS, Resolve, Scan, finished, place};
use crate::{
    problems,
    registries::{Reached, RegistryError},
    seal::Sealer,
    worker::{Scanned, Worker},
};

/// Images of one index that are looked at; the largest official ones have a dozen platforms.
const MAX_IMAGES: usize = 64;
/// Indexes within indexes.
const MAX_DEPTH: u32 = 3;

/// What a sink does, when it is done.
pub type Kept<'a> = Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 'a>>;

/// Who keeps what was scanned. The same may come again, when the hub died before the job was said to be done.
pub trait CatalogueSink: Send + Sync {
    /// Keeps the content of an image.
    fn store<'a>(&'a self, job: &'a Scan, scanned: Scanned, now: Micros) -> Kept<'a>;

    /// Keeps why an image could not be scanned. What was known of it before stays.
    fn failed<'a>(&'a self, job: &'a Scan, problem: &'a Problem, now: Micros) -> Kept<'a>;
}

/// Why something could not be kept, for people.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// Tells open pages that something changed: its kind, its id, its scope.
pub type Tell = Arc<dyn Fn(&str, Option<&str>, &str) + Send + Sync>;

/// What carrying out needs.
#[derive(Clone)]
pub struct Hub {
    /// The store.
    pub store: Store,
    /// The key for credentials.
    pub sealer: Arc<Sealer>,
    /// Starts scans.
    pub worker: Worker,
    /// Where results go.
    pub sink: Arc<dyn CatalogueSink>,
    /// Where layers are remembered.
    pub cache: Option<std::path::PathBuf>,
    /// How long registries are waited for.
    pub timeouts: oci::Timeouts,
    /// The time.
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
    /// Who is told what changed.
    pub tell: Tell,
}

/// Why a job was not carried out.
#[derive(Debug)]
pub(crate) struct Failure {
    /// For people.
    pub(crate) why: String,
    /// Another attempt would end the same way.
    pub(crate) hopeless: bool,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        // The registry was removed meanwhile: nobody waits for it.
        let hopeless = matches!(error, StoreError::NotFound { .. } | StoreError::Constraint(_));
        Self { why: error.to_string(), hopeless }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Store(error) => error.into(),
            other => Self { why: other.to_string(), hopeless: false },
        }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        Self { why: error.0, hopeless: false }
    }
}

impl From<oci::Error> for Failure {
    fn from(error: oci::Error) -> Self {
        Self { why: error.to_string(), hopeless: false }
    }
}

impl Hub {
    pub(crate) fn now(&self) -> Micros {
        (self.clock)()
    }

    pub(crate) async fn reach(&self, id: i64) -> Result<Reached, Failure> {
        Ok(Reached::load(&self.store, &self.sealer, id).await?)
    }

    pub(crate) async fn list(&self, reached: &Reached) -> Result<Listing, Failure> {
        Ok(Listing::connect(&reached.registry.address, &reached.options(&self.timeouts)).await?)
    }

    /// Looks behind a digest: notes each image for Linux that it names, and has scanned those that are not known.
    pub(crate) async fn resolve(&self, job: &Resolve, lease: &Lease) -> Result<(), Failure> {
        let reached = self.reach(job.registry).await?;
        let listing = self.list(&reached).await?;
        let images = images(&listing, &job.repository, &job.digest).await?;
        let (job, lease, now) = (job.clone(), lease.clone(), self.now());
        let registry = reached.registry.id;
        let told = self
            .store
            .write(move |tx| {
                finished(tx, &lease, now)?;
                let registry = registries::get(tx, registry)?;
                let repository = placements::repository(tx, registry.id, &job.repository, now)?;
                let Some(images) = &images else {
                    let told = placements::places(tx, &job.digest)?;
                    placements::retire(tx, repository, &job.digest, now)?;
                    return Ok(told);
                };
                if let Some(tag) = &job.tag {
                    placements::tag(tx, repository, tag, &job.digest, job.at)?;
                }
                let mut told = Vec::new();
                for (digest, config) in images {
                    told.push(place(tx, &registry, repository, &job, digest, config, now)?);
                    placements::name(tx, &registry.name, &job.repository, &job.digest, config)?;
                }
                Ok(told)
            })
            .await?;
        self.tell_images(&told);
        Ok(())
    }

    /// Tells of images that changed.
    pub(crate) fn tell_images(&self, places: &[Place]) {
        for Place { id, scope } in places {
            (self.tell)("image", Some(&id.to_string()), scope);
        }
    }

    /// Scans an image in a process of its own and hands over what came of it.
    pub(crate) async fn scan(&self, job: &Scan, lease: &Lease) -> Result<(), Failure> {
        let (digest, config, again) = (job.digest.clone(), job.config_digest.clone(), job.again);
        let (own, now) = (lease.clone(), self.now());
        // Another repository's job, or an earlier attempt, may have brought it.
        let known = self
            .store
            .write(move |tx| {
                if again || !placements::is_catalogued(tx, &config, sbom::CATALOGUER_VERSION)? {
                    return Ok(None);
                }
                crate::notices::link(tx, &digest, &config, now)?;
                finished(tx, &own, now)?;
                placements::places(tx, &digest).map(Some)
            })
            .await?;
        if let Some(places) = known {
            self.tell_images(&places);
            return Ok(());
        }
        let reached = self.reach(job.registry).await?;
        let mut order = reached.order(&job.repository, &job.digest);
        order.cache.clone_from(&self.cache);
        order.transfer_seconds = self.timeouts.transfer.as_secs().max(1);
        let result = self.worker.run(&order).await;
        let result = result.and_then(|scanned| sound(job, scanned, lease.attempt < ATTEMPTS));
        let now = self.now();
        match result {
            Ok(scanned) => {
                self.sink.store(job, scanned, now).await?;
                let (job, lease) = (job.clone(), lease.clone());
                let places = self
                    .store
                    .write(move |tx| {
                        finished(tx, &lease, now)?;
                        crate::notices::link(tx, &job.digest, &job.config_digest, now)?;
                        placements::places(tx, &job.digest)
                    })
                    .await?;
                self.tell_images(&places);
                Ok(())
            }
            Err(problem) => {
                self.sink.failed(job, &problem, now).await?;
                let digest = job.digest.clone();
                self.tell_images(&self.store.read(move |tx| placements::places(tx, &digest)).await?);
                // The content will not change: a scan that dies of it dies again.
                let dies = [
                    problems::SCAN_CRASHED,
                    problems::SCAN_MEMORY,
                    problems::SCAN_TIME,
                    problems::SCAN_REPLY,
                ];
                Err(Failure { hopeless: dies.contains(&problem.code), why: problem.message })
            }
        }
    }
}

/// Holds a result against its order. A worker that was taken over by what it read must not speak for another image. And where
/// a layer could not be had, which may pass, the result is not taken as long as there is another attempt.
fn sound(job: &Scan, scanned: Scanned, again: bool) -> Result<Scanned, Problem> {
    let is = scanned.subject.image.as_ref().map(|image| image.config_digest.to_string());
    if is.as_ref() != Some(&job.config_digest) {
        let subject = format!("{}@{}", job.repository, job.digest);
        let text = "the scanning process gave a result for another image; it is not kept";
        return Err(Problem::new(problems::SCAN_REPLY, subject, Effect::MayHidePackages, text));
    }
    let missing = scanned.problems.iter().find(|problem| {
        problem.code == scan::problems::UNREADABLE && problem.effect == Effect::MayHidePackages
    });
    match missing {
        Some(problem) if again => Err(problem.clone()),
        _ => Ok(scanned),
    }
}

/// The images for Linux behind a digest, as manifest and configuration; `None`: there is nothing any more. What is no
/// image gives none.
async fn images(
    listing: &Listing,
    repository: &str,
    digest: &str,
) -> Result<Option<Vec<(String, String)>>, Failure> {
    let mut found = Vec::new();
    let mut ahead = vec![(digest.to_owned(), 0)];
    let mut looked = 0;
    while let Some((wanted, depth)) = ahead.pop() {
        looked += 1;
        if looked > MAX_IMAGES || depth > MAX_DEPTH {
            return Err(Failure {
                why: format!(
                    "{repository}@{digest} names more than {MAX_IMAGES} images, or indexes nested more than {MAX_DEPTH} deep"
                ),
                hopeless: true,
            });
        }
        match listing.find(repository, &wanted).await? {
            None if depth == 0 => return Ok(None),
            // Named, but not there: mirrors carry over some platforms only.
            None | Some(Found::Other { .. }) => {}
            Some(Found::Image { manifest, config }) => found.push((manifest.to_string(), config.to_string())),
            Some(Found::Index { images, .. }) => {
                let linux =
                    images.iter().rev().filter(|e| e.platform.as_ref().is_none_or(|p| p.os == "linux"));
                ahead.extend(linux.map(|entry| (entry.digest.to_string(), depth + 1)));
            }
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Scan {
        Scan {
            registry: 1,
            registry_name: "prod".to_owned(),
            repository: "app".to_owned(),
            digest: "sha256:00".to_owned(),
            config_digest: format!("sha256:{}", "ab".repeat(32)),
            again: false,
        }
    }

    fn scanned(config: &str) -> Scanned {
        let image = scan::Image {
            config_digest: config.parse().unwrap(),
            manifest_digest: None,
            names: Vec::new(),
            platform: "linux/amd64".parse().unwrap(),
            platforms: Vec::new(),
            annotations: Default::default(),
            config: Default::default(),
            layers: Vec::new(),
        };
        let subject = scan::Subject { image: Some(image), ..Default::default() };
        Scanned { subject, ..Scanned::default() }
    }

    #[test]
    fn a_result_for_another_image_is_not_kept() {
        assert!(sound(&job(), scanned(&job().config_digest), true).is_ok());
        for other in [Scanned::default(), scanned(&format!("sha256:{}", "cd".repeat(32)))] {
            assert_eq!(sound(&job(), other, false).unwrap_err().code, problems::SCAN_REPLY);
        }
    }

    #[test]
    fn a_layer_that_could_not_be_had_is_asked_for_again_while_there_are_attempts() {
        let code = scan::problems::UNREADABLE;
        let problem = Problem::new(code, "layer 1 of 2", Effect::MayHidePackages, "stalled");
        let partly = Scanned { problems: vec![problem.clone()], ..scanned(&job().config_digest) };
        assert_eq!(sound(&job(), partly.clone(), true), Err(problem));
        assert!(sound(&job(), partly, false).is_ok());
    }
}
