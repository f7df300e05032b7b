//! The machine on which a hub runs, as assets: its root file system and the images of its Docker daemon.
//!
//! Each is catalogued by a [worker](crate::worker), so that a file of theirs that goes wrong costs this one asset, and goes the
//! way of every catalogue: [`ingest`]. The places (`host/<machine>/…`) are noted before the first of them is read, so
//! that what is not looked at yet is seen to be there.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use api::catalogue;
use model::Problem;
use serde_json::json;
use store::{Micros, hosts, placements};

use crate::{
    AppState, ingest,
    worker::{Local, Order, Scanned, Worker},
};

/// How long the daemon is waited for when it is asked for its images.
const PATIENCE: Duration = Duration::from_secs(15);
/// Images of one daemon that are looked at; the rest is told of.
const MAX_IMAGES: usize = 2_000;

/// The machine, and how it is read.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name, a part of asset ids.
    pub name: String,
    /// The root of the system that is scanned.
    pub root: PathBuf,
    /// The daemon; `None`: there is none to ask.
    pub daemon: Option<String>,
    /// Where what was read of layers is kept.
    pub cache: Option<PathBuf>,
    /// Threads of one scan.
    pub threads: usize,
}

/// What is told while the machine is looked at.
#[derive(Debug)]
pub enum Told<'a> {
    /// The daemon was asked: so many images.
    Images(usize),
    /// The daemon could not be asked, and why.
    NoImages(String),
    /// This is read now.
    Begins(&'a str),
    /// This was read and stored. What was found is given away once.
    Done(&'a str, Kind, Box<Scanned>),
    /// This could not be read.
    Failed(&'a str, Kind, &'a Problem),
    /// So many images were not asked for, as the daemon fell silent or there are too many.
    Left(usize),
}

/// What kind of thing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The root file system.
    RootFs,
    /// An image.
    Image,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The root file system and all images.
    All,
    /// Images whose content the store does not have.
    NewImages,
}

/// Why a look at the machine was broken off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// What was read could not be stored.
    #[error(transparent)]
    Ingest(#[from] ingest::IngestError),
}

/// Something to be read.
struct Target {
    name: String,
    asset: String,
    digest: String,
    kind: Kind,
    local: Local,
}

