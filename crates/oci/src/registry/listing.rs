//! What a registry holds: its repositories, their tags, and what stands behind a tag.
//!
//! Lists come in pages. Where a page ends, and how the next is asked for, the registry says in a `Link` header
//! (OCI distribution specification, "Listing Tags"); of that only the query is taken, never the address.

use std::fmt;

use model::{Digest, ManifestDigest, Platform};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde::Deserialize;
use url::Url;

use super::{Ask, Session, http::content_type};
use crate::{
    Error, Options, Reference,
    config::null_is_default,
    manifest::{self, Document},
    reference::{is_repository, is_tag},
    secret::{clean, tame},
};

/// Names asked for at once: what registries have as their default, and so refuse nowhere.
const PAGE: usize = 100;
/// Bytes of one page. Distribution before 3 gives all tags at once: room for some hundred thousand.
const MAX_PAGE: u64 = 16 << 20;
/// Bytes of the query that leads to the next page.
const MAX_CURSOR: usize = 2048;

/// A registry whose content is listed.
pub struct Listing {
    session: Session,
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listing({})", self.session.reference.registry())
    }
}

/// One page of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Repositories or tags, as the registry orders them.
    pub names: Vec<String>,
    /// Names that break the grammar of references and are left out.
    pub refused: u64,
    /// What the next page is asked for with; `None` at the end.
    pub next: Option<String>,
}

/// What stands behind a tag or digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The manifest of one image.
    Image {
        /// Its digest.
        manifest: ManifestDigest,
        /// The digest of its configuration.
        config: Digest,
    },
    /// An index of images. What is no image in it (attestations) is left out.
    Index {
        /// The index's own digest.
        digest: ManifestDigest,
        /// Its images.
        images: Vec<Entry>,
        /// What was left out.
        others: u64,
    },
    /// Something that is no container image: a chart, a signature, an attestation; or a form that is not read.
    Other {
        /// What it is, in words.
        what: String,
    },
}

/// One image of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its manifest's digest; of an index within the index, that one's.
    pub digest: ManifestDigest,
    /// Its platform, where the index tells.
    pub platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Repositories {
    #[serde(default, deserialize_with = "null_is_default")]
    repositories: Vec<String>,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default, deserialize_with = "null_is_default")]
    tags: Vec<String>,
}

impl Listing {
    /// Connects to `registry`, as one writes it: `registry.example:5000`.
    ///
    /// # Errors
    /// When that is no registry's name, or on this machine nothing answers there.
    pub async fn connect(registry: &str, options: &Options) -> Result<Self, Error> {
        let reference = Reference::of_registry(registry)?;
        Ok(Self { session: Session::connect(&reference, options).await? })
    }

    /// Can this be a registry's name, as one writes it: a host or address with an optional port?
    #[must_use]
    pub fn is_registry(text: &str) -> bool {
        Reference::of_registry(text).is_ok()
    }

