//! Requests whose redirects are followed by hand, under the rules of trust.

use std::{sync::OnceLock, time::Duration};

use reqwest::{
    Client, ClientBuilder, Method, Response, StatusCode,
    header::{
        ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, RANGE,
    },
    redirect::Policy,
};
use url::Url;

use super::address::{PublicOnly, Rules, Trust, is_loopback, refusal};
use crate::{
    Error, Options,
    secret::{Secret, clean, tame},
};

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 5;
/// Bytes of an error answer that are read.
const MAX_ERROR: u64 = 8 << 10;

/// The clients: one for the host that the operator typed, one for hosts that were allowed, one for the public ones.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) rules: Rules,
    own: Client,
    allowed: OnceLock<Client>,
    public: OnceLock<Client>,
    authorities: Vec<reqwest::Certificate>,
    connect: Duration,
    idle: Duration,
    redirects: Redirects,
}

/// How redirects are named and judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redirects {
    /// Who sends them, for messages.
    pub(crate) named_by: &'static str,
    /// Other hosts only encrypted, even where the operator typed an address that is not.
    pub(crate) encrypted: bool,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) accept: Option<&'static str>,
    /// Only bytes from here on.
    pub(crate) from: u64,
    /// Sent to the registry itself and to nobody else.
    pub(crate) authorization: Option<HeaderValue>,
    /// A form to be posted.
    pub(crate) form: Option<Secret>,
    /// Who named the address, where the operator did not.
    pub(crate) named_by: &'static str,
    pub(crate) redirects: bool,
    /// Only where it is another file than that of this mark (`If-None-Match`) …
    pub(crate) etag: Option<HeaderValue>,
    /// … or of this time (`If-Modified-Since`).
    pub(crate) modified: Option<HeaderValue>,
}

impl Ask {
    pub(crate) const fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            accept: None,
            from: 0,
            authorization: None,
            form: None,
            named_by: "the registry",
            redirects: true,
            etag: None,
            modified: None,
        }
    }
}

/// An answer, and who gave it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) url: Url,
    /// The registry itself answered, not one that it points to.
    pub(crate) origin: bool,
}

