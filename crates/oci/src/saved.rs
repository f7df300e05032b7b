//! Archive files: of `docker save` in its old form (a folder a layer) and its new one (an OCI layout with Docker's
//! `manifest.json` beside it), and OCI layouts in a tar.

use std::{collections::BTreeMap, fs::File, path::Path};

use model::{Digest, Problems};
use serde::Deserialize;

use crate::{
    Error, Image, Options,
    config::null_is_default,
    files::Files,
    image::{Parts, Place, Stored, assemble},
    layout::is_called,
    manifest::{self, Descriptor},
    members::Members,
    secret::tame,
};

/// Names listed when one must be chosen.
const MAX_CHOICES: usize = 50;

/// Opens an archive file.
pub(crate) fn open_file(path: &Path, image: Option<&str>, options: &Options) -> Result<Image, Error> {
    let what = path.display().to_string();
    let file = File::open(path).map_err(Error::io(format!("open {what}")))?;
    let facts = file.metadata().map_err(Error::io(format!("open {what}")))?;
    if !facts.is_file() {
        return Err(Error::malformed(what, "it is no regular file: an archive is read at many places"));
    }
    open(file, what, image, options)
}

/// Opens an archive in an open file.
pub(crate) fn open(file: File, what: String, image: Option<&str>, options: &Options) -> Result<Image, Error> {
    let members = Members::index(file, what, options)?;
    if let Some(list) = members.read("manifest.json", options.limits.manifest)? {
        return docker(&members, &list, image, options);
    }
    if members.locate("index.json")?.is_some() {
        let mut image = crate::layout::open(&members, image, options)?;
        image.problems.extend(members.problems().iter().cloned());
        return Ok(image);
    }
    Err(members.nothing_found())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    #[serde(default, deserialize_with = "null_is_default")]
    repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    layers: Vec<String>,
    /// New forms tell the descriptors, by diffID.
    #[serde(default, deserialize_with = "null_is_default")]
    layer_sources: BTreeMap<String, Descriptor>,
}

/// `docker save`, by its `manifest.json`.
fn docker(members: &Members, list: &[u8], image: Option<&str>, options: &Options) -> Result<Image, Error> {
    let what = members.what();
    let entries: Vec<Entry> = serde_json::from_slice(list).map_err(|error| {
        Error::malformed(format!("manifest.json of {what}"), tame(&error.to_string(), 200))
    })?;
    let entry = choose(entries, image, what)?;
    let Some(bytes) = members.read(&entry.config, options.limits.config)? else {
        return Err(Error::NotFound {
            what: format!("{} of {what}", tame(&entry.config, 200)),
            advice: "the archive is incomplete: save the image again".to_owned(),
        });
    };
    let title = format!("the configuration of {what}");
    // Every form names the configuration by its digest.
    if let Some(promised) = digest_in(&entry.config) {
        manifest::verify(&bytes, promised, &title)?;
    }
    let config = crate::config::read(&bytes, &title)?;
    let mut stored = Vec::with_capacity(entry.layers.len());
    for (index, path) in entry.layers.iter().enumerate() {
        let told =
            config.layers.get(index).and_then(|(diff_id, _)| entry.layer_sources.get(&diff_id.to_string()));
        let (place, size) = match members.locate(path)? {
            Some(found) => found,
            None => (Place::Missing { what: format!("{} of {what}", tame(path, 200)) }, 0),
        };
        let by_path = path.starts_with("blobs/").then(|| digest_in(path)).flatten();
        stored.push(Stored {
            media_type: told.map(|told| told.media_type.clone()).unwrap_or_default(),
            blob: by_path,
            size,
            place,
        });
    }
    let mut problems = Problems::new();
    problems.extend(members.problems().iter().cloned());
    let parts = Parts {
        what: what.to_owned(),
        names: entry.repo_tags,
        manifest_digest: None,
        index_digest: None,
        available: Vec::new(),
        platform: None,
        problems,
    };
    assemble(parts, &bytes, config, stored, options)
}

/// The digest in `<hex>.json` and `blobs/sha256/<hex>`.
fn digest_in(path: &str) -> Option<Digest> {
    let name = path.strip_prefix("blobs/sha256/").unwrap_or(path);
    format!("sha256:{}", name.strip_suffix(".json").unwrap_or(name)).parse().ok()
}

fn choose(entries: Vec<Entry>, image: Option<&str>, what: &str) -> Result<Entry, Error> {
    let title = |entry: &Entry| {
        entry.repo_tags.first().map_or_else(|| tame(&entry.config, 100), |name| tame(name, 200))
    };
    let titles: Vec<String> = entries.iter().map(title).take(MAX_CHOICES).collect();
    let wanted = |entry: &Entry| {
        image.is_none_or(|image| {
            entry.repo_tags.iter().any(|name| is_called(name, image))
                || (digest_in(&entry.config).is_some() && digest_in(&entry.config) == image.parse().ok())
        })
    };
    let mut chosen = entries.into_iter().filter(wanted);
    match (chosen.next(), chosen.next()) {
        (Some(entry), None) => Ok(entry),
        (Some(_), Some(_)) => Err(Error::Choice { what: what.to_owned(), choices: titles }),
        (None, _) => Err(Error::NotFound {
            what: format!("image '{}' in {what}", tame(image.unwrap_or("(any)"), 200)),
            advice: if titles.is_empty() {
                "the archive holds no image".to_owned()
            } else {
                format!("it holds {}", titles.join(", "))
            },
        }),
    }
}

#[cfg(test)]
mod tests;