    /// Is the registry spoken to with TLS?
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.session.base.scheme() == "https"
    }

    /// Asks whether a registry is there and takes the credentials; gives what it says that it speaks (`registry/2.0`).
    ///
    /// # Errors
    /// When it cannot be reached, refuses, or is no registry.
    pub async fn ping(&self) -> Result<Option<String>, Error> {
        let what = format!("the interface of {}", self.session.reference.registry());
        let url =
            self.session.base.join("v2/").map_err(|e| Error::malformed(what.as_str(), e.to_string()))?;
        let answer = self.session.ask(Ask::get(url), &what).await?;
        let version = answer.response.headers().get("docker-distribution-api-version");
        let version = version.and_then(|value| value.to_str().ok()).map(|text| tame(text, 40));
        if version.is_none() && content_type(&answer.response).contains("html") {
            return Err(Error::malformed(what, "it answers with a page and is no registry"));
        }
        Ok(version)
    }

    /// Does the registry let somebody without credentials begin an upload? What was begun is taken back; nothing is
    /// written.
    ///
    /// # Errors
    /// When it cannot be reached, or answers with neither yes nor no.
    pub async fn lets_anybody_write(&self) -> Result<bool, Error> {
        let what = format!("an upload to {}", self.session.reference.registry());
        let malformed = |error: url::ParseError| Error::malformed(what.as_str(), error.to_string());
        let url = self.session.base.join("v2/seawall-probe/blobs/uploads/").map_err(malformed)?;
        let ask = Ask { method: Method::POST, redirects: false, ..Ask::get(url) };
        let answer = self.session.http.send(ask).await?;
        match answer.response.status() {
            StatusCode::ACCEPTED => {
                let begun = answer.response.headers().get("location").and_then(|value| value.to_str().ok());
                let begun = begun.and_then(|location| answer.url.join(location).ok());
                if let Some(url) = begun.filter(|url| self.session.http.rules.is_origin(url)) {
                    let ask = Ask { method: Method::DELETE, redirects: false, ..Ask::get(url) };
                    // One that cannot be taken back runs out by itself.
                    let _ = self.session.http.send(ask).await;
                }
                Ok(true)
            }
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_FOUND => Ok(false),
            status => {
                Err(Error::Http { url: clean(&answer.url), status: status.as_u16(), said: String::new() })
            }
        }
    }

    /// A page of the registry's repositories: the first, or the one behind `after`.
    ///
    /// # Errors
    /// When the registry cannot be reached, refuses, or answers with something else. Many registries have no such list.
    pub async fn repositories(&self, after: Option<&str>) -> Result<Names, Error> {
        let what = format!("the list of repositories of {}", self.session.reference.registry());
        let (bytes, next) = page(&self.session, "v2/_catalog", after, &what).await?;
        let read: Repositories = serde_json::from_slice(&bytes)
            .map_err(|_| Error::malformed(what.as_str(), "it is no JSON object with `repositories`"))?;
        checked(read.repositories, next, after, is_repository, &what)
    }

    /// A page of a repository's tags: the first, or the one behind `after`.
    ///
    /// # Errors
    /// As for [`Self::repositories`]; [`Error::NotFound`] when there is no such repository.
    pub async fn tags(&self, repository: &str, after: Option<&str>) -> Result<Names, Error> {
        let session = self.session.beside(self.session.reference.within(repository, "latest")?);
        let what = format!("the list of tags of {}", session.reference.name());
        let path = format!("v2/{}/tags/list", session.reference.repository());
        let (bytes, next) = page(&session, &path, after, &what).await?;
        let read: Tags = serde_json::from_slice(&bytes)
            .map_err(|_| Error::malformed(what.as_str(), "it is no JSON object with `tags`"))?;
        checked(read.tags, next, after, is_tag, &what)
    }

    /// The digest that a tag names, or whether a digest is there, asked for without its content; `None` where there is
    /// none.
    ///
    /// # Errors
    /// When the registry cannot be reached, refuses or lies.
    pub async fn digest(&self, repository: &str, wanted: &str) -> Result<Option<ManifestDigest>, Error> {
        let session = self.session.beside(self.session.reference.within(repository, wanted)?);
        let what = format!("the manifest {}", session.reference);
        let url = session.url(&format!("manifests/{}", session.reference.wanted()))?;
        let ask = Ask { method: Method::HEAD, accept: Some(manifest::ACCEPT), ..Ask::get(url) };
        let told = match session.ask(ask, &what).await {
            Ok(answer) => digest_header(answer.response.headers()),
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = match (told, session.reference.digest()) {
            (Some(told), Some(asked)) if told != asked.0 => {
                return Err(Error::Digest { what, expected: asked.to_string(), actual: told.to_string() });
            }
            (told, asked) => told.or(asked.map(|asked| asked.0)),
        };
        if let Some(told) = told {
            return Ok(Some(ManifestDigest(told)));
        }
        // Registries need not tell it: then the content does.
        let (digest, _) = session.manifest(&session.reference.wanted(), None).await?;
        Ok(Some(ManifestDigest(digest)))
    }

    /// What stands behind a tag or digest; `None` where there is nothing.
    ///
    /// # Errors
    /// When the registry cannot be reached, refuses, or what it gives is not what was asked for.
    pub async fn find(&self, repository: &str, wanted: &str) -> Result<Option<Found>, Error> {
        let session = self.session.beside(self.session.reference.within(repository, wanted)?);
        let expected = session.reference.digest();
        let (digest, bytes) = match session.manifest(&session.reference.wanted(), expected).await {
            Ok(read) => read,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        read(digest, &bytes, &format!("the manifest {}", session.reference)).map(Some)
    }
}

/// Tells what a manifest is.
fn read(digest: Digest, bytes: &[u8], what: &str) -> Result<Found, Error> {
    match manifest::read(bytes, what) {
        Ok(Document::Manifest(manifest)) => {
            Ok(Found::Image { manifest: ManifestDigest(digest), config: manifest.config.digest(what)? })
        }
        Ok(Document::Index(list)) => {
            let all = list.len();
            let images = list
                .iter()
                .filter(|descriptor| descriptor.may_be_image())
                .map(|descriptor| {
                    let digest = ManifestDigest(descriptor.digest(what)?);
                    Ok(Entry { digest, platform: descriptor.platform() })
                })
                .collect::<Result<Vec<_>, Error>>()?;
            let others = (all - images.len()) as u64;
            Ok(Found::Index { digest: ManifestDigest(digest), images, others })
        }
        Err(Error::Unsupported { why, .. }) => Ok(Found::Other { what: why }),
        Err(error) => Err(error),
    }
}

/// Fetches one page and where the next is.
async fn page(
    session: &Session,
    path: &str,
    after: Option<&str>,
    what: &str,
) -> Result<(Vec<u8>, Option<String>), Error> {
    let mut url = session.base.join(path).map_err(|error| Error::malformed(what, error.to_string()))?;
    match after {
        Some(query) => url.set_query(Some(query)),
        None => url.set_query(Some(&format!("n={PAGE}"))),
    }
    let answer = session.ask(Ask::get(url), what).await?;
    let next = next_page(answer.response.headers(), &answer.url);
    Ok((session.http.body(answer, MAX_PAGE, what).await?, next))
}

/// The query of `Link: <…>; rel="next"` (RFC 8288).
fn next_page(headers: &HeaderMap, at: &Url) -> Option<String> {
    headers.get_all("link").iter().filter_map(|value| value.to_str().ok()).find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = parameters.split(';').any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next"));
        let query = at.join(target).ok().filter(|_| next)?.query()?.to_owned();
        (query.len() <= MAX_CURSOR).then_some(query)
    })
}

/// Leaves out what is no name. A page that leads to itself would never end.
fn checked(
    names: Vec<String>,
    next: Option<String>,
    after: Option<&str>,
    fit: fn(&str) -> bool,
    what: &str,
) -> Result<Names, Error> {
    if next.is_some() && next.as_deref() == after {
        return Err(Error::malformed(what, "its next page is itself"));
    }
    let all = names.len();
    let names: Vec<String> = names.into_iter().filter(|name| fit(name)).collect();
    Ok(Names { refused: (all - names.len()) as u64, names, next })
}

fn digest_header(headers: &HeaderMap) -> Option<Digest> {
    headers.get("docker-content-digest")?.to_str().ok()?.parse().ok()
}
