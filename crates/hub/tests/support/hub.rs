//! A hub on a store of its own, listening on a free port, and the people who ask it.

#![allow(dead_code, unreachable_pub, reason = "shared by suites, of which each uses its part")]

use api::who::{MadeToken, Role, ScopeRole, TokenRole, User};
use hub::{AppState, Clock, Settings, auth, http, listen, matching::Matcher, seal::Sealer};
use reqwest::{Method, header::HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use store::{Micros, Store, StoreUrl};
use tokio::{sync::oneshot, task::JoinHandle};

/// The password of everybody who has one.
pub const PASSWORD: &str = "correct horse battery staple";
/// When the hub's clock stands at first: 2026-01-01.
pub const START: i64 = 1_767_225_600_000_000;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Who {
    Nobody,
    Session(String),
    Token(String),
}

/// A running hub.
pub struct Hub {
    pub state: AppState,
    pub clock: Clock,
    pub base: String,
    pub address: SocketAddr,
    pub client: reqwest::Client,
    pub fingerprint: Option<String>,
    pub folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in status {}: {}", self.status, self.text()))
    }

    /// The value; the status must be this.
    pub fn ok<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The kind of the problem; everything that a problem has must be there.
    pub fn problem(&self) -> (u16, api::ProblemKind) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text());
        let problem: api::Problem = self.json();
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.request_id.as_deref(), self.headers["x-request-id"].to_str().ok());
        let kind = problem.kind().unwrap_or_else(|| panic!("unknown type {}", problem.uri));
        (self.status, kind)
    }

    pub fn cookie(&self) -> Option<String> {
        let set = self.headers.get("set-cookie")?.to_str().ok()?;
        set.split(';').next().map(ToOwned::to_owned)
    }
}

impl Hub {
    /// A hub on plain HTTP on a loopback address, its clock standing.
    pub async fn start() -> Self {
        Self::with(Settings::default(), listen::Limits::default(), |_| listen::Security::Plain { said: 0 })
            .await
    }

    pub async fn with(
        settings: Settings,
        limits: listen::Limits,
        security: impl FnOnce(&std::path::Path) -> listen::Security,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreUrl::sqlite(folder.path().join("hub.db"))).await.unwrap();
        let clock = Clock::standing(Micros(START));
        let path = folder.path().join("advisories");
        vulndb::Builder::new(folder.path()).unwrap().finish(&path).unwrap();
        let matcher = Matcher::new(store, Arc::new(vulndb::Database::open(&path).unwrap()));
        let sealer = Arc::new(Sealer::open(folder.path()).unwrap());
        let state = AppState::new(matcher, sealer, clock.clone(), settings).unwrap();
        let security = security(folder.path());
        let listener = listen::bind(SocketAddr::from(([127, 0, 0, 1], 0)), &security, limits).await.unwrap();
        let address = listener.address();
        let mut client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        if let Some(authority) = listener.authority() {
            let pem = std::fs::read(authority).unwrap();
            client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem).unwrap());
        }
        let base = format!("{}://localhost:{}", listener.scheme(), address.port());
        let fingerprint = listener.fingerprint().map(ToOwned::to_owned);
        let router = http::router(&state, listener.transport());
        let (stop, stopped) = oneshot::channel::<()>();
        let ending = state.clone();
        let served = tokio::spawn(listener.serve(router, async move {
            let _ = stopped.await;
            ending.stop();
        }));
        let client = client.resolve("localhost", address).timeout(Duration::from_secs(30)).build().unwrap();
        Self { state, clock, base, address, client, fingerprint, folder, stop, served }
    }

    /// Stops the hub and waits until it has ended.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.served.await.unwrap();
    }

    pub fn request(&self, who: &Who, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        let request = self.client.request(method, url).header(api::REQUEST_HEADER, "1");
        match who {
            Who::Nobody => request,
            Who::Session(cookie) => request.header("cookie", cookie),
            Who::Token(token) => request.bearer_auth(token),
        }
    }

    pub async fn send(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap().to_vec();
        Answer { status, headers, body }
    }

    pub async fn get(&self, who: &Who, path: &str) -> Answer {
        Self::send(self.request(who, Method::GET, path)).await
    }

    pub async fn change(&self, who: &Who, method: Method, path: &str, body: &Value) -> Answer {
        Self::send(self.request(who, method, path).json(body)).await
    }

    pub async fn post(&self, who: &Who, path: &str, body: &Value) -> Answer {
        self.change(who, Method::POST, path, body).await
    }

    pub async fn put(&self, who: &Who, path: &str, body: &Value) -> Answer {
        self.change(who, Method::PUT, path, body).await
    }

    pub async fn delete(&self, who: &Who, path: &str) -> Answer {
        Self::send(self.request(who, Method::DELETE, path)).await
    }

    /// Redeems the set-up link: the first owner, `root`.
    pub async fn owner(&self) -> Who {
        let link = auth::setup_link(&self.state).await.unwrap().expect("no user yet");
        let body = json!({"link": link.secret(), "name": "root", "password": PASSWORD});
        let answer = self.post(&Who::Nobody, "/api/v1/setup", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Who::Session(answer.cookie().unwrap())
    }

    /// Logs in. The clock goes on before, so that no limit on attempts is met.
    pub async fn login(&self, name: &str) -> Who {
        self.clock.advance(60);
        let body = json!({"name": name, "password": PASSWORD});
        let answer = self.post(&Who::Nobody, "/api/v1/login", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Who::Session(answer.cookie().unwrap())
    }

    /// Makes a user to whom these roles are granted.
    pub async fn user(&self, owner: &Who, name: &str, grants: &[(&str, Role)]) -> User {
        let body = json!({"name": name, "password": PASSWORD});
        let user: User = self.post(owner, "/api/v1/users", &body).await.ok(201);
        for (scope, role) in grants {
            let grant = json!({"user": user.id, "scope": scope, "role": role});
            let _: Value = self.put(owner, "/api/v1/grants", &grant).await.ok(200);
        }
        user
    }

    /// Makes a scope below the root.
    pub async fn scope(&self, owner: &Who, slug: &str) {
        let body = json!({"parent": "", "slug": slug, "name": slug});
        let _: Value = self.post(owner, "/api/v1/scopes", &body).await.ok(201);
    }

    pub async fn token(&self, maker: &Who, grants: &[(&str, TokenRole)]) -> (Who, String) {
        let grants: Vec<ScopeRole> = grants
            .iter()
            .map(|(scope, role)| ScopeRole { scope: (*scope).to_owned(), role: *role })
            .collect();
        let body = json!({"name": "test", "grants": grants});
        let made: MadeToken = self.post(maker, "/api/v1/tokens", &body).await.ok(201);
        (Who::Token(made.secret.expose().to_owned()), made.token.id)
    }
}
