//! Getting in: basic authentication and bearer tokens (distribution's token authentication specification).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode, header::HeaderValue};
use serde::Deserialize;
use url::Url;

use super::{
    back_off::{BackOff, may_pass, retry_after},
    challenge::{self, Challenge},
    http::{Answer, Ask, Http},
};
use crate::{
    Error, Options, Reference,
    credentials::Credentials,
    secret::{Secret, clean, tame},
};

/// Bytes of a token server's answer.
const MAX_ANSWER: u64 = 1 << 20;

/// Who asks for what.
#[derive(Debug)]
pub(crate) struct Login<'a> {
    pub(crate) http: &'a Http,
    pub(crate) reference: &'a Reference,
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) options: &'a Options,
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

impl Login<'_> {
    /// The header that answers a refusal; `None` when it asks for nothing that there is.
    pub(crate) async fn answer(&self, refusal: &Answer) -> Result<Option<HeaderValue>, Error> {
        let challenges: Vec<Challenge> = refusal
            .response
            .headers()
            .get_all("www-authenticate")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        let of = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
        if let Some(bearer) = of("bearer") {
            return self.token(bearer, &refusal.url).await.map(Some);
        }
        match (of("basic"), self.credentials) {
            (Some(_), Some(Credentials::Basic { user, password })) => {
                header(&basic(user, password)).map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn token(&self, bearer: &Challenge, asked: &Url) -> Result<HeaderValue, Error> {
        let refused = |address: String, why: &str| Error::Refused {
            named_by: format!("the token realm of {}", self.reference.registry()),
            address,
            why: why.to_owned(),
            advice: "the registry is misconfigured or hostile".to_owned(),
        };
        let text = bearer.parameters.get("realm").map_or("", String::as_str);
        let realm = Url::parse(text).map_err(|_| refused(tame(text, 200), "no address"))?;
        if asked.scheme() == "https" && realm.scheme() != "https" {
            return Err(refused(clean(&realm), "unencrypted, though the registry is not"));
        }
        let known = self.http.rules.realm_may_know(&realm);
        let credentials = self.credentials.filter(|_| known);
        let service = bearer.parameters.get("service").map_or("", String::as_str);
        let scope = self.scope(bearer);
        let mut ask =
            Ask { named_by: "the registry's token realm", redirects: false, ..Ask::get(realm.clone()) };
        match credentials {
            Some(Credentials::Identity(token)) => {
                ask.method = Method::POST;
                ask.form = Some(form(&[
                    ("grant_type", "refresh_token"),
                    ("service", service),
                    ("scope", &scope),
                    ("client_id", "seawall"),
                    ("refresh_token", token.expose()),
                ]));
            }
            other => {
                ask.url.query_pairs_mut().append_pair("service", service).append_pair("scope", &scope);
                if let Some(Credentials::Basic { user, password }) = other {
                    ask.authorization = Some(header(&basic(user, password))?);
                }
            }
        }
        let mut pauses = BackOff::new(self.options);
        let answer = loop {
            let answer = self.http.send(ask.clone()).await?;
            let status = answer.response.status();
            if !may_pass(status) {
                break answer;
            }
            let hint = retry_after(answer.response.headers());
            let said = self.http.said(answer).await;
            pauses.pause(hint, Error::Http { url: clean(&realm), status: status.as_u16(), said }).await?;
        };
        let status = answer.response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let said = self.http.said(answer).await;
            return Err(self.denied(&realm, said));
        }
        if !status.is_success() {
            let said = self.http.said(answer).await;
            return Err(Error::Http { url: clean(&realm), status: status.as_u16(), said });
        }
        let what = format!("the answer of the token server {}", clean(&realm));
        let bytes = self.http.body(answer, MAX_ANSWER, &what).await?;
        // serde's message might quote the token.
        let read: TokenAnswer = serde_json::from_slice(&bytes)
            .map_err(|_| Error::malformed(what.as_str(), "it is no JSON object with a token"))?;
        let token = read.token.or(read.access_token).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Error::malformed(what.as_str(), "it holds no token"))?;
        header(&Secret::new(format!("Bearer {token}")))
    }

    /// The scope that the registry asks for, unless it wants more than to read.
    fn scope(&self, bearer: &Challenge) -> String {
        // Without a repository it is the list of them that is wanted; its scope is named so everywhere.
        if self.reference.repository().is_empty() {
            return "registry:catalog:*".to_owned();
        }
        let own = || format!("repository:{}:pull", self.reference.repository());
        let asked = bearer.parameters.get("scope").filter(|scope| !scope.is_empty() && scope.len() <= 1000);
        match asked {
            Some(scope) if !["push", "delete", "*"].iter().any(|more| scope.contains(more)) => scope.clone(),
            _ => own(),
        }
    }

    fn denied(&self, realm: &Url, said: String) -> Error {
        let host = realm.host_str().unwrap_or("").to_owned();
        let advice = match self.credentials {
            Some(_) if !self.http.rules.realm_may_know(realm) => format!(
                "the credentials were not sent, as {host} is another host than the registry: allow it if you trust it"
            ),
            Some(_) => format!("check the credentials: docker login {}", self.reference.registry()),
            None => format!("check the name, or log in: docker login {}", self.reference.registry()),
        };
        Error::Denied { registry: host, what: self.reference.to_string(), said, advice }
    }
}

fn basic(user: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))))
}

/// Marked, so that the client does not show it either.
fn header(value: &Secret) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::from_str(value.expose()).map_err(|_| {
        Error::malformed("the token or password", "it holds characters that no header may hold")
    })?;
    header.set_sensitive(true);
    Ok(header)
}

fn form(pairs: &[(&str, &str)]) -> Secret {
    Secret::new(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}
