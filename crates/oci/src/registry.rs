//! Images in registries (OCI distribution specification 1.1, Docker's registry API 2).

mod address;
mod back_off;
mod challenge;
mod download;
mod http;
mod listing;
mod token;

#[cfg(test)]
mod hostile;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use model::{Digest, Problem, Problems};
use reqwest::{StatusCode, header::HeaderValue};
use tokio::sync::Mutex;
use url::Url;

use crate::{
    Error, Image, Options, Reference, Transfer,
    blob::Feed,
    credentials::{self, Credentials},
    descent::{Descent, Step},
    image::{Place, Remote, Stored, assemble, check_size},
    manifest::{self, Descriptor},
    secret::clean,
};

use address::is_loopback;
pub use address::is_public;
use back_off::{BackOff, may_pass, retry_after};
pub use download::{Download, Downloads, Marks};
pub(crate) use http::network;
use http::{Answer, Ask, Http};
pub use listing::{Entry, Found, Listing, Names};
use token::Login;

/// Answers to a refusal before it is believed: a first token, and one for a token that ran out.
const MAX_LOGINS: u32 = 2;

/// A registry as one image is read from it.
pub(crate) struct Session {
    reference: Reference,
    base: Url,
    http: Arc<Http>,
    credentials: Option<Credentials>,
    /// Why there are none though some are configured.
    no_credentials: Option<String>,
    /// What opened the registry last.
    authorization: Mutex<Option<HeaderValue>>,
    /// It answered once: a broken connection is worth more attempts than a wrong name.
    reached: AtomicBool,
    options: Options,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({})", self.reference)
    }
}

/// A layer to be fetched.
#[derive(Clone, Debug)]
pub(crate) struct WantedBlob {
    pub(crate) layer: usize,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// Where else it is, by the manifest's word.
    pub(crate) urls: Vec<String>,
}

/// Opens an image: manifest and configuration.
pub(crate) async fn open(reference: &Reference, options: &Options) -> Result<Image, Error> {
    let limit = options.timeouts.transfer;
    tokio::time::timeout(limit, open_slowly(reference, options))
        .await
        .unwrap_or_else(|_| Err(Error::Stalled { url: reference.to_string(), seconds: limit.as_secs() }))
}

