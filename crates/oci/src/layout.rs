//! OCI image layouts: a folder, or the same in a tar (OCI image specification, "Image Layout").

use std::path::Path;

use model::Digest;
use serde::Deserialize;

use crate::{
    Error, Image, Options,
    descent::{Descent, Step},
    files::{Files, Folder},
    image::{Place, Stored, assemble, check_size},
    manifest::{self, Descriptor, Document},
    secret::tame,
};

/// Names listed when one must be chosen.
const MAX_CHOICES: usize = 50;
/// `oci-layout` holds one short object.
const MAX_MARKER: u64 = 4096;

/// Is this folder an OCI layout?
#[must_use]
pub fn is_oci_layout(path: &Path) -> bool {
    path.join("oci-layout").is_file() && path.join("index.json").is_file()
}

/// Opens a layout in a folder.
pub(crate) fn open_folder(path: &Path, image: Option<&str>, options: &Options) -> Result<Image, Error> {
    open(&Folder::open(path)?, image, options)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

/// Opens a layout.
pub(crate) fn open(files: &dyn Files, image: Option<&str>, options: &Options) -> Result<Image, Error> {
    let what = files.what();
    check_version(files)?;
    let Some(index) = files.read("index.json", options.limits.manifest)? else {
        return Err(Error::malformed(what, "it has no index.json: it is no OCI layout"));
    };
    let Document::Index(list) = manifest::read(&index, &format!("index.json of {what}"))? else {
        return Err(Error::malformed(what, "its index.json is no index"));
    };
    let list = choose(list, image, what)?;
    let name = list.iter().find_map(|descriptor| descriptor.layout_name().map(ToOwned::to_owned));
    let mut descent = Descent::new(what, options);
    let mut step = descent.enter(None, Document::Index(list))?;
    let mut digest = None;
    let manifest = loop {
        match step {
            Step::Image(manifest) => break manifest,
            Step::Next(descriptor) => {
                let (own, bytes) = small(files, &descriptor, options.limits.manifest)?;
                digest = Some(own);
                step = descent.enter(digest, manifest::read(&bytes, &format!("{own} of {what}"))?)?;
            }
        }
    };
    let (_, config) = small(files, &manifest.config, options.limits.config)?;
    let stored = manifest.layers.iter().map(|layer| locate(files, layer)).collect::<Result<_, _>>()?;
    let parts = descent.finish(digest, name.into_iter().collect());
    let read = crate::config::read(&config, &format!("the configuration of {what}"))?;
    let mut image = assemble(parts, &config, read, stored, options)?;
    image.annotations = manifest.annotations;
    Ok(image)
}

fn check_version(files: &dyn Files) -> Result<(), Error> {
    let what = files.what();
    let Some(marker) = files.read("oci-layout", MAX_MARKER)? else {
        return Err(Error::malformed(what, "it has no oci-layout file: it is no OCI layout"));
    };
    let marker: Marker = serde_json::from_slice(&marker)
        .map_err(|error| Error::malformed(format!("oci-layout of {what}"), tame(&error.to_string(), 200)))?;
    if marker.image_layout_version.starts_with("1.") {
        return Ok(());
    }
    Err(Error::Unsupported {
        what: what.to_owned(),
        why: format!("its layout has version '{}', not 1", tame(&marker.image_layout_version, 20)),
    })
}

/// The descriptors of the chosen image: one, or one for each platform.
fn choose(list: Vec<Descriptor>, image: Option<&str>, what: &str) -> Result<Vec<Descriptor>, Error> {
    let mut list: Vec<Descriptor> = list.into_iter().filter(Descriptor::may_be_image).collect();
    let title = |descriptor: &Descriptor| {
        let digest = || descriptor.digest(what).map_or_else(|_| "?".to_owned(), |digest| digest.to_string());
        descriptor.layout_name().map_or_else(digest, |name| tame(name, 200))
    };
    let mut titles: Vec<String> = list.iter().map(title).collect();
    if let Some(image) = image {
        let digest = image.parse::<Digest>().ok();
        list.retain(|descriptor| match digest {
            Some(_) => descriptor.digest(what).ok() == digest,
            None => descriptor.layout_name().is_some_and(|name| is_called(name, image)),
        });
        if list.is_empty() {
            titles.truncate(MAX_CHOICES);
            return Err(Error::NotFound {
                what: format!("image '{}' in {what}", tame(image, 200)),
                advice: format!("it holds {}", titles.join(", ")),
            });
        }
    }
    let (name, digest) = (
        list.first().and_then(Descriptor::layout_name),
        list.first().and_then(|first| first.digest(what).ok()),
    );
    // Several names of one image are no choice.
    if digest.is_some() && list.iter().all(|descriptor| descriptor.digest(what).ok() == digest) {
        list.truncate(1);
        return Ok(list);
    }
    if list.iter().all(|descriptor| descriptor.layout_name() == name) {
        return Ok(list);
    }
    titles.dedup();
    titles.truncate(MAX_CHOICES);
    Err(Error::Choice { what: what.to_owned(), choices: titles })
}

/// Is `name` what a person means by `wanted`: the same, the same written in full, or its tag?
pub(crate) fn is_called(name: &str, wanted: &str) -> bool {
    if name == wanted {
        return true;
    }
    let full = |text: &str| text.parse::<crate::Reference>().ok();
    match (full(name), full(wanted)) {
        (Some(name), Some(wanted)) if name == wanted => true,
        (Some(name), _) => name.tag() == Some(wanted),
        _ => false,
    }
}

/// Path of a blob; a digest that was parsed cannot lead anywhere else.
fn blob_path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// Reads and verifies a document.
fn small(files: &dyn Files, descriptor: &Descriptor, limit: u64) -> Result<(Digest, Vec<u8>), Error> {
    let digest = descriptor.digest(files.what())?;
    let what = format!("{digest} of {}", files.what());
    let Some(bytes) = files.read(&blob_path(digest), limit)? else {
        return Err(Error::NotFound {
            what,
            advice: "the layout is incomplete: copy the image again".to_owned(),
        });
    };
    check_size(&bytes, descriptor, &what)?;
    manifest::verify(&bytes, digest, &what)?;
    Ok((digest, bytes))
}

fn locate(files: &dyn Files, layer: &Descriptor) -> Result<Stored, Error> {
    let digest = layer.digest(files.what())?;
    let place = match files.locate(&blob_path(digest))? {
        Some((place, _)) => place,
        None => Place::Missing { what: format!("{digest} of {}", files.what()) },
    };
    Ok(Stored::new(layer, digest, place))
}

#[cfg(test)]
mod tests;
