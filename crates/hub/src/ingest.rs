//! Catalogue → store: units, subjects, exceptions, matches and sums, in one transaction.
//!
//! Sending the same catalogue again changes nothing but when it was last seen. A catalogue of an older cataloguer than the
//! one that the store has is not written: what a newer one found is kept. Nor does what somebody sent take the place of what
//! the hub has read itself.

use std::collections::{BTreeSet, HashMap};

use api::catalogue::Document;
use aws_lc_rs::digest;
use package::PackageIndex;
use serde_json::json;
use store::{
    Micros, StoreError, Tx, alarms,
    images::{self, NewImage, NewLayer},
    matches::Changes,
    subjects,
    units::{self, Placed},
};
use vulndb::Judge;

use crate::matching::{MatchError, Matcher, Subject, change_error, names, stored_subject, write_subject};

/// Why a catalogue was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The store, or the database of advisories.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// What the document says cannot be written as JSON.
    #[error("the catalogue cannot be stored: {0}")]
    Json(#[from] serde_json::Error),
}

/// What was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ingested {
    /// The image's number.
    pub image: i64,
    /// Packages that the fleet did not have before.
    pub new_subjects: u64,
    /// What was there is worth more and was kept: a newer cataloguer's result, or what the hub has read itself.
    pub kept_newer: bool,
}

/// The identity under which a document's content is stored: the configuration's digest of an image, and of anything else a
/// digest of its kind and of `asset`, the stable name of where it was found.
#[must_use]
pub fn identity(document: &Document, asset: &str) -> String {
    match &document.image {
        Some(image) => image.config_digest.to_string(),
        None => identity_of(&document.kind, asset),
    }
}

/// The identity of what is no image, of which `kind` (`rootfs`), at the stable name `asset`.
#[must_use]
pub fn identity_of(kind: &str, asset: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{kind}\0{asset}").as_bytes());
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    model::Digest::from_bytes(bytes).to_string()
}

/// One package of the document, made ready.
struct Ready {
    subject: Subject,
    json: String,
    hash: [u8; 16],
    placed: Placed,
}

/// Takes a document of the hub's own in. `asset` is the stable name of what is no image (`host/<name>`); of an image it
/// is not asked.
///
/// # Errors
/// When the store fails or the database of advisories is damaged; nothing of the document is kept then.
pub async fn put(
    matcher: &Matcher,
    document: &Document,
    asset: &str,
    now: Micros,
) -> Result<Ingested, IngestError> {
    put_and(matcher, document, asset, Sender::Hub, now, |_, done| Ok(done)).await
}

/// Who made a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The hub has read the bytes itself.
    Hub,
    /// Somebody sent it: it never takes the place of what the hub has read, for nobody else vouches for it.
    Other,
}

/// As [`put`], and does something more in the same transaction, which may be run more than once.
///
/// # Errors
/// As [`put`], and what `also` says.
pub async fn put_and<T: Send + 'static>(
    matcher: &Matcher,
    document: &Document,
    asset: &str,
    sender: Sender,
    now: Micros,
    mut also: impl FnMut(&mut Tx<'_>, Ingested) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, IngestError> {
    let identity = identity(document, asset);
    let cataloguer = i64::from(document.cataloguer);
    let (mut image, ready) = prepare(document, &identity)?;
    image.told = sender == Sender::Other;
    let hashes: Vec<[u8; 16]> =
        ready.iter().map(|ready| ready.hash).collect::<BTreeSet<_>>().into_iter().collect();
    // Held until the transaction is over: see `Matcher`.
    let database = matcher.hold().await;
    let judging = std::sync::Arc::clone(&*database);
    let done = matcher
        .store()
        .write(move |tx| {
            units::lock(tx)?;
            let there = images::by_digest(tx, &identity)?;
            if let Some(known) = &there
                && let Some(by) = known.cataloguer
                && is_better(known.told, by, sender, cataloguer)
            {
                return also(tx, Ingested { image: known.id, new_subjects: 0, kept_newer: true });
            }
            let before = match &there {
                Some(known) => alarms::of_image(tx, known.id)?,
                None => Vec::new(),
            };
            let mut known: HashMap<[u8; 16], i64> = subjects::known(tx, &hashes)?;
            let mut new_subjects = 0;
            // New subjects stand in no image yet, so that their matches change no sums.
            let mut changes = Changes::default();
            let mut told = BTreeSet::new();
            image.packages.clear();
            for ready in &ready {
                let id = match known.get(&ready.hash) {
                    Some(id) => *id,
                    None => {
                        let names = names(&judging, &ready.subject).map_err(|error| change_error(&error))?;
                        let subject = stored_subject(&ready.subject, ready.json.clone(), &names);
                        let id = subjects::add(tx, &subject, &names, "", now)?;
                        write_subject(tx, &judging, id, &ready.subject, now, &mut changes, &mut told)?;
                        known.insert(ready.hash, id);
                        new_subjects += 1;
                        id
                    }
                };
                image.packages.push(Placed { subject: id, ..ready.placed });
            }
            let image = images::put(tx, &image, now)?;
            if there.is_some() {
                crate::notices::rescanned(tx, image, &before, now)?;
            }
            also(tx, Ingested { image, new_subjects, kept_newer: false })
        })
        .await?;
    drop(database);
    Ok(done)
}

