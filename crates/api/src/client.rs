//! A client that asks a hub, with a token or, for a few calls, as a user.

use crate::{Page, Problem, REQUEST_HEADER, who};
use reqwest::{Method, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{fmt, time::Duration};
use url::Url;

/// Text that no log and no message shows: a password, a token, a link that opens the door.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the wire, for hashing, for showing once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

/// Why a hub could not be asked, or what it answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is not one of a hub.
    #[error("'{0}' is no address of a hub: give http:// or https://, a host and a port")]
    Address(String),
    /// The CA certificate cannot be read.
    #[error("the CA certificate cannot be used: it must be one or more PEM certificates")]
    Certificate(#[source] Option<reqwest::Error>),
    /// No answer.
    #[error("no answer from the hub at {address}")]
    Network {
        /// The hub's address.
        address: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// The hub refused.
    #[error("the hub refused: {}{}", .0.title, .0.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Problem(Box<Problem>),
    /// What answers is not a hub, or one of another age.
    #[error("the answer of {address} (status {status}) is not one of a hub")]
    Answer {
        /// The hub's address.
        address: String,
        /// The HTTP status.
        status: u16,
    },
    /// What was got could not be written where it should go.
    #[error("the answer cannot be written")]
    Write(#[source] std::io::Error),
    /// The answer is larger than any answer should be.
    #[error("the answer of {address} is larger than {limit} bytes")]
    TooLarge {
        /// The hub's address.
        address: String,
        /// The limit in bytes.
        limit: usize,
    },
}

/// Answers that are no export have at most 500 rows; this is far above the largest of them.
const LARGEST_ANSWER: usize = 64 << 20;

/// A client for one hub.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<Secret>,
    /// Of a session: name and secret, as the hub set it.
    cookie: Option<Secret>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the hub at `base` (`https://hub.example:8443`), which shows `token` with every request. `ca` is
    /// trusted in place of the public authorities: PEM, for a hub with a certificate of its own.
    ///
    /// # Errors
    /// The address has no host or another scheme than HTTP, or `ca` holds no certificate.
    pub fn new(base: &str, token: Option<Secret>, ca: Option<&[u8]>) -> Result<Self, ClientError> {
        let address = || ClientError::Address(base.to_owned());
        let mut url = Url::parse(base).map_err(|_| address())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(address());
        }
        // Credentials in an address end up in messages and histories; a hub takes tokens only.
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| address())?;
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("seawall/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            // A hub never redirects its interface, and the token must not follow to another host.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(ca) = ca {
            let certificates = reqwest::Certificate::from_pem_bundle(ca)
                .map_err(|error| ClientError::Certificate(Some(error)))?;
            if certificates.is_empty() {
                return Err(ClientError::Certificate(None));
            }
            http = http.tls_certs_only(certificates);
        }
        let http = http.build().map_err(|error| ClientError::Certificate(Some(error)))?;
        Ok(Self { http, base: url, token, cookie: None })
    }

    /// The hub's address: scheme, host and port.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// A client that asks as this user, in a session that lasts until [`Self::logout`].
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn login(&self, name: &str, password: Secret) -> Result<Self, ClientError> {
        let login = who::Login { name: name.to_owned(), password };
        let answer = self.start(Method::POST, "/api/v1/login", &[], Some(&login)).await?;
        let cookie = answer
            .headers()
            .get(header::SET_COOKIE)
            .and_then(|set| set.to_str().ok())
            .and_then(|set| set.split(';').next())
            .map(Secret::new)
            .ok_or_else(|| self.strange(answer.status()))?;
        Ok(Self { token: None, cookie: Some(cookie), ..self.clone() })
    }

    /// Ends the session.
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn logout(self) -> Result<(), ClientError> {
        self.act(Method::POST, "/api/v1/logout").await
    }

    /// Reads `path` to its end, however long it is, and gives it on piece by piece. Says how many bytes there were.
    ///
    /// # Errors
    /// No answer, the hub refused or broke off, or `to` does not take it.
    pub async fn download(
        &self,
        path: &str,
        query: &[(&str, &str)],
        mut to: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<u64, ClientError> {
        let mut answer = self.start(Method::GET, path, query, None::<&()>).await?;
        let mut bytes = 0_u64;
        while let Some(chunk) = answer.chunk().await.map_err(|source| self.network(source))? {
            to(&chunk).map_err(ClientError::Write)?;
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    /// Reads `path` (`/api/v1/users`) with these query parameters.
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        let body = self.send(Method::GET, path, query, None::<&()>).await?;
        self.read(&body)
    }

    /// Sends `body` to `path` with `method` and reads the answer.
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn change<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, ClientError> {
        let body = self.send(method, path, &[], Some(body)).await?;
        self.read(&body)
    }

    /// Deletes `path`, or does with another `method` what has neither a body nor an answer.
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn act(&self, method: Method, path: &str) -> Result<(), ClientError> {
        self.send(method, path, &[], None::<&()>).await.map(|_| ())
    }

    /// All rows of the list at `path`, page by page.
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, ClientError> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut asked = query.to_vec();
            asked.push(("limit", "500"));
            if !cursor.is_empty() {
                asked.push(("cursor", &cursor));
            }
            let page: Page<T> = self.get(path, &asked).await?;
            rows.extend(page.items);
            match page.next {
                Some(next) if next != cursor => cursor = next,
                _ => return Ok(rows),
            }
        }
    }

    /// Who the token is, and what it may do.
    ///
    /// # Errors
    /// No answer, or the hub refused.
    pub async fn me(&self) -> Result<who::Me, ClientError> {
        self.get("/api/v1/me", &[]).await
    }

    async fn send<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&B>,
    ) -> Result<Vec<u8>, ClientError> {
        let answer = self.start(method, path, query, body).await?;
        self.bytes(answer).await
    }

    fn network(&self, source: reqwest::Error) -> ClientError {
        ClientError::Network { address: self.base.to_string(), source: source.without_url() }
    }

    /// Sends a request, and gives the answer if it is one of success.
    async fn start<B: Serialize>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&B>,
    ) -> Result<reqwest::Response, ClientError> {
        let mut url = self.base.join(path).map_err(|_| ClientError::Address(path.to_owned()))?;
        if url.origin() != self.base.origin() {
            return Err(ClientError::Address(path.to_owned()));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url).header(REQUEST_HEADER, "1");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie.expose());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|source| self.network(source))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let is_problem = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
        match serde_json::from_slice::<Problem>(&self.bytes(response).await?) {
            Ok(problem) if is_problem => Err(ClientError::Problem(Box::new(problem))),
            _ => Err(self.strange(status)),
        }
    }

    async fn bytes(&self, mut response: reqwest::Response) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| self.network(source))? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(ClientError::TooLarge { address: self.base.to_string(), limit: LARGEST_ANSWER });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|_| self.strange(StatusCode::OK))
    }

    fn strange(&self, status: StatusCode) -> ClientError {
        ClientError::Answer { address: self.base.to_string(), status: status.as_u16() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let login = who::Login { name: "jane".into(), password: Secret::new("correct horse") };
        let shown = format!("{login:?}");
        assert!(shown.contains("jane") && !shown.contains("horse"), "{shown}");
    }

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        for wrong in ["", "hub.example", "ftp://hub.example", "https://", "file:///etc/passwd"] {
            assert!(matches!(Client::new(wrong, None, None), Err(ClientError::Address(_))), "{wrong}");
        }
    }

    #[test]
    fn a_ca_must_be_a_certificate() {
        assert!(Client::new("https://hub.example", None, Some(b"no certificate")).is_err());
    }
}
