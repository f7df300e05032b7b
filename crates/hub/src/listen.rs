//! The listener: where the hub can be reached, and over what.
//!
//! Plain HTTP is for the loopback address. Every other address needs TLS: certificate files of one's own, or a CA that
//! the hub makes and keeps, whose fingerprint it gives to be printed. Plain HTTP elsewhere must be asked for twice.
//!
//! A client that dawdles is cut: while it shakes hands, sends its head, or does not read what it asked for. (A body that
//! does not come is cut by the time that the request may take.) Connections are counted, and past the limit wait
//! unaccepted.

mod expiry;
mod io;
mod tls;

pub use expiry::{Expiry, expiry};

use crate::http::{Peer, Transport};
use axum::{Router, body::Body, http::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use std::{io::Error as IoError, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// What the listener speaks.
#[derive(Clone, Debug)]
pub enum Security {
    /// Plain HTTP. Anywhere but on a loopback address it must have been asked for twice.
    Plain {
        /// How many times the operator said that plain HTTP is meant.
        said: u8,
    },
    /// TLS with the operator's certificate.
    Files {
        /// PEM: the certificate and those between it and its authority.
        certificate: PathBuf,
        /// PEM: its private key.
        key: PathBuf,
    },
    /// TLS with a certificate of an authority that the hub makes at its first start.
    Generated {
        /// The folder in which the authority's certificate and key are kept.
        folder: PathBuf,
        /// The names and addresses under which the hub is reached, beside `localhost` and the address itself.
        names: Vec<String>,
    },
}

/// How much a listener takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
    /// How long a handshake and the head of a request may take each.
    pub head: Duration,
    /// How long a client may read nothing of an answer.
    pub stall: Duration,
    /// How long requests that run may go on once the hub was told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A browser opens six; file descriptors allow 1024 by default, and the store and jobs need some.
            connections: 512,
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// The largest head of a request, for HTTP/1 and HTTP/2 alike: several times what a browser sends.
const HEAD_BYTES: usize = 32 << 10;
/// Header fields of one request.
const HEAD_FIELDS: usize = 64;
/// HTTP/2: requests of one connection at a time.
const STREAMS: u32 = 64;

/// Why the hub cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Plain HTTP on an address that others reach.
    #[error(
        "{0} can be reached by others, so plain HTTP would show passwords and tokens to the network: give a certificate \
         and its key, let the hub make its own authority, or say twice that plain HTTP is meant"
    )]
    PlainHttp(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen on {address}: choose another address or port, or stop what uses it")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: IoError,
    },
    /// A file of the certificate cannot be read or written.
    #[error("{doing} {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: IoError,
    },
    /// A certificate or key is not one.
    #[error("{path} is not usable: {what}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what is wanted.
        what: String,
    },
    /// A name is none that a certificate can carry.
    #[error("'{0}' is neither a host name nor an address: a certificate cannot carry it")]
    Name(String),
    /// The certificate cannot be made.
    #[error("the certificate cannot be made: {0}")]
    Make(String),
}

/// A listener that is bound and not yet served.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    fingerprint: Option<String>,
    authority: Option<PathBuf>,
    transport: Transport,
    limits: Limits,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Listener").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Binds `address`. Port 0 takes a free one.
///
/// # Errors
/// Plain HTTP where it may not be, an address that is taken, a certificate that is not one.
pub async fn bind(address: SocketAddr, security: &Security, limits: Limits) -> Result<Listener, ListenError> {
    let loopback = address.ip().is_loopback();
    let (tls, fingerprint, authority, transport) = match security {
        Security::Plain { said } if !loopback && *said < 2 => return Err(ListenError::PlainHttp(address)),
        Security::Plain { .. } if loopback => (None, None, None, Transport::Loopback),
        Security::Plain { .. } => (None, None, None, Transport::Plain),
        Security::Files { certificate, key } => {
            (Some(tls::from_files(certificate, key)?), None, None, Transport::Tls)
        }
        Security::Generated { folder, names } => {
            let made = tls::generated(folder, names, address.ip())?;
            (Some(made.config), Some(made.fingerprint), Some(made.authority), Transport::Tls)
        }
    };
    let bound = |source| ListenError::Bind { address, source };
    let tcp = TcpListener::bind(address).await.map_err(bound)?;
    let address = tcp.local_addr().map_err(bound)?;
    Ok(Listener { tcp, address, tls, fingerprint, authority, transport, limits })
}

impl Listener {
    /// The address, with the port that was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The SHA-256 fingerprint of the authority that the hub made: to be printed, and compared by whoever is asked to
    /// trust it.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// The certificate of that authority, to be given to clients.
    #[must_use]
    pub fn authority(&self) -> Option<&std::path::Path> {
        self.authority.as_deref()
    }

    /// What the middleware must know of the transport.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Serves `router` until `stop` ends; then accepts no more, lets what runs end within the grace, and returns.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let connections = Arc::new(Semaphore::new(self.limits.connections));
        let graceful = GracefulShutdown::new();
        let acceptor = self.tls.map(TlsAcceptor::from);
        tokio::pin!(stop);
        loop {
            let accepted = async {
                // Closed never: the semaphore lives as long as this function.
                let permit = Arc::clone(&connections).acquire_owned().await.ok();
                (permit, self.tcp.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = &mut stop => break,
                accepted = accepted => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, mostly: they come back when connections end.
                    tracing::warn!(target: "hub::listen", %error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let connection = Connection {
                router: router.clone(),
                peer: Peer(peer.ip()),
                limits: self.limits,
                watcher: graceful.watcher(),
            };
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                connection.run(stream, acceptor).await;
                drop(permit);
            });
        }
        drop(self.tcp);
        if timeout(self.limits.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!(target: "hub::listen", "some requests did not end in time and were cut");
        }
    }
}

struct Connection {
    router: Router,
    peer: Peer,
    limits: Limits,
    watcher: hyper_util::server::graceful::Watcher,
}

impl Connection {
    async fn run(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        // Answers are written whole; waiting for more to send only makes them late.
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = acceptor else {
            return self.http1(stream).await;
        };
        match timeout(self.limits.head, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                // The protocol was agreed on in the handshake, so nothing waits without limit for its first bytes.
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    self.http2(stream).await;
                } else {
                    self.http1(stream).await;
                }
            }
            Ok(Err(error)) => {
                tracing::debug!(target: "hub::listen", peer = %self.peer.0, %error, "the TLS handshake failed");
            }
            Err(_) => {
                tracing::debug!(target: "hub::listen", peer = %self.peer.0, "the TLS handshake took too long");
            }
        }
    }

    async fn http1<S>(self, stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let service = service(self.router, self.peer);
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEAD_FIELDS)
            .serve_connection(TokioIo::new(io::Stall::new(stream, self.limits.stall)), service);
        ended(self.watcher.watch(connection).await);
    }

    async fn http2<S>(self, stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let service = service(self.router, self.peer);
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD_BYTES.try_into().unwrap_or(u32::MAX))
            .max_concurrent_streams(STREAMS)
            // A peer that no longer answers a ping is gone.
            .keep_alive_interval(self.limits.stall)
            .keep_alive_timeout(self.limits.head)
            .serve_connection(TokioIo::new(io::Stall::new(stream, self.limits.stall)), service);
        ended(self.watcher.watch(connection).await);
    }
}

fn service(
    router: Router,
    peer: Peer,
) -> TowerToHyperService<
    impl tower::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + Clone,
> {
    TowerToHyperService::new(router.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request
    }))
}

fn ended(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(target: "hub::listen", %error, "a connection ended early");
    }
}