async fn open_slowly(reference: &Reference, options: &Options) -> Result<Image, Error> {
    let session = Arc::new(Session::connect(reference, options).await?);
    let mut descent = Descent::new(reference.to_string(), options);
    let mut problems = Problems::new();
    problems.extend(session.credentials_problem());
    let (mut digest, bytes) = session.manifest(&reference.wanted(), reference.digest()).await?;
    let top = digest;
    let mut step = descent.enter(Some(digest), manifest::read(&bytes, &session.title(&digest))?)?;
    let manifest = loop {
        match step {
            Step::Image(manifest) => break manifest,
            Step::Next(descriptor) => {
                digest = descriptor.digest(&reference.to_string())?;
                let (_, bytes) =
                    session.manifest(&digest.to_string(), Some(model::ManifestDigest(digest))).await?;
                let title = session.title(&digest);
                check_size(&bytes, &descriptor, &title)?;
                step = descent.enter(Some(digest), manifest::read(&bytes, &title)?)?;
            }
        }
    };
    let config = session.config(&manifest.config).await?;
    let read = crate::config::read(&config, &format!("the configuration of {reference}"))?;
    let stored = manifest
        .layers
        .iter()
        .map(|layer| {
            let digest = layer.digest(&reference.to_string())?;
            Ok(Stored::new(layer, digest, Place::Remote { digest, urls: layer.urls.clone() }))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let name = reference.name();
    let mut names: Vec<String> = reference.tag().map(|tag| format!("{name}:{tag}")).into_iter().collect();
    names.push(format!("{name}@{top}"));
    let mut parts = descent.finish(Some(digest), names);
    parts.problems.extend(problems.into_vec());
    let mut image = assemble(parts, &config, read, stored, options)?;
    image.annotations = manifest.annotations;
    image.remote = Some(Remote { session, runtime: tokio::runtime::Handle::current() });
    Ok(image)
}

impl Session {
    async fn connect(reference: &Reference, options: &Options) -> Result<Self, Error> {
        let (credentials, no_credentials) = match (&options.login, &options.docker_config) {
            (Some((user, password)), _) => {
                (Some(Credentials::Basic { user: user.clone(), password: password.clone() }), None)
            }
            (None, None) => (None, None),
            // A broken helper must not stop the scan of a public image.
            (None, Some(file)) => {
                match credentials::find(file, reference.registry(), options.timeouts.helper).await {
                    Ok(found) => (found, None),
                    Err(error) => (None, Some(error.to_string())),
                }
            }
        };
        let (base, http) = find_scheme(reference, options).await?;
        Ok(Self {
            reference: reference.clone(),
            base,
            http: Arc::new(http),
            credentials,
            no_credentials,
            authorization: Mutex::new(None),
            reached: AtomicBool::new(false),
            options: options.clone(),
        })
    }

    fn credentials_problem(&self) -> Option<Problem> {
        let why = self.no_credentials.as_ref()?;
        Some(Problem::new(
            crate::problems::CREDENTIALS,
            self.reference.registry(),
            model::Effect::None,
            format!("{why}; asked without"),
        ))
    }

    fn title(&self, digest: &Digest) -> String {
        format!("the manifest {}@{digest}", self.reference.name())
    }

    /// The same registry, connection and credentials for another repository.
    fn beside(&self, reference: Reference) -> Self {
        Self {
            reference,
            base: self.base.clone(),
            http: Arc::clone(&self.http),
            credentials: self.credentials.clone(),
            no_credentials: self.no_credentials.clone(),
            authorization: Mutex::new(None),
            reached: AtomicBool::new(self.reached.load(Ordering::Relaxed)),
            options: self.options.clone(),
        }
    }

    /// An address of the registry's API; `tail` is made of checked parts only.
    fn url(&self, tail: &str) -> Result<Url, Error> {
        let path = format!("v2/{}/{tail}", self.reference.repository());
        self.base.join(&path).map_err(|error| Error::malformed(path, error.to_string()))
    }

    /// Sends a request, again where it is worth it, and logs in where that is asked for.
    async fn ask(&self, ask: Ask, what: &str) -> Result<Answer, Error> {
        let mut pauses = BackOff::new(&self.options);
        let (mut logins, mut failures) = (0, 0);
        loop {
            let authorization = self.authorization.lock().await.clone();
            let sent = Ask { authorization: authorization.clone(), ..ask.clone() };
            let answer = match self.http.send(sent).await {
                Ok(answer) => answer,
                Err(error @ Error::Network { .. }) => {
                    failures += 1;
                    if failures > 1 && !self.reached.load(Ordering::Relaxed) {
                        return Err(error);
                    }
                    pauses.pause(None, error).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.reached.store(true, Ordering::Relaxed);
            let status = answer.response.status();
            if status.is_success() {
                return Ok(answer);
            }
            if status == StatusCode::UNAUTHORIZED && answer.origin && logins < MAX_LOGINS {
                logins += 1;
                if self.log_in(&answer, authorization).await? {
                    continue;
                }
            }
            if may_pass(status) {
                let hint = retry_after(answer.response.headers());
                let url = clean(&answer.url);
                let said = self.http.said(answer).await;
                pauses.pause(hint, Error::Http { url, status: status.as_u16(), said }).await?;
                continue;
            }
            return Err(self.explain(answer, what).await);
        }
    }

    /// Answers a refusal; `false` when that is not possible. Of several layers that are refused together one logs in.
    async fn log_in(&self, refusal: &Answer, used: Option<HeaderValue>) -> Result<bool, Error> {
        let mut authorization = self.authorization.lock().await;
        if *authorization != used {
            return Ok(true);
        }
        let login = Login {
            http: &self.http,
            reference: &self.reference,
            credentials: self.credentials.as_ref(),
            options: &self.options,
        };
        match login.answer(refusal).await? {
            Some(header) if used.as_ref() != Some(&header) => {
                *authorization = Some(header);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn explain(&self, answer: Answer, what: &str) -> Error {
        let status = answer.response.status();
        let url = clean(&answer.url);
        let said = self.http.said(answer).await;
        let registry = self.reference.registry().to_owned();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let advice = match (&self.no_credentials, &self.credentials) {
                    (Some(why), _) => format!("there are no credentials: {why}"),
                    (None, Some(_)) => format!("check the credentials: docker login {registry}"),
                    (None, None) => format!("check the name, or log in: docker login {registry}"),
                };
                Error::Denied { registry, what: what.to_owned(), said, advice }
            }
            StatusCode::NOT_FOUND => Error::NotFound {
                what: what.to_owned(),
                advice: format!("{registry} answers 404{said}: check the name and tag"),
            },
            _ => Error::Http { url, status: status.as_u16(), said },
        }
    }

    /// A manifest or index, verified: against the digest that it was asked for by, else against the one that the
    /// registry tells.
    async fn manifest(
        &self,
        wanted: &str,
        expected: Option<model::ManifestDigest>,
    ) -> Result<(Digest, Vec<u8>), Error> {
        let what = format!("the manifest {}:{wanted}", self.reference.name()).replace(":sha256:", "@sha256:");
        let ask =
            Ask { accept: Some(manifest::ACCEPT), ..Ask::get(self.url(&format!("manifests/{wanted}"))?) };
        let answer = self.ask(ask, &what).await?;
        let told =
            answer.response.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
        let told = told.and_then(|text| text.parse::<Digest>().ok());
        let bytes = self.http.body(answer, self.options.limits.manifest, &what).await?;
        if let Some(expected) = expected.map(|expected| expected.0).or(told) {
            manifest::verify(&bytes, expected, &what)?;
        }
        Ok((manifest::digest_of(&bytes), bytes))
    }

    async fn config(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let what = format!("the configuration of {}", self.reference);
        let limit = self.options.limits.config;
        if descriptor.size > limit {
            return Err(Error::TooLarge { what, limit });
        }
        let digest = descriptor.digest(&what)?;
        let answer = self.ask(Ask::get(self.url(&format!("blobs/{digest}"))?), &what).await?;
        let bytes = self.http.body(answer, limit, &what).await?;
        check_size(&bytes, descriptor, &what)?;
        manifest::verify(&bytes, digest, &what)?;
        Ok(bytes)
    }

    /// Feeds a layer to its reader.
    pub(crate) async fn blob(&self, wanted: WantedBlob, feed: Feed) -> Result<(), Error> {
        let transfer = Transfer::Layer(wanted.layer);
        let progress = self.options.progress.clone();
        if let Some(progress) = &progress {
            progress.started(transfer, Some(wanted.size));
        }
        // Told also when the reader goes away in between.
        let _finish = Finish(progress.map(|progress| (progress, transfer)));
        let limit = self.options.timeouts.transfer;
        let what = format!("layer {} ({}) of {}", wanted.layer, wanted.digest, self.reference);
        tokio::time::timeout(limit, self.blob_from_somewhere(&wanted, &what, &feed))
            .await
            .unwrap_or_else(|_| Err(Error::Stalled { url: what.clone(), seconds: limit.as_secs() }))
    }

    async fn blob_from_somewhere(&self, wanted: &WantedBlob, what: &str, feed: &Feed) -> Result<(), Error> {
        let here = Ask::get(self.url(&format!("blobs/{}", wanted.digest))?);
        let mut at = 0;
        let mut result = self.pull(here, wanted, what, feed, &mut at).await;
        for url in &wanted.urls {
            // Once bytes were handed over they cannot be taken back.
            if at > 0 || !matches!(result, Err(Error::NotFound { .. } | Error::Refused { .. })) {
                break;
            }
            let there = match Url::parse(url) {
                Ok(there) if there.scheme() == "https" || self.base.scheme() == "http" => there,
                _ => continue,
            };
            let ask = Ask { named_by: "a foreign layer of the manifest", ..Ask::get(there) };
            result = self.pull(ask, wanted, what, feed, &mut at).await;
        }
        result
    }

    /// Fetches a blob, after a broken connection from where it broke. `at` counts the bytes handed over.
    async fn pull(
        &self,
        ask: Ask,
        wanted: &WantedBlob,
        what: &str,
        feed: &Feed,
        at: &mut u64,
    ) -> Result<(), Error> {
        let mut pauses = BackOff::new(&self.options);
        loop {
            let before = *at;
            // It broke after the last byte.
            if before > 0 && before == wanted.size {
                return Ok(());
            }
            let broken = match self.pull_once(ask.clone(), wanted, what, feed, at).await {
                Err(error @ (Error::Network { .. } | Error::Stalled { .. })) => error,
                Err(Error::Length { actual, expected, what }) if actual < expected && actual > before => {
                    Error::Length { what, expected, actual }
                }
                end => return end,
            };
            if *at > before {
                pauses.headway();
            } else if matches!(broken, Error::Stalled { .. }) {
                return Err(broken);
            }
            pauses.pause(None, broken).await?;
        }
    }

    async fn pull_once(
        &self,
        ask: Ask,
        wanted: &WantedBlob,
        what: &str,
        feed: &Feed,
        at: &mut u64,
    ) -> Result<(), Error> {
        let length = |actual: u64| Error::Length { what: what.to_owned(), expected: wanted.size, actual };
        let mut answer = self.ask(Ask { from: *at, ..ask }, what).await?;
        let status = answer.response.status();
        let mut skip = *at;
        if status == StatusCode::PARTIAL_CONTENT {
            if !continues(&answer, *at, wanted.size) {
                return Err(Error::malformed(
                    what,
                    "the registry answers with another range than was asked for",
                ));
            }
            skip = 0;
        }
        let rest = wanted.size - if skip == 0 { *at } else { 0 };
        if let Some(promised) = answer.response.content_length().filter(|promised| *promised != rest) {
            return Err(length(wanted.size - rest + promised));
        }
        while let Some(mut chunk) = self.http.chunk(&mut answer).await? {
            let over = skip.min(chunk.len() as u64);
            skip -= over;
            let mut chunk = chunk.split_off(usize::try_from(over).unwrap_or(0));
            let left = wanted.size - *at;
            let more = chunk.len() as u64 > left;
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let n = chunk.len() as u64;
            *at += n;
            if let Some(progress) = &self.options.progress {
                progress.advanced(Transfer::Layer(wanted.layer), n);
            }
            if !feed.send(chunk).await {
                return Ok(());
            }
            if more {
                return Err(length(wanted.size + 1));
            }
        }
        if *at == wanted.size { Ok(()) } else { Err(length(*at)) }
    }
}

/// `Content-Range: bytes at-…/size`.
fn continues(answer: &Answer, at: u64, size: u64) -> bool {
    let range = answer.response.headers().get("content-range").and_then(|value| value.to_str().ok());
    let parts = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/'));
    let Some((span, total)) = parts else { return false };
    let start = span.split_once('-').and_then(|(start, _)| start.parse::<u64>().ok());
    start == Some(at) && (total == "*" || total.parse() == Ok(size))
}

struct Finish(Option<(Arc<dyn crate::Progress>, Transfer)>);

impl Drop for Finish {
    fn drop(&mut self) {
        if let Some((progress, transfer)) = &self.0 {
            progress.finished(*transfer);
        }
    }
}

/// Finds out how the registry is spoken to. Registries speak https; only on this machine, or where the operator said
/// so, plain http is tried after it.
async fn find_scheme(reference: &Reference, options: &Options) -> Result<(Url, Http), Error> {
    let host = reference.api_host();
    let base = |scheme: &str| {
        Url::parse(&format!("{scheme}://{host}/"))
            .map_err(|error| Error::malformed(format!("the registry {host}"), error.to_string()))
    };
    let secure = base("https")?;
    let http = Http::new(&secure, options)?;
    if !options.insecure && !is_loopback(&secure) {
        return Ok((secure, http));
    }
    let probe = |http: Http, base: Url| async move {
        let url = base.join("v2/").unwrap_or(base);
        // A server that is not there is not there for https either; one that is, answers soon.
        let sent = http.send(Ask { redirects: false, ..Ask::get(url) }).await;
        (http, sent.map(|answer| answer.response.status()))
    };
    let (http, failed) = match probe(http, secure.clone()).await {
        (http, Err(error @ Error::Network { .. })) => (http, error),
        (http, _) => return Ok((secure, http)),
    };
    let plain = base("http")?;
    match probe(http.under(&plain, options), plain.clone()).await {
        // 400 is how servers answer plain http at their https port.
        (http, Ok(status)) if status != StatusCode::BAD_REQUEST => Ok((plain, http)),
        _ => Err(failed),
    }
}