impl Http {
    /// Makes the client for the registry at `own`.
    pub(crate) fn new(own: &Url, options: &Options) -> Result<Self, Error> {
        let mut authorities = Vec::new();
        let mut bundles = Vec::new();
        for file in &options.ca_files {
            let from = file.display().to_string();
            let pem = std::fs::read(file).map_err(Error::io(format!("read {from}")))?;
            bundles.push((from, pem));
        }
        for text in &options.ca_texts {
            bundles.push(("the certificate authority".to_owned(), text.as_bytes().to_vec()));
        }
        for (from, pem) in bundles {
            let list = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|error| Error::malformed(from.as_str(), error.to_string()))?;
            if list.is_empty() {
                return Err(Error::malformed(from, "it holds no certificate in PEM form"));
            }
            authorities.extend(list);
        }
        let timeouts = &options.timeouts;
        let agent = user_agent(options.agent.as_deref());
        let builder = || {
            let builder = basic(&authorities, timeouts.connect)
                .user_agent(agent.as_str())
                .tls_danger_accept_invalid_certs(options.insecure);
            if is_loopback(own) { builder.no_proxy() } else { builder }
        };
        let client = build(builder, &authorities, own)?;
        Ok(Self {
            rules: Rules::new(own.clone(), &options.allow_hosts),
            own: client,
            allowed: OnceLock::new(),
            public: OnceLock::new(),
            authorities,
            connect: timeouts.connect,
            idle: timeouts.idle,
            redirects: Redirects { named_by: "a redirect of the registry", encrypted: false },
        })
    }

    /// The same client with other rules for redirects.
    pub(crate) fn redirecting(self, redirects: Redirects) -> Self {
        Self { redirects, ..self }
    }

    /// The same client for the same host under another scheme.
    pub(crate) fn under(self, own: &Url, options: &Options) -> Self {
        Self { rules: Rules::new(own.clone(), &options.allow_hosts), ..self }
    }

    fn client(&self, trust: Trust, url: &Url) -> Result<&Client, Error> {
        let (cell, guarded) = match trust {
            Trust::Own => return Ok(&self.own),
            Trust::Allowed => (&self.allowed, false),
            Trust::Public => (&self.public, true),
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let builder = || {
            let builder = basic(&self.authorities, self.connect);
            if guarded { builder.dns_resolver(PublicOnly::new()) } else { builder }
        };
        let client = build(builder, &self.authorities, url)?;
        Ok(cell.get_or_init(|| client))
    }

    /// Sends a request and follows redirects. Any status but a redirect is an answer.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Answer, Error> {
        let mut url = ask.url.clone();
        let mut named_by = ask.named_by;
        for _ in 0..=MAX_REDIRECTS {
            let trust = self.rules.judge(&url, named_by)?;
            let origin = self.rules.is_origin(&url);
            let mut headers = HeaderMap::new();
            if let Some(accept) = ask.accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            if ask.from > 0
                && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", ask.from))
            {
                headers.insert(RANGE, range);
            }
            for (name, value) in [(IF_NONE_MATCH, &ask.etag), (IF_MODIFIED_SINCE, &ask.modified)] {
                if let Some(value) = value {
                    headers.insert(name, value.clone());
                }
            }
            // Token servers are asked without redirects, so this never leaves the first address either.
            if let Some(authorization) = ask.authorization.as_ref().filter(|_| origin || !ask.redirects) {
                headers.insert(AUTHORIZATION, authorization.clone());
            }
            let mut request =
                self.client(trust, &url)?.request(ask.method.clone(), url.clone()).headers(headers);
            if let Some(form) = &ask.form {
                request = request
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body(form.expose().to_owned());
            }
            let response = match tokio::time::timeout(self.connect + self.idle, request.send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => {
                    return Err(refusal(&error, &url, named_by).unwrap_or_else(|| network(&url, error)));
                }
                Err(_) => return Err(self.stalled(&url)),
            };
            if !is_redirect(response.status()) {
                return Ok(Answer { response, url, origin });
            }
            let next = target(&response, &url)?;
            if !ask.redirects {
                return Err(unexpected(&url, &response, "a redirect where none is followed"));
            }
            let elsewhere = next.host() != url.host();
            let encrypted = url.scheme() == "https" || (self.redirects.encrypted && elsewhere);
            if encrypted && next.scheme() != "https" {
                return Err(Error::Refused {
                    named_by: format!("a redirect of {}", clean(&url)),
                    address: clean(&next),
                    why: "unencrypted".to_owned(),
                    advice: "it must redirect to https".to_owned(),
                });
            }
            url = next;
            named_by = self.redirects.named_by;
        }
        Err(Error::Http {
            url: clean(&ask.url),
            status: 302,
            said: format!(": more than {MAX_REDIRECTS} redirects"),
        })
    }

    pub(crate) fn stalled(&self, url: &Url) -> Error {
        Error::Stalled { url: clean(url), seconds: self.idle.as_secs().max(1) }
    }

    /// The next bytes of an answer; `None` at its end.
    pub(crate) async fn chunk(&self, answer: &mut Answer) -> Result<Option<bytes::Bytes>, Error> {
        match tokio::time::timeout(self.idle, answer.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(network(&answer.url, error)),
            Err(_) => Err(self.stalled(&answer.url)),
        }
    }

    /// Reads a whole answer of at most `limit` bytes; no more than that is ever held.
    pub(crate) async fn body(&self, mut answer: Answer, limit: u64, what: &str) -> Result<Vec<u8>, Error> {
        let too_large = || Error::TooLarge { what: what.to_owned(), limit };
        if answer.response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(&mut answer).await? {
            if (bytes.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// What an error answer says, with a leading ": ", or nothing.
    pub(crate) async fn said(&self, mut answer: Answer) -> String {
        let html = content_type(&answer.response).contains("html");
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = self.chunk(&mut answer).await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > MAX_ERROR {
                break;
            }
        }
        if html || bytes.trim_ascii_start().first() == Some(&b'<') {
            return " with an HTML page: is it the address of a registry?".to_owned();
        }
        said_by(&bytes).map_or_else(String::new, |text| format!(": {text}"))
    }
}

/// The registry's own words (OCI distribution specification, "Error Codes").
fn said_by(bytes: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(serde::Deserialize)]
    struct One {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let first = serde_json::from_slice::<Errors>(bytes).ok()?.errors.into_iter().next()?;
    let text = match (first.code.is_empty(), first.message.is_empty()) {
        (true, true) => return None,
        (false, false) => format!("{} ({})", first.message, first.code),
        _ => first.message + &first.code,
    };
    Some(tame(&text, 200))
}

/// Who asks.
const SEAWALL: &str = concat!("seawall/", env!("CARGO_PKG_VERSION"));

/// The same with a mark; what a header or its comment could not hold is left out.
fn user_agent(mark: Option<&str>) -> String {
    let fit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mark: String = mark.unwrap_or_default().chars().filter(fit).take(128).collect();
    if mark.is_empty() { SEAWALL.to_owned() } else { format!("{SEAWALL} ({mark})") }
}

fn basic(authorities: &[reqwest::Certificate], connect: Duration) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(SEAWALL)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(connect);
    if authorities.is_empty() { builder } else { builder.tls_certs_merge(authorities.iter().cloned()) }
}

/// Makes a client. Where the system has no certificates at all (images without `ca-certificates`) it trusts only those
/// that the operator gave: plain http works, and https says that the issuer is unknown.
fn build(
    builder: impl Fn() -> ClientBuilder,
    own: &[reqwest::Certificate],
    url: &Url,
) -> Result<Client, Error> {
    let client = builder().build();
    let client = client.or_else(|_| builder().tls_certs_only(own.iter().cloned()).build());
    client.map_err(|error| network(url, error))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn target(response: &Response, url: &Url) -> Result<Url, Error> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    location
        .and_then(|location| url.join(location).ok())
        .ok_or_else(|| unexpected(url, response, "a redirect without a valid address"))
}

fn unexpected(url: &Url, response: &Response, why: &str) -> Error {
    Error::Http { url: clean(url), status: response.status().as_u16(), said: format!(": {why}") }
}

pub(crate) fn content_type(response: &Response) -> &str {
    response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// What went wrong on the wire, down to its cause and without the address, which may hold a signature.
pub(crate) fn network(url: &Url, error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut why = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !why.contains(&text) {
            why = format!("{why}: {text}");
        }
        source = cause.source();
    }
    Error::Network { url: clean(url), why: tame(&why, 400) }
}
