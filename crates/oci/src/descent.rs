//! The way from a tag or digest to the manifest of one image, through indexes; without any input or output.

use model::{Digest, Effect, ManifestDigest, Platform, Problem, Problems};

use crate::{
    Error, Options,
    image::Parts,
    manifest::{Descriptor, Document, Manifest},
    platform, problems,
};

/// Where the way has led so far.
#[derive(Debug)]
pub(crate) struct Descent<'a> {
    options: &'a Options,
    what: String,
    depth: u32,
    index_digest: Option<ManifestDigest>,
    available: Vec<Platform>,
    platform: Option<Platform>,
    problems: Problems,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// The end.
    Image(Manifest),
    /// This must be read.
    Next(Descriptor),
}

impl<'a> Descent<'a> {
    /// Starts at `what`.
    pub(crate) fn new(what: impl Into<String>, options: &'a Options) -> Self {
        Self {
            options,
            what: what.into(),
            depth: 0,
            index_digest: None,
            available: Vec::new(),
            platform: None,
            problems: Problems::new(),
        }
    }

    /// Takes a document that was read; `digest` is its own, `None` for the `index.json` of a layout.
    pub(crate) fn enter(&mut self, digest: Option<Digest>, document: Document) -> Result<Step, Error> {
        match document {
            Document::Manifest(manifest) => Ok(Step::Image(manifest)),
            Document::Index(list) => {
                if digest.is_some() {
                    self.depth += 1;
                }
                let most = self.options.limits.nesting;
                if self.depth > most {
                    return Err(Error::malformed(
                        self.what.as_str(),
                        format!("its indexes are nested more than {most} deep"),
                    ));
                }
                self.index_digest = self.index_digest.or(digest.map(ManifestDigest));
                let (index, available, problem) = pick(&list, self.options, &self.what)?;
                if !available.is_empty() {
                    self.available = available;
                }
                self.problems.extend(problem);
                let chosen = list.into_iter().nth(index);
                let chosen =
                    chosen.ok_or_else(|| Error::malformed(self.what.as_str(), "the index is empty"))?;
                self.platform = chosen.platform().or(self.platform.take());
                Ok(Step::Next(chosen))
            }
        }
    }

    /// What was learned on the way.
    pub(crate) fn finish(self, manifest_digest: Option<Digest>, names: Vec<String>) -> Parts {
        Parts {
            what: self.what,
            names,
            manifest_digest: manifest_digest.map(ManifestDigest),
            index_digest: self.index_digest,
            available: self.available,
            platform: self.platform,
            problems: self.problems,
        }
    }
}

/// Chooses an image of an index: its place in `list`, all platforms told there, and what is worth saying.
fn pick(
    list: &[Descriptor],
    options: &Options,
    what: &str,
) -> Result<(usize, Vec<Platform>, Option<Problem>), Error> {
    let images: Vec<(usize, Option<Platform>)> = list
        .iter()
        .enumerate()
        .filter(|(_, descriptor)| descriptor.may_be_image())
        .map(|(index, descriptor)| (index, descriptor.platform()))
        .collect();
    let available: Vec<Platform> = images.iter().filter_map(|(_, platform)| platform.clone()).collect();
    let host = Platform::host();
    let wanted = options.platform.as_ref().unwrap_or(&host);
    let platforms: Vec<Option<Platform>> = images.iter().map(|(_, platform)| platform.clone()).collect();
    if let Some((index, _)) = platform::choose(&platforms, wanted).and_then(|chosen| images.get(chosen)) {
        return Ok((*index, available, None));
    }
    match images.as_slice() {
        // What it is made for, its configuration tells.
        [(index, None)] => Ok((*index, available, None)),
        [(index, Some(only))] if options.platform.is_none() => {
            let problem = Problem::new(
                problems::OTHER_PLATFORM,
                what,
                Effect::None,
                format!("there is no image for {host}; the only one, for {only}, was taken"),
            );
            Ok((*index, available, Some(problem)))
        }
        [] => Err(Error::malformed(what, "the index names no images")),
        many if available.is_empty() => Err(Error::Choice {
            what: what.to_owned(),
            choices: many
                .iter()
                .filter_map(|(index, _)| Some(list.get(*index)?.digest(what).ok()?.to_string()))
                .take(50)
                .collect(),
        }),
        _ => Err(Error::Platform { what: what.to_owned(), wanted: wanted.clone(), available }),
    }
}
