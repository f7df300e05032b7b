//! Plain files from a server, for who needs more than images: the same client, the same rules of trust, pauses and times.

use std::{fs::File, io::Write as _, path::Path};

use reqwest::{
    Response, StatusCode,
    header::{ETAG, HeaderName, HeaderValue, LAST_MODIFIED},
};
use url::Url;

use super::{
    back_off::{BackOff, may_pass, retry_after},
    http::{Ask, Http, Redirects, content_type},
};
use crate::{Error, Options, secret::clean};

/// A server from which files are fetched.
#[derive(Debug)]
pub struct Downloads {
    http: Http,
    options: Options,
}

/// The marks by which a server knows whether a file is still the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `ETag`, as it was sent.
    pub etag: Option<String>,
    /// `Last-Modified`, as it was sent.
    pub last_modified: Option<String>,
}

/// What came of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Download {
    /// The file is still that of the marks; nothing was written.
    Unchanged,
    /// There is no such file.
    Missing,
    /// All of it was written.
    Whole {
        /// Its marks.
        marks: Marks,
        /// Its bytes.
        bytes: u64,
    },
}

impl Downloads {
    /// For the server that the operator named by `url`. It may redirect within its host, to allowed hosts, and by https
    /// to public ones.
    ///
    /// # Errors
    /// When a file with certificate authorities cannot be read, or no client can be made.
    pub fn new(url: &Url, options: &Options) -> Result<Self, Error> {
        let redirects = Redirects { named_by: "a redirect of the source", encrypted: true };
        Ok(Self { http: Http::new(url, options)?.redirecting(redirects), options: options.clone() })
    }

    /// Fetches `url` of this server to the file `to`, unless it is still that of `marks`. `each` hears of bytes as they
    /// come. What fails in passing is tried again from the beginning; on an error `to` holds anything.
    ///
    /// # Errors
    /// When the server cannot be reached, answers with an error or an HTML page, sends more than `limit` bytes or fewer than it
    /// promised, stalls, or redirects to where it may not; or when `to` cannot be written.
    pub async fn get(
        &self,
        url: &Url,
        marks: &Marks,
        limit: u64,
        to: &Path,
        each: &(dyn Fn(u64) + Sync),
    ) -> Result<Download, Error> {
        let attempts = async {
            let mut pauses = BackOff::new(&self.options);
            loop {
                let (hint, error) = match self.attempt(url, marks, limit, to, each).await {
                    Ok(done) => return Ok(done),
                    Err(Failed::Passing(hint, error)) => (hint, error),
                    Err(Failed::Lasting(error)) => return Err(error),
                };
                pauses.pause(hint, error).await?;
            }
        };
        let transfer = self.options.timeouts.transfer;
        match tokio::time::timeout(transfer, attempts).await {
            Ok(done) => done,
            Err(_) => Err(Error::Stalled { url: clean(url), seconds: transfer.as_secs().max(1) }),
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        marks: &Marks,
        limit: u64,
        to: &Path,
        each: &(dyn Fn(u64) + Sync),
    ) -> Result<Download, Failed> {
        let header =
            |text: &Option<String>| text.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
        let ask = Ask {
            etag: header(&marks.etag),
            modified: header(&marks.last_modified),
            named_by: "the source",
            ..Ask::get(url.clone())
        };
        let mut answer = self.http.send(ask).await.map_err(passing)?;
        let status = answer.response.status();
        match status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Download::Unchanged),
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Download::Missing),
            _ => {
                let hint = retry_after(answer.response.headers());
                let error = Error::Http { url: clean(url), status: status.as_u16(), said: String::new() };
                return Err(if may_pass(status) {
                    Failed::Passing(hint, error)
                } else {
                    Failed::Lasting(error)
                });
            }
        }
        if content_type(&answer.response).contains("html") {
            return Err(Failed::Lasting(Error::Http {
                url: clean(url),
                status: 200,
                said: " with an HTML page: is it the address of a file?".to_owned(),
            }));
        }
        let too_large = || Failed::Lasting(Error::TooLarge { what: clean(url), limit });
        let promised = answer.response.content_length();
        if promised.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let marks = Marks {
            etag: text(&answer.response, ETAG),
            last_modified: text(&answer.response, LAST_MODIFIED),
        };
        let failed = |source| Failed::Lasting(Error::Io { what: format!("write {}", to.display()), source });
        let mut file = File::create(to).map_err(failed)?;
        let mut bytes = 0u64;
        while let Some(chunk) = self.http.chunk(&mut answer).await.map_err(passing)? {
            bytes = bytes.saturating_add(chunk.len() as u64);
            if bytes > limit {
                return Err(too_large());
            }
            file.write_all(&chunk).map_err(failed)?;
            each(chunk.len() as u64);
        }
        if let Some(expected) = promised.filter(|expected| *expected != bytes) {
            return Err(passing(Error::Length { what: clean(url), expected, actual: bytes }));
        }
        file.sync_all().map_err(failed)?;
        Ok(Download::Whole { marks, bytes })
    }
}

/// Why an attempt failed.
enum Failed {
    /// Perhaps not again; with the pause that the server asks for.
    Passing(Option<std::time::Duration>, Error),
    Lasting(Error),
}

fn passing(error: Error) -> Failed {
    match error {
        error @ (Error::Network { .. } | Error::Stalled { .. } | Error::Length { .. }) => {
            Failed::Passing(None, error)
        }
        error => Failed::Lasting(error),
    }
}

/// A header that is text of a sane length.
fn text(response: &Response, name: HeaderName) -> Option<String> {
    let text = response.headers().get(name)?.to_str().ok()?;
    (text.len() <= 256).then(|| text.to_owned())
}