/// Is what is there (`told`: somebody sent it) worth more than what comes?
const fn is_better(told: bool, known: i64, sender: Sender, cataloguer: i64) -> bool {
    match (told, sender) {
        (true, Sender::Hub) => false,
        (false, Sender::Other) => true,
        (true, Sender::Other) | (false, Sender::Hub) => known > cataloguer,
    }
}

/// The rows of a document, but for the numbers of its subjects.
fn prepare(document: &Document, identity: &str) -> Result<(NewImage, Vec<Ready>), IngestError> {
    let catalogue = document.catalogue();
    let judge = if document.declared_counts { Judge::Declared } else { Judge::Installed };
    let mut evidence: Vec<String> = Vec::new();
    let mut of_text: HashMap<String, usize> = HashMap::new();
    let mut turns: HashMap<([u8; 16], Option<u32>, usize), u32> = HashMap::new();
    let mut all = Vec::with_capacity(catalogue.packages.len());
    for (number, package) in (0_u32..).zip(&catalogue.packages) {
        let Some(subject) = Subject::of(&catalogue, PackageIndex(number), judge) else { continue };
        let json = subject.to_json()?;
        let hash = Subject::hash(&json);
        let text = serde_json::to_string(&package.evidence)?;
        let at = match of_text.get(&text) {
            Some(at) => *at,
            None => {
                evidence.push(text.clone());
                of_text.insert(text.clone(), evidence.len() - 1);
                evidence.len() - 1
            }
        };
        let turn = turns.entry((hash, package.layer, at)).or_default();
        let place = place(&text, *turn);
        *turn += 1;
        let layer = package.layer.and_then(|layer| usize::try_from(layer).ok());
        all.push(Ready { subject, json, hash, placed: Placed { layer, subject: 0, place, evidence: at } });
    }
    let os_release = document.distro.as_ref();
    let image = document.image.as_ref();
    let platform = image.map(|image| &image.platform);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let image = NewImage {
        config_digest: identity.to_owned(),
        kind: document.kind.clone(),
        os: platform.and_then(|platform| text(&platform.os)),
        arch: platform.and_then(|platform| match &platform.variant {
            Some(variant) => text(&format!("{}/{variant}", platform.architecture)),
            None => text(&platform.architecture),
        }),
        distro: os_release.and_then(|distro| text(&distro.id)),
        distro_version: os_release.and_then(|distro| text(&distro.version_id)),
        created_at: image.and_then(|image| image.config.created.as_deref()).and_then(crate::matching::micros),
        size: image
            .map_or(0, |image| image.layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add)),
        base_layers: image.and_then(|image| {
            let total = u32::try_from(image.layers.len()).ok()?;
            scan::base_end(&image.image_config(), total, &catalogue).map(|(layers, _)| layers)
        }),
        base_name: image
            .and_then(|image| scan::base_told(&image.annotations, &image.image_config(), scan::BASE_NAME)),
        config: match image {
            Some(image) => {
                let mut config = image.image_config();
                // What its steps were stands with the layers, unless they could not be told apart.
                if image.layers.iter().any(|layer| layer.created_by.is_some()) {
                    config.history.clear();
                }
                serde_json::to_string(&config)?
            }
            None => "{}".to_owned(),
        },
        facts: json!({
            "target": document.target,
            "distro": document.distro,
            "bootedKernel": document.booted_kernel,
            "names": image.map(|image| &image.names),
            "annotations": image.map(|image| &image.annotations),
            "platforms": image.map(|image| &image.platforms),
            "unidentified": document.unidentified,
            "privilegedFiles": document.privileged_files,
            "skipped": document.skipped,
            "entries": document.entries,
        })
        .to_string(),
        problems: serde_json::to_string(&document.problems)?,
        cataloguer: i64::from(document.cataloguer),
        layers: image
            .map(|image| {
                image
                    .layers
                    .iter()
                    .map(|layer| NewLayer {
                        diff_id: layer.diff_id.to_string(),
                        size: layer.size,
                        created_by: layer.created_by.clone(),
                    })
                    .collect()
            })
            .unwrap_or_default(),
        packages: Vec::new(),
        evidence,
        told: false,
    };
    Ok((image, all))
}

/// A number for a package's evidence and, where the same package has the same evidence twice, its turn.
fn place(evidence: &str, turn: u32) -> i64 {
    let hash = digest::digest(&digest::SHA256, format!("{turn}\0{evidence}").as_bytes());
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    i64::from_be_bytes(bytes)
}