impl Machine {
    /// Looks at the machine: notes what is there, reads it, stores it. `told` hears how it goes on.
    ///
    /// # Errors
    /// When the store fails. What could not be read is noted on it and told, and does not end the look.
    pub async fn look(
        &self,
        state: &AppState,
        worker: &Worker,
        what: Look,
        told: &mut (dyn FnMut(Told<'_>) + Send),
    ) -> Result<(), MachineError> {
        let begun = state.clock.now();
        let mut targets = vec![self.root()];
        let mut listed = false;
        match self.images().await {
            Ok(mut images) => {
                told(Told::Images(images.len()));
                if images.len() > MAX_IMAGES {
                    told(Told::Left(images.len() - MAX_IMAGES));
                    images.truncate(MAX_IMAGES);
                } else {
                    listed = true;
                }
                targets.append(&mut images);
            }
            Err(why) => told(Told::NoImages(why)),
        }
        self.note(state, &targets, begun, listed).await?;
        let mut targets = targets.into_iter();
        while let Some(target) = targets.next() {
            let again = match (what, target.kind) {
                (Look::All, _) => true,
                (Look::NewImages, Kind::RootFs) => false,
                (Look::NewImages, Kind::Image) => !is_known(state, &target).await?,
            };
            if !again {
                continue;
            }
            told(Told::Begins(&target.name));
            match self.read(worker, &target).await {
                Ok(scanned) => {
                    store(state, &target, &scanned).await?;
                    told(Told::Done(&target.name, target.kind, Box::new(scanned)));
                }
                Err(problem) => {
                    self.failed(state, &target, &problem).await?;
                    told(Told::Failed(&target.name, target.kind, &problem));
                    // A daemon that hangs would be waited for once for each of its images.
                    if problem.code == oci::problems::STALLED && target.kind == Kind::Image {
                        if targets.len() > 0 {
                            told(Told::Left(targets.len()));
                        }
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn root(&self) -> Target {
        let asset = hosts::rootfs_id(&self.name);
        Target {
            name: self.root.display().to_string(),
            digest: ingest::identity_of("rootfs", &asset),
            asset,
            kind: Kind::RootFs,
            local: Local::RootFs(self.root.clone()),
        }
    }

    /// The daemon's images by name.
    async fn images(&self) -> Result<Vec<Target>, String> {
        let timeouts = oci::Timeouts { idle: PATIENCE, ..oci::Timeouts::default() };
        let options = oci::Options { timeouts, ..oci::Options::default() };
        let host = self.daemon.as_deref();
        let images = oci::daemon_images(host, &options).await.map_err(|error| error.to_string())?;
        let mut seen = BTreeSet::new();
        let mut targets: Vec<Target> = images
            .into_iter()
            .filter(|image| seen.insert(image.id.clone()))
            .map(|image| Target {
                name: image.repo_tags.first().unwrap_or(&image.id).clone(),
                asset: hosts::image_id(&self.name, &image.id),
                digest: image.id.clone(),
                kind: Kind::Image,
                local: Local::Daemon { host: self.daemon.clone(), image: image.id },
            })
            .collect();
        targets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(targets)
    }

    /// Notes what is there, and, where the whole list is known, what is not there any more.
    async fn note(
        &self,
        state: &AppState,
        targets: &[Target],
        at: Micros,
        listed: bool,
    ) -> Result<(), MachineError> {
        let found: Vec<(String, String, String)> = targets
            .iter()
            .map(|target| {
                let evidence = match &target.local {
                    Local::RootFs(root) => json!({"machine": self.name, "root": root}),
                    Local::Daemon { .. } => json!({"machine": self.name, "name": target.name}),
                };
                (target.asset.clone(), target.digest.clone(), evidence.to_string())
            })
            .collect();
        let name = self.name.clone();
        state
            .store
            .write(move |tx| {
                for (asset_id, digest, evidence) in &found {
                    hosts::see(tx, &hosts::Found { asset_id, digest, scope: "", evidence, at })?;
                }
                if listed {
                    hosts::retire(tx, &name, at, at)?;
                }
                Ok(())
            })
            .await?;
        state.tell("image", None, "");
        state.assess_soon();
        Ok(())
    }

    async fn read(&self, worker: &Worker, target: &Target) -> Result<Scanned, Problem> {
        let mut order = Order::new(target.name.clone());
        order.local = Some(target.local.clone());
        order.cache.clone_from(&self.cache);
        order.threads = self.threads;
        worker.run(&order).await
    }

    async fn failed(&self, state: &AppState, target: &Target, problem: &Problem) -> Result<(), MachineError> {
        let problems = serde_json::to_string(&[problem]).map_err(ingest::IngestError::from)?;
        let (digest, now) = (target.digest.clone(), state.clock.now());
        let kind = if target.kind == Kind::RootFs { "rootfs" } else { "image" };
        state.store.write(move |tx| hosts::failed(tx, &digest, kind, &problems, now)).await?;
        state.tell("image", None, "");
        state.assess_soon();
        Ok(())
    }
}

/// Has the store its content, as the cataloguers of today read it?
async fn is_known(state: &AppState, target: &Target) -> Result<bool, MachineError> {
    let digest = target.digest.clone();
    let known = state
        .store
        .write(move |tx| {
            let known = placements::is_catalogued(tx, &digest, sbom::CATALOGUER_VERSION)?;
            if known {
                placements::link(tx, &digest, &digest)?;
            }
            Ok(known)
        })
        .await?;
    Ok(known)
}

/// Stores what was read and ties the place to it.
async fn store(state: &AppState, target: &Target, scanned: &Scanned) -> Result<(), MachineError> {
    let now = state.clock.now();
    let catalogued = scan::Catalogued::from(scanned.clone());
    let document = catalogue::from_scan(&catalogued, sbom::CATALOGUER_VERSION);
    drop(catalogued);
    let done = ingest::put(&state.matcher, &document, &target.asset, now).await?;
    let content = ingest::identity(&document, &target.asset);
    let digest = target.digest.clone();
    state.store.write(move |tx| placements::link(tx, &digest, &content).map(drop)).await?;
    state.tell("image", Some(&done.image.to_string()), "");
    state.assess_soon();
    Ok(())
}
